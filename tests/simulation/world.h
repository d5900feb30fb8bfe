#pragma once

#include "catalogue/adapters/catalogue_store.h"
#include "platform/ledger/lane.h"
#include "platform/ledger/relay.h"
#include "simulation/chance.h"
#include "simulation/faults.h"
#include "simulation/judge.h"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lienthong::simulation {

/// A service under simulation.
struct ServiceSpec {
  LedgerName name;
  const ledger::Machine* machine = nullptr;
  const Oracle* oracle = nullptr;
  std::uint32_t partitions = 2;
  /// Decides under the catalogue's releases.
  bool uses_rules = false;
};

/// A command that some client sends until it has an answer.
struct ClientRequest {
  LedgerPartition where;
  DossierId dossier;
  RequestId id;
  std::uint32_t type = 0;
  std::string body;
  std::string principal = {};
  /// Sent only once every request named here has its answer.
  std::vector<std::size_t> after = {};
  bool answered = false;
  bool refused = false;
  std::uint64_t seq = 0;
  std::string last_error = {};
};

/// An intent that somebody carries out.
struct Effect {
  LedgerPartition where;
  DossierId dossier;
  std::uint64_t seq = 0;
  std::uint32_t index = 0;
  std::uint64_t call = 0;  ///< Another one each time a lane asks for it.
  v1::Intent intent;
};

struct Counts {
  std::array<std::uint64_t, kFaultKinds> faults{};
  std::array<std::uint64_t, static_cast<std::size_t>(ledger::LaneMark::kCount_)> marks{};
  std::uint64_t steps = 0;
  std::uint64_t blocks = 0;
  std::uint64_t voids = 0;
  std::uint64_t decisions = 0;
  std::uint64_t relay_repeats = 0;
  std::uint64_t poisoned = 0;
  void add(const Counts& other);
};

/// What is simulated: services, clients' requests, and which fault kind is left out (none: kCount_).
struct Scenario {
  std::vector<ServiceSpec> services;
  std::vector<ClientRequest> requests;
  Fault without = Fault::kCount_;
  /// Wall time per simulated time: 60,000 makes a step a minute, so that legal clocks run out within a world.
  std::int64_t clock_scale = 1;
  /// Adds requests by what is to be seen; may be empty.
  std::function<void(const Judge&, std::vector<ClientRequest>&)> act = {};
  /// What the effect of an intent comes to, as it is recorded; nothing: it is under way still. May add requests. Empty:
  /// always `done`.
  std::function<std::optional<std::string>(const Effect&, Chance&, std::vector<ClientRequest>&)> carry_out = {};
  /// What is wrong with the services' states at rest; may be empty.
  std::function<std::optional<std::string>(const Judge&)> check = {};
};

/// One seeded run: two replicas of every lane that may both own it, a log, projections, clocks and a network that all fail,
/// then heal and must converge. Deterministic: the same scenario and seed take the same steps.
class World {
 public:
  World(Scenario scenario, std::uint64_t seed);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Runs to convergence or to the first violation, which is returned.
  std::optional<std::string> run();
  const Counts& counts() const { return counts_; }
  /// Hash over every record of every ledger in order: equal for equal runs.
  Hash fingerprint() const;

 private:
  friend class SimulatedLog;
  friend class SimulatedProjection;
  friend class SimulatedPublisher;
  struct Replica;
  struct StoredEntry {
    std::uint64_t asof = 0;
    std::string bytes;
    IndexEntries entries;
  };
  struct Store {
    std::map<DossierId, StoredEntry> values;
    std::optional<v1::PartitionMeta> meta;
  };
  struct Partition {
    LedgerPartition id;
    const ServiceSpec* service = nullptr;
    std::vector<std::pair<block::Record, block::BlockPtr>> log;
    Store store;
    std::vector<Store> history;
    std::optional<Store> before_half;  // what a restart of the projection falls back to
    std::int64_t fall_back_at = 0;
  };
  struct InFlight {
    std::size_t replica = 0;
    std::uint64_t life = 0;
    std::uint64_t appender = 0;
    LedgerPartition partition;
    block::Record record;
    ports::Ticket ticket = 0;
  };
  struct Answer {
    std::size_t replica = 0;
    std::uint64_t life = 0;
    std::uint64_t appender = 0;  // 0: not bound to one
    ports::LogMessage message;
  };
  /// A decision on its way to the public topic. Those of one epoch arrive in order.
  struct Publication {
    std::size_t replica = 0;
    std::uint64_t epoch = 0;
    LedgerPartition partition;
    std::uint64_t block_seq = 0;
    std::uint32_t leaf = 0;
    ports::Ticket ticket = 0;
  };
  struct Call {
    std::size_t replica = 0;
    Effect effect;
  };

  bool roll(Fault fault, std::uint32_t permille);
  void hit(Fault fault) { ++counts_.faults[static_cast<std::size_t>(fault)]; }
  void step();
  void lane_step();
  void inject();
  void heal();
  /// Nothing when the world is at rest, else what it still waits for.
  std::optional<std::string> unrest();
  void check_rest();
  void client_step();
  void network_step();
  void answer_step();
  void fetch_step();
  void projection_step();
  void operator_step();
  void relay_step();
  void publish_step();
  void start_relay(Replica& replica);
  void catalogue_step();
  Instant latest_wall() const;
  void start(Replica& replica);
  void crash(Replica& replica);
  void deliver(Replica& replica, ledger::LaneMessage message);
  void pump(Replica& replica);
  void submit(ClientRequest& request, Replica& replica, bool reused);
  void on_reply(std::size_t request, Offset arrived, bool reused, const ledger::Reply& reply);
  void append(Partition& partition, const block::Record& record);
  void append_foreign(Partition& where, block::Record record);
  Partition& partition(const LedgerPartition& id) { return *partitions_.at(index_.at(id)); }
  bool apply(Replica& replica, Partition& where, Offset expected, const ports::ApplyBatch& batch, ports::Ticket ticket,
             bool half);

  Scenario scenario_;
  Chance chance_;
  Judge judge_;
  catalogue::CatalogueStore releases_;  // of every record appended so far; replicas see them later
  std::vector<std::unique_ptr<Partition>> partitions_;
  std::map<LedgerPartition, std::size_t> index_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::vector<InFlight> network_;
  std::vector<Answer> answers_;
  std::vector<Call> calls_;
  std::vector<Publication> publications_;
  std::int64_t now_ = 0;
  bool faults_ = true;
  std::uint64_t next_life_ = 1;
  std::uint64_t next_appender_ = 1;
  std::uint64_t next_epoch_ = 1;
  std::uint64_t next_call_ = 1;
  ledger::LaneSettings settings_;
  ledger::RelaySettings relay_settings_;
  std::array<std::uint32_t, kFaultKinds> intensity_{};
  Counts counts_;
};

}  // namespace lienthong::simulation
