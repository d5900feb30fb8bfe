#pragma once

#include <string>
#include <vector>

namespace lienthong::simulation {

/// The seeded faults this build can switch on; none but in the mutant build.
const std::vector<std::string>& mutant_names();
/// False: no such fault in this build.
bool choose_mutant(const std::string& name);
/// Faults of a service instead of the ledger under it; one of them may be chosen.
enum class ServiceMutant { kNone, kBagToldTwice, kScanOrderByArrival };
ServiceMutant service_mutant();
/// Forgets what a fault remembered of the last world of this thread.
void start_of_world();

}  // namespace lienthong::simulation
