#include "platform/edition/process.h"

#include "platform/edition/process_metrics.h"
#include "platform/observe/alarms.h"
#include "platform/observe/metrics.h"
#include "platform/observe/system_clock.h"
#include "platform/observe/system_entropy.h"
#include "platform/rpc/server.h"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace lienthong::edition {
namespace {

constexpr Duration kLookEvery = std::chrono::milliseconds(100);
// How long blocks are gathered that no lane waits for: where lanes decide, and where nothing is decided.
constexpr std::chrono::milliseconds kDecidersWait{50};
constexpr std::chrono::milliseconds kOnlookersWait{250};
constexpr Duration kStopGrace = std::chrono::milliseconds(300);
constexpr Duration kClockAlarmBeyond = std::chrono::seconds(2);  // ledger.md 7
constexpr int kStartTries = 20;                                  // of about 3 s each
constexpr std::size_t kReadThreads = 4;
constexpr std::size_t kReadsWaitingMax = 1000;

// Blocked before the first thread is made, so that all inherit it; the main thread alone takes these signals.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    signal(SIGPIPE, SIG_IGN);
  }
  /// Waits at most that long. True: the process shall end.
  bool wait(Duration at_most) {
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(at_most);
    const timespec time{whole.count(), std::chrono::nanoseconds(at_most - whole).count()};
    if (!asked_ && sigtimedwait(&set_, nullptr, &time) > 0) asked_ = true;
    return asked_;
  }

 private:
  sigset_t set_{};
  bool asked_ = false;
};

void tell(const std::vector<Error>& errors) {
  for (const auto& error : errors) std::cerr << "error: " << error.message_en << "\n       " << error.message_vi << '\n';
  std::cerr << std::flush;
}

class Process {
 public:
  Process(std::string name, const RulesFeed& rules, std::vector<std::unique_ptr<HostedService>> services)
      : name_(std::move(name)), rules_(rules), alarms_(clock_), services_(std::move(services)) {}

  int run() {
    std::vector<Error> errors = start();
    if (asked_to_stop_) return 0;
    if (!errors.empty()) {
      tell(errors);
      return 1;
    }
    serve();
    stop();
    return 0;
  }

 private:
  std::vector<Error> start() {
    Environment environment;
    settings_ = edition::read_settings(environment);
    for (auto& service : services_) service->read_settings(environment);
    if (!environment.problems().empty()) return environment.problems();
    observe::start_log(name_, settings_.log_level);

    auto unhurried = collect_ledgers();
    if (!wrong_events_.empty()) return wrong_events_;
    const auto wait = plans_.empty() ? kOnlookersWait : kDecidersWait;
    auto opened = open_ports(name_, settings_.ledger, {std::move(unhurried), wait});
    if (!opened) return {std::move(opened.error())};
    ports_ = *std::move(opened);
    if (auto differences = check(); !differences.empty() || asked_to_stop_) return differences;
    return open();
  }

  // Returns the ledgers no lane waits for.
  std::set<LedgerName> collect_ledgers() {
    std::set<LedgerName> own;
    std::set<LedgerName> read{rules_.ledger};
    std::set<LedgerName> unhurried;
    for (const auto& service : services_) {
      for (auto& ledger : service->other_ledgers()) unhurried.insert(std::move(ledger));
      for (auto& topic : service->compacted_topics()) use_.compacted.push_back(std::move(topic));
      for (auto& hosted : service->ledgers()) {
        own.insert(hosted.machine->name());
        for (const auto& [source, mask] : hosted.machine->sources()) read.insert(source);
        const std::uint32_t count = hosted.one_partition ? 1 : settings_.ledger.partitions;
        use_.own.push_back({hosted.machine->name(), count});
        const EventMask public_events = collect_events(hosted);
        plans_.push_back({std::move(hosted.machine), count, hosted.uses_rules ? &rules_.store : nullptr, public_events});
      }
    }
    for (const auto& ledger : read) unhurried.erase(ledger);
    for (const auto& ledger : own) unhurried.erase(ledger);
    read.insert(unhurried.begin(), unhurried.end());
    for (const auto& ledger : read) {
      if (!own.contains(ledger)) use_.foreign.push_back({ledger, ledger == rules_.ledger ? 1 : settings_.ledger.partitions});
    }
    return unhurried;
  }

