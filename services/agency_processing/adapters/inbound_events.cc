#include "agency_processing/adapters/inbound_events.h"

#include "lienthong/intake/v1/events.pb.h"
#include "lienthong/routing/v1/events.pb.h"
#include "shared_kernel/adapters/values_codec.h"

#include <utility>

namespace lienthong::agency_processing {
namespace {

namespace wire = shared_kernel::wire;
namespace intake_v1 = ::lienthong::intake::v1;
namespace routing_v1 = ::lienthong::routing::v1;
using wire::Decoding;

OfferMade decode(const routing_v1::LegOffered& from, Decoding& in) {
  return {wire::decode(from.leg()),
          from.leg_id(),
          from.agency(),
          from.sender(),
          in.take(HomeKey::parse(from.home_key())),
          from.dossier_code(),
          from.procedure_code(),
          from.procedure_version(),
          in.take(wire::decode(from.due_time())),
          in.take(wire::decode(from.overall_due_time()))};
}
LegRecalled decode(const routing_v1::LegRecalled& from, Decoding&) { return {wire::decode(from.leg()), from.reason_code()}; }
LegDueChanged decode(const routing_v1::LegDueChanged& from, Decoding& in) {
  return {wire::decode(from.leg()), in.take(wire::decode(from.to_time())), in.take(wire::decode(from.overall_due_time()))};
}
SupplementReceived decode(const intake_v1::SupplementReceived& from, Decoding&) { return {wire::decode_legs(from.legs())}; }

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

Result<void> take_routing(const ::lienthong::ledger::v1::Event& from, Reported& to) {
  switch (from.type()) {
    case routing_v1::EVENT_TYPE_LEG_OFFERED: return take<routing_v1::LegOffered>(from, to);
    case routing_v1::EVENT_TYPE_LEG_RECALLED: return take<routing_v1::LegRecalled>(from, to);
    case routing_v1::EVENT_TYPE_LEG_DUE_CHANGED: return take<routing_v1::LegDueChanged>(from, to);
    default: return {};  // The rest of a decision is not the agencies' concern; types may be added at any time.
  }
}

}  // namespace

EventMask taken_from_routing() {
  return mask_of(routing_v1::EVENT_TYPE_LEG_OFFERED) | mask_of(routing_v1::EVENT_TYPE_LEG_RECALLED) |
         mask_of(routing_v1::EVENT_TYPE_LEG_DUE_CHANGED);
}

EventMask taken_from_intake() { return mask_of(intake_v1::EVENT_TYPE_SUPPLEMENT_RECEIVED); }

Result<Reported> decode_routing(const ::lienthong::ledger::v1::Leaf& leaf) {
  Reported reported;
  for (const auto& event : leaf.events()) {
    if (auto taken = take_routing(event, reported); !taken) return failure(taken.error());
  }
  return reported;
}

Result<Reported> decode_intake(const ::lienthong::ledger::v1::Leaf& leaf) {
  Reported reported;
  for (const auto& event : leaf.events()) {
    if (event.type() != intake_v1::EVENT_TYPE_SUPPLEMENT_RECEIVED) continue;
    if (auto taken = take<intake_v1::SupplementReceived>(event, reported); !taken) return failure(taken.error());
  }
  return reported;
}

}  // namespace lienthong::agency_processing
