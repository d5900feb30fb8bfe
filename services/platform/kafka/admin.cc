#include "platform/kafka/admin.h"

#include "platform/kafka/handle.h"
#include "platform/kafka/kafka_log.h"

#include <array>
#include <future>
#include <thread>
#include <utility>

namespace lienthong::kafka {
namespace {

struct DestroyEvent {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Event = std::unique_ptr<rd_kafka_event_t, DestroyEvent>;

struct DestroyMetadata {
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, DestroyMetadata>;

Error error_of(rd_kafka_resp_err_t code, const std::string& what, const std::string& detail) {
  if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
      code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED) {
    return {ErrorCode::kPermissionDenied, "KAFKA_DENIED",
            what + ": Kafka không cho phép (" + detail + "). Cấp quyền (ACL) cho chứng thư của tiến trình này.",
            what + ": Kafka does not allow it (" + detail + "). Grant this process's certificate the ACLs it needs."};
  }
  if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
      code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) {
    return {ErrorCode::kNotFound, "TOPIC_NOT_FOUND", what + ": chưa có. Tạo bằng `ltctl ledger genesis`.",
            what + ": does not exist. Make it with `ltctl ledger genesis`."};
  }
  if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
      code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE ||
      code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
    return {ErrorCode::kUnavailable, "BROKER_UNAVAILABLE",
            what + ": Kafka không trả lời (" + detail + "). Kiểm tra địa chỉ và máy chủ Kafka rồi thử lại.",
            what + ": Kafka does not answer (" + detail + "). Check the address and the broker, then try again."};
  }
  return {ErrorCode::kInternal, "KAFKA_ERROR", what + ": Kafka báo lỗi " + detail + ". Xem nhật ký của Kafka.",
          what + ": Kafka reports " + detail + ". See the broker's log."};
}

rd_kafka_AclOperation_t operation_of(Permission::Operation operation) {
  switch (operation) {
    case Permission::Operation::kRead: return RD_KAFKA_ACL_OPERATION_READ;
    case Permission::Operation::kWrite: return RD_KAFKA_ACL_OPERATION_WRITE;
    case Permission::Operation::kDescribe: return RD_KAFKA_ACL_OPERATION_DESCRIBE;
    case Permission::Operation::kDescribeConfigs: return RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS;
  }
  return RD_KAFKA_ACL_OPERATION_UNKNOWN;
}

/// Takes the one answer a call of this class waits for.
class OneAnswer final : public ports::LogSink {
 public:
  void on_log(ports::LogMessage message) override {
    if (!answered_) answer_.set_value(std::move(message));
    answered_ = true;
  }
  std::optional<ports::LogMessage> wait(std::chrono::milliseconds limit) {
    auto future = answer_.get_future();
    if (future.wait_for(limit) != std::future_status::ready) return std::nullopt;
    return future.get();
  }

 private:
  bool answered_ = false;
  std::promise<ports::LogMessage> answer_;
};

}  // namespace

std::vector<Permission> service_permissions(const std::string& principal, const LedgerName& own,
                                            const std::vector<LedgerName>& foreign) {
  using Resource = Permission::Resource;
  using Operation = Permission::Operation;
  const std::string front = "lienthong." + own + ".";
  std::vector<Permission> out{{principal, Resource::kTopic, front, true, Operation::kWrite},
                              {principal, Resource::kTopic, front, true, Operation::kRead},
                              {principal, Resource::kTopic, front, true, Operation::kDescribeConfigs},
                              {principal, Resource::kGroup, front, true, Operation::kRead}};
  for (const auto& ledger : foreign) {
    const auto topic = LedgerPartition{ledger, 0}.topic();
    out.push_back({principal, Resource::kTopic, topic, false, Operation::kRead});
    out.push_back({principal, Resource::kTopic, topic, false, Operation::kDescribeConfigs});
  }
  return out;
}

class Admin::State {
 public:
  State(Settings settings, std::chrono::milliseconds timeout)
      : settings_(std::move(settings)),
        timeout_(timeout),
        handle_(make_handle(RD_KAFKA_PRODUCER, Configuration(settings_))),
        queue_(rd_kafka_queue_new(handle_.get())) {}

  int timeout_ms() const { return static_cast<int>(timeout_.count()); }
  rd_kafka_t* handle() { return handle_.get(); }
  rd_kafka_queue_t* queue() { return queue_.get(); }

