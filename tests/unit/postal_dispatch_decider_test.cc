#include "postal_dispatch/core/carriers.h"
#include "postal_dispatch/core/decider.h"
#include "postal_dispatch/core/telling.h"
#include "tests/support/given_when_then.h"
#include "tests/support/readme_table.h"
#include "tests/support/seeded_order.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace lienthong::postal_dispatch {
namespace {

using test_support::by;
using test_support::first_of;
using test_support::local;
using test_support::reason_of;
using test_support::sealed_part;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Given = test_support::Given<Decider>;

const HomeKey kHome = *HomeKey::parse("C01");
constexpr const char* kItem = "RR473124829VN";
constexpr std::int64_t kTown = 480;

Cause give(CommandBody body, std::string principal = "all") { return Command{by(std::move(principal)), std::move(body)}; }

OrderShipment order(ShipmentKind kind = ShipmentKind::kResult, std::int64_t cod = 0) {
  OrderShipment out;
  out.home = kHome;
  out.dossier_code = "000.01.01.H47-260302-0001";
  out.kind = kind;
  out.carrier = "vnpost";
  out.item = kItem;
  out.destination = kind == ShipmentKind::kToDesk ? "COMMUNE" : "";
  out.normal_minutes = kTown;
  out.cod_amount = cod;
  out.papers = {{"KQ", 1}};
  return out;
}

Entry scan(Milestone milestone, Instant at) {
  Entry entry;
  entry.carrier = "vnpost";
  entry.raw_code = "X" + std::to_string(static_cast<int>(milestone));
  entry.table_version = 1;
  entry.milestone = milestone;
  entry.at = at;
  return entry;
}
Proof proof(char who = 'r') {
  return {sealed_part(who), Relation::kSelf, IdentityPaper::kCitizenCard, local("2026-03-02 15:00"), {}};
}
Entry delivered(Instant at, char who = 'r') {
  auto entry = scan(Milestone::kDelivered, at);
  entry.proofs = {proof(who)};
  return entry;
}
Cause scanned(Entry entry) { return give(RecordScan{kItem, std::move(entry)}); }

Given ordered(const OrderShipment& what = order()) {
  Given given;
  EXPECT_EQ(reason_of(given.when(give(what))), "");
  given.context.now = local("2026-03-06 17:00");
  return given;
}
const Shipment& only(const Given& given) { return std::get<DossierPost>(given.state()).shipments.at(0); }

Cause passed(const char* time) { return Reported{{{local(time), DataPassed{"DISTRICT", local(time)}}}}; }
PostRequested wanted(ShipmentKind kind, std::string area = "") {
  const bool result = kind == ShipmentKind::kResult;
  return {kHome,
          result ? "000.01.01.H47-260302-0001" : "",
          kind,
          "vnpost",
          std::move(area),
          sealed_part('a'),
          result ? 35'000 : 0,
          {{"DON", 1}}};
}
Cause asked(PostRequested what) { return Reported{{{local("2026-03-02 08:00"), std::move(what)}}}; }

TEST(PostalDispatchDeciderTest, OrdersByItselfWhatTheApplicantAskedThePostFor) {
  Given given;
  const auto pickup = given.when(asked(wanted(ShipmentKind::kToDesk)));
  ASSERT_EQ(reason_of(pickup), "");
  const auto first = first_of<ShipmentOrdered>(pickup.events);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->shipment.destination, "COMMUNE");
  EXPECT_EQ(first->shipment.order, OrderState::kPlacing);
  EXPECT_EQ(first->shipment.address, sealed_part('a'));
  EXPECT_THAT(pickup.intents,
              ElementsAre(Intent{static_cast<std::uint32_t>(IntentType::kPlaceOrder), "1"},
                          Intent{static_cast<std::uint32_t>(IntentType::kFindNormalTime), "1|vnpost||area"}));
  const auto result = given.when(asked(wanted(ShipmentKind::kResult)));
  const auto second = first_of<ShipmentOrdered>(result.events);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->shipment.number, 2U);
  EXPECT_EQ(second->shipment.cod_amount, 35'000);
  EXPECT_EQ(second->shipment.normal_minutes, 3 * kTown) << "an applicant of whom no area is known lives outside";
  EXPECT_EQ(std::get<DossierPost>(given.state()).dossier_code, "000.01.01.H47-260302-0001");
  EXPECT_THAT(given.when(asked(wanted(ShipmentKind::kResult))).events, IsEmpty()) << "one on its way will do";
}

Outcome looked_up(const std::string& payload, std::int64_t minutes, std::int64_t seconds) {
  return {static_cast<std::uint32_t>(IntentType::kFindNormalTime), payload, "", "", minutes, seconds};
}

TEST(PostalDispatchDeciderTest, TheCarriersTableCountsForWhatWasOrderedByItself) {
  Given given;
  const auto begun = given.when(asked(wanted(ShipmentKind::kResult, "H47.22")));
  const auto query = decode_lane_query(begun.intents.back().payload);
  ASSERT_TRUE(query);
  EXPECT_EQ(*query, (LaneQuery{1, "vnpost", "area", "H47.22"}));
  const auto& payload = begun.intents.back().payload;
  const auto found = given.when(looked_up(payload, 2 * kTown, 0));
  EXPECT_EQ(first_of<NormalTimeFound>(found.events), (NormalTimeFound{1, 2 * kTown, 0}));
  EXPECT_THAT(found.timers, ElementsAre(TimerChange(ArmTimer{1, local("2026-03-04 08:00")})));
  EXPECT_EQ(only(given).normal_minutes, 2 * kTown);
  EXPECT_THAT(given.when(looked_up(payload, 2 * kTown, 0)).events, IsEmpty());
  EXPECT_THAT(given.when(looked_up(payload, 0, 90)).timers,
              ElementsAre(TimerChange(ArmTimer{1, local("2026-03-02 08:00") + std::chrono::seconds(90)})));
  auto unknown = looked_up(payload, 0, 0);
  unknown.failure = "CARRIER_UNKNOWN";
  EXPECT_THAT(given.when(unknown).events, IsEmpty());
  EXPECT_FALSE(decode_lane_query("x|vnpost||"));
  EXPECT_FALSE(decode_lane_query("1|vnpost|"));
}

