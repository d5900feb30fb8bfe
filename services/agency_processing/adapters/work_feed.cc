#include "agency_processing/adapters/work_feed.h"

#include "agency_processing/adapters/work_view.h"
#include "platform/base/encoding.h"
#include "shared_kernel/api/principals.h"

#include <algorithm>
#include <utility>

namespace lienthong::agency_processing {

using shared_kernel::Action;
using shared_kernel::Catalogue;
using shared_kernel::api::ListPage;
using shared_kernel::api::ReadDossier;

namespace {

constexpr int kSnapshotPage = 200;
constexpr Duration kRetryAfter = std::chrono::milliseconds(200);
/// Below the bound at which reading pauses, so that it does not flutter.
constexpr std::size_t kResumeReadingAt = 1000;

std::uint32_t mark_of(const Hash& hash) { return read_u32_be(hash.view()); }

Error stopping() {
  return {ErrorCode::kUnavailable, "DROPPED", "Dịch vụ đang dừng; hãy kết nối lại với con trỏ cuối cùng.",
          "The service is stopping; connect again with the last cursor."};
}

}  // namespace

// One stream's state; touched by the feed's thread only.
struct WorkFeed::Session {
  std::shared_ptr<WorkStream> stream;
  StreamWish wish;
  struct Pending {
    Offset offset = 0;
    BlockItemsPtr items;
    std::size_t bytes = 0;
    std::uint32_t before = 0;
    std::uint32_t mark = 0;
  };
  struct Partition {
    ledger::ChainHead head;
    /// False until the block that the cursor names was found.
    bool anchored = false;
    rpc::StreamPosition next;
    ports::FollowId follow = 0;
    std::deque<Pending> pending;
  };
  std::vector<Partition> partitions;
  enum class Phase { kHeads, kWaiting, kSnapshot, kFollowing } phase = Phase::kHeads;
  std::vector<v1::WorkItem> snapshot;
  std::optional<std::string> next_page;
  bool last_page = false;
  bool announce_reset = false;
  std::chrono::steady_clock::time_point last_write = std::chrono::steady_clock::now();

  bool takes(const DossierId& dossier) const {
    return wish.shard_count == 1 || read_u64_be(dossier.view()) % wish.shard_count == wish.shard_index;
  }
  std::string cursor() const {
    rpc::StreamCursor out;
    for (const auto& partition : partitions) out.push_back(partition.next);
    return rpc::encode_cursor(out);
  }
};

WorkFeed::WorkFeed(WorkFeedParts parts, WorkFeedSettings settings)
    : parts_(parts),
      settings_(settings),
      recent_(settings.recent_work),
      seen_head_(parts.commands.gateway().partition_count()),
      thread_([this] { run(); }) {}

WorkFeed::~WorkFeed() { stop(); }

void WorkFeed::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<rpc::StreamHandler> WorkFeed::open(const rpc::Call& call) {
  return std::make_shared<WorkStream>(*this, call);
}

void WorkFeed::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void WorkFeed::on_log(ports::LogMessage message) {
  post([this, message = std::move(message)]() mutable {
    if (auto* fetched = std::get_if<ports::Fetched>(&message)) on_fetched(std::move(*fetched));
    if (const auto* failed = std::get_if<ports::FollowFailed>(&message)) on_follow_failed(*failed);
  });
}

void WorkFeed::run() {
  log_ = parts_.log.attach(*this);
  std::vector<Task> taken;
  auto next_tick = std::chrono::steady_clock::now() + kRetryAfter;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, next_tick, [&] { return stopping_ || !tasks_.empty(); });
      if (stopping_) break;
      taken.swap(tasks_);
    }
    for (auto& task : taken) task();
    taken.clear();
    if (std::chrono::steady_clock::now() >= next_tick) {
      tick();
      next_tick = std::chrono::steady_clock::now() + kRetryAfter;
    }
  }
  while (!sessions_.empty()) end(sessions_.begin()->second, stopping());
  log_.reset();
}

