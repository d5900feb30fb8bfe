#include "platform/observe/system_clock.h"

#include <time.h>

#include <algorithm>

namespace lienthong::observe {
namespace {

constexpr std::int64_t kSlewOneIn = 2000;  // 500 ppm, ledger.md 7
constexpr Duration kLookEvery = std::chrono::seconds(1);
constexpr Duration kTrustedWithin = std::chrono::seconds(60);

Instant read_clock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return {std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000};
}

}  // namespace

Instant SlewedTime::at(Instant wall, Instant monotonic) {
  const Duration elapsed = monotonic - base_monotonic_;
  const Duration most = elapsed / kSlewOneIn;
  const Instant now = base_ + elapsed + std::clamp(behind_, -most, most);
  if (elapsed >= kLookEvery) {
    base_ = now;
    base_monotonic_ = monotonic;
    behind_ = wall - now;
  }
  return now;
}

SystemClock::SystemClock() : time_(read_clock(CLOCK_REALTIME), read_clock(CLOCK_BOOTTIME)) {}

Instant SystemClock::now() const {
  const std::lock_guard lock(mutex_);
  return time_.at(read_clock(CLOCK_REALTIME), read_clock(CLOCK_BOOTTIME));
}

Instant SystemClock::steady() const { return read_clock(CLOCK_MONOTONIC); }

Duration SystemClock::difference() const {
  const std::lock_guard lock(mutex_);
  const Instant wall = read_clock(CLOCK_REALTIME);
  return wall - time_.at(wall, read_clock(CLOCK_BOOTTIME));
}

bool SystemClock::trusted() const {
  const Duration away = difference();
  return away <= kTrustedWithin && away >= -kTrustedWithin;
}

}  // namespace lienthong::observe
