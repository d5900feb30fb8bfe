#pragma once

#include "agency_processing/adapters/intake_contents.h"
#include "agency_processing/adapters/work_answers.h"
#include "agency_processing/adapters/work_feed.h"
#include "lienthong/agency/v1/agency_service.pb.h"
#include "lienthong/agency/v1/state.pb.h"
#include "platform/ledger/rules_store.h"
#include "platform/ports/log.h"
#include "platform/rpc/service.h"
#include "shared_kernel/api/commands.h"
#include "shared_kernel/api/principals.h"
#include "shared_kernel/api/reads.h"

#include <functional>
#include <string>
#include <vector>

namespace lienthong::agency_processing {

/// One look at the content of a dossier.
struct AuditRecord {
  std::string principal;
  std::string agency;
  std::string dossier_id;
  std::uint32_t leg = 0;
  std::string purpose;
};
/// Must be durable when it returns; false: it could not be written, and nothing may be shown. Called from the read pool.
using Audit = std::function<bool(const AuditRecord&)>;

/// Everything the adapter stands on; all of it must outlive the server that carries the service.
struct AgencyApiParts {
  ledger::Gateway& gateway;
  ports::Query& query;
  ports::LogBackend& log;
  const ports::Clock& clock;
  const ledger::RulesStore& rules;
  IntakeContents& contents;
  rpc::ReadPool& reads;
  Audit audit;
  /// For request digests; see crypto::read_key_file.
  crypto::Key service_key;
  /// How long the content of ended work can still be looked at.
  Duration content_kept;
  WorkFeedSettings feed = {};
};

/// AgencyService: an agency's inbox, its answers, and both as one stream.
/// Thread-safety: any thread.
class AgencyApi {
 public:
  explicit AgencyApi(AgencyApiParts parts);
  std::vector<rpc::Service*> services() { return {&service_}; }
  /// Ends all streams; before the server stops, so that their clients know where to go on.
  void stop_streams() { feed_.stop(); }

 private:
  template <class Reply>
  using Out = rpc::Responder<Reply>;

  void register_answers();
  template <class Reply>
  void answer(const rpc::Call& call, const v1::WorkAnswer& answer, const Out<Reply>& out) const;
  void answer_batch(const rpc::Call& call, const v1::AnswerWorkRequest& request,
                    const Out<v1::AnswerWorkResponse>& out) const;
  void list_work(const rpc::Call& call, const v1::ListWorkRequest& request, const Out<v1::ListWorkResponse>& out) const;
  void get_work(const rpc::Call& call, const v1::GetWorkRequest& request, const Out<v1::GetWorkResponse>& out) const;
  void add_content(const rpc::Call& call, const v1::GetWorkRequest& request, v1::GetWorkResponse answer,
                   const Out<v1::GetWorkResponse>& out) const;
  Result<v1::GetWorkResponse> visible_work(const rpc::Call& call, const v1::GetWorkRequest& request,
                                           const shared_kernel::DossierName& name,
                                           const shared_kernel::api::ReadDossier& read) const;

  AgencyApiParts parts_;
  shared_kernel::api::Commands commands_;
  shared_kernel::api::DossierReads reads_;
  WorkAnswers answers_;
  WorkFeed feed_;
  rpc::Service service_;
};

}  // namespace lienthong::agency_processing
