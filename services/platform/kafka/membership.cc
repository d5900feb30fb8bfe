#include "platform/kafka/membership.h"

#include "platform/kafka/handle.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace lienthong::kafka {
namespace {

constexpr int kPollMs = 500;

/// Set by the lanes, waited for by the group; outlives either.
struct Stopped {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
};

std::vector<std::uint32_t> numbers_of(const rd_kafka_topic_partition_list_t& list) {
  std::vector<std::uint32_t> numbers;
  for (int i = 0; i < list.cnt; ++i) numbers.push_back(static_cast<std::uint32_t>(list.elems[i].partition));
  return numbers;
}

}  // namespace

class Membership::State {
 public:
  State(MembershipSettings settings, ports::OwnershipSink& sink) : settings_(std::move(settings)), sink_(sink) {
    Configuration configuration(settings_.connection);
    configuration.set("group.id", settings_.group)
        .set("session.timeout.ms", std::to_string(settings_.session_timeout.count()))
        // A join or leave reaches the others with their next heartbeat.
        .set("heartbeat.interval.ms", "500")
        .set("partition.assignment.strategy", "range")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error");
    rd_kafka_conf_set_opaque(configuration.raw(), this);
    rd_kafka_conf_set_rebalance_cb(configuration.raw(), &State::on_rebalance);
    handle_ = make_handle(RD_KAFKA_CONSUMER, std::move(configuration));
    rd_kafka_poll_set_consumer(handle_.get());
    const Partitions topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), settings_.topic.c_str(), RD_KAFKA_PARTITION_UA);
    const auto code = rd_kafka_subscribe(handle_.get(), topics.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw KafkaFailure{code, rd_kafka_err2str(code)};
    thread_ = std::thread([this] { run(); });
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { leave(); }

  void leave() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    {
      const Queue queue(rd_kafka_queue_get_consumer(handle_.get()));
      rd_kafka_queue_yield(queue.get());
    }
    thread_.join();
  }

 private:
  void run() {
    while (!stopping_) {
      // Nothing is fetched; what comes are errors of the group, which it retries by itself.
      const Message ignored(rd_kafka_consumer_poll(handle_.get(), kPollMs));
    }
    rd_kafka_consumer_close(handle_.get());
  }

  static void on_rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list, void* self) {
    auto& state = *static_cast<State*>(self);
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      state.owned_ = numbers_of(*list);
      // Empty, not null: null would leave the group. Nothing is fetched, the membership goes on.
      const Partitions nothing(rd_kafka_topic_partition_list_new(0));
      rd_kafka_assign(handle, nothing.get());
      state.sink_.on_assigned(state.owned_);
      return;
    }
    state.revoke(rd_kafka_assignment_lost(handle) != 0);
    rd_kafka_assign(handle, nullptr);
  }

  void revoke(bool lost) {
    auto owned = std::exchange(owned_, {});
    if (owned.empty()) return;
    const auto stopped = std::make_shared<Stopped>();
    sink_.on_revoked(std::move(owned), lost, [stopped] {
      {
        const std::lock_guard lock(stopped->mutex);
        stopped->done = true;
      }
      stopped->changed.notify_one();
    });
    std::unique_lock lock(stopped->mutex);
    stopped->changed.wait_for(lock, settings_.stop_limit, [&] { return stopped->done; });
  }

  MembershipSettings settings_;
  ports::OwnershipSink& sink_;
  Handle handle_;
  std::vector<std::uint32_t> owned_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

Membership::Membership(std::unique_ptr<State> state) : state_(std::move(state)) {}
Membership::~Membership() = default;

void Membership::leave() { state_->leave(); }

Result<std::unique_ptr<Membership>> Membership::join(MembershipSettings settings, ports::OwnershipSink& sink) {
  try {
    return std::unique_ptr<Membership>(new Membership(std::make_unique<State>(std::move(settings), sink)));
  } catch (const KafkaFailure& failed) {
    return failure(
        {ErrorCode::kInvalidArgument, "KAFKA_SETTINGS",
         "Cấu hình Kafka không dùng được: " + failed.detail + ". Kiểm tra địa chỉ và các tệp chứng thư.",
         "The Kafka settings can't be used: " + failed.detail + ". Check the address and the certificate files."});
  }
}

}  // namespace lienthong::kafka
