#include "agency_processing/adapters/command_codec.h"
#include "agency_processing/adapters/event_codec.h"
#include "agency_processing/adapters/machine_codec.h"
#include "agency_processing/adapters/state_codec.h"
#include "services_codec_test.h"
#include "tests/support/sample_events.h"

namespace lienthong::agency_processing {
namespace {

TEST(AgencyProcessingCodecTest, EveryEventSurvivesItsWireForm) {
  test_support::expect_events_survive(test_support::agency_samples(), encode_event, decode_event);
}

TEST(AgencyProcessingCodecTest, RefusesEventsThatCannotBeRead) {
  test_support::expect_broken_events_are_refused(test_support::agency_samples(), encode_event, decode_event);
}

TEST(AgencyProcessingCodecTest, EveryCommandSurvivesItsWireForm) {
  test_support::expect_commands_survive(test_support::agency_commands(), encode_command, decode_command);
}

TEST(AgencyProcessingCodecTest, AStateWithEveryFieldSurvivesItsStoredForm) {
  const auto state = test_support::agency_state_sample();
  const auto bytes = encode_state(state);
  const auto back = decode_state(bytes);
  ASSERT_TRUE(back) << back.error().message_en;
  EXPECT_TRUE(*back == state);
  EXPECT_EQ(encode_state(*back), bytes);
  EXPECT_FALSE(decode_state("\xff\xff\xff\xff"));
}

TEST(AgencyProcessingCodecTest, RefusesCausesOfOthers) {
  ledger::v1::Leaf leaf;
  EXPECT_FALSE(decode_cause(ledger::InputCause{.from = "monitoring", .leaf = &leaf}));
  EXPECT_FALSE(decode_cause(ledger::OutcomeCause{}));
  EXPECT_FALSE(decode_cause(ledger::TimerCause{99}));
  EXPECT_TRUE(decode_cause(ledger::ReviewCause{7}));
}

TEST(AgencyProcessingCodecTest, RefusesACommandWithoutALeg) {
  const auto wire = encode_command(AcceptLeg{{0, 1}, ""}, {});
  EXPECT_FALSE(decode_command(wire.type, wire.body));
}

}  // namespace
}  // namespace lienthong::agency_processing
