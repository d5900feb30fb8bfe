#include "routing/adapters/event_codec.h"

#include "lienthong/routing/v1/events.pb.h"
#include "platform/base/overloaded.h"
#include "routing/adapters/plan_codec.h"
#include "shared_kernel/adapters/values_codec.h"

#include <utility>

namespace lienthong::routing {
namespace {

namespace wire = shared_kernel::wire;
using wire::Decoding;

Result<std::vector<PlannedLeg>> decode_legs(const google::protobuf::RepeatedPtrField<v1::PlannedLeg>& from) {
  std::vector<PlannedLeg> to;
  for (const auto& leg : from) {
    auto plan = decode_plan(leg);
    if (!plan) return failure(plan.error());
    if (plan->leg != to.size() + 1) return malformed("legs are not numbered in order");
    to.push_back(*std::move(plan));
  }
  for (const auto& leg : to) {
    for (const auto before : leg.after) {
      if (before > to.size()) return malformed("leg " + std::to_string(leg.leg) + " follows one that is not there");
    }
  }
  return to;
}

template <class Message>
DossierReceived decode_dossier(const Message& from, Decoding& in) {
  return {in.take(HomeKey::parse(from.home_key())),
          from.dossier_code(),
          from.procedure_code(),
          from.procedure_version(),
          from.received_by(),
          in.take(wire::decode(from.receive_time())),
          in.take(wire::decode(from.due_time()))};
}

template <class Message>
void encode_dossier(const DossierReceived& from, Message& to) {
  to.set_home_key(from.home.text());
  to.set_dossier_code(from.dossier_code);
  to.set_procedure_code(from.procedure_code);
  to.set_procedure_version(from.procedure_version);
  to.set_received_by(from.received_by);
  wire::encode(from.received_at, *to.mutable_receive_time());
  wire::encode(from.appointment_at, *to.mutable_due_time());
}

RoutePlanned decode(const v1::RoutePlanned& from, Decoding& in) {
  return {decode_dossier(from, in), in.take(wire::decode(from.near_due_time())), in.take(decode_legs(from.legs()))};
}
RouteDeferred decode(const v1::RouteDeferred& from, Decoding& in) {
  return {decode_dossier(from, in), in.take(wire::decode(from.retry_time()))};
}
LegOffered decode(const v1::LegOffered& from, Decoding& in) {
  return {wire::decode(from.leg()),
          from.leg_id(),
          from.agency(),
          from.sender(),
          in.take(HomeKey::parse(from.home_key())),
          from.dossier_code(),
          from.procedure_code(),
          from.procedure_version(),
          in.take(wire::decode(from.due_time())),
          in.take(wire::decode(from.near_due_time())),
          in.take(wire::decode(from.overall_due_time()))};
}
LegRecalled decode(const v1::LegRecalled& from, Decoding&) {
  return {wire::decode(from.leg()), from.agency(), from.reason_code()};
}
LegDueChanged decode(const v1::LegDueChanged& from, Decoding& in) {
  return {wire::decode(from.leg()),
          from.agency(),
          in.take(wire::decode(from.from_time())),
          in.take(wire::decode(from.to_time())),
          in.take(wire::decode(from.near_due_time())),
          in.take(wire::decode(from.overall_due_time()))};
}
LegStarted decode(const v1::LegStarted& from, Decoding&) { return {wire::decode(from.leg()), from.agency()}; }
LegDeclined decode(const v1::LegDeclined& from, Decoding& in) {
  return {wire::decode(from.leg()), from.agency(), from.reason_code(), in.take(wire::decode(from.reason()))};
}
LegReturned decode(const v1::LegReturned& from, Decoding&) { return {wire::decode(from.leg()), from.agency(), from.late()}; }
LegResultReceived decode(const v1::LegResultReceived& from, Decoding&) { return {wire::decode(from.leg()), from.agency()}; }
LegAwaitsDecision decode(const v1::LegAwaitsDecision& from, Decoding&) {
  return {wire::decode(from.leg()), from.reason_code(), from.agency()};
}
ProcessingStarted decode(const v1::ProcessingStarted&, Decoding&) { return {}; }
SupplementRequested decode(const v1::SupplementRequested& from, Decoding& in) {
  return {wire::decode(from.leg()), from.agency(), from.reason_code(), in.take(wire::decode(from.reason()))};
}
ClockResumed decode(const v1::ClockResumed& from, Decoding&) { return {wire::decode_legs(from.legs()), from.whole()}; }
AppointmentChanged decode(const v1::AppointmentChanged& from, Decoding& in) {
  return {in.take(wire::decode(from.from_time())), in.take(wire::decode(from.to_time())),
          in.take(wire::decode(from.near_due_time()))};
}
DossierResolved decode(const v1::DossierResolved& from, Decoding& in) {
  return {in.take(wire::decode(from.processed_time())), from.late()};
}
DossierRefusedFinally decode(const v1::DossierRefusedFinally& from, Decoding& in) {
  return {from.leg(), from.reason_code(), in.take(wire::decode(from.reason()))};
}
RouteStopped decode(const v1::RouteStopped&, Decoding&) { return {}; }
LegNearDue decode(const v1::LegNearDue& from, Decoding& in) {
  return {wire::decode(from.leg()), from.agency(), in.take(wire::decode(from.due_time()))};
}
LegOverdue decode(const v1::LegOverdue& from, Decoding& in) {
  return {wire::decode(from.leg()), from.agency(), in.take(wire::decode(from.due_time()))};
}
DossierNearDue decode(const v1::DossierNearDue& from, Decoding& in) { return {in.take(wire::decode(from.due_time()))}; }
DossierOverdue decode(const v1::DossierOverdue& from, Decoding& in) { return {in.take(wire::decode(from.due_time()))}; }
CustodyPassed decode(const v1::CustodyPassed& from, Decoding& in) {
  return {in.take(decode_holder(from.from_holder())),
          in.take(decode_holder(from.to_holder())),
          in.take(wire::decode(from.since_time())),
          in.take(wire::decode(from.until_time())),
          from.wall_minutes(),
          from.holder_minutes(),
          from.desk_minutes()};
}
ResultsReturned decode(const v1::ResultsReturned&, Decoding&) { return {}; }
InputSetAside decode(const v1::InputSetAside& from, Decoding&) {
  return {from.input(), wire::decode(from.leg()), from.reason_code()};
}

template <class Message>
Result<Event> read(const ::lienthong::ledger::v1::Event& from) {
  const auto message = wire::parse<Message>(from.payload());
  if (!message) return failure(message.error());
  Decoding in;
  Event event{Instant{from.occurred_at()}, decode(**message, in)};
  return in.finish(std::move(event));
}

v1::RoutePlanned encode(const RoutePlanned& from) {
  v1::RoutePlanned to;
  encode_dossier(from.dossier, to);
  wire::encode(from.near_due_at, *to.mutable_near_due_time());
  for (const auto& leg : from.legs) encode_plan(leg, *to.add_legs());
  return to;
}
v1::RouteDeferred encode(const RouteDeferred& from) {
  v1::RouteDeferred to;
  encode_dossier(from.dossier, to);
  wire::encode(from.retry_at, *to.mutable_retry_time());
  return to;
}
v1::LegOffered encode(const LegOffered& from) {
  v1::LegOffered to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_leg_id(from.leg_id);
  to.set_agency(from.agency);
  to.set_sender(from.sender);
  to.set_home_key(from.home.text());
  to.set_dossier_code(from.dossier_code);
  to.set_procedure_code(from.procedure_code);
  to.set_procedure_version(from.procedure_version);
  wire::encode(from.due_at, *to.mutable_due_time());
  wire::encode(from.near_due_at, *to.mutable_near_due_time());
  wire::encode(from.overall_due_at, *to.mutable_overall_due_time());
  return to;
}
v1::LegRecalled encode(const LegRecalled& from) {
  v1::LegRecalled to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  to.set_reason_code(from.reason_code);
  return to;
}
v1::LegDueChanged encode(const LegDueChanged& from) {
  v1::LegDueChanged to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  wire::encode(from.from, *to.mutable_from_time());
  wire::encode(from.to, *to.mutable_to_time());
  wire::encode(from.near_due_at, *to.mutable_near_due_time());
  wire::encode(from.overall_due_at, *to.mutable_overall_due_time());
  return to;
}
v1::LegStarted encode(const LegStarted& from) {
  v1::LegStarted to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  return to;
}
v1::LegDeclined encode(const LegDeclined& from) {
  v1::LegDeclined to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  to.set_reason_code(from.reason_code);
  wire::encode(from.reason, *to.mutable_reason());
  return to;
}
v1::LegReturned encode(const LegReturned& from) {
  v1::LegReturned to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  to.set_late(from.late);
  return to;
}
v1::LegResultReceived encode(const LegResultReceived& from) {
  v1::LegResultReceived to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  return to;
}
v1::LegAwaitsDecision encode(const LegAwaitsDecision& from) {
  v1::LegAwaitsDecision to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_reason_code(from.reason_code);
  to.set_agency(from.agency);
  return to;
}
v1::ProcessingStarted encode(const ProcessingStarted&) { return {}; }
v1::SupplementRequested encode(const SupplementRequested& from) {
  v1::SupplementRequested to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  to.set_reason_code(from.reason_code);
  wire::encode(from.reason, *to.mutable_reason());
  return to;
}
v1::ClockResumed encode(const ClockResumed& from) {
  v1::ClockResumed to;
  for (const auto& leg : from.legs) wire::encode(leg, *to.add_legs());
  to.set_whole(from.whole);
  return to;
}
v1::AppointmentChanged encode(const AppointmentChanged& from) {
  v1::AppointmentChanged to;
  wire::encode(from.from, *to.mutable_from_time());
  wire::encode(from.to, *to.mutable_to_time());
  wire::encode(from.near_due_at, *to.mutable_near_due_time());
  return to;
}
v1::DossierResolved encode(const DossierResolved& from) {
  v1::DossierResolved to;
  wire::encode(from.processed_at, *to.mutable_processed_time());
  to.set_late(from.late);
  return to;
}
v1::DossierRefusedFinally encode(const DossierRefusedFinally& from) {
  v1::DossierRefusedFinally to;
  to.set_leg(from.leg);
  to.set_reason_code(from.reason_code);
  wire::encode(from.reason, *to.mutable_reason());
  return to;
}
v1::RouteStopped encode(const RouteStopped&) { return {}; }
v1::LegNearDue encode(const LegNearDue& from) {
  v1::LegNearDue to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  wire::encode(from.due_at, *to.mutable_due_time());
  return to;
}
v1::LegOverdue encode(const LegOverdue& from) {
  v1::LegOverdue to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  wire::encode(from.due_at, *to.mutable_due_time());
  return to;
}
v1::DossierNearDue encode(const DossierNearDue& from) {
  v1::DossierNearDue to;
  wire::encode(from.due_at, *to.mutable_due_time());
  return to;
}
v1::DossierOverdue encode(const DossierOverdue& from) {
  v1::DossierOverdue to;
  wire::encode(from.due_at, *to.mutable_due_time());
  return to;
}
v1::CustodyPassed encode(const CustodyPassed& from) {
  v1::CustodyPassed to;
  encode_holder(from.from, *to.mutable_from_holder());
  encode_holder(from.to, *to.mutable_to_holder());
  wire::encode(from.since, *to.mutable_since_time());
  wire::encode(from.until, *to.mutable_until_time());
  to.set_wall_minutes(from.wall_minutes);
  to.set_holder_minutes(from.holder_minutes);
  to.set_desk_minutes(from.desk_minutes);
  return to;
}
v1::ResultsReturned encode(const ResultsReturned&) { return {}; }
v1::InputSetAside encode(const InputSetAside& from) {
  v1::InputSetAside to;
  to.set_input(from.input);
  if (from.leg != LegRef{}) wire::encode(from.leg, *to.mutable_leg());
  to.set_reason_code(from.reason_code);
  return to;
}

v1::EventType type_of(const EventBody& body) {
  return std::visit(Overloaded{[](const RoutePlanned&) { return v1::EVENT_TYPE_ROUTE_PLANNED; },
                               [](const RouteDeferred&) { return v1::EVENT_TYPE_ROUTE_DEFERRED; },
                               [](const LegOffered&) { return v1::EVENT_TYPE_LEG_OFFERED; },
                               [](const LegRecalled&) { return v1::EVENT_TYPE_LEG_RECALLED; },
                               [](const LegDueChanged&) { return v1::EVENT_TYPE_LEG_DUE_CHANGED; },
                               [](const LegStarted&) { return v1::EVENT_TYPE_LEG_STARTED; },
                               [](const LegDeclined&) { return v1::EVENT_TYPE_LEG_DECLINED; },
                               [](const LegReturned&) { return v1::EVENT_TYPE_LEG_RETURNED; },
                               [](const LegResultReceived&) { return v1::EVENT_TYPE_LEG_RESULT_RECEIVED; },
                               [](const LegAwaitsDecision&) { return v1::EVENT_TYPE_LEG_AWAITS_DECISION; },
                               [](const ProcessingStarted&) { return v1::EVENT_TYPE_PROCESSING_STARTED; },
                               [](const SupplementRequested&) { return v1::EVENT_TYPE_SUPPLEMENT_REQUESTED; },
                               [](const ClockResumed&) { return v1::EVENT_TYPE_CLOCK_RESUMED; },
                               [](const AppointmentChanged&) { return v1::EVENT_TYPE_APPOINTMENT_CHANGED; },
                               [](const DossierResolved&) { return v1::EVENT_TYPE_DOSSIER_RESOLVED; },
                               [](const DossierRefusedFinally&) { return v1::EVENT_TYPE_DOSSIER_REFUSED_FINALLY; },
                               [](const RouteStopped&) { return v1::EVENT_TYPE_ROUTE_STOPPED; },
                               [](const LegNearDue&) { return v1::EVENT_TYPE_LEG_NEAR_DUE; },
                               [](const LegOverdue&) { return v1::EVENT_TYPE_LEG_OVERDUE; },
                               [](const DossierNearDue&) { return v1::EVENT_TYPE_DOSSIER_NEAR_DUE; },
                               [](const DossierOverdue&) { return v1::EVENT_TYPE_DOSSIER_OVERDUE; },
                               [](const CustodyPassed&) { return v1::EVENT_TYPE_CUSTODY_PASSED; },
                               [](const ResultsReturned&) { return v1::EVENT_TYPE_RESULTS_RETURNED; },
                               [](const InputSetAside&) { return v1::EVENT_TYPE_INPUT_SET_ASIDE; }},
                    body);
}

}  // namespace

void encode_event(const Event& event, ::lienthong::ledger::v1::Event& to) {
  to.set_type(type_of(event.body));
  to.set_occurred_at(event.occurred_at.micros);
  std::visit([&](const auto& body) { encode(body).SerializeToString(to.mutable_payload()); }, event.body);
}

Result<Event> decode_event(const ::lienthong::ledger::v1::Event& from) {
  switch (static_cast<v1::EventType>(from.type())) {
    case v1::EVENT_TYPE_ROUTE_PLANNED: return read<v1::RoutePlanned>(from);
    case v1::EVENT_TYPE_ROUTE_DEFERRED: return read<v1::RouteDeferred>(from);
    case v1::EVENT_TYPE_LEG_OFFERED: return read<v1::LegOffered>(from);
    case v1::EVENT_TYPE_LEG_RECALLED: return read<v1::LegRecalled>(from);
    case v1::EVENT_TYPE_LEG_DUE_CHANGED: return read<v1::LegDueChanged>(from);
    case v1::EVENT_TYPE_LEG_STARTED: return read<v1::LegStarted>(from);
    case v1::EVENT_TYPE_LEG_DECLINED: return read<v1::LegDeclined>(from);
    case v1::EVENT_TYPE_LEG_RETURNED: return read<v1::LegReturned>(from);
    case v1::EVENT_TYPE_LEG_RESULT_RECEIVED: return read<v1::LegResultReceived>(from);
    case v1::EVENT_TYPE_LEG_AWAITS_DECISION: return read<v1::LegAwaitsDecision>(from);
    case v1::EVENT_TYPE_PROCESSING_STARTED: return read<v1::ProcessingStarted>(from);
    case v1::EVENT_TYPE_SUPPLEMENT_REQUESTED: return read<v1::SupplementRequested>(from);
    case v1::EVENT_TYPE_CLOCK_RESUMED: return read<v1::ClockResumed>(from);
    case v1::EVENT_TYPE_APPOINTMENT_CHANGED: return read<v1::AppointmentChanged>(from);
    case v1::EVENT_TYPE_DOSSIER_RESOLVED: return read<v1::DossierResolved>(from);
    case v1::EVENT_TYPE_DOSSIER_REFUSED_FINALLY: return read<v1::DossierRefusedFinally>(from);
    case v1::EVENT_TYPE_ROUTE_STOPPED: return read<v1::RouteStopped>(from);
    case v1::EVENT_TYPE_LEG_NEAR_DUE: return read<v1::LegNearDue>(from);
    case v1::EVENT_TYPE_LEG_OVERDUE: return read<v1::LegOverdue>(from);
    case v1::EVENT_TYPE_DOSSIER_NEAR_DUE: return read<v1::DossierNearDue>(from);
    case v1::EVENT_TYPE_DOSSIER_OVERDUE: return read<v1::DossierOverdue>(from);
    case v1::EVENT_TYPE_CUSTODY_PASSED: return read<v1::CustodyPassed>(from);
    case v1::EVENT_TYPE_RESULTS_RETURNED: return read<v1::ResultsReturned>(from);
    case v1::EVENT_TYPE_INPUT_SET_ASIDE: return read<v1::InputSetAside>(from);
    case v1::EVENT_TYPE_UNSPECIFIED:
    case v1::EventType_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::EventType_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("routing has no event type " + std::to_string(from.type()));
}

}  // namespace lienthong::routing
