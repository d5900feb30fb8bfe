#pragma once

#include "platform/base/result.h"

#include <string>
#include <string_view>

namespace lienthong {

/// RFC 4648 section 4, padded, in one line.
std::string to_base64(std::string_view bytes);
/// Errors: kInvalidArgument for a length, a character or a padding that RFC 4648 section 4 does not give.
Result<std::string> from_base64(std::string_view text);

}  // namespace lienthong
