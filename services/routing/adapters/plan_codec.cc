#include "routing/adapters/plan_codec.h"

#include <algorithm>

namespace lienthong::routing {
namespace {

using shared_kernel::LimitUnit;

v1::LimitUnit encode_unit(LimitUnit unit) {
  switch (unit) {
    case LimitUnit::kWorkingDays: return v1::LIMIT_UNIT_WORKING_DAYS;
    case LimitUnit::kWorkingHours: return v1::LIMIT_UNIT_WORKING_HOURS;
    case LimitUnit::kCalendarDays: return v1::LIMIT_UNIT_CALENDAR_DAYS;
    case LimitUnit::kSameDay: return v1::LIMIT_UNIT_SAME_DAY;
  }
  return v1::LIMIT_UNIT_UNSPECIFIED;
}

Result<LimitUnit> decode_unit(v1::LimitUnit unit) {
  switch (unit) {
    case v1::LIMIT_UNIT_WORKING_DAYS: return LimitUnit::kWorkingDays;
    case v1::LIMIT_UNIT_WORKING_HOURS: return LimitUnit::kWorkingHours;
    case v1::LIMIT_UNIT_CALENDAR_DAYS: return LimitUnit::kCalendarDays;
    case v1::LIMIT_UNIT_SAME_DAY: return LimitUnit::kSameDay;
    case v1::LIMIT_UNIT_UNSPECIFIED:
    case v1::LimitUnit_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::LimitUnit_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("limit_unit " + std::to_string(static_cast<int>(unit)));
}

v1::HolderKind encode_kind(HolderKind kind) {
  switch (kind) {
    case HolderKind::kNone: return v1::HOLDER_KIND_UNSPECIFIED;
    case HolderKind::kDesk: return v1::HOLDER_KIND_DESK;
    case HolderKind::kAgency: return v1::HOLDER_KIND_AGENCY;
    case HolderKind::kCitizen: return v1::HOLDER_KIND_CITIZEN;
  }
  return v1::HOLDER_KIND_UNSPECIFIED;
}

Result<HolderKind> decode_kind(v1::HolderKind kind) {
  switch (kind) {
    case v1::HOLDER_KIND_UNSPECIFIED: return HolderKind::kNone;
    case v1::HOLDER_KIND_DESK: return HolderKind::kDesk;
    case v1::HOLDER_KIND_AGENCY: return HolderKind::kAgency;
    case v1::HOLDER_KIND_CITIZEN: return HolderKind::kCitizen;
    case v1::HolderKind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::HolderKind_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("holder kind " + std::to_string(static_cast<int>(kind)));
}

}  // namespace

void encode_plan(const PlannedLeg& from, v1::PlannedLeg& to) {
  to.set_leg(from.leg);
  to.set_leg_id(from.leg_id);
  for (const auto before : from.after) to.add_after(before);
  to.set_limit_unit(encode_unit(from.limit.unit));
  to.set_limit_amount(from.limit.amount);
  for (const auto& agency : from.candidates) to.add_candidates(agency);
}

Result<PlannedLeg> decode_plan(const v1::PlannedLeg& from) {
  const auto unit = decode_unit(from.limit_unit());
  if (!unit) return failure(unit.error());
  PlannedLeg to;
  to.leg = from.leg();
  to.leg_id = from.leg_id();
  to.after.assign(from.after().begin(), from.after().end());
  to.limit = {*unit, from.limit_amount()};
  to.candidates.assign(from.candidates().begin(), from.candidates().end());
  const bool own = std::find(to.after.begin(), to.after.end(), to.leg) != to.after.end();
  const bool none = std::find(to.after.begin(), to.after.end(), 0U) != to.after.end();
  if (to.leg == 0 || own || none) return malformed("leg " + std::to_string(to.leg) + " has an impossible order");
  return to;
}

void encode_holder(const Holder& from, v1::Holder& to) {
  to.set_kind(encode_kind(from.kind));
  to.set_agency(from.agency);
  to.set_leg(from.leg);
}

Result<Holder> decode_holder(const v1::Holder& from) {
  const auto kind = decode_kind(from.kind());
  if (!kind) return failure(kind.error());
  return Holder{*kind, from.agency(), from.leg()};
}

}  // namespace lienthong::routing
