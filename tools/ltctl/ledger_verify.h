#pragma once

#include "platform/ledger/fold.h"
#include "platform/ledger/machine.h"
#include "platform/ledger/rules_store.h"
#include "platform/ports/projection.h"
#include "tools/ltctl/ledger_reader.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lienthong::ltctl {

/// One service whose ledger is verified.
struct ServiceUnderCheck {
  const ledger::Machine& machine;
  /// Releases its decisions are taken under; null: it has no catalogue.
  const ledger::RulesStore* rules = nullptr;
};

struct VerifyOptions {
  /// Set: every stored value and index entry is compared as well.
  ports::Query* projection = nullptr;
  /// Differences kept per partition; the rest is only counted.
  std::size_t differences_max = 20;
  /// Called every few thousand records.
  std::function<void(const LedgerPartition& partition, Offset at, Offset end)> progress = {};
};

/// Something that is not as the ledger says it must be.
struct Difference {
  Offset offset = -1;  ///< Record it was found at; -1: none.
  std::uint64_t block_seq = 0;
  std::string what_vi;
  std::string what_en;
};

struct ProjectionReport {
  Offset watermark = 0;
  std::uint64_t values = 0;
  std::uint64_t entries = 0;
  /// Values of a half-applied APPLY: newer than the watermark, compared with the fold at their own block.
  std::uint64_t newer = 0;
};

/// What was found in one partition of one ledger.
struct PartitionReport {
  LedgerPartition partition;
  std::uint64_t records = 0;
  std::uint64_t effective = 0;
  std::uint64_t voided = 0;
  std::uint64_t ignored = 0;
  std::uint64_t decisions = 0;
  /// Decided again from the ledger alone, with the same bytes as result.
  std::uint64_t decided_again = 0;
  /// Of another decision logic: folded only.
  std::uint64_t folded_only = 0;
  std::uint64_t inputs = 0;
  /// Source decisions behind the last cursors.
  std::uint64_t waiting = 0;
  std::uint64_t dossiers = 0;
  std::uint64_t head_seq = 0;
  std::optional<Hash> state_hash;
  std::optional<ProjectionReport> projection;
  std::uint64_t difference_count = 0;
  std::vector<Difference> differences;

  void differ(Difference difference, std::size_t kept_max);
};

/// A dossier as the fold has it.
struct FoldedDossier {
  std::uint64_t asof = 0;
  ledger::v1::DossierValue value;
};
using FoldedDossiers = std::map<DossierId, FoldedDossier>;

/// SHA-256 over head, cursors, counters and (dossier id, asof, value) in id order; docs/ledger.md gives the layout.
Hash state_hash(const ledger::PartitionState& state, const FoldedDossiers& dossiers);

/// Re-reads one partition from offset 0 and checks it: chain, source cursors, that every source decision is taken in once
/// and in order, and every decision, decided again with what the ledger recorded (invariants B1 to B4, B6 to B11 of
/// docs/ledger.md). Writes nothing. Ends early at a record that halts the ledger. Blocks until done.
PartitionReport verify_partition(LedgerReader& reader, const ServiceUnderCheck& service, const LedgerPartition& partition,
                                 const VerifyOptions& options);

/// Number of partitions as block 0 says. Errors: kFailedPrecondition when the ledger has none (reason NO_GENESIS);
/// kUnavailable.
Result<std::uint32_t> partition_count(LedgerReader& reader, const LedgerName& ledger);

}  // namespace lienthong::ltctl
