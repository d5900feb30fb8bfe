#pragma once

#include "platform/ports/projection.h"
#include "platform/sqlite/database.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::sqlite {

/// The tables of a projection file. All members throw DatabaseFailure.
/// Thread-safety: one thread at a time.
class ProjectionFile {
 public:
  explicit ProjectionFile(const std::string& path);
  Database& database() { return database_; }

  std::optional<ports::v1::PartitionMeta> meta(const LedgerPartition& partition);
  ports::StoredValue value(const LedgerPartition& partition, const DossierId& dossier);
  /// Call inside of a transaction.
  void apply(const LedgerPartition& partition, const ports::ApplyBatch& batch);
  /// Call inside of a transaction.
  void reset(const LedgerPartition& partition);
  std::vector<ports::IndexHit> scan(const LedgerPartition& partition, const std::string& index, std::int64_t until,
                                    std::size_t limit);
  std::vector<ports::IndexHit> page(const ports::IndexQuery& query);
  std::uint64_t count(const LedgerPartition& partition, const std::string& index, const std::string& key);
  std::vector<ports::StoredValue> all_values(const LedgerPartition& partition);
  std::vector<std::pair<DossierId, IndexEntry>> all_entries(const LedgerPartition& partition);

 private:
  std::int64_t number(const LedgerPartition& partition);
  void change(std::int64_t partition_number, const ports::ValueChange& value_change);

  Database database_;
  bool tables_made_;
  Statement find_partition_;
  Statement add_partition_;
  Statement select_meta_;
  Statement upsert_meta_;
  Statement select_value_;
  Statement upsert_value_;
  Statement select_entries_;
  Statement delete_entries_;
  Statement insert_entry_;
  Statement scan_;
  Statement page_up_;
  Statement page_down_;
  Statement count_;
};

}  // namespace lienthong::sqlite
