#pragma once

#include "platform/base/result.h"
#include "platform/crypto/seal.h"

#include <string>
#include <string_view>
#include <vector>

namespace lienthong::intake {

/// A key that content of one dossier is sealed with.
struct ContentKey {
  std::string ref;  ///< Names it in the ledger; says nothing about it.
  crypto::Key key;
};

/// Keys of sealed content, kept apart from the ledger, so that giving up a key erases what it sealed wherever it was copied to.
/// Thread-safety: any thread.
class KeyStore {
 public:
  virtual ~KeyStore() = default;
  /// A key nobody has used, durable already. Never blocks. Errors: kUnavailable, reason CONTENT_UNAVAILABLE, when the pool is empty.
  virtual Result<ContentKey> take() = 0;
  /// May block for a small read. Errors: kFailedPrecondition, reason PERSONAL_DATA_ERASED, when it was given up; kUnavailable.
  virtual Result<crypto::Key> find(std::string_view ref) = 0;
  /// Gives keys up; when it returns, nothing holds them. Idempotent. Blocks. Errors: kUnavailable.
  virtual Result<void> erase(const std::vector<std::string>& refs) = 0;
};

/// The dossier can't be read any more, by anybody.
Error personal_data_erased();

}  // namespace lienthong::intake
