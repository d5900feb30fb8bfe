#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace lienthong {

using Duration = std::chrono::microseconds;

/// A point in time. Units: microseconds since 1970-01-01T00:00:00Z, leap seconds smeared away; zero means "not set".
struct Instant {
  std::int64_t micros = 0;
  auto operator<=>(const Instant&) const = default;
  Instant operator+(Duration d) const { return {micros + d.count()}; }
  Instant operator-(Duration d) const { return {micros - d.count()}; }
  Duration operator-(Instant other) const { return Duration(micros - other.micros); }
};

}  // namespace lienthong