  EventMask collect_events(const HostedLedger& hosted) {
    if (hosted.event_types == nullptr) return 0;
    const LedgerName name = hosted.machine->name();
    auto events = relay::PublicEvents::make(name, settings_.province, *hosted.event_types);
    if (!events) {
      wrong_events_.push_back(std::move(events.error()));
      return 0;
    }
    const EventMask mask = events->mask();
    if (mask == 0) return 0;
    use_.relayed.push_back(name);
    public_events_.emplace(name, *std::move(events));
    return mask;
  }

  Result<std::vector<ports::PublicMessage>> messages_of(const LedgerPartition& partition, const block::Block& block,
                                                        std::size_t leaf) const {
    const auto events = public_events_.at(partition.ledger).of_leaf(partition, block, leaf);
    if (!events) return failure(events.error());
    std::vector<ports::PublicMessage> out;
    for (const auto& event : *events) out.push_back(relay::to_message(event));
    return out;
  }

  // A broker or projection that is still starting is waited for; what is not as it must be is said at once.
  std::vector<Error> check() {
    std::vector<Error> found;
    for (int i = 0; i < kStartTries; ++i) {
      found = ports_->check(use_);
      const bool waits = !found.empty() && std::all_of(found.begin(), found.end(), [](const Error& error) {
        return error.code == ErrorCode::kUnavailable;
      });
      if (!waits) return found;
      observe::log_info("waiting", found.front().message_en);
      if (asked_to_stop_ = signals_.wait(std::chrono::milliseconds(500)); asked_to_stop_) return {};
    }
    return found;
  }

  std::vector<Error> open() {
    const auto alarms = [this](const LedgerPartition& partition, std::string_view what, std::string_view detail) {
      alarms_.raise(partition, what, detail);
    };
    ledger::HostSettings host_settings;
    host_settings.suspect_dir = settings_.ledger.data_dir;
    host_settings.lane_threads = settings_.lane_threads;
    std::size_t lanes = 0;
    for (const auto& plan : plans_) lanes += plan.partition_count;
    host_settings.lane.cache_entries_max =
        std::max<std::size_t>(settings_.cached_dossiers / std::max<std::size_t>(lanes, 1), 1000);
    host_settings.lane.writer = settings_.listen;
    if (!use_.relayed.empty()) {
      public_topic_ = ports_->public_topic([this](const LedgerPartition& partition, const block::Block& block,
                                                  std::size_t leaf) { return messages_of(partition, block, leaf); },
                                           alarms);
    }
    ledger::HostPorts host_ports{ports_->log(),
                                 ports_->projection(),
                                 clock_,
                                 [] { return std::make_unique<observe::SystemEntropy>(); },
                                 ports_->owners(),
                                 alarms,
                                 public_topic_.get()};
    auto host = ledger::Host::start(std::move(host_ports), std::move(host_settings), std::move(plans_));
    if (!host) return {std::move(host.error())};
    host_ = *std::move(host);
    reads_.emplace(kReadThreads, kReadsWaitingMax);
    // Without a topic nothing is relayed, hence nothing is behind.
    std::set<LedgerName> relayed;
    if (public_topic_) relayed.insert(use_.relayed.begin(), use_.relayed.end());
    relay_ages_.emplace(std::move(relayed));

    std::vector<Error> errors;
    for (auto& service : services_) {
      auto opened =
          service->open({name_, settings_, *ports_, *host_, clock_, rules_.store, *reads_, alarms, public_events_});
      if (!opened) {
        errors.push_back(std::move(opened.error()));
        continue;
      }
      apis_.insert(apis_.end(), opened->begin(), opened->end());
    }
    if (!errors.empty()) return errors;

    rpc::ServerSettings server_settings;
    server_settings.address = settings_.listen;
    server_settings.tls = settings_.tls;
    auto server = rpc::Server::start(server_settings, apis_);
    if (!server) return {std::move(server.error())};
    server_ = *std::move(server);
    follow_rules(alarms);
    if (!settings_.metrics_listen.empty()) {
      auto metrics =
          observe::MetricsServer::start(settings_.metrics_listen, [this](observe::Metrics& out) { measure(out); });
      if (!metrics) return {std::move(metrics.error())};
      metrics_ = *std::move(metrics);
    }
    if (auto joined = host_->join(); !joined) return {std::move(joined.error())};
    std::cout << "listening " << settings_.listen.substr(0, settings_.listen.rfind(':')) << ':' << server_->port()
              << std::endl;
    observe::log_info("started", "ledgers in " +
                                     std::string(settings_.ledger.log == LedgerLog::kSqlite ? "SQLite" : "Kafka") +
                                     (settings_.tls ? "" : ", WITHOUT TLS: callers name themselves"));
    return {};
  }

