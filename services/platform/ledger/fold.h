#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/instant.h"
#include "platform/block/block.h"
#include "platform/ledger/machine.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lienthong::ledger {

/// Version of the stored form of dossier values; a projection of another version is built anew.
inline constexpr std::uint32_t kFoldVersion = 3;
/// Entries a dossier's request ring keeps (architecture.md 8).
inline constexpr std::size_t kRequestRingEntries = 32;
/// Inputs that may wait behind a parked one (ledger.md 6).
inline constexpr int kQueueRefsMax = 4096;

/// Class of a record under the fold rules 0 to 3 (docs/ledger.md).
enum class BlockClass {
  kIgnored,    ///< Rule 0: not of this ledger. Alarm.
  kVoid,       ///< Rule 1: a duplicate or a rival that came second.
  kEffective,  ///< Rule 2: extends the chain.
  kFault,      ///< Rule 3: the log lost or changed a record. Halt.
  kTooNew,     ///< Written for newer readers. Stop, not a fault.
};

/// Last effective block of a chain.
struct ChainHead {
  LedgerId ledger_id;
  std::uint64_t block_seq = 0;
  Hash hash;
};

/// Pure. `block` may be null (a record that is no block).
BlockClass classify(const ChainHead& head, const block::Block* block);

/// What a partition knows besides its dossiers: the fold of cores.
struct PartitionState {
  ChainHead head;
  Hash genesis_hash;
  Instant decided_at;
  std::map<LedgerName, Cursor, std::less<>> cursors;
  std::map<std::string, std::uint64_t, std::less<>> counters;
  v1::RelayPosition relay_upto;

  /// Takes an effective block's core and moves the head.
  void apply(const block::Block& block);
  /// `watermark`: offset behind the last record folded.
  v1::PartitionMeta to_meta(Offset watermark) const;
  static Result<PartitionState> from_meta(const v1::PartitionMeta& meta);
  /// State behind block 0. Errors: kDataLoss when `genesis` is not a genesis of `partition`.
  static Result<PartitionState> from_genesis(const LedgerPartition& partition, const block::Block& genesis);
};

/// Applies one leaf to its dossier. Pure.
/// Errors: kDataLoss when it does not follow the dossier's last leaf or an event can't be read; `value` is then undefined.
Result<void> apply_leaf(const Machine& machine, v1::DossierValue& value, const v1::Leaf& leaf, const Hash& leaf_hash);

/// An answered request as the ring keeps it.
struct KnownRequest {
  Digest digest;
  std::uint64_t dossier_seq = 0;
};
std::optional<KnownRequest> find_request(const v1::DossierValue& value, const RequestId& request);

const v1::DossierValue::Timer* find_timer(const v1::DossierValue& value, TimerId id);

/// Indexes every service has: `timer`, `intent`, `drain`, `parked`.
IndexEntries envelope_entries(const v1::DossierValue& value);
/// All entries of a dossier: those of the envelope and those of its service.
IndexEntries all_entries(const Machine& machine, const v1::DossierValue& value);

/// Order of relay positions.
bool is_before(const v1::RelayPosition& a, const v1::RelayPosition& b);

bool same_source(const v1::SourceRef& a, const v1::SourceRef& b);

}  // namespace lienthong::ledger
