#include "public_events/adapters/event_feed.h"

#include "platform/base/encoding.h"
#include "shared_kernel/dossier_id.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>

namespace lienthong::public_events {

using events::v1::StreamEventsRequest;
using events::v1::StreamEventsResponse;
using google::protobuf::util::TimeUtil;

namespace {

constexpr Duration kTick = std::chrono::milliseconds(200);
constexpr int kTypesMax = 64;
constexpr auto kAskAgainAfter = std::chrono::seconds(2);
/// Around the payload: attributes and framing.
constexpr std::size_t kAttributeBytes = 350;

const rpc::EnumFields& enums() {
  static const rpc::EnumFields fields(StreamEventsRequest::descriptor());
  return fields;
}

std::uint32_t mark_of(const Hash& hash) { return read_u32_be(hash.view()); }

Error stopping() {
  return {ErrorCode::kUnavailable, "DROPPED", "Dịch vụ đang dừng; hãy mở lại luồng với con trỏ cuối cùng.",
          "The service is stopping; open the stream again with the last cursor."};
}

Error other_history() {
  return {ErrorCode::kFailedPrecondition, "CURSOR_INVALID",
          "Con trỏ không thuộc sổ cái này; hãy bắt đầu lại không kèm con trỏ.",
          "The cursor is not of this ledger; start again without one."};
}

Error too_many_streams() {
  return {ErrorCode::kResourceExhausted, "QUEUE_FULL", "Quá nhiều luồng đang mở; hãy mở lại sau.",
          "Too many streams are open; open it again later."};
}

Error halted() {
  return {ErrorCode::kUnavailable, "LANE_HALTED", "Sổ cái có bản ghi sai; hãy báo đơn vị vận hành.",
          "The ledger holds a wrong record; tell the operators."};
}

Result<std::string> subject_of(const std::string& dossier) {
  if (dossier.empty()) return std::string();
  if (const auto bare = from_base32(dossier, DossierId::kSize); bare) return to_base32(*bare);
  const auto name = shared_kernel::parse_dossier_name(dossier);
  if (!name) return failure(name.error());
  return to_base32(name->id.view());
}

void set_event(const relay::PublicEvent& event, events::v1::CloudEvent& out) {
  out.set_id(event.id);
  out.set_source(event.source);
  out.set_type(event.type);
  out.set_subject(event.subject);
  *out.mutable_time() = TimeUtil::MicrosecondsToTimestamp(event.time.micros);
  *out.mutable_recorded_time() = TimeUtil::MicrosecondsToTimestamp(event.recorded_time.micros);
  out.set_data_schema(event.data_schema);
  out.set_data(event.data);
}

}  // namespace

/// One stream as gRPC sees it: reads the one request and leaves everything else to the feed's thread.
class EventStream final : public rpc::StreamHandler, public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(EventFeed& feed, rpc::Call call) : feed_(feed), call_(std::move(call)) {}

  void on_open(std::shared_ptr<rpc::RawStream> stream) override {
    stream_ = std::move(stream);
    stream_->read();
  }
  void on_message(const rpc::RawRequest& raw) override {
    StreamEventsRequest request;
    if (const auto read = raw.read(enums(), request); !read) return stream_->finish(read.error());
    auto wish = feed_.wish_of(call_, request);
    if (!wish) return stream_->finish(wish.error());
    started_ = true;
    feed_.post([self = shared_from_this(), wish = std::move(*wish)] { self->feed_.start(self, wish); });
  }
  void on_half_close() override {
    if (!started_)
      stream_->finish(
          rpc::invalid_field("service", "cần một yêu cầu để mở luồng.", "a request is needed to open the stream."));
  }
  void on_writable() override {
    feed_.post([self = shared_from_this()] {
      if (const auto it = self->feed_.sessions_.find(self.get()); it != self->feed_.sessions_.end())
        self->feed_.flush(*it->second);
    });
  }
  void on_closed() override {
    feed_.post([self = shared_from_this()] {
      self->closed_ = true;
      if (const auto it = self->feed_.sessions_.find(self.get()); it != self->feed_.sessions_.end())
        self->feed_.end(*it->second, std::nullopt);
    });
  }

 private:
  friend class EventFeed;
  EventFeed& feed_;
  rpc::Call call_;
  std::shared_ptr<rpc::RawStream> stream_;
  std::atomic<bool> started_ = false;
  bool closed_ = false;  // the feed's thread only
};

