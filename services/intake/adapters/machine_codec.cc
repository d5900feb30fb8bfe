#include "intake/adapters/machine_codec.h"

#include "intake/adapters/command_codec.h"
#include "intake/adapters/event_codec.h"
#include "intake/adapters/inbound_events.h"
#include "intake/adapters/state_codec.h"
#include "intake/core/decider.h"
#include "platform/base/overloaded.h"
#include "platform/ledger/decider_machine.h"

#include <string>
#include <utility>
#include <vector>

namespace lienthong::intake {
namespace {

struct Codec {
  static void encode_event(const Event& event, ledger::v1::Event& wire) { intake::encode_event(event, wire); }
  static Result<Event> decode_event(const ledger::v1::Event& wire) { return intake::decode_event(wire); }
  static std::string encode_state(const State& state) { return intake::encode_state(state); }
  static Result<State> decode_state(std::string_view bytes) { return intake::decode_state(bytes); }
  static Result<Cause> decode_cause(const ledger::CauseView& cause) { return intake::decode_cause(cause); }
};

}  // namespace

Result<Cause> decode_cause(const ledger::CauseView& cause) {
  return std::visit(
      Overloaded{[](const ledger::CommandCause& view) -> Result<Cause> {
                   auto command = decode_command(view.type, view.body);
                   if (!command) return failure(command.error());
                   return Command{{std::string(view.principal), std::string(view.actor), view.request, view.issued_at,
                                   command->occurred_at},
                                  std::move(command->body)};
                 },
                 [](const ledger::InputCause& view) -> Result<Cause> {
                   const auto cause_of = [](auto reported) -> Result<Cause> {
                     if (!reported) return failure(reported.error());
                     return *std::move(reported);
                   };
                   if (view.from == "routing") return cause_of(decode_routing(*view.leaf));
                   if (view.from == "postal-dispatch") return cause_of(decode_postal_dispatch(*view.leaf));
                   return malformed("intake takes nothing from " + std::string(view.from));
                 },
                 [](const ledger::TimerCause&) -> Result<Cause> { return malformed("intake has no timers"); },
                 [](const ledger::OutcomeCause&) -> Result<Cause> { return malformed("intake has no effects"); },
                 [](const ledger::ReviewCause& view) -> Result<Cause> { return Reviewed{view.catalogue_version}; }},
      cause);
}

std::unique_ptr<const ledger::Machine> make_machine() {
  return std::make_unique<ledger::DeciderMachine<Decider, Codec>>(
      "intake", std::vector<std::pair<LedgerName, EventMask>>{{"postal-dispatch", taken_from_postal_dispatch()},
                                                              {"routing", taken_from_routing()}});
}

}  // namespace lienthong::intake
