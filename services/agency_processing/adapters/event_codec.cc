#include "agency_processing/adapters/event_codec.h"

#include "lienthong/agency/v1/events.pb.h"
#include "platform/base/overloaded.h"
#include "shared_kernel/adapters/values_codec.h"

#include <utility>

namespace lienthong::agency_processing {
namespace {

namespace wire = shared_kernel::wire;
namespace v1 = ::lienthong::agency::v1;
using wire::Decoding;

WorkOffered decode(const v1::WorkOffered& from, Decoding& in) {
  return {{wire::decode(from.leg()), from.leg_id(), from.agency(), from.sender(), in.take(HomeKey::parse(from.home_key())),
           from.dossier_code(), from.procedure_code(), from.procedure_version(), in.take(wire::decode(from.due_time())),
           in.take(wire::decode(from.overall_due_time()))}};
}
LegAccepted decode(const v1::LegAccepted& from, Decoding&) {
  return {wire::decode(from.leg()), from.agency(), from.receipt_code()};
}
LegRefused decode(const v1::LegRefused& from, Decoding& in) {
  return {wire::decode(from.leg()), from.agency(), from.reason_code(), in.take(wire::decode(from.reason()))};
}
SupplementAsked decode(const v1::SupplementAsked& from, Decoding& in) {
  return {wire::decode(from.leg()), from.agency(), from.reason_code(), in.take(wire::decode(from.reason()))};
}
SupplementArrived decode(const v1::SupplementArrived& from, Decoding&) { return {wire::decode(from.leg()), from.agency()}; }
LegCompleted decode(const v1::LegCompleted& from, Decoding& in) {
  return {wire::decode(from.leg()), from.agency(), in.take(wire::decode_components(from.results())),
          in.take_if(from.has_note(), from.note())};
}
ResultConfirmed decode(const v1::ResultConfirmed& from, Decoding&) { return {wire::decode(from.leg()), from.agency()}; }
WorkDueChanged decode(const v1::WorkDueChanged& from, Decoding& in) {
  return {wire::decode(from.leg()), from.agency(), in.take(wire::decode(from.due_time())),
          in.take(wire::decode(from.overall_due_time()))};
}
WorkClosed decode(const v1::WorkClosed& from, Decoding&) {
  return {wire::decode(from.leg()), from.agency(), from.reason_code()};
}
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

v1::WorkOffered encode(const WorkOffered& from) {
  const auto& offer = from.offer;
  v1::WorkOffered to;
  wire::encode(offer.leg, *to.mutable_leg());
  to.set_leg_id(offer.leg_id);
  to.set_agency(offer.agency);
  to.set_sender(offer.sender);
  to.set_home_key(offer.home.text());
  to.set_dossier_code(offer.dossier_code);
  to.set_procedure_code(offer.procedure_code);
  to.set_procedure_version(offer.procedure_version);
  wire::encode(offer.due_at, *to.mutable_due_time());
  wire::encode(offer.overall_due_at, *to.mutable_overall_due_time());
  return to;
}
v1::LegAccepted encode(const LegAccepted& from) {
  v1::LegAccepted to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  to.set_receipt_code(from.receipt_code);
  return to;
}
v1::LegRefused encode(const LegRefused& from) {
  v1::LegRefused to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  to.set_reason_code(from.reason_code);
  wire::encode(from.reason, *to.mutable_reason());
  return to;
}
v1::SupplementAsked encode(const SupplementAsked& from) {
  v1::SupplementAsked to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  to.set_reason_code(from.reason_code);
  wire::encode(from.reason, *to.mutable_reason());
  return to;
}
v1::SupplementArrived encode(const SupplementArrived& from) {
  v1::SupplementArrived to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  return to;
}
v1::LegCompleted encode(const LegCompleted& from) {
  v1::LegCompleted to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  wire::encode_components(from.results, to.mutable_results());
  if (from.note) wire::encode(*from.note, *to.mutable_note());
  return to;
}
v1::ResultConfirmed encode(const ResultConfirmed& from) {
  v1::ResultConfirmed to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  return to;
}
v1::WorkDueChanged encode(const WorkDueChanged& from) {
  v1::WorkDueChanged to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  wire::encode(from.due_at, *to.mutable_due_time());
  wire::encode(from.overall_due_at, *to.mutable_overall_due_time());
  return to;
}
v1::WorkClosed encode(const WorkClosed& from) {
  v1::WorkClosed to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  to.set_reason_code(from.reason_code);
  return to;
}
v1::InputSetAside encode(const InputSetAside& from) {
  v1::InputSetAside to;
  to.set_input(from.input);
  wire::encode(from.leg, *to.mutable_leg());
  to.set_reason_code(from.reason_code);
  return to;
}

v1::EventType type_of(const EventBody& body) {
  return std::visit(Overloaded{[](const WorkOffered&) { return v1::EVENT_TYPE_WORK_OFFERED; },
                               [](const LegAccepted&) { return v1::EVENT_TYPE_LEG_ACCEPTED; },
                               [](const LegRefused&) { return v1::EVENT_TYPE_LEG_REFUSED; },
                               [](const SupplementAsked&) { return v1::EVENT_TYPE_SUPPLEMENT_ASKED; },
                               [](const SupplementArrived&) { return v1::EVENT_TYPE_SUPPLEMENT_ARRIVED; },
                               [](const LegCompleted&) { return v1::EVENT_TYPE_LEG_COMPLETED; },
                               [](const ResultConfirmed&) { return v1::EVENT_TYPE_RESULT_CONFIRMED; },
                               [](const WorkDueChanged&) { return v1::EVENT_TYPE_WORK_DUE_CHANGED; },
                               [](const WorkClosed&) { return v1::EVENT_TYPE_WORK_CLOSED; },
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
    case v1::EVENT_TYPE_WORK_OFFERED: return read<v1::WorkOffered>(from);
    case v1::EVENT_TYPE_LEG_ACCEPTED: return read<v1::LegAccepted>(from);
    case v1::EVENT_TYPE_LEG_REFUSED: return read<v1::LegRefused>(from);
    case v1::EVENT_TYPE_SUPPLEMENT_ASKED: return read<v1::SupplementAsked>(from);
    case v1::EVENT_TYPE_SUPPLEMENT_ARRIVED: return read<v1::SupplementArrived>(from);
    case v1::EVENT_TYPE_LEG_COMPLETED: return read<v1::LegCompleted>(from);
    case v1::EVENT_TYPE_RESULT_CONFIRMED: return read<v1::ResultConfirmed>(from);
    case v1::EVENT_TYPE_WORK_DUE_CHANGED: return read<v1::WorkDueChanged>(from);
    case v1::EVENT_TYPE_WORK_CLOSED: return read<v1::WorkClosed>(from);
    case v1::EVENT_TYPE_INPUT_SET_ASIDE: return read<v1::InputSetAside>(from);
    case v1::EVENT_TYPE_UNSPECIFIED:
    case v1::EventType_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::EventType_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("agency-processing has no event type " + std::to_string(from.type()));
}

}  // namespace lienthong::agency_processing
