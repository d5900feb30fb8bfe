#include "platform/sqlite/sqlite_log.h"

#include "platform/ports/block_ring.h"
#include "platform/ports/outlet.h"
#include "platform/sqlite/database.h"
#include "platform/sqlite/log_file.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace lienthong::sqlite {
namespace {

using LogOutlet = ports::Outlet<ports::LogSink, ports::LogMessage, &ports::LogSink::on_log>;
using OutletPtr = std::shared_ptr<LogOutlet>;
using Entry = ports::BlockRing::Entry;

struct AppendTask {
  LedgerPartition partition;
  block::Record record;
  ports::Ticket ticket;
};
struct FollowTask {
  ports::FollowId id;
  LedgerPartition partition;
  Offset from;
};
struct CreditTask {
  ports::FollowId id;
  std::size_t bytes;
};
struct StopTask {
  ports::FollowId id;
};
struct ReadTask {
  LedgerPartition partition;
  Offset offset;
  ports::Ticket ticket;
};
struct EndTask {
  LedgerPartition partition;
  ports::Ticket ticket;
};
struct DetachTask {};
using Work = std::variant<AppendTask, FollowTask, CreditTask, StopTask, ReadTask, EndTask, DetachTask>;
struct Task {
  OutletPtr outlet;
  Work work;
};

struct Follower {
  OutletPtr outlet;
  LedgerPartition partition;
  Offset next = 0;
  std::int64_t credit = 0;
};

Instant wall_time() {
  return {std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

}  // namespace

// Everything but the queue belongs to the one thread.
class SqliteLog::State {
 public:
  explicit State(const LogSettings& settings)
      : file_(settings.path), ring_(settings.ring_bytes), thread_([this] { run(); }) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void post(OutletPtr outlet, Work work) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back({std::move(outlet), std::move(work)});
    }
    wake_.notify_one();
  }

 private:
  void run() {
    std::vector<Task> taken;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        taken.swap(queue_);
      }
      std::vector<Task> appends;
      for (auto& task : taken) {
        if (std::holds_alternative<AppendTask>(task.work)) {
          appends.push_back(std::move(task));
        } else {
          append(appends);
          std::visit([&](auto& work) { handle(task.outlet, work); }, task.work);
        }
      }
      append(appends);
      taken.clear();
    }
  }

  void append(std::vector<Task>& tasks) {
    if (tasks.empty()) return;
    std::vector<Entry> written;
    try {
      Transaction transaction(file_.database());
      for (auto& task : tasks) {
        auto& work = std::get<AppendTask>(task.work);
        const Instant now = wall_time();
        const Offset offset = file_.append(work.partition, work.record, now);
        written.push_back({offset, block::parse(work.partition, std::move(work.record)).value_or(nullptr), now});
      }
      transaction.commit();
    } catch (const DatabaseFailure& failure) {
      for (auto& task : tasks) {
        const auto& work = std::get<AppendTask>(task.work);
        task.outlet->deliver(ports::AppendFailed{work.ticket, false, failure.detail});
      }
      tasks.clear();
      return;
    }
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const auto& work = std::get<AppendTask>(tasks[i].work);
      tasks[i].outlet->deliver(ports::Appended{work.ticket, written[i].offset});
      ring_.push(work.partition, std::move(written[i]));
    }
    for (auto& [key, follower] : followers_) serve(key.second, follower);
    forget_failed();
    tasks.clear();
  }

  void handle(const OutletPtr&, AppendTask&) {}

  void handle(const OutletPtr& outlet, FollowTask& work) {
    try {
      if (work.from < 0 || work.from > file_.end(work.partition)) {
        outlet->deliver(ports::FollowFailed{work.id, "offset " + std::to_string(work.from) + " is outside of the log"});
        return;
      }
    } catch (const DatabaseFailure& failure) {
      outlet->deliver(ports::FollowFailed{work.id, failure.detail});
      return;
    }
    followers_[{outlet.get(), work.id}] = {outlet, work.partition, work.from, 0};
  }

  void handle(const OutletPtr& outlet, CreditTask& work) {
    const auto found = followers_.find({outlet.get(), work.id});
    if (found == followers_.end()) return;
    found->second.credit += static_cast<std::int64_t>(work.bytes);
    serve(work.id, found->second);
    forget_failed();
  }

  void handle(const OutletPtr& outlet, StopTask& work) { followers_.erase({outlet.get(), work.id}); }

  void handle(const OutletPtr& outlet, ReadTask& work) {
    ports::ReadDone done{work.ticket, nullptr};
    try {
      if (const auto* recent = ring_.find(work.partition, work.offset)) {
        done.block = recent->block;
      } else if (auto stored = file_.read(work.partition, work.offset)) {
        done.block = block::parse(work.partition, std::move(stored->record)).value_or(nullptr);
      }
    } catch (const DatabaseFailure&) {
      // No answer: the record is there or not, but this file can't tell now.
      return;
    }
    outlet->deliver(std::move(done));
  }

  void handle(const OutletPtr& outlet, EndTask& work) {
    ports::EndOffset answer{work.ticket, std::nullopt};
    try {
      answer.offset = file_.end(work.partition);
    } catch (const DatabaseFailure&) {
    }
    outlet->deliver(answer);
  }

  void handle(const OutletPtr& outlet, DetachTask&) {
    std::erase_if(followers_, [&](const auto& item) { return item.first.first == outlet.get(); });
  }

  void serve(ports::FollowId id, Follower& follower) {
    try {
      while (follower.credit > 0) {
        Entry entry;
        if (const auto* recent = ring_.find(follower.partition, follower.next)) {
          entry = *recent;
        } else if (auto stored = file_.read(follower.partition, follower.next)) {
          entry = {follower.next, block::parse(follower.partition, std::move(stored->record)).value_or(nullptr),
                   stored->time};
        } else {
          return;
        }
        if (entry.block) follower.credit -= static_cast<std::int64_t>(entry.block->size_bytes());
        follower.next = entry.offset + 1;
        follower.outlet->deliver(ports::Fetched{id, entry.offset, std::move(entry.block), entry.time});
      }
    } catch (const DatabaseFailure& failure) {
      follower.outlet->deliver(ports::FollowFailed{id, failure.detail});
      failed_.emplace_back(follower.outlet.get(), id);
    }
  }

  void forget_failed() {
    for (const auto& key : failed_) followers_.erase(key);
    failed_.clear();
  }

  LogFile file_;
  ports::BlockRing ring_;
  using FollowerKey = std::pair<const LogOutlet*, ports::FollowId>;
  std::map<FollowerKey, Follower> followers_;
  std::vector<FollowerKey> failed_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Task> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

