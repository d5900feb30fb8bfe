#pragma once

#include "platform/ledger/fold.h"
#include "platform/ports/clock.h"
#include "platform/ports/log.h"
#include "platform/ports/publisher.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

namespace lienthong::ledger {

struct RelaySettings {
  /// Decisions published and not yet confirmed.
  std::size_t in_flight_max = 1'000;
  std::size_t follow_credit_bytes = std::size_t{4} << 20U;
  /// A publication without outcome for so long is begun anew. Long, as a publisher that waits for its broker keeps what it
  /// was given and sends that too.
  Duration answer_max = std::chrono::minutes(10);
  Duration retry_every = std::chrono::milliseconds(500);
};

struct RelayPorts {
  ports::Log& log;
  ports::Publisher& publisher;
  const ports::Clock& clock;
  /// Told whenever every public decision before the position is published; the lane writes it into its next block.
  std::function<void(const v1::RelayPosition& upto)> relayed;
};

/// How far the lane has folded its ledger.
struct FoldedUpTo {
  LedgerId ledger_id;
  std::uint64_t block_seq = 0;
  v1::RelayPosition relay_upto;
  static FoldedUpTo of(const PartitionState& head) { return {head.head.ledger_id, head.head.block_seq, head.relay_upto}; }
};

/// Publishes the decisions of one ledger partition, in order, from where the ledger says that the relay had come. It reads
/// behind the lane's fold, so it tells nothing that is not confirmed. The position moves over whole decisions whose
/// publication is confirmed; a crash repeats, never skips (docs/ledger.md). No thread or I/O of its own, as the lane.
/// Thread-safety: one thread.
class Relay {
 public:
  /// `public_events`: decisions without one of these event types are passed over.
  Relay(LedgerPartition partition, EventMask public_events, RelayPorts ports, RelaySettings settings);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  ~Relay() = default;

  /// The lane serves and has folded up to `head`; the first call starts the relay at the head's `relay_upto`.
  void folded(const FoldedUpTo& head);
  /// The lane serves no more.
  void stop();
  /// Records of the own ledger; others are ignored.
  void handle(const ports::LogMessage& message);
  void handle(const ports::Published& outcome);
  /// Starts whatever can be started now.
  void pump();
  /// Time on the steady clock at which `pump` has something to do even without a message.
  std::optional<Instant> next_wakeup() const;

 private:
  struct InFlight {
    ports::Ticket ticket = 0;
    v1::RelayPosition after;
    bool done = false;
    Instant sent_at;
  };

  void take(const ports::Fetched& record);
  void tell(const block::BlockPtr& block, std::uint32_t leaf);
  void move_to(const v1::RelayPosition& position);
  void begin();
  void begin_later();

  LedgerPartition partition_;
  EventMask public_events_;
  RelayPorts ports_;
  RelaySettings settings_;

  bool running_ = false;
  LedgerId ledger_id_;
  std::uint64_t folded_ = 0;
  v1::RelayPosition relayed_;
  std::optional<ChainHead> chain_;  // nothing: the block of `relayed_` is not found yet
  ports::FollowId follow_ = 0;
  std::uint64_t next_number_ = 1;
  std::deque<ports::Fetched> records_;
  std::uint32_t next_leaf_ = 0;  // of the first record
  std::deque<InFlight> in_flight_;
  std::optional<Instant> begin_at_;
};

}  // namespace lienthong::ledger
