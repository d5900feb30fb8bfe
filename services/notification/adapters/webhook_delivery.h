#pragma once

#include "platform/base/instant.h"
#include "platform/http/http_client.h"
#include "platform/relay/public_events.h"
#include "shared_kernel/notice_rules.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace lienthong::notification {

/// How this process reaches subscribers.
struct WebhookTargets {
  /// Directory of the key files that subscriptions name.
  std::string keys_directory;
  /// Targets that may be called although they are not public, `host:port`, and where each is reached: `host:port` or empty,
  /// for as the name says.
  std::map<std::string, std::string> listed;
  /// File of authorities to trust besides the system's; empty: the system's.
  std::string authorities;
  std::chrono::milliseconds timeout{10'000};
};

/// What sending one event once came to.
struct WebhookAnswer {
  bool delivered = false;  ///< The subscriber answered with 2xx.
  bool stopped = false;    ///< This process ends; nothing is known.
  std::uint32_t status = 0;
  /// With a status of 429 or 503: how long the subscriber asks to be left in peace; zero: it does not say.
  std::chrono::seconds retry_after{0};
  std::string reason_code;  ///< Why not: `HTTP_503`, `TIME_OUT`, `REDIRECT`, `TARGET_REFUSED`, `ANSWER_TOO_LARGE` ...
  std::chrono::milliseconds took{0};
};

/// Names an event to one subscriber: the same at every repetition, by whatever process.
std::string delivery_key(std::string_view subscription, std::string_view event);

/// The event as CloudEvents 1.0 in structured mode, so that the signature covers its attributes too.
std::string to_json(const relay::PublicEvent& event);

/// An event that says nothing, to try a subscription with.
relay::PublicEvent test_event(const std::string& province, Instant now);

/// Sends one event once by `connection` and waits for the answer. Thread-safety: any thread, each with a connection of its
/// own; blocks at most `targets.timeout`, or until `stopping` is true.
WebhookAnswer deliver(http::Client& connection, const WebhookTargets& targets,
                      const shared_kernel::WebhookSubscription& subscription, const relay::PublicEvent& event, Instant now,
                      const std::atomic<bool>& stopping);

}  // namespace lienthong::notification