void WorkFeed::tick() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<std::shared_ptr<Session>> all;
  for (const auto& [stream, session] : sessions_) all.push_back(session);
  for (const auto& session : all) {
    // The read side was being built when its heads were asked for.
    if (session->phase == Session::Phase::kWaiting) start_snapshot(session, false);
    if (now - session->last_write < settings_.heartbeat) continue;
    const auto granted = allowed(session->wish);
    if (!granted && granted.error().code != ErrorCode::kUnavailable) {
      end(session, granted.error());
    } else {
      heartbeat(*session);
    }
  }
  for (const auto& wanted : std::exchange(look_ups_to_retry_, {})) look_up(wanted);
}

Result<void> WorkFeed::allowed(const StreamWish& wish) const {
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return failure(catalogue.error());
  return shared_kernel::api::require_agency(**catalogue, wish.call.principal, Action::kReadWork, wish.agency);
}

void WorkFeed::start(const std::shared_ptr<WorkStream>& stream, StreamWish wish) {
  auto session = std::make_shared<Session>();
  session->stream = stream;
  session->wish = std::move(wish);
  session->partitions.resize(parts_.commands.gateway().partition_count());
  sessions_[stream.get()] = session;
  if (!session->wish.cursor) return start_snapshot(session, false);
  if (session->wish.cursor->size() != session->partitions.size()) return start_snapshot(session, true);
  read_heads(session, true);
}

void WorkFeed::read_heads(const std::shared_ptr<Session>& session, bool from_cursor) {
  session->phase = Session::Phase::kHeads;
  const auto queued = parts_.reads.pool().post([this, session, from_cursor] {
    std::vector<ledger::v1::PartitionMeta> metas;
    for (std::uint32_t p = 0; p < session->partitions.size(); ++p) {
      const auto meta = parts_.reads.query().meta({parts_.commands.ledger(), p});
      if (!meta || !*meta) break;
      metas.push_back(**meta);
    }
    post([this, session, from_cursor, metas = std::move(metas)] {
      if (!sessions_.contains(session->stream.get())) return;
      if (from_cursor) return start_from_cursor(session, metas);
      note_heads(session, metas);
    });
  });
  if (!queued) end(session, shared_kernel::api::too_many_reads());
}

// Without the heads (the read side is being built) the log itself has to do.
void WorkFeed::start_from_cursor(const std::shared_ptr<Session>& session,
                                 const std::vector<ledger::v1::PartitionMeta>& metas) {
  const auto& cursor = *session->wish.cursor;
  for (std::size_t p = 0; p < metas.size(); ++p) {
    if (metas[p].head_seq() > cursor[p].block_seq + settings_.blocks_behind_max) return start_snapshot(session, true);
  }
  session->phase = Session::Phase::kFollowing;
  for (std::uint32_t p = 0; p < session->partitions.size(); ++p) {
    session->partitions[p].next = cursor[p];
    follow(*session, p, cursor[p].offset);
  }
}

// The heads are noted first: what is decided while the pages are read comes again behind them.
void WorkFeed::start_snapshot(const std::shared_ptr<Session>& session, bool reset) {
  unfollow(*session);
  session->announce_reset = session->announce_reset || reset;
  session->last_page = false;
  session->next_page.reset();
  session->snapshot.clear();
  read_heads(session, false);
}

void WorkFeed::note_heads(const std::shared_ptr<Session>& session, const std::vector<ledger::v1::PartitionMeta>& metas) {
  if (metas.size() != session->partitions.size()) {
    session->phase = Session::Phase::kWaiting;
    return;
  }
  for (std::uint32_t p = 0; p < metas.size(); ++p) {
    auto& partition = session->partitions[p];
    const auto id = LedgerId::from(metas[p].ledger_id());
    const auto hash = Hash::from(metas[p].head_hash());
    if (!id || !hash) return end(session, id ? hash.error() : id.error());
    partition.head = {*id, metas[p].head_seq(), *hash};
    partition.anchored = true;
    partition.next = {metas[p].watermark(), metas[p].head_seq() + 1, 0, mark_of(*hash)};
  }
  session->phase = Session::Phase::kSnapshot;
  snapshot_page(session, {});
}

