#pragma once

#include "shared_kernel/local_time.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Who is told what, when, by which channel: the part of the catalogue that notification decides by. Numbers of the enums
/// stand in ledgers: never reused.
namespace lienthong::shared_kernel {

enum class NoticeChannel : std::uint8_t {
  kEmail = 1,
  kSms = 2,
  kPortal = 3,  ///< Kept here and shown by the portal; no provider.
};

/// What happens to a dossier that somebody is to be told of. Source: steps of the notices of one-stop systems
/// (`APPLICANT-02` .. `-05`, `DOSSIER-01` .. `-10` of OpenCPS; apology letters and links of Thanh Hóa's system).
enum class NoticeEvent : std::uint8_t {
  kSubmitted = 1,
  kReceived = 2,
  kNotAccepted = 3,
  kSupplementRequested = 4,
  kStopped = 5,
  kAppointmentMoved = 6,
  kWillBeLate = 7,  ///< The apology, before the limit's end.
  kResultReady = 8,
  kHandedOver = 9,
  kWorkOffered = 20,
  kReplyDue = 21,   ///< The agency has not said whether it takes the leg.
  kLimitUsed = 22,  ///< A part of the leg's limit is used up.
  kWorkOverdue = 23,
  kSupplementArrived = 24,
};

enum class NoticeRecipient : std::uint8_t {
  kApplicant = 1,  ///< Or whom the applicant has authorised, where the dossier was filed by proxy.
  kAgency = 2,     ///< The agency that has the leg.
};

/// What must still be so when the notice is sent.
enum class NoticeCondition : std::uint8_t {
  kAlways = 1,
  kNotProcessed = 2,        ///< The result is not ready, the dossier has not ended.
  kAwaitingSupplement = 3,  ///< The citizen still owes papers.
  kResultWaiting = 4,       ///< The result is ready and not handed over.
  kUnanswered = 5,          ///< The agency has neither taken nor refused this offer.
  kWorkOpen = 6,            ///< This offer stands and its result is not given back.
};

inline constexpr std::array kNoticeChannels = {NoticeChannel::kEmail, NoticeChannel::kSms, NoticeChannel::kPortal};
inline constexpr std::array kNoticeEvents = {
    NoticeEvent::kSubmitted,   NoticeEvent::kReceived,         NoticeEvent::kNotAccepted, NoticeEvent::kSupplementRequested,
    NoticeEvent::kStopped,     NoticeEvent::kAppointmentMoved, NoticeEvent::kWillBeLate,  NoticeEvent::kResultReady,
    NoticeEvent::kHandedOver,  NoticeEvent::kWorkOffered,      NoticeEvent::kReplyDue,    NoticeEvent::kLimitUsed,
    NoticeEvent::kWorkOverdue, NoticeEvent::kSupplementArrived};
inline constexpr std::array kNoticeConditions = {
    NoticeCondition::kAlways,        NoticeCondition::kNotProcessed, NoticeCondition::kAwaitingSupplement,
    NoticeCondition::kResultWaiting, NoticeCondition::kUnanswered,   NoticeCondition::kWorkOpen};

/// Names as catalogue files and answers write them, e.g. `supplement_requested`.
std::string_view name_of(NoticeChannel channel);
std::string_view name_of(NoticeEvent event);
std::string_view name_of(NoticeRecipient recipient);
std::string_view name_of(NoticeCondition condition);
std::optional<NoticeChannel> notice_channel_named(std::string_view name);
std::optional<NoticeEvent> notice_event_named(std::string_view name);
std::optional<NoticeRecipient> notice_recipient_named(std::string_view name);
std::optional<NoticeCondition> notice_condition_named(std::string_view name);

/// Happens by the clock, not by somebody's act.
bool is_timed(NoticeEvent event);
/// Concerns one leg, hence an agency.
bool concerns_leg(NoticeEvent event);
/// Variables a text on this event may use.
std::vector<std::string_view> variables_of(NoticeEvent event);
/// True for what only intake can unseal, at the moment of sending.
bool is_personal_variable(std::string_view variable);

struct NoticeText {
  std::string subject;  ///< Of e-mails and portal messages.
  std::string body;
  bool operator==(const NoticeText&) const = default;
};

/// One version of a text. `{{name}}` is a variable, `{{> id/version}}` another template, whose subject is not used.
/// A version never changes once it is released: notices that were sent show what they said.
struct NoticeTemplate {
  std::string id;
  std::uint32_t version = 0;
  /// Nothing: a fragment, which stands only inside of other templates.
  std::optional<NoticeChannel> channel;
  /// SMS only: send Vietnamese letters without their marks.
  bool fold_accents = false;
  std::vector<std::string> variables;  ///< All that its texts use, fragments included.
  NoticeText vi;
  std::optional<NoticeText> en;
  bool operator==(const NoticeTemplate&) const = default;
};

struct TemplateRef {
  std::string id;
  std::uint32_t version = 0;
  auto operator<=>(const TemplateRef&) const = default;
};
/// `received_email/2`
std::string to_text(const TemplateRef& ref);
/// Nothing unless it has that form.
std::optional<TemplateRef> parse_template_ref(std::string_view text);

/// One way to tell it.
struct NoticeWay {
  NoticeChannel channel = NoticeChannel::kEmail;
  TemplateRef text;
  bool operator==(const NoticeWay&) const = default;
};
/// A notice, and what is sent in its place when it can't be delivered.
struct NoticeSend {
  NoticeWay way;
  std::vector<NoticeWay> instead;
  bool operator==(const NoticeSend&) const = default;
};

/// What is sent to whom on an event.
struct NoticeRule {
  std::string id;
  NoticeEvent event = NoticeEvent::kReceived;
  std::vector<std::string> procedures;  ///< Empty: all.
  NoticeRecipient recipient = NoticeRecipient::kApplicant;
  NoticeCondition condition = NoticeCondition::kAlways;
  /// Sent in quiet hours too.
  bool urgent = false;
  /// When a timed event happens. Units: minutes of working time on the agency's or desk's calendar.
  std::int64_t after_minutes = 0;   ///< reply_due: after the offer.
  std::uint32_t percent = 0;        ///< limit_used: of the leg's limit, 1..99.
  std::int64_t before_minutes = 0;  ///< will_be_late: before the appointment.
  /// will_be_late: the appointment offered instead, after the one that will be missed.
  std::int64_t extension_minutes = 0;
  std::vector<NoticeSend> sends;
  bool operator==(const NoticeRule&) const = default;
};

/// Whoever carries notices of one channel. Its address and secrets stand in the settings of the process.
struct NoticeProvider {
  std::string id;
  NoticeChannel channel = NoticeChannel::kEmail;
  std::uint32_t attempts = 1;  ///< Of one notice, before the next provider has its turn.
  Duration first_backoff = std::chrono::minutes(1);
  Duration max_backoff = std::chrono::hours(1);
  std::uint32_t per_minute = 0;  ///< Notices a process hands over at most; 0: no bound.
  /// It reports delivery; without a report within this time the notice has failed. Zero: it reports nothing.
  Duration receipt_wait = Duration::zero();
  bool operator==(const NoticeProvider&) const = default;
};

/// Where an agency's officers are told.
struct AgencyContact {
  std::string agency;
  std::string email;
  std::string phone;
  bool operator==(const AgencyContact&) const = default;
};

/// Of the local day, both 0..1439; from `from` until `until`, over midnight if that is earlier. Equal: none.
struct QuietHours {
  std::int32_t from = 21 * 60;
  std::int32_t until = 7 * 60;
  bool operator==(const QuietHours&) const = default;
};

/// Another system that is sent the public events of dossiers by HTTP.
struct WebhookSubscription {
  std::string id;
  std::string url;  ///< https only.
  /// Name of the file of its signing keys, in the process's key directory.
  std::string keys;
  std::vector<std::string> types;       ///< CloudEvents types; empty: all.
  std::vector<std::string> agencies;    ///< That received the dossier, or that the event names; empty: all.
  std::vector<std::string> procedures;  ///< Empty: all.
  LocalDay since;                       ///< Events recorded before this day are not sent.
  bool operator==(const WebhookSubscription&) const = default;
};

struct NoticeSettings {
  QuietHours quiet;
  std::vector<NoticeProvider> providers;  ///< Of one channel: first choice first.
  std::vector<NoticeTemplate> templates;
  std::vector<NoticeRule> rules;
  std::vector<AgencyContact> contacts;
  std::vector<WebhookSubscription> webhooks;
  bool operator==(const NoticeSettings&) const = default;

  /// Null when unknown.
  const NoticeTemplate* find(const TemplateRef& ref) const;
  const NoticeRule* rule(std::string_view id) const;
  const NoticeProvider* provider(std::string_view id) const;
  const AgencyContact* contact(std::string_view agency) const;
  const WebhookSubscription* webhook(std::string_view id) const;
};

/// The earliest time at or after `at` outside of the quiet hours.
Instant after_quiet_hours(Instant at, const QuietHours& quiet);

}  // namespace lienthong::shared_kernel
