#pragma once

#include "lienthong/postal/v1/postal_service.pb.h"
#include "platform/ports/projection.h"
#include "platform/rpc/read_pool.h"
#include "platform/rpc/service.h"
#include "postal_dispatch/core/carriers.h"
#include "shared_kernel/api/commands.h"
#include "shared_kernel/api/reads.h"
#include "shared_kernel/api/sealing.h"

#include <functional>
#include <string>

namespace lienthong::postal_dispatch {

namespace v1 = ::lienthong::postal::v1;

/// Gets the key that personal data of a dossier are sealed with, from intake's KeyService. `done` exactly once, from any
/// thread.
using DossierKeys =
    std::function<void(const std::string& dossier_id, std::function<void(Result<shared_kernel::api::ContentKey>)> done)>;

/// All of it must outlive the calls.
struct ScanIntakeParts {
  std::uint32_t partition_count;
  ports::Query& query;
  rpc::ReadPool& reads;
  const Carriers& carriers;
  const DossierKeys& keys;
  const shared_kernel::api::Commands& commands;
};

/// Takes a carrier's scans, which name items and no dossiers: maps the carrier's code, finds the dossier or bag whose item
/// it is, seals the receiver of a proof and sends the scan to its lane. The same scan sent again is the same request.
/// Thread-safety: any thread.
class ScanIntake {
 public:
  explicit ScanIntake(ScanIntakeParts parts) : parts_(parts) {}

  /// Answers once each of 1 to 200 scans has its own result or failure. Errors: kInvalidArgument for their number,
  /// kResourceExhausted when too many reads wait; a retry of that helps.
  using Answer = std::function<void(const Result<v1::RecordScansResponse>&)>;
  void record(const rpc::Call& call, const v1::RecordScansRequest& request, const Answer& answer) const;

 private:
  struct OneScan;
  using Done = std::function<void(const v1::ScanResult&)>;
  void record_one(const rpc::Call& call, const v1::Scan& scan, const Done& done) const;
  Result<DossierName> owner_of(const std::string& item) const;

  ScanIntakeParts parts_;
};

}  // namespace lienthong::postal_dispatch
