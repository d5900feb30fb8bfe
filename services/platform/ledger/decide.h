#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/decision.h"
#include "platform/ledger/fold.h"
#include "platform/ledger/machine.h"

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace lienthong::ledger {

/// Largest encoded decision (ledger.md 1).
inline constexpr std::size_t kLeafBytesMax = 128 * 1024;

/// Running numbers as a block under construction sees them: the fold's, overlaid by those allotted since.
class NumberScratch {
 public:
  explicit NumberScratch(const std::map<std::string, std::uint64_t, std::less<>>& folded) : folded_(&folded) {}
  std::uint64_t current(std::string_view key) const;
  void set(std::string_view key, std::uint64_t value) { changed_[std::string(key)] = value; }
  const std::map<std::string, std::uint64_t, std::less<>>& changed() const { return changed_; }

 private:
  const std::map<std::string, std::uint64_t, std::less<>>* folded_;
  std::map<std::string, std::uint64_t, std::less<>> changed_;
};

/// Everything a decision is taken from, besides the dossier's value.
struct DecisionArguments {
  LedgerId ledger_id;
  DossierId dossier;
  Instant decided_at;
  Salt salt;
  const Rules* rules = nullptr;
  /// An input arrives as `Cause.input`; the decision itself says whether it is taken, queued or parked.
  v1::Cause cause;
  /// The source's leaf for an input or drain; null when it can't be decoded (then it is parked).
  const v1::Leaf* source = nullptr;
  std::vector<v1::SealedPart> sealed = {};
  std::string traceparent = {};
  /// False while the clock is not trusted: no number of a new key is opened.
  bool may_open_numbers = true;
  /// Set: the input is parked (the command refused) unread, for this reason.
  std::string poison = {};
};

/// The cause has lost its object (an old timer, an outcome known already): nothing happens.
struct Dropped {};
using DecisionResult = std::variant<v1::Leaf, Error, Dropped>;

/// Takes one decision. Pure: used by the lane and, with recorded causes and salts, by `ltctl ledger verify` (B3).
/// The result is a leaf to be recorded, or the refusal of a command, or nothing. Numbers are allotted only with a leaf.
DecisionResult decide_leaf(const Machine& machine, const v1::DossierValue& value, DecisionArguments arguments,
                           NumberScratch& numbers);

}  // namespace lienthong::ledger