void WorkFeed::snapshot_page(const std::shared_ptr<Session>& session, std::string page_token) {
  session->next_page.reset();
  shared_kernel::api::ListQuery wanted{
      parts_.commands.ledger(), static_cast<std::uint32_t>(session->partitions.size()), "inbox", {}};
  for (const auto* bucket : {"offered", "accepted", "awaiting_supplement", "results"}) {
    wanted.keys.push_back(session->wish.agency + '/' + bucket);
  }
  const auto queued = parts_.reads.pool().post([this, session, wanted, page_token = std::move(page_token)] {
    lienthong::api::v1::PageRequest request;
    request.set_page_size(kSnapshotPage);
    request.set_page_token(page_token);
    auto page = shared_kernel::api::list(parts_.reads.query(), wanted, request);
    post([this, session, page = std::move(page)]() mutable { snapshot_arrived(session, std::move(page)); });
  });
  if (!queued) end(session, shared_kernel::api::too_many_reads());
}

void WorkFeed::snapshot_arrived(const std::shared_ptr<Session>& session, Result<ListPage> page) {
  if (!sessions_.contains(session->stream.get())) return;
  if (!page) return end(session, page.error());
  for (const auto& entry : page->entries) {
    if (!session->takes(entry.hit.dossier)) continue;
    const auto stored = stored_case(entry.value);
    const auto* work =
        stored ? find_work(*stored, static_cast<std::uint32_t>(std::strtoul(entry.hit.suffix.c_str(), nullptr, 10)), 0)
               : nullptr;
    if (work != nullptr)
      session->snapshot.push_back(work_item(entry.hit.dossier, entry.value.dossier_seq(), *stored, *work));
  }
  session->last_page = page->page.next_page_token().empty();
  if (!session->last_page) session->next_page = page->page.next_page_token();
  flush(*session);
}

void WorkFeed::follow(Session& session, std::uint32_t partition, Offset from) {
  const auto id = next_follow_++;
  follows_[id] = {&session, partition};
  session.partitions[partition].follow = id;
  log_->follow(id, {parts_.commands.ledger(), partition}, from);
  log_->credit(id, settings_.credit_bytes);
}

void WorkFeed::unfollow(Session& session) {
  for (auto& partition : session.partitions) {
    if (partition.follow != 0) {
      log_->stop(partition.follow);
      follows_.erase(partition.follow);
    }
    partition.follow = 0;
    partition.pending.clear();
  }
}

BlockItemsPtr WorkFeed::decoded(std::uint32_t partition, Offset offset, const block::Block& block) {
  const auto key = std::pair(partition, offset);
  if (const auto known = decoded_.find(key); known != decoded_.end()) return known->second;
  auto items = read_block(block, recent_);
  if (!items) return nullptr;
  decoded_.emplace(key, *items);
  decoded_order_.push_back(key);
  if (decoded_order_.size() > settings_.decoded_blocks) {
    decoded_.erase(decoded_order_.front());
    decoded_order_.pop_front();
  }
  std::vector<DossierId> wanted;
  for (const auto& open : (*items)->open) {
    if (std::find(wanted.begin(), wanted.end(), open.dossier) == wanted.end()) wanted.push_back(open.dossier);
  }
  for (const auto& dossier : wanted) look_up({partition, *items, dossier});
  return *items;
}

void WorkFeed::look_up(const LookUp& wanted) {
  parts_.reads.read(wanted.partition, wanted.dossier, wanted.block->block_seq, Instant{},
                    [this, wanted](const Result<ReadDossier>& read) {
                      post([this, wanted, read] {
                        // The block is in the log already: whoever reads it is only late.
                        if (!read) return look_ups_to_retry_.push_back(wanted);
                        looked_up(wanted, *read);
                      });
                    });
}

void WorkFeed::looked_up(const LookUp& wanted, const ReadDossier& read) {
  auto& block = *wanted.block;
  std::optional<v1::StoredCase> stored;
  if (read.value != nullptr) {
    if (auto parsed = stored_case(*read.value)) stored = std::move(*parsed);
  }
  for (const auto& open : block.open) {
    if (open.dossier == wanted.dossier) resolve(block, open, stored ? &*stored : nullptr, recent_);
  }
  std::erase_if(block.open, [&](const auto& open) { return open.dossier == wanted.dossier; });
  if (!block.open.empty()) return;
  for (auto& [agency, items] : block.by_agency) {
    std::stable_sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.leaf < b.leaf; });
  }
  block.ready = true;
  std::vector<std::shared_ptr<Session>> all;
  for (const auto& [stream, session] : sessions_) all.push_back(session);
  for (const auto& session : all) flush(*session);
}