TEST(PostalDispatchDeciderTest, CallsOffAPickUpThatIsPointlessUnlessThePostHasTheItem) {
  const Cause refused = Reported{{{local("2026-03-02 09:00"), PickupPointless{"DOSSIER_REFUSED"}}}};
  Given waiting;
  EXPECT_THAT(waiting.when(refused).events, IsEmpty());
  waiting.when(asked(wanted(ShipmentKind::kToDesk)));
  const auto off = waiting.when(refused);
  EXPECT_EQ(first_of<StandingChanged>(off.events)->stable, StableState::kCancelled);
  EXPECT_THAT(off.intents, ElementsAre(Intent{static_cast<std::uint32_t>(IntentType::kCancelOrder), "1"}));
  EXPECT_THAT(waiting.when(refused).events, IsEmpty());
  Given carried;
  carried.when(asked(wanted(ShipmentKind::kToDesk)));
  carried.when(Outcome{static_cast<std::uint32_t>(IntentType::kPlaceOrder), "1", kItem, ""});
  carried.context.now = local("2026-03-02 12:00");
  carried.when(scanned(scan(Milestone::kPickedUp, local("2026-03-02 08:30"))));
  EXPECT_THAT(carried.when(refused).events, IsEmpty());
}

TEST(PostalDispatchDeciderTest, TellsTheDeskOfADeliveredResultOnlyWithItsProof) {
  auto given = ordered();
  const auto unproved = given.when(scanned(scan(Milestone::kDelivered, local("2026-03-03 15:00"))));
  EXPECT_FALSE(first_of<ResultDelivered>(unproved.events));
  const auto proved = given.when(scanned(delivered(local("2026-03-03 15:00"))));
  EXPECT_EQ(first_of<ResultDelivered>(proved.events), ResultDelivered{1});
  EXPECT_EQ(proved.events.back().occurred_at, local("2026-03-03 15:00"));
  auto papers = ordered(order(ShipmentKind::kToDesk));
  EXPECT_FALSE(first_of<ResultDelivered>(papers.when(scanned(delivered(local("2026-03-03 15:00")))).events));
}

TEST(PostalDispatchDeciderTest, TellsTheDeskOfAResultThatCameBackOrWasLost) {
  for (const auto& [milestone, stable] :
       {std::pair{Milestone::kReturned, StableState::kReturned}, std::pair{Milestone::kLost, StableState::kLost}}) {
    auto given = ordered();
    const auto told = given.when(scanned(scan(milestone, local("2026-03-03 15:00"))));
    EXPECT_EQ(first_of<ResultUndelivered>(told.events), (ResultUndelivered{1, stable}));
  }
}

TEST(PostalDispatchDeciderTest, TakesADoubledScanOnce) {
  auto given = ordered();
  EXPECT_THAT(given.when(scanned(scan(Milestone::kPosted, local("2026-03-02 09:00")))).events, SizeIs(2));
  const auto again = given.when(scanned(scan(Milestone::kPosted, local("2026-03-02 09:00"))));
  EXPECT_EQ(reason_of(again), "");
  EXPECT_THAT(again.events, IsEmpty());
  EXPECT_THAT(only(given).timeline, SizeIs(2)) << "ORDERED and one scan";
}

TEST(PostalDispatchDeciderTest, NamesWhatIsWrongWithAScanAndChangesNothing) {
  auto given = ordered();
  given.context.now = local("2026-03-02 10:00");
  const auto before = given.state();
  EXPECT_EQ(reason_of(given.when(scanned(scan(Milestone::kPosted, local("2026-03-02 10:06"))))), "SCAN_FROM_FUTURE");
  EXPECT_EQ(reason_of(given.when(scanned(scan(Milestone::kPosted, local("2026-03-02 07:54"))))), "SCAN_BEFORE_ORDER");
  EXPECT_EQ(reason_of(given.when(give(RecordScan{"RR473124832VN", scan(Milestone::kPosted, local("2026-03-02 09:00"))}))),
            "ITEM_UNKNOWN");
  auto foreign = scan(Milestone::kPosted, local("2026-03-02 09:00"));
  foreign.carrier = "other";
  EXPECT_EQ(reason_of(given.when(scanned(foreign))), "ITEM_UNKNOWN");
  EXPECT_EQ(given.state(), before);
  EXPECT_EQ(reason_of(given.when(scanned(scan(Milestone::kPosted, local("2026-03-02 10:04"))))), "")
      << "clocks differ a little";
}

TEST(PostalDispatchDeciderTest, KeepsAScanFromAfterDelivery) {
  auto given = ordered();
  given.when(scanned(delivered(local("2026-03-03 15:00"))));
  const auto late = given.when(scanned(scan(Milestone::kInTransit, local("2026-03-03 16:00"))));
  EXPECT_TRUE(first_of<EntryRecorded>(late.events));
  EXPECT_FALSE(first_of<StandingChanged>(late.events));
  EXPECT_EQ(standing_of(only(given)).stable, StableState::kDelivered);
}

