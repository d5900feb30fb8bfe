#include "catalogue/adapters/catalogue_yaml.h"

#include "shared_kernel/dossier_code.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <tuple>

namespace lienthong::catalogue {
namespace {

using namespace shared_kernel;

constexpr std::int32_t kHolidayDaysMax = 31;
constexpr std::array<const char*, 7> kWeekdays = {"monday", "tuesday",  "wednesday", "thursday",
                                                  "friday", "saturday", "sunday"};

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if (static_cast<std::uint8_t>(text[i + k]) >> 6 != 2) return false;
    }
    i += length;
  }
  return true;
}

/// Reads `0.25` as a number of `unit`s; nothing unless it comes out whole.
std::optional<std::int64_t> whole(std::string_view text, std::int64_t unit) {
  std::int64_t value = 0;
  std::int64_t scale = 1;
  bool point = false;
  bool digits = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9' && scale <= 1000 && value < 1'000'000) {
      value = value * 10 + (c - '0');
      if (point) scale *= 10;
      digits = true;
    } else {
      return std::nullopt;
    }
  }
  if (!digits || value * unit % scale != 0) return std::nullopt;
  return value * unit / scale;
}

/// Makes one principal for every agency of certain kinds: id and certificate name `agency-<code in small letters>`.
struct AgencyBackends {
  std::string path;
  std::vector<std::string> kinds;
  Grant grant;  ///< For the agency itself.
};

std::string backend_id(std::string_view agency_code) {
  std::string id = "agency-";
  for (const char c : agency_code) id.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  return id;
}

class Reader {
 public:
  void file(const std::string& name, const std::string& text) {
    file_ = name;
    if (!is_utf8(text)) {
      incomplete_ = true;
      fault(0, {"tệp không phải UTF-8", "the file is not UTF-8"}, {"lưu tệp dạng UTF-8", "save it as UTF-8"});
      return;
    }
    try {
      const YAML::Node root = YAML::Load(text);
      if (root.IsNull()) return;
      sections(root);
    } catch (const YAML::Exception& e) {
      incomplete_ = true;
      fault(e.mark.is_null() ? 0 : static_cast<std::size_t>(e.mark.line) + 1,
            {"YAML không đọc được: " + e.msg, "not readable as YAML: " + e.msg},
            {"sửa cú pháp tại dòng này", "correct the syntax at this line"});
    }
  }

  void missing_file(const std::string& name, const std::string& vi, const std::string& en) {
    file_ = name;
    incomplete_ = true;
    fault(0, {vi, en}, {"kiểm tra đường dẫn và quyền đọc", "check the path and the permission to read"});
  }

  Reading finish() {
    expand_backends();
    if (!incomplete_) {
      const std::vector<Fault> read = faults_;
      for (auto& finding : check(contents_)) place(std::move(finding), read);
    }
    std::stable_sort(faults_.begin(), faults_.end(),
                     [](const Fault& a, const Fault& b) { return std::tie(a.file, a.line) < std::tie(b.file, b.line); });
    return {std::move(contents_), std::move(faults_)};
  }

 private:
  struct Message {
    std::string vi;
    std::string en;
  };

  void fault(std::size_t line, Message reason, Message cure) {
    faults_.push_back(
        {file_,
         line,
         {Severity::kError, "", std::move(reason.vi), std::move(reason.en), std::move(cure.vi), std::move(cure.en)}});
  }
  void fault(const YAML::Node& node, Message reason, Message cure) {
    fault(line_of(node), std::move(reason), std::move(cure));
  }
  static std::size_t line_of(const YAML::Node& node) { return static_cast<std::size_t>(node.Mark().line) + 1; }

  void remember(const std::string& path, const YAML::Node& node) { places_[path] = {file_, line_of(node)}; }
  /// Gives a finding the line of its path, or of the nearest thing around it. What could not be read there was said already.
  void place(Finding finding, const std::vector<Fault>& read) {
    std::string path = finding.path;
    while (!path.empty() && !places_.contains(path)) {
      const auto cut = path.find_last_of(".[");
      path = cut == std::string::npos ? "" : path.substr(0, cut);
    }
    const auto found = places_.find(path);
    const auto [name, line] = found == places_.end() ? std::pair<std::string, std::size_t>{file_, 0} : found->second;
    const std::size_t at_line = line;
    const std::string& in_file = name;
    const bool said =
        std::any_of(read.begin(), read.end(), [&](const Fault& f) { return f.file == in_file && f.line == at_line; });
    if (!said) faults_.push_back({name, line, std::move(finding)});
  }

