#include "agency_processing/core/decider.h"
#include "tests/support/given_when_then.h"
#include "tests/support/readme_table.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lienthong::agency_processing {
namespace {

using test_support::by;
using test_support::first_of;
using test_support::local;
using test_support::reason_of;
using test_support::sealed_part;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Given = test_support::Given<Decider>;

OfferMade offer(LegRef leg = {2, 1}, std::string agency = "DISTRICT") {
  return {leg,
          "left",
          std::move(agency),
          "COMMUNE",
          *HomeKey::parse("C01"),
          "000.01.01.H47-260302-0001",
          test_support::kProcedure,
          1,
          local("2026-03-04 08:00"),
          local("2026-03-16 08:00")};
}

Cause give(CommandBody body, std::string principal = "all") { return Command{by(std::move(principal)), std::move(body)}; }
Cause report(FactBody body) { return Reported{{{local("2026-03-02 09:00"), std::move(body)}}}; }

Given work_in(WorkPhase phase) {
  Given given;
  if (phase == WorkPhase::kNone) return given;
  given.when(report(offer()));
  const auto accept = [&] { given.when(give(AcceptLeg{{2, 1}, ""})); };
  const auto complete = [&] { given.when(give(CompleteLeg{{2, 1}, {{"result", 1, "", ""}}, {}, false, ""})); };
  switch (phase) {
    case WorkPhase::kNone:
    case WorkPhase::kOffered: break;
    case WorkPhase::kAccepted: accept(); break;
    case WorkPhase::kAwaitingSupplement:
      accept();
      given.when(give(AskSupplement{{2, 1}, "MISSING_PAPER", sealed_part('s')}));
      break;
    case WorkPhase::kCompleted:
      accept();
      complete();
      break;
    case WorkPhase::kConfirmed:
      accept();
      complete();
      given.when(give(ConfirmResult{{2, 1}}));
      break;
    case WorkPhase::kRefused: given.when(give(RefuseLeg{{2, 1}, "OUT_OF_COMPETENCE", sealed_part('r')})); break;
    case WorkPhase::kClosed: given.when(report(LegRecalled{{2, 1}, "WITHDRAWN"})); break;
  }
  EXPECT_EQ(given.state().work.at(0).phase, phase);
  return given;
}

TEST(AgencyProcessingDeciderTest, LetsTheFirstAcceptanceWin) {
  auto given = work_in(WorkPhase::kOffered);
  EXPECT_EQ(reason_of(given.when(give(AcceptLeg{{2, 1}, "first"}))), "");
  EXPECT_EQ(reason_of(given.when(give(AcceptLeg{{2, 1}, "second"}))), "ALREADY_ACCEPTED");
  EXPECT_EQ(given.state().work[0].receipt_code, "first");
}

TEST(AgencyProcessingDeciderTest, DerivesTheReceiptCodeWhenTheAgencyHasNoneOfItsOwn) {
  EXPECT_EQ(work_in(WorkPhase::kAccepted).state().work[0].receipt_code, "000.01.01.H47-260302-0001/2");
}

TEST(AgencyProcessingDeciderTest, AcceptsAndCompletesInOneAnswer) {
  auto given = work_in(WorkPhase::kOffered);
  const auto decision = given.when(give(CompleteLeg{{2, 1}, {}, {}, true, "own-7"}));
  EXPECT_TRUE(first_of<LegAccepted>(decision.events));
  EXPECT_TRUE(first_of<LegCompleted>(decision.events));
  EXPECT_EQ(given.state().work[0].receipt_code, "own-7");
}

TEST(AgencyProcessingDeciderTest, ConfirmsByItselfWhatAnAgencySentToItself) {
  Given given;
  given.when(report(offer({1, 1}, "COMMUNE")));
  given.when(give(CompleteLeg{{1, 1}, {}, {}, true, ""}));
  EXPECT_EQ(given.state().work[0].phase, WorkPhase::kConfirmed);
}

TEST(AgencyProcessingDeciderTest, AnswersForAForeignLegAsForAMissingOne) {
  const std::vector<CommandBody> bodies = {AcceptLeg{{2, 1}, ""}, RefuseLeg{{2, 1}, "X", sealed_part('r')},
                                           AskSupplement{{2, 1}, "X", sealed_part('s')},
                                           CompleteLeg{{2, 1}, {}, {}, true, ""}, ConfirmResult{{2, 1}}};
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    Given missing;
    auto foreign = work_in(WorkPhase::kOffered);
    // The sender confirms, so for a confirmation the agency itself is a stranger.
    const char* stranger = std::holds_alternative<ConfirmResult>(bodies[i]) ? "elsewhere" : "desk";
    const auto a = missing.when(give(bodies[i], stranger));
    const auto b = foreign.when(give(bodies[i], stranger));
    ASSERT_TRUE(a.refusal && b.refusal) << i;
    EXPECT_EQ(*a.refusal, *b.refusal) << i;
    EXPECT_EQ(a.refusal->code, ErrorCode::kNotFound) << i;
  }
}

