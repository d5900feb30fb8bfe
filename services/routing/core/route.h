#pragma once

#include "platform/base/instant.h"
#include "shared_kernel/command.h"
#include "shared_kernel/content.h"
#include "shared_kernel/deadline.h"
#include "shared_kernel/home_key.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The vocabulary of routing: the way of a dossier through its legs.
namespace lienthong::routing {

using shared_kernel::CommandHeader;
using shared_kernel::HomeKey;
using shared_kernel::LegRef;
using shared_kernel::Limit;
using shared_kernel::SealedRef;

// ---- commands

/// Offers a leg again that nobody took, or takes back an offer that is not accepted yet and makes it to another agency.
struct ReofferLeg {
  std::uint32_t leg = 0;
  std::string agency;  ///< Empty: the next candidate.
  bool operator==(const ReofferLeg&) const = default;
};
/// Ends a dossier that no agency takes.
struct RefuseFinally {
  std::string reason_code;
  SealedRef reason;
  bool operator==(const RefuseFinally&) const = default;
};
using CommandBody = std::variant<ReofferLeg, RefuseFinally>;
struct Command {
  CommandHeader header;
  CommandBody body;
  bool operator==(const Command&) const = default;
};

// ---- what the desk and the agencies report

/// The desk has received the dossier officially.
struct DossierReceived {
  HomeKey home;
  std::string dossier_code;
  std::string procedure_code;
  std::uint32_t procedure_version = 0;
  std::string received_by;
  Instant received_at;
  Instant appointment_at;
  bool operator==(const DossierReceived&) const = default;
};
struct DossierWithdrawn {
  bool operator==(const DossierWithdrawn&) const = default;
};
struct SupplementReceived {
  std::vector<LegRef> legs;
  bool operator==(const SupplementReceived&) const = default;
};
struct LegAccepted {
  LegRef leg;
  bool operator==(const LegAccepted&) const = default;
};
struct LegRefused {
  LegRef leg;
  std::string reason_code;
  SealedRef reason;
  bool operator==(const LegRefused&) const = default;
};
struct SupplementAsked {
  LegRef leg;
  std::string reason_code;
  SealedRef reason;
  bool operator==(const SupplementAsked&) const = default;
};
struct LegCompleted {
  LegRef leg;
  bool operator==(const LegCompleted&) const = default;
};
/// The sender has the result in hand.
struct ResultConfirmed {
  LegRef leg;
  bool operator==(const ResultConfirmed&) const = default;
};
using FactBody = std::variant<DossierReceived, DossierWithdrawn, SupplementReceived, LegAccepted, LegRefused,
                              SupplementAsked, LegCompleted, ResultConfirmed>;
struct Fact {
  Instant occurred_at;
  FactBody body;
  bool operator==(const Fact&) const = default;
};
/// One decision of intake or agency-processing, as far as routing takes it.
struct Reported {
  std::vector<Fact> facts;
  bool operator==(const Reported&) const = default;
};

/// The route's one timer went off: something is near due, due, or to be planned again.
struct AlarmRang {
  bool operator==(const AlarmRang&) const = default;
};
/// A catalogue release came out.
struct Reviewed {
  std::uint64_t catalogue_version = 0;
  bool operator==(const Reviewed&) const = default;
};

using Cause = std::variant<Command, Reported, AlarmRang, Reviewed>;

// ---- events

/// One leg as planned on the day of receipt; later changes of the catalogue do not touch it.
struct PlannedLeg {
  std::uint32_t leg = 0;  ///< From 1.
  std::string leg_id;
  std::vector<std::uint32_t> after;
  Limit limit;
  std::vector<std::string> candidates;  ///< First choice first.
  bool operator==(const PlannedLeg&) const = default;
};
struct RoutePlanned {
  DossierReceived dossier;
  Instant near_due_at;
  std::vector<PlannedLeg> legs;
  bool operator==(const RoutePlanned&) const = default;
};
/// This ledger's catalogue is behind the desk's; planned again at `retry_at`.
struct RouteDeferred {
  DossierReceived dossier;
  Instant retry_at;
  bool operator==(const RouteDeferred&) const = default;
};
struct LegOffered {
  LegRef leg;
  std::string leg_id;
  std::string agency;
  std::string sender;
  HomeKey home;
  std::string dossier_code;
  std::string procedure_code;
  std::uint32_t procedure_version = 0;
  Instant due_at;
  Instant near_due_at;
  Instant overall_due_at;
  bool operator==(const LegOffered&) const = default;
};
struct LegRecalled {
  LegRef leg;
  std::string agency;
  std::string reason_code;
  bool operator==(const LegRecalled&) const = default;
};
struct LegDueChanged {
  LegRef leg;
  std::string agency;
  Instant from;
  Instant to;
  Instant near_due_at;
  Instant overall_due_at;
  bool operator==(const LegDueChanged&) const = default;
};
struct LegStarted {
  LegRef leg;
  std::string agency;
  bool operator==(const LegStarted&) const = default;
};
struct LegDeclined {
  LegRef leg;
  std::string agency;
  std::string reason_code;
  SealedRef reason;
  bool operator==(const LegDeclined&) const = default;
};
struct LegReturned {
  LegRef leg;
  std::string agency;
  bool late = false;
  bool operator==(const LegReturned&) const = default;
};
struct LegResultReceived {
  LegRef leg;
  std::string agency;  ///< Who has it now.
  bool operator==(const LegResultReceived&) const = default;
};
struct LegAwaitsDecision {
  LegRef leg;
  std::string reason_code;
  std::string agency = {};  ///< Whose intake is paused.
  bool operator==(const LegAwaitsDecision&) const = default;
};
struct ProcessingStarted {
  bool operator==(const ProcessingStarted&) const = default;
};
struct SupplementRequested {
  LegRef leg;
  std::string agency;
  std::string reason_code;
  SealedRef reason;
  bool operator==(const SupplementRequested&) const = default;
};
struct ClockResumed {
  std::vector<LegRef> legs;
  bool whole = false;
  bool operator==(const ClockResumed&) const = default;
};
struct AppointmentChanged {
  Instant from;
  Instant to;
  Instant near_due_at;
  bool operator==(const AppointmentChanged&) const = default;
};
struct DossierResolved {
  Instant processed_at;
  bool late = false;
  bool operator==(const DossierResolved&) const = default;
};
struct DossierRefusedFinally {
  std::uint32_t leg = 0;
  std::string reason_code;
  SealedRef reason;
  bool operator==(const DossierRefusedFinally&) const = default;
};
struct RouteStopped {
  bool operator==(const RouteStopped&) const = default;
};
struct LegNearDue {
  LegRef leg;
  std::string agency;
  Instant due_at;
  bool operator==(const LegNearDue&) const = default;
};
struct LegOverdue {
  LegRef leg;
  std::string agency;
  Instant due_at;
  bool operator==(const LegOverdue&) const = default;
};
struct DossierNearDue {
  Instant due_at;
  bool operator==(const DossierNearDue&) const = default;
};
struct DossierOverdue {
  Instant due_at;
  bool operator==(const DossierOverdue&) const = default;
};

enum class HolderKind : std::uint8_t { kNone, kDesk, kAgency, kCitizen };
/// Who has the dossier.
struct Holder {
  HolderKind kind = HolderKind::kNone;
  std::string agency;     ///< Empty for the citizen.
  std::uint32_t leg = 0;  ///< 0: none.
  bool operator==(const Holder&) const = default;
};
struct CustodyPassed {
  Holder from;
  Holder to;
  Instant since;
  Instant until;
  std::int64_t wall_minutes = 0;
  std::int64_t holder_minutes = 0;  ///< On the holder's calendar; for the citizen on that of the desk.
  std::int64_t desk_minutes = 0;
  bool operator==(const CustodyPassed&) const = default;
};
/// Every result has come back up the chain.
struct ResultsReturned {
  bool operator==(const ResultsReturned&) const = default;
};
/// A report that came too late or contradicts the route; nothing was done with it.
struct InputSetAside {
  std::string input;
  LegRef leg;
  std::string reason_code;
  bool operator==(const InputSetAside&) const = default;
};

using EventBody =
    std::variant<RoutePlanned, RouteDeferred, LegOffered, LegRecalled, LegDueChanged, LegStarted, LegDeclined, LegReturned,
                 LegResultReceived, LegAwaitsDecision, ProcessingStarted, SupplementRequested, ClockResumed,
                 AppointmentChanged, DossierResolved, DossierRefusedFinally, RouteStopped, LegNearDue, LegOverdue,
                 DossierNearDue, DossierOverdue, CustodyPassed, ResultsReturned, InputSetAside>;
struct Event {
  Instant occurred_at;
  EventBody body;
  bool operator==(const Event&) const = default;
};

// ---- state

enum class RoutePhase : std::uint8_t { kNone, kDeferred, kRunning, kResolved, kStopped, kRefused };
enum class LegPhase : std::uint8_t {
  kPending,         ///< Waits for other legs.
  kOffered,         ///< Waits for the agency's word.
  kStarted,         ///< The agency works.
  kSuspended,       ///< The citizen owes a supplement.
  kReturned,        ///< The result is given back.
  kReceived,        ///< The sender has the result.
  kAwaitsDecision,  ///< Nobody takes it.
  kRecalled,        ///< Taken back.
};

struct LegState {
  PlannedLeg plan;
  LegPhase phase = LegPhase::kPending;
  std::uint32_t attempt = 0;  ///< Offers so far.
  std::string agency;
  std::string sender;
  Instant offered_at;
  Instant started_at;
  Instant returned_at;
  Instant due_at;
  Instant near_due_at;
  Instant suspended_at;  ///< Zero: its clock runs.
  bool near_due = false;
  bool overdue = false;
  bool operator==(const LegState&) const = default;

  LegRef ref() const { return {plan.leg, attempt}; }
  /// An agency has it or is asked to take it.
  bool open() const { return phase == LegPhase::kOffered || phase == LegPhase::kStarted || phase == LegPhase::kSuspended; }
  bool done() const { return phase == LegPhase::kReturned || phase == LegPhase::kReceived; }
};

struct State {
  RoutePhase phase = RoutePhase::kNone;
  DossierReceived dossier;  ///< `appointment_at` is what the receipt says; `due_at` is what counts now.
  Instant due_at;
  Instant near_due_at;
  Instant stopped_at;  ///< The clock of the whole stands still since; zero: it runs.
  Instant processed_at;
  Instant retry_at;
  bool started = false;
  bool near_due = false;
  bool overdue = false;
  bool results_returned = false;
  std::vector<LegState> legs;  ///< Leg n at n - 1.
  Holder holder;
  Instant held_since;
  bool operator==(const State&) const = default;

  const LegState* leg(std::uint32_t number) const {
    return number >= 1 && number <= legs.size() ? &legs[number - 1] : nullptr;
  }
};

}  // namespace lienthong::routing
