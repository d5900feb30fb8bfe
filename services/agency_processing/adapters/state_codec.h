#pragma once

#include "agency_processing/core/work.h"
#include "platform/base/result.h"

#include <string>
#include <string_view>

namespace lienthong::agency_processing {

/// Stored form of a dossier's work (lienthong.agency.v1.StoredCase); deterministic.
std::string encode_state(const State& state);
/// Errors: kInvalidArgument.
Result<State> decode_state(std::string_view bytes);

}  // namespace lienthong::agency_processing