  /// The event an admin call answers with; an error of the call as a whole is a failure.
  Result<Event> answer(const std::string& what) {
    Event event(rd_kafka_queue_poll(queue_.get(), timeout_ms() + 1000));
    if (!event) return failure(error_of(RD_KAFKA_RESP_ERR__TIMED_OUT, what, "no answer"));
    if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return failure(error_of(code, what, rd_kafka_event_error_string(event.get())));
    }
    return event;
  }

  Result<Metadata> metadata(const std::string& topic, int timeout) {
    const rd_kafka_metadata_t* raw = nullptr;
    const Topic handle(rd_kafka_topic_new(handle_.get(), topic.c_str(), nullptr));
    const auto code = rd_kafka_metadata(handle_.get(), 0, handle.get(), &raw, timeout);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return failure(error_of(code, topic, rd_kafka_err2str(code)));
    return Metadata(raw);
  }

  Result<TopicDescription> describe(const std::string& topic) {
    auto found = metadata(topic, timeout_ms());
    if (!found) return failure(found.error());
    if ((*found)->topic_cnt < 1) return failure(error_of(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, topic, ""));
    const auto& description = (*found)->topics[0];
    if (description.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return failure(error_of(description.err, topic, rd_kafka_err2str(description.err)));
    }
    const auto replicas = description.partition_cnt > 0 ? description.partitions[0].replica_cnt : 0;
    return TopicDescription{static_cast<std::uint32_t>(description.partition_cnt), static_cast<std::uint32_t>(replicas)};
  }

  /// Asks a short-lived log of its own and waits for the answer.
  template <class Answer, class Question>
  Result<Answer> ask(const std::string& what, Question question) {
    auto log = KafkaLog::open({settings_, "lienthong.deploy.tail", 1U << 20});
    if (!log) return failure(log.error());
    OneAnswer sink;
    const auto attached = (*log)->attach(sink);
    question(*attached);
    auto message = sink.wait(timeout_);
    if (!message) return failure(error_of(RD_KAFKA_RESP_ERR__TIMED_OUT, what, "no answer"));
    if (auto* failed = std::get_if<ports::AppendFailed>(&*message)) {
      return failure(error_of(RD_KAFKA_RESP_ERR_UNKNOWN, what, failed->detail));
    }
    if (auto* answer = std::get_if<Answer>(&*message)) return std::move(*answer);
    return failure(error_of(RD_KAFKA_RESP_ERR_UNKNOWN, what, "an unexpected answer"));
  }

 private:
  Settings settings_;
  std::chrono::milliseconds timeout_;
  Handle handle_;
  Queue queue_;
};

Admin::Admin(std::unique_ptr<State> state) : state_(std::move(state)) {}
Admin::~Admin() = default;

Result<std::unique_ptr<Admin>> Admin::open(const Settings& settings, std::chrono::milliseconds timeout) {
  try {
    return std::unique_ptr<Admin>(new Admin(std::make_unique<State>(settings, timeout)));
  } catch (const KafkaFailure& failed) {
    return failure(
        {ErrorCode::kInvalidArgument, "KAFKA_SETTINGS",
         "Cấu hình Kafka không dùng được: " + failed.detail + ". Kiểm tra địa chỉ và các tệp chứng thư.",
         "The Kafka settings can't be used: " + failed.detail + ". Check the address and the certificate files."});
  }
}

Result<void> Admin::wait_until_ready(std::chrono::milliseconds limit) {
  constexpr int kTryMs = 300;
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const rd_kafka_metadata_t* raw = nullptr;
    const auto code = rd_kafka_metadata(state_->handle(), 0, nullptr, &raw, kTryMs);
    const Metadata metadata(raw);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->broker_cnt > 0) return {};
    if (std::chrono::steady_clock::now() > end)
      return failure(error_of(RD_KAFKA_RESP_ERR__TIMED_OUT, "Kafka", rd_kafka_err2str(code)));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Result<std::string> Admin::cluster_id() {
  char* id = rd_kafka_clusterid(state_->handle(), state_->timeout_ms());
  if (id == nullptr) return failure(error_of(RD_KAFKA_RESP_ERR__TIMED_OUT, "Kafka", "no cluster id"));
  std::string out(id);
  rd_kafka_mem_free(state_->handle(), id);
  return out;
}

Result<TopicDescription> Admin::describe_topic(const std::string& topic) { return state_->describe(topic); }

Result<std::map<std::string, std::string>> Admin::topic_settings(const std::string& topic) {
  auto* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  rd_kafka_DescribeConfigs(state_->handle(), &resource, 1, nullptr, state_->queue());
  rd_kafka_ConfigResource_destroy(resource);
  const auto event = state_->answer(topic);
  if (!event) return failure(event.error());
  std::size_t count = 0;
  const auto** resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  if (count != 1) return failure(error_of(RD_KAFKA_RESP_ERR_UNKNOWN, topic, "no settings"));
  if (const auto code = rd_kafka_ConfigResource_error(resources[0]); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failure(error_of(code, topic, rd_kafka_err2str(code)));
  }
  std::map<std::string, std::string> settings;
  const auto** entries = rd_kafka_ConfigResource_configs(resources[0], &count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    settings[rd_kafka_ConfigEntry_name(entries[i])] = value == nullptr ? "" : value;
  }
  return settings;
}

