#pragma once

#include "platform/base/result.h"
#include "platform/crypto/seal.h"
#include "shared_kernel/api/sealing.h"

#include <string>
#include <string_view>
#include <vector>

namespace lienthong::intake {

using shared_kernel::api::ContentKey;
using shared_kernel::api::personal_data_erased;

/// Keys of sealed content, kept apart from the ledger, so that giving up a key erases what it sealed wherever it was copied
/// to. Thread-safety: any thread.
class KeyStore {
 public:
  virtual ~KeyStore() = default;
  /// A key nobody has used, durable already. Never blocks. Errors: kUnavailable, reason CONTENT_UNAVAILABLE, when the pool
  /// is empty.
  virtual Result<ContentKey> take() = 0;
  /// May block for a small read. Errors: kFailedPrecondition, reason PERSONAL_DATA_ERASED, when it was given up;
  /// kUnavailable.
  virtual Result<crypto::Key> find(std::string_view ref) = 0;
  /// Gives keys up; when it returns, nothing holds them. Idempotent. Blocks. Errors: kUnavailable.
  virtual Result<void> erase(const std::vector<std::string>& refs) = 0;
};

}  // namespace lienthong::intake