void WorkFeed::on_fetched(ports::Fetched fetched) {
  const auto found = follows_.find(fetched.follow);
  if (found == follows_.end()) return;
  auto& [session, partition] = found->second;
  if (session->partitions[partition].anchored) {
    take(*session, partition, fetched);
  } else {
    anchor(*session, partition, fetched);
  }
}

// Looks for the block that the cursor goes on with. Rivals and duplicates of before may stand in between.
void WorkFeed::anchor(Session& session, std::uint32_t p, const ports::Fetched& fetched) {
  auto& partition = session.partitions[p];
  const auto* block = fetched.block.get();
  const auto& next = partition.next;
  if (block == nullptr || block->header().block_seq < next.block_seq ||
      (block->header().block_seq == next.block_seq && mark_of(block->header().prev) != next.before)) {
    log_->credit(fetched.follow, block != nullptr ? block->size_bytes() : 0);
    return;
  }
  if (block->header().block_seq > next.block_seq || next.index > block->leaf_count() || next.block_seq == 0) {
    return start_snapshot(sessions_.at(session.stream.get()), true);
  }
  partition.anchored = true;
  partition.head = {block->header().ledger_id, next.block_seq - 1, block->header().prev};
  take(session, p, fetched);
}

void WorkFeed::take(Session& session, std::uint32_t p, const ports::Fetched& fetched) {
  auto& partition = session.partitions[p];
  const auto* block = fetched.block.get();
  if (ledger::classify(partition.head, block) != ledger::BlockClass::kEffective) {
    log_->credit(fetched.follow, block != nullptr ? block->size_bytes() : 0);
    return;
  }
  partition.head = {partition.head.ledger_id, block->header().block_seq, block->hash()};
  seen_head_[p] = std::max(seen_head_[p], partition.head.block_seq);
  auto items = decoded(p, fetched.offset, *block);
  if (items == nullptr) {
    return end(sessions_.at(session.stream.get()),
               Error{ErrorCode::kDataLoss, "INTERNAL", "Sổ cái không đọc được; hãy báo đơn vị vận hành.",
                     "The ledger can't be read; tell the operators."});
  }
  partition.pending.push_back(
      {fetched.offset, std::move(items), block->size_bytes(), mark_of(block->header().prev), mark_of(block->hash())});
  flush(session);
}

void WorkFeed::on_follow_failed(const ports::FollowFailed& failed) {
  const auto found = follows_.find(failed.follow);
  if (found == follows_.end()) return;
  // The cursor is outside of the log: of another system, or from before a wipe.
  start_snapshot(sessions_.at(found->second.first->stream.get()), true);
}

void WorkFeed::gather_results(Session& session, v1::StreamWorkResponse& out) {
  auto& stream = *session.stream;
  std::vector<WorkStream::AnswerDone> done;
  {
    const std::lock_guard lock(stream.results_mutex_);
    const auto count = static_cast<std::ptrdiff_t>(std::min(stream.results_.size(), settings_.batch_items_max));
    done.assign(std::make_move_iterator(stream.results_.begin()), std::make_move_iterator(stream.results_.begin() + count));
    stream.results_.erase(stream.results_.begin(), stream.results_.begin() + count);
    // What is left is taken when this message has gone out.
    stream.results_announced_ = !stream.results_.empty();
  }
  stream.open_answers_ -= done.size();
  for (const auto& one : done) parts_.answers.set_result(one.request_id, one.leg, one.answered, *out.add_results());
}

