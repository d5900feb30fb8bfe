#pragma once

#include "notification/adapters/carrier.h"
#include "platform/http/http_client.h"

#include <string>

namespace lienthong::notification {

struct SmsGateway {
  std::string url;
  std::string token;   ///< Held in memory only.
  std::string sender;  ///< Brand name agreed with the networks.
  std::string authorities;
  http::Limits limits;
};

/// Hands text messages to a gateway by one POST of JSON: `id` (the notice's key), `from`, `to`, `text`, and the key once
/// more as `Idempotency-Key`. A gateway that knows the key answers 409 and sends nothing again.
class SmsCarrier final : public Carrier {
 public:
  explicit SmsCarrier(SmsGateway gateway) : gateway_(std::move(gateway)) {}
  std::optional<Carried> carry(const Message& message, const std::atomic<bool>& stopping) override;

 private:
  SmsGateway gateway_;
};

/// The body of the request. Contract with the gateway; a recorded exchange stands in tests/contract/golden.
std::string sms_request_body(const std::string& sender, const Message& message);
/// What the gateway's answer means.
Carried meaning_of(const http::Answer& answer);

}  // namespace lienthong::notification
