#pragma once

#include "platform/kafka/settings.h"
#include "platform/ports/log.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <string>

namespace lienthong::kafka {

struct LogSettings {
  Settings connection;
  /// Consumer group the reading handles name, `lienthong.<service>.tail`; they never commit.
  std::string reader_group = "lienthong.tail";
  /// Recent blocks kept in memory for readers of this process.
  std::size_t ring_bytes = 64U << 20;
  /// How long the broker holds a fetch that finds nothing; bounds how late a newly followed partition joins an idle tail.
  std::chrono::milliseconds fetch_wait{200};
  /// Ledgers nobody in this process waits for: several blocks come together, at most `unhurried_wait` late, and cost less.
  /// What this process appends comes at its acknowledgement in any ledger.
  std::set<LedgerName> unhurried = {};
  std::chrono::milliseconds unhurried_wait{50};
};

/// Ledgers in Kafka topics. Each attachment has a producer; all share the tails that read every followed partition once and
/// hand each block to all followers. Followers behind the recent blocks are served by a second reader. Nothing is delivered
/// beyond a follower's credit; records that can't be read as blocks cost none.
/// Errors: an unreachable broker fails nothing: requests wait, `end_offset` answers without an offset. A follower fails when
/// its offset is outside of the log, when it may not read, or when the topic is missing for 5 s. Thread-safety: any thread;
/// must outlive its attachments.
class KafkaLog final : public ports::LogBackend {
 public:
  /// Never waits for a broker. Errors: kInvalidArgument for settings or certificate files that can't be used.
  static Result<std::unique_ptr<KafkaLog>> open(LogSettings settings);
  ~KafkaLog() override;
  std::unique_ptr<ports::Log> attach(ports::LogSink& sink) override;

 private:
  class State;
  class Attachment;
  explicit KafkaLog(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace lienthong::kafka
