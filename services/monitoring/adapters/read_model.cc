#include "monitoring/adapters/read_model.h"

#include "monitoring/adapters/event_reader.h"
#include "monitoring/adapters/stored_form.h"
#include "platform/sqlite/database.h"

#include <algorithm>
#include <array>
#include <variant>

namespace lienthong::monitoring {
namespace {

using sqlite::Database;
using sqlite::DatabaseFailure;
using sqlite::FileIdentity;
using sqlite::identity_of;
using sqlite::Statement;
using sqlite::Transaction;
using sqlite::Use;

// Columns in the order of kColumns; `detail` is last, so that a scan over the others seldom touches it.
constexpr const char* kColumns =
    "id, p, home, code, procedure, channel, status, received_by, holder_kind, holder, created, due, paused, closed, late, "
    "timer, detail";
constexpr int kDetailColumn = 16;

constexpr const char* kSchema = R"sql(
CREATE TABLE dossier(
  no INTEGER PRIMARY KEY, id BLOB UNIQUE, p INTEGER, home TEXT, code TEXT, procedure TEXT, channel INTEGER, status INTEGER, received_by TEXT,
  holder_kind INTEGER, holder TEXT, created INTEGER, due INTEGER, paused INTEGER, closed INTEGER, late INTEGER,
  timer INTEGER, detail BLOB
);
CREATE INDEX by_created ON dossier(created, id);
CREATE INDEX by_code ON dossier(code) WHERE code <> '';
CREATE INDEX by_due ON dossier(due) WHERE closed = 0 AND due <> 0;
CREATE INDEX by_timer ON dossier(timer) WHERE timer <> 0;
CREATE TABLE stuck(kind INTEGER, since INTEGER, id BLOB, PRIMARY KEY(kind, since, id)) WITHOUT ROWID;
CREATE TABLE timeline(no INTEGER, n INTEGER, entries BLOB, PRIMARY KEY(no, n)) WITHOUT ROWID;
CREATE TABLE lane(ledger TEXT, p INTEGER, state BLOB, PRIMARY KEY(ledger, p)) WITHOUT ROWID;
CREATE TABLE handover(
  reader INTEGER, p INTEGER, source INTEGER, block_seq INTEGER, leaf INTEGER, dossier BLOB, at INTEGER, reached INTEGER,
  PRIMARY KEY(reader, p, source, block_seq, leaf)
) WITHOUT ROWID;
)sql";

std::int64_t flag(bool value) { return value ? 1 : 0; }

FoundDossier read_row(Statement& row) {
  FoundDossier out;
  if (const auto id = DossierId::from(row.bytes(0))) out.id = *id;
  auto& dossier = out.dossier;
  dossier.partition = static_cast<std::uint32_t>(row.integer(1));
  dossier.home_key = row.bytes(2);
  dossier.code = row.bytes(3);
  dossier.procedure = row.bytes(4);
  dossier.channel = static_cast<std::uint32_t>(row.integer(5));
  dossier.status = static_cast<std::uint32_t>(row.integer(6));
  dossier.received_by = row.bytes(7);
  dossier.holder_kind = static_cast<HolderKind>(row.integer(8));
  dossier.holder = row.bytes(9);
  dossier.created = {row.integer(10)};
  dossier.due = {row.integer(11)};
  dossier.paused = row.integer(12) != 0;
  dossier.closed = {row.integer(13)};
  dossier.late = row.integer(14) != 0;
  v1::StoredDetail detail;
  const auto bytes = row.bytes(kDetailColumn);
  detail.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  restore(detail, dossier);
  return out;
}

using Value = std::variant<std::int64_t, std::string>;

/// Conditions joined by AND, with what is bound to them.
class Conditions {
 public:
  void add(const std::string& sql, std::vector<Value> values = {}) {
    sql_ += (sql_.empty() ? " WHERE " : " AND ") + sql;
    values_.insert(values_.end(), std::make_move_iterator(values.begin()), std::make_move_iterator(values.end()));
  }
  /// `column` is one of `texts`.
  void add_any(const std::string& column, const std::vector<std::string>& texts) {
    std::vector<Value> values(texts.begin(), texts.end());
    add(column + " IN (" + places(texts.size()) + ")", std::move(values));
  }
  static std::string places(std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += i == 0 ? "?" : ",?";
    return out;
  }
  const std::string& sql() const { return sql_; }
  /// Binds from position 1 on; returns the next free position.
  int bind(Statement& statement) const {
    int at = 1;
    for (const auto& value : values_) {
      if (const auto* number = std::get_if<std::int64_t>(&value)) {
        statement.bind(at++, *number);
      } else {
        statement.bind_text(at++, std::get<std::string>(value));
      }
    }
    return at;
  }

