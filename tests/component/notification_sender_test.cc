#include "notification/adapters/sender.h"
#include "tests/support/line_world.h"
#include "tests/support/notice_catalogue.h"

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lienthong::notification {
namespace {

using test_support::dossier;
using test_support::local;

struct StandingClock final : ports::Clock {
  Instant now() const override { return at; }
  Instant steady() const override { return at; }
  bool trusted() const override { return true; }
  Instant at = local("2026-03-02 08:00");
};

struct SomeContact final : Contacts {
  Result<Contact> find(const std::string&, const std::string&, const std::vector<shared_kernel::SealedRef>&) override {
    return Contact{"Nguyễn Văn A", "nguoi-dan@example.vn", "", false, false, {}};
  }
};

/// A dossier was received under release 2, and its notice is being sent by a process that has read release 1 so far.
class SenderAfterAStart : public ::testing::Test {
 protected:
  SenderAfterAStart() : lane_(rules_) {
    std::map<std::string, std::unique_ptr<Carrier>> carriers;
    carriers["first"] = std::make_unique<TrialCarrier>(SendResult::kSent);
    sender_.emplace(SenderParts{lane_, rules_, clock_, contacts_, std::move(carriers)});
    const DossierAccepted accepted{*HomeKey::parse("C01"),    "000.01.01.H47-260302-0001",
                                   test_support::kProcedure,  "COMMUNE",
                                   local("2026-03-02 08:00"), local("2026-03-16 08:00")};
    lane_.apply(dossier(1), Reported{"intake/1", {{clock_.at, accepted}}});
  }
  void read_release_with_quiet_hours_until(std::int32_t minute) {
    auto contents = test_support::notice_contents();
    contents.notices.quiet = {21 * 60, minute};
    rules_.set(contents);
  }
  SendEnded send() {
    const SendOrder order{1, 1, "first", 2};
    const auto outcome =
        sender_->send({{{"notification", 0}, dossier(1), 1, 0}, kSendEmail, encode_order(order)}, stopping_);
    return outcome ? *decode_outcome(encode_order(order), *outcome) : SendEnded{};
  }

  StandingClock clock_;
  SomeContact contacts_;
  test_support::StillRules rules_{test_support::notice_contents()};
  test_support::OneLane lane_;
  std::atomic<bool> stopping_{false};
  std::optional<Sender> sender_;
};

TEST_F(SenderAfterAStart, SendsNothingByAnOlderReleaseThanTheDecisions) {
  const auto ended = send();
  EXPECT_EQ(ended.result, SendResult::kDeferred);
  EXPECT_EQ(ended.reason_code, "CATALOGUE_UNAVAILABLE");
  EXPECT_EQ(ended.retry_at, clock_.at + std::chrono::seconds(1));
}

TEST_F(SenderAfterAStart, KeepsTheQuietHoursOfTheReleaseItWaitedFor) {
  read_release_with_quiet_hours_until(9 * 60);
  const auto ended = send();
  EXPECT_EQ(ended.reason_code, "QUIET_HOURS");
  EXPECT_EQ(ended.retry_at, local("2026-03-02 09:00"));
}

TEST_F(SenderAfterAStart, SendsOnceTheReleaseIsThere) {
  read_release_with_quiet_hours_until(7 * 60);
  EXPECT_EQ(send().result, SendResult::kSent);
}

}  // namespace
}  // namespace lienthong::notification
