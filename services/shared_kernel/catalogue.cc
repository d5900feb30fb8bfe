#include "shared_kernel/catalogue.h"

#include <algorithm>

namespace lienthong::shared_kernel {
namespace {

template <class List>
bool holds(const List& list, std::string_view wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool covers(const std::vector<std::string>& restriction, std::string_view asked) {
  return restriction.empty() || (!asked.empty() && holds(restriction, asked));
}

template <class Map>
auto find_pointer(const Map& map, std::string_view key) -> typename Map::mapped_type {
  const auto at = map.find(key);
  return at == map.end() ? nullptr : at->second;
}

tl::unexpected<Error> doubled(std::string what, std::string_view code) {
  return malformed("the catalogue has two entries for " + std::move(what) + ' ' + std::string(code));
}

}  // namespace

const Leg* ProcedureVersion::leg(std::string_view id) const {
  const auto at = std::find_if(legs.begin(), legs.end(), [&](const Leg& leg) { return leg.id == id; });
  return at == legs.end() ? nullptr : &*at;
}

bool ProcedureVersion::may_be_received_by(const Agency& agency) const { return holds(receiving_kinds, agency.kind); }

Result<std::shared_ptr<const Catalogue>> Catalogue::make(std::uint64_t version, CatalogueContents contents) {
  std::shared_ptr<Catalogue> catalogue(new Catalogue(version, std::move(contents)));
  if (auto indexed = catalogue->index(); !indexed) return failure(indexed.error());
  return std::shared_ptr<const Catalogue>(std::move(catalogue));
}

std::string Catalogue::binding_key(std::string_view role, std::string_view area) {
  std::string key(role);
  key += '\n';
  key += area;
  return key;
}

Result<void> Catalogue::index() {
  for (const auto& contents : contents_.calendars) {
    auto calendar = WorkingCalendar::make(contents);
    if (!calendar) return failure(calendar.error());
    if (!calendars_.emplace(contents.code, *std::move(calendar)).second) return doubled("calendar", contents.code);
  }
  for (const auto& procedure : contents_.procedures) {
    if (!procedures_.emplace(procedure.code, &procedure).second) return doubled("procedure", procedure.code);
  }
  for (const auto& agency : contents_.agencies) {
    if (!agencies_.emplace(agency.code, &agency).second) return doubled("agency", agency.code);
    const auto calendar = calendars_.find(agency.calendar);
    if (calendar == calendars_.end())
      return malformed("agency " + agency.code + " has the unknown calendar " + agency.calendar);
    calendar_by_agency_.emplace(agency.code, &calendar->second);
    for (const auto& desk : agency.desks) {
      if (!homes_.emplace(desk.key.text(), Home{&agency, &desk}).second) return doubled("home key", desk.key.text());
      if (!prefixes_.emplace(desk.printed_prefix, Home{&agency, &desk}).second) {
        return doubled("printed prefix", desk.printed_prefix);
      }
    }
  }
  for (const auto& binding : contents_.bindings) bindings_[binding_key(binding.role, binding.area)].push_back(&binding);
  for (const auto& principal : contents_.principals) {
    if (!principals_.emplace(principal.id, &principal).second) return doubled("principal", principal.id);
    for (const auto& name : principal.certificate_names) {
      if (!certificates_.emplace(name, &principal).second) return doubled("certificate name", name);
    }
  }
  return {};
}

std::optional<ProcedureInForce> Catalogue::procedure(std::string_view code, Instant received) const {
  const Procedure* found = procedure(code);
  if (found == nullptr) return std::nullopt;
  for (const auto& version : found->versions) {
    if (version.validity.contains(day_of(received))) return ProcedureInForce{found, &version};
  }
  return std::nullopt;
}

std::optional<ProcedureInForce> Catalogue::procedure_version(std::string_view code, std::uint32_t number) const {
  const Procedure* found = procedure(code);
  if (found == nullptr) return std::nullopt;
  for (const auto& version : found->versions) {
    if (version.number == number) return ProcedureInForce{found, &version};
  }
  return std::nullopt;
}

const Procedure* Catalogue::procedure(std::string_view code) const { return find_pointer(procedures_, code); }
const Agency* Catalogue::agency(std::string_view code) const { return find_pointer(agencies_, code); }
bool Catalogue::intake_paused(std::string_view agency) const {
  // There are none on most days, and never many.
  return std::any_of(contents_.intake_pauses.begin(), contents_.intake_pauses.end(),
                     [&](const IntakePause& pause) { return pause.agency == agency; });
}
const Principal* Catalogue::principal(std::string_view id) const { return find_pointer(principals_, id); }
const Principal* Catalogue::principal_by_certificate(std::string_view name) const {
  return find_pointer(certificates_, name);
}

std::vector<const Agency*> Catalogue::bind(std::string_view role, const Agency& receiver, LocalDay day) const {
  if (role == kReceiverRole) return {&receiver};
  for (const auto& area : receiver.areas) {
    const auto at = bindings_.find(binding_key(role, area));
    if (at == bindings_.end()) continue;
    for (const auto* binding : at->second) {
      if (!binding->validity.contains(day)) continue;
      std::vector<const Agency*> candidates;
      for (const auto& code : binding->candidates) {
        const Agency* candidate = agency(code);
        if (candidate != nullptr && candidate->validity.contains(day)) candidates.push_back(candidate);
      }
      return candidates;
    }
  }
  return {};
}

const WorkingCalendar& Catalogue::calendar_of(const Agency& agency) const { return *calendar_by_agency_.at(agency.code); }

std::optional<Catalogue::Home> Catalogue::home(const HomeKey& key) const {
  const auto at = homes_.find(key.text());
  return at == homes_.end() ? std::nullopt : std::optional(at->second);
}

std::optional<Catalogue::Home> Catalogue::home_by_printed_prefix(std::string_view prefix) const {
  const auto at = prefixes_.find(prefix);
  return at == prefixes_.end() ? std::nullopt : std::optional(at->second);
}

bool Catalogue::allows(const Principal& principal, Action action, std::string_view agency, std::string_view procedure) {
  return std::any_of(principal.grants.begin(), principal.grants.end(), [&](const Grant& grant) {
    return grant.actions.contains(action) && covers(grant.agencies, agency) && covers(grant.procedures, procedure);
  });
}

bool Catalogue::allows_some_procedure(const Principal& principal, Action action, std::string_view agency) {
  return std::any_of(principal.grants.begin(), principal.grants.end(),
                     [&](const Grant& grant) { return grant.actions.contains(action) && covers(grant.agencies, agency); });
}

}  // namespace lienthong::shared_kernel
