#pragma once

#include "postal_dispatch/core/carriers.h"

#include <string>
#include <string_view>

namespace lienthong::postal_dispatch {

/// Carries out IntentType::kFindNormalTime: reads the way's time in its carrier's table. Returns the outcome as it is
/// recorded. Thread-safety: any thread; never blocks.
std::string find_normal_time(const Carriers& carriers, std::string_view payload);

}  // namespace lienthong::postal_dispatch
