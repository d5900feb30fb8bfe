#include "platform/ledger/source_scan.h"

#include "ledger_mutation/mutant.h"

#include <algorithm>
#include <utility>

namespace lienthong::ledger {

SourceScan::SourceScan(LedgerPartition source, EventMask mask, std::optional<Cursor> folded)
    : source_(std::move(source)), mask_(mask), folded_(folded.value_or(Cursor{})), position_(folded_), anchor_(folded) {}

Result<void> SourceScan::mismatch(const char* what) const {
  return failure({ErrorCode::kDataLoss, "SOURCE_MISMATCH", "Sổ cái nguồn " + source_.topic() + " không khớp: " + what,
                  "Source ledger " + source_.topic() + " does not match: " + what});
}

Result<void> SourceScan::take(Offset offset, const block::BlockPtr& block) {
  const std::size_t bytes = block ? block->size_bytes() : 0;
  if (!anchored_) {
    if (!block || !block->readable()) return mismatch("the anchor is not a block");
    if (anchor_ && block->hash() != anchor_->hash) return mismatch("the anchor has another hash");
    if (!anchor_ && block->core().kind() != v1::Core::KIND_GENESIS) return mismatch("it does not begin with a genesis");
    if (folded_.block_seq == 0) folded_ = position_ = Cursor{offset, 0, 0, block->hash()};
    anchored_ = true;
    chain_ = {block->header().ledger_id, block->header().block_seq, block->hash()};
    chain_offset_ = offset;
    chain_leaves_ = static_cast<std::uint32_t>(block->leaf_count());
    hold(offset, block);
    return {};
  }
  BlockClass found = classify(chain_, block.get());
  if (mutant(Mutant::kSourceUnchecked) && found != BlockClass::kIgnored) found = BlockClass::kEffective;
  switch (found) {
    case BlockClass::kIgnored:
    case BlockClass::kVoid: released_ += bytes; return {};
    case BlockClass::kTooNew: return mismatch("a block needs a newer reader");
    case BlockClass::kFault: return mismatch("its chain is broken");
    case BlockClass::kEffective: break;
  }
  if (block->header().block_seq == folded_.block_seq && block->hash() != folded_.hash)
    return mismatch("another block stands at our cursor");
  chain_.block_seq = block->header().block_seq;
  chain_.hash = block->hash();
  chain_offset_ = offset;
  chain_leaves_ = static_cast<std::uint32_t>(block->leaf_count());
  hold(offset, block);
  return {};
}

void SourceScan::hold(Offset offset, const block::BlockPtr& block) {
  Held held{block, offset, {}};
  const bool behind = block->header().block_seq < folded_.block_seq;
  for (std::size_t i = 0; i < block->leaf_count() && !behind; ++i) {
    if (block->header().block_seq == folded_.block_seq && i < folded_.index) continue;
    if ((block->leaf_events(i) & mask_) != 0) held.leaves.push_back(static_cast<std::uint32_t>(i));
  }
  if (held.leaves.empty()) {
    released_ += block->size_bytes();
    if (block->leaf_count() > 0) ++skipped_;
    return;
  }
  held_.push_back(std::move(held));
}

std::optional<SourceScan::Input> SourceScan::peek(std::size_t n) const {
  std::size_t at = block_at_;
  std::size_t leaf = leaf_at_ + n;
  while (at < held_.size()) {
    if (leaf < held_[at].leaves.size()) return Input{held_[at].block, held_[at].offset, held_[at].leaves[leaf]};
    leaf -= held_[at].leaves.size();
    ++at;
  }
  return std::nullopt;
}

std::size_t SourceScan::waiting(std::size_t limit) const {
  std::size_t count = 0;
  for (std::size_t at = block_at_; at < held_.size() && count < limit; ++at) count += held_[at].leaves.size();
  return std::min(limit, count - std::min(count, leaf_at_));
}

void SourceScan::advance() {
  const Held& held = held_[block_at_];
  std::uint32_t consumed = held.leaves[leaf_at_] + 1;
  if (mutant(Mutant::kCursorByWholeBlock)) consumed = static_cast<std::uint32_t>(held.block->leaf_count());
  position_ = Cursor{held.offset, held.block->header().block_seq, consumed, held.block->hash()};
  if (++leaf_at_ == held.leaves.size()) {
    ++block_at_;
    leaf_at_ = 0;
  }
}

bool SourceScan::inside_block() const { return leaf_at_ > 0; }

void SourceScan::set_folded(const Cursor& cursor) {
  folded_ = cursor;
  skipped_ = 0;
  while (!held_.empty()) {
    auto& front = held_.front();
    const std::uint64_t seq = front.block->header().block_seq;
    if (seq > cursor.block_seq) break;
    auto& leaves = front.leaves;
    if (seq == cursor.block_seq) {
      leaves.erase(leaves.begin(), std::lower_bound(leaves.begin(), leaves.end(), cursor.index));
      if (!leaves.empty()) break;
    }
    released_ += front.block->size_bytes();
    held_.pop_front();
  }
  place(cursor);
}

void SourceScan::place(const Cursor& cursor) {
  position_ = cursor;
  block_at_ = 0;
  leaf_at_ = 0;
}

std::optional<Cursor> SourceScan::idle_position() const {
  if (!anchored_ || !held_.empty() || chain_.block_seq <= folded_.block_seq) return std::nullopt;
  return Cursor{chain_offset_, chain_.block_seq, chain_leaves_, chain_.hash};
}

std::size_t SourceScan::release() { return std::exchange(released_, 0); }

}  // namespace lienthong::ledger