// One stream's state; touched by the feed's thread only.
struct EventFeed::Session {
  std::shared_ptr<EventStream> stream;
  Wish wish;
  struct Pending {
    Offset offset = 0;
    block::BlockPtr block;
  };
  struct Partition {
    ledger::ChainHead head;
    /// False until the block that the stream goes on with was found.
    bool anchored = false;
    rpc::StreamPosition next;
    ports::FollowId follow = 0;
    Offset read_to = 0;
    std::chrono::steady_clock::time_point asked_at;
    std::optional<Offset> end;  ///< Of the log when the stream was opened.
    std::deque<Pending> pending;

    bool caught_up() const { return end && read_to >= *end && pending.empty(); }
  };
  std::vector<Partition> partitions;
  bool needs_heads = false;
  bool told_caught_up = false;
  std::chrono::steady_clock::time_point last_write = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point granted_at = std::chrono::steady_clock::now();

  std::string cursor() const {
    rpc::StreamCursor out;
    for (const auto& partition : partitions) out.push_back(partition.next);
    return rpc::encode_cursor(out);
  }
};

EventFeed::EventFeed(EventFeedParts parts, EventFeedSettings settings)
    : parts_(std::move(parts)), settings_(settings), thread_([this] { run(); }) {}

EventFeed::~EventFeed() { stop(); }

void EventFeed::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<rpc::StreamHandler> EventFeed::open(const rpc::Call& call) {
  return std::make_shared<EventStream>(*this, call);
}

Result<EventFeed::Wish> EventFeed::wish_of(const rpc::Call& call, const StreamEventsRequest& request) const {
  if (const auto granted = parts_.allowed(call.principal); !granted) return failure(granted.error());
  const auto source = parts_.sources.find(request.service());
  if (source == parts_.sources.end()) {
    std::string here;
    for (const auto& [name, _] : parts_.sources) here += (here.empty() ? "" : ", ") + name;
    return failure(rpc::invalid_field("service", "ở đây chỉ có sự kiện của: " + here + ".",
                                      "this process has events of: " + here + "."));
  }
  Wish wish{call.principal, source->first, &source->second, std::nullopt, request.from_end(), 0, {}};
  if (request.types_size() > kTypesMax) return failure(rpc::invalid_field("types", "tối đa 64 loại.", "at most 64 types."));
  if (request.types().empty()) wish.types = source->second.events.mask();
  for (const auto& type : request.types()) {
    const EventMask mask = source->second.events.type_mask(type);
    if (mask == 0) {
      return failure(rpc::invalid_field("types", "dịch vụ " + wish.ledger + " không có sự kiện công khai này.",
                                        "the service " + wish.ledger + " has no such public event."));
    }
    wish.types |= mask;
  }
  auto subject = subject_of(request.dossier_id());
  if (!subject) return failure(std::move(subject.error()));
  wish.subject = *std::move(subject);
  if (!request.cursor().empty()) {
    auto cursor = rpc::decode_cursor(request.cursor());
    if (!cursor) return failure(std::move(cursor.error()));
    if (cursor->size() != source->second.partition_count) return failure(other_history());
    wish.cursor = *std::move(cursor);
  }
  return wish;
}

void EventFeed::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void EventFeed::on_log(ports::LogMessage message) {
  post([this, message = std::move(message)] {
    if (const auto* fetched = std::get_if<ports::Fetched>(&message)) {
      on_fetched(*fetched);
    } else if (const auto* end = std::get_if<ports::EndOffset>(&message)) {
      on_end(*end);
    } else if (const auto* failed = std::get_if<ports::FollowFailed>(&message)) {
      // The position is outside of the log.
      if (const auto it = follows_.find(failed->follow); it != follows_.end())
        this->end(*it->second.session, other_history());
    }
  });
}

void EventFeed::run() {
  log_ = parts_.log.attach(*this);
  std::vector<Task> taken;
  auto next_tick = std::chrono::steady_clock::now() + kTick;
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
      next_tick = std::chrono::steady_clock::now() + kTick;
    }
  }
  while (!sessions_.empty()) end(*sessions_.begin()->second, stopping());
  log_.reset();
}

