#pragma once

#include "notification/core/webhook_line.h"
#include "platform/base/ids.h"
#include "platform/base/instant.h"
#include "shared_kernel/command.h"
#include "shared_kernel/content.h"
#include "shared_kernel/home_key.h"
#include "shared_kernel/notice_rules.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The vocabulary of notification: who is told what of a dossier, and what became of it.
namespace lienthong::notification {

using shared_kernel::CommandHeader;
using shared_kernel::HomeKey;
using shared_kernel::LegRef;
using shared_kernel::NoticeChannel;
using shared_kernel::NoticeCondition;
using shared_kernel::NoticeEvent;
using shared_kernel::NoticeRecipient;
using shared_kernel::NoticeWay;
using shared_kernel::SealedRef;

/// Names a notice within its dossier, from 1 in the order of creation.
using NoticeNumber = std::uint32_t;

// ---- commands

/// Sends a failed notice again, with its whole budget.
struct RetryNotice {
  NoticeNumber notice = 0;
  std::string reason_code = {};  ///< The operator's; only recorded.
  bool operator==(const RetryNotice&) const = default;
};

enum class Receipt : std::uint8_t { kDelivered = 1, kPermanentFailure = 2, kTemporaryFailure = 3 };
/// What a provider reports on a notice it has taken.
struct RecordReceipt {
  NoticeNumber notice = 0;
  std::string provider;
  Receipt receipt = Receipt::kDelivered;
  std::string reason_code;
  bool operator==(const RecordReceipt&) const = default;
};

/// The recipient has seen a portal message.
struct MarkRead {
  NoticeNumber notice = 0;
  bool operator==(const MarkRead&) const = default;
};

using CommandBody = std::variant<RetryNotice, RecordReceipt, MarkRead, OpenLine, ReportDeliveries, SteerLine>;
struct Command {
  CommandHeader header;
  CommandBody body;
  bool operator==(const Command&) const = default;
};

// ---- what the other services report

struct DossierSubmitted {
  HomeKey home;
  std::string procedure_code;
  std::string received_by;
  std::uint32_t channel = 0;         ///< As the national portal counts: 1 counter, 2 online, 3 post; 0: not told.
  std::uint32_t applicant_kind = 0;  ///< As the national portal counts: 1 citizen, 2 business, 3 agency, 4 other.
  bool result_by_post = false;       ///< The applicant asked the post to bring it.
  bool operator==(const DossierSubmitted&) const = default;
};
struct DossierAccepted {
  HomeKey home;
  std::string dossier_code;
  std::string procedure_code;
  std::string received_by;
  Instant received_at;
  Instant appointment_at;
  bool operator==(const DossierAccepted&) const = default;
};
struct DossierNotAccepted {
  std::string reason_code;
  SealedRef reason;
  bool operator==(const DossierNotAccepted&) const = default;
};
struct SupplementRequested {
  LegRef leg;
  std::string agency;
  std::string reason_code;
  SealedRef reason;
  bool operator==(const SupplementRequested&) const = default;
};
struct SupplementReceived {
  std::vector<LegRef> legs;
  bool operator==(const SupplementReceived&) const = default;
};
struct DossierStopped {
  std::string reason_code;
  std::optional<SealedRef> reason;
  bool operator==(const DossierStopped&) const = default;
};
struct AppointmentMoved {
  Instant to;
  bool operator==(const AppointmentMoved&) const = default;
};
struct ResultReady {
  Instant processed_at;
  bool operator==(const ResultReady&) const = default;
};
struct ResultHandedOver {
  bool operator==(const ResultHandedOver&) const = default;
};
struct PersonalDataErased {
  bool operator==(const PersonalDataErased&) const = default;
};
struct LegOffered {
  LegRef leg;
  std::string leg_id;
  std::string agency;
  HomeKey home;
  std::string dossier_code;
  std::string procedure_code;
  Instant due_at;
  bool operator==(const LegOffered&) const = default;
};
struct LegDueChanged {
  LegRef leg;
  Instant due_at;
  bool operator==(const LegDueChanged&) const = default;
};
struct LegStarted {
  LegRef leg;
  bool operator==(const LegStarted&) const = default;
};
/// Given back, refused or taken back.
struct LegEnded {
  LegRef leg;
  bool operator==(const LegEnded&) const = default;
};
struct LegOverdue {
  LegRef leg;
  bool operator==(const LegOverdue&) const = default;
};
/// The agency has the citizen's further papers.
struct SupplementArrived {
  LegRef leg;
  bool operator==(const SupplementArrived&) const = default;
};

using FactBody = std::variant<DossierSubmitted, DossierAccepted, DossierNotAccepted, SupplementRequested, SupplementReceived,
                              DossierStopped, AppointmentMoved, ResultReady, ResultHandedOver, PersonalDataErased,
                              LegOffered, LegDueChanged, LegStarted, LegEnded, LegOverdue, SupplementArrived>;
struct Fact {
  Instant occurred_at;
  FactBody body;
  bool operator==(const Fact&) const = default;
};
/// One decision of another service, as far as somebody may have to be told of it. `origin` names it, e.g. `intake/3`.
struct Reported {
  std::string origin;
  std::vector<Fact> facts;
  bool operator==(const Reported&) const = default;
};

/// What an attempt to send came to.
enum class SendResult : std::uint8_t {
  kSent = 1,       ///< The provider has taken it.
  kDelivered = 2,  ///< And says it was delivered.
  kTemporary = 3,  ///< Not taken now; trying again may help.
  kPermanent = 4,  ///< This recipient can't be reached by this channel.
  kTechnical = 5,  ///< Between us and the provider; trying another provider may help.
  kDeferred = 6,   ///< Not tried: the provider's budget is used up until `retry_at`.
  kWithdrawn = 7,  ///< Not tried: what it was to tell is no longer so.
};
/// The one answer to an intent.
struct SendEnded {
  NoticeNumber notice = 0;
  std::uint32_t attempt = 0;
  std::string provider;
  SendResult result = SendResult::kTechnical;
  std::string reason_code;
  std::string reference;       ///< The provider's own name for it.
  std::string masked_address;  ///< Such as `n***@example.vn`; never the whole.
  Instant retry_at;            ///< Of kDeferred.
  bool operator==(const SendEnded&) const = default;
};

/// The dossier's one timer went off.
struct AlarmRang {
  bool operator==(const AlarmRang&) const = default;
};
/// A catalogue release came out.
struct Reviewed {
  std::uint64_t catalogue_version = 0;
  bool operator==(const Reviewed&) const = default;
};

using Cause = std::variant<Command, Reported, SendEnded, AlarmRang, Reviewed>;

// ---- events

/// What a text may tell besides names that the catalogue knows.
struct Contents {
  std::string dossier_code;
  std::string procedure_code;
  std::string received_by;
  std::string agency;
  std::string leg_id;
  LegRef leg;
  std::string reason_code;
  std::optional<SealedRef> reason;
  Instant received_at;
  Instant appointment_at;
  Instant new_appointment_at;
  Instant due_at;
  Instant processed_at;
  bool operator==(const Contents&) const = default;
};

/// A fact is taken note of, because later notices depend on it.
struct FactNoted {
  FactBody fact;
  bool operator==(const FactNoted&) const = default;
};
/// What a rule wants to be reminded of, replacing what it wanted before for this leg.
struct Reminder {
  std::string rule;
  std::uint32_t leg = 0;  ///< 0: the whole.
  Instant at;
  bool rang = false;
  bool operator==(const Reminder&) const = default;
};
struct ReminderSet {
  std::string rule;
  std::uint32_t leg = 0;
  Instant at;  ///< Zero: none any more.
  bool operator==(const ReminderSet&) const = default;
};
struct ReminderRang {
  std::string rule;
  std::uint32_t leg = 0;
  bool operator==(const ReminderRang&) const = default;
};

/// Somebody is to be told something. One for each event, recipient and channel.
struct NoticeCreated {
  NoticeNumber notice = 0;
  DerivedId key;  ///< What receivers recognise it by; all attempts have it.
  std::string origin;
  std::string rule;
  NoticeEvent event = NoticeEvent::kReceived;
  NoticeRecipient recipient = NoticeRecipient::kApplicant;
  NoticeWay way;
  std::vector<NoticeWay> instead;
  NoticeCondition condition = NoticeCondition::kAlways;
  bool urgent = false;
  Contents contents;
  Instant send_at;  ///< After the quiet hours.
  bool operator==(const NoticeCreated&) const = default;
};
/// A provider is being asked to bring it.
struct NoticeSending {
  NoticeNumber notice = 0;
  std::uint32_t attempt = 0;  ///< From 1, over all providers.
  std::string provider;
  bool operator==(const NoticeSending&) const = default;
};
/// Not brought yet, tried again later.
struct NoticePutOff {
  NoticeNumber notice = 0;
  Instant until;
  std::string reason_code;
  bool tried = false;  ///< Counts against the provider's attempts.
  bool next_provider = false;
  bool operator==(const NoticePutOff&) const = default;
};
/// The provider has it; a report is awaited until `receipt_until`, unless that is zero.
struct NoticeHandedOver {
  NoticeNumber notice = 0;
  std::string reference;
  std::string masked_address;
  Instant receipt_until;
  bool operator==(const NoticeHandedOver&) const = default;
};
struct NoticeDelivered {
  NoticeNumber notice = 0;
  std::string reference;
  std::string masked_address;
  bool operator==(const NoticeDelivered&) const = default;
};

enum class Phase : std::uint8_t {
  kCreated = 1,           ///< Waits for its time, or for the next attempt.
  kSending = 2,           ///< A provider is being asked.
  kPending = 3,           ///< A provider has it and will report.
  kSent = 4,              ///< A provider has it and reports nothing; a portal message is there.
  kDelivered = 5,         ///< The provider says so; a portal message was read.
  kPermanentFailure = 6,  ///< This recipient can't be reached by this channel.
  kTemporaryFailure = 7,  ///< Every attempt failed; sending again may help.
  kTechnicalFailure = 8,  ///< Between us and the providers; sending again after a repair helps.
  kCancelled = 9,         ///< What it was to tell is no longer so.
};
/// e.g. `permanent-failure`.
const char* name_of(Phase phase);

struct NoticeFailed {
  NoticeNumber notice = 0;
  Phase phase = Phase::kTechnicalFailure;  ///< One of the three failures.
  std::string reason_code;
  bool operator==(const NoticeFailed&) const = default;
};
struct NoticeCancelled {
  NoticeNumber notice = 0;
  std::string reason_code;
  bool operator==(const NoticeCancelled&) const = default;
};
/// An operator has it sent again.
struct NoticeRetried {
  NoticeNumber notice = 0;
  Instant send_at;
  bool operator==(const NoticeRetried&) const = default;
};

using EventBody =
    std::variant<FactNoted, ReminderSet, ReminderRang, NoticeCreated, NoticeSending, NoticePutOff, NoticeHandedOver,
                 NoticeDelivered, NoticeFailed, NoticeCancelled, NoticeRetried, LineOpened, DeliveriesReported, LineSteered>;
struct Event {
  Instant occurred_at;
  EventBody body;
  bool operator==(const Event&) const = default;
};

// ---- state

struct Notice {
  NoticeCreated made;
  Phase phase = Phase::kCreated;
  Instant created_at;
  Instant changed_at;
  Instant send_at;  ///< Next attempt, in phase created.
  std::uint32_t attempts = 0;
  std::string provider;              ///< Of the last attempt.
  std::uint32_t provider_tries = 0;  ///< Of this provider that count.
  std::vector<std::string> used_up;  ///< Providers that had their turn.
  std::string reference;
  std::string masked_address;
  Instant receipt_until;
  std::string reason_code;
  bool operator==(const Notice&) const = default;

