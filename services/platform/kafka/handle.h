#pragma once

#include "platform/base/position.h"
#include "platform/base/result.h"
#include "platform/block/block.h"
#include "platform/kafka/settings.h"

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace lienthong::kafka {

/// librdkafka refused a setting or a call. Never leaves this folder.
struct KafkaFailure {
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string detail;
};

/// Configuration of one client handle, with the settings common to all (kafka.md 8).
class Configuration {
 public:
  explicit Configuration(const Settings& settings);
  /// Throws KafkaFailure on an unknown name or value.
  Configuration& set(const char* name, const std::string& value);
  rd_kafka_conf_t* raw() { return conf_.get(); }
  rd_kafka_conf_t* release() { return conf_.release(); }

 private:
  struct Destroy {
    void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  };
  std::unique_ptr<rd_kafka_conf_t, Destroy> conf_;
};

struct DestroyHandle {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
using Handle = std::unique_ptr<rd_kafka_t, DestroyHandle>;
/// Throws KafkaFailure.
Handle make_handle(rd_kafka_type_t type, Configuration configuration);

struct DestroyMessage {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Message = std::unique_ptr<rd_kafka_message_t, DestroyMessage>;

struct DestroyPartitions {
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t, DestroyPartitions>;
Partitions list_of(const LedgerPartition& partition, Offset offset);

struct DestroyTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using Topic = std::unique_ptr<rd_kafka_topic_t, DestroyTopic>;

/// Topics a reading handle was told of. `assign` alone asks for an unknown topic's leader only at the next full second.
/// Destroy before the handle.
class KnownTopics {
 public:
  void learn(rd_kafka_t* handle, const LedgerPartition& partition);
  void clear() { topics_.clear(); }

 private:
  std::map<LedgerName, Topic> topics_;
};

struct DestroyQueue {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, DestroyQueue>;

/// Name of the record header that holds a block's header.
inline constexpr const char* kHeaderName = "h";

/// Settings of every handle that reads ledgers in assign mode (kafka.md 2).
Configuration reading(const Settings& settings, const std::string& group);
/// Adds a partition to what the handle reads. Throws KafkaFailure.
void assign(rd_kafka_t* handle, const LedgerPartition& partition, Offset offset);
/// Takes it away again; errors (already gone) are ignored.
void unassign(rd_kafka_t* handle, const LedgerPartition& partition);

enum class Bound { kStart, kEnd };
/// Asks the broker for the first offset or the one behind the last. Throws KafkaFailure.
Offset query_offset(rd_kafka_t* handle, const LedgerPartition& partition, Bound bound, int timeout_ms);

/// The partition a message is of; nothing when its topic is no ledger.
std::optional<LedgerPartition> partition_of(const rd_kafka_message_t& message);
block::Record record_of(const rd_kafka_message_t& message);
Instant time_of(const rd_kafka_message_t& message);

}  // namespace lienthong::kafka