  void follow_rules(const ledger::AlarmSink& alarms) {
    const auto take = [this](Offset offset, const block::BlockPtr& block) {
      const auto before = rules_.store.latest();
      rules_.take(offset, block);
      const auto now = rules_.store.latest();
      if (now && (!before || before->version != now->version)) {
        observe::log_info("rules", "version " + std::to_string(now->version));
        host_->rules_changed();
      }
    };
    follower_.emplace(ports_->log(), LedgerPartition{rules_.ledger, 0}, clock_, take, alarms);
  }

  void measure(observe::Metrics& out) {
    collect({name_, settings_, clock_, host_->views(), *relay_ages_, serving_.load(std::memory_order_relaxed)}, out);
    alarms_.collect(out);
    std::vector<rpc::CallTimes> calls;
    for (const auto* api : apis_) api->read_times(calls);
    collect(calls, out);
    for (const auto& service : services_) service->collect(out);
  }

  void serve() {
    bool serving = false;
    std::map<LedgerPartition, ledger::LaneState> states;
    while (!signals_.wait(kLookEvery)) {
      const bool now = host_->serving() && follower_->caught_up();
      if (now != serving) {
        serving = now;
        serving_.store(now, std::memory_order_relaxed);
        server_->set_serving(serving);
        observe::log_info(serving ? "serving" : "not_serving", name_);
      }
      const auto views = host_->views();
      relay_ages_->look(views, clock_.steady());
      for (const auto& [partition, view] : views) {
        if (const auto [at, first] = states.try_emplace(partition, ledger::LaneState::kIdle); at->second != view.state) {
          at->second = view.state;
          observe::log_info("lane", partition.topic() + "[" + std::to_string(partition.partition) + "] " +
                                        std::string(to_string(view.state)) + " head " + std::to_string(view.head_seq));
        }
      }
      if (const Duration away = clock_.difference(); away > kClockAlarmBeyond || away < -kClockAlarmBeyond) {
        alarms_.raise({name_, 0}, clock_.trusted() ? "CLOCK_DIFFERS" : "CLOCK_UNTRUSTED",
                      "wall time differs by " + std::to_string(away.count() / 1'000'000) +
                          " s; set the host's clock, or restart to confirm it");
      }
    }
  }

  void stop() {
    observe::log_info("stopping", name_);
    metrics_.reset();
    server_->set_serving(false);
    for (auto& service : services_) service->stop();
    host_->stop();
    server_->stop(kStopGrace);
    observe::log_info("stopped", name_);
  }

  // Destroyed from the last to the first: each uses only what stands before it.
  Signals signals_;
  std::string name_;
  const RulesFeed& rules_;
  Settings settings_;
  observe::SystemClock clock_;
  observe::Alarms alarms_;
  LedgerUse use_;
  std::vector<ledger::ServicePlan> plans_;
  std::map<LedgerName, relay::PublicEvents> public_events_;
  std::vector<Error> wrong_events_;
  std::unique_ptr<OpenPorts> ports_;
  std::unique_ptr<ports::PublisherBackend> public_topic_;
  std::unique_ptr<ledger::Host> host_;
  std::vector<std::unique_ptr<HostedService>> services_;
  std::vector<rpc::Service*> apis_;
  std::optional<rpc::ReadPool> reads_;
  std::optional<ledger::Follower> follower_;
  std::unique_ptr<rpc::Server> server_;
  std::optional<RelayAges> relay_ages_;
  std::atomic<bool> serving_{false};
  std::unique_ptr<observe::MetricsServer> metrics_;
  bool asked_to_stop_ = false;
};

}  // namespace

int run(const std::string& name, const RulesFeed& rules, std::vector<std::unique_ptr<HostedService>> services) {
  return Process(name, rules, std::move(services)).run();
}

}  // namespace lienthong::edition
