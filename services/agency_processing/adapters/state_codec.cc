#include "agency_processing/adapters/state_codec.h"

#include "lienthong/agency/v1/state.pb.h"
#include "shared_kernel/adapters/values_codec.h"

#include <utility>

namespace lienthong::agency_processing {
namespace {

namespace wire = shared_kernel::wire;
namespace v1 = ::lienthong::agency::v1;

v1::WorkPhase encode_phase(WorkPhase phase) {
  switch (phase) {
    case WorkPhase::kNone: return v1::WORK_PHASE_UNSPECIFIED;
    case WorkPhase::kOffered: return v1::WORK_PHASE_OFFERED;
    case WorkPhase::kAccepted: return v1::WORK_PHASE_ACCEPTED;
    case WorkPhase::kAwaitingSupplement: return v1::WORK_PHASE_AWAITING_SUPPLEMENT;
    case WorkPhase::kCompleted: return v1::WORK_PHASE_COMPLETED;
    case WorkPhase::kConfirmed: return v1::WORK_PHASE_CONFIRMED;
    case WorkPhase::kRefused: return v1::WORK_PHASE_REFUSED;
    case WorkPhase::kClosed: return v1::WORK_PHASE_CLOSED;
  }
  return v1::WORK_PHASE_UNSPECIFIED;
}

Result<WorkPhase> decode_phase(v1::WorkPhase phase) {
  switch (phase) {
    case v1::WORK_PHASE_OFFERED: return WorkPhase::kOffered;
    case v1::WORK_PHASE_ACCEPTED: return WorkPhase::kAccepted;
    case v1::WORK_PHASE_AWAITING_SUPPLEMENT: return WorkPhase::kAwaitingSupplement;
    case v1::WORK_PHASE_COMPLETED: return WorkPhase::kCompleted;
    case v1::WORK_PHASE_CONFIRMED: return WorkPhase::kConfirmed;
    case v1::WORK_PHASE_REFUSED: return WorkPhase::kRefused;
    case v1::WORK_PHASE_CLOSED: return WorkPhase::kClosed;
    case v1::WORK_PHASE_UNSPECIFIED:
    case v1::WorkPhase_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::WorkPhase_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("work phase " + std::to_string(static_cast<int>(phase)));
}

void encode(const Work& from, v1::StoredWork& to) {
  wire::encode(from.leg, *to.mutable_leg());
  to.set_leg_id(from.leg_id);
  to.set_phase(encode_phase(from.phase));
  to.set_agency(from.agency);
  to.set_sender(from.sender);
  to.set_due_at(from.due_at.micros);
  to.set_overall_due_at(from.overall_due_at.micros);
  to.set_offered_at(from.offered_at.micros);
  to.set_changed_at(from.changed_at.micros);
  to.set_receipt_code(from.receipt_code);
  wire::encode_components(from.results, to.mutable_results());
  if (from.note) wire::encode(*from.note, *to.mutable_note());
  to.set_reason_code(from.reason_code);
}

Work decode(const v1::StoredWork& from, wire::Decoding& in) {
  Work to;
  to.leg = wire::decode(from.leg());
  to.leg_id = from.leg_id();
  to.phase = in.take(decode_phase(from.phase()));
  to.agency = from.agency();
  to.sender = from.sender();
  to.due_at = {from.due_at()};
  to.overall_due_at = {from.overall_due_at()};
  to.offered_at = {from.offered_at()};
  to.changed_at = {from.changed_at()};
  to.receipt_code = from.receipt_code();
  to.results = in.take(wire::decode_components(from.results()));
  to.note = in.take_if(from.has_note(), from.note());
  to.reason_code = from.reason_code();
  return to;
}

}  // namespace

std::string encode_state(const State& state) {
  auto& to = wire::scratch<v1::StoredCase>();
  to.set_home_key(state.home.text());
  to.set_dossier_code(state.dossier_code);
  to.set_procedure_code(state.procedure_code);
  to.set_procedure_version(state.procedure_version);
  for (const auto& work : state.work) encode(work, *to.add_work());
  return to.SerializeAsString();
}

Result<State> decode_state(std::string_view bytes) {
  const auto parsed = wire::parse<v1::StoredCase>(bytes);
  if (!parsed) return failure(parsed.error());
  const auto& from = **parsed;
  wire::Decoding in;
  State to;
  if (!from.home_key().empty()) to.home = in.take(HomeKey::parse(from.home_key()));
  to.dossier_code = from.dossier_code();
  to.procedure_code = from.procedure_code();
  to.procedure_version = from.procedure_version();
  for (const auto& work : from.work()) to.work.push_back(decode(work, in));
  return in.finish(std::move(to));
}

}  // namespace lienthong::agency_processing
