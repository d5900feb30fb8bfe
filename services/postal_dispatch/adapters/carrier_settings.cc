#include "postal_dispatch/adapters/carrier_settings.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

namespace lienthong::postal_dispatch {
namespace {

constexpr std::size_t kSecretBytesMax = 1024;
constexpr std::array kNames = {"url",           "customer_code",   "token_file",     "ca",           "principal",
                               "province",      "offices",         "retry_ms",       "retry_max_ms", "polls_per_day",
                               "poll_every_ms", "unknown_item_ms", "push_keys_file", "timeout_ms",   "phone"};

/// Thrown inside of this file only.
struct Wrong {
  std::string vi;
  std::string en;
};

std::string text(const YAML::Node& node, const char* key) { return node[key] ? node[key].as<std::string>() : ""; }

std::string secret(const std::string& path) {
  if (path.empty()) return "";
  std::ifstream stream(path);
  std::string line;
  if (!std::getline(stream, line) || line.size() > kSecretBytesMax)
    throw Wrong{"token_file không đọc được.", "token_file can't be read."};
  return line;
}

std::int64_t number(const YAML::Node& node, const char* key, std::int64_t fallback, std::int64_t least) {
  if (!node[key]) return fallback;
  const auto value = node[key].as<std::int64_t>();
  if (value < least) throw Wrong{std::string(key) + " quá nhỏ.", std::string(key) + " is too small."};
  return value;
}
std::chrono::milliseconds time(const YAML::Node& node, const char* key, std::chrono::milliseconds fallback) {
  return std::chrono::milliseconds(number(node, key, fallback.count(), 1));
}

bool may_be_called(const std::string& url) {
  // In clear on this machine only.
  return url.starts_with("https://") || url.starts_with("http://127.0.0.1:") || url.starts_with("http://localhost:");
}

CarrierSettings read(const std::string& carrier, const YAML::Node& node) {
  for (const auto& entry : node) {
    const auto name = entry.first.as<std::string>();
    if (std::find(kNames.begin(), kNames.end(), name) == kNames.end())
      throw Wrong{"không có mục " + name + ".", "there is no setting " + name + "."};
  }
  CarrierSettings out;
  out.http.carrier = carrier;
  out.http.url = text(node, "url");
  out.http.customer_code = text(node, "customer_code");
  out.http.token = secret(text(node, "token_file"));
  out.http.authorities = text(node, "ca");
  out.http.limits.timeout = time(node, "timeout_ms", out.http.limits.timeout);
  out.principal = text(node, "principal");
  out.province = text(node, "province");
  out.phone = text(node, "phone");
  if (!may_be_called(out.http.url))
    throw Wrong{"url phải là https:// (http:// chỉ trên máy này).", "url is https:// (http:// on this machine only)."};
  if (out.http.customer_code.empty() || out.principal.empty() || out.province.empty() || out.phone.empty()) {
    throw Wrong{"cần customer_code, principal, province và phone.",
                "customer_code, principal, province and phone are needed."};
  }
  for (const auto& office : node["offices"]) {
    const auto home = shared_kernel::HomeKey::parse(text(office, "home"));
    if (!home) throw Wrong{"offices: " + home.error().message_vi, "offices: " + home.error().message_en};
    out.offices[home->text()] = {text(office, "name"), text(office, "phone"), text(office, "address")};
  }
  out.retry_first = time(node, "retry_ms", out.retry_first);
  out.retry_max = std::max(out.retry_first, time(node, "retry_max_ms", out.retry_max));
  out.polls_per_day = static_cast<std::uint32_t>(number(node, "polls_per_day", 0, 0));
  out.poll_every = time(node, "poll_every_ms", out.poll_every);
  out.unknown_item_patience = time(node, "unknown_item_ms", out.unknown_item_patience);
  out.push_keys_file = text(node, "push_keys_file");
  return out;
}

tl::unexpected<Error> wrong(const std::string& file, const std::string& vi, const std::string& en) {
  return failure({ErrorCode::kInvalidArgument, "SETTING", file + ": connection: " + vi, file + ": connection: " + en});
}

}  // namespace

Result<std::vector<CarrierSettings>> parse_carrier_settings(const std::string& file, const std::string& content) {
  try {
    const auto carrier = YAML::Load(content);
    if (!carrier["connection"]) return std::vector<CarrierSettings>{};
    return std::vector{read(carrier["carrier"].as<std::string>(), carrier["connection"])};
  } catch (const Wrong& what) {
    return wrong(file, what.vi, what.en);
  } catch (const YAML::Exception& error) {
    return wrong(file, "không đọc được: " + error.msg, "not readable: " + error.msg);
  }
}

Result<std::vector<CarrierSettings>> read_carrier_settings(const std::string& directory) {
  std::vector<CarrierSettings> out;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    if (entry.path().extension() != ".yaml") continue;
    std::stringstream content;
    content << std::ifstream(entry.path()).rdbuf();
    auto found = parse_carrier_settings(entry.path().filename().string(), content.str());
    if (!found) return found;
    for (auto& one : *found) out.push_back(std::move(one));
  }
  return out;
}

}  // namespace lienthong::postal_dispatch
