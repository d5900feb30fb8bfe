#pragma once

#include "platform/base/decision.h"
#include "platform/base/position.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace lienthong::ledger {

/// A release of the catalogue and where it stands in the catalogue's ledger (behind its Released leaf).
struct RulesVersion {
  Cursor cursor;
  std::uint64_t version = 0;
  std::shared_ptr<const Rules> rules;
};

/// Every release this process has folded so far.
/// Thread-safety: any thread.
class RulesStore {
 public:
  virtual ~RulesStore() = default;
  /// Nothing while no release has been folded.
  virtual std::optional<RulesVersion> latest() const = 0;
  /// The release at exactly this cursor. Nothing: not folded yet; a cursor of another hash is never found.
  virtual std::optional<RulesVersion> find(const Cursor& cursor) const = 0;
};

}  // namespace lienthong::ledger
