#include "simulation/world.h"

#include "ledger_mutation/mutant.h"
#include "platform/base/encoding.h"
#include "platform/base/overloaded.h"
#include "platform/crypto/sha256.h"

#include <algorithm>
#include <utility>

namespace lienthong::simulation {
namespace {

constexpr std::int64_t kStepMicros = 1000;
constexpr std::int64_t kStartMicros = 1'760'000'000'000'000;
constexpr std::uint64_t kConvergeStepsMax = 200'000;
// With more replicas than this to one step, a recovery of four answers does not fit into the time-outs below.
constexpr std::size_t kReplicasPerStep = 14;
// Two of three event types are public.
constexpr EventMask kPublicEvents = 0xB6DB6DB6DB6DB6DB;

class WorldClock final : public ports::Clock {
 public:
  WorldClock(const std::int64_t& now, const std::int64_t& offset, const bool& trusted, std::int64_t scale)
      : now_(now), offset_(offset), trusted_(trusted), scale_(scale) {}
  Instant now() const override { return {kStartMicros + (now_ + offset_) * scale_}; }
  Instant steady() const override { return {kStartMicros + now_}; }
  bool trusted() const override { return trusted_; }

 private:
  const std::int64_t& now_;
  const std::int64_t& offset_;
  const bool& trusted_;
  std::int64_t scale_;
};

class WorldEntropy final : public ports::Entropy {
 public:
  explicit WorldEntropy(Chance& chance) : chance_(chance) {}
  Salt salt() override {
    std::string bytes;
    append_u64_be(bytes, chance_.next());
    append_u64_be(bytes, chance_.next());
    return *Salt::from(bytes);
  }
  std::uint64_t below(std::uint64_t bound) override { return chance_.next() % bound; }

 private:
  Chance& chance_;
};

/// The releases one replica has folded: those of the world up to where it has read.
class SeenReleases final : public ledger::RulesStore {
 public:
  SeenReleases(const catalogue::CatalogueStore& all) : all_(all) {}
  std::optional<ledger::RulesVersion> latest() const override {
    std::optional<ledger::RulesVersion> last;
    for (const auto& version : all_.versions()) {
      if (version.cursor.offset < read_to) last = ledger::RulesVersion{version.cursor, version.version, version.catalogue};
    }
    return last;
  }
  std::optional<ledger::RulesVersion> find(const Cursor& cursor) const override {
    if (cursor.offset >= read_to) return std::nullopt;
    return all_.find(cursor);
  }
  Offset read_to = 0;

 private:
  const catalogue::CatalogueStore& all_;
};

/// The process ends inside of a decision.
struct DiedDeciding {};

class MemorySuspect final : public ledger::SuspectSlot {
 public:
  /// Whether the process dies now; asked with what is being decided.
  std::function<bool(const ledger::Suspect&)> dies;

  std::optional<ledger::Suspect> found() const override { return slot_; }
  void set(const ledger::Suspect& suspect) override {
    slot_ = suspect;
    if (dies(suspect)) throw DiedDeciding{};
  }
  void clear() override { slot_.reset(); }

 private:
  std::optional<ledger::Suspect> slot_;
};

}  // namespace

/// The log as one replica sees it: calls are queued in the world, answers come when the world says so.
class SimulatedLog final : public ports::Log {
 public:
  struct Follower {
    ports::FollowId id = 0;
    LedgerPartition partition;
    Offset next = 0;
    std::int64_t credit = 0;
  };
  SimulatedLog(World& world, std::size_t replica, std::uint64_t life)
      : world_(world), replica_(replica), life_(life), appender_(world.next_appender_++) {}

  void append(const LedgerPartition& partition, block::Record record, ports::Ticket ticket) override {
    world_.network_.push_back({replica_, life_, appender_, partition, std::move(record), ticket});
  }
  void replace_appender(const LedgerPartition&) override { appender_ = world_.next_appender_++; }
  void follow(ports::FollowId id, const LedgerPartition& partition, Offset from) override {
    followers_.push_back({id, partition, from, 0});
  }
  void credit(ports::FollowId id, std::size_t bytes) override {
    for (auto& follower : followers_) {
      if (follower.id == id) follower.credit += static_cast<std::int64_t>(bytes);
    }
  }
  void stop(ports::FollowId id) override {
    std::erase_if(followers_, [id](const Follower& follower) { return follower.id == id; });
  }
  void read(const LedgerPartition& partition, Offset offset, ports::Ticket ticket) override {
    const auto& log = world_.partition(partition).log;
    block::BlockPtr block;
    if (offset >= 0 && offset < static_cast<Offset>(log.size())) block = log[static_cast<std::size_t>(offset)].second;
    world_.answers_.push_back({replica_, life_, 0, ports::ReadDone{ticket, block}});
  }
  void end_offset(const LedgerPartition& partition, ports::Ticket ticket) override { ends_.push_back({partition, ticket}); }

