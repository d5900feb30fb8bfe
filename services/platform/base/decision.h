#pragma once

#include "platform/base/ids.h"
#include "platform/base/instant.h"
#include "platform/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lienthong {

/// Names one timer of a dossier; each service has its own numbering. Range: 1..2^31-1.
using TimerId = std::uint32_t;

/// (Re-)arms a timer: raises its generation, so that an earlier arming can never fire.
struct ArmTimer {
  TimerId id = 0;
  Instant due;
  bool operator==(const ArmTimer&) const = default;
};
struct ClearTimer {
  TimerId id = 0;
  bool operator==(const ClearTimer&) const = default;
};
using TimerChange = std::variant<ArmTimer, ClearTimer>;

/// An effect outside of the ledger, called after the commit, at least once, with a key of its own (ledger.md 7).
struct Intent {
  std::uint32_t type = 0;
  std::string payload;
  bool operator==(const Intent&) const = default;
};

/// What one cause does to one dossier.
/// `refusal` set: nothing happens (a command is answered with it, an input is parked with its reason).
template <class Event>
struct Decision {
  std::vector<Event> events = {};
  std::vector<TimerChange> timers = {};
  std::vector<Intent> intents = {};
  std::optional<Error> refusal = {};
  bool operator==(const Decision&) const = default;
};

/// Everything a decision may use besides its dossier's state, its cause and the catalogue (architecture.md 6).
/// Deterministic: the same decision sees the same answers at every replay.
class Context {
 public:
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  virtual ~Context() = default;

  /// The block's time; never earlier than that of the block before it.
  virtual Instant decided_at() const = 0;
  virtual DossierId dossier() const = 0;
  /// The number this decision will have in its dossier, from 1.
  virtual std::uint64_t dossier_seq() const = 0;
  virtual Salt salt() const = 0;
  /// The n-th id of this decision.
  virtual DerivedId derive_id(std::uint32_t n) const = 0;
  /// Allots the next running number of `key`, from 1, without gaps once the block is effective.
  /// The key must contain the home key of the dossier, because nothing else is serialized (docs/adr/0003). It may end in `|`
  /// and a period that only moves forward, e.g. a local day; then the counters of earlier periods are forgotten.
  virtual std::uint64_t next_number(std::string_view key) = 0;
};

/// One entry of a secondary index of the projection: `key` names the list, `score` orders it.
/// The member is always the dossier, with `suffix` where a dossier may stand in one list more than once.
struct IndexEntry {
  std::string index;
  std::string key;
  std::int64_t score = 0;
  std::string suffix;
  auto operator<=>(const IndexEntry&) const = default;
};
using IndexEntries = std::vector<IndexEntry>;

/// Set of event types (1..63) as bits; static filter of a reader.
using EventMask = std::uint64_t;
constexpr EventMask mask_of(std::uint32_t event_type) { return EventMask{1} << event_type; }

/// Rules a decision is taken under (the catalogue at the block's cursor); opaque to the ledger.
class Rules {
 public:
  Rules() = default;
  Rules(const Rules&) = delete;
  Rules& operator=(const Rules&) = delete;
  virtual ~Rules() = default;
};

}  // namespace lienthong
