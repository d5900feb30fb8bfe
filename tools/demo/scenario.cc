#include "tools/demo/scenario.h"

#include "catalogue/adapters/catalogue_yaml.h"

#include <algorithm>
#include <set>
#include <utility>

namespace lienthong::demo {
namespace {

using shared_kernel::Agency;
using shared_kernel::Catalogue;
using shared_kernel::Leg;
using shared_kernel::ProcedureInForce;

constexpr std::string_view kCommuneTier = "commune";

tl::unexpected<Error> unusable(const std::string& vi, const std::string& en) {
  return failure({ErrorCode::kInvalidArgument, "CATALOGUE_UNUSABLE", vi + "; hãy sửa danh mục hoặc chọn thủ tục khác.",
                  en + "; correct the catalogue or choose another procedure."});
}

std::uint32_t number_of(const std::vector<Leg>& legs, const std::string& id) {
  const auto found = std::find_if(legs.begin(), legs.end(), [&id](const Leg& leg) { return leg.id == id; });
  return static_cast<std::uint32_t>(found - legs.begin()) + 1;
}

Result<Scenario> make_scenario(const Catalogue& catalogue, const ProcedureInForce& procedure, const Agency& receiver,
                               const shared_kernel::HomeDesk& desk, Instant now) {
  Scenario scenario;
  scenario.home_key = desk.key.text();
  scenario.desk_agency = receiver.code;
  scenario.procedure_code = procedure.procedure->code;
  scenario.procedure_name = procedure.procedure->name.vi;
  scenario.area_code = receiver.areas.empty() ? "" : receiver.areas.front();
  const auto& legs = procedure.version->legs;
  for (const auto& leg : legs) {
    const Agency* agency = &receiver;
    if (leg.role != shared_kernel::kReceiverRole) {
      const auto bound = catalogue.bind(leg.role, receiver, shared_kernel::day_of(now));
      if (bound.empty())
        return unusable("Vai trò " + leg.role + " chưa có cơ quan tại " + receiver.code,
                        "Role " + leg.role + " is bound to nobody at " + receiver.code);
      agency = bound.front();
    }
    ExpectedLeg expected{number_of(legs, leg.id), leg.id, agency->code, agency->tier, {}};
    for (const auto& before : leg.after) expected.after.push_back(number_of(legs, before));
    scenario.legs.push_back(std::move(expected));
  }
  return scenario;
}

}  // namespace

const std::vector<std::string>& demonstration_procedures() {
  static const std::vector<std::string> kProcedures = {"2.002622", "2.002621", "1.001776", "2.000635"};
  return kProcedures;
}

Result<ScenarioSet> make_scenarios(const Catalogue& catalogue, const std::vector<std::string>& procedures, Instant now) {
  ScenarioSet set;
  std::set<std::string> agencies;
  for (const auto& agency : catalogue.contents().agencies) {
    set.names[agency.code] = agency.name.vi;
    set.tiers[agency.code] = agency.tier;
    agencies.insert(agency.code);
    if (agency.tier != kCommuneTier) continue;
    for (const auto& desk : agency.desks) {
      for (const auto& code : procedures) {
        const auto procedure = catalogue.procedure(code, now);
        if (!procedure) return unusable("Thủ tục " + code + " không có hiệu lực", "Procedure " + code + " is not in force");
        if (!procedure->version->may_be_received_by(agency)) continue;
        auto scenario = make_scenario(catalogue, *procedure, agency, desk, now);
        if (!scenario) return failure(scenario.error());
        set.scenarios.push_back(*std::move(scenario));
      }
    }
  }
  if (set.scenarios.empty())
    return unusable("Không xã nào tiếp nhận các thủ tục này", "No commune receives these procedures");
  set.agencies.assign(agencies.begin(), agencies.end());
  return set;
}

Result<std::shared_ptr<const Catalogue>> read_catalogue(const std::string& directory) {
  auto reading = catalogue::read_catalogue_directory(directory);
  if (!reading.importable()) {
    Error error{ErrorCode::kInvalidArgument, "CATALOGUE_INVALID", {}, {}};
    for (const auto& fault : reading.faults) {
      if (fault.finding.severity != catalogue::Severity::kError) continue;
      error.message_vi += (error.message_vi.empty() ? "" : "\n") + catalogue::vietnamese_line(fault);
      error.message_en += (error.message_en.empty() ? "" : "\n") + catalogue::english_line(fault);
    }
    return failure(std::move(error));
  }
  return Catalogue::make(1, std::move(reading.contents));
}

}  // namespace lienthong::demo
