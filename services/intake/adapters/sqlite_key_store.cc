#include "intake/adapters/sqlite_key_store.h"

#include <utility>

namespace lienthong::intake {

SqliteKeyStore::SqliteKeyStore(KeyStoreSettings settings, const crypto::Key& encryption_key,
                               std::unique_ptr<sqlite::BlobStore> store)
    : settings_(std::move(settings)),
      encryption_key_(encryption_key),
      store_(std::move(store)),
      pool_(settings_.pool, [this](const std::vector<ContentKey>& keys) { return this->store(keys); }) {}

Result<std::unique_ptr<SqliteKeyStore>> SqliteKeyStore::open(const KeyStoreSettings& settings,
                                                             const crypto::Key& encryption_key) {
  auto file = sqlite::BlobStore::open(settings.path, sqlite::BlobStore::Durability::kDurable);
  if (!file) return failure(file.error());
  std::unique_ptr<SqliteKeyStore> store(new SqliteKeyStore(settings, encryption_key, std::move(*file)));
  if (const auto filled = store->pool_.start(); !filled) return failure(filled.error());
  return store;
}

Result<void> SqliteKeyStore::store(const std::vector<ContentKey>& keys) {
  std::vector<sqlite::BlobStore::Entry> entries;
  entries.reserve(keys.size());
  for (const auto& [ref, key] : keys) entries.emplace_back(ref, crypto::seal(encryption_key_, key.view(), ref));
  return store_->put(entries);
}

Result<ContentKey> SqliteKeyStore::take() {
  auto taken = pool_.take();
  if (!taken) return taken;
  const std::lock_guard lock(mutex_);
  remember(taken->ref, taken->key);
  return taken;
}

Result<crypto::Key> SqliteKeyStore::find(std::string_view ref) {
  const std::string name(ref);
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = cache_.find(name); known != cache_.end()) return known->second;
  }
  const auto wrapped = store_->get(ref);
  if (!wrapped) return failure(wrapped.error());
  if (!*wrapped) return failure(personal_data_erased());
  const auto raw = crypto::open_sealed(encryption_key_, **wrapped, ref);
  if (!raw) return failure(raw.error());
  const auto key = crypto::Key::from(*raw);
  if (!key) return failure(key.error());
  // Not remembered: an erasure may have come between.
  return *key;
}

Result<void> SqliteKeyStore::erase(const std::vector<std::string>& refs) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& ref : refs) cache_.erase(ref);
  }
  return store_->erase(refs);
}

void SqliteKeyStore::remember(const std::string& ref, const crypto::Key& key) {
  cache_.insert_or_assign(ref, key);
  order_.push_back(ref);
  if (order_.size() > settings_.cached) {
    cache_.erase(order_.front());
    order_.pop_front();
  }
}

}  // namespace lienthong::intake
