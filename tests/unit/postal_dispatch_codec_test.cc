#include "lienthong/intake/v1/events.pb.h"
#include "lienthong/postal/v1/events.pb.h"
#include "lienthong/routing/v1/events.pb.h"
#include "platform/ledger/decider_machine.h"
#include "postal_dispatch/adapters/command_codec.h"
#include "postal_dispatch/adapters/event_codec.h"
#include "postal_dispatch/adapters/inbound_events.h"
#include "postal_dispatch/adapters/machine_codec.h"
#include "postal_dispatch/adapters/state_codec.h"
#include "postal_dispatch/core/decider.h"
#include "tests/support/given_when_then.h"
#include "tests/support/postal_samples.h"

#include <gmock/gmock.h>

#include <set>
#include <string>

namespace lienthong::postal_dispatch {
namespace {

using test_support::local;
using ::testing::SizeIs;

TEST(PostalDispatchCodecTest, ReadsEveryEventItWrites) {
  std::set<std::uint32_t> types;
  for (const auto& event : test_support::postal_samples()) {
    ledger::v1::Event wire;
    encode_event(event, wire);
    const auto back = decode_event(wire);
    ASSERT_TRUE(back) << wire.type() << ": " << back.error().message_en;
    EXPECT_EQ(*back, event) << wire.type();
    types.insert(wire.type());
  }
  EXPECT_EQ(types.size(), std::variant_size_v<EventBody>) << "a sample of every event";
  EXPECT_EQ(types.size(), static_cast<std::size_t>(postal::v1::EventType_descriptor()->value_count() - 1));
}

TEST(PostalDispatchCodecTest, ReadsEveryCommandItWrites) {
  std::set<std::uint32_t> types;
  for (const auto& command : test_support::postal_commands()) {
    for (const auto at : {std::optional<Instant>(), std::optional<Instant>(local("2026-03-02 08:00"))}) {
      const auto wire = encode_command(command, at);
      const auto back = decode_command(wire.type, wire.body);
      ASSERT_TRUE(back) << wire.type << ": " << back.error().message_en;
      EXPECT_EQ(back->body, command) << wire.type;
      EXPECT_EQ(back->occurred_at, at);
      types.insert(wire.type);
    }
  }
  EXPECT_EQ(types.size(), std::variant_size_v<CommandBody>) << "a sample of every command";
}

TEST(PostalDispatchCodecTest, CarriesTheTimeOfACarrierThatWorksRoundTheClock) {
  for (auto command : test_support::postal_commands()) {
    std::int64_t* seconds = nullptr;
    if (auto* order = std::get_if<OrderShipment>(&command)) seconds = &order->clock_seconds;
    if (auto* bag = std::get_if<CreateBag>(&command)) seconds = &bag->clock_seconds;
    if (seconds == nullptr) continue;
    *seconds = 90;
    const auto wire = encode_command(command, std::nullopt);
    EXPECT_EQ(decode_command(wire.type, wire.body)->body, command);
  }
  for (auto event : test_support::postal_samples()) {
    auto* ordered = std::get_if<ShipmentOrdered>(&event.body);
    if (ordered == nullptr) continue;
    ordered->shipment.clock_seconds = 90;
    ledger::v1::Event wire;
    encode_event(event, wire);
    EXPECT_EQ(*decode_event(wire), event);
  }
}

TEST(PostalDispatchCodecTest, ReadsEveryStateItWrites) {
  for (const auto& state : test_support::postal_states()) {
    const auto bytes = encode_state(state);
    const auto back = decode_state(bytes);
    ASSERT_TRUE(back) << state.index() << ": " << back.error().message_en;
    EXPECT_EQ(*back, state) << state.index();
    EXPECT_EQ(encode_state(*back), bytes);
  }
}

TEST(PostalDispatchCodecTest, RefusesWhatTheContractDoesNotHave) {
  ledger::v1::Event wire;
  wire.set_type(63);
  EXPECT_FALSE(decode_event(wire));
  EXPECT_FALSE(decode_command(99, ""));
  wire.set_type(postal::v1::EVENT_TYPE_STANDING_CHANGED);
  EXPECT_FALSE(decode_event(wire)) << "no kind, no milestone";
  wire.set_payload("\xFF\xFF");
  EXPECT_FALSE(decode_event(wire));
  RecordScan record{"RR473124829VN", {}};
  record.scan.raw_code = "ông Nguyễn Văn A";
  const auto spoken = encode_command(record, std::nullopt);
  EXPECT_FALSE(decode_command(spoken.type, spoken.body)) << "a code carries no sentence";
  OrderShipment order;
  order.home = *HomeKey::parse("C01");
  order.carrier = "vnpost";
  order.cod_amount = -1;
  const auto negative = encode_command(order, std::nullopt);
  EXPECT_FALSE(decode_command(negative.type, negative.body));
}

TEST(PostalDispatchCodecTest, TakesTheNextHolderOutOfRoutingsLedger) {
  ledger::v1::Leaf leaf;
  routing::v1::CustodyPassed passed;
  passed.mutable_to_holder()->set_agency("DISTRICT");
  passed.mutable_until_time()->set_seconds(local("2026-03-02 09:00").micros / 1'000'000);
  auto& event = *leaf.add_events();
  event.set_type(routing::v1::EVENT_TYPE_CUSTODY_PASSED);
  event.set_payload(passed.SerializeAsString());
  leaf.add_events()->set_type(routing::v1::EVENT_TYPE_LEG_OFFERED);
  const auto reported = decode_routing(leaf);
  ASSERT_TRUE(reported);
  ASSERT_THAT(reported->facts, SizeIs(1));
  EXPECT_EQ(std::get<DataPassed>(reported->facts[0].body), (DataPassed{"DISTRICT", local("2026-03-02 09:00")}));
  EXPECT_TRUE(taken_from_routing() & mask_of(routing::v1::EVENT_TYPE_CUSTODY_PASSED));
}

TEST(PostalDispatchCodecTest, TakesThePapersOfTheCounterOutOfIntakesLedger) {
  intake::v1::DossierSubmitted submitted;
  submitted.set_home_key("C01");
  submitted.set_received_by("COMMUNE");
  submitted.set_channel(intake::v1::CHANNEL_COUNTER);
  const auto facts = [&] {
    ledger::v1::Leaf leaf;
    auto& event = *leaf.add_events();
    event.set_type(intake::v1::EVENT_TYPE_DOSSIER_SUBMITTED);
    event.set_occurred_at(local("2026-03-02 08:00").micros);
    event.set_payload(submitted.SerializeAsString());
    return decode_intake(leaf)->facts;
  };
  EXPECT_THAT(facts(), SizeIs(0)) << "nothing on paper";
  auto& component = *submitted.add_components();
  component.set_code("DON");
  component.set_count(2);
  ASSERT_THAT(facts(), SizeIs(1));
  EXPECT_EQ(facts()[0].occurred_at, local("2026-03-02 08:00"));
  EXPECT_EQ(std::get<PaperHandedIn>(facts()[0].body), (PaperHandedIn{*HomeKey::parse("C01"), "COMMUNE", {{"DON", 2}}}));
  submitted.mutable_post()->mutable_pick_up_at()->set_key_ref("k");
  EXPECT_THAT(facts(), SizeIs(0)) << "the post fetches them";
  submitted.clear_post();
  submitted.set_channel(intake::v1::CHANNEL_ONLINE);
  EXPECT_THAT(facts(), SizeIs(0));
  EXPECT_TRUE(taken_from_intake() & mask_of(intake::v1::EVENT_TYPE_DOSSIER_SUBMITTED));
}

// What a lane does: bytes in, bytes out, the same state as the pure core's.
TEST(PostalDispatchCodecTest, TheMachineDoesWhatTheCoreDoes) {
  const auto machine = make_machine();
  test_support::Surroundings surroundings;
  test_support::FixedContext context(surroundings);
  const auto rules = test_support::small_catalogue();
  std::string bytes;
  State state;
  for (const auto& body : test_support::postal_story()) {
    const auto wire = encode_command(body, std::nullopt);
    const ledger::CommandCause cause{wire.type, wire.body, "all", "officer-7", {}, {}};
    const auto decided = machine->decide(context, rules.get(), bytes, cause);
    ASSERT_FALSE(decided.refusal) << decided.refusal->reason;
    ledger::v1::Leaf leaf;
    for (const auto& event : decided.events) *leaf.add_events() = event;
    ASSERT_TRUE(machine->evolve(bytes, leaf));
    for (const auto& event : decided.events) Decider::evolve(state, *decode_event(event));
  }
  EXPECT_EQ(*decode_state(bytes), state);
  EXPECT_EQ(machine->index_entries(bytes), Decider::index_entries(state));
  const Report report{"RR473124829VN", ""};
  EXPECT_EQ(*decode_report(encode_report(report)), report);
  ledger::v1::Intent intent;
  intent.set_type(static_cast<std::uint32_t>(IntentType::kPlaceOrder));
  intent.set_payload("1");
  const auto result = encode_report({"", "QUOTA_EXCEEDED"});
  const auto cause = decode_cause(ledger::OutcomeCause{&intent, 1, result});
  ASSERT_TRUE(cause);
  EXPECT_EQ(std::get<Outcome>(*cause), (Outcome{1, "1", "", "QUOTA_EXCEEDED"}));
}

}  // namespace
}  // namespace lienthong::postal_dispatch
