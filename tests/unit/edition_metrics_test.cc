#include "platform/edition/process_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lienthong::edition {
namespace {

using namespace std::chrono_literals;

class RelayAgesTest : public ::testing::Test {
 protected:
  void look(std::uint64_t head, std::uint64_t relayed, Duration at, ledger::LaneState state = ledger::LaneState::kServing) {
    ledger::LaneView lane;
    lane.state = state;
    lane.head_seq = head;
    lane.relayed_block_seq = relayed;
    ages_.look({{{"routing", 0}, lane}, {{"quiet", 0}, lane}}, Instant{} + at);
  }
  Duration age(Duration at) { return ages_.ages(Instant{} + at).at({"routing", 0}); }

  RelayAges ages_{{"routing"}};
};

TEST_F(RelayAgesTest, NothingWaitsWhileTheRelayKeepsUp) {
  look(5, 5, 10s);
  look(6, 6, 20s);
  EXPECT_EQ(age(30s), 0s);
}

TEST_F(RelayAgesTest, CountsFromTheFirstBlockThatItHasNotPassed) {
  look(5, 5, 10s);
  look(6, 5, 20s);
  look(9, 5, 30s);
  EXPECT_EQ(age(50s), 30s);
  look(9, 6, 50s);
  EXPECT_EQ(age(50s), 20s);
  look(9, 9, 60s);
  EXPECT_EQ(age(70s), 0s);
}

TEST_F(RelayAgesTest, ALedgerWithoutPublicEventsOrServedElsewhereHasNone) {
  look(9, 0, 10s);
  EXPECT_FALSE(ages_.ages(Instant{} + 20s).contains({"quiet", 0}));
  look(9, 0, 20s, ledger::LaneState::kIdle);
  EXPECT_TRUE(ages_.ages(Instant{} + 20s).empty());
}

TEST_F(RelayAgesTest, BlocksAreToldOfRelayedLedgersOnly) {
  look(9, 5, 10s);
  const std::string name = "routing";
  const Settings settings;
  const observe::SystemClock clock;
  ledger::LaneView lane;
  lane.state = ledger::LaneState::kServing;
  lane.head_seq = 9;
  lane.relayed_block_seq = 5;
  const LaneViews lanes = {{{"routing", 0}, lane}, {{"quiet", 0}, lane}};
  observe::Metrics metrics;
  collect({name, settings, clock, lanes, ages_, true}, metrics);
  EXPECT_THAT(metrics.text(), ::testing::HasSubstr("lienthong_relay_lag_blocks{service=\"routing\",partition=\"0\"} 4\n"));
  EXPECT_THAT(metrics.text(), ::testing::Not(::testing::HasSubstr("lienthong_relay_lag_blocks{service=\"quiet\"")));
}

TEST(CallMetrics, AreAHistogramByMethodAndStatus) {
  rpc::MethodTimes method("lienthong.intake.v1.IntakeService/GetDossier");
  constexpr int kNotFound = 5;
  method.add(0, 7ms);
  method.add(0, 20s);
  method.add(kNotFound, 1ms);
  method.add(99, 1ms);
  std::vector<rpc::CallTimes> calls;
  method.read(calls);
  observe::Metrics metrics;
  collect(calls, metrics);
  const auto sample = [](const char* kind, const char* status, const std::string& end) {
    return "rpc_server_call_duration_seconds_" + std::string(kind) +
           "{rpc_system_name=\"grpc\",rpc_method=\"lienthong.intake.v1.IntakeService/GetDossier\",rpc_status_code=\"" +
           status + "\"" + end + "\n";
  };
  for (const auto& line :
       {sample("bucket", "OK", ",le=\"0.005\"} 0"), sample("bucket", "OK", ",le=\"0.01\"} 1"),
        sample("bucket", "OK", ",le=\"+Inf\"} 2"), sample("sum", "OK", "} 20.007"), sample("count", "OK", "} 2"),
        sample("count", "NOT_FOUND", "} 1"), sample("count", "UNKNOWN", "} 1")}) {
    EXPECT_THAT(metrics.text(), ::testing::HasSubstr(line));
  }
}

}  // namespace
}  // namespace lienthong::edition
