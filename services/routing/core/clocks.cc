#include "routing/core/clocks.h"

#include <algorithm>

namespace lienthong::routing {

Instant near_due_time(const shared_kernel::WorkingCalendar& calendar, Instant start, Instant due) {
  const auto from = shared_kernel::minute_of(start);
  const auto total = calendar.minutes_between(from, shared_kernel::minute_of(due));
  if (total <= 0) return due;
  const auto day = shared_kernel::kMinutesPerWorkingDay;
  const auto quiet = total >= 2 * day ? total - day : total * 3 / 4;
  return std::min(due, shared_kernel::instant_of(calendar.add_minutes(from, quiet)));
}

const shared_kernel::WorkingCalendar* calendar_of(const shared_kernel::Catalogue& rules, std::string_view agency,
                                                  std::string_view received_by) {
  const auto* found = rules.agency(agency);
  if (found == nullptr) found = rules.agency(received_by);
  return found == nullptr ? nullptr : &rules.calendar_of(*found);
}

Holder holder_of(const State& state) {
  const Holder desk{HolderKind::kDesk, state.dossier.received_by, 0};
  if (state.phase != RoutePhase::kRunning) return desk;
  if (state.stopped_at.micros != 0) {
    for (const auto& leg : state.legs) {
      if (leg.phase == LegPhase::kSuspended) return {HolderKind::kCitizen, "", leg.plan.leg};
    }
  }
  for (const auto& leg : state.legs) {
    if (leg.phase == LegPhase::kStarted) return {HolderKind::kAgency, leg.agency, leg.plan.leg};
    if (leg.phase == LegPhase::kOffered) {
      return leg.sender == desk.agency ? desk : Holder{HolderKind::kAgency, leg.sender, leg.plan.leg};
    }
    if (leg.phase == LegPhase::kAwaitsDecision) return desk;
  }
  return desk;
}

}  // namespace lienthong::routing
