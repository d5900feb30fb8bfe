#include "monitoring/core/timeline.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace lienthong::monitoring {
namespace {

/// Decisions sorted by time, then moved behind their causes: the clocks of two hosts may differ.
class Order {
 public:
  explicit Order(std::vector<Decision> decisions) : decisions_(std::move(decisions)) {
    std::sort(decisions_.begin(), decisions_.end(), [](const Decision& a, const Decision& b) {
      return std::tie(a.decided_at, a.at.ledger, a.seq) < std::tie(b.decided_at, b.at.ledger, b.seq);
    });
    for (std::size_t i = 0; i < decisions_.size(); ++i) {
      by_place_[decisions_[i].at] = i;
      by_seq_[{decisions_[i].at.ledger, decisions_[i].seq}] = i;
    }
  }

  std::vector<Entry> entries() {
    placed_.assign(decisions_.size(), false);
    for (std::size_t i = 0; i < decisions_.size(); ++i) place(i);
    std::vector<Entry> out;
    out.reserve(order_.size());
    for (const auto i : order_) out.push_back({decisions_[i], machine_time(decisions_[i])});
    return out;
  }

 private:
  // With a stack of its own: a dossier may have many decisions.
  void place(std::size_t first) {
    std::vector<std::size_t> waiting{first};
    while (!waiting.empty()) {
      const auto i = waiting.back();
      if (placed_[i]) {
        waiting.pop_back();
        continue;
      }
      const auto before = waiting.size();
      if (const auto own = by_seq_.find({decisions_[i].at.ledger, decisions_[i].seq - 1}); own != by_seq_.end()) {
        want(waiting, own->second);
      }
      if (const auto source = by_place_.find(decisions_[i].source); source != by_place_.end()) {
        want(waiting, source->second);
      }
      if (waiting.size() > before && waiting.size() <= 2 * decisions_.size()) continue;
      placed_[i] = true;
      order_.push_back(i);
      waiting.pop_back();
    }
  }
  void want(std::vector<std::size_t>& waiting, std::size_t i) const {
    if (!placed_[i]) waiting.push_back(i);
  }

  std::optional<Duration> machine_time(const Decision& decision) const {
    if (decision.source.ledger == LedgerNo::kNone) return std::nullopt;
    const auto source = by_place_.find(decision.source);
    if (source == by_place_.end()) return std::nullopt;
    // Two clocks that differ never make a hand-over take less than nothing.
    return std::max(decision.decided_at - decisions_[source->second].decided_at, Duration::zero());
  }

