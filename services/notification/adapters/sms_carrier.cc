#include "notification/adapters/sms_carrier.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace lienthong::notification {
namespace {

constexpr std::size_t kReferenceBytesMax = 64;
constexpr std::ptrdiff_t kGroundDigitsMax = 4;

/// Letters that may stand in a ledger's code; others become `_`.
std::string as_code(std::string text) {
  text.resize(std::min(text.size(), kReferenceBytesMax));
  for (char& c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    if (!plain) c = '_';
  }
  return text;
}

/// A ground as the gateway names it, if it is a name and no sentence or number that may be somebody's; else `otherwise`.
std::string ground(const std::string& text, std::string otherwise) {
  const bool name = !text.empty() && text.size() <= kReferenceBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  const auto digits = std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return name && digits <= kGroundDigitsMax ? text : std::move(otherwise);
}

/// A text field of a JSON object; empty where there is none.
std::string field(const nlohmann::json& object, const char* name) {
  if (!object.is_object() || !object.contains(name)) return "";
  const auto& value = object[name];
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_integer() ? std::to_string(value.get<std::int64_t>()) : "";
}

}  // namespace

std::string sms_request_body(const std::string& sender, const Message& message) {
  const nlohmann::ordered_json body = {{"id", message.key}, {"from", sender}, {"to", message.to}, {"text", message.body}};
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Carried meaning_of(const http::Answer& answer) {
  switch (answer.transfer) {
    case http::Transfer::kNotBegun: return {SendResult::kTemporary, "NO_CONNECTION", "", {}};
    case http::Transfer::kNotTrusted: return {SendResult::kTechnical, "NOT_TRUSTED", "", {}};
    case http::Transfer::kRefused: return {SendResult::kTechnical, "REQUEST_REFUSED", "", {}};
    case http::Transfer::kTooLarge: return {SendResult::kTemporary, "ANSWER_TOO_LARGE", "", {}};
    case http::Transfer::kStopped:
    case http::Transfer::kBrokenOff: return {SendResult::kTemporary, "LINE_LOST", "", {}};
    case http::Transfer::kDone: break;
  }
  const auto reason = "HTTP_" + std::to_string(answer.status);
  const auto body = nlohmann::json::parse(answer.body, nullptr, false);
  const auto reference = as_code(field(body, "reference"));
  if (answer.status == 409) return {SendResult::kSent, "", reference, {}};
  if (answer.status == 401 || answer.status == 403 || answer.status == 404) return {SendResult::kTechnical, reason, "", {}};
  if (answer.status == 408 || answer.status == 429 || answer.status >= 500) return {SendResult::kTemporary, reason, "", {}};
  if (answer.status >= 400) return {SendResult::kPermanent, ground(field(body, "code"), reason), "", {}};
  // 200 with an error inside, or with something else inside, has not promised anything.
  const auto status = field(body, "status");
  if (status == "accepted") return {SendResult::kSent, "", reference, {}};
  if (status == "rejected") return {SendResult::kPermanent, ground(field(body, "code"), "REJECTED"), "", {}};
  return {SendResult::kTemporary, "ANSWER_UNREADABLE", "", {}};
}

std::optional<Carried> SmsCarrier::carry(const Message& message, const std::atomic<bool>& stopping) {
  http::Request request;
  request.url = gateway_.url;
  request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", message.key}};
  if (!gateway_.token.empty()) request.headers.emplace_back("Authorization", "Bearer " + gateway_.token);
  request.body = sms_request_body(gateway_.sender, message);
  request.authorities = gateway_.authorities;
  request.limits = gateway_.limits;
  const auto answer = http::send(request, stopping);
  if (answer.transfer == http::Transfer::kStopped) return std::nullopt;
  return meaning_of(answer);
}

}  // namespace lienthong::notification
