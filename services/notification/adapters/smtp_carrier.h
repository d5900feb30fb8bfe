#pragma once

#include "notification/adapters/carrier.h"
#include "platform/http/smtp_client.h"

#include <string>

namespace lienthong::notification {

/// Hands e-mails to a mail server over TLS. The Message-ID is made of the notice's key, so a receiver knows a repeated one;
/// a server on the way does not, hence a message may come twice when the line was lost after it had been taken.
class SmtpCarrier final : public Carrier {
 public:
  SmtpCarrier(http::SmtpServer server, std::string from, std::string from_name)
      : server_(std::move(server)), from_(std::move(from)), from_name_(std::move(from_name)) {}
  std::optional<Carried> carry(const Message& message, const std::atomic<bool>& stopping) override;

 private:
  http::SmtpServer server_;
  std::string from_;
  std::string from_name_;
};

/// What a server's word means. Source: RFC 5321, 4.2.1 and 4.2.3; RFC 4954, 6 for logins.
Carried meaning_of(const http::MailAnswer& answer);

}  // namespace lienthong::notification
