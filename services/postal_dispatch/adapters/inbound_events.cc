#include "postal_dispatch/adapters/inbound_events.h"

#include "lienthong/intake/v1/events.pb.h"
#include "lienthong/routing/v1/events.pb.h"
#include "shared_kernel/adapters/values_codec.h"

#include <utility>

namespace lienthong::postal_dispatch {
namespace {

namespace wire = shared_kernel::wire;
namespace intake_v1 = ::lienthong::intake::v1;
namespace routing_v1 = ::lienthong::routing::v1;
using wire::Decoding;

PostRequested decode(const intake_v1::PickupRequested& from, Decoding& in) {
  PostRequested wanted{in.take(HomeKey::parse(from.home_key())),
                       "",
                       ShipmentKind::kToDesk,
                       from.carrier(),
                       from.area_code(),
                       in.take(wire::decode(from.address())),
                       from.collect(),
                       {}};
  for (const auto& component : from.components()) wanted.papers.push_back({component.code(), component.count()});
  return wanted;
}
PostRequested decode(const intake_v1::ResultDeliveryRequested& from, Decoding& in) {
  return {in.take(HomeKey::parse(from.home_key())),
          from.dossier_code(),
          ShipmentKind::kResult,
          from.carrier(),
          from.area_code(),
          in.take(wire::decode(from.address())),
          from.collect(),
          {}};
}
PaperHandedIn decode(const intake_v1::DossierSubmitted& from, Decoding& in) {
  PaperHandedIn handed_in{in.take(HomeKey::parse(from.home_key())), from.received_by(), {}};
  for (const auto& component : from.components()) handed_in.papers.push_back({component.code(), component.count()});
  return handed_in;
}
PickupPointless decode(const intake_v1::DossierRefused&, Decoding&) { return {"DOSSIER_REFUSED"}; }
PickupPointless decode(const intake_v1::DossierWithdrawn&, Decoding&) { return {"DOSSIER_WITHDRAWN"}; }
DataPassed decode(const routing_v1::CustodyPassed& from, Decoding& in) {
  return {from.to_holder().agency(), in.take(wire::decode(from.until_time()))};
}

template <class Message>
Result<void> take(const ::lienthong::ledger::v1::Event& from, Reported& to) {
  const auto message = wire::parse<Message>(from.payload());
  if (!message) return failure(message.error());
  Decoding in;
  auto fact = in.finish(Fact{Instant{from.occurred_at()}, decode(**message, in)});
  if (!fact) return failure(fact.error());
  to.facts.push_back(*std::move(fact));
  return {};
}

/// What comes in online brings no paper; what the post is to fetch is not here yet.
Result<void> take_submitted(const ::lienthong::ledger::v1::Event& from, Reported& to) {
  const auto message = wire::parse<intake_v1::DossierSubmitted>(from.payload());
  if (!message) return failure(message.error());
  const auto& submitted = **message;
  const bool at_counter = submitted.channel() == intake_v1::CHANNEL_COUNTER && !submitted.post().has_pick_up_at();
  if (!at_counter || submitted.components().empty()) return {};
  return take<intake_v1::DossierSubmitted>(from, to);
}

Result<void> take_from_intake(const ::lienthong::ledger::v1::Event& from, Reported& to) {
  switch (from.type()) {
    case intake_v1::EVENT_TYPE_DOSSIER_SUBMITTED: return take_submitted(from, to);
    case intake_v1::EVENT_TYPE_PICKUP_REQUESTED: return take<intake_v1::PickupRequested>(from, to);
    case intake_v1::EVENT_TYPE_RESULT_DELIVERY_REQUESTED: return take<intake_v1::ResultDeliveryRequested>(from, to);
    case intake_v1::EVENT_TYPE_DOSSIER_REFUSED: return take<intake_v1::DossierRefused>(from, to);
    case intake_v1::EVENT_TYPE_DOSSIER_WITHDRAWN: return take<intake_v1::DossierWithdrawn>(from, to);
    default: return {};
  }
}

Result<void> take_from_routing(const ::lienthong::ledger::v1::Event& from, Reported& to) {
  if (from.type() != routing_v1::EVENT_TYPE_CUSTODY_PASSED) return {};
  return take<routing_v1::CustodyPassed>(from, to);
}

template <class Take>
Result<Reported> decode_leaf(const ::lienthong::ledger::v1::Leaf& leaf, Take take_event) {
  Reported reported;
  for (const auto& event : leaf.events()) {
    if (auto taken = take_event(event, reported); !taken) return failure(taken.error());
  }
  return reported;
}

}  // namespace

EventMask taken_from_intake() {
  return mask_of(intake_v1::EVENT_TYPE_PICKUP_REQUESTED) | mask_of(intake_v1::EVENT_TYPE_RESULT_DELIVERY_REQUESTED) |
         mask_of(intake_v1::EVENT_TYPE_DOSSIER_SUBMITTED) | mask_of(intake_v1::EVENT_TYPE_DOSSIER_REFUSED) |
         mask_of(intake_v1::EVENT_TYPE_DOSSIER_WITHDRAWN);
}

EventMask taken_from_routing() { return mask_of(routing_v1::EVENT_TYPE_CUSTODY_PASSED); }

Result<Reported> decode_intake(const ::lienthong::ledger::v1::Leaf& leaf) { return decode_leaf(leaf, take_from_intake); }

Result<Reported> decode_routing(const ::lienthong::ledger::v1::Leaf& leaf) { return decode_leaf(leaf, take_from_routing); }

}  // namespace lienthong::postal_dispatch
