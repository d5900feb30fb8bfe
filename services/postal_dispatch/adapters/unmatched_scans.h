#pragma once

#include "lienthong/postal/v1/postal_service.pb.h"
#include "platform/ports/projection.h"
#include "platform/rpc/service.h"
#include "postal_dispatch/core/post.h"
#include "shared_kernel/api/commands.h"

#include <cstdint>
#include <functional>
#include <string>

namespace lienthong::postal_dispatch {

namespace v1 = ::lienthong::postal::v1;

/// Most that wait of one carrier: more is a carrier that scans for somebody else.
inline constexpr std::uint64_t kUnmatchedScansMax = 10'000;

/// Keeps scans that could not be matched in the ledger, so that they can be taken again (docs/adr/0023). Everything it
/// stands on must outlive the calls. Thread-safety: any thread.
class UnmatchedScans {
 public:
  UnmatchedScans(std::uint32_t partition_count, ports::Query& query, const shared_kernel::api::Commands& commands)
      : partition_count_(partition_count), query_(query), commands_(commands) {}

  /// True for reasons that a new table or a late order may cure.
  static bool keeps(const std::string& reason);
  /// Keeps `scan` without its proof; one that is kept already changes nothing. `done` exactly once, from any thread.
  /// Errors: kResourceExhausted UNMATCHED_SCANS_FULL, kInvalidArgument for what is no code, kUnavailable (retry helps).
  void keep(const rpc::Call& call, const v1::Scan& scan, const std::string& reason,
            const std::function<void(const Result<void>&)>& done) const;
  /// How many wait. Blocks. Errors: kUnavailable.
  Result<std::uint64_t> waiting(const std::string& carrier) const;

 private:
  std::uint32_t partition_count_;
  ports::Query& query_;
  const shared_kernel::api::Commands& commands_;
};

/// The scan as its carrier sent it.
v1::Scan scan_of(const UnmatchedScan& kept);

}  // namespace lienthong::postal_dispatch
