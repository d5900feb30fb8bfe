#pragma once

#include "platform/base/result.h"
#include "routing/core/route.h"

#include <string>
#include <string_view>

namespace lienthong::routing {

/// Stored form of a route (lienthong.routing.v1.StoredRoute); deterministic.
std::string encode_state(const State& state);
/// Errors: kInvalidArgument.
Result<State> decode_state(std::string_view bytes);

}  // namespace lienthong::routing