TEST(PostalDispatchDeciderTest, TakesTheProofWhenItComesLater) {
  auto given = ordered();
  given.when(scanned(scan(Milestone::kDelivered, local("2026-03-03 15:00"))));
  EXPECT_THAT(Decider::index_entries(given.state()),
              Contains(IndexEntry{"shipments", "COMMUNE/proof_missing", local("2026-03-03 15:00").micros, "1"}));
  const auto proved = given.when(scanned(delivered(local("2026-03-03 15:00"))));
  EXPECT_EQ(first_of<StandingChanged>(proved.events)->stable, StableState::kDelivered);
  EXPECT_THAT(given.when(scanned(delivered(local("2026-03-03 15:00")))).events, IsEmpty());
  given.when(scanned(delivered(local("2026-03-03 15:00"), 's')));
  given.when(scanned(delivered(local("2026-03-03 15:00"), 't')));
  EXPECT_EQ(reason_of(given.when(scanned(delivered(local("2026-03-03 15:00"), 'u')))), "PROOFS_CONTRADICT");
}

// The whole path through the decider: doubled, late and out of order, the end is the same state. Seeded.
TEST(PostalDispatchDeciderTest, ComesToTheSameStateInEveryOrderOfArrival) {
  std::vector<Entry> scans = {
      scan(Milestone::kPosted, local("2026-03-02 09:00")),    scan(Milestone::kInTransit, local("2026-03-02 11:00")),
      scan(Milestone::kArrived, local("2026-03-02 18:00")),   scan(Milestone::kOutForDelivery, local("2026-03-03 08:00")),
      scan(Milestone::kAttempted, local("2026-03-03 10:00")), scan(Milestone::kOutForDelivery, local("2026-03-03 14:00")),
      scan(Milestone::kDelivered, local("2026-03-03 15:00")), delivered(local("2026-03-03 15:00")),
      scan(Milestone::kInTransit, local("2026-03-03 19:00"))};
  auto in_order = ordered();
  for (const auto& one : scans) in_order.when(scanned(one));
  ASSERT_EQ(standing_of(only(in_order)).stable, StableState::kDelivered);
  test_support::SeededOrder chance(7);
  for (int round = 0; round < 500; ++round) {
    auto arriving = scans;
    for (int i = 0; i < 3; ++i) arriving.push_back(scans[chance.below(scans.size())]);
    chance.shuffle(arriving);
    auto given = ordered();
    for (const auto& one : arriving) ASSERT_EQ(reason_of(given.when(scanned(one))), "");
    ASSERT_EQ(given.state(), in_order.state()) << "round " << round;
  }
}

TEST(PostalDispatchDeciderTest, RaisesTheSilentAlarmOnceAndClearsItByItself) {
  Given given;
  const auto begun = given.when(give(order()));
  // 8 working hours from Monday 08:00 with a lunch break.
  EXPECT_THAT(begun.timers, ElementsAre(TimerChange(ArmTimer{1, local("2026-03-03 08:00")})));
  given.context.now = local("2026-03-03 08:00");
  EXPECT_EQ(first_of<SilenceBegan>(given.when(TimerFired{1}).events)->last_scanned, local("2026-03-02 08:00"));
  EXPECT_THAT(Decider::index_entries(given.state()),
              Contains(IndexEntry{"silent", "COMMUNE", local("2026-03-02 08:00").micros, "1"}));
  EXPECT_THAT(given.when(TimerFired{1}).events, IsEmpty()) << "once";
  given.context.now = local("2026-03-04 09:00");
  EXPECT_FALSE(first_of<SilenceEnded>(given.when(scanned(scan(Milestone::kPosted, local("2026-03-02 09:00")))).events))
      << "a scan from long ago is no sign of life";
  const auto heard = given.when(scanned(scan(Milestone::kInTransit, local("2026-03-04 08:50"))));
  EXPECT_TRUE(first_of<SilenceEnded>(heard.events));
  EXPECT_FALSE(only(given).silent);
  EXPECT_THAT(heard.timers, ElementsAre(TimerChange(ArmTimer{1, local("2026-03-05 08:50")})));
}

TEST(PostalDispatchDeciderTest, WithACarrierThatWorksRoundTheClockSilenceBeginsByTheClock) {
  Given given;
  auto wanted = order();
  wanted.clock_seconds = 90;
  EXPECT_THAT(given.when(give(wanted)).timers,
              ElementsAre(TimerChange(ArmTimer{1, local("2026-03-02 08:00") + std::chrono::seconds(90)})));
  given.context.now = local("2026-03-02 22:00");
  EXPECT_THAT(given.when(scanned(scan(Milestone::kPosted, local("2026-03-02 22:00")))).timers,
              ElementsAre(TimerChange(ArmTimer{1, local("2026-03-02 22:00") + std::chrono::seconds(90)})));
}

TEST(PostalDispatchDeciderTest, AnItemInTheRightHandsIsNotSilent) {
  auto given = ordered();
  given.when(TimerFired{1});
  const auto done = given.when(scanned(delivered(local("2026-03-03 15:00"))));
  EXPECT_TRUE(first_of<SilenceEnded>(done.events));
  EXPECT_THAT(done.timers, ElementsAre(TimerChange(ClearTimer{1})));
}