class SqliteLog::Attachment final : public ports::Log {
 public:
  Attachment(std::shared_ptr<State> state, ports::LogSink& sink)
      : state_(std::move(state)), outlet_(std::make_shared<LogOutlet>(sink)) {}
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  ~Attachment() override {
    outlet_->close();
    state_->post(outlet_, DetachTask{});
  }

  void append(const LedgerPartition& partition, block::Record record, ports::Ticket ticket) override {
    state_->post(outlet_, AppendTask{partition, std::move(record), ticket});
  }
  void replace_appender(const LedgerPartition&) override {}
  void follow(ports::FollowId id, const LedgerPartition& partition, Offset from) override {
    state_->post(outlet_, FollowTask{id, partition, from});
  }
  void credit(ports::FollowId id, std::size_t bytes) override { state_->post(outlet_, CreditTask{id, bytes}); }
  void stop(ports::FollowId id) override { state_->post(outlet_, StopTask{id}); }
  void read(const LedgerPartition& partition, Offset offset, ports::Ticket ticket) override {
    state_->post(outlet_, ReadTask{partition, offset, ticket});
  }
  void end_offset(const LedgerPartition& partition, ports::Ticket ticket) override {
    state_->post(outlet_, EndTask{partition, ticket});
  }

 private:
  std::shared_ptr<State> state_;
  OutletPtr outlet_;
};

SqliteLog::SqliteLog(std::shared_ptr<State> state) : state_(std::move(state)) {}
SqliteLog::~SqliteLog() = default;

Result<std::unique_ptr<SqliteLog>> SqliteLog::open(LogSettings settings) {
  try {
    return std::unique_ptr<SqliteLog>(new SqliteLog(std::make_shared<State>(settings)));
  } catch (const DatabaseFailure& failed) {
    return failure(unavailable(settings.path, failed));
  }
}

std::unique_ptr<ports::Log> SqliteLog::attach(ports::LogSink& sink) { return std::make_unique<Attachment>(state_, sink); }

}  // namespace lienthong::sqlite
