#pragma once

#include "platform/kafka/handle.h"
#include "platform/ports/log.h"

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace lienthong::kafka {

/// One producer instance of one attachment. A record it gave up may still land in the log (kafka.md K1).
/// Thread-safety: `append`, `used` and `abandon` from one thread at a time; the destructor from any, it blocks some
/// milliseconds.
class Appender {
 public:
  /// What became of an append; called from a thread of the library or from the destructor; must not block.
  using Report = std::function<void(ports::LogMessage)>;
  /// A record that the log holds at this offset since this time; called behind its report, from the same thread.
  using Stored = std::function<void(const LedgerPartition&, block::Record, Offset, Instant)>;
  /// Throws KafkaFailure.
  Appender(const Settings& settings, Report report, Stored stored);
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;
  /// Gives up what is in flight; each append not yet reported is reported as failed, unless its partition was abandoned.
  ~Appender();

  /// Nothing: a report will follow. Otherwise the record was not taken and no report follows.
  std::optional<ports::AppendFailed> append(const LedgerPartition& partition, block::Record record, ports::Ticket ticket);
  /// True when a record of this partition was ever given to this appender.
  bool used(const LedgerPartition& partition) const { return used_.contains(partition); }
  /// From now on nothing is reported for this partition.
  void abandon(const LedgerPartition& partition);

 private:
  struct InFlight;
  static rd_kafka_resp_err_t on_new(rd_kafka_t* handle, const rd_kafka_conf_t* conf, void* self, char* error,
                                    std::size_t error_size);
  static rd_kafka_resp_err_t on_report(rd_kafka_t* handle, rd_kafka_message_t* message, void* self);
  rd_kafka_topic_t* topic(const LedgerPartition& partition);
  bool abandoned(const LedgerPartition& partition);

  Report report_;
  Stored stored_;
  std::set<LedgerPartition> used_;
  std::mutex mutex_;
  std::set<LedgerPartition> abandoned_;
  std::atomic<bool> any_abandoned_ = false;
  std::atomic<bool> stopping_ = false;
  Handle handle_;
  std::map<LedgerName, Topic> topics_;
  std::thread thread_;
};

}  // namespace lienthong::kafka