TEST(PostalDispatchDeciderTest, GivesOutNumbersOfTheRangeUntilItEnds) {
  Given given;
  auto wanted = order();
  wanted.item.clear();
  wanted.numbers = {"RR", 47312482, 47312483};
  given.when(give(wanted));
  EXPECT_EQ(only(given).item, kItem);
  given.when(give(wanted));
  EXPECT_EQ(reason_of(given.when(give(wanted))), "NUMBER_RANGE_EXHAUSTED");
  EXPECT_THAT(std::get<DossierPost>(given.state()).shipments, SizeIs(2));
  for (const auto& [key, number] : given.context.numbers)
    EXPECT_EQ(key.find('|'), std::string::npos) << "a ledger ends the counter of a period when the next begins";
}

TEST(PostalDispatchDeciderTest, OrdersWithTheCarrierByIntentAndTakesItsAnswerOnce) {
  Given given;
  auto wanted = order();
  wanted.place_order = true;
  wanted.item.clear();
  EXPECT_THAT(given.when(give(wanted)).intents,
              ElementsAre(Intent{static_cast<std::uint32_t>(IntentType::kPlaceOrder), "1"}));
  given.when(Outcome{1, "1", "", "QUOTA_EXCEEDED"});
  EXPECT_EQ(only(given).order, OrderState::kRefused);
  EXPECT_THAT(given.when(give(PlaceOrderAgain{1})).intents, SizeIs(1));
  given.when(Outcome{1, "1", kItem, ""});
  EXPECT_EQ(only(given).order, OrderState::kPlaced);
  EXPECT_EQ(only(given).item, kItem);
  EXPECT_THAT(given.when(Outcome{1, "1", "RR473124832VN", ""}).events, IsEmpty());
  EXPECT_EQ(reason_of(given.when(give(PlaceOrderAgain{1}))), "ORDER_NOT_REFUSED");
}

TEST(PostalDispatchDeciderTest, CancelsOnlyWhatThePostHasNotGot) {
  auto given = ordered();
  given.when(give(StateMilestone{1, Milestone::kHandedToPost, "", ""}));
  EXPECT_EQ(reason_of(given.when(give(CancelShipment{1, "WRONG_ADDRESS"}))), "ALREADY_WITH_POST");
  auto fresh = ordered();
  EXPECT_EQ(reason_of(fresh.when(give(CancelShipment{1, "WRONG_ADDRESS"}))), "");
  EXPECT_EQ(standing_of(only(fresh)).stable, StableState::kCancelled);
  EXPECT_EQ(reason_of(fresh.when(give(CancelShipment{1, "WRONG_ADDRESS"}))), "SHIPMENT_ENDED");
}

TEST(PostalDispatchDeciderTest, AnswersForAForeignShipmentAsForAMissingOne) {
  auto given = ordered();
  const std::vector<CommandBody> bodies = {CancelShipment{1, "X"}, PlaceOrderAgain{1},
                                           StateMilestone{1, Milestone::kHandedToPost, "", ""}, order()};
  for (const auto& body : bodies) {
    const auto foreign = given.when(give(body, "elsewhere"));
    ASSERT_TRUE(foreign.refusal);
    EXPECT_EQ(foreign.refusal->reason, "SHIPMENT_NOT_FOUND");
  }
  Given empty;
  EXPECT_EQ(reason_of(empty.when(give(CancelShipment{1, "X"}))), "SHIPMENT_NOT_FOUND");
  EXPECT_EQ(reason_of(given.when(give(StateMilestone{1, Milestone::kDelivered, "", ""}))), "MILESTONE_NOT_STATED");
}

// Source: QĐ 45/2016/QĐ-TTg: the desk opens with the postman and signs; the dossier is received when the desk accepts it.
TEST(PostalDispatchDeciderTest, ADossierByPostIsInThePostsCustodyUntilTheDeskSigns) {
  auto given = ordered(order(ShipmentKind::kToDesk));
  given.when(scanned(scan(Milestone::kPickedUp, local("2026-03-02 09:00"))));
  EXPECT_EQ(paper_of(std::get<DossierPost>(given.state()), Bundle::kDossier).place, PaperPlace::kPost);
  given.context.now = local("2026-03-03 10:00");
  given.when(give(StateMilestone{1, Milestone::kHandedToAgency, "", ""}));
  const auto standing = standing_of(only(given));
  EXPECT_THAT(standing.custody, ElementsAre(PostalCustody{local("2026-03-02 09:00"), local("2026-03-03 10:00")}));
  const auto paper = paper_of(std::get<DossierPost>(given.state()), Bundle::kDossier);
  EXPECT_EQ(paper.place, PaperPlace::kAgency);
  EXPECT_EQ(paper.holder, "COMMUNE");
}

// ---- bags

DossierName dossier(const std::string& home, char number) {
  DossierName name{*HomeKey::parse(home), {}};
  name.id.bytes[0] = static_cast<std::uint8_t>(number);
  return name;
}
CreateBag bag_of(std::vector<BagLine> lines) {
  return {kHome, "DISTRICT", "vnpost", {"BG", 1, 100}, kTown, std::move(lines)};
}
const std::vector<BagLine> kTwoDesks = {{dossier("C01", 1), Bundle::kDossier, {{"DON", 1}, {"BAN_VE", 3}}},
                                        {dossier("D01", 2), Bundle::kDossier, {{"DON", 1}}}};

Given sealed_bag() {
  Given given;
  EXPECT_EQ(reason_of(given.when(give(bag_of(kTwoDesks)))), "");
  EXPECT_EQ(reason_of(given.when(give(SealBag{"N-77"}))), "");
  return given;
}
std::vector<Telling> tellings(const Decision<Event>& decision) {
  std::vector<Telling> out;
  for (const auto& intent : decision.intents) {
    const auto telling = decode_telling(intent.payload);
    EXPECT_TRUE(telling);
    if (telling) out.push_back(*telling);
  }
  return out;
}
BagFact fact_in(const Telling& telling) { return std::get<TellOfBag>(telling.what).fact; }

