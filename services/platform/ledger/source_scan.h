#pragma once

#include "platform/base/decision.h"
#include "platform/block/block.h"
#include "platform/ledger/fold.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace lienthong::ledger {

/// Reads one source ledger for one lane: checks its chain, skips what the mask leaves out, and hands out the rest in order.
/// The scan position runs ahead of the folded cursor while a block is in flight and falls back to it when the block is lost.
class SourceScan {
 public:
  SourceScan(LedgerPartition source, EventMask mask, std::optional<Cursor> folded);

  /// Where the reader must start so that the anchor can be checked.
  Offset start() const { return anchor_ ? anchor_->offset : 0; }

  /// Takes the next record. Errors: kDataLoss when the source's history is not the one our ledger is anchored in; halt then.
  Result<void> take(Offset offset, const block::BlockPtr& block);
  /// True once the record at the folded cursor was seen and is the one we know.
  bool anchored() const { return anchored_; }

  struct Input {
    block::BlockPtr block;
    Offset offset = 0;
    std::uint32_t index = 0;
  };
  /// The n-th decision from the scan position that the mask lets through; nothing when it has not arrived yet.
  std::optional<Input> peek(std::size_t n = 0) const;
  /// How many decisions wait behind the scan position, counted up to `limit`.
  std::size_t waiting(std::size_t limit) const;
  /// Moves the scan position behind `peek(0)`.
  void advance();
  /// Position behind everything advanced over.
  const Cursor& position() const { return position_; }
  const Cursor& folded() const { return folded_; }
  /// True when the scan stands inside a block.
  bool inside_block() const;

  /// The fold has passed a block that says how far this source is consumed. The scan falls back (or jumps) to it.
  void set_folded(const Cursor& cursor);
  /// The block in flight is lost.
  void rewind() { place(folded_); }

  /// Position behind the last effective source block, if nothing at all is waiting, and how many non-empty blocks that
  /// skips.
  std::optional<Cursor> idle_position() const;
  std::uint64_t skipped_blocks() const { return skipped_; }

  /// Bytes of records that are no longer held since the last call: credit for the reader.
  std::size_t release();

 private:
  struct Held {
    block::BlockPtr block;
    Offset offset = 0;
    std::vector<std::uint32_t> leaves;
  };
  Result<void> mismatch(const char* what) const;
  void hold(Offset offset, const block::BlockPtr& block);
  void place(const Cursor& cursor);

  LedgerPartition source_;
  EventMask mask_;
  Cursor folded_;
  Cursor position_;
  std::optional<Cursor> anchor_;  // where reading began; nothing: at the genesis
  bool anchored_ = false;
  ChainHead chain_;
  Offset chain_offset_ = 0;
  std::uint32_t chain_leaves_ = 0;
  std::deque<Held> held_;
  std::size_t block_at_ = 0;  // scan position in held_
  std::size_t leaf_at_ = 0;
  std::uint64_t skipped_ = 0;
  std::size_t released_ = 0;
};

}  // namespace lienthong::ledger