  // Shapes. Each reports what is wrong and returns something harmless.

  bool is_map(const YAML::Node& node, std::initializer_list<std::string_view> keys) {
    if (!node.IsMap()) {
      fault(node, {"cần một nhóm khóa: giá trị", "expected keys with values"},
            {"xem ví dụ trong services/catalogue/README.md", "see services/catalogue/README.md"});
      return false;
    }
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const auto key = entry.first.as<std::string>("");
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        std::string known;
        for (const auto name : keys) known += (known.empty() ? "" : ", ") + std::string(name);
        fault(entry.first, {"không có khóa “" + key + "” ở đây", "there is no key “" + key + "” here"},
              {"các khóa: " + known, "keys are: " + known});
      } else if (!seen.insert(key).second) {
        fault(entry.first, {"khóa “" + key + "” ghi hai lần", "the key “" + key + "” stands twice"},
              {"bỏ một trong hai", "remove one of the two"});
      }
    }
    return true;
  }

  YAML::Node required(const YAML::Node& map, const char* key) {
    const YAML::Node node = map[key];
    if (!node.IsDefined() || node.IsNull()) {
      fault(map, {"thiếu khóa “" + std::string(key) + "”", "the key “" + std::string(key) + "” is missing"},
            {"thêm khóa này", "add this key"});
      return YAML::Node(YAML::NodeType::Undefined);
    }
    return node;
  }

  std::string scalar(const YAML::Node& node) {
    if (node.IsScalar()) return node.Scalar();
    fault(node, {"cần một giá trị đơn", "expected a single value"}, {"ghi một chuỗi hoặc số", "write one text or number"});
    return "";
  }
  std::string text(const YAML::Node& map, const char* key) {
    const auto node = required(map, key);
    return node.IsDefined() ? scalar(node) : "";
  }
  std::string optional_text(const YAML::Node& map, const char* key) {
    return map[key].IsDefined() && !map[key].IsNull() ? scalar(map[key]) : "";
  }
  Name name(const YAML::Node& map) { return {text(map, "vi"), text(map, "en")}; }

  LocalDay day(const YAML::Node& node) {
    const auto parsed = parse_day(scalar(node));
    if (parsed) return *parsed;
    fault(node, {"ngày không đọc được", "the day can't be read"},
          {"ghi như 2024-05-02, ngày có thật", "write it as 2024-05-02, a day that exists"});
    return {};
  }
  std::optional<LocalDay> optional_day(const YAML::Node& map, const char* key) {
    if (!map[key].IsDefined() || map[key].IsNull()) return std::nullopt;
    return day(map[key]);
  }
  LocalDay required_day(const YAML::Node& map, const char* key) {
    const auto node = required(map, key);
    return node.IsDefined() ? day(node) : LocalDay{};
  }
  Validity validity(const YAML::Node& map) { return {required_day(map, "from"), optional_day(map, "until")}; }

  /// Calls `each(node, index)`; nothing for an absent list.
  template <class Each>
  void list(const YAML::Node& node, Each each) {
    if (!node.IsDefined() || node.IsNull()) return;
    if (!node.IsSequence()) {
      fault(node, {"cần một danh sách", "expected a list"}, {"ghi mỗi mục sau dấu “-”", "write each entry after a “-”"});
      return;
    }
    std::size_t index = 0;
    for (const auto& entry : node) each(entry, index++);
  }
  std::vector<std::string> texts(const YAML::Node& node, const std::string& path) {
    std::vector<std::string> out;
    list(node, [&](const YAML::Node& entry, std::size_t index) {
      remember(path + '[' + std::to_string(index) + ']', entry);
      out.push_back(scalar(entry));
    });
    return out;
  }

  bool flag(const YAML::Node& map, const char* key) {
    if (!map[key].IsDefined()) return false;
    const auto value = scalar(map[key]);
    if (value == "true" || value == "false") return value == "true";
    fault(map[key], {"cần true hoặc false", "expected true or false"}, {"ghi true hoặc false", "write true or false"});
    return false;
  }

  // Sections.

  void sections(const YAML::Node& root) {
    if (!is_map(root, {"title", "tiers", "areas", "calendars", "agencies", "bindings", "procedures", "principals",
                       "agency_backends", "quiet_hours", "notice_providers", "notice_templates", "notice_rules",
                       "agency_contacts", "webhooks"}))
      return;
    if (root["title"].IsDefined()) title(root["title"]);
    list(root["tiers"], [&](const YAML::Node& node, std::size_t) { tier_system(node); });
    list(root["areas"], [&](const YAML::Node& node, std::size_t) { area(node); });
    list(root["calendars"], [&](const YAML::Node& node, std::size_t) { calendar(node); });
    list(root["agencies"], [&](const YAML::Node& node, std::size_t) { agency(node); });
    list(root["bindings"], [&](const YAML::Node& node, std::size_t) { binding(node); });
    list(root["procedures"], [&](const YAML::Node& node, std::size_t) { procedure(node); });
    if (root["principals"].IsDefined()) remember("principals", root["principals"]);
    list(root["principals"], [&](const YAML::Node& node, std::size_t) { principal(node); });
    list(root["agency_backends"], [&](const YAML::Node& node, std::size_t) { agency_backends(node); });
    if (root["quiet_hours"].IsDefined()) quiet_hours(root["quiet_hours"]);
    list(root["notice_providers"], [&](const YAML::Node& node, std::size_t) { notice_provider(node); });
    list(root["notice_templates"], [&](const YAML::Node& node, std::size_t) { notice_template(node); });
    list(root["notice_rules"], [&](const YAML::Node& node, std::size_t) { notice_rule(node); });
    list(root["agency_contacts"], [&](const YAML::Node& node, std::size_t) { agency_contact(node); });
    list(root["webhooks"], [&](const YAML::Node& node, std::size_t) { webhook(node); });
  }

  static std::string at(std::string_view list, std::size_t index) {
    return std::string(list) + '[' + std::to_string(index) + ']';
  }

  void title(const YAML::Node& node) {
    remember("title", node);
    if (is_map(node, {"vi", "en"})) contents_.title = name(node);
  }

  void tier_system(const YAML::Node& node) {
    const auto path = at("tiers", contents_.tier_systems.size());
    remember(path, node);
    if (!is_map(node, {"from", "until", "tiers"})) return;
    contents_.tier_systems.push_back({validity(node), texts(node["tiers"], path + ".tiers")});
  }

  void area(const YAML::Node& node) {
    remember(at("areas", contents_.areas.size()), node);
    if (!is_map(node, {"code", "vi", "en"})) return;
    contents_.areas.push_back({text(node, "code"), name(node)});
  }

  void calendar(const YAML::Node& node) {
    const auto path = at("calendars", contents_.calendars.size());
    remember(path, node);
    if (!is_map(node, {"code", "vi", "en", "hours", "holidays", "swapped", "known"})) return;
    CalendarContents out;
    out.code = text(node, "code");
    out.name_vi = text(node, "vi");
    out.name_en = text(node, "en");
    const auto hours = required(node, "hours");
    if (hours.IsDefined()) office_week(hours, path, out);
    holidays(node["holidays"], path, out);
    list(node["swapped"], [&](const YAML::Node& entry, std::size_t index) {
      remember(path + '.' + at("swapped", index), entry);
      if (!is_map(entry, {"off", "worked", "name"})) return;
      out.swapped.push_back({required_day(entry, "off"), required_day(entry, "worked"), optional_text(entry, "name")});
    });
    const auto known = required(node, "known");
    if (known.IsDefined() && is_map(known, {"from", "until"})) {
      remember(path + ".known", known);
      out.known_from = required_day(known, "from");
      out.known_until = required_day(known, "until");
    }
    contents_.calendars.push_back(std::move(out));
  }

  void office_week(const YAML::Node& node, const std::string& path, CalendarContents& out) {
    remember(path + ".hours", node);
    if (!is_map(node, {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})) return;
    for (std::size_t i = 0; i < kWeekdays.size(); ++i) {
      list(node[kWeekdays[i]], [&](const YAML::Node& entry, std::size_t) {
        const auto interval = scalar(entry);
        const auto open = parse_minute_of_day(interval.substr(0, std::min<std::size_t>(5, interval.size())));
        const auto close =
            interval.size() == 11 && interval[5] == '-' ? parse_minute_of_day(interval.substr(6)) : parse_minute_of_day("");
        if (open && close) {
          out.weekly[i].push_back({*open, *close});
        } else {
          fault(entry, {"giờ làm việc không đọc được", "the opening can't be read"},
                {"ghi như 07:30-11:30", "write it as 07:30-11:30"});
        }
      });
    }
  }

  void holidays(const YAML::Node& node, const std::string& path, CalendarContents& out) {
    list(node, [&](const YAML::Node& entry, std::size_t) {
      if (!is_map(entry, {"day", "from", "until", "name"})) return;
      const bool single = entry["day"].IsDefined();
      const LocalDay first = single ? required_day(entry, "day") : required_day(entry, "from");
      const LocalDay last = single ? first : required_day(entry, "until");
      if (last < first || first + kHolidayDaysMax < last) {
        fault(entry,
              {"ngày nghỉ kết thúc trước khi bắt đầu hoặc dài quá 31 ngày",
               "the holiday ends before it begins, or is longer than 31 days"},
              {"sửa ngày", "correct the days"});
        return;
      }
      const auto text_name = optional_text(entry, "name");
      for (LocalDay off = first; off <= last; off = off + 1) {
        remember(path + '.' + at("holidays", out.holidays.size()), entry);
        out.holidays.push_back({off, text_name});
      }
    });
  }

  void agency(const YAML::Node& node) {
    const auto path = at("agencies", contents_.agencies.size());
    remember(path, node);
    if (!is_map(node, {"code", "vi", "en", "kind", "tier", "from", "until", "successors", "areas", "calendar", "desks"}))
      return;
    Agency out;
    out.code = text(node, "code");
    out.name = name(node);
    out.kind = text(node, "kind");
    out.tier = text(node, "tier");
    out.validity = validity(node);
    out.successors = texts(node["successors"], path + ".successors");
    out.areas = texts(node["areas"], path + ".areas");
    out.calendar = text(node, "calendar");
    for (const char* key : {"code", "kind", "tier", "calendar"}) {
      if (node[key].IsDefined()) remember(path + '.' + key, node[key]);
    }
    list(node["desks"], [&](const YAML::Node& entry, std::size_t index) {
      remember(path + '.' + at("desks", index), entry);
      if (!is_map(entry, {"key", "prefix"})) return;
      const auto key = HomeKey::parse(text(entry, "key"));
      if (!key)
        fault(entry, {key.error().message_vi, key.error().message_en}, {"sửa mã đơn vị tiếp nhận", "correct the home key"});
      out.desks.push_back({key ? *key : HomeKey{}, text(entry, "prefix")});
    });
    contents_.agencies.push_back(std::move(out));
  }

  void binding(const YAML::Node& node) {
    const auto path = at("bindings", contents_.bindings.size());
    remember(path, node);
    if (!is_map(node, {"role", "area", "from", "until", "agencies"})) return;
    for (const char* key : {"role", "area"}) {
      if (node[key].IsDefined()) remember(path + '.' + key, node[key]);
    }
    contents_.bindings.push_back(
        {text(node, "role"), text(node, "area"), validity(node), texts(node["agencies"], path + ".agencies")});
  }

  std::pair<Limit, bool> limit(const YAML::Node& map, const char* key, const std::string& path) {
    const auto node = required(map, key);
    if (!node.IsDefined()) return {};
    remember(path + '.' + key, node);
    if (!is_map(node, {"working_days", "hours", "calendar_days", "same_day", "sample"})) return {};
    const bool sample = flag(node, "sample");
    std::optional<Limit> found;
    std::size_t units = 0;
    const auto take = [&](const char* unit, auto read) {
      if (!node[unit].IsDefined()) return;
      ++units;
      found = read(scalar(node[unit]));
    };
    const auto of = [](LimitUnit unit, std::int64_t scale) {
      return [=](const std::string& amount) -> std::optional<Limit> {
        const auto value = whole(amount, scale);
        return value ? std::optional(Limit{unit, *value}) : std::nullopt;
      };
    };
    take("working_days", of(LimitUnit::kWorkingDays, kMinutesPerWorkingDay));
    take("hours", of(LimitUnit::kWorkingHours, 60));
    take("calendar_days", of(LimitUnit::kCalendarDays, 1));
    take("same_day", [](const std::string& cut_off) -> std::optional<Limit> {
      const auto minute = parse_minute_of_day(cut_off);
      return minute ? std::optional(Limit::same_day(*minute)) : std::nullopt;
    });
    if (units == 1 && found) return {*found, sample};
    fault(node, {"thời hạn không đọc được", "the limit can't be read"},
          {"ghi đúng một: working_days (như 0.25), hours, calendar_days hoặc same_day: \"15:00\"",
           "write exactly one of working_days (such as 0.25), hours, calendar_days or same_day: \"15:00\""});
    return {};
  }

  void procedure(const YAML::Node& node) {
    const auto path = at("procedures", contents_.procedures.size());
    remember(path, node);
    if (!is_map(node, {"code", "vi", "en", "versions"})) return;
    Procedure out{text(node, "code"), name(node), {}};
    if (node["code"].IsDefined()) remember(path + ".code", node["code"]);
    list(node["versions"], [&](const YAML::Node& entry, std::size_t index) {
      out.versions.push_back(version(entry, path + '.' + at("versions", index)));
    });
    contents_.procedures.push_back(std::move(out));
  }

  ProcedureVersion version(const YAML::Node& node, const std::string& path) {
    ProcedureVersion out;
    remember(path, node);
    if (!is_map(node, {"number", "from", "until", "received_by", "total", "practice", "clock", "source", "legs"}))
      return out;
    const auto number = whole(text(node, "number"), 1);
    if (!number)
      fault(node, {"số phiên bản không đọc được", "the version number can't be read"},
            {"ghi 1, 2, 3 ...", "write 1, 2, 3 ..."});
    out.number = static_cast<std::uint32_t>(number.value_or(1));
    out.validity = validity(node);
    out.receiving_kinds = texts(node["received_by"], path + ".received_by");
    std::tie(out.total, out.total_is_sample) = limit(node, "total", path);
    const auto practice = optional_text(node, "practice");
    if (practice == "civil_code") out.practice = DayPractice::kCivilCode;
    if (!practice.empty() && practice != "civil_code" && practice != "hours") {
      fault(node["practice"], {"không có cách tính “" + practice + "”", "there is no practice “" + practice + "”"},
            {"ghi hours hoặc civil_code", "write hours or civil_code"});
    }
    const auto clock = optional_text(node, "clock");
    if (!clock.empty() && clock != "resume") {
      fault(node["clock"], {"không có chính sách đồng hồ “" + clock + "”", "there is no clock policy “" + clock + "”"},
            {"ghi resume", "write resume"});
    }
    out.source = text(node, "source");
    if (node["legs"].IsDefined()) remember(path + ".legs", node["legs"]);
    list(node["legs"], [&](const YAML::Node& entry, std::size_t index) {
      out.legs.push_back(leg(entry, path + '.' + at("legs", index)));
    });
    return out;
  }

  Leg leg(const YAML::Node& node, const std::string& path) {
    Leg out;
    remember(path, node);
    if (!is_map(node, {"id", "vi", "en", "role", "limit", "after"})) return out;
    out.id = text(node, "id");
    out.name = name(node);
    out.role = text(node, "role");
    for (const char* key : {"id", "role"}) {
      if (node[key].IsDefined()) remember(path + '.' + key, node[key]);
    }
    std::tie(out.limit, out.limit_is_sample) = limit(node, "limit", path);
    if (node["after"].IsDefined()) remember(path + ".after", node["after"]);
    out.after = texts(node["after"], path + ".after");
    return out;
  }

  /// `any`, or a list; leaving it out would silently mean everything, hence is a fault.
  std::vector<std::string> restriction(const YAML::Node& map, const char* key, const std::string& path) {
    const auto node = required(map, key);
    if (!node.IsDefined()) return {};
    remember(path + '.' + key, node);
    if (node.IsScalar() && node.Scalar() == "any") return {};
    auto out = texts(node, path + '.' + key);
    if (out.empty())
      fault(node, {"danh sách trống", "the list is empty"},
            {"nêu ít nhất một mã, hoặc ghi any", "name at least one code, or write any"});
    return out;
  }

  ActionSet actions(const YAML::Node& map, const std::string& path) {
    ActionSet out;
    const auto node = required(map, "actions");
    if (!node.IsDefined()) return out;
    remember(path + ".actions", node);
    list(node, [&](const YAML::Node& entry, std::size_t) {
      const auto action_name = scalar(entry);
      if (const auto action = action_named(action_name)) {
        out.insert(*action);
        return;
      }
      std::string known;
      for (const Action action : kActions) known += (known.empty() ? "" : ", ") + std::string(name_of(action));
      fault(entry, {"không có hành động “" + action_name + "”", "there is no action “" + action_name + "”"},
            {"các hành động: " + known, "actions are: " + known});
    });
    return out;
  }

  void principal(const YAML::Node& node) {
    const auto path = at("principals", contents_.principals.size());
    remember(path, node);
    if (!is_map(node, {"id", "certificates", "agency", "grants"})) return;
    Principal out;
    out.id = text(node, "id");
    if (node["certificates"].IsDefined()) remember(path + ".certificates", node["certificates"]);
    out.certificate_names = texts(node["certificates"], path + ".certificates");
    if (node["agency"].IsDefined()) remember(path + ".agency", node["agency"]);
    out.agency = optional_text(node, "agency");
    list(node["grants"], [&](const YAML::Node& entry, std::size_t index) {
      const auto grant_path = path + '.' + at("grants", index);
      remember(grant_path, entry);
      if (!is_map(entry, {"agencies", "procedures", "actions"})) return;
      out.grants.push_back({restriction(entry, "agencies", grant_path), restriction(entry, "procedures", grant_path),
                            actions(entry, grant_path)});
    });
    contents_.principals.push_back(std::move(out));
  }

  void agency_backends(const YAML::Node& node) {
    const auto path = at("agency_backends", backends_.size());
    remember(path, node);
    if (!is_map(node, {"kinds", "procedures", "actions"})) return;
    backends_.push_back(
        {path, texts(node["kinds"], path + ".kinds"), {{}, restriction(node, "procedures", path), actions(node, path)}});
  }

  void expand_backends() {
    std::map<std::string, std::size_t> made;
    for (const auto& backends : backends_) {
      for (const auto& agency : contents_.agencies) {
        if (std::find(backends.kinds.begin(), backends.kinds.end(), agency.kind) == backends.kinds.end()) continue;
        const auto [at_principal, is_new] = made.emplace(agency.code, contents_.principals.size());
        if (is_new) {
          const auto id = backend_id(agency.code);
          places_[at("principals", contents_.principals.size())] = places_[backends.path];
          contents_.principals.push_back({id, {id}, agency.code, {}});
        }
        Grant grant = backends.grant;
        grant.agencies = {agency.code};
        contents_.principals[at_principal->second].grants.push_back(std::move(grant));
      }
    }
  }

  // Notices.

  template <class Value, class Named>
  Value named(const YAML::Node& map, const char* key, Value otherwise, Named by_name) {
    if (!map[key].IsDefined()) {
      required(map, key);
      return otherwise;
    }
    const auto written = scalar(map[key]);
    const auto value = by_name(written);
    if (value) return *value;
    fault(map[key], {"không có “" + written + "” ở đây", "there is no “" + written + "” here"},
          {"xem các tên trong services/catalogue/README.md", "see the names in services/catalogue/README.md"});
    return otherwise;
  }

  std::int64_t number(const YAML::Node& map, const char* key, std::int64_t otherwise) {
    if (!map[key].IsDefined()) return otherwise;
    const auto value = whole(scalar(map[key]), 1);
    if (value) return *value;
    fault(map[key], {"cần một số nguyên", "expected a whole number"}, {"ghi chữ số", "write digits"});
    return otherwise;
  }

  std::int32_t minute(const YAML::Node& map, const char* key, std::int32_t otherwise) {
    const auto parsed = parse_minute_of_day(text(map, key));
    if (parsed && *parsed < kMinutesPerDay) return *parsed;
    fault(map, {"giờ không đọc được", "the time can't be read"}, {"ghi như \"21:00\"", "write it as \"21:00\""});
    return otherwise;
  }

  void quiet_hours(const YAML::Node& node) {
    remember("quiet_hours", node);
    if (!is_map(node, {"from", "until"})) return;
    auto& quiet = contents_.notices.quiet;
    quiet.from = minute(node, "from", quiet.from);
    quiet.until = minute(node, "until", quiet.until);
  }

  void notice_provider(const YAML::Node& node) {
    remember(at("notice_providers", contents_.notices.providers.size()), node);
    if (!is_map(node, {"id", "channel", "attempts", "first_backoff_seconds", "max_backoff_seconds", "per_minute",
                       "receipt_wait_seconds"}))
      return;
    NoticeProvider out;
    out.id = text(node, "id");
    out.channel = named(node, "channel", out.channel, notice_channel_named);
    out.attempts = static_cast<std::uint32_t>(number(node, "attempts", out.attempts));
    const auto seconds = [](Duration duration) {
      return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    };
    out.first_backoff = std::chrono::seconds(number(node, "first_backoff_seconds", seconds(out.first_backoff)));
    out.max_backoff = std::chrono::seconds(number(node, "max_backoff_seconds", seconds(out.max_backoff)));
    out.per_minute = static_cast<std::uint32_t>(number(node, "per_minute", 0));
    out.receipt_wait = std::chrono::seconds(number(node, "receipt_wait_seconds", 0));
    contents_.notices.providers.push_back(std::move(out));
  }

  NoticeText notice_text(const YAML::Node& node, const std::string& path) {
    remember(path, node);
    if (!is_map(node, {"subject", "body"})) return {};
    return {optional_text(node, "subject"), text(node, "body")};
  }

  void notice_template(const YAML::Node& node) {
    const auto path = at("notice_templates", contents_.notices.templates.size());
    remember(path, node);
    if (!is_map(node, {"id", "version", "channel", "accents", "variables", "vi", "en"})) return;
    NoticeTemplate out;
    out.id = text(node, "id");
    out.version = static_cast<std::uint32_t>(number(node, "version", 0));
    if (text(node, "channel") != "fragment")
      out.channel = named(node, "channel", NoticeChannel::kEmail, notice_channel_named);
    const auto accents = optional_text(node, "accents");
    out.fold_accents = accents == "fold";
    if (!accents.empty() && accents != "fold" && accents != "keep") {
      fault(node["accents"], {"accents là keep hoặc fold", "accents is keep or fold"}, {"sửa", "correct it"});
    }
    out.variables = texts(node["variables"], path + ".variables");
    const auto vi = required(node, "vi");
    if (vi.IsDefined()) out.vi = notice_text(vi, path + ".vi");
    if (node["en"].IsDefined()) out.en = notice_text(node["en"], path + ".en");
    contents_.notices.templates.push_back(std::move(out));
  }

  NoticeWay notice_way(const YAML::Node& node) {
    NoticeWay out;
    out.channel = named(node, "channel", out.channel, notice_channel_named);
    const auto written = text(node, "text");
    if (const auto ref = parse_template_ref(written)) {
      out.text = *ref;
    } else {
      fault(node, {"mẫu “" + written + "” không đọc được", "the template “" + written + "” can't be read"},
            {"ghi như received_email/1", "write it as received_email/1"});
    }
    return out;
  }

  std::int64_t working_minutes(const YAML::Node& map, const char* key, const std::string& path) {
    if (!map[key].IsDefined()) return 0;
    const auto [found, sample] = limit(map, key, path);
    if (found.unit == LimitUnit::kWorkingDays || found.unit == LimitUnit::kWorkingHours) return found.amount;
    fault(map[key], {"cần thời gian làm việc", "expected working time"},
          {"ghi working_days hoặc hours", "write working_days or hours"});
    return 0;
  }

  void notice_rule(const YAML::Node& node) {
    const auto path = at("notice_rules", contents_.notices.rules.size());
    remember(path, node);
    if (!is_map(node, {"id", "event", "procedures", "recipient", "condition", "urgent", "after", "percent", "before",
                       "extension", "send"}))
      return;
    NoticeRule out;
    out.id = text(node, "id");
    out.event = named(node, "event", out.event, notice_event_named);
    out.procedures = restriction(node, "procedures", path);
    out.recipient = named(node, "recipient", out.recipient, notice_recipient_named);
    if (node["condition"].IsDefined()) out.condition = named(node, "condition", out.condition, notice_condition_named);
    out.urgent = flag(node, "urgent");
    out.after_minutes = working_minutes(node, "after", path);
    out.percent = static_cast<std::uint32_t>(number(node, "percent", 0));
    out.before_minutes = working_minutes(node, "before", path);
    out.extension_minutes = working_minutes(node, "extension", path);
    list(node["send"], [&](const YAML::Node& entry, std::size_t index) {
      remember(path + '.' + at("send", index), entry);
      if (!is_map(entry, {"channel", "text", "else"})) return;
      NoticeSend send{notice_way(entry), {}};
      list(entry["else"], [&](const YAML::Node& other, std::size_t) {
        if (is_map(other, {"channel", "text"})) send.instead.push_back(notice_way(other));
      });
      out.sends.push_back(std::move(send));
    });
    contents_.notices.rules.push_back(std::move(out));
  }

  void agency_contact(const YAML::Node& node) {
    remember(at("agency_contacts", contents_.notices.contacts.size()), node);
    if (!is_map(node, {"agency", "email", "phone"})) return;
    contents_.notices.contacts.push_back({text(node, "agency"), optional_text(node, "email"), optional_text(node, "phone")});
  }

  void webhook(const YAML::Node& node) {
    const auto path = at("webhooks", contents_.notices.webhooks.size());
    remember(path, node);
    if (!is_map(node, {"id", "url", "keys", "types", "agencies", "procedures", "since"})) return;
    contents_.notices.webhooks.push_back({text(node, "id"), text(node, "url"), text(node, "keys"),
                                          restriction(node, "types", path), restriction(node, "agencies", path),
                                          restriction(node, "procedures", path), required_day(node, "since")});
  }

  std::string file_;
  CatalogueContents contents_;
  std::vector<AgencyBackends> backends_;
  std::map<std::string, std::pair<std::string, std::size_t>> places_;
  std::vector<Fault> faults_;
  bool incomplete_ = false;  ///< A whole file is missing: checking references would report its entities one by one.
};

