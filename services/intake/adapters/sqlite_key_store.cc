#include "intake/adapters/sqlite_key_store.h"

#include <algorithm>
#include <chrono>

namespace lienthong::intake {
namespace {

constexpr std::size_t kRefBytes = 16;
constexpr std::chrono::milliseconds kRetryAfter{200};

}  // namespace

SqliteKeyStore::SqliteKeyStore(KeyStoreSettings settings, const crypto::Key& encryption_key,
                               std::unique_ptr<sqlite::BlobStore> store)
    : settings_(std::move(settings)), encryption_key_(encryption_key), store_(std::move(store)) {}

Result<std::unique_ptr<SqliteKeyStore>> SqliteKeyStore::open(const KeyStoreSettings& settings,
                                                             const crypto::Key& encryption_key) {
  auto file = sqlite::BlobStore::open(settings.path, sqlite::BlobStore::Durability::kDurable);
  if (!file) return failure(file.error());
  std::unique_ptr<SqliteKeyStore> store(new SqliteKeyStore(settings, encryption_key, std::move(*file)));
  if (const auto filled = store->refill(); !filled) return failure(filled.error());
  store->thread_ = std::thread([raw = store.get()] { raw->run(); });
  return store;
}

SqliteKeyStore::~SqliteKeyStore() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<void> SqliteKeyStore::refill() {
  std::vector<ContentKey> fresh(settings_.pool);
  std::vector<sqlite::BlobStore::Entry> entries;
  entries.reserve(fresh.size());
  for (auto& [ref, key] : fresh) {
    ref = crypto::random_bytes(kRefBytes);
    key = crypto::random_key();
    entries.emplace_back(ref, crypto::seal(encryption_key_, key.view(), ref));
  }
  if (auto put = store_->put(entries); !put) return put;
  const std::lock_guard lock(mutex_);
  std::move(fresh.begin(), fresh.end(), std::back_inserter(pool_));
  return {};
}

void SqliteKeyStore::run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return ending_ || pool_.size() <= settings_.pool / 2; });
      if (ending_) return;
    }
    if (refill()) continue;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kRetryAfter, [&] { return ending_; });
  }
}

Result<ContentKey> SqliteKeyStore::take() {
  ContentKey taken;
  bool low = false;
  {
    const std::lock_guard lock(mutex_);
    if (pool_.empty()) {
      return failure({ErrorCode::kUnavailable, "CONTENT_UNAVAILABLE",
                      "Chưa kịp tạo khóa niêm phong; hãy gửi lại cùng mã yêu cầu.",
                      "Keys for sealing are being made; send again with the same request id."});
    }
    taken = std::move(pool_.back());
    pool_.pop_back();
    low = pool_.size() <= settings_.pool / 2;
    remember(taken.ref, taken.key);
  }
  if (low) wake_.notify_one();
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
