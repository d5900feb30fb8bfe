#include "agency_processing/adapters/event_codec.h"
#include "agency_processing/adapters/inbound_events.h"
#include "agency_processing/adapters/machine_codec.h"
#include "intake/adapters/event_codec.h"
#include "intake/adapters/inbound_events.h"
#include "intake/adapters/machine_codec.h"
#include "lienthong/agency/v1/events.pb.h"
#include "lienthong/intake/v1/events.pb.h"
#include "lienthong/notification/v1/events.pb.h"
#include "lienthong/postal/v1/events.pb.h"
#include "lienthong/routing/v1/events.pb.h"
#include "notification/adapters/event_codec.h"
#include "notification/adapters/inbound_events.h"
#include "notification/adapters/machine_codec.h"
#include "platform/base/encoding.h"
#include "postal_dispatch/adapters/event_codec.h"
#include "postal_dispatch/adapters/inbound_events.h"
#include "postal_dispatch/adapters/machine_codec.h"
#include "routing/adapters/event_codec.h"
#include "routing/adapters/inbound_events.h"
#include "routing/adapters/machine_codec.h"
#include "tests/support/notice_samples.h"
#include "tests/support/postal_samples.h"
#include "tests/support/sample_events.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

/// The bytes of every event as they stand in ledgers: a change of a codec that changes them breaks what is stored.
/// A file has one line per event: name, type, occurred_at in microseconds, payload in hexadecimal.
/// A new event is added to its file by running this test once with LIENTHONG_RENEW_GOLDEN=1; lines that are there never
/// change.
namespace lienthong {
namespace {

namespace v1 = ::lienthong::ledger::v1;

struct Golden {
  std::string name;
  v1::Event event;
};

std::string path_of(const std::string& service) { return LIENTHONG_SOURCE_DIR "/tests/contract/golden/" + service + ".txt"; }

std::string line_of(const Golden& golden) {
  return golden.name + ' ' + std::to_string(golden.event.type()) + ' ' + std::to_string(golden.event.occurred_at()) + ' ' +
         (golden.event.payload().empty() ? "-" : to_hex(golden.event.payload()));
}

std::vector<Golden> read_golden(const std::string& service) {
  std::ifstream file(path_of(service));
  EXPECT_TRUE(file) << path_of(service);
  std::vector<Golden> out;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::uint32_t type = 0;
    std::int64_t occurred_at = 0;
    std::string hex;
    Golden golden;
    words >> golden.name >> type >> occurred_at >> hex;
    golden.event.set_type(type);
    golden.event.set_occurred_at(occurred_at);
    if (hex != "-") golden.event.set_payload(*from_hex(hex));
    out.push_back(std::move(golden));
  }
  return out;
}

template <class Event, class Encode, class Decode>
void expect_golden(const std::string& service, const std::vector<Event>& samples, Encode encode, Decode decode,
                   const std::function<std::string(int)>& name_of) {
  std::vector<Golden> now;
  for (const auto& sample : samples) {
    Golden golden;
    encode(sample, golden.event);
    golden.name = name_of(static_cast<int>(golden.event.type()));
    now.push_back(std::move(golden));
  }
  if (std::getenv("LIENTHONG_RENEW_GOLDEN") != nullptr) {
    std::ofstream file(path_of(service));
    for (const auto& golden : now) file << line_of(golden) << '\n';
  }
  const auto kept = read_golden(service);
  ASSERT_EQ(kept.size(), now.size()) << service << ": an event without golden bytes, or bytes without event";
  for (std::size_t i = 0; i < now.size(); ++i) {
    EXPECT_EQ(line_of(now[i]), line_of(kept[i]));
    const auto decoded = decode(kept[i].event);
    ASSERT_TRUE(decoded) << decoded.error().message_en;
    EXPECT_TRUE(*decoded == samples[i]) << kept[i].name;
  }
}

TEST(GoldenEventsTest, IntakeWritesEveryEventAsEver) {
  auto samples = test_support::intake_samples();
  samples.push_back(test_support::intake_posted_sample());
  expect_golden("intake", samples, intake::encode_event, intake::decode_event,
                [](int type) { return intake::v1::EventType_Name(type); });
}

TEST(GoldenEventsTest, RoutingWritesEveryEventAsEver) {
  expect_golden("routing", test_support::routing_samples(), routing::encode_event, routing::decode_event,
                [](int type) { return routing::v1::EventType_Name(type); });
}

TEST(GoldenEventsTest, AgencyProcessingWritesEveryEventAsEver) {
  expect_golden("agency-processing", test_support::agency_samples(), agency_processing::encode_event,
                agency_processing::decode_event, [](int type) { return ::lienthong::agency::v1::EventType_Name(type); });
}

TEST(GoldenEventsTest, PostalDispatchWritesEveryEventAsEver) {
  expect_golden("postal-dispatch", test_support::postal_samples(), postal_dispatch::encode_event,
                postal_dispatch::decode_event, [](int type) { return ::lienthong::postal::v1::EventType_Name(type); });
}

TEST(GoldenEventsTest, NotificationWritesEveryEventAsEver) {
  expect_golden("notification", test_support::notification_events(), notification::encode_event, notification::decode_event,
                [](int type) { return notification::v1::EventType_Name(type); });
}

/// Every consumer reads every event of its producers: it takes one fact of those in its mask, and none of the others.
/// `sometimes`: of these it depends on what they say.
template <class DecodeLeaf>
void expect_consumed(const std::string& producer, EventMask mask, DecodeLeaf decode_leaf, EventMask sometimes = 0) {
  for (const auto& golden : read_golden(producer)) {
    v1::Leaf leaf;
    *leaf.add_events() = golden.event;
    const auto reported = decode_leaf(leaf);
    ASSERT_TRUE(reported) << golden.name << ": " << reported.error().message_en;
    const EventMask type = mask_of(golden.event.type());
    EXPECT_LE(reported->facts.size(), (mask & type) != 0 ? 1U : 0U) << golden.name;
    EXPECT_GE(reported->facts.size(), (mask & ~sometimes & type) != 0 ? 1U : 0U) << golden.name;
    for (const auto& fact : reported->facts) EXPECT_EQ(fact.occurred_at.micros, golden.event.occurred_at());
  }
}

TEST(GoldenEventsTest, IntakeReadsPostalDispatchAndRouting) {
  expect_consumed("postal-dispatch", intake::taken_from_postal_dispatch(), intake::decode_postal_dispatch);
  expect_consumed("routing", intake::taken_from_routing(), intake::decode_routing);
}

TEST(GoldenEventsTest, RoutingReadsIntakeAndAgencyProcessing) {
  expect_consumed("intake", routing::taken_from_intake(), routing::decode_intake);
  expect_consumed("agency-processing", routing::taken_from_agency_processing(), routing::decode_agency_processing);
}

TEST(GoldenEventsTest, AgencyProcessingReadsRoutingAndIntake) {
  expect_consumed("routing", agency_processing::taken_from_routing(), agency_processing::decode_routing);
  expect_consumed("intake", agency_processing::taken_from_intake(), agency_processing::decode_intake);
}

TEST(GoldenEventsTest, PostalDispatchReadsIntakeAndRouting) {
  // A dossier handed in brings papers only at the counter.
  expect_consumed("intake", postal_dispatch::taken_from_intake(), postal_dispatch::decode_intake,
                  mask_of(intake::v1::EVENT_TYPE_DOSSIER_SUBMITTED));
  expect_consumed("routing", postal_dispatch::taken_from_routing(), postal_dispatch::decode_routing);
}

TEST(GoldenEventsTest, NotificationReadsIntakeRoutingAndAgencyProcessing) {
  expect_consumed("intake", notification::taken_from_intake(), notification::decode_intake);
  expect_consumed("routing", notification::taken_from_routing(), notification::decode_routing);
  expect_consumed("agency-processing", notification::taken_from_agency_processing(), notification::decode_agency_processing);
}

TEST(GoldenEventsTest, MachinesNameTheirSourcesAndMasks) {
  using Sources = std::vector<std::pair<LedgerName, EventMask>>;
  EXPECT_EQ(intake::make_machine()->sources(),
            (Sources{{"postal-dispatch", intake::taken_from_postal_dispatch()}, {"routing", intake::taken_from_routing()}}));
  EXPECT_EQ(routing::make_machine()->sources(), (Sources{{"agency-processing", routing::taken_from_agency_processing()},
                                                         {"intake", routing::taken_from_intake()}}));
  EXPECT_EQ(agency_processing::make_machine()->sources(), (Sources{{"intake", agency_processing::taken_from_intake()},
                                                                   {"routing", agency_processing::taken_from_routing()}}));
  EXPECT_EQ(postal_dispatch::make_machine()->sources(),
            (Sources{{"intake", postal_dispatch::taken_from_intake()}, {"routing", postal_dispatch::taken_from_routing()}}));
  EXPECT_EQ(notification::make_machine()->sources(),
            (Sources{{"agency-processing", notification::taken_from_agency_processing()},
                     {"intake", notification::taken_from_intake()},
                     {"routing", notification::taken_from_routing()}}));
}

}  // namespace
}  // namespace lienthong
