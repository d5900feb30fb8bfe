#include "postal_dispatch/adapters/carriers_yaml.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <sstream>

namespace lienthong::postal_dispatch {
namespace {

/// Thrown inside of this file only, with what is wrong and where.
struct Wrong {
  std::string what;
};

std::string at(const YAML::Node& node) { return "line " + std::to_string(node.Mark().line + 1) + ": "; }

void only(const YAML::Node& node, std::initializer_list<const char*> keys) {
  if (!node.IsMap()) throw Wrong{at(node) + "a list of names and values is expected"};
  for (const auto& entry : node) {
    const auto name = entry.first.as<std::string>();
    if (std::none_of(keys.begin(), keys.end(), [&](const char* key) { return name == key; }))
      throw Wrong{at(entry.first) + "unknown name " + name};
  }
}

template <class T>
T need(const YAML::Node& node, const char* key) {
  if (!node[key]) throw Wrong{at(node) + key + " is missing"};
  return node[key].as<T>();
}

template <class T>
T take(Result<T> value, const YAML::Node& node) {
  if (!value) throw Wrong{at(node) + value.error().message_en};
  return *std::move(value);
}

CodeTable read_table(const YAML::Node& node) {
  only(node, {"version", "valid_from", "codes", "reasons"});
  CodeTable table;
  table.version = need<std::uint32_t>(node, "version");
  table.valid_from = take(shared_kernel::parse_day(need<std::string>(node, "valid_from")), node);
  for (const auto& entry : node["codes"]) {
    const auto name = entry.second.as<std::string>();
    const auto milestone = milestone_named(name);
    if (!milestone) throw Wrong{at(entry.second) + name + " is no milestone"};
    if (!table.codes.emplace(entry.first.as<std::string>(), *milestone).second)
      throw Wrong{at(entry.first) + "code " + entry.first.as<std::string>() + " stands twice"};
  }
  for (const auto& entry : node["reasons"]) table.reasons[entry.first.as<std::string>()] = entry.second.as<std::string>();
  return table;
}

OfficeNumbers read_numbers(const YAML::Node& node) {
  only(node, {"home", "for", "service", "from", "to"});
  const auto purpose = need<std::string>(node, "for");
  if (purpose != "bags" && purpose != "items") throw Wrong{at(node) + "for: bags or items"};
  return {take(HomeKey::parse(need<std::string>(node, "home")), node),
          purpose == "bags",
          {need<std::string>(node, "service"), need<std::uint32_t>(node, "from"), need<std::uint32_t>(node, "to")}};
}

Carrier read_carrier(const YAML::Node& node) {
  only(node,
       {"carrier", "name", "sample", "tables", "numbers", "normal_working_days", "normal_clock_seconds", "connection"});
  Carrier carrier;
  carrier.id = need<std::string>(node, "carrier");
  carrier.name = need<std::string>(node, "name");
  carrier.sample = node["sample"] && node["sample"].as<bool>();
  for (const auto& table : node["tables"]) carrier.tables.push_back(read_table(table));
  for (const auto& numbers : node["numbers"]) carrier.numbers.push_back(read_numbers(numbers));
  if (node["normal_clock_seconds"]) {
    if (node["normal_working_days"]) throw Wrong{at(node) + "normal_clock_seconds or normal_working_days, not both"};
    carrier.clock_seconds = need<std::int64_t>(node, "normal_clock_seconds");
    if (carrier.clock_seconds <= 0) throw Wrong{at(node["normal_clock_seconds"]) + "normal_clock_seconds: from 1 on"};
  }
  if (const auto times = node["normal_working_days"]) {
    only(times, {"in_town", "outside", "lanes"});
    if (times["in_town"]) carrier.in_town_days = times["in_town"].as<std::int64_t>();
    if (times["outside"]) carrier.outside_days = times["outside"].as<std::int64_t>();
    for (const auto& lane : times["lanes"]) {
      only(lane, {"from", "to", "days"});
      carrier.lanes.push_back(
          {need<std::string>(lane, "from"), need<std::string>(lane, "to"), need<std::int64_t>(lane, "days")});
    }
  }
  return carrier;
}

tl::unexpected<Error> faulty(const std::string& what) {
  return failure({ErrorCode::kInvalidArgument, "MALFORMED", "Bảng của hãng vận chuyển không đọc được: " + what,
                  "The carriers' tables can't be read: " + what});
}

}  // namespace

Result<Carrier> parse_carrier(const std::string& text) {
  try {
    return read_carrier(YAML::Load(text));
  } catch (const Wrong& wrong) {
    return faulty(wrong.what);
  } catch (const YAML::Exception& error) {
    return faulty(error.what());
  }
}

Result<Carriers> read_carriers(const std::string& directory) {
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  if (failed || files.empty()) return faulty(directory + " holds no *.yaml");
  std::sort(files.begin(), files.end());
  std::vector<Carrier> carriers;
  for (const auto& file : files) {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    auto carrier = parse_carrier(text.str());
    if (!carrier) return faulty(file.filename().string() + ", " + carrier.error().message_en);
    carriers.push_back(*std::move(carrier));
  }
  return Carriers::make(std::move(carriers));
}

}  // namespace lienthong::postal_dispatch