void WorkFeed::gather_snapshot(Session& session, v1::StreamWorkResponse& out) const {
  if (session.snapshot.empty() && !session.last_page) return;
  const auto count = std::min(session.snapshot.size(), settings_.batch_items_max);
  for (std::size_t i = 0; i < count; ++i) out.mutable_items()->Add(std::move(session.snapshot[i]));
  session.snapshot.erase(session.snapshot.begin(), session.snapshot.begin() + static_cast<std::ptrdiff_t>(count));
  out.set_snapshot(true);
  out.set_reset(std::exchange(session.announce_reset, false));
  if (!session.last_page || !session.snapshot.empty()) return;
  out.set_snapshot_complete(true);
  out.set_cursor(session.cursor());
}

// Takes the front block of a partition, or what still fits of it. False: nothing more fits.
bool WorkFeed::gather_block(Session& session, std::uint32_t p, v1::StreamWorkResponse& out) {
  auto& partition = session.partitions[p];
  const auto& front = partition.pending.front();
  const std::uint32_t behind = partition.next.block_seq == front.items->block_seq ? partition.next.index : 0;
  std::optional<std::uint32_t> last;
  if (const auto mine = front.items->by_agency.find(session.wish.agency); mine != front.items->by_agency.end()) {
    for (const auto& item : mine->second) {
      if (item.leaf < behind || !session.takes(item.dossier)) continue;
      // Items of one decision are never torn apart: a cursor stands between decisions.
      if (static_cast<std::size_t>(out.items_size()) >= settings_.batch_items_max && last != item.leaf) {
        partition.next = {front.offset, front.items->block_seq, last ? *last + 1 : behind, front.before};
        return false;
      }
      *out.add_items() = *item.item;
      last = item.leaf;
    }
  }
  partition.next = {front.offset + 1, front.items->block_seq + 1, 0, front.mark};
  log_->credit(partition.follow, front.bytes);
  partition.pending.pop_front();
  return true;
}

// True: there is something to write. The position moves silently over blocks without work for this stream.
bool WorkFeed::gather(Session& session, v1::StreamWorkResponse& out) {
  gather_results(session, out);
  if (session.phase == Session::Phase::kSnapshot) gather_snapshot(session, out);
  if (session.phase == Session::Phase::kFollowing) {
    bool fits = true;
    for (std::uint32_t p = 0; p < session.partitions.size() && fits; ++p) {
      const auto& pending = session.partitions[p].pending;
      while (fits && !pending.empty() && pending.front().items->ready) fits = gather_block(session, p, out);
    }
    if (out.items_size() > 0) out.set_cursor(session.cursor());
  }
  return out.items_size() > 0 || out.results_size() > 0 || out.snapshot();
}

void WorkFeed::flush(Session& session) {
  auto& stream = *session.stream;
  if (!stream.stream_->writable()) return;
  v1::StreamWorkResponse out;
  if (gather(session, out)) {
    stream.stream_->write(out);
    session.last_write = std::chrono::steady_clock::now();
  }
  if (stream.open_answers_ <= kResumeReadingAt && stream.reading_paused_.exchange(false)) stream.stream_->read();
  if (session.phase != Session::Phase::kSnapshot || !session.snapshot.empty()) return;
  if (session.next_page) return snapshot_page(sessions_.at(&stream), *session.next_page);
  if (!session.last_page) return;
  session.phase = Session::Phase::kFollowing;
  for (std::uint32_t p = 0; p < session.partitions.size(); ++p) follow(session, p, session.partitions[p].next.offset);
}

void WorkFeed::heartbeat(Session& session) {
  if (!session.stream->stream_->writable()) return;
  v1::StreamWorkResponse out;
  for (std::uint32_t p = 0; p < session.partitions.size(); ++p) {
    const auto next = session.partitions[p].next.block_seq;
    auto& lag = *out.mutable_heartbeat()->add_lags();
    lag.set_partition(p);
    lag.set_block_seq(next == 0 ? 0 : next - 1);
    lag.set_head_seq(std::max(seen_head_[p], lag.block_seq()));
  }
  if (session.phase == Session::Phase::kFollowing) out.set_cursor(session.cursor());
  session.stream->stream_->write(out);
  session.last_write = std::chrono::steady_clock::now();
}

void WorkFeed::end(const std::shared_ptr<Session>& session, const std::optional<Error>& error) {
  unfollow(*session);
  session->stream->stream_->finish(error);
  sessions_.erase(session->stream.get());
}

}  // namespace lienthong::agency_processing
