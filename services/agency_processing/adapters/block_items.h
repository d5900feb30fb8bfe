#pragma once

#include "lienthong/agency/v1/agency_service.pb.h"
#include "lienthong/agency/v1/events.pb.h"
#include "lienthong/agency/v1/state.pb.h"
#include "platform/base/ids.h"
#include "platform/block/block.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lienthong::agency_processing {

namespace v1 = ::lienthong::agency::v1;

/// One item of a block: what an agency's stream is told of one leg.
struct BlockItem {
  DossierId dossier;
  std::uint32_t leaf = 0;  ///< Decision of the block it comes from.
  std::shared_ptr<const v1::WorkItem> item;
};

/// What the streams take from one block. Filled by the feed's thread, then immutable.
struct BlockItems {
  std::uint64_t block_seq = 0;
  std::uint32_t leaf_count = 0;
  std::unordered_map<std::string, std::vector<BlockItem>> by_agency;
  /// Events whose work is not known here: the dossier has to be looked up first.
  struct Open {
    DossierId dossier;
    std::uint32_t leaf = 0;
    std::uint64_t revision = 0;
    ::lienthong::ledger::v1::Event event;
  };
  std::vector<Open> open;
  bool ready = false;
};
using BlockItemsPtr = std::shared_ptr<BlockItems>;

/// Work seen recently, so that events which only name it can be told in full.
/// Thread-safety: one thread.
class RecentWork {
 public:
  explicit RecentWork(std::size_t entries_max) : entries_max_(entries_max) {}
  std::shared_ptr<const v1::WorkItem> find(const DossierId& dossier, std::uint32_t leg) const;
  void put(const DossierId& dossier, std::uint32_t leg, std::shared_ptr<const v1::WorkItem> item);
  void drop(const DossierId& dossier, std::uint32_t leg);

 private:
  struct Key {
    DossierId dossier;
    std::uint32_t leg;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return std::hash<DossierId>{}(key.dossier) ^ key.leg; }
  };
  std::size_t entries_max_;
  std::deque<Key> order_;
  std::unordered_map<Key, std::shared_ptr<const v1::WorkItem>, KeyHash> items_;
};

/// Event types that streams tell of or that `RecentWork` follows.
std::uint64_t stream_mask();

/// Reads a block once for all streams. Work that is not in `recent` goes to `open`; then `ready` stays false.
/// Errors: an event that can't be read.
Result<BlockItemsPtr> read_block(const block::Block& block, RecentWork& recent);
/// Completes one open event with the dossier's stored state (null: there is none, the event is left out).
void resolve(BlockItems& block, const BlockItems::Open& open, const v1::StoredCase* stored, RecentWork& recent);

}  // namespace lienthong::agency_processing
