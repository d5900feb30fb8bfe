#include "tools/demo/request_ids.h"

#include <chrono>

namespace lienthong::demo {

RequestIds::RequestIds() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device(), device(), device()};
  random_.seed(seed);
}

RequestId RequestIds::next() {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  {
    const std::lock_guard lock(mutex_);
    high = random_();
    low = random_();
  }
  const auto millis = static_cast<std::uint64_t>(wall_now().micros / 1000);
  high = (millis << 16) | 0x7000U | (high & 0x0FFFU);
  low = (low & 0x3FFFFFFFFFFFFFFFU) | 0x8000000000000000U;
  RequestId id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    id.bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  }
  return id;
}

Instant wall_now() {
  using std::chrono::duration_cast;
  static const auto kSteadyStart = std::chrono::steady_clock::now();
  static const auto kWallStart = duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch());
  return {(kWallStart + duration_cast<Duration>(std::chrono::steady_clock::now() - kSteadyStart)).count()};
}

}  // namespace lienthong::demo
