#include "platform/kafka/kafka_log.h"

#include "platform/kafka/appender.h"
#include "platform/kafka/handle.h"
#include "platform/ports/block_ring.h"
#include "platform/ports/outlet.h"
#include "platform/ports/worker.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace lienthong::kafka {
namespace {

using Clock = std::chrono::steady_clock;
using LogOutlet = ports::Outlet<ports::LogSink, ports::LogMessage, &ports::LogSink::on_log>;
using OutletPtr = std::shared_ptr<LogOutlet>;
using Entry = ports::BlockRing::Entry;

constexpr int kPollMs = 500;
// What the broker gathers for the unhurried tail before it answers.
constexpr const char* kUnhurriedBytes = "1048576";
// So many blocks of others in a row end that a partition counts as written here. One may be of this process: its report
// and the tail race.
constexpr int kStrangers = 4;
// Blocks handed over before those in front of them.
constexpr std::size_t kEarlyMax = 1024;
constexpr int kQueryMs = 1000;
constexpr std::chrono::milliseconds kRetryPause{100};
// How long a missing topic or an offset beyond the end is asked again before the follower fails: metadata and high watermark
// lag behind for a moment after a broker or its leader changed.
constexpr std::chrono::seconds kMissingLimit{5};
constexpr std::chrono::seconds kBeyondEndLimit{2};
constexpr Offset kReach = 32;
constexpr int kStraysMax = 1000;
constexpr std::size_t kCatchUpBytes = 4U << 20;
constexpr int kFirstRecordMs = 250;
constexpr int kNextRecordMs = 5;
constexpr std::chrono::seconds kIdleStream{2};
constexpr std::chrono::seconds kHousekeeping{5};

struct Follower {
  OutletPtr outlet;
  ports::FollowId id = 0;
  LedgerPartition partition;
  Offset next = 0;
  std::int64_t credit = 0;
  bool gone = false;
  bool behind = false;  ///< In the reader's list.
  bool feeding = false;
  bool checking = false;
};
using FollowerPtr = std::shared_ptr<Follower>;
using FollowerKey = std::pair<const LogOutlet*, ports::FollowId>;

/// What the tail knows of a partition.
struct Tailed {
  enum class Phase { kIdle, kStarting, kLive };
  Phase phase = Phase::kIdle;
  Offset next = 0;         ///< Next record of the tail, when live.
  bool assigned = false;   ///< Belongs to the asking thread.
  bool unhurried = false;  ///< Which tail reads it.
  bool moving = false;
  int strangers = 0;              ///< Blocks in a row that were not handed over.
  std::map<Offset, Entry> early;  ///< Handed over, beyond `next`.
  std::vector<FollowerPtr> followers;
};

struct Start {
  LedgerPartition partition;
  Clock::time_point limit;
};
/// A follower that stands beyond the tail.
struct EndCheck {
  FollowerPtr follower;
  Clock::time_point limit;
};
struct EndQuestion {
  OutletPtr outlet;
  ports::Ticket ticket;
};
struct ReadQuestion {
  OutletPtr outlet;
  LedgerPartition partition;
  Offset offset = 0;
  ports::Ticket ticket = 0;
};

bool is_missing(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}
bool is_refused(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
         code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
}

bool is_unreachable(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
         code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE;
}

std::int64_t cost_of(const block::BlockPtr& block) { return block ? static_cast<std::int64_t>(block->size_bytes()) : 0; }

/// True for a block that need not be read any more once it is handed over.
bool is_wanted(const Tailed& tailed, Offset offset) {
  if (tailed.phase != Tailed::Phase::kLive) return false;
  return offset == tailed.next || (offset > tailed.next && tailed.early.size() < kEarlyMax);
}

Entry entry_of(const LedgerPartition& partition, const rd_kafka_message_t& message) {
  return {message.offset, block::parse(partition, record_of(message)).value_or(nullptr), time_of(message)};
}

}  // namespace

