#pragma once

#include "platform/base/ids.h"

#include <string_view>

namespace lienthong::crypto {

/// HMAC-SHA-256 (RFC 2104), whole.
Hash hmac_sha256(std::string_view key, std::string_view message);

/// Equality in a time that does not tell where two texts of one length differ.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace lienthong::crypto
