#pragma once

#include "platform/base/decision.h"
#include "platform/ledger/decider_machine.h"

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

/// The two services of the protocol's model: `first` makes events, `second` reads them, and `first` reads what `second`
/// says. Small on purpose: every rule of the lane is used, no rule of the law.
namespace lienthong::simulation::toy {

enum FirstCommand : std::uint32_t { kCreate = 1, kTouch = 2, kClose = 3, kReopen = 4 };
enum FirstEvent : std::uint32_t { kCreated = 1, kTouched = 2, kClosed = 3, kReopened = 4, kFired = 5, kToggleSeen = 6 };
enum SecondCommand : std::uint32_t { kToggle = 1, kNeedOn = 2 };
enum SecondEvent : std::uint32_t { kToggled = 1, kNeeded = 2, kTaken = 3, kOutcomeSeen = 4 };
inline constexpr TimerId kOnlyTimer = 1;

struct NoRules : Rules {};

struct Event {
  std::uint32_t type = 0;
  std::uint64_t number = 0;
  bool poison = false;
  bool operator==(const Event&) const = default;
};

struct Cause {
  enum class Kind { kCommand, kInput, kTimer, kOutcome, kReview };
  Kind kind = Kind::kCommand;
  std::uint32_t type = 0;      // of the command or of the input's event (0: none)
  std::uint64_t argument = 0;  // timer length in milliseconds
  bool poison = false;
  bool retried = false;
  std::string counter_key;
};

struct State {
  std::uint8_t flags = 0;  // 1 created, 2 closed, 4 off, 8 asked outside
  std::uint64_t number = 0;
  std::uint64_t touches = 0;
  std::uint64_t last_taken = 0;
  bool operator==(const State&) const = default;
};

/// Body of a command: type is in the cause; argument, poison flag and counter key follow.
std::string command_body(std::uint64_t argument, bool poison, const std::string& counter_key);

struct Codec {
  static void encode_event(const Event& event, ledger::v1::Event& wire);
  static Result<Event> decode_event(const ledger::v1::Event& wire);
  static std::string encode_state(const State& state);
  static Result<State> decode_state(std::string_view bytes);
  static Result<Cause> decode_cause(const ledger::CauseView& view);
};

struct First {
  using State = toy::State;
  using Event = toy::Event;
  using Cause = toy::Cause;
  using RulesType = NoRules;
  static constexpr std::uint32_t kLogic = 1;
  static Decision<Event> decide(Context& context, const NoRules* rules, const State& state, const Cause& cause);
  static void evolve(State& state, const Event& event);
  static IndexEntries index_entries(const State& state);
};

struct Second {
  using State = toy::State;
  using Event = toy::Event;
  using Cause = toy::Cause;
  using RulesType = NoRules;
  static constexpr std::uint32_t kLogic = 1;
  static Decision<Event> decide(Context& context, const NoRules* rules, const State& state, const Cause& cause);
  static void evolve(State& state, const Event& event);
  static IndexEntries index_entries(const State& state);
};

}  // namespace lienthong::simulation::toy
