#include "platform/ledger/host.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

namespace lienthong::ledger {
namespace {

constexpr Duration kLogAwayAfter = std::chrono::seconds(3);

}  // namespace

class Host::Observer final : public LaneObserver {
 public:
  Observer(AlarmSink alarms, RelayThread* relay) : alarms_(std::move(alarms)), relay_(relay) {}
  /// Before the lanes have anything to do.
  void hand_intents_to(const LedgerName& service, EffectSink& sink) { sinks_[service] = &sink; }
  void on_intent(const LedgerPartition& partition, const DossierId& dossier,
                 const v1::DossierValue::OpenIntent& intent) override {
    const auto sink = sinks_.find(partition.ledger);
    if (sink == sinks_.end()) {
      alarms_(partition, "INTENT_WITHOUT_EXECUTOR", "intent type " + std::to_string(intent.intent().type()));
      return;
    }
    sink->second->start(
        {{partition, dossier, intent.dossier_seq(), intent.index()}, intent.intent().type(), intent.intent().payload()});
  }
  void on_alarm(const LedgerPartition& partition, std::string_view what, std::string_view detail) override {
    alarms_(partition, what, detail);
  }
  void on_folded(const LedgerPartition& partition, const PartitionState& head) override {
    if (relay_ != nullptr) relay_->folded(partition, FoldedUpTo::of(head));
  }
  void on_rest(const LedgerPartition& partition) override {
    if (relay_ != nullptr) relay_->rest(partition);
    if (const auto sink = sinks_.find(partition.ledger); sink != sinks_.end()) sink->second->drop(partition);
  }

 private:
  AlarmSink alarms_;
  RelayThread* relay_;
  std::map<LedgerName, EffectSink*> sinks_;
};

class Host::Service final : public Gateway, private ports::OwnershipSink {
 public:
  Service(ServicePlan plan, const HostPorts& ports, const HostSettings& settings, LaneObserver& observer)
      : plan_(std::move(plan)), ledger_(plan_.machine->name()) {
    const std::size_t count = std::min<std::size_t>(std::max<std::size_t>(settings.lane_threads, 1), plan_.partition_count);
    for (std::size_t i = 0; i < count; ++i) {
      threads_.push_back(std::make_unique<LaneThread>(
          *plan_.machine,
          LaneThreadPorts{ports.log, ports.projection, ports.clock, ports.make_entropy(), observer, plan_.rules},
          settings.admission));
    }
    for (std::uint32_t p = 0; p < plan_.partition_count; ++p) {
      auto slot = open_suspect_file(settings.suspect_dir + "/" + ledger_ + "-" + std::to_string(p) + ".suspect");
      thread_of(p).add({ledger_, p}, settings.lane, std::move(slot));
    }
    for (auto& thread : threads_) thread->start();
  }

  const LedgerName& ledger() const { return ledger_; }
  void relayed(std::uint32_t partition, v1::RelayPosition upto) {
    thread_of(partition).relayed(place_of(partition), std::move(upto));
  }
  bool has_rules() const { return plan_.rules != nullptr; }

  std::uint32_t partition_count() const override { return plan_.partition_count; }
  void submit(std::uint32_t partition, CommandRequest request) override {
    if (!known(partition, request.reply)) return;
    thread_of(partition).submit(place_of(partition), std::move(request));
  }
  void read(std::uint32_t partition, ReadRequest request) override {
    if (!known(partition, request.reply)) return;
    thread_of(partition).read(place_of(partition), std::move(request));
  }
  void resume(std::uint32_t partition, ResumeRequest request) override {
    if (!known(partition, request.reply)) return;
    thread_of(partition).resume(place_of(partition), std::move(request));
  }

  void report(std::uint32_t partition, OutcomeReport outcome) {
    if (partition < plan_.partition_count) thread_of(partition).report(place_of(partition), std::move(outcome));
  }

  Result<void> join(const JoinOwners& join_owners) {
    auto ownership = join_owners(ledger_, plan_.partition_count, *this);
    if (!ownership) return failure(std::move(ownership.error()));
    ownership_ = *std::move(ownership);
    return {};
  }
  void leave() {
    if (ownership_) ownership_->leave();
    ownership_.reset();
  }
  void revoke_all() {
    for (std::uint32_t p = 0; p < plan_.partition_count; ++p) thread_of(p).revoke(place_of(p), nullptr);
  }
  void stop() {
    for (auto& thread : threads_) thread->stop();
  }
  void rules_changed() {
    for (auto& thread : threads_) thread->rules_changed();
  }

  void add_views(std::vector<std::pair<LedgerPartition, LaneView>>& out) const {
    for (const auto& thread : threads_) {
      for (auto& view : thread->views()) out.push_back(std::move(view));
    }
  }
  bool serving(Instant now) const {
    if (!joined_.load(std::memory_order_relaxed)) return false;
    bool assigned = false;
    bool serves = false;
    for (const auto& thread : threads_) {
      const Instant answered = thread->log_answered();
      if (answered.micros == 0 || now > answered + kLogAwayAfter) return false;
      for (const auto& [partition, view] : thread->views()) {
        assigned |= view.assigned;
        serves |= view.assigned && view.state == LaneState::kServing;
      }
    }
    return serves || !assigned;
  }

