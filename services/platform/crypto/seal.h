#pragma once

#include "platform/base/ids.h"
#include "platform/base/result.h"

#include <string>
#include <string_view>

namespace lienthong::crypto {

/// AES-256 key.
using Key = FixedBytes<32, struct KeyTag>;

/// Bytes of the operating system's generator, buffered per thread because each draw of its own costs about a microsecond.
/// Thread-safety: any thread.
std::string random_bytes(std::size_t count);
Key random_key();

/// AES-256-GCM (NIST SP 800-38D): nonce (12 bytes, random), ciphertext, tag (16 bytes). `context` is bound to it but not in
/// it: the same must be given to open it. A key may seal up to 2^32 messages.
std::string seal(const Key& key, std::string_view plain, std::string_view context);
/// Errors: kDataLoss, reason SEAL_BROKEN, for another key or context, or changed bytes.
Result<std::string> open_sealed(const Key& key, std::string_view sealed, std::string_view context);

/// HMAC-SHA-256 of `label` under `key`: an independent key for another use.
Key derive_key(const Key& key, std::string_view label);

/// A key from a file of 64 hexadecimal digits (mode 0600). Errors: kInvalidArgument, reason KEY_FILE, naming the cure.
Result<Key> read_key_file(const std::string& path);

}  // namespace lienthong::crypto
