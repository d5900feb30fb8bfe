#include "platform/edition/settings.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <utility>

namespace lienthong::edition {
namespace {

constexpr Environment::Meaning kAuthority{"chứng thư của CA", "the authority's certificate"};
constexpr Environment::Meaning kCertificate{"chứng thư của dịch vụ", "the service's certificate"};
constexpr Environment::Meaning kPrivateKey{"khóa riêng của dịch vụ", "the service's private key"};
constexpr std::uint64_t kPartitionsMax = 1024;

void read_kafka(Environment& environment, LedgerSettings& out) {
  out.kafka.bootstrap_servers =
      environment.required("LIENTHONG_KAFKA_BOOTSTRAP", {"địa chỉ các máy chủ Kafka", "the Kafka brokers' addresses"});
  const bool tls = environment.has("LIENTHONG_KAFKA_CA") || environment.has("LIENTHONG_KAFKA_CERT") ||
                   environment.has("LIENTHONG_KAFKA_KEY");
  if (tls) {
    out.kafka.tls = kafka::Tls{environment.file("LIENTHONG_KAFKA_CA", kAuthority),
                               environment.file("LIENTHONG_KAFKA_CERT", kCertificate),
                               environment.file("LIENTHONG_KAFKA_KEY", kPrivateKey)};
  }
  out.redis.socket_path =
      environment.required("LIENTHONG_REDIS_SOCKET", {"đường dẫn socket của Redis", "the path of the Redis socket"});
  out.redis.user = environment.optional("LIENTHONG_REDIS_USER", "default");
  if (environment.has("LIENTHONG_REDIS_PASSWORD_FILE")) {
    out.redis.password_file =
        environment.file("LIENTHONG_REDIS_PASSWORD_FILE", {"tệp mật khẩu Redis", "the Redis password file"});
  }
  out.session_timeout = std::chrono::milliseconds(environment.number("LIENTHONG_SESSION_MS", 6000, 1000, 60'000));
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

Error wrong_setting(const std::string& name, const std::string& why_vi, const std::string& why_en) {
  return {ErrorCode::kInvalidArgument, "SETTING", name + " " + why_vi, name + " " + why_en};
}

Environment::Environment() : lookup_([](const char* name) { return std::getenv(name); }) {}

std::string Environment::optional(const char* name, const std::string& fallback) const {
  const char* value = lookup_(name);
  return value == nullptr || *value == '\0' ? fallback : value;
}

std::string Environment::required(const char* name, Meaning what) {
  auto value = optional(name, {});
  if (value.empty()) {
    add(wrong_setting(name, std::string("chưa được đặt: hãy đặt biến này thành ") + what.vi + ".",
                      std::string("is not set: set it to ") + what.en + "."));
  }
  return value;
}

std::uint64_t Environment::number(const char* name, std::uint64_t fallback, std::uint64_t least, std::uint64_t most) {
  const auto text = optional(name, std::to_string(fallback));
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec == std::errc() && read.ptr == end && value >= least && value <= most) return value;
  const std::string range = std::to_string(least) + " .. " + std::to_string(most);
  add(wrong_setting(name, "là \"" + text + "\", phải là một số trong khoảng " + range + ".",
                    "is \"" + text + "\", must be a number in " + range + "."));
  return fallback;
}

std::string Environment::one_of(const char* name, const std::string& fallback, const std::vector<std::string>& choices) {
  auto value = optional(name, fallback);
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
  add(wrong_setting(name, "là \"" + value + "\", phải là một trong: " + joined(choices) + ".",
                    "is \"" + value + "\", must be one of: " + joined(choices) + "."));
  return value;
}

std::string Environment::file(const char* name, Meaning what) {
  auto path = required(name, what);
  if (path.empty() || std::ifstream(path).good()) return path;
  add(wrong_setting(name, "chỉ tới " + path + ", tệp này không đọc được: hãy kiểm tra đường dẫn và quyền đọc.",
                    "names " + path + ", which can't be read: check the path and the permissions."));
  return path;
}

crypto::Key Environment::key(const char* name, Meaning what) {
  const auto path = required(name, what);
  if (path.empty()) return {};
  auto key = crypto::read_key_file(path);
  if (key) return *key;
  add(std::move(key.error()));
  return {};
}

LedgerSettings read_ledger_settings(Environment& environment) {
  LedgerSettings out;
  out.data_dir = environment.required("LIENTHONG_DATA_DIR", {"thư mục dữ liệu của dịch vụ", "the service's data directory"});
  out.partitions = static_cast<std::uint32_t>(environment.number("LIENTHONG_PARTITIONS", 4, 1, kPartitionsMax));
  const auto log = environment.one_of("LIENTHONG_LEDGER_LOG", "kafka", {"kafka", "sqlite"});
  out.log = log == "sqlite" ? LedgerLog::kSqlite : LedgerLog::kKafka;
  if (out.log == LedgerLog::kKafka) read_kafka(environment, out);
  return out;
}

Settings read_settings(Environment& environment) {
  Settings out;
  out.ledger = read_ledger_settings(environment);
  out.listen = environment.required("LIENTHONG_LISTEN", {"địa chỉ máy chủ:cổng để lắng nghe", "the host:port to listen on"});
  out.metrics_listen = environment.optional("LIENTHONG_METRICS_LISTEN", "");
  if (environment.one_of("LIENTHONG_TLS", "on", {"on", "off"}) != "off") {
    out.tls =
        rpc::TlsFiles{environment.file("LIENTHONG_TLS_CA", kAuthority), environment.file("LIENTHONG_TLS_CERT", kCertificate),
                      environment.file("LIENTHONG_TLS_KEY", kPrivateKey)};
  }
  out.lane_threads = environment.number("LIENTHONG_LANE_THREADS", 1, 1, 64);
  out.province = environment.optional("LIENTHONG_PROVINCE", "local");
  out.cached_dossiers = environment.number("LIENTHONG_CACHED_DOSSIERS", 200'000, 1000, 100'000'000);
  out.log_level = environment.one_of("LIENTHONG_LOG_LEVEL", "info", {"debug", "info", "warn", "error"});
  return out;
}

}  // namespace lienthong::edition
