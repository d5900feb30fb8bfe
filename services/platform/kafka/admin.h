#pragma once

#include "platform/kafka/settings.h"
#include "platform/ports/log.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lienthong::kafka {

struct TopicDescription {
  std::uint32_t partition_count = 0;
  std::uint32_t replication_factor = 0;
};

/// Allows a principal one operation on a topic or group.
struct Permission {
  enum class Resource { kTopic, kGroup };
  enum class Operation { kRead, kWrite, kDescribe, kDescribeConfigs };
  /// Common name of the certificate.
  std::string principal;
  Resource resource = Resource::kTopic;
  std::string name;
  /// True: all names that begin with `name`.
  bool prefix = false;
  Operation operation = Operation::kRead;
};

/// What a service may do: its own topics, groups with its name in front, foreign ledgers by name (kafka.md 6).
std::vector<Permission> service_permissions(const std::string& principal, const LedgerName& own,
                                            const std::vector<LedgerName>& foreign);

/// Questions and orders to the cluster, for deploy tools and start-up checks.
/// Errors of all calls: kUnavailable (no broker answers; retry), kPermissionDenied, kNotFound (no such topic), kInternal.
/// Thread-safety: one thread at a time; each call blocks up to the timeout.
class Admin {
 public:
  /// Errors: kInvalidArgument for settings that can't be used.
  static Result<std::unique_ptr<Admin>> open(const Settings& settings,
                                             std::chrono::milliseconds timeout = std::chrono::seconds(10));
  ~Admin();

  /// Waits until a broker answers.
  Result<void> wait_until_ready(std::chrono::milliseconds limit);
  Result<std::string> cluster_id();
  Result<TopicDescription> describe_topic(const std::string& topic);
  Result<std::map<std::string, std::string>> topic_settings(const std::string& topic);
  /// Idempotent: a topic that exists is left as it is. Returns when its metadata is known.
  Result<void> create_topic(const std::string& topic, std::uint32_t partitions, std::uint32_t replication_factor,
                            const std::map<std::string, std::string>& settings);
  /// Idempotent.
  Result<void> allow(const std::vector<Permission>& permissions);
  Result<Offset> end_offset(const LedgerPartition& partition);
  /// Returns the record's offset.
  Result<Offset> append(const LedgerPartition& partition, block::Record record);
  /// Null: there is no record, or it can't be read as a block.
  Result<block::BlockPtr> read(const LedgerPartition& partition, Offset offset);

 private:
  class State;
  explicit Admin(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lienthong::kafka
