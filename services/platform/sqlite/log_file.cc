#include "platform/sqlite/log_file.h"

namespace lienthong::sqlite {
namespace {

constexpr int kOffsetBits = 40;

bool make_tables(Database& database) {
  database.execute(
      "CREATE TABLE IF NOT EXISTS ledger_partition(number INTEGER PRIMARY KEY, ledger TEXT NOT NULL, partition INTEGER NOT "
      "NULL,"
      " UNIQUE(ledger, partition));"
      "CREATE TABLE IF NOT EXISTS record(position INTEGER PRIMARY KEY, time INTEGER NOT NULL, header BLOB NOT NULL,"
      " value BLOB NOT NULL)");
  return true;
}

}  // namespace

LogFile::LogFile(const std::string& path)
    : database_(path, Database::Synchronous::kFull),
      tables_made_(make_tables(database_)),
      find_partition_(database_.prepare("SELECT number FROM ledger_partition WHERE ledger = ? AND partition = ?")),
      add_partition_(database_.prepare("INSERT INTO ledger_partition(ledger, partition) VALUES (?, ?)")),
      insert_(database_.prepare("INSERT INTO record(position, time, header, value) VALUES (?, ?, ?, ?)")),
      select_(database_.prepare("SELECT time, header, value FROM record WHERE position = ?")),
      last_(database_.prepare("SELECT max(position) FROM record WHERE position BETWEEN ? AND ?")) {}

std::optional<std::int64_t> LogFile::number(const LedgerPartition& partition) {
  const Use select(find_partition_);
  find_partition_.bind_text(1, partition.ledger).bind(2, partition.partition);
  if (!find_partition_.step()) return std::nullopt;
  return find_partition_.integer(0);
}

std::int64_t LogFile::number_or_new(const LedgerPartition& partition) {
  if (const auto known = number(partition)) return *known;
  add_partition_.bind_text(1, partition.ledger).bind(2, partition.partition).run();
  return *number(partition);
}

Offset LogFile::append(const LedgerPartition& partition, const block::Record& record, Instant time) {
  const auto partition_number = number_or_new(partition);
  const Offset offset = end(partition);
  insert_.bind(1, (partition_number << kOffsetBits) + offset)
      .bind(2, time.micros)
      .bind_blob(3, record.header)
      .bind_blob(4, record.value)
      .run();
  return offset;
}

std::optional<LogFile::Stored> LogFile::read(const LedgerPartition& partition, Offset offset) {
  const auto partition_number = number(partition);
  if (!partition_number || offset < 0 || offset >= Offset{1} << kOffsetBits) return std::nullopt;
  const Use select(select_);
  select_.bind(1, (*partition_number << kOffsetBits) + offset);
  if (!select_.step()) return std::nullopt;
  return Stored{{std::string(select_.bytes(1)), std::string(select_.bytes(2))}, {select_.integer(0)}};
}

Offset LogFile::end(const LedgerPartition& partition) {
  const auto partition_number = number(partition);
  if (!partition_number) return 0;
  const std::int64_t first = *partition_number << kOffsetBits;
  const Use select(last_);
  last_.bind(1, first).bind(2, first + (Offset{1} << kOffsetBits) - 1);
  if (!last_.step() || last_.is_null(0)) return 0;
  return last_.integer(0) - first + 1;
}

std::uint32_t LogFile::partition_count(const LedgerName& ledger) {
  auto count = database_.prepare("SELECT count(*) FROM ledger_partition WHERE ledger = ?");
  count.bind_text(1, ledger);
  count.step();
  return static_cast<std::uint32_t>(count.integer(0));
}

}  // namespace lienthong::sqlite