void EventFeed::tick() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<std::shared_ptr<Session>> all;
  for (const auto& [stream, session] : sessions_) all.push_back(session);
  for (const auto& session : all) {
    if (session->needs_heads) {
      ask_heads(session);
    } else {
      for (std::uint32_t p = 0; p < session->partitions.size(); ++p) {
        const auto& partition = session->partitions[p];
        if (!partition.end && now - partition.asked_at > kAskAgainAfter) ask_end(*session, p);
      }
    }
    if (now - session->granted_at >= settings_.heartbeat) {
      session->granted_at = now;
      const auto granted = parts_.allowed(session->wish.principal);
      if (!granted && granted.error().code != ErrorCode::kUnavailable) {
        end(*session, granted.error());
        continue;
      }
    }
    if (now - session->last_write < settings_.heartbeat || session->needs_heads) continue;
    if (!session->stream->stream_->writable()) continue;
    StreamEventsResponse alive;
    write(*session, alive);
  }
}

void EventFeed::start(const std::shared_ptr<EventStream>& stream, Wish wish) {
  if (stream->closed_) return;
  if (sessions_.size() >= settings_.streams_max) return stream->stream_->finish(too_many_streams());
  auto session = std::make_shared<Session>();
  session->stream = stream;
  session->wish = std::move(wish);
  session->partitions.resize(session->wish.source->partition_count);
  sessions_[stream.get()] = session;
  if (!session->wish.cursor && session->wish.from_end) return ask_heads(session);
  for (std::uint32_t p = 0; p < session->partitions.size(); ++p) {
    if (session->wish.cursor) session->partitions[p].next = (*session->wish.cursor)[p];
    ask_end(*session, p);
  }
}

void EventFeed::ask_heads(const std::shared_ptr<Session>& session) {
  session->needs_heads = false;
  const auto queued = parts_.reads.post([this, session] {
    std::vector<ledger::v1::PartitionMeta> metas;
    for (std::uint32_t p = 0; p < session->partitions.size(); ++p) {
      const auto meta = parts_.query.meta({session->wish.ledger, p});
      if (!meta || !*meta) break;
      metas.push_back(**meta);
    }
    post([this, session, metas = std::move(metas)] {
      if (sessions_.contains(session->stream.get())) note_heads(*session, metas);
    });
  });
  // Asked again with the next tick, as while the read side is being built.
  if (!queued) session->needs_heads = true;
}

void EventFeed::note_heads(Session& session, const std::vector<ledger::v1::PartitionMeta>& metas) {
  if (metas.size() != session.partitions.size()) {
    session.needs_heads = true;
    return;
  }
  for (std::uint32_t p = 0; p < metas.size(); ++p) {
    auto& partition = session.partitions[p];
    const auto id = LedgerId::from(metas[p].ledger_id());
    const auto hash = Hash::from(metas[p].head_hash());
    if (!id || !hash) return end(session, id ? hash.error() : id.error());
    partition.head = {*id, metas[p].head_seq(), *hash};
    partition.anchored = true;
    partition.next = {metas[p].watermark(), metas[p].head_seq() + 1, 0, mark_of(*hash)};
    ask_end(session, p);
  }
}

void EventFeed::ask_end(Session& session, std::uint32_t partition) {
  const auto ticket = next_number_++;
  // One question a partition, so that a log that never answers fills nothing.
  std::erase_if(ends_asked_,
                [&](const auto& asked) { return asked.second.session == &session && asked.second.partition == partition; });
  ends_asked_[ticket] = {&session, partition};
  session.partitions[partition].asked_at = std::chrono::steady_clock::now();
  log_->end_offset({session.wish.ledger, partition}, ticket);
}

void EventFeed::on_end(const ports::EndOffset& answer) {
  const auto it = ends_asked_.find(answer.ticket);
  if (it == ends_asked_.end()) return;
  const Place place = it->second;
  ends_asked_.erase(it);
  auto& session = *place.session;
  auto& partition = session.partitions[place.partition];
  if (!answer.offset || partition.end) return;
  if (*answer.offset < partition.next.offset) return end(session, other_history());
  partition.end = answer.offset;
  partition.read_to = partition.next.offset;
  partition.follow = next_number_++;
  follows_[partition.follow] = place;
  log_->follow(partition.follow, {session.wish.ledger, place.partition}, partition.next.offset);
  log_->credit(partition.follow, settings_.credit_bytes);
  flush(session);
}

void EventFeed::on_fetched(const ports::Fetched& fetched) {
  const auto it = follows_.find(fetched.follow);
  if (it == follows_.end()) return;
  auto& session = *it->second.session;
  const auto keep = sessions_.at(session.stream.get());
  auto& partition = session.partitions[it->second.partition];
  if (!take(session, it->second.partition, fetched)) {
    // The stream may have ended over it.
    if (!follows_.contains(fetched.follow)) return;
    log_->credit(fetched.follow, fetched.block ? fetched.block->size_bytes() : 1);
  }
  partition.read_to = fetched.offset + 1;
  flush(session);
}