  std::vector<Follower> followers_;
  std::deque<std::pair<LedgerPartition, ports::Ticket>> ends_;
  World& world_;
  std::size_t replica_;
  std::uint64_t life_;
  std::uint64_t appender_;
};

/// The projection as one replica sees it: one connection, carried out in order, answered in order, sometimes not.
class SimulatedProjection final : public ports::Projection {
 public:
  struct Open {};
  struct Load {
    Offset expected;
    std::vector<DossierId> ids;
  };
  struct Apply {
    Offset expected;
    ports::ApplyBatch batch;
  };
  struct Scan {
    Offset expected;
    std::string index;
    std::int64_t until;
  };
  struct Reset {};
  struct Request {
    ports::Ticket ticket = 0;
    std::variant<Open, Load, Apply, Scan, Reset> what;
  };
  void open(const LedgerPartition&, ports::Ticket ticket) override { requests_.push_back({ticket, Open{}}); }
  void load(const LedgerPartition&, Offset expected, std::vector<DossierId> ids, ports::Ticket ticket) override {
    requests_.push_back({ticket, Load{expected, std::move(ids)}});
  }
  void apply(const LedgerPartition&, Offset expected, ports::ApplyBatch batch, ports::Ticket ticket) override {
    requests_.push_back({ticket, Apply{expected, std::move(batch)}});
  }
  void scan(const LedgerPartition&, Offset expected, std::string index, std::int64_t until, std::size_t,
            ports::Ticket ticket) override {
    requests_.push_back({ticket, Scan{expected, std::move(index), until}});
  }
  void reset(const LedgerPartition&, ports::Ticket ticket) override { requests_.push_back({ticket, Reset{}}); }

  std::deque<Request> requests_;
  std::deque<ports::ProjectionMessage> answers_;
};

/// The public topic as one relay sees it. After a failure the epoch takes nothing more.
class SimulatedPublisher final : public ports::Publisher {
 public:
  SimulatedPublisher(World& world, std::size_t replica) : world_(world), replica_(replica), epoch_(world.next_epoch_++) {}
  void publish(const LedgerPartition& partition, const block::BlockPtr& block, std::size_t leaf,
               ports::Ticket ticket) override {
    if (failed_) return;
    world_.publications_.push_back(
        {replica_, epoch_, partition, block->header().block_seq, static_cast<std::uint32_t>(leaf), ticket});
  }
  void reset(const LedgerPartition&) override {
    epoch_ = world_.next_epoch_++;
    failed_ = false;
  }

  World& world_;
  std::size_t replica_;
  std::uint64_t epoch_;
  bool failed_ = false;
};

struct World::Replica final : ledger::LaneObserver {
  std::size_t number = 0;
  World* world = nullptr;
  Partition* where = nullptr;
  std::uint64_t life = 0;
  bool owner = false;
  std::int64_t frozen_until = 0;
  std::int64_t restart_at = 0;
  std::int64_t slow_until = 0;
  std::int64_t clock_offset = 0;
  bool clock_trusted = true;
  MemorySuspect suspect;
  std::unique_ptr<SeenReleases> releases;
  std::unique_ptr<WorldClock> clock;
  std::unique_ptr<WorldEntropy> entropy;
  std::unique_ptr<SimulatedLog> log;
  std::unique_ptr<SimulatedProjection> projection;
  std::unique_ptr<SimulatedLog> relay_log;
  std::unique_ptr<SimulatedPublisher> publisher;
  std::unique_ptr<ledger::Relay> relay;
  std::optional<ledger::FoldedUpTo> folded;
  std::unique_ptr<ledger::Lane> lane;

