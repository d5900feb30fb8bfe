#include "notification/adapters/portal_client.h"

#include "shared_kernel/local_time.h"

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

namespace lienthong::notification {
namespace {

using Kind = PortalAnswer::Kind;
using nlohmann::json;

constexpr std::size_t kCodeMax = 16;

/// "0" and "00" as text, 0 as a number: all three are seen. Anything but text and whole numbers is no code.
std::string code_of(const json& answer) {
  if (!answer.is_object() || !answer.contains("error_code")) return "";
  const auto& code = answer["error_code"];
  if (code.is_number_integer()) return std::to_string(code.get<std::int64_t>());
  return code.is_string() ? code.get<std::string>() : "";
}

bool is_plain(const std::string& code) {
  return code.size() <= kCodeMax && std::all_of(code.begin(), code.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
         });
}

tl::unexpected<Error> wrong(const std::string& file, const std::string& vi, const std::string& en) {
  return failure({ErrorCode::kInvalidArgument, "SETTING", file + ": " + vi, file + ": " + en});
}

}  // namespace

Result<PortalSettings> read_portal_settings(const std::string& file) {
  PortalSettings out;
  std::string password_file;
  try {
    const auto node = YAML::LoadFile(file);
    const auto text = [&](const char* key) { return node[key] ? node[key].as<std::string>("") : std::string(); };
    out.url = text("url");
    out.user = text("user");
    out.unit = text("unit");
    out.authorities = text("ca");
    out.since = text("since");
    password_file = text("password_file");
  } catch (const YAML::Exception& error) {
    return wrong(file, "không đọc được: " + error.msg, "not readable: " + error.msg);
  }
  if (!out.url.starts_with("https://")) return wrong(file, "url phải là https://.", "url is https://.");
  if (out.user.empty() || out.unit.empty()) return wrong(file, "cần có user và unit.", "user and unit are required.");
  if (!shared_kernel::parse_day(out.since))
    return wrong(file, "since phải là ngày, như 2026-01-01.", "since is a day, as 2026-01-01.");
  std::ifstream stream(password_file);
  if (!std::getline(stream, out.password) || out.password.empty())
    return wrong(file, "password_file không đọc được.", "password_file can't be read.");
  return out;
}

PortalAnswer read_portal_answer(const http::Answer& answer) {
  switch (answer.transfer) {
    case http::Transfer::kDone: break;
    case http::Transfer::kNotBegun: return {Kind::kNotSent, "NOT_REACHED", ""};
    case http::Transfer::kNotTrusted: return {Kind::kNotSent, "NOT_TRUSTED", ""};
    case http::Transfer::kRefused: return {Kind::kNotSent, "REQUEST_REFUSED", ""};
    case http::Transfer::kTooLarge: return {Kind::kUnknown, "ANSWER_TOO_LARGE", ""};
    case http::Transfer::kBrokenOff: return {Kind::kUnknown, "LINE_LOST", ""};
    case http::Transfer::kStopped: return {Kind::kStopped, "", ""};
  }
  if (answer.status < 200 || answer.status >= 300) return {Kind::kUnknown, "HTTP_" + std::to_string(answer.status), ""};
  const auto read = json::parse(answer.body, nullptr, false);
  const auto code = code_of(read);
  if (code.empty() || !is_plain(code)) return {Kind::kUnknown, "ANSWER_UNREADABLE", ""};
  if (code != "0" && code != "00") return {Kind::kRefused, "PORTAL_" + code, ""};
  return {Kind::kTaken, "", read.contains("result") ? read["result"].dump() : ""};
}

PortalAnswer PortalSession::post(const std::string& path, const std::string& body, const std::atomic<bool>& stopping,
                                 bool& forgotten) const {
  http::Request request;
  request.url = settings_.url + path;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = body;
  request.authorities = settings_.authorities;
  request.limits = settings_.limits;
  const auto answer = http::send(request, stopping);
  auto read = read_portal_answer(answer);
  forgotten = read.reason_code == "HTTP_401" || read.reason_code == "PORTAL_401";
  // The session comes beside the code, not as a result.
  if (path == "/login" && read.kind != Kind::kStopped && answer.transfer == http::Transfer::kDone) {
    const auto json = json::parse(answer.body, nullptr, false);
    if (json.is_object() && json.contains("session") && json["session"].is_string()) read.result = json["session"];
  }
  return read;
}

PortalAnswer PortalSession::log_in(std::string& session, const std::atomic<bool>& stopping) {
  const json body = {{"username", settings_.user}, {"password", settings_.password}};
  bool forgotten = false;
  auto answer = post("/login", body.dump(), stopping, forgotten);
  if (answer.kind == Kind::kStopped) return answer;
  session = answer.result;
  if (!session.empty()) return {Kind::kTaken, "", ""};
  return {Kind::kNotSent, "PORTAL_LOGIN", ""};
}

PortalAnswer PortalSession::call(const std::string& service, const std::string& fields, const std::string& message_id,
                                 const std::atomic<bool>& stopping) {
  for (int attempt = 0;; ++attempt) {
    std::string session;
    {
      const std::lock_guard lock(mutex_);
      if (session_.empty()) {
        auto logged_in = log_in(session_, stopping);
        if (session_.empty()) return logged_in;
      }
      session = session_;
    }
    auto body = json::parse(fields, nullptr, false);
    if (!body.is_object()) body = json::object();
    body["session"] = session;
    body["madonvi"] = settings_.unit;
    body["service"] = service;
    body["mathongdiep"] = message_id;
    bool forgotten = false;
    auto answer = post("/", body.dump(-1, ' ', false, json::error_handler_t::replace), stopping, forgotten);
    if (!forgotten) return answer;
    const std::lock_guard lock(mutex_);
    if (session_ == session) session_.clear();
    if (attempt > 0) return {Kind::kNotSent, "PORTAL_LOGIN", ""};
  }
}

}  // namespace lienthong::notification
