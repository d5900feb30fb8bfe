#pragma once

#include "platform/base/position.h"
#include "platform/observe/metrics.h"
#include "platform/ports/clock.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace lienthong::observe {

/// Starts the log of this process: one line a record on stderr, `time level service key=value ...`.
/// `level`: debug, info, warn, error.
void start_log(const std::string& service, const std::string& level);
void log_info(std::string_view what, std::string_view detail);
void log_error(std::string_view what, std::string_view detail);

/// What an operator must know of, in the log. The same alarm of the same place is written at once, then at most every 10 s
/// with the number of times it was raised in between. Details hold names and numbers, never content of a dossier.
/// Thread-safety: any thread; writes to stderr.
class Alarms {
 public:
  explicit Alarms(const ports::Clock& clock) : clock_(clock) {}
  void raise(const LedgerPartition& partition, std::string_view what, std::string_view detail);
  /// How often each was raised by this process, and when last; nothing of one that never was.
  void collect(Metrics& out) const;

 private:
  struct Raised {
    Instant written;
    std::uint64_t since = 0;
    std::uint64_t times = 0;
    Instant last;
  };
  const ports::Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::pair<LedgerPartition, std::string>, Raised> raised_;
};

}  // namespace lienthong::observe
