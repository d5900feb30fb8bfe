#pragma once

#include "intake/adapters/key_pool.h"
#include "intake/adapters/key_store.h"
#include "platform/sqlite/blob_store.h"

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace lienthong::intake {

struct KeyStoreSettings {
  std::string path;
  /// Durable keys ready for use.
  std::size_t pool = 256;
  /// Keys held in memory for reading.
  std::size_t cached = 4096;
};

/// Keys in an SQLite file, each wrapped (AES-256-GCM) by a key-encryption key that is not in the file.
class SqliteKeyStore final : public KeyStore {
 public:
  /// Fills the pool before it returns. Errors: kUnavailable, naming the file.
  static Result<std::unique_ptr<SqliteKeyStore>> open(const KeyStoreSettings& settings, const crypto::Key& encryption_key);
  ~SqliteKeyStore() override = default;
  SqliteKeyStore(const SqliteKeyStore&) = delete;
  SqliteKeyStore& operator=(const SqliteKeyStore&) = delete;

  Result<ContentKey> take() override;
  Result<crypto::Key> find(std::string_view ref) override;
  Result<void> erase(const std::vector<std::string>& refs) override;

 private:
  SqliteKeyStore(KeyStoreSettings settings, const crypto::Key& encryption_key, std::unique_ptr<sqlite::BlobStore> store);
  Result<void> store(const std::vector<ContentKey>& keys);
  void remember(const std::string& ref, const crypto::Key& key);

  KeyStoreSettings settings_;
  crypto::Key encryption_key_;
  std::unique_ptr<sqlite::BlobStore> store_;
  std::mutex mutex_;
  std::list<std::string> order_;
  std::unordered_map<std::string, crypto::Key> cache_;
  KeyPool pool_;
};

}  // namespace lienthong::intake