 private:
  std::string sql_;
  std::vector<Value> values_;
};

void add_scopes(const std::vector<Scope>& scopes, Conditions& out) {
  std::string any;
  std::vector<Value> values;
  const auto member = [&](const char* column, const std::vector<std::string>& texts) -> std::string {
    if (texts.empty()) return "1";
    values.insert(values.end(), texts.begin(), texts.end());
    return std::string(column) + " IN (" + Conditions::places(texts.size()) + ")";
  };
  for (const auto& scope : scopes) {
    if (!any.empty()) any += " OR ";
    any += "(" + member("received_by", scope.agencies);
    any += " AND " + member("procedure", scope.procedures) + ")";
  }
  out.add("(" + (any.empty() ? "0" : any) + ")", std::move(values));
}

void add_due(DueState due, Instant now, Conditions& out) {
  const std::int64_t soon = (now + kDueSoon).micros;
  switch (due) {
    case DueState::kNone: out.add("(closed <> 0 OR due = 0)"); return;
    case DueState::kPaused: out.add("closed = 0 AND due <> 0 AND paused = 1"); return;
    case DueState::kOverdue: out.add("closed = 0 AND due <> 0 AND paused = 0 AND due < ?", {now.micros}); return;
    case DueState::kDueSoon:
      out.add("closed = 0 AND due <> 0 AND paused = 0 AND due >= ? AND due <= ?", {now.micros, soon});
      return;
    case DueState::kOnTrack: out.add("closed = 0 AND due <> 0 AND paused = 0 AND due > ?", {soon}); return;
  }
}

Conditions conditions_of(const DossierFilter& filter) {
  Conditions out;
  // A bag or a day of cash has no procedure.
  out.add("procedure <> ''");
  add_scopes(filter.scopes, out);
  if (filter.code.ends_with('*')) {
    const auto prefix = filter.code.substr(0, filter.code.size() - 1);
    // Codes hold only characters below the tilde.
    out.add("code >= ? AND code < ? AND code <> ''", {prefix, prefix + "~"});
  } else if (!filter.code.empty()) {
    out.add("code = ? AND code <> ''", {filter.code});
  }
  if (filter.status != 0) out.add("status = ?", {std::int64_t{filter.status}});
  if (!filter.holder.empty()) out.add("holder = ?", {filter.holder});
  if (!filter.received_by.empty()) out.add("received_by = ?", {filter.received_by});
  if (filter.tier_agencies) out.add_any("holder", *filter.tier_agencies);
  if (filter.due) add_due(*filter.due, filter.now, out);
  if (filter.channel != 0) out.add("channel = ?", {std::int64_t{filter.channel}});
  if (!filter.procedure.empty()) out.add("procedure = ?", {filter.procedure});
  return out;
}

/// One SELECT per kind, so that each goes along the key.
std::string stuck_union(const StuckFilter& filter) {
  std::string out;
  for (std::size_t i = 0; i < filter.kinds.size(); ++i) {
    if (!out.empty()) out += " UNION ALL ";
    out += "SELECT since, kind, id FROM stuck WHERE kind = " + std::to_string(static_cast<int>(filter.kinds[i])) +
           " AND since <= " + std::to_string(filter.until[i].micros);
  }
  return out;
}

}  // namespace

