#include "simulation/toy.h"

#include "platform/base/encoding.h"
#include "platform/base/overloaded.h"

#include <chrono>

namespace lienthong::simulation::toy {
namespace {

enum Flag : std::uint8_t { kIsCreated = 1, kIsClosed = 2, kIsOff = 4, kHasAsked = 8 };

Error refuse(const char* reason) { return {ErrorCode::kFailedPrecondition, reason, reason, reason}; }

}  // namespace

std::string command_body(std::uint64_t argument, bool poison, const std::string& counter_key) {
  std::string body;
  append_u64_be(body, argument);
  body.push_back(poison ? 1 : 0);
  return body + counter_key;
}

void Codec::encode_event(const Event& event, ledger::v1::Event& wire) {
  wire.set_type(event.type);
  std::string payload;
  append_u64_be(payload, event.number);
  payload.push_back(event.poison ? 1 : 0);
  wire.set_payload(std::move(payload));
}

Result<Event> Codec::decode_event(const ledger::v1::Event& wire) {
  if (wire.payload().size() != 9) return malformed("toy event");
  return Event{wire.type(), read_u64_be(wire.payload()), wire.payload()[8] != 0};
}

std::string Codec::encode_state(const State& state) {
  std::string out(1, static_cast<char>(state.flags));
  append_u64_be(out, state.number);
  append_u64_be(out, state.touches);
  append_u64_be(out, state.last_taken);
  return out;
}

Result<State> Codec::decode_state(std::string_view bytes) {
  if (bytes.size() != 25) return malformed("toy state");
  return State{static_cast<std::uint8_t>(bytes[0]), read_u64_be(bytes.substr(1)), read_u64_be(bytes.substr(9)),
               read_u64_be(bytes.substr(17))};
}

Result<Cause> Codec::decode_cause(const ledger::CauseView& view) {
  return std::visit(
      Overloaded{
          [](const ledger::CommandCause& c) -> Result<Cause> {
            if (c.body.size() < 9) return malformed("toy command");
            return Cause{Cause::Kind::kCommand, c.type, read_u64_be(c.body),
                         c.body[8] != 0,        false,  std::string(c.body.substr(9))};
          },
          [](const ledger::InputCause& c) -> Result<Cause> {
            Cause cause{Cause::Kind::kInput, 0, 0, false, c.retried, ""};
            if (c.leaf->events().empty()) return cause;
            auto event = decode_event(c.leaf->events(0));
            if (!event) return failure(event.error());
            cause.type = event->type;
            cause.argument = c.leaf->dossier_seq();
            cause.poison = event->poison;
            return cause;
          },
          [](const ledger::TimerCause& c) -> Result<Cause> { return Cause{Cause::Kind::kTimer, c.id, 0, false, false, ""}; },
          [](const ledger::OutcomeCause& c) -> Result<Cause> {
            return Cause{Cause::Kind::kOutcome, 0, c.attempt, false, false, ""};
          },
          [](const ledger::ReviewCause&) -> Result<Cause> { return Cause{Cause::Kind::kReview, 0, 0, false, false, ""}; }},
      view);
}

Decision<Event> First::decide(Context& context, const NoRules*, const State& state, const Cause& cause) {
  Decision<Event> decision;
  const bool created = (state.flags & kIsCreated) != 0;
  const bool closed = (state.flags & kIsClosed) != 0;
  const auto arm = [&] {
    decision.timers.push_back(ArmTimer{kOnlyTimer, context.decided_at() + std::chrono::milliseconds(1 + cause.argument)});
  };
  if (cause.kind == Cause::Kind::kTimer) {
    decision.events.push_back({kFired, 0, false});
    return decision;
  }
  if (cause.kind == Cause::Kind::kInput) {
    decision.events.push_back({kToggleSeen, cause.argument, false});
    return decision;
  }
  switch (cause.type) {
    case kCreate:
      if (created) {
        decision.refusal = refuse("ALREADY_CREATED");
        return decision;
      }
      decision.events.push_back({kCreated, context.next_number(cause.counter_key), cause.poison});
      arm();
      return decision;
    case kTouch:
    case kClose:
      if (!created || closed) {
        decision.refusal = refuse("NOT_OPEN");
        return decision;
      }
      decision.events.push_back({cause.type == kTouch ? kTouched : kClosed, 0, cause.poison});
      if (cause.type == kTouch) {
        arm();
      } else {
        decision.timers.push_back(ClearTimer{kOnlyTimer});
      }
      return decision;
    case kReopen:
      if (!closed) {
        decision.refusal = refuse("NOT_CLOSED");
        return decision;
      }
      decision.events.push_back({kReopened, 0, cause.poison});
      arm();
      return decision;
    default: decision.refusal = refuse("UNKNOWN_COMMAND"); return decision;
  }
}

void First::evolve(State& state, const Event& event) {
  switch (event.type) {
    case kCreated:
      state.flags |= kIsCreated;
      state.number = event.number;
      break;
    case kTouched: ++state.touches; break;
    case kClosed: state.flags |= kIsClosed; break;
    case kReopened: state.flags = static_cast<std::uint8_t>(state.flags & ~kIsClosed); break;
    case kFired: ++state.touches; break;
    case kToggleSeen: state.last_taken = event.number; break;
    default: break;
  }
}

IndexEntries First::index_entries(const State& state) {
  if ((state.flags & kIsCreated) == 0) return {};
  return {{"open", (state.flags & kIsClosed) != 0 ? "closed" : "open", static_cast<std::int64_t>(state.number), ""}};
}

Decision<Event> Second::decide(Context&, const NoRules*, const State& state, const Cause& cause) {
  Decision<Event> decision;
  const bool off = (state.flags & kIsOff) != 0;
  switch (cause.kind) {
    case Cause::Kind::kInput:
      if (cause.poison && !cause.retried) {
        decision.refusal = refuse("POISON");
        return decision;
      }
      if (off && cause.type == kTouched) return decision;  // taken, and nothing follows from it
      decision.events.push_back({kTaken, cause.argument, false});
      if (cause.type == kCreated && (state.flags & kHasAsked) == 0) decision.intents.push_back({1, "ask"});
      return decision;
    case Cause::Kind::kOutcome: decision.events.push_back({kOutcomeSeen, 0, false}); return decision;
    case Cause::Kind::kCommand:
      if (cause.type == kNeedOn && off) {
        decision.refusal = refuse("IS_OFF");
        return decision;
      }
      decision.events.push_back({cause.type == kToggle ? kToggled : kNeeded, 0, false});
      return decision;
    case Cause::Kind::kTimer:
    case Cause::Kind::kReview: return decision;
  }
  return decision;
}

void Second::evolve(State& state, const Event& event) {
  switch (event.type) {
    case kToggled: state.flags ^= kIsOff; break;
    case kNeeded: ++state.touches; break;
    case kTaken: state.last_taken = event.number; break;
    case kOutcomeSeen: state.flags |= kHasAsked; break;
    default: break;
  }
}

IndexEntries Second::index_entries(const State& state) {
  return {{"off", (state.flags & kIsOff) != 0 ? "off" : "on", static_cast<std::int64_t>(state.last_taken), ""}};
}

}  // namespace lienthong::simulation::toy
