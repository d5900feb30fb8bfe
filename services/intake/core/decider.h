#pragma once

#include "intake/core/dossier.h"
#include "platform/base/decision.h"
#include "shared_kernel/catalogue.h"

#include <cstdint>

namespace lienthong::intake {

/// Decides for the receiving desk. Pure.
struct Decider {
  using State = intake::State;
  using Event = intake::Event;
  using Cause = intake::Cause;
  using RulesType = shared_kernel::Catalogue;

  /// A refusal of the desk towards the applicant is an event; `Decision::refusal` only says why a command can't be carried
  /// out. Reports that come too late are recorded as InputSetAside.
  static Decision<Event> decide(Context& context, const RulesType* rules, const State& state, const Cause& cause);
  static void evolve(State& state, const Event& event);
  /// `code` (key: dossier code), `status` (key: `<agency>/<status>`, score: received, before that submitted) and, while the
  /// appointment is ahead, `due` (key: agency, score: appointment).
  static IndexEntries index_entries(const State& state);
  static constexpr std::uint32_t kLogic = 1;
};

}  // namespace lienthong::intake
