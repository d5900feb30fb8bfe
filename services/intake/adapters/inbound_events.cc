#include "intake/adapters/inbound_events.h"

#include "lienthong/postal/v1/events.pb.h"
#include "lienthong/routing/v1/events.pb.h"
#include "shared_kernel/adapters/values_codec.h"

#include <utility>

namespace lienthong::intake {
namespace {

namespace wire = shared_kernel::wire;
namespace postal_v1 = ::lienthong::postal::v1;
namespace routing_v1 = ::lienthong::routing::v1;
using wire::Decoding;

ProcessingStarted decode(const routing_v1::ProcessingStarted&, Decoding&) { return {}; }
SupplementNeeded decode(const routing_v1::SupplementRequested& from, Decoding& in) {
  return {wire::decode(from.leg()), from.agency(), from.reason_code(), in.take(wire::decode(from.reason()))};
}
AppointmentChanged decode(const routing_v1::AppointmentChanged& from, Decoding& in) {
  return {in.take(wire::decode(from.to_time()))};
}
RouteResolved decode(const routing_v1::DossierResolved& from, Decoding& in) {
  return {in.take(wire::decode(from.processed_time()))};
}
RouteRefused decode(const routing_v1::DossierRefusedFinally& from, Decoding& in) {
  return {from.reason_code(), in.take(wire::decode(from.reason()))};
}
RouteStopped decode(const routing_v1::RouteStopped&, Decoding&) { return {}; }

ResultDelivered decode(const postal_v1::ResultDelivered& from, Decoding&) { return {from.shipment()}; }
ResultUndelivered decode(const postal_v1::ResultUndelivered& from, Decoding& in) {
  if (from.stable() != postal_v1::STABLE_STATE_RETURNED && from.stable() != postal_v1::STABLE_STATE_LOST)
    in.take<bool>(malformed("stable " + std::to_string(static_cast<int>(from.stable()))));
  return {from.shipment(), from.stable() == postal_v1::STABLE_STATE_LOST ? Delivery::kLost : Delivery::kReturned};
}

template <class Message, class Reported>
Result<void> take(const ::lienthong::ledger::v1::Event& from, Reported& to) {
  const auto message = wire::parse<Message>(from.payload());
  if (!message) return failure(message.error());
  Decoding in;
  using Fact = typename decltype(to.facts)::value_type;
  auto fact = in.finish(Fact{Instant{from.occurred_at()}, decode(**message, in)});
  if (!fact) return failure(fact.error());
  to.facts.push_back(*std::move(fact));
  return {};
}

Result<void> take_event(const ::lienthong::ledger::v1::Event& from, RouteReported& to) {
  switch (from.type()) {
    case routing_v1::EVENT_TYPE_PROCESSING_STARTED: return take<routing_v1::ProcessingStarted>(from, to);
    case routing_v1::EVENT_TYPE_SUPPLEMENT_REQUESTED: return take<routing_v1::SupplementRequested>(from, to);
    case routing_v1::EVENT_TYPE_APPOINTMENT_CHANGED: return take<routing_v1::AppointmentChanged>(from, to);
    case routing_v1::EVENT_TYPE_DOSSIER_RESOLVED: return take<routing_v1::DossierResolved>(from, to);
    case routing_v1::EVENT_TYPE_DOSSIER_REFUSED_FINALLY: return take<routing_v1::DossierRefusedFinally>(from, to);
    case routing_v1::EVENT_TYPE_ROUTE_STOPPED: return take<routing_v1::RouteStopped>(from, to);
    default: return {};  // The rest of a decision is not the desk's concern; types may be added at any time.
  }
}

Result<void> take_event(const ::lienthong::ledger::v1::Event& from, PostReported& to) {
  switch (from.type()) {
    case postal_v1::EVENT_TYPE_RESULT_DELIVERED: return take<postal_v1::ResultDelivered>(from, to);
    case postal_v1::EVENT_TYPE_RESULT_UNDELIVERED: return take<postal_v1::ResultUndelivered>(from, to);
    default: return {};
  }
}

template <class Reported>
Result<Reported> decode_leaf(const ::lienthong::ledger::v1::Leaf& leaf) {
  Reported reported;
  for (const auto& event : leaf.events()) {
    if (auto taken = take_event(event, reported); !taken) return failure(taken.error());
  }
  return reported;
}

}  // namespace

EventMask taken_from_postal_dispatch() {
  return mask_of(postal_v1::EVENT_TYPE_RESULT_DELIVERED) | mask_of(postal_v1::EVENT_TYPE_RESULT_UNDELIVERED);
}

EventMask taken_from_routing() {
  return mask_of(routing_v1::EVENT_TYPE_PROCESSING_STARTED) | mask_of(routing_v1::EVENT_TYPE_SUPPLEMENT_REQUESTED) |
         mask_of(routing_v1::EVENT_TYPE_APPOINTMENT_CHANGED) | mask_of(routing_v1::EVENT_TYPE_DOSSIER_RESOLVED) |
         mask_of(routing_v1::EVENT_TYPE_DOSSIER_REFUSED_FINALLY) | mask_of(routing_v1::EVENT_TYPE_ROUTE_STOPPED);
}

Result<RouteReported> decode_routing(const ::lienthong::ledger::v1::Leaf& leaf) { return decode_leaf<RouteReported>(leaf); }

Result<PostReported> decode_postal_dispatch(const ::lienthong::ledger::v1::Leaf& leaf) {
  return decode_leaf<PostReported>(leaf);
}

}  // namespace lienthong::intake
