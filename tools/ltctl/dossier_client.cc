#include "tools/ltctl/dossier_client.h"

#include "shared_kernel/status.h"

namespace lienthong::ltctl {

using intake_api::IntakeService;
using routing_api::RoutingService;

Result<std::unique_ptr<IntakeService::Stub>> intake_stub(const Session& session) {
  auto channel = open_channel(session, session.settings.intake_address);
  if (!channel) return failure(channel.error());
  return IntakeService::NewStub(*channel);
}

Result<std::unique_ptr<RoutingService::Stub>> routing_stub(const Session& session) {
  auto channel = open_channel(session, session.settings.routing_address);
  if (!channel) return failure(channel.error());
  return RoutingService::NewStub(*channel);
}

Result<intake_api::Dossier> fetch_dossier(const Session& session, const std::string& id_or_code,
                                          const std::string& purpose) {
  auto stub = intake_stub(session);
  if (!stub) return failure(stub.error());
  intake_api::GetDossierRequest request;
  // Only ids have an underscore (docs/glossary.md).
  if (id_or_code.find('_') != std::string::npos) {
    request.set_dossier_id(id_or_code);
  } else {
    request.set_dossier_code(id_or_code);
  }
  if (!purpose.empty()) {
    request.set_view(intake_api::DOSSIER_VIEW_FULL);
    request.set_purpose(purpose);
  }
  auto found = call<IntakeService>(session, **stub, &IntakeService::Stub::GetDossier, request);
  if (!found) return failure(found.error());
  return found->dossier();
}

Result<routing_api::Route> fetch_route(const Session& session, const std::string& dossier_id) {
  auto stub = routing_stub(session);
  if (!stub) return failure(stub.error());
  routing_api::GetRouteRequest request;
  request.set_dossier_id(dossier_id);
  auto found = call<RoutingService>(session, **stub, &RoutingService::Stub::GetRoute, request);
  if (!found) return failure(found.error());
  return found->route();
}

std::string status_text(intake_api::DossierStatus status, Language language) {
  const auto known = shared_kernel::national_status(static_cast<std::uint32_t>(status));
  if (!known) return "-";
  return std::to_string(static_cast<int>(status)) + " " +
         std::string(language == Language::kVietnamese ? vietnamese_name(*known) : english_name(*known));
}

std::string leg_state_text(routing_api::LegState state, Language language) {
  const bool vi = language == Language::kVietnamese;
  switch (state) {
    case routing_api::LEG_STATE_PENDING: return vi ? "chưa đến lượt" : "pending";
    case routing_api::LEG_STATE_OFFERED: return vi ? "chờ tiếp nhận" : "offered";
    case routing_api::LEG_STATE_STARTED: return vi ? "đang xử lý" : "started";
    case routing_api::LEG_STATE_SUSPENDED: return vi ? "chờ bổ sung" : "suspended";
    case routing_api::LEG_STATE_RETURNED: return vi ? "đã trả kết quả" : "returned";
    case routing_api::LEG_STATE_RECEIVED: return vi ? "đã nhận kết quả" : "received";
    case routing_api::LEG_STATE_AWAITS_DECISION: return vi ? "không ai nhận" : "awaits a decision";
    case routing_api::LEG_STATE_RECALLED: return vi ? "đã thu hồi" : "recalled";
    case routing_api::LEG_STATE_UNSPECIFIED:
    case routing_api::LegState_INT_MIN_SENTINEL_DO_NOT_USE_:
    case routing_api::LegState_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "-";
}

}  // namespace lienthong::ltctl