TEST(AgencyProcessingDeciderTest, TakesAnAnswerToTheCurrentOfferOnly) {
  auto given = work_in(WorkPhase::kRefused);
  given.when(report(offer({2, 2}, "RESERVE")));
  EXPECT_EQ(reason_of(given.when(give(AcceptLeg{{2, 1}, ""}))), "OFFER_SUPERSEDED");
  EXPECT_EQ(reason_of(given.when(give(AcceptLeg{{2, 0}, ""}, "elsewhere"))), "WORK_NOT_FOUND");
  EXPECT_EQ(reason_of(given.when(give(AcceptLeg{{2, 0}, ""}))), "");
}

TEST(AgencyProcessingDeciderTest, OffersALegOnceWhateverIsReported) {
  auto given = work_in(WorkPhase::kAccepted);
  const auto decision = given.when(report(offer()));
  EXPECT_TRUE(first_of<InputSetAside>(decision.events));
  EXPECT_EQ(given.state().work[0].phase, WorkPhase::kAccepted);
}

TEST(AgencyProcessingDeciderTest, KeepsSeveralLegsOfADossierApartInOrder) {
  Given given;
  given.when(report(offer({3, 1}, "PROVINCE")));
  given.when(report(offer({2, 1}, "DISTRICT")));
  given.when(give(AcceptLeg{{2, 1}, ""}, "elsewhere"));
  ASSERT_EQ(given.state().work.size(), 2U);
  EXPECT_EQ(given.state().work[0].leg.leg, 2U);
  EXPECT_EQ(given.state().work[0].phase, WorkPhase::kAccepted);
  EXPECT_EQ(given.state().work[1].phase, WorkPhase::kOffered);
}

TEST(AgencyProcessingDeciderTest, ListsWorkInTheInboxByStateAndResultsWithTheirSender) {
  EXPECT_THAT(Decider::index_entries(State{}), IsEmpty());
  const auto due = local("2026-03-04 08:00").micros;
  const auto changed = local("2026-03-02 08:00").micros;
  EXPECT_THAT(Decider::index_entries(work_in(WorkPhase::kOffered).state()),
              ElementsAre(IndexEntry{"inbox", "DISTRICT/offered", due, "2"}));
  EXPECT_THAT(Decider::index_entries(work_in(WorkPhase::kAwaitingSupplement).state()),
              ElementsAre(IndexEntry{"inbox", "DISTRICT/awaiting_supplement", due, "2"}));
  EXPECT_THAT(Decider::index_entries(work_in(WorkPhase::kCompleted).state()),
              ElementsAre(IndexEntry{"inbox", "DISTRICT/completed", changed, "2"},
                          IndexEntry{"inbox", "COMMUNE/results", changed, "2"}));
}

std::string outcome(Given given, const Cause& cause) {
  const auto phase = [&] { return given.state().work.empty() ? WorkPhase::kNone : given.state().work[0].phase; };
  const auto before = phase();
  const auto decision = given.when(cause);
  if (decision.refusal) return '`' + decision.refusal->reason + '`';
  if (const auto aside = first_of<InputSetAside>(decision.events)) return "set aside: " + aside->reason_code;
  return phase() == before ? "stays" : std::string("**") + name_of(phase()) + "**";
}

TEST(AgencyProcessingStateTableTest, StandsInTheReadmeAsDecided) {
  const std::vector<WorkPhase> phases = {
      WorkPhase::kNone,      WorkPhase::kOffered,   WorkPhase::kAccepted, WorkPhase::kAwaitingSupplement,
      WorkPhase::kCompleted, WorkPhase::kConfirmed, WorkPhase::kRefused,  WorkPhase::kClosed};
  const std::vector<std::pair<std::string, Cause>> causes = {
      {"AcceptLeg", give(AcceptLeg{{2, 1}, ""})},
      {"RefuseLeg", give(RefuseLeg{{2, 1}, "OUT_OF_COMPETENCE", sealed_part('r')})},
      {"AskSupplement", give(AskSupplement{{2, 1}, "MISSING_PAPER", sealed_part('s')})},
      {"CompleteLeg", give(CompleteLeg{{2, 1}, {}, {}, false, ""})},
      {"CompleteLeg, accepting", give(CompleteLeg{{2, 1}, {}, {}, true, ""})},
      {"ConfirmResult", give(ConfirmResult{{2, 1}})},
      {"routing: LegOffered, attempt 1", report(offer())},
      {"routing: LegOffered, attempt 2", report(offer({2, 2}, "RESERVE"))},
      {"routing: LegRecalled", report(LegRecalled{{2, 1}, "WITHDRAWN"})},
      {"routing: LegDueChanged", report(LegDueChanged{{2, 1}, local("2026-03-06 08:00"), local("2026-03-18 08:00")})},
      {"intake: SupplementReceived", report(SupplementReceived{{{2, 1}}})}};
  std::string table = "| phase |";
  for (const auto& [name, cause] : causes) table += ' ' + name + " |";
  table += "\n|---|";
  for (std::size_t i = 0; i < causes.size(); ++i) table += "---|";
  table += '\n';
  for (const auto phase : phases) {
    table += std::string("| ") + name_of(phase) + " |";
    for (const auto& [name, cause] : causes) table += ' ' + outcome(work_in(phase), cause) + " |";
    table += '\n';
  }
  test_support::expect_table_in(LIENTHONG_SOURCE_DIR "/services/agency_processing/README.md", "states", table);
}

}  // namespace
}  // namespace lienthong::agency_processing
