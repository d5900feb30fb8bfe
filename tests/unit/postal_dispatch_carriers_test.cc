#include "postal_dispatch/adapters/carriers_yaml.h"
#include "postal_dispatch/adapters/lane_times.h"
#include "postal_dispatch/adapters/machine_codec.h"
#include "postal_dispatch/core/carriers.h"
#include "tests/support/given_when_then.h"

#include <gmock/gmock.h>

#include <string>

namespace lienthong::postal_dispatch {
namespace {

using test_support::local;
using ::testing::HasSubstr;

const std::string kSmall = R"(
carrier: one
name: Một
tables:
  - version: 1
    valid_from: 2024-01-01
    codes: {A: POSTED, B: ATTEMPTED}
    reasons: {"1": NOBODY_HOME}
  - version: 2
    valid_from: 2026-07-01
    codes: {A: IN_TRANSIT, C: HELD}
numbers:
  - {home: C01, for: items, service: RR, from: 1, to: 10}
  - {home: C01, for: bags, service: BG, from: 1, to: 10}
normal_working_days:
  lanes: [{from: town, to: hills, days: 5}]
)";

Carriers small() { return *Carriers::make({*parse_carrier(kSmall)}); }

TEST(PostalDispatchCarriersTest, ReadsACodeByTheTableOfItsOwnDay) {
  const auto carriers = small();
  EXPECT_EQ(*carriers.map("one", "A", "", local("2026-06-30 23:59")), (MappedCode{Milestone::kPosted, "", 1}));
  EXPECT_EQ(*carriers.map("one", "A", "", local("2026-07-01 00:00")), (MappedCode{Milestone::kInTransit, "", 2}));
  EXPECT_EQ(*carriers.map("one", "B", "1", local("2026-03-02 08:00")),
            (MappedCode{Milestone::kAttempted, "NOBODY_HOME", 1}));
  EXPECT_EQ(carriers.map("one", "B", "77", local("2026-03-02 08:00"))->reason, "77") << "kept as it is";
  EXPECT_EQ(carriers.map("one", "B", "", local("2026-07-02 08:00")).error().reason, "CARRIER_CODE_UNKNOWN");
  EXPECT_EQ(carriers.map("two", "A", "", local("2026-07-02 08:00")).error().reason, "CARRIER_UNKNOWN");
}

TEST(PostalDispatchCarriersTest, KnowsTheNormalTimeOfALane) {
  const auto carriers = small();
  const auto& carrier = **carriers.carrier("one");
  EXPECT_EQ(normal_minutes(carrier, "town", "town"), 480);
  EXPECT_EQ(normal_minutes(carrier, "town", "valley"), 3 * 480);
  EXPECT_EQ(normal_minutes(carrier, "", ""), 3 * 480) << "nobody knows where";
  EXPECT_EQ(normal_minutes(carrier, "town", "hills"), 5 * 480);
  EXPECT_EQ(carrier.clock_seconds, 0) << "it keeps office hours";
  EXPECT_EQ(parse_carrier("carrier: two\nname: Hai\nnormal_clock_seconds: 60\n")->clock_seconds, 60);
}

TEST(PostalDispatchCarriersTest, GivesAnOfficeItsOwnNumbers) {
  const auto carriers = small();
  const auto& carrier = **carriers.carrier("one");
  EXPECT_EQ(numbers_of(carrier, *HomeKey::parse("C01"), true), (NumberRange{"BG", 1, 10}));
  EXPECT_EQ(numbers_of(carrier, *HomeKey::parse("D01"), true), NumberRange{});
}

std::string with(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

TEST(PostalDispatchCarriersTest, SaysWhereAFileIsWrong) {
  const std::vector<std::pair<std::string, std::string>> faults = {
      {with(kSmall, "A: POSTED", "A: SOMEWHERE"), "SOMEWHERE is no milestone"},
      {with(kSmall, "A: POSTED", "B: POSTED"), "code B stands twice"},
      {with(kSmall, "for: bags", "for: boxes"), "bags or items"},
      {with(kSmall, "name: Một", "nome: Một"), "unknown name nome"},
      {with(kSmall, "version: 1", "version: x"), "conversion"},
      {with(kSmall, "2024-01-01", "2024-13-01"), "line 5"},
      {with(kSmall, "numbers:", "normal_clock_seconds: 60\nnumbers:"), "not both"},
      {"carrier: one\nname: One\nnormal_clock_seconds: 0\n", "from 1 on"},
      {"[", "can't be read"}};
  for (const auto& [text, finding] : faults) {
    const auto parsed = parse_carrier(text);
    ASSERT_FALSE(parsed) << finding;
    EXPECT_THAT(parsed.error().message_en, HasSubstr(finding));
  }
}

TEST(PostalDispatchCarriersTest, RefusesTablesThatContradictEachOther) {
  const auto carrier = *parse_carrier(kSmall);
  EXPECT_FALSE(Carriers::make({carrier, carrier})) << "twice";
  const std::vector<void (*)(Carrier&)> faults = {[](Carrier& one) { one.tables.clear(); },
                                                  [](Carrier& one) { one.tables[0].codes.clear(); },
                                                  [](Carrier& one) { one.tables[1].version = 1; },
                                                  [](Carrier& one) { one.tables[1].valid_from = one.tables[0].valid_from; },
                                                  [](Carrier& one) { one.numbers[0].range.from = 11; },
                                                  [](Carrier& one) { one.numbers[0].range.to = 100'000'000; },
                                                  [](Carrier& one) { one.numbers[1].range.service = "RR"; },
                                                  [](Carrier& one) { one.in_town_days = 0; },
                                                  [](Carrier& one) { one.lanes[0].working_days = 0; }};
  for (std::size_t i = 0; i < faults.size(); ++i) {
    auto wrong = carrier;
    faults[i](wrong);
    const auto made = Carriers::make({wrong});
    ASSERT_FALSE(made) << i;
    EXPECT_FALSE(made.error().violations.empty()) << i;
  }
}

TEST(PostalDispatchCarriersTest, TheShippedTablesAreSound) {
  const auto carriers = read_carriers(LIENTHONG_SOURCE_DIR "/deploy/carriers");
  ASSERT_TRUE(carriers) << carriers.error().message_en;
  EXPECT_EQ(carriers->all().size(), 2U);
  EXPECT_EQ(carriers->map("vnpost", "CN4", "", local("2026-07-01 08:00"))->table_version, 2U);
  EXPECT_FALSE(carriers->map("vnpost", "CN4", "", local("2026-06-30 08:00")));
  EXPECT_FALSE(read_carriers(LIENTHONG_SOURCE_DIR "/no-such-folder"));
}

TEST(PostalDispatchLaneTimesTest, AnswersWithTheTimeOfTheCarriersTable) {
  const auto by_day = *parse_carrier(kSmall);
  const auto by_clock = *parse_carrier(
      "carrier: express\nname: Nhanh\nnormal_clock_seconds: 21600\ntables: [{version: 1, valid_from: 2024-01-01, codes: {A: "
      "POSTED}}]\n");
  const auto carriers = Carriers::make({by_day, by_clock});
  ASSERT_TRUE(carriers) << carriers.error().message_en;
  const auto found = [&](const LaneQuery& query) { return *decode_report(find_normal_time(*carriers, encode(query))); };
  EXPECT_EQ(found({1, "one", "town", "hills"}), (Report{"", "", 5 * 480, 0}));
  EXPECT_EQ(found({1, "one", "town", "town"}), (Report{"", "", 480, 0}));
  EXPECT_EQ(found({1, "one", "town", ""}), (Report{"", "", 3 * 480, 0}));
  EXPECT_EQ(found({1, "express", "town", "town"}).clock_seconds, 21'600);
  EXPECT_EQ(found({1, "nobody", "", ""}).failure, "CARRIER_UNKNOWN");
}

}  // namespace
}  // namespace lienthong::postal_dispatch