Result<void> Admin::create_topic(const std::string& topic, std::uint32_t partitions, std::uint32_t replication_factor,
                                 const std::map<std::string, std::string>& settings) {
  std::array<char, 512> detail{};
  auto* wanted = rd_kafka_NewTopic_new(topic.c_str(), static_cast<int>(partitions), static_cast<int>(replication_factor),
                                       detail.data(), detail.size());
  if (wanted == nullptr) return failure(error_of(RD_KAFKA_RESP_ERR__INVALID_ARG, topic, detail.data()));
  for (const auto& [name, value] : settings) rd_kafka_NewTopic_set_config(wanted, name.c_str(), value.c_str());
  rd_kafka_CreateTopics(state_->handle(), &wanted, 1, nullptr, state_->queue());
  rd_kafka_NewTopic_destroy(wanted);
  const auto event = state_->answer(topic);
  if (!event) return failure(event.error());
  std::size_t count = 0;
  const auto** results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    const char* text = rd_kafka_topic_result_error_string(results[i]);
    return failure(error_of(code, topic, text == nullptr ? rd_kafka_err2str(code) : text));
  }
  constexpr int kTries = 100;
  for (int attempt = 0;; ++attempt) {
    const auto described = state_->describe(topic);
    if (described && described->partition_count > 0) return {};
    if (attempt == kTries) return described ? Result<void>{} : failure(described.error());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Result<void> Admin::allow(const std::vector<Permission>& permissions) {
  std::vector<rd_kafka_AclBinding_t*> bindings;
  std::array<char, 512> detail{};
  for (const auto& permission : permissions) {
    const auto type =
        permission.resource == Permission::Resource::kTopic ? RD_KAFKA_RESOURCE_TOPIC : RD_KAFKA_RESOURCE_GROUP;
    const auto pattern = permission.prefix ? RD_KAFKA_RESOURCE_PATTERN_PREFIXED : RD_KAFKA_RESOURCE_PATTERN_LITERAL;
    auto* binding = rd_kafka_AclBinding_new(type, permission.name.c_str(), pattern, ("User:" + permission.principal).c_str(),
                                            "*", operation_of(permission.operation), RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW,
                                            detail.data(), detail.size());
    if (binding != nullptr) bindings.push_back(binding);
  }
  rd_kafka_CreateAcls(state_->handle(), bindings.data(), bindings.size(), nullptr, state_->queue());
  rd_kafka_AclBinding_destroy_array(bindings.data(), bindings.size());
  if (bindings.size() != permissions.size()) return failure(error_of(RD_KAFKA_RESP_ERR__INVALID_ARG, "ACL", detail.data()));
  const auto event = state_->answer("ACL");
  if (!event) return failure(event.error());
  std::size_t count = 0;
  const auto** results = rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event->get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto* error = rd_kafka_acl_result_error(results[i])) {
      return failure(error_of(rd_kafka_error_code(error), "ACL", rd_kafka_error_string(error)));
    }
  }
  return {};
}

Result<Offset> Admin::end_offset(const LedgerPartition& partition) {
  // The leader of a partition just made may not know yet that it leads.
  constexpr int kTries = 50;
  for (int attempt = 1;; ++attempt) {
    try {
      return query_offset(state_->handle(), partition, Bound::kEnd, state_->timeout_ms());
    } catch (const KafkaFailure& failed) {
      const auto error = error_of(failed.code, partition.topic(), failed.detail);
      const bool passing = error.code == ErrorCode::kNotFound || failed.code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
                           failed.code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION;
      if (!passing || attempt == kTries) return failure(error);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Result<Offset> Admin::append(const LedgerPartition& partition, block::Record record) {
  auto done =
      state_->ask<ports::Appended>(partition.topic(), [&](ports::Log& log) { log.append(partition, std::move(record), 1); });
  if (!done) return failure(done.error());
  return done->offset.value_or(-1);
}

Result<block::BlockPtr> Admin::read(const LedgerPartition& partition, Offset offset) {
  auto done = state_->ask<ports::ReadDone>(partition.topic(), [&](ports::Log& log) { log.read(partition, offset, 1); });
  if (!done) return failure(done.error());
  return done->block;
}

}  // namespace lienthong::kafka
