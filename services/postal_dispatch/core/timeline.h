#pragma once

#include "platform/base/ids.h"
#include "platform/base/instant.h"
#include "shared_kernel/content.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What happened to one postal item, and what follows from it. The state of a shipment is never set: it is derived from its
/// timeline, whatever order the entries arrived in.
namespace lienthong::postal_dispatch {

using shared_kernel::SealedRef;

enum class ShipmentKind : std::uint8_t {
  kToDesk = 1,  ///< The dossier from the citizen's home to the desk.
  kBag = 2,     ///< A bag between a centre and a department, either way.
  kResult = 3,  ///< The result to the citizen.
};
/// Name in lists, e.g. `to_desk`.
std::string_view name_of(ShipmentKind kind);

/// What an entry of a timeline says. Where two have the same time, the higher number is the later.
enum class Milestone : std::uint8_t {
  kOrdered = 1,
  kPickupAssigned = 2,
  kPickupFailed = 3,
  kPickedUp = 4,
  kHandedToPost = 5,
  kPosted = 6,
  kInTransit = 7,
  kArrived = 8,
  kHeld = 9,
  kOutForDelivery = 10,
  kAttempted = 11,
  kHandedToAgency = 12,
  kRejectedByAgency = 13,
  kDelivered = 14,
  kReturning = 15,
  kReturned = 16,
  kLost = 17,
  kCancelled = 18,
  kCodCollected = 19,
  kCodSettled = 20,
};
inline constexpr std::array kMilestones = {
    Milestone::kOrdered,          Milestone::kPickupAssigned, Milestone::kPickupFailed,
    Milestone::kPickedUp,         Milestone::kHandedToPost,   Milestone::kPosted,
    Milestone::kInTransit,        Milestone::kArrived,        Milestone::kHeld,
    Milestone::kOutForDelivery,   Milestone::kAttempted,      Milestone::kHandedToAgency,
    Milestone::kRejectedByAgency, Milestone::kDelivered,      Milestone::kReturning,
    Milestone::kReturned,         Milestone::kLost,           Milestone::kCancelled,
    Milestone::kCodCollected,     Milestone::kCodSettled};
/// The name used in tables and interfaces, e.g. `OUT_FOR_DELIVERY`.
std::string_view name_of(Milestone milestone);
std::optional<Milestone> milestone_named(std::string_view name);

/// What a reader needs to know; the reason stands beside it.
enum class StableState : std::uint8_t {
  kOrdered = 1,       ///< The post has not got it yet.
  kUnderway = 2,      ///< On its way.
  kWaiting = 3,       ///< Somebody has to do something: see the reason.
  kProofMissing = 4,  ///< The carrier says delivered and has not proved it.
  kDelivered = 5,     ///< In the right hands, proved or signed for.
  kReturned = 6,      ///< Back with the sender.
  kLost = 7,
  kCancelled = 8,
};
inline constexpr std::array kStableStates = {StableState::kOrdered,      StableState::kUnderway,  StableState::kWaiting,
                                             StableState::kProofMissing, StableState::kDelivered, StableState::kReturned,
                                             StableState::kLost,         StableState::kCancelled};
/// Name of the list, e.g. `proof_missing`.
std::string_view name_of(StableState state);

enum class Relation : std::uint8_t { kSelf = 1, kFamily = 2, kAuthorised = 3, kAgency = 4 };
enum class IdentityPaper : std::uint8_t { kCitizenCard = 1, kPassport = 2, kOfficerCard = 3, kOther = 4 };

/// Who took an item, proved. Source: QĐ 45/2016/QĐ-TTg: the receiver shows an identity paper and signs.
struct Proof {
  SealedRef receiver;  ///< Name and the last digits of the paper; sealed.
  Relation relation = Relation::kSelf;
  IdentityPaper paper = IdentityPaper::kCitizenCard;
  Instant at;
  Hash evidence;  ///< SHA-256 of the signature or photo.
  auto operator<=>(const Proof& other) const {
    if (const auto order = at <=> other.at; order != 0) return order;
    if (const auto order = evidence <=> other.evidence; order != 0) return order;
    if (const auto order = relation <=> other.relation; order != 0) return order;
    if (const auto order = paper <=> other.paper; order != 0) return order;
    if (const auto order = receiver.key_ref <=> other.receiver.key_ref; order != 0) return order;
    return receiver.sha256 <=> other.receiver.sha256;
  }
  bool operator==(const Proof&) const = default;
};

/// One thing that happened to an item: scanned by the carrier, or stated by an agency.
struct Entry {
  std::string carrier;              ///< Empty: an agency stated it.
  std::string raw_code;             ///< The carrier's own code; ours for a statement.
  std::uint32_t table_version = 0;  ///< Mapping table that made ours of it; 0: a statement.
  Milestone milestone = Milestone::kOrdered;
  Instant at;                 ///< When it happened, not when it arrived.
  std::string place;          ///< Post office or agency code; may be empty.
  std::string reason;         ///< Ground, e.g. `NOBODY_HOME`; may be empty.
  std::int64_t amount = 0;    ///< Đồng, with the two of cash on delivery.
  std::string receipt;        ///< Number of the receipt for the cash.
  std::vector<Proof> proofs;  ///< Ascending, each once.
  bool operator==(const Entry&) const = default;
};
/// A doubled scan: the same carrier, code and time, on the same item.
bool same_scan(const Entry& a, const Entry& b);

/// A kind of paper and how many there are.
struct PaperCount {
  std::string code;
  std::uint32_t count = 0;
  auto operator<=>(const PaperCount&) const = default;
};

enum class OrderState : std::uint8_t {
  kNone = 0,     ///< Nothing to order: handed over at the counter.
  kPlacing = 1,  ///< The carrier has not answered yet.
  kPlaced = 2,
  kRefused = 3,  ///< By the carrier; see the reason.
};

struct Shipment {
  std::uint32_t number = 0;  ///< Within its dossier or bag, from 1; the order number is made of it.
  ShipmentKind kind = ShipmentKind::kToDesk;
  std::string carrier;
  std::string item;         ///< S10 number; empty until the carrier gives one.
  std::string agency;       ///< Desk or office that answers for it.
  std::string destination;  ///< Agency; empty: the citizen.
  OrderState order = OrderState::kNone;
  std::string order_reason;
  /// Units: minutes of working time between two scans that are nothing unusual in its lane.
  std::int64_t normal_minutes = 0;
  /// Units: seconds by the clock, for a carrier that works round it; 0: `normal_minutes` hold.
  std::int64_t clock_seconds = 0;
  std::int64_t cod_amount = 0;  ///< Đồng to collect; 0: none.
  std::vector<PaperCount> papers;
  std::optional<SealedRef> address;
  Instant ordered_at;
  std::vector<Entry> timeline;  ///< By time; see `place_entry`.
  bool silent = false;          ///< The alarm is on.
  bool operator==(const Shipment&) const = default;
};

/// Puts an entry where its own time belongs. Precondition: no doubled scan of one that is there.
void place_entry(Shipment& shipment, Entry entry);
/// The entry this one doubles; null when it is new.
const Entry* find_scan(const Shipment& shipment, const Entry& scan);

/// What becomes of an entry when the state is derived.
enum class EntryNote : std::uint8_t {
  kCounts,
  kAfterEnd,      ///< Happened after the item was in the right hands: kept, moves nothing.
  kProofMissing,  ///< Delivered without proof.
};

/// A time the post had the item.
struct PostalCustody {
  Instant since;
  std::optional<Instant> until;
  bool operator==(const PostalCustody&) const = default;
};

/// What follows from a timeline.
struct Standing {
  Milestone milestone = Milestone::kOrdered;  ///< The last that counts, cash on delivery apart.
  StableState stable = StableState::kOrdered;
  std::string reason;
  Instant since;         ///< Of the milestone.
  Instant last_scanned;  ///< The latest sign of life.
  std::uint32_t attempts = 0;
  std::uint32_t pickups_failed = 0;
  bool ended = false;  ///< Nothing more is expected but cash and proofs.
  std::int64_t cod_collected = 0;
  bool cod_settled = false;
  std::vector<EntryNote> notes;        ///< One per entry.
  std::vector<PostalCustody> custody;  ///< Outside of both clocks: postal time.
  bool with_post() const { return !custody.empty() && !custody.back().until; }
  bool operator==(const Standing&) const = default;
};
/// Pure function of the set of entries.
Standing standing_of(const Shipment& shipment);

}  // namespace lienthong::postal_dispatch
