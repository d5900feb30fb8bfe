#pragma once

#include "lienthong/postal/v1/postal_service.pb.h"
#include "platform/ledger/rules_store.h"
#include "platform/rpc/service.h"
#include "postal_dispatch/adapters/scan_intake.h"
#include "postal_dispatch/adapters/unmatched_scans.h"
#include "postal_dispatch/core/carriers.h"
#include "shared_kernel/api/commands.h"
#include "shared_kernel/api/principals.h"
#include "shared_kernel/api/reads.h"

#include <string>
#include <vector>

namespace lienthong::postal_dispatch {

namespace v1 = ::lienthong::postal::v1;

/// Everything the adapter stands on; all of it must outlive the server that carries the service.
struct PostalApiParts {
  ledger::Gateway& gateway;
  ports::Query& query;
  const ports::Clock& clock;
  const ledger::RulesStore& rules;
  rpc::ReadPool& reads;
  const Carriers& carriers;
  DossierKeys keys;
  /// For request digests; see crypto::read_key_file.
  crypto::Key service_key;
};

/// PostalService: shipments, bags and the cash of postmen.
/// Thread-safety: any thread.
class PostalApi {
 public:
  explicit PostalApi(PostalApiParts parts);
  std::vector<rpc::Service*> services() { return {&service_}; }
  /// For scans that come by other ways.
  const ScanIntake& scans() const { return scans_; }
  const UnmatchedScans& unmatched() const { return unmatched_; }

 private:
  template <class Reply>
  using Out = rpc::Responder<Reply>;
  template <class Request, class Reply>
  void on(const char* method, void (PostalApi::*handler)(const rpc::Call&, const Request&, const Out<Reply>&) const);

  void order(const rpc::Call& call, const v1::OrderShipmentRequest& request,
             const Out<v1::OrderShipmentResponse>& out) const;
  void state(const rpc::Call& call, const v1::StateMilestoneRequest& request,
             const Out<v1::StateMilestoneResponse>& out) const;
  void cancel(const rpc::Call& call, const v1::CancelShipmentRequest& request,
              const Out<v1::CancelShipmentResponse>& out) const;
  void place_again(const rpc::Call& call, const v1::PlaceOrderAgainRequest& request,
                   const Out<v1::PlaceOrderAgainResponse>& out) const;
  void list_unmatched(const rpc::Call& call, const v1::ListUnmatchedScansRequest& request,
                      const Out<v1::ListUnmatchedScansResponse>& out) const;
  void retake(const rpc::Call& call, const v1::RetakeScanRequest& request, const Out<v1::RetakeScanResponse>& out) const;
  void dismiss(const rpc::Call& call, const v1::DismissScanRequest& request, const Out<v1::DismissScanResponse>& out) const;
  void get_paper(const rpc::Call& call, const v1::GetPaperRequest& request, const Out<v1::GetPaperResponse>& out) const;
  void list_shipments(const rpc::Call& call, const v1::ListShipmentsRequest& request,
                      const Out<v1::ListShipmentsResponse>& out) const;
  void list_apart(const rpc::Call& call, const v1::ListApartRequest& request, const Out<v1::ListApartResponse>& out) const;
  void create_bag(const rpc::Call& call, const v1::CreateBagRequest& request, const Out<v1::CreateBagResponse>& out) const;
  void seal_bag(const rpc::Call& call, const v1::SealBagRequest& request, const Out<v1::SealBagResponse>& out) const;
  void open_bag(const rpc::Call& call, const v1::OpenBagRequest& request, const Out<v1::OpenBagResponse>& out) const;
  void get_bag(const rpc::Call& call, const v1::GetBagRequest& request, const Out<v1::GetBagResponse>& out) const;
  void list_bags(const rpc::Call& call, const v1::ListBagsRequest& request, const Out<v1::ListBagsResponse>& out) const;
  void declare(const rpc::Call& call, const v1::DeclareSettlementRequest& request,
               const Out<v1::DeclareSettlementResponse>& out) const;
  void list_settlements(const rpc::Call& call, const v1::ListSettlementsRequest& request,
                        const Out<v1::ListSettlementsResponse>& out) const;
  void get_settlement(const rpc::Call& call, const v1::GetSettlementRequest& request,
                      const Out<v1::GetSettlementResponse>& out) const;

  template <class Reply, class Show>
  ledger::ReplySink reply_with(const DossierName& name, const Out<Reply>& out, Show show) const;
  template <class Reply>
  ledger::ReplySink shipment_reply(const DossierName& name, std::uint32_t number, const Out<Reply>& out) const;
  template <class Reply>
  ledger::ReplySink bag_reply(const DossierName& name, const Out<Reply>& out) const;
  template <class Request, class Reply>
  void submit(const rpc::Call& call, const Request& request, const shared_kernel::api::CommandNames& names, CommandBody body,
              const Out<Reply>& out, ledger::ReplySink reply) const;
  template <class Reply, class Use>
  void read(const rpc::Call& call, const DossierName& name, const shared_kernel::api::api_v1::Position& min_position,
            const Out<Reply>& out, Use use) const;
  template <class Reply, class Add>
  void list(shared_kernel::api::ListQuery wanted, const shared_kernel::api::api_v1::PageRequest& page, const Out<Reply>& out,
            Add add) const;
  std::string area_of(const std::string& agency) const;
  bool may_read(const std::string& principal, const std::vector<std::string>& agencies) const;

  PostalApiParts parts_;
  shared_kernel::api::Commands commands_;
  shared_kernel::api::DossierReads reads_;
  ScanIntake scans_;
  UnmatchedScans unmatched_;
  rpc::Service service_;
};

}  // namespace lienthong::postal_dispatch
