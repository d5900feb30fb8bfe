#include "platform/http/signature.h"

#include "platform/base/base64.h"
#include "platform/base/encoding.h"
#include "platform/crypto/hmac.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>

namespace lienthong::http {
namespace {

constexpr std::string_view kBase64Mark = "whsec_";
constexpr std::string_view kVersion = "v1,";
constexpr std::size_t kKeyBytesMin = 16;
constexpr std::size_t kKeysMax = 2;

std::string signed_text(const SignatureForm& form, std::string_view id, std::string_view time, std::string_view body) {
  std::string out;
  if (!form.id_header.empty()) out.append(id) += '.';
  return out.append(time).append(1, '.').append(body);
}

std::string signature_of(const SignatureForm& form, std::string_view key, std::string_view text) {
  const auto hash = crypto::hmac_sha256(key, text);
  return form.listed ? std::string(kVersion) + to_base64(hash.view()) : to_hex(hash.view());
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t from = 0; from <= text.size();) {
    const auto end = std::min(text.find(' ', from), text.size());
    if (end > from) out.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return out;
}

Error wrong_keys(const std::string& path) {
  return {ErrorCode::kInvalidArgument, "KEY_FILE",
          path + " phải có một hoặc hai khóa, mỗi khóa một dòng và dài ít nhất 16 byte; hãy sửa tệp.",
          path + " must hold one or two keys, one a line, each of at least 16 bytes; correct the file."};
}

}  // namespace

Result<SigningKeys> read_signing_keys(const std::string& path) {
  std::ifstream file(path);
  SigningKeys keys;
  for (std::string line; std::getline(file, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty()) continue;
    if (line.starts_with(kBase64Mark)) {
      auto bytes = from_base64(std::string_view(line).substr(kBase64Mark.size()));
      if (!bytes) return failure(wrong_keys(path));
      line = *std::move(bytes);
    }
    if (line.size() < kKeyBytesMin) return failure(wrong_keys(path));
    keys.push_back(std::move(line));
  }
  if (keys.empty() || keys.size() > kKeysMax) return failure(wrong_keys(path));
  return keys;
}

std::vector<std::pair<std::string, std::string>> sign(const SignatureForm& form, const SigningKeys& keys,
                                                      std::string_view id, Instant at, std::string_view body) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(std::chrono::microseconds(at.micros)).count();
  const auto time = std::to_string(seconds);
  const auto text = signed_text(form, id, time, body);
  std::string signatures = signature_of(form, keys.front(), text);
  for (std::size_t i = 1; form.listed && i < keys.size(); ++i) signatures += ' ' + signature_of(form, keys[i], text);
  std::vector<std::pair<std::string, std::string>> headers;
  if (!form.id_header.empty()) headers.emplace_back(form.id_header, id);
  headers.emplace_back(form.time_header, time);
  headers.emplace_back(form.signature_header, std::move(signatures));
  return headers;
}

SignatureCheck check_signature(const SignatureForm& form, const SigningKeys& keys, const Headers& headers,
                               std::string_view body, Instant now, Duration window) {
  const auto id = form.id_header.empty() ? std::optional<std::string>("") : headers(form.id_header);
  const auto time = headers(form.time_header);
  const auto given = headers(form.signature_header);
  std::int64_t seconds = 0;
  if (!id || !time || !given) return SignatureCheck::kMissing;
  const auto read = std::from_chars(time->data(), time->data() + time->size(), seconds);
  // Twelve digits of seconds are year 33,658: no sum below can overflow.
  if (read.ec != std::errc() || read.ptr != time->data() + time->size() || time->size() > 12)
    return SignatureCheck::kMissing;
  const auto text = signed_text(form, *id, *time, body);
  const auto signatures = split(*given);
  const bool good = std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
    const auto wanted = signature_of(form, key, text);
    return std::any_of(signatures.begin(), signatures.end(),
                       [&](const std::string& one) { return crypto::same_secret(one, wanted); });
  });
  if (!good) return SignatureCheck::kWrong;
  const Duration apart = now - Instant{seconds * 1'000'000};
  return apart > window || apart < -window ? SignatureCheck::kStale : SignatureCheck::kGood;
}

}  // namespace lienthong::http
