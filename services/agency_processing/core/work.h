#pragma once

#include "platform/base/instant.h"
#include "shared_kernel/command.h"
#include "shared_kernel/content.h"
#include "shared_kernel/home_key.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The vocabulary of agency-processing: what agencies do with the legs laid before them.
namespace lienthong::agency_processing {

using shared_kernel::CommandHeader;
using shared_kernel::Component;
using shared_kernel::HomeKey;
using shared_kernel::LegRef;
using shared_kernel::SealedRef;

// ---- commands; attempt 0 of a leg means the current one

struct AcceptLeg {
  LegRef leg;
  std::string own_receipt;  ///< Number in the agency's own system; may be empty.
  bool operator==(const AcceptLeg&) const = default;
};
struct RefuseLeg {
  LegRef leg;
  std::string reason_code;
  SealedRef reason;
  bool operator==(const RefuseLeg&) const = default;
};
struct AskSupplement {
  LegRef leg;
  std::string reason_code;
  SealedRef reason;
  bool operator==(const AskSupplement&) const = default;
};
struct CompleteLeg {
  LegRef leg;
  std::vector<Component> results;
  std::optional<SealedRef> note;
  bool accept = false;  ///< Accept too, if it is only offered.
  std::string own_receipt;
  bool operator==(const CompleteLeg&) const = default;
};
/// By the sender.
struct ConfirmResult {
  LegRef leg;
  bool operator==(const ConfirmResult&) const = default;
};
using CommandBody = std::variant<AcceptLeg, RefuseLeg, AskSupplement, CompleteLeg, ConfirmResult>;
struct Command {
  CommandHeader header;
  CommandBody body;
  bool operator==(const Command&) const = default;
};

// ---- what routing and the desk report

struct OfferMade {
  LegRef leg;
  std::string leg_id;
  std::string agency;
  std::string sender;
  HomeKey home;
  std::string dossier_code;
  std::string procedure_code;
  std::uint32_t procedure_version = 0;
  Instant due_at;
  Instant overall_due_at;
  bool operator==(const OfferMade&) const = default;
};
struct LegRecalled {
  LegRef leg;
  std::string reason_code;
  bool operator==(const LegRecalled&) const = default;
};
struct LegDueChanged {
  LegRef leg;
  Instant due_at;
  Instant overall_due_at;
  bool operator==(const LegDueChanged&) const = default;
};
struct SupplementReceived {
  std::vector<LegRef> legs;
  bool operator==(const SupplementReceived&) const = default;
};
using FactBody = std::variant<OfferMade, LegRecalled, LegDueChanged, SupplementReceived>;
struct Fact {
  Instant occurred_at;
  FactBody body;
  bool operator==(const Fact&) const = default;
};
/// One decision of routing or intake, as far as agencies take it.
struct Reported {
  std::vector<Fact> facts;
  bool operator==(const Reported&) const = default;
};
/// A catalogue release came out.
struct Reviewed {
  std::uint64_t catalogue_version = 0;
  bool operator==(const Reviewed&) const = default;
};

using Cause = std::variant<Command, Reported, Reviewed>;

// ---- events

struct WorkOffered {
  OfferMade offer;
  bool operator==(const WorkOffered&) const = default;
};
struct LegAccepted {
  LegRef leg;
  std::string agency;
  std::string receipt_code;  ///< The agency's own number, or `<dossier code>/<leg>`.
  bool operator==(const LegAccepted&) const = default;
};
struct LegRefused {
  LegRef leg;
  std::string agency;
  std::string reason_code;
  SealedRef reason;
  bool operator==(const LegRefused&) const = default;
};
struct SupplementAsked {
  LegRef leg;
  std::string agency;
  std::string reason_code;
  SealedRef reason;
  bool operator==(const SupplementAsked&) const = default;
};
struct SupplementArrived {
  LegRef leg;
  std::string agency;
  bool operator==(const SupplementArrived&) const = default;
};
struct LegCompleted {
  LegRef leg;
  std::string agency;
  std::vector<Component> results;
  std::optional<SealedRef> note;
  bool operator==(const LegCompleted&) const = default;
};
struct ResultConfirmed {
  LegRef leg;
  std::string agency;  ///< The sender.
  bool operator==(const ResultConfirmed&) const = default;
};
struct WorkDueChanged {
  LegRef leg;
  std::string agency;
  Instant due_at;
  Instant overall_due_at;
  bool operator==(const WorkDueChanged&) const = default;
};
struct WorkClosed {
  LegRef leg;
  std::string agency;
  std::string reason_code;
  bool operator==(const WorkClosed&) const = default;
};
/// A report that came too late or contradicts the work; nothing was done with it.
struct InputSetAside {
  std::string input;
  LegRef leg;
  std::string reason_code;
  bool operator==(const InputSetAside&) const = default;
};

using EventBody = std::variant<WorkOffered, LegAccepted, LegRefused, SupplementAsked, SupplementArrived, LegCompleted,
                               ResultConfirmed, WorkDueChanged, WorkClosed, InputSetAside>;
struct Event {
  Instant occurred_at;
  EventBody body;
  bool operator==(const Event&) const = default;
};

// ---- state

enum class WorkPhase : std::uint8_t {
  kNone,
  kOffered,             ///< Waits for the agency's word.
  kAccepted,            ///< The agency works.
  kAwaitingSupplement,  ///< Waits for the citizen.
  kCompleted,           ///< Given back; the sender has to confirm.
  kConfirmed,           ///< The sender has the result.
  kRefused,             ///< The agency did not take it.
  kClosed,              ///< Taken back from the agency.
};
/// Name of the inbox bucket, e.g. `awaiting_supplement`.
const char* name_of(WorkPhase phase);

/// Work on one leg, as last offered.
struct Work {
  LegRef leg;
  std::string leg_id;
  WorkPhase phase = WorkPhase::kNone;
  std::string agency;
  std::string sender;
  Instant due_at;
  Instant overall_due_at;
  Instant offered_at;
  Instant changed_at;
  std::string receipt_code;
  std::vector<Component> results;
  std::optional<SealedRef> note;  ///< Sealed reason or note given last.
  std::string reason_code;
  bool operator==(const Work&) const = default;
};

/// One dossier: everything its agencies have on the table. A work item is (dossier, leg); its revision is the dossier's.
struct State {
  HomeKey home;
  std::string dossier_code;
  std::string procedure_code;
  std::uint32_t procedure_version = 0;
  std::vector<Work> work;  ///< By leg number, ascending.
  bool operator==(const State&) const = default;

  const Work* find(std::uint32_t leg) const {
    for (const auto& item : work) {
      if (item.leg.leg == leg) return &item;
    }
    return nullptr;
  }
};

}  // namespace lienthong::agency_processing
