#include "platform/sqlite/blob_store.h"

#include "platform/sqlite/database.h"

#include <sys/stat.h>

#include <mutex>

namespace lienthong::sqlite {

class BlobStore::State {
 public:
  State(std::string path, Durability durability)
      : path_(std::move(path)),
        database_(path_,
                  durability == Durability::kDurable ? Database::Synchronous::kFull : Database::Synchronous::kNormal) {
    ::chmod(path_.c_str(), S_IRUSR | S_IWUSR);
    database_.execute("PRAGMA secure_delete=ON");
    database_.execute("CREATE TABLE IF NOT EXISTS blob(name BLOB PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID");
    put_.emplace(database_.prepare("INSERT OR REPLACE INTO blob(name, bytes) VALUES(?1, ?2)"));
    get_.emplace(database_.prepare("SELECT bytes FROM blob WHERE name = ?1"));
    erase_.emplace(database_.prepare("DELETE FROM blob WHERE name = ?1"));
  }

  // No failure of the database leaves this folder as an exception.
  template <class Action>
  auto guarded(Action action) -> Result<decltype(action())> {
    const std::lock_guard lock(mutex_);
    try {
      if constexpr (std::is_void_v<decltype(action())>) {
        action();
        return {};
      } else {
        return action();
      }
    } catch (const DatabaseFailure& failed) {
      return failure(unavailable(path_, failed));
    }
  }

  void put(const std::vector<Entry>& entries) {
    Transaction transaction(database_);
    for (const auto& [name, bytes] : entries) put_->bind_blob(1, name).bind_blob(2, bytes).run();
    transaction.commit();
  }
  std::optional<std::string> get(std::string_view name) {
    Use statement(*get_);
    statement->bind_blob(1, name);
    if (!statement->step()) return std::nullopt;
    return std::string(statement->bytes(0));
  }
  void erase(const std::vector<std::string>& names) {
    {
      Transaction transaction(database_);
      for (const auto& name : names) erase_->bind_blob(1, name).run();
      transaction.commit();
    }
    // The journal still holds the pages of before.
    database_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  }

 private:
  std::mutex mutex_;
  std::string path_;
  Database database_;
  std::optional<Statement> put_;
  std::optional<Statement> get_;
  std::optional<Statement> erase_;
};

BlobStore::BlobStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
BlobStore::~BlobStore() = default;

Result<std::unique_ptr<BlobStore>> BlobStore::open(const std::string& path, Durability durability) {
  try {
    return std::unique_ptr<BlobStore>(new BlobStore(std::make_unique<State>(path, durability)));
  } catch (const DatabaseFailure& failed) {
    return failure(unavailable(path, failed));
  }
}

Result<void> BlobStore::put(const std::vector<Entry>& entries) {
  return state_->guarded([&] { state_->put(entries); });
}
Result<std::optional<std::string>> BlobStore::get(std::string_view name) {
  return state_->guarded([&] { return state_->get(name); });
}
Result<void> BlobStore::erase(const std::vector<std::string>& names) {
  return state_->guarded([&] { state_->erase(names); });
}

}  // namespace lienthong::sqlite
