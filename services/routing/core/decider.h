#pragma once

#include "platform/base/decision.h"
#include "routing/core/route.h"
#include "shared_kernel/catalogue.h"

#include <cstdint>

namespace lienthong::routing {

/// Decides the way of a dossier through its legs. Pure.
struct Decider {
  using State = routing::State;
  using Event = routing::Event;
  using Cause = routing::Cause;
  using RulesType = shared_kernel::Catalogue;

  /// Reports that come too late or contradict the route are recorded as InputSetAside; they never fail.
  static Decision<Event> decide(Context& context, const RulesType* rules, const State& state, const Cause& cause);
  static void evolve(State& state, const Event& event);
  /// Key of all: the receiving agency; score: when the whole is due. `open`: legs are open; `overdue`: besides, the due time
  /// has passed; `decision`: besides, nobody takes a leg.
  static IndexEntries index_entries(const State& state);
  static constexpr std::uint32_t kLogic = 1;
};

/// The one timer of a route: rings at the earliest of everything its clocks wait for.
inline constexpr TimerId kAlarm = 1;
/// When the alarm has to ring next; zero: not at all.
Instant next_alarm(const State& state);

/// A leg is offered at most this often before an operator has to decide: once to every candidate, twice to a single one.
/// Source: of a refused leg, "the sender may send again" (state 3 of the linked dossier record).
std::uint32_t offers_max(const PlannedLeg& leg);

}  // namespace lienthong::routing
