#pragma once

#include "platform/base/ids.h"

#include <compare>
#include <cstdint>
#include <string>

namespace lienthong::shared_kernel {

/// Content that only its key can open; a decision sees that it is there, never what it says.
struct SealedRef {
  std::string key_ref;
  Hash sha256;  ///< Of the ciphertext.
  bool operator==(const SealedRef&) const = default;
};

/// A paper or file of a dossier, or a result; its title is part of the sealed content.
struct Component {
  std::string code;
  std::uint32_t count = 1;
  std::string sha256;  ///< 32 bytes; empty for paper only.
  std::string reference;
  bool operator==(const Component&) const = default;
};

/// One offer of one leg. Units: leg and attempt count from 1; attempt 0 in a command means the current one.
struct LegRef {
  std::uint32_t leg = 0;
  std::uint32_t attempt = 0;
  auto operator<=>(const LegRef&) const = default;
};

}  // namespace lienthong::shared_kernel
