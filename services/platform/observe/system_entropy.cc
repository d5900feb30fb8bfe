#include "platform/observe/system_entropy.h"

#include <sys/random.h>

#include <cstdlib>
#include <cstring>
#include <limits>

namespace lienthong::observe {

void SystemEntropy::draw(void* out, std::size_t size) {
  if (drawn_.size() - used_ < size) {
    // At most 256 bytes at once can't be interrupted or cut short.
    constexpr std::size_t kWhole = 256;
    for (std::size_t at = 0; at < drawn_.size(); at += kWhole) {
      if (getrandom(drawn_.data() + at, kWhole, 0) != static_cast<ssize_t>(kWhole)) std::abort();
    }
    used_ = 0;
  }
  std::memcpy(out, drawn_.data() + used_, size);
  std::memset(drawn_.data() + used_, 0, size);
  used_ += size;
}

Salt SystemEntropy::salt() {
  Salt salt;
  draw(salt.bytes.data(), salt.bytes.size());
  return salt;
}

std::uint64_t SystemEntropy::below(std::uint64_t bound) {
  // The first values are left out, so that a whole multiple of `bound` remains.
  const std::uint64_t left_out = (std::numeric_limits<std::uint64_t>::max() - bound + 1) % bound;
  std::uint64_t value = 0;
  do {
    draw(&value, sizeof value);
  } while (value < left_out);
  return value % bound;
}

}  // namespace lienthong::observe
