#include "postal_dispatch/adapters/carrier_connection.h"

#include "platform/base/encoding.h"
#include "postal_dispatch/core/item_number.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace lienthong::postal_dispatch {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kGroundBytesMax = 64;
constexpr std::ptrdiff_t kGroundDigitsMax = 6;
constexpr double kSecondsMax = 253'402'300'799.0;  // end of year 9999
constexpr std::size_t kAnswerBytesMax = std::size_t{1} << 20;

std::string text(const Json& object, const char* name) {
  return object.is_object() && object.contains(name) && object[name].is_string() ? object[name].get<std::string>() : "";
}

/// A ground as the carrier names it, if it is a name and nothing that could say something about a person.
std::string ground(const std::string& given, std::string otherwise) {
  const bool name = !given.empty() && given.size() <= kGroundBytesMax && std::all_of(given.begin(), given.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  const auto digits = std::count_if(given.begin(), given.end(), [](char c) { return c >= '0' && c <= '9'; });
  return name && digits <= kGroundDigitsMax ? given : std::move(otherwise);
}

std::string lost_by(http::Transfer transfer) {
  switch (transfer) {
    case http::Transfer::kNotBegun: return "NO_CONNECTION";
    case http::Transfer::kNotTrusted: return "NOT_TRUSTED";
    case http::Transfer::kRefused: return "REQUEST_REFUSED";
    case http::Transfer::kTooLarge: return "ANSWER_TOO_LARGE";
    case http::Transfer::kBrokenOff:
    case http::Transfer::kStopped: return "LINE_LOST";
    case http::Transfer::kDone: break;
  }
  return "";
}

/// What is the same for every call; nothing: the answer is 2xx.
std::optional<CarrierAnswer> unanswered(const http::Answer& answer) {
  if (answer.transfer != http::Transfer::kDone) return CarrierAnswer{Answered::kAway, "", lost_by(answer.transfer)};
  if (answer.status >= 200 && answer.status < 300) return std::nullopt;
  const auto reason = "HTTP_" + std::to_string(answer.status);
  switch (answer.status) {
    case 404: return CarrierAnswer{Answered::kUnknown, "", reason};
    case 409: return CarrierAnswer{Answered::kUnderway, "", reason};
    case 429: return CarrierAnswer{Answered::kQuota, "", "QUOTA"};
    case 400:
    case 413:
    case 422:
      return CarrierAnswer{Answered::kRefused, "", ground(text(Json::parse(answer.body, nullptr, false), "error"), reason)};
    default: break;  // our key is wrong, or the carrier is: neither says anything about the order
  }
  return CarrierAnswer{Answered::kAway, "", reason};
}

CarrierAnswer item_in(const http::Answer& answer) {
  if (auto wrong = unanswered(answer)) return *std::move(wrong);
  const auto item = ItemNumber::parse(text(Json::parse(answer.body, nullptr, false), "itemNumber"));
  // 200 with something else inside has promised nothing.
  if (!item) return {Answered::kAway, "", "ANSWER_UNREADABLE"};
  return {Answered::kDone, item->text(), ""};
}

bool set_time(const Json& object, google::protobuf::Timestamp& out) {
  if (!object.contains("time") || !object["time"].is_number()) return false;
  const double seconds = object["time"].get<double>();
  if (!(seconds >= 0 && seconds <= kSecondsMax)) return false;
  const auto millis = static_cast<std::int64_t>(std::llround(seconds * 1000));
  out.set_seconds(millis / 1000);
  out.set_nanos(static_cast<std::int32_t>(millis % 1000 * 1'000'000));
  return true;
}

v1::Relation relation_of(const std::string& word) {
  if (word == "family") return v1::RELATION_FAMILY;
  if (word == "authorised") return v1::RELATION_AUTHORISED;
  if (word == "agency") return v1::RELATION_AGENCY;
  return word == "self" ? v1::RELATION_SELF : v1::RELATION_UNSPECIFIED;
}
v1::IdentityPaper paper_of_word(const std::string& word) {
  if (word == "citizen-card") return v1::IDENTITY_PAPER_CITIZEN_CARD;
  if (word == "passport") return v1::IDENTITY_PAPER_PASSPORT;
  return word == "officer-card" ? v1::IDENTITY_PAPER_OFFICER_CARD : v1::IDENTITY_PAPER_OTHER;
}

bool set_proof(const Json& from, v1::ProofOfDelivery& to) {
  const auto evidence = from_hex(text(from, "evidence"));
  if (!from.is_object() || !evidence || !set_time(from, *to.mutable_proof_time())) return false;
  to.set_receiver_name(text(from, "receiverName"));
  to.set_identity_last_digits(text(from, "lastDigits"));
  to.set_relation(relation_of(text(from, "relation")));
  to.set_paper(paper_of_word(text(from, "paper")));
  to.set_evidence(*evidence);
  return to.relation() != v1::RELATION_UNSPECIFIED;
}

bool set_scan(const std::string& carrier, const Json& from, v1::Scan& to) {
  if (!from.is_object() || !set_time(from, *to.mutable_scan_time())) return false;
  to.set_carrier(carrier);
  to.set_item(text(from, "itemNumber"));
  to.set_raw_code(text(from, "code"));
  to.set_place(text(from, "place"));
  to.set_raw_reason(text(from, "reason"));
  to.set_receipt(text(from, "receipt"));
  if (from.contains("amount") && from["amount"].is_number_integer()) to.set_amount(from["amount"].get<std::int64_t>());
  if (from.contains("proof") && !set_proof(from["proof"], *to.mutable_proof())) return false;
  return !to.item().empty() && !to.raw_code().empty();
}

void add_scans(const std::string& carrier, const Json& list, CarrierScans& out) {
  for (const auto& one : list) {
    v1::Scan scan;
    if (set_scan(carrier, one, scan)) {
      out.scans.push_back(std::move(scan));
    } else {
      ++out.unreadable;
    }
  }
}

class HttpConnection final : public CarrierConnection {
 public:
  explicit HttpConnection(HttpCarrier carrier) : carrier_(std::move(carrier)) {
    carrier_.limits.answer_bytes_max = kAnswerBytesMax;
  }

  std::optional<CarrierAnswer> find(const std::string& number, const std::atomic<bool>& stopping) override {
    const auto answer = call("GET", "/orders?orderNumber=" + number, "", stopping);
    if (answer.transfer == http::Transfer::kStopped) return std::nullopt;
    return item_in(answer);
  }

  std::optional<CarrierAnswer> order(const CarrierOrder& order, const std::atomic<bool>& stopping) override {
    Json body = {{"customerCode", carrier_.customer_code},
                 {"orderNumber", order.number},
                 {"codAmount", order.cod_amount},
                 {"senderName", order.sender.name},
                 {"senderAddress", order.sender.address},
                 {"senderProvince", order.sender.province},
                 {"senderTel", order.sender.phone},
                 {"senderDesc", order.contents},
                 {"description", order.description},
                 {"receiverName", order.receiver.name},
                 {"receiverAddress", order.receiver.address},
                 {"receiverProvince", order.receiver.province},
                 {"receiverTel", order.receiver.phone},
                 {"pickUp", order.pick_up}};
    if (!order.sender.district.empty()) body["senderDistrict"] = order.sender.district;
    if (!order.receiver.district.empty()) body["receiverDistrict"] = order.receiver.district;
    const auto answer = call("POST", "/orders", body.dump(-1, ' ', false, Json::error_handler_t::replace), stopping);
    if (answer.transfer == http::Transfer::kStopped) return std::nullopt;
    auto out = item_in(answer);
    // Nothing can be unknown or under way that is only being ordered.
    if (out.what == Answered::kUnknown || out.what == Answered::kUnderway) out.what = Answered::kAway;
    return out;
  }

  std::optional<CarrierAnswer> cancel(const std::string& number, const std::atomic<bool>& stopping) override {
    const auto answer = call("POST", "/cancel", Json{{"orderNumber", number}}.dump(), stopping);
    if (answer.transfer == http::Transfer::kStopped) return std::nullopt;
    if (auto wrong = unanswered(answer)) return wrong;
    return CarrierAnswer{Answered::kDone, "", ""};
  }

  std::optional<CarrierScans> track(std::uint64_t since, std::size_t limit, const std::atomic<bool>& stopping) override {
    const auto answer =
        call("GET", "/track?since=" + std::to_string(since) + "&limit=" + std::to_string(limit), "", stopping);
    if (answer.transfer == http::Transfer::kStopped) return std::nullopt;
    CarrierScans out;
    if (const auto wrong = unanswered(answer)) {
      out.what = wrong->what;
      out.reason = wrong->reason;
      return out;
    }
    const auto body = Json::parse(answer.body, nullptr, false);
    const bool readable = body.is_object() && body.contains("scans") && body["scans"].is_array() &&
                          body.contains("cursor") && body["cursor"].is_number_unsigned();
    out.reason = "ANSWER_UNREADABLE";
    if (!readable) return out;
    out = {Answered::kDone, "", {}, 0, body["cursor"].get<std::uint64_t>(), body.value("more", false)};
    add_scans(carrier_.carrier, body["scans"], out);
    return out;
  }

 private:
  http::Answer call(const char* method, const std::string& path, std::string body, const std::atomic<bool>& stopping) const {
    http::Request request;
    request.method = method;
    request.url = carrier_.url + path;
    request.headers = {{"Content-Type", "application/json"}};
    if (!carrier_.token.empty()) request.headers.emplace_back("Authorization", "Bearer " + carrier_.token);
    request.body = std::move(body);
    request.authorities = carrier_.authorities;
    request.limits = carrier_.limits;
    return http::send(request, stopping);
  }

  HttpCarrier carrier_;
};

}  // namespace

std::unique_ptr<CarrierConnection> make_http_connection(HttpCarrier carrier) {
  return std::make_unique<HttpConnection>(std::move(carrier));
}

CarrierScans read_scans(const std::string& carrier, const std::string& json) {
  CarrierScans out;
  const auto body = Json::parse(json, nullptr, false);
  if (!body.is_object() || !body.contains("scans") || !body["scans"].is_array()) {
    out.reason = "BODY_UNREADABLE";
    return out;
  }
  out.what = Answered::kDone;
  add_scans(carrier, body["scans"], out);
  return out;
}

}  // namespace lienthong::postal_dispatch
