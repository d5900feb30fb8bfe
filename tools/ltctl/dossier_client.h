#pragma once

#include "lienthong/intake/v1/intake_service.grpc.pb.h"
#include "lienthong/routing/v1/routing_service.grpc.pb.h"
#include "tools/ltctl/rpc_calls.h"
#include "tools/ltctl/session.h"

#include <memory>
#include <string>

namespace lienthong::ltctl {

namespace intake_api = ::lienthong::intake::v1;
namespace routing_api = ::lienthong::routing::v1;

/// Errors: files of the session's certificate.
Result<std::unique_ptr<intake_api::IntakeService::Stub>> intake_stub(const Session& session);
Result<std::unique_ptr<routing_api::RoutingService::Stub>> routing_stub(const Session& session);

/// A dossier by its id or its code. `purpose` not empty: with its content, which is recorded.
Result<intake_api::Dossier> fetch_dossier(const Session& session, const std::string& id_or_code,
                                          const std::string& purpose = {});
Result<routing_api::Route> fetch_route(const Session& session, const std::string& dossier_id);

/// `4 Đang xử lý`
std::string status_text(intake_api::DossierStatus status, Language language);
std::string leg_state_text(routing_api::LegState state, Language language);

}  // namespace lienthong::ltctl
