#pragma once

#include "platform/ports/log.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

namespace lienthong::ltctl {

/// Reads ledgers through the log port and waits for the answers, for tools that have nothing else to do.
/// Thread-safety: one thread at a time. The backend must outlive it.
class LedgerReader final : private ports::LogSink {
 public:
  /// `patience`: without any answer for so long the log counts as away.
  explicit LedgerReader(ports::LogBackend& backend, std::chrono::milliseconds patience = std::chrono::seconds(30));
  ~LedgerReader() override;

  /// The next offset to be written. Errors: kUnavailable (a retry helps).
  Result<Offset> end(const LedgerPartition& partition);
  /// One record; null when there is none or it can't be read as a block. Errors: kUnavailable.
  Result<block::BlockPtr> read(const LedgerPartition& partition, Offset offset);

  /// All records of a partition from an offset on, in order.
  class Stream {
   public:
    Stream(LedgerReader& reader, LedgerPartition partition, Offset from);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    /// Waits for the next record. Errors: kUnavailable; kDataLoss when the log skips an offset.
    Result<ports::Fetched> next();

   private:
    LedgerReader& reader_;
    LedgerPartition partition_;
    ports::FollowId id_;
    Offset expected_;
    std::size_t owed_ = 0;
  };

 private:
  void on_log(ports::LogMessage message) override;
  /// Waits until `ready` finds something.
  template <class Ready>
  bool wait_for(std::unique_lock<std::mutex>& lock, Ready ready) {
    return changed_.wait_for(lock, patience_, ready);
  }
  Error away(const LedgerPartition& partition) const;

  std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<ports::FollowId, std::deque<ports::Fetched>> fetched_;
  std::map<ports::FollowId, std::string> failed_;
  std::map<ports::Ticket, std::optional<Offset>> ends_;
  std::map<ports::Ticket, block::BlockPtr> reads_;
  std::uint64_t next_id_ = 1;
  std::unique_ptr<ports::Log> log_;  // last: its answers need everything above
};

}  // namespace lienthong::ltctl
