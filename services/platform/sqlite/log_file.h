#pragma once

#include "platform/block/block.h"
#include "platform/sqlite/database.h"

#include <optional>
#include <string>

namespace lienthong::sqlite {

/// The tables of a log file. A record's key is its partition's number in the upper and its offset in the lower 40 bits.
/// All members throw DatabaseFailure.
/// Thread-safety: one thread at a time.
class LogFile {
 public:
  struct Stored {
    block::Record record;
    Instant time;
  };

  explicit LogFile(const std::string& path);
  /// Call inside of a transaction. Returns the record's offset.
  Offset append(const LedgerPartition& partition, const block::Record& record, Instant time);
  std::optional<Stored> read(const LedgerPartition& partition, Offset offset);
  Offset end(const LedgerPartition& partition);
  /// Number of partitions of a ledger that hold at least one record.
  std::uint32_t partition_count(const LedgerName& ledger);
  Database& database() { return database_; }

 private:
  /// Nothing: the partition has no record yet.
  std::optional<std::int64_t> number(const LedgerPartition& partition);
  std::int64_t number_or_new(const LedgerPartition& partition);

  Database database_;
  bool tables_made_;
  Statement find_partition_;
  Statement add_partition_;
  Statement insert_;
  Statement select_;
  Statement last_;
};

}  // namespace lienthong::sqlite
