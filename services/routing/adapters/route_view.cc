#include "routing/adapters/route_view.h"

#include "platform/base/encoding.h"
#include "platform/rpc/message_check.h"

namespace lienthong::routing {
namespace {

// The numbers of phases and shown states are the same by design; a test walks over all of them.
v1::LegState state_of(v1::LegPhase phase) { return static_cast<v1::LegState>(phase); }
v1::RouteState state_of(v1::RoutePhase phase) { return static_cast<v1::RouteState>(phase); }

template <class Message>
void set_time(std::int64_t micros, Message& out, google::protobuf::Timestamp* (Message::*field)()) {
  if (micros != 0) rpc::set_timestamp(Instant{micros}, *(out.*field)());
}

void set_leg(const v1::StoredLeg& from, v1::Leg& to) {
  to.set_leg(from.plan().leg());
  to.set_attempt(from.attempt());
  to.set_leg_id(from.plan().leg_id());
  *to.mutable_candidates() = from.plan().candidates();
  to.set_agency(from.agency());
  to.set_sender(from.sender());
  to.set_state(state_of(from.phase()));
  set_time(from.offered_at(), to, &v1::Leg::mutable_offer_time);
  set_time(from.started_at(), to, &v1::Leg::mutable_start_time);
  set_time(from.due_at(), to, &v1::Leg::mutable_due_time);
  set_time(from.returned_at(), to, &v1::Leg::mutable_return_time);
  to.set_overdue(from.overdue());
  *to.mutable_after() = from.plan().after();
}

}  // namespace

Result<v1::StoredRoute> stored_route(const ::lienthong::ledger::v1::DossierValue& value) {
  v1::StoredRoute stored;
  if (!stored.ParseFromString(value.state())) {
    return failure({ErrorCode::kDataLoss, "INTERNAL", "Giá trị lưu của hồ sơ không đọc được; hãy báo đơn vị vận hành.",
                    "The stored value of the dossier can't be read; tell the operators."});
  }
  return stored;
}

v1::Route route_view(const DossierId& dossier, std::uint64_t revision, const v1::StoredRoute& stored) {
  v1::Route out;
  out.set_dossier_id(stored.home_key() + '_' + to_base32(dossier.view()));
  out.set_dossier_code(stored.dossier_code());
  out.set_revision(revision);
  out.set_state(state_of(stored.phase()));
  out.set_procedure_code(stored.procedure_code());
  out.set_procedure_version(stored.procedure_version());
  out.set_received_by(stored.received_by());
  set_time(stored.received_at(), out, &v1::Route::mutable_receive_time);
  set_time(stored.due_at(), out, &v1::Route::mutable_appointment_time);
  set_time(stored.processed_at(), out, &v1::Route::mutable_process_time);
  out.set_suspended(stored.stopped_at() != 0);
  out.set_overdue(stored.overdue());
  out.set_holder(stored.holder().agency());
  out.set_holder_kind(stored.holder().kind());
  for (const auto& from : stored.legs()) {
    auto& leg = *out.add_legs();
    set_leg(from, leg);
    leg.set_dossier_id(out.dossier_id());
    leg.set_dossier_code(out.dossier_code());
  }
  return out;
}

}  // namespace lienthong::routing
