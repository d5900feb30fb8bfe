#pragma once

#include <cstdint>

namespace lienthong::simulation {

/// The only source of chance in a world: xorshift64*, so that a seed reproduces bit by bit on every machine.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 12345) {
    for (int i = 0; i < 8; ++i) next();
  }
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ * 0x2545F4914F6CDD1DULL;
  }
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>((next() >> 33) % bound); }
  bool permille(std::uint32_t p) { return below(1000) < p; }

 private:
  std::uint64_t state_;
};

}  // namespace lienthong::simulation
