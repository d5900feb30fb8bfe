#include "postal_dispatch/adapters/machine_codec.h"

#include "lienthong/postal/v1/state.pb.h"
#include "platform/base/overloaded.h"
#include "platform/ledger/decider_machine.h"
#include "postal_dispatch/adapters/command_codec.h"
#include "postal_dispatch/adapters/event_codec.h"
#include "postal_dispatch/adapters/inbound_events.h"
#include "postal_dispatch/adapters/state_codec.h"
#include "postal_dispatch/core/decider.h"
#include "shared_kernel/adapters/values_codec.h"

#include <string>
#include <utility>
#include <vector>

namespace lienthong::postal_dispatch {
namespace {

struct Codec {
  static void encode_event(const Event& event, ledger::v1::Event& wire) { postal_dispatch::encode_event(event, wire); }
  static Result<Event> decode_event(const ledger::v1::Event& wire) { return postal_dispatch::decode_event(wire); }
  static std::string encode_state(const State& state) { return postal_dispatch::encode_state(state); }
  static Result<State> decode_state(std::string_view bytes) { return postal_dispatch::decode_state(bytes); }
  static Result<Cause> decode_cause(const ledger::CauseView& cause) { return postal_dispatch::decode_cause(cause); }
};

Result<Cause> decode_input(const ledger::InputCause& view) {
  const bool from_intake = view.from == "intake";
  if (!from_intake && view.from != "routing")
    return malformed("postal-dispatch takes nothing from " + std::string(view.from));
  auto reported = from_intake ? decode_intake(*view.leaf) : decode_routing(*view.leaf);
  if (!reported) return failure(reported.error());
  return *std::move(reported);
}

Result<Cause> decode_outcome(const ledger::OutcomeCause& view) {
  auto report = decode_report(view.result);
  if (!report) return failure(report.error());
  return Outcome{view.intent->type(),        view.intent->payload(), std::move(report->item),
                 std::move(report->failure), report->normal_minutes, report->clock_seconds};
}

}  // namespace

std::string encode_report(const Report& report) {
  ::lienthong::postal::v1::StoredReport to;
  to.set_item(report.item);
  to.set_failure(report.failure);
  to.set_normal_minutes(report.normal_minutes);
  to.set_clock_seconds(report.clock_seconds);
  return to.SerializeAsString();
}

Result<Report> decode_report(std::string_view bytes) {
  const auto parsed = shared_kernel::wire::parse<::lienthong::postal::v1::StoredReport>(bytes);
  if (!parsed) return failure(parsed.error());
  return Report{(*parsed)->item(), (*parsed)->failure(), (*parsed)->normal_minutes(), (*parsed)->clock_seconds()};
}

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
                 [](const ledger::TimerCause& view) -> Result<Cause> { return TimerFired{view.id}; },
                 [](const ledger::OutcomeCause& view) -> Result<Cause> { return decode_outcome(view); },
                 [](const ledger::ReviewCause& view) -> Result<Cause> { return Reviewed{view.catalogue_version}; }},
      cause);
}

std::unique_ptr<const ledger::Machine> make_machine() {
  return std::make_unique<ledger::DeciderMachine<Decider, Codec>>(
      "postal-dispatch",
      std::vector<std::pair<LedgerName, EventMask>>{{"intake", taken_from_intake()}, {"routing", taken_from_routing()}});
}

}  // namespace lienthong::postal_dispatch
