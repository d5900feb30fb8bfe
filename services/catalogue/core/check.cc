#include "catalogue/core/check.h"

#include "catalogue/core/check_notices.h"
#include "shared_kernel/dossier_code.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace lienthong::catalogue {
namespace {

using namespace shared_kernel;

struct Message {
  std::string vi;
  std::string en;
};

/// `list[index]` or `list[index].field`
std::string at(std::string_view list, std::size_t index, std::string_view field = "") {
  std::string path(list);
  path += '[' + std::to_string(index) + ']';
  if (!field.empty()) path += '.' + std::string(field);
  return path;
}

std::string quoted(std::string_view text) { return "“" + std::string(text) + "”"; }

bool is_lower_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.front() >= 'a' && text.front() <= 'z' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

/// Mã TTHC: `D.NNNNNN`, with the province's code for a local variant, e.g. `1.000948.H38`.
bool is_procedure_code(std::string_view code) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (code.size() < 8 || code[0] < '1' || code[0] > '9' || code[1] != '.') return false;
  if (!std::all_of(code.begin() + 2, code.begin() + 8, digit)) return false;
  const auto local = code.substr(8);
  if (local.empty()) return true;
  return local.size() >= 4 && local[0] == '.' && local[1] >= 'A' && local[1] <= 'Z' &&
         std::all_of(local.begin() + 2, local.end(), [&](char c) { return digit(c) || c == '.'; });
}

class Checker {
 public:
  explicit Checker(const CatalogueContents& contents) : contents_(contents) {}

  std::vector<Finding> run() {
    collect_names();
    name_of(contents_.title, "title");
    tier_systems();
    areas();
    calendars();
    agencies();
    bindings();
    procedures();
    principals();
    intake_pauses();
    for (auto& finding : check_notices(contents_)) findings_.push_back(std::move(finding));
    return std::move(findings_);
  }

 private:
  void add(Severity severity, std::string path, Message reason, Message cure) {
    findings_.push_back(
        {severity, std::move(path), std::move(reason.vi), std::move(reason.en), std::move(cure.vi), std::move(cure.en)});
  }
  void error(std::string path, Message reason, Message cure) {
    add(Severity::kError, std::move(path), std::move(reason), std::move(cure));
  }

  void unknown(const std::string& path, const Message& kind, std::string_view code) {
    error(path, {"không có " + kind.vi + " " + quoted(code), "there is no " + kind.en + " " + quoted(code)},
          {"khai báo " + kind.vi + " này hoặc sửa mã", "define this " + kind.en + " or correct the code"});
  }
  void twice(const std::string& path, const Message& kind, std::string_view code) {
    error(path,
          {kind.vi + " " + quoted(code) + " được khai báo hai lần", "the " + kind.en + " " + quoted(code) + " stands twice"},
          {"bỏ một trong hai", "remove one of the two"});
  }

  void name_of(const Name& name, const std::string& path) {
    if (!name.vi.empty() && !name.en.empty()) return;
    error(path, {"thiếu tên tiếng Việt hoặc tiếng Anh", "the Vietnamese or the English name is missing"},
          {"ghi cả hai tên", "write both names"});
  }
  void validity(const Validity& validity, const std::string& path) {
    if (!validity.until || validity.from <= *validity.until) return;
    error(path, {"ngày kết thúc trước ngày bắt đầu", "the last day is before the first"}, {"sửa ngày", "correct the days"});
  }

  void collect_names() {
    for (const auto& area : contents_.areas) areas_.insert(area.code);
    for (const auto& calendar : contents_.calendars) calendars_.insert(calendar.code);
    for (const auto& agency : contents_.agencies) {
      agencies_.emplace(agency.code, &agency);
      kinds_.insert(agency.kind);
    }
    for (const auto& binding : contents_.bindings) {
      roles_.insert(binding.role);
      by_role_and_area_[{binding.role, binding.area}].push_back(&binding);
    }
    roles_.emplace(kReceiverRole);
    for (const auto& procedure : contents_.procedures) procedures_.insert(procedure.code);
  }

