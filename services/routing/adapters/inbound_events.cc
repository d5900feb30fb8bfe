#include "routing/adapters/inbound_events.h"

#include "lienthong/agency/v1/events.pb.h"
#include "lienthong/intake/v1/events.pb.h"
#include "shared_kernel/adapters/values_codec.h"

#include <utility>

namespace lienthong::routing {
namespace {

namespace wire = shared_kernel::wire;
namespace intake_v1 = ::lienthong::intake::v1;
namespace agency_v1 = ::lienthong::agency::v1;
using wire::Decoding;

DossierReceived decode(const intake_v1::DossierAccepted& from, Decoding& in) {
  return {in.take(HomeKey::parse(from.home_key())),
          from.dossier_code(),
          from.procedure_code(),
          from.procedure_version(),
          from.received_by(),
          in.take(wire::decode(from.receive_time())),
          in.take(wire::decode(from.appointment_time()))};
}
SupplementReceived decode(const intake_v1::SupplementReceived& from, Decoding&) { return {wire::decode_legs(from.legs())}; }
DossierWithdrawn decode(const intake_v1::DossierWithdrawn&, Decoding&) { return {}; }
LegAccepted decode(const agency_v1::LegAccepted& from, Decoding&) { return {wire::decode(from.leg())}; }
LegRefused decode(const agency_v1::LegRefused& from, Decoding& in) {
  return {wire::decode(from.leg()), from.reason_code(), in.take(wire::decode(from.reason()))};
}
SupplementAsked decode(const agency_v1::SupplementAsked& from, Decoding& in) {
  return {wire::decode(from.leg()), from.reason_code(), in.take(wire::decode(from.reason()))};
}
LegCompleted decode(const agency_v1::LegCompleted& from, Decoding&) { return {wire::decode(from.leg())}; }
ResultConfirmed decode(const agency_v1::ResultConfirmed& from, Decoding&) { return {wire::decode(from.leg())}; }

/// A dossier that was never received has no route, so its withdrawal says nothing here.
bool concerns(const intake_v1::DossierWithdrawn& withdrawn) { return withdrawn.received(); }
template <class Message>
bool concerns(const Message&) {
  return true;
}

template <class Message>
Result<void> take(const ::lienthong::ledger::v1::Event& from, Reported& to) {
  const auto message = wire::parse<Message>(from.payload());
  if (!message) return failure(message.error());
  if (!concerns(**message)) return {};
  Decoding in;
  auto fact = in.finish(Fact{Instant{from.occurred_at()}, decode(**message, in)});
  if (!fact) return failure(fact.error());
  to.facts.push_back(*std::move(fact));
  return {};
}

Result<void> take_intake(const ::lienthong::ledger::v1::Event& from, Reported& to) {
  switch (from.type()) {
    case intake_v1::EVENT_TYPE_DOSSIER_ACCEPTED: return take<intake_v1::DossierAccepted>(from, to);
    case intake_v1::EVENT_TYPE_SUPPLEMENT_RECEIVED: return take<intake_v1::SupplementReceived>(from, to);
    case intake_v1::EVENT_TYPE_DOSSIER_WITHDRAWN: return take<intake_v1::DossierWithdrawn>(from, to);
    default: return {};  // The rest of a decision is not the route's concern; types may be added at any time.
  }
}

Result<void> take_agency(const ::lienthong::ledger::v1::Event& from, Reported& to) {
  switch (from.type()) {
    case agency_v1::EVENT_TYPE_LEG_ACCEPTED: return take<agency_v1::LegAccepted>(from, to);
    case agency_v1::EVENT_TYPE_LEG_REFUSED: return take<agency_v1::LegRefused>(from, to);
    case agency_v1::EVENT_TYPE_SUPPLEMENT_ASKED: return take<agency_v1::SupplementAsked>(from, to);
    case agency_v1::EVENT_TYPE_LEG_COMPLETED: return take<agency_v1::LegCompleted>(from, to);
    case agency_v1::EVENT_TYPE_RESULT_CONFIRMED: return take<agency_v1::ResultConfirmed>(from, to);
    default: return {};  // As above.
  }
}

}  // namespace

EventMask taken_from_intake() {
  return mask_of(intake_v1::EVENT_TYPE_DOSSIER_ACCEPTED) | mask_of(intake_v1::EVENT_TYPE_SUPPLEMENT_RECEIVED) |
         mask_of(intake_v1::EVENT_TYPE_DOSSIER_WITHDRAWN);
}

EventMask taken_from_agency_processing() {
  return mask_of(agency_v1::EVENT_TYPE_LEG_ACCEPTED) | mask_of(agency_v1::EVENT_TYPE_LEG_REFUSED) |
         mask_of(agency_v1::EVENT_TYPE_SUPPLEMENT_ASKED) | mask_of(agency_v1::EVENT_TYPE_LEG_COMPLETED) |
         mask_of(agency_v1::EVENT_TYPE_RESULT_CONFIRMED);
}

Result<Reported> decode_intake(const ::lienthong::ledger::v1::Leaf& leaf) {
  Reported reported;
  for (const auto& event : leaf.events()) {
    if (auto taken = take_intake(event, reported); !taken) return failure(taken.error());
  }
  return reported;
}

Result<Reported> decode_agency_processing(const ::lienthong::ledger::v1::Leaf& leaf) {
  Reported reported;
  for (const auto& event : leaf.events()) {
    if (auto taken = take_agency(event, reported); !taken) return failure(taken.error());
  }
  return reported;
}

}  // namespace lienthong::routing
