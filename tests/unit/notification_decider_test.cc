#include "notification/core/decider.h"
#include "tests/support/given_when_then.h"
#include "tests/support/notice_catalogue.h"
#include "tests/support/readme_table.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lienthong::notification {
namespace {

using test_support::by;
using test_support::first_of;
using test_support::local;
using test_support::local_text;
using test_support::reason_of;
using test_support::sealed_part;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Given : test_support::Given<Decider> {
  Given() { rules = test_support::notice_catalogue(); }
};

/// Received on Monday 2026-03-02 at 08:00, appointment two weeks later.
DossierAccepted accepted() {
  return {*HomeKey::parse("C01"),    "000.01.01.H47-260302-0001", test_support::kProcedure, "COMMUNE",
          local("2026-03-02 08:00"), local("2026-03-16 08:00")};
}
LegOffered offered(std::string agency = "DISTRICT") {
  return {{2, 1},
          "left",
          std::move(agency),
          *HomeKey::parse("C01"),
          "000.01.01.H47-260302-0001",
          test_support::kProcedure,
          local("2026-03-04 08:00")};
}
Decision<Event> report(Given& given, FactBody body, std::string origin = "intake/1") {
  return given.when(Reported{std::move(origin), {{given.context.now, std::move(body)}}});
}
Decision<Event> ring_at(Given& given, std::string_view time) {
  given.context.now = local(time);
  return given.when(AlarmRang{});
}
Decision<Event> end(Given& given, NoticeNumber number, SendResult result, std::string reason = "") {
  const Notice& notice = given.state().notices.at(number - 1);
  return given.when(
      SendEnded{number, notice.attempts, notice.provider, result, std::move(reason), "ref-1", "n***@example.vn", {}});
}

/// `2 email_received sending` for every notice.
std::vector<std::string> notices(const Given& given) {
  std::vector<std::string> out;
  for (const auto& notice : given.state().notices) {
    std::string text = std::to_string(notice.made.notice) + ' ' + notice.made.way.text.id + ' ' + name_of(notice.phase);
    if (!notice.reason_code.empty()) text += ' ' + notice.reason_code;
    out.push_back(std::move(text));
  }
  return out;
}
std::vector<std::string> orders(const Decision<Event>& decision) {
  std::vector<std::string> out;
  for (const auto& intent : decision.intents) out.push_back(intent.payload);
  return out;
}
std::string armed(const Decision<Event>& decision) {
  for (const auto& change : decision.timers) {
    if (const auto* arm = std::get_if<ArmTimer>(&change)) return local_text(arm->due);
    return "cleared";
  }
  return "";
}
Given with_one_sending() {
  Given given;
  given.context.now = local("2026-03-02 08:00");
  report(given, accepted());
  return given;
}

TEST(NotificationDeciderTest, TellsTheApplicantOfTheReceiptAtOnce) {
  Given given;
  const auto decision = report(given, accepted());
  EXPECT_THAT(notices(given), ElementsAre("1 email_received sending"));
  EXPECT_THAT(orders(decision), ElementsAre("1 1 first 1"));
  EXPECT_EQ(decision.intents.at(0).type, kSendEmail);
  EXPECT_EQ(given.state().notices.at(1 - 1).made.contents.appointment_at, local("2026-03-16 08:00"));
}

struct StepCase {
  const char* source;
  FactBody fact;
  std::vector<std::string> told;
};
// Source of the steps: notices of the one-stop systems in use (OpenCPS APPLICANT-02 to -05, DOSSIER-01 to -10; Thanh Hóa).
TEST(NotificationDeciderTest, TellsEveryStepOfADossier) {
  const std::vector<StepCase> cases = {
      {"submitted",
       DossierSubmitted{*HomeKey::parse("C01"), test_support::kProcedure, "COMMUNE"},
       {"1 email_submitted sending"}},
      {"refused, APPLICANT", DossierNotAccepted{"NOT_COMPLETE", sealed_part('r')}, {"1 email_not_accepted sending"}},
      {"stopped", DossierStopped{"WITHDRAWN", {}}, {"1 email_stopped sending"}},
      {"result ready, APPLICANT-04, DOSSIER-10", ResultReady{local("2026-03-10 10:00")}, {"1 email_result_ready sending"}},
      {"handed over, APPLICANT-05", ResultHandedOver{}, {"1 email_handed_over sending"}},
      {"new task, DOSSIER-03", offered(), {"1 email_work_offered sending"}}};
  for (const auto& [source, fact, told] : cases) {
    Given given;
    report(given, fact);
    EXPECT_EQ(notices(given), told) << source;
  }
}

TEST(NotificationDeciderTest, AReceiptAtTheCounterIsToldOnce) {
  Given given;
  const Instant now = given.context.now;
  given.when(
      Reported{"intake/1",
               {{now, DossierSubmitted{*HomeKey::parse("C01"), test_support::kProcedure, "COMMUNE"}}, {now, accepted()}}});
  EXPECT_THAT(notices(given), ElementsAre("1 email_received sending"));
}

TEST(NotificationDeciderTest, TellsOfASupplementByTwoChannelsWithOneKeyEach) {
  Given given = with_one_sending();
  const auto decision =
      report(given, SupplementRequested{{2, 1}, "DISTRICT", "MISSING_PAPER", sealed_part('s')}, "intake/2");
  EXPECT_THAT(notices(given), ElementsAre("1 email_received sending", "2 email_supplement_requested sending",
                                          "3 portal_supplement_requested sent"));
  EXPECT_THAT(orders(decision), ElementsAre("2 1 first 1"));
  EXPECT_EQ(given.state().notices.at(2 - 1).made.contents.reason, sealed_part('s'));
}

TEST(NotificationDeciderTest, OmitsWhatAnotherProcedureIsTold) {
  Given given;
  auto contents = test_support::notice_contents();
  contents.notices.rules[1].procedures = {"1.000002"};
  given.rules = *shared_kernel::Catalogue::make(2, contents);
  report(given, accepted());
  EXPECT_THAT(notices(given), IsEmpty());
}

// Source: quiet hours 21:00 to 07:00 of the recipient.
TEST(NotificationDeciderTest, WaitsThroughTheQuietHours) {
  struct Case {
    const char* at;
    const char* sent;
  };
  for (const auto& [at, sent] : std::vector<Case>{{"2026-03-02 20:59", "2026-03-02 20:59"},
                                                  {"2026-03-02 21:00", "2026-03-03 07:00"},
                                                  {"2026-03-02 23:59", "2026-03-03 07:00"},
                                                  {"2026-03-03 00:00", "2026-03-03 07:00"},
                                                  {"2026-03-03 06:59", "2026-03-03 07:00"},
                                                  {"2026-03-03 07:00", "2026-03-03 07:00"}}) {
    Given given;
    given.context.now = local(at);
    report(given, accepted());
    EXPECT_EQ(local_text(given.state().notices.at(1 - 1).made.send_at), sent) << at;
    const bool waits = std::string(at) != sent;
    EXPECT_EQ(given.state().notices.at(1 - 1).phase, waits ? Phase::kCreated : Phase::kSending) << at;
    if (!waits) continue;
    EXPECT_THAT(orders(ring_at(given, sent)), ElementsAre("1 1 first 1")) << at;
  }
}

TEST(NotificationDeciderTest, SendsWhatIsUrgentInQuietHoursToo) {
  Given given;
  auto contents = test_support::notice_contents();
  contents.notices.rules[1].urgent = true;
  given.rules = *shared_kernel::Catalogue::make(2, contents);
  given.context.now = local("2026-03-02 23:00");
  EXPECT_THAT(orders(report(given, accepted())), ElementsAre("1 1 first 2"));
}

TEST(NotificationDeciderTest, ChecksAgainWhenItIsSentThatItIsStillSo) {
  Given given;
  given.context.now = local("2026-03-02 22:00");
  report(given, accepted());
  report(given, SupplementRequested{{2, 1}, "DISTRICT", "MISSING_PAPER", sealed_part('s')}, "intake/2");
  report(given, SupplementReceived{{{2, 1}}}, "intake/3");
  ring_at(given, "2026-03-03 07:00");
  EXPECT_THAT(notices(given), ElementsAre("1 email_received sending", "2 email_supplement_requested cancelled NO_LONGER_SO",
                                          "3 portal_supplement_requested sent"));
}

TEST(NotificationDeciderTest, TellsNothingThatIsNotSoAnyMore) {
  Given given = with_one_sending();
  report(given, ResultReady{local("2026-03-10 10:00")}, "intake/2");
  report(given, AppointmentMoved{local("2026-03-20 08:00")}, "intake/3");
  EXPECT_THAT(notices(given), ElementsAre("1 email_received sending", "2 email_result_ready sending"));
}

TEST(NotificationDeciderTest, ComesBackAfterAGrowingPauseThenAsksTheNextProvider) {
  Given given = with_one_sending();
  given.context.now = local("2026-03-02 08:01");
  const auto first = end(given, 1, SendResult::kTemporary, "SMTP_451");
  EXPECT_THAT(notices(given), ElementsAre("1 email_received created SMTP_451"));
  EXPECT_EQ(armed(first), "2026-03-02 08:02");
  EXPECT_THAT(orders(ring_at(given, "2026-03-02 08:03")), ElementsAre("1 2 first 1"));
  const auto second = end(given, 1, SendResult::kTemporary, "SMTP_451");
  EXPECT_THAT(orders(second), ElementsAre("1 3 second 1")) << "the first provider had its two attempts";
  end(given, 1, SendResult::kTemporary, "SMTP_421");
  EXPECT_THAT(notices(given), ElementsAre("1 email_received temporary-failure SMTP_421", "2 sms_received sending"));
}

TEST(NotificationDeciderTest, KeepsTheKeyThroughAllAttempts) {
  Given given = with_one_sending();
  const auto key = given.state().notices.at(1 - 1).made.key;
  end(given, 1, SendResult::kTemporary, "SMTP_451");
  ring_at(given, "2026-03-02 09:00");
  EXPECT_EQ(given.state().notices.at(1 - 1).made.key, key);
  end(given, 1, SendResult::kPermanent, "SMTP_550");
  EXPECT_NE(given.state().notices.at(2 - 1).made.key, key) << "another channel is another notice";
}

TEST(NotificationDeciderTest, PausesDoubleUpToTheLongestAndDifferByKey) {
  const shared_kernel::NoticeProvider provider{
      "p", NoticeChannel::kEmail, 9, std::chrono::minutes(1), std::chrono::minutes(5), 0, {}};
  DerivedId key;
  EXPECT_EQ(backoff(provider, 1, key), Duration(std::chrono::minutes(1)));
  EXPECT_EQ(backoff(provider, 2, key), Duration(std::chrono::minutes(2)));
  EXPECT_EQ(backoff(provider, 3, key), Duration(std::chrono::minutes(4)));
  EXPECT_EQ(backoff(provider, 9, key), Duration(std::chrono::minutes(5)));
  key.bytes.back() = 255;
  EXPECT_GT(backoff(provider, 9, key), Duration(std::chrono::minutes(5)));
  EXPECT_LT(backoff(provider, 9, key), Duration(std::chrono::minutes(6)));
}

TEST(NotificationDeciderTest, AsksTheNextProviderAtOnceWhenTheFaultIsBetweenUs) {
  Given given = with_one_sending();
  EXPECT_THAT(orders(end(given, 1, SendResult::kTechnical, "TLS")), ElementsAre("1 2 second 1"));
  end(given, 1, SendResult::kTechnical, "AUTH");
  EXPECT_THAT(notices(given), ElementsAre("1 email_received technical-failure AUTH", "2 sms_received sending"));
}

TEST(NotificationDeciderTest, TakesAnotherChannelWhenTheRecipientCannotBeReached) {
  Given given = with_one_sending();
  const auto decision = end(given, 1, SendResult::kPermanent, "NO_ADDRESS");
  EXPECT_THAT(notices(given), ElementsAre("1 email_received permanent-failure NO_ADDRESS", "2 sms_received sending"));
  EXPECT_EQ(decision.intents.at(0).type, kSendSms);
  end(given, 2, SendResult::kPermanent, "NO_ADDRESS");
  EXPECT_THAT(given.state().notices, SizeIs(2)) << "no channel is left";
}

TEST(NotificationDeciderTest, APauseOfTheProviderCountsAsNoAttempt) {
  Given given = with_one_sending();
  for (int i = 0; i < 5; ++i) {
    const Notice& notice = given.state().notices.at(1 - 1);
    given.when(SendEnded{1, notice.attempts, notice.provider, SendResult::kDeferred, "PROVIDER_BUDGET", "", "",
                         given.context.now + std::chrono::minutes(1)});
    EXPECT_EQ(given.state().notices.at(1 - 1).phase, Phase::kCreated);
    given.context.now = given.context.now + std::chrono::minutes(1);
    given.when(AlarmRang{});
    EXPECT_EQ(given.state().notices.at(1 - 1).provider, "first");
  }
}

TEST(NotificationDeciderTest, AnAnswerToAnEarlierAttemptIsNotTaken) {
  Given given = with_one_sending();
  end(given, 1, SendResult::kTemporary, "SMTP_451");
  ring_at(given, "2026-03-02 09:00");
  const auto late = given.when(SendEnded{1, 1, "first", SendResult::kSent, "", "ref-1", "n***", {}});
  EXPECT_THAT(late.events, IsEmpty());
  EXPECT_EQ(given.state().notices.at(1 - 1).phase, Phase::kSending);
}

TEST(NotificationDeciderTest, AwaitsTheReceiptOfAProviderThatSendsSome) {
  Given given = with_one_sending();
  end(given, 1, SendResult::kPermanent, "NO_ADDRESS");
  const auto handed = end(given, 2, SendResult::kSent);
  EXPECT_EQ(given.state().notices.at(2 - 1).phase, Phase::kPending);
  EXPECT_EQ(armed(handed), "2026-03-05 08:00");
  const auto receipt = given.when(Command{by("all"), RecordReceipt{2, "gateway", Receipt::kDelivered, ""}});
  EXPECT_EQ(reason_of(receipt), "");
  EXPECT_EQ(given.state().notices.at(2 - 1).phase, Phase::kDelivered);
  EXPECT_EQ(given.state().notices.at(2 - 1).masked_address, "n***@example.vn");
  const auto again = given.when(Command{by("all"), RecordReceipt{2, "gateway", Receipt::kPermanentFailure, "LATE"}});
  EXPECT_THAT(again.events, IsEmpty()) << "the first report counts";
}

TEST(NotificationDeciderTest, AReceiptThatNeverComesIsAFailureUntilItComes) {
  Given given = with_one_sending();
  end(given, 1, SendResult::kPermanent, "NO_ADDRESS");
  end(given, 2, SendResult::kSent);
  ring_at(given, "2026-03-05 08:00");
  EXPECT_EQ(given.state().notices.at(2 - 1).phase, Phase::kTemporaryFailure);
  EXPECT_EQ(given.state().notices.at(2 - 1).reason_code, "NO_RECEIPT");
  given.when(Command{by("all"), RecordReceipt{2, "gateway", Receipt::kDelivered, ""}});
  EXPECT_EQ(given.state().notices.at(2 - 1).phase, Phase::kDelivered);
}

// Source: at the latest one day before the limit ends the citizen has an apology with a new appointment, once (NĐ 61/2018).
TEST(NotificationDeciderTest, ApologisesOneWorkingDayBeforeTheAppointmentOnce) {
  Given given = with_one_sending();
  end(given, 1, SendResult::kSent);
  EXPECT_EQ(local_text(next_alarm(given.state())), "2026-03-13 08:00") << "Friday before Monday";
  ring_at(given, "2026-03-13 08:00");
  ASSERT_THAT(given.state().notices, SizeIs(2));
  const auto& apology = given.state().notices.at(2 - 1).made;
  EXPECT_EQ(apology.event, NoticeEvent::kWillBeLate);
  EXPECT_EQ(local_text(apology.contents.new_appointment_at), "2026-03-18 08:00");
  end(given, 2, SendResult::kSent);
  report(given, AppointmentMoved{local("2026-03-20 08:00")}, "intake/9");
  EXPECT_EQ(next_alarm(given.state()), Instant{}) << "once";
}

TEST(NotificationDeciderTest, DoesNotApologiseForWhatIsReadyOrStandsStill) {
  Given ready = with_one_sending();
  report(ready, ResultReady{local("2026-03-10 10:00")}, "intake/2");
  ring_at(ready, "2026-03-13 08:00");
  EXPECT_THAT(notices(ready), ElementsAre("1 email_received sending", "2 email_result_ready sending"));

  Given still = with_one_sending();
  report(still, SupplementRequested{{1, 1}, "COMMUNE", "MISSING_PAPER", sealed_part('s')}, "intake/2");
  end(still, 1, SendResult::kSent);
  end(still, 2, SendResult::kSent);
  EXPECT_EQ(next_alarm(still.state()), Instant{}) << "the clock stands still";
  report(still, SupplementReceived{{{1, 1}}}, "intake/3");
  report(still, AppointmentMoved{local("2026-03-18 08:00")}, "intake/4");
  EXPECT_EQ(local_text(next_alarm(still.state())), "2026-03-17 08:00");
}

// Source: `dueDateNotify` of OpenCPS: days, hours or percent of the limit; a co-ordination request has a reply deadline.
TEST(NotificationDeciderTest, RemindsOfficersOfReplyAndLimit) {
  Given given;
  report(given, offered(), "routing/2");
  end(given, 1, SendResult::kSent);
  ring_at(given, "2026-03-02 13:30");
  EXPECT_THAT(notices(given), ElementsAre("1 email_work_offered sent", "2 email_reply_due sending"));
  report(given, LegStarted{{2, 1}}, "routing/3");
  end(given, 2, SendResult::kSent);
  const Instant used = next_alarm(given.state());
  EXPECT_EQ(local_text(used), "2026-03-03 13:30") << "three quarters of 16 working hours";
  given.context.now = used;
  given.when(AlarmRang{});
  EXPECT_THAT(notices(given).back(), "3 email_limit_used sending");
  given.context.now = local("2026-03-04 08:00");
  report(given, LegOverdue{{2, 1}}, "routing/4");
  EXPECT_THAT(notices(given).back(), "4 email_work_overdue sending");
}

TEST(NotificationDeciderTest, ALegThatWasAnsweredNeedsNoReminder) {
  Given given;
  report(given, offered(), "routing/2");
  report(given, LegStarted{{2, 1}}, "routing/3");
  ring_at(given, "2026-03-02 13:30");
  EXPECT_THAT(notices(given), ElementsAre("1 email_work_offered sending"));
  report(given, LegEnded{{2, 1}}, "routing/4");
  EXPECT_EQ(next_alarm(given.state()), Instant{});
}

TEST(NotificationDeciderTest, TimeWaitedForTheCitizenUsesUpNothing) {
  Given given;
  report(given, offered(), "routing/2");
  report(given, LegStarted{{2, 1}}, "routing/3");
  report(given, SupplementRequested{{2, 1}, "DISTRICT", "MISSING_PAPER", sealed_part('s')}, "intake/2");
  ring_at(given, "2026-03-03 13:00");
  given.context.now = local("2026-03-05 08:00");
  report(given, SupplementReceived{{{2, 1}}}, "intake/3");
  report(given, LegDueChanged{{2, 1}, local("2026-03-09 08:00")}, "routing/4");
  for (const auto& reminder : given.state().reminders) {
    if (reminder.rule != "limit_used") continue;
    EXPECT_EQ(local_text(reminder.at), "2026-03-06 13:30");
  }
  const auto arrived = report(given, SupplementArrived{{2, 1}}, "agency-processing/4");
  EXPECT_THAT(notices(given).back(), "4 email_supplement_arrived sending");
}

TEST(NotificationDeciderTest, ASecondOfferOfALegIsRemindedOfAnew) {
  Given given;
  report(given, offered(), "routing/2");
  ring_at(given, "2026-03-02 13:30");
  report(given, LegEnded{{2, 1}}, "routing/3");
  auto again = offered("PROVINCE");
  again.leg.attempt = 2;
  given.context.now = local("2026-03-03 08:00");
  report(given, again, "routing/4");
  report(given, LegOverdue{{2, 1}}, "routing/5");
  EXPECT_THAT(notices(given),
              ElementsAre("1 email_work_offered sending", "2 email_reply_due sending", "3 email_work_offered sending"));
  EXPECT_EQ(local_text(next_alarm(given.state())), "2026-03-03 13:30");
}

TEST(NotificationDeciderTest, AnAgencyWithoutAnAddressIsNotTold) {
  Given given;
  report(given, offered("RESERVE"), "routing/2");
  EXPECT_THAT(notices(given), IsEmpty());
}

// Source: a person whose data is erased can't be told any more, and must not be.
TEST(NotificationDeciderTest, ErasureEndsWhatTheApplicantWasToBeTold) {
  Given given;
  given.context.now = local("2026-03-02 22:00");
  report(given, accepted());
  report(given, offered(), "routing/2");
  report(given, PersonalDataErased{}, "intake/2");
  EXPECT_THAT(notices(given), ElementsAre("1 email_received cancelled ERASED", "2 email_work_offered created"));
  report(given, ResultReady{local("2026-03-10 10:00")}, "intake/3");
  EXPECT_THAT(given.state().notices, SizeIs(2));
}

TEST(NotificationDeciderTest, ANoticeOnItsWayAtErasureHasNoOtherChannel) {
  Given given = with_one_sending();
  report(given, PersonalDataErased{}, "intake/2");
  end(given, 1, SendResult::kPermanent, "ERASED");
  EXPECT_THAT(notices(given), ElementsAre("1 email_received permanent-failure ERASED"));
}

TEST(NotificationDeciderTest, AnOperatorSendsAFailedNoticeAgainWithItsWholeBudget) {
  Given given = with_one_sending();
  EXPECT_EQ(reason_of(given.when(Command{by("all"), RetryNotice{1}})), "NOTICE_NOT_FAILED");
  end(given, 1, SendResult::kPermanent, "SMTP_550");
  EXPECT_THAT(orders(given.when(Command{by("all"), RetryNotice{1}})), ElementsAre("1 2 first 1"));
  EXPECT_EQ(given.state().notices.at(1 - 1).provider_tries, 0U);
}

TEST(NotificationDeciderTest, CommandsNeedTheirGrantAndTheirNotice) {
  Given given = with_one_sending();
  EXPECT_EQ(reason_of(given.when(Command{by("all"), RetryNotice{7}})), "NOTICE_NOT_FOUND");
  EXPECT_EQ(reason_of(given.when(Command{by("elsewhere"), RetryNotice{1}})), "DOSSIER_NOT_FOUND");
  EXPECT_EQ(reason_of(given.when(Command{by("reader"), RetryNotice{1}})), "NOT_GRANTED");
  EXPECT_EQ(reason_of(given.when(Command{by("all"), RecordReceipt{1, "first", Receipt::kDelivered, ""}})),
            "NOTICE_NOT_HANDED_OVER");
  EXPECT_EQ(reason_of(given.when(Command{by("all"), MarkRead{1}})), "NOTICE_NOT_READABLE");
  EXPECT_EQ(reason_of(Given().when(Command{by("all"), RetryNotice{1}})), "DOSSIER_NOT_FOUND");
}

TEST(NotificationDeciderTest, APortalMessageIsDeliveredWhenItWasRead) {
  Given given = with_one_sending();
  report(given, SupplementRequested{{2, 1}, "DISTRICT", "MISSING_PAPER", sealed_part('s')}, "intake/2");
  given.when(Command{by("all"), MarkRead{3}});
  EXPECT_EQ(given.state().notices.at(3 - 1).phase, Phase::kDelivered);
  EXPECT_THAT(given.when(Command{by("all"), MarkRead{3}}).events, IsEmpty());
}

TEST(NotificationDeciderTest, AChannelThatNobodyCarriesIsATechnicalFailure) {
  Given given;
  auto contents = test_support::notice_contents();
  contents.notices.providers.clear();
  given.rules = *shared_kernel::Catalogue::make(2, contents);
  EXPECT_THAT(orders(report(given, accepted())), IsEmpty());
  EXPECT_THAT(notices(given),
              ElementsAre("1 email_received technical-failure NO_PROVIDER", "2 sms_received technical-failure NO_PROVIDER"));
}

TEST(NotificationDeciderTest, ListsWhatIsNotBroughtYet) {
  Given given = with_one_sending();
  EXPECT_THAT(Decider::index_entries(given.state()),
              ElementsAre(IndexEntry{"notice", "COMMUNE/sending", local("2026-03-02 08:00").micros, "1"}));
  end(given, 1, SendResult::kSent);
  EXPECT_THAT(Decider::index_entries(given.state()), IsEmpty());
}

TEST(NotificationDeciderTest, AnOrderSurvivesItsPayload) {
  const SendOrder order{12, 3, "smtp-main", 7};
  EXPECT_EQ(decode_order(encode_order(order)), order);
  EXPECT_EQ(decode_order("12 3 smtp-main"), (SendOrder{12, 3, "smtp-main", 0})) << "of a ledger before logic 2";
  for (const char* bad : {"", "1", "1 2", "1 2 ", "x 2 p", "1 x p", "1  p", "1 2 p ", "1 2 p x", "1 2 p 3 4"})
    EXPECT_EQ(decode_order(bad), std::nullopt) << bad;
}

// Made by running `decide` over every pair.
Given in_phase(Phase phase) {
  Given given = with_one_sending();
  switch (phase) {
    case Phase::kCreated: end(given, 1, SendResult::kTemporary, "SMTP_451"); break;
    case Phase::kSending: break;
    case Phase::kPending: {
      auto contents = test_support::notice_contents();
      contents.notices.providers[0].receipt_wait = std::chrono::hours(1);
      given.rules = *shared_kernel::Catalogue::make(2, contents);
      end(given, 1, SendResult::kSent);
      break;
    }
    case Phase::kSent: end(given, 1, SendResult::kSent); break;
    case Phase::kDelivered: end(given, 1, SendResult::kDelivered); break;
    case Phase::kPermanentFailure: end(given, 1, SendResult::kPermanent, "SMTP_550"); break;
    case Phase::kTemporaryFailure:
      end(given, 1, SendResult::kSent);
      given.when(Command{by("all"), RecordReceipt{1, "first", Receipt::kTemporaryFailure, "FULL"}});
      break;
    case Phase::kTechnicalFailure:
      end(given, 1, SendResult::kTechnical, "TLS");
      end(given, 1, SendResult::kTechnical, "TLS");
      break;
    case Phase::kCancelled: end(given, 1, SendResult::kWithdrawn, "NO_LONGER_SO"); break;
  }
  EXPECT_EQ(given.state().notices.at(1 - 1).phase, phase) << name_of(phase);
  return given;
}

std::string outcome(Given given, const Cause& cause) {
  const Phase before = given.state().notices.at(1 - 1).phase;
  const auto decision = given.when(cause);
  if (decision.refusal) return '`' + decision.refusal->reason + '`';
  const Phase after = given.state().notices.at(1 - 1).phase;
  return after == before && decision.events.empty() ? "stays" : std::string("**") + name_of(after) + "**";
}

TEST(NotificationStateTableTest, StandsInTheReadmeAsDecided) {
  const std::vector<std::string> columns = {"sent",
                                            "delivered",
                                            "temporary",
                                            "permanent",
                                            "technical",
                                            "alarm",
                                            "RetryNotice",
                                            "receipt: delivered",
                                            "receipt: permanent",
                                            "receipt: temporary",
                                            "intake: PersonalDataErased"};
  const auto cause = [](std::size_t column, const Given& given) -> Cause {
    const Notice& notice = given.state().notices.at(1 - 1);
    const auto ended = [&](SendResult result) {
      return SendEnded{1, notice.attempts, notice.provider, result, "REASON", "ref", "n***", {}};
    };
    const auto receipt = [&](Receipt what) { return Command{by("all"), RecordReceipt{1, notice.provider, what, "REASON"}}; };
    switch (column) {
      case 0: return ended(SendResult::kSent);
      case 1: return ended(SendResult::kDelivered);
      case 2: return ended(SendResult::kTemporary);
      case 3: return ended(SendResult::kPermanent);
      case 4: return ended(SendResult::kTechnical);
      case 5: return AlarmRang{};
      case 6: return Command{by("all"), RetryNotice{1}};
      case 7: return receipt(Receipt::kDelivered);
      case 8: return receipt(Receipt::kPermanentFailure);
      case 9: return receipt(Receipt::kTemporaryFailure);
      default: return Reported{"intake/9", {{given.context.now, PersonalDataErased{}}}};
    }
  };
  std::string table = "| notice |";
  for (const auto& name : columns) table += ' ' + name + " |";
  table += "\n|---|";
  for (std::size_t i = 0; i < columns.size(); ++i) table += "---|";
  table += '\n';
  for (int number = 1; number <= 9; ++number) {
    const auto phase = static_cast<Phase>(number);
    table += std::string("| ") + name_of(phase) + " |";
    for (std::size_t column = 0; column < columns.size(); ++column) {
      Given given = in_phase(phase);
      const Cause what = cause(column, given);
      if (column == 5) given.context.now = local("2026-03-02 12:00");
      const bool erased = column == columns.size() - 1;
      const auto text = outcome(given, what);
      // The erasure itself is noted in any case.
      table += ' ' + (erased && text == std::string("**") + name_of(phase) + "**" ? "stays" : text) + " |";
    }
    table += '\n';
  }
  test_support::expect_table_in(LIENTHONG_SOURCE_DIR "/services/notification/README.md", "states", table);
}

}  // namespace
}  // namespace lienthong::notification
