#include "catalogue/adapters/catalogue_yaml.h"
#include "routing/adapters/event_codec.h"
#include "shared_kernel/local_time.h"
#include "tests/support/linked_world.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

/// A linked dossier on its way from commune to district and province and back, through the three machines with their real
/// codecs and the demonstration catalogue.
namespace lienthong {
namespace {

using shared_kernel::Catalogue;
using shared_kernel::LegRef;
using shared_kernel::NationalStatus;
using test_support::dossier_number;
using test_support::LinkedWorld;
using test_support::sealed;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

std::shared_ptr<const Catalogue> demonstration() {
  auto reading = catalogue::read_catalogue_directory(LIENTHONG_SOURCE_DIR "/deploy/catalogue");
  for (const auto& fault : reading.faults) EXPECT_TRUE(reading.importable()) << catalogue::english_line(fault);
  return *Catalogue::make(1, std::move(reading.contents));
}

std::string text(Instant at) { return shared_kernel::format_local_minute(shared_kernel::minute_of(at)); }

MATCHER(IsDone, "was carried out") {
  if (arg) *result_listener << arg->reason << ": " << arg->message_en;
  return !arg;
}
MATCHER_P(IsRefused, reason, "") {
  if (arg) *result_listener << arg->reason;
  return arg && arg->reason == reason;
}

class LinkedFlowTest : public ::testing::Test {
 protected:
  static constexpr const char* kCommune = "H47.22.02";

  void TearDown() override { EXPECT_THAT(world_.faults(), IsEmpty()); }

  intake::Application application(const std::string& procedure) {
    intake::Application out;
    out.home = *shared_kernel::HomeKey::parse(kCommune);
    out.procedure_code = procedure;
    out.applicant_kind = intake::ApplicantKind::kCitizen;
    out.channel = intake::Channel::kCounter;
    out.area_code = "H47.22.02";
    out.content = sealed('a');
    out.components = {{"application-form", 1, std::string(32, 'x'), "blob:1"}, {"id-card", 2, "", ""}};
    return out;
  }

  DossierId receive(const std::string& procedure, std::string_view at) {
    world_.move_to(at);
    EXPECT_THAT(world_.give(id_, intake::ReceiveDossier{application(procedure)}), IsDone());
    world_.settle();
    return id_;
  }

