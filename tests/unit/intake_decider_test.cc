#include "intake/core/decider.h"
#include "tests/support/given_when_then.h"
#include "tests/support/readme_table.h"

#include <gmock/gmock.h>

#include <array>
#include <string>
#include <vector>

namespace lienthong::intake {
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

Application application() {
  Application out;
  out.home = *HomeKey::parse("C01");
  out.procedure_code = test_support::kProcedure;
  out.channel = Channel::kCounter;
  out.content = sealed_part('a');
  return out;
}

Cause give(CommandBody body, std::string principal = "all", std::optional<Instant> occurred_at = {}) {
  return Command{by(std::move(principal), occurred_at), std::move(body)};
}

Cause report(RouteFactBody body, Instant at = local("2026-03-03 09:00")) { return RouteReported{{{at, std::move(body)}}}; }

template <class Body>
Cause from_post(Body body) {
  return PostReported{{{local("2026-03-05 10:00"), std::move(body)}}};
}
Application posted() {
  auto out = application();
  out.area_code = "C01";
  out.components = {{"DON", 1, "", ""}};
  out.post = PostalWish{"vnpost", sealed_part('p'), sealed_part('q'), 35'000};
  return out;
}

/// A dossier that has come into this status by the commands and reports that lead there.
Given dossier_in(std::optional<NationalStatus> status) {
  Given given;
  if (!status) return given;
  if (*status == NationalStatus::kSubmitted || *status == NationalStatus::kNotAccepted) {
    given.when(give(SubmitDossier{application()}));
    if (*status == NationalStatus::kNotAccepted) given.when(give(RefuseDossier{"OUT_OF_COMPETENCE", sealed_part('r')}));
    return given;
  }
  given.when(give(ReceiveDossier{application()}));
  if (*status == NationalStatus::kReceived) return given;
  given.when(report(ProcessingStarted{}));
  switch (*status) {
    case NationalStatus::kSupplementRequested:
      given.when(report(SupplementNeeded{{2, 1}, "DISTRICT", "MISSING_PAPER", sealed_part('s')}));
      break;
    case NationalStatus::kWithdrawalRequested: given.when(give(WithdrawDossier{})); break;
    case NationalStatus::kStopped: given.when(report(RouteRefused{"NO_AGENCY_COMPETENT", sealed_part('f')})); break;
    case NationalStatus::kProcessed: given.when(report(RouteResolved{local("2026-03-03 09:00")})); break;
    case NationalStatus::kHandedOver:
      given.when(report(RouteResolved{local("2026-03-03 09:00")}));
      given.when(give(HandOverResult{Channel::kCounter}));
      break;
    case NationalStatus::kSubmitted:
    case NationalStatus::kReceived:
    case NationalStatus::kNotAccepted:
    case NationalStatus::kInProcess:
    case NationalStatus::kFinancialDutyRequested: break;
  }
  EXPECT_EQ(given.state().status, status);
  return given;
}

TEST(IntakeDeciderTest, ReceivesAtTheCounterWithCodeReceiptAndAppointment) {
  Given given;
  const auto decision = given.when(give(ReceiveDossier{application()}, "desk"));
  EXPECT_EQ(reason_of(decision), "");
  const auto accepted = first_of<DossierAccepted>(decision.events);
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->dossier_code, "000.01.01.H47-260302-0001");
  EXPECT_EQ(accepted->procedure_version, 1U);
  EXPECT_EQ(accepted->received_by, "COMMUNE");
  // 10 working days from Monday 2026-03-02 08:00. Source: domain vector, office hours 07:30-11:30, 13:00-17:00.
  EXPECT_EQ(local_text(accepted->appointment_at), "2026-03-16 08:00");
  EXPECT_EQ(given.state().status, NationalStatus::kReceived);
}

// Source: QĐ 45/2016/QĐ-TTg, Art. 5: the citizen may have the dossier fetched, the result brought, or both.
TEST(IntakeDeciderTest, AsksThePostToFetchAtSubmissionAndReceivesWhenTheDeskAccepts) {
  Given given;
  const auto submitted = given.when(give(SubmitDossier{posted()}));
  EXPECT_EQ(first_of<PickupRequested>(submitted.events),
            (PickupRequested{*HomeKey::parse("C01"), "vnpost", "C01", sealed_part('p'), {{"DON", 1, "", ""}}}));
  EXPECT_EQ(given.state().status, NationalStatus::kSubmitted);
  given.context.now = local("2026-03-04 09:00");
  const auto accepted = given.when(give(AcceptDossier{}));
  EXPECT_FALSE(first_of<PickupRequested>(accepted.events));
  EXPECT_EQ(local_text(given.state().received_at), "2026-03-04 09:00") << "postal time is outside of the clock";
}

TEST(IntakeDeciderTest, AsksThePostToBringTheResultWhenItIsReadyWhichIsWhenItIsInTime) {
  Given given;
  EXPECT_FALSE(first_of<PickupRequested>(given.when(give(ReceiveDossier{posted()})).events)) << "the papers are here";
  given.when(report(ProcessingStarted{}));
  const auto ready = given.when(report(RouteResolved{local("2026-03-03 09:00")}));
  EXPECT_EQ(first_of<ResultDeliveryRequested>(ready.events),
            (ResultDeliveryRequested{*HomeKey::parse("C01"), "000.01.01.H47-260302-0001", "vnpost", "C01", sealed_part('q'),
                                     35'000}));
  EXPECT_EQ(given.state().delivery, Delivery::kRequested);
  EXPECT_EQ(given.state().status, NationalStatus::kProcessed);
  EXPECT_EQ(local_text(given.state().processed_at), "2026-03-03 09:00");
  given.when(from_post(ResultUndelivered{1, Delivery::kLost}));
  EXPECT_EQ(given.state().delivery, Delivery::kLost);
  const auto found = given.when(from_post(ResultDelivered{1}));
  EXPECT_EQ(first_of<ResultHandedOver>(found.events), ResultHandedOver{Channel::kPost});
  EXPECT_EQ(given.state().status, NationalStatus::kHandedOver);
  EXPECT_EQ(given.state().delivery, Delivery::kDelivered);
  EXPECT_EQ(local_text(given.state().closed_at), "2026-03-05 10:00") << "when the receiver signed";
  EXPECT_EQ(local_text(given.state().processed_at), "2026-03-03 09:00");
}

TEST(IntakeDeciderTest, TakesNoNoticeOfAShipmentWithoutDossier) {
  Given given;
  const auto decision = given.when(from_post(ResultDelivered{1}));
  EXPECT_FALSE(decision.refusal) << "it would park";
  EXPECT_THAT(decision.events, IsEmpty());
}

TEST(IntakeDeciderTest, CountsPerDeskAndLocalDayAndWidensInsteadOfWrapping) {
  struct Case {
    const char* decided_at;
    std::uint64_t before;
    const char* code;
  };
  // Source: TT 01/2018/TT-VPCP, Art. 19; the day changes at midnight of Viet Nam.
  for (const auto& [decided_at, before, code] :
       {Case{"2026-03-02 23:59", 117, "000.01.01.H47-260302-0118"}, Case{"2026-03-03 00:00", 0, "000.01.01.H47-260303-0001"},
        Case{"2026-03-02 08:00", 9999, "000.01.01.H47-260302-10000"}}) {
    Given given;
    given.context.now = local(decided_at);
    given.context.numbers[shared_kernel::format_day(shared_kernel::day_of(given.context.now))] = 0;
    given.context.numbers["C01|" + shared_kernel::format_day(shared_kernel::day_of(given.context.now))] = before;
    given.when(give(ReceiveDossier{application()}));
    EXPECT_EQ(given.state().dossier_code, code);
  }
}

TEST(IntakeDeciderTest, RefusesApplicationsThatCannotBeReceived) {
  struct Case {
    const char* what;
    const char* principal;
    const char* reason;
    void (*spoil)(Application&);
  };
  const Case cases[] = {
      {"unknown desk", "all", "HOME_KEY_UNKNOWN", [](Application& a) { a.home = *HomeKey::parse("X99"); }},
      {"unknown procedure", "all", "PROCEDURE_UNKNOWN", [](Application& a) { a.procedure_code = "9.999999"; }},
      {"unknown helper", "all", "AGENCY_UNKNOWN", [](Application& a) { a.helped_by = "NOBODY"; }},
      {"desk of another kind", "all", "PROCEDURE_NOT_RECEIVED_HERE",
       [](Application& a) { a.home = *HomeKey::parse("D01"); }},
      {"no grant", "reader", "NOT_GRANTED", [](Application&) {}},
      {"grant elsewhere", "elsewhere", "NOT_GRANTED", [](Application&) {}},
      {"unknown principal", "nobody", "NOT_GRANTED", [](Application&) {}},
  };
  for (const auto& [what, principal, reason, spoil] : cases) {
    Given given;
    auto spoilt = application();
    spoil(spoilt);
    EXPECT_EQ(reason_of(given.when(give(ReceiveDossier{spoilt}, principal))), reason) << what;
    EXPECT_FALSE(given.state().status) << what;
    EXPECT_TRUE(given.context.numbers.empty()) << what << ": no number is taken for what is refused";
  }
}

TEST(IntakeDeciderTest, DecidesNothingWithoutACatalogue) {
  Given given;
  given.rules = nullptr;
  EXPECT_EQ(reason_of(given.when(give(ReceiveDossier{application()}))), "CATALOGUE_UNAVAILABLE");
}

TEST(IntakeDeciderTest, LetsOnlyPrivilegedCallersStateATimeLongPast) {
  struct Case {
    const char* principal;
    const char* occurred_at;
    const char* reason;
    const char* received_at;
  };
  for (const auto& [principal, occurred_at, reason, received_at] :
       {Case{"desk", "2026-03-02 07:45", "", "2026-03-02 07:45"}, Case{"desk", "2026-03-02 07:44", "NOT_GRANTED", ""},
        Case{"all", "2026-01-05 09:00", "", "2026-01-05 09:00"}, Case{"all", "2026-03-02 08:01", "", "2026-03-02 08:00"},
        Case{"all", "2026-03-02 08:02", "OCCURRED_TIME_IN_FUTURE", ""}}) {
    Given given;
    const auto decision = given.when(give(ReceiveDossier{application()}, principal, local(occurred_at)));
    EXPECT_EQ(reason_of(decision), reason) << principal << ' ' << occurred_at;
    if (decision.refusal) continue;
    EXPECT_EQ(local_text(given.state().received_at), received_at);
  }
}

TEST(IntakeDeciderTest, KeepsTheVersionInForceAtOfficialReceiptNotAtSubmission) {
  Given given;
  given.context.now = local("2026-06-30 20:00");
  given.when(give(SubmitDossier{application()}));
  EXPECT_EQ(given.state().procedure_version, 0U);
  given.context.now = local("2026-07-01 08:00");
  given.when(give(AcceptDossier{}));
  EXPECT_EQ(given.state().procedure_version, 2U);
  EXPECT_EQ(local_text(given.state().appointment_at), "2026-07-08 08:00");
}

TEST(IntakeDeciderTest, AnswersForAForeignDossierAsForAMissingOne) {
  const std::vector<CommandBody> bodies = {AcceptDossier{},     RefuseDossier{"X", sealed_part('r')},
                                           ReceiveSupplement{}, WithdrawDossier{},
                                           HandOverResult{},    ErasePersonalData{"X", {}}};
  for (const auto& body : bodies) {
    Given missing;
    auto foreign = dossier_in(NationalStatus::kSubmitted);
    const auto a = missing.when(give(body, "elsewhere"));
    const auto b = foreign.when(give(body, "elsewhere"));
    ASSERT_TRUE(a.refusal && b.refusal);
    EXPECT_EQ(*a.refusal, *b.refusal);
    EXPECT_EQ(a.refusal->code, ErrorCode::kNotFound);
    EXPECT_EQ(dossier_in(NationalStatus::kSubmitted).when(give(body, "reader")).refusal->code, ErrorCode::kPermissionDenied);
  }
}

TEST(IntakeDeciderTest, GivesUpEveryKeyOnceOnErasure) {
  auto given = dossier_in(NationalStatus::kSupplementRequested);
  given.when(give(ReceiveSupplement{{}, sealed_part('a')}));
  const auto decision = given.when(give(ErasePersonalData{"RETENTION_ENDED", {}}));
  const auto erased = first_of<PersonalDataErased>(decision.events);
  ASSERT_TRUE(erased);
  EXPECT_THAT(erased->key_refs, ElementsAre("key-a", "key-s"));
  EXPECT_EQ(reason_of(given.when(give(ErasePersonalData{"RETENTION_ENDED", {}}))), "PERSONAL_DATA_ERASED");
}

TEST(IntakeDeciderTest, ListsADossierByCodeStatusAndDueTime) {
  EXPECT_THAT(Decider::index_entries(State{}), IsEmpty());
  const auto submitted = dossier_in(NationalStatus::kSubmitted).state();
  EXPECT_THAT(Decider::index_entries(submitted),
              ElementsAre(IndexEntry{"status", "COMMUNE/1", local("2026-03-02 08:00").micros, ""}));
  const auto received = dossier_in(NationalStatus::kReceived).state();
  EXPECT_THAT(Decider::index_entries(received),
              ElementsAre(IndexEntry{"status", "COMMUNE/2", local("2026-03-02 08:00").micros, ""},
                          IndexEntry{"code", "000.01.01.H47-260302-0001", 0, ""},
                          IndexEntry{"due", "COMMUNE", local("2026-03-16 08:00").micros, ""}));
  const auto processed = dossier_in(NationalStatus::kProcessed).state();
  EXPECT_EQ(Decider::index_entries(processed).size(), 2U) << "what is processed is due no more";
}

std::string outcome(Given given, const Cause& cause) {
  const auto before = given.state().status;
  const auto decision = given.when(cause);
  if (decision.refusal) return '`' + decision.refusal->reason + '`';
  if (first_of<InputSetAside>(decision.events)) return "set aside";
  if (given.state().status == before) return decision.events.empty() ? "nothing" : "stays";
  return "**" + std::to_string(code_of(*given.state().status)) + "**";
}

TEST(IntakeStateTableTest, StandsInTheReadmeAsDecided) {
  const std::vector<std::optional<NationalStatus>> states = {std::nullopt,
                                                             NationalStatus::kSubmitted,
                                                             NationalStatus::kReceived,
                                                             NationalStatus::kNotAccepted,
                                                             NationalStatus::kInProcess,
                                                             NationalStatus::kSupplementRequested,
                                                             NationalStatus::kWithdrawalRequested,
                                                             NationalStatus::kStopped,
                                                             NationalStatus::kProcessed,
                                                             NationalStatus::kHandedOver};
  const std::vector<std::pair<std::string, Cause>> causes = {
      {"SubmitDossier", give(SubmitDossier{application()})},
      {"ReceiveDossier", give(ReceiveDossier{application()})},
      {"AcceptDossier", give(AcceptDossier{})},
      {"RefuseDossier", give(RefuseDossier{"OUT_OF_COMPETENCE", sealed_part('r')})},
      {"ReceiveSupplement", give(ReceiveSupplement{})},
      {"WithdrawDossier", give(WithdrawDossier{})},
      {"HandOverResult", give(HandOverResult{Channel::kCounter})},
      {"ErasePersonalData", give(ErasePersonalData{"RETENTION_ENDED", {}})},
      {"routing: ProcessingStarted", report(ProcessingStarted{})},
      {"routing: SupplementRequested", report(SupplementNeeded{{2, 1}, "DISTRICT", "MISSING_PAPER", sealed_part('s')})},
      {"routing: AppointmentChanged", report(AppointmentChanged{local("2026-03-20 08:00")})},
      {"routing: DossierResolved", report(RouteResolved{local("2026-03-04 08:00")})},
      {"routing: DossierRefusedFinally", report(RouteRefused{"NO_AGENCY_COMPETENT", sealed_part('f')})},
      {"routing: RouteStopped", report(RouteStopped{})},
      {"postal-dispatch: ResultDelivered", from_post(ResultDelivered{1})},
      {"postal-dispatch: ResultUndelivered", from_post(ResultUndelivered{1, Delivery::kReturned})}};
  std::string table = "| cause |";
  for (const auto& state : states) table += state ? ' ' + std::to_string(code_of(*state)) + " |" : " none |";
  table += "\n|---|";
  for (std::size_t i = 0; i < states.size(); ++i) table += "---|";
  table += '\n';
  for (const auto& [name, cause] : causes) {
    table += "| " + name + " |";
    for (const auto& state : states) table += ' ' + outcome(dossier_in(state), cause) + " |";
    table += '\n';
  }
  test_support::expect_table_in(LIENTHONG_SOURCE_DIR "/services/intake/README.md", "states", table);
}

}  // namespace
}  // namespace lienthong::intake
