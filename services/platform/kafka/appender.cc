#include "platform/kafka/appender.h"

#include <array>
#include <utility>

namespace lienthong::kafka {
namespace {

constexpr const char* kInterceptor = "appender";
constexpr int kPollMs = 500;
constexpr int kDrainMs = 20;
constexpr int kDrainRounds = 50;

bool is_fatal(rd_kafka_t* handle) {
  std::array<char, 256> detail{};
  return rd_kafka_fatal_error(handle, detail.data(), detail.size()) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace

// Owns the payload until the report: it is handed to librdkafka without a copy.
struct Appender::InFlight {
  LedgerPartition partition;
  ports::Ticket ticket;
  block::Record record;
};

namespace {
// The library reports a record it does not take from within the call as well; that is the call's own answer.
thread_local const void* being_taken = nullptr;
}  // namespace

Appender::Appender(const Settings& settings, Report report, Stored stored)
    : report_(std::move(report)), stored_(std::move(stored)) {
  Configuration configuration(settings);
  configuration.set("enable.idempotence", "true")
      .set("acks", "all")
      .set("linger.ms", "0")
      // The lane has its own limit; the library must neither give up nor report early.
      .set("message.timeout.ms", "0")
      .set("message.max.bytes", "2097152")
      .set("compression.codec", "none");
  // Reports come on the library's own thread: one thread less to wake between the broker's answer and the lane.
  rd_kafka_conf_interceptor_add_on_new(configuration.raw(), kInterceptor, &Appender::on_new, this);
  handle_ = make_handle(RD_KAFKA_PRODUCER, std::move(configuration));
  thread_ = std::thread([this] {
    // Nobody else takes what the handle has to say; it would pile up.
    while (!stopping_) rd_kafka_poll(handle_.get(), kPollMs);
  });
}

Appender::~Appender() {
  stopping_ = true;
  {
    const Queue main(rd_kafka_queue_get_main(handle_.get()));
    rd_kafka_queue_yield(main.get());
  }
  thread_.join();
  rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  for (int round = 0; round < kDrainRounds && rd_kafka_outq_len(handle_.get()) > 0; ++round) {
    rd_kafka_poll(handle_.get(), kDrainMs);
  }
  topics_.clear();
}

std::optional<ports::AppendFailed> Appender::append(const LedgerPartition& partition, block::Record record,
                                                    ports::Ticket ticket) {
  used_.insert(partition);
  auto in_flight = std::make_unique<InFlight>(InFlight{partition, ticket, std::move(record)});
  std::array<rd_kafka_vu_t, 5> parts{};
  // A topic handle, never a name: the first record by name waits up to a second for metadata (kafka.md K3).
  parts[0].vtype = RD_KAFKA_VTYPE_RKT;
  parts[0].u.rkt = topic(partition);
  parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[1].u.i32 = static_cast<std::int32_t>(partition.partition);
  parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[2].u.mem = {in_flight->record.value.data(), in_flight->record.value.size()};
  parts[3].vtype = RD_KAFKA_VTYPE_HEADER;
  parts[3].u.header = {kHeaderName, in_flight->record.header.data(), static_cast<ssize_t>(in_flight->record.header.size())};
  parts[4].vtype = RD_KAFKA_VTYPE_OPAQUE;
  parts[4].u.ptr = in_flight.get();
  being_taken = in_flight.get();
  auto* error = rd_kafka_produceva(handle_.get(), parts.data(), parts.size());
  being_taken = nullptr;
  if (error != nullptr) {
    const std::string detail = rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
    return ports::AppendFailed{ticket, is_fatal(handle_.get()), detail};
  }
  in_flight.release();  // on_report takes it back
  return std::nullopt;
}

void Appender::abandon(const LedgerPartition& partition) {
  const std::lock_guard lock(mutex_);
  abandoned_.insert(partition);
  any_abandoned_ = true;
}

bool Appender::abandoned(const LedgerPartition& partition) {
  if (!any_abandoned_) return false;
  const std::lock_guard lock(mutex_);
  return abandoned_.contains(partition);
}

rd_kafka_topic_t* Appender::topic(const LedgerPartition& partition) {
  auto& topic = topics_[partition.ledger];
  if (!topic) topic.reset(rd_kafka_topic_new(handle_.get(), partition.topic().c_str(), nullptr));
  return topic.get();
}

rd_kafka_resp_err_t Appender::on_new(rd_kafka_t* handle, const rd_kafka_conf_t* /*conf*/, void* self, char* /*error*/,
                                     std::size_t /*error_size*/) {
  return rd_kafka_interceptor_add_on_acknowledgement(handle, kInterceptor, &Appender::on_report, self);
}

rd_kafka_resp_err_t Appender::on_report(rd_kafka_t* handle, rd_kafka_message_t* message, void* self) {
  if (message->_private == being_taken) return RD_KAFKA_RESP_ERR_NO_ERROR;
  auto& appender = *static_cast<Appender*>(self);
  const std::unique_ptr<InFlight> in_flight(static_cast<InFlight*>(message->_private));
  if (appender.abandoned(in_flight->partition)) return RD_KAFKA_RESP_ERR_NO_ERROR;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    std::optional<Offset> offset;
    if (message->offset >= 0) offset = message->offset;
    appender.report_(ports::Appended{in_flight->ticket, offset});
    if (offset) appender.stored_(in_flight->partition, std::move(in_flight->record), *offset, time_of(*message));
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  const bool fatal = is_fatal(handle) || appender.stopping_;
  appender.report_(ports::AppendFailed{in_flight->ticket, fatal, rd_kafka_err2str(message->err)});
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace lienthong::kafka
