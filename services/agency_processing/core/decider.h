#pragma once

#include "agency_processing/core/work.h"
#include "platform/base/decision.h"
#include "shared_kernel/catalogue.h"

#include <cstdint>

namespace lienthong::agency_processing {

/// Decides for the agencies that work on a dossier's legs. Pure.
struct Decider {
  using State = agency_processing::State;
  using Event = agency_processing::Event;
  using Cause = agency_processing::Cause;
  using RulesType = shared_kernel::Catalogue;

  /// The first acceptance of an offer wins; any later answer to it is refused with the reason (ALREADY_ACCEPTED,
  /// LEG_RECALLED ...). A leg of another agency looks like one that is not there. Reports that come too late are recorded as
  /// InputSetAside.
  static Decision<Event> decide(Context& context, const RulesType* rules, const State& state, const Cause& cause);
  static void evolve(State& state, const Event& event);
  /// `inbox`: one entry per leg, key `<agency>/<phase>`, suffix the leg; score: due while the leg is open, else the time of
  /// the last change; the number of entries is the inbox's count by state. Besides, key `<sender>/results` for a result that
  /// waits for its sender's word, score: given back.
  static IndexEntries index_entries(const State& state);
  static constexpr std::uint32_t kLogic = 1;
};

}  // namespace lienthong::agency_processing
