#include "tools/ltctl/source_walk.h"

#include <utility>

namespace lienthong::ltctl {

Result<SourceWalk> SourceWalk::open(LedgerReader& reader, const LedgerPartition& source, EventMask mask) {
  auto end = reader.end(source);
  if (!end) return failure(end.error());
  return SourceWalk(reader, source, mask, *end);
}

SourceWalk::SourceWalk(LedgerReader& reader, LedgerPartition source, EventMask mask, Offset end)
    : source_(std::move(source)),
      mask_(mask),
      end_(end),
      stream_(std::make_unique<LedgerReader::Stream>(reader, source_, 0)) {}

tl::unexpected<Error> SourceWalk::broken(const std::string& vi, const std::string& en) const {
  const std::string name = source_.topic() + "/" + std::to_string(source_.partition);
  return failure({ErrorCode::kDataLoss, "SOURCE_MISMATCH", "nguồn " + name + ": " + vi, "source " + name + ": " + en});
}

Result<bool> SourceWalk::advance() {
  while (offset_ + 1 < end_) {
    auto record = stream_->next();
    if (!record) return failure(record.error());
    offset_ = record->offset;
    if (!block_) {
      auto born = record->block
                      ? ledger::PartitionState::from_genesis(source_, *record->block)
                      : Result<ledger::PartitionState>(broken("bản ghi 0 không đọc được", "record 0 can't be read"));
      if (!born) return failure(born.error());
      head_ = born->head;
      block_ = std::move(record->block);
      return true;
    }
    switch (ledger::classify(head_, record->block.get())) {
      case ledger::BlockClass::kIgnored:
      case ledger::BlockClass::kVoid: continue;
      case ledger::BlockClass::kTooNew:
      case ledger::BlockClass::kFault:
        return broken("chuỗi đứt ở offset " + std::to_string(offset_),
                      "its chain is broken at offset " + std::to_string(offset_));
      case ledger::BlockClass::kEffective: break;
    }
    block_ = std::move(record->block);
    head_.block_seq = block_->header().block_seq;
    head_.hash = block_->hash();
    index_ = 0;
    return true;
  }
  return false;
}

void SourceWalk::collect(std::uint32_t until, std::vector<SourceDecision>& out) {
  for (; index_ < until; ++index_) {
    if ((block_->leaf_events(index_) & mask_) != 0) out.push_back({block_, offset_, index_});
  }
}

Result<std::vector<SourceDecision>> SourceWalk::walk(const Cursor& to) {
  std::vector<SourceDecision> decisions;
  const std::string where = std::to_string(to.block_seq) + ":" + std::to_string(to.index);
  if (block_ && !Cursor{offset_, block_->header().block_seq, index_, {}}.before(to)) {
    return broken("con trỏ " + where + " không tiến lên", "cursor " + where + " does not go forward");
  }
  while (!block_ || block_->header().block_seq < to.block_seq) {
    if (block_) collect(static_cast<std::uint32_t>(block_->leaf_count()), decisions);
    auto moved = advance();
    if (!moved) return failure(moved.error());
    if (!*moved) return broken("con trỏ " + where + " vượt quá cuối sổ", "cursor " + where + " lies behind the end");
  }
  const bool named = offset_ == to.offset && block_->hash() == to.hash && to.index <= block_->leaf_count();
  if (!named)
    return broken("con trỏ " + where + " không chỉ đúng khối có hiệu lực", "cursor " + where + " names no effective block");
  collect(to.index, decisions);
  return decisions;
}

Result<std::uint64_t> SourceWalk::waiting() {
  std::vector<SourceDecision> rest;
  std::uint64_t count = 0;
  for (;;) {
    if (block_) collect(static_cast<std::uint32_t>(block_->leaf_count()), rest);
    count += rest.size();
    rest.clear();
    auto moved = advance();
    if (!moved) return failure(moved.error());
    if (!*moved) return count;
  }
}

}  // namespace lienthong::ltctl
