#pragma once

#include "platform/base/result.h"
#include "platform/crypto/seal.h"
#include "shared_kernel/api/sealing.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lienthong::intake {

using shared_kernel::api::ContentKey;
using shared_kernel::api::personal_data_erased;

/// A reference is random and as long as this.
inline constexpr std::size_t kKeyRefBytes = 16;

/// Keys of sealed content, kept apart from the ledger, so that giving up a key erases what it sealed wherever it was copied
/// to. Thread-safety: any thread.
class KeyStore {
 public:
  virtual ~KeyStore() = default;
  /// A key nobody has used, durable already. Never blocks. Errors: kUnavailable, reason CONTENT_UNAVAILABLE, when the pool
  /// is empty.
  virtual Result<ContentKey> take() = 0;
  /// May block for a small read. Errors: kFailedPrecondition, reason PERSONAL_DATA_ERASED, when it was given up or there
  /// never was such a key, which nobody can tell apart later; kUnavailable; kDataLoss, reason SEAL_BROKEN, under another
  /// key-encryption key.
  virtual Result<crypto::Key> find(std::string_view ref) = 0;
  /// Gives keys up; when it returns, nothing holds them. Idempotent. Blocks. Errors: kUnavailable.
  virtual Result<void> erase(const std::vector<std::string>& refs) = 0;
};

}  // namespace lienthong::intake
