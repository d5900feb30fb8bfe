#pragma once

#include "notification/core/notice.h"
#include "tests/support/given_when_then.h"

#include <vector>

namespace lienthong::test_support {

/// One fact per alternative, in their order, every field set to something else than its default.
inline std::vector<notification::FactBody> notification_facts() {
  using namespace notification;
  const auto home = *HomeKey::parse("H47.22.02");
  return {DossierSubmitted{home, "1.001776", "H47.22.02", 2, 3, true},
          DossierAccepted{home, "000.02.22.H47-260302-0001", "1.001776", "H47.22.02", {1}, {2}},
          DossierNotAccepted{"NOT_COMPLETE", sealed_part('r')},
          SupplementRequested{{2, 1}, "H47.22", "MISSING_PAPER", sealed_part('s')},
          SupplementReceived{{{2, 1}, {3, 1}}},
          DossierStopped{"WITHDRAWN", sealed_part('t')},
          AppointmentMoved{{3}},
          ResultReady{{4}},
          ResultHandedOver{},
          PersonalDataErased{},
          LegOffered{{2, 1}, "appraisal", "H47.22", home, "000.02.22.H47-260302-0001", "1.001776", {5}},
          LegDueChanged{{2, 1}, {6}},
          LegStarted{{2, 1}},
          LegEnded{{2, 1}},
          LegOverdue{{2, 1}},
          SupplementArrived{{2, 1}}};
}

inline notification::NoticeCreated notice_sample() {
  using namespace notification;
  NoticeCreated made;
  made.notice = 1;
  made.key.bytes.fill(7);
  made.origin = "intake/3";
  made.rule = "supplement";
  made.event = NoticeEvent::kSupplementRequested;
  made.recipient = NoticeRecipient::kAgency;
  made.way = {NoticeChannel::kSms, {"supplement_sms", 2}};
  made.instead = {{NoticeChannel::kPortal, {"supplement_portal", 1}}};
  made.condition = NoticeCondition::kAwaitingSupplement;
  made.urgent = true;
  made.contents = {"000.02.22.H47-260302-0001",
                   "1.001776",
                   "H47.22.02",
                   "H47.22",
                   "appraisal",
                   {2, 1},
                   "MISSING_PAPER",
                   sealed_part('s'),
                   {1},
                   {2},
                   {3},
                   {4},
                   {5}};
  made.send_at = {6};
  return made;
}

inline notification::DeliveriesReported deliveries_sample() {
  return {{{"intake", 7, 8, 9}},
          {{"00ff/1/2/3.4", true, 2, 204, "", {10}}, {"00ff/1/2/3.5", false, 1, 503, "HTTP_503", {11}}},
          {{"00ff/1/2/3.5", {11}, 1, "HTTP_503"}},
          "GIVEN_UP"};
}

/// One event per alternative, in their order.
inline std::vector<notification::Event> notification_events() {
  using namespace notification;
  const Instant at{1'772'413'200'000'000};
  return {{at, FactNoted{notification_facts()[1]}},
          {at, ReminderSet{"limit-used", 2, {9}}},
          {at, ReminderRang{"limit-used", 2}},
          {at, notice_sample()},
          {at, NoticeSending{1, 2, "smtp-main"}},
          {at, NoticePutOff{1, {10}, "SMTP_451", true, true}},
          {at, NoticeHandedOver{1, "ref-1", "n***@example.vn", {11}}},
          {at, NoticeDelivered{1, "ref-1", "n***@example.vn"}},
          {at, NoticeFailed{1, Phase::kTemporaryFailure, "SMTP_451"}},
          {at, NoticeCancelled{1, "NO_LONGER_SO"}},
          {at, NoticeRetried{1, {12}}},
          {at, LineOpened{"land-office", {13}}},
          {at, deliveries_sample()},
          {at, LineSteered{"00ff/1/2/3.4", {14}}}};
}

/// One command per alternative, every field set.
inline std::vector<notification::CommandBody> notification_commands() {
  using namespace notification;
  return {RetryNotice{3, "PROVIDER_REPAIRED"},
          RecordReceipt{3, "sms-gateway", Receipt::kTemporaryFailure, "PHONE_OFF"},
          MarkRead{3},
          OpenLine{"land-office", {13}},
          ReportDeliveries{2, deliveries_sample()},
          SteerLine{"00ff/1/2/3.4", {14}}};
}

/// A state with every field set.
inline notification::State notification_state_sample() {
  using namespace notification;
  State state;
  state.phase = DossierPhase::kProcessed;
  state.home = *HomeKey::parse("H47.22.02");
  state.dossier_code = "000.02.22.H47-260302-0001";
  state.procedure_code = "1.001776";
  state.received_by = "H47.22.02";
  state.channel = 2;
  state.applicant_kind = 3;
  state.result_by_post = true;
  state.submitted_at = {17};
  state.received_at = {1};
  state.appointment_at = {2};
  state.processed_at = {3};
  state.awaiting_supplement = true;
  state.erased = true;
  state.legs = {{{2, 1}, "appraisal", "H47.22", {4}, {5}, {6}, LegPhase::kStarted, true}};
  state.reminders = {{"limit-used", 2, {7}, true}};
  Notice notice;
  notice.made = notice_sample();
  notice.phase = Phase::kPending;
  notice.created_at = {8};
  notice.changed_at = {9};
  notice.send_at = {10};
  notice.attempts = 4;
  notice.provider = "sms-gateway";
  notice.provider_tries = 2;
  notice.used_up = {"sms-reserve"};
  notice.reference = "ref-1";
  notice.masked_address = "+84***900";
  notice.receipt_until = {11};
  notice.reason_code = "PHONE_OFF";
  state.notices = {notice};
  state.line = {"land-office",
                2,
                {13},
                deliveries_sample().positions,
                deliveries_sample().failing,
                {"00ff/1/2/3.4"},
                deliveries_sample().tried,
                5,
                {14},
                "GIVEN_UP"};
  return state;
}

}  // namespace lienthong::test_support
