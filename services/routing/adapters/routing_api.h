#pragma once

#include "lienthong/intake/v1/intake_service.pb.h"
#include "lienthong/routing/v1/routing_service.pb.h"
#include "lienthong/routing/v1/state.pb.h"
#include "platform/ledger/rules_store.h"
#include "platform/rpc/service.h"
#include "shared_kernel/api/commands.h"
#include "shared_kernel/api/principals.h"
#include "shared_kernel/api/reads.h"
#include "shared_kernel/api/sealing.h"

#include <functional>
#include <string>
#include <vector>

namespace lienthong::routing {

namespace v1 = ::lienthong::routing::v1;

/// Gets the key that a dossier's free texts are sealed with, from intake's KeyService. `done` exactly once, from any thread.
using DossierKeys =
    std::function<void(const std::string& dossier_id, std::function<void(Result<shared_kernel::api::ContentKey>)> done)>;

/// Everything the adapter stands on; all of it must outlive the server that carries the service.
struct RoutingApiParts {
  ledger::Gateway& gateway;
  ports::Query& query;
  const ports::Clock& clock;
  const ledger::RulesStore& rules;
  rpc::ReadPool& reads;
  DossierKeys keys;
  /// For request digests; see crypto::read_key_file.
  crypto::Key service_key;
};

/// RoutingService: where a dossier is, and what an operator may do with a leg that nobody takes.
/// Thread-safety: any thread.
class RoutingApi {
 public:
  explicit RoutingApi(RoutingApiParts parts);
  std::vector<rpc::Service*> services() { return {&service_}; }

 private:
  template <class Reply>
  using Out = rpc::Responder<Reply>;
  template <class Reply>
  ledger::ReplySink command_reply(const shared_kernel::DossierName& dossier, const Out<Reply>& out) const;
  void get_route(const rpc::Call& call, const v1::GetRouteRequest& request, const Out<v1::GetRouteResponse>& out) const;
  void list_routes(const rpc::Call& call, const v1::ListRoutesRequest& request,
                   const Out<v1::ListRoutesResponse>& out) const;
  void reoffer(const rpc::Call& call, const v1::ReofferLegRequest& request, const Out<v1::ReofferLegResponse>& out) const;
  void refuse_finally(const rpc::Call& call, const v1::RefuseFinallyRequest& request,
                      const Out<v1::RefuseFinallyResponse>& out) const;

  RoutingApiParts parts_;
  shared_kernel::api::Commands commands_;
  shared_kernel::api::DossierReads reads_;
  rpc::Service service_;
};

}  // namespace lienthong::routing
