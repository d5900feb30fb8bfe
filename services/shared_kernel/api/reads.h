#pragma once

#include "lienthong/api/v1/api.pb.h"
#include "platform/ledger/gateway.h"
#include "platform/ports/projection.h"
#include "platform/rpc/read_pool.h"
#include "shared_kernel/api/commands.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::shared_kernel::api {

/// A dossier of one service as it was read; `value` is null when there is none.
struct ReadDossier {
  std::shared_ptr<const ::lienthong::ledger::v1::DossierValue> value;
  std::uint64_t block_seq = 0;
};

/// Reads single dossiers: from the lane where it is in this process, otherwise from the projection.
/// Thread-safety: any thread; never blocks the caller. Everything must outlive the reads under way.
class DossierReads {
 public:
  DossierReads(const Commands& commands, ports::Query& query, rpc::ReadPool& pool)
      : commands_(commands), query_(query), pool_(pool) {}

  using Done = std::function<void(Result<ReadDossier>)>;
  /// `min_block_seq` 0: as it is. `done` comes from a lane thread, a thread of the pool or the caller's; it must not block.
  /// Errors: kUnavailable (retry helps).
  void read(const DossierName& dossier, std::uint64_t min_block_seq, Instant deadline, Done done) const;
  void read(std::uint32_t partition, const DossierId& dossier, std::uint64_t min_block_seq, Instant deadline,
            Done done) const;
  /// The block number a client asks for. Errors: kInvalidArgument when the position is of another ledger or partition.
  Result<std::uint64_t> min_block(const DossierName& dossier, const api_v1::Position& position) const;

  rpc::ReadPool& pool() const { return pool_; }
  ports::Query& query() const { return query_; }

 private:
  Result<ReadDossier> from_projection(const LedgerPartition& partition, const DossierId& dossier,
                                      std::uint64_t min_block_seq) const;
  const Commands& commands_;
  ports::Query& query_;
  rpc::ReadPool& pool_;
};

/// The pool is full; nothing was read.
Error too_many_reads();

/// One list over all partitions: entries of several keys of one index, merged by score and dossier.
struct ListQuery {
  LedgerName ledger;
  std::uint32_t partitions = 0;
  std::string index;
  std::vector<std::string> keys;
  std::int64_t from_score = INT64_MIN;
  std::int64_t until_score = INT64_MAX;  ///< Exclusive.
  bool descending = false;
};
struct ListedDossier {
  ports::IndexHit hit;
  std::uint32_t partition = 0;
  ::lienthong::ledger::v1::DossierValue value;
};
struct ListPage {
  std::vector<ListedDossier> entries;
  std::vector<std::pair<std::string, std::uint64_t>> totals;  ///< By key; on the first page only.
  api_v1::PageResponse page;
};
/// Blocks; call it from the pool. Errors: kInvalidArgument (page size, token), kUnavailable.
Result<ListPage> list(ports::Query& query, const ListQuery& wanted, const api_v1::PageRequest& page);

}  // namespace lienthong::shared_kernel::api
