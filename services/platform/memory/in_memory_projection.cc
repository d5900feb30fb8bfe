#include "platform/memory/in_memory_projection.h"

#include "platform/ports/outlet.h"
#include "platform/ports/worker.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>

namespace lienthong::memory {
namespace {

using ports::IndexHit;
using ports::StoredValue;
using ProjectionOutlet =
    ports::Outlet<ports::ProjectionSink, ports::ProjectionMessage, &ports::ProjectionSink::on_projection>;

struct Stored {
  std::uint64_t asof = 0;
  std::string bytes;
  IndexEntries entries;
};
using ListName = std::pair<std::string, std::string>;
using ListMember = std::tuple<std::int64_t, DossierId, std::string>;

struct Content {
  std::optional<ports::v1::PartitionMeta> meta;
  std::map<DossierId, Stored> values;
  std::map<ListName, std::set<ListMember>> lists;

  Offset watermark() const { return meta ? meta->watermark() : 0; }
};

// Within one value (index, key, suffix) names an entry; the last one counts.
IndexEntries unique_entries(const IndexEntries& entries) {
  std::map<std::tuple<std::string, std::string, std::string>, std::int64_t> scores;
  for (const auto& entry : entries) scores[{entry.index, entry.key, entry.suffix}] = entry.score;
  IndexEntries out;
  for (const auto& [name, score] : scores) out.push_back({std::get<0>(name), std::get<1>(name), score, std::get<2>(name)});
  return out;
}

void change(Content& content, const ports::ValueChange& value_change) {
  const auto& dossier = value_change.value.dossier;
  auto& stored = content.values[dossier];
  for (const auto& entry : stored.entries) {
    const auto list = content.lists.find({entry.index, entry.key});
    if (list == content.lists.end()) continue;
    list->second.erase({entry.score, dossier, entry.suffix});
    if (list->second.empty()) content.lists.erase(list);
  }
  stored = {value_change.value.asof, value_change.value.bytes, unique_entries(value_change.entries)};
  for (const auto& entry : stored.entries)
    content.lists[{entry.index, entry.key}].insert({entry.score, dossier, entry.suffix});
}

}  // namespace

class InMemoryProjection::State {
 public:
  void open(const std::shared_ptr<ProjectionOutlet>& outlet, const LedgerPartition& partition, ports::Ticket ticket) {
    const std::lock_guard lock(mutex_);
    send(outlet, ports::Opened{ticket, partitions_[partition].meta});
  }

  void load(const std::shared_ptr<ProjectionOutlet>& outlet, const LedgerPartition& partition, Offset expected,
            const std::vector<DossierId>& ids, ports::Ticket ticket) {
    const std::lock_guard lock(mutex_);
    const auto& content = partitions_[partition];
    if (content.watermark() != expected) return send(outlet, ports::Mismatch{ticket, content.watermark()});
    ports::Loaded loaded{ticket, {}};
    for (const auto& id : ids) loaded.values.push_back(value_of(content, id));
    send(outlet, std::move(loaded));
  }

  void apply(const std::shared_ptr<ProjectionOutlet>& outlet, const LedgerPartition& partition, Offset expected,
             const ports::ApplyBatch& batch, ports::Ticket ticket) {
    const std::lock_guard lock(mutex_);
    auto& content = partitions_[partition];
    if (content.watermark() != expected || (content.meta && content.meta->genesis_hash() != batch.meta.genesis_hash())) {
      return send(outlet, ports::Mismatch{ticket, content.watermark()});
    }
    for (const auto& value_change : batch.changes) change(content, value_change);
    content.meta = batch.meta;
    send(outlet, ports::Applied{ticket});
  }

  void scan(const std::shared_ptr<ProjectionOutlet>& outlet, const LedgerPartition& partition, Offset expected,
            const std::string& index, std::int64_t until, std::size_t limit, ports::Ticket ticket) {
    const std::lock_guard lock(mutex_);
    const auto& content = partitions_[partition];
    if (content.watermark() != expected) return send(outlet, ports::Mismatch{ticket, content.watermark()});
    ports::Scanned scanned{ticket, {}};
    for (auto list = content.lists.lower_bound({index, {}}); list != content.lists.end() && list->first.first == index;
         ++list) {
      for (const auto& [score, dossier, suffix] : list->second) {
        if (score > until) break;
        scanned.hits.push_back({list->first.second, score, dossier, suffix});
      }
    }
    std::ranges::sort(scanned.hits, {},
                      [](const IndexHit& hit) { return std::tie(hit.score, hit.dossier, hit.suffix, hit.key); });
    if (scanned.hits.size() > limit) scanned.hits.resize(limit);
    send(outlet, std::move(scanned));
  }

  void reset(const std::shared_ptr<ProjectionOutlet>& outlet, const LedgerPartition& partition, ports::Ticket ticket) {
    const std::lock_guard lock(mutex_);
    partitions_.erase(partition);
    send(outlet, ports::Applied{ticket});
  }

