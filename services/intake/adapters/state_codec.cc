#include "intake/adapters/state_codec.h"

#include "intake/adapters/enum_codec.h"
#include "lienthong/intake/v1/state.pb.h"
#include "shared_kernel/adapters/values_codec.h"

#include <utility>

namespace lienthong::intake {

namespace wire = shared_kernel::wire;

std::string encode_state(const State& state) {
  auto& to = wire::scratch<v1::StoredDossier>();
  to.set_status(state.status ? code_of(*state.status) : 0);
  to.set_home_key(state.home.text());
  to.set_procedure_code(state.procedure_code);
  to.set_procedure_version(state.procedure_version);
  to.set_applicant_kind(encode_enum(state.applicant_kind));
  to.set_channel(encode_enum(state.channel));
  to.set_area_code(state.area_code);
  to.set_dossier_code(state.dossier_code);
  to.set_received_by(state.received_by);
  to.set_helped_by(state.helped_by);
  to.set_submitted_at(state.submitted_at.micros);
  to.set_received_at(state.received_at.micros);
  to.set_appointment_at(state.appointment_at.micros);
  to.set_first_appointment_at(state.first_appointment_at.micros);
  to.set_processed_at(state.processed_at.micros);
  to.set_closed_at(state.closed_at.micros);
  wire::encode_components(state.components, to.mutable_components());
  for (const auto& ref : state.contents) wire::encode(ref, *to.add_contents());
  for (const auto& ref : state.reasons) wire::encode(ref, *to.add_reasons());
  for (const auto& leg : state.awaiting) wire::encode(leg, *to.add_awaiting());
  to.set_supplements(state.supplements);
  to.set_reason_code(state.reason_code);
  to.set_erased(state.erased);
  to.set_handed_over_by(encode_enum(state.handed_over_by));
  if (state.post) encode_wish(*state.post, *to.mutable_post());
  to.set_delivery(encode_enum(state.delivery));
  return to.SerializeAsString();
}

Result<State> decode_state(std::string_view bytes) {
  const auto parsed = wire::parse<v1::StoredDossier>(bytes);
  if (!parsed) return failure(parsed.error());
  const auto& from = **parsed;
  wire::Decoding in;
  State to;
  if (from.status() != 0) to.status = in.take(decode_status(from.status()));
  if (!from.home_key().empty()) to.home = in.take(HomeKey::parse(from.home_key()));
  to.procedure_code = from.procedure_code();
  to.procedure_version = from.procedure_version();
  to.applicant_kind = in.take(decode_enum(from.applicant_kind()));
  to.channel = in.take(decode_enum(from.channel()));
  to.area_code = from.area_code();
  to.dossier_code = from.dossier_code();
  to.received_by = from.received_by();
  to.helped_by = from.helped_by();
  to.submitted_at = {from.submitted_at()};
  to.received_at = {from.received_at()};
  to.appointment_at = {from.appointment_at()};
  to.first_appointment_at = {from.first_appointment_at()};
  to.processed_at = {from.processed_at()};
  to.closed_at = {from.closed_at()};
  // More than one command's worth of components: supplements add to them.
  for (const auto& component : from.components()) to.components.push_back(in.take(wire::decode(component)));
  for (const auto& ref : from.contents()) to.contents.push_back(in.take(wire::decode(ref)));
  for (const auto& ref : from.reasons()) to.reasons.push_back(in.take(wire::decode(ref)));
  to.awaiting = wire::decode_legs(from.awaiting());
  to.supplements = from.supplements();
  to.reason_code = from.reason_code();
  to.erased = from.erased();
  to.handed_over_by = in.take(decode_enum(from.handed_over_by()));
  if (from.has_post()) to.post = in.take(decode_wish(from.post()));
  to.delivery = in.take(decode_enum(from.delivery()));
  return in.finish(std::move(to));
}

}  // namespace lienthong::intake