  void tier_systems() {
    for (std::size_t i = 0; i < contents_.tier_systems.size(); ++i) {
      const auto& system = contents_.tier_systems[i];
      const auto path = at("tiers", i);
      validity(system.validity, path);
      if (system.tiers.empty()) {
        error(path, {"không có cấp nào", "no tier is named"}, {"ghi ít nhất một cấp", "name at least one tier"});
      }
      for (std::size_t j = 0; j < i; ++j) {
        if (!system.validity.overlaps(contents_.tier_systems[j].validity)) continue;
        error(path, {"hai hệ thống cấp trùng thời gian", "two tier systems overlap in time"},
              {"sửa ngày", "correct the days"});
      }
    }
  }

  void areas() {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < contents_.areas.size(); ++i) {
      const auto& area = contents_.areas[i];
      const auto path = at("areas", i);
      name_of(area.name, path);
      if (!seen.insert(area.code).second) twice(path, {"địa bàn", "area"}, area.code);
    }
  }

  void calendars() {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < contents_.calendars.size(); ++i) {
      const auto& calendar = contents_.calendars[i];
      const auto path = at("calendars", i);
      name_of({calendar.name_vi, calendar.name_en}, path);
      if (!seen.insert(calendar.code).second) twice(path, {"lịch", "calendar"}, calendar.code);
      if (!WorkingCalendar::make(calendar)) {
        error(at("calendars", i, "hours"),
              {"không có giờ làm việc, hoặc các khoảng giờ trống, chồng nhau hay sai thứ tự",
               "there are no office hours, or openings are empty, overlap or are out of order"},
              {"ghi ít nhất một khoảng, theo thứ tự, giờ mở trước giờ đóng",
               "write at least one opening, in order, opening before closing"});
      }
      calendar_days(calendar, i);
    }
  }

  void calendar_days(const CalendarContents& calendar, std::size_t i) {
    std::set<LocalDay> off;
    for (std::size_t j = 0; j < calendar.holidays.size(); ++j) {
      if (!off.insert(calendar.holidays[j].day).second) {
        twice(at("calendars", i, at("holidays", j)), {"ngày nghỉ", "holiday"}, format_day(calendar.holidays[j].day));
      }
    }
    std::set<LocalDay> worked;
    for (std::size_t j = 0; j < calendar.swapped.size(); ++j) {
      const auto& swap = calendar.swapped[j];
      const auto path = at("calendars", i, at("swapped", j));
      if (!off.insert(swap.off).second) twice(path, {"ngày nghỉ", "day off"}, format_day(swap.off));
      if (!worked.insert(swap.worked).second) twice(path, {"ngày làm bù", "day worked instead"}, format_day(swap.worked));
      if (calendar.weekly[static_cast<std::size_t>(weekday_of(swap.off))].empty()) {
        error(path,
              {"ngày " + format_day(swap.off) + " vốn không phải ngày làm việc",
               format_day(swap.off) + " is no working day anyway"},
              {"chỉ hoán đổi ngày làm việc", "swap working days only"});
      }
    }
    for (std::size_t j = 0; j < calendar.swapped.size(); ++j) {
      if (!off.contains(calendar.swapped[j].worked)) continue;
      error(at("calendars", i, at("swapped", j)),
            {"ngày làm bù " + format_day(calendar.swapped[j].worked) + " lại là ngày nghỉ",
             "the day worked instead, " + format_day(calendar.swapped[j].worked) + ", is a day off itself"},
            {"chọn ngày làm bù khác hoặc bỏ ngày nghỉ", "choose another day or remove the holiday"});
    }
    if (calendar.known_until < calendar.known_from) {
      error(at("calendars", i, "known"), {"ngày kết thúc trước ngày bắt đầu", "the last day is before the first"},
            {"sửa ngày", "correct the days"});
    }
  }

  void agencies() {
    std::set<std::string_view> seen;
    std::map<std::string_view, std::string_view> keys;
    std::map<std::string_view, std::string_view> prefixes;
    for (std::size_t i = 0; i < contents_.agencies.size(); ++i) {
      const auto& agency = contents_.agencies[i];
      const auto path = at("agencies", i);
      name_of(agency.name, path);
      validity(agency.validity, path);
      if (!seen.insert(agency.code).second) twice(path, {"cơ quan", "agency"}, agency.code);
      if (!HomeKey::parse(agency.code) || agency.code.find('/') != std::string::npos) {
        error(at("agencies", i, "code"),
              {"mã cơ quan " + quoted(agency.code) + " không đúng dạng", quoted(agency.code) + " is not an agency code"},
              {"dùng 1-31 chữ hoa, chữ số, dấu chấm", "write 1 to 31 capital letters, digits or dots"});
      }
      if (!is_lower_name(agency.kind)) {
        error(at("agencies", i, "kind"), {"thiếu loại cơ quan hoặc sai dạng", "the kind is missing or malformed"},
              {"dùng chữ thường, chữ số, dấu gạch dưới", "write small letters, digits and underscores"});
      }
      if (!calendars_.contains(agency.calendar))
        unknown(at("agencies", i, "calendar"), {"lịch", "calendar"}, agency.calendar);
      agency_tier(agency, i);
      for (std::size_t j = 0; j < agency.areas.size(); ++j) {
        if (!areas_.contains(agency.areas[j]))
          unknown(at("agencies", i, at("areas", j)), {"địa bàn", "area"}, agency.areas[j]);
      }
      successors(agency, i);
      for (std::size_t j = 0; j < agency.desks.size(); ++j)
        desk(agency, at("agencies", i, at("desks", j)), agency.desks[j], keys, prefixes);
    }
  }

  void agency_tier(const Agency& agency, std::size_t i) {
    const bool known =
        std::any_of(contents_.tier_systems.begin(), contents_.tier_systems.end(), [&](const TierSystem& system) {
          return system.validity.overlaps(agency.validity) &&
                 std::find(system.tiers.begin(), system.tiers.end(), agency.tier) != system.tiers.end();
        });
    if (known) return;
    error(at("agencies", i, "tier"),
          {"không có cấp " + quoted(agency.tier) + " trong thời gian cơ quan tồn tại",
           "there is no tier " + quoted(agency.tier) + " while the agency exists"},
          {"sửa cấp, hoặc thời gian của cơ quan hay của hệ thống cấp",
           "correct the tier, or the days of the agency or of the tier system"});
  }

  void successors(const Agency& agency, std::size_t i) {
    for (std::size_t j = 0; j < agency.successors.size(); ++j) {
      const auto path = at("agencies", i, at("successors", j));
      const auto found = agencies_.find(agency.successors[j]);
      if (found == agencies_.end()) {
        unknown(path, {"cơ quan", "agency"}, agency.successors[j]);
      } else if (found->second == &agency) {
        error(path, {"cơ quan kế thừa chính nó", "the agency is its own successor"},
              {"nêu cơ quan khác", "name another agency"});
      }
    }
    if (!agency.successors.empty() && !agency.validity.until) {
      error(at("agencies", i, "successors"),
            {"có cơ quan kế thừa nhưng không có ngày kết thúc", "there are successors but no last day"},
            {"ghi ngày kết thúc", "write the last day"});
    }
  }

  void desk(const Agency& agency, const std::string& path, const HomeDesk& desk,
            std::map<std::string_view, std::string_view>& keys, std::map<std::string_view, std::string_view>& prefixes) {
    const auto key = keys.emplace(desk.key.text(), agency.code);
    if (!key.second) {
      error(path,
            {"mã đơn vị tiếp nhận " + quoted(desk.key.text()) + " đã thuộc " + quoted(key.first->second),
             "the home key " + quoted(desk.key.text()) + " belongs to " + quoted(key.first->second) + " already"},
            {"đặt một mã khác, chưa từng dùng", "give another key that was never used"});
    }
    const auto prefix = prefixes.emplace(desk.printed_prefix, desk.key.text());
    if (!prefix.second) {
      error(path,
            {"tiền tố mã hồ sơ " + quoted(desk.printed_prefix) + " đã thuộc " + quoted(prefix.first->second),
             "the code prefix " + quoted(desk.printed_prefix) + " belongs to " + quoted(prefix.first->second) + " already"},
            {"đặt cho mỗi nơi tiếp nhận một tiền tố riêng, vì mỗi nơi tự đánh số",
             "give each desk a prefix of its own, because each counts its own dossiers"});
    }
    if (!is_code_prefix(desk.printed_prefix)) {
      error(path,
            {"tiền tố mã hồ sơ " + quoted(desk.printed_prefix) + " không đúng dạng",
             quoted(desk.printed_prefix) + " is no code prefix"},
            {"dùng chữ hoa, chữ số, dấu chấm, ví dụ 000.17.22.H47",
             "write capital letters, digits and dots, for example 000.17.22.H47"});
    }
  }

  void bindings() {
    for (std::size_t i = 0; i < contents_.bindings.size(); ++i) {
      const auto& binding = contents_.bindings[i];
      const auto path = at("bindings", i);
      validity(binding.validity, path);
      if (!is_lower_name(binding.role) || binding.role == kReceiverRole) {
        error(
            at("bindings", i, "role"),
            {"vai trò " + quoted(binding.role) + " không đặt được", "the role " + quoted(binding.role) + " can't be bound"},
            {"dùng chữ thường, chữ số, dấu gạch dưới; “receiver” luôn là cơ quan tiếp nhận",
             "write small letters, digits and underscores; “receiver” is always the receiving agency"});
      }
      if (!areas_.contains(binding.area)) unknown(at("bindings", i, "area"), {"địa bàn", "area"}, binding.area);
      if (binding.candidates.empty()) {
        error(at("bindings", i, "agencies"), {"không có cơ quan nào", "no agency is named"},
              {"nêu ít nhất một cơ quan", "name at least one agency"});
      }
      for (std::size_t j = 0; j < binding.candidates.size(); ++j) {
        if (!agencies_.contains(binding.candidates[j])) {
          unknown(at("bindings", i, at("agencies", j)), {"cơ quan", "agency"}, binding.candidates[j]);
        }
      }
      for (const auto* other : by_role_and_area_.at({binding.role, binding.area})) {
        if (other == &binding) break;
        if (!other->validity.overlaps(binding.validity)) continue;
        error(path,
              {"vai trò " + quoted(binding.role) + " ở " + quoted(binding.area) + " được gán hai lần cùng thời gian",
               "the role " + quoted(binding.role) + " in " + quoted(binding.area) + " is bound twice at the same time"},
              {"gộp lại thành một danh sách hoặc sửa ngày", "make it one list, or correct the days"});
      }
    }
  }

  void procedures() {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < contents_.procedures.size(); ++i) {
      const auto& procedure = contents_.procedures[i];
      const auto path = at("procedures", i);
      name_of(procedure.name, path);
      if (!seen.insert(procedure.code).second) twice(path, {"thủ tục", "procedure"}, procedure.code);
      if (!is_procedure_code(procedure.code)) {
        error(
            at("procedures", i, "code"),
            {"mã thủ tục " + quoted(procedure.code) + " không đúng dạng", quoted(procedure.code) + " is no procedure code"},
            {"ghi như 2.002622 hoặc 1.000948.H38", "write it as 2.002622 or 1.000948.H38"});
      }
      if (procedure.versions.empty()) {
        error(path, {"không có phiên bản nào", "there is no version"},
              {"ghi ít nhất một phiên bản", "write at least one version"});
      }
      for (std::size_t j = 0; j < procedure.versions.size(); ++j) version(procedure, i, j);
    }
  }

  void version(const Procedure& procedure, std::size_t i, std::size_t j) {
    const auto& version = procedure.versions[j];
    const auto path = at("procedures", i, at("versions", j));
    const std::size_t found_before = findings_.size();
    validity(version.validity, path);
    if (version.number == 0) {
      error(path + ".number", {"số phiên bản phải từ 1", "version numbers start at 1"}, {"đánh số từ 1", "number from 1"});
    }
    for (std::size_t k = 0; k < j; ++k) {
      const auto& other = procedure.versions[k];
      if (other.number == version.number) twice(path + ".number", {"phiên bản", "version"}, std::to_string(version.number));
      if (!other.validity.overlaps(version.validity)) continue;
      error(
          path,
          {"phiên bản " + std::to_string(version.number) + " trùng thời gian với phiên bản " + std::to_string(other.number),
           "version " + std::to_string(version.number) + " overlaps version " + std::to_string(other.number)},
          {"kết thúc phiên bản cũ trước ngày phiên bản mới bắt đầu", "end the older one before the newer one begins"});
    }
    if (version.receiving_kinds.empty()) {
      error(path + ".received_by", {"không nêu loại cơ quan tiếp nhận", "no kind of receiving agency is named"},
            {"nêu ít nhất một loại", "name at least one kind"});
    }
    for (std::size_t k = 0; k < version.receiving_kinds.size(); ++k) {
      if (!kinds_.contains(version.receiving_kinds[k])) {
        unknown(path + '.' + at("received_by", k), {"loại cơ quan", "kind of agency"}, version.receiving_kinds[k]);
      }
    }
    limit(version.total, path + ".total");
    legs(version, path);
    // A sum over legs or limits that are wrong themselves says nothing.
    if (findings_.size() == found_before) sum(version, path);
  }

  void limit(const Limit& limit, const std::string& path) {
    const bool valid = limit.unit == LimitUnit::kSameDay ? limit.amount >= 0 && limit.amount < kMinutesPerDay
                                                         : limit.amount > 0 && limit.amount <= 3650 * kMinutesPerDay;
    if (valid) return;
    error(path, {"thời hạn phải lớn hơn 0 và không quá mười năm", "a limit is more than 0 and at most ten years"},
          {"sửa thời hạn", "correct the limit"});
  }

  void legs(const ProcedureVersion& version, const std::string& path) {
    if (version.legs.empty()) {
      error(path + ".legs", {"không có chặng nào", "there is no leg"}, {"ghi ít nhất một chặng", "write at least one leg"});
      return;
    }
    std::set<std::string_view> ids;
    for (const auto& leg : version.legs) ids.insert(leg.id);
    std::set<std::string_view> seen;
    for (std::size_t k = 0; k < version.legs.size(); ++k) {
      const auto& leg = version.legs[k];
      const auto leg_path = path + '.' + at("legs", k);
      name_of(leg.name, leg_path);
      if (!is_lower_name(leg.id)) {
        error(leg_path + ".id", {"mã chặng " + quoted(leg.id) + " không đúng dạng", quoted(leg.id) + " is no leg id"},
              {"dùng chữ thường, chữ số, dấu gạch dưới", "write small letters, digits and underscores"});
      }
      if (!seen.insert(leg.id).second) twice(leg_path, {"chặng", "leg"}, leg.id);
      if (!roles_.contains(leg.role)) unknown(leg_path + ".role", {"vai trò", "role"}, leg.role);
      limit(leg.limit, leg_path + ".limit");
      for (std::size_t n = 0; n < leg.after.size(); ++n) {
        if (!ids.contains(leg.after[n])) unknown(leg_path + '.' + at("after", n), {"chặng", "leg"}, leg.after[n]);
      }
    }
    receivers_reach_roles(version, path);
    circle(version, path);
  }

  /// Every desk that may receive the procedure must find somebody for every role, on every day the version is in force.
  void receivers_reach_roles(const ProcedureVersion& version, const std::string& path) {
    for (std::size_t k = 0; k < version.legs.size(); ++k) {
      const auto& role = version.legs[k].role;
      if (role == kReceiverRole || !roles_.contains(role)) continue;
      for (const auto& agency : contents_.agencies) {
        if (agency.desks.empty() || !version.may_be_received_by(agency) || !agency.validity.overlaps(version.validity))
          continue;
        const auto day = day_without_anybody(agency, role, version.validity);
        if (!day) continue;
        error(path + '.' + at("legs", k, "role"),
              {"không cơ quan nào giữ vai trò " + quoted(role) + " cho hồ sơ nhận tại " + quoted(agency.code) + " ngày " +
                   format_day(*day),
               "nobody takes the role " + quoted(role) + " for dossiers received at " + quoted(agency.code) + " on " +
                   format_day(*day)},
              {"gán vai trò này cho một địa bàn của nơi tiếp nhận, cho cả thời gian hiệu lực",
               "bind the role for an area of the receiving agency, for the whole time"});
      }
    }
  }

  /// The first day of `during` (while the agency exists) on which the role is bound to nobody; who is bound changes only
  /// where a binding or a candidate begins or ends.
  std::optional<LocalDay> day_without_anybody(const Agency& agency, std::string_view role, const Validity& during) const {
    const LocalDay first = std::max(during.from, agency.validity.from);
    std::set<LocalDay> changes = {first};
    const auto note = [&](const Validity& validity) {
      changes.insert(validity.from);
      if (validity.until) changes.insert(*validity.until + 1);
    };
    for (const auto* binding : bindings_of(agency, role)) {
      note(binding->validity);
      for (const auto& code : binding->candidates) {
        if (const auto found = agencies_.find(code); found != agencies_.end()) note(found->second->validity);
      }
    }
    for (const LocalDay day : changes) {
      if (day < first || !during.contains(day) || !agency.validity.contains(day)) continue;
      if (!is_bound(agency, role, day)) return day;
    }
    return std::nullopt;
  }

  std::vector<const RoleBinding*> bindings_of(const Agency& agency, std::string_view role) const {
    std::vector<const RoleBinding*> out;
    for (const auto& area : agency.areas) {
      const auto found = by_role_and_area_.find({role, area});
      if (found != by_role_and_area_.end()) out.insert(out.end(), found->second.begin(), found->second.end());
    }
    return out;
  }

  bool is_bound(const Agency& agency, std::string_view role, LocalDay day) const {
    for (const auto* binding : bindings_of(agency, role)) {
      if (!binding->validity.contains(day)) continue;
      return std::any_of(binding->candidates.begin(), binding->candidates.end(), [&](const std::string& code) {
        const auto found = agencies_.find(code);
        return found == agencies_.end() || found->second->validity.contains(day);
      });
    }
    return false;
  }

  /// When each leg would end if all took their whole limit, in working minutes; legs in a circle are left out.
  static std::map<std::string_view, std::int64_t> ends(const ProcedureVersion& version) {
    std::map<std::string_view, std::int64_t> ends;
    std::size_t settled_before = 0;
    do {
      settled_before = ends.size();
      for (const auto& leg : version.legs) {
        std::int64_t start = 0;
        const bool ready = std::all_of(leg.after.begin(), leg.after.end(), [&](const std::string& id) {
          const auto found = ends.find(id);
          if (found != ends.end()) start = std::max(start, found->second);
          return found != ends.end() || version.leg(id) == nullptr;
        });
        if (ready) ends.emplace(leg.id, start + in_working_minutes(leg.limit).value_or(0));
      }
    } while (ends.size() != settled_before);
    return ends;
  }

  void circle(const ProcedureVersion& version, const std::string& path) {
    const auto settled = ends(version);
    for (std::size_t k = 0; k < version.legs.size(); ++k) {
      const auto& leg = version.legs[k];
      if (settled.contains(leg.id)) continue;
      error(path + '.' + at("legs", k, "after"),
            {"chặng " + quoted(leg.id) + " chờ chính nó theo vòng",
             "the leg " + quoted(leg.id) + " waits for itself in a circle"},
            {"bỏ một tham chiếu “after”", "remove one “after”"});
      return;
    }
  }

  /// A same-day leg counts as a day; calendar days do not add up with working time.
  void sum(const ProcedureVersion& version, const std::string& path) {
    const auto total = in_working_minutes(version.total);
    const bool comparable = total && std::all_of(version.legs.begin(), version.legs.end(),
                                                 [](const Leg& leg) { return in_working_minutes(leg.limit).has_value(); });
    std::int64_t last = 0;
    for (const auto& [id, end] : ends(version)) last = std::max(last, end);
    if (!comparable || last == *total) return;
    const Limit steps{LimitUnit::kWorkingDays, last};
    add(Severity::kWarning, path + ".total",
        {"tổng các chặng nối tiếp là " + vietnamese_text(steps) + ", khác thời hạn chung " + vietnamese_text(version.total),
         "the legs in sequence add up to " + english_text(steps) + ", the total is " + english_text(version.total)},
        {"không bắt buộc sửa: ngày hẹn luôn tính theo thời hạn chung",
         "nothing must be done: the appointment always follows the total"});
  }
  static std::optional<std::int64_t> in_working_minutes(const Limit& limit) {
    switch (limit.unit) {
      case LimitUnit::kWorkingDays:
      case LimitUnit::kWorkingHours: return limit.amount;
      case LimitUnit::kSameDay: return kMinutesPerWorkingDay;
      case LimitUnit::kCalendarDays: return std::nullopt;
    }
    return std::nullopt;
  }

  void intake_pauses() {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < contents_.intake_pauses.size(); ++i) {
      const auto& pause = contents_.intake_pauses[i];
      if (!agencies_.contains(pause.agency)) {
        unknown(at("intake_pauses", i, "agency"), {"cơ quan", "agency"}, pause.agency);
      }
      if (!seen.insert(pause.agency).second) {
        error(at("intake_pauses", i, "agency"),
              {"cơ quan " + quoted(pause.agency) + " bị tạm dừng hai lần",
               "the agency " + quoted(pause.agency) + " is paused twice"},
              {"nêu mỗi cơ quan một lần", "name each agency once"});
      }
      if (pause.reason_code.empty() || pause.since.micros <= 0) {
        error(at("intake_pauses", i, "reason_code"), {"thiếu lý do hoặc thời điểm", "the reason or the time is missing"},
              {"nêu lý do, ví dụ SYSTEM_UPGRADE", "give a reason, e.g. SYSTEM_UPGRADE"});
      }
    }
  }

  void principals() {
    std::set<std::string_view> seen;
    std::map<std::string_view, std::string_view> certificates;
    for (std::size_t i = 0; i < contents_.principals.size(); ++i) {
      const auto& principal = contents_.principals[i];
      const auto path = at("principals", i);
      if (principal.id.empty() || principal.id.size() > 64) {
        error(path, {"thiếu mã chủ thể hoặc dài quá 64 byte", "the id is missing or longer than 64 bytes"},
              {"đặt mã ngắn hơn", "give a shorter id"});
      }
      if (!seen.insert(principal.id).second) twice(path, {"chủ thể", "principal"}, principal.id);
      if (principal.certificate_names.empty()) {
        error(path, {"không có tên chứng thư", "there is no certificate name"},
              {"nêu ít nhất một tên", "name at least one"});
      }
      for (const auto& name : principal.certificate_names) {
        const auto added = certificates.emplace(name, principal.id);
        if (added.second) continue;
        error(at("principals", i, "certificates"),
              {"tên chứng thư " + quoted(name) + " đã thuộc " + quoted(added.first->second),
               "the certificate name " + quoted(name) + " belongs to " + quoted(added.first->second) + " already"},
              {"cấp cho mỗi chủ thể chứng thư riêng", "give each principal certificates of its own"});
      }
      if (!principal.agency.empty() && !agencies_.contains(principal.agency)) {
        unknown(at("principals", i, "agency"), {"cơ quan", "agency"}, principal.agency);
      }
      for (std::size_t j = 0; j < principal.grants.size(); ++j)
        grant(principal.grants[j], at("principals", i, at("grants", j)));
    }
    somebody_may_import();
  }

  void somebody_may_import() {
    const bool somebody = std::any_of(
        contents_.principals.begin(), contents_.principals.end(),
        [](const Principal& principal) { return Catalogue::allows(principal, Action::kImportCatalogue, "", ""); });
    if (somebody) return;
    error("principals", {"không ai được nạp danh mục tiếp theo", "nobody may import the next catalogue"},
          {"cấp catalogue.import (agencies: any, procedures: any) cho ít nhất một chủ thể",
           "grant catalogue.import (agencies: any, procedures: any) to at least one principal"});
  }

  void grant(const Grant& grant, const std::string& path) {
    if (grant.actions.empty()) {
      error(path + ".actions", {"không nêu hành động", "no action is named"},
            {"nêu ít nhất một hành động", "name at least one action"});
    }
    for (std::size_t k = 0; k < grant.agencies.size(); ++k) {
      if (!agencies_.contains(grant.agencies[k]))
        unknown(path + '.' + at("agencies", k), {"cơ quan", "agency"}, grant.agencies[k]);
    }
    for (std::size_t k = 0; k < grant.procedures.size(); ++k) {
      if (!procedures_.contains(grant.procedures[k]))
        unknown(path + '.' + at("procedures", k), {"thủ tục", "procedure"}, grant.procedures[k]);
    }
  }

  const CatalogueContents& contents_;
  std::vector<Finding> findings_;
  std::set<std::string_view> areas_;
  std::set<std::string_view> calendars_;
  std::map<std::string_view, const Agency*> agencies_;
  std::set<std::string_view> kinds_;
  std::set<std::string, std::less<>> roles_;
  std::map<std::pair<std::string_view, std::string_view>, std::vector<const RoleBinding*>> by_role_and_area_;
  std::set<std::string_view> procedures_;
};

}  // namespace