// Five threads. Two tails read every followed partition at its end, parse each record once and hand it on: the hurried one
// learns of a record at once, the unhurried one gets what came meanwhile in one answer. The latter reads what nobody waits
// for and what this process writes, whose blocks are handed over at their acknowledgement. The asking thread puts the
// questions that wait for the broker (ends, where a tail starts, which tail reads). The reader fetches what lies behind the
// recent blocks, each follower in turn. The feeder serves followers from the recent blocks when they get credit, and does
// what must not be done on the caller's thread. A follower's records are delivered under one mutex, and only the one at
// `next`: so their order holds whichever thread brings them.
class KafkaLog::State {
 public:
  explicit State(const LogSettings& settings)
      : settings_(settings),
        ring_(settings.ring_bytes),
        hurried_(reading(settings.connection, settings.reader_group)
                     .set("fetch.wait.max.ms", std::to_string(settings.fetch_wait.count()))),
        unhurried_(reading(settings.connection, settings.reader_group)
                       .set("fetch.min.bytes", kUnhurriedBytes)
                       .set("fetch.wait.max.ms", std::to_string(settings.unhurried_wait.count()))),
        reader_(make_handle(RD_KAFKA_CONSUMER, std::move(reading(settings.connection, settings.reader_group)
                                                             // An answer that is still awaited delays the next question.
                                                             .set("fetch.wait.max.ms", "10")
                                                             // Per partition. A queue that was full is looked at
                                                             // again after a second only.
                                                             .set("queued.max.messages.kbytes", "32768")))),
        asker_(make_handle(RD_KAFKA_PRODUCER, Configuration(settings.connection))) {
    rd_kafka_poll_set_consumer(reader_.get());
    for (Tail* tail : {&hurried_, &unhurried_}) {
      rd_kafka_poll_set_consumer(tail->handle.get());
      tail->thread = std::thread([this, tail] { run_tail(*tail); });
    }
    ask_thread_ = std::thread([this] { run_asking(); });
    read_thread_ = std::thread([this] { run_reading(); });
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    ask_wake_.notify_all();
    read_wake_.notify_all();
    for (Tail* tail : {&hurried_, &unhurried_}) {
      {
        const Queue queue(rd_kafka_queue_get_consumer(tail->handle.get()));
        rd_kafka_queue_yield(queue.get());
      }
      tail->thread.join();
    }
    ask_thread_.join();
    read_thread_.join();
    feeder_.stop();
    streams_.clear();
    reader_topics_.clear();
    for (Tail* tail : {&hurried_, &unhurried_}) {
      tail->topics.clear();
      rd_kafka_consumer_close(tail->handle.get());
    }
    rd_kafka_consumer_close(reader_.get());
  }

  const Settings& connection() const { return settings_.connection; }
  void on_feeder(ports::Worker::Task task) { feeder_.post(std::move(task)); }

  void follow(const OutletPtr& outlet, ports::FollowId id, const LedgerPartition& partition, Offset from) {
    const std::lock_guard lock(mutex_);
    if (const auto former = followers_.find({outlet.get(), id}); former != followers_.end()) remove(former->second);
    const auto follower = std::make_shared<Follower>(Follower{outlet, id, partition, from});
    followers_[{outlet.get(), id}] = follower;
    auto& tailed = tails_[partition];
    tailed.followers.push_back(follower);
    if (tailed.phase == Tailed::Phase::kIdle) {
      tailed.phase = Tailed::Phase::kStarting;
      starts_.push_back({partition, Clock::now() + kMissingLimit});
      ask_wake_.notify_one();
    } else {
      place(follower);
    }
  }

