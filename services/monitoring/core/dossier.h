#pragma once

#include "monitoring/core/facts.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lienthong::monitoring {

/// What one ledger says of a dossier.
struct Strand {
  std::uint64_t seq = 0;  ///< Last decision; 0: none.
  Hash last_leaf;
  Instant parked_at;  ///< Zero: not parked.
  std::string park_reason;
  std::vector<TimerFact> timers;  ///< Those that are armed.

  /// Zero when none is armed.
  Instant next_timer() const;
};

/// The last offer of a leg.
struct Leg {
  LegRef ref;
  std::string agency;
  Instant unanswered_since;  ///< Zero: answered or taken back.
  Instant undecided_since;   ///< Zero, or since when nobody takes it.
  std::string reason;        ///< Of that.
};

/// A shipment of the dossier, as far as somebody may have to act.
struct Shipment {
  std::uint32_t number = 0;
  std::string agency;        ///< Answers for it.
  Instant silent_since;      ///< Zero, or last heard of.
  Instant refused_since;     ///< Zero, or since when its order waits for somebody to place it again.
  std::string reason;        ///< Of the refusal.
  std::uint32_t kind = 0;    ///< As postal-dispatch counts.
  std::uint32_t stable = 0;  ///< State, as postal-dispatch counts; 0: as ordered.
  Instant stands_since;
};

enum class NoticeStanding : std::uint8_t { kOpen = 0, kBrought = 1, kFailed = 2, kCancelled = 3 };
/// A notice, as far as its recipient may have been told by it.
struct Notice {
  std::uint64_t telling = 0;  ///< The same for all notices of one event to one recipient, whatever the channel.
  NoticeStanding standing = NoticeStanding::kOpen;
  Instant failed_at;   ///< Zero: not failed.
  std::string reason;  ///< Of that.
};

/// A recipient whom no channel has told of an event, and none is still to: by the notice that failed last.
struct Undelivered {
  std::uint32_t notice = 0;
  Instant since;
  std::string reason;
};

/// What is no dossier and may wait for somebody: a bag, a day of cash, the line of a subscriber.
struct Matter {
  std::string of;  ///< Its sender, carrier or subscription; empty: it is not of this kind.
  Instant since;   ///< Something is wrong with it; zero: nothing is.
  std::string reason;
};
struct Bag : Matter {
  std::string seal;
  std::uint64_t manifest = 0;  ///< See Event.
};

/// Why something stands still.
enum class StuckKind : std::uint8_t {
  kParked = 1,
  kNotPickedUp = 2,
  kAwaitsDecision = 3,
  kSilentShipment = 4,
  kOrderRefused = 5,
  kUndelivered = 6,
  kLostAtPost = 7,
  kProofMissing = 8,
  kBagDiffers = 9,
  kUnbalanced = 10,
  kLineSuspended = 11,
};
inline constexpr std::array kStuckKinds = {StuckKind::kParked,         StuckKind::kNotPickedUp,  StuckKind::kAwaitsDecision,
                                           StuckKind::kSilentShipment, StuckKind::kOrderRefused, StuckKind::kUndelivered,
                                           StuckKind::kLostAtPost,     StuckKind::kProofMissing, StuckKind::kBagDiffers,
                                           StuckKind::kUnbalanced,     StuckKind::kLineSuspended};
/// By kind, in that order, since when; zero: not.
using Standstill = std::array<Instant, kStuckKinds.size()>;

/// A dossier across all services as search and lists see it; the fold of its decisions, whatever the order in which ledgers
/// are read.
struct Dossier {
  std::uint32_t partition = 0;
  std::string home_key;
  std::string code;
  std::string procedure;
  std::uint32_t channel = 0;
  std::uint32_t status = 0;
  std::string received_by;
  HolderKind holder_kind = HolderKind::kNobody;
  std::string holder;
  Instant created;
  Instant due;
  bool paused = false;
  Instant closed;  ///< End of processing; zero while open.
  bool late = false;
  std::array<Strand, kLedgers> strands;
  std::vector<Leg> legs;
  std::vector<Shipment> shipments;
  std::vector<Notice> notices;  ///< By number, from 1.
  Bag bag;
  Matter settlement;
  Matter line;

  Strand& strand(LedgerNo ledger) { return strands[static_cast<std::size_t>(ledger) - 1]; }
  const Strand& strand(LedgerNo ledger) const { return strands[static_cast<std::size_t>(ledger) - 1]; }
  /// The strand parked longest; kNone when none is.
  LedgerNo parked_in() const;
  /// The leg that waits longest for its agency's answer; null when none does.
  const Leg* unanswered() const;
  /// The leg that waits longest for an operator's decision; null when none does.
  const Leg* undecided() const;
  /// The shipment that has been silent longest; null when none is.
  const Shipment* silent() const;
  /// The shipment whose order was refused first; null when there is none.
  const Shipment* refused() const;
  /// The result that came back, or the shipment that was lost, first; null when there is none, when another shipment of its
  /// kind was ordered since, and once the dossier is over.
  const Shipment* lost() const;
  /// The shipment that is said to be delivered, without proof, longest; null when none is.
  const Shipment* unproved() const;
  /// Who has been left untold longest; nothing when nobody is. One channel that brought it, the portal's too, is enough;
  /// what was cancelled needs not be told any more.
  std::optional<Undelivered> untold() const;
  /// The next timer of any ledger; zero when none is armed.
  Instant next_timer() const;
};

/// Applies one decision. Pure; decisions of one ledger come in their order, those of different ledgers in any.
void apply(Dossier& dossier, const Decision& decision);

/// Since when it stands still, for each reason. Pure.
Standstill standstill(const Dossier& dossier);

enum class DueState : std::uint8_t { kOnTrack = 1, kDueSoon = 2, kOverdue = 3, kPaused = 4, kNone = 5 };
/// An open dossier is due soon this long before its appointment.
inline constexpr Duration kDueSoon = std::chrono::hours(24);
DueState due_state(const Dossier& dossier, Instant now);

}  // namespace lienthong::monitoring
