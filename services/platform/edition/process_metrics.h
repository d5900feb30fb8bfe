#pragma once

#include "platform/edition/settings.h"
#include "platform/ledger/host.h"
#include "platform/observe/metrics.h"
#include "platform/observe/system_clock.h"
#include "platform/rpc/call_times.h"

#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::edition {

using LaneViews = std::vector<std::pair<LedgerPartition, ledger::LaneView>>;

/// How old the first decision is that the relay of a lane has still to publish.
/// Thread-safety: any thread.
class RelayAges {
 public:
  /// `relayed`: ledgers with public events.
  explicit RelayAges(std::set<LedgerName> relayed) : relayed_(std::move(relayed)) {}
  /// To be called again and again; ages are as exact as the time between two calls.
  void look(const LaneViews& lanes, Instant now);
  /// By lane, of those that are served here. Zero: nothing waits.
  std::map<LedgerPartition, Duration> ages(Instant now) const;

 private:
  struct Seen {
    std::uint64_t head_seq = 0;
    Instant at;
  };
  std::set<LedgerName> relayed_;
  mutable std::mutex mutex_;
  std::map<LedgerPartition, std::deque<Seen>> behind_;  // blocks the relay has not passed, oldest first
};

/// What Prometheus sees of a process and its lanes.
struct ProcessView {
  const std::string& name;
  const Settings& settings;
  const observe::SystemClock& clock;
  const LaneViews& lanes;
  const RelayAges& relays;
  bool serving = false;
};
/// How long calls took. Labels as OpenTelemetry names them.
void collect(const std::vector<rpc::CallTimes>& calls, observe::Metrics& out);
/// Reads certificates and asks for the disk's space anew each time: both change while the process runs.
void collect(const ProcessView& process, observe::Metrics& out);

}  // namespace lienthong::edition
