#include "notification/adapters/notice_codec.h"

#include "platform/base/overloaded.h"

#include <utility>

namespace lienthong::notification {
namespace {

namespace wire = shared_kernel::wire;
using wire::Decoding;

void encode_way(const NoticeWay& from, v1::Way& to) {
  to.set_channel(encode_channel(from.channel));
  to.set_template_id(from.text.id);
  to.set_template_version(from.text.version);
}
NoticeWay decode_way(const v1::Way& from, Decoding& in) {
  return {in.take(decode_channel(from.channel())), {from.template_id(), from.template_version()}};
}

void encode_contents(const Contents& from, v1::Contents& to) {
  to.set_dossier_code(from.dossier_code);
  to.set_procedure_code(from.procedure_code);
  to.set_received_by(from.received_by);
  to.set_agency(from.agency);
  to.set_leg_id(from.leg_id);
  if (from.leg != LegRef{}) wire::encode(from.leg, *to.mutable_leg());
  to.set_reason_code(from.reason_code);
  if (from.reason) wire::encode(*from.reason, *to.mutable_reason());
  to.set_received_at(from.received_at.micros);
  to.set_appointment_at(from.appointment_at.micros);
  to.set_new_appointment_at(from.new_appointment_at.micros);
  to.set_due_at(from.due_at.micros);
  to.set_processed_at(from.processed_at.micros);
}
Contents decode_contents(const v1::Contents& from, Decoding& in) {
  Contents to;
  to.dossier_code = from.dossier_code();
  to.procedure_code = from.procedure_code();
  to.received_by = from.received_by();
  to.agency = from.agency();
  to.leg_id = from.leg_id();
  to.leg = wire::decode(from.leg());
  to.reason_code = from.reason_code();
  to.reason = in.take_if(from.has_reason(), from.reason());
  to.received_at = {from.received_at()};
  to.appointment_at = {from.appointment_at()};
  to.new_appointment_at = {from.new_appointment_at()};
  to.due_at = {from.due_at()};
  to.processed_at = {from.processed_at()};
  return to;
}

template <class T>
T take_named(std::optional<T> value, const std::string& name, Decoding& in) {
  return in.take(value ? Result<T>(*value) : Result<T>(malformed("unknown name " + name)));
}

HomeKey decode_home(const std::string& text, Decoding& in) { return in.take(HomeKey::parse(text)); }

// Facts.

void encode(const DossierSubmitted& from, v1::FactNoted& to) {
  auto& fact = *to.mutable_submitted();
  fact.set_home_key(from.home.text());
  fact.set_procedure_code(from.procedure_code);
  fact.set_received_by(from.received_by);
  fact.set_channel(from.channel);
  fact.set_applicant_kind(from.applicant_kind);
  fact.set_result_by_post(from.result_by_post);
}
void encode(const DossierAccepted& from, v1::FactNoted& to) {
  auto& fact = *to.mutable_accepted();
  fact.set_home_key(from.home.text());
  fact.set_dossier_code(from.dossier_code);
  fact.set_procedure_code(from.procedure_code);
  fact.set_received_by(from.received_by);
  fact.set_received_at(from.received_at.micros);
  fact.set_appointment_at(from.appointment_at.micros);
}
void encode(const DossierNotAccepted& from, v1::FactNoted& to) {
  auto& fact = *to.mutable_not_accepted();
  fact.set_reason_code(from.reason_code);
  wire::encode(from.reason, *fact.mutable_reason());
}
void encode(const SupplementRequested& from, v1::FactNoted& to) {
  auto& fact = *to.mutable_supplement_requested();
  wire::encode(from.leg, *fact.mutable_leg());
  fact.set_agency(from.agency);
  fact.set_reason_code(from.reason_code);
  wire::encode(from.reason, *fact.mutable_reason());
}
void encode(const SupplementReceived& from, v1::FactNoted& to) {
  auto& fact = *to.mutable_supplement_received();
  for (const auto& leg : from.legs) wire::encode(leg, *fact.add_legs());
}
void encode(const DossierStopped& from, v1::FactNoted& to) {
  auto& fact = *to.mutable_stopped();
  fact.set_reason_code(from.reason_code);
  if (from.reason) wire::encode(*from.reason, *fact.mutable_reason());
}
void encode(const AppointmentMoved& from, v1::FactNoted& to) { to.set_appointment_moved_to(from.to.micros); }
void encode(const ResultReady& from, v1::FactNoted& to) { to.set_result_ready_at(from.processed_at.micros); }
void encode(const ResultHandedOver&, v1::FactNoted& to) { to.set_handed_over(true); }
void encode(const PersonalDataErased&, v1::FactNoted& to) { to.set_erased(true); }
void encode(const LegOffered& from, v1::FactNoted& to) {
  auto& fact = *to.mutable_leg_offered();
  wire::encode(from.leg, *fact.mutable_leg());
  fact.set_leg_id(from.leg_id);
  fact.set_agency(from.agency);
  fact.set_home_key(from.home.text());
  fact.set_dossier_code(from.dossier_code);
  fact.set_procedure_code(from.procedure_code);
  fact.set_due_at(from.due_at.micros);
}
void encode(const LegDueChanged& from, v1::FactNoted& to) {
  wire::encode(from.leg, *to.mutable_leg_due_changed()->mutable_leg());
  to.mutable_leg_due_changed()->set_due_at(from.due_at.micros);
}
void encode(const LegStarted& from, v1::FactNoted& to) { wire::encode(from.leg, *to.mutable_leg_started()); }
void encode(const LegEnded& from, v1::FactNoted& to) { wire::encode(from.leg, *to.mutable_leg_ended()); }
void encode(const LegOverdue& from, v1::FactNoted& to) { wire::encode(from.leg, *to.mutable_leg_overdue()); }
void encode(const SupplementArrived& from, v1::FactNoted& to) { wire::encode(from.leg, *to.mutable_supplement_arrived()); }

FactBody decode(const v1::FactNoted::Submitted& from, Decoding& in) {
  return DossierSubmitted{decode_home(from.home_key(), in),
                          from.procedure_code(),
                          from.received_by(),
                          from.channel(),
                          from.applicant_kind(),
                          from.result_by_post()};
}
FactBody decode(const v1::FactNoted::Accepted& from, Decoding& in) {
  return DossierAccepted{
      decode_home(from.home_key(), in), from.dossier_code(), from.procedure_code(), from.received_by(), {from.received_at()},
      {from.appointment_at()}};
}
FactBody decode(const v1::FactNoted::SupplementRequested& from, Decoding& in) {
  return SupplementRequested{wire::decode(from.leg()), from.agency(), from.reason_code(),
                             in.take(wire::decode(from.reason()))};
}
FactBody decode(const v1::FactNoted::LegOffered& from, Decoding& in) {
  return LegOffered{wire::decode(from.leg()), from.leg_id(),         from.agency(),  decode_home(from.home_key(), in),
                    from.dossier_code(),      from.procedure_code(), {from.due_at()}};
}

}  // namespace

v1::NoticePhase encode_phase(Phase phase) { return static_cast<v1::NoticePhase>(phase); }

Result<Phase> decode_phase(v1::NoticePhase phase) {
  switch (phase) {
    case v1::NOTICE_PHASE_CREATED: return Phase::kCreated;
    case v1::NOTICE_PHASE_SENDING: return Phase::kSending;
    case v1::NOTICE_PHASE_PENDING: return Phase::kPending;
    case v1::NOTICE_PHASE_SENT: return Phase::kSent;
    case v1::NOTICE_PHASE_DELIVERED: return Phase::kDelivered;
    case v1::NOTICE_PHASE_PERMANENT_FAILURE: return Phase::kPermanentFailure;
    case v1::NOTICE_PHASE_TEMPORARY_FAILURE: return Phase::kTemporaryFailure;
    case v1::NOTICE_PHASE_TECHNICAL_FAILURE: return Phase::kTechnicalFailure;
    case v1::NOTICE_PHASE_CANCELLED: return Phase::kCancelled;
    case v1::NOTICE_PHASE_UNSPECIFIED:
    case v1::NoticePhase_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::NoticePhase_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("phase of a notice " + std::to_string(static_cast<int>(phase)));
}

v1::Channel encode_channel(NoticeChannel channel) {
  switch (channel) {
    case NoticeChannel::kEmail: return v1::CHANNEL_EMAIL;
    case NoticeChannel::kSms: return v1::CHANNEL_SMS;
    case NoticeChannel::kPortal: return v1::CHANNEL_PORTAL;
  }
  return v1::CHANNEL_UNSPECIFIED;
}

Result<NoticeChannel> decode_channel(v1::Channel channel) {
  for (const auto known : shared_kernel::kNoticeChannels) {
    if (encode_channel(known) == channel) return known;
  }
  return malformed("channel of a notice " + std::to_string(static_cast<int>(channel)));
}

void encode_created(const NoticeCreated& from, v1::NoticeCreated& to) {
  to.set_notice(from.notice);
  to.set_key(std::string(from.key.view()));
  to.set_origin(from.origin);
  to.set_rule(from.rule);
  to.set_event(std::string(name_of(from.event)));
  to.set_recipient(std::string(name_of(from.recipient)));
  encode_way(from.way, *to.mutable_way());
  for (const auto& way : from.instead) encode_way(way, *to.add_instead());
  to.set_condition(std::string(name_of(from.condition)));
  to.set_urgent(from.urgent);
  encode_contents(from.contents, *to.mutable_contents());
  to.set_send_at(from.send_at.micros);
}

NoticeCreated decode_created(const v1::NoticeCreated& from, Decoding& in) {
  NoticeCreated to;
  to.notice = from.notice();
  to.key = in.take(DerivedId::from(from.key()));
  to.origin = from.origin();
  to.rule = from.rule();
  to.event = take_named(shared_kernel::notice_event_named(from.event()), from.event(), in);
  to.recipient = take_named(shared_kernel::notice_recipient_named(from.recipient()), from.recipient(), in);
  to.way = decode_way(from.way(), in);
  for (const auto& way : from.instead()) to.instead.push_back(decode_way(way, in));
  to.condition = take_named(shared_kernel::notice_condition_named(from.condition()), from.condition(), in);
  to.urgent = from.urgent();
  to.contents = decode_contents(from.contents(), in);
  to.send_at = {from.send_at()};
  return to;
}

void encode_fact(const FactBody& from, v1::FactNoted& to) {
  std::visit([&](const auto& body) { encode(body, to); }, from);
}

Result<FactBody> decode_fact(const v1::FactNoted& from) {
  Decoding in;
  switch (from.fact_case()) {
    case v1::FactNoted::kSubmitted: {
      auto fact = decode(from.submitted(), in);
      return in.finish(std::move(fact));
    }
    case v1::FactNoted::kAccepted: {
      auto fact = decode(from.accepted(), in);
      return in.finish(std::move(fact));
    }
    case v1::FactNoted::kNotAccepted: {
      FactBody fact =
          DossierNotAccepted{from.not_accepted().reason_code(), in.take(wire::decode(from.not_accepted().reason()))};
      return in.finish(std::move(fact));
    }
    case v1::FactNoted::kSupplementRequested: {
      auto fact = decode(from.supplement_requested(), in);
      return in.finish(std::move(fact));
    }
    case v1::FactNoted::kSupplementReceived: return SupplementReceived{wire::decode_legs(from.supplement_received().legs())};
    case v1::FactNoted::kStopped: {
      FactBody fact =
          DossierStopped{from.stopped().reason_code(), in.take_if(from.stopped().has_reason(), from.stopped().reason())};
      return in.finish(std::move(fact));
    }
    case v1::FactNoted::kAppointmentMovedTo: return AppointmentMoved{{from.appointment_moved_to()}};
    case v1::FactNoted::kResultReadyAt: return ResultReady{{from.result_ready_at()}};
    case v1::FactNoted::kHandedOver: return ResultHandedOver{};
    case v1::FactNoted::kErased: return PersonalDataErased{};
    case v1::FactNoted::kLegOffered: {
      auto fact = decode(from.leg_offered(), in);
      return in.finish(std::move(fact));
    }
    case v1::FactNoted::kLegDueChanged:
      return LegDueChanged{wire::decode(from.leg_due_changed().leg()), {from.leg_due_changed().due_at()}};
    case v1::FactNoted::kLegStarted: return LegStarted{wire::decode(from.leg_started())};
    case v1::FactNoted::kLegEnded: return LegEnded{wire::decode(from.leg_ended())};
    case v1::FactNoted::kLegOverdue: return LegOverdue{wire::decode(from.leg_overdue())};
    case v1::FactNoted::kSupplementArrived: return SupplementArrived{wire::decode(from.supplement_arrived())};
    case v1::FactNoted::FACT_NOT_SET: break;
  }
  return malformed("a fact that says nothing");
}

}  // namespace lienthong::notification