  std::vector<Decision> decisions_;
  std::map<DecisionRef, std::size_t> by_place_;
  std::map<std::pair<LedgerNo, std::uint64_t>, std::size_t> by_seq_;
  std::vector<bool> placed_;
  std::vector<std::size_t> order_;
};

Hop* hop_of(Timeline& timeline, const LegRef& leg) {
  const auto found =
      std::find_if(timeline.hops.begin(), timeline.hops.end(), [&](const Hop& hop) { return hop.leg == leg; });
  return found == timeline.hops.end() ? nullptr : &*found;
}

void offer(Timeline& timeline, const Event& event, Instant at) {
  auto* hop = hop_of(timeline, event.leg);
  if (hop == nullptr) hop = &timeline.hops.emplace_back();
  hop->leg = event.leg;
  hop->sender = event.sender;
  hop->agency = event.agency;
  hop->offered = at;
  hop->due = event.due;
}

void add_event(Timeline& timeline, const Event& event, Instant at) {
  if (event.what == What::kLegOffered) return offer(timeline, event, at);
  if (event.custody) {
    timeline.custody.push_back(*event.custody);
    timeline.statutory_minutes += event.custody->desk_minutes;
  }
  auto* hop = hop_of(timeline, event.leg);
  if (hop == nullptr) return;
  switch (event.what) {
    case What::kWorkArrived: hop->arrived = at; break;
    case What::kLegStarted: hop->accepted = at; break;
    case What::kLegDeclined:
    case What::kLegRecalled: hop->ended = at; break;
    case What::kLegReturned:
      hop->completed = at;
      hop->late = event.late;
      break;
    case What::kLegConfirmed: hop->confirmed = at; break;
    case What::kLegDueChanged: hop->due = event.due; break;
    case What::kOther:
    case What::kSubmitted:
    case What::kReceived:
    case What::kStatusChanged:
    case What::kAppointmentMoved:
    case What::kLegOffered:
    case What::kLegAwaitsDecision:
    case What::kClockStopped:
    case What::kClockResumed:
    case What::kResolved:
    case What::kRouteEnded:
    case What::kCustodyPassed:
    case What::kShipmentOrdered:
    case What::kOrderPlaced:
    case What::kOrderRefused:
    case What::kOrderRepeated:
    case What::kShipmentStands:
    case What::kSilenceBegan:
    case What::kSilenceEnded:
    case What::kBagCreated:
    case What::kBagSealed:
    case What::kBagOpened:
    case What::kTellingFailed:
    case What::kCollectionAdded:
    case What::kSettlementDeclared:
    case What::kSettlementCompared:
    case What::kLineOpened:
    case What::kDeliveriesReported:
    case What::kLineSteered:
    case What::kNoticeCreated:
    case What::kNoticeSending:
    case What::kNoticePutOff:
    case What::kNoticeHandedOver:
    case What::kNoticeDelivered:
    case What::kNoticeFailed:
    case What::kNoticeCancelled:
    case What::kNoticeRetried: break;
  }
}

template <class One>
One& numbered(std::vector<One>& all, std::uint32_t number) {
  if (all.size() < number) all.resize(number);
  return all[number - 1];
}

/// By the table of states in postal-dispatch's README: until it is picked up, and from the end on, the post has nothing.
bool post_has(const PaperFact& paper, const std::string& reason) {
  constexpr std::uint32_t kUnderway = 2;
  constexpr std::uint32_t kWaiting = 3;
  constexpr std::uint32_t kProofMissing = 4;
  constexpr std::uint32_t kLost = 7;
  return paper.stable == kUnderway || paper.stable == kProofMissing || paper.stable == kLost ||
         (paper.stable == kWaiting && reason != "PICKUP_FAILED");
}

/// What the post has now: since when, by shipment and by number of the bag.
struct PostHolds {
  std::map<std::uint32_t, Instant> shipments;
  std::map<std::string, Instant> bags;
};

Custody of_post(std::string carrier, std::string item, Instant since) {
  Custody out;
  out.kind = HolderKind::kPost;
  out.agency = std::move(carrier);
  out.since = since;
  out.item = std::move(item);
  return out;
}

Custody ended(Custody custody, Instant until) {
  constexpr std::int64_t kMinute = 60'000'000;
  // A scan that came late may have moved the begin behind the end.
  custody.until = std::max(custody.since, until);
  custody.wall_minutes = (custody.until - custody.since).count() / kMinute;
  return custody;
}

void stand(Timeline& timeline, PostHolds& holds, const Event& event) {
  const auto number = event.paper->shipment;
  auto& paper = numbered(timeline.papers, number);
  paper.last.kind = event.paper->kind;
  paper.last.milestone = event.paper->milestone;
  paper.last.stable = event.paper->stable;
  paper.last.at = event.paper->at;
  paper.reason = event.reason_code;
  if (post_has(paper.last, paper.reason)) {
    holds.shipments.try_emplace(number, event.paper->at);
  } else if (const auto held = holds.shipments.extract(number)) {
    timeline.custody.push_back(ended(of_post(paper.last.carrier, paper.last.item, held.mapped()), event.paper->at));
  }
}

// A bag's number stands for its carrier, which the dossier is not told.
void add_bag(Timeline& timeline, PostHolds& holds, const PaperFact& told) {
  constexpr std::uint32_t kSealed = 1;
  if (told.bag_fact == kSealed) {
    holds.bags.try_emplace(told.item, told.at);
  } else if (const auto held = holds.bags.extract(told.item)) {
    timeline.custody.push_back(ended(of_post("", told.item, held.mapped()), told.at));
  }
}

void add_open(Timeline& timeline, const PostHolds& holds) {
  for (const auto& [number, since] : holds.shipments) {
    const auto& paper = timeline.papers[number - 1].last;
    timeline.custody.push_back(of_post(paper.carrier, paper.item, since));
  }
  for (const auto& [number, since] : holds.bags) timeline.custody.push_back(of_post("", number, since));
}

void sort_custody(Timeline& timeline) {
  std::stable_sort(timeline.custody.begin(), timeline.custody.end(),
                   [](const Custody& a, const Custody& b) { return a.since < b.since; });
}

void add_paper(Timeline& timeline, PostHolds& holds, const Event& event) {
  if (event.paper->bag_fact != 0) return add_bag(timeline, holds, *event.paper);
  if (event.paper->shipment == 0) return;
  auto& paper = numbered(timeline.papers, event.paper->shipment);
  paper.last.shipment = event.paper->shipment;
  if (event.what == What::kShipmentOrdered) {
    paper.last = *event.paper;
    paper.agency = event.agency;
  }
  if (event.what == What::kOrderPlaced) paper.last.item = event.paper->item;
  if (event.what == What::kShipmentStands) stand(timeline, holds, event);
  if (event.what == What::kSilenceBegan) paper.silent_since = event.paper->at;
  if (event.what == What::kSilenceEnded) paper.silent_since = {};
}

void add_notice(Timeline& timeline, const Event& event, Instant at) {
  if (event.notice->notice == 0) return;
  auto& notice = numbered(timeline.notices, event.notice->notice);
  if (event.what == What::kNoticeCreated) {
    notice.last = *event.notice;
    notice.agency = event.agency;
    notice.created = at;
  }
  notice.last.notice = event.notice->notice;
  notice.last.phase = event.notice->phase;
  if (!event.notice->provider.empty()) notice.last.provider = event.notice->provider;
  notice.reason = event.reason_code;
  notice.changed = at;
}

// The interval belongs to the last offer of its leg to that agency which had been made when it began.
void add_custody(Timeline& timeline, const Custody& custody) {
  if (custody.kind != HolderKind::kAgency) return;
  Hop* found = nullptr;
  for (auto& hop : timeline.hops) {
    if (hop.leg.leg == custody.leg && hop.agency == custody.agency && hop.offered <= custody.until) found = &hop;
  }
  if (found == nullptr) return;
  found->statutory_minutes += custody.holder_minutes;
  found->desk_minutes += custody.desk_minutes;
}

bool arrives(const Decision& decision) {
  return decision.cause == CauseKind::kInput || decision.cause == CauseKind::kPark || decision.cause == CauseKind::kQueued;
}

}  // namespace

