#pragma once

#include "platform/base/result.h"
#include "platform/crypto/seal.h"
#include "platform/kafka/settings.h"
#include "platform/redis/connection.h"
#include "platform/rpc/tls_files.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lienthong::edition {

/// Reads settings from the environment and remembers what is wrong with them, so that all of it can be said at once.
/// `what` names the setting's meaning in both languages, as in "thư mục dữ liệu".
class Environment {
 public:
  struct Meaning {
    const char* vi;
    const char* en;
  };
  /// Null: the variable is not set.
  using Lookup = std::function<const char*(const char* name)>;
  /// Of this process.
  Environment();
  explicit Environment(Lookup lookup) : lookup_(std::move(lookup)) {}

  /// Empty, with a problem noted, when it is not set.
  std::string required(const char* name, Meaning what);
  std::string optional(const char* name, const std::string& fallback) const;
  bool has(const char* name) const { return !optional(name, {}).empty(); }
  std::uint64_t number(const char* name, std::uint64_t fallback, std::uint64_t least, std::uint64_t most);
  std::string one_of(const char* name, const std::string& fallback, const std::vector<std::string>& choices);
  /// Path of a file that can be read; a problem is noted when it is not set or can't.
  std::string file(const char* name, Meaning what);
  /// A key from such a file, see crypto::read_key_file; zeros with a problem noted.
  crypto::Key key(const char* name, Meaning what);
  void add(Error problem) { problems_.push_back(std::move(problem)); }
  const std::vector<Error>& problems() const { return problems_; }

 private:
  Lookup lookup_;
  std::vector<Error> problems_;
};

/// Of LIENTHONG_DIGEST_KEY_FILE, which every service with commands needs.
inline constexpr Environment::Meaning kDigestKey{"tệp khóa tóm lược yêu cầu", "the request digest key's file"};
/// Of LIENTHONG_INTAKE_ADDRESS, for services that ask intake for content or keys.
inline constexpr Environment::Meaning kIntakeAddress{"địa chỉ máy chủ:cổng của intake", "the host:port of intake"};

/// A setting that is missing or wrong.
Error wrong_setting(const std::string& name, const std::string& why_vi, const std::string& why_en);

/// Where ledgers and projections are kept.
enum class LedgerLog : std::uint8_t {
  kKafka,   ///< Kafka topics, projections in Redis.
  kSqlite,  ///< Files below the data directory; one process.
};

/// What log and projection need to be opened; also by tools.
struct LedgerSettings {
  LedgerLog log = LedgerLog::kKafka;
  std::string data_dir;
  /// N of all ledgers but the catalogue's, which has one.
  std::uint32_t partitions = 0;
  kafka::Settings kafka = {};
  redis::Settings redis = {};
  std::chrono::milliseconds session_timeout{6000};

  std::string log_file() const { return data_dir + "/ledgers.sqlite"; }
  std::string projection_file() const { return data_dir + "/projection.sqlite"; }
};
LedgerSettings read_ledger_settings(Environment& environment);

/// What every service process needs; deploy/local/README.md has the table.
struct Settings {
  LedgerSettings ledger;
  std::string listen;
  /// Of the Prometheus metrics; empty: none.
  std::string metrics_listen;
  /// Nothing: without TLS, which takes LIENTHONG_TLS=off (benchmark); callers then name themselves.
  std::optional<rpc::TlsFiles> tls;
  std::size_t lane_threads = 1;
  /// Code of the province, part of the source of public events.
  std::string province;
  /// Dossiers held in memory by all lanes of the process together.
  std::size_t cached_dossiers = 200'000;
  std::string log_level;
};
Settings read_settings(Environment& environment);

}  // namespace lienthong::edition