TEST(PostalDispatchDeciderTest, TellsEveryDossierOfABagInItsOwnLane) {
  Given given;
  given.when(give(bag_of(kTwoDesks)));
  const auto told = tellings(given.when(give(SealBag{"N-77"})));
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0].target, dossier("C01", 1));
  EXPECT_EQ(told[1].target, dossier("D01", 2));
  EXPECT_EQ(fact_in(told[1]).kind, BagFactKind::kSealed);
  EXPECT_EQ(fact_in(told[1]).number, std::get<Bag>(given.state()).shipment.item);
  EXPECT_THAT(fact_in(told[0]).papers, ElementsAre(PaperCount{"DON", 1}, PaperCount{"BAN_VE", 3}));
}

TEST(PostalDispatchDeciderTest, CountsABagAndTellsWhatIsMissingOrExtra) {
  auto given = sealed_bag();
  const auto decision =
      given.when(give(OpenBag{"N-77",
                              {{dossier("C01", 1), Bundle::kDossier, {{"DON", 1}, {"BAN_VE", 2}, {"ANH", 1}}},
                               {dossier("C01", 9), Bundle::kDossier, {{"DON", 1}}}}}));
  const auto told = tellings(decision);
  ASSERT_THAT(told, SizeIs(3));
  EXPECT_THAT(fact_in(told[0]).missing, ElementsAre(PaperCount{"BAN_VE", 1}));
  EXPECT_THAT(fact_in(told[0]).extra, ElementsAre(PaperCount{"ANH", 1}));
  EXPECT_EQ(fact_in(told[1]).kind, BagFactKind::kMissing);
  EXPECT_THAT(fact_in(told[1]).missing, ElementsAre(PaperCount{"DON", 1}));
  EXPECT_EQ(told[2].target, dossier("C01", 9));
  EXPECT_THAT(fact_in(told[2]).extra, ElementsAre(PaperCount{"DON", 1}));
  EXPECT_THAT(differences_of(std::get<Bag>(given.state())), SizeIs(3));
  EXPECT_THAT(Decider::index_entries(given.state()),
              Contains(IndexEntry{"bags", "COMMUNE/differs", local("2026-03-02 08:00").micros, ""}));
  EXPECT_EQ(standing_of(std::get<Bag>(given.state()).shipment).stable, StableState::kDelivered);
}

TEST(PostalDispatchDeciderTest, FindsNothingWrongWithABagThatIsRight) {
  auto given = sealed_bag();
  given.when(give(OpenBag{"N-77", kTwoDesks}));
  EXPECT_THAT(differences_of(std::get<Bag>(given.state())), IsEmpty());
  for (const auto& entry : Decider::index_entries(given.state())) EXPECT_NE(entry.key, "COMMUNE/differs");
}

TEST(PostalDispatchDeciderTest, ListsABagWhoseSealIsAnother) {
  auto given = sealed_bag();
  given.when(give(OpenBag{"N-78", kTwoDesks}));
  EXPECT_THAT(Decider::index_entries(given.state()),
              Contains(IndexEntry{"bags", "COMMUNE/differs", local("2026-03-02 08:00").micros, ""}));
}

TEST(PostalDispatchDeciderTest, RefusesWhatABagMayNotHold) {
  Given given;
  auto twice = kTwoDesks;
  twice.push_back(kTwoDesks[0]);
  EXPECT_EQ(reason_of(given.when(give(bag_of(twice)))), "DOSSIER_LISTED_TWICE");
  EXPECT_EQ(reason_of(given.when(give(bag_of({})))), "BAG_SIZE_INVALID");
  EXPECT_EQ(reason_of(given.when(give(bag_of({{dossier("C01", 1), Bundle::kDossier, {}}})))), "BAG_LINE_EMPTY");
  auto nowhere = bag_of(kTwoDesks);
  nowhere.destination = "NOWHERE";
  EXPECT_EQ(reason_of(given.when(give(nowhere))), "AGENCY_UNKNOWN");
  auto stranger = bag_of(kTwoDesks);
  stranger.home = *HomeKey::parse("Z99");
  EXPECT_EQ(reason_of(given.when(give(stranger))), "HOME_KEY_UNKNOWN");
  EXPECT_EQ(given.state(), State{});
}

TEST(PostalDispatchDeciderTest, AnAgencyWithoutADeskSendsBagsUnderItsOwnCode) {
  Given given;
  auto back = bag_of(kTwoDesks);
  back.home = *HomeKey::parse("PROVINCE");
  back.destination = "COMMUNE";
  EXPECT_EQ(reason_of(given.when(give(back, "desk"))), "BAG_NOT_FOUND") << "who may not act for it sees nothing";
  ASSERT_EQ(reason_of(given.when(give(back))), "");
  EXPECT_EQ(std::get<Bag>(given.state()).sender, "PROVINCE");
  EXPECT_THAT(given.context.numbers, Contains(::testing::Key("PROVINCE:item:vnpost:BG")));
  Given unnumbered;
  back.numbers = {};
  EXPECT_EQ(reason_of(unnumbered.when(give(back))), "NUMBER_RANGE_MISSING");
}

