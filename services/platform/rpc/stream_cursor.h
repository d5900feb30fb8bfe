#pragma once

#include "platform/base/position.h"
#include "platform/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lienthong::rpc {

/// How far a stream has come in one partition: it goes on with block `block_seq`, found at or behind `offset`, of which
/// `index` decisions are done already.
struct StreamPosition {
  Offset offset = 0;
  std::uint64_t block_seq = 0;
  std::uint32_t index = 0;
  std::uint32_t before = 0;  ///< First bytes of the hash of the block before: another system or history is noticed.
  bool operator==(const StreamPosition&) const = default;
};
using StreamCursor = std::vector<StreamPosition>;  ///< By partition.

/// At most 20 bytes a partition for the first 2^32 blocks.
std::string encode_cursor(const StreamCursor& cursor);
/// Errors: kInvalidArgument, reason CURSOR_INVALID.
Result<StreamCursor> decode_cursor(std::string_view bytes);

}  // namespace lienthong::rpc
