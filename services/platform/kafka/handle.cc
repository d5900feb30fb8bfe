#include "platform/kafka/handle.h"

#include <array>
#include <string_view>
#include <utility>

namespace lienthong::kafka {
namespace {

constexpr std::string_view kTopicFront = "lienthong.";
constexpr std::string_view kTopicBack = ".ledger";

void raise(rd_kafka_error_t* error) {
  if (error == nullptr) return;
  KafkaFailure failure{rd_kafka_error_code(error), rd_kafka_error_string(error)};
  rd_kafka_error_destroy(error);
  throw failure;
}

}  // namespace

Configuration::Configuration(const Settings& settings) : conf_(rd_kafka_conf_new()) {
  set("bootstrap.servers", settings.bootstrap_servers);
  set("client.id", settings.client_id);
  set("socket.nagle.disable", "true");
  set("socket.keepalive.enable", "true");
  // A broker that hangs is noticed after this time, well before a lane gives up its block.
  set("socket.timeout.ms", "10000");
  set("reconnect.backoff.ms", "20");
  set("reconnect.backoff.max.ms", "200");
  set("log.connection.close", "false");
  if (settings.tls) {
    set("security.protocol", "ssl");
    set("ssl.ca.location", settings.tls->ca);
    set("ssl.certificate.location", settings.tls->certificate);
    set("ssl.key.location", settings.tls->key);
  }
}

Configuration& Configuration::set(const char* name, const std::string& value) {
  std::array<char, 512> error{};
  if (rd_kafka_conf_set(conf_.get(), name, value.c_str(), error.data(), error.size()) != RD_KAFKA_CONF_OK) {
    throw KafkaFailure{RD_KAFKA_RESP_ERR__INVALID_ARG, error.data()};
  }
  return *this;
}

Handle make_handle(rd_kafka_type_t type, Configuration configuration) {
  std::array<char, 512> error{};
  Handle handle(rd_kafka_new(type, configuration.raw(), error.data(), error.size()));
  if (!handle) throw KafkaFailure{rd_kafka_last_error(), error.data()};
  // The handle owns the configuration once it exists.
  configuration.release();
  return handle;
}

Partitions list_of(const LedgerPartition& partition, Offset offset) {
  Partitions list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), partition.topic().c_str(), static_cast<std::int32_t>(partition.partition))
      ->offset = offset;
  return list;
}

Configuration reading(const Settings& settings, const std::string& group) {
  Configuration configuration(settings);
  configuration.set("group.id", group)
      .set("enable.auto.commit", "false")
      .set("enable.auto.offset.store", "false")
      .set("auto.offset.reset", "error")
      .set("fetch.min.bytes", "1")
      .set("fetch.error.backoff.ms", "0")
      .set("fetch.message.max.bytes", "4194304");
  return configuration;
}

void KnownTopics::learn(rd_kafka_t* handle, const LedgerPartition& partition) {
  auto& topic = topics_[partition.ledger];
  if (!topic) topic.reset(rd_kafka_topic_new(handle, partition.topic().c_str(), nullptr));
}

void assign(rd_kafka_t* handle, const LedgerPartition& partition, Offset offset) {
  raise(rd_kafka_incremental_assign(handle, list_of(partition, offset).get()));
}

void unassign(rd_kafka_t* handle, const LedgerPartition& partition) {
  if (auto* error = rd_kafka_incremental_unassign(handle, list_of(partition, 0).get())) rd_kafka_error_destroy(error);
}

Offset query_offset(rd_kafka_t* handle, const LedgerPartition& partition, Bound bound, int timeout_ms) {
  // rd_kafka_query_watermark_offsets of 2.0.2 ignores its time-out once the question is sent. This call asks the same and
  // keeps to it: what it takes as a time goes to the broker as it is, and there -1 and -2 mean the end and the start.
  const auto list = list_of(partition, bound == Bound::kEnd ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING);
  auto code = rd_kafka_offsets_for_times(handle, list.get(), timeout_ms);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = list->elems[0].err;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR && list->elems[0].offset < 0) code = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw KafkaFailure{code, rd_kafka_err2str(code)};
  return list->elems[0].offset;
}

std::optional<LedgerPartition> partition_of(const rd_kafka_message_t& message) {
  if (message.rkt == nullptr || message.partition < 0) return std::nullopt;
  std::string_view name = rd_kafka_topic_name(message.rkt);
  if (!name.starts_with(kTopicFront) || !name.ends_with(kTopicBack)) return std::nullopt;
  name.remove_prefix(kTopicFront.size());
  name.remove_suffix(kTopicBack.size());
  return LedgerPartition{std::string(name), static_cast<std::uint32_t>(message.partition)};
}

block::Record record_of(const rd_kafka_message_t& message) {
  block::Record record;
  rd_kafka_headers_t* headers = nullptr;
  const void* header = nullptr;
  std::size_t size = 0;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
      rd_kafka_header_get_last(headers, kHeaderName, &header, &size) == RD_KAFKA_RESP_ERR_NO_ERROR && header != nullptr) {
    record.header.assign(static_cast<const char*>(header), size);
  }
  if (message.payload != nullptr) record.value.assign(static_cast<const char*>(message.payload), message.len);
  return record;
}

Instant time_of(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const auto millis = rd_kafka_message_timestamp(&message, &type);
  return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || millis < 0 ? Instant{} : Instant{millis * 1000};
}

}  // namespace lienthong::kafka
