#include "agency_processing/adapters/machine_codec.h"

#include "agency_processing/adapters/command_codec.h"
#include "agency_processing/adapters/event_codec.h"
#include "agency_processing/adapters/inbound_events.h"
#include "agency_processing/adapters/state_codec.h"
#include "agency_processing/core/decider.h"
#include "platform/base/overloaded.h"
#include "platform/ledger/decider_machine.h"

#include <string>
#include <utility>
#include <vector>

namespace lienthong::agency_processing {
namespace {

struct Codec {
  static void encode_event(const Event& event, ledger::v1::Event& wire) { agency_processing::encode_event(event, wire); }
  static Result<Event> decode_event(const ledger::v1::Event& wire) { return agency_processing::decode_event(wire); }
  static std::string encode_state(const State& state) { return agency_processing::encode_state(state); }
  static Result<State> decode_state(std::string_view bytes) { return agency_processing::decode_state(bytes); }
  static Result<Cause> decode_cause(const ledger::CauseView& cause) { return agency_processing::decode_cause(cause); }
};

Result<Cause> decode_input(const ledger::InputCause& view) {
  if (view.from != "intake" && view.from != "routing") {
    return malformed("agency-processing takes nothing from " + std::string(view.from));
  }
  auto reported = view.from == "intake" ? decode_intake(*view.leaf) : decode_routing(*view.leaf);
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
                 [](const ledger::TimerCause&) -> Result<Cause> { return malformed("agency-processing has no timers"); },
                 [](const ledger::OutcomeCause&) -> Result<Cause> { return malformed("agency-processing has no effects"); },
                 [](const ledger::ReviewCause& view) -> Result<Cause> { return Reviewed{view.catalogue_version}; }},
      cause);
}

std::unique_ptr<const ledger::Machine> make_machine() {
  return std::make_unique<ledger::DeciderMachine<Decider, Codec>>(
      "agency-processing",
      std::vector<std::pair<LedgerName, EventMask>>{{"intake", taken_from_intake()}, {"routing", taken_from_routing()}});
}

}  // namespace lienthong::agency_processing
