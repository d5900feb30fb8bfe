#include "postal_dispatch/core/timeline.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace lienthong::postal_dispatch {
namespace {

bool is_cash(Milestone milestone) { return milestone == Milestone::kCodCollected || milestone == Milestone::kCodSettled; }

StableState stable_state(Milestone milestone) {
  switch (milestone) {
    case Milestone::kOrdered:
    case Milestone::kPickupAssigned: return StableState::kOrdered;
    case Milestone::kPickedUp:
    case Milestone::kHandedToPost:
    case Milestone::kPosted:
    case Milestone::kInTransit:
    case Milestone::kArrived:
    case Milestone::kOutForDelivery:
    case Milestone::kReturning: return StableState::kUnderway;
    case Milestone::kPickupFailed:
    case Milestone::kHeld:
    case Milestone::kAttempted:
    case Milestone::kRejectedByAgency: return StableState::kWaiting;
    case Milestone::kHandedToAgency:
    case Milestone::kDelivered:
    case Milestone::kCodCollected:
    case Milestone::kCodSettled: return StableState::kDelivered;
    case Milestone::kReturned: return StableState::kReturned;
    case Milestone::kLost: return StableState::kLost;
    case Milestone::kCancelled: return StableState::kCancelled;
  }
  return StableState::kOrdered;
}

/// The reason of a stable state that says more than the state itself, where nobody gave one.
std::string own_reason(Milestone milestone) {
  switch (milestone) {
    case Milestone::kPickupFailed:
    case Milestone::kHeld:
    case Milestone::kAttempted:
    case Milestone::kRejectedByAgency:
    case Milestone::kReturning: return std::string(name_of(milestone));
    case Milestone::kOrdered:
    case Milestone::kPickupAssigned:
    case Milestone::kPickedUp:
    case Milestone::kHandedToPost:
    case Milestone::kPosted:
    case Milestone::kInTransit:
    case Milestone::kArrived:
    case Milestone::kOutForDelivery:
    case Milestone::kHandedToAgency:
    case Milestone::kDelivered:
    case Milestone::kReturned:
    case Milestone::kLost:
    case Milestone::kCancelled:
    case Milestone::kCodCollected:
    case Milestone::kCodSettled: break;
  }
  return {};
}

/// Whether the post has the item after this; nothing: as before.
std::optional<bool> post_has_it(Milestone milestone) {
  switch (milestone) {
    case Milestone::kPickedUp:
    case Milestone::kHandedToPost:
    case Milestone::kPosted:
    case Milestone::kInTransit:
    case Milestone::kArrived:
    case Milestone::kHeld:
    case Milestone::kOutForDelivery:
    case Milestone::kAttempted:
    case Milestone::kRejectedByAgency:
    case Milestone::kReturning:
    case Milestone::kLost: return true;
    case Milestone::kHandedToAgency:
    case Milestone::kDelivered:
    case Milestone::kReturned: return false;
    case Milestone::kOrdered:
    case Milestone::kPickupAssigned:
    case Milestone::kPickupFailed:
    case Milestone::kCancelled:
    case Milestone::kCodCollected:
    case Milestone::kCodSettled: break;
  }
  return std::nullopt;
}

/// In the right hands, or back: later scans are somebody's mistake. A lost item can be found, a cancelled one be sent all
/// the same.
bool is_final(Milestone milestone) {
  return milestone == Milestone::kHandedToAgency || milestone == Milestone::kDelivered || milestone == Milestone::kReturned;
}

void pass_custody(Standing& standing, Milestone milestone, Instant at) {
  const auto has = post_has_it(milestone);
  if (!has || *has == standing.with_post()) return;
  if (*has) {
    standing.custody.push_back({at, std::nullopt});
  } else {
    standing.custody.back().until = at;
  }
}

void count(Standing& standing, const Entry& entry) {
  standing.milestone = entry.milestone;
  standing.stable = stable_state(entry.milestone);
  standing.reason = entry.reason.empty() ? own_reason(entry.milestone) : entry.reason;
  standing.since = entry.at;
  if (entry.milestone == Milestone::kAttempted) ++standing.attempts;
  if (entry.milestone == Milestone::kPickupFailed) ++standing.pickups_failed;
  pass_custody(standing, entry.milestone, entry.at);
}

void count_cash(Standing& standing, const Entry& entry) {
  if (entry.milestone == Milestone::kCodSettled) {
    standing.cod_settled = true;
  } else {
    standing.cod_collected += entry.amount;
  }
}

/// An order comes first whatever the clocks say: nothing happens to an item that nobody ordered.
auto rank(const Entry& entry) {
  return std::make_tuple(entry.milestone != Milestone::kOrdered, entry.at, entry.milestone, std::string_view(entry.carrier),
                         std::string_view(entry.raw_code));
}

}  // namespace

