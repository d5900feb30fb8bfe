#include "routing/adapters/machine_codec.h"

#include "platform/base/overloaded.h"
#include "platform/ledger/decider_machine.h"
#include "routing/adapters/command_codec.h"
#include "routing/adapters/event_codec.h"
#include "routing/adapters/inbound_events.h"
#include "routing/adapters/state_codec.h"
#include "routing/core/decider.h"

#include <string>
#include <utility>
#include <vector>

namespace lienthong::routing {
namespace {

struct Codec {
  static void encode_event(const Event& event, ledger::v1::Event& wire) { routing::encode_event(event, wire); }
  static Result<Event> decode_event(const ledger::v1::Event& wire) { return routing::decode_event(wire); }
  static std::string encode_state(const State& state) { return routing::encode_state(state); }
  static Result<State> decode_state(std::string_view bytes) { return routing::decode_state(bytes); }
  static Result<Cause> decode_cause(const ledger::CauseView& cause) { return routing::decode_cause(cause); }
};

Result<Cause> decode_input(const ledger::InputCause& view) {
  if (view.from != "intake" && view.from != "agency-processing") {
    return malformed("routing takes nothing from " + std::string(view.from));
  }
  auto reported = view.from == "intake" ? decode_intake(*view.leaf) : decode_agency_processing(*view.leaf);
  if (!reported) return failure(reported.error());
  return *std::move(reported);
}

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
                 [](const ledger::InputCause& view) -> Result<Cause> { return decode_input(view); },
                 [](const ledger::TimerCause& view) -> Result<Cause> {
                   if (view.id != kAlarm) return malformed("routing has no timer " + std::to_string(view.id));
                   return AlarmRang{};
                 },
                 [](const ledger::OutcomeCause&) -> Result<Cause> { return malformed("routing has no effects"); },
                 [](const ledger::ReviewCause& view) -> Result<Cause> { return Reviewed{view.catalogue_version}; }},
      cause);
}

std::unique_ptr<const ledger::Machine> make_machine() {
  return std::make_unique<ledger::DeciderMachine<Decider, Codec>>(
      "routing", std::vector<std::pair<LedgerName, EventMask>>{{"agency-processing", taken_from_agency_processing()},
                                                               {"intake", taken_from_intake()}});
}

}  // namespace lienthong::routing
