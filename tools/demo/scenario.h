#pragma once

#include "platform/base/result.h"
#include "shared_kernel/catalogue.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lienthong::demo {

/// One leg as a client expects it.
struct ExpectedLeg {
  std::uint32_t number = 0;  ///< From 1, as the API counts.
  std::string id;
  std::string agency;
  std::string tier;
  std::vector<std::uint32_t> after;
};

/// A kind of dossier that can be received at a desk.
struct Scenario {
  std::string home_key;
  std::string desk_agency;
  std::string procedure_code;
  std::string procedure_name;
  std::string area_code;
  std::vector<ExpectedLeg> legs;
};

/// What a demonstration needs to know of the catalogue, besides what the API tells it.
struct ScenarioSet {
  std::vector<Scenario> scenarios;    ///< Taken in turn.
  std::vector<std::string> agencies;  ///< Everybody who may get work.
  std::map<std::string, std::string> names;
  std::map<std::string, std::string> tiers;
};

/// Codes of the four procedures of the demonstration.
const std::vector<std::string>& demonstration_procedures();

/// Scenarios for every commune desk of the catalogue, procedures and desks mixed. `now`: agencies are bound as of this day.
/// Errors: kInvalidArgument when a procedure is unknown or not in force, a role is bound to nobody, or no commune receives
/// it.
Result<ScenarioSet> make_scenarios(const shared_kernel::Catalogue& catalogue, const std::vector<std::string>& procedures,
                                   Instant now);

/// Reads and checks the YAML files of a catalogue. Errors: kInvalidArgument naming file, line and reason.
Result<std::shared_ptr<const shared_kernel::Catalogue>> read_catalogue(const std::string& directory);

}  // namespace lienthong::demo