std::string_view name_of(ShipmentKind kind) {
  switch (kind) {
    case ShipmentKind::kToDesk: return "to_desk";
    case ShipmentKind::kBag: return "bag";
    case ShipmentKind::kResult: return "result";
  }
  return "";
}

std::string_view name_of(Milestone milestone) {
  switch (milestone) {
    case Milestone::kOrdered: return "ORDERED";
    case Milestone::kPickupAssigned: return "PICKUP_ASSIGNED";
    case Milestone::kPickupFailed: return "PICKUP_FAILED";
    case Milestone::kPickedUp: return "PICKED_UP";
    case Milestone::kHandedToPost: return "HANDED_TO_POST";
    case Milestone::kPosted: return "POSTED";
    case Milestone::kInTransit: return "IN_TRANSIT";
    case Milestone::kArrived: return "ARRIVED";
    case Milestone::kHeld: return "HELD";
    case Milestone::kOutForDelivery: return "OUT_FOR_DELIVERY";
    case Milestone::kAttempted: return "ATTEMPTED";
    case Milestone::kHandedToAgency: return "HANDED_TO_AGENCY";
    case Milestone::kRejectedByAgency: return "REJECTED_BY_AGENCY";
    case Milestone::kDelivered: return "DELIVERED";
    case Milestone::kReturning: return "RETURNING";
    case Milestone::kReturned: return "RETURNED";
    case Milestone::kLost: return "LOST";
    case Milestone::kCancelled: return "CANCELLED";
    case Milestone::kCodCollected: return "COD_COLLECTED";
    case Milestone::kCodSettled: return "COD_SETTLED";
  }
  return "";
}

std::optional<Milestone> milestone_named(std::string_view name) {
  for (const Milestone milestone : kMilestones) {
    if (name_of(milestone) == name) return milestone;
  }
  return std::nullopt;
}

std::string_view name_of(StableState state) {
  switch (state) {
    case StableState::kOrdered: return "ordered";
    case StableState::kUnderway: return "underway";
    case StableState::kWaiting: return "waiting";
    case StableState::kProofMissing: return "proof_missing";
    case StableState::kDelivered: return "delivered";
    case StableState::kReturned: return "returned";
    case StableState::kLost: return "lost";
    case StableState::kCancelled: return "cancelled";
  }
  return "";
}

bool same_scan(const Entry& a, const Entry& b) { return a.at == b.at && a.raw_code == b.raw_code && a.carrier == b.carrier; }

void place_entry(Shipment& shipment, Entry entry) {
  const auto place = std::upper_bound(shipment.timeline.begin(), shipment.timeline.end(), entry,
                                      [](const Entry& a, const Entry& b) { return rank(a) < rank(b); });
  shipment.timeline.insert(place, std::move(entry));
}

const Entry* find_scan(const Shipment& shipment, const Entry& scan) {
  const auto found = std::find_if(shipment.timeline.begin(), shipment.timeline.end(),
                                  [&](const Entry& entry) { return same_scan(entry, scan); });
  return found == shipment.timeline.end() ? nullptr : &*found;
}

Standing standing_of(const Shipment& shipment) {
  Standing standing;
  standing.since = shipment.ordered_at;
  standing.last_scanned = shipment.ordered_at;
  standing.notes.reserve(shipment.timeline.size());
  for (const auto& entry : shipment.timeline) {
    auto& note = standing.notes.emplace_back(EntryNote::kCounts);
    if (is_cash(entry.milestone)) {
      count_cash(standing, entry);
      continue;
    }
    standing.last_scanned = std::max(standing.last_scanned, entry.at);
    if (standing.ended && is_final(standing.milestone)) {
      note = EntryNote::kAfterEnd;
      continue;
    }
    if (entry.milestone == Milestone::kDelivered && entry.proofs.empty()) {
      note = EntryNote::kProofMissing;
      standing.stable = StableState::kProofMissing;
      standing.reason = "PROOF_MISSING";
      standing.since = entry.at;
      standing.ended = false;
      // Who says delivered had it, and answers for it until the proof is there.
      if (!standing.with_post()) standing.custody.push_back({entry.at, std::nullopt});
      continue;
    }
    count(standing, entry);
    standing.ended = is_final(entry.milestone) || entry.milestone == Milestone::kCancelled;
  }
  return standing;
}

}  // namespace lienthong::postal_dispatch
