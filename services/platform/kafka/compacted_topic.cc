#include "platform/kafka/compacted_topic.h"

#include "platform/kafka/handle.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace lienthong::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPollMs = 100;
constexpr std::chrono::milliseconds kAskAgain{20};
constexpr int kDrainMs = 20;
constexpr int kDrainRounds = 50;

Error unavailable(const std::string& topic, const std::string& detail) {
  return {ErrorCode::kUnavailable, "BROKER_UNAVAILABLE",
          topic + ": Kafka không trả lời (" + detail + "). Kiểm tra máy chủ Kafka rồi thử lại.",
          topic + ": Kafka does not answer (" + detail + "). Check the broker, then try again."};
}

// FNV-1a: the same on every machine and in every release, as a key never changes its partition.
std::uint64_t hash_of(std::string_view key) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

bool is_passing(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE || code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
         code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

/// A producer and what became of the records of one write.
class Writer {
 public:
  /// Throws KafkaFailure.
  explicit Writer(const CompactedTopicSettings& settings) {
    Configuration configuration(settings.connection);
    configuration.set("enable.idempotence", "true")
        .set("acks", "all")
        .set("linger.ms", "0")
        .set("message.timeout.ms", std::to_string(settings.patience.count()));
    rd_kafka_conf_set_opaque(configuration.raw(), this);
    rd_kafka_conf_set_dr_msg_cb(configuration.raw(), &Writer::on_report);
    handle_ = make_handle(RD_KAFKA_PRODUCER, std::move(configuration));
    topic_.reset(rd_kafka_topic_new(handle_.get(), settings.topic.c_str(), nullptr));
    ends_.resize(settings.partitions, 0);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    for (int round = 0; round < kDrainRounds && rd_kafka_outq_len(handle_.get()) > 0; ++round)
      rd_kafka_poll(handle_.get(), kDrainMs);
    topic_.reset();
  }

  /// Offsets behind the last record written to each partition. Throws KafkaFailure when not all were acknowledged.
  const std::vector<Offset>& write(const std::vector<CompactedTopic::Record>& records, std::chrono::milliseconds limit) {
    for (const auto& record : records) produce(record);
    const auto end = Clock::now() + limit;
    while (waiting_ > 0 && Clock::now() < end) rd_kafka_poll(handle_.get(), kPollMs);
    if (waiting_ > 0) failed_ = RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (failed_ != RD_KAFKA_RESP_ERR_NO_ERROR) throw KafkaFailure{failed_, rd_kafka_err2str(failed_)};
    return ends_;
  }

 private:
  void produce(const CompactedTopic::Record& record) {
    const auto partition = static_cast<std::int32_t>(hash_of(record.key) % ends_.size());
    // librdkafka copies the value (F_COPY), so it is not changed through this pointer.
    void* value = record.value ? const_cast<char*>(record.value->data()) : nullptr;
    const auto size = record.value ? record.value->size() : 0;
    if (rd_kafka_produce(topic_.get(), partition, RD_KAFKA_MSG_F_COPY, value, size, record.key.data(), record.key.size(),
                         nullptr) != 0) {
      const auto code = rd_kafka_last_error();
      throw KafkaFailure{code, rd_kafka_err2str(code)};
    }
    ++waiting_;
  }
  static void on_report(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
    auto& writer = *static_cast<Writer*>(self);
    --writer.waiting_;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      writer.failed_ = message->err;
      return;
    }
    auto& end = writer.ends_[static_cast<std::size_t>(message->partition)];
    end = std::max<Offset>(end, message->offset + 1);
  }

  Handle handle_;
  Topic topic_;
  std::size_t waiting_ = 0;
  rd_kafka_resp_err_t failed_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::vector<Offset> ends_;
};

}  // namespace