class ReadModel::State {
 public:
  explicit State(std::string path) : path_(std::move(path)), database_(path_, Database::Synchronous::kNormal) {
    auto version = database_.prepare("PRAGMA user_version");
    version.step();
    const auto found = version.integer(0);
    version.reset();
    if (found == 0) {
      Transaction transaction(database_);
      database_.execute(kSchema);
      database_.execute("PRAGMA user_version = " + std::to_string(kReadModelVersion));
      transaction.commit();
    } else if (found != kReadModelVersion) {
      throw DatabaseFailure{SQLITE_NOTADB, "another version"};
    }
    database_.execute("PRAGMA cache_size = -32000");
    // A page that changes at every write goes into the file itself only now and then.
    database_.execute("PRAGMA wal_autocheckpoint = 8000");
    identity_ = identity_of(path_);
    load_.emplace(database_.prepare(std::string("SELECT ") + kColumns + ", no FROM dossier WHERE id = ?1"));
    insert_.emplace(database_.prepare(std::string("INSERT INTO dossier(") + kColumns + ", no) VALUES(" +
                                      Conditions::places(kDetailColumn + 2) + ")"));
    // The id never changes; naming it here would have its index looked through each time.
    update_.emplace(database_.prepare(
        "UPDATE dossier SET p = ?2, home = ?3, code = ?4, procedure = ?5, channel = ?6, status = ?7, received_by = ?8, "
        "holder_kind = ?9, holder = ?10, created = ?11, due = ?12, paused = ?13, closed = ?14, late = ?15, timer = ?16, "
        "detail = ?17 WHERE no = ?18"));
    stuck_.emplace(database_.prepare("INSERT OR REPLACE INTO stuck(kind, since, id) VALUES(?1, ?2, ?3)"));
    freed_.emplace(database_.prepare("DELETE FROM stuck WHERE kind = ?1 AND since = ?2 AND id = ?3"));
    auto last = database_.prepare("SELECT COALESCE(MAX(no), 0) FROM dossier");
    last.step();
    last_number_ = last.integer(0);
    entries_.emplace(database_.prepare("INSERT OR REPLACE INTO timeline(no, n, entries) VALUES(?1, ?2, ?3)"));
    lane_.emplace(database_.prepare("INSERT OR REPLACE INTO lane(ledger, p, state) VALUES(?1, ?2, ?3)"));
    open_.emplace(database_.prepare("INSERT OR REPLACE INTO handover VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"));
    closed_.emplace(database_.prepare(
        "DELETE FROM handover WHERE reader = ?1 AND p = ?2 AND source = ?3 AND block_seq = ?4 AND leaf = ?5"));
  }

  // No failure of the database leaves this file as an exception.
  template <class Action>
  auto guarded(Action action) -> Result<decltype(action())> {
    try {
      if constexpr (std::is_void_v<decltype(action())>) {
        action();
        return {};
      } else {
        return action();
      }
    } catch (const DatabaseFailure& failed) {
      return failure(sqlite::unavailable(path_, failed));
    }
  }

  Kept kept() {
    Kept out;
    auto lanes = database_.prepare("SELECT ledger, p, state FROM lane");
    while (lanes.step()) {
      v1::StoredLane lane;
      const auto bytes = lanes.bytes(2);
      lane.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
      out.lanes[{std::string(lanes.bytes(0)), static_cast<std::uint32_t>(lanes.integer(1))}] = std::move(lane);
    }
    auto open = database_.prepare("SELECT reader, p, source, block_seq, leaf, dossier, at, reached FROM handover");
    while (open.step()) {
      const auto id = DossierId::from(open.bytes(5));
      if (!id) continue;
      const Handover handover{
          static_cast<LedgerNo>(open.integer(0)), static_cast<std::uint32_t>(open.integer(1)),
          DecisionRef{static_cast<LedgerNo>(open.integer(2)), static_cast<std::uint64_t>(open.integer(3)),
                      static_cast<std::uint32_t>(open.integer(4))}};
      out.handovers.emplace_back(handover, OpenHandover{*id, {open.integer(6)}, open.integer(7) != 0});
    }
    return out;
  }

  std::optional<Loaded> load(const DossierId& id) {
    Use row(*load_);
    row->bind_blob(1, id.view());
    if (!row->step()) return std::nullopt;
    return Loaded{read_row(*row).dossier, row->integer(kDetailColumn + 1)};
  }