  // A block of this process need not come back from the broker: acknowledged by all replicas at the place where the tail
  // stands, it is what the tail would read there. The tail passes over it when it comes.
  void hand_over(const LedgerPartition& partition, block::Record record, Offset offset, Instant time) {
    {
      const std::lock_guard lock(mutex_);
      const auto tailed = tails_.find(partition);
      if (tailed == tails_.end() || !is_wanted(tailed->second, offset)) return;
    }
    Entry entry{offset, block::parse(partition, std::move(record)).value_or(nullptr), time};
    const std::lock_guard lock(mutex_);
    auto& tailed = tails_[partition];
    if (!is_wanted(tailed, offset)) return;
    tailed.strangers = 0;
    if (!tailed.unhurried) move_tail(partition, tailed);
    if (offset == tailed.next) {
      advance(partition, tailed, entry);
    } else {
      tailed.early.emplace(offset, std::move(entry));
    }
  }

  void credit(const LogOutlet& outlet, ports::FollowId id, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = followers_.find({&outlet, id});
    if (found == followers_.end()) return;
    found->second->credit += static_cast<std::int64_t>(bytes);
    place(found->second);
  }

  void stop(const LogOutlet& outlet, ports::FollowId id) {
    const std::lock_guard lock(mutex_);
    const auto found = followers_.find({&outlet, id});
    if (found != followers_.end()) remove(found->second);
  }

  void detach(const LogOutlet& outlet) {
    const std::lock_guard lock(mutex_);
    for (auto next = followers_.begin(); next != followers_.end();) {
      const auto follower = (next++)->second;
      if (follower->outlet.get() == &outlet) remove(follower);
    }
  }

  void read(const OutletPtr& outlet, const LedgerPartition& partition, Offset offset, ports::Ticket ticket) {
    const std::lock_guard lock(mutex_);
    if (const auto* recent = ring_.find(partition, offset)) {
      on_feeder([outlet, done = ports::ReadDone{ticket, recent->block}] { outlet->deliver(done); });
      return;
    }
    reads_.push_back({outlet, partition, offset, ticket});
    read_wake_.notify_one();
  }

  void end_offset(const OutletPtr& outlet, const LedgerPartition& partition, ports::Ticket ticket) {
    {
      const std::lock_guard lock(mutex_);
      end_questions_[partition].push_back({outlet, ticket});
    }
    ask_wake_.notify_one();
  }

 private:
  struct Tail {
    explicit Tail(Configuration& configuration) : handle(make_handle(RD_KAFKA_CONSUMER, std::move(configuration))) {}
    Handle handle;
    KnownTopics topics;  // Of the asking thread.
    std::thread thread;
  };
  struct Stream {
    Offset next = 0;
    Queue queue;
    Clock::time_point used;
  };

  // Decides who serves this follower next. Call with the mutex held.
  void place(const FollowerPtr& follower) {
    const auto& tailed = tails_[follower->partition];
    if (follower->gone || tailed.phase != Tailed::Phase::kLive) return;
    if (follower->next > tailed.next && !follower->checking) {
      follower->checking = true;
      end_checks_.push_back({follower, Clock::now() + kBeyondEndLimit});
      ask_wake_.notify_one();
    }
    if (follower->credit <= 0 || follower->next >= tailed.next) return;
    if (ring_.find(follower->partition, follower->next) != nullptr) {
      if (std::exchange(follower->feeding, true)) return;
      on_feeder([this, follower] { feed(follower); });
    } else if (!std::exchange(follower->behind, true)) {
      behind_.push_back(follower);
      read_wake_.notify_one();
    }
  }

  // Call with the mutex held. By value: the caller's pointer may be the one that is erased.
  void remove(FollowerPtr follower) {  // NOLINT(performance-unnecessary-value-param)
    follower->gone = true;
    followers_.erase({follower->outlet.get(), follower->id});
    auto& tailed = tails_[follower->partition];
    std::erase(tailed.followers, follower);
    if (!tailed.followers.empty() || tailed.phase == Tailed::Phase::kIdle) return;
    tailed.phase = Tailed::Phase::kIdle;
    tailed.early.clear();
    ring_.clear(follower->partition);
    idle_.insert(follower->partition);
    ask_wake_.notify_one();
  }

