#pragma once

#include "platform/edition/settings.h"
#include "platform/ledger/host.h"
#include "platform/ports/installation.h"
#include "platform/ports/log.h"
#include "platform/ports/projection.h"
#include "platform/ports/publisher.h"

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace lienthong::edition {

/// A compacted topic with as many partitions and replicas as the ledger it stands beside.
struct CompactedTopicUse {
  std::string topic;
  LedgerName beside;
};

/// Which ledgers a process writes and which of others it reads.
struct LedgerUse {
  std::vector<ports::LedgerPlan> own;
  std::vector<ports::LedgerPlan> foreign;
  /// In Kafka only; SQLite has none.
  std::vector<CompactedTopicUse> compacted = {};
  /// Own ledgers with events for the public topic, which is in Kafka only.
  std::vector<LedgerName> relayed = {};
};

/// Log, projection and ownership of the edition that the settings name.
/// Thread-safety: any thread; must outlive everything that was made of it.
class OpenPorts {
 public:
  virtual ~OpenPorts() = default;
  virtual ports::LogBackend& log() = 0;
  virtual ports::ProjectionBackend& projection() = 0;
  virtual ports::Query& query() = 0;
  virtual ledger::JoinOwners owners() = 0;
  /// The public topic; null in the edition that has none.
  virtual std::unique_ptr<ports::PublisherBackend> public_topic(ports::MakePublicMessages messages,
                                                                ledger::AlarmSink alarms) = 0;
  /// Start-up interlocks (ledger.md 10): every difference between the installation and what the settings and the ledgers
  /// say. Blocks for some seconds. Errors in the list: kUnavailable where log or projection does not answer (a retry may
  /// help), kFailedPrecondition where something is not as it must be.
  virtual std::vector<Error> check(const LedgerUse& use) = 0;
};

/// Ledgers no lane of a process waits for: their blocks come together, at most `wait` late, at a fraction of the cost.
struct UnhurriedReading {
  std::set<LedgerName> ledgers;
  std::chrono::milliseconds wait;
};

/// Makes the data directory where it is missing and takes it for this process alone. `name` is the process's.
/// Waits for no server. Errors: kUnavailable, kInvalidArgument; each names the cure.
Result<std::unique_ptr<OpenPorts>> open_ports(const std::string& name, const LedgerSettings& settings,
                                              UnhurriedReading unhurried);

}  // namespace lienthong::edition
