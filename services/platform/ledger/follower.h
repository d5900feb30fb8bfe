#pragma once

#include "platform/block/block.h"
#include "platform/ledger/mailbox.h"
#include "platform/ports/clock.h"
#include "platform/ports/log.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace lienthong::ledger {

/// Takes every record of a partition, in order, from block 0 on; from the follower's thread. `block` is null when the record
/// can't be read as a block. The chain is the taker's to check.
using RecordSink = std::function<void(Offset offset, const block::BlockPtr& block)>;
using AlarmSink = std::function<void(const LedgerPartition& partition, std::string_view what, std::string_view detail)>;

/// Reads one ledger partition from its beginning and on, for a reader that keeps what it reads in memory. A log that is
/// away is asked again every second.
/// Thread-safety: any thread.
class Follower final : private ports::LogSink {
 public:
  Follower(ports::LogBackend& log, LedgerPartition partition, const ports::Clock& clock, RecordSink records,
           AlarmSink alarms);
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;
  ~Follower() override;

  /// True once everything was read that the log held when this follower first reached it.
  bool caught_up() const { return caught_up_.load(std::memory_order_acquire); }

 private:
  void on_log(ports::LogMessage message) override;
  void run();
  void take(const ports::Fetched& record);
  void start_reading();
  void ask_end();

  LedgerPartition partition_;
  const ports::Clock& clock_;
  RecordSink records_;
  AlarmSink alarms_;
  Mailbox<ports::LogMessage> mailbox_;
  std::unique_ptr<ports::Log> log_;
  ports::FollowId follow_ = 0;
  Offset next_ = 0;
  std::size_t owed_ = 0;
  ports::Ticket end_ticket_ = 0;
  Offset end_ = -1;
  Instant ask_again_;
  Instant read_again_;  // zero: a reader is at work
  std::atomic<bool> caught_up_{false};
  std::thread thread_;
};

}  // namespace lienthong::ledger
