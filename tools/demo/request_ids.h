#pragma once

#include "platform/base/ids.h"
#include "platform/base/instant.h"

#include <cstdint>
#include <mutex>
#include <random>

namespace lienthong::demo {

/// Makes UUIDs of version 7 (RFC 9562).
/// Thread-safety: any thread.
class RequestIds {
 public:
  RequestIds();
  RequestId next();

 private:
  std::mutex mutex_;
  std::mt19937_64 random_;
};

/// Wall time at start plus monotonic time: never goes back, whatever happens to the host's clock.
Instant wall_now();

}  // namespace lienthong::demo
