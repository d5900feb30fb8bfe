#include "agency_processing/adapters/machine_codec.h"
#include "intake/adapters/machine_codec.h"
#include "monitoring/adapters/event_reader.h"
#include "notification/adapters/machine_codec.h"
#include "postal_dispatch/adapters/machine_codec.h"
#include "routing/adapters/machine_codec.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <vector>

namespace lienthong::monitoring {
namespace {

std::vector<std::shared_ptr<const ledger::Machine>> machines() {
  return {intake::make_machine(), routing::make_machine(), agency_processing::make_machine(),
          postal_dispatch::make_machine(), notification::make_machine()};
}

TEST(MonitoringMasks, AreWhatEveryMachineTakes) {
  for (const auto& machine : machines()) {
    std::map<LedgerName, EventMask> takes;
    for (const auto& [source, mask] : machine->sources()) takes[source] = mask;
    for (const auto source : kLedgersOfDossiers) {
      EXPECT_EQ(taken(ledger_number(machine->name()), source), takes[ledger_name(source)])
          << machine->name() << " from " << ledger_name(source);
    }
  }
}

TEST(MonitoringMasks, NameEveryLedgerOfTheMachines) {
  for (const auto& machine : machines()) {
    const auto number = ledger_number(machine->name());
    ASSERT_NE(number, LedgerNo::kNone) << machine->name();
    EXPECT_EQ(ledger_name(number), machine->name());
  }
}

TEST(MonitoringEventNames, AreTheNamesOfTheMessages) {
  EXPECT_EQ(event_name(LedgerNo::kIntake, 2), "DossierAccepted");
  EXPECT_EQ(event_name(LedgerNo::kRouting, 9), "LegResultReceived");
  EXPECT_EQ(event_name(LedgerNo::kAgencyProcessing, 1), "WorkOffered");
  EXPECT_EQ(event_name(LedgerNo::kPostalDispatch, 8), "SilenceBegan");
  EXPECT_EQ(event_name(LedgerNo::kNotification, 9), "NoticeFailed");
  EXPECT_EQ(event_name(LedgerNo::kRouting, 63), "Event 63");
}

}  // namespace
}  // namespace lienthong::monitoring
