#include "notification/adapters/line_reader.h"

#include "platform/base/encoding.h"

#include <algorithm>

namespace lienthong::notification {
namespace {

constexpr std::size_t kCreditBytes = std::size_t{256} << 10;

std::uint32_t mark_of(const Hash& hash) { return read_u32_be(hash.view()); }

}  // namespace

LineReader::LineReader(ports::Log& log, const std::vector<EventLedger>& ledgers, std::uint32_t partition,
                       const std::vector<LinePosition>& from, ports::FollowId first_follow)
    : log_(log), ledgers_(ledgers), first_follow_(first_follow), places_(ledgers.size()) {
  for (std::size_t i = 0; i < ledgers_.size(); ++i) {
    auto& place = places_[i];
    place.next.ledger = ledgers_[i].name;
    for (const auto& position : from) {
      if (position.ledger == ledgers_[i].name) place.next = position;
    }
    log_.follow(first_follow_ + i, {ledgers_[i].name, partition}, place.next.offset);
    log_.credit(first_follow_ + i, kCreditBytes);
  }
}

LineReader::~LineReader() {
  for (std::size_t i = 0; i < places_.size(); ++i) log_.stop(first_follow_ + i);
}

bool LineReader::take(const ports::Fetched& fetched) {
  const auto i = static_cast<std::size_t>(fetched.follow - first_follow_);
  auto& place = places_[i];
  const auto* block = fetched.block.get();
  const auto pass = [&] { log_.credit(fetched.follow, block != nullptr ? block->size_bytes() : 1); };
  if (!place.anchored) {
    if (block == nullptr || !block->readable() || block->header().block_seq < place.next.block_seq) return pass(), true;
    if (!anchor(place, *block)) {
      // A rival of the block that is looked for may stand before it.
      if (block->header().block_seq > place.next.block_seq) return false;
      return pass(), true;
    }
    place.anchored = true;
  } else {
    const auto kind = ledger::classify(place.head, block);
    if (kind == ledger::BlockClass::kIgnored || kind == ledger::BlockClass::kVoid) return pass(), true;
    if (kind != ledger::BlockClass::kEffective) return false;
  }
  place.head = {block->header().ledger_id, block->header().block_seq, block->hash()};
  place.pending.push_back({i, fetched.offset, fetched.block});
  return true;
}

bool LineReader::anchor(const Place& place, const block::Block& block) {
  const auto seq = block.header().block_seq;
  return seq == place.next.block_seq && (seq == 0 || mark_of(block.header().prev) == place.next.before);
}

std::optional<LineReader::Block> LineReader::next() {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    auto& place = places_[i];
    if (place.pending.empty() || !may_come(*place.pending.front().block)) continue;
    auto taken = std::move(place.pending.front());
    place.pending.pop_front();
    place.next.offset = taken.offset + 1;
    place.next.block_seq = taken.block->header().block_seq + 1;
    place.next.before = mark_of(taken.block->hash());
    log_.credit(first_follow_ + i, taken.block->size_bytes());
    return taken;
  }
  return std::nullopt;
}

bool LineReader::may_come(const block::Block& block) const {
  const auto& inputs = block.core().inputs();
  return std::all_of(inputs.begin(), inputs.end(), [&](const auto& input) {
    for (const auto& place : places_) {
      if (place.next.ledger != input.ledger()) continue;
      return input.index() > 0 ? place.next.block_seq > input.block_seq() : place.next.block_seq >= input.block_seq();
    }
    return true;
  });
}

LinePosition LineReader::position_of(const Block& block) const {
  const auto& header = block.block->header();
  return {ledgers_[block.ledger].name, block.offset, header.block_seq, header.block_seq == 0 ? 0 : mark_of(header.prev)};
}

std::vector<LinePosition> LineReader::positions() const {
  std::vector<LinePosition> out;
  for (const auto& place : places_) out.push_back(place.next);
  return out;
}

}  // namespace lienthong::notification
