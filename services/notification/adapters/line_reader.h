#pragma once

#include "notification/core/webhook_line.h"
#include "platform/ledger/fold.h"
#include "platform/ports/log.h"
#include "platform/relay/public_events.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace lienthong::notification {

/// A ledger whose public events are sent to subscribers.
struct EventLedger {
  LedgerName name;
  relay::PublicEvents events;
};

/// Reads one partition of several ledgers from a position on, and gives their effective blocks in an order in which no block
/// comes before one it was decided from. Nothing is read ahead beyond a credit.
/// Thread-safety: one thread.
class LineReader {
 public:
  struct Block {
    std::size_t ledger = 0;  ///< Place in the list of ledgers.
    Offset offset = 0;
    block::BlockPtr block;
  };

  /// `log` and `ledgers` must outlive it; its follows are `first_follow` and on, one for each ledger.
  LineReader(ports::Log& log, const std::vector<EventLedger>& ledgers, std::uint32_t partition,
             const std::vector<LinePosition>& from, ports::FollowId first_follow);
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;
  /// Ends its follows.
  ~LineReader();

  bool takes(ports::FollowId follow) const { return follow >= first_follow_ && follow < first_follow_ + places_.size(); }
  /// A record of one of its follows. False: the history is another than that of the position, or broken.
  bool take(const ports::Fetched& fetched);
  /// The next block; nothing while none is here that may come now.
  std::optional<Block> next();
  /// Where `block` begins, as a position.
  LinePosition position_of(const Block& block) const;
  /// Behind everything that `next` has given.
  std::vector<LinePosition> positions() const;

 private:
  struct Place {
    LinePosition next;
    ledger::ChainHead head;
    bool anchored = false;
    std::deque<Block> pending;
  };
  static bool anchor(const Place& place, const block::Block& block);
  bool may_come(const block::Block& block) const;

  ports::Log& log_;
  const std::vector<EventLedger>& ledgers_;
  ports::FollowId first_follow_;
  std::vector<Place> places_;
};

}  // namespace lienthong::notification
