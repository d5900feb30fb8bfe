#include "agency_processing/adapters/work_view.h"

#include "platform/base/encoding.h"
#include "platform/rpc/message_check.h"

namespace lienthong::agency_processing {

Result<v1::StoredCase> stored_case(const ::lienthong::ledger::v1::DossierValue& value) {
  v1::StoredCase stored;
  if (!stored.ParseFromString(value.state())) {
    return failure({ErrorCode::kDataLoss, "INTERNAL", "Giá trị lưu của hồ sơ không đọc được; hãy báo đơn vị vận hành.",
                    "The stored value of the dossier can't be read; tell the operators."});
  }
  return stored;
}

const v1::StoredWork* find_work(const v1::StoredCase& stored, std::uint32_t leg, std::uint32_t attempt) {
  for (const auto& work : stored.work()) {
    if (work.leg().leg() == leg && (attempt == 0 || work.leg().attempt() == attempt)) return &work;
  }
  return nullptr;
}

std::string dossier_text(const std::string& home_key, const DossierId& dossier) {
  return home_key + '_' + to_base32(dossier.view());
}

v1::WorkItem work_item(const DossierId& dossier, std::uint64_t revision, const v1::StoredCase& stored,
                       const v1::StoredWork& work) {
  v1::WorkItem out;
  out.mutable_work()->set_dossier_id(dossier_text(stored.home_key(), dossier));
  out.mutable_work()->set_leg(work.leg().leg());
  out.mutable_work()->set_attempt(work.leg().attempt());
  out.set_revision(revision);
  out.set_state(state_of(work.phase()));
  out.set_agency(work.agency());
  out.set_dossier_code(stored.dossier_code());
  out.set_procedure_code(stored.procedure_code());
  out.set_procedure_version(stored.procedure_version());
  out.set_leg_id(work.leg_id());
  out.set_sender(work.sender());
  if (work.offered_at() != 0) rpc::set_timestamp(Instant{work.offered_at()}, *out.mutable_offer_time());
  if (work.due_at() != 0) rpc::set_timestamp(Instant{work.due_at()}, *out.mutable_due_time());
  if (work.overall_due_at() != 0) rpc::set_timestamp(Instant{work.overall_due_at()}, *out.mutable_overall_due_time());
  out.set_receipt_code(work.receipt_code());
  out.set_reason_code(work.reason_code());
  for (const auto& from : work.results()) {
    auto& to = *out.add_results();
    to.set_code(from.code());
    to.set_count(from.count());
    to.set_sha256(from.sha256());
    to.set_reference(from.reference());
  }
  return out;
}

v1::WorkState state_of(v1::WorkPhase phase) {
  switch (phase) {
    case v1::WORK_PHASE_OFFERED: return v1::WORK_STATE_OFFERED;
    case v1::WORK_PHASE_ACCEPTED: return v1::WORK_STATE_ACCEPTED;
    case v1::WORK_PHASE_AWAITING_SUPPLEMENT: return v1::WORK_STATE_SUSPENDED;
    case v1::WORK_PHASE_COMPLETED: return v1::WORK_STATE_COMPLETED;
    case v1::WORK_PHASE_CONFIRMED: return v1::WORK_STATE_CONFIRMED;
    case v1::WORK_PHASE_REFUSED: return v1::WORK_STATE_REFUSED;
    case v1::WORK_PHASE_CLOSED: return v1::WORK_STATE_CLOSED;
    case v1::WORK_PHASE_UNSPECIFIED:
    case v1::WorkPhase_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::WorkPhase_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return v1::WORK_STATE_UNSPECIFIED;
}

const char* bucket_of(v1::WorkState state) {
  switch (state) {
    case v1::WORK_STATE_OFFERED: return "offered";
    case v1::WORK_STATE_ACCEPTED: return "accepted";
    case v1::WORK_STATE_SUSPENDED: return "awaiting_supplement";
    case v1::WORK_STATE_COMPLETED: return "completed";
    case v1::WORK_STATE_CONFIRMED: return "confirmed";
    case v1::WORK_STATE_REFUSED: return "refused";
    case v1::WORK_STATE_CLOSED: return "closed";
    case v1::WORK_STATE_UNSPECIFIED:
    case v1::WorkState_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::WorkState_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "";
}

Error work_not_found() {
  return {ErrorCode::kNotFound, "WORK_NOT_FOUND",
          "Không có việc này, hoặc việc không thuộc cơ quan của bạn; hãy kiểm tra mã hồ sơ và số bước.",
          "There is no such work, or it is not yours; check the dossier id and the leg."};
}

}  // namespace lienthong::agency_processing