bool whole(const std::vector<Decision>& decisions, Takes takes) {
  std::set<std::pair<LedgerNo, DecisionRef>> given;
  std::set<std::pair<LedgerNo, DecisionRef>> taken;
  for (const auto& decision : decisions) {
    if (arrives(decision)) taken.emplace(decision.at.ledger, decision.source);
    for (std::size_t i = 1; i <= kLedgers; ++i) {
      const auto reader = static_cast<LedgerNo>(i);
      const auto takes_it = [&](const Event& event) { return takes(reader, decision.at.ledger, event.type); };
      if (std::any_of(decision.events.begin(), decision.events.end(), takes_it)) given.emplace(reader, decision.at);
    }
  }
  return given == taken;
}

Timeline make_timeline(std::vector<Decision> decisions) {
  Timeline out;
  out.entries = Order(std::move(decisions)).entries();
  PostHolds holds;
  for (const auto& entry : out.entries) {
    for (const auto& event : entry.decision.events) {
      add_event(out, event, entry.decision.decided_at);
      if (event.paper) add_paper(out, holds, event);
      if (event.notice) add_notice(out, event, entry.decision.decided_at);
    }
    if (!entry.machine_time) continue;
    out.machine_time += *entry.machine_time;
    std::vector<Hop*> touched;
    for (const auto& event : entry.decision.events) {
      auto* hop = event.leg.leg == 0 ? nullptr : hop_of(out, event.leg);
      if (hop != nullptr && std::find(touched.begin(), touched.end(), hop) == touched.end()) touched.push_back(hop);
    }
    for (auto* hop : touched) hop->machine_time += *entry.machine_time;
  }
  for (const auto& custody : out.custody) add_custody(out, custody);
  add_open(out, holds);
  sort_custody(out);
  return out;
}

void add_holder(const Dossier& dossier, Timeline& timeline) {
  if (dossier.holder_kind == HolderKind::kNobody) return;
  Custody now;
  now.kind = dossier.holder_kind;
  now.agency = dossier.holder;
  for (const auto& entry : timeline.entries) {
    for (const auto& event : entry.decision.events) {
      // The first holder has had it since its receipt.
      if (event.what == What::kReceived && now.since.micros == 0) now.since = entry.decision.decided_at;
      if (event.custody) now.since = std::max(now.since, event.custody->until);
    }
  }
  timeline.custody.push_back(std::move(now));
  sort_custody(timeline);
}

}  // namespace lienthong::monitoring
