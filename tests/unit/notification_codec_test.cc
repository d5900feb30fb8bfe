#include "notification/adapters/command_codec.h"
#include "notification/adapters/event_codec.h"
#include "notification/adapters/inbound_events.h"
#include "notification/adapters/machine_codec.h"
#include "notification/adapters/notice_codec.h"
#include "notification/adapters/state_codec.h"
#include "services_codec_test.h"
#include "tests/support/notice_samples.h"

namespace lienthong::notification {
namespace {

using test_support::notification_events;

TEST(NotificationCodecTest, EveryEventSurvivesItsWireForm) {
  test_support::expect_events_survive(notification_events(), encode_event, decode_event);
}

TEST(NotificationCodecTest, RefusesEventsThatCannotBeRead) {
  test_support::expect_broken_events_are_refused(notification_events(), encode_event, decode_event);
}

TEST(NotificationCodecTest, EveryFactSurvivesItsWireForm) {
  const auto facts = test_support::notification_facts();
  ASSERT_EQ(facts.size(), std::variant_size_v<FactBody>) << "one sample per alternative";
  for (std::size_t i = 0; i < facts.size(); ++i) {
    EXPECT_EQ(facts[i].index(), i);
    v1::FactNoted wire;
    encode_fact(facts[i], wire);
    const auto back = decode_fact(wire);
    ASSERT_TRUE(back) << back.error().message_en;
    EXPECT_TRUE(*back == facts[i]) << "alternative " << i;
  }
  EXPECT_FALSE(decode_fact(v1::FactNoted()));
}

TEST(NotificationCodecTest, EveryCommandSurvivesItsWireForm) {
  test_support::expect_commands_survive(test_support::notification_commands(), encode_command, decode_command);
}

TEST(NotificationCodecTest, AnOutcomeSurvivesItsWireForm) {
  const SendEnded ended{3, 2, "smtp-main", SendResult::kDeferred, "PROVIDER_BUDGET", "ref-1", "n***@example.vn", {17}};
  const auto back = decode_outcome(encode_order({3, 2, "smtp-main", 7}), encode_outcome(ended));
  ASSERT_TRUE(back) << back.error().message_en;
  EXPECT_TRUE(*back == ended);
  EXPECT_FALSE(decode_outcome("3", encode_outcome(ended)));
  EXPECT_FALSE(decode_outcome(encode_order({3, 2, "smtp-main", 7}), "\xff\xff\xff"));
  EXPECT_FALSE(decode_outcome(encode_order({3, 2, "smtp-main", 7}), "")) << "an answer that says nothing";
}

TEST(NotificationCodecTest, AStateWithEveryFieldSurvivesItsStoredForm) {
  const auto state = test_support::notification_state_sample();
  const auto bytes = encode_state(state);
  const auto back = decode_state(bytes);
  ASSERT_TRUE(back) << back.error().message_en;
  EXPECT_TRUE(*back == state);
  EXPECT_EQ(encode_state(*back), bytes);
  EXPECT_FALSE(decode_state("\xff\xff\xff\xff"));
}

TEST(NotificationCodecTest, RefusesCausesOfOthers) {
  ledger::v1::Leaf leaf;
  EXPECT_FALSE(decode_cause(ledger::InputCause{.from = "monitoring", .leaf = &leaf}));
  EXPECT_TRUE(decode_cause(ledger::InputCause{.from = "intake", .leaf = &leaf}));
  EXPECT_FALSE(decode_cause(ledger::TimerCause{99}));
  EXPECT_TRUE(decode_cause(ledger::ReviewCause{7}));
}

}  // namespace
}  // namespace lienthong::notification
