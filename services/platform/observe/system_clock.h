#pragma once

#include "platform/ports/clock.h"

#include <mutex>

namespace lienthong::observe {

/// A time that runs with the monotonic clock and drifts towards wall time by at most 500 ppm. Never goes back.
/// Thread-safety: one thread at a time.
class SlewedTime {
 public:
  SlewedTime(Instant wall, Instant monotonic) : base_(wall), base_monotonic_(monotonic) {}
  /// The time at this reading of both clocks; `monotonic` must not go back.
  Instant at(Instant wall, Instant monotonic);

 private:
  Instant base_;
  Instant base_monotonic_;
  Duration behind_{0};  // of wall time, at base_
};

/// The clock of a production process. It counts the time a machine sleeps. A process that starts takes wall time as it
/// is: a restart is how an operator confirms a wall time that is not trusted.
/// Thread-safety: any thread.
class SystemClock final : public ports::Clock {
 public:
  SystemClock();
  Instant now() const override;
  Instant steady() const override;
  bool trusted() const override;
  /// Wall time less `now`; beyond 2 s somebody should know of it.
  Duration difference() const;

 private:
  mutable std::mutex mutex_;
  mutable SlewedTime time_;
};

}  // namespace lienthong::observe