  /// Empty when the leg was never offered.
  agency_processing::Work find(std::uint32_t leg) {
    const auto state = world_.work_of(id_);
    const auto* work = state.find(leg);
    return work == nullptr ? agency_processing::Work{} : *work;
  }
  std::string agency_of(std::uint32_t leg) { return find(leg).agency; }
  routing::LegPhase phase_of(std::uint32_t leg) { return world_.route_of(id_).legs.at(leg - 1).phase; }
  static std::string backend(std::string agency) {
    std::transform(agency.begin(), agency.end(), agency.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return "agency-" + agency;
  }

  std::optional<Error> answer(std::uint32_t leg, const agency_processing::CommandBody& body) {
    auto refused = world_.give(id_, body, backend(agency_of(leg)));
    world_.settle();
    return refused;
  }
  std::optional<Error> accept(std::uint32_t leg) { return answer(leg, agency_processing::AcceptLeg{{leg, 0}, ""}); }
  std::optional<Error> complete(std::uint32_t leg) {
    return answer(leg,
                  agency_processing::CompleteLeg{{leg, 0}, {{"result", 1, std::string(32, 'r'), "blob:2"}}, {}, false, ""});
  }
  std::optional<Error> refuse(std::uint32_t leg) {
    return answer(leg, agency_processing::RefuseLeg{{leg, 0}, "OUT_OF_COMPETENCE", sealed('r')});
  }
  std::optional<Error> ask_supplement(std::uint32_t leg) {
    return answer(leg, agency_processing::AskSupplement{{leg, 0}, "MISSING_PAPER", sealed('s')});
  }
  std::optional<Error> bring_supplement() {
    auto refused = world_.give(id_, intake::ReceiveSupplement{{{"id-card", 1, "", ""}}, sealed('b')});
    world_.settle();
    return refused;
  }
  std::optional<Error> confirm(std::uint32_t leg) {
    auto refused = world_.give(id_, agency_processing::ConfirmResult{{leg, 0}}, backend(find(leg).sender));
    world_.settle();
    return refused;
  }

  NationalStatus status() { return *world_.intake_of(id_).status; }
  std::string due(std::uint32_t leg) { return text(find(leg).due_at); }
  std::string appointment() { return text(world_.intake_of(id_).appointment_at); }
  std::vector<std::string> story(LinkedWorld::Service service) { return world_.story(service, id_); }

  LinkedWorld world_{demonstration()};
  DossierId id_ = dossier_number(1);
};

TEST_F(LinkedFlowTest, PassesTheSocialAllowanceThroughThreeAgenciesInSequence) {
  receive("1.001776", "2026-03-02 08:00");
  EXPECT_EQ(status(), NationalStatus::kReceived);
  EXPECT_EQ(world_.intake_of(id_).dossier_code, "000.02.22.H47-260302-0001");
  // 22 working days from Monday morning, in hours.
  EXPECT_EQ(appointment(), "2026-04-01 08:00");
  EXPECT_EQ(agency_of(1), "H47.22.02");
  EXPECT_EQ(due(1), "2026-03-18 08:00");
  EXPECT_EQ(agency_of(2), "") << "the division is asked only when the commune is done";

  EXPECT_THAT(accept(1), IsDone());
  EXPECT_EQ(status(), NationalStatus::kInProcess);
  world_.move_to("2026-03-10 09:00");
  EXPECT_THAT(complete(1), IsDone());
  EXPECT_EQ(agency_of(2), "H47.22.LDTBXH");
  EXPECT_EQ(find(2).sender, "H47.22.02");
  EXPECT_EQ(due(2), "2026-03-19 09:00") << "7 working days from its own start";
  EXPECT_THAT(accept(2), IsDone());
  world_.move_to("2026-03-12 10:00");
  EXPECT_THAT(complete(2), IsDone());
  EXPECT_EQ(agency_of(3), "H47.22");
  EXPECT_THAT(accept(3), IsDone());
  EXPECT_EQ(find(3).receipt_code, "000.02.22.H47-260302-0001/3");
  world_.move_to("2026-03-13 10:00");
  EXPECT_THAT(complete(3), IsDone());

  EXPECT_EQ(status(), NationalStatus::kProcessed);
  EXPECT_EQ(text(world_.intake_of(id_).processed_at), "2026-03-13 10:00");
  EXPECT_EQ(world_.route_of(id_).phase, routing::RoutePhase::kResolved);
  EXPECT_THAT(world_.give(id_, intake::HandOverResult{intake::Channel::kCounter}), IsDone());
  EXPECT_EQ(status(), NationalStatus::kHandedOver);
  EXPECT_THAT(story(LinkedWorld::kAgency),
              ElementsAre("WorkOffered 1.1", "LegAccepted 1.1", "LegCompleted 1.1", "ResultConfirmed 1.1", "WorkOffered 2.1",
                          "LegAccepted 2.1", "LegCompleted 2.1", "WorkOffered 3.1", "LegAccepted 3.1", "LegCompleted 3.1"));
  EXPECT_THAT(story(LinkedWorld::kIntake),
              ElementsAre("DossierSubmitted", "DossierAccepted", "StatusChanged 2", "StatusChanged 4", "DossierProcessed",
                          "StatusChanged 9", "ResultHandedOver", "StatusChanged 10"));
}

TEST_F(LinkedFlowTest, BringsResultsBackUpTheChain) {
  receive("1.001776", "2026-03-02 08:00");
  for (const std::uint32_t leg : {1U, 2U, 3U}) {
    EXPECT_THAT(accept(leg), IsDone());
    EXPECT_THAT(complete(leg), IsDone());
  }
  EXPECT_FALSE(world_.route_of(id_).results_returned);
  EXPECT_THAT(confirm(3), IsDone());
  EXPECT_THAT(confirm(3), IsRefused("ALREADY_CONFIRMED"));
  EXPECT_FALSE(world_.route_of(id_).results_returned);
  EXPECT_THAT(confirm(2), IsDone());
  EXPECT_TRUE(world_.route_of(id_).results_returned);
  EXPECT_THAT(story(LinkedWorld::kRouting), Contains("ResultsReturned"));
}

TEST_F(LinkedFlowTest, PassesTheDeathGroupFromCommuneOverDistrictToProvinceBesideThePolice) {
  receive("2.002622", "2026-03-02 08:00");
  EXPECT_THAT(accept(1), IsDone());
  EXPECT_THAT(complete(1), IsDone());
  EXPECT_EQ(agency_of(2), "CA.H47.22.02");
  EXPECT_EQ(agency_of(3), "H47.22");
  EXPECT_THAT(accept(3), IsDone());
  EXPECT_THAT(complete(3), IsDone());
  EXPECT_EQ(agency_of(4), "H47.LDTBXH") << "the province is asked while the police have not answered";
  EXPECT_THAT(accept(4), IsDone());
  EXPECT_THAT(complete(4), IsDone());
  EXPECT_EQ(agency_of(5), "BH.H47.22");
  EXPECT_EQ(find(5).sender, "H47.LDTBXH");
  EXPECT_THAT(accept(5), IsDone());
  EXPECT_THAT(complete(5), IsDone());
  EXPECT_EQ(status(), NationalStatus::kInProcess) << "one result is still out";
  EXPECT_THAT(accept(2), IsDone());
  EXPECT_THAT(complete(2), IsDone());
  EXPECT_EQ(status(), NationalStatus::kProcessed);
}

TEST_F(LinkedFlowTest, OffersTheBirthGroupsLaterLegsInParallelCappedByTheWhole) {
  receive("2.002621", "2026-03-02 08:00");
  EXPECT_EQ(appointment(), "2026-03-05 08:00");
  EXPECT_EQ(due(1), "2026-03-02 17:00") << "same day";
  EXPECT_THAT(accept(1), IsDone());
  world_.move_to("2026-03-04 08:00");
  EXPECT_THAT(complete(1), IsDone());
  EXPECT_EQ(agency_of(2), "CA.H47.22.02");
  EXPECT_EQ(agency_of(3), "BH.H47.22");
  EXPECT_EQ(due(2), "2026-03-05 08:00") << "two working days would pass the appointment";
  EXPECT_EQ(due(3), "2026-03-05 08:00");
  for (const std::uint32_t leg : {3U, 2U}) {
    EXPECT_THAT(accept(leg), IsDone());
    EXPECT_THAT(complete(leg), IsDone());
  }
  EXPECT_EQ(status(), NationalStatus::kProcessed);
}

TEST_F(LinkedFlowTest, FinishesAnExtractAtOneDeskInOneAnswer) {
  receive("2.000635", "2026-03-02 15:30");
  EXPECT_EQ(appointment(), "2026-03-03 17:00") << "received after 15:00";
  EXPECT_THAT(answer(1, agency_processing::CompleteLeg{{1, 1}, {}, {}, true, "HT-17/2026"}), IsDone());
  EXPECT_EQ(find(1).receipt_code, "HT-17/2026");
  EXPECT_EQ(status(), NationalStatus::kProcessed);
  EXPECT_TRUE(world_.route_of(id_).results_returned) << "nothing changes hands";
  EXPECT_THAT(story(LinkedWorld::kIntake), IsSupersetOf({"StatusChanged 4", "StatusChanged 9"}));
}

TEST_F(LinkedFlowTest, OffersARefusedLegToTheNextCandidateAndThenAsksAnOperator) {
  receive("2.002621", "2026-03-02 08:00");
  EXPECT_THAT(accept(1), IsDone());
  EXPECT_THAT(complete(1), IsDone());
  EXPECT_EQ(agency_of(3), "BH.H47.22");
  EXPECT_THAT(refuse(3), IsDone());
  EXPECT_EQ(agency_of(3), "BH.H47") << "second candidate of the role";
  EXPECT_EQ(find(3).leg, (LegRef{3, 2}));
  EXPECT_THAT(refuse(3), IsDone());
  EXPECT_EQ(phase_of(3), routing::LegPhase::kAwaitsDecision);
  EXPECT_THAT(routing::Decider::index_entries(world_.route_of(id_)),
              Contains(::testing::Field(&IndexEntry::index, "decision")));

  EXPECT_THAT(world_.give(id_, routing::ReofferLeg{3, "H47.TTHCC"}, "portal"), IsRefused("DOSSIER_NOT_FOUND"));
  EXPECT_THAT(world_.give(id_, routing::ReofferLeg{3, "H99"}, "operator"), IsRefused("AGENCY_UNKNOWN"));
  EXPECT_THAT(world_.give(id_, routing::ReofferLeg{3, ""}, "operator"), IsDone());
  world_.settle();
  EXPECT_EQ(agency_of(3), "BH.H47.22");
  EXPECT_EQ(find(3).leg, (LegRef{3, 3}));
  for (const std::uint32_t leg : {2U, 3U}) {
    EXPECT_THAT(accept(leg), IsDone());
    EXPECT_THAT(complete(leg), IsDone());
  }
  EXPECT_EQ(status(), NationalStatus::kProcessed);
}

TEST_F(LinkedFlowTest, EndsADossierThatNobodyTakes) {
  receive("2.002621", "2026-03-02 08:00");
  EXPECT_THAT(accept(1), IsDone());
  EXPECT_THAT(complete(1), IsDone());
  const routing::RefuseFinally refusal{"NO_AGENCY_COMPETENT", sealed('f')};
  EXPECT_THAT(world_.give(id_, refusal, "operator"), IsRefused("NO_DECISION_DUE"));
  EXPECT_THAT(refuse(3), IsDone());
  EXPECT_THAT(refuse(3), IsDone());
  EXPECT_THAT(world_.give(id_, refusal, "operator"), IsDone());
  world_.settle();
  EXPECT_EQ(status(), NationalStatus::kStopped) << "a receipt was given, so it is 8 and not 3";
  EXPECT_EQ(world_.intake_of(id_).reason_code, "NO_AGENCY_COMPETENT");
  EXPECT_EQ(find(2).phase, agency_processing::WorkPhase::kClosed);
}

TEST_F(LinkedFlowTest, StopsTheClocksWhileTheCitizenOwesAPaper) {
  receive("1.001776", "2026-03-02 08:00");
  EXPECT_THAT(accept(1), IsDone());
  world_.move_to("2026-03-05 10:00");
  EXPECT_THAT(ask_supplement(1), IsDone());
  EXPECT_EQ(status(), NationalStatus::kSupplementRequested);
  EXPECT_THAT(complete(1), IsRefused("AWAITING_SUPPLEMENT"));
  world_.move_to("2026-03-10 10:00");
  EXPECT_THAT(bring_supplement(), IsDone());
  EXPECT_EQ(status(), NationalStatus::kInProcess);
  // 24 working hours waited: three working days more for the leg and for the whole.
  EXPECT_EQ(due(1), "2026-03-23 08:00");
  EXPECT_EQ(appointment(), "2026-04-06 08:00");
  EXPECT_EQ(text(world_.intake_of(id_).first_appointment_at), "2026-04-01 08:00");
  EXPECT_EQ(find(1).phase, agency_processing::WorkPhase::kAccepted);
  EXPECT_THAT(complete(1), IsDone());
  EXPECT_THAT(story(LinkedWorld::kRouting), IsSupersetOf({"CustodyPassed to citizen", "ClockResumed", "LegDueChanged 1.1"}));
}

TEST_F(LinkedFlowTest, KeepsTheWholeStoppedUntilTheLastWaitingLegGoesOn) {
  receive("2.002621", "2026-03-02 08:00");
  EXPECT_THAT(accept(1), IsDone());
  EXPECT_THAT(complete(1), IsDone());
  EXPECT_THAT(accept(2), IsDone());
  EXPECT_THAT(accept(3), IsDone());
  world_.move_to("2026-03-02 10:00");
  EXPECT_THAT(ask_supplement(2), IsDone());
  world_.move_to("2026-03-03 10:00");
  EXPECT_THAT(ask_supplement(3), IsDone());
  EXPECT_EQ(status(), NationalStatus::kSupplementRequested);
  world_.move_to("2026-03-04 10:00");
  EXPECT_THAT(bring_supplement(), IsDone());
  // The whole stood still for two days, the third leg for one.
  EXPECT_EQ(appointment(), "2026-03-09 08:00");
  EXPECT_EQ(due(3), "2026-03-05 08:00");
  EXPECT_EQ(world_.intake_of(id_).supplements, 2U);
}

TEST_F(LinkedFlowTest, RecallsOpenLegsOnWithdrawal) {
  receive("2.002621", "2026-03-02 08:00");
  EXPECT_THAT(accept(1), IsDone());
  EXPECT_THAT(complete(1), IsDone());
  EXPECT_THAT(accept(2), IsDone());
  EXPECT_THAT(world_.give(id_, intake::WithdrawDossier{sealed('w')}, "portal"), IsDone());
  EXPECT_EQ(status(), NationalStatus::kWithdrawalRequested);
  world_.settle();
  EXPECT_EQ(status(), NationalStatus::kStopped);
  EXPECT_EQ(find(2).phase, agency_processing::WorkPhase::kClosed);
  EXPECT_EQ(find(3).phase, agency_processing::WorkPhase::kClosed);
  EXPECT_THAT(complete(2), IsRefused("LEG_RECALLED"));
  EXPECT_EQ(world_.value_of(LinkedWorld::kRouting, id_).timers(0).due(), 0) << "no clock runs any more";
}

TEST_F(LinkedFlowTest, SetsACompletionAsideThatCrossesARecall) {
  receive("1.001776", "2026-03-02 08:00");
  EXPECT_THAT(accept(1), IsDone());
  EXPECT_THAT(world_.give(id_, intake::WithdrawDossier{}, "portal"), IsDone());
  EXPECT_TRUE(world_.deliver(LinkedWorld::kIntake, LinkedWorld::kRouting));
  // The recall has not reached the agency when it answers.
  EXPECT_THAT(world_.give(id_, agency_processing::CompleteLeg{{1, 1}, {}, {}, false, ""}, backend(kCommune)), IsDone());
  world_.settle();
  EXPECT_EQ(status(), NationalStatus::kStopped);
  EXPECT_THAT(story(LinkedWorld::kRouting), Contains("InputSetAside 1.1"));
  EXPECT_THAT(story(LinkedWorld::kAgency), Contains("InputSetAside 1.1"));
}

TEST_F(LinkedFlowTest, LetsAWithdrawalLapseThatCrossesTheLastResult) {
  receive("2.000635", "2026-03-02 08:00");
  EXPECT_THAT(world_.give(id_, agency_processing::CompleteLeg{{1, 1}, {}, {}, true, ""}, backend(kCommune)), IsDone());
  EXPECT_TRUE(world_.deliver(LinkedWorld::kAgency, LinkedWorld::kRouting));
  EXPECT_THAT(world_.give(id_, intake::WithdrawDossier{}, "portal"), IsDone());
  world_.settle();
  EXPECT_EQ(status(), NationalStatus::kProcessed);
  EXPECT_THAT(story(LinkedWorld::kRouting), Contains("InputSetAside"));
}

TEST_F(LinkedFlowTest, TakesBackAnOfferThatIsNotAcceptedAndMakesItToAnotherAgency) {
  receive("2.002621", "2026-03-02 08:00");
  EXPECT_THAT(accept(1), IsDone());
  EXPECT_THAT(world_.give(id_, routing::ReofferLeg{1, ""}, "operator"), IsRefused("ALREADY_ACCEPTED"));
  EXPECT_THAT(complete(1), IsDone());
  EXPECT_THAT(world_.give(id_, routing::ReofferLeg{2, "CA.H47"}, "operator"), IsDone());
  // The first agency accepts before it hears of the recall: the route has gone on without it.
  EXPECT_THAT(world_.give(id_, agency_processing::AcceptLeg{{2, 1}, ""}, backend("CA.H47.22.02")), IsDone());
  world_.settle();
  EXPECT_EQ(agency_of(2), "CA.H47");
  EXPECT_EQ(find(2).phase, agency_processing::WorkPhase::kOffered);
  EXPECT_THAT(world_.give(id_, agency_processing::CompleteLeg{{2, 1}, {}, {}, false, ""}, backend("CA.H47.22.02")),
              IsRefused("WORK_NOT_FOUND"));
  EXPECT_THAT(world_.give(id_, agency_processing::AcceptLeg{{2, 1}, ""}, backend("CA.H47")), IsRefused("OFFER_SUPERSEDED"));
  EXPECT_THAT(accept(2), IsDone());
}

TEST_F(LinkedFlowTest, WarnsAndCallsALegAndTheWholeOverdueOnce) {
  receive("1.001776", "2026-03-02 08:00");
  EXPECT_THAT(accept(1), IsDone());
  world_.move_to("2026-03-17 08:00");
  EXPECT_THAT(story(LinkedWorld::kRouting), Contains("LegNearDue 1.1")) << "one working day before";
  EXPECT_THAT(story(LinkedWorld::kRouting), Not(Contains("LegOverdue 1.1")));
  world_.move_to("2026-04-10 08:00");
  world_.settle();
  const auto events = story(LinkedWorld::kRouting);
  for (const char* once : {"LegNearDue 1.1", "LegOverdue 1.1", "DossierNearDue", "DossierOverdue"}) {
    EXPECT_EQ(std::count(events.begin(), events.end(), once), 1) << once;
  }
  EXPECT_THAT(complete(1), IsDone()) << "lateness never takes away the work";
  EXPECT_EQ(status(), NationalStatus::kInProcess);
}

TEST_F(LinkedFlowTest, DoesNotRingWhileTheCitizenIsAwaited) {
  receive("1.001776", "2026-03-02 08:00");
  EXPECT_THAT(accept(1), IsDone());
  EXPECT_THAT(ask_supplement(1), IsDone());
  world_.move_to("2026-06-01 08:00");
  EXPECT_THAT(story(LinkedWorld::kRouting), Not(Contains("LegOverdue 1.1")));
  EXPECT_THAT(bring_supplement(), IsDone());
  EXPECT_FALSE(world_.route_of(id_).overdue);
}

TEST_F(LinkedFlowTest, AccountsForEveryMinuteOfTheWayToOneHolder) {
  receive("1.001776", "2026-03-02 08:00");
  world_.move_to("2026-03-02 09:00");
  EXPECT_THAT(accept(1), IsDone());
  world_.move_to("2026-03-03 09:00");
  EXPECT_THAT(complete(1), IsDone());
  world_.move_to("2026-03-03 11:00");
  EXPECT_THAT(accept(2), IsDone());
  EXPECT_THAT(ask_supplement(2), IsDone());
  world_.move_to("2026-03-04 11:00");
  EXPECT_THAT(bring_supplement(), IsDone());
  EXPECT_THAT(complete(2), IsDone());
  EXPECT_THAT(accept(3), IsDone());
  EXPECT_THAT(complete(3), IsDone());
  const auto events = story(LinkedWorld::kRouting);
  std::vector<std::string> custody;
  std::copy_if(events.begin(), events.end(), std::back_inserter(custody),
               [](const std::string& name) { return name.rfind("CustodyPassed", 0) == 0; });
  EXPECT_THAT(custody, ElementsAre("CustodyPassed to H47.22.02", "CustodyPassed to desk", "CustodyPassed to H47.22.LDTBXH",
                                   "CustodyPassed to citizen", "CustodyPassed to H47.22.LDTBXH",
                                   "CustodyPassed to H47.22.LDTBXH", "CustodyPassed to H47.22", "CustodyPassed to desk"));

  std::int64_t accounted = 0;
  for (const auto& leaf : world_.ledger_of(LinkedWorld::kRouting)) {
    for (const auto& event : leaf.events()) {
      const auto decoded = routing::decode_event(event);
      ASSERT_TRUE(decoded);
      if (const auto* passed = std::get_if<routing::CustodyPassed>(&decoded->body)) accounted += passed->desk_minutes;
    }
  }
  // Monday 08:00 to Wednesday 11:00 at the desk: two working days and three hours.
  EXPECT_EQ(accounted, 2 * 480 + 180);
}

TEST_F(LinkedFlowTest, WaitsForTheCatalogueReleaseTheDeskDecidedUnder) {
  world_.move_to("2026-03-02 08:00");
  EXPECT_THAT(world_.give(id_, intake::ReceiveDossier{application("2.000635")}), IsDone());
  const auto complete_rules = demonstration();
  auto contents = complete_rules->contents();
  contents.procedures.clear();
  world_.use_rules(*Catalogue::make(0, contents));
  world_.settle();
  EXPECT_EQ(world_.route_of(id_).phase, routing::RoutePhase::kDeferred);
  world_.use_rules(complete_rules);
  world_.move_to("2026-03-02 08:01");
  world_.settle();
  EXPECT_EQ(agency_of(1), kCommune);
}

TEST_F(LinkedFlowTest, SubmitsOnlineAndReceivesAtTheDeskLater) {
  world_.move_to("2026-03-01 20:00");
  auto online = application("1.001776");
  online.channel = intake::Channel::kOnline;
  EXPECT_THAT(world_.give(id_, intake::SubmitDossier{online}, "portal"), IsDone());
  world_.settle();
  EXPECT_EQ(status(), NationalStatus::kSubmitted);
  EXPECT_TRUE(story(LinkedWorld::kRouting).empty());
  EXPECT_THAT(world_.give(id_, intake::AcceptDossier{}, "portal"), IsRefused("NOT_GRANTED"));
  EXPECT_THAT(world_.give(id_, intake::AcceptDossier{}, "agency-h47.22.03"), IsRefused("DOSSIER_NOT_FOUND"));
  world_.move_to("2026-03-02 09:00");
  EXPECT_THAT(world_.give(id_, intake::AcceptDossier{}, backend(kCommune)), IsDone());
  world_.settle();
  EXPECT_EQ(status(), NationalStatus::kReceived);
  EXPECT_EQ(agency_of(1), kCommune);
}

TEST_F(LinkedFlowTest, ForgetsAWithdrawnSubmissionThatWasNeverReceived) {
  world_.move_to("2026-03-02 08:00");
  EXPECT_THAT(world_.give(id_, intake::SubmitDossier{application("1.001776")}, "portal"), IsDone());
  EXPECT_THAT(world_.give(id_, intake::WithdrawDossier{}, "portal"), IsDone());
  world_.settle();
  EXPECT_EQ(status(), NationalStatus::kWithdrawalRequested);
  EXPECT_TRUE(story(LinkedWorld::kRouting).empty());
}

TEST_F(LinkedFlowTest, ParksAReportThatCannotBeRead) {
  receive("2.000635", "2026-03-02 08:00");
  ledger::v1::Event broken;
  broken.set_type(2);  // LegAccepted
  broken.set_payload("\xff\xff\xff");
  world_.append_foreign(LinkedWorld::kAgency, id_, broken);
  world_.settle();
  EXPECT_TRUE(world_.value_of(LinkedWorld::kRouting, id_).parked());
  EXPECT_EQ(phase_of(1), routing::LegPhase::kOffered);
}

}  // namespace
}  // namespace lienthong
