#include "notification/adapters/state_codec.h"

#include "lienthong/notification/v1/state.pb.h"
#include "notification/adapters/line_codec.h"
#include "notification/adapters/notice_codec.h"

#include <utility>

namespace lienthong::notification {
namespace {

namespace wire = shared_kernel::wire;
using wire::Decoding;

v1::DossierPhase encode(DossierPhase phase) {
  switch (phase) {
    case DossierPhase::kNone: return v1::DOSSIER_PHASE_UNSPECIFIED;
    case DossierPhase::kSubmitted: return v1::DOSSIER_PHASE_SUBMITTED;
    case DossierPhase::kRunning: return v1::DOSSIER_PHASE_RUNNING;
    case DossierPhase::kProcessed: return v1::DOSSIER_PHASE_PROCESSED;
    case DossierPhase::kHandedOver: return v1::DOSSIER_PHASE_HANDED_OVER;
    case DossierPhase::kEnded: return v1::DOSSIER_PHASE_ENDED;
  }
  return v1::DOSSIER_PHASE_UNSPECIFIED;
}
Result<DossierPhase> decode(v1::DossierPhase phase) {
  for (const auto known : {DossierPhase::kNone, DossierPhase::kSubmitted, DossierPhase::kRunning, DossierPhase::kProcessed,
                           DossierPhase::kHandedOver, DossierPhase::kEnded}) {
    if (encode(known) == phase) return known;
  }
  return malformed("phase of a dossier");
}

v1::LegPhase encode(LegPhase phase) {
  switch (phase) {
    case LegPhase::kOffered: return v1::LEG_PHASE_OFFERED;
    case LegPhase::kStarted: return v1::LEG_PHASE_STARTED;
    case LegPhase::kEnded: return v1::LEG_PHASE_ENDED;
  }
  return v1::LEG_PHASE_UNSPECIFIED;
}
Result<LegPhase> decode(v1::LegPhase phase) {
  for (const auto known : {LegPhase::kOffered, LegPhase::kStarted, LegPhase::kEnded}) {
    if (encode(known) == phase) return known;
  }
  return malformed("phase of a leg");
}

void encode(const LegState& from, v1::StoredLeg& to) {
  wire::encode(from.ref, *to.mutable_ref());
  to.set_leg_id(from.leg_id);
  to.set_agency(from.agency);
  to.set_offered_at(from.offered_at.micros);
  to.set_first_due_at(from.first_due_at.micros);
  to.set_due_at(from.due_at.micros);
  to.set_phase(encode(from.phase));
  to.set_suspended(from.suspended);
}
LegState decode(const v1::StoredLeg& from, Decoding& in) {
  return {wire::decode(from.ref()),      from.leg_id(),         from.agency(),
          {from.offered_at()},           {from.first_due_at()}, {from.due_at()},
          in.take(decode(from.phase())), from.suspended()};
}

void encode(const Notice& from, v1::StoredNotice& to) {
  encode_created(from.made, *to.mutable_made());
  to.set_phase(encode_phase(from.phase));
  to.set_created_at(from.created_at.micros);
  to.set_changed_at(from.changed_at.micros);
  to.set_send_at(from.send_at.micros);
  to.set_attempts(from.attempts);
  to.set_provider(from.provider);
  to.set_provider_tries(from.provider_tries);
  for (const auto& provider : from.used_up) to.add_used_up(provider);
  to.set_reference(from.reference);
  to.set_masked_address(from.masked_address);
  to.set_receipt_until(from.receipt_until.micros);
  to.set_reason_code(from.reason_code);
}
Notice decode(const v1::StoredNotice& from, Decoding& in) {
  Notice to;
  to.made = decode_created(from.made(), in);
  to.phase = in.take(decode_phase(from.phase()));
  to.created_at = {from.created_at()};
  to.changed_at = {from.changed_at()};
  to.send_at = {from.send_at()};
  to.attempts = from.attempts();
  to.provider = from.provider();
  to.provider_tries = from.provider_tries();
  to.used_up.assign(from.used_up().begin(), from.used_up().end());
  to.reference = from.reference();
  to.masked_address = from.masked_address();
  to.receipt_until = {from.receipt_until()};
  to.reason_code = from.reason_code();
  return to;
}

}  // namespace

std::string encode_state(const State& state) {
  auto& to = wire::scratch<v1::StoredDossier>();
  to.set_phase(encode(state.phase));
  to.set_home_key(state.home.text());
  to.set_dossier_code(state.dossier_code);
  to.set_procedure_code(state.procedure_code);
  to.set_received_by(state.received_by);
  to.set_channel(state.channel);
  to.set_applicant_kind(state.applicant_kind);
  to.set_result_by_post(state.result_by_post);
  to.set_submitted_at(state.submitted_at.micros);
  to.set_received_at(state.received_at.micros);
  to.set_appointment_at(state.appointment_at.micros);
  to.set_processed_at(state.processed_at.micros);
  to.set_awaiting_supplement(state.awaiting_supplement);
  to.set_erased(state.erased);
  for (const auto& leg : state.legs) encode(leg, *to.add_legs());
  for (const auto& reminder : state.reminders) {
    auto& stored = *to.add_reminders();
    stored.set_rule(reminder.rule);
    stored.set_leg(reminder.leg);
    stored.set_at(reminder.at.micros);
    stored.set_rang(reminder.rang);
  }
  for (const auto& notice : state.notices) encode(notice, *to.add_notices());
  if (state.line) encode_line(*state.line, *to.mutable_line());
  return to.SerializeAsString();
}

Result<State> decode_state(std::string_view bytes) {
  const auto message = wire::parse<v1::StoredDossier>(bytes);
  if (!message) return failure(message.error());
  const auto& from = **message;
  Decoding in;
  State to;
  to.phase = in.take(decode(from.phase()));
  if (!from.home_key().empty()) to.home = in.take(HomeKey::parse(from.home_key()));
  to.dossier_code = from.dossier_code();
  to.procedure_code = from.procedure_code();
  to.received_by = from.received_by();
  to.channel = from.channel();
  to.applicant_kind = from.applicant_kind();
  to.result_by_post = from.result_by_post();
  to.submitted_at = {from.submitted_at()};
  to.received_at = {from.received_at()};
  to.appointment_at = {from.appointment_at()};
  to.processed_at = {from.processed_at()};
  to.awaiting_supplement = from.awaiting_supplement();
  to.erased = from.erased();
  for (const auto& leg : from.legs()) to.legs.push_back(decode(leg, in));
  for (const auto& reminder : from.reminders())
    to.reminders.push_back({reminder.rule(), reminder.leg(), {reminder.at()}, reminder.rang()});
  for (const auto& notice : from.notices()) to.notices.push_back(decode(notice, in));
  if (from.has_line()) to.line = decode_line(from.line());
  return in.finish(std::move(to));
}

}  // namespace lienthong::notification
