#pragma once

#include "platform/block/block.h"
#include "platform/ledger/rules_store.h"
#include "shared_kernel/catalogue.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace lienthong::catalogue {

/// A released version with where it stands in the ledger.
struct ReleasedVersion {
  Cursor cursor;  ///< Behind its Released leaf.
  std::uint64_t version = 0;
  Hash hash;
  std::vector<Hash> parts;
  Instant released_at;
  std::shared_ptr<const shared_kernel::Catalogue> catalogue;
};

/// Fold of the catalogue's ledger: all released versions, immutable, in memory, for every decision and every replay.
/// Thread-safety: `fold` from one thread; everything else from any thread.
class CatalogueStore final : public ledger::RulesStore {
 public:
  /// What a record did to the fold (rules 0..3 of docs/ledger.md, chain only).
  enum class Outcome {
    kEffective,
    kVoid,     ///< Duplicate or rival; nothing changed.
    kIgnored,  ///< Not of this ledger, or not readable; nothing changed, reported.
    kStopped,  ///< Written in a format of a later release; nothing more is folded until this program is newer.
    kFault,    ///< The chain is broken; nothing more is folded.
  };
  /// Told of everything an operator must see; called by `fold`, in its thread. Must not call the store.
  using Alarm = std::function<void(const std::string&)>;

  explicit CatalogueStore(Alarm alarm = {});

  /// Takes the next record. `block` is null when the record can't be read as a block. Precondition: `offset` is the next one
  /// (`next_offset`); a lower one was seen already and does nothing.
  Outcome fold(Offset offset, const block::BlockPtr& block);
  /// Where to read on; 0 at first.
  Offset next_offset() const;

  std::optional<ledger::RulesVersion> latest() const override;
  std::optional<ledger::RulesVersion> find(const Cursor& cursor) const override;

  /// Null while nothing was released.
  std::shared_ptr<const shared_kernel::Catalogue> catalogue() const;
  /// Nothing: no such version.
  std::optional<ReleasedVersion> version(std::uint64_t number) const;
  /// Ascending.
  std::vector<ReleasedVersion> versions() const;
  /// The drafted part with this hash, released or not.
  std::optional<std::string> part(const Hash& hash) const;
  /// Last effective block; nothing before the genesis.
  std::optional<std::uint64_t> head_seq() const;

 private:
  Outcome classify(const block::Block& block) const;
  void fold_leaves(Offset offset, const block::Block& block);
  void take_event(const ::lienthong::ledger::v1::Event& wire, const Cursor& behind, Instant decided_at);
  void alarm(const std::string& what) const;
  static std::optional<ledger::RulesVersion> rules_of(const ReleasedVersion& version);

  Alarm alarm_;
  mutable std::mutex mutex_;
  Offset next_offset_ = 0;
  bool ended_ = false;
  Outcome ended_by_ = Outcome::kEffective;
  std::optional<LedgerId> ledger_id_;
  std::uint64_t head_seq_ = 0;
  Hash head_hash_;
  std::map<Hash, std::string> parts_;
  std::vector<ReleasedVersion> versions_;
};

}  // namespace lienthong::catalogue
