#pragma once

#include "platform/base/decision.h"
#include "platform/ledger/fold.h"
#include "tools/ltctl/ledger_reader.h"

#include <cstdint>
#include <vector>

namespace lienthong::ltctl {

/// A decision of a source ledger that a reader has to take in.
struct SourceDecision {
  block::BlockPtr block;
  Offset offset = 0;
  std::uint32_t index = 0;
};

/// Walks a source ledger along the cursors of one reader and checks each of them. Knows nothing of how lanes scan.
/// Thread-safety: one thread.
class SourceWalk {
 public:
  /// `mask`: event types the reader takes. Reads nothing behind the end the source has now.
  static Result<SourceWalk> open(LedgerReader& reader, const LedgerPartition& source, EventMask mask);

  /// Decisions in the mask behind the last cursor up to `to`, in order.
  /// Errors: kDataLoss when `to` does not go forward, or names no effective block of the source by place and hash;
  /// kUnavailable when the log is away. The walk is of no further use then.
  Result<std::vector<SourceDecision>> walk(const Cursor& to);
  /// Decisions in the mask behind the last cursor up to the end: not taken in yet.
  Result<std::uint64_t> waiting();

 private:
  SourceWalk(LedgerReader& reader, LedgerPartition source, EventMask mask, Offset end);
  tl::unexpected<Error> broken(const std::string& vi, const std::string& en) const;
  /// Moves on to the next effective block; false at the end.
  Result<bool> advance();
  void collect(std::uint32_t until, std::vector<SourceDecision>& out);

  LedgerPartition source_;
  EventMask mask_;
  Offset end_;
  std::unique_ptr<LedgerReader::Stream> stream_;
  ledger::ChainHead head_;
  block::BlockPtr block_;  // last effective block; null before the genesis
  Offset offset_ = -1;
  std::uint32_t index_ = 0;  // decisions of it behind the last cursor
};

}  // namespace lienthong::ltctl
