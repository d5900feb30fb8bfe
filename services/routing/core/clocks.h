#pragma once

#include "platform/base/instant.h"
#include "routing/core/route.h"
#include "shared_kernel/catalogue.h"

#include <string_view>

namespace lienthong::routing {

/// When to warn: one working day before the due time, which is the last moment for an apology; for a limit under two working
/// days when three quarters of it are over. Source: NĐ 61/2018/NĐ-CP (apology at the latest one day before the limit ends).
Instant near_due_time(const shared_kernel::WorkingCalendar& calendar, Instant start, Instant due);

/// The calendar of an agency of the route; that of the receiving one if the catalogue does not know it any more.
/// Null when it knows neither.
const shared_kernel::WorkingCalendar* calendar_of(const shared_kernel::Catalogue& rules, std::string_view agency,
                                                  std::string_view received_by);

/// Exactly one holder at every instant: the citizen while the clock of the whole stands still; else whoever has the open leg
/// with the lowest number, which is its sender until the agency accepts; else the desk. Source: linked dossier record,
/// states 1..5.
Holder holder_of(const State& state);

}  // namespace lienthong::routing