  ports::IndexPage page(const ports::IndexQuery& query) {
    const std::lock_guard lock(mutex_);
    const auto& content = partitions_[query.partition];
    ports::IndexPage page;
    page.head_seq = content.meta ? content.meta->head_seq() : 0;
    const auto list = content.lists.find({query.index, query.key});
    if (list == content.lists.end()) return page;
    page.total = list->second.size();
    const auto take = [&](const ListMember& member) {
      const auto& [score, dossier, suffix] = member;
      if (score < query.from_score || page.hits.size() >= query.limit) return;
      page.hits.push_back({query.key, score, dossier, suffix});
      page.values.push_back(value_of(content, dossier));
    };
    const auto after =
        query.after ? ListMember{query.after->score, query.after->dossier, query.after->suffix} : ListMember{};
    const auto& members = list->second;
    if (query.descending) {
      const auto last = query.after ? members.lower_bound(after) : members.end();
      for (auto member = std::make_reverse_iterator(last); member != members.rend(); ++member) take(*member);
    } else {
      const auto first = query.after ? members.upper_bound(after) : members.begin();
      for (auto member = first; member != members.end(); ++member) take(*member);
    }
    return page;
  }

  std::uint64_t count(const LedgerPartition& partition, const std::string& index, const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto& content = partitions_[partition];
    const auto list = content.lists.find({index, key});
    return list == content.lists.end() ? 0 : list->second.size();
  }

  StoredValue value(const LedgerPartition& partition, const DossierId& dossier) {
    const std::lock_guard lock(mutex_);
    return value_of(partitions_[partition], dossier);
  }

  std::vector<StoredValue> all_values(const LedgerPartition& partition) {
    const std::lock_guard lock(mutex_);
    std::vector<StoredValue> out;
    for (const auto& [dossier, stored] : partitions_[partition].values) out.push_back({dossier, stored.asof, stored.bytes});
    return out;
  }

  std::vector<std::pair<DossierId, IndexEntry>> all_entries(const LedgerPartition& partition) {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<DossierId, IndexEntry>> out;
    for (const auto& [name, members] : partitions_[partition].lists) {
      for (const auto& [score, dossier, suffix] : members)
        out.emplace_back(dossier, IndexEntry{name.first, name.second, score, suffix});
    }
    return out;
  }

  std::optional<ports::v1::PartitionMeta> meta(const LedgerPartition& partition) {
    const std::lock_guard lock(mutex_);
    return partitions_[partition].meta;
  }

  void wipe() {
    const std::lock_guard lock(mutex_);
    partitions_.clear();
  }

 private:
  static StoredValue value_of(const Content& content, const DossierId& dossier) {
    const auto found = content.values.find(dossier);
    return found == content.values.end() ? StoredValue{dossier, 0, {}}
                                         : StoredValue{dossier, found->second.asof, found->second.bytes};
  }

  void send(const std::shared_ptr<ProjectionOutlet>& outlet, ports::ProjectionMessage message) {
    worker_.post([outlet, message = std::move(message)]() mutable { outlet->deliver(std::move(message)); });
  }

  std::mutex mutex_;
  std::map<LedgerPartition, Content> partitions_;
  ports::Worker worker_;
};

class InMemoryProjection::Attachment final : public ports::Projection {
 public:
  Attachment(std::shared_ptr<State> state, ports::ProjectionSink& sink)
      : state_(std::move(state)), outlet_(std::make_shared<ProjectionOutlet>(sink)) {}
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  ~Attachment() override { outlet_->close(); }

  void open(const LedgerPartition& partition, ports::Ticket ticket) override { state_->open(outlet_, partition, ticket); }
  void load(const LedgerPartition& partition, Offset expected, std::vector<DossierId> ids, ports::Ticket ticket) override {
    state_->load(outlet_, partition, expected, ids, ticket);
  }
  void apply(const LedgerPartition& partition, Offset expected, ports::ApplyBatch batch, ports::Ticket ticket) override {
    state_->apply(outlet_, partition, expected, batch, ticket);
  }
  void scan(const LedgerPartition& partition, Offset expected, std::string index, std::int64_t until, std::size_t limit,
            ports::Ticket ticket) override {
    state_->scan(outlet_, partition, expected, index, until, limit, ticket);
  }
  void reset(const LedgerPartition& partition, ports::Ticket ticket) override { state_->reset(outlet_, partition, ticket); }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<ProjectionOutlet> outlet_;
};

InMemoryProjection::InMemoryProjection() : state_(std::make_shared<State>()) {}
InMemoryProjection::~InMemoryProjection() = default;

std::unique_ptr<ports::Projection> InMemoryProjection::attach(ports::ProjectionSink& sink) {
  return std::make_unique<Attachment>(state_, sink);
}

Result<ports::IndexPage> InMemoryProjection::page(const ports::IndexQuery& query) { return state_->page(query); }
Result<std::uint64_t> InMemoryProjection::count(const LedgerPartition& partition, const std::string& index,
                                                const std::string& key) {
  return state_->count(partition, index, key);
}
Result<StoredValue> InMemoryProjection::value(const LedgerPartition& partition, const DossierId& dossier) {
  return state_->value(partition, dossier);
}
Result<std::vector<StoredValue>> InMemoryProjection::all_values(const LedgerPartition& partition) {
  return state_->all_values(partition);
}
Result<std::vector<std::pair<DossierId, IndexEntry>>> InMemoryProjection::all_entries(const LedgerPartition& partition) {
  return state_->all_entries(partition);
}
Result<std::optional<ports::v1::PartitionMeta>> InMemoryProjection::meta(const LedgerPartition& partition) {
  return state_->meta(partition);
}
void InMemoryProjection::wipe() { state_->wipe(); }

}  // namespace lienthong::memory