std::string position(const Fault& fault) {
  return fault.line == 0 ? fault.file + ": " : fault.file + ':' + std::to_string(fault.line) + ": ";
}

}  // namespace

bool Reading::importable() const {
  return std::none_of(faults.begin(), faults.end(),
                      [](const Fault& fault) { return fault.finding.severity == Severity::kError; });
}

Reading read_catalogue(const std::vector<std::pair<std::string, std::string>>& files) {
  Reader reader;
  for (const auto& [name, text] : files) reader.file(name, text);
  return reader.finish();
}

Reading read_catalogue_directory(const std::filesystem::path& directory) {
  Reader reader;
  std::error_code error;
  std::set<std::filesystem::path> names;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".yaml") names.insert(entry->path());
  }
  if (error || names.empty()) {
    reader.missing_file(directory.string(), "thư mục không đọc được hoặc không có tệp .yaml",
                        "the directory can't be read or has no .yaml file");
  }
  for (const auto& name : names) {
    std::ifstream stream(name, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    if (!stream) {
      reader.missing_file(name.string(), "tệp không đọc được", "the file can't be read");
      continue;
    }
    reader.file(name.string(), text.str());
  }
  return reader.finish();
}

std::string english_line(const Fault& fault) {
  return position(fault) + (fault.finding.severity == Severity::kError ? "error: " : "warning: ") + fault.finding.reason_en +
         "; " + fault.finding.cure_en;
}

std::string vietnamese_line(const Fault& fault) {
  return position(fault) + (fault.finding.severity == Severity::kError ? "lỗi: " : "cảnh báo: ") + fault.finding.reason_vi +
         "; " + fault.finding.cure_vi;
}

}  // namespace lienthong::catalogue
