#include "simulation/mutants.h"

namespace lienthong::simulation {

const std::vector<std::string>& mutant_names() {
  static const std::vector<std::string> none;
  return none;
}
bool choose_mutant(const std::string&) { return false; }
ServiceMutant service_mutant() { return ServiceMutant::kNone; }
void start_of_world() {}

}  // namespace lienthong::simulation
