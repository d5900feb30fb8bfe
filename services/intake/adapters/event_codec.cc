#include "intake/adapters/event_codec.h"

#include "intake/adapters/enum_codec.h"
#include "lienthong/intake/v1/events.pb.h"
#include "platform/base/overloaded.h"
#include "shared_kernel/adapters/values_codec.h"

#include <utility>

namespace lienthong::intake {
namespace {

namespace wire = shared_kernel::wire;
using wire::Decoding;

DossierSubmitted decode(const v1::DossierSubmitted& from, Decoding& in) {
  DossierSubmitted to{
      {in.take(HomeKey::parse(from.home_key())), from.procedure_code(), in.take(decode_enum(from.applicant_kind())),
       in.take(decode_enum(from.channel())), from.area_code(), from.helped_by(), in.take(wire::decode(from.content())),
       in.take(wire::decode_components(from.components())), std::nullopt},
      from.received_by()};
  if (from.has_post()) to.application.post = in.take(decode_wish(from.post()));
  return to;
}

DossierAccepted decode(const v1::DossierAccepted& from, Decoding& in) {
  return {in.take(HomeKey::parse(from.home_key())),
          from.dossier_code(),
          from.procedure_code(),
          from.procedure_version(),
          from.received_by(),
          from.helped_by(),
          in.take(wire::decode(from.receive_time())),
          in.take(wire::decode(from.appointment_time()))};
}

DossierRefused decode(const v1::DossierRefused& from, Decoding& in) {
  return {from.reason_code(), in.take(wire::decode(from.reason()))};
}

SupplementRequested decode(const v1::SupplementRequested& from, Decoding& in) {
  return {wire::decode(from.leg()), from.agency(), from.reason_code(), in.take(wire::decode(from.reason()))};
}

SupplementReceived decode(const v1::SupplementReceived& from, Decoding& in) {
  return {wire::decode_legs(from.legs()), in.take(wire::decode_components(from.components())),
          in.take_if(from.has_content(), from.content())};
}

DossierWithdrawn decode(const v1::DossierWithdrawn& from, Decoding& in) {
  return {in.take_if(from.has_reason(), from.reason()), from.received()};
}

DossierStopped decode(const v1::DossierStopped& from, Decoding& in) {
  return {from.reason_code(), in.take_if(from.has_reason(), from.reason())};
}

DossierProcessed decode(const v1::DossierProcessed& from, Decoding& in) {
  return {in.take(wire::decode(from.processed_time())), from.withdrawal_lapsed()};
}

ResultHandedOver decode(const v1::ResultHandedOver& from, Decoding& in) { return {in.take(decode_enum(from.channel()))}; }

AppointmentMoved decode(const v1::AppointmentMoved& from, Decoding& in) {
  return {in.take(wire::decode(from.from_time())), in.take(wire::decode(from.to_time()))};
}

PersonalDataErased decode(const v1::PersonalDataErased& from, Decoding& in) {
  return {
      {from.key_refs().begin(), from.key_refs().end()}, from.reason_code(), in.take_if(from.has_reason(), from.reason())};
}

StatusChanged decode(const v1::StatusChanged& from, Decoding& in) {
  StatusChanged changed;
  if (from.from_status() != 0) changed.from = in.take(decode_status(from.from_status()));
  changed.to = in.take(decode_status(from.to_status()));
  return changed;
}

InputSetAside decode(const v1::InputSetAside& from, Decoding&) { return {from.input(), from.status()}; }

PickupRequested decode(const v1::PickupRequested& from, Decoding& in) {
  return {in.take(HomeKey::parse(from.home_key())),
          from.carrier(),
          from.area_code(),
          in.take(wire::decode(from.address())),
          in.take(wire::decode_components(from.components())),
          from.collect()};
}

ResultDeliveryRequested decode(const v1::ResultDeliveryRequested& from, Decoding& in) {
  return {in.take(HomeKey::parse(from.home_key())), from.dossier_code(), from.carrier(), from.area_code(),
          in.take(wire::decode(from.address())),    from.collect()};
}

ResultNotDelivered decode(const v1::ResultNotDelivered& from, Decoding& in) {
  return {in.take(decode_enum(from.outcome())), from.shipment()};
}

template <class Message>
Result<Event> read(const ::lienthong::ledger::v1::Event& from) {
  const auto message = wire::parse<Message>(from.payload());
  if (!message) return failure(message.error());
  Decoding in;
  Event event{Instant{from.occurred_at()}, decode(**message, in)};
  return in.finish(std::move(event));
}

v1::DossierSubmitted encode(const DossierSubmitted& from) {
  const auto& application = from.application;
  v1::DossierSubmitted to;
  to.set_home_key(application.home.text());
  to.set_procedure_code(application.procedure_code);
  to.set_applicant_kind(encode_enum(application.applicant_kind));
  to.set_channel(encode_enum(application.channel));
  to.set_area_code(application.area_code);
  to.set_helped_by(application.helped_by);
  wire::encode(application.content, *to.mutable_content());
  wire::encode_components(application.components, to.mutable_components());
  to.set_received_by(from.received_by);
  if (application.post) encode_wish(*application.post, *to.mutable_post());
  return to;
}

v1::DossierAccepted encode(const DossierAccepted& from) {
  v1::DossierAccepted to;
  to.set_home_key(from.home.text());
  to.set_dossier_code(from.dossier_code);
  to.set_procedure_code(from.procedure_code);
  to.set_procedure_version(from.procedure_version);
  to.set_received_by(from.received_by);
  to.set_helped_by(from.helped_by);
  wire::encode(from.received_at, *to.mutable_receive_time());
  wire::encode(from.appointment_at, *to.mutable_appointment_time());
  return to;
}

v1::DossierRefused encode(const DossierRefused& from) {
  v1::DossierRefused to;
  to.set_reason_code(from.reason_code);
  wire::encode(from.reason, *to.mutable_reason());
  return to;
}

v1::SupplementRequested encode(const SupplementRequested& from) {
  v1::SupplementRequested to;
  wire::encode(from.leg, *to.mutable_leg());
  to.set_agency(from.agency);
  to.set_reason_code(from.reason_code);
  wire::encode(from.reason, *to.mutable_reason());
  return to;
}

v1::SupplementReceived encode(const SupplementReceived& from) {
  v1::SupplementReceived to;
  for (const auto& leg : from.legs) wire::encode(leg, *to.add_legs());
  wire::encode_components(from.components, to.mutable_components());
  if (from.content) wire::encode(*from.content, *to.mutable_content());
  return to;
}

v1::DossierWithdrawn encode(const DossierWithdrawn& from) {
  v1::DossierWithdrawn to;
  if (from.reason) wire::encode(*from.reason, *to.mutable_reason());
  to.set_received(from.received);
  return to;
}

v1::DossierStopped encode(const DossierStopped& from) {
  v1::DossierStopped to;
  to.set_reason_code(from.reason_code);
  if (from.reason) wire::encode(*from.reason, *to.mutable_reason());
  return to;
}

v1::DossierProcessed encode(const DossierProcessed& from) {
  v1::DossierProcessed to;
  wire::encode(from.processed_at, *to.mutable_processed_time());
  to.set_withdrawal_lapsed(from.withdrawal_lapsed);
  return to;
}

v1::ResultHandedOver encode(const ResultHandedOver& from) {
  v1::ResultHandedOver to;
  to.set_channel(encode_enum(from.channel));
  return to;
}

v1::AppointmentMoved encode(const AppointmentMoved& from) {
  v1::AppointmentMoved to;
  wire::encode(from.from, *to.mutable_from_time());
  wire::encode(from.to, *to.mutable_to_time());
  return to;
}

v1::PersonalDataErased encode(const PersonalDataErased& from) {
  v1::PersonalDataErased to;
  for (const auto& ref : from.key_refs) to.add_key_refs(ref);
  to.set_reason_code(from.reason_code);
  if (from.reason) wire::encode(*from.reason, *to.mutable_reason());
  return to;
}

v1::StatusChanged encode(const StatusChanged& from) {
  v1::StatusChanged to;
  to.set_from_status(from.from ? code_of(*from.from) : 0);
  to.set_to_status(code_of(from.to));
  return to;
}

v1::InputSetAside encode(const InputSetAside& from) {
  v1::InputSetAside to;
  to.set_input(from.input);
  to.set_status(from.status);
  return to;
}

v1::PickupRequested encode(const PickupRequested& from) {
  v1::PickupRequested to;
  to.set_home_key(from.home.text());
  to.set_carrier(from.carrier);
  to.set_area_code(from.area_code);
  wire::encode(from.address, *to.mutable_address());
  wire::encode_components(from.components, to.mutable_components());
  to.set_collect(from.collect);
  return to;
}

v1::ResultDeliveryRequested encode(const ResultDeliveryRequested& from) {
  v1::ResultDeliveryRequested to;
  to.set_home_key(from.home.text());
  to.set_dossier_code(from.dossier_code);
  to.set_carrier(from.carrier);
  to.set_area_code(from.area_code);
  wire::encode(from.address, *to.mutable_address());
  to.set_collect(from.collect);
  return to;
}

v1::ResultNotDelivered encode(const ResultNotDelivered& from) {
  v1::ResultNotDelivered to;
  to.set_outcome(encode_enum(from.outcome));
  to.set_shipment(from.shipment);
  return to;
}

v1::EventType type_of(const EventBody& body) {
  return std::visit(Overloaded{[](const DossierSubmitted&) { return v1::EVENT_TYPE_DOSSIER_SUBMITTED; },
                               [](const DossierAccepted&) { return v1::EVENT_TYPE_DOSSIER_ACCEPTED; },
                               [](const DossierRefused&) { return v1::EVENT_TYPE_DOSSIER_REFUSED; },
                               [](const SupplementRequested&) { return v1::EVENT_TYPE_SUPPLEMENT_REQUESTED; },
                               [](const SupplementReceived&) { return v1::EVENT_TYPE_SUPPLEMENT_RECEIVED; },
                               [](const DossierWithdrawn&) { return v1::EVENT_TYPE_DOSSIER_WITHDRAWN; },
                               [](const DossierStopped&) { return v1::EVENT_TYPE_DOSSIER_STOPPED; },
                               [](const DossierProcessed&) { return v1::EVENT_TYPE_DOSSIER_PROCESSED; },
                               [](const ResultHandedOver&) { return v1::EVENT_TYPE_RESULT_HANDED_OVER; },
                               [](const AppointmentMoved&) { return v1::EVENT_TYPE_APPOINTMENT_MOVED; },
                               [](const PersonalDataErased&) { return v1::EVENT_TYPE_PERSONAL_DATA_ERASED; },
                               [](const StatusChanged&) { return v1::EVENT_TYPE_STATUS_CHANGED; },
                               [](const InputSetAside&) { return v1::EVENT_TYPE_INPUT_SET_ASIDE; },
                               [](const PickupRequested&) { return v1::EVENT_TYPE_PICKUP_REQUESTED; },
                               [](const ResultDeliveryRequested&) { return v1::EVENT_TYPE_RESULT_DELIVERY_REQUESTED; },
                               [](const ResultNotDelivered&) { return v1::EVENT_TYPE_RESULT_NOT_DELIVERED; }},
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
    case v1::EVENT_TYPE_DOSSIER_SUBMITTED: return read<v1::DossierSubmitted>(from);
    case v1::EVENT_TYPE_DOSSIER_ACCEPTED: return read<v1::DossierAccepted>(from);
    case v1::EVENT_TYPE_DOSSIER_REFUSED: return read<v1::DossierRefused>(from);
    case v1::EVENT_TYPE_SUPPLEMENT_REQUESTED: return read<v1::SupplementRequested>(from);
    case v1::EVENT_TYPE_SUPPLEMENT_RECEIVED: return read<v1::SupplementReceived>(from);
    case v1::EVENT_TYPE_DOSSIER_WITHDRAWN: return read<v1::DossierWithdrawn>(from);
    case v1::EVENT_TYPE_DOSSIER_STOPPED: return read<v1::DossierStopped>(from);
    case v1::EVENT_TYPE_DOSSIER_PROCESSED: return read<v1::DossierProcessed>(from);
    case v1::EVENT_TYPE_RESULT_HANDED_OVER: return read<v1::ResultHandedOver>(from);
    case v1::EVENT_TYPE_APPOINTMENT_MOVED: return read<v1::AppointmentMoved>(from);
    case v1::EVENT_TYPE_PERSONAL_DATA_ERASED: return read<v1::PersonalDataErased>(from);
    case v1::EVENT_TYPE_STATUS_CHANGED: return read<v1::StatusChanged>(from);
    case v1::EVENT_TYPE_INPUT_SET_ASIDE: return read<v1::InputSetAside>(from);
    case v1::EVENT_TYPE_PICKUP_REQUESTED: return read<v1::PickupRequested>(from);
    case v1::EVENT_TYPE_RESULT_DELIVERY_REQUESTED: return read<v1::ResultDeliveryRequested>(from);
    case v1::EVENT_TYPE_RESULT_NOT_DELIVERED: return read<v1::ResultNotDelivered>(from);
    case v1::EVENT_TYPE_UNSPECIFIED:
    case v1::EventType_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::EventType_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("intake has no event type " + std::to_string(from.type()));
}

}  // namespace lienthong::intake
