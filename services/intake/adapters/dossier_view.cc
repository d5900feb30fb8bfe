#include "intake/adapters/dossier_view.h"

#include "platform/rpc/message_check.h"

namespace lienthong::intake {

Result<v1::StoredDossier> stored_dossier(const ledger::v1::DossierValue& value) {
  v1::StoredDossier stored;
  if (!stored.ParseFromString(value.state())) {
    return failure({ErrorCode::kDataLoss, "INTERNAL", "Giá trị lưu của hồ sơ không đọc được; hãy báo đơn vị vận hành.",
                    "The stored value of the dossier can't be read; tell the operators."});
  }
  return stored;
}

v1::Dossier dossier_view(const shared_kernel::DossierName& name, const ledger::v1::DossierValue& value,
                         const v1::StoredDossier& stored) {
  v1::Dossier out;
  out.set_dossier_id(shared_kernel::format_dossier_name(name));
  out.set_dossier_code(stored.dossier_code());
  out.set_revision(value.dossier_seq());
  out.set_status(static_cast<v1::DossierStatus>(stored.status()));
  out.set_home_key(stored.home_key());
  out.set_procedure_code(stored.procedure_code());
  out.set_procedure_version(stored.procedure_version());
  out.set_applicant_kind(stored.applicant_kind());
  out.set_channel(stored.channel());
  out.set_area_code(stored.area_code());
  out.set_helped_by(stored.helped_by());
  out.set_received_by(stored.received_by());
  const auto set_time = [](std::int64_t micros, google::protobuf::Timestamp* (v1::Dossier::*field)(), v1::Dossier& to) {
    if (micros != 0) rpc::set_timestamp(Instant{micros}, *(to.*field)());
  };
  set_time(stored.submitted_at(), &v1::Dossier::mutable_submit_time, out);
  set_time(stored.received_at(), &v1::Dossier::mutable_receive_time, out);
  set_time(stored.appointment_at(), &v1::Dossier::mutable_appointment_time, out);
  set_time(stored.first_appointment_at(), &v1::Dossier::mutable_first_appointment_time, out);
  set_time(stored.processed_at(), &v1::Dossier::mutable_process_time, out);
  set_time(stored.closed_at(), &v1::Dossier::mutable_close_time, out);
  out.set_reason_code(stored.reason_code());
  out.set_supplement_count(stored.supplements());
  out.set_erased(stored.erased());
  for (const auto& from : stored.components()) {
    auto& to = *out.add_components();
    to.set_code(from.code());
    to.set_count(from.count());
    to.set_sha256(from.sha256());
    to.set_reference(from.reference());
  }
  out.set_parked(value.parked());
  if (stored.has_post() || stored.delivery() != v1::RESULT_DELIVERY_UNSPECIFIED) {
    auto& post = *out.mutable_post();
    post.set_carrier(stored.post().carrier());
    post.set_pick_up(stored.post().has_pick_up_at());
    post.set_deliver(stored.post().has_deliver_to());
    post.set_delivery(stored.delivery());
  }
  return out;
}

}  // namespace lienthong::intake
