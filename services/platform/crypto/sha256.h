#pragma once

#include "platform/base/ids.h"

#include <initializer_list>
#include <memory>
#include <string_view>

namespace lienthong::crypto {

/// Incremental SHA-256 (FIPS 180-4). One object may be reused after `finish`.
/// Thread-safety: one thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  Sha256& update(std::string_view bytes);
  Hash finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// SHA-256 of the concatenation of `parts`.
Hash sha256(std::initializer_list<std::string_view> parts);

/// HMAC-SHA-256 (RFC 2104) cut to 8 bytes; 64 bits suffice to tell two bodies of one request id apart.
Digest request_digest(std::string_view key, std::string_view message);

}  // namespace lienthong::crypto
