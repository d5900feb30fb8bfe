#include "platform/sqlite/database.h"

#include <sys/stat.h>

#include <cstdio>

namespace lienthong::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 5000;

void check(sqlite3* database, int code) {
  if (code != SQLITE_OK) throw DatabaseFailure{code, sqlite3_errmsg(database)};
}

}  // namespace

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  sqlite3_stmt* raw = nullptr;
  check(database,
        sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr));
  statement_.reset(raw);
}

Statement& Statement::bind(int position, std::int64_t value) {
  check(database_, sqlite3_bind_int64(statement_.get(), position, value));
  return *this;
}

Statement& Statement::bind_blob(int position, std::string_view bytes) {
  // A null pointer would bind NULL instead of an empty blob.
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  check(database_, sqlite3_bind_blob64(statement_.get(), position, data, bytes.size(), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind_text(int position, std::string_view text) {
  const char* data = text.data() == nullptr ? "" : text.data();
  check(database_, sqlite3_bind_text64(statement_.get(), position, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throw DatabaseFailure{code, sqlite3_errmsg(database_)};
}

void Statement::run() {
  const Use use(*this);
  while (step()) {
  }
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return {static_cast<const char*>(data), size};
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

Database::Database(const std::string& path, Synchronous synchronous) {
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(raw);
  if (code != SQLITE_OK) throw DatabaseFailure{code, raw == nullptr ? "out of memory" : sqlite3_errmsg(raw)};
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  execute("PRAGMA journal_mode=WAL");
  execute(synchronous == Synchronous::kFull ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
}

void Database::execute(const std::string& sql) {
  check(handle_.get(), sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

Transaction::Transaction(Database& database) : database_(database) { database_.execute("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

std::optional<FileIdentity> identity_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return FileIdentity{found.st_dev, found.st_ino};
}

void remove_database(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) std::remove((path + suffix).c_str());
}

Error unavailable(const std::string& path, const DatabaseFailure& failure) {
  return {ErrorCode::kUnavailable, "STORE_UNAVAILABLE",
          "Không đọc ghi được tệp " + path + ": " + failure.detail + ". Kiểm tra quyền truy cập và dung lượng đĩa.",
          "The file " + path + " can't be used: " + failure.detail + ". Check its access rights and the free disk space."};
}

}  // namespace lienthong::sqlite