  void on_intent(const LedgerPartition& id, const DossierId& dossier, const v1::DossierValue::OpenIntent& intent) override {
    world->judge_.called(id, dossier, intent.dossier_seq(), intent.index());
    world->calls_.push_back(
        {number, {id, dossier, intent.dossier_seq(), intent.index(), world->next_call_++, intent.intent()}});
  }
  void on_alarm(const LedgerPartition&, std::string_view, std::string_view) override {}
  void on_folded(const LedgerPartition&, const ledger::PartitionState& head) override {
    folded = ledger::FoldedUpTo::of(head);
    relay->folded(*folded);
  }
  void on_rest(const LedgerPartition&) override {
    folded.reset();
    relay->stop();
  }
};

void Counts::add(const Counts& other) {
  for (std::size_t i = 0; i < faults.size(); ++i) faults[i] += other.faults[i];
  for (std::size_t i = 0; i < marks.size(); ++i) marks[i] += other.marks[i];
  steps += other.steps;
  blocks += other.blocks;
  voids += other.voids;
  decisions += other.decisions;
  relay_repeats += other.relay_repeats;
  poisoned += other.poisoned;
}

namespace {

std::vector<Judge::Service> judged(const Scenario& scenario) {
  std::vector<Judge::Service> services;
  for (const auto& spec : scenario.services) {
    Judge::Service service{spec.name, spec.oracle, {}, spec.partitions, kPublicEvents};
    for (const auto& [ledger, mask] : spec.machine->sources()) service.reads.push_back({ledger, mask});
    services.push_back(std::move(service));
  }
  return services;
}

}  // namespace

World::World(Scenario scenario, std::uint64_t seed)
    : scenario_(std::move(scenario)), chance_(seed), judge_(judged(scenario_)) {
  settings_.commands_max = 8;
  settings_.block_decisions_max = 2 + chance_.below(6);
  settings_.cache_entries_max = 1 + chance_.below(5);
  settings_.pinned_bytes_apply = 200 + chance_.below(4000);
  settings_.pinned_bytes_max = 1'000'000;
  settings_.follow_credit_bytes = 2'000 + chance_.below(50'000);
  settings_.idle_blocks_max = 6;
  settings_.pace_causes = 1 + chance_.below(6);
  const auto ms = [](std::uint32_t n) { return std::chrono::milliseconds(n); };
  settings_.pace_max = ms(1 + chance_.below(10));
  settings_.apply_every = ms(10 + chance_.below(150));
  settings_.apply_answer_max = ms(100 + chance_.below(300));
  settings_.stalled_after = ms(150 + chance_.below(200));
  settings_.unknown_after = ms(400 + chance_.below(400));
  settings_.retry_every = ms(10);
  settings_.read_wait_max = ms(50);
  settings_.barrier_max = ms(200);
  settings_.probe_every = ms(50 + chance_.below(200));
  settings_.timer_horizon = ms(30 + chance_.below(200)) * scenario_.clock_scale;
  settings_.timer_refill_every = ms(40 + chance_.below(100));
  relay_settings_.in_flight_max = 1 + chance_.below(5);
  relay_settings_.follow_credit_bytes = 2'000 + chance_.below(20'000);
  relay_settings_.answer_max = ms(100 + chance_.below(300));
  relay_settings_.retry_every = ms(10);
  for (auto& p : intensity_) p = chance_.below(1000);
  for (const auto& spec : scenario_.services) {
    for (std::uint32_t p = 0; p < spec.partitions; ++p) {
      auto part = std::make_unique<Partition>();
      part->id = {spec.name, p};
      part->service = &spec;
      v1::Genesis genesis;
      std::string ledger_id;
      append_u64_be(ledger_id, chance_.next());
      append_u64_be(ledger_id, chance_.next());
      genesis.set_ledger_id(ledger_id);
      genesis.set_topic(part->id.topic());
      genesis.set_partition(p);
      genesis.set_partition_count(spec.partitions);
      genesis.set_format(block::kFormat);
      index_[part->id] = partitions_.size();
      partitions_.push_back(std::move(part));
      append(*partitions_.back(), block::genesis(genesis, {kStartMicros}));
      for (int i = 0; i < 2; ++i) {
        auto replica = std::make_unique<Replica>();
        replica->number = replicas_.size();
        replica->world = this;
        replica->where = partitions_.back().get();
        replica->owner = i == 0 || chance_.permille(600);
        replica->clock =
            std::make_unique<WorldClock>(now_, replica->clock_offset, replica->clock_trusted, scenario_.clock_scale);
        replica->entropy = std::make_unique<WorldEntropy>(chance_);
        // Whoever dies of a cause is likely to die of it again.
        replica->suspect.dies = [this](const ledger::Suspect& suspect) {
          return roll(Fault::kDiesDeciding, suspect.attempt > 1 ? 800 : 6);
        };
        replicas_.push_back(std::move(replica));
      }
    }
  }
  judge_.set_rules(this, [](const void* world, const Cursor& cursor) -> const Rules* {
    const auto found = static_cast<const World*>(world)->releases_.find(cursor);
    return found ? found->rules.get() : nullptr;  // the store keeps every release
  });
  for (auto& replica : replicas_) start(*replica);
}

Instant World::latest_wall() const {
  std::int64_t latest = 0;
  for (const auto& replica : replicas_) latest = std::max(latest, replica->clock_offset);
  return {kStartMicros + (now_ + latest) * scenario_.clock_scale};
}

World::~World() = default;

bool World::roll(Fault fault, std::uint32_t permille) {
  if (!faults_ || scenario_.without == fault) return false;
  if (!chance_.permille(permille * intensity_[static_cast<std::size_t>(fault)] / 500)) return false;
  hit(fault);
  return true;
}

void World::start(Replica& replica) {
  replica.life = next_life_++;
  replica.log = std::make_unique<SimulatedLog>(*this, replica.number, replica.life);
  replica.projection = std::make_unique<SimulatedProjection>();
  if (replica.where->service->uses_rules) replica.releases = std::make_unique<SeenReleases>(releases_);
  replica.lane =
      std::make_unique<ledger::Lane>(replica.where->id, *replica.where->service->machine,
                                     ledger::LanePorts{*replica.log, *replica.projection, *replica.clock, *replica.entropy,
                                                       replica.suspect, replica, replica.releases.get()},
                                     settings_);
  start_relay(replica);
  if (replica.owner) deliver(replica, ledger::Assigned{});
}

void World::start_relay(Replica& replica) {
  replica.relay_log = std::make_unique<SimulatedLog>(*this, replica.number, replica.life);
  replica.publisher = std::make_unique<SimulatedPublisher>(*this, replica.number);
  replica.relay = std::make_unique<ledger::Relay>(
      replica.where->id, kPublicEvents,
      ledger::RelayPorts{*replica.relay_log, *replica.publisher, *replica.clock,
                         [&replica](const v1::RelayPosition& upto) { replica.lane->handle(ledger::Relayed{upto}); }},
      relay_settings_);
  if (replica.folded) replica.relay->folded(*replica.folded);
}

void World::crash(Replica& replica) {
  if (!replica.lane) return;
  const auto view = replica.lane->view();
  for (std::size_t i = 0; i < view.marks.size(); ++i) counts_.marks[i] += view.marks[i];
  replica.lane.reset();
  replica.relay.reset();
  replica.folded.reset();
  replica.life = 0;
  replica.restart_at = now_ + (1 + chance_.below(60)) * kStepMicros;
}

