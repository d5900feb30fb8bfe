#include "ledger_mutation/mutant.h"

#include <algorithm>

namespace lienthong::ledger {

Mutant mutant_switch = Mutant::kNone;

MutantMemory& mutant_memory() {
  thread_local MutantMemory memory;
  return memory;
}

v1::Leaf first_decision_of(std::string_view cause, v1::Leaf leaf) {
  const auto [it, fresh] = mutant_memory().leaves.try_emplace(std::string(cause), leaf);
  if (fresh) return leaf;
  v1::Leaf old = it->second;
  old.set_dossier_seq(leaf.dossier_seq());
  old.set_dossier_prev(leaf.dossier_prev());
  return old;
}

std::uint64_t outside_number(std::string_view key, std::uint64_t) { return ++mutant_memory().numbers[std::string(key)]; }

}  // namespace lienthong::ledger
