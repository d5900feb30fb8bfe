#include "platform/kafka/public_topic.h"

#include "platform/kafka/handle.h"

#include <array>
#include <atomic>
#include <set>
#include <thread>
#include <utility>

namespace lienthong::kafka {
namespace {

constexpr int kPollMs = 500;
constexpr int kDrainMs = 20;
constexpr int kDrainRounds = 50;

/// A producer that keeps the order of a partition without a gap: after a message it can't send it sends nothing more.
class Producer {
 public:
  /// Throws KafkaFailure.
  Producer(const PublicTopicSettings& settings, ports::PublisherSink& sink) : sink_(sink) {
    Configuration configuration(settings.connection);
    configuration.set("enable.idempotence", "true")
        .set("enable.gapless.guarantee", "true")
        .set("acks", "all")
        // Nobody waits for these messages: fewer and larger requests.
        .set("linger.ms", "20")
        .set("compression.codec", "lz4")
        .set("message.timeout.ms", "0")
        .set("message.max.bytes", "2097152");
    rd_kafka_conf_set_opaque(configuration.raw(), this);
    rd_kafka_conf_set_dr_msg_cb(configuration.raw(), &Producer::on_report);
    handle_ = make_handle(RD_KAFKA_PRODUCER, std::move(configuration));
    topic_.reset(rd_kafka_topic_new(handle_.get(), settings.topic.c_str(), nullptr));
    thread_ = std::thread([this] {
      while (!stopping_) rd_kafka_poll(handle_.get(), kPollMs);
    });
  }
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;
  ~Producer() {
    stopping_ = true;
    {
      const Queue main(rd_kafka_queue_get_main(handle_.get()));
      rd_kafka_queue_yield(main.get());
    }
    thread_.join();
    rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    for (int round = 0; round < kDrainRounds && rd_kafka_outq_len(handle_.get()) > 0; ++round)
      rd_kafka_poll(handle_.get(), kDrainMs);
    topic_.reset();
  }

  /// It sends nothing more.
  bool dead() const {
    if (failed_) return true;
    std::array<char, 256> detail{};
    return rd_kafka_fatal_error(handle_.get(), detail.data(), detail.size()) != RD_KAFKA_RESP_ERR_NO_ERROR;
  }

  /// The outcome of the message is that of the ticket, when it has one. Returns what is wrong when it is not taken.
  std::string send(std::uint32_t partition, const ports::PublicMessage& message, ports::Ticket ticket) {
    if (failed_) return "an earlier message was not sent";
    auto* headers = rd_kafka_headers_new(message.headers.size());
    for (const auto& [name, value] : message.headers) {
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    }
    std::array<rd_kafka_vu_t, 7> parts{};
    parts[0].vtype = RD_KAFKA_VTYPE_RKT;
    parts[0].u.rkt = topic_.get();
    parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[1].u.i32 = static_cast<std::int32_t>(partition);
    // librdkafka copies key and value (F_COPY) and does not change them.
    parts[2].vtype = RD_KAFKA_VTYPE_KEY;
    parts[2].u.mem = {const_cast<char*>(message.key.data()), message.key.size()};
    parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[3].u.mem = {const_cast<char*>(message.value.data()), message.value.size()};
    parts[4].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[4].u.i = RD_KAFKA_MSG_F_COPY;
    parts[5].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[5].u.headers = headers;
    parts[6].vtype = RD_KAFKA_VTYPE_OPAQUE;
    parts[6].u.ptr = reinterpret_cast<void*>(ticket);  // NOLINT(performance-no-int-to-ptr): never followed, it comes back
    auto* error = rd_kafka_produceva(handle_.get(), parts.data(), parts.size());
    if (error == nullptr) return {};
    std::string detail = rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
    rd_kafka_headers_destroy(headers);
    return detail;
  }

 private:
  static void on_report(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
    auto& producer = *static_cast<Producer*>(self);
    const bool done = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!done) producer.failed_ = true;
    const auto ticket = reinterpret_cast<ports::Ticket>(message->_private);
    if (ticket != 0) producer.sink_.on_published({ticket, done});
  }

  ports::PublisherSink& sink_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> failed_ = false;
  Handle handle_;
  Topic topic_;
  std::thread thread_;
};

}  // namespace

class PublicTopic::Attachment final : public ports::Publisher {
 public:
  Attachment(const PublicTopicSettings& settings, ports::PublisherSink& sink) : settings_(settings), sink_(sink) {}

  void publish(const LedgerPartition& partition, const block::BlockPtr& block, std::size_t leaf,
               ports::Ticket ticket) override {
    if (failed_.contains(partition)) return sink_.on_published({ticket, false});
    const auto messages = settings_.messages(partition, *block, leaf);
    if (!messages) return fail(partition, ticket, messages.error().message_en);
    if (messages->empty()) return fail(partition, ticket, "a decision without public events");
    used_.insert(partition);
    try {
      if (!producer_) producer_ = std::make_unique<Producer>(settings_, sink_);
    } catch (const KafkaFailure& failure) {
      return fail(partition, ticket, failure.detail);
    }
    for (std::size_t i = 0; i < messages->size(); ++i) {
      // The last one of a decision arrives only behind the others.
      const ports::Ticket told = i + 1 == messages->size() ? ticket : 0;
      if (const auto wrong = producer_->send(partition.partition, (*messages)[i], told); !wrong.empty())
        return fail(partition, ticket, wrong);
    }
  }

  void reset(const LedgerPartition& partition) override {
    if (producer_ && producer_->dead()) {
      producer_.reset();
      // Whoever has something in it must begin anew as well, or later messages overtook the lost ones.
      failed_ = std::exchange(used_, {});
    }
    failed_.erase(partition);
  }

 private:
  void fail(const LedgerPartition& partition, ports::Ticket ticket, const std::string& detail) {
    failed_.insert(partition);
    settings_.alarm(partition, detail);
    sink_.on_published({ticket, false});
  }

  const PublicTopicSettings& settings_;
  ports::PublisherSink& sink_;
  std::set<LedgerPartition> used_;
  std::set<LedgerPartition> failed_;  // takes nothing until `reset`
  std::unique_ptr<Producer> producer_;
};

std::unique_ptr<ports::Publisher> PublicTopic::attach(ports::PublisherSink& sink) {
  return std::make_unique<Attachment>(settings_, sink);
}

}  // namespace lienthong::kafka
