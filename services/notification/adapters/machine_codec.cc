#include "notification/adapters/machine_codec.h"

#include "notification/adapters/command_codec.h"
#include "notification/adapters/event_codec.h"
#include "notification/adapters/inbound_events.h"
#include "notification/adapters/state_codec.h"
#include "notification/core/decider.h"
#include "platform/base/overloaded.h"
#include "platform/ledger/decider_machine.h"

#include <string>
#include <utility>
#include <vector>

namespace lienthong::notification {
namespace {

struct Codec {
  static void encode_event(const Event& event, ledger::v1::Event& wire) { notification::encode_event(event, wire); }
  static Result<Event> decode_event(const ledger::v1::Event& wire) { return notification::decode_event(wire); }
  static std::string encode_state(const State& state) { return notification::encode_state(state); }
  static Result<State> decode_state(std::string_view bytes) { return notification::decode_state(bytes); }
  static Result<Cause> decode_cause(const ledger::CauseView& cause) { return notification::decode_cause(cause); }
};

Result<Cause> decode_input(const ledger::InputCause& view) {
  auto reported = view.from == "intake"    ? decode_intake(*view.leaf)
                  : view.from == "routing" ? decode_routing(*view.leaf)
                  : view.from == "agency-processing"
                      ? decode_agency_processing(*view.leaf)
                      : malformed("notification takes nothing from " + std::string(view.from));
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
                   if (view.id != kAlarm) return malformed("notification has no timer " + std::to_string(view.id));
                   return AlarmRang{};
                 },
                 [](const ledger::OutcomeCause& view) -> Result<Cause> {
                   auto ended = decode_outcome(view.intent->payload(), view.result);
                   if (!ended) return failure(ended.error());
                   return *std::move(ended);
                 },
                 [](const ledger::ReviewCause& view) -> Result<Cause> { return Reviewed{view.catalogue_version}; }},
      cause);
}

std::unique_ptr<const ledger::Machine> make_machine() {
  return std::make_unique<ledger::DeciderMachine<Decider, Codec>>(
      "notification", std::vector<std::pair<LedgerName, EventMask>>{{"agency-processing", taken_from_agency_processing()},
                                                                    {"intake", taken_from_intake()},
                                                                    {"routing", taken_from_routing()}});
}

}  // namespace lienthong::notification
