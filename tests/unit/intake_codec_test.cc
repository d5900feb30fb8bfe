#include "intake/adapters/command_codec.h"
#include "intake/adapters/event_codec.h"
#include "intake/adapters/machine_codec.h"
#include "intake/adapters/state_codec.h"
#include "lienthong/intake/v1/commands.pb.h"
#include "services_codec_test.h"
#include "tests/support/sample_events.h"

namespace lienthong::intake {
namespace {

TEST(IntakeCodecTest, EveryEventSurvivesItsWireForm) {
  test_support::expect_events_survive(test_support::intake_samples(), encode_event, decode_event);
}

TEST(IntakeCodecTest, WishesToThePostSurviveTheirWireForms) {
  const auto posted = test_support::intake_posted_sample();
  ledger::v1::Event wire;
  encode_event(posted, wire);
  EXPECT_EQ(*decode_event(wire), posted);
  const CommandBody command = SubmitDossier{std::get<DossierSubmitted>(posted.body).application};
  const auto encoded = encode_command(command, {});
  EXPECT_EQ(decode_command(encoded.type, encoded.body)->body, command);
}

TEST(IntakeCodecTest, RefusesEventsThatCannotBeRead) {
  test_support::expect_broken_events_are_refused(test_support::intake_samples(), encode_event, decode_event);
}

TEST(IntakeCodecTest, EveryCommandSurvivesItsWireForm) {
  test_support::expect_commands_survive(test_support::intake_commands(), encode_command, decode_command);
}

TEST(IntakeCodecTest, AStateWithEveryFieldSurvivesItsStoredForm) {
  const auto state = test_support::intake_state_sample();
  const auto bytes = encode_state(state);
  const auto back = decode_state(bytes);
  ASSERT_TRUE(back) << back.error().message_en;
  EXPECT_TRUE(*back == state);
  EXPECT_EQ(encode_state(*back), bytes);
  EXPECT_FALSE(decode_state("\xff\xff\xff\xff"));
}

TEST(IntakeCodecTest, RefusesCausesOfOthers) {
  ledger::v1::Leaf leaf;
  EXPECT_FALSE(decode_cause(ledger::InputCause{.from = "monitoring", .leaf = &leaf}));
  EXPECT_FALSE(decode_cause(ledger::OutcomeCause{}));
  EXPECT_FALSE(decode_cause(ledger::TimerCause{99}));
  EXPECT_TRUE(decode_cause(ledger::ReviewCause{7}));
}

TEST(IntakeCodecTest, RefusesCommandsOfBadForm) {
  const auto good = test_support::intake_commands();
  struct Case {
    const char* what;
    void (*spoil)(Application&);
  };
  const Case cases[] = {
      {"a sentence as procedure code", [](Application& a) { a.procedure_code = "khai sinh"; }},
      {"no procedure code", [](Application& a) { a.procedure_code.clear(); }},
      {"a name as component code", [](Application& a) { a.components[0].code = "Giấy khai sinh"; }},
      {"no copies of a component", [](Application& a) { a.components[0].count = 0; }},
      {"a short hash", [](Application& a) { a.components[0].sha256 = "abc"; }},
      {"too many components", [](Application& a) { a.components.resize(51, a.components[0]); }},
      {"content that is not sealed", [](Application& a) { a.content.key_ref.clear(); }},
      {"the post asked for nothing",
       [](Application& a) {
         a.post = PostalWish{"vnpost", {}, {}, 0};
       }},
      {"a sentence as carrier", [](Application& a) { a.post->carrier = "bưu điện"; }},
      {"money given out", [](Application& a) { a.post->collect = -1; }},
      {"a fee given out", [](Application& a) { a.post->pick_up_fee = -1; }},
      {"too high a fee", [](Application& a) { a.post->pick_up_fee = kCollectMax + 1; }},
      {"too much money", [](Application& a) { a.post->collect = kCollectMax + 1; }},
      {"no home key", [](Application& a) { a.home = {}; }},
  };
  for (const auto& [what, spoil] : cases) {
    auto submit = std::get<SubmitDossier>(good[0]);
    submit.application.post = std::get<DossierSubmitted>(test_support::intake_posted_sample().body).application.post;
    spoil(submit.application);
    const auto wire = encode_command(submit, {});
    const auto back = decode_command(wire.type, wire.body);
    ASSERT_FALSE(back) << what;
    EXPECT_EQ(back.error().code, ErrorCode::kInvalidArgument) << what;
  }
}

TEST(IntakeCodecTest, RefusesAnUnknownEnumValue) {
  v1::HandOverResultCommand command;
  command.set_channel(static_cast<v1::Channel>(77));
  EXPECT_FALSE(decode_command(v1::COMMAND_TYPE_HAND_OVER_RESULT, command.SerializeAsString()));
}

}  // namespace
}  // namespace lienthong::intake
