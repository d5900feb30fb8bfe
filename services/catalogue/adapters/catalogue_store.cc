#include "catalogue/adapters/catalogue_store.h"

#include "catalogue/adapters/parts.h"
#include "catalogue/adapters/release_codec.h"
#include "platform/base/encoding.h"
#include "platform/base/overloaded.h"

#include <algorithm>
#include <utility>

namespace lienthong::catalogue {

CatalogueStore::CatalogueStore(Alarm alarm) : alarm_(std::move(alarm)) {}

void CatalogueStore::alarm(const std::string& what) const {
  if (alarm_) alarm_(what);
}

CatalogueStore::Outcome CatalogueStore::classify(const block::Block& block) const {
  const auto& header = block.header();
  if (!ledger_id_) {
    const bool is_genesis = header.block_seq == 0 && block.core().kind() == block::v1::Core::KIND_GENESIS;
    return is_genesis ? Outcome::kEffective : Outcome::kFault;
  }
  if (header.ledger_id != *ledger_id_) return Outcome::kIgnored;
  if (header.min_reader > block::kFormat) return Outcome::kStopped;
  if (header.block_seq <= head_seq_) return Outcome::kVoid;
  const bool extends = header.block_seq == head_seq_ + 1 && header.prev == head_hash_;
  return extends ? Outcome::kEffective : Outcome::kFault;
}

CatalogueStore::Outcome CatalogueStore::fold(Offset offset, const block::BlockPtr& block) {
  const std::lock_guard lock(mutex_);
  if (offset < next_offset_) return Outcome::kVoid;
  if (ended_) return ended_by_;
  const std::string place = "catalogue ledger, offset " + std::to_string(offset) + ": ";
  if (offset > next_offset_) {
    alarm(place + "records " + std::to_string(next_offset_) + " and on are missing");
    ended_ = true;
    return ended_by_ = Outcome::kFault;
  }
  const Outcome outcome = block == nullptr ? Outcome::kIgnored : classify(*block);
  switch (outcome) {
    case Outcome::kEffective:
      ledger_id_ = block->header().ledger_id;
      head_seq_ = block->header().block_seq;
      head_hash_ = block->hash();
      fold_leaves(offset, *block);
      break;
    case Outcome::kVoid: break;
    case Outcome::kIgnored: alarm(place + "a record that is not of this ledger"); break;
    case Outcome::kStopped: alarm(place + "written by a later release; update this program"); break;
    case Outcome::kFault: alarm(place + "the chain is broken; run `ltctl ledger verify`"); break;
  }
  if (outcome == Outcome::kStopped || outcome == Outcome::kFault) {
    ended_ = true;
    ended_by_ = outcome;
    return outcome;
  }
  next_offset_ = offset + 1;
  return outcome;
}

void CatalogueStore::fold_leaves(Offset offset, const block::Block& block) {
  const Instant decided_at{block.core().decided_at()};
  for (std::size_t i = 0; i < block.leaf_count(); ++i) {
    if (block.leaf_events(i) == 0) continue;
    const auto bytes = block.leaf_bytes(i);
    ::lienthong::ledger::v1::Leaf leaf;
    if (!leaf.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      alarm("catalogue ledger, block " + std::to_string(block.header().block_seq) + ": a decision that can't be read");
      continue;
    }
    const Cursor behind{offset, block.header().block_seq, static_cast<std::uint32_t>(i + 1), block.hash()};
    for (const auto& event : leaf.events()) take_event(event, behind, decided_at);
  }
}

void CatalogueStore::take_event(const ::lienthong::ledger::v1::Event& wire, const Cursor& behind, Instant decided_at) {
  const std::string place = "catalogue ledger, block " + std::to_string(behind.block_seq) + ": ";
  auto event = ReleaseCodec::decode_event(wire);
  if (!event) return alarm(place + event.error().message_en);
  std::visit(Overloaded{[&](PartDrafted& drafted) {
                          if (part_hash(drafted.contents) != drafted.hash)
                            return alarm(place + "a part does not have the hash it names");
                          parts_.emplace(drafted.hash, std::move(drafted.contents));
                        },
                        [&](CatalogueReleased& released) {
                          const std::string version =
                              place + "version " + std::to_string(released.version) + " is not in force, ";
                          if (catalogue_hash(released.parts) != released.hash)
                            return alarm(version + "its hash is not that of its parts");
                          std::vector<std::string_view> parts;
                          for (const auto& hash : released.parts) {
                            const auto part = parts_.find(hash);
                            if (part == parts_.end())
                              return alarm(version + "part " + to_hex(hash.view()) + " was never drafted");
                            parts.emplace_back(part->second);
                          }
                          auto contents = merge(parts);
                          if (!contents) return alarm(version + contents.error().message_en);
                          auto catalogue = shared_kernel::Catalogue::make(released.version, *std::move(contents));
                          if (!catalogue) return alarm(version + catalogue.error().message_en);
                          versions_.push_back({behind, released.version, released.hash, std::move(released.parts),
                                               decided_at, *std::move(catalogue)});
                        }},
             *event);
}

Offset CatalogueStore::next_offset() const {
  const std::lock_guard lock(mutex_);
  return next_offset_;
}

std::optional<ledger::RulesVersion> CatalogueStore::rules_of(const ReleasedVersion& version) {
  return ledger::RulesVersion{version.cursor, version.version, version.catalogue};
}

std::optional<ledger::RulesVersion> CatalogueStore::latest() const {
  const std::lock_guard lock(mutex_);
  return versions_.empty() ? std::nullopt : rules_of(versions_.back());
}

std::optional<ledger::RulesVersion> CatalogueStore::find(const Cursor& cursor) const {
  const std::lock_guard lock(mutex_);
  const auto at =
      std::lower_bound(versions_.begin(), versions_.end(), cursor,
                       [](const ReleasedVersion& version, const Cursor& wanted) { return version.cursor.before(wanted); });
  return at == versions_.end() || at->cursor != cursor ? std::nullopt : rules_of(*at);
}

std::shared_ptr<const shared_kernel::Catalogue> CatalogueStore::catalogue() const {
  const std::lock_guard lock(mutex_);
  return versions_.empty() ? nullptr : versions_.back().catalogue;
}

std::optional<ReleasedVersion> CatalogueStore::version(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(versions_.begin(), versions_.end(), [&](const auto& v) { return v.version == number; });
  return at == versions_.end() ? std::nullopt : std::optional(*at);
}

std::vector<ReleasedVersion> CatalogueStore::versions() const {
  const std::lock_guard lock(mutex_);
  return versions_;
}

std::optional<std::string> CatalogueStore::part(const Hash& hash) const {
  const std::lock_guard lock(mutex_);
  const auto at = parts_.find(hash);
  return at == parts_.end() ? std::nullopt : std::optional(at->second);
}

std::optional<std::uint64_t> CatalogueStore::head_seq() const {
  const std::lock_guard lock(mutex_);
  return ledger_id_ ? std::optional(head_seq_) : std::nullopt;
}

}  // namespace lienthong::catalogue
