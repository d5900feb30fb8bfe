#pragma once

#include "platform/base/ids.h"
#include "platform/base/instant.h"

namespace lienthong::ports {

/// The shell's clock.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall time at start plus monotonic time, drifting towards wall time by at most 500 ppm.
  virtual Instant now() const = 0;
  /// Monotonic time for time-outs; its zero has no meaning.
  virtual Instant steady() const = 0;
  /// False while wall time and `now` differ by more than 60 s: then no timer fires and no number of a new day is opened.
  virtual bool trusted() const = 0;
};

class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual Salt salt() = 0;
  /// Uniform in 0..bound-1; `bound` > 0.
  virtual std::uint64_t below(std::uint64_t bound) = 0;
};

}  // namespace lienthong::ports
