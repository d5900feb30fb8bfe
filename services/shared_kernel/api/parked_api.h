#pragma once

#include "lienthong/parked/v1/parked_service.pb.h"
#include "platform/ledger/gateway.h"
#include "platform/ledger/machine.h"
#include "platform/ledger/rules_store.h"
#include "platform/ports/clock.h"
#include "platform/ports/log.h"
#include "platform/ports/projection.h"
#include "platform/rpc/read_pool.h"
#include "platform/rpc/service.h"

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace lienthong::shared_kernel::api {

namespace parked_v1 = ::lienthong::parked::v1;

/// A ledger whose parked dossiers an operator may see and release.
struct ParkedLedger {
  std::shared_ptr<const ledger::Machine> machine;
  /// Of its own events.
  const google::protobuf::EnumDescriptor* event_types = nullptr;
  /// Its stored state: a message with a field `home_key`, or one that holds such a message.
  const google::protobuf::Message* state = nullptr;
};

/// An operator's word, for the audit file.
struct ParkedAudit {
  std::string principal;
  std::string actor;
  std::string action;
  std::string ledger;
  std::string dossier;
  std::string event;
  std::string reason_code;
  std::string note;
};

struct ParkedApiParts {
  std::vector<ParkedLedger> ledgers;
  std::function<ledger::Gateway&(const LedgerName&)> gateway;
  ports::Query& query;
  ports::LogBackend& log;
  const ports::Clock& clock;
  const ledger::RulesStore& rules;
  rpc::ReadPool& reads;
  /// False: it is not on the disk; then nothing is done.
  std::function<bool(const ParkedAudit&)> audit;
};

/// The gRPC service `lienthong.parked.v1.ParkedService` over the ledgers of one process. A dossier is named as everywhere
/// or, where its home key is not known yet (its first event is parked), `p<partition>/<32 hexadecimal digits>`.
/// Thread-safety: any thread.
class ParkedApi {
 public:
  /// Everything in `parts` must outlive it.
  explicit ParkedApi(ParkedApiParts parts);
  ~ParkedApi();
  rpc::Service* service() { return &service_; }

 private:
  struct Place {
    std::uint32_t partition = 0;
    DossierId id;
  };
  template <class Reply>
  using Out = rpc::Responder<Reply>;
  using Value = ::lienthong::ledger::v1::DossierValue;
  class SourceReads;

  void list(const rpc::Call& call, const parked_v1::ListParkedRequest& request,
            const Out<parked_v1::ListParkedResponse>& out);
  void try_parked(const rpc::Call& call, const parked_v1::TryParkedRequest& request,
                  const Out<parked_v1::TryParkedResponse>& out);
  void resume(const rpc::Call& call, const parked_v1::ResumeParkedRequest& request,
              const Out<parked_v1::ResumeParkedResponse>& out);

  /// The ledger a permitted caller names.
  Result<const ParkedLedger*> ledger_for(const rpc::Call& call, const std::string& name) const;
  Result<Place> place_of(const ParkedLedger& ledger, const std::string& text) const;
  /// `done` gets the value of a dossier that is parked.
  void read_parked(const ParkedLedger& ledger, const Place& place,
                   std::function<void(Result<std::shared_ptr<const Value>>)> done) const;
  Result<parked_v1::TryParkedResponse> try_run(const ParkedLedger& ledger, const Place& place, const Value& value);
  static parked_v1::ParkedDossier view(const ParkedLedger& ledger, const Place& place, const Value& value);

  ParkedApiParts parts_;
  std::unique_ptr<SourceReads> sources_;
  rpc::Service service_;
};

}  // namespace lienthong::shared_kernel::api