  // Call with the mutex held.
  void fail(const FollowerPtr& follower, const std::string& detail) {
    if (follower->gone) return;
    follower->outlet->deliver(ports::FollowFailed{follower->id, detail});
    remove(follower);
  }

  // Call with the mutex held.
  void fail_all(const LedgerPartition& partition, const std::string& detail) {
    const auto followers = tails_[partition].followers;
    for (const auto& follower : followers) fail(follower, detail);
  }

  // Call with the mutex held. True: the follower took the entry.
  static bool offer(Follower& follower, const Entry& entry) {
    if (follower.gone || follower.next != entry.offset || follower.credit <= 0) return false;
    ++follower.next;
    follower.credit -= cost_of(entry.block);
    follower.outlet->deliver(ports::Fetched{follower.id, entry.offset, entry.block, entry.time});
    return true;
  }

  void feed(const FollowerPtr& follower) {
    const std::lock_guard lock(mutex_);
    follower->feeding = false;
    while (const auto* recent = ring_.find(follower->partition, follower->next)) {
      if (!offer(*follower, *recent)) return;
    }
    place(follower);
  }

  // --- the tails' threads

  void run_tail(Tail& tail) {
    while (!is_stopping()) {
      const Message message(rd_kafka_consumer_poll(tail.handle.get(), kPollMs));
      if (!message) continue;
      const auto partition = partition_of(*message);
      if (!partition) continue;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        take(*partition, *message);
      } else if (is_refused(message->err)) {
        const std::lock_guard lock(mutex_);
        if (tails_[*partition].phase == Tailed::Phase::kLive) fail_all(*partition, rd_kafka_message_errstr(message.get()));
      }
    }
  }

  void take(const LedgerPartition& partition, const rd_kafka_message_t& message) {
    {
      const std::lock_guard lock(mutex_);
      const auto& tailed = tails_[partition];
      if (tailed.phase != Tailed::Phase::kLive) return;
      if (message.offset < tailed.next) return check_handed_over(partition, message);
    }
    const Entry entry = entry_of(partition, message);
    const std::lock_guard lock(mutex_);
    auto& tailed = tails_[partition];
    if (tailed.phase != Tailed::Phase::kLive || entry.offset < tailed.next) return;
    if (entry.offset > tailed.next) {
      fail_all(partition,
               "the log goes on at " + std::to_string(entry.offset) + " instead of " + std::to_string(tailed.next));
      return;
    }
    if (tailed.unhurried && !is_unhurried(partition.ledger) && ++tailed.strangers >= kStrangers)
      move_tail(partition, tailed);
    advance(partition, tailed, entry);
  }

  // Call with the mutex held. A broker that lost what it had acknowledged brings something else in its place.
  void check_handed_over(const LedgerPartition& partition, const rd_kafka_message_t& message) {
    const auto* recent = ring_.find(partition, message.offset);
    if (recent == nullptr || recent->block == nullptr) return;
    const std::string_view bytes(static_cast<const char*>(message.payload), message.len);
    if (bytes == recent->block->record().value) return;
    fail_all(partition, "the log holds another record at " + std::to_string(message.offset) + " than it acknowledged");
  }

  // Call with the mutex held.
  void advance(const LedgerPartition& partition, Tailed& tailed, const Entry& entry) {
    pass_on(partition, tailed, entry);
    for (auto next = tailed.early.begin(); next != tailed.early.end(); next = tailed.early.erase(next)) {
      if (next->first > tailed.next) return;
      if (next->first == tailed.next) pass_on(partition, tailed, next->second);
    }
  }
  void pass_on(const LedgerPartition& partition, Tailed& tailed, const Entry& entry) {
    ++tailed.next;
    ring_.push(partition, entry);
    for (const auto& follower : tailed.followers) offer(*follower, entry);
  }

  bool is_unhurried(const LedgerName& ledger) const { return settings_.unhurried.contains(ledger); }
  Tail& tail_of(const Tailed& tailed) { return tailed.unhurried ? unhurried_ : hurried_; }

  // Call with the mutex held.
  void move_tail(const LedgerPartition& partition, Tailed& tailed) {
    if (std::exchange(tailed.moving, true)) return;
    moves_.insert(partition);
    ask_wake_.notify_one();
  }

  // --- the asking thread

  void run_asking() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (end_questions_.empty() && starts_.empty() && end_checks_.empty() && idle_.empty() && moves_.empty()) {
        ask_wake_.wait_for(lock, kHousekeeping);
      }
      const auto questions = std::exchange(end_questions_, {});
      const auto starts = std::exchange(starts_, {});
      const auto checks = std::exchange(end_checks_, {});
      const auto idle = std::exchange(idle_, {});
      const auto moves = std::exchange(moves_, {});
      lock.unlock();
      // Nobody else takes what this handle has to say; it would pile up.
      rd_kafka_poll(asker_.get(), 0);
      for (const auto& partition : idle) end_tail(partition);
      for (const auto& partition : moves) change_tail(partition);
      answer(questions);
      bool again = false;
      for (const auto& start : starts) again = !start_tail(start) || again;
      for (const auto& check : checks) again = !check_end(check) || again;
      lock.lock();
      if (again) ask_wake_.wait_for(lock, kRetryPause, [this] { return stopping_ || !end_questions_.empty(); });
    }
  }

  // One question answers all who asked before it. When one gets no answer, the others would wait as long for none.
  void answer(const std::map<LedgerPartition, std::vector<EndQuestion>>& questions) {
    bool reachable = true;
    for (const auto& [partition, askers] : questions) {
      std::optional<Offset> end;
      try {
        if (reachable) end = query_offset(asker_.get(), partition, Bound::kEnd, kQueryMs);
      } catch (const KafkaFailure& failure) {
        reachable = !is_unreachable(failure.code);
      }
      for (const auto& asked : askers) asked.outlet->deliver(ports::EndOffset{asked.ticket, end});
    }
  }

  void end_tail(const LedgerPartition& partition) {
    Tail* tail = nullptr;
    {
      const std::lock_guard lock(mutex_);
      auto& tailed = tails_[partition];
      if (tailed.phase == Tailed::Phase::kIdle && std::exchange(tailed.assigned, false)) tail = &tail_of(tailed);
    }
    if (tail != nullptr) unassign(tail->handle.get(), partition);
  }

  // What the former tail still brings and the new one brings again is passed over as what was handed over is.
  void change_tail(const LedgerPartition& partition) {
    Tail* from = nullptr;
    Tail* to = nullptr;
    Offset next = 0;
    {
      const std::lock_guard lock(mutex_);
      auto& tailed = tails_[partition];
      tailed.moving = false;
      if (tailed.phase != Tailed::Phase::kLive) return;
      from = &tail_of(tailed);
      tailed.unhurried = !tailed.unhurried;
      tailed.strangers = 0;
      to = &tail_of(tailed);
      next = tailed.next;
    }
    try {
      unassign(from->handle.get(), partition);
      to->topics.learn(to->handle.get(), partition);
      assign(to->handle.get(), partition, next);
    } catch (const KafkaFailure&) {
      const std::lock_guard lock(mutex_);
      auto& tailed = tails_[partition];
      if (tailed.phase != Tailed::Phase::kLive) return;
      tailed.phase = Tailed::Phase::kStarting;
      tailed.early.clear();
      starts_.push_back({partition, Clock::now() + kMissingLimit});
    }
  }

  // False: to be tried again.
  bool start_tail(const Start& start) {
    {
      const std::lock_guard lock(mutex_);
      auto& tailed = tails_[start.partition];
      if (tailed.phase != Tailed::Phase::kStarting) return true;
    }
    try {
      const auto low = query_offset(asker_.get(), start.partition, Bound::kStart, kQueryMs);
      const auto high = query_offset(asker_.get(), start.partition, Bound::kEnd, kQueryMs);
      bool reassign = false;
      Tail* tail = nullptr;
      {
        const std::lock_guard lock(mutex_);
        auto& tailed = tails_[start.partition];
        if (tailed.phase != Tailed::Phase::kStarting) return true;
        reassign = std::exchange(tailed.assigned, true);
        if (!reassign) tailed.unhurried = is_unhurried(start.partition.ledger);
        tail = &tail_of(tailed);
        tailed.strangers = 0;
        tailed.early.clear();
        tailed.phase = Tailed::Phase::kLive;
        tailed.next = high;
        ring_.clear(start.partition);
        const auto followers = tailed.followers;
        for (const auto& follower : followers) {
          if (follower->next < low) {
            fail(follower, "offset " + std::to_string(follower->next) + " is before the start of the log");
          } else {
            place(follower);
          }
        }
      }
      if (reassign) unassign(tail->handle.get(), start.partition);
      tail->topics.learn(tail->handle.get(), start.partition);
      assign(tail->handle.get(), start.partition, high);
      return true;
    } catch (const KafkaFailure& failure) {
      const std::lock_guard lock(mutex_);
      auto& tailed = tails_[start.partition];
      if (tailed.phase == Tailed::Phase::kIdle) return true;
      if (is_refused(failure.code) || (is_missing(failure.code) && Clock::now() > start.limit)) {
        fail_all(start.partition, start.partition.topic() + ": " + failure.detail);
        return true;
      }
      tailed.phase = Tailed::Phase::kStarting;
      starts_.push_back(start);
      return false;
    }
  }

  bool check_end(const EndCheck& check) {
    std::optional<Offset> high;
    try {
      high = query_offset(asker_.get(), check.follower->partition, Bound::kEnd, kQueryMs);
    } catch (const KafkaFailure&) {
    }
    const std::lock_guard lock(mutex_);
    const auto& follower = check.follower;
    if (follower->gone || (high && follower->next <= *high)) {
      follower->checking = false;
      return true;
    }
    if (high && Clock::now() > check.limit) {
      fail(follower, "offset " + std::to_string(follower->next) + " is beyond the end of the log");
      return true;
    }
    end_checks_.push_back(check);
    return false;
  }

  // --- the reader's thread

  void run_reading() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (reads_.empty() && behind_.empty()) {
        if (streams_.empty()) {
          read_wake_.wait_for(lock, kHousekeeping);
        } else {
          read_wake_.wait_for(lock, kIdleStream);
        }
      }
      const auto reads = std::exchange(reads_, {});
      const auto followers = std::exchange(behind_, {});
      lock.unlock();
      // Records come by the streams' queues; what comes here are reports that would pile up.
      while (Message(rd_kafka_consumer_poll(reader_.get(), 0))) {
      }
      bool again = false;
      for (const auto& question : reads) again = !read_one(question) || again;
      for (const auto& follower : followers) catch_up(follower);
      close_idle_streams();
      lock.lock();
      if (again) read_wake_.wait_for(lock, kRetryPause, [this] { return stopping_; });
    }
  }

  // False: the broker can't be asked now; to be tried again.
  bool read_one(const ReadQuestion& question) {
    try {
      const auto low = query_offset(reader_.get(), question.partition, Bound::kStart, kQueryMs);
      const auto high = query_offset(reader_.get(), question.partition, Bound::kEnd, kQueryMs);
      if (question.offset < low || question.offset >= high) {
        question.outlet->deliver(ports::ReadDone{question.ticket, nullptr});
        return true;
      }
      auto& stream = position(question.partition, question.offset, 0);
      const Message message(rd_kafka_consume_queue(stream.queue.get(), kFirstRecordMs));
      if (message && message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->offset == question.offset) {
        ++stream.next;
        question.outlet->deliver(ports::ReadDone{question.ticket, entry_of(question.partition, *message).block});
        return true;
      }
      close(question.partition);
    } catch (const KafkaFailure& failure) {
      if (is_refused(failure.code)) return true;
    }
    const std::lock_guard lock(mutex_);
    reads_.push_back(question);
    return false;
  }

  void catch_up(const FollowerPtr& follower) {
    const auto& partition = follower->partition;
    try {
      std::optional<Offset> from = wanted(follower);
      Stream* stream = from ? &position(partition, *from) : nullptr;
      std::size_t bytes = 0;
      int strays = 0;
      while (from && bytes < kCatchUpBytes) {
        const Message message(rd_kafka_consume_queue(stream->queue.get(), bytes == 0 ? kFirstRecordMs : kNextRecordMs));
        if (!message) break;
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
          if (!is_refused(message->err)) break;
          const std::lock_guard lock(mutex_);
          fail(follower, rd_kafka_message_errstr(message.get()));
          break;
        }
        if (message->offset != stream->next) {
          // Left over from where this stream stood before.
          if (++strays < kStraysMax) continue;
          close(partition);
          break;
        }
        ++stream->next;
        bytes += message->len + 1;
        const Entry entry = entry_of(partition, *message);
        {
          const std::lock_guard lock(mutex_);
          const auto followers = tails_[partition].followers;
          for (const auto& other : followers) offer(*other, entry);
        }
        from = wanted(follower);
        if (from) stream = &position(partition, *from);
      }
    } catch (const KafkaFailure&) {
      close(partition);
    }
    const std::lock_guard lock(mutex_);
    follower->behind = false;
    place(follower);
  }

  // The offset that must be fetched for this follower; nothing when it needs none or the recent blocks have it.
  std::optional<Offset> wanted(const FollowerPtr& follower) {
    const std::lock_guard lock(mutex_);
    const auto& tailed = tails_[follower->partition];
    if (follower->gone || follower->credit <= 0 || tailed.phase != Tailed::Phase::kLive || follower->next >= tailed.next) {
      return std::nullopt;
    }
    if (ring_.find(follower->partition, follower->next) != nullptr) return std::nullopt;
    return follower->next;
  }

  // Only the reader's thread touches the streams.
  Stream& position(const LedgerPartition& partition, Offset offset, Offset reach = kReach) {
    auto& stream = streams_[partition];
    stream.used = Clock::now();
    // A short way forward is read over, so that readers which stand close together share one stream.
    if (stream.queue && stream.next <= offset && offset - stream.next <= reach) return stream;
    if (stream.queue) unassign(reader_.get(), partition);
    if (!stream.queue) {
      reader_topics_.learn(reader_.get(), partition);
      stream.queue.reset(rd_kafka_queue_get_partition(reader_.get(), partition.topic().c_str(),
                                                      static_cast<std::int32_t>(partition.partition)));
      rd_kafka_queue_forward(stream.queue.get(), nullptr);
    }
    stream.next = offset;
    assign(reader_.get(), partition, offset);
    return stream;
  }

  void close(const LedgerPartition& partition) {
    if (streams_.erase(partition) > 0) unassign(reader_.get(), partition);
  }

  void close_idle_streams() {
    std::vector<LedgerPartition> idle;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [partition, stream] : streams_) {
        const bool needed =
            std::ranges::any_of(behind_, [&](const auto& follower) { return follower->partition == partition; });
        const auto& tailed = tails_[partition];
        const bool waiting = std::ranges::any_of(tailed.followers, [&](const auto& follower) {
          return follower->next == stream.next && follower->next < tailed.next;
        });
        if (!needed && (!waiting || Clock::now() > stream.used + kIdleStream)) idle.push_back(partition);
      }
    }
    for (const auto& partition : idle) close(partition);
  }

  bool is_stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  LogSettings settings_;
  std::mutex mutex_;
  bool stopping_ = false;
  ports::BlockRing ring_;
  std::map<FollowerKey, FollowerPtr> followers_;
  std::map<LedgerPartition, Tailed> tails_;

  std::condition_variable ask_wake_;
  std::map<LedgerPartition, std::vector<EndQuestion>> end_questions_;
  std::vector<Start> starts_;
  std::vector<EndCheck> end_checks_;
  std::set<LedgerPartition> idle_;
  std::set<LedgerPartition> moves_;

  std::condition_variable read_wake_;
  std::vector<ReadQuestion> reads_;
  std::vector<FollowerPtr> behind_;

  Tail hurried_;
  Tail unhurried_;
  Handle reader_;
  Handle asker_;
  KnownTopics reader_topics_;  // Of the reader's thread.
  std::map<LedgerPartition, Stream> streams_;
  ports::Worker feeder_;
  std::thread ask_thread_;
  std::thread read_thread_;
};

