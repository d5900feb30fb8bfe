#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "monitoring/adapters/read_model.h"
#include "monitoring/core/dossier.h"
#include "monitoring/core/reconciliation.h"
#include "platform/ledger/fold.h"
#include "platform/ledger/follower.h"
#include "platform/ledger/mailbox.h"
#include "platform/ports/clock.h"
#include "platform/ports/log.h"

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace lienthong::monitoring {

/// One ledger partition as monitoring has read it.
struct LaneView {
  LedgerPartition partition;
  Offset next_offset = 0;
  /// End of the log when it was last asked; -1: not known.
  Offset end_offset = -1;
  std::uint64_t head_seq = 0;
  Instant head_at;
  std::string writer;
  std::uint64_t blocks = 0;
  std::uint64_t decisions = 0;
  std::uint64_t void_records = 0;
  std::uint64_t foreign_records = 0;
  std::uint64_t parked = 0;
  double blocks_per_second = 0;
  double decisions_per_second = 0;
  /// How far the writer's clock was ahead of ours when the last block was read, at least zero.
  Duration clock_ahead{0};
  std::string halt_reason;
};

/// Upper bounds of the hand-over histogram, in seconds; one more bucket holds the rest.
inline constexpr std::array kHandoverBounds = {.001, .0025, .005, .01, .025, .05, .1,  .25,
                                               .5,   1.,    2.5,  5.,  10.,  30., 60., 300.};
struct HandoverTimes {
  std::array<std::uint64_t, kHandoverBounds.size() + 1> counts{};
  double sum_seconds = 0;
};

/// What became of notices since the process began. Those of the portal count as handed over at once.
struct NoticeCounts {
  std::uint64_t handed_over = 0;
  std::uint64_t permanent_failures = 0;
  std::uint64_t temporary_failures = 0;
  std::uint64_t technical_failures = 0;
};

/// Everything but dossiers, as of the last write. Immutable.
struct FlowView {
  Instant at;
  std::vector<LaneView> lanes;
  std::map<Pair, PairState> pairs;
  std::map<Pair, ReaderPosition> positions;
  /// Oldest first, at most 100.
  std::vector<std::pair<Handover, OpenHandover>> unreached;
  std::map<Pair, HandoverTimes> handovers;  ///< Machine time, since the process began.
  NoticeCounts notices;
};

struct LedgerFeedParts {
  ports::LogBackend& log;
  const ports::Clock& clock;
  std::vector<LedgerPartition> partitions;
  std::string path;  ///< Of the read model.
  ledger::AlarmSink alarms;
  /// Called after every write with the dossiers in it, and every second with none, from the feed's thread; must not block.
  std::function<void(const std::vector<DossierId>&)> changed;
};

/// Follows all ledgers with one thread, checks chains and leaves, and writes the read model: one row a dossier and write, at
/// most two writes a second. Goes on where the read model ends; where its end is not in the ledgers any more, or its file
/// was deleted, everything is read again from offset 0. Thread-safety: any thread.
class LedgerFeed final : private ports::LogSink {
 public:
  /// Errors: kUnavailable when the read model can't be opened.
  static Result<std::unique_ptr<LedgerFeed>> start(LedgerFeedParts parts);
  ~LedgerFeed() override;
  LedgerFeed(const LedgerFeed&) = delete;
  LedgerFeed& operator=(const LedgerFeed&) = delete;

  /// Ends the thread after a last write; `view` stays. Idempotent.
  void stop();
  std::shared_ptr<const FlowView> view() const;

 private:
  struct Lane;
  struct Slot {
    Dossier dossier;
    std::string entries;      ///< An encoded StoredEntries.
    std::int64_t number = 0;  ///< Of the entries.
    std::int64_t row = 0;     ///< Its number in the read model; 0: none yet.
    bool stored = false;
    Standstill written{};  ///< As the read model has it.
    bool dirty = false;
    std::uint64_t used = 0;
  };

  explicit LedgerFeed(LedgerFeedParts parts);
  Result<void> open();
  void on_log(ports::LogMessage message) override;
  void run();
  std::optional<Duration> patience() const;
  void tick();
  void follow(Lane& lane);
  void ask_ends();
  void rebuild(const std::string& why);

  void take(const ports::LogMessage& message);
  void take_record(Lane& lane, const ports::Fetched& record);
  bool anchored(Lane& lane, const ports::Fetched& record);
  void halt(Lane& lane, const std::string& why);
  void fold(Lane& lane, Offset offset, const block::Block& block);
  void fold_leaf(Lane& lane, const block::Block& block, std::size_t index);
  void fold_decision(Lane& lane, Slot& slot, const Decision& decision, const Hash& leaf_hash);
  void count_notices(const Decision& decision);
  void reconcile(const Lane& lane, const DossierId& id, const Decision& decision, EventMask events);
  Slot* slot_of(const DossierId& id);
  void note_handover(const Pair& pair, const std::optional<Duration>& passed);

  void write();
  void forget();
  void publish();

  LedgerFeedParts parts_;
  std::unique_ptr<ReadModel> model_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unordered_map<DossierId, Slot> slots_;
  std::vector<DossierId> dirty_;
  Reconciliation reconciliation_;
  std::map<Pair, HandoverTimes> handovers_;
  NoticeCounts notices_;
  Instant began_;
  ledger::v1::Leaf leaf_;
  v1::StoredEntry entry_;
  std::string bytes_;
  bool moved_ = false;
  bool write_failed_ = false;
  std::uint64_t writes_ = 0;
  Instant last_write_;
  Instant last_tick_;
  Instant last_ends_;
  ports::FollowId next_follow_ = 0;
  ports::Ticket next_ticket_ = 0;

  mutable std::mutex view_mutex_;
  std::shared_ptr<const FlowView> view_;
  ledger::Mailbox<ports::LogMessage> mailbox_;
  std::unique_ptr<ports::Log> log_;
  std::thread thread_;
};

}  // namespace lienthong::monitoring
