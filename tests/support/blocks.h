#pragma once

#include "platform/block/block.h"

#include <cstdint>
#include <string>
#include <utility>

namespace lienthong::test_support {

/// A record that can be read as a block, with one leaf of these bytes.
inline block::Record a_block(std::uint64_t block_seq, std::string leaf = "leaf") {
  block::Header header;
  header.block_seq = block_seq;
  header.writer = "test";
  block::v1::Core core;
  core.set_kind(block::v1::Core::KIND_NORMAL);
  core.set_decided_at(1'700'000'000'000'000);
  core.add_leaf_events(2);
  return block::encode(header, std::move(core), {std::move(leaf)});
}

}  // namespace lienthong::test_support
