#pragma once

#include "platform/base/instant.h"
#include "platform/base/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lienthong::http {

/// How two parties sign messages with a key both know: HMAC-SHA-256 over `<id>.<time>.<body>`, the time in seconds since
/// 1970. The default is that of Standard Webhooks 1.0, for which every language has a library.
struct SignatureForm {
  /// Empty: the sender gives its messages no ids, and what is signed begins with the time.
  std::string id_header = "webhook-id";
  std::string time_header = "webhook-timestamp";
  std::string signature_header = "webhook-signature";
  /// True: `v1,<base64>`, one for each key, spaces between them. False: one, in hexadecimal digits.
  bool listed = true;
};

/// Keys of one party, the one to use from now on first; each is good. Two stand there while they are changed.
using SigningKeys = std::vector<std::string>;

/// Reads keys, one a line: as it stands, or base64 behind `whsec_`. Errors: kInvalidArgument, reason KEY_FILE, naming the
/// cure: no file, no key, more than two, or one shorter than 16 bytes.
Result<SigningKeys> read_signing_keys(const std::string& path);

/// The headers of a signed message. Precondition: at least one key.
std::vector<std::pair<std::string, std::string>> sign(const SignatureForm& form, const SigningKeys& keys,
                                                      std::string_view id, Instant at, std::string_view body);

enum class SignatureCheck : std::uint8_t {
  kGood,
  kMissing,  ///< A header is not there or is no time.
  kStale,    ///< Good, but longer ago or later than the window: a repetition by a stranger, or a wrong clock.
  kWrong,
};
/// Value of a header, by its lower-case name.
using Headers = std::function<std::optional<std::string>(const std::string& name)>;
SignatureCheck check_signature(const SignatureForm& form, const SigningKeys& keys, const Headers& headers,
                               std::string_view body, Instant now, Duration window);

}  // namespace lienthong::http
