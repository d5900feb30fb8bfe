#pragma once

#include "platform/base/decision.h"
#include "shared_kernel/catalogue.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace lienthong::catalogue {

/// A part must leave room for the command and the event that both carry it within one decision (128 KiB).
inline constexpr std::size_t kPartBytesMax = std::size_t{48} * 1024;
/// Together 48 MiB, above the budget of 30 MiB for a whole province.
inline constexpr std::size_t kPartsMax = 1024;

/// Entries of the catalogue's ledger, which stand where other ledgers have dossiers: drafted parts, each under the id of its
/// hash, and the catalogue itself under one fixed id.
struct NothingYet {
  bool operator==(const NothingYet&) const = default;
};
struct Part {
  Hash hash;
  bool operator==(const Part&) const = default;
};
struct Release {
  std::uint64_t version = 0;
  Hash hash;
  std::uint32_t part_count = 0;
  bool operator==(const Release&) const = default;
};
using State = std::variant<NothingYet, Part, Release>;

/// Lays a part ready. `contents` is opaque here; `hash` is its SHA-256 and `entry` the id that follows from it.
struct DraftPart {
  DossierId entry;
  Hash hash;
  std::string contents;
  bool operator==(const DraftPart&) const = default;
};
/// Puts a catalogue made of drafted parts in force. `hash` follows from the parts, `entry` is the catalogue's fixed id.
struct ReleaseCatalogue {
  DossierId entry;
  Hash hash;
  std::vector<Hash> parts;
  bool operator==(const ReleaseCatalogue&) const = default;
};
using Cause = std::variant<DraftPart, ReleaseCatalogue>;

struct PartDrafted {
  Hash hash;
  std::string contents;
  bool operator==(const PartDrafted&) const = default;
};
struct CatalogueReleased {
  std::uint64_t version = 0;
  Hash hash;
  std::vector<Hash> parts;
  bool operator==(const CatalogueReleased&) const = default;
};
using Event = std::variant<CatalogueReleased, PartDrafted>;

/// The catalogue's own decisions. They need no rules: who may import is checked where the request comes in, against the
/// catalogue in force. Whether all parts are there and make a sound catalogue is decided by the fold of the ledger
/// (CatalogueStore), because a decision sees one entry only.
struct Decider {
  using RulesType = shared_kernel::Catalogue;
  using State = catalogue::State;
  using Cause = catalogue::Cause;
  using Event = catalogue::Event;
  static constexpr std::uint32_t kLogic = 1;

  /// Repeating what is so already brings about no events.
  static Decision<Event> decide(Context& context, const RulesType* rules, const State& state, const Cause& cause);
  static void evolve(State& state, const Event& event);
  static IndexEntries index_entries(const State& state);
};

}  // namespace lienthong::catalogue
