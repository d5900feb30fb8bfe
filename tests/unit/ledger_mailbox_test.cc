#include "platform/ledger/mailbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace lienthong::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Mailbox, GivesAllThatIsThereInOrderAtOnce) {
  Mailbox<int> mailbox;
  for (int i = 1; i <= 3; ++i) mailbox.post(int{i});
  std::vector<int> out;
  EXPECT_TRUE(mailbox.take(out, std::nullopt));
  EXPECT_THAT(out, ElementsAre(1, 2, 3));
}

TEST(Mailbox, ComesBackWithNothingWhenTheTimeIsUp) {
  Mailbox<int> mailbox;
  std::vector<int> out;
  EXPECT_TRUE(mailbox.take(out, Duration(1)));
  EXPECT_THAT(out, IsEmpty());
}

TEST(Mailbox, RestsThroughPostsUntilTheTimeIsUpOrItIsClosed) {
  Mailbox<int> mailbox;
  mailbox.post(1);
  const auto begin = std::chrono::steady_clock::now();
  mailbox.rest(std::chrono::milliseconds(5));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(5));
  mailbox.close();
  mailbox.rest(std::chrono::hours(1));
  std::vector<int> out;
  EXPECT_TRUE(mailbox.take(out, std::nullopt));
  EXPECT_THAT(out, ElementsAre(1));
}

TEST(Mailbox, GivesWhatIsLeftAfterTheCloseAndThenEnds) {
  Mailbox<int> mailbox;
  mailbox.post(1);
  mailbox.close();
  std::vector<int> out;
  EXPECT_TRUE(mailbox.take(out, std::nullopt));
  EXPECT_THAT(out, ElementsAre(1));
  out.clear();
  EXPECT_FALSE(mailbox.take(out, std::nullopt));
}

TEST(Mailbox, LeavesAnItemAloneThatComesAfterTheClose) {
  Mailbox<std::unique_ptr<int>> mailbox;
  mailbox.close();
  auto item = std::make_unique<int>(7);
  EXPECT_FALSE(mailbox.post(std::move(item)));
  ASSERT_TRUE(item);
  EXPECT_EQ(*item, 7);
}

TEST(Mailbox, LosesNothingOfManyPosters) {
  Mailbox<int> mailbox;
  constexpr int kPosters = 4;
  constexpr int kEach = 5000;
  std::vector<std::thread> posters;
  for (int poster = 0; poster < kPosters; ++poster) {
    posters.emplace_back([&mailbox, poster] {
      for (int i = 0; i < kEach; ++i) mailbox.post(poster * kEach + i);
    });
  }
  std::vector<int> last(kPosters, -1);
  int taken = 0;
  std::vector<int> out;
  while (taken < kPosters * kEach && mailbox.take(out, std::nullopt)) {
    for (const int item : out) {
      const auto poster = static_cast<std::size_t>(item / kEach);
      EXPECT_LT(last[poster], item);
      last[poster] = item;
    }
    taken += static_cast<int>(out.size());
    out.clear();
  }
  for (auto& poster : posters) poster.join();
  EXPECT_EQ(taken, kPosters * kEach);
}

TEST(Admission, LetsInWhatFitsIntoBothBounds) {
  Admission admission(2, 100);
  EXPECT_TRUE(admission.admit(60));
  EXPECT_FALSE(admission.admit(50)) << "too many bytes";
  EXPECT_TRUE(admission.admit(40));
  EXPECT_FALSE(admission.admit(0)) << "too many requests";
  admission.release(60);
  EXPECT_TRUE(admission.admit(60));
  EXPECT_EQ(admission.count(), 2U);
}

}  // namespace
}  // namespace lienthong::ledger
