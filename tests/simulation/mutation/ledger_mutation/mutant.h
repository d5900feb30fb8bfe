#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/ledger/mutant_names.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace lienthong::ledger {

/// The fault that is switched on in this run of the mutant simulation; no other build has this symbol.
extern Mutant mutant_switch;
inline bool mutant(Mutant which) { return mutant_switch == which; }

/// Memory of two faults, per world.
struct MutantMemory {
  std::map<std::string, v1::Leaf, std::less<>> leaves;
  std::map<std::string, std::uint64_t, std::less<>> numbers;
};
MutantMemory& mutant_memory();

/// The fault "void block re-numbered without deciding again": the first decision of a cause, with today's place in the
/// chain.
v1::Leaf first_decision_of(std::string_view cause, v1::Leaf leaf);
/// The fault "counter outside of the block": numbers come from a store of their own.
std::uint64_t outside_number(std::string_view key, std::uint64_t number);

}  // namespace lienthong::ledger
