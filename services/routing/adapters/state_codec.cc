#include "routing/adapters/state_codec.h"

#include "lienthong/routing/v1/state.pb.h"
#include "routing/adapters/plan_codec.h"
#include "shared_kernel/adapters/values_codec.h"

#include <utility>

namespace lienthong::routing {
namespace {

namespace wire = shared_kernel::wire;

v1::RoutePhase encode_phase(RoutePhase phase) {
  switch (phase) {
    case RoutePhase::kNone: return v1::ROUTE_PHASE_UNSPECIFIED;
    case RoutePhase::kDeferred: return v1::ROUTE_PHASE_DEFERRED;
    case RoutePhase::kRunning: return v1::ROUTE_PHASE_RUNNING;
    case RoutePhase::kResolved: return v1::ROUTE_PHASE_RESOLVED;
    case RoutePhase::kStopped: return v1::ROUTE_PHASE_STOPPED;
    case RoutePhase::kRefused: return v1::ROUTE_PHASE_REFUSED;
  }
  return v1::ROUTE_PHASE_UNSPECIFIED;
}

Result<RoutePhase> decode_phase(v1::RoutePhase phase) {
  switch (phase) {
    case v1::ROUTE_PHASE_UNSPECIFIED: return RoutePhase::kNone;
    case v1::ROUTE_PHASE_DEFERRED: return RoutePhase::kDeferred;
    case v1::ROUTE_PHASE_RUNNING: return RoutePhase::kRunning;
    case v1::ROUTE_PHASE_RESOLVED: return RoutePhase::kResolved;
    case v1::ROUTE_PHASE_STOPPED: return RoutePhase::kStopped;
    case v1::ROUTE_PHASE_REFUSED: return RoutePhase::kRefused;
    case v1::RoutePhase_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::RoutePhase_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("route phase " + std::to_string(static_cast<int>(phase)));
}

v1::LegPhase encode_phase(LegPhase phase) {
  switch (phase) {
    case LegPhase::kPending: return v1::LEG_PHASE_PENDING;
    case LegPhase::kOffered: return v1::LEG_PHASE_OFFERED;
    case LegPhase::kStarted: return v1::LEG_PHASE_STARTED;
    case LegPhase::kSuspended: return v1::LEG_PHASE_SUSPENDED;
    case LegPhase::kReturned: return v1::LEG_PHASE_RETURNED;
    case LegPhase::kReceived: return v1::LEG_PHASE_RECEIVED;
    case LegPhase::kAwaitsDecision: return v1::LEG_PHASE_AWAITS_DECISION;
    case LegPhase::kRecalled: return v1::LEG_PHASE_RECALLED;
  }
  return v1::LEG_PHASE_UNSPECIFIED;
}

Result<LegPhase> decode_phase(v1::LegPhase phase) {
  switch (phase) {
    case v1::LEG_PHASE_PENDING: return LegPhase::kPending;
    case v1::LEG_PHASE_OFFERED: return LegPhase::kOffered;
    case v1::LEG_PHASE_STARTED: return LegPhase::kStarted;
    case v1::LEG_PHASE_SUSPENDED: return LegPhase::kSuspended;
    case v1::LEG_PHASE_RETURNED: return LegPhase::kReturned;
    case v1::LEG_PHASE_RECEIVED: return LegPhase::kReceived;
    case v1::LEG_PHASE_AWAITS_DECISION: return LegPhase::kAwaitsDecision;
    case v1::LEG_PHASE_RECALLED: return LegPhase::kRecalled;
    case v1::LEG_PHASE_UNSPECIFIED:
    case v1::LegPhase_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::LegPhase_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("leg phase " + std::to_string(static_cast<int>(phase)));
}

void encode(const LegState& from, v1::StoredLeg& to) {
  encode_plan(from.plan, *to.mutable_plan());
  to.set_phase(encode_phase(from.phase));
  to.set_attempt(from.attempt);
  to.set_agency(from.agency);
  to.set_sender(from.sender);
  to.set_offered_at(from.offered_at.micros);
  to.set_started_at(from.started_at.micros);
  to.set_returned_at(from.returned_at.micros);
  to.set_due_at(from.due_at.micros);
  to.set_near_due_at(from.near_due_at.micros);
  to.set_suspended_at(from.suspended_at.micros);
  to.set_near_due(from.near_due);
  to.set_overdue(from.overdue);
}

LegState decode(const v1::StoredLeg& from, wire::Decoding& in) {
  LegState to;
  to.plan = in.take(decode_plan(from.plan()));
  to.phase = in.take(decode_phase(from.phase()));
  to.attempt = from.attempt();
  to.agency = from.agency();
  to.sender = from.sender();
  to.offered_at = {from.offered_at()};
  to.started_at = {from.started_at()};
  to.returned_at = {from.returned_at()};
  to.due_at = {from.due_at()};
  to.near_due_at = {from.near_due_at()};
  to.suspended_at = {from.suspended_at()};
  to.near_due = from.near_due();
  to.overdue = from.overdue();
  return to;
}

}  // namespace

std::string encode_state(const State& state) {
  auto& to = wire::scratch<v1::StoredRoute>();
  to.set_phase(encode_phase(state.phase));
  to.set_home_key(state.dossier.home.text());
  to.set_dossier_code(state.dossier.dossier_code);
  to.set_procedure_code(state.dossier.procedure_code);
  to.set_procedure_version(state.dossier.procedure_version);
  to.set_received_by(state.dossier.received_by);
  to.set_received_at(state.dossier.received_at.micros);
  to.set_appointment_at(state.dossier.appointment_at.micros);
  to.set_due_at(state.due_at.micros);
  to.set_near_due_at(state.near_due_at.micros);
  to.set_stopped_at(state.stopped_at.micros);
  to.set_processed_at(state.processed_at.micros);
  to.set_retry_at(state.retry_at.micros);
  to.set_started(state.started);
  to.set_near_due(state.near_due);
  to.set_overdue(state.overdue);
  to.set_results_returned(state.results_returned);
  for (const auto& leg : state.legs) encode(leg, *to.add_legs());
  if (state.holder.kind != HolderKind::kNone) encode_holder(state.holder, *to.mutable_holder());
  to.set_held_since(state.held_since.micros);
  return to.SerializeAsString();
}

Result<State> decode_state(std::string_view bytes) {
  const auto parsed = wire::parse<v1::StoredRoute>(bytes);
  if (!parsed) return failure(parsed.error());
  const auto& from = **parsed;
  wire::Decoding in;
  State to;
  to.phase = in.take(decode_phase(from.phase()));
  if (!from.home_key().empty()) to.dossier.home = in.take(HomeKey::parse(from.home_key()));
  to.dossier.dossier_code = from.dossier_code();
  to.dossier.procedure_code = from.procedure_code();
  to.dossier.procedure_version = from.procedure_version();
  to.dossier.received_by = from.received_by();
  to.dossier.received_at = {from.received_at()};
  to.dossier.appointment_at = {from.appointment_at()};
  to.due_at = {from.due_at()};
  to.near_due_at = {from.near_due_at()};
  to.stopped_at = {from.stopped_at()};
  to.processed_at = {from.processed_at()};
  to.retry_at = {from.retry_at()};
  to.started = from.started();
  to.near_due = from.near_due();
  to.overdue = from.overdue();
  to.results_returned = from.results_returned();
  for (const auto& leg : from.legs()) to.legs.push_back(decode(leg, in));
  to.holder = in.take(decode_holder(from.holder()));
  to.held_since = {from.held_since()};
  return in.finish(std::move(to));
}

}  // namespace lienthong::routing
