#include "notification/adapters/smtp_carrier.h"

namespace lienthong::notification {

Carried meaning_of(const http::MailAnswer& answer) {
  switch (answer.transfer) {
    case http::Transfer::kNotBegun: return {SendResult::kTemporary, "NO_CONNECTION", "", {}};
    case http::Transfer::kNotTrusted: return {SendResult::kTechnical, "NOT_TRUSTED", "", {}};
    case http::Transfer::kRefused: return {SendResult::kPermanent, "ADDRESS_INVALID", "", {}};
    case http::Transfer::kTooLarge:
    case http::Transfer::kStopped:
    case http::Transfer::kBrokenOff: return {SendResult::kTemporary, "LINE_LOST", "", {}};
    case http::Transfer::kDone: break;
  }
  const auto reason = "SMTP_" + std::to_string(answer.code);
  if (answer.code < 400) return {SendResult::kSent, "", "", {}};
  if (answer.code < 500) return {SendResult::kTemporary, reason, "", {}};
  // Syntax of commands, logins: nothing about this recipient.
  const bool ours = answer.code < 510 || (answer.code >= 530 && answer.code <= 538);
  return {ours ? SendResult::kTechnical : SendResult::kPermanent, reason, "", {}};
}

std::optional<Carried> SmtpCarrier::carry(const Message& message, const std::atomic<bool>& stopping) {
  const http::Mail mail{from_, from_name_, message.to, message.subject, message.body, message.key, message.date};
  const auto answer = http::send_mail(server_, mail, stopping);
  if (answer.transfer == http::Transfer::kStopped) return std::nullopt;
  auto carried = meaning_of(answer);
  if (carried.result == SendResult::kSent) carried.reference = message.key;
  return carried;
}

}  // namespace lienthong::notification
