#include "catalogue/adapters/contents_codec.h"

#include <utility>

namespace lienthong::catalogue {
namespace {

using namespace shared_kernel;

template <class List>
void copy_to(const std::vector<std::string>& from, List* to) {
  for (const auto& text : from) *to->Add() = text;
}
template <class List>
std::vector<std::string> strings(const List& from) {
  return {from.begin(), from.end()};
}

void encode(const Name& name, v1::Name* wire) {
  wire->set_vi(name.vi);
  wire->set_en(name.en);
}
Name decode(const v1::Name& wire) { return {wire.vi(), wire.en()}; }

void encode(const Validity& validity, v1::Validity* wire) {
  wire->set_from_day(validity.from.days);
  if (validity.until) wire->set_until_day(validity.until->days);
}
Validity decode(const v1::Validity& wire) {
  Validity out{{wire.from_day()}, std::nullopt};
  if (wire.has_until_day()) out.until = LocalDay{wire.until_day()};
  return out;
}

void encode(const Limit& limit, bool sample, v1::Limit* wire) {
  switch (limit.unit) {
    case LimitUnit::kWorkingDays: wire->set_working_day_minutes(limit.amount); break;
    case LimitUnit::kWorkingHours: wire->set_working_minutes(limit.amount); break;
    case LimitUnit::kCalendarDays: wire->set_calendar_days(limit.amount); break;
    case LimitUnit::kSameDay: wire->set_same_day_cut_off_minute(limit.amount); break;
  }
  wire->set_sample(sample);
}
Result<Limit> decode(const v1::Limit& wire) {
  switch (wire.amount_case()) {
    case v1::Limit::kWorkingDayMinutes: return Limit{LimitUnit::kWorkingDays, wire.working_day_minutes()};
    case v1::Limit::kWorkingMinutes: return Limit{LimitUnit::kWorkingHours, wire.working_minutes()};
    case v1::Limit::kCalendarDays: return Limit{LimitUnit::kCalendarDays, wire.calendar_days()};
    case v1::Limit::kSameDayCutOffMinute: return Limit{LimitUnit::kSameDay, wire.same_day_cut_off_minute()};
    case v1::Limit::AMOUNT_NOT_SET: break;
  }
  return malformed("a limit without amount");
}

void encode(const CalendarContents& calendar, v1::Calendar* wire) {
  wire->set_code(calendar.code);
  encode(Name{calendar.name_vi, calendar.name_en}, wire->mutable_name());
  for (const auto& day : calendar.weekly) {
    auto* wire_day = wire->add_weekly();
    for (const auto& interval : day) {
      auto* wire_interval = wire_day->add_intervals();
      wire_interval->set_open_minute(static_cast<std::uint32_t>(interval.open));
      wire_interval->set_close_minute(static_cast<std::uint32_t>(interval.close));
    }
  }
  for (const auto& holiday : calendar.holidays) {
    auto* wire_holiday = wire->add_holidays();
    wire_holiday->set_day(holiday.day.days);
    wire_holiday->set_name(holiday.name);
  }
  for (const auto& swap : calendar.swapped) {
    auto* wire_swap = wire->add_swapped();
    wire_swap->set_off_day(swap.off.days);
    wire_swap->set_worked_day(swap.worked.days);
    wire_swap->set_name(swap.name);
  }
  wire->set_known_from_day(calendar.known_from.days);
  wire->set_known_until_day(calendar.known_until.days);
}
Result<CalendarContents> decode(const v1::Calendar& wire) {
  CalendarContents out;
  out.code = wire.code();
  out.name_vi = wire.name().vi();
  out.name_en = wire.name().en();
  if (wire.weekly_size() != static_cast<int>(out.weekly.size())) return malformed("a calendar week has seven days");
  for (int i = 0; i < wire.weekly_size(); ++i) {
    for (const auto& interval : wire.weekly(i).intervals()) {
      if (interval.open_minute() > kMinutesPerDay || interval.close_minute() > kMinutesPerDay) {
        return malformed("a minute beyond the day");
      }
      out.weekly[static_cast<std::size_t>(i)].push_back(
          {static_cast<std::int32_t>(interval.open_minute()), static_cast<std::int32_t>(interval.close_minute())});
    }
  }
  for (const auto& holiday : wire.holidays()) out.holidays.push_back({{holiday.day()}, holiday.name()});
  for (const auto& swap : wire.swapped()) out.swapped.push_back({{swap.off_day()}, {swap.worked_day()}, swap.name()});
  out.known_from = {wire.known_from_day()};
  out.known_until = {wire.known_until_day()};
  return out;
}

void encode(const Agency& agency, v1::Agency* wire) {
  wire->set_code(agency.code);
  encode(agency.name, wire->mutable_name());
  wire->set_kind(agency.kind);
  wire->set_tier(agency.tier);
  encode(agency.validity, wire->mutable_validity());
  copy_to(agency.successors, wire->mutable_successors());
  copy_to(agency.areas, wire->mutable_areas());
  for (const auto& desk : agency.desks) {
    auto* wire_desk = wire->add_desks();
    wire_desk->set_key(desk.key.text());
    wire_desk->set_printed_prefix(desk.printed_prefix);
  }
  wire->set_calendar(agency.calendar);
}
Result<Agency> decode(const v1::Agency& wire) {
  Agency out{wire.code(),
             decode(wire.name()),
             wire.kind(),
             wire.tier(),
             decode(wire.validity()),
             strings(wire.successors()),
             strings(wire.areas()),
             {},
             wire.calendar()};
  for (const auto& desk : wire.desks()) {
    auto key = HomeKey::parse(desk.key());
    if (!key) return failure(key.error());
    out.desks.push_back({*std::move(key), desk.printed_prefix()});
  }
  return out;
}

void encode(const ProcedureVersion& version, v1::ProcedureVersion* wire) {
  wire->set_number(version.number);
  encode(version.validity, wire->mutable_validity());
  copy_to(version.receiving_kinds, wire->mutable_receiving_kinds());
  encode(version.total, version.total_is_sample, wire->mutable_total());
  switch (version.practice) {
    case DayPractice::kHours: wire->set_practice(v1::ProcedureVersion::PRACTICE_HOURS); break;
    case DayPractice::kCivilCode: wire->set_practice(v1::ProcedureVersion::PRACTICE_CIVIL_CODE); break;
  }
  switch (version.clock) {
    case ClockPolicy::kResume: wire->set_clock(v1::ProcedureVersion::CLOCK_RESUME); break;
  }
  for (const auto& leg : version.legs) {
    auto* wire_leg = wire->add_legs();
    wire_leg->set_id(leg.id);
    encode(leg.name, wire_leg->mutable_name());
    wire_leg->set_role(leg.role);
    encode(leg.limit, leg.limit_is_sample, wire_leg->mutable_limit());
    copy_to(leg.after, wire_leg->mutable_after());
  }
  wire->set_source(version.source);
}
Result<ProcedureVersion> decode(const v1::ProcedureVersion& wire) {
  ProcedureVersion out;
  out.number = wire.number();
  out.validity = decode(wire.validity());
  out.receiving_kinds = strings(wire.receiving_kinds());
  const auto total = decode(wire.total());
  if (!total) return failure(total.error());
  out.total = *total;
  out.total_is_sample = wire.total().sample();
  if (wire.practice() == v1::ProcedureVersion::PRACTICE_HOURS) {
    out.practice = DayPractice::kHours;
  } else if (wire.practice() == v1::ProcedureVersion::PRACTICE_CIVIL_CODE) {
    out.practice = DayPractice::kCivilCode;
  } else {
    return malformed("an unknown practice of counting days");
  }
  if (wire.clock() != v1::ProcedureVersion::CLOCK_RESUME) return malformed("an unknown clock policy");
  out.clock = ClockPolicy::kResume;
  for (const auto& leg : wire.legs()) {
    const auto limit = decode(leg.limit());
    if (!limit) return failure(limit.error());
    out.legs.push_back({leg.id(), decode(leg.name()), leg.role(), *limit, leg.limit().sample(), strings(leg.after())});
  }
  out.source = wire.source();
  return out;
}

void encode(const Procedure& procedure, v1::Procedure* wire) {
  wire->set_code(procedure.code);
  encode(procedure.name, wire->mutable_name());
  for (const auto& version : procedure.versions) encode(version, wire->add_versions());
}
Result<Procedure> decode(const v1::Procedure& wire) {
  Procedure out{wire.code(), decode(wire.name()), {}};
  for (const auto& version : wire.versions()) {
    auto decoded = decode(version);
    if (!decoded) return failure(decoded.error());
    out.versions.push_back(*std::move(decoded));
  }
  return out;
}

void encode(const Principal& principal, v1::Principal* wire) {
  wire->set_id(principal.id);
  copy_to(principal.certificate_names, wire->mutable_certificate_names());
  wire->set_agency(principal.agency);
  for (const auto& grant : principal.grants) {
    auto* wire_grant = wire->add_grants();
    wire_grant->set_any_agency(grant.agencies.empty());
    copy_to(grant.agencies, wire_grant->mutable_agencies());
    wire_grant->set_any_procedure(grant.procedures.empty());
    copy_to(grant.procedures, wire_grant->mutable_procedures());
    for (const Action action : kActions) {
      if (grant.actions.contains(action)) wire_grant->add_actions(std::string(name_of(action)));
    }
  }
}
Result<Principal> decode(const v1::Principal& wire) {
  Principal out{wire.id(), strings(wire.certificate_names()), wire.agency(), {}};
  for (const auto& grant : wire.grants()) {
    // An empty list means "no restriction" inside; on the wire this must be said, so that a lost field never widens a grant.
    if (grant.any_agency() != grant.agencies().empty()) return malformed("a grant names agencies or says any_agency");
    if (grant.any_procedure() != grant.procedures().empty())
      return malformed("a grant names procedures or says any_procedure");
    Grant decoded{strings(grant.agencies()), strings(grant.procedures()), {}};
    for (const auto& name : grant.actions()) {
      const auto action = action_named(name);
      if (!action) return malformed("an unknown action: " + name);
      decoded.actions.insert(*action);
    }
    out.grants.push_back(std::move(decoded));
  }
  return out;
}

v1::NoticeChannel encode(NoticeChannel channel) {
  switch (channel) {
    case NoticeChannel::kEmail: return v1::NOTICE_CHANNEL_EMAIL;
    case NoticeChannel::kSms: return v1::NOTICE_CHANNEL_SMS;
    case NoticeChannel::kPortal: return v1::NOTICE_CHANNEL_PORTAL;
  }
  return v1::NOTICE_CHANNEL_UNSPECIFIED;
}
Result<NoticeChannel> decode(v1::NoticeChannel wire) {
  for (const auto channel : kNoticeChannels) {
    if (encode(channel) == wire) return channel;
  }
  return malformed("an unknown channel of notices");
}

void encode(const NoticeText& text, v1::NoticeText* wire) {
  wire->set_subject(text.subject);
  wire->set_body(text.body);
}
NoticeText decode(const v1::NoticeText& wire) { return {wire.subject(), wire.body()}; }

void encode(const NoticeWay& way, v1::NoticeWay* wire) {
  wire->set_channel(encode(way.channel));
  wire->mutable_text()->set_id(way.text.id);
  wire->mutable_text()->set_version(way.text.version);
}
Result<NoticeWay> decode(const v1::NoticeWay& wire) {
  const auto channel = decode(wire.channel());
  if (!channel) return failure(channel.error());
  return NoticeWay{*channel, {wire.text().id(), wire.text().version()}};
}

void encode(const NoticeProvider& provider, v1::NoticeProvider* wire) {
  wire->set_id(provider.id);
  wire->set_channel(encode(provider.channel));
  wire->set_attempts(provider.attempts);
  wire->set_first_backoff_seconds(std::chrono::duration_cast<std::chrono::seconds>(provider.first_backoff).count());
  wire->set_max_backoff_seconds(std::chrono::duration_cast<std::chrono::seconds>(provider.max_backoff).count());
  wire->set_per_minute(provider.per_minute);
  wire->set_receipt_wait_seconds(std::chrono::duration_cast<std::chrono::seconds>(provider.receipt_wait).count());
}
Result<NoticeProvider> decode(const v1::NoticeProvider& wire) {
  const auto channel = decode(wire.channel());
  if (!channel) return failure(channel.error());
  return NoticeProvider{wire.id(),
                        *channel,
                        wire.attempts(),
                        std::chrono::seconds(wire.first_backoff_seconds()),
                        std::chrono::seconds(wire.max_backoff_seconds()),
                        wire.per_minute(),
                        std::chrono::seconds(wire.receipt_wait_seconds())};
}

void encode(const NoticeTemplate& text, v1::NoticeTemplate* wire) {
  wire->set_id(text.id);
  wire->set_version(text.version);
  if (text.channel) wire->set_channel(encode(*text.channel));
  wire->set_fold_accents(text.fold_accents);
  copy_to(text.variables, wire->mutable_variables());
  encode(text.vi, wire->mutable_vi());
  if (text.en) encode(*text.en, wire->mutable_en());
}
Result<NoticeTemplate> decode(const v1::NoticeTemplate& wire) {
  NoticeTemplate out{wire.id(), wire.version(), {}, wire.fold_accents(), strings(wire.variables()), decode(wire.vi()), {}};
  if (wire.channel() != v1::NOTICE_CHANNEL_UNSPECIFIED) {
    const auto channel = decode(wire.channel());
    if (!channel) return failure(channel.error());
    out.channel = *channel;
  }
  if (wire.has_en()) out.en = decode(wire.en());
  return out;
}

void encode(const NoticeRule& rule, v1::NoticeRule* wire) {
  wire->set_id(rule.id);
  wire->set_event(std::string(name_of(rule.event)));
  copy_to(rule.procedures, wire->mutable_procedures());
  wire->set_recipient(std::string(name_of(rule.recipient)));
  wire->set_condition(std::string(name_of(rule.condition)));
  wire->set_urgent(rule.urgent);
  wire->set_after_minutes(rule.after_minutes);
  wire->set_percent(rule.percent);
  wire->set_before_minutes(rule.before_minutes);
  wire->set_extension_minutes(rule.extension_minutes);
  for (const auto& send : rule.sends) {
    auto* wire_send = wire->add_sends();
    encode(send.way, wire_send->mutable_way());
    for (const auto& way : send.instead) encode(way, wire_send->add_instead());
  }
}
Result<NoticeRule> decode(const v1::NoticeRule& wire) {
  const auto event = notice_event_named(wire.event());
  const auto recipient = notice_recipient_named(wire.recipient());
  const auto condition = notice_condition_named(wire.condition());
  if (!event || !recipient || !condition) return malformed("a rule of notices: " + wire.id());
  NoticeRule out{wire.id(),
                 *event,
                 strings(wire.procedures()),
                 *recipient,
                 *condition,
                 wire.urgent(),
                 wire.after_minutes(),
                 wire.percent(),
                 wire.before_minutes(),
                 wire.extension_minutes(),
                 {}};
  for (const auto& wire_send : wire.sends()) {
    NoticeSend send;
    auto way = decode(wire_send.way());
    if (!way) return failure(way.error());
    send.way = *std::move(way);
    for (const auto& wire_way : wire_send.instead()) {
      auto instead = decode(wire_way);
      if (!instead) return failure(instead.error());
      send.instead.push_back(*std::move(instead));
    }
    out.sends.push_back(std::move(send));
  }
  return out;
}

void encode(const WebhookSubscription& subscription, v1::WebhookSubscription* wire) {
  wire->set_id(subscription.id);
  wire->set_url(subscription.url);
  wire->set_keys(subscription.keys);
  copy_to(subscription.types, wire->mutable_types());
  copy_to(subscription.agencies, wire->mutable_agencies());
  copy_to(subscription.procedures, wire->mutable_procedures());
  wire->set_since_day(subscription.since.days);
}
WebhookSubscription decode(const v1::WebhookSubscription& wire) {
  return {wire.id(),
          wire.url(),
          wire.keys(),
          strings(wire.types()),
          strings(wire.agencies()),
          strings(wire.procedures()),
          {wire.since_day()}};
}

/// Decodes a list whose entries may be malformed.
template <class Wire, class T>
Result<void> decode_list(const Wire& wire, std::vector<T>& out) {
  for (const auto& entry : wire) {
    auto decoded = decode(entry);
    if (!decoded) return failure(decoded.error());
    out.push_back(*std::move(decoded));
  }
  return {};
}

}  // namespace

v1::CatalogueContents encode_contents(const CatalogueContents& contents) {
  v1::CatalogueContents wire;
  encode(contents.title, wire.mutable_title());
  for (const auto& system : contents.tier_systems) {
    auto* wire_system = wire.add_tier_systems();
    encode(system.validity, wire_system->mutable_validity());
    copy_to(system.tiers, wire_system->mutable_tiers());
  }
  for (const auto& area : contents.areas) {
    auto* wire_area = wire.add_areas();
    wire_area->set_code(area.code);
    encode(area.name, wire_area->mutable_name());
  }
  for (const auto& calendar : contents.calendars) encode(calendar, wire.add_calendars());
  for (const auto& agency : contents.agencies) encode(agency, wire.add_agencies());
  for (const auto& binding : contents.bindings) {
    auto* wire_binding = wire.add_bindings();
    wire_binding->set_role(binding.role);
    wire_binding->set_area(binding.area);
    encode(binding.validity, wire_binding->mutable_validity());
    copy_to(binding.candidates, wire_binding->mutable_candidates());
  }
  for (const auto& procedure : contents.procedures) encode(procedure, wire.add_procedures());
  for (const auto& principal : contents.principals) encode(principal, wire.add_principals());
  const auto& notices = contents.notices;
  for (const auto& provider : notices.providers) encode(provider, wire.add_notice_providers());
  for (const auto& text : notices.templates) encode(text, wire.add_notice_templates());
  for (const auto& rule : notices.rules) encode(rule, wire.add_notice_rules());
  for (const auto& contact : notices.contacts) {
    auto* wire_contact = wire.add_agency_contacts();
    wire_contact->set_agency(contact.agency);
    wire_contact->set_email(contact.email);
    wire_contact->set_phone(contact.phone);
  }
  for (const auto& subscription : notices.webhooks) encode(subscription, wire.add_webhooks());
  for (const auto& pause : contents.intake_pauses) {
    auto* wire_pause = wire.add_intake_pauses();
    wire_pause->set_agency(pause.agency);
    wire_pause->set_reason_code(pause.reason_code);
    wire_pause->set_since(pause.since.micros);
  }
  if (notices.quiet != QuietHours{}) {
    wire.mutable_quiet_hours()->set_from_minute(static_cast<std::uint32_t>(notices.quiet.from));
    wire.mutable_quiet_hours()->set_until_minute(static_cast<std::uint32_t>(notices.quiet.until));
  }
  return wire;
}

Result<CatalogueContents> decode_contents(const v1::CatalogueContents& wire) {
  CatalogueContents out;
  out.title = decode(wire.title());
  for (const auto& system : wire.tier_systems())
    out.tier_systems.push_back({decode(system.validity()), strings(system.tiers())});
  for (const auto& area : wire.areas()) out.areas.push_back({area.code(), decode(area.name())});
  for (const auto& binding : wire.bindings()) {
    out.bindings.push_back({binding.role(), binding.area(), decode(binding.validity()), strings(binding.candidates())});
  }
  if (auto done = decode_list(wire.calendars(), out.calendars); !done) return failure(done.error());
  if (auto done = decode_list(wire.agencies(), out.agencies); !done) return failure(done.error());
  if (auto done = decode_list(wire.procedures(), out.procedures); !done) return failure(done.error());
  if (auto done = decode_list(wire.principals(), out.principals); !done) return failure(done.error());
  auto& notices = out.notices;
  if (auto done = decode_list(wire.notice_providers(), notices.providers); !done) return failure(done.error());
  if (auto done = decode_list(wire.notice_templates(), notices.templates); !done) return failure(done.error());
  if (auto done = decode_list(wire.notice_rules(), notices.rules); !done) return failure(done.error());
  for (const auto& contact : wire.agency_contacts()) {
    notices.contacts.push_back({contact.agency(), contact.email(), contact.phone()});
  }
  for (const auto& subscription : wire.webhooks()) notices.webhooks.push_back(decode(subscription));
  for (const auto& pause : wire.intake_pauses()) {
    out.intake_pauses.push_back({pause.agency(), pause.reason_code(), {pause.since()}});
  }
  if (wire.has_quiet_hours()) {
    const auto& quiet = wire.quiet_hours();
    if (quiet.from_minute() >= kMinutesPerDay || quiet.until_minute() >= kMinutesPerDay)
      return malformed("quiet hours beyond the day");
    notices.quiet = {static_cast<std::int32_t>(quiet.from_minute()), static_cast<std::int32_t>(quiet.until_minute())};
  }
  return out;
}

}  // namespace lienthong::catalogue