TEST(PostalDispatchDeciderTest, ABagIsSealedOnceAndOpenedOnceByItsReceiver) {
  Given open;
  open.when(give(bag_of(kTwoDesks)));
  EXPECT_EQ(reason_of(open.when(give(OpenBag{"N-77", kTwoDesks}))), "BAG_NOT_SEALED");
  auto given = sealed_bag();
  EXPECT_EQ(reason_of(given.when(give(SealBag{"N-78"}))), "BAG_ALREADY_SEALED");
  EXPECT_EQ(reason_of(given.when(give(OpenBag{"N-77", kTwoDesks}, "desk"))), "BAG_NOT_FOUND") << "the sender is no receiver";
  EXPECT_EQ(reason_of(given.when(give(OpenBag{"N-77", kTwoDesks}, "elsewhere"))), "");
  const auto before = given.state();
  EXPECT_EQ(reason_of(given.when(give(OpenBag{"N-77", kTwoDesks}))), "BAG_ALREADY_OPENED");
  EXPECT_EQ(given.state(), before);
}

TEST(PostalDispatchDeciderTest, ABagFallsSilentFromItsSealOn) {
  Given given;
  given.when(give(bag_of(kTwoDesks)));
  given.context.now = local("2026-03-02 15:00");
  EXPECT_THAT(given.when(give(SealBag{"N-77"})).timers, ElementsAre(TimerChange(ArmTimer{1, local("2026-03-03 15:00")})));
}

BagFact in_bag(BagFactKind kind, const std::string& time, std::string agency) {
  return {dossier("C01", 7), "BG000000015VN", kind, Bundle::kDossier, std::move(agency), local(time), {{"DON", 1}}, {}, {}};
}

TEST(PostalDispatchDeciderTest, NamesADossierThatCouldNotBeTold) {
  auto given = sealed_bag();
  const auto payload =
      encode(Telling{dossier("C01", 1), TellOfBag{kHome, in_bag(BagFactKind::kSealed, "2026-03-02 10:00", "COMMUNE")}});
  given.when(Outcome{static_cast<std::uint32_t>(IntentType::kTell), payload, "", "PERMISSION_DENIED"});
  EXPECT_THAT(std::get<Bag>(given.state()).untold,
              ElementsAre(FailedTelling{shared_kernel::format_dossier_name(dossier("C01", 1)), "PERMISSION_DENIED"}));
  EXPECT_THAT(given.when(Outcome{static_cast<std::uint32_t>(IntentType::kTell), payload, "", ""}).events, IsEmpty());
}

TEST(PostalDispatchDeciderTest, ShowsWhenDataAndPaperAreApart) {
  Given given;
  given.when(give(TellOfBag{kHome, in_bag(BagFactKind::kSealed, "2026-03-02 10:00", "COMMUNE")}));
  given.when(passed("2026-03-02 11:00"));
  auto paper = paper_of(std::get<DossierPost>(given.state()), Bundle::kDossier);
  EXPECT_EQ(paper.place, PaperPlace::kBag);
  EXPECT_EQ(paper.holder, "BG000000015VN");
  EXPECT_TRUE(paper.apart_from_data);
  given.when(give(TellOfBag{kHome, in_bag(BagFactKind::kReceived, "2026-03-03 09:00", "DISTRICT")}));
  paper = paper_of(std::get<DossierPost>(given.state()), Bundle::kDossier);
  EXPECT_EQ(paper.place, PaperPlace::kAgency);
  EXPECT_EQ(paper.since, local("2026-03-03 09:00"));
  EXPECT_FALSE(paper.apart_from_data);
}

const DossierPost& post_of(const Given& given) { return std::get<DossierPost>(given.state()); }

// The usual order: the agency works with the data while the desk still packs.
TEST(PostalDispatchDeciderTest, RemembersWhereTheDataAreBeforeAnyPaperIsKnown) {
  Given given;
  given.when(passed("2026-03-02 09:00"));
  EXPECT_THAT(Decider::index_entries(given.state()), IsEmpty()) << "no paper, nothing is apart";
  given.when(give(TellOfBag{kHome, in_bag(BagFactKind::kSealed, "2026-03-02 10:00", "COMMUNE")}));
  EXPECT_EQ(post_of(given).data_at, "DISTRICT");
  const auto paper = paper_of(post_of(given), Bundle::kDossier);
  EXPECT_EQ(paper.holder, "BG000000015VN");
  EXPECT_TRUE(paper.apart_from_data);
  EXPECT_THAT(Decider::index_entries(given.state()),
              ElementsAre(IndexEntry{"apart", "DISTRICT", local("2026-03-02 10:00").micros, ""}));
}

TEST(PostalDispatchDeciderTest, TheLastOfTwoPassesAtOneTimeCounts) {
  Given given;
  given.when(passed("2026-03-02 09:00"));
  given.when(Reported{{{local("2026-03-02 09:00"), DataPassed{"PROVINCE", local("2026-03-02 09:00")}}}});
  EXPECT_EQ(post_of(given).data_at, "PROVINCE");
  given.when(passed("2026-03-02 08:00"));
  EXPECT_EQ(post_of(given).data_at, "PROVINCE") << "an earlier pass that is told late";
}

TEST(PostalDispatchDeciderTest, KnowsThePapersOfTheCounterAndListsThemWithBothAgenciesUntilTheyHaveFollowed) {
  Given given;
  given.when(Reported{{{local("2026-03-02 08:00"), PaperHandedIn{kHome, "COMMUNE", {{"DON", 2}}}}}});
  const auto paper = paper_of(post_of(given), Bundle::kDossier);
  EXPECT_EQ(paper.place, PaperPlace::kAgency);
  EXPECT_EQ(paper.holder, "COMMUNE");
  EXPECT_EQ(paper.since, local("2026-03-02 08:00"));
  EXPECT_THAT(paper.papers, ElementsAre(PaperCount{"DON", 2}));
  EXPECT_FALSE(paper.apart_from_data);
  EXPECT_EQ(paper_of(post_of(given), Bundle::kResult).place, PaperPlace::kUnknown);
  given.when(passed("2026-03-02 09:00"));
  const auto since = local("2026-03-02 09:00").micros;
  EXPECT_THAT(Decider::index_entries(given.state()),
              ElementsAre(IndexEntry{"apart", "DISTRICT", since, ""}, IndexEntry{"apart", "COMMUNE", since, ""}));
  given.when(give(TellOfBag{kHome, in_bag(BagFactKind::kSealed, "2026-03-02 10:00", "COMMUNE")}));
  given.when(give(TellOfBag{kHome, in_bag(BagFactKind::kReceived, "2026-03-03 09:00", "DISTRICT")}));
  EXPECT_THAT(Decider::index_entries(given.state()), IsEmpty());
}

