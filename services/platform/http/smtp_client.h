#pragma once

#include "platform/http/http_client.h"

#include <atomic>
#include <string>

namespace lienthong::http {

/// A mail server that takes messages for others.
struct SmtpServer {
  /// `smtps://host:port` (TLS from the start) or `smtp://host:port` (TLS after STARTTLS, always).
  std::string url;
  std::string user;      ///< Empty: no login.
  std::string password;  ///< Held in memory only.
  std::string authorities;
  /// Name this side says of itself; a host name.
  std::string hello = "localhost";
  Limits limits;
};

struct Mail {
  std::string from;  ///< Address only, as are the others.
  std::string from_name;
  std::string to;
  std::string subject;
  std::string body;  ///< UTF-8.
  /// Left part of the Message-ID; the same for every attempt, so that a receiver recognises a repetition.
  std::string message_key;
  Instant date;
};

struct MailAnswer {
  Transfer transfer = Transfer::kNotBegun;
  int code = 0;  ///< Last reply of the server, e.g. 250 or 550.
  std::string detail;
};

/// False for what can't stand in a header or in an SMTP command: it would end it and begin another (header injection).
bool is_mail_address(const std::string& address);

/// The message as it is sent: headers in encoded words, body in base64, so that no value can become a header.
std::string format_mail(const Mail& mail);

/// Hands a message to the server and waits for its word. Thread-safety: any thread; blocks at most `limits.timeout`, or
/// until `stopping` is true.
MailAnswer send_mail(const SmtpServer& server, const Mail& mail, const std::atomic<bool>& stopping);

}  // namespace lienthong::http