class KafkaLog::Attachment final : public ports::Log {
 public:
  Attachment(std::shared_ptr<State> state, ports::LogSink& sink)
      : state_(std::move(state)), outlet_(std::make_shared<LogOutlet>(sink)) {}
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  ~Attachment() override {
    outlet_->close();
    state_->detach(*outlet_);
  }

  void append(const LedgerPartition& partition, block::Record record, ports::Ticket ticket) override {
    std::optional<ports::AppendFailed> failed;
    try {
      if (!appender_) appender_ = make_appender();
      failed = appender_->append(partition, std::move(record), ticket);
    } catch (const KafkaFailure& failure) {
      failed = ports::AppendFailed{ticket, true, failure.detail};
    }
    if (failed) state_->on_feeder([outlet = outlet_, message = *failed] { outlet->deliver(message); });
  }

  void replace_appender(const LedgerPartition& partition) override {
    // Another lane of this attachment has replaced it already when this partition never used the present one.
    if (!appender_ || !appender_->used(partition)) return;
    appender_->abandon(partition);
    // Its end takes some milliseconds.
    state_->on_feeder([gone = std::shared_ptr<Appender>(std::move(appender_))]() mutable { gone.reset(); });
  }

  void follow(ports::FollowId id, const LedgerPartition& partition, Offset from) override {
    state_->follow(outlet_, id, partition, from);
  }
  void credit(ports::FollowId id, std::size_t bytes) override { state_->credit(*outlet_, id, bytes); }
  void stop(ports::FollowId id) override { state_->stop(*outlet_, id); }
  void read(const LedgerPartition& partition, Offset offset, ports::Ticket ticket) override {
    state_->read(outlet_, partition, offset, ticket);
  }
  void end_offset(const LedgerPartition& partition, ports::Ticket ticket) override {
    state_->end_offset(outlet_, partition, ticket);
  }

