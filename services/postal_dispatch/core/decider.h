#pragma once

#include "platform/base/decision.h"
#include "postal_dispatch/core/post.h"
#include "shared_kernel/catalogue.h"

#include <cstdint>

namespace lienthong::postal_dispatch {

/// A carrier's clock may be this far ahead, and a scan may be this much older than its order.
inline constexpr Duration kCarrierClockTolerance = std::chrono::minutes(5);
/// More entries than this on one item are somebody's loop.
inline constexpr std::size_t kTimelineEntriesMax = 200;
inline constexpr std::size_t kProofsMax = 3;
inline constexpr std::size_t kShipmentsMax = 50;
/// So that a bag's decision and all it tells stay small.
inline constexpr std::size_t kBagLinesMax = 200;

/// Decides for the post. Pure.
struct Decider {
  using State = postal_dispatch::State;
  using Event = postal_dispatch::Event;
  using Cause = postal_dispatch::Cause;
  using RulesType = shared_kernel::Catalogue;

  /// A doubled scan changes nothing and is no error. Refused, each with its reason: a scan from the future, from before its
  /// order, of an item that is not here; a dossier twice on a manifest; a bag opened twice. A scan from after the end is
  /// kept and moves nothing.
  static Decision<Event> decide(Context& context, const RulesType* rules, const State& state, const Cause& cause);
  static void evolve(State& state, const Event& event);
  /// `shipments`: key `<agency>/<stable state>`, score: since, suffix: number. `item`: key the item number. `silent`: key
  /// the agency, score: last scanned. `apart`: key the agency that has the data, and the one that has the papers handed in,
  /// score: since when they are apart. `bags`: key `<sender>/out` and `<receiver>/in`, and `<sender>/differs`.
  /// `settlements`: key `<home key>/<carrier>/open`, `/balanced` or `/differs`, score: day. `unmatched`: key the carrier,
  /// score: since when.
  static IndexEntries index_entries(const State& state);
  static constexpr std::uint32_t kLogic = 3;
};

}  // namespace lienthong::postal_dispatch
