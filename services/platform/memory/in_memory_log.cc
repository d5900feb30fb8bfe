#include "platform/memory/in_memory_log.h"

#include "platform/ports/outlet.h"
#include "platform/ports/worker.h"

#include <chrono>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace lienthong::memory {
namespace {

using LogOutlet = ports::Outlet<ports::LogSink, ports::LogMessage, &ports::LogSink::on_log>;

struct Entry {
  block::BlockPtr block;
  Instant time;
};
struct Follower {
  std::shared_ptr<LogOutlet> outlet;
  LedgerPartition partition;
  Offset next = 0;
  std::int64_t credit = 0;
};
using FollowerKey = std::pair<const LogOutlet*, ports::FollowId>;

Instant wall_time() {
  return {std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

}  // namespace

// Answers are posted while the state is locked, so that a follower's records leave in offset order.
class InMemoryLog::State {
 public:
  void append(const std::shared_ptr<LogOutlet>& outlet, const LedgerPartition& partition, block::Record record,
              ports::Ticket ticket) {
    Entry entry{block::parse(partition, std::move(record)).value_or(nullptr), wall_time()};
    const std::lock_guard lock(mutex_);
    auto& entries = partitions_[partition];
    const auto offset = static_cast<Offset>(entries.size());
    entries.push_back(std::move(entry));
    send(outlet, ports::Appended{ticket, offset});
    for (auto& [key, follower] : followers_) {
      if (follower.partition == partition) serve(key.second, follower);
    }
  }

  void follow(const std::shared_ptr<LogOutlet>& outlet, ports::FollowId id, const LedgerPartition& partition, Offset from) {
    const std::lock_guard lock(mutex_);
    if (from < 0 || from > end(partition)) {
      send(outlet, ports::FollowFailed{id, "offset " + std::to_string(from) + " is outside of the log"});
      return;
    }
    followers_[{outlet.get(), id}] = {outlet, partition, from, 0};
  }

  void credit(const LogOutlet& outlet, ports::FollowId id, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = followers_.find({&outlet, id});
    if (found == followers_.end()) return;
    found->second.credit += static_cast<std::int64_t>(bytes);
    serve(id, found->second);
  }

  void stop(const LogOutlet& outlet, ports::FollowId id) {
    const std::lock_guard lock(mutex_);
    followers_.erase({&outlet, id});
  }

  void read(const std::shared_ptr<LogOutlet>& outlet, const LedgerPartition& partition, Offset offset,
            ports::Ticket ticket) {
    const std::lock_guard lock(mutex_);
    block::BlockPtr block;
    if (offset >= 0 && offset < end(partition)) block = partitions_[partition][static_cast<std::size_t>(offset)].block;
    send(outlet, ports::ReadDone{ticket, std::move(block)});
  }

  void end_offset(const std::shared_ptr<LogOutlet>& outlet, const LedgerPartition& partition, ports::Ticket ticket) {
    const std::lock_guard lock(mutex_);
    send(outlet, ports::EndOffset{ticket, end(partition)});
  }

  void detach(const LogOutlet& outlet) {
    const std::lock_guard lock(mutex_);
    std::erase_if(followers_, [&](const auto& item) { return item.first.first == &outlet; });
  }

 private:
  Offset end(const LedgerPartition& partition) const {
    const auto found = partitions_.find(partition);
    return found == partitions_.end() ? 0 : static_cast<Offset>(found->second.size());
  }

  void serve(ports::FollowId id, Follower& follower) {
    const auto& entries = partitions_[follower.partition];
    while (follower.credit > 0 && follower.next < static_cast<Offset>(entries.size())) {
      const auto& entry = entries[static_cast<std::size_t>(follower.next)];
      send(follower.outlet, ports::Fetched{id, follower.next, entry.block, entry.time});
      ++follower.next;
      if (entry.block) follower.credit -= static_cast<std::int64_t>(entry.block->size_bytes());
    }
  }

  void send(const std::shared_ptr<LogOutlet>& outlet, ports::LogMessage message) {
    worker_.post([outlet, message = std::move(message)]() mutable { outlet->deliver(std::move(message)); });
  }

  std::mutex mutex_;
  std::map<LedgerPartition, std::vector<Entry>> partitions_;
  std::map<FollowerKey, Follower> followers_;
  ports::Worker worker_;
};

class InMemoryLog::Attachment final : public ports::Log {
 public:
  Attachment(std::shared_ptr<State> state, ports::LogSink& sink)
      : state_(std::move(state)), outlet_(std::make_shared<LogOutlet>(sink)) {}
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  ~Attachment() override {
    state_->detach(*outlet_);
    outlet_->close();
  }

  void append(const LedgerPartition& partition, block::Record record, ports::Ticket ticket) override {
    state_->append(outlet_, partition, std::move(record), ticket);
  }
  void replace_appender(const LedgerPartition&) override {}
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
  std::shared_ptr<State> state_;
  std::shared_ptr<LogOutlet> outlet_;
};

InMemoryLog::InMemoryLog() : state_(std::make_shared<State>()) {}
InMemoryLog::~InMemoryLog() = default;

std::unique_ptr<ports::Log> InMemoryLog::attach(ports::LogSink& sink) { return std::make_unique<Attachment>(state_, sink); }

}  // namespace lienthong::memory
