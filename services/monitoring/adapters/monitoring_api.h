#pragma once

#include "lienthong/monitoring/v1/monitoring_service.pb.h"
#include "monitoring/adapters/ledger_feed.h"
#include "monitoring/adapters/read_model.h"
#include "monitoring/adapters/watch.h"
#include "platform/ledger/rules_store.h"
#include "platform/rpc/read_pool.h"
#include "platform/rpc/service.h"
#include "shared_kernel/api/principals.h"

#include <functional>
#include <memory>
#include <vector>

namespace lienthong::monitoring {

/// Everything the adapter stands on; all of it must outlive the server that carries the service.
struct MonitoringApiParts {
  ReadModelViews& views;
  std::function<std::shared_ptr<const FlowView>()> flow;
  const ports::Clock& clock;
  const ledger::RulesStore& rules;
  rpc::ReadPool& reads;
};

/// MonitoringService: reads across all services.
/// Thread-safety: any thread.
class MonitoringApi {
 public:
  explicit MonitoringApi(MonitoringApiParts parts);
  std::vector<rpc::Service*> services() { return {&service_}; }
  Watches& watches() { return watches_; }

 private:
  template <class Reply>
  using Out = rpc::Responder<Reply>;
  struct Viewer;
  Result<Viewer> viewer(const rpc::Call& call) const;
  Result<Viewer> operator_of(const rpc::Call& call) const;
  template <class Reply, class Read>
  void answer(const Out<Reply>& out, Read read) const;

  Result<v1::GetTimelineResponse> timeline(const Viewer& viewer, const v1::GetTimelineRequest& request) const;
  Result<v1::SearchDossiersResponse> search(const Viewer& viewer, const v1::SearchDossiersRequest& request) const;
  Result<v1::ListStuckResponse> list_stuck(const Viewer& viewer, const v1::ListStuckRequest& request) const;
  Result<v1::GetFlowResponse> get_flow(const v1::GetFlowRequest& request) const;
  void show_positions(google::protobuf::RepeatedPtrField<v1::ReadPosition>& out) const;

  MonitoringApiParts parts_;
  Watches watches_;
  rpc::Service service_;
};

}  // namespace lienthong::monitoring
