#pragma once

#include "monitoring/core/facts.h"

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace lienthong::monitoring {

/// One decision of a source that a reader has to take.
struct Handover {
  LedgerNo reader = LedgerNo::kNone;
  std::uint32_t partition = 0;
  DecisionRef source;
  auto operator<=>(const Handover&) const = default;
};
struct HandoverHash {
  std::size_t operator()(const Handover& handover) const noexcept;
};

/// A handover of which only one end has been read.
struct OpenHandover {
  DossierId dossier;
  /// When that end was decided.
  Instant at;
  /// True: the reader's end was read, the source's not.
  bool reached = false;
  /// The store has it.
  bool stored = false;
};

/// Pairs of services, per partition.
struct Pair {
  LedgerNo reader = LedgerNo::kNone;
  LedgerNo source = LedgerNo::kNone;
  std::uint32_t partition = 0;
  auto operator<=>(const Pair&) const = default;
};
struct PairTotals {
  std::uint64_t expected = 0;
  std::uint64_t reached = 0;
};

/// Where a reader stands in its source: `index` decisions of block `block_seq` are behind it.
struct ReaderPosition {
  std::uint64_t block_seq = 0;
  std::uint32_t index = 0;
  bool passed(const DecisionRef& source) const {
    return source.block_seq < block_seq || (source.block_seq == block_seq && source.index < index);
  }
};

/// Pairs every decision that a reader takes with the decision it made of it, whichever is read first.
/// Thread-safety: one thread at a time.
class Reconciliation {
 public:
  /// A source's decision that `handover.reader` takes. Answers the machine time when both ends are there.
  std::optional<Duration> expect(const Handover& handover, const DossierId& dossier, Instant decided_at);
  /// A reader's decision that came of it.
  std::optional<Duration> reach(const Handover& handover, const DossierId& dossier, Instant decided_at);

  const std::unordered_map<Handover, OpenHandover, HandoverHash>& open() const { return open_; }
  const std::map<Pair, PairTotals>& totals() const { return totals_; }

  /// What has changed for the store since the last call: keys to write (open) and to remove.
  struct Changes {
    std::vector<std::pair<Handover, OpenHandover>> write;
    std::vector<Handover> remove;
  };
  Changes take_changes();
  /// The store could not take them; they come again.
  void put_back(const Changes& changes);
  /// Puts back what a store kept.
  void restore(const Handover& handover, const OpenHandover& open);
  void restore(const Pair& pair, const PairTotals& totals) { totals_[pair] = totals; }

 private:
  std::optional<Duration> meet(const Handover& handover, const OpenHandover& end);
  std::unordered_map<Handover, OpenHandover, HandoverHash> open_;
  // Since the last changes; most that were opened have met by then, and the store never hears of them.
  std::vector<Handover> opened_;
  std::vector<Handover> met_;
  std::map<Pair, PairTotals> totals_;
};

/// How one pair stands.
struct PairState {
  PairTotals totals;
  std::uint64_t waiting = 0;     ///< Not reached, the reader has not come so far.
  std::uint64_t missing = 0;     ///< Not reached, although the reader has passed.
  std::uint64_t unexpected = 0;  ///< The reader names what is no decision for it, or names one twice.
  std::uint64_t blocks = 0;      ///< Of the source that hold what has not reached.
  Instant oldest;                ///< Of those that have not reached; zero: none.
};
/// `positions`: where each reader stands. `heads`: last block read of each source. Pure.
std::map<Pair, PairState> evaluate(const Reconciliation& reconciliation, const std::map<Pair, ReaderPosition>& positions,
                                   const std::map<Pair, std::uint64_t>& heads);

/// A decision may wait this long before it counts as a gap.
inline constexpr Duration kHandoverLimit = std::chrono::seconds(60);
/// True when nothing is missing or unexpected and nothing waits for longer than the limit.
bool complete(const std::map<Pair, PairState>& states, Instant now);

}  // namespace lienthong::monitoring
