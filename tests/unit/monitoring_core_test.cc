#include "monitoring/core/dossier.h"
#include "monitoring/core/reconciliation.h"
#include "monitoring/core/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::monitoring {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
Instant at(double seconds) {
  return {static_cast<std::int64_t>(seconds * static_cast<double>(kSecond)) + 1'000'000 * kSecond};
}

/// Builds decisions of one dossier; each ledger's blocks are numbered by its own decisions.
struct Story {
  std::vector<Decision> decisions;
  std::uint64_t seq[kLedgers + 1] = {};

  Decision& add(LedgerNo ledger, double seconds, CauseKind cause, const DecisionRef& source, std::vector<Event> events) {
    auto& decision = decisions.emplace_back();
    decision.seq = ++seq[static_cast<std::size_t>(ledger)];
    decision.at = {ledger, decision.seq, 0};
    decision.decided_at = at(seconds);
    decision.cause = cause;
    decision.source = source;
    decision.events = std::move(events);
    return decision;
  }
};

Event event(What what, LegRef leg = {}, std::string agency = {}) {
  Event out;
  out.what = what;
  out.leg = leg;
  out.agency = std::move(agency);
  return out;
}
Event status(std::uint32_t to) {
  Event out = event(What::kStatusChanged);
  out.status = to;
  return out;
}
Event custody(std::string from, std::uint32_t leg, std::string to, std::int64_t holder_minutes, std::int64_t desk_minutes) {
  Event out = event(What::kCustodyPassed);
  out.custody = Custody{HolderKind::kAgency, std::move(from), leg, at(0), at(100), 1, holder_minutes, desk_minutes};
  out.to_holder = HolderKind::kAgency;
  out.to_agency = std::move(to);
  return out;
}

