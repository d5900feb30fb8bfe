#include "monitoring/core/reconciliation.h"

#include <algorithm>
#include <set>
#include <utility>

namespace lienthong::monitoring {

std::size_t HandoverHash::operator()(const Handover& handover) const noexcept {
  constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15;
  const std::uint64_t place = (handover.source.block_seq << 16) ^ handover.source.index;
  const std::uint64_t lane = (std::uint64_t{handover.partition} << 16) | (static_cast<std::uint64_t>(handover.reader) << 8) |
                             static_cast<std::uint64_t>(handover.source.ledger);
  return (place * kSpread) ^ (lane * (kSpread << 1 | 1));
}

std::optional<Duration> Reconciliation::meet(const Handover& handover, const OpenHandover& end) {
  const auto [it, first] = open_.try_emplace(handover, end);
  if (first) opened_.push_back(handover);
  if (first || it->second.reached == end.reached) return std::nullopt;
  const auto& other = it->second;
  const Duration passed = end.reached ? end.at - other.at : other.at - end.at;
  if (other.stored) met_.push_back(handover);
  open_.erase(it);
  return std::max(passed, Duration::zero());
}

std::optional<Duration> Reconciliation::expect(const Handover& handover, const DossierId& dossier, Instant decided_at) {
  ++totals_[{handover.reader, handover.source.ledger, handover.partition}].expected;
  return meet(handover, {dossier, decided_at, false});
}

std::optional<Duration> Reconciliation::reach(const Handover& handover, const DossierId& dossier, Instant decided_at) {
  ++totals_[{handover.reader, handover.source.ledger, handover.partition}].reached;
  return meet(handover, {dossier, decided_at, true});
}

Reconciliation::Changes Reconciliation::take_changes() {
  Changes out;
  for (const auto& handover : opened_) {
    const auto now = open_.find(handover);
    if (now == open_.end() || std::exchange(now->second.stored, true)) continue;
    out.write.emplace_back(handover, now->second);
  }
  for (const auto& handover : met_) {
    // One that was opened again has been written over.
    if (!open_.contains(handover)) out.remove.push_back(handover);
  }
  opened_.clear();
  met_.clear();
  return out;
}

void Reconciliation::put_back(const Changes& changes) {
  for (const auto& [handover, open] : changes.write) {
    if (const auto now = open_.find(handover); now != open_.end()) now->second.stored = false;
    opened_.push_back(handover);
  }
  met_.insert(met_.end(), changes.remove.begin(), changes.remove.end());
}

void Reconciliation::restore(const Handover& handover, const OpenHandover& open) {
  open_[handover] = open;
  open_[handover].stored = true;
}

std::map<Pair, PairState> evaluate(const Reconciliation& reconciliation, const std::map<Pair, ReaderPosition>& positions,
                                   const std::map<Pair, std::uint64_t>& heads) {
  std::map<Pair, PairState> out;
  for (const auto& [pair, position] : positions) out[pair];
  for (const auto& [pair, totals] : reconciliation.totals()) out[pair].totals = totals;
  std::map<Pair, std::set<std::uint64_t>> blocks;
  for (const auto& [handover, open] : reconciliation.open()) {
    const Pair pair{handover.reader, handover.source.ledger, handover.partition};
    auto& state = out[pair];
    if (open.reached) {
      const auto head = heads.find(pair);
      if (head != heads.end() && handover.source.block_seq <= head->second) ++state.unexpected;
      continue;
    }
    const auto position = positions.find(pair);
    const bool passed = position != positions.end() && position->second.passed(handover.source);
    ++(passed ? state.missing : state.waiting);
    blocks[pair].insert(handover.source.block_seq);
    if (state.oldest.micros == 0 || open.at < state.oldest) state.oldest = open.at;
  }
  for (const auto& [pair, held] : blocks) out[pair].blocks = held.size();
  return out;
}

bool complete(const std::map<Pair, PairState>& states, Instant now) {
  return std::all_of(states.begin(), states.end(), [now](const auto& entry) {
    const auto& state = entry.second;
    const bool late = state.oldest.micros != 0 && now - state.oldest > kHandoverLimit;
    return state.missing == 0 && state.unexpected == 0 && !late;
  });
}

}  // namespace lienthong::monitoring