std::vector<Finding> check(const CatalogueContents& contents) { return Checker(contents).run(); }

std::vector<Finding> check_succession(const CatalogueContents& before, const CatalogueContents& contents) {
  std::vector<Finding> findings;
  const auto gone = [&](std::string path, const Message& what) {
    findings.push_back({Severity::kError, std::move(path), what.vi, what.en,
                        "giữ lại mục này; nếu đã hết hiệu lực, ghi ngày kết thúc",
                        "keep the entry; if it has ended, write its last day"});
  };
  std::map<std::string_view, const Agency*> agencies;
  for (const auto& agency : contents.agencies) agencies.emplace(agency.code, &agency);
  for (const auto& old : before.agencies) {
    const auto found = agencies.find(old.code);
    if (found == agencies.end()) {
      gone("agencies",
           {"cơ quan " + quoted(old.code) + " không còn trong danh mục", "the agency " + quoted(old.code) + " is gone"});
      continue;
    }
    for (const auto& desk : old.desks) {
      const auto& desks = found->second->desks;
      if (std::find(desks.begin(), desks.end(), desk) != desks.end()) continue;
      gone(
          "agencies",
          {"nơi tiếp nhận " + quoted(desk.key.text()) + " của " + quoted(old.code) + " không còn, hoặc đổi tiền tố mã hồ sơ",
           "the desk " + quoted(desk.key.text()) + " of " + quoted(old.code) + " is gone or has another code prefix"});
    }
  }
  std::set<std::pair<std::string_view, std::uint32_t>> versions;
  for (const auto& procedure : contents.procedures) {
    for (const auto& version : procedure.versions) versions.emplace(procedure.code, version.number);
  }
  for (const auto& old : before.procedures) {
    for (const auto& version : old.versions) {
      if (versions.contains({old.code, version.number})) continue;
      const auto number = std::to_string(version.number);
      gone("procedures",
           {"phiên bản " + number + " của thủ tục " + quoted(old.code) + " không còn, nhưng hồ sơ có thể còn theo nó",
            "version " + number + " of procedure " + quoted(old.code) + " is gone, but dossiers may still follow it"});
    }
  }
  for (auto& finding : check_notice_succession(before, contents)) findings.push_back(std::move(finding));
  return findings;
}

bool has_error(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& f) { return f.severity == Severity::kError; });
}

}  // namespace lienthong::catalogue
