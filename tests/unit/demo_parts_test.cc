#include "shared_kernel/dossier_id.h"
#include "tools/demo/acknowledgements.h"
#include "tools/demo/histogram.h"
#include "tools/demo/load.h"
#include "tools/demo/request_ids.h"
#include "tools/demo/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

namespace lienthong::demo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Instant kDay{1'717'200'000'000'000};  // 2024-06-01

Duration ms(std::int64_t value) { return std::chrono::milliseconds(value); }

TEST(Histogram, FindsPercentilesWithinOnePercent) {
  Histogram histogram;
  for (std::int64_t i = 1; i <= 100'000; ++i) histogram.add(Duration(i));
  EXPECT_NEAR(static_cast<double>(histogram.percentile(0.5).count()), 50'000, 500);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(0.99).count()), 99'000, 990);
  EXPECT_EQ(histogram.percentile(1.0), Duration(100'000));
  EXPECT_EQ(histogram.max(), Duration(100'000));
}

TEST(Histogram, IsExactForSmallValuesAndTakesVeryLargeOnes) {
  Histogram histogram;
  histogram.add(Duration(3));
  histogram.add(std::chrono::hours(24));
  EXPECT_EQ(histogram.percentile(0.5), Duration(3));
  EXPECT_EQ(histogram.percentile(1.0), std::chrono::hours(24));
  EXPECT_EQ(Histogram().percentile(0.5), Duration(0));
}

Acknowledgement acknowledged(std::int64_t start_ms, std::int64_t end_ms) {
  return {"intake", 1, "H_X", "r", 1, 2, Instant{start_ms * 1000}, Instant{end_ms * 1000}, false};
}

TEST(Acknowledgements, FindsTheLongestSilenceWhileSomethingWasUnderWay) {
  const auto file = AcknowledgementFile::open("").value();
  file->add(acknowledged(0, 10));
  file->add(acknowledged(5, 20));
  file->add(acknowledged(15, 3020));    // across
  file->add(acknowledged(3050, 3060));  // after
  file->add(acknowledged(9000, 9010));  // after a time with nothing to do, which is no silence
  const Silence silence = file->longest_silence();
  EXPECT_EQ(silence.until - silence.from, ms(3000));
  EXPECT_EQ(silence.before, 2U);
  EXPECT_EQ(silence.across, 1U);
  EXPECT_EQ(silence.after, 2U);
}

TEST(Acknowledgements, WritesOneJsonLineEach) {
  const std::string path = ::testing::TempDir() + "/acknowledgements.jsonl";
  std::remove(path.c_str());
  {
    const auto file = AcknowledgementFile::open(path).value();
    file->add(acknowledged(1, 2));
    auto again = acknowledged(3, 4);
    again.replayed = true;
    file->add(again);
  }
  std::ifstream in(path);
  std::string first;
  std::string second;
  std::getline(in, first);
  std::getline(in, second);
  EXPECT_EQ(
      first,
      R"({"block_seq":2,"dossier":"H_X","end_us":2000,"p":1,"request_id":"r","seq":1,"service":"intake","start_us":1000})");
  EXPECT_THAT(second, ::testing::HasSubstr(R"("replayed":true)"));
  EXPECT_FALSE(AcknowledgementFile::open("/nonexistent/x").has_value());
}

TEST(RequestIds, AreVersion7OfNowAndNeverTheSame) {
  RequestIds ids;
  std::set<RequestId> seen;
  for (int i = 0; i < 1000; ++i) {
    const RequestId id = ids.next();
    const auto time = shared_kernel::uuid_time(id);
    ASSERT_TRUE(time.has_value());
    EXPECT_LT(std::abs((wall_now() - *time).count()), 10'000'000);
    EXPECT_TRUE(seen.insert(id).second);
  }
}

class Scenarios : public ::testing::Test {
 protected:
  const std::shared_ptr<const shared_kernel::Catalogue> catalogue_ = read_catalogue(LIENTHONG_CATALOGUE).value();
};

TEST_F(Scenarios, TheDemonstrationPassesThreeTiersAndParallelLegs) {
  const auto set = make_scenarios(*catalogue_, demonstration_procedures(), kDay).value();
  EXPECT_EQ(set.scenarios.size(), 13U * 4U);
  const auto death = std::find_if(set.scenarios.begin(), set.scenarios.end(),
                                  [](const Scenario& s) { return s.procedure_code == "2.002622"; });
  ASSERT_NE(death, set.scenarios.end());
  std::vector<std::string> tiers;
  for (const auto& leg : death->legs) tiers.push_back(leg.tier);
  EXPECT_THAT(tiers, ElementsAre("commune", "commune", "district", "province", "district"));
  EXPECT_THAT(death->legs[0].after, IsEmpty());
  EXPECT_THAT(death->legs[1].after, ElementsAre(1U));
  EXPECT_THAT(death->legs[2].after, ElementsAre(1U));
  EXPECT_THAT(death->legs[3].after, ElementsAre(3U));
}

TEST_F(Scenarios, AnUnknownProcedureIsRefused) {
  const auto set = make_scenarios(*catalogue_, {"9.999999"}, kDay);
  ASSERT_FALSE(set.has_value());
  EXPECT_EQ(set.error().reason, "CATALOGUE_UNUSABLE");
}

TEST(Passage, AHopIsTheTimeFromTheLastStepItWaitedForToTheOffer) {
  Scenario scenario;
  scenario.legs = {{1, "a", "A", "commune", {}}, {2, "b", "B", "district", {1}}, {3, "c", "C", "province", {1, 2}}};
  Passage passage;
  passage.scenario = &scenario;
  passage.received = {1'000};
  passage.legs.resize(3);
  EXPECT_EQ(passage.hop(0), std::nullopt);
  passage.legs[0].arrived = {4'000};
  EXPECT_EQ(passage.hop(0), Duration(3'000));
  passage.legs[0].completed = {10'000};
  passage.legs[0].confirmed = {12'000};
  passage.legs[1].arrived = {11'000};  // before the acknowledgement it follows from had arrived
  EXPECT_EQ(passage.hop(1), Duration(0));
  passage.legs[1].completed = {20'000};
  passage.legs[2].arrived = {21'500};
  EXPECT_EQ(passage.hop(2), Duration(1'500));
}

}  // namespace
}  // namespace lienthong::demo
