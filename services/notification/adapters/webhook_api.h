#pragma once

#include "lienthong/notification/v1/webhook_service.pb.h"
#include "notification/adapters/webhook_engine.h"
#include "platform/ledger/rules_store.h"
#include "platform/rpc/service.h"
#include "shared_kernel/api/commands.h"
#include "shared_kernel/api/principals.h"
#include "shared_kernel/api/reads.h"

#include <vector>

namespace lienthong::notification {

/// Everything the adapter stands on; all of it must outlive the server that carries the service.
struct WebhookApiParts {
  ledger::Gateway& gateway;
  ports::Query& query;
  const ports::Clock& clock;
  const ledger::RulesStore& rules;
  rpc::ReadPool& reads;
  /// For request digests; see crypto::read_key_file.
  crypto::Key service_key;
  /// Null: this process reaches no subscribers.
  WebhookEngine* engine = nullptr;
};

/// WebhookService: how far the events of subscriptions are, and what an operator may do about it.
/// Thread-safety: any thread.
class WebhookApi {
 public:
  explicit WebhookApi(const WebhookApiParts& parts);
  rpc::Service* service() { return &service_; }

 private:
  template <class Reply>
  using Out = rpc::Responder<Reply>;
  void list(const rpc::Call& call, const v1::ListWebhooksRequest& request, const Out<v1::ListWebhooksResponse>& out) const;
  void test(const rpc::Call& call, const v1::TestWebhookRequest& request, const Out<v1::TestWebhookResponse>& out) const;
  void steer(const rpc::Call& call, const v1::SteerWebhookRequest& request, const Out<v1::SteerWebhookResponse>& out) const;
  /// The catalogue, if the caller may do this to everything. Errors: kPermissionDenied, kUnavailable.
  Result<std::shared_ptr<const shared_kernel::Catalogue>> allowed(const rpc::Call& call, shared_kernel::Action action) const;

  /// Of the catalogue and of this process.
  std::vector<shared_kernel::WebhookSubscription> subscriptions(const shared_kernel::Catalogue& catalogue) const;

  WebhookApiParts parts_;
  shared_kernel::api::Commands commands_;
  rpc::Service service_;
};

}  // namespace lienthong::notification
