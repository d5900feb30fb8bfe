#pragma once

#include "platform/base/error.h"
#include "platform/base/ids.h"
#include "platform/base/instant.h"
#include "platform/rpc/tls_files.h"
#include "tools/demo/acknowledgements.h"
#include "tools/demo/histogram.h"
#include "tools/demo/scenario.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lienthong::demo {

/// Tells when intake's confirmed block has set a dossier's status to 9, apart from the services' API.
/// Thread-safety: `start` once; the callback comes from any thread.
class CompletionWatch {
 public:
  virtual ~CompletionWatch() = default;
  virtual void start(std::function<void(const DossierId& dossier)> processed) = 0;
  /// After it has returned the callback is not called any more.
  virtual void stop() = 0;
};

struct LoadSettings {
  std::string intake_address;
  std::string agency_address;
  std::optional<rpc::TlsFiles> tls;
  /// Principal that receives and answers; it must be the certificate's, since dossier ids contain it.
  std::string principal = "demo";
  double rate = 25.0;
  std::uint64_t dossiers = 100;
  /// Dossiers scheduled earlier are passed through but not measured.
  Duration warm_up{0};
  /// From its scheduled time; afterwards a dossier counts as not finished.
  Duration dossier_limit = std::chrono::minutes(2);
  /// One attempt of a unary call.
  Duration attempt_limit = std::chrono::seconds(10);
  /// Time an agency takes before it accepts; 0: it answers each item when it is read.
  Duration think{0};
  /// Says, as the sending agency, that results have arrived.
  bool confirm_results = true;
  bool hand_over = true;
  /// One in so many applicants has an e-mail address and is told by mail; 0: nobody.
  std::uint64_t mail_every = 0;
  /// Null: a dossier's status is asked for once its legs are complete.
  CompletionWatch* watch = nullptr;
  /// Called once a second from a thread of the load.
  std::function<void(std::uint64_t received, std::uint64_t processed, std::uint64_t total)> progress = {};
  /// Called when the measured window begins and when it ends; must not block for long.
  std::function<void(bool begins)> window = {};
};

/// What a client saw of one leg.
struct LegTimes {
  std::uint32_t attempt = 0;
  std::string agency;
  Instant arrived;    ///< The offer, at the agency's stream.
  Instant accepted;   ///< The acceptance was acknowledged.
  Instant completed;  ///< The result was acknowledged.
  Instant confirmed;  ///< The confirmation by the sender was acknowledged.
};

/// What became of one dossier.
struct Passage {
  const Scenario* scenario = nullptr;
  std::string dossier_id;
  std::string dossier_code;
  Instant scheduled;
  Instant received;
  std::vector<LegTimes> legs;  ///< As the scenario's.
  Instant processed;
  Instant handed_over;
  int status = 0;
  std::optional<Error> trouble;
  bool finished = false;

  /// Time from the last step an offer had to wait for to its arrival at the next agency: our part, without the agencies'.
  std::optional<Duration> hop(std::size_t leg) const;
};

struct LoadReport {
  std::vector<Passage> passages;
  std::uint64_t finished = 0;
  /// Measured window; all figures below are of it.
  Duration window{0};
  std::uint64_t scheduled_in_window = 0;
  std::uint64_t processed_in_window = 0;
  Histogram dossier_latency;  ///< From the scheduled time to status 9.
  Histogram receive_latency;  ///< From the first sending to the acknowledgement.
  Histogram answer_latency;
  Histogram hop_latency;
  std::uint64_t open_at_start = 0;
  std::uint64_t open_at_end = 0;
  std::uint64_t unary_calls = 0;
  std::uint64_t stream_messages_sent = 0;
  std::uint64_t stream_messages_received = 0;
  std::uint64_t answers = 0;
  /// Of the whole run.
  std::map<std::string, std::uint64_t> outcomes;  ///< `OK`, or reason of a refusal.
  std::uint64_t repeated = 0;
  std::uint64_t stream_connections = 0;
};

/// Passes dossiers through the running system in open loop: the desk's receipt by unary calls, the agencies' side by one
/// stream each. Every command is repeated with the same request id while the system can't do it. Blocks until all dossiers
/// are through or their limit has passed. Errors: kInvalidArgument for certificates that can't be read.
Result<LoadReport> run_load(const LoadSettings& settings, const ScenarioSet& scenarios,
                            AcknowledgementFile& acknowledgements);

}  // namespace lienthong::demo