// True: the block waits to be sent.
bool EventFeed::take(Session& session, std::uint32_t p, const ports::Fetched& fetched) {
  auto& partition = session.partitions[p];
  const auto* block = fetched.block.get();
  if (!partition.anchored) {
    if (block == nullptr || !block->readable() || !anchor(session, p, *block)) return false;
  } else {
    const auto kind = ledger::classify(partition.head, block);
    if (kind == ledger::BlockClass::kIgnored || kind == ledger::BlockClass::kVoid) return false;
    if (kind != ledger::BlockClass::kEffective) {
      end(session, halted());
      return false;
    }
  }
  partition.head = {block->header().ledger_id, block->header().block_seq, block->hash()};
  partition.pending.push_back({fetched.offset, fetched.block});
  return true;
}

// Looks for the block that the position goes on with. Rivals and duplicates of before may stand in between.
bool EventFeed::anchor(Session& session, std::uint32_t p, const block::Block& block) {
  auto& partition = session.partitions[p];
  const auto& next = partition.next;
  const auto seq = block.header().block_seq;
  if (seq < next.block_seq) return false;
  if (seq == next.block_seq && seq != 0 && mark_of(block.header().prev) != next.before) return false;
  if (seq > next.block_seq || next.index > block.leaf_count()) {
    end(session, other_history());
    return false;
  }
  partition.anchored = true;
  return true;
}

// Takes the front block of a partition, or what still fits of it. False: nothing more fits.
Result<bool> EventFeed::gather_block(Session& session, std::uint32_t p, StreamEventsResponse& out, std::size_t& bytes) {
  auto& partition = session.partitions[p];
  const auto front = partition.pending.front();
  const auto& block = *front.block;
  const auto seq = block.header().block_seq;
  const auto leaves = static_cast<std::uint32_t>(block.leaf_count());
  for (auto leaf = partition.next.block_seq == seq ? partition.next.index : 0; leaf < leaves; ++leaf) {
    if ((block.leaf_events(leaf) & session.wish.types) == 0) continue;
    // Events of one decision are never torn apart: a cursor stands between decisions.
    if (static_cast<std::size_t>(out.events_size()) >= settings_.batch_events_max || bytes >= settings_.batch_bytes_max) {
      partition.next = {front.offset, seq, leaf, mark_of(block.header().prev)};
      return false;
    }
    const auto told = session.wish.source->events.of_leaf({session.wish.ledger, p}, block, leaf, session.wish.types);
    if (!told) return failure(told.error());
    for (const auto& event : *told) {
      if (!session.wish.subject.empty() && event.subject != session.wish.subject) continue;
      set_event(event, *out.add_events());
      bytes += event.data.size() + kAttributeBytes;
    }
  }
  partition.next = {front.offset + 1, seq + 1, 0, mark_of(block.hash())};
  log_->credit(partition.follow, block.size_bytes());
  partition.pending.pop_front();
  return true;
}

void EventFeed::flush(Session& session) {
  if (!session.stream->stream_->writable()) return;
  StreamEventsResponse out;
  std::size_t bytes = 0;
  for (std::uint32_t p = 0; p < session.partitions.size(); ++p) {
    while (!session.partitions[p].pending.empty()) {
      const auto more = gather_block(session, p, out, bytes);
      if (!more) return end(session, more.error());
      if (!*more) return write(session, out);
    }
  }
  const bool caught_up = std::all_of(session.partitions.begin(), session.partitions.end(),
                                     [](const Session::Partition& partition) { return partition.caught_up(); });
  if (out.events_size() > 0 || (caught_up && !session.told_caught_up)) {
    session.told_caught_up = caught_up || session.told_caught_up;
    write(session, out);
  }
}

void EventFeed::write(Session& session, StreamEventsResponse& out) {
  out.set_cursor(session.cursor());
  out.set_caught_up(session.told_caught_up);
  session.stream->stream_->write(out);
  session.last_write = std::chrono::steady_clock::now();
}

void EventFeed::end(Session& session, const std::optional<Error>& error) {
  const auto keep = sessions_.at(session.stream.get());
  for (const auto& partition : session.partitions) {
    if (partition.follow == 0) continue;
    log_->stop(partition.follow);
    follows_.erase(partition.follow);
  }
  std::erase_if(ends_asked_, [&](const auto& asked) { return asked.second.session == &session; });
  session.stream->stream_->finish(error);
  sessions_.erase(session.stream.get());
}

}  // namespace lienthong::public_events
