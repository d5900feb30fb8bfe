#pragma once

#include "platform/ledger/effect_runner.h"
#include "platform/ledger/follower.h"
#include "platform/ledger/gateway.h"
#include "platform/ledger/lane_thread.h"
#include "platform/ledger/relay_thread.h"
#include "platform/ports/ownership.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lienthong::ledger {

/// One service that a host runs, with all partitions of its ledger.
struct ServicePlan {
  std::shared_ptr<const Machine> machine;
  std::uint32_t partition_count = 1;
  /// Null for a service without a catalogue.
  const RulesStore* rules = nullptr;
  /// Event types that everybody may see.
  EventMask public_events = 0;
};

/// Joins the processes that share the partitions of a ledger. Errors: kUnavailable; a retry may help.
using JoinOwners = std::function<Result<std::unique_ptr<ports::Ownership>>(
    const LedgerName& ledger, std::uint32_t partition_count, ports::OwnershipSink& sink)>;

/// All of it must outlive the host.
struct HostPorts {
  ports::LogBackend& log;
  ports::ProjectionBackend& projection;
  const ports::Clock& clock;
  std::function<std::unique_ptr<ports::Entropy>()> make_entropy;
  JoinOwners join_owners;
  AlarmSink alarms;
  /// Null: nothing is published.
  ports::PublisherBackend* publisher = nullptr;
};

struct HostSettings {
  /// Directory of the suspect slots; it must exist.
  std::string suspect_dir;
  /// Threads per service; lane p runs on thread p mod this number.
  std::size_t lane_threads = 1;
  AdmissionSettings admission = {};
  LaneSettings lane = {};
  RelaySettings relay = {};
};

/// Runs the lanes of any set of services in one process.
/// Thread-safety: any thread, but for `join` and `stop`: one thread.
class Host {
 public:
  /// Errors: kUnavailable when a suspect slot can't be made.
  static Result<std::unique_ptr<Host>> start(HostPorts ports, HostSettings settings, std::vector<ServicePlan> services);
  /// Stops.
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// What the adapters of a service hold; lives as long as the host. Precondition: the host runs it.
  Gateway& gateway(const LedgerName& service);
  /// Hands the intents of a service to `sink`, which must outlive the lanes' threads (`stop`). Before `join`; without it an
  /// intent stays open, with an alarm. Precondition: the host runs the service.
  void carry_out(const LedgerName& service, EffectSink& sink);
  /// What an effect came to. Thread-safety: any thread; not after the host is gone.
  void report(const LedgerPartition& partition, OutcomeReport outcome);
  /// Takes part in the ownership of the partitions; before it every lane is idle. Errors: of JoinOwners.
  Result<void> join();
  /// The rules store has a newer release.
  void rules_changed();
  /// Every lane as of its thread's last round.
  std::vector<std::pair<LedgerPartition, LaneView>> views() const;
  /// True while every service can do its work here: its log answered within the last 3 s and, where it owns partitions, a
  /// lane of it serves. A stand-by without partitions is fit to serve.
  bool serving() const;
  /// Gives the partitions back once their last blocks are confirmed, at most 2 s after the call where the log answers no
  /// more, leaves, and ends the threads. Requests that come later are answered UNAVAILABLE. Idempotent.
  void stop();

 private:
  class Service;
  class Observer;
  Host(HostPorts ports, HostSettings settings);

  HostPorts ports_;
  HostSettings settings_;
  std::unique_ptr<Observer> observer_;
  std::unique_ptr<RelayThread> relay_;  // null: nothing is published
  std::vector<std::unique_ptr<Service>> services_;
  std::atomic<bool> stopping_{false};
};

}  // namespace lienthong::ledger
