#include "platform/http/smtp_client.h"

#include "platform/base/base64.h"
#include "platform/http/curl_handle.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

namespace lienthong::http {
namespace {

// RFC 2045: at most 76 letters a line; RFC 2047: at most 75 in an encoded word, here 45 bytes of text.
constexpr std::size_t kLineMax = 76;
constexpr std::size_t kWordBytes = 45;

bool starts_letter(char c) { return (static_cast<std::uint8_t>(c) & 0xC0U) != 0x80U; }

/// RFC 2047, cut between letters.
std::string encoded_words(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t end = std::min(kWordBytes, text.size());
    while (end < text.size() && end > 1 && !starts_letter(text[end])) --end;
    out += (out.empty() ? "" : "\r\n ") + ("=?UTF-8?B?" + to_base64(text.substr(0, end)) + "?=");
    text.remove_prefix(end);
  }
  return out;
}

/// A line of a header: what would end it is a space, in encoded words too, since some readers cut what they decoded.
std::string on_one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return text;
}

std::string date_text(Instant at) {
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::microseconds(at.micros)).count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%s, %d %s %d %02d:%02d:%02d +0000", kDays[static_cast<std::size_t>(parts.tm_wday)],
                parts.tm_mday, kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                parts.tm_min, parts.tm_sec);
  return out.data();
}

struct Upload {
  std::string_view left;
};
std::size_t upload(char* to, std::size_t size, std::size_t count, void* from) {
  auto& text = static_cast<Upload*>(from)->left;
  const std::size_t bytes = std::min(size * count, text.size());
  std::memcpy(to, text.data(), bytes);
  text.remove_prefix(bytes);
  return bytes;
}

}  // namespace

bool is_mail_address(const std::string& address) {
  const auto at = address.find('@');
  return at != std::string::npos && at > 0 && at + 1 < address.size() && address.size() <= 254 &&
         address.find('@', at + 1) == std::string::npos && std::all_of(address.begin(), address.end(), [](char c) {
           return static_cast<unsigned char>(c) > 0x20 && c != 0x7F &&
                  std::string_view("<>(),;:\\\"[]").find(c) == std::string_view::npos;
         });
}

std::string format_mail(const Mail& mail) {
  const auto domain = mail.from.substr(mail.from.find('@') + 1);
  std::string out = "Date: " + date_text(mail.date) + "\r\n";
  out += "From: " + (mail.from_name.empty() ? "" : encoded_words(on_one_line(mail.from_name)) + "\r\n ") + '<' + mail.from +
         ">\r\n";
  out += "To: <" + mail.to + ">\r\n";
  out += "Message-ID: <" + mail.message_key + '@' + domain + ">\r\n";
  out += "Subject: " + encoded_words(on_one_line(mail.subject)) + "\r\n";
  out +=
      "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\n";
  const auto body = to_base64(mail.body);
  for (std::size_t i = 0; i < body.size(); i += kLineMax) out += body.substr(i, kLineMax) + "\r\n";
  return out;
}

MailAnswer send_mail(const SmtpServer& server, const Mail& mail, const std::atomic<bool>& stopping) {
  if (!is_mail_address(mail.to) || !is_mail_address(mail.from)) return {Transfer::kRefused, 0, "this is no mail address"};
  Watch watch{&stopping};
  const auto handle = make_handle();
  CURL* curl = handle.get();
  prepare(curl, server.limits, watch);
  CurlList recipients(nullptr, &curl_slist_free_all);
  append(recipients, '<' + mail.to + '>');
  const std::string text = format_mail(mail);
  const std::string from = '<' + mail.from + '>';
  const std::string url = server.url + '/' + server.hello;
  Upload source{text};
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                   static_cast<long>(std::chrono::ceil<std::chrono::seconds>(server.limits.timeout).count()));
  // Personal data never crosses the line in clear.
  curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  if (!server.authorities.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, server.authorities.c_str());
  if (!server.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, server.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, server.password.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, upload);
  curl_easy_setopt(curl, CURLOPT_READDATA, &source);
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  const CURLcode code = curl_easy_perform(curl);
  MailAnswer answer;
  answer.transfer = transfer_of(code);
  long reply = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
  answer.code = static_cast<int>(reply);
  if (code != CURLE_OK) answer.detail = curl_easy_strerror(code);
  // A server that says no has answered.
  if (answer.transfer == Transfer::kBrokenOff && answer.code >= 400) answer.transfer = Transfer::kDone;
  return answer;
}

}  // namespace lienthong::http
