#pragma once

#include "intake/core/dossier.h"
#include "platform/base/result.h"

#include <string>
#include <string_view>

namespace lienthong::intake {

/// Stored form of a dossier (lienthong.intake.v1.StoredDossier); deterministic.
std::string encode_state(const State& state);
/// Errors: kInvalidArgument.
Result<State> decode_state(std::string_view bytes);

}  // namespace lienthong::intake
