#pragma once

#include "lienthong/notification/v1/notification_service.pb.h"
#include "notification/core/notice.h"
#include "platform/ledger/rules_store.h"
#include "platform/rpc/service.h"
#include "shared_kernel/api/commands.h"
#include "shared_kernel/api/principals.h"
#include "shared_kernel/api/reads.h"

#include <functional>
#include <string>
#include <vector>

namespace lienthong::notification {

/// Everything the adapter stands on; all of it must outlive the server that carries the service.
struct NotificationApiParts {
  ledger::Gateway& gateway;
  ports::Query& query;
  const ports::Clock& clock;
  const ledger::RulesStore& rules;
  rpc::ReadPool& reads;
  /// For request digests; see crypto::read_key_file.
  crypto::Key service_key;
};

/// NotificationService: what became of the notices of a dossier, and what may be done with one that failed.
/// Thread-safety: any thread.
class NotificationApi {
 public:
  explicit NotificationApi(NotificationApiParts parts);
  std::vector<rpc::Service*> services() { return {&service_}; }

 private:
  template <class Reply>
  using Out = rpc::Responder<Reply>;
  using Name = shared_kernel::DossierName;
  using Use = std::function<void(const State&, const shared_kernel::Catalogue&, std::uint64_t block_seq)>;

  template <class Request, class Reply>
  void command(const rpc::Call& call, const Request& request, const Out<Reply>& out, const CommandBody& body) const;
  /// Reads the notices of a dossier that the caller may see.
  template <class Request, class Reply>
  void with_state(const rpc::Call& call, const Request& request, const Name& name, const Out<Reply>& out, Use use) const;
  void list_dossier_notices(const rpc::Call& call, const v1::ListDossierNoticesRequest& request,
                            const Out<v1::ListDossierNoticesResponse>& out) const;
  void get_notice(const rpc::Call& call, const v1::GetNoticeRequest& request, const Out<v1::GetNoticeResponse>& out) const;
  void list_notices(const rpc::Call& call, const v1::ListNoticesRequest& request,
                    const Out<v1::ListNoticesResponse>& out) const;
  void preview(const rpc::Call& call, const v1::PreviewTemplateRequest& request,
               const Out<v1::PreviewTemplateResponse>& out) const;

  NotificationApiParts parts_;
  shared_kernel::api::Commands commands_;
  shared_kernel::api::DossierReads reads_;
  rpc::Service service_;
};

}  // namespace lienthong::notification
