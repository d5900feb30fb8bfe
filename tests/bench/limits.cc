// What the parts give bare, measured on the machine and the broker of the same run: a block appended and read at the tail,
// and a unary echo. Prints one JSON object.
#include "lienthong/api/v1/api.pb.h"
#include "platform/kafka/admin.h"
#include "platform/observe/system_entropy.h"
#include "platform/rpc/client.h"
#include "platform/rpc/server.h"
#include "platform/rpc/service.h"
#include "tools/demo/histogram.h"
#include "tools/ltctl/ledger_ports.h"
#include "tools/ltctl/settings.h"

#include <nlohmann/json.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>

namespace {

using lienthong::Duration;
using lienthong::demo::Histogram;
using Clock = std::chrono::steady_clock;

constexpr int kBlocks = 500;
constexpr std::size_t kBlockBytes = 2048;
constexpr int kEchoesAtOnce = 64;
constexpr std::chrono::seconds kEchoTime{5};

Duration since(Clock::time_point begin) { return std::chrono::duration_cast<Duration>(Clock::now() - begin); }

/// Appends one block after the other to partition 0 of a ledger of its own and waits until each came back at the tail.
class AppendAndTail final : private lienthong::ports::LogSink {
 public:
  explicit AppendAndTail(lienthong::ports::LogBackend& log) : log_(log.attach(*this)) {}

  Histogram run(const lienthong::LedgerPartition& partition) {
    Histogram histogram;
    log_->follow(1, partition, 0);
    log_->credit(1, std::size_t{1} << 60);
    lienthong::block::v1::Core core;
    core.set_kind(lienthong::block::v1::Core::KIND_NORMAL);
    core.add_leaf_events(0);
    lienthong::observe::SystemEntropy entropy;
    for (int i = 0; i < kBlocks; ++i) {
      lienthong::block::Header header;
      header.block_seq = static_cast<std::uint64_t>(i) + 1;
      std::string leaf;
      while (leaf.size() < kBlockBytes) leaf += entropy.salt().view();
      const auto begin = Clock::now();
      log_->append(partition, lienthong::block::encode(header, core, {leaf}), static_cast<std::uint64_t>(i) + 1);
      std::unique_lock lock(mutex_);
      if (!changed_.wait_for(lock, std::chrono::seconds(30), [&] { return seen_ > i; })) break;
      // The first ones meet a topic that has no connection yet.
      if (i >= kBlocks / 10) histogram.add(since(begin));
    }
    return histogram;
  }

 private:
  void on_log(lienthong::ports::LogMessage message) override {
    if (!std::holds_alternative<lienthong::ports::Fetched>(message)) return;
    {
      const std::lock_guard lock(mutex_);
      ++seen_;
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int seen_ = 0;
  std::unique_ptr<lienthong::ports::Log> log_;
};

/// Keeps some echoes under way for a time; how many were answered in a second.
class Echoes {
 public:
  lienthong::Result<double> run() {
    lienthong::rpc::Service service("lienthong.bench.Echo", [](const auto& caller) -> lienthong::Result<std::string> {
      return caller.certificate_name;
    });
    service.unary<Message, Message>(
        "Echo",
        [](const auto&, Message message, const lienthong::rpc::Responder<Message>& responder) { responder.ok(message); });
    auto server = lienthong::rpc::Server::start({}, {&service});
    if (!server) return lienthong::failure(server.error());
    auto channel = lienthong::rpc::make_channel({"127.0.0.1:" + std::to_string((*server)->port()), std::nullopt, {}});
    if (!channel) return lienthong::failure(channel.error());
    client_ = std::make_unique<lienthong::rpc::Client>(*channel, "bench");
    const auto begin = Clock::now();
    until_ = begin + kEchoTime;
    for (int i = 0; i < kEchoesAtOnce; ++i) send();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return under_way_ == 0; });
    return static_cast<double>(answered_) / (static_cast<double>(since(begin).count()) / 1e6);
  }

 private:
  using Message = lienthong::api::v1::Position;

  void send() {
    {
      const std::lock_guard lock(mutex_);
      ++under_way_;
    }
    Message message;
    message.set_service("intake");
    message.set_block_seq(1);
    client_->call<Message>("/lienthong.bench.Echo/Echo", message, std::chrono::seconds(10),
                           [this](const lienthong::Result<Message>& answer) {
                             if (answer && Clock::now() < until_) send();
                             const std::lock_guard lock(mutex_);
                             if (answer) ++answered_;
                             --under_way_;
                             changed_.notify_all();
                           });
  }

  std::unique_ptr<lienthong::rpc::Client> client_;
  Clock::time_point until_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t answered_ = 0;
  int under_way_ = 0;
};

int fail(const lienthong::Error& error) {
  std::fprintf(stderr, "bench-limits: %s\n", error.message_en.c_str());
  return 1;
}

}  // namespace

int main() {
  const auto settings = lienthong::ltctl::Settings::from_environment();
  const lienthong::LedgerPartition partition{"bench", 0};
  auto admin = lienthong::kafka::Admin::open(lienthong::ltctl::kafka_settings(settings));
  if (!admin) return fail(admin.error());
  if (auto made = (*admin)->create_topic(partition.topic(), 1, 1, {}); !made) return fail(made.error());
  auto log = lienthong::ltctl::open_log(settings);
  if (!log) return fail(log.error());
  const Histogram appended = AppendAndTail(**log).run(partition);
  const auto echoes = Echoes().run();
  if (!echoes) return fail(echoes.error());
  const auto ms = [](Duration duration) { return static_cast<double>(duration.count()) / 1000.0; };
  const nlohmann::json out = {{"append_tail_ms", ms(appended.percentile(0.5))},
                              {"append_tail_p99_ms", ms(appended.percentile(0.99))},
                              {"append_count", appended.count()},
                              {"echo_per_s", *echoes}};
  std::puts(out.dump().c_str());
  return appended.count() > 0 ? 0 : 1;
}