TEST(PostalDispatchDeciderTest, HearsOfABagOnceInAnyOrderFromServicesOnly) {
  const auto sealed = in_bag(BagFactKind::kSealed, "2026-03-02 10:00", "COMMUNE");
  const auto received = in_bag(BagFactKind::kReceived, "2026-03-03 09:00", "DISTRICT");
  Given straight;
  straight.when(give(TellOfBag{kHome, sealed}));
  straight.when(give(TellOfBag{kHome, received}));
  Given crossed;
  crossed.when(give(TellOfBag{kHome, received}));
  crossed.when(give(TellOfBag{kHome, sealed}));
  EXPECT_THAT(crossed.when(give(TellOfBag{kHome, sealed})).events, IsEmpty());
  EXPECT_EQ(crossed.state(), straight.state());
  EXPECT_EQ(reason_of(crossed.when(give(TellOfBag{kHome, sealed}, "desk"))), "SHIPMENT_NOT_FOUND");
}

// ---- cash

TEST(PostalDispatchDeciderTest, TellsTheDayOfSettlementOfEveryCollection) {
  auto given = ordered(order(ShipmentKind::kResult, 35'000));
  auto cash = scan(Milestone::kCodCollected, local("2026-03-03 15:00"));
  cash.amount = 30'000;
  cash.receipt = "BL-1";
  const auto told = tellings(given.when(scanned(cash)));
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].target, settlement_name(kHome, "vnpost", shared_kernel::day_of(local("2026-03-03 15:00"))));
  const auto added = std::get<AddCollection>(told[0].what);
  EXPECT_EQ(added.collection.amount, 30'000);
  EXPECT_EQ(added.collection.owed, 35'000);
  EXPECT_EQ(added.collection.receipt, "BL-1");
  EXPECT_THAT(given.when(scanned(cash)).intents, IsEmpty()) << "doubled scans collect nothing twice";
}

Collection collection(char number, std::int64_t amount, std::int64_t owed, std::string item) {
  return {dossier("C01", number), 1, std::move(item), amount, owed, "BL", local("2026-03-02 15:00")};
}
const LocalDay kDay = shared_kernel::make_day(2026, 3, 2);
Cause collected(Collection one) { return give(AddCollection{kHome, "vnpost", kDay, std::move(one)}); }
Cause declared(std::vector<DeclaredLine> lines, std::int64_t paid) {
  return give(DeclareSettlement{kHome, "vnpost", kDay, std::move(lines), paid});
}

TEST(PostalDispatchDeciderTest, SettlesADayThatBalancesAndTellsItsShipments) {
  Given given;
  given.when(collected(collection(1, 35'000, 35'000, "A")));
  given.when(collected(collection(2, 8'000, 8'000, "B")));
  EXPECT_THAT(given.when(collected(collection(2, 8'000, 8'000, "B"))).events, IsEmpty());
  const auto decision = given.when(declared({{"A", 35'000}, {"B", 8'000}}, 43'000));
  EXPECT_TRUE(first_of<SettlementCompared>(decision.events)->balanced);
  const auto told = tellings(decision);
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(std::get<TellOfSettlement>(told[1].what).amount, 8'000);
  EXPECT_EQ(reason_of(given.when(declared({}, 0))), "SETTLEMENT_BALANCED");
  EXPECT_THAT(Decider::index_entries(given.state()),
              ElementsAre(IndexEntry{"settlements", "C01/vnpost/balanced", kDay.days, ""}));
}

TEST(PostalDispatchDeciderTest, ListsEveryDifferenceOfADayThatDoesNotBalance) {
  Given given;
  given.when(collected(collection(1, 34'999, 35'000, "A")));
  given.when(collected(collection(2, 8'000, 8'000, "B")));
  const auto decision = given.when(declared({{"A", 34'999}, {"C", 5'000}}, 39'000));
  EXPECT_FALSE(first_of<SettlementCompared>(decision.events)->balanced);
  EXPECT_THAT(decision.intents, IsEmpty());
  EXPECT_THAT(differences_of(std::get<Settlement>(given.state())),
              ElementsAre(SettlementDifference{"A", 35'000, 34'999}, SettlementDifference{"B", 8'000, 0},
                          SettlementDifference{"C", 0, 5'000}, SettlementDifference{"", 39'999, 39'000}));
}

TEST(PostalDispatchDeciderTest, MarksTheCashOfAShipmentSettledOnce) {
  auto given = ordered(order(ShipmentKind::kResult, 35'000));
  EXPECT_EQ(reason_of(given.when(give(TellOfSettlement{1, "vnpost", 35'000, local("2026-03-04 09:00")}))), "");
  EXPECT_TRUE(standing_of(only(given)).cod_settled);
  EXPECT_THAT(given.when(give(TellOfSettlement{1, "vnpost", 35'000, local("2026-03-04 10:00")})).events, IsEmpty());
}

// ---- scans that belong to nothing known

const UnmatchedScan kStray{"vnpost", "RR473124832VN", "X9", local("2026-03-02 07:00"), "700000", "", 0, "", "ITEM_UNKNOWN"};

TEST(PostalDispatchDeciderTest, KeepsAScanNobodyCouldMatchOnceAndUntilSomebodySeesToIt) {
  Given given;
  EXPECT_EQ(reason_of(given.when(give(KeepScan{kStray}, "reader"))), "SCAN_NOT_FOUND") << "it reports no scans";
  EXPECT_TRUE(first_of<ScanKept>(given.when(give(KeepScan{kStray})).events));
  EXPECT_THAT(given.when(give(KeepScan{kStray})).events, IsEmpty());
  EXPECT_THAT(Decider::index_entries(given.state()),
              ElementsAre(IndexEntry{"unmatched", "vnpost", local("2026-03-02 08:00").micros, ""}));
  EXPECT_EQ(reason_of(given.when(give(CloseScan{ScanFate::kDismissed, "X"}, "desk"))), "SCAN_NOT_FOUND")
      << "it is every office's or none's";
  EXPECT_TRUE(first_of<ScanClosed>(given.when(give(CloseScan{ScanFate::kDismissed, "FOREIGN_ITEM"})).events));
  EXPECT_THAT(Decider::index_entries(given.state()), IsEmpty());
  const auto before = given.state();
  EXPECT_EQ(reason_of(given.when(give(CloseScan{}))), "SCAN_CLOSED");
  EXPECT_THAT(given.when(give(KeepScan{kStray})).events, IsEmpty()) << "sent again, it stays put aside";
  EXPECT_EQ(given.state(), before);
  Given nothing;
  EXPECT_EQ(reason_of(nothing.when(give(CloseScan{}))), "SCAN_NOT_FOUND");
}

TEST(PostalDispatchDeciderTest, NamesAnUnmatchedScanByCarrierItemCodeAndTime) {
  auto other = kStray;
  other.reason = "CARRIER_CODE_UNKNOWN";
  EXPECT_EQ(unmatched_name(kStray), unmatched_name(other));
  other.raw_code = "X8";
  EXPECT_NE(unmatched_name(kStray), unmatched_name(other));
}

// ---- the table of the README

std::string outcome(Given given, const Cause& cause) {
  const auto decision = given.when(cause);
  if (decision.refusal) return '`' + decision.refusal->reason + '`';
  const auto changed = first_of<StandingChanged>(decision.events);
  if (changed) return "**" + std::string(name_of(changed->stable)) + "**";
  return decision.events.empty() ? "nothing" : "stays";
}

Given after(Milestone milestone) {
  auto given = ordered(order(ShipmentKind::kToDesk));
  if (milestone == Milestone::kOrdered) return given;
  auto entry = scan(milestone, local("2026-03-03 09:00"));
  if (milestone == Milestone::kDelivered) entry.proofs = {proof()};
  given.when(scanned(entry));
  return given;
}

std::string row(const std::string& name, const Given& given) {
  const auto standing = standing_of(only(given));
  auto fired = given;
  const bool rings = first_of<SilenceBegan>(fired.when(TimerFired{1}).events).has_value();
  std::string out = "| " + name + " | " + std::string(name_of(standing.stable));
  if (!standing.reason.empty()) out += ": " + standing.reason;
  out += std::string(" | ") + (standing.with_post() ? "yes" : "no") + " | " + (rings ? "yes" : "no");
  out += " | " + outcome(given, scanned(scan(Milestone::kInTransit, local("2026-03-04 09:00"))));
  out += " | " + outcome(given, give(StateMilestone{1, Milestone::kHandedToAgency, "", ""}));
  out += " | " + outcome(given, give(CancelShipment{1, "X"}));
  return out + " |\n";
}

TEST(PostalDispatchDeciderTest, TableOfTheReadmeIsWhatTheDeciderDoes) {
  std::string table =
      "| last milestone | stable state: reason | the post has it | alarm | later scan IN_TRANSIT | desk: HANDED_TO_AGENCY | "
      "CancelShipment |\n|---|---|---|---|---|---|---|\n";
  for (const auto milestone : kMilestones) {
    table += row(std::string(name_of(milestone)), after(milestone));
    if (milestone != Milestone::kDelivered) continue;
    auto unproved = ordered(order(ShipmentKind::kToDesk));
    unproved.when(scanned(scan(Milestone::kDelivered, local("2026-03-03 09:00"))));
    table += row("DELIVERED, without proof", unproved);
  }
  test_support::expect_table_in(LIENTHONG_SOURCE_DIR "/services/postal_dispatch/README.md", "states", table);
}

TEST(PostalDispatchTellingTest, ReadsWhatItWrote) {
  const std::vector<Telling> all = {
      {dossier("C01", 1), TellOfBag{kHome, in_bag(BagFactKind::kMissing, "2026-03-02 10:00", "X")}},
      {dossier("D01", 2), AddCollection{kHome, "vnpost", kDay, collection(1, 5, 7, "A")}},
      {dossier("D01", 3), TellOfSettlement{4, "vnpost", 9, local("2026-03-02 10:00")}}};
  for (const auto& one : all) {
    const auto bytes = encode(one);
    ASSERT_TRUE(decode_telling(bytes));
    EXPECT_EQ(*decode_telling(bytes), one);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(decode_telling(bytes.substr(0, cut))) << cut;
    EXPECT_FALSE(decode_telling(bytes + "x"));
  }
}

}  // namespace
}  // namespace lienthong::postal_dispatch
