#pragma once

#include "platform/base/instant.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace lienthong::demo {

/// Durations in buckets of less than 1 % width, whatever their number.
/// Thread-safety: one thread at a time.
class Histogram {
 public:
  void add(Duration duration) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
    ++buckets_[index_of(value)];
    ++count_;
    max_ = std::max(max_, value);
  }

  std::uint64_t count() const { return count_; }
  Duration max() const { return Duration(static_cast<std::int64_t>(max_)); }

  /// The duration that `part` of the samples do not exceed (within 1 %); zero without samples. `part` in 0..1.
  Duration percentile(double part) const {
    if (count_ == 0) return Duration(0);
    const auto wanted = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(part * static_cast<double>(count_) + 0.5));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen >= wanted) return Duration(static_cast<std::int64_t>(std::min(upper_bound_of(i), max_)));
    }
    return max();
  }

 private:
  // Values below 256 have buckets of their own; above, each power of two is cut into 128.
  static constexpr unsigned kExactBits = 8;
  static constexpr unsigned kSubBits = 7;

  static std::size_t index_of(std::uint64_t value) {
    if (value < (1U << kExactBits)) return value;
    const unsigned power = static_cast<unsigned>(std::bit_width(value)) - 1;
    const auto sub = (value >> (power - kSubBits)) & ((1U << kSubBits) - 1);
    return (std::size_t{1} << kExactBits) + (std::size_t{power - kExactBits} << kSubBits) + sub;
  }
  static std::uint64_t upper_bound_of(std::size_t index) {
    if (index < (1U << kExactBits)) return index;
    const std::size_t above = index - (std::size_t{1} << kExactBits);
    const unsigned power = static_cast<unsigned>(above >> kSubBits) + kExactBits;
    const std::uint64_t sub = above & ((1U << kSubBits) - 1);
    return (((std::uint64_t{1} << kSubBits) + sub + 1) << (power - kSubBits)) - 1;
  }

  std::array<std::uint64_t, (std::size_t{1} << kExactBits) + (std::size_t{40} << kSubBits)> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace lienthong::demo
