#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/decision.h"
#include "platform/base/position.h"
#include "simulation/oracle.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lienthong::simulation {

/// The rules a decision was taken under, by the cursor that the block names; null where the service has no catalogue.
using RulesByCursor = const Rules* (*)(const void* world, const Cursor& cursor);

/// Folds every record of a world by itself and executes every decision again, so that a decision taken on any other state
/// than the fold of the log before its block is an error, whatever the lane believes. Shares no code with the lane: own
/// framing, chain, cursors, counters, timers and queues.
class Judge {
 public:
  struct Reader {
    LedgerName ledger;
    EventMask mask = 0;
  };
  struct Service {
    LedgerName name;
    const Oracle* oracle = nullptr;
    std::vector<Reader> reads;
    std::uint32_t partitions = 1;
    /// Event types that everybody may see.
    EventMask public_events = 0;
  };
  struct Timer {
    std::uint64_t generation = 0;
    std::int64_t due = 0;
    bool operator==(const Timer&) const = default;
  };
  struct Ref {
    LedgerName ledger;
    std::uint64_t block_seq = 0;
    std::uint32_t index = 0;
    Offset offset = 0;
    auto operator<=>(const Ref&) const = default;
  };
  struct Dossier {
    std::uint64_t seq = 0;
    std::uint64_t asof = 0;
    std::string last_leaf = std::string(32, '\0');
    std::string state;
    std::map<std::string, std::pair<std::string, std::uint64_t>> requests;  // id -> digest, dossier_seq
    std::map<std::uint32_t, Timer> timers;
    std::vector<Ref> queue;
    std::set<std::pair<std::uint64_t, std::uint32_t>> intents;
    std::map<std::pair<std::uint64_t, std::uint32_t>, v1::Intent> intent_bodies;
    bool parked = false;
    std::string skip_proposed_by;
    bool forced = false;
  };
  struct Version {
    Offset offset = 0;
    Dossier dossier;
  };

  explicit Judge(std::vector<Service> services) : services_(std::move(services)) {}

  /// Takes the next record of a partition. Sets `failure` at the first violation.
  void take(const LedgerPartition& partition, std::string_view header, std::string_view value);
  void fail(const std::string& what) {
    if (!failure_) failure_ = what;
  }
  const std::optional<std::string>& failure() const { return failure_; }
  void set_rules(const void* world, RulesByCursor find_rules) {
    rules_world_ = world;
    rules_find_ = find_rules;
  }

  /// B5, B6: an OK must be in the log, once, with this number.
  void acknowledged(const LedgerPartition& partition, const DossierId& dossier, const std::string& request,
                    std::uint64_t seq);
  /// B5: some state between `arrived` and now makes this refusal right.
  void refused(const LedgerPartition& partition, const DossierId& dossier, const std::string& request, Offset arrived,
               const ledger::CommandCause& command, const std::string& reason);
  /// A process ended inside of a decision.
  void died_deciding() { ++deaths_; }
  /// A cause is decided no more because processes died of it.
  void poisoned() {
    ++poisons_;
    if (deaths_ < kDeathsOfPoison) fail("a cause is taken for poison of which nobody died");
  }
  /// B5: an effect may be called only when its intent is in the log.
  void called(const LedgerPartition& partition, const DossierId& dossier, std::uint64_t seq, std::uint32_t index);
  /// B13: a decision came to the public topic. First copies come in order, without a gap.
  void published(const LedgerPartition& partition, std::uint64_t block_seq, std::uint32_t leaf);
  /// B13: true when every public decision is in the public topic.
  bool told(const LedgerPartition& partition) const;
  std::uint64_t repeats() const { return repeats_; }
  std::uint64_t poisons() const { return poisons_; }
  /// B11: what an APPLY wrote is the fold at its watermark, each value the fold at its asof.
  void projected(const LedgerPartition& partition, const v1::PartitionMeta& meta);
  void projected(const LedgerPartition& partition, const DossierId& dossier, std::uint64_t asof, const std::string& bytes);

  /// True when every source decision inside the reader's mask has been taken.
  bool consumed(const LedgerPartition& reader) const;
  const std::map<DossierId, Dossier>& dossiers(const LedgerPartition& partition) const { return find(partition).dossiers; }
  std::uint64_t head_seq(const LedgerPartition& partition) const { return find(partition).seq; }
  std::uint64_t decisions() const { return decisions_; }
  std::uint64_t voids() const { return voids_; }

 private:
  static constexpr std::uint64_t kDeathsOfPoison = 2;
  struct Effective {
    Offset offset = 0;
    std::string hash;
    v1::Core core;
    std::vector<v1::Leaf> leaves;
  };
  struct Partition {
    const Service* service = nullptr;
    bool born = false;
    std::string ledger_id;
    std::uint64_t seq = 0;
    std::string hash;
    Offset end = 0;
    std::int64_t decided_at = 0;
    std::vector<Effective> blocks;  // by block_seq
    std::map<DossierId, Dossier> dossiers;
    std::map<DossierId, std::vector<Version>> versions;
    std::map<std::string, std::uint64_t, std::less<>> counters;
    std::map<LedgerName, Cursor> cursors;
    std::set<Ref> handled;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> public_decisions;  // block_seq, leaf
    std::size_t told = 0;
    std::pair<std::uint64_t, std::uint32_t> relay_upto;
    // State of cores by block_seq, for B11.
    std::vector<std::map<std::string, std::uint64_t, std::less<>>> counters_at;
    std::vector<std::map<LedgerName, Cursor>> cursors_at;
  };
  struct Replay;

  Partition& open(const LedgerPartition& partition);
  const Partition& find(const LedgerPartition& partition) const;
  void note_public(const LedgerPartition& id, Partition& partition, std::uint64_t seq, const Effective& block);
  void execute(const LedgerPartition& id, Partition& partition, Effective& block,
               const std::vector<std::string>& leaf_bytes);
  void execute_leaf(const LedgerPartition& id, Partition& partition, Replay& replay, const v1::Leaf& leaf,
                    const std::string& bytes);
  bool next_input(const LedgerPartition& id, const Partition& partition, const Reader& reader, Cursor& at, Ref& ref) const;
  const v1::Leaf* source_leaf(const LedgerPartition& id, const Ref& ref) const;
  void apply(Dossier& dossier, const Service& service, const v1::Leaf& leaf, const std::string& bytes,
             std::uint64_t block_seq);

  std::vector<Service> services_;
  std::map<LedgerPartition, Partition> partitions_;
  std::optional<std::string> failure_;
  const void* rules_world_ = nullptr;
  RulesByCursor rules_find_ = nullptr;
  std::uint64_t decisions_ = 0;
  std::uint64_t voids_ = 0;
  std::uint64_t repeats_ = 0;
  std::uint64_t deaths_ = 0;
  std::uint64_t poisons_ = 0;
};

}  // namespace lienthong::simulation