 private:
  bool known(std::uint32_t partition, const ReplySink& reply) const {
    if (partition < plan_.partition_count) return true;
    Reply answer;
    answer.error =
        Error{ErrorCode::kUnavailable, "NOT_OWNER", "Không có phân vùng này; hãy kiểm tra số phân vùng trong thiết lập.",
              "There is no such partition; check the number of partitions in the settings."};
    reply(std::move(answer));
    return false;
  }
  LaneThread& thread_of(std::uint32_t partition) { return *threads_[partition % threads_.size()]; }
  std::size_t place_of(std::uint32_t partition) const { return partition / threads_.size(); }

  void on_assigned(std::vector<std::uint32_t> partitions) override {
    for (const auto p : partitions) thread_of(p).assign(place_of(p));
    joined_.store(true, std::memory_order_relaxed);
  }
  void on_revoked(std::vector<std::uint32_t> partitions, bool, std::function<void()> stopped) override {
    if (partitions.empty()) return stopped();
    const auto revocation = std::make_shared<Revocation>(partitions.size(), std::move(stopped));
    for (const auto p : partitions) thread_of(p).revoke(place_of(p), revocation);
  }

  ServicePlan plan_;
  LedgerName ledger_;
  std::vector<std::unique_ptr<LaneThread>> threads_;
  std::unique_ptr<ports::Ownership> ownership_;
  std::atomic<bool> joined_{false};
};

Host::Host(HostPorts ports, HostSettings settings) : ports_(std::move(ports)), settings_(std::move(settings)) {
  if (ports_.publisher != nullptr) {
    relay_ = std::make_unique<RelayThread>(RelayThreadPorts{ports_.log, *ports_.publisher, ports_.clock}, settings_.relay);
  }
  observer_ = std::make_unique<Observer>(ports_.alarms, relay_.get());
}

Result<std::unique_ptr<Host>> Host::start(HostPorts ports, HostSettings settings, std::vector<ServicePlan> services) {
  std::unique_ptr<Host> host(new Host(std::move(ports), std::move(settings)));
  try {
    for (auto& plan : services) {
      const auto public_events = plan.public_events;
      auto& service = *host->services_.emplace_back(
          std::make_unique<Service>(std::move(plan), host->ports_, host->settings_, *host->observer_));
      if (!host->relay_ || public_events == 0) continue;
      for (std::uint32_t p = 0; p < service.partition_count(); ++p) {
        host->relay_->add({service.ledger(), p}, public_events,
                          [&service, p](const v1::RelayPosition& upto) { service.relayed(p, upto); });
      }
    }
    if (host->relay_) host->relay_->start();
  } catch (const std::system_error& error) {
    const std::string why = error.what();
    return failure({ErrorCode::kUnavailable, "START",
                    "Không tạo được tệp của phân vùng: " + why + "; hãy kiểm tra quyền ghi và chỗ trống.",
                    "A lane's file can't be made: " + why + "; check write permission and space."});
  }
  return host;
}

Host::~Host() { stop(); }

Gateway& Host::gateway(const LedgerName& service) {
  return **std::find_if(services_.begin(), services_.end(), [&](const auto& hosted) { return hosted->ledger() == service; });
}

void Host::carry_out(const LedgerName& service, EffectSink& sink) { observer_->hand_intents_to(service, sink); }

void Host::report(const LedgerPartition& partition, OutcomeReport outcome) {
  for (auto& service : services_) {
    if (service->ledger() == partition.ledger) return service->report(partition.partition, std::move(outcome));
  }
}

Result<void> Host::join() {
  for (auto& service : services_) {
    if (auto joined = service->join(ports_.join_owners); !joined) return joined;
  }
  return {};
}

void Host::rules_changed() {
  for (auto& service : services_) {
    if (service->has_rules()) service->rules_changed();
  }
}

std::vector<std::pair<LedgerPartition, LaneView>> Host::views() const {
  std::vector<std::pair<LedgerPartition, LaneView>> out;
  for (const auto& service : services_) service->add_views(out);
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return out;
}

bool Host::serving() const {
  if (stopping_.load(std::memory_order_relaxed)) return false;
  const Instant now = ports_.clock.steady();
  return std::all_of(services_.begin(), services_.end(), [now](const auto& service) { return service->serving(now); });
}

void Host::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  // All lanes stop at once; leaving one group after the other then finds them stopped.
  for (auto& service : services_) service->revoke_all();
  for (auto& service : services_) service->leave();
  if (relay_) relay_->stop();
  for (auto& service : services_) service->stop();
}

}  // namespace lienthong::ledger
