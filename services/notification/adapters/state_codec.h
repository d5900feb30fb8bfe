#pragma once

#include "notification/core/notice.h"
#include "platform/base/result.h"

#include <string>
#include <string_view>

namespace lienthong::notification {

/// Stored form of a dossier's notices (lienthong.notification.v1.StoredDossier); deterministic.
std::string encode_state(const State& state);
/// Errors: kInvalidArgument.
Result<State> decode_state(std::string_view bytes);

}  // namespace lienthong::notification
