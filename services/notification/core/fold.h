#pragma once

#include "notification/core/notice.h"

namespace lienthong::notification {

/// True while the clock a reminder follows stands still or what it would tell can't be so any more.
bool stands_still(const State& state, const Reminder& reminder);

}  // namespace lienthong::notification
