#pragma once

#include "platform/ports/clock.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace lienthong::observe {

/// The kernel's randomness, drawn 4 KiB at a time: a salt costs a copy instead of a system call.
/// Thread-safety: one thread at a time.
class SystemEntropy final : public ports::Entropy {
 public:
  /// Aborts the process when the kernel gives none.
  Salt salt() override;
  std::uint64_t below(std::uint64_t bound) override;

 private:
  void draw(void* out, std::size_t size);
  std::array<std::uint8_t, 4096> drawn_{};
  std::size_t used_ = drawn_.size();
};

}  // namespace lienthong::observe
