#pragma once

#include "platform/base/result.h"
#include "postal_dispatch/core/post.h"

#include <string>
#include <string_view>

namespace lienthong::postal_dispatch {

/// Stored form of an entity (lienthong.postal.v1.StoredPost); deterministic.
std::string encode_state(const State& state);
/// Errors: kInvalidArgument.
Result<State> decode_state(std::string_view bytes);

}  // namespace lienthong::postal_dispatch
