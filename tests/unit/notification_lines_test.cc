#include "notification/core/decider.h"
#include "tests/support/given_when_then.h"
#include "tests/support/notice_catalogue.h"

#include <gmock/gmock.h>

#include <string>

namespace lienthong::notification {
namespace {

using test_support::by;
using test_support::reason_of;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Given : test_support::Given<Decider> {
  Given() { rules = test_support::notice_catalogue(); }
  Decision<Event> command(CommandBody body, const std::string& principal = "all") {
    return when(Command{by(principal), std::move(body)});
  }
  const WebhookLine& line() const { return *state().line; }
};

DeliveriesReported report(std::uint64_t block_seq, std::string suspended = "") {
  DeliveriesReported out;
  out.positions = {{"intake", static_cast<std::int64_t>(block_seq), block_seq, 7}};
  out.tried = {{"00/0/1/0.0", true, 1, 204, "", {1}}, {"00/0/2/0.0", false, 1, 503, "HTTP_503", {2}}};
  out.failing = {{"00/0/2/0.0", {2}, 1, "HTTP_503"}};
  out.suspended = std::move(suspended);
  return out;
}

TEST(NotificationLinesTest, ALineIsOpenedOnce) {
  Given given;
  given.command(OpenLine{"land-office", {5}});
  EXPECT_THAT(given.command(OpenLine{"land-office", {9}}).events, IsEmpty());
  EXPECT_EQ(given.line().since, Instant{5});
  EXPECT_THAT(Decider::index_entries(given.state()), SizeIs(1));
  EXPECT_EQ(Decider::index_entries(given.state()).front().key, "land-office");
}

TEST(NotificationLinesTest, AReportMovesItAndKeepsWhatFails) {
  Given given;
  given.command(OpenLine{"land-office", {5}});
  EXPECT_EQ(reason_of(given.command(ReportDeliveries{0, report(3)})), "");
  EXPECT_EQ(given.line().positions.front().block_seq, 3U);
  EXPECT_EQ(given.line().delivered, 1U);
  EXPECT_EQ(given.line().failing.front().reason_code, "HTTP_503");
}

TEST(NotificationLinesTest, OnlyTheProcessReportsAndOnlyAnOperatorSteers) {
  Given given;
  EXPECT_EQ(reason_of(given.command(OpenLine{"land-office", {5}}, "desk")), "NOT_GRANTED")
      << "a grant for one agency is none";
  given.command(OpenLine{"land-office", {5}});
  EXPECT_EQ(reason_of(given.command(ReportDeliveries{0, report(3)}, "reader")), "NOT_GRANTED");
  EXPECT_EQ(reason_of(given.command(SteerLine{}, "reader")), "NOT_GRANTED");
  EXPECT_THAT(given.line().positions, IsEmpty());
}

TEST(NotificationLinesTest, WhatIsNoLineIsNotFound) {
  Given given;
  EXPECT_EQ(reason_of(given.command(ReportDeliveries{0, report(3)})), "SUBSCRIPTION_NOT_FOUND");
  EXPECT_EQ(reason_of(given.command(SteerLine{})), "SUBSCRIPTION_NOT_FOUND");
}

TEST(NotificationLinesTest, ASuspendedLineTakesNoReportUntilAnOperatorHasItGoOn) {
  Given given;
  given.command(OpenLine{"land-office", {5}});
  given.command(ReportDeliveries{0, report(3, "HTTP_503")});
  EXPECT_FALSE(given.line().runs());
  EXPECT_EQ(given.line().suspended, "HTTP_503");
  EXPECT_EQ(reason_of(given.command(ReportDeliveries{0, report(4)})), "REVISION_MISMATCH");
  given.command(SteerLine{"00/0/2/0.0", {}});
  EXPECT_TRUE(given.line().runs());
  EXPECT_EQ(given.line().positions.front().block_seq, 3U) << "it goes on where it was";
  EXPECT_THAT(given.line().failing, IsEmpty()) << "each event has its whole time again";
  EXPECT_EQ(given.line().given_up.front(), "00/0/2/0.0");
  EXPECT_EQ(reason_of(given.command(ReportDeliveries{0, report(9)})), "REVISION_MISMATCH")
      << "a process that has not heard of it";
  EXPECT_EQ(reason_of(given.command(ReportDeliveries{1, report(9)})), "");
}

TEST(NotificationLinesTest, AReplayBeginsAtItsTime) {
  Given given;
  given.command(OpenLine{"land-office", {5}});
  given.command(ReportDeliveries{0, report(3)});
  given.command(SteerLine{"", {2}});
  EXPECT_EQ(given.line().since, Instant{2});
  EXPECT_THAT(given.line().positions, IsEmpty());
  EXPECT_EQ(given.line().epoch, 1U);
}

TEST(NotificationLinesTest, WhatALineRemembersIsBounded) {
  Given given;
  given.command(OpenLine{"land-office", {5}});
  for (std::uint32_t i = 0; i < 100; ++i) {
    given.command(ReportDeliveries{i, report(i)});
    given.command(SteerLine{"00/0/" + std::to_string(i) + "/0.0", {}});
  }
  EXPECT_THAT(given.line().tried, SizeIs(kTriedKept));
  EXPECT_THAT(given.line().given_up, SizeIs(kGivenUpKept));
  EXPECT_EQ(given.line().given_up.back(), "00/0/99/0.0");
  EXPECT_EQ(given.line().delivered, 100U);
}

}  // namespace
}  // namespace lienthong::notification
