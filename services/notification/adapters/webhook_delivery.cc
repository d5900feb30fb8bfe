#include "notification/adapters/webhook_delivery.h"

#include "platform/base/base64.h"
#include "platform/base/encoding.h"
#include "platform/crypto/sha256.h"
#include "platform/http/signature.h"

#include <google/protobuf/util/time_util.h>
#include <nlohmann/json.hpp>

namespace lienthong::notification {
namespace {

std::string time_text(Instant at) {
  using google::protobuf::util::TimeUtil;
  return TimeUtil::ToString(TimeUtil::MicrosecondsToTimestamp(at.micros));
}

std::string authority_of(const std::string& url) {
  const auto from = url.find("://") + 3;
  auto authority = url.substr(from, url.find_first_of("/?", from) - from);
  return authority.find(':') == std::string::npos ? authority + ":443" : authority;
}

WebhookAnswer refused(std::string reason_code, std::uint32_t status = 0) {
  WebhookAnswer answer;
  answer.reason_code = std::move(reason_code);
  answer.status = status;
  return answer;
}

WebhookAnswer read(const http::Answer& answer) {
  const auto status = static_cast<std::uint32_t>(answer.status);
  switch (answer.transfer) {
    case http::Transfer::kDone: break;
    case http::Transfer::kNotBegun: return refused("NOT_REACHED");
    case http::Transfer::kNotTrusted: return refused("NOT_TRUSTED");
    case http::Transfer::kBrokenOff: return refused("TIME_OUT_OR_LINE_LOST", status);
    case http::Transfer::kRefused: return refused("TARGET_REFUSED");
    case http::Transfer::kTooLarge: return refused("ANSWER_TOO_LARGE", status);
    case http::Transfer::kStopped: {
      WebhookAnswer stopped;
      stopped.stopped = true;
      return stopped;
    }
  }
  if (status >= 300 && status < 400) return refused("REDIRECT", status);
  if (status < 200 || status >= 300) {
    auto out = refused("HTTP_" + std::to_string(status), status);
    // Source: RFC 9110, 10.2.3 and RFC 6585, 4.
    if (status == 429 || status == 503) out.retry_after = answer.retry_after;
    return out;
  }
  WebhookAnswer delivered;
  delivered.delivered = true;
  delivered.status = status;
  return delivered;
}

}  // namespace

std::string delivery_key(std::string_view subscription, std::string_view event) {
  const auto hash = crypto::sha256({"webhook1", subscription, "|", event});
  return to_hex(hash.view().substr(0, 16));
}

std::string to_json(const relay::PublicEvent& event) {
  const nlohmann::ordered_json json = {{"specversion", "1.0"},
                                       {"id", event.id},
                                       {"source", event.source},
                                       {"type", event.type},
                                       {"subject", event.subject},
                                       {"time", time_text(event.time)},
                                       {"recordedtime", time_text(event.recorded_time)},
                                       {"dataschema", event.data_schema},
                                       {"datacontenttype", "application/protobuf"},
                                       {"data_base64", to_base64(event.data)}};
  return json.dump();
}

relay::PublicEvent test_event(const std::string& province, Instant now) {
  relay::PublicEvent event;
  event.id = "test/" + std::to_string(now.micros);
  event.source = "//" + province + ".lienthong/notification";
  event.type = "vn.lienthong.notification.webhook_tested.v1";
  event.subject = "test";
  event.time = event.recorded_time = now;
  event.data_schema = "google.protobuf.Empty";
  return event;
}

WebhookAnswer deliver(http::Client& connection, const WebhookTargets& targets,
                      const shared_kernel::WebhookSubscription& subscription, const relay::PublicEvent& event, Instant now,
                      const std::atomic<bool>& stopping) {
  const auto keys = http::read_signing_keys(targets.keys_directory + '/' + subscription.keys);
  if (!keys) return refused("KEYS_UNAVAILABLE");
  http::Request request;
  request.url = subscription.url;
  request.body = to_json(event);
  request.headers = http::sign({}, *keys, delivery_key(subscription.id, event.id), now, request.body);
  request.headers.emplace_back("Content-Type", "application/cloudevents+json; charset=UTF-8");
  request.reach = http::Reach::kPublic;
  if (const auto listed = targets.listed.find(authority_of(subscription.url)); listed != targets.listed.end()) {
    request.listed = {listed->first};
    request.reached_at = listed->second;
  }
  request.authorities = targets.authorities;
  request.limits.timeout = targets.timeout;
  const auto began = std::chrono::steady_clock::now();
  auto answer = read(connection.send(request, stopping));
  answer.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  return answer;
}

}  // namespace lienthong::notification