  bool failed() const {
    return phase == Phase::kPermanentFailure || phase == Phase::kTemporaryFailure || phase == Phase::kTechnicalFailure;
  }
};

enum class DossierPhase : std::uint8_t { kNone, kSubmitted, kRunning, kProcessed, kHandedOver, kEnded };
enum class LegPhase : std::uint8_t { kOffered, kStarted, kEnded };
struct LegState {
  LegRef ref;
  std::string leg_id;
  std::string agency;
  Instant offered_at;
  Instant first_due_at;  ///< As offered: its limit without time waited.
  Instant due_at;
  LegPhase phase = LegPhase::kOffered;
  bool suspended = false;
  bool operator==(const LegState&) const = default;
};

struct State {
  DossierPhase phase = DossierPhase::kNone;
  HomeKey home;
  std::string dossier_code;
  std::string procedure_code;
  std::string received_by;
  std::uint32_t channel = 0;
  std::uint32_t applicant_kind = 0;
  bool result_by_post = false;
  Instant submitted_at;
  Instant received_at;
  Instant appointment_at;
  Instant processed_at;
  bool awaiting_supplement = false;
  bool erased = false;
  std::vector<LegState> legs;  ///< By number; of each the last offer.
  std::vector<Reminder> reminders;
  std::vector<Notice> notices;  ///< Number n at n - 1.
  /// Set instead of everything else where this is no dossier but the line of a subscription.
  std::optional<WebhookLine> line;
  bool operator==(const State&) const = default;

  const Notice* notice(NoticeNumber number) const {
    return number >= 1 && number <= notices.size() ? &notices[number - 1] : nullptr;
  }
  const LegState* leg(std::uint32_t number) const {
    for (const auto& leg : legs) {
      if (leg.ref.leg == number) return &leg;
    }
    return nullptr;
  }
};

}  // namespace lienthong::notification