void World::deliver(Replica& replica, ledger::LaneMessage message) {
  if (!replica.lane) return;
  replica.lane->handle(std::move(message));
  if (chance_.permille(800)) pump(replica);
}

void World::pump(Replica& replica) {
  if (!replica.lane) return;
  try {
    replica.lane->pump();
  } catch (const DiedDeciding&) {
    judge_.died_deciding();
    return crash(replica);
  }
  if (replica.lane->state() == ledger::LaneState::kHalted)
    judge_.fail("lane halted: " + replica.lane->view().halted_because);
}

void World::append(Partition& where, const block::Record& record) {
  auto parsed = block::parse(where.id, record);
  where.log.emplace_back(record, parsed ? *parsed : nullptr);
  if (where.id.ledger == "catalogue") releases_.fold(static_cast<Offset>(where.log.size()) - 1, where.log.back().second);
  judge_.take(where.id, record.header, record.value);
  ++counts_.blocks;
}

// What a tool pointed at the wrong topic, or a producer that is none of ours, leaves behind.
void World::append_foreign(Partition& where, block::Record record) {
  if (chance_.permille(500)) {
    record.header.at(2) = static_cast<char>(record.header.at(2) ^ 1);  // of another ledger
  } else {
    record = {"?", "not a block"};
  }
  append(where, record);
}

std::optional<std::string> World::run() {
  // The more lanes share the steps, the more steps a lane needs to meet its faults.
  const std::uint64_t fault_steps = (400 + chance_.below(1600)) * replicas_.size() / 4;
  for (std::uint64_t at = 0;; ++at) {
    ++counts_.steps;
    if (at == fault_steps) heal();
    if (faults_) inject();
    step();
    now_ += kStepMicros;
    if (judge_.failure()) break;
    if (!faults_ && at % 32 == 0 && !unrest()) {
      check_rest();
      break;
    }
    if (at > fault_steps + kConvergeStepsMax) {
      judge_.fail("no convergence after heal: " + unrest().value_or("?"));
      break;
    }
  }
  for (const auto& replica : replicas_) {
    if (!replica->lane) continue;
    const auto view = replica->lane->view();
    for (std::size_t i = 0; i < view.marks.size(); ++i) counts_.marks[i] += view.marks[i];
  }
  counts_.voids = judge_.voids();
  counts_.decisions = judge_.decisions();
  counts_.relay_repeats = judge_.repeats();
  counts_.poisoned = judge_.poisons();
  return judge_.failure();
}

Hash World::fingerprint() const {
  crypto::Sha256 hasher;
  for (const auto& where : partitions_) {
    for (const auto& [record, block] : where->log) hasher.update(record.header).update(record.value);
  }
  return hasher.finish();
}

void World::inject() {
  Replica& replica = *replicas_[chance_.below(static_cast<std::uint32_t>(replicas_.size()))];
  if (roll(Fault::kCrash, 6)) crash(replica);
  if (replica.lane && roll(Fault::kRelayCrash, 6)) start_relay(replica);
  if (chance_.permille(6)) {
    const bool other_owns = replicas_[replica.number ^ 1U]->owner;
    if (!replica.owner && other_owns && scenario_.without == Fault::kTwoOwners) return;
    if (replica.owner && chance_.permille(400)) return;  // two owners last longer than one
    replica.owner = !replica.owner;
    if (replica.owner && other_owns) hit(Fault::kTwoOwners);
    deliver(replica, replica.owner ? ledger::LaneMessage(ledger::Assigned{}) : ledger::LaneMessage(ledger::Revoked{}));
  }
  if (roll(Fault::kFrozen, 4)) replica.frozen_until = now_ + (20 + chance_.below(600)) * kStepMicros;
  if (roll(Fault::kClockJumpForward, 3)) replica.clock_offset += chance_.below(200) * kStepMicros;
  if (roll(Fault::kClockJumpBack, 3)) replica.clock_offset -= chance_.below(200) * kStepMicros;
  if (roll(Fault::kClockUntrusted, 2)) replica.clock_trusted = false;
  if (chance_.permille(10)) replica.clock_trusted = true;
  Partition& where = *partitions_[chance_.below(static_cast<std::uint32_t>(partitions_.size()))];
  if (where.before_half && where.fall_back_at <= now_) {
    hit(Fault::kProjectionRolledBack);
    where.store = *std::exchange(where.before_half, std::nullopt);
  }
  if (roll(Fault::kProjectionWiped, 2)) where.store = {};
  if (!where.history.empty() && roll(Fault::kProjectionRolledBack, 12)) {
    std::size_t to = chance_.below(static_cast<std::uint32_t>(where.history.size()));
    // Many of them to an older state with the watermark of now: nothing but the values tells it from what was there.
    for (std::size_t i = where.history.size(); i-- > 0 && where.store.meta && chance_.permille(950);) {
      const auto& old = where.history[i];
      if (old.meta && old.meta->watermark() == where.store.meta->watermark()) to = i;
    }
    where.store = where.history[to];
  }
}

