#pragma once

#include "platform/base/result.h"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lienthong::sqlite {

/// One prepared statement. Bind by position from 1, then `step` until it returns false; `reset` before the next use.
/// Failures throw DatabaseFailure, which whoever keeps a file by this turns into an Error before it returns.
/// Thread-safety: one thread at a time, together with its database.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);
  Statement& bind(int position, std::int64_t value);
  /// Without a copy: `bytes` must live until the next `reset`.
  Statement& bind_blob(int position, std::string_view bytes);
  Statement& bind_text(int position, std::string_view text);
  /// True: there is a row.
  bool step();
  /// Runs to the end and makes the statement ready for the next use.
  void run();
  void reset();
  std::int64_t integer(int column) const;
  std::string_view bytes(int column) const;
  bool is_null(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Resets a statement at the end of a scope.
class Use {
 public:
  explicit Use(Statement& statement) : statement_(statement) {}
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() { statement_.reset(); }
  Statement* operator->() { return &statement_; }
  Statement& operator*() { return statement_; }

 private:
  Statement& statement_;
};

struct DatabaseFailure {
  int code = 0;
  std::string detail;
};

/// An open database file in WAL mode.
/// Thread-safety: one thread at a time.
class Database {
 public:
  enum class Synchronous { kFull, kNormal };
  /// Creates the file if missing. Throws DatabaseFailure.
  Database(const std::string& path, Synchronous synchronous);
  void execute(const std::string& sql);
  Statement prepare(std::string_view sql) { return {handle_.get(), sql}; }
  sqlite3* handle() { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

/// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

/// Which file stands at a path: it changes when the file is replaced.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};
/// Nothing when there is none.
std::optional<FileIdentity> identity_of(const std::string& path);
/// Deletes a database with its journals; what is not there does not matter.
void remove_database(const std::string& path);

Error unavailable(const std::string& path, const DatabaseFailure& failure);

}  // namespace lienthong::sqlite
