#pragma once

#include "platform/base/ids.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace lienthong {

/// Short name of a ledger, which is the service's name: `intake`, `routing`, `agency-processing`, `catalogue`.
using LedgerName = std::string;
using Offset = std::int64_t;

struct LedgerPartition {
  LedgerName ledger;
  std::uint32_t partition = 0;
  auto operator<=>(const LedgerPartition&) const = default;

  /// The Kafka topic; also what goes into the block hash.
  std::string topic() const { return "lienthong." + ledger + ".ledger"; }
};

/// Position in a ledger: `index` decisions of block `block_seq`, found at `offset` with `hash`, are behind it.
/// block_seq 0 is the genesis block, which holds no decision.
struct Cursor {
  Offset offset = 0;
  std::uint64_t block_seq = 0;
  std::uint32_t index = 0;
  Hash hash;
  bool operator==(const Cursor&) const = default;
  bool before(const Cursor& other) const {
    return block_seq != other.block_seq ? block_seq < other.block_seq : index < other.index;
  }
};

}  // namespace lienthong
