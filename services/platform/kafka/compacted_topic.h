#pragma once

#include "platform/base/result.h"
#include "platform/kafka/settings.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lienthong::kafka {

struct CompactedTopicSettings {
  Settings connection;
  std::string topic;
  /// As it was made; a key stays in the partition its hash names.
  std::uint32_t partitions = 1;
  /// Names the reading handle; it joins no group and commits nothing.
  std::string group;
  /// A call gives up when nothing has moved for so long.
  std::chrono::milliseconds patience{5000};
};

/// A compacted topic that a process reads whole and goes on reading: the last record of each key counts.
/// Thread-safety: any thread; one write at a time, the others wait for it.
class CompactedTopic {
 public:
  struct Record {
    std::string key;
    /// Nothing: a tombstone, which takes the key away.
    std::optional<std::string> value;
  };
  /// Takes every record in the order of its partition, a tombstone without value; from one thread, must not block.
  using Take = std::function<void(std::string_view key, std::optional<std::string_view> value)>;

  /// Begins to read from the first record; waits for no broker. Errors: kInvalidArgument for settings that can't be used.
  static Result<std::unique_ptr<CompactedTopic>> open(const CompactedTopicSettings& settings, Take take);
  ~CompactedTopic();
  CompactedTopic(const CompactedTopic&) = delete;
  CompactedTopic& operator=(const CompactedTopic&) = delete;

  /// Returns when all replicas in sync have the records and `take` has seen them. Idempotent: a record may be written again.
  /// Errors: kUnavailable, reason BROKER_UNAVAILABLE; each record may have been written or not.
  Result<void> write(const std::vector<Record>& records);
  /// Returns when `take` has seen every record that was acknowledged to anybody before the call.
  /// Errors: kUnavailable, reason BROKER_UNAVAILABLE.
  Result<void> catch_up();

 private:
  class State;
  explicit CompactedTopic(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lienthong::kafka
