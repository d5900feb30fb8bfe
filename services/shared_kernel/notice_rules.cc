#include "shared_kernel/notice_rules.h"

#include <algorithm>
#include <charconv>

namespace lienthong::shared_kernel {
namespace {

constexpr std::array kRecipients = {NoticeRecipient::kApplicant, NoticeRecipient::kAgency};

template <class List>
auto named(const List& list, std::string_view name) -> std::optional<typename List::value_type> {
  for (const auto value : list) {
    if (name_of(value) == name) return value;
  }
  return std::nullopt;
}

template <class List, class Matches>
auto first(const List& list, Matches matches) -> const typename List::value_type* {
  const auto found = std::find_if(list.begin(), list.end(), matches);
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

std::string_view name_of(NoticeChannel channel) {
  switch (channel) {
    case NoticeChannel::kEmail: return "email";
    case NoticeChannel::kSms: return "sms";
    case NoticeChannel::kPortal: return "portal";
  }
  return "";
}

std::string_view name_of(NoticeEvent event) {
  switch (event) {
    case NoticeEvent::kSubmitted: return "submitted";
    case NoticeEvent::kReceived: return "received";
    case NoticeEvent::kNotAccepted: return "not_accepted";
    case NoticeEvent::kSupplementRequested: return "supplement_requested";
    case NoticeEvent::kStopped: return "stopped";
    case NoticeEvent::kAppointmentMoved: return "appointment_moved";
    case NoticeEvent::kWillBeLate: return "will_be_late";
    case NoticeEvent::kResultReady: return "result_ready";
    case NoticeEvent::kHandedOver: return "handed_over";
    case NoticeEvent::kWorkOffered: return "work_offered";
    case NoticeEvent::kReplyDue: return "reply_due";
    case NoticeEvent::kLimitUsed: return "limit_used";
    case NoticeEvent::kWorkOverdue: return "work_overdue";
    case NoticeEvent::kSupplementArrived: return "supplement_arrived";
  }
  return "";
}

std::string_view name_of(NoticeRecipient recipient) {
  switch (recipient) {
    case NoticeRecipient::kApplicant: return "applicant";
    case NoticeRecipient::kAgency: return "agency";
  }
  return "";
}

std::string_view name_of(NoticeCondition condition) {
  switch (condition) {
    case NoticeCondition::kAlways: return "always";
    case NoticeCondition::kNotProcessed: return "not_processed";
    case NoticeCondition::kAwaitingSupplement: return "awaiting_supplement";
    case NoticeCondition::kResultWaiting: return "result_waiting";
    case NoticeCondition::kUnanswered: return "unanswered";
    case NoticeCondition::kWorkOpen: return "work_open";
  }
  return "";
}

std::optional<NoticeChannel> notice_channel_named(std::string_view name) { return named(kNoticeChannels, name); }
std::optional<NoticeEvent> notice_event_named(std::string_view name) { return named(kNoticeEvents, name); }
std::optional<NoticeRecipient> notice_recipient_named(std::string_view name) { return named(kRecipients, name); }
std::optional<NoticeCondition> notice_condition_named(std::string_view name) { return named(kNoticeConditions, name); }

bool is_timed(NoticeEvent event) {
  return event == NoticeEvent::kWillBeLate || event == NoticeEvent::kReplyDue || event == NoticeEvent::kLimitUsed;
}

bool concerns_leg(NoticeEvent event) { return static_cast<std::uint8_t>(event) >= 20; }

std::vector<std::string_view> variables_of(NoticeEvent event) {
  std::vector<std::string_view> out = {"dossier_id", "procedure_code", "procedure_name"};
  const auto add = [&](std::initializer_list<std::string_view> more) { out.insert(out.end(), more); };
  if (event != NoticeEvent::kSubmitted && event != NoticeEvent::kNotAccepted) add({"dossier_code"});
  if (concerns_leg(event)) {
    add({"agency", "leg_name"});
    if (event != NoticeEvent::kSupplementArrived) add({"due_time"});
    return out;
  }
  add({"applicant_name", "receiving_agency"});
  switch (event) {
    case NoticeEvent::kReceived: add({"received_time", "appointment_time", "leg_names"}); break;
    case NoticeEvent::kNotAccepted:
    case NoticeEvent::kStopped: add({"reason_code", "reason"}); break;
    case NoticeEvent::kSupplementRequested: add({"agency", "reason_code", "reason"}); break;
    case NoticeEvent::kAppointmentMoved:
    case NoticeEvent::kWillBeLate: add({"appointment_time", "new_appointment_time"}); break;
    case NoticeEvent::kResultReady: add({"processed_time"}); break;
    case NoticeEvent::kSubmitted:
    case NoticeEvent::kHandedOver:
    case NoticeEvent::kWorkOffered:
    case NoticeEvent::kReplyDue:
    case NoticeEvent::kLimitUsed:
    case NoticeEvent::kWorkOverdue:
    case NoticeEvent::kSupplementArrived: break;
  }
  return out;
}

bool is_personal_variable(std::string_view variable) { return variable == "applicant_name" || variable == "reason"; }

std::string to_text(const TemplateRef& ref) { return ref.id + '/' + std::to_string(ref.version); }

std::optional<TemplateRef> parse_template_ref(std::string_view text) {
  const auto slash = text.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  TemplateRef out{std::string(text.substr(0, slash)), 0};
  const auto number = text.substr(slash + 1);
  const auto* end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, out.version);
  if (read.ec != std::errc() || read.ptr != end || out.version == 0) return std::nullopt;
  return out;
}

const NoticeTemplate* NoticeSettings::find(const TemplateRef& ref) const {
  return first(templates, [&](const NoticeTemplate& text) { return text.id == ref.id && text.version == ref.version; });
}
const NoticeRule* NoticeSettings::rule(std::string_view id) const {
  return first(rules, [&](const NoticeRule& rule) { return rule.id == id; });
}
const NoticeProvider* NoticeSettings::provider(std::string_view id) const {
  return first(providers, [&](const NoticeProvider& provider) { return provider.id == id; });
}
const AgencyContact* NoticeSettings::contact(std::string_view agency) const {
  return first(contacts, [&](const AgencyContact& contact) { return contact.agency == agency; });
}

const WebhookSubscription* NoticeSettings::webhook(std::string_view id) const {
  return first(webhooks, [&](const WebhookSubscription& webhook) { return webhook.id == id; });
}

Instant after_quiet_hours(Instant at, const QuietHours& quiet) {
  if (quiet.from == quiet.until) return at;
  const LocalMinute now = minute_of(at);
  const std::int32_t minute = minute_of_day(now);
  const LocalDay today = day_of(now);
  if (quiet.from < quiet.until) {
    return minute >= quiet.from && minute < quiet.until ? instant_of(minute_of(today, quiet.until)) : at;
  }
  if (minute >= quiet.from) return instant_of(minute_of(today + 1, quiet.until));
  if (minute < quiet.until) return instant_of(minute_of(today, quiet.until));
  return at;
}

}  // namespace lienthong::shared_kernel