/// Received at the desk, offered to the police, accepted, completed, confirmed, handed over.
Story one_leg() {
  Story story;
  const LegRef leg{1, 1};
  Event received = event(What::kReceived);
  received.home_key = "H47.22.01";
  received.dossier_code = "H47.22.01-260101-0001";
  received.procedure_code = "1.001776";
  received.received_by = "H47.22.01";
  received.due = at(86'400);
  Event offered = event(What::kLegOffered, leg, "POLICE");
  offered.sender = "H47.22.01";
  offered.due = at(3600);
  Event returned = event(What::kLegReturned, leg, "POLICE");
  returned.late = true;

  story.add(LedgerNo::kIntake, 0, CauseKind::kCommand, {}, {received, status(2)});
  story.add(LedgerNo::kRouting, 0.1, CauseKind::kInput, {LedgerNo::kIntake, 1, 0}, {offered});
  story.add(LedgerNo::kAgencyProcessing, 0.3, CauseKind::kInput, {LedgerNo::kRouting, 1, 0},
            {event(What::kWorkArrived, leg, "POLICE")});
  story.add(LedgerNo::kAgencyProcessing, 50, CauseKind::kCommand, {}, {event(What::kOther, leg, "POLICE")});
  story.add(LedgerNo::kRouting, 50.5, CauseKind::kInput, {LedgerNo::kAgencyProcessing, 2, 0},
            {event(What::kLegStarted, leg, "POLICE"), custody("H47.22.01", 1, "POLICE", 1, 1)});
  story.add(LedgerNo::kAgencyProcessing, 60, CauseKind::kCommand, {}, {event(What::kOther, leg, "POLICE")});
  story.add(LedgerNo::kRouting, 60.2, CauseKind::kInput, {LedgerNo::kAgencyProcessing, 3, 0},
            {returned, custody("POLICE", 1, "H47.22.01", 30, 25)});
  return story;
}

Dossier folded(const std::vector<Decision>& decisions) {
  Dossier dossier;
  for (const auto& decision : decisions) apply(dossier, decision);
  return dossier;
}

TEST(MonitoringDossier, IsTheSameInWhateverOrderTheLedgersAreRead) {
  const auto story = one_leg();
  const auto first = folded(story.decisions);
  for (const auto front : {LedgerNo::kIntake, LedgerNo::kRouting, LedgerNo::kAgencyProcessing}) {
    auto other = story.decisions;
    std::stable_partition(other.begin(), other.end(), [front](const auto& one) { return one.at.ledger == front; });
    const auto again = folded(other);
    EXPECT_EQ(again.status, first.status);
    EXPECT_EQ(again.holder, first.holder);
    EXPECT_EQ(again.code, first.code);
    EXPECT_EQ(again.created, first.created);
    EXPECT_EQ(again.due, first.due);
    EXPECT_EQ(again.unanswered() == nullptr, first.unanswered() == nullptr);
  }
  EXPECT_EQ(first.holder, "H47.22.01");
  EXPECT_EQ(first.code, "H47.22.01-260101-0001");
}

TEST(MonitoringDossier, WaitsForTheAgencyFromTheOfferUntilItsAnswer) {
  const auto story = one_leg();
  Dossier dossier;
  for (std::size_t i = 0; i < 2; ++i) apply(dossier, story.decisions[i]);
  ASSERT_NE(dossier.unanswered(), nullptr);
  EXPECT_EQ(dossier.unanswered()->agency, "POLICE");
  EXPECT_EQ(dossier.unanswered()->unanswered_since, at(0.1));
  EXPECT_EQ(folded(story.decisions).unanswered(), nullptr);
}

TEST(MonitoringDossier, IsParkedFromItsParkUntilTheOperatorsWord) {
  Story story = one_leg();
  story.add(LedgerNo::kRouting, 70, CauseKind::kPark, {LedgerNo::kAgencyProcessing, 4, 0}, {}).note = "CATALOGUE_INCOMPLETE";
  auto dossier = folded(story.decisions);
  EXPECT_EQ(dossier.parked_in(), LedgerNo::kRouting);
  EXPECT_EQ(dossier.strand(LedgerNo::kRouting).park_reason, "CATALOGUE_INCOMPLETE");
  story.add(LedgerNo::kRouting, 80, CauseKind::kResume, {}, {}).note = "PROPOSE_SKIP";
  EXPECT_EQ(folded(story.decisions).parked_in(), LedgerNo::kRouting) << "one person's word is not enough";
  story.add(LedgerNo::kRouting, 81, CauseKind::kResume, {}, {}).note = "SKIP";
  EXPECT_EQ(folded(story.decisions).parked_in(), LedgerNo::kNone);
}

TEST(MonitoringDossier, StandsToItsAppointmentAsTheClockSays) {
  auto dossier = folded(one_leg().decisions);
  const auto due = dossier.due;
  EXPECT_EQ(due_state(dossier, due - std::chrono::hours(25)), DueState::kOnTrack);
  EXPECT_EQ(due_state(dossier, due - std::chrono::hours(24)), DueState::kDueSoon);
  EXPECT_EQ(due_state(dossier, due + Duration(1)), DueState::kOverdue);
  dossier.paused = true;
  EXPECT_EQ(due_state(dossier, due + Duration(1)), DueState::kPaused);
  dossier.closed = due;
  EXPECT_EQ(due_state(dossier, due + Duration(1)), DueState::kNone);
}

TEST(MonitoringDossier, KeepsOnlyTimersThatAreArmed) {
  Story story;
  story.add(LedgerNo::kRouting, 1, CauseKind::kInput, {}, {}).timers = {{1, at(50)}, {2, at(40)}};
  EXPECT_EQ(folded(story.decisions).strand(LedgerNo::kRouting).next_timer(), at(40));
  story.add(LedgerNo::kRouting, 40, CauseKind::kTimer, {}, {}).timer = 2;
  EXPECT_EQ(folded(story.decisions).strand(LedgerNo::kRouting).next_timer(), at(50));
  story.add(LedgerNo::kRouting, 41, CauseKind::kInput, {}, {}).timers = {{1, {}}};
  EXPECT_EQ(folded(story.decisions).strand(LedgerNo::kRouting).next_timer(), Instant{});
}

Event paper(What what, std::uint32_t shipment, Instant when, std::uint32_t stable = 0, std::string reason = {}) {
  Event out = event(what);
  out.paper.emplace().shipment = shipment;
  out.paper->at = when;
  out.paper->stable = stable;
  out.reason_code = std::move(reason);
  return out;
}
Event notice(What what, std::uint32_t number, std::uint32_t phase, std::string reason = {}) {
  Event out = event(what);
  out.notice.emplace().notice = number;
  out.notice->phase = phase;
  out.reason_code = std::move(reason);
  return out;
}

TEST(MonitoringDossier, HasASilentShipmentFromTheAlarmUntilItIsHeardOf) {
  Story story;
  auto ordered = paper(What::kShipmentOrdered, 2, at(10));
  ordered.agency = "H47.22.01";
  story.add(LedgerNo::kPostalDispatch, 10, CauseKind::kCommand, {}, {ordered});
  EXPECT_EQ(folded(story.decisions).silent(), nullptr);
  story.add(LedgerNo::kPostalDispatch, 90'000, CauseKind::kTimer, {}, {paper(What::kSilenceBegan, 2, at(20))});
  const auto dossier = folded(story.decisions);
  ASSERT_NE(dossier.silent(), nullptr);
  EXPECT_EQ(dossier.silent()->silent_since, at(20)) << "since it was last heard of";
  EXPECT_EQ(dossier.silent()->agency, "H47.22.01");
  story.add(LedgerNo::kPostalDispatch, 90'100, CauseKind::kCommand, {}, {paper(What::kSilenceEnded, 2, {})});
  EXPECT_EQ(folded(story.decisions).silent(), nullptr);
}

TEST(MonitoringDossier, HasARefusedOrderUntilItIsPlacedAgain) {
  Story story;
  story.add(LedgerNo::kPostalDispatch, 10, CauseKind::kOutcome, {},
            {paper(What::kOrderRefused, 1, {}, 0, "ADDRESS_UNKNOWN")});
  const auto dossier = folded(story.decisions);
  ASSERT_NE(dossier.refused(), nullptr);
  EXPECT_EQ(dossier.refused()->refused_since, at(10));
  EXPECT_EQ(dossier.refused()->reason, "ADDRESS_UNKNOWN");
  story.add(LedgerNo::kPostalDispatch, 20, CauseKind::kCommand, {}, {paper(What::kOrderRepeated, 1, {})});
  EXPECT_EQ(folded(story.decisions).refused(), nullptr);
}

TEST(MonitoringDossier, HasAnUndeliveredNoticeOnlyWhenNoOtherTookItsPlace) {
  constexpr std::uint32_t kPermanent = 6;
  Story story;
  story.add(LedgerNo::kNotification, 1, CauseKind::kInput, {}, {notice(What::kNoticeCreated, 1, 1)});
  story.add(LedgerNo::kNotification, 2, CauseKind::kOutcome, {},
            {notice(What::kNoticeFailed, 1, kPermanent, "SMTP_550"), notice(What::kNoticeCreated, 2, 1)});
  EXPECT_FALSE(folded(story.decisions).untold()) << "the text message comes in place of the mail";
  story.add(LedgerNo::kNotification, 3, CauseKind::kOutcome, {}, {notice(What::kNoticeFailed, 2, kPermanent, "NO_ADDRESS")});
  const auto dossier = folded(story.decisions);
  ASSERT_TRUE(dossier.untold());
  EXPECT_EQ(dossier.untold()->notice, 2U);
  EXPECT_EQ(dossier.untold()->since, at(3));
  EXPECT_EQ(dossier.untold()->reason, "NO_ADDRESS");
  for (const auto ends : {What::kNoticeRetried, What::kNoticeDelivered, What::kNoticeCancelled}) {
    auto later = story;
    later.add(LedgerNo::kNotification, 9, CauseKind::kCommand, {}, {notice(ends, 2, 5)});
    EXPECT_FALSE(folded(later.decisions).untold());
  }
}

TEST(MonitoringDossier, HasNoUndeliveredNoticeWhereThePortalTellsTheSame) {
  constexpr std::uint64_t kReceived = 7;
  constexpr std::uint64_t kResultReady = 8;
  const auto made = [](std::uint32_t number, std::uint64_t telling) {
    auto out = notice(What::kNoticeCreated, number, 1);
    out.telling = telling;
    return out;
  };
  Story story;
  story.add(LedgerNo::kNotification, 1, CauseKind::kInput, {},
            {made(1, kReceived), notice(What::kNoticeHandedOver, 1, 4), made(2, kReceived)});
  story.add(LedgerNo::kNotification, 2, CauseKind::kOutcome, {}, {notice(What::kNoticeFailed, 2, 6, "NO_ADDRESS")});
  EXPECT_FALSE(folded(story.decisions).untold()) << "the message in the portal tells it";
  story.add(LedgerNo::kNotification, 3, CauseKind::kInput, {}, {made(3, kResultReady), made(4, kResultReady)});
  story.add(LedgerNo::kNotification, 4, CauseKind::kOutcome, {}, {notice(What::kNoticeFailed, 3, 7, "SMTP_450")});
  EXPECT_FALSE(folded(story.decisions).untold()) << "the text message may still be delivered";
  story.add(LedgerNo::kNotification, 5, CauseKind::kOutcome, {}, {notice(What::kNoticeHandedOver, 4, 3)});
  EXPECT_FALSE(folded(story.decisions).untold()) << "the provider has it";
  story.add(LedgerNo::kNotification, 6, CauseKind::kCommand, {}, {notice(What::kNoticeFailed, 4, 6, "PHONE_OFF")});
  const auto untold = folded(story.decisions).untold();
  ASSERT_TRUE(untold);
  EXPECT_EQ(untold->notice, 4U) << "the last that failed";
  EXPECT_EQ(untold->since, at(6)) << "before that somebody could still have been told";
}

constexpr std::uint32_t kResultKind = 3;
constexpr std::uint32_t kStandsUnderway = 2;
constexpr std::uint32_t kStandsUnproved = 4;
constexpr std::uint32_t kStandsDelivered = 5;
constexpr std::uint32_t kStandsReturned = 6;
constexpr std::uint32_t kStandsLost = 7;

/// Decisions of postal-dispatch, one an event.
Dossier posted(const std::vector<Event>& events) {
  Story story;
  double second = 0;
  for (const auto& event : events) story.add(LedgerNo::kPostalDispatch, ++second, CauseKind::kCommand, {}, {event});
  return folded(story.decisions);
}
Event order(std::uint32_t number, std::uint32_t kind) {
  auto out = paper(What::kShipmentOrdered, number, at(0), 1);
  out.paper->kind = kind;
  out.agency = "H47.22.01";
  return out;
}
Event stands(std::uint32_t number, std::uint32_t stable) {
  return paper(What::kShipmentStands, number, at(100 * stable), stable);
}
Instant since(const Dossier& dossier, StuckKind kind) {
  const auto place = std::find(kStuckKinds.begin(), kStuckKinds.end(), kind) - kStuckKinds.begin();
  return standstill(dossier).at(static_cast<std::size_t>(place));
}

TEST(MonitoringDossier, HasAResultThatCameBackUntilAnotherIsOrderedOrTheDossierIsOver) {
  const std::vector<Event> back = {order(1, kResultKind), stands(1, kStandsUnderway), stands(1, kStandsReturned)};
  EXPECT_EQ(since(posted(back), StuckKind::kLostAtPost), at(600));
  EXPECT_EQ(posted(back).lost()->agency, "H47.22.01");
  auto again = back;
  again.push_back(order(2, kResultKind));
  EXPECT_EQ(since(posted(again), StuckKind::kLostAtPost), Instant{});
  Story over;
  for (const auto& event : back) over.add(LedgerNo::kPostalDispatch, 1, CauseKind::kCommand, {}, {event});
  constexpr std::uint32_t kHandedOver = 10;
  over.add(LedgerNo::kIntake, 2, CauseKind::kCommand, {}, {status(kHandedOver)});
  EXPECT_EQ(since(folded(over.decisions), StuckKind::kLostAtPost), Instant{});
  constexpr std::uint32_t kToDesk = 1;
  EXPECT_EQ(since(posted({order(1, kToDesk), stands(1, kStandsReturned)}), StuckKind::kLostAtPost), Instant{})
      << "papers that came back to the citizen are with him";
  EXPECT_EQ(since(posted({order(1, kToDesk), stands(1, kStandsLost)}), StuckKind::kLostAtPost), at(700));
  EXPECT_EQ(since(posted({order(1, kToDesk), stands(1, kStandsLost), stands(1, kStandsUnderway)}), StuckKind::kLostAtPost),
            Instant{})
      << "found";
}

TEST(MonitoringDossier, HasADeliveryWithoutProofUntilTheProofComes) {
  std::vector<Event> story = {order(1, kResultKind), stands(1, kStandsUnproved)};
  EXPECT_EQ(since(posted(story), StuckKind::kProofMissing), at(400));
  story.push_back(stands(1, kStandsDelivered));
  EXPECT_EQ(since(posted(story), StuckKind::kProofMissing), Instant{});
}

TEST(MonitoringDossier, IsABagThatDiffersByItsPapersItsSealOrADossierThatWasNotTold) {
  const auto bag = [](What what, std::uint64_t manifest, std::string seal) {
    auto out = event(what, {}, what == What::kBagCreated ? "H47.22.02" : "");
    out.manifest = manifest;
    out.seal = std::move(seal);
    return out;
  };
  std::vector<Event> story = {bag(What::kBagCreated, 7, ""), bag(What::kBagSealed, 0, "N-1")};
  auto opened = story;
  opened.push_back(bag(What::kBagOpened, 7, "N-1"));
  EXPECT_EQ(since(posted(opened), StuckKind::kBagDiffers), Instant{});
  opened.back().manifest = 8;
  EXPECT_EQ(since(posted(opened), StuckKind::kBagDiffers), at(3));
  EXPECT_EQ(posted(opened).bag.reason, "PAPERS_DIFFER");
  EXPECT_EQ(posted(opened).bag.of, "H47.22.02");
  opened.back() = bag(What::kBagOpened, 7, "N-2");
  EXPECT_EQ(posted(opened).bag.reason, "SEAL_DIFFERS");
  story.push_back(event(What::kTellingFailed));
  EXPECT_EQ(posted(story).bag.reason, "DOSSIER_NOT_TOLD");
}

TEST(MonitoringDossier, IsADayOfCashThatDoesNotBalanceUntilItDoes) {
  auto declared = event(What::kSettlementDeclared);
  declared.subject = "vnpost";
  declared.home_key = "H47.22.01";
  auto balanced = event(What::kSettlementCompared);
  std::vector<Event> story = {declared, balanced, declared, balanced};
  EXPECT_EQ(since(posted(story), StuckKind::kUnbalanced), at(2)) << "since it was compared first";
  EXPECT_EQ(posted(story).settlement.of, "vnpost");
  story.back().balanced = true;
  EXPECT_EQ(since(posted(story), StuckKind::kUnbalanced), Instant{});
}

TEST(MonitoringDossier, IsASuspendedLineFromTheReportUntilAnOperatorsWord) {
  auto opened = event(What::kLineOpened);
  opened.subject = "land-office";
  auto report = event(What::kDeliveriesReported);
  Story story;
  story.add(LedgerNo::kNotification, 1, CauseKind::kCommand, {}, {opened});
  story.add(LedgerNo::kNotification, 2, CauseKind::kCommand, {}, {report});
  EXPECT_EQ(since(folded(story.decisions), StuckKind::kLineSuspended), Instant{});
  report.reason_code = "HTTP_410";
  story.add(LedgerNo::kNotification, 3, CauseKind::kCommand, {}, {report});
  EXPECT_EQ(since(folded(story.decisions), StuckKind::kLineSuspended), at(3));
  EXPECT_EQ(folded(story.decisions).line.of, "land-office");
  EXPECT_EQ(folded(story.decisions).line.reason, "HTTP_410");
  story.add(LedgerNo::kNotification, 4, CauseKind::kCommand, {}, {event(What::kLineSteered)});
  EXPECT_EQ(since(folded(story.decisions), StuckKind::kLineSuspended), Instant{});
}

TEST(MonitoringTimeline, ShowsWherePaperStandsAndHowLongThePostHadIt) {
  constexpr std::uint32_t kUnderway = 2;
  constexpr std::uint32_t kWaiting = 3;
  constexpr std::uint32_t kDelivered = 5;
  Story story;
  auto ordered = paper(What::kShipmentOrdered, 1, at(0), 1);
  ordered.agency = "H47.22.01";
  ordered.paper->carrier = "vnpost";
  ordered.paper->item = "EA473124829VN";
  story.add(LedgerNo::kPostalDispatch, 0, CauseKind::kCommand, {}, {ordered});
  // The postman came for nothing: it is still with the desk.
  story.add(LedgerNo::kPostalDispatch, 100, CauseKind::kCommand, {},
            {paper(What::kShipmentStands, 1, at(90), kWaiting, "PICKUP_FAILED")});
  EXPECT_TRUE(make_timeline(story.decisions).custody.empty());
  const auto interval = [](double until, std::int64_t minutes) {
    return Custody{HolderKind::kPost, "vnpost", 0, at(600),        until == 0 ? Instant{} : at(until),
                   minutes,           0,        0, "EA473124829VN"};
  };
  story.add(LedgerNo::kPostalDispatch, 700, CauseKind::kCommand, {}, {paper(What::kShipmentStands, 1, at(600), kUnderway)});
  story.add(LedgerNo::kPostalDispatch, 800, CauseKind::kCommand, {},
            {paper(What::kShipmentStands, 1, at(780), kWaiting, "ATTEMPTED")});
  EXPECT_THAT(make_timeline(story.decisions).custody, testing::ElementsAre(interval(0, 0))) << "the post has it";
  story.add(LedgerNo::kPostalDispatch, 7000, CauseKind::kCommand, {},
            {paper(What::kShipmentStands, 1, at(6600), kDelivered)});
  const auto timeline = make_timeline(story.decisions);
  ASSERT_EQ(timeline.papers.size(), 1U);
  EXPECT_EQ(timeline.papers.front().last.item, "EA473124829VN");
  EXPECT_EQ(timeline.papers.front().last.stable, kDelivered);
  EXPECT_EQ(timeline.papers.front().agency, "H47.22.01");
  EXPECT_THAT(timeline.custody, testing::ElementsAre(interval(6600, 100)));
  EXPECT_EQ(timeline.statutory_minutes, 0) << "the post's time is nobody's under the law";
}

TEST(MonitoringTimeline, ShowsThePostBesideTheHolderWhileABagIsUnderWay) {
  const auto told = [](std::uint32_t fact, double when) {
    auto out = event(What::kOther);
    auto& paper = out.paper.emplace();
    paper.bag_fact = fact;
    paper.item = "MA100000012VN";
    paper.at = at(when);
    return out;
  };
  constexpr std::uint32_t kSealed = 1;
  constexpr std::uint32_t kReceived = 2;
  const auto shown = [](const Story& story) {
    auto timeline = make_timeline(story.decisions);
    add_holder(folded(story.decisions), timeline);
    std::vector<Custody> open;
    std::copy_if(timeline.custody.begin(), timeline.custody.end(), std::back_inserter(open),
                 [](const Custody& one) { return one.kind == HolderKind::kPost || one.until.micros == 0; });
    return open;
  };
  auto story = one_leg();
  const Custody desk{HolderKind::kAgency, "H47.22.01", 0, at(100), {}, 0, 0, 0};
  EXPECT_THAT(shown(story), testing::ElementsAre(desk));
  story.add(LedgerNo::kPostalDispatch, 130, CauseKind::kCommand, {}, {told(kSealed, 120)});
  const Custody under_way{HolderKind::kPost, "", 0, at(120), {}, 0, 0, 0, "MA100000012VN"};
  EXPECT_THAT(shown(story), testing::ElementsAre(desk, under_way));
  story.add(LedgerNo::kPostalDispatch, 900, CauseKind::kCommand, {}, {told(kReceived, 720)});
  const Custody opened{HolderKind::kPost, "", 0, at(120), at(720), 10, 0, 0, "MA100000012VN"};
  EXPECT_THAT(shown(story), testing::ElementsAre(desk, opened));
}

TEST(MonitoringTimeline, ShowsWhereEveryNoticeStands) {
  Story story;
  auto created = notice(What::kNoticeCreated, 1, 1);
  created.notice->event = "result_ready";
  created.notice->recipient = "applicant";
  created.notice->channel = 1;
  story.add(LedgerNo::kNotification, 1, CauseKind::kInput, {}, {created});
  story.add(LedgerNo::kNotification, 2, CauseKind::kTimer, {}, {notice(What::kNoticeSending, 1, 2)});
  story.add(LedgerNo::kNotification, 3, CauseKind::kOutcome, {}, {notice(What::kNoticeFailed, 1, 6, "SMTP_550")});
  const auto timeline = make_timeline(story.decisions);
  ASSERT_EQ(timeline.notices.size(), 1U);
  const auto& shown = timeline.notices.front();
  EXPECT_EQ(shown.last.event, "result_ready");
  EXPECT_EQ(shown.last.phase, 6U);
  EXPECT_EQ(shown.reason, "SMTP_550");
  EXPECT_EQ(shown.created, at(1));
  EXPECT_EQ(shown.changed, at(3));
}

TEST(MonitoringTimeline, IsWholeOnceBothEndsOfEveryHandOverAreRead) {
  // Offers have type 3, the agency's answers 2; nobody takes anything else.
  const Takes takes = [](LedgerNo reader, LedgerNo source, std::uint32_t type) {
    if (reader == LedgerNo::kRouting) return source == LedgerNo::kIntake ? type == 1 : type == 2;
    return reader == LedgerNo::kAgencyProcessing && source == LedgerNo::kRouting && type == 3;
  };
  auto story = one_leg();
  constexpr std::uint32_t kTypes[] = {1, 3, 9, 2, 9, 2, 9};
  for (std::size_t i = 0; i < story.decisions.size(); ++i) story.decisions[i].events.front().type = kTypes[i];
  EXPECT_TRUE(whole(story.decisions, takes));
  EXPECT_TRUE(whole({}, takes));
  // Whichever is not read yet: what was decided on is missing, or what was made of it.
  for (std::size_t missing = 0; missing < story.decisions.size(); ++missing) {
    auto some = story.decisions;
    some.erase(some.begin() + static_cast<std::ptrdiff_t>(missing));
    EXPECT_FALSE(whole(some, takes)) << missing;
  }
}

TEST(MonitoringTimeline, GivesMachineTimeAndStatutoryTimeOfAHopApart) {
  const auto timeline = make_timeline(one_leg().decisions);
  ASSERT_EQ(timeline.hops.size(), 1U);
  const auto& hop = timeline.hops.front();
  EXPECT_EQ(hop.agency, "POLICE");
  EXPECT_EQ(hop.sender, "H47.22.01");
  EXPECT_EQ(hop.offered, at(0.1));
  EXPECT_EQ(hop.arrived, at(0.3));
  EXPECT_EQ(hop.accepted, at(50.5));
  EXPECT_EQ(hop.completed, at(60.2));
  EXPECT_TRUE(hop.late);
  // 0.1 s to routing, 0.2 s to the inbox, 0.5 s and 0.2 s back; the 50 s the agency took are not among them.
  EXPECT_EQ(hop.machine_time, std::chrono::milliseconds(1000));
  EXPECT_EQ(timeline.machine_time, std::chrono::milliseconds(1000));
  // What the sender held it for before is not the agency's.
  EXPECT_EQ(hop.statutory_minutes, 30);
  EXPECT_EQ(hop.desk_minutes, 25);
  EXPECT_EQ(timeline.statutory_minutes, 26);
}

TEST(MonitoringTimeline, PutsACauseBeforeWhatItCausedWhenClocksDiffer) {
  auto story = one_leg();
  // The agency's host is ahead by 20 s, and routing decides on what comes from it "before" it was sent.
  for (auto& decision : story.decisions) {
    if (decision.at.ledger == LedgerNo::kAgencyProcessing)
      decision.decided_at = decision.decided_at + std::chrono::seconds(20);
  }
  std::reverse(story.decisions.begin(), story.decisions.end());
  const auto timeline = make_timeline(story.decisions);
  ASSERT_EQ(timeline.entries.size(), story.decisions.size());
  std::vector<DecisionRef> seen;
  for (const auto& entry : timeline.entries) {
    const auto& source = entry.decision.source;
    if (source.ledger != LedgerNo::kNone) {
      EXPECT_THAT(seen, testing::Contains(source));
    }
    if (entry.machine_time) {
      EXPECT_GE(*entry.machine_time, Duration::zero());
    }
    seen.push_back(entry.decision.at);
  }
}

TEST(MonitoringTimeline, HasNoMachineTimeWhileTheSourceIsNotRead) {
  auto story = one_leg();
  std::erase_if(story.decisions, [](const auto& one) { return one.at.ledger == LedgerNo::kIntake; });
  const auto timeline = make_timeline(story.decisions);
  EXPECT_FALSE(timeline.entries.front().machine_time.has_value());
}

TEST(MonitoringTimeline, IsEmptyOfNothing) { EXPECT_TRUE(make_timeline({}).entries.empty()); }

const DossierId kDossier{{1}};
Handover handover(std::uint64_t block, std::uint32_t index = 0) {
  return {LedgerNo::kRouting, 0, {LedgerNo::kIntake, block, index}};
}
const Pair kPair{LedgerNo::kRouting, LedgerNo::kIntake, 0};

struct Book {
  Reconciliation reconciliation;
  ReaderPosition position;
  std::uint64_t head = 0;
  PairState state() const { return evaluate(reconciliation, {{kPair, position}}, {{kPair, head}}).at(kPair); }
  bool is_complete(double seconds) const {
    return complete(evaluate(reconciliation, {{kPair, position}}, {{kPair, head}}), at(seconds));
  }
};

TEST(Reconciliation, MeetsInEitherOrderAndTellsTheMachineTime) {
  Book book;
  EXPECT_EQ(book.reconciliation.expect(handover(1), kDossier, at(1)), std::nullopt);
  EXPECT_EQ(book.reconciliation.reach(handover(1), kDossier, at(3)), std::chrono::seconds(2));
  EXPECT_EQ(book.reconciliation.reach(handover(2), kDossier, at(5)), std::nullopt);
  EXPECT_EQ(book.reconciliation.expect(handover(2), kDossier, at(4)), std::chrono::seconds(1));
  EXPECT_TRUE(book.reconciliation.open().empty());
  EXPECT_TRUE(book.is_complete(1000));
  EXPECT_EQ(book.state().totals.expected, 2U);
  EXPECT_EQ(book.state().totals.reached, 2U);
}

TEST(Reconciliation, WaitsUntilTheReaderHasPassedThenMisses) {
  Book book;
  book.reconciliation.expect(handover(7, 2), kDossier, at(0));
  book.position = {7, 2};
  EXPECT_EQ(book.state().waiting, 1U);
  EXPECT_EQ(book.state().missing, 0U);
  EXPECT_TRUE(book.is_complete(60));
  EXPECT_FALSE(book.is_complete(61)) << "nothing may wait for more than a minute";
  book.position = {7, 3};
  EXPECT_EQ(book.state().missing, 1U);
  EXPECT_FALSE(book.is_complete(1)) << "what was passed without a decision is a gap at once";
}

TEST(Reconciliation, FindsASourceThatWasTakenTwiceOrIsNone) {
  Book book;
  book.head = 7;
  book.reconciliation.expect(handover(7), kDossier, at(0));
  book.reconciliation.reach(handover(7), kDossier, at(1));
  book.reconciliation.reach(handover(7), kDossier, at(2));
  EXPECT_EQ(book.state().unexpected, 1U);
  EXPECT_FALSE(book.is_complete(2));
  // A source that has not been read yet may still turn out to be one.
  Book other;
  other.head = 6;
  other.reconciliation.reach(handover(7), kDossier, at(1));
  EXPECT_EQ(other.state().unexpected, 0U);
  EXPECT_TRUE(other.is_complete(2));
}

TEST(Reconciliation, TellsTheStoreOnlyWhatIsOpenBetweenTwoWrites) {
  Reconciliation book;
  book.expect(handover(1), kDossier, at(0));
  book.reach(handover(1), kDossier, at(0));
  EXPECT_TRUE(book.take_changes().write.empty());
  book.expect(handover(2), kDossier, at(0));
  const auto first = book.take_changes();
  ASSERT_EQ(first.write.size(), 1U);
  EXPECT_EQ(first.write.front().first, handover(2));
  book.put_back(first);
  EXPECT_EQ(book.take_changes().write.size(), 1U) << "what could not be written comes again";
  book.reach(handover(2), kDossier, at(1));
  const auto last = book.take_changes();
  EXPECT_TRUE(last.write.empty());
  ASSERT_EQ(last.remove.size(), 1U);
  book.put_back(last);
  EXPECT_EQ(book.take_changes().remove.size(), 1U);
  EXPECT_TRUE(book.take_changes().remove.empty());
}

TEST(Reconciliation, WritesOverWhatTheStoreHasWhenItIsOpenedAgainBetweenTwoWrites) {
  Reconciliation book;
  book.expect(handover(1), kDossier, at(0));
  ASSERT_EQ(book.take_changes().write.size(), 1U);
  book.reach(handover(1), kDossier, at(1));
  book.reach(handover(1), kDossier, at(2));  // twice
  const auto changes = book.take_changes();
  ASSERT_EQ(changes.write.size(), 1U);
  EXPECT_TRUE(changes.write.front().second.reached);
  EXPECT_TRUE(changes.remove.empty());
}

TEST(Reconciliation, GoesOnWithWhatAStoreKept) {
  Reconciliation book;
  book.restore(handover(1), {kDossier, at(0), false});
  book.restore(kPair, {5, 4});
  EXPECT_EQ(book.reach(handover(1), kDossier, at(2)), std::chrono::seconds(2));
  EXPECT_EQ(book.totals().at(kPair).reached, 5U);
  EXPECT_EQ(book.take_changes().remove.size(), 1U);
}

}  // namespace
}  // namespace lienthong::monitoring