  std::int64_t next_number() { return ++last_number_; }

  void write(const ReadModelBatch& batch) {
    Transaction transaction(database_);
    for (const auto& row : batch.dossiers) put(row);
    for (const auto& row : batch.entries) {
      entries_->bind(1, row.dossier).bind(2, row.number).bind_blob(3, row.bytes).run();
    }
    for (const auto& [partition, lane] : batch.lanes) {
      lane.SerializeToString(&bytes_);
      lane_->bind_text(1, partition.ledger).bind(2, partition.partition).bind_blob(3, bytes_).run();
    }
    for (const auto& [handover, open] : batch.handovers.write) {
      bind(*open_, handover).bind_blob(6, open.dossier.view()).bind(7, open.at.micros).bind(8, flag(open.reached)).run();
    }
    for (const auto& handover : batch.handovers.remove) bind(*closed_, handover).run();
    transaction.commit();
  }

  bool in_place() const { return identity_ && identity_of(path_) == identity_; }

 private:
  static Statement& bind(Statement& statement, const Handover& handover) {
    return statement.bind(1, static_cast<std::int64_t>(handover.reader))
        .bind(2, handover.partition)
        .bind(3, static_cast<std::int64_t>(handover.source.ledger))
        .bind(4, static_cast<std::int64_t>(handover.source.block_seq))
        .bind(5, handover.source.index);
  }

  void put(const ReadModelBatch::Row& row) {
    const auto& dossier = *row.dossier;
    v1::StoredDetail detail;
    store(dossier, detail);
    detail.SerializeToString(&bytes_);
    (row.fresh ? *insert_ : *update_)
        .bind_blob(1, row.id.view())
        .bind(2, dossier.partition)
        .bind_text(3, dossier.home_key)
        .bind_text(4, dossier.code)
        .bind_text(5, dossier.procedure)
        .bind(6, dossier.channel)
        .bind(7, dossier.status)
        .bind_text(8, dossier.received_by)
        .bind(9, static_cast<std::int64_t>(dossier.holder_kind))
        .bind_text(10, dossier.holder)
        .bind(11, dossier.created.micros)
        .bind(12, dossier.due.micros)
        .bind(13, flag(dossier.paused))
        .bind(14, dossier.closed.micros)
        .bind(15, flag(dossier.late))
        .bind(16, dossier.next_timer().micros)
        .bind_blob(17, bytes_)
        .bind(18, row.number)
        .run();
    put_standstill(row);
  }

  void put_standstill(const ReadModelBatch::Row& row) {
    const auto now = standstill(*row.dossier);
    for (std::size_t i = 0; i < kStuckKinds.size(); ++i) {
      if (row.before.at(i) == now.at(i)) continue;
      const auto kind = static_cast<std::int64_t>(kStuckKinds.at(i));
      if (row.before.at(i).micros != 0)
        freed_->bind(1, kind).bind(2, row.before.at(i).micros).bind_blob(3, row.id.view()).run();
      if (now.at(i).micros != 0) stuck_->bind(1, kind).bind(2, now.at(i).micros).bind_blob(3, row.id.view()).run();
    }
  }

  std::string path_;
  Database database_;
  std::optional<FileIdentity> identity_;
  std::string bytes_;
  std::optional<Statement> load_;
  std::int64_t last_number_ = 0;
  std::optional<Statement> insert_;
  std::optional<Statement> update_;
  std::optional<Statement> stuck_;
  std::optional<Statement> freed_;
  std::optional<Statement> entries_;
  std::optional<Statement> lane_;
  std::optional<Statement> open_;
  std::optional<Statement> closed_;
};

ReadModel::ReadModel(std::unique_ptr<State> state) : state_(std::move(state)) {}
ReadModel::~ReadModel() = default;

