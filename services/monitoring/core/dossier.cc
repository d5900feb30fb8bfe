#include "monitoring/core/dossier.h"

#include "shared_kernel/status.h"

#include <algorithm>
#include <utility>

namespace lienthong::monitoring {
namespace {

// Of postal-dispatch's enumerations.
constexpr std::uint32_t kResult = 3;
constexpr std::uint32_t kUnproved = 4;
constexpr std::uint32_t kReturned = 6;
constexpr std::uint32_t kLost = 7;

/// The one that has waited longest, by this field; null when it is zero in all.
template <class One>
const One* longest(const std::vector<One>& all, Instant One::*since) {
  const One* found = nullptr;
  for (const auto& one : all) {
    if ((one.*since).micros != 0 && (found == nullptr || one.*since < found->*since)) found = &one;
  }
  return found;
}

Shipment& shipment_of(Dossier& dossier, std::uint32_t number) {
  const auto found = std::find_if(dossier.shipments.begin(), dossier.shipments.end(),
                                  [&](const Shipment& one) { return one.number == number; });
  if (found != dossier.shipments.end()) return *found;
  auto& made = dossier.shipments.emplace_back();
  made.number = number;
  return made;
}

void apply_paper(Dossier& dossier, const Decision& decision, const Event& event) {
  auto& shipment = shipment_of(dossier, event.paper->shipment);
  const Instant when = event.paper->at.micros == 0 ? decision.decided_at : event.paper->at;
  if (event.what == What::kShipmentOrdered) {
    shipment.agency = event.agency;
    shipment.kind = event.paper->kind;
  }
  if (event.what == What::kShipmentStands) {
    shipment.stable = event.paper->stable;
    shipment.stands_since = when;
  }
  if (event.what == What::kSilenceBegan) shipment.silent_since = when;
  if (event.what == What::kSilenceEnded) shipment.silent_since = {};
  if (event.what == What::kOrderRefused) {
    shipment.refused_since = decision.decided_at;
    shipment.reason = event.reason_code;
  }
  if (event.what == What::kOrderPlaced || event.what == What::kOrderRepeated) {
    shipment.refused_since = {};
    shipment.reason.clear();
  }
}

// What went wrong first is shown until nothing is wrong any more.
void raise(Matter& matter, Instant at, const std::string& reason) {
  if (matter.since.micros != 0) return;
  matter.since = at;
  matter.reason = reason;
}
void settle(Matter& matter) {
  matter.since = {};
  matter.reason.clear();
}

void apply_matter(Dossier& dossier, Instant at, const Event& event) {
  auto& bag = dossier.bag;
  if (event.what == What::kBagCreated) {
    bag.of = event.agency;
    bag.manifest = event.manifest;
  }
  if (event.what == What::kBagSealed) bag.seal = event.seal;
  if (event.what == What::kBagOpened && event.seal != bag.seal) raise(bag, at, "SEAL_DIFFERS");
  if (event.what == What::kBagOpened && event.manifest != bag.manifest) raise(bag, at, "PAPERS_DIFFER");
  if (event.what == What::kTellingFailed && !bag.of.empty()) raise(bag, at, "DOSSIER_NOT_TOLD");
  auto& settlement = dossier.settlement;
  if (!event.subject.empty()) (event.what == What::kLineOpened ? dossier.line : settlement).of = event.subject;
  if (event.what == What::kSettlementCompared) {
    event.balanced ? settle(settlement) : raise(settlement, at, "SETTLEMENT_DIFFERS");
  }
  if (event.what == What::kDeliveriesReported && !event.reason_code.empty()) raise(dossier.line, at, event.reason_code);
  if (event.what == What::kLineSteered) settle(dossier.line);
}

NoticeStanding standing_after(What what) {
  if (what == What::kNoticeHandedOver || what == What::kNoticeDelivered) return NoticeStanding::kBrought;
  if (what == What::kNoticeFailed) return NoticeStanding::kFailed;
  return what == What::kNoticeCancelled ? NoticeStanding::kCancelled : NoticeStanding::kOpen;
}

void apply_notice(Dossier& dossier, const Decision& decision, const Event& event) {
  const auto number = event.notice->notice;
  if (number == 0) return;
  if (dossier.notices.size() < number) dossier.notices.resize(number);
  auto& notice = dossier.notices[number - 1];
  if (event.what == What::kNoticeCreated) notice.telling = event.telling;
  notice.standing = standing_after(event.what);
  const bool failed = notice.standing == NoticeStanding::kFailed;
  notice.failed_at = failed ? decision.decided_at : Instant{};
  notice.reason = failed ? event.reason_code : std::string();
}

Leg& leg_of(Dossier& dossier, std::uint32_t number) {
  const auto found =
      std::find_if(dossier.legs.begin(), dossier.legs.end(), [&](const Leg& leg) { return leg.ref.leg == number; });
  if (found != dossier.legs.end()) return *found;
  auto& made = dossier.legs.emplace_back();
  made.ref.leg = number;
  return made;
}

void end_leg(Dossier& dossier, const LegRef& ref) {
  auto& leg = leg_of(dossier, ref.leg);
  if (leg.ref.attempt > ref.attempt) return;
  leg.unanswered_since = {};
  leg.undecided_since = {};
}

// Identity stands in several services' events; whichever is read first gives it.
void take_identity(Dossier& dossier, const Event& event) {
  const auto take = [](std::string& to, const std::string& from) {
    if (to.empty() && !from.empty()) to = from;
  };
  take(dossier.home_key, event.home_key);
  take(dossier.code, event.dossier_code);
  take(dossier.procedure, event.procedure_code);
  take(dossier.received_by, event.received_by);
  if (dossier.channel == 0) dossier.channel = event.channel;
}

// Only intake's events speak of the public status, so their order is that of one ledger.
void change_status(Dossier& dossier, std::uint32_t status, Instant at) {
  dossier.status = status;
  const auto known = shared_kernel::national_status(status);
  if (!known || !shared_kernel::is_terminal(*known)) {
    dossier.closed = {};
    return;
  }
  if (dossier.closed.micros == 0) dossier.closed = at;
  const bool gone = *known != shared_kernel::NationalStatus::kProcessed;
  if (!gone) return;
  dossier.holder_kind = HolderKind::kNobody;
  dossier.holder.clear();
}

bool over(const Dossier& dossier) {
  const auto status = shared_kernel::national_status(dossier.status);
  return status && shared_kernel::is_terminal(*status) && *status != shared_kernel::NationalStatus::kProcessed;
}

void apply_event(Dossier& dossier, const Decision& decision, const Event& event) {
  take_identity(dossier, event);
  switch (event.what) {
    case What::kReceived:
      // Routing may have been read first and know a later holder or appointment.
      if (dossier.holder_kind == HolderKind::kNobody) {
        dossier.holder_kind = HolderKind::kDesk;
        dossier.holder = dossier.received_by;
      }
      if (dossier.due.micros == 0) dossier.due = event.due;
      break;
    case What::kStatusChanged: change_status(dossier, event.status, decision.decided_at); break;
    case What::kAppointmentMoved: dossier.due = event.due; break;
    case What::kLegOffered: {
      auto& leg = leg_of(dossier, event.leg.leg);
      leg = {event.leg, event.agency, decision.decided_at, {}, {}};
      break;
    }
    case What::kLegStarted:
    case What::kLegRecalled:
    case What::kLegDeclined: end_leg(dossier, event.leg); break;
    case What::kLegAwaitsDecision: {
      auto& leg = leg_of(dossier, event.leg.leg);
      leg.unanswered_since = {};
      leg.undecided_since = decision.decided_at;
      leg.reason = event.reason_code;
      // Of a paused intake; else the agency that was asked last stays.
      if (!event.agency.empty()) leg.agency = event.agency;
      break;
    }
    case What::kClockStopped: dossier.paused = true; break;
    case What::kClockResumed:
      if (event.whole) dossier.paused = false;
      break;
    case What::kResolved:
      dossier.late = event.late;
      dossier.paused = false;
      break;
    case What::kRouteEnded:
      dossier.paused = false;
      for (auto& leg : dossier.legs) leg.unanswered_since = leg.undecided_since = {};
      break;
    case What::kCustodyPassed:
      if (over(dossier)) break;
      dossier.holder_kind = event.to_holder;
      dossier.holder = event.to_agency;
      break;
    case What::kShipmentOrdered:
    case What::kOrderPlaced:
    case What::kOrderRefused:
    case What::kOrderRepeated:
    case What::kShipmentStands:
    case What::kSilenceBegan:
    case What::kSilenceEnded: apply_paper(dossier, decision, event); break;
    case What::kBagCreated:
    case What::kBagSealed:
    case What::kBagOpened:
    case What::kTellingFailed:
    case What::kCollectionAdded:
    case What::kSettlementDeclared:
    case What::kSettlementCompared:
    case What::kLineOpened:
    case What::kDeliveriesReported:
    case What::kLineSteered: apply_matter(dossier, decision.decided_at, event); break;
    case What::kNoticeCreated:
    case What::kNoticeHandedOver:
    case What::kNoticeDelivered:
    case What::kNoticeFailed:
    case What::kNoticeCancelled:
    case What::kNoticeRetried: apply_notice(dossier, decision, event); break;
    case What::kOther:
    case What::kSubmitted:
    case What::kLegDueChanged:
    case What::kLegReturned:
    case What::kLegConfirmed:
    case What::kWorkArrived:
    case What::kNoticeSending:
    case What::kNoticePutOff: break;
  }
}

/// True when every notice of the same telling has failed, and this one last.
bool left_untold(const std::vector<Notice>& notices, std::size_t failed) {
  for (std::size_t i = 0; i < notices.size(); ++i) {
    if (notices[i].telling != notices[failed].telling) continue;
    if (notices[i].standing != NoticeStanding::kFailed) return false;
    if (std::pair(notices[failed].failed_at, failed) < std::pair(notices[i].failed_at, i)) return false;
  }
  return true;
}

void apply_timers(Strand& strand, const Decision& decision) {
  const auto remove = [&](std::uint32_t id) { std::erase_if(strand.timers, [id](const auto& t) { return t.id == id; }); };
  if (decision.cause == CauseKind::kTimer) remove(decision.timer);
  for (const auto& change : decision.timers) {
    remove(change.id);
    if (change.due.micros != 0) strand.timers.push_back(change);
  }
}

void apply_cause(Strand& strand, const Decision& decision) {
  const bool parks = decision.cause == CauseKind::kPark || (decision.cause == CauseKind::kDrain && !decision.note.empty());
  if (parks) {
    strand.parked_at = decision.decided_at;
    strand.park_reason = decision.note;
  } else if (decision.cause == CauseKind::kResume && decision.note != "PROPOSE_SKIP") {
    strand.parked_at = {};
    strand.park_reason.clear();
  }
}

}  // namespace

Instant Strand::next_timer() const {
  Instant next;
  for (const auto& timer : timers) {
    if (next.micros == 0 || timer.due < next) next = timer.due;
  }
  return next;
}

LedgerNo Dossier::parked_in() const {
  auto found = LedgerNo::kNone;
  for (std::size_t i = 0; i < strands.size(); ++i) {
    if (strands[i].parked_at.micros == 0) continue;
    if (found == LedgerNo::kNone || strands[i].parked_at < strand(found).parked_at) found = static_cast<LedgerNo>(i + 1);
  }
  return found;
}

const Leg* Dossier::unanswered() const { return longest(legs, &Leg::unanswered_since); }
const Leg* Dossier::undecided() const { return longest(legs, &Leg::undecided_since); }
const Shipment* Dossier::silent() const { return longest(shipments, &Shipment::silent_since); }
const Shipment* Dossier::refused() const { return longest(shipments, &Shipment::refused_since); }

const Shipment* Dossier::lost() const {
  const Shipment* found = nullptr;
  if (over(*this)) return found;
  for (const auto& one : shipments) {
    const bool gone = one.stable == kLost || (one.stable == kReturned && one.kind == kResult);
    const bool again = std::any_of(shipments.begin(), shipments.end(), [&](const Shipment& other) {
      return other.kind == one.kind && other.number > one.number;
    });
    if (gone && !again && (found == nullptr || one.stands_since < found->stands_since)) found = &one;
  }
  return found;
}

const Shipment* Dossier::unproved() const {
  const Shipment* found = nullptr;
  for (const auto& one : shipments) {
    if (one.stable != kUnproved) continue;
    if (found == nullptr || one.stands_since < found->stands_since) found = &one;
  }
  return found;
}

std::optional<Undelivered> Dossier::untold() const {
  std::optional<Undelivered> first;
  for (std::size_t i = 0; i < notices.size(); ++i) {
    const auto& notice = notices[i];
    if (notice.standing != NoticeStanding::kFailed || (first && first->since <= notice.failed_at)) continue;
    if (left_untold(notices, i)) first = Undelivered{static_cast<std::uint32_t>(i + 1), notice.failed_at, notice.reason};
  }
  return first;
}

Instant Dossier::next_timer() const {
  Instant next;
  for (const auto& strand : strands) {
    const auto timer = strand.next_timer();
    if (timer.micros != 0 && (next.micros == 0 || timer < next)) next = timer;
  }
  return next;
}

void apply(Dossier& dossier, const Decision& decision) {
  auto& strand = dossier.strand(decision.at.ledger);
  strand.seq = decision.seq;
  apply_cause(strand, decision);
  apply_timers(strand, decision);
  if (dossier.created.micros == 0 || decision.decided_at < dossier.created) dossier.created = decision.decided_at;
  for (const auto& event : decision.events) apply_event(dossier, decision, event);
}

Standstill standstill(const Dossier& dossier) {
  const auto of = [](const auto* one, auto field) { return one == nullptr ? Instant{} : one->*field; };
  const auto parked = dossier.parked_in();
  const auto untold = dossier.untold();
  return {parked == LedgerNo::kNone ? Instant{} : dossier.strand(parked).parked_at,
          of(dossier.unanswered(), &Leg::unanswered_since),
          of(dossier.undecided(), &Leg::undecided_since),
          of(dossier.silent(), &Shipment::silent_since),
          of(dossier.refused(), &Shipment::refused_since),
          untold ? untold->since : Instant{},
          of(dossier.lost(), &Shipment::stands_since),
          of(dossier.unproved(), &Shipment::stands_since),
          dossier.bag.since,
          dossier.settlement.since,
          dossier.line.since};
}

DueState due_state(const Dossier& dossier, Instant now) {
  if (dossier.closed.micros != 0 || dossier.due.micros == 0) return DueState::kNone;
  if (dossier.paused) return DueState::kPaused;
  if (dossier.due < now) return DueState::kOverdue;
  return dossier.due - now <= kDueSoon ? DueState::kDueSoon : DueState::kOnTrack;
}

}  // namespace lienthong::monitoring
