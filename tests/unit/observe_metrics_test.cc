#include "platform/observe/alarms.h"
#include "platform/observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace lienthong::observe {
namespace {

TEST(Metrics, WritesSamplesOfOneNameTogetherWithOneHead) {
  Metrics metrics;
  metrics.gauge("lag_seconds", "How far behind.", {{"service", "routing"}}, 1.5);
  metrics.counter("blocks_total", "Blocks.", {}, 3);
  metrics.gauge("lag_seconds", "How far behind.", {{"service", "intake"}}, 0);
  EXPECT_EQ(metrics.text(),
            "# HELP lag_seconds How far behind.\n# TYPE lag_seconds gauge\n"
            "lag_seconds{service=\"routing\"} 1.5\nlag_seconds{service=\"intake\"} 0\n"
            "# HELP blocks_total Blocks.\n# TYPE blocks_total counter\nblocks_total 3\n");
}

TEST(Metrics, WritesAHistogramWithSumAndCount) {
  Metrics metrics;
  metrics.bucket("took_seconds", "Took.", {{"to", "a"}}, 0.5, 2);
  metrics.bucket("took_seconds", "Took.", {{"to", "a"}}, std::numeric_limits<double>::infinity(), 3, 7.25);
  EXPECT_EQ(metrics.text(),
            "# HELP took_seconds Took.\n# TYPE took_seconds histogram\n"
            "took_seconds_bucket{to=\"a\",le=\"0.5\"} 2\ntook_seconds_bucket{to=\"a\",le=\"+Inf\"} 3\n"
            "took_seconds_sum{to=\"a\"} 7.25\ntook_seconds_count{to=\"a\"} 3\n");
}

TEST(Metrics, ALabelCanNotEndItsLine) {
  Metrics metrics;
  metrics.gauge("up", "Up.", {{"why", "a\"b\\c\nd"}}, 1);
  EXPECT_THAT(metrics.text(), ::testing::HasSubstr("up{why=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

class StandingClock final : public ports::Clock {
 public:
  Instant now() const override { return {1'750'000'000'500'000}; }
  Instant steady() const override { return {1}; }
  bool trusted() const override { return true; }
};

TEST(Alarms, AreCountedByServiceAndReasonAlsoWhereTheLogLeavesThemOut) {
  const StandingClock clock;
  Alarms alarms(clock);
  Metrics before;
  alarms.collect(before);
  EXPECT_EQ(before.text(), "");
  for (const std::uint32_t partition : {0U, 0U, 1U}) alarms.raise({"postal-dispatch", partition}, "SCAN_REFUSED", "sample");
  alarms.raise({"routing", 0}, "QUEUE_LIMIT", "sample");
  Metrics metrics;
  alarms.collect(metrics);
  const std::string labels = "{service=\"postal-dispatch\",reason=\"SCAN_REFUSED\"} ";
  EXPECT_THAT(metrics.text(), ::testing::HasSubstr("lienthong_alarms_total" + labels + "3\n"));
  EXPECT_THAT(metrics.text(), ::testing::HasSubstr("lienthong_alarm_raised_timestamp_seconds" + labels + "1750000000.5\n"));
  EXPECT_THAT(metrics.text(), ::testing::HasSubstr("{service=\"routing\",reason=\"QUEUE_LIMIT\"} 1\n"));
}

TEST(MetricsServer, NamesTheSettingWhenItsAddressCanNotBeUsed) {
  for (const char* address : {"", "localhost:1", "127.0.0.1", "127.0.0.1:70000", "127.0.0.1:9x"}) {
    const auto server = MetricsServer::start(address, [](Metrics&) {});
    ASSERT_FALSE(server) << address;
    EXPECT_EQ(server.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(server.error().message_en, ::testing::HasSubstr("LIENTHONG_METRICS_LISTEN"));
  }
  const auto first = MetricsServer::start("127.0.0.1:0", [](Metrics&) {});
  ASSERT_TRUE(first);
  const auto second = MetricsServer::start("127.0.0.1:" + std::to_string((*first)->port()), [](Metrics&) {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace lienthong::observe
