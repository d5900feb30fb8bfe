#pragma once

#include "platform/base/ids.h"
#include "platform/base/instant.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What monitoring makes of the ledgers; it decides nothing.
namespace lienthong::monitoring {

/// A ledger whose decisions are about dossiers. Numbers stand in the read model.
enum class LedgerNo : std::uint8_t {
  kNone = 0,
  kIntake = 1,
  kRouting = 2,
  kAgencyProcessing = 3,
  kPostalDispatch = 4,
  kNotification = 5,
};
inline constexpr std::size_t kLedgers = 5;

/// Facts that change how a dossier is shown; every other one is an entry of its timeline only.
enum class What : std::uint8_t {
  kOther,
  kSubmitted,
  kReceived,
  kStatusChanged,
  kAppointmentMoved,
  kLegOffered,
  kLegRecalled,
  kLegDueChanged,
  kLegStarted,
  kLegDeclined,
  kLegReturned,
  kLegConfirmed,
  kLegAwaitsDecision,
  kClockStopped,
  kClockResumed,
  kResolved,
  kRouteEnded,
  kCustodyPassed,
  kWorkArrived,
  kShipmentOrdered,
  kOrderPlaced,
  kOrderRefused,
  kOrderRepeated,
  kShipmentStands,
  kSilenceBegan,
  kSilenceEnded,
  kBagCreated,
  kBagSealed,
  kBagOpened,
  kTellingFailed,
  kCollectionAdded,
  kSettlementDeclared,
  kSettlementCompared,
  kNoticeCreated,
  kNoticeSending,
  kNoticePutOff,
  kNoticeHandedOver,
  kNoticeDelivered,
  kNoticeFailed,
  kNoticeCancelled,
  kNoticeRetried,
  kLineOpened,
  kDeliveriesReported,
  kLineSteered,
};

enum class HolderKind : std::uint8_t { kNobody = 0, kDesk = 1, kAgency = 2, kCitizen = 3, kPost = 4 };

/// One offer of one leg.
struct LegRef {
  std::uint32_t leg = 0;  ///< From 1; 0: none.
  std::uint32_t attempt = 0;
  auto operator<=>(const LegRef&) const = default;
};

/// An interval in one holder's hands. Statutory time only.
struct Custody {
  HolderKind kind = HolderKind::kNobody;
  std::string agency;
  std::uint32_t leg = 0;
  Instant since;
  Instant until;  ///< Zero: it goes on; then its minutes are not counted yet.
  std::int64_t wall_minutes = 0;
  std::int64_t holder_minutes = 0;
  std::int64_t desk_minutes = 0;
  std::string item = {};  ///< Of the post: number of the item or bag.
  bool operator==(const Custody&) const = default;
};

/// What a fact says of paper. Numbers are those of postal-dispatch's enumerations, 0 for none.
struct PaperFact {
  std::uint32_t shipment = 0;  ///< Within its dossier or bag; 0: a bag speaks of a dossier.
  std::uint32_t kind = 0;
  std::uint32_t milestone = 0;
  std::uint32_t stable = 0;
  std::uint32_t bag_fact = 0;
  std::uint32_t bundle = 0;
  std::string carrier;
  std::string item;  ///< Number of the item or bag.
  std::string raw_code;
  std::string place;
  std::string destination;
  Instant at;  ///< Of the scan, since when it stands so, or last heard of.
  bool operator==(const PaperFact&) const = default;
};

/// What a fact says of a notice. Numbers are those of notification's enumerations, 0 for none.
struct NoticeFact {
  std::uint32_t notice = 0;
  std::uint32_t channel = 0;
  std::uint32_t phase = 0;
  std::string event;
  std::string recipient;
  std::string provider;
  bool operator==(const NoticeFact&) const = default;
};

/// A fact, reduced to what monitoring shows: no personal data, no free text.
struct Event {
  What what = What::kOther;
  std::uint32_t type = 0;  ///< Number in its service.
  Instant occurred_at;
  LegRef leg;
  std::string agency;
  std::string sender;
  std::string reason_code;
  Instant due;               ///< Of the leg; for an appointment of the whole.
  std::uint32_t status = 0;  ///< National status from then on; 0: no change.
  bool late = false;
  std::optional<Custody> custody;
  std::optional<PaperFact> paper;
  std::optional<NoticeFact> notice;

  // The following are not part of the timeline.
  HolderKind to_holder = HolderKind::kNobody;
  std::string to_agency;
  std::string home_key;
  std::string dossier_code;
  std::string procedure_code;
  std::string received_by;
  std::uint32_t channel = 0;
  bool whole = false;          ///< The clock of the whole runs again.
  std::string subject;         ///< Carrier of a day of cash; subscription of a line.
  std::string seal;            ///< Of a bag.
  std::uint64_t manifest = 0;  ///< Stands for what a bag lists, or what was found in it: the same for the same papers.
  bool balanced = false;       ///< A day of cash does.
  std::uint64_t telling = 0;   ///< Of a notice that is made: the same for all that tell one recipient of one event.
};

enum class CauseKind : std::uint8_t {
  kNone = 0,
  kCommand = 1,
  kInput = 2,
  kPark = 3,
  kQueued = 4,
  kDrain = 5,
  kResume = 6,
  kTimer = 7,
  kOutcome = 8,
  kReview = 9,
};

/// Place of a decision in the ledgers of one partition.
struct DecisionRef {
  LedgerNo ledger = LedgerNo::kNone;
  std::uint64_t block_seq = 0;
  std::uint32_t index = 0;
  auto operator<=>(const DecisionRef&) const = default;
};

struct TimerFact {
  std::uint32_t id = 0;
  Instant due;  ///< Zero: cleared.
};

/// One effective decision on one dossier, as it is read.
struct Decision {
  DecisionRef at;
  std::uint64_t seq = 0;  ///< Of the dossier in its ledger, from 1.
  Instant decided_at;
  CauseKind cause = CauseKind::kNone;
  DecisionRef source;  ///< Of an input, a parked, queued or drained one.
  /// Of a parked input its reason; of an operator's word RETRY, SKIP or PROPOSE_SKIP.
  std::string note;
  std::uint32_t timer = 0;  ///< Of a timer cause.
  std::vector<Event> events;
  std::vector<TimerFact> timers;
  std::string traceparent;
};

}  // namespace lienthong::monitoring
