#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/decision.h"
#include "platform/base/position.h"
#include "platform/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lienthong::ledger {

/// A client's command as recorded: everything a decision may know of it.
struct CommandCause {
  std::uint32_t type = 0;
  std::string_view body;
  std::string_view principal;
  std::string_view actor;
  RequestId request;
  Instant issued_at;
};
/// A decision of another ledger on the same dossier.
struct InputCause {
  std::string_view from;
  const v1::Leaf* leaf = nullptr;
  /// True when an operator released this input after it had been parked.
  bool retried = false;
};
struct TimerCause {
  TimerId id = 0;
};
struct OutcomeCause {
  const v1::Intent* intent = nullptr;
  std::uint32_t attempt = 0;
  std::string_view result;
};
struct ReviewCause {
  std::uint64_t catalogue_version = 0;
};
using CauseView = std::variant<CommandCause, InputCause, TimerCause, OutcomeCause, ReviewCause>;

/// A decision in recorded form.
struct Decided {
  std::vector<v1::Event> events = {};
  std::vector<TimerChange> timers = {};
  std::vector<Intent> intents = {};
  std::optional<Error> refusal = {};
};

/// One service as its lanes see it: bytes in, bytes out, no other dossier, no clock, no randomness of its own.
/// Thread-safety: any thread; all members are pure.
class Machine {
 public:
  virtual ~Machine() = default;
  virtual LedgerName name() const = 0;
  /// Raised when `decide` gives other results for the same arguments.
  virtual std::uint32_t logic() const = 0;
  /// `state` is empty for a dossier without decisions; `rules` is null where the service has no catalogue.
  virtual Decided decide(Context& context, const Rules* rules, std::string_view state, const CauseView& cause) const = 0;
  /// Applies the events of a leaf. Errors: an event that can't be read; the fold then halts (rule 3).
  virtual Result<void> evolve(std::string& state, const v1::Leaf& leaf) const = 0;
  /// Lists the dossier stands in while it has this state.
  virtual IndexEntries index_entries(std::string_view state) const = 0;
  /// Ledgers it takes inputs from, with the event types it takes. `catalogue` is never among them: rules come by themselves.
  virtual std::vector<std::pair<LedgerName, EventMask>> sources() const = 0;
};

}  // namespace lienthong::ledger