Result<std::unique_ptr<ReadModel>> ReadModel::open(const std::string& path) {
  std::string detail;
  // The second try has nothing left that could be wrong with the file.
  for (int i = 0; i < 2; ++i) {
    try {
      return std::unique_ptr<ReadModel>(new ReadModel(std::make_unique<State>(path)));
    } catch (const DatabaseFailure& failed) {
      detail = failed.detail;
      const int code = failed.code & 0xFF;
      if (code != SQLITE_NOTADB && code != SQLITE_CORRUPT) return failure(sqlite::unavailable(path, failed));
      sqlite::remove_database(path);
    }
  }
  return failure(sqlite::unavailable(path, DatabaseFailure{SQLITE_CORRUPT, detail}));
}

void ReadModel::remove(const std::string& path) { sqlite::remove_database(path); }

Result<ReadModel::Kept> ReadModel::kept() {
  return state_->guarded([&] { return state_->kept(); });
}
std::int64_t ReadModel::next_number() { return state_->next_number(); }
Result<std::optional<ReadModel::Loaded>> ReadModel::load(const DossierId& id) {
  return state_->guarded([&] { return state_->load(id); });
}
Result<void> ReadModel::write(const ReadModelBatch& batch) {
  return state_->guarded([&] { state_->write(batch); });
}
bool ReadModel::in_place() const { return state_->in_place(); }

class ReadModelViews::Connection {
 public:
  explicit Connection(const std::string& path)
      : identity_(identity_of(path)), database_(path, Database::Synchronous::kNormal) {
    database_.execute("PRAGMA query_only = 1");
  }
  bool in_place(const std::string& path) const { return identity_ && identity_of(path) == identity_; }

  std::optional<FoundDossier> find(const char* where, const std::function<void(Statement&)>& bind) {
    auto row = database_.prepare(std::string("SELECT ") + kColumns + " FROM dossier WHERE " + where);
    bind(row);
    if (!row.step()) return std::nullopt;
    return read_row(row);
  }

  std::vector<Decision> decisions(const DossierId& id) {
    std::vector<Decision> out;
    auto rows = database_.prepare("SELECT entries FROM timeline WHERE no = (SELECT no FROM dossier WHERE id = ?1)");
    rows.bind_blob(1, id.view());
    while (rows.step()) {
      v1::StoredEntries entries;
      const auto bytes = rows.bytes(0);
      entries.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
      restore(entries, out);
    }
    return out;
  }

  std::vector<FoundDossier> search(const DossierFilter& filter, const std::optional<ListKey>& after, std::size_t size) {
    const auto conditions = conditions_of(filter);
    auto rows = database_.prepare(std::string("SELECT ") + kColumns + " FROM dossier" + conditions.sql() +
                                  (after ? " AND (created, id) < (?, ?)" : "") + " ORDER BY created DESC, id DESC LIMIT " +
                                  std::to_string(size + 1));
    const int at = conditions.bind(rows);
    if (after) rows.bind(at, after->score).bind_blob(at + 1, after->id.view());
    std::vector<FoundDossier> out;
    while (rows.step()) out.push_back(read_row(rows));
    return out;
  }

  std::uint64_t count(const DossierFilter& filter) {
    const auto conditions = conditions_of(filter);
    auto rows = database_.prepare("SELECT COUNT(*) FROM dossier" + conditions.sql());
    conditions.bind(rows);
    return number(rows);
  }

  std::vector<StuckFound> stuck(const StuckFilter& filter, const std::optional<ListKey>& after, std::size_t size) {
    auto rows = database_.prepare("SELECT since, kind, id FROM (" + stuck_union(filter) + ")" +
                                  (after ? " WHERE (since, kind, id) > (?1, ?2, ?3)" : "") +
                                  " ORDER BY since, kind, id LIMIT " + std::to_string(size + 1));
    if (after) rows.bind(1, after->score).bind(2, after->kind).bind_blob(3, after->id.view());
    std::vector<StuckFound> out;
    while (rows.step()) {
      const auto id = DossierId::from(rows.bytes(2));
      if (!id) continue;
      auto found = find("id = ?1", [&](Statement& row) { row.bind_blob(1, id->view()); });
      if (found) out.push_back({static_cast<StuckKind>(rows.integer(1)), {rows.integer(0)}, *std::move(found)});
    }
    return out;
  }

