#pragma once

#include "shared_kernel/catalogue.h"
#include "tests/unit/shared_kernel_state_office_calendar.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::test_support {

/// Procedure 1.000001 in the small catalogue: `first` at the receiving commune, then `left` and `right` in parallel at the
/// district (second choice: the reserve) and at the province, then `last` at the district, which waits for both.
inline constexpr const char* kProcedure = "1.000001";

/// One commune with the desk C01 (prefix 000.01.01.H47), district, province, reserve, state office hours.
/// Principals: `all` may do everything; `desk` what the commune may; `elsewhere` the same at the district only; `reader` may
/// read.
inline shared_kernel::CatalogueContents small_contents() {
  using namespace shared_kernel;
  CatalogueContents out;
  auto calendar = state_office_contents();
  calendar.code = "state";
  out.calendars = {calendar};
  const Validity always{make_day(2020, 1, 1), std::nullopt};
  const auto agency = [&](std::string code, std::string kind) {
    Agency made;
    made.code = std::move(code);
    made.kind = std::move(kind);
    made.validity = always;
    made.areas = {"area"};
    made.calendar = "state";
    return made;
  };
  out.agencies = {agency("COMMUNE", "commune"), agency("DISTRICT", "district"), agency("PROVINCE", "province"),
                  agency("RESERVE", "district")};
  out.agencies[0].desks = {{*HomeKey::parse("C01"), "000.01.01.H47"}};
  out.agencies[1].desks = {{*HomeKey::parse("D01"), "000.00.01.H47"}};
  out.bindings = {{"district", "area", always, {"DISTRICT", "RESERVE"}}, {"province", "area", always, {"PROVINCE"}}};
  const auto leg = [](std::string id, std::string role, std::vector<std::string> after) {
    Leg made;
    made.id = std::move(id);
    made.role = std::move(role);
    made.limit = Limit::working_days(2);
    made.after = std::move(after);
    return made;
  };
  Procedure procedure;
  procedure.code = kProcedure;
  procedure.versions.resize(2);
  auto& version = procedure.versions[0];
  version.number = 1;
  version.validity = {make_day(2024, 1, 1), make_day(2026, 6, 30)};
  version.receiving_kinds = {"commune"};
  version.total = Limit::working_days(10);
  version.legs = {leg("first", "receiver", {}), leg("left", "district", {"first"}), leg("right", "province", {"first"}),
                  leg("last", "district", {"left", "right"})};
  procedure.versions[1] = version;
  procedure.versions[1].number = 2;
  procedure.versions[1].validity = {make_day(2026, 7, 1), std::nullopt};
  procedure.versions[1].total = Limit::working_days(5);
  Procedure unbound = procedure;
  unbound.code = "1.000002";
  unbound.versions[0].legs = {leg("nobody", "ministry", {})};
  unbound.versions.resize(1);
  out.procedures = {procedure, unbound};
  ActionSet all;
  for (const auto action : kActions) all.insert(action);
  ActionSet desk = all;
  desk = ActionSet::from_bits(desk.bits() & ~(std::uint64_t{1} << static_cast<unsigned>(Action::kBackdate)));
  ActionSet read;
  read.insert(Action::kReadDossier);
  read.insert(Action::kReadRoute);
  out.principals = {{"all", {"all"}, "", {{{}, {}, all}}},
                    {"desk", {"desk"}, "COMMUNE", {{{"COMMUNE"}, {}, desk}}},
                    {"elsewhere", {"elsewhere"}, "DISTRICT", {{{"DISTRICT"}, {}, desk}}},
                    {"reader", {"reader"}, "COMMUNE", {{{"COMMUNE"}, {}, read}}}};
  return out;
}

inline std::shared_ptr<const shared_kernel::Catalogue> small_catalogue() {
  return *shared_kernel::Catalogue::make(1, small_contents());
}

}  // namespace lienthong::test_support
