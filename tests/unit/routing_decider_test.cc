#include "routing/core/clocks.h"
#include "routing/core/decider.h"
#include "tests/support/given_when_then.h"
#include "tests/support/readme_table.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace lienthong::routing {
namespace {

using test_support::by;
using test_support::first_of;
using test_support::local;
using test_support::local_text;
using test_support::reason_of;
using test_support::sealed_part;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Given = test_support::Given<Decider>;

DossierReceived received(std::string procedure = test_support::kProcedure) {
  return {*HomeKey::parse("C01"),    "000.01.01.H47-260302-0001", std::move(procedure), 1, "COMMUNE",
          local("2026-03-02 08:00"), local("2026-03-16 08:00")};
}
Cause give(CommandBody body, std::string principal = "all") { return Command{by(std::move(principal)), std::move(body)}; }

/// Reports a fact at the context's time.
Decision<Event> report(Given& given, FactBody body) { return given.when(Reported{{{given.context.now, std::move(body)}}}); }
void pass(Given& given, LegRef leg) {
  report(given, LegAccepted{leg});
  report(given, LegCompleted{leg});
}

/// A route whose second leg is in this phase.
Given second_leg_in(LegPhase phase) {
  Given given;
  report(given, received());
  if (phase == LegPhase::kPending) return given;
  pass(given, {1, 1});
  const auto accept = [&] { report(given, LegAccepted{{2, 1}}); };
  switch (phase) {
    case LegPhase::kPending:
    case LegPhase::kOffered: break;
    case LegPhase::kStarted: accept(); break;
    case LegPhase::kSuspended:
      accept();
      report(given, SupplementAsked{{2, 1}, "MISSING_PAPER", sealed_part('s')});
      break;
    case LegPhase::kReturned: pass(given, {2, 1}); break;
    case LegPhase::kReceived:
      pass(given, {2, 1});
      report(given, ResultConfirmed{{2, 1}});
      break;
    case LegPhase::kAwaitsDecision:
      report(given, LegRefused{{2, 1}, "OUT_OF_COMPETENCE", sealed_part('r')});
      report(given, LegRefused{{2, 2}, "OUT_OF_COMPETENCE", sealed_part('r')});
      break;
    case LegPhase::kRecalled: report(given, DossierWithdrawn{}); break;
  }
  EXPECT_EQ(given.state().legs.at(1).phase, phase);
  return given;
}

std::vector<std::string> offers(const Decision<Event>& decision) {
  std::vector<std::string> out;
  for (const auto& event : decision.events) {
    if (const auto* offer = std::get_if<LegOffered>(&event.body)) {
      out.push_back(std::to_string(offer->leg.leg) + '.' + std::to_string(offer->leg.attempt) + ' ' + offer->agency +
                    " from " + offer->sender + " due " + local_text(offer->due_at));
    }
  }
  return out;
}

TEST(RoutingDeciderTest, BindsRolesAndOffersTheFirstLegOnReceipt) {
  Given given;
  const auto decision = report(given, received());
  EXPECT_THAT(offers(decision), ElementsAre("1.1 COMMUNE from COMMUNE due 2026-03-04 08:00"));
  const auto planned = first_of<RoutePlanned>(decision.events);
  ASSERT_TRUE(planned);
  EXPECT_THAT(planned->legs[1].candidates, ElementsAre("DISTRICT", "RESERVE"));
  EXPECT_THAT(planned->legs[3].after, ElementsAre(2U, 3U));
}

TEST(RoutingDeciderTest, OffersInParallelAndJoins) {
  Given given;
  report(given, received());
  report(given, LegAccepted{{1, 1}});
  EXPECT_THAT(offers(report(given, LegCompleted{{1, 1}})), ElementsAre("2.1 DISTRICT from COMMUNE due 2026-03-04 08:00",
                                                                       "3.1 PROVINCE from COMMUNE due 2026-03-04 08:00"));
  report(given, LegAccepted{{3, 1}});
  EXPECT_THAT(offers(report(given, LegCompleted{{3, 1}})), IsEmpty()) << "the last leg waits for both";
  report(given, LegAccepted{{2, 1}});
  EXPECT_THAT(offers(report(given, LegCompleted{{2, 1}})), ElementsAre("4.1 DISTRICT from DISTRICT due 2026-03-04 08:00"));
  report(given, LegAccepted{{4, 1}});
  const auto last = report(given, LegCompleted{{4, 1}});
  ASSERT_TRUE(first_of<DossierResolved>(last.events));
  EXPECT_FALSE(first_of<DossierResolved>(last.events)->late);
  EXPECT_EQ(given.state().phase, RoutePhase::kResolved);
}

TEST(RoutingDeciderTest, CapsALegByTheAppointmentAndTellsLateness) {
  Given given;
  report(given, received());
  report(given, LegAccepted{{1, 1}});
  given.context.now = local("2026-03-13 15:00");
  const auto returned = report(given, LegCompleted{{1, 1}});
  EXPECT_TRUE(first_of<LegReturned>(returned.events)->late);
  EXPECT_EQ(offers(returned).at(0), "2.1 DISTRICT from COMMUNE due 2026-03-16 08:00");
  pass(given, {2, 1});
  pass(given, {3, 1});
  given.context.now = local("2026-03-16 08:01");
  report(given, LegAccepted{{4, 1}});
  EXPECT_TRUE(first_of<DossierResolved>(report(given, LegCompleted{{4, 1}}).events)->late);
}

TEST(RoutingDeciderTest, AsksAnOperatorWhenNoAgencyIsBoundToARole) {
  Given given;
  const auto decision = report(given, received("1.000002"));
  ASSERT_TRUE(first_of<LegAwaitsDecision>(decision.events));
  EXPECT_EQ(first_of<LegAwaitsDecision>(decision.events)->reason_code, "NO_AGENCY");
  EXPECT_EQ(reason_of(given.when(give(ReofferLeg{1, ""}))), "AGENCY_REQUIRED");
  EXPECT_THAT(offers(given.when(give(ReofferLeg{1, "PROVINCE"}))),
              ElementsAre("1.1 PROVINCE from COMMUNE due 2026-03-04 08:00"));
}

std::shared_ptr<const shared_kernel::Catalogue> with_paused(const std::vector<std::string>& agencies) {
  auto contents = test_support::small_contents();
  for (const auto& agency : agencies) {
    contents.intake_pauses.push_back({agency, "SYSTEM_UPGRADE", local("2026-03-01 08:00")});
  }
  return *shared_kernel::Catalogue::make(2, std::move(contents));
}

TEST(RoutingDeciderTest, OffersNothingToAnAgencyThatHasPausedItsIntake) {
  Given given;
  report(given, received());
  const auto open = given.rules;
  given.rules = with_paused({"DISTRICT", "PROVINCE"});
  report(given, LegAccepted{{1, 1}});
  const auto returned = report(given, LegCompleted{{1, 1}});
  // The next candidate takes it; where there is none the leg waits for an operator and says for whom.
  EXPECT_THAT(offers(returned), ElementsAre("2.1 RESERVE from COMMUNE due 2026-03-04 08:00"));
  EXPECT_EQ(first_of<LegAwaitsDecision>(returned.events), (LegAwaitsDecision{{3, 0}, "AGENCY_INTAKE_PAUSED", "PROVINCE"}));
  for (const char* agency : {"", "PROVINCE"}) {
    EXPECT_EQ(reason_of(given.when(give(ReofferLeg{3, agency}))), "AGENCY_INTAKE_PAUSED");
  }
  given.rules = open;
  EXPECT_THAT(offers(given.when(give(ReofferLeg{3, ""}))), ElementsAre("3.1 PROVINCE from COMMUNE due 2026-03-04 08:00"));
}

TEST(RoutingDeciderTest, LeavesWhatWasOfferedBeforeThePauseWithItsAgency) {
  Given given;
  report(given, received());
  pass(given, {1, 1});
  given.rules = with_paused({"DISTRICT", "PROVINCE", "RESERVE"});
  report(given, LegAccepted{{3, 1}});
  EXPECT_TRUE(first_of<LegReturned>(report(given, LegCompleted{{3, 1}}).events));
  // A refusal would go to the next one, and there is none.
  const auto refused = report(given, LegRefused{{2, 1}, "OUT_OF_COMPETENCE", sealed_part('r')});
  EXPECT_THAT(offers(refused), IsEmpty());
  EXPECT_EQ(first_of<LegAwaitsDecision>(refused.events)->reason_code, "AGENCY_INTAKE_PAUSED");
}

TEST(RoutingDeciderTest, WarnsOneWorkingDayBeforeOrLaterForAShortLimit) {
  const auto rules = test_support::small_catalogue();
  const auto& calendar = rules->calendar_of(*rules->agency("COMMUNE"));
  struct Case {
    const char* start;
    const char* due;
    const char* warn;
  };
  // Source of the day: NĐ 61/2018/NĐ-CP, apology at the latest one day before the limit ends.
  for (const auto& [start, due, warn] : {Case{"2026-03-02 08:00", "2026-03-16 08:00", "2026-03-13 08:00"},
                                         Case{"2026-03-02 08:00", "2026-03-04 08:00", "2026-03-03 08:00"},
                                         Case{"2026-03-02 08:00", "2026-03-03 08:00", "2026-03-02 15:30"},
                                         Case{"2026-03-02 08:00", "2026-03-02 08:00", "2026-03-02 08:00"}}) {
    EXPECT_EQ(local_text(near_due_time(calendar, local(start), local(due))), warn);
  }
}

TEST(RoutingDeciderTest, ArmsOneAlarmForTheEarliestOfAllClocks) {
  Given given;
  const auto planned = report(given, received());
  EXPECT_THAT(planned.timers, ElementsAre(TimerChange{ArmTimer{kAlarm, local("2026-03-03 08:00")}}));
  EXPECT_THAT(report(given, LegAccepted{{1, 1}}).timers, IsEmpty()) << "acceptance moves no clock";
  given.context.now = local("2026-03-03 08:00");
  const auto rung = given.when(AlarmRang{});
  ASSERT_EQ(rung.events.size(), 1U);
  EXPECT_TRUE(first_of<LegNearDue>(rung.events));
  EXPECT_THAT(rung.timers, ElementsAre(TimerChange{ArmTimer{kAlarm, local("2026-03-04 08:00")}}));
  given.context.now = local("2026-03-03 10:00");
  const auto withdrawn = report(given, DossierWithdrawn{});
  EXPECT_THAT(withdrawn.timers, ElementsAre(TimerChange{ClearTimer{kAlarm}}));
}

TEST(RoutingDeciderTest, RingsForEverythingThatIsDueAtOnce) {
  auto given = second_leg_in(LegPhase::kStarted);
  given.context.now = local("2026-04-01 08:00");
  const auto rung = given.when(AlarmRang{});
  EXPECT_EQ(rung.events.size(), 6U) << "near due and overdue of two legs and of the whole";
  EXPECT_THAT(rung.timers, IsEmpty());
  EXPECT_THAT(given.when(AlarmRang{}).events, IsEmpty());
  EXPECT_THAT(Decider::index_entries(given.state()),
              ElementsAre(IndexEntry{"open", "COMMUNE", local("2026-03-16 08:00").micros, ""},
                          IndexEntry{"overdue", "COMMUNE", local("2026-03-16 08:00").micros, ""}));
}

TEST(RoutingDeciderTest, MovesDueTimesByTheWorkingTimeWaited) {
  // Worked example: asked Thursday 2026-03-05 10:00, complete Tuesday 2026-03-10 10:00, that is 24 working hours.
  Given given;
  report(given, received());
  report(given, LegAccepted{{1, 1}});
  given.context.now = local("2026-03-03 10:00");
  report(given, SupplementAsked{{1, 1}, "MISSING_PAPER", sealed_part('s')});
  given.context.now = local("2026-03-05 10:00");
  const auto resumed = report(given, SupplementReceived{{{1, 1}}});
  EXPECT_EQ(local_text(given.state().due_at), "2026-03-18 08:00");
  EXPECT_EQ(local_text(given.state().legs[0].due_at), "2026-03-06 08:00");
  EXPECT_TRUE(first_of<ClockResumed>(resumed.events)->whole);
  ASSERT_TRUE(first_of<AppointmentChanged>(resumed.events));
}

TEST(RoutingDeciderTest, LetsOnlyThoseWhoMaySteerSteer) {
  auto given = second_leg_in(LegPhase::kAwaitsDecision);
  EXPECT_EQ(reason_of(given.when(give(ReofferLeg{2, ""}, "elsewhere"))), "DOSSIER_NOT_FOUND");
  EXPECT_EQ(reason_of(given.when(give(ReofferLeg{2, ""}, "reader"))), "NOT_GRANTED");
  EXPECT_EQ(reason_of(Given().when(give(ReofferLeg{2, ""}))), "DOSSIER_NOT_FOUND");
  EXPECT_EQ(reason_of(given.when(give(ReofferLeg{9, ""}))), "LEG_UNKNOWN");
  EXPECT_EQ(reason_of(given.when(give(ReofferLeg{2, "NOBODY"}))), "AGENCY_UNKNOWN");
  EXPECT_EQ(reason_of(given.when(give(ReofferLeg{2, ""}, "desk"))), "");
}

TEST(RoutingDeciderTest, WaitsForAnOperatorWhenTheCatalogueHasLostTheDesk) {
  auto given = second_leg_in(LegPhase::kOffered);
  auto contents = test_support::small_contents();
  contents.agencies.erase(contents.agencies.begin());
  given.rules = *shared_kernel::Catalogue::make(2, contents);
  EXPECT_EQ(reason_of(report(given, LegAccepted{{2, 1}})), "CATALOGUE_INCOMPLETE");
}

TEST(RoutingDeciderTest, SetsReportsOfOtherOffersAside) {
  struct Case {
    LegRef leg;
    const char* reason;
  };
  for (const auto& [leg, reason] : {Case{{9, 1}, "LEG_UNKNOWN"}, Case{{0, 0}, "LEG_UNKNOWN"},
                                    Case{{2, 2}, "OFFER_SUPERSEDED"}, Case{{4, 0}, "LEG_NOT_OFFERED"}}) {
    auto given = second_leg_in(LegPhase::kOffered);
    const auto decision = report(given, LegCompleted{leg});
    ASSERT_TRUE(first_of<InputSetAside>(decision.events));
    EXPECT_EQ(first_of<InputSetAside>(decision.events)->reason_code, reason);
  }
}

const char* name_of(LegPhase phase) {
  switch (phase) {
    case LegPhase::kPending: return "pending";
    case LegPhase::kOffered: return "offered";
    case LegPhase::kStarted: return "started";
    case LegPhase::kSuspended: return "suspended";
    case LegPhase::kReturned: return "returned";
    case LegPhase::kReceived: return "received";
    case LegPhase::kAwaitsDecision: return "awaits decision";
    case LegPhase::kRecalled: return "recalled";
  }
  return "";
}

std::string outcome(Given given, const Cause& cause) {
  const LegState before = given.state().legs[1];
  const auto decision = given.when(cause);
  if (decision.refusal) return '`' + decision.refusal->reason + '`';
  if (const auto aside = first_of<InputSetAside>(decision.events)) return "set aside: " + aside->reason_code;
  const LegState& after = given.state().legs[1];
  if (after.phase == before.phase && after.attempt == before.attempt) return "stays";
  return std::string("**") + name_of(after.phase) + "**" + (after.attempt != before.attempt ? ", next attempt" : "");
}

TEST(RoutingStateTableTest, StandsInTheReadmeAsDecided) {
  const std::vector<LegPhase> phases = {LegPhase::kPending,        LegPhase::kOffered,  LegPhase::kStarted,
                                        LegPhase::kSuspended,      LegPhase::kReturned, LegPhase::kReceived,
                                        LegPhase::kAwaitsDecision, LegPhase::kRecalled};
  const std::vector<std::string> names = {"ReofferLeg",
                                          "RefuseFinally",
                                          "agency-processing: LegAccepted",
                                          "agency-processing: LegRefused",
                                          "agency-processing: SupplementAsked",
                                          "agency-processing: LegCompleted",
                                          "agency-processing: ResultConfirmed",
                                          "intake: SupplementReceived",
                                          "intake: DossierWithdrawn"};
  const auto cause = [&](std::size_t column, LegRef leg) -> Cause {
    const auto fact = [](FactBody body) { return Reported{{{local("2026-03-02 09:00"), std::move(body)}}}; };
    switch (column) {
      case 0: return give(ReofferLeg{2, ""});
      case 1: return give(RefuseFinally{"NO_AGENCY_COMPETENT", sealed_part('f')});
      case 2: return fact(LegAccepted{leg});
      case 3: return fact(LegRefused{leg, "OUT_OF_COMPETENCE", sealed_part('r')});
      case 4: return fact(SupplementAsked{leg, "MISSING_PAPER", sealed_part('s')});
      case 5: return fact(LegCompleted{leg});
      case 6: return fact(ResultConfirmed{leg});
      case 7: return fact(SupplementReceived{{leg}});
      default: return fact(DossierWithdrawn{});
    }
  };
  std::string table = "| leg |";
  for (const auto& name : names) table += ' ' + name + " |";
  table += "\n|---|";
  for (std::size_t i = 0; i < names.size(); ++i) table += "---|";
  table += '\n';
  for (const auto phase : phases) {
    table += std::string("| ") + name_of(phase) + " |";
    for (std::size_t column = 0; column < names.size(); ++column) {
      auto given = second_leg_in(phase);
      const LegRef leg = given.state().legs[1].ref();
      table += ' ' + outcome(std::move(given), cause(column, leg)) + " |";
    }
    table += '\n';
  }
  test_support::expect_table_in(LIENTHONG_SOURCE_DIR "/services/routing/README.md", "states", table);
}

}  // namespace
}  // namespace lienthong::routing
