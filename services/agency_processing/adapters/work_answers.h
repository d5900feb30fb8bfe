#pragma once

#include "agency_processing/adapters/intake_contents.h"
#include "lienthong/agency/v1/agency_service.pb.h"
#include "platform/ledger/gateway.h"
#include "platform/rpc/service.h"
#include "shared_kernel/api/commands.h"
#include "shared_kernel/dossier_id.h"

#include <functional>
#include <string>

namespace lienthong::agency_processing {

namespace v1 = ::lienthong::agency::v1;

/// One answer, done or not: `reply.error` says which.
struct Answered {
  shared_kernel::DossierName dossier;
  ledger::Reply reply;
};

/// Makes commands of an agency's answers, whichever way they come: unary, as a batch or on a stream.
/// Thread-safety: any thread; never blocks.
class WorkAnswers {
 public:
  WorkAnswers(const shared_kernel::api::Commands& commands, IntakeContents& contents)
      : commands_(commands), contents_(contents) {}

  using Done = std::function<void(Answered)>;
  /// `done` is called exactly once, from a lane thread, a gRPC thread or the caller's; it must not block.
  void answer(const rpc::Call& call, const v1::WorkAnswer& answer, Done done) const;
  /// What a batch says of one answer.
  void set_result(const std::string& request_id, std::uint32_t leg, const Answered& answered,
                  v1::WorkAnswerResult& out) const;

 private:
  void submit(const shared_kernel::DossierName& dossier, ledger::CommandRequest command, Done done) const;
  void seal_and_submit(const shared_kernel::DossierName& dossier, ledger::CommandRequest command,
                       const v1::WorkAnswer& answer, Done done) const;
  const shared_kernel::api::Commands& commands_;
  IntakeContents& contents_;
};

}  // namespace lienthong::agency_processing
