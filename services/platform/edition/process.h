#pragma once

#include "platform/edition/open_ports.h"
#include "platform/edition/settings.h"
#include "platform/ledger/follower.h"
#include "platform/ledger/host.h"
#include "platform/ledger/rules_store.h"
#include "platform/observe/metrics.h"
#include "platform/relay/public_events.h"
#include "platform/rpc/read_pool.h"
#include "platform/rpc/service.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lienthong::edition {

/// What a service is made of once its process has opened everything; all of it outlives the service.
struct Parts {
  /// Of the process; also the name its certificate bears.
  const std::string& process;
  const Settings& settings;
  OpenPorts& ports;
  ledger::Host& host;
  const ports::Clock& clock;
  const ledger::RulesStore& rules;
  rpc::ReadPool& reads;
  ledger::AlarmSink alarms;
  /// Of the process's ledgers that have public events.
  const std::map<LedgerName, relay::PublicEvents>& public_events;
};

/// A ledger that a service decides for.
struct HostedLedger {
  std::shared_ptr<const ledger::Machine> machine;
  /// Otherwise it has as many partitions as the installation.
  bool one_partition = false;
  /// True: its decisions use the rules of the process.
  bool uses_rules = true;
  /// The EventType of its events, see relay::PublicEvents; null: nothing of it is public.
  const google::protobuf::EnumDescriptor* event_types = nullptr;
};

/// One service as a process runs it.
class HostedService {
 public:
  virtual ~HostedService() = default;
  /// Reads the settings that only this service has; wrong ones are noted in the environment.
  virtual void read_settings(Environment& environment) = 0;
  virtual std::vector<HostedLedger> ledgers() const = 0;
  /// Ledgers it reads besides those its machines take inputs from.
  virtual std::vector<LedgerName> other_ledgers() const { return {}; }
  /// Topics it keeps beside its ledgers in the Kafka edition.
  virtual std::vector<CompactedTopicUse> compacted_topics() const { return {}; }
  /// Makes its gRPC services, which live as long as this object; before the server starts and the lanes are assigned.
  virtual Result<std::vector<rpc::Service*>> open(const Parts& parts) = 0;
  /// What Prometheus sees of this service besides its lanes. Called from the metrics thread; may block for a moment.
  virtual void collect(observe::Metrics&) {}
  /// The process is about to stop: ends what would hold the server up, as open streams. Answers of lanes and of the read
  /// pool may still come.
  virtual void stop() {}
};

/// Rules for the decisions of a process, folded from a ledger with one partition.
struct RulesFeed {
  LedgerName ledger;
  const ledger::RulesStore& store;
  /// Takes every record of the ledger, in order.
  ledger::RecordSink take;
};

/// Runs services until SIGTERM or SIGINT: reads the settings, opens the ports, checks the interlocks, serves. All errors of
/// the start are written to stderr together, each with its cure. Writes `listening HOST:PORT` to stdout once it listens;
/// health tells when it serves. Returns the exit code: 0 after a signal, 1 when it could not start.
int run(const std::string& name, const RulesFeed& rules, std::vector<std::unique_ptr<HostedService>> services);

}  // namespace lienthong::edition
