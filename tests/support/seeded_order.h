#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace lienthong::test_support {

/// The same numbers for the same seed on every machine (splitmix64); for property tests over many orders.
class SeededOrder {
 public:
  explicit SeededOrder(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  /// 0..limit-1
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t state_;
};

}  // namespace lienthong::test_support