void World::heal() {
  faults_ = false;
  std::int64_t latest = 0;
  for (const auto& replica : replicas_) latest = std::max(latest, replica->clock_offset);
  for (auto& replica : replicas_) {
    replica->frozen_until = 0;
    replica->clock_offset = latest;
    replica->clock_trusted = true;
    const bool owner = replica->number % 2 == 0;
    if (!owner) {
      crash(*replica);
      replica->restart_at = INT64_MAX;
      replica->owner = false;
      continue;
    }
    if (!replica->owner) {
      replica->owner = true;
      deliver(*replica, ledger::Assigned{});
    }
  }
}

void World::step() {
  for (auto& replica : replicas_) {
    if (!replica->lane && replica->restart_at <= now_) start(*replica);
  }
  if (scenario_.act && chance_.permille(30)) scenario_.act(judge_, scenario_.requests);
  catalogue_step();
  // Beside the lanes' steps: they need theirs to recover within their time-outs.
  if (chance_.permille(200)) relay_step();
  if (chance_.permille(100)) publish_step();
  // However many lanes there are, each has its share of steps before a time-out.
  const std::size_t rounds = (replicas_.size() + kReplicasPerStep - 1) / kReplicasPerStep;
  for (std::size_t i = 0; i < rounds; ++i) lane_step();
}

void World::lane_step() {
  switch (chance_.below(11)) {
    case 10:
    case 0: client_step(); break;
    case 1: network_step(); break;
    case 2: answer_step(); break;
    case 3:
    case 4:
    case 5: fetch_step(); break;
    case 6:
    case 7: projection_step(); break;
    case 8: operator_step(); break;
    default: {
      Replica& replica = *replicas_[chance_.below(static_cast<std::uint32_t>(replicas_.size()))];
      if (replica.frozen_until <= now_) pump(replica);
      break;
    }
  }
}

// Replicas read the catalogue's ledger in their own time.
void World::catalogue_step() {
  if (!chance_.permille(100)) return;
  Replica& replica = *replicas_[chance_.below(static_cast<std::uint32_t>(replicas_.size()))];
  if (!replica.lane || !replica.releases || replica.frozen_until > now_) return;
  if (replica.releases->read_to >= releases_.next_offset()) return;
  ++replica.releases->read_to;
  deliver(replica, ledger::RulesChanged{});
}

void World::client_step() {
  const std::size_t number = chance_.below(static_cast<std::uint32_t>(scenario_.requests.size()));
  ClientRequest& request = scenario_.requests[number];
  for (const auto before : request.after) {
    if (!scenario_.requests[before].answered) return;
  }
  const bool done = request.answered || request.refused;
  bool reused = false;
  if (done) {
    if (!roll(Fault::kRequestRepeated, 100)) return;
    reused = request.answered && roll(Fault::kRequestReused, 400);
  }
  const std::size_t first = index_.at(request.where) * 2;
  Replica& replica = *replicas_[first + (faults_ ? chance_.below(2) : 0)];
  if (replica.frozen_until <= now_) submit(request, replica, reused);
}

void World::submit(ClientRequest& request, Replica& replica, bool reused) {
  if (!replica.lane) return;
  ledger::CommandRequest command;
  command.dossier = request.dossier;
  command.request = request.id;
  command.digest.bytes[0] = reused ? 2 : 1;
  command.principal = request.principal;
  command.type = request.type;
  command.body = request.body;
  const auto number = static_cast<std::size_t>(&request - scenario_.requests.data());
  const auto arrived = static_cast<Offset>(replica.where->log.size());
  command.reply = [this, number, arrived, reused](const ledger::Reply& reply) { on_reply(number, arrived, reused, reply); };
  deliver(replica, std::move(command));
}

void World::on_reply(std::size_t number, Offset arrived, bool reused, const ledger::Reply& reply) {
  ClientRequest& request = scenario_.requests[number];
  const std::string id(request.id.view());
  if (reply.error) {
    const auto code = reply.error->code;
    request.last_error = reply.error->reason;
    if (code == ErrorCode::kUnavailable || code == ErrorCode::kResourceExhausted) return;
    if (code == ErrorCode::kAlreadyExists) {
      if (!reused) judge_.fail("a request was refused as reused that was not");
      return;
    }
    if (request.last_error == "POISON") return judge_.poisoned();
    if (reused) return judge_.fail("other content under a known request id was not refused as such");
    judge_.refused(request.where, request.dossier, id, arrived,
                   {request.type, request.body, request.principal, "", request.id, {}}, reply.error->reason);
    if (roll(Fault::kReplyLost, 100)) return;
    if (!request.answered && chance_.permille(500)) request.refused = true;
    return;
  }
  if (reused) return judge_.fail("other content under a known request id was accepted");
  judge_.acknowledged(request.where, request.dossier, id, reply.dossier_seq);
  if (roll(Fault::kReplyLost, 100)) return;
  if (request.answered && request.seq != reply.dossier_seq) judge_.fail("two replies for one request id");
  request.answered = true;
  request.seq = reply.dossier_seq;
}

