#include "platform/sqlite/projection_file.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

namespace lienthong::sqlite {
namespace {

bool make_tables(Database& database) {
  database.execute(
      "CREATE TABLE IF NOT EXISTS ledger_partition(number INTEGER PRIMARY KEY, ledger TEXT NOT NULL, partition INTEGER NOT "
      "NULL,"
      " UNIQUE(ledger, partition));"
      "CREATE TABLE IF NOT EXISTS meta(partition INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
      "CREATE TABLE IF NOT EXISTS value(partition INTEGER NOT NULL, dossier BLOB NOT NULL, asof INTEGER NOT NULL,"
      " bytes BLOB NOT NULL, PRIMARY KEY(partition, dossier)) WITHOUT ROWID;"
      "CREATE TABLE IF NOT EXISTS entry(partition INTEGER NOT NULL, dossier BLOB NOT NULL, name TEXT NOT NULL, list TEXT "
      "NOT NULL,"
      " suffix BLOB NOT NULL, score INTEGER NOT NULL, PRIMARY KEY(partition, dossier, name, list, suffix)) WITHOUT ROWID;"
      "CREATE INDEX IF NOT EXISTS entry_by_list ON entry(partition, name, list, score, dossier, suffix);"
      "CREATE INDEX IF NOT EXISTS entry_by_score ON entry(partition, name, score, dossier, suffix, list)");
  return true;
}

DossierId dossier_of(std::string_view bytes) { return DossierId::from(bytes).value_or(DossierId{}); }

IndexEntries unique_entries(const IndexEntries& entries) {
  std::map<std::tuple<std::string, std::string, std::string>, std::int64_t> scores;
  for (const auto& entry : entries) scores[{entry.index, entry.key, entry.suffix}] = entry.score;
  IndexEntries out;
  for (const auto& [name, score] : scores) out.push_back({std::get<0>(name), std::get<1>(name), score, std::get<2>(name)});
  return out;
}

std::int64_t limit_of(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

ProjectionFile::ProjectionFile(const std::string& path)
    : database_(path, Database::Synchronous::kNormal),
      tables_made_(make_tables(database_)),
      find_partition_(database_.prepare("SELECT number FROM ledger_partition WHERE ledger = ? AND partition = ?")),
      add_partition_(database_.prepare("INSERT INTO ledger_partition(ledger, partition) VALUES (?, ?)")),
      select_meta_(database_.prepare("SELECT bytes FROM meta WHERE partition = ?")),
      upsert_meta_(database_.prepare("INSERT OR REPLACE INTO meta(partition, bytes) VALUES (?, ?)")),
      select_value_(database_.prepare("SELECT asof, bytes FROM value WHERE partition = ? AND dossier = ?")),
      upsert_value_(database_.prepare("INSERT OR REPLACE INTO value(partition, dossier, asof, bytes) VALUES (?, ?, ?, ?)")),
      select_entries_(database_.prepare("SELECT name, list, score, suffix FROM entry WHERE partition = ? AND dossier = ?"
                                        " ORDER BY name, list, suffix")),
      delete_entries_(database_.prepare("DELETE FROM entry WHERE partition = ? AND dossier = ?")),
      insert_entry_(
          database_.prepare("INSERT INTO entry(partition, dossier, name, list, suffix, score) VALUES (?, ?, ?, ?, ?, ?)")),
      scan_(
          database_.prepare("SELECT list, score, dossier, suffix FROM entry WHERE partition = ? AND name = ? AND score <= ?"
                            " ORDER BY score, dossier, suffix, list LIMIT ?")),
      page_up_(database_.prepare("SELECT score, dossier, suffix FROM entry WHERE partition = ? AND name = ? AND list = ? AND"
                                 " (score, dossier, suffix) > (?, ?, ?) AND score >= ?"
                                 " ORDER BY score, dossier, suffix LIMIT ?")),
      page_down_(
          database_.prepare("SELECT score, dossier, suffix FROM entry WHERE partition = ? AND name = ? AND list = ? AND"
                            " (score, dossier, suffix) < (?, ?, ?) AND score >= ?"
                            " ORDER BY score DESC, dossier DESC, suffix DESC LIMIT ?")),
      count_(database_.prepare("SELECT count(*) FROM entry WHERE partition = ? AND name = ? AND list = ?")) {}

std::int64_t ProjectionFile::number(const LedgerPartition& partition) {
  const Use select(find_partition_);
  find_partition_.bind_text(1, partition.ledger).bind(2, partition.partition);
  return find_partition_.step() ? find_partition_.integer(0) : -1;
}

std::optional<ports::v1::PartitionMeta> ProjectionFile::meta(const LedgerPartition& partition) {
  const Use select(select_meta_);
  select_meta_.bind(1, number(partition));
  if (!select_meta_.step()) return std::nullopt;
  ports::v1::PartitionMeta meta;
  const auto bytes = select_meta_.bytes(0);
  if (!meta.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  return meta;
}

ports::StoredValue ProjectionFile::value(const LedgerPartition& partition, const DossierId& dossier) {
  const Use select(select_value_);
  select_value_.bind(1, number(partition)).bind_blob(2, dossier.view());
  if (!select_value_.step()) return {dossier, 0, {}};
  return {dossier, static_cast<std::uint64_t>(select_value_.integer(0)), std::string(select_value_.bytes(1))};
}

void ProjectionFile::apply(const LedgerPartition& partition, const ports::ApplyBatch& batch) {
  auto partition_number = number(partition);
  if (partition_number < 0) {
    add_partition_.bind_text(1, partition.ledger).bind(2, partition.partition).run();
    partition_number = number(partition);
  }
  for (const auto& value_change : batch.changes) change(partition_number, value_change);
  const std::string meta = block::encode_message(batch.meta);
  upsert_meta_.bind(1, partition_number).bind_blob(2, meta).run();
}

void ProjectionFile::change(std::int64_t partition_number, const ports::ValueChange& value_change) {
  const auto dossier = value_change.value.dossier.view();
  const auto entries = unique_entries(value_change.entries);
  IndexEntries old;
  {
    const Use select(select_entries_);
    select_entries_.bind(1, partition_number).bind_blob(2, dossier);
    while (select_entries_.step()) {
      old.push_back({std::string(select_entries_.bytes(0)), std::string(select_entries_.bytes(1)),
                     select_entries_.integer(2), std::string(select_entries_.bytes(3))});
    }
  }
  if (old != entries) {
    delete_entries_.bind(1, partition_number).bind_blob(2, dossier).run();
    for (const auto& entry : entries) {
      insert_entry_.bind(1, partition_number)
          .bind_blob(2, dossier)
          .bind_text(3, entry.index)
          .bind_text(4, entry.key)
          .bind_blob(5, entry.suffix)
          .bind(6, entry.score)
          .run();
    }
  }
  upsert_value_.bind(1, partition_number)
      .bind_blob(2, dossier)
      .bind(3, static_cast<std::int64_t>(value_change.value.asof))
      .bind_blob(4, value_change.value.bytes)
      .run();
}

void ProjectionFile::reset(const LedgerPartition& partition) {
  const auto partition_number = std::to_string(number(partition));
  for (const auto* table : {"meta", "value", "entry"}) {
    database_.execute(std::string("DELETE FROM ") + table + " WHERE partition = " + partition_number);
  }
}

std::vector<ports::IndexHit> ProjectionFile::scan(const LedgerPartition& partition, const std::string& index,
                                                  std::int64_t until, std::size_t limit) {
  const Use select(scan_);
  scan_.bind(1, number(partition)).bind_text(2, index).bind(3, until).bind(4, limit_of(limit));
  std::vector<ports::IndexHit> hits;
  while (scan_.step()) {
    hits.push_back({std::string(scan_.bytes(0)), scan_.integer(1), dossier_of(scan_.bytes(2)), std::string(scan_.bytes(3))});
  }
  return hits;
}

std::vector<ports::IndexHit> ProjectionFile::page(const ports::IndexQuery& query) {
  auto& statement = query.descending ? page_down_ : page_up_;
  const Use select(statement);
  // Without a position the page begins beyond every member: a dossier sorts behind '' and before 17 bytes of 0xFF.
  const std::string beyond(DossierId::kSize + 1, '\xFF');
  const std::string_view end = query.descending ? std::string_view(beyond) : std::string_view();
  const std::int64_t end_score = query.descending ? INT64_MAX : INT64_MIN;
  statement.bind(1, number(query.partition))
      .bind_text(2, query.index)
      .bind_text(3, query.key)
      .bind(4, query.after ? query.after->score : end_score)
      .bind_blob(5, query.after ? query.after->dossier.view() : end)
      .bind_blob(6, query.after ? std::string_view(query.after->suffix) : std::string_view())
      .bind(7, query.from_score)
      .bind(8, limit_of(query.limit));
  std::vector<ports::IndexHit> hits;
  while (statement.step()) {
    hits.push_back({query.key, statement.integer(0), dossier_of(statement.bytes(1)), std::string(statement.bytes(2))});
  }
  return hits;
}

std::uint64_t ProjectionFile::count(const LedgerPartition& partition, const std::string& index, const std::string& key) {
  const Use select(count_);
  count_.bind(1, number(partition)).bind_text(2, index).bind_text(3, key);
  count_.step();
  return static_cast<std::uint64_t>(count_.integer(0));
}

std::vector<ports::StoredValue> ProjectionFile::all_values(const LedgerPartition& partition) {
  auto select = database_.prepare("SELECT dossier, asof, bytes FROM value WHERE partition = ? ORDER BY dossier");
  select.bind(1, number(partition));
  std::vector<ports::StoredValue> out;
  while (select.step()) {
    out.push_back(
        {dossier_of(select.bytes(0)), static_cast<std::uint64_t>(select.integer(1)), std::string(select.bytes(2))});
  }
  return out;
}

std::vector<std::pair<DossierId, IndexEntry>> ProjectionFile::all_entries(const LedgerPartition& partition) {
  auto select = database_.prepare("SELECT dossier, name, list, score, suffix FROM entry WHERE partition = ?");
  select.bind(1, number(partition));
  std::vector<std::pair<DossierId, IndexEntry>> out;
  while (select.step()) {
    out.emplace_back(dossier_of(select.bytes(0)), IndexEntry{std::string(select.bytes(1)), std::string(select.bytes(2)),
                                                             select.integer(3), std::string(select.bytes(4))});
  }
  return out;
}

}  // namespace lienthong::sqlite