 private:
  std::unique_ptr<Appender> make_appender() {
    return std::make_unique<Appender>(
        state_->connection(), [outlet = outlet_](ports::LogMessage message) { outlet->deliver(std::move(message)); },
        // No appender outlives the state: it is this attachment's or the feeder's.
        [state = state_.get()](const LedgerPartition& partition, block::Record record, Offset offset, Instant time) {
          state->hand_over(partition, std::move(record), offset, time);
        });
  }

  std::shared_ptr<State> state_;
  OutletPtr outlet_;
  std::unique_ptr<Appender> appender_;
};

KafkaLog::KafkaLog(std::shared_ptr<State> state) : state_(std::move(state)) {}
KafkaLog::~KafkaLog() = default;

Result<std::unique_ptr<KafkaLog>> KafkaLog::open(LogSettings settings) {
  try {
    return std::unique_ptr<KafkaLog>(new KafkaLog(std::make_shared<State>(settings)));
  } catch (const KafkaFailure& failed) {
    return failure(
        {ErrorCode::kInvalidArgument, "KAFKA_SETTINGS",
         "Cấu hình Kafka không dùng được: " + failed.detail + ". Kiểm tra địa chỉ và các tệp chứng thư.",
         "The Kafka settings can't be used: " + failed.detail + ". Check the address and the certificate files."});
  }
}

std::unique_ptr<ports::Log> KafkaLog::attach(ports::LogSink& sink) { return std::make_unique<Attachment>(state_, sink); }

}  // namespace lienthong::kafka