void World::network_step() {
  if (network_.empty() || roll(Fault::kAppendDelayed, 500)) return;
  std::size_t at = 0;
  if (network_.size() > 1 && roll(Fault::kAppendReordered, 500))
    at = 1 + chance_.below(static_cast<std::uint32_t>(network_.size() - 1));
  InFlight flight = network_[at];
  if (roll(Fault::kAppendDropped, 60)) {
    network_.erase(network_.begin() + static_cast<std::ptrdiff_t>(at));
    return;
  }
  Replica& replica = *replicas_[flight.replica];
  const bool alive = replica.lane && replica.life == flight.life;
  if (!alive || replica.log->appender_ != flight.appender) {
    if (scenario_.without == Fault::kAppendAfterDestroy) {
      network_.erase(network_.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    }
    hit(Fault::kAppendAfterDestroy);
  }
  Partition& where = partition(flight.partition);
  if (roll(Fault::kForeignRecord, 30)) append_foreign(where, flight.record);
  append(where, flight.record);
  const auto offset = static_cast<Offset>(where.log.size()) - 1;
  if (!roll(Fault::kAppendDuplicated, 40)) network_.erase(network_.begin() + static_cast<std::ptrdiff_t>(at));
  if (roll(Fault::kReportLost, 60)) return;
  ports::LogMessage report = ports::Appended{flight.ticket, offset};
  if (roll(Fault::kReportWithoutOffset, 60)) report = ports::Appended{flight.ticket, std::nullopt};
  if (roll(Fault::kReportFatal, 30)) report = ports::AppendFailed{flight.ticket, true, "fatal"};
  answers_.push_back({flight.replica, flight.life, flight.appender, std::move(report)});
}

void World::answer_step() {
  // Questions for the end of the log are answered as of a moment after they were asked.
  Replica& asked = *replicas_[chance_.below(static_cast<std::uint32_t>(replicas_.size()))];
  if (asked.lane && !asked.log->ends_.empty()) {
    const auto [where, ticket] = asked.log->ends_.front();
    asked.log->ends_.pop_front();
    ports::EndOffset answer{ticket, static_cast<Offset>(partition(where).log.size())};
    if (roll(Fault::kEndOffsetFails, 100)) answer.offset.reset();
    answers_.push_back({asked.number, asked.life, 0, answer});
  }
  for (int i = 0; i < 2 && !answers_.empty(); ++i) {
    const std::size_t at = chance_.below(static_cast<std::uint32_t>(answers_.size()));
    Answer answer = std::move(answers_[at]);
    Replica& replica = *replicas_[answer.replica];
    if (replica.frozen_until > now_) {
      answers_[at] = std::move(answer);
      return;
    }
    answers_.erase(answers_.begin() + static_cast<std::ptrdiff_t>(at));
    if (!replica.lane || replica.life != answer.life) continue;
    if (answer.appender != 0 && replica.log->appender_ != answer.appender) continue;
    deliver(replica, std::move(answer.message));
  }
}

void World::fetch_step() {
  Replica& replica = *replicas_[chance_.below(static_cast<std::uint32_t>(replicas_.size()))];
  if (!replica.lane || replica.frozen_until > now_ || replica.log->followers_.empty()) return;
  if (roll(Fault::kFetchDelayed, 300)) return;
  if (roll(Fault::kFetchDelayed, 15)) replica.slow_until = now_ + (50 + chance_.below(500)) * kStepMicros;
  if (faults_ && replica.slow_until > now_) return;
  auto& followers = replica.log->followers_;
  const std::size_t start = chance_.below(static_cast<std::uint32_t>(followers.size()));
  for (std::size_t i = 0; i < followers.size(); ++i) {
    auto& follower = followers[(start + i) % followers.size()];
    const auto& log = partition(follower.partition).log;
    if (follower.credit <= 0 || follower.next >= static_cast<Offset>(log.size())) continue;
    const auto& [record, block] = log[static_cast<std::size_t>(follower.next)];
    follower.credit -= static_cast<std::int64_t>(record.header.size() + record.value.size());
    ports::Fetched fetched{follower.id, follower.next++, block, {}};
    deliver(replica, ports::LogMessage(std::move(fetched)));
    return;
  }
}

bool World::apply(Replica& replica, Partition& where, Offset expected, const ports::ApplyBatch& batch, ports::Ticket ticket,
                  bool half) {
  Store& store = where.store;
  const Offset actual = store.meta ? store.meta->watermark() : 0;
  const bool fits = actual == expected && (!store.meta || store.meta->genesis_hash() == batch.meta.genesis_hash());
  if (!fits && !ledger::mutant(ledger::Mutant::kApplyWithoutWatermark)) {
    replica.projection->answers_.push_back(ports::Mismatch{ticket, actual});
    return false;
  }
  if (half) {
    if (scenario_.without != Fault::kProjectionRolledBack && chance_.permille(500)) {
      where.before_half = store;
      where.fall_back_at = now_ + (20 + chance_.below(300)) * kStepMicros;
    }
    if (ledger::mutant(ledger::Mutant::kWatermarkFirst)) {
      store.meta = batch.meta;
      return false;
    }
    for (const auto& change : batch.changes) {
      if (chance_.permille(500))
        store.values[change.value.dossier] = {change.value.asof, change.value.bytes, change.entries};
    }
    if (chance_.permille(500)) where.history.push_back(store);
    return false;
  }
  for (const auto& change : batch.changes) {
    store.values[change.value.dossier] = {change.value.asof, change.value.bytes, change.entries};
    judge_.projected(where.id, change.value.dossier, change.value.asof, change.value.bytes);
  }
  store.meta = batch.meta;
  judge_.projected(where.id, batch.meta);
  where.history.push_back(store);
  return true;
}

void World::projection_step() {
  Replica& replica = *replicas_[chance_.below(static_cast<std::uint32_t>(replicas_.size()))];
  if (!replica.lane) return;
  auto& projection = *replica.projection;
  Partition& where = *replica.where;
  if (!projection.requests_.empty() && !roll(Fault::kProjectionLate, 300)) {
    auto request = std::move(projection.requests_.front());
    projection.requests_.pop_front();
    if (roll(Fault::kProjectionFails, 40)) {
      projection.answers_.push_back(ports::ProjectionFailed{request.ticket, "simulated"});
      return;
    }
    Store& store = where.store;
    const Offset actual = store.meta ? store.meta->watermark() : 0;
    std::visit(Overloaded{[&](const SimulatedProjection::Open&) {
                            projection.answers_.push_back(ports::Opened{request.ticket, store.meta});
                          },
                          [&](const SimulatedProjection::Load& load) {
                            if (actual != load.expected && !ledger::mutant(ledger::Mutant::kLoadWithoutWatermark)) {
                              projection.answers_.push_back(ports::Mismatch{request.ticket, actual});
                              return;
                            }
                            ports::Loaded answer{request.ticket, {}};
                            for (const auto& id : load.ids) {
                              const auto it = store.values.find(id);
                              if (it == store.values.end()) {
                                answer.values.push_back({id, 0, ""});
                              } else {
                                answer.values.push_back({id, it->second.asof, it->second.bytes});
                              }
                            }
                            projection.answers_.push_back(std::move(answer));
                          },
                          [&](const SimulatedProjection::Apply& call) {
                            const bool half = roll(Fault::kApplyHalf, 250);
                            const bool done = apply(replica, where, call.expected, call.batch, request.ticket, half);
                            if (half && chance_.permille(500)) return crash(replica);
                            if (half && chance_.permille(500))
                              projection.answers_.push_back(ports::ProjectionFailed{request.ticket, "half"});
                            if (!done || roll(Fault::kApplyAnswerLost, 100)) return;
                            projection.answers_.push_back(ports::Applied{request.ticket});
                          },
                          [&](const SimulatedProjection::Scan& scan) {
                            if (actual != scan.expected) {
                              projection.answers_.push_back(ports::Mismatch{request.ticket, actual});
                              return;
                            }
                            ports::Scanned answer{request.ticket, {}};
                            for (const auto& [id, value] : store.values) {
                              for (const auto& entry : value.entries) {
                                if (entry.index == scan.index && entry.score <= scan.until) {
                                  answer.hits.push_back({entry.key, entry.score, id, entry.suffix});
                                }
                              }
                            }
                            projection.answers_.push_back(std::move(answer));
                          },
                          [&](const SimulatedProjection::Reset&) {
                            store = {};
                            projection.answers_.push_back(ports::Applied{request.ticket});
                          }},
               request.what);
  }
  if (!replica.lane) return;
  if (projection.answers_.empty() || replica.frozen_until > now_) return;
  auto answer = std::move(projection.answers_.front());
  projection.answers_.pop_front();
  deliver(replica, std::move(answer));
}

void World::operator_step() {
  if (!calls_.empty() && chance_.permille(500)) {
    const std::size_t at = chance_.below(static_cast<std::uint32_t>(calls_.size()));
    const Call call = calls_[at];
    calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(at));
    const auto& effect = call.effect;
    auto result =
        scenario_.carry_out ? scenario_.carry_out(effect, chance_, scenario_.requests) : std::optional<std::string>("done");
    if (!result) return calls_.push_back(call);
    deliver(*replicas_[call.replica],
            ledger::OutcomeReport{effect.dossier, effect.seq, effect.index, 1, *std::move(result)});
    return;
  }
  Replica& replica = *replicas_[chance_.below(static_cast<std::uint32_t>(replicas_.size()))];
  if (!replica.lane || replica.frozen_until > now_) return;
  for (const auto& [id, dossier] : judge_.dossiers(replica.where->id)) {
    if (!dossier.parked || !chance_.permille(400)) continue;
    const auto& front = dossier.queue.front();
    ledger::ResumeRequest request;
    request.dossier = id;
    request.ref.set_ledger(front.ledger);
    request.ref.set_block_seq(front.block_seq);
    request.ref.set_index(front.index);
    request.ref.set_offset(front.offset);
    request.ref.set_hash(std::string(partition({front.ledger, replica.where->id.partition})
                                         .log[static_cast<std::size_t>(front.offset)]
                                         .second->hash()
                                         .view()));
    // Some confirm what nobody, or they themselves, have proposed.
    const auto word = chance_.below(10);
    request.action = word < 4   ? v1::Cause::Resume::ACTION_RETRY
                     : word < 7 ? v1::Cause::Resume::ACTION_PROPOSE_SKIP
                                : v1::Cause::Resume::ACTION_SKIP;
    request.person = chance_.permille(500) ? "operator/anh" : "operator/binh";
    request.reason_code = "SIMULATED";
    request.reply = [](const ledger::Reply&) {};
    deliver(replica, std::move(request));
  }
}

