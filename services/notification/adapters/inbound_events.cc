#include "notification/adapters/inbound_events.h"

#include "lienthong/agency/v1/events.pb.h"
#include "lienthong/intake/v1/events.pb.h"
#include "lienthong/routing/v1/events.pb.h"
#include "shared_kernel/adapters/values_codec.h"

#include <utility>

namespace lienthong::notification {
namespace {

namespace wire = shared_kernel::wire;
namespace intake_v1 = ::lienthong::intake::v1;
namespace routing_v1 = ::lienthong::routing::v1;
namespace agency_v1 = ::lienthong::agency::v1;
namespace ledger_v1 = ::lienthong::ledger::v1;
using wire::Decoding;

std::uint32_t portal_channel(intake_v1::Channel channel) {
  switch (channel) {
    case intake_v1::CHANNEL_COUNTER: return 1;
    case intake_v1::CHANNEL_ONLINE: return 2;
    case intake_v1::CHANNEL_POST: return 3;
    case intake_v1::CHANNEL_UNSPECIFIED:
    case intake_v1::Channel_INT_MIN_SENTINEL_DO_NOT_USE_:
    case intake_v1::Channel_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return 0;
}
std::uint32_t portal_kind(intake_v1::ApplicantKind kind) {
  switch (kind) {
    case intake_v1::APPLICANT_KIND_CITIZEN: return 1;
    case intake_v1::APPLICANT_KIND_BUSINESS: return 2;
    case intake_v1::APPLICANT_KIND_AGENCY: return 3;
    case intake_v1::APPLICANT_KIND_ORGANISATION: return 4;
    case intake_v1::APPLICANT_KIND_UNSPECIFIED:
    case intake_v1::ApplicantKind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case intake_v1::ApplicantKind_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return 0;
}

FactBody decode(const intake_v1::DossierSubmitted& from, Decoding& in) {
  return DossierSubmitted{in.take(HomeKey::parse(from.home_key())),
                          from.procedure_code(),
                          from.received_by(),
                          portal_channel(from.channel()),
                          portal_kind(from.applicant_kind()),
                          from.post().has_deliver_to()};
}
FactBody decode(const intake_v1::DossierAccepted& from, Decoding& in) {
  return DossierAccepted{in.take(HomeKey::parse(from.home_key())),
                         from.dossier_code(),
                         from.procedure_code(),
                         from.received_by(),
                         in.take(wire::decode(from.receive_time())),
                         in.take(wire::decode(from.appointment_time()))};
}
FactBody decode(const intake_v1::DossierRefused& from, Decoding& in) {
  return DossierNotAccepted{from.reason_code(), in.take(wire::decode(from.reason()))};
}
FactBody decode(const intake_v1::SupplementRequested& from, Decoding& in) {
  return SupplementRequested{wire::decode(from.leg()), from.agency(), from.reason_code(),
                             in.take(wire::decode(from.reason()))};
}
FactBody decode(const intake_v1::SupplementReceived& from, Decoding&) {
  return SupplementReceived{wire::decode_legs(from.legs())};
}
FactBody decode(const intake_v1::DossierStopped& from, Decoding& in) {
  return DossierStopped{from.reason_code(), in.take_if(from.has_reason(), from.reason())};
}
FactBody decode(const intake_v1::DossierProcessed& from, Decoding& in) {
  return ResultReady{in.take(wire::decode(from.processed_time()))};
}
FactBody decode(const intake_v1::ResultHandedOver&, Decoding&) { return ResultHandedOver{}; }
FactBody decode(const intake_v1::AppointmentMoved& from, Decoding& in) {
  return AppointmentMoved{in.take(wire::decode(from.to_time()))};
}
FactBody decode(const intake_v1::PersonalDataErased&, Decoding&) { return PersonalDataErased{}; }

FactBody decode(const routing_v1::LegOffered& from, Decoding& in) {
  return LegOffered{wire::decode(from.leg()),
                    from.leg_id(),
                    from.agency(),
                    in.take(HomeKey::parse(from.home_key())),
                    from.dossier_code(),
                    from.procedure_code(),
                    in.take(wire::decode(from.due_time()))};
}
FactBody decode(const routing_v1::LegDueChanged& from, Decoding& in) {
  return LegDueChanged{wire::decode(from.leg()), in.take(wire::decode(from.to_time()))};
}
FactBody decode(const routing_v1::LegStarted& from, Decoding&) { return LegStarted{wire::decode(from.leg())}; }
FactBody decode(const routing_v1::LegOverdue& from, Decoding&) { return LegOverdue{wire::decode(from.leg())}; }
FactBody decode(const routing_v1::LegReturned& from, Decoding&) { return LegEnded{wire::decode(from.leg())}; }
FactBody decode(const routing_v1::LegDeclined& from, Decoding&) { return LegEnded{wire::decode(from.leg())}; }
FactBody decode(const routing_v1::LegRecalled& from, Decoding&) { return LegEnded{wire::decode(from.leg())}; }

FactBody decode(const agency_v1::SupplementArrived& from, Decoding&) { return SupplementArrived{wire::decode(from.leg())}; }

template <class Message>
Result<void> take(const ledger_v1::Event& from, Reported& to) {
  const auto message = wire::parse<Message>(from.payload());
  if (!message) return failure(message.error());
  Decoding in;
  FactBody body = decode(**message, in);
  auto fact = in.finish(Fact{Instant{from.occurred_at()}, std::move(body)});
  if (!fact) return failure(fact.error());
  to.facts.push_back(*std::move(fact));
  return {};
}

Result<void> take_intake(const ledger_v1::Event& from, Reported& to) {
  switch (from.type()) {
    case intake_v1::EVENT_TYPE_DOSSIER_SUBMITTED: return take<intake_v1::DossierSubmitted>(from, to);
    case intake_v1::EVENT_TYPE_DOSSIER_ACCEPTED: return take<intake_v1::DossierAccepted>(from, to);
    case intake_v1::EVENT_TYPE_DOSSIER_REFUSED: return take<intake_v1::DossierRefused>(from, to);
    case intake_v1::EVENT_TYPE_SUPPLEMENT_REQUESTED: return take<intake_v1::SupplementRequested>(from, to);
    case intake_v1::EVENT_TYPE_SUPPLEMENT_RECEIVED: return take<intake_v1::SupplementReceived>(from, to);
    case intake_v1::EVENT_TYPE_DOSSIER_STOPPED: return take<intake_v1::DossierStopped>(from, to);
    case intake_v1::EVENT_TYPE_DOSSIER_PROCESSED: return take<intake_v1::DossierProcessed>(from, to);
    case intake_v1::EVENT_TYPE_RESULT_HANDED_OVER: return take<intake_v1::ResultHandedOver>(from, to);
    case intake_v1::EVENT_TYPE_APPOINTMENT_MOVED: return take<intake_v1::AppointmentMoved>(from, to);
    case intake_v1::EVENT_TYPE_PERSONAL_DATA_ERASED: return take<intake_v1::PersonalDataErased>(from, to);
    default: return {};  // The rest of a decision is nobody's concern here; types may be added at any time.
  }
}

Result<void> take_routing(const ledger_v1::Event& from, Reported& to) {
  switch (from.type()) {
    case routing_v1::EVENT_TYPE_LEG_OFFERED: return take<routing_v1::LegOffered>(from, to);
    case routing_v1::EVENT_TYPE_LEG_RECALLED: return take<routing_v1::LegRecalled>(from, to);
    case routing_v1::EVENT_TYPE_LEG_DUE_CHANGED: return take<routing_v1::LegDueChanged>(from, to);
    case routing_v1::EVENT_TYPE_LEG_STARTED: return take<routing_v1::LegStarted>(from, to);
    case routing_v1::EVENT_TYPE_LEG_DECLINED: return take<routing_v1::LegDeclined>(from, to);
    case routing_v1::EVENT_TYPE_LEG_RETURNED: return take<routing_v1::LegReturned>(from, to);
    case routing_v1::EVENT_TYPE_LEG_OVERDUE: return take<routing_v1::LegOverdue>(from, to);
    default: return {};  // As above.
  }
}

Result<void> take_agency(const ledger_v1::Event& from, Reported& to) {
  if (from.type() == agency_v1::EVENT_TYPE_SUPPLEMENT_ARRIVED) return take<agency_v1::SupplementArrived>(from, to);
  return {};  // As above.
}

Result<Reported> read(const char* ledger, const ledger_v1::Leaf& leaf,
                      Result<void> (*take_event)(const ledger_v1::Event&, Reported&)) {
  Reported reported{std::string(ledger) + '/' + std::to_string(leaf.dossier_seq()), {}};
  for (const auto& event : leaf.events()) {
    if (auto taken = take_event(event, reported); !taken) return failure(taken.error());
  }
  return reported;
}

}  // namespace

EventMask taken_from_intake() {
  return mask_of(intake_v1::EVENT_TYPE_DOSSIER_SUBMITTED) | mask_of(intake_v1::EVENT_TYPE_DOSSIER_ACCEPTED) |
         mask_of(intake_v1::EVENT_TYPE_DOSSIER_REFUSED) | mask_of(intake_v1::EVENT_TYPE_SUPPLEMENT_REQUESTED) |
         mask_of(intake_v1::EVENT_TYPE_SUPPLEMENT_RECEIVED) | mask_of(intake_v1::EVENT_TYPE_DOSSIER_STOPPED) |
         mask_of(intake_v1::EVENT_TYPE_DOSSIER_PROCESSED) | mask_of(intake_v1::EVENT_TYPE_RESULT_HANDED_OVER) |
         mask_of(intake_v1::EVENT_TYPE_APPOINTMENT_MOVED) | mask_of(intake_v1::EVENT_TYPE_PERSONAL_DATA_ERASED);
}

EventMask taken_from_routing() {
  return mask_of(routing_v1::EVENT_TYPE_LEG_OFFERED) | mask_of(routing_v1::EVENT_TYPE_LEG_RECALLED) |
         mask_of(routing_v1::EVENT_TYPE_LEG_DUE_CHANGED) | mask_of(routing_v1::EVENT_TYPE_LEG_STARTED) |
         mask_of(routing_v1::EVENT_TYPE_LEG_DECLINED) | mask_of(routing_v1::EVENT_TYPE_LEG_RETURNED) |
         mask_of(routing_v1::EVENT_TYPE_LEG_OVERDUE);
}

EventMask taken_from_agency_processing() { return mask_of(agency_v1::EVENT_TYPE_SUPPLEMENT_ARRIVED); }

Result<Reported> decode_intake(const ledger_v1::Leaf& leaf) { return read("intake", leaf, take_intake); }
Result<Reported> decode_routing(const ledger_v1::Leaf& leaf) { return read("routing", leaf, take_routing); }
Result<Reported> decode_agency_processing(const ledger_v1::Leaf& leaf) {
  return read("agency-processing", leaf, take_agency);
}

}  // namespace lienthong::notification
