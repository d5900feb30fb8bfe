#include "monitoring/adapters/event_reader.h"

#include "lienthong/agency/v1/events.pb.h"
#include "lienthong/intake/v1/events.pb.h"
#include "lienthong/notification/v1/events.pb.h"
#include "lienthong/postal/v1/events.pb.h"
#include "lienthong/routing/v1/events.pb.h"

#include <array>
#include <concepts>
#include <map>

namespace lienthong::monitoring {
namespace {

namespace ledger_v1 = ::lienthong::ledger::v1;
namespace intake_v1 = ::lienthong::intake::v1;
namespace routing_v1 = ::lienthong::routing::v1;
namespace agency_v1 = ::lienthong::agency::v1;
namespace postal_v1 = ::lienthong::postal::v1;
namespace notification_v1 = ::lienthong::notification::v1;
namespace kernel_v1 = ::lienthong::kernel::v1;

constexpr std::int64_t kMicros = 1'000'000;

Instant instant(const google::protobuf::Timestamp& from) { return {from.seconds() * kMicros + from.nanos() / 1000}; }
LegRef leg_ref(const kernel_v1::LegRef& from) { return {from.leg(), from.attempt()}; }

template <class M>
concept HasLeg = requires(const M& m) {
  { m.leg() } -> std::same_as<const kernel_v1::LegRef&>;
};
template <class M>
concept HasAgency = requires(const M& m) {
  m.agency();
};
template <class M>
concept HasReason = requires(const M& m) {
  m.reason_code();
};
template <class M>
concept HasDue = requires(const M& m) {
  m.due_time();
};
template <class M>
concept HasLate = requires(const M& m) {
  { m.late() } -> std::same_as<bool>;
};
template <class M>
concept HasHome = requires(const M& m) {
  m.home_key();
};
template <class M>
concept HasCode = requires(const M& m) {
  m.dossier_code();
};
template <class M>
concept HasProcedure = requires(const M& m) {
  m.procedure_code();
};
template <class M>
concept HasReceivedBy = requires(const M& m) {
  m.received_by();
};

template <class M>
void common(const M& from, Event& to) {
  if constexpr (HasLeg<M>) to.leg = leg_ref(from.leg());
  if constexpr (HasAgency<M>) to.agency = from.agency();
  if constexpr (HasReason<M>) to.reason_code = from.reason_code();
  if constexpr (HasDue<M>) to.due = instant(from.due_time());
  if constexpr (HasLate<M>) to.late = from.late();
  if constexpr (HasHome<M>) to.home_key = from.home_key();
  if constexpr (HasCode<M>) to.dossier_code = from.dossier_code();
  if constexpr (HasProcedure<M>) to.procedure_code = from.procedure_code();
  if constexpr (HasReceivedBy<M>) to.received_by = from.received_by();
}

template <class M>
void special(const M&, Event&) {}
void special(const intake_v1::DossierSubmitted& from, Event& to) { to.channel = from.channel(); }
void special(const intake_v1::DossierAccepted& from, Event& to) { to.due = instant(from.appointment_time()); }
void special(const intake_v1::StatusChanged& from, Event& to) { to.status = from.to_status(); }
void special(const intake_v1::AppointmentMoved& from, Event& to) { to.due = instant(from.to_time()); }
void special(const routing_v1::LegOffered& from, Event& to) { to.sender = from.sender(); }
void special(const agency_v1::WorkOffered& from, Event& to) { to.sender = from.sender(); }
void special(const routing_v1::LegDueChanged& from, Event& to) { to.due = instant(from.to_time()); }
void special(const routing_v1::AppointmentChanged& from, Event& to) { to.due = instant(from.to_time()); }
void special(const routing_v1::ClockResumed& from, Event& to) { to.whole = from.whole(); }
void special(const routing_v1::CustodyPassed& from, Event& to) {
  const auto kind = [](routing_v1::HolderKind holder) { return static_cast<HolderKind>(holder); };
  to.custody = Custody{kind(from.from_holder().kind()), from.from_holder().agency(), from.from_holder().leg(),
                       instant(from.since_time()),      instant(from.until_time()),  from.wall_minutes(),
                       from.holder_minutes(),           from.desk_minutes()};
  to.to_holder = kind(from.to_holder().kind());
  to.to_agency = from.to_holder().agency();
}

template <class M>
PaperFact& paper(const M& from, Event& to) {
  to.paper.emplace().shipment = from.shipment();
  return *to.paper;
}
void special(const postal_v1::ShipmentOrdered& from, Event& to) {
  // What a desk writes on an order is no proof of the dossier's code; intake gives that.
  to.dossier_code.clear();
  const auto& shipment = from.shipment();
  to.agency = shipment.agency();
  auto& fact = to.paper.emplace();
  fact.shipment = shipment.number();
  fact.kind = static_cast<std::uint32_t>(shipment.kind());
  fact.milestone = postal_v1::MILESTONE_ORDERED;
  fact.stable = postal_v1::STABLE_STATE_ORDERED;
  fact.carrier = shipment.carrier();
  fact.item = shipment.item();
  fact.destination = shipment.destination();
  fact.at = instant(shipment.order_time());
}
void special(const postal_v1::OrderPlaced& from, Event& to) { paper(from, to).item = from.item(); }
void special(const postal_v1::OrderRefused& from, Event& to) {
  paper(from, to);
  to.reason_code = from.reason();
}
void special(const postal_v1::OrderRepeated& from, Event& to) { paper(from, to); }
void special(const postal_v1::EntryRecorded& from, Event& to) {
  auto& fact = paper(from, to);
  fact.milestone = static_cast<std::uint32_t>(from.entry().milestone());
  fact.carrier = from.entry().carrier();
  fact.raw_code = from.entry().raw_code();
  fact.place = from.entry().place();
  fact.at = instant(from.entry().entry_time());
  to.reason_code = from.entry().reason();
}
void special(const postal_v1::ProofAdded& from, Event& to) {
  auto& fact = paper(from, to);
  fact.carrier = from.carrier();
  fact.raw_code = from.raw_code();
  fact.at = instant(from.entry_time());
}
void special(const postal_v1::StandingChanged& from, Event& to) {
  auto& fact = paper(from, to);
  fact.kind = static_cast<std::uint32_t>(from.kind());
  fact.milestone = static_cast<std::uint32_t>(from.milestone());
  fact.stable = static_cast<std::uint32_t>(from.stable());
  fact.at = instant(from.since_time());
  to.reason_code = from.reason();
}
void special(const postal_v1::SilenceBegan& from, Event& to) { paper(from, to).at = instant(from.last_scan_time()); }
void special(const postal_v1::SilenceEnded& from, Event& to) { paper(from, to); }
// FNV-1a: the read model keeps what it gives, so it has to be the same in every build.
std::uint64_t stands_for(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}
std::uint64_t manifest_of(const google::protobuf::RepeatedPtrField<postal_v1::BagLine>& lines) {
  std::map<std::string, std::uint32_t> counts;  // whatever the order of lines and papers
  for (const auto& line : lines) {
    for (const auto& papers : line.papers()) {
      const auto bundle = std::to_string(static_cast<int>(line.bundle()));
      if (papers.count() > 0) counts[line.dossier_id() + '|' + bundle + '|' + papers.code()] += papers.count();
    }
  }
  std::string text;
  for (const auto& [name, count] : counts) text += name + '=' + std::to_string(count) + ';';
  return stands_for(text);
}
void special(const postal_v1::BagCreated& from, Event& to) {
  to.agency = from.sender();
  to.manifest = manifest_of(from.lines());
}
void special(const postal_v1::BagSealed& from, Event& to) { to.seal = from.seal(); }
void special(const postal_v1::BagOpened& from, Event& to) {
  to.seal = from.seal();
  to.manifest = manifest_of(from.found());
}
void special(const postal_v1::CollectionAdded& from, Event& to) { to.subject = from.carrier(); }
void special(const postal_v1::SettlementDeclared& from, Event& to) { to.subject = from.carrier(); }
void special(const postal_v1::SettlementCompared& from, Event& to) { to.balanced = from.balanced(); }
void special(const postal_v1::TellingFailed& from, Event& to) { to.reason_code = from.reason(); }
void special(const postal_v1::PaperTold& from, Event& to) {
  auto& fact = to.paper.emplace();
  fact.bag_fact = static_cast<std::uint32_t>(from.fact().kind());
  fact.bundle = static_cast<std::uint32_t>(from.fact().bundle());
  fact.item = from.fact().bag_number();
  fact.at = instant(from.fact().fact_time());
  to.agency = from.fact().agency();
}

NoticeFact& notice(std::uint32_t number, notification_v1::NoticePhase phase, Event& to) {
  auto& fact = to.notice.emplace();
  fact.notice = number;
  fact.phase = static_cast<std::uint32_t>(phase);
  return fact;
}
std::uint64_t telling_of(const notification_v1::NoticeCreated& from) {
  const auto& leg = from.contents().leg();
  return stands_for(from.origin() + '|' + from.event() + '|' + from.recipient() + '|' + std::to_string(leg.leg()) + '.' +
                    std::to_string(leg.attempt()));
}
void special(const notification_v1::NoticeCreated& from, Event& to) {
  auto& fact = notice(from.notice(), notification_v1::NOTICE_PHASE_CREATED, to);
  fact.channel = static_cast<std::uint32_t>(from.way().channel());
  fact.event = from.event();
  fact.recipient = from.recipient();
  if (from.recipient() == "agency") to.agency = from.contents().agency();
  to.leg = leg_ref(from.contents().leg());
  to.telling = telling_of(from);
}
void special(const notification_v1::NoticeSending& from, Event& to) {
  notice(from.notice(), notification_v1::NOTICE_PHASE_SENDING, to).provider = from.provider();
}
void special(const notification_v1::NoticePutOff& from, Event& to) {
  notice(from.notice(), notification_v1::NOTICE_PHASE_CREATED, to);
}
void special(const notification_v1::NoticeHandedOver& from, Event& to) {
  const bool reports = from.receipt_until() != 0;
  notice(from.notice(), reports ? notification_v1::NOTICE_PHASE_PENDING : notification_v1::NOTICE_PHASE_SENT, to);
}
void special(const notification_v1::NoticeDelivered& from, Event& to) {
  notice(from.notice(), notification_v1::NOTICE_PHASE_DELIVERED, to);
}
void special(const notification_v1::NoticeFailed& from, Event& to) { notice(from.notice(), from.phase(), to); }
void special(const notification_v1::NoticeCancelled& from, Event& to) {
  notice(from.notice(), notification_v1::NOTICE_PHASE_CANCELLED, to);
}
void special(const notification_v1::NoticeRetried& from, Event& to) {
  notice(from.notice(), notification_v1::NOTICE_PHASE_CREATED, to);
}
void special(const notification_v1::LineOpened& from, Event& to) { to.subject = from.subscription(); }
void special(const notification_v1::DeliveriesReported& from, Event& to) { to.reason_code = from.suspended(); }

// One message of each kind per thread, used again: a message that is parsed anew keeps its memory.
template <class M>
void read(const ledger_v1::Event& from, Event& to) {
  thread_local M message;
  if (!message.ParseFromString(from.payload())) {
    to.what = What::kOther;
    return;
  }
  common(message, to);
  special(message, to);
}

void read_intake(const ledger_v1::Event& from, Event& to) {
  switch (from.type()) {
    case intake_v1::EVENT_TYPE_DOSSIER_SUBMITTED: return read<intake_v1::DossierSubmitted>(from, to);
    case intake_v1::EVENT_TYPE_DOSSIER_ACCEPTED: return read<intake_v1::DossierAccepted>(from, to);
    case intake_v1::EVENT_TYPE_DOSSIER_REFUSED: return read<intake_v1::DossierRefused>(from, to);
    case intake_v1::EVENT_TYPE_SUPPLEMENT_REQUESTED: return read<intake_v1::SupplementRequested>(from, to);
    case intake_v1::EVENT_TYPE_DOSSIER_STOPPED: return read<intake_v1::DossierStopped>(from, to);
    case intake_v1::EVENT_TYPE_APPOINTMENT_MOVED: return read<intake_v1::AppointmentMoved>(from, to);
    case intake_v1::EVENT_TYPE_PERSONAL_DATA_ERASED: return read<intake_v1::PersonalDataErased>(from, to);
    case intake_v1::EVENT_TYPE_STATUS_CHANGED: return read<intake_v1::StatusChanged>(from, to);
    default: return;
  }
}

void read_routing(const ledger_v1::Event& from, Event& to) {
  switch (from.type()) {
    case routing_v1::EVENT_TYPE_ROUTE_PLANNED: return read<routing_v1::RoutePlanned>(from, to);
    case routing_v1::EVENT_TYPE_ROUTE_DEFERRED: return read<routing_v1::RouteDeferred>(from, to);
    case routing_v1::EVENT_TYPE_LEG_OFFERED: return read<routing_v1::LegOffered>(from, to);
    case routing_v1::EVENT_TYPE_LEG_RECALLED: return read<routing_v1::LegRecalled>(from, to);
    case routing_v1::EVENT_TYPE_LEG_DUE_CHANGED: return read<routing_v1::LegDueChanged>(from, to);
    case routing_v1::EVENT_TYPE_LEG_STARTED: return read<routing_v1::LegStarted>(from, to);
    case routing_v1::EVENT_TYPE_LEG_DECLINED: return read<routing_v1::LegDeclined>(from, to);
    case routing_v1::EVENT_TYPE_LEG_RETURNED: return read<routing_v1::LegReturned>(from, to);
    case routing_v1::EVENT_TYPE_LEG_RESULT_RECEIVED: return read<routing_v1::LegResultReceived>(from, to);
    case routing_v1::EVENT_TYPE_LEG_AWAITS_DECISION: return read<routing_v1::LegAwaitsDecision>(from, to);
    case routing_v1::EVENT_TYPE_SUPPLEMENT_REQUESTED: return read<routing_v1::SupplementRequested>(from, to);
    case routing_v1::EVENT_TYPE_CLOCK_RESUMED: return read<routing_v1::ClockResumed>(from, to);
    case routing_v1::EVENT_TYPE_APPOINTMENT_CHANGED: return read<routing_v1::AppointmentChanged>(from, to);
    case routing_v1::EVENT_TYPE_DOSSIER_RESOLVED: return read<routing_v1::DossierResolved>(from, to);
    case routing_v1::EVENT_TYPE_DOSSIER_REFUSED_FINALLY: return read<routing_v1::DossierRefusedFinally>(from, to);
    case routing_v1::EVENT_TYPE_ROUTE_STOPPED: return read<routing_v1::RouteStopped>(from, to);
    case routing_v1::EVENT_TYPE_LEG_NEAR_DUE: return read<routing_v1::LegNearDue>(from, to);
    case routing_v1::EVENT_TYPE_LEG_OVERDUE: return read<routing_v1::LegOverdue>(from, to);
    case routing_v1::EVENT_TYPE_DOSSIER_NEAR_DUE: return read<routing_v1::DossierNearDue>(from, to);
    case routing_v1::EVENT_TYPE_DOSSIER_OVERDUE: return read<routing_v1::DossierOverdue>(from, to);
    case routing_v1::EVENT_TYPE_CUSTODY_PASSED: return read<routing_v1::CustodyPassed>(from, to);
    case routing_v1::EVENT_TYPE_INPUT_SET_ASIDE: return read<routing_v1::InputSetAside>(from, to);
    default: return;
  }
}

void read_agency(const ledger_v1::Event& from, Event& to) {
  switch (from.type()) {
    case agency_v1::EVENT_TYPE_WORK_OFFERED: return read<agency_v1::WorkOffered>(from, to);
    case agency_v1::EVENT_TYPE_LEG_ACCEPTED: return read<agency_v1::LegAccepted>(from, to);
    case agency_v1::EVENT_TYPE_LEG_REFUSED: return read<agency_v1::LegRefused>(from, to);
    case agency_v1::EVENT_TYPE_SUPPLEMENT_ASKED: return read<agency_v1::SupplementAsked>(from, to);
    case agency_v1::EVENT_TYPE_SUPPLEMENT_ARRIVED: return read<agency_v1::SupplementArrived>(from, to);
    case agency_v1::EVENT_TYPE_LEG_COMPLETED: return read<agency_v1::LegCompleted>(from, to);
    case agency_v1::EVENT_TYPE_RESULT_CONFIRMED: return read<agency_v1::ResultConfirmed>(from, to);
    case agency_v1::EVENT_TYPE_WORK_DUE_CHANGED: return read<agency_v1::WorkDueChanged>(from, to);
    case agency_v1::EVENT_TYPE_WORK_CLOSED: return read<agency_v1::WorkClosed>(from, to);
    case agency_v1::EVENT_TYPE_INPUT_SET_ASIDE: return read<agency_v1::InputSetAside>(from, to);
    default: return;
  }
}

void read_postal(const ledger_v1::Event& from, Event& to) {
  switch (from.type()) {
    case postal_v1::EVENT_TYPE_SHIPMENT_ORDERED: return read<postal_v1::ShipmentOrdered>(from, to);
    case postal_v1::EVENT_TYPE_ORDER_PLACED: return read<postal_v1::OrderPlaced>(from, to);
    case postal_v1::EVENT_TYPE_ORDER_REFUSED: return read<postal_v1::OrderRefused>(from, to);
    case postal_v1::EVENT_TYPE_ORDER_REPEATED: return read<postal_v1::OrderRepeated>(from, to);
    case postal_v1::EVENT_TYPE_ENTRY_RECORDED: return read<postal_v1::EntryRecorded>(from, to);
    case postal_v1::EVENT_TYPE_PROOF_ADDED: return read<postal_v1::ProofAdded>(from, to);
    case postal_v1::EVENT_TYPE_STANDING_CHANGED: return read<postal_v1::StandingChanged>(from, to);
    case postal_v1::EVENT_TYPE_SILENCE_BEGAN: return read<postal_v1::SilenceBegan>(from, to);
    case postal_v1::EVENT_TYPE_SILENCE_ENDED: return read<postal_v1::SilenceEnded>(from, to);
    case postal_v1::EVENT_TYPE_BAG_CREATED: return read<postal_v1::BagCreated>(from, to);
    case postal_v1::EVENT_TYPE_BAG_SEALED: return read<postal_v1::BagSealed>(from, to);
    case postal_v1::EVENT_TYPE_BAG_OPENED: return read<postal_v1::BagOpened>(from, to);
    case postal_v1::EVENT_TYPE_TELLING_FAILED: return read<postal_v1::TellingFailed>(from, to);
    case postal_v1::EVENT_TYPE_PAPER_TOLD: return read<postal_v1::PaperTold>(from, to);
    case postal_v1::EVENT_TYPE_DATA_MOVED: return read<postal_v1::DataMoved>(from, to);
    case postal_v1::EVENT_TYPE_COLLECTION_ADDED: return read<postal_v1::CollectionAdded>(from, to);
    case postal_v1::EVENT_TYPE_SETTLEMENT_DECLARED: return read<postal_v1::SettlementDeclared>(from, to);
    case postal_v1::EVENT_TYPE_SETTLEMENT_COMPARED: return read<postal_v1::SettlementCompared>(from, to);
    default: return;
  }
}

void read_notification(const ledger_v1::Event& from, Event& to) {
  switch (from.type()) {
    case notification_v1::EVENT_TYPE_NOTICE_CREATED: return read<notification_v1::NoticeCreated>(from, to);
    case notification_v1::EVENT_TYPE_NOTICE_SENDING: return read<notification_v1::NoticeSending>(from, to);
    case notification_v1::EVENT_TYPE_NOTICE_PUT_OFF: return read<notification_v1::NoticePutOff>(from, to);
    case notification_v1::EVENT_TYPE_NOTICE_HANDED_OVER: return read<notification_v1::NoticeHandedOver>(from, to);
    case notification_v1::EVENT_TYPE_NOTICE_DELIVERED: return read<notification_v1::NoticeDelivered>(from, to);
    case notification_v1::EVENT_TYPE_NOTICE_FAILED: return read<notification_v1::NoticeFailed>(from, to);
    case notification_v1::EVENT_TYPE_NOTICE_CANCELLED: return read<notification_v1::NoticeCancelled>(from, to);
    case notification_v1::EVENT_TYPE_NOTICE_RETRIED: return read<notification_v1::NoticeRetried>(from, to);
    case notification_v1::EVENT_TYPE_LINE_OPENED: return read<notification_v1::LineOpened>(from, to);
    case notification_v1::EVENT_TYPE_DELIVERIES_REPORTED: return read<notification_v1::DeliveriesReported>(from, to);
    default: return;  // What other services have told stands in their own entries.
  }
}

DecisionRef ref_of(const ledger_v1::SourceRef& from) {
  return {ledger_number(from.ledger()), from.block_seq(), from.index()};
}

void read_cause(const ledger_v1::Cause& cause, Decision& out) {
  switch (cause.kind_case()) {
    case ledger_v1::Cause::kCommand: out.cause = CauseKind::kCommand; break;
    case ledger_v1::Cause::kInput:
      out.cause = CauseKind::kInput;
      out.source = ref_of(cause.input().ref());
      break;
    case ledger_v1::Cause::kPark:
      out.cause = CauseKind::kPark;
      out.source = ref_of(cause.park().ref());
      out.note = cause.park().reason();
      break;
    case ledger_v1::Cause::kQueued:
      out.cause = CauseKind::kQueued;
      out.source = ref_of(cause.queued().ref());
      break;
    case ledger_v1::Cause::kDrain:
      out.cause = CauseKind::kDrain;
      out.source = ref_of(cause.drain().ref());
      out.note = cause.drain().park_reason();
      break;
    case ledger_v1::Cause::kResume:
      out.cause = CauseKind::kResume;
      out.note = "RETRY";
      if (cause.resume().action() == ledger_v1::Cause::Resume::ACTION_SKIP) out.note = "SKIP";
      if (cause.resume().action() == ledger_v1::Cause::Resume::ACTION_PROPOSE_SKIP) out.note = "PROPOSE_SKIP";
      break;
    case ledger_v1::Cause::kTimer:
      out.cause = CauseKind::kTimer;
      out.timer = cause.timer().id();
      break;
    case ledger_v1::Cause::kOutcome: out.cause = CauseKind::kOutcome; break;
    case ledger_v1::Cause::kReview: out.cause = CauseKind::kReview; break;
    case ledger_v1::Cause::KIND_NOT_SET: break;
  }
}

std::string camel_case(std::string_view upper) {
  std::string out;
  bool begins = true;
  for (const char c : upper) {
    if (c == '_') {
      begins = true;
      continue;
    }
    out += begins || c < 'A' || c > 'Z' ? c : static_cast<char>(c - 'A' + 'a');
    begins = false;
  }
  return out;
}

constexpr std::string_view kTypePrefix = "EVENT_TYPE_";

}  // namespace

LedgerNo ledger_number(std::string_view name) {
  for (const auto ledger : kLedgersOfDossiers) {
    if (ledger_name(ledger) == name) return ledger;
  }
  return LedgerNo::kNone;
}

const LedgerName& ledger_name(LedgerNo ledger) {
  static const std::array<LedgerName, kLedgers + 1> names = {
      "", "intake", "routing", "agency-processing", "postal-dispatch", "notification"};
  return names.at(static_cast<std::size_t>(ledger));
}

namespace {

/// What notification takes.
EventMask told(LedgerNo source) {
  if (source == LedgerNo::kIntake) {
    return mask_of(intake_v1::EVENT_TYPE_DOSSIER_SUBMITTED) | mask_of(intake_v1::EVENT_TYPE_DOSSIER_ACCEPTED) |
           mask_of(intake_v1::EVENT_TYPE_DOSSIER_REFUSED) | mask_of(intake_v1::EVENT_TYPE_SUPPLEMENT_REQUESTED) |
           mask_of(intake_v1::EVENT_TYPE_SUPPLEMENT_RECEIVED) | mask_of(intake_v1::EVENT_TYPE_DOSSIER_STOPPED) |
           mask_of(intake_v1::EVENT_TYPE_DOSSIER_PROCESSED) | mask_of(intake_v1::EVENT_TYPE_RESULT_HANDED_OVER) |
           mask_of(intake_v1::EVENT_TYPE_APPOINTMENT_MOVED) | mask_of(intake_v1::EVENT_TYPE_PERSONAL_DATA_ERASED);
  }
  if (source == LedgerNo::kRouting) {
    return mask_of(routing_v1::EVENT_TYPE_LEG_OFFERED) | mask_of(routing_v1::EVENT_TYPE_LEG_RECALLED) |
           mask_of(routing_v1::EVENT_TYPE_LEG_DUE_CHANGED) | mask_of(routing_v1::EVENT_TYPE_LEG_STARTED) |
           mask_of(routing_v1::EVENT_TYPE_LEG_DECLINED) | mask_of(routing_v1::EVENT_TYPE_LEG_RETURNED) |
           mask_of(routing_v1::EVENT_TYPE_LEG_OVERDUE);
  }
  return source == LedgerNo::kAgencyProcessing ? mask_of(agency_v1::EVENT_TYPE_SUPPLEMENT_ARRIVED) : 0;
}

}  // namespace

EventMask taken(LedgerNo reader, LedgerNo source) {
  if (reader == LedgerNo::kRouting && source == LedgerNo::kIntake) {
    return mask_of(intake_v1::EVENT_TYPE_DOSSIER_ACCEPTED) | mask_of(intake_v1::EVENT_TYPE_SUPPLEMENT_RECEIVED) |
           mask_of(intake_v1::EVENT_TYPE_DOSSIER_WITHDRAWN);
  }
  if (reader == LedgerNo::kRouting && source == LedgerNo::kAgencyProcessing) {
    return mask_of(agency_v1::EVENT_TYPE_LEG_ACCEPTED) | mask_of(agency_v1::EVENT_TYPE_LEG_REFUSED) |
           mask_of(agency_v1::EVENT_TYPE_SUPPLEMENT_ASKED) | mask_of(agency_v1::EVENT_TYPE_LEG_COMPLETED) |
           mask_of(agency_v1::EVENT_TYPE_RESULT_CONFIRMED);
  }
  if (reader == LedgerNo::kAgencyProcessing && source == LedgerNo::kRouting) {
    return mask_of(routing_v1::EVENT_TYPE_LEG_OFFERED) | mask_of(routing_v1::EVENT_TYPE_LEG_RECALLED) |
           mask_of(routing_v1::EVENT_TYPE_LEG_DUE_CHANGED);
  }
  if (reader == LedgerNo::kAgencyProcessing && source == LedgerNo::kIntake) {
    return mask_of(intake_v1::EVENT_TYPE_SUPPLEMENT_RECEIVED);
  }
  if (reader == LedgerNo::kIntake && source == LedgerNo::kRouting) {
    return mask_of(routing_v1::EVENT_TYPE_PROCESSING_STARTED) | mask_of(routing_v1::EVENT_TYPE_SUPPLEMENT_REQUESTED) |
           mask_of(routing_v1::EVENT_TYPE_APPOINTMENT_CHANGED) | mask_of(routing_v1::EVENT_TYPE_DOSSIER_RESOLVED) |
           mask_of(routing_v1::EVENT_TYPE_DOSSIER_REFUSED_FINALLY) | mask_of(routing_v1::EVENT_TYPE_ROUTE_STOPPED);
  }
  if (reader == LedgerNo::kIntake && source == LedgerNo::kPostalDispatch) {
    return mask_of(postal_v1::EVENT_TYPE_RESULT_DELIVERED) | mask_of(postal_v1::EVENT_TYPE_RESULT_UNDELIVERED);
  }
  if (reader == LedgerNo::kPostalDispatch && source == LedgerNo::kIntake) {
    return mask_of(intake_v1::EVENT_TYPE_PICKUP_REQUESTED) | mask_of(intake_v1::EVENT_TYPE_RESULT_DELIVERY_REQUESTED) |
           mask_of(intake_v1::EVENT_TYPE_DOSSIER_SUBMITTED) | mask_of(intake_v1::EVENT_TYPE_DOSSIER_REFUSED) |
           mask_of(intake_v1::EVENT_TYPE_DOSSIER_WITHDRAWN);
  }
  if (reader == LedgerNo::kPostalDispatch && source == LedgerNo::kRouting) {
    return mask_of(routing_v1::EVENT_TYPE_CUSTODY_PASSED);
  }
  if (reader == LedgerNo::kNotification) return told(source);
  return 0;
}

What meaning(LedgerNo ledger, std::uint32_t type) {
  if (ledger == LedgerNo::kIntake) {
    switch (type) {
      case intake_v1::EVENT_TYPE_DOSSIER_SUBMITTED: return What::kSubmitted;
      case intake_v1::EVENT_TYPE_DOSSIER_ACCEPTED: return What::kReceived;
      case intake_v1::EVENT_TYPE_APPOINTMENT_MOVED: return What::kAppointmentMoved;
      case intake_v1::EVENT_TYPE_STATUS_CHANGED: return What::kStatusChanged;
      default: return What::kOther;
    }
  }
  if (ledger == LedgerNo::kRouting) {
    switch (type) {
      case routing_v1::EVENT_TYPE_LEG_OFFERED: return What::kLegOffered;
      case routing_v1::EVENT_TYPE_LEG_RECALLED: return What::kLegRecalled;
      case routing_v1::EVENT_TYPE_LEG_DUE_CHANGED: return What::kLegDueChanged;
      case routing_v1::EVENT_TYPE_LEG_STARTED: return What::kLegStarted;
      case routing_v1::EVENT_TYPE_LEG_DECLINED: return What::kLegDeclined;
      case routing_v1::EVENT_TYPE_LEG_RETURNED: return What::kLegReturned;
      case routing_v1::EVENT_TYPE_LEG_RESULT_RECEIVED: return What::kLegConfirmed;
      case routing_v1::EVENT_TYPE_LEG_AWAITS_DECISION: return What::kLegAwaitsDecision;
      case routing_v1::EVENT_TYPE_SUPPLEMENT_REQUESTED: return What::kClockStopped;
      case routing_v1::EVENT_TYPE_CLOCK_RESUMED: return What::kClockResumed;
      case routing_v1::EVENT_TYPE_DOSSIER_RESOLVED: return What::kResolved;
      case routing_v1::EVENT_TYPE_DOSSIER_REFUSED_FINALLY: return What::kRouteEnded;
      case routing_v1::EVENT_TYPE_ROUTE_STOPPED: return What::kRouteEnded;
      case routing_v1::EVENT_TYPE_CUSTODY_PASSED: return What::kCustodyPassed;
      default: return What::kOther;
    }
  }
  if (ledger == LedgerNo::kAgencyProcessing) {
    switch (type) {
      case agency_v1::EVENT_TYPE_WORK_OFFERED: return What::kWorkArrived;
      default: return What::kOther;
    }
  }
  if (ledger == LedgerNo::kPostalDispatch) {
    switch (type) {
      case postal_v1::EVENT_TYPE_SHIPMENT_ORDERED: return What::kShipmentOrdered;
      case postal_v1::EVENT_TYPE_ORDER_PLACED: return What::kOrderPlaced;
      case postal_v1::EVENT_TYPE_ORDER_REFUSED: return What::kOrderRefused;
      case postal_v1::EVENT_TYPE_ORDER_REPEATED: return What::kOrderRepeated;
      case postal_v1::EVENT_TYPE_STANDING_CHANGED: return What::kShipmentStands;
      case postal_v1::EVENT_TYPE_SILENCE_BEGAN: return What::kSilenceBegan;
      case postal_v1::EVENT_TYPE_SILENCE_ENDED: return What::kSilenceEnded;
      case postal_v1::EVENT_TYPE_BAG_CREATED: return What::kBagCreated;
      case postal_v1::EVENT_TYPE_BAG_SEALED: return What::kBagSealed;
      case postal_v1::EVENT_TYPE_BAG_OPENED: return What::kBagOpened;
      case postal_v1::EVENT_TYPE_TELLING_FAILED: return What::kTellingFailed;
      case postal_v1::EVENT_TYPE_COLLECTION_ADDED: return What::kCollectionAdded;
      case postal_v1::EVENT_TYPE_SETTLEMENT_DECLARED: return What::kSettlementDeclared;
      case postal_v1::EVENT_TYPE_SETTLEMENT_COMPARED: return What::kSettlementCompared;
      default: return What::kOther;
    }
  }
  if (ledger == LedgerNo::kNotification) {
    switch (type) {
      case notification_v1::EVENT_TYPE_NOTICE_CREATED: return What::kNoticeCreated;
      case notification_v1::EVENT_TYPE_NOTICE_SENDING: return What::kNoticeSending;
      case notification_v1::EVENT_TYPE_NOTICE_PUT_OFF: return What::kNoticePutOff;
      case notification_v1::EVENT_TYPE_NOTICE_HANDED_OVER: return What::kNoticeHandedOver;
      case notification_v1::EVENT_TYPE_NOTICE_DELIVERED: return What::kNoticeDelivered;
      case notification_v1::EVENT_TYPE_NOTICE_FAILED: return What::kNoticeFailed;
      case notification_v1::EVENT_TYPE_NOTICE_CANCELLED: return What::kNoticeCancelled;
      case notification_v1::EVENT_TYPE_NOTICE_RETRIED: return What::kNoticeRetried;
      case notification_v1::EVENT_TYPE_LINE_OPENED: return What::kLineOpened;
      case notification_v1::EVENT_TYPE_DELIVERIES_REPORTED: return What::kDeliveriesReported;
      case notification_v1::EVENT_TYPE_LINE_STEERED: return What::kLineSteered;
      default: return What::kOther;
    }
  }
  return What::kOther;
}

void read_decision(const DecisionRef& at, Instant decided_at, const ledger_v1::Leaf& leaf, Decision& out) {
  out.at = at;
  out.seq = leaf.dossier_seq();
  out.decided_at = decided_at;
  out.traceparent = leaf.traceparent();
  read_cause(leaf.cause(), out);
  out.events.reserve(static_cast<std::size_t>(leaf.events_size()));
  for (const auto& from : leaf.events()) {
    auto& event = out.events.emplace_back();
    event.type = from.type();
    event.occurred_at = {from.occurred_at()};
    event.what = meaning(at.ledger, from.type());
    if (at.ledger == LedgerNo::kIntake) read_intake(from, event);
    if (at.ledger == LedgerNo::kRouting) read_routing(from, event);
    if (at.ledger == LedgerNo::kAgencyProcessing) read_agency(from, event);
    if (at.ledger == LedgerNo::kPostalDispatch) read_postal(from, event);
    if (at.ledger == LedgerNo::kNotification) read_notification(from, event);
  }
  for (const auto& timer : leaf.timers()) out.timers.push_back({timer.id(), {timer.due()}});
}

std::string event_name(LedgerNo ledger, std::uint32_t type) {
  const auto number = static_cast<int>(type);
  std::string name;
  if (ledger == LedgerNo::kIntake && intake_v1::EventType_IsValid(number)) {
    name = intake_v1::EventType_Name(static_cast<intake_v1::EventType>(number));
  } else if (ledger == LedgerNo::kRouting && routing_v1::EventType_IsValid(number)) {
    name = routing_v1::EventType_Name(static_cast<routing_v1::EventType>(number));
  } else if (ledger == LedgerNo::kAgencyProcessing && agency_v1::EventType_IsValid(number)) {
    name = agency_v1::EventType_Name(static_cast<agency_v1::EventType>(number));
  } else if (ledger == LedgerNo::kPostalDispatch && postal_v1::EventType_IsValid(number)) {
    name = postal_v1::EventType_Name(static_cast<postal_v1::EventType>(number));
  } else if (ledger == LedgerNo::kNotification && notification_v1::EventType_IsValid(number)) {
    name = notification_v1::EventType_Name(static_cast<notification_v1::EventType>(number));
  }
  if (!std::string_view(name).starts_with(kTypePrefix)) return "Event " + std::to_string(type);
  return camel_case(std::string_view(name).substr(kTypePrefix.size()));
}

}  // namespace lienthong::monitoring