void World::relay_step() {
  Replica& replica = *replicas_[chance_.below(static_cast<std::uint32_t>(replicas_.size()))];
  if (!replica.lane || replica.frozen_until > now_) return;
  for (auto& follower : replica.relay_log->followers_) {
    const auto& log = partition(follower.partition).log;
    if (follower.credit <= 0 || follower.next >= static_cast<Offset>(log.size())) continue;
    const auto& [record, block] = log[static_cast<std::size_t>(follower.next)];
    follower.credit -= static_cast<std::int64_t>(record.header.size() + record.value.size());
    replica.relay->handle(ports::Fetched{follower.id, follower.next++, block, {}});
    break;
  }
  replica.relay->pump();
}

void World::publish_step() {
  if (publications_.empty()) return;
  const std::uint64_t epoch = publications_[chance_.below(static_cast<std::uint32_t>(publications_.size()))].epoch;
  const auto of_epoch = [epoch](const Publication& other) { return other.epoch == epoch; };
  const auto first = std::find_if(publications_.begin(), publications_.end(), of_epoch);
  const Publication publication = *first;
  publications_.erase(first);
  Replica& replica = *replicas_[publication.replica];
  const bool awaited = replica.lane && replica.publisher->epoch_ == epoch;
  if (!awaited) {
    if (scenario_.without == Fault::kPublishedAfterReset) return;
    hit(Fault::kPublishedAfterReset);
  }
  const auto fail = [&] {
    std::erase_if(publications_, of_epoch);
    if (!awaited) return;
    replica.publisher->failed_ = true;
    replica.relay->handle(ports::Published{publication.ticket, false});
  };
  if (roll(Fault::kPublishFails, 60)) return fail();
  judge_.published(publication.partition, publication.block_seq, publication.leaf);
  if (roll(Fault::kPublishReportLost, 60)) {
    if (chance_.permille(500)) fail();
    return;
  }
  if (awaited) replica.relay->handle(ports::Published{publication.ticket, true});
}

