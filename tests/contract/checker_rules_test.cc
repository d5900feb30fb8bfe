// The checker shares no code with the services; what it is told about them as data must still be what they do.
#include "agency_processing/adapters/machine_codec.h"
#include "intake/adapters/machine_codec.h"
#include "lienthong/agency/v1/events.pb.h"
#include "lienthong/intake/v1/events.pb.h"
#include "lienthong/notification/v1/events.pb.h"
#include "lienthong/postal/v1/events.pb.h"
#include "lienthong/routing/v1/events.pb.h"
#include "notification/adapters/machine_codec.h"
#include "postal_dispatch/adapters/machine_codec.h"
#include "routing/adapters/machine_codec.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <memory>
#include <string>

namespace lienthong {
namespace {

using Masks = std::map<std::string, std::map<std::string, std::uint64_t>>;

int event_number(const std::string& ledger, const std::string& event) {
  const std::string name = "EVENT_TYPE_" + event;
  bool known = false;
  int number = 0;
  if (ledger == "intake") {
    intake::v1::EventType type{};
    known = intake::v1::EventType_Parse(name, &type);
    number = type;
  } else if (ledger == "routing") {
    routing::v1::EventType type{};
    known = routing::v1::EventType_Parse(name, &type);
    number = type;
  } else if (ledger == "agency-processing") {
    agency::v1::EventType type{};
    known = agency::v1::EventType_Parse(name, &type);
    number = type;
  } else if (ledger == "notification") {
    notification::v1::EventType type{};
    known = notification::v1::EventType_Parse(name, &type);
    number = type;
  } else if (ledger == "postal-dispatch") {
    postal::v1::EventType type{};
    known = postal::v1::EventType_Parse(name, &type);
    number = type;
  }
  EXPECT_TRUE(known) << ledger << " has no event " << event;
  return number;
}

Masks told_to_the_checker() {
  std::ifstream file(LIENTHONG_SOURCE_DIR "/tests/checker/rules.json");
  Masks masks;
  const auto rules = nlohmann::json::parse(file);
  for (const auto& [reader, sources] : rules.at("masks").items()) {
    for (const auto& [source, events] : sources.items()) {
      auto& mask = masks[reader][source];
      for (const auto& event : events) mask |= std::uint64_t{1} << event_number(source, event.get<std::string>());
    }
  }
  return masks;
}

Masks taken_by_the_services() {
  Masks masks;
  for (const auto& machine : {std::shared_ptr<const ledger::Machine>(intake::make_machine()),
                              std::shared_ptr<const ledger::Machine>(routing::make_machine()),
                              std::shared_ptr<const ledger::Machine>(agency_processing::make_machine()),
                              std::shared_ptr<const ledger::Machine>(notification::make_machine()),
                              std::shared_ptr<const ledger::Machine>(postal_dispatch::make_machine())}) {
    for (const auto& [source, mask] : machine->sources()) masks[machine->name()][source] = mask;
  }
  return masks;
}

TEST(CheckerRules, AreTheEventsThatTheServicesTake) { EXPECT_EQ(told_to_the_checker(), taken_by_the_services()); }

}  // namespace
}  // namespace lienthong
