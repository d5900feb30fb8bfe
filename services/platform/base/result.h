#pragma once

#include "platform/base/error.h"

#include <tl/expected.hpp>

namespace lienthong {

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> failure(Error error) { return tl::unexpected<Error>(std::move(error)); }

/// Shorthand for malformed input found by a codec or an API.
inline tl::unexpected<Error> malformed(std::string what) {
  return failure({ErrorCode::kInvalidArgument, "MALFORMED", "Dữ liệu không đọc được: " + what, "Malformed data: " + what});
}

}  // namespace lienthong