std::optional<std::string> World::unrest() {
  if (!network_.empty()) return "an append under way";
  for (std::size_t i = 0; i < scenario_.requests.size(); ++i) {
    const auto& request = scenario_.requests[i];
    if (request.answered || request.refused) continue;
    const bool blocked = std::any_of(request.after.begin(), request.after.end(),
                                     [&](std::size_t n) { return scenario_.requests[n].refused; });
    if (!blocked) {
      return "request " + std::to_string(i) + " to " + request.where.ledger + " without answer; the last one was " +
             (request.last_error.empty() ? "none" : request.last_error);
    }
  }
  for (std::size_t i = 0; i < replicas_.size(); i += 2) {
    Replica& replica = *replicas_[i];
    const std::string name = replica.where->id.ledger + "/" + std::to_string(replica.where->id.partition);
    if (!replica.lane) return name + " is down";
    const auto view = replica.lane->view();
    const auto end = static_cast<Offset>(replica.where->log.size());
    if (view.state != ledger::LaneState::kServing) return name + " is " + std::string(to_string(view.state));
    if (view.in_flight || view.commands_waiting > 0) return name + " has work";
    if (view.tail != end || view.watermark != end) {
      return name + " end " + std::to_string(end) + " tail " + std::to_string(view.tail) + " watermark " +
             std::to_string(view.watermark);
    }
    if (!judge_.told(replica.where->id)) return name + " has decisions to publish";
    if (!judge_.consumed(replica.where->id)) return name + " has inputs to take";
    for (const auto& [id, dossier] : judge_.dossiers(replica.where->id)) {
      if (dossier.parked || !dossier.queue.empty()) return name + " has a parked dossier";
      if (!dossier.intents.empty()) return name + " has an open intent";
      for (const auto& [timer, at] : dossier.timers) {
        if (at.due != 0 && at.due <= latest_wall().micros + 100'000) return name + " has a timer to fire";
      }
    }
  }
  for (const auto& where : partitions_) {
    const bool complete = where->store.meta && where->store.meta->watermark() == static_cast<Offset>(where->log.size());
    if (!complete) return where->id.ledger + " has an incomplete projection";
  }
  return std::nullopt;
}

void World::check_rest() {
  if (scenario_.check) {
    if (auto wrong = scenario_.check(judge_)) return judge_.fail(*std::move(wrong));
  }
  // B11: at rest the projection is the fold, value by value and entry by entry.
  for (auto& where : partitions_) {
    judge_.projected(where->id, *where->store.meta);
    std::size_t known = 0;
    for (const auto& [id, dossier] : judge_.dossiers(where->id)) {
      if (dossier.seq == 0) continue;
      ++known;
      const auto it = where->store.values.find(id);
      if (it == where->store.values.end() || it->second.asof != dossier.asof) {
        return judge_.fail("projection misses a value at rest");
      }
      judge_.projected(where->id, id, it->second.asof, it->second.bytes);
      v1::DossierValue value;
      value.ParseFromString(it->second.bytes);
      auto entries = ledger::all_entries(*where->service->machine, value);
      if (entries != it->second.entries) judge_.fail("projection index differs from the fold at rest");
    }
    if (known != where->store.values.size()) judge_.fail("projection has values that the log has not");
  }
}

}  // namespace lienthong::simulation
