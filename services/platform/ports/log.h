#pragma once

#include "platform/base/instant.h"
#include "platform/base/position.h"
#include "platform/block/block.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace lienthong::ports {

/// Names one request to a port; chosen by the caller, unique per attachment.
using Ticket = std::uint64_t;
/// Names one reader of one ledger partition; chosen by the caller, unique per attachment.
using FollowId = std::uint64_t;

/// The log has (or says it has) the record. Without an offset the report proves nothing.
struct Appended {
  Ticket ticket = 0;
  std::optional<Offset> offset;
};
/// The append failed or its outcome is unknown: the record may still appear (kafka.md K1).
/// `fatal`: this appender is of no further use; call `replace_appender`.
struct AppendFailed {
  Ticket ticket = 0;
  bool fatal = false;
  std::string detail;
};
/// The record at `offset`; `block` is null when the record can't be read as a block.
struct Fetched {
  FollowId follow = 0;
  Offset offset = 0;
  block::BlockPtr block;
  Instant append_time;  ///< The log's own time; zero where the log has none.
};
/// The reader can't go on (offset outside of the log, not authorised); it is stopped.
struct FollowFailed {
  FollowId follow = 0;
  std::string detail;
};
/// Answer to `read`; null when there is no such record or it can't be read as a block.
struct ReadDone {
  Ticket ticket = 0;
  block::BlockPtr block;
};
/// Answer to `end_offset`: the next offset to be written; nothing when the log can't be asked now.
struct EndOffset {
  Ticket ticket = 0;
  std::optional<Offset> offset;
};
using LogMessage = std::variant<Appended, AppendFailed, Fetched, FollowFailed, ReadDone, EndOffset>;

/// Takes the answers of a log.
/// Thread-safety: called from any thread of the implementation; must not block and not call back into the port.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void on_log(LogMessage message) = 0;
};

/// An append-only log of records per ledger partition, as one caller sees it (Kafka, SQLite, memory, simulated).
/// All calls return at once; answers come to the sink, some never (a lost reply). Offsets count every record by one.
/// Thread-safety: one thread at a time per object.
class Log {
 public:
  virtual ~Log() = default;
  /// Appends a record; answered by Appended or AppendFailed, or never. Records of one caller and partition keep their order.
  virtual void append(const LedgerPartition& partition, block::Record record, Ticket ticket) = 0;
  /// Gives up the appender of this partition and whatever it has in flight; the next append uses a new one.
  virtual void replace_appender(const LedgerPartition& partition) = 0;
  /// Starts a reader at `from` (0 <= from <= end). Nothing arrives without credit. Answered by Fetched, in offset order
  /// without gaps.
  virtual void follow(FollowId id, const LedgerPartition& partition, Offset from) = 0;
  /// Allows `bytes` more to be delivered to the reader (the last record may go beyond).
  virtual void credit(FollowId id, std::size_t bytes) = 0;
  /// Ends a reader; a few Fetched of it may still arrive. Idempotent.
  virtual void stop(FollowId id) = 0;
  /// Reads one record; answered by ReadDone.
  virtual void read(const LedgerPartition& partition, Offset offset, Ticket ticket) = 0;
  /// Asks the end of the partition as of now or later; answered by EndOffset.
  virtual void end_offset(const LedgerPartition& partition, Ticket ticket) = 0;
};

/// A log that any number of callers may attach to.
/// Thread-safety: `attach` from any thread; the sink must outlive the returned object.
class LogBackend {
 public:
  virtual ~LogBackend() = default;
  virtual std::unique_ptr<Log> attach(LogSink& sink) = 0;
};

}  // namespace lienthong::ports
