#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "monitoring/core/facts.h"
#include "platform/base/decision.h"
#include "platform/base/position.h"

#include <array>
#include <string>
#include <string_view>

namespace lienthong::monitoring {

inline constexpr std::array kLedgersOfDossiers = {LedgerNo::kIntake, LedgerNo::kRouting, LedgerNo::kAgencyProcessing,
                                                  LedgerNo::kPostalDispatch, LedgerNo::kNotification};
static_assert(kLedgersOfDossiers.size() == kLedgers);

/// kNone for a ledger whose decisions are not about dossiers.
LedgerNo ledger_number(std::string_view name);
/// Precondition: not kNone.
const LedgerName& ledger_name(LedgerNo ledger);

/// Event types of `source` that `reader` takes: the same as its machine says (a contract test compares them).
EventMask taken(LedgerNo reader, LedgerNo source);

/// What an event type of a ledger means here.
What meaning(LedgerNo ledger, std::uint32_t type);

/// Reads what monitoring shows of a decision. An event that can't be read, or that is newer than this build, is an entry
/// without details: monitoring never stops for one dossier.
void read_decision(const DecisionRef& at, Instant decided_at, const ::lienthong::ledger::v1::Leaf& leaf, Decision& out);

/// Name of an event's message, e.g. `LegOffered`; `Event 61` for a number this build does not know.
std::string event_name(LedgerNo ledger, std::uint32_t type);

}  // namespace lienthong::monitoring
