#pragma once

#include "tests/support/small_catalogue.h"

#include <memory>
#include <string>
#include <utility>

namespace lienthong::test_support {

/// The small catalogue with notices: e-mail by `first` (two attempts) and `second` (one), SMS by `gateway` (one attempt, a
/// receipt within three days). Every event has a rule of its name; texts are named after channel and event.
inline shared_kernel::CatalogueContents notice_contents() {
  using namespace shared_kernel;
  CatalogueContents out = small_contents();
  auto& notices = out.notices;
  notices.providers = {
      {"first", NoticeChannel::kEmail, 2, std::chrono::minutes(1), std::chrono::minutes(30), 0, {}},
      {"second", NoticeChannel::kEmail, 1, std::chrono::minutes(1), std::chrono::minutes(30), 0, {}},
      {"gateway", NoticeChannel::kSms, 1, std::chrono::minutes(1), std::chrono::minutes(30), 0, std::chrono::hours(72)}};
  notices.contacts = {{"COMMUNE", "commune@example.vn", ""},
                      {"DISTRICT", "district@example.vn", "+842353900900"},
                      {"PROVINCE", "province@example.vn", ""}};
  const auto text = [&](NoticeChannel channel, NoticeEvent event) {
    const bool coded = event != NoticeEvent::kSubmitted && event != NoticeEvent::kNotAccepted;
    const std::string variable = coded ? "dossier_code" : "dossier_id";
    NoticeTemplate made;
    made.id = std::string(name_of(channel)) + '_' + std::string(name_of(event));
    made.version = 1;
    made.channel = channel;
    made.variables = {variable};
    made.vi = {channel == NoticeChannel::kSms ? "" : "Hồ sơ", "Hồ sơ {{" + variable + "}}."};
    notices.templates.push_back(made);
    return NoticeWay{channel, {made.id, 1}};
  };
  const auto condition = [](NoticeEvent event) {
    switch (event) {
      case NoticeEvent::kSupplementRequested: return NoticeCondition::kAwaitingSupplement;
      case NoticeEvent::kAppointmentMoved:
      case NoticeEvent::kWillBeLate: return NoticeCondition::kNotProcessed;
      case NoticeEvent::kResultReady: return NoticeCondition::kResultWaiting;
      case NoticeEvent::kWorkOffered:
      case NoticeEvent::kReplyDue: return NoticeCondition::kUnanswered;
      case NoticeEvent::kLimitUsed:
      case NoticeEvent::kWorkOverdue:
      case NoticeEvent::kSupplementArrived: return NoticeCondition::kWorkOpen;
      case NoticeEvent::kSubmitted:
      case NoticeEvent::kReceived:
      case NoticeEvent::kNotAccepted:
      case NoticeEvent::kStopped:
      case NoticeEvent::kHandedOver: break;
    }
    return NoticeCondition::kAlways;
  };
  for (const auto event : kNoticeEvents) {
    NoticeRule rule;
    rule.id = std::string(name_of(event));
    rule.event = event;
    rule.recipient = concerns_leg(event) ? NoticeRecipient::kAgency : NoticeRecipient::kApplicant;
    rule.condition = condition(event);
    NoticeSend send{text(NoticeChannel::kEmail, event), {}};
    if (event == NoticeEvent::kReceived) send.instead = {text(NoticeChannel::kSms, event)};
    rule.sends = {send};
    if (event == NoticeEvent::kSupplementRequested) rule.sends.push_back({text(NoticeChannel::kPortal, event), {}});
    if (event == NoticeEvent::kReplyDue) rule.after_minutes = 240;
    if (event == NoticeEvent::kLimitUsed) rule.percent = 75;
    if (event == NoticeEvent::kWillBeLate) {
      rule.before_minutes = kMinutesPerWorkingDay;
      rule.extension_minutes = 2 * kMinutesPerWorkingDay;
    }
    notices.rules.push_back(std::move(rule));
  }
  return out;
}

inline std::shared_ptr<const shared_kernel::Catalogue> notice_catalogue() {
  return *shared_kernel::Catalogue::make(1, notice_contents());
}

}  // namespace lienthong::test_support