  std::uint64_t count(const StuckFilter& filter) {
    auto rows = database_.prepare("SELECT COUNT(*) FROM (" + stuck_union(filter) + ")");
    return number(rows);
  }

  std::map<std::pair<LedgerNo, std::uint32_t>, std::uint64_t> timers_due(Instant now) {
    std::map<std::pair<LedgerNo, std::uint32_t>, std::uint64_t> out;
    auto rows = database_.prepare(std::string("SELECT ") + kColumns + " FROM dossier WHERE timer <> 0 AND timer <= ?1");
    rows.bind(1, now.micros);
    while (rows.step()) {
      const auto dossier = read_row(rows).dossier;
      for (const auto ledger : kLedgersOfDossiers) {
        const auto next = dossier.strand(ledger).next_timer();
        if (next.micros != 0 && next <= now) ++out[{ledger, dossier.partition}];
      }
    }
    return out;
  }

  std::map<DueState, std::uint64_t> open_by_due(Instant now) {
    std::map<DueState, std::uint64_t> out;
    for (const auto due : {DueState::kOnTrack, DueState::kDueSoon, DueState::kOverdue, DueState::kPaused}) {
      Conditions conditions;
      add_due(due, now, conditions);
      auto rows = database_.prepare("SELECT COUNT(*) FROM dossier" + conditions.sql());
      conditions.bind(rows);
      out[due] = number(rows);
    }
    return out;
  }

 private:
  static std::uint64_t number(Statement& rows) {
    rows.step();
    return static_cast<std::uint64_t>(rows.integer(0));
  }
  std::optional<FileIdentity> identity_;
  Database database_;
};

ReadModelViews::ReadModelViews(std::string path) : path_(std::move(path)) {}
ReadModelViews::~ReadModelViews() = default;

template <class Action>
auto ReadModelViews::with(Action action) -> Result<decltype(action(std::declval<Connection&>()))> {
  try {
    std::unique_ptr<Connection> connection;
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        connection = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (connection == nullptr || !connection->in_place(path_)) connection = std::make_unique<Connection>(path_);
    auto out = action(*connection);
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
    return out;
  } catch (const DatabaseFailure& failed) {
    return failure(sqlite::unavailable(path_, failed));
  }
}

Result<std::optional<FoundDossier>> ReadModelViews::find(const DossierId& id) {
  return with([&](Connection& at) { return at.find("id = ?1", [&](Statement& row) { row.bind_blob(1, id.view()); }); });
}
Result<std::optional<FoundDossier>> ReadModelViews::find_code(const std::string& code) {
  return with(
      [&](Connection& at) { return at.find("code = ?1 AND code <> ''", [&](Statement& row) { row.bind_text(1, code); }); });
}
Result<std::vector<Decision>> ReadModelViews::decisions(const DossierId& id) {
  return with([&](Connection& at) { return at.decisions(id); });
}
Result<std::vector<FoundDossier>> ReadModelViews::search(const DossierFilter& filter, const std::optional<ListKey>& after,
                                                         std::size_t size) {
  return with([&](Connection& at) { return at.search(filter, after, size); });
}
Result<std::uint64_t> ReadModelViews::count(const DossierFilter& filter) {
  return with([&](Connection& at) { return at.count(filter); });
}
Result<std::vector<StuckFound>> ReadModelViews::stuck(const StuckFilter& filter, const std::optional<ListKey>& after,
                                                      std::size_t size) {
  return with([&](Connection& at) { return at.stuck(filter, after, size); });
}
Result<std::uint64_t> ReadModelViews::count(const StuckFilter& filter) {
  return with([&](Connection& at) { return at.count(filter); });
}
Result<std::map<std::pair<LedgerNo, std::uint32_t>, std::uint64_t>> ReadModelViews::timers_due(Instant now) {
  return with([&](Connection& at) { return at.timers_due(now); });
}
Result<std::map<DueState, std::uint64_t>> ReadModelViews::open_by_due(Instant now) {
  return with([&](Connection& at) { return at.open_by_due(now); });
}

}  // namespace lienthong::monitoring
