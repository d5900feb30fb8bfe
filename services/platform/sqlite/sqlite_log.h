#pragma once

#include "platform/ports/log.h"

#include <cstddef>
#include <memory>
#include <string>

namespace lienthong::sqlite {

struct LogSettings {
  /// The database file; all ledgers of a process share it.
  std::string path;
  /// Recent blocks kept in memory for readers.
  std::size_t ring_bytes = 64U << 20;
};

/// The ledgers of one machine in one SQLite file (WAL, synchronous=FULL): an answered append survives power loss.
/// Appends that wait together are committed together. One process at a time may append; others may read the file.
/// Errors: a file that can't be written answers AppendFailed; one that can't be read makes FollowFailed.
/// Thread-safety: any thread; must outlive its attachments.
class SqliteLog final : public ports::LogBackend {
 public:
  /// Errors: kUnavailable when the file can't be opened.
  static Result<std::unique_ptr<SqliteLog>> open(LogSettings settings);
  ~SqliteLog() override;
  std::unique_ptr<ports::Log> attach(ports::LogSink& sink) override;

 private:
  class State;
  class Attachment;
  explicit SqliteLog(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace lienthong::sqlite