class CompactedTopic::State {
 public:
  State(CompactedTopicSettings settings, Take take)
      : settings_(std::move(settings)), take_(std::move(take)), next_(settings_.partitions, 0) {
    auto configuration = reading(settings_.connection, settings_.group);
    // The end of a partition is told, as its last records may be gone and no offset then says that it is reached. A reader
    // that the log was cut behind begins anew.
    configuration.set("enable.partition.eof", "true").set("auto.offset.reset", "earliest");
    handle_ = make_handle(RD_KAFKA_CONSUMER, std::move(configuration));
    rd_kafka_poll_set_consumer(handle_.get());
    // `assign` alone asks for an unknown topic's leader only at the next full second.
    topic_.reset(rd_kafka_topic_new(handle_.get(), settings_.topic.c_str(), nullptr));
    const auto code = rd_kafka_assign(handle_.get(), partitions(RD_KAFKA_OFFSET_BEGINNING).get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw KafkaFailure{code, rd_kafka_err2str(code)};
    thread_ = std::thread([this] { run(); });
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    ending_ = true;
    thread_.join();
    rd_kafka_consumer_close(handle_.get());
    topic_.reset();
  }

  Result<void> write(const std::vector<Record>& records) {
    const std::lock_guard lock(writing_);
    std::vector<Offset> ends;
    try {
      if (!writer_) writer_ = std::make_unique<Writer>(settings_);
      ends = writer_->write(records, settings_.patience + settings_.patience / 2);
    } catch (const KafkaFailure& failed) {
      // What it gave up may still land; the next write gets a producer that nothing is left in.
      writer_.reset();
      return failure(unavailable(settings_.topic, failed.detail));
    }
    return wait_for(ends);
  }

  Result<void> catch_up() {
    // The leader of a partition just made may not know yet that it leads, and another one may just take over.
    const auto give_up = Clock::now() + settings_.patience;
    std::vector<Offset> ends;
    auto code = query_ends(ends);
    while (is_passing(code) && Clock::now() < give_up) {
      std::this_thread::sleep_for(kAskAgain);
      code = query_ends(ends);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return failure(unavailable(settings_.topic, rd_kafka_err2str(code)));
    return wait_for(ends);
  }

 private:
  Partitions partitions(Offset offset) const {
    Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(settings_.partitions)));
    for (std::uint32_t p = 0; p < settings_.partitions; ++p) {
      rd_kafka_topic_partition_list_add(list.get(), settings_.topic.c_str(), static_cast<std::int32_t>(p))->offset = offset;
    }
    return list;
  }

  rd_kafka_resp_err_t query_ends(std::vector<Offset>& ends) {
    ends.clear();
    const auto list = partitions(RD_KAFKA_OFFSET_END);
    const auto limit = static_cast<int>(settings_.patience.count());
    if (const auto code = rd_kafka_offsets_for_times(handle_.get(), list.get(), limit); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return code;
    for (int i = 0; i < list->cnt; ++i) {
      if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) return list->elems[i].err;
      if (list->elems[i].offset < 0) return RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
      ends.push_back(list->elems[i].offset);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }

  bool reached(const std::vector<Offset>& ends) const {
    return std::equal(next_.begin(), next_.end(), ends.begin(), [](Offset next, Offset end) { return next >= end; });
  }

  Result<void> wait_for(const std::vector<Offset>& ends) {
    std::unique_lock lock(mutex_);
    while (!reached(ends)) {
      const auto before = moved_;
      const bool moves = changed_.wait_for(lock, settings_.patience, [&] { return moved_ != before; });
      if (!moves && !reached(ends)) return failure(unavailable(settings_.topic, "its records do not arrive"));
    }
    return {};
  }

  void run() {
    while (!ending_) {
      const Message message(rd_kafka_consumer_poll(handle_.get(), kPollMs));
      if (!message || message->rkt == nullptr || message->partition < 0) continue;
      const auto partition = static_cast<std::size_t>(message->partition);
      if (partition >= settings_.partitions) continue;
      Offset next = message->offset;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        hand_over(*message);
        next = message->offset + 1;
      } else if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        continue;
      }
      {
        const std::lock_guard lock(mutex_);
        next_[partition] = next;
        ++moved_;
      }
      changed_.notify_all();
    }
  }

  void hand_over(const rd_kafka_message_t& message) {
    const std::string_view key(static_cast<const char*>(message.key), message.key_len);
    if (message.payload == nullptr) return take_(key, std::nullopt);
    take_(key, std::string_view(static_cast<const char*>(message.payload), message.len));
  }

  CompactedTopicSettings settings_;
  Take take_;
  std::mutex writing_;
  std::unique_ptr<Writer> writer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Offset> next_;
  std::uint64_t moved_ = 0;
  std::atomic<bool> ending_ = false;
  Handle handle_;
  Topic topic_;
  std::thread thread_;
};

CompactedTopic::CompactedTopic(std::unique_ptr<State> state) : state_(std::move(state)) {}
CompactedTopic::~CompactedTopic() = default;

Result<std::unique_ptr<CompactedTopic>> CompactedTopic::open(const CompactedTopicSettings& settings, Take take) {
  try {
    return std::unique_ptr<CompactedTopic>(new CompactedTopic(std::make_unique<State>(settings, std::move(take))));
  } catch (const KafkaFailure& failed) {
    return failure(
        {ErrorCode::kInvalidArgument, "KAFKA_SETTINGS",
         "Cấu hình Kafka không dùng được: " + failed.detail + ". Kiểm tra địa chỉ và các tệp chứng thư.",
         "The Kafka settings can't be used: " + failed.detail + ". Check the address and the certificate files."});
  }
}

Result<void> CompactedTopic::write(const std::vector<Record>& records) { return state_->write(records); }
Result<void> CompactedTopic::catch_up() { return state_->catch_up(); }

}  // namespace lienthong::kafka
