#pragma once

#include "platform/ports/log.h"

#include <cstddef>
#include <deque>
#include <map>
#include <utility>

namespace lienthong::ports {

/// The recent blocks of several partitions, within one budget; the oldest goes first, whatever its partition.
/// Thread-safety: one thread at a time.
class BlockRing {
 public:
  struct Entry {
    Offset offset = 0;
    block::BlockPtr block;  ///< Null when the record can't be read as a block.
    Instant time;
  };

  explicit BlockRing(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Entries of a partition stay contiguous: one that does not follow the last one starts anew.
  void push(const LedgerPartition& partition, Entry entry) {
    auto& recent = partitions_[partition];
    if (!recent.empty() && recent.back().offset + 1 != entry.offset) drop(recent);
    bytes_ += cost(entry);
    order_.emplace_back(&recent, entry.offset);
    recent.push_back(std::move(entry));
    while (bytes_ > bytes_max_ && order_.size() > 1) {
      const auto [oldest, offset] = order_.front();
      order_.pop_front();
      if (oldest->empty() || oldest->front().offset != offset) continue;
      bytes_ -= cost(oldest->front());
      oldest->pop_front();
    }
  }

  /// Null when it is not here.
  const Entry* find(const LedgerPartition& partition, Offset offset) const {
    const auto found = partitions_.find(partition);
    if (found == partitions_.end() || found->second.empty()) return nullptr;
    const auto& recent = found->second;
    const Offset first = recent.front().offset;
    if (offset < first || offset > recent.back().offset) return nullptr;
    return &recent[static_cast<std::size_t>(offset - first)];
  }

  void clear(const LedgerPartition& partition) {
    const auto found = partitions_.find(partition);
    if (found != partitions_.end()) drop(found->second);
  }

 private:
  static std::size_t cost(const Entry& entry) {
    constexpr std::size_t kPerEntry = 512;
    constexpr std::size_t kPerLeaf = 64;
    return entry.block ? entry.block->size_bytes() + kPerEntry + kPerLeaf * entry.block->leaf_count() : kPerEntry;
  }

  void drop(std::deque<Entry>& recent) {
    for (const auto& entry : recent) bytes_ -= cost(entry);
    recent.clear();
    std::erase_if(order_, [&](const auto& item) { return item.first == &recent; });
  }

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::map<LedgerPartition, std::deque<Entry>> partitions_;
  std::deque<std::pair<std::deque<Entry>*, Offset>> order_;
};

}  // namespace lienthong::ports
