#include "platform/sqlite/sqlite_projection.h"

#include "platform/ports/outlet.h"
#include "platform/ports/worker.h"
#include "platform/sqlite/projection_file.h"

#include <mutex>
#include <utility>

namespace lienthong::sqlite {
namespace {

using ProjectionOutlet =
    ports::Outlet<ports::ProjectionSink, ports::ProjectionMessage, &ports::ProjectionSink::on_projection>;
using OutletPtr = std::shared_ptr<ProjectionOutlet>;

Offset watermark_of(const std::optional<ports::v1::PartitionMeta>& meta) { return meta ? meta->watermark() : 0; }

}  // namespace

class SqliteProjection::State {
 public:
  explicit State(std::string path) : path_(std::move(path)), file_(path_) {}

  /// Runs `work` on the thread of the lanes; it returns the answer.
  template <class Work>
  void post(const OutletPtr& outlet, ports::Ticket ticket, Work work) {
    worker_.post([this, outlet, ticket, work = std::move(work)] {
      try {
        outlet->deliver(work(file_));
      } catch (const DatabaseFailure& failed) {
        outlet->deliver(ports::ProjectionFailed{ticket, failed.detail});
      }
    });
  }

  /// Runs `work` in one read transaction on a connection that nobody else uses meanwhile.
  template <class Work>
  auto query(Work work) -> Result<decltype(work(std::declval<ProjectionFile&>()))> {
    try {
      auto file = take();
      file->database().execute("BEGIN");
      auto answer = work(*file);
      file->database().execute("COMMIT");
      const std::lock_guard lock(mutex_);
      readers_.push_back(std::move(file));
      return answer;
    } catch (const DatabaseFailure& failed) {
      return failure(unavailable(path_, failed));
    }
  }

 private:
  std::unique_ptr<ProjectionFile> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!readers_.empty()) {
        auto file = std::move(readers_.back());
        readers_.pop_back();
        return file;
      }
    }
    return std::make_unique<ProjectionFile>(path_);
  }

  std::string path_;
  ProjectionFile file_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ProjectionFile>> readers_;
  ports::Worker worker_;
};

class SqliteProjection::Attachment final : public ports::Projection {
 public:
  Attachment(std::shared_ptr<State> state, ports::ProjectionSink& sink)
      : state_(std::move(state)), outlet_(std::make_shared<ProjectionOutlet>(sink)) {}
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  ~Attachment() override { outlet_->close(); }

  void open(const LedgerPartition& partition, ports::Ticket ticket) override {
    state_->post(outlet_, ticket, [=](ProjectionFile& file) -> ports::ProjectionMessage {
      return ports::Opened{ticket, file.meta(partition)};
    });
  }

  void load(const LedgerPartition& partition, Offset expected, std::vector<DossierId> ids, ports::Ticket ticket) override {
    state_->post(outlet_, ticket, [=, ids = std::move(ids)](ProjectionFile& file) -> ports::ProjectionMessage {
      const auto actual = watermark_of(file.meta(partition));
      if (actual != expected) return ports::Mismatch{ticket, actual};
      ports::Loaded loaded{ticket, {}};
      for (const auto& id : ids) loaded.values.push_back(file.value(partition, id));
      return loaded;
    });
  }

  void apply(const LedgerPartition& partition, Offset expected, ports::ApplyBatch batch, ports::Ticket ticket) override {
    state_->post(outlet_, ticket, [=, batch = std::move(batch)](ProjectionFile& file) -> ports::ProjectionMessage {
      Transaction transaction(file.database());
      const auto meta = file.meta(partition);
      const auto actual = watermark_of(meta);
      if (actual != expected || (meta && meta->genesis_hash() != batch.meta.genesis_hash()))
        return ports::Mismatch{ticket, actual};
      file.apply(partition, batch);
      transaction.commit();
      return ports::Applied{ticket};
    });
  }

  void scan(const LedgerPartition& partition, Offset expected, std::string index, std::int64_t until, std::size_t limit,
            ports::Ticket ticket) override {
    state_->post(outlet_, ticket, [=, index = std::move(index)](ProjectionFile& file) -> ports::ProjectionMessage {
      const auto actual = watermark_of(file.meta(partition));
      if (actual != expected) return ports::Mismatch{ticket, actual};
      return ports::Scanned{ticket, file.scan(partition, index, until, limit)};
    });
  }

  void reset(const LedgerPartition& partition, ports::Ticket ticket) override {
    state_->post(outlet_, ticket, [=](ProjectionFile& file) -> ports::ProjectionMessage {
      Transaction transaction(file.database());
      file.reset(partition);
      transaction.commit();
      return ports::Applied{ticket};
    });
  }

 private:
  std::shared_ptr<State> state_;
  OutletPtr outlet_;
};

SqliteProjection::SqliteProjection(std::shared_ptr<State> state) : state_(std::move(state)) {}
SqliteProjection::~SqliteProjection() = default;

Result<std::unique_ptr<SqliteProjection>> SqliteProjection::open(std::string path) {
  try {
    return std::unique_ptr<SqliteProjection>(new SqliteProjection(std::make_shared<State>(path)));
  } catch (const DatabaseFailure& failed) {
    return failure(unavailable(path, failed));
  }
}

std::unique_ptr<ports::Projection> SqliteProjection::attach(ports::ProjectionSink& sink) {
  return std::make_unique<Attachment>(state_, sink);
}

Result<ports::IndexPage> SqliteProjection::page(const ports::IndexQuery& query) {
  return state_->query([&](ProjectionFile& file) {
    ports::IndexPage page;
    const auto meta = file.meta(query.partition);
    page.head_seq = meta ? meta->head_seq() : 0;
    page.hits = file.page(query);
    page.total = file.count(query.partition, query.index, query.key);
    for (const auto& hit : page.hits) page.values.push_back(file.value(query.partition, hit.dossier));
    return page;
  });
}

Result<std::uint64_t> SqliteProjection::count(const LedgerPartition& partition, const std::string& index,
                                              const std::string& key) {
  return state_->query([&](ProjectionFile& file) { return file.count(partition, index, key); });
}

Result<ports::StoredValue> SqliteProjection::value(const LedgerPartition& partition, const DossierId& dossier) {
  return state_->query([&](ProjectionFile& file) { return file.value(partition, dossier); });
}

Result<std::vector<ports::StoredValue>> SqliteProjection::all_values(const LedgerPartition& partition) {
  return state_->query([&](ProjectionFile& file) { return file.all_values(partition); });
}

Result<std::vector<std::pair<DossierId, IndexEntry>>> SqliteProjection::all_entries(const LedgerPartition& partition) {
  return state_->query([&](ProjectionFile& file) { return file.all_entries(partition); });
}

Result<std::optional<ports::v1::PartitionMeta>> SqliteProjection::meta(const LedgerPartition& partition) {
  return state_->query([&](ProjectionFile& file) { return file.meta(partition); });
}

}  // namespace lienthong::sqlite
