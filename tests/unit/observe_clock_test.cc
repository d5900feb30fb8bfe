#include "platform/observe/system_clock.h"
#include "platform/observe/system_entropy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace lienthong::observe {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kStart{1'750'000'000'000'000};

TEST(SlewedTime, RunsWithTheMonotonicClockWhileWallTimeAgrees) {
  SlewedTime time(kStart, {1000});
  for (int second = 1; second <= 100; ++second) {
    EXPECT_EQ(time.at(kStart + seconds(second), Instant{1000} + seconds(second)), kStart + seconds(second));
  }
}

// ledger.md 7: corrected by at most 500 ppm.
TEST(SlewedTime, FollowsAWallTimeThatJumpsForwardByAtMost500Ppm) {
  SlewedTime time(kStart, {0});
  Instant now = kStart;
  for (int second = 1; second <= 1000; ++second)
    now = time.at(kStart + hours(1) + seconds(second), Instant{} + seconds(second));
  const Duration ahead = now - (kStart + seconds(1000));
  EXPECT_GT(ahead, milliseconds(498));
  EXPECT_LE(ahead, milliseconds(500));
}

TEST(SlewedTime, NeverGoesBackWhenWallTimeDoes) {
  SlewedTime time(kStart, {0});
  Instant last = kStart;
  for (int step = 1; step <= 50'000; ++step) {
    const Duration elapsed = microseconds(step * 997);
    const Duration jump = step % 3 == 0 ? Duration(hours(-1)) : Duration(seconds(2));
    const Instant now = time.at(kStart + elapsed + jump, Instant{} + elapsed);
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SlewedTime, ReachesAWallTimeThatIsALittleAheadAndStaysThere) {
  SlewedTime time(kStart, {0});
  Instant now = kStart;
  for (int second = 1; second <= 60; ++second)
    now = time.at(kStart + milliseconds(10) + seconds(second), Instant{} + seconds(second));
  EXPECT_EQ(now, kStart + milliseconds(10) + seconds(60));
}

TEST(SlewedTime, DoesNotOvershootWhenItWasNotAskedForAnHour) {
  SlewedTime time(kStart, {0});
  time.at(kStart + milliseconds(10) + seconds(1), Instant{} + seconds(1));
  EXPECT_EQ(time.at(kStart + milliseconds(10) + hours(1), Instant{} + hours(1)), kStart + milliseconds(10) + hours(1));
}

TEST(SystemClock, AgreesWithWallTimeAtItsStart) {
  const SystemClock clock;
  EXPECT_LT(clock.difference(), seconds(1));
  EXPECT_GT(clock.difference(), seconds(-1));
  EXPECT_TRUE(clock.trusted());
}

TEST(SystemEntropy, GivesNoSaltTwice) {
  SystemEntropy entropy;
  std::set<Salt> seen;
  for (int i = 0; i < 2000; ++i) EXPECT_TRUE(seen.insert(entropy.salt()).second);
}

TEST(SystemEntropy, StaysBelowItsBoundAndReachesEveryValue) {
  SystemEntropy entropy;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 2000; ++i) seen.insert(entropy.below(7));
  EXPECT_THAT(seen, ::testing::ElementsAre(0, 1, 2, 3, 4, 5, 6));
  EXPECT_EQ(entropy.below(1), 0U);
}

}  // namespace
}  // namespace lienthong::observe
