#include "simulation/judge.h"

#include "platform/base/encoding.h"
#include "platform/crypto/sha256.h"

#include <algorithm>

namespace lienthong::simulation {
namespace {

std::string sha(std::initializer_list<std::string_view> parts) { return std::string(crypto::sha256(parts).view()); }

Judge::Ref ref_of(const v1::SourceRef& wire) { return {wire.ledger(), wire.block_seq(), wire.index(), wire.offset()}; }

// Order of causes inside a block (ledger.md 1): inputs, drains, outcomes, resumes, timers, commands.
int phase_of(const v1::Cause& cause) {
  switch (cause.kind_case()) {
    case v1::Cause::kInput:
    case v1::Cause::kPark:
    case v1::Cause::kQueued: return 0;
    case v1::Cause::kDrain: return 1;
    case v1::Cause::kOutcome: return 2;
    case v1::Cause::kResume: return 3;
    case v1::Cause::kTimer: return 4;
    case v1::Cause::kReview: return 4;
    case v1::Cause::kCommand: return 5;
    case v1::Cause::KIND_NOT_SET: return 9;
  }
  return 9;
}

// Of the counters `<series>|<period>` only the one numbered last stays.
void forget_past_periods(std::map<std::string, std::uint64_t, std::less<>>& kept,
                         std::map<std::string, std::uint64_t, std::less<>>& replayed) {
  for (auto* counters : {&kept, &replayed}) {
    std::map<std::string, std::string> last;
    for (const auto& [key, value] : *counters) {
      if (const auto bar = key.rfind('|'); bar != std::string::npos)
        last[key.substr(0, bar)] = std::max(last[key.substr(0, bar)], key);
    }
    std::erase_if(*counters, [&](const auto& entry) {
      const auto bar = entry.first.rfind('|');
      return bar != std::string::npos && last[entry.first.substr(0, bar)] != entry.first;
    });
  }
}

class JudgeContext final : public Context {
 public:
  JudgeContext(const std::string& ledger_id, const v1::Leaf& leaf, std::int64_t decided_at,
               std::map<std::string, std::uint64_t, std::less<>>& counters)
      : ledger_id_(ledger_id), leaf_(leaf), decided_at_(decided_at), counters_(counters) {}
  Instant decided_at() const override { return {decided_at_}; }
  DossierId dossier() const override { return *DossierId::from(leaf_.dossier_id()); }
  std::uint64_t dossier_seq() const override { return leaf_.dossier_seq(); }
  Salt salt() const override { return Salt::from(leaf_.salt()).value_or(Salt{}); }
  DerivedId derive_id(std::uint32_t n) const override {
    std::string tail;
    append_u64_be(tail, leaf_.dossier_seq());
    append_u32_be(tail, n);
    return *DerivedId::from(std::string_view(sha({"id1", ledger_id_, leaf_.dossier_id(), tail})).substr(0, 16));
  }
  std::uint64_t next_number(std::string_view key) override { return ++counters_[std::string(key)]; }

 private:
  const std::string& ledger_id_;
  const v1::Leaf& leaf_;
  std::int64_t decided_at_;
  std::map<std::string, std::uint64_t, std::less<>>& counters_;
};

bool same_events(const Verdict& verdict, const v1::Leaf& leaf) {
  if (static_cast<int>(verdict.events.size()) != leaf.events_size()) return false;
  for (std::size_t i = 0; i < verdict.events.size(); ++i) {
    if (verdict.events[i].SerializeAsString() != leaf.events(static_cast<int>(i)).SerializeAsString()) return false;
  }
  if (static_cast<int>(verdict.intents.size()) != leaf.intents_size()) return false;
  for (std::size_t i = 0; i < verdict.intents.size(); ++i) {
    const auto& recorded = leaf.intents(static_cast<int>(i));
    if (verdict.intents[i].type != recorded.type() || verdict.intents[i].payload != recorded.payload()) return false;
  }
  return true;
}

/// The id of a timer and when it is due, 0 for never.
std::pair<TimerId, std::int64_t> wish_of(const TimerChange& change) {
  if (const auto* arm = std::get_if<ArmTimer>(&change)) return {arm->id, std::max<std::int64_t>(arm->due.micros, 1)};
  return {std::get<ClearTimer>(change).id, 0};
}

bool same_timers(const Verdict& verdict, const v1::Leaf& leaf) {
  return std::equal(verdict.timers.begin(), verdict.timers.end(), leaf.timers().begin(), leaf.timers().end(),
                    [](const TimerChange& wanted, const v1::TimerChange& recorded) {
                      return wish_of(wanted) == std::pair<TimerId, std::int64_t>(recorded.id(), recorded.due());
                    });
}

/// Why an input is parked of which processes died.
constexpr std::string_view kPoison = "CRASHED";

}  // namespace

/// What a block under execution has used so far.
struct Judge::Replay {
  std::int64_t decided_at = 0;
  std::uint64_t block_seq = 0;
  Offset offset = 0;
  const Rules* rules = nullptr;
  std::map<std::string, std::uint64_t, std::less<>> counters;
  std::map<LedgerName, Cursor> cursors;
  int phase = 0;
};

Judge::Partition& Judge::open(const LedgerPartition& id) {
  auto [it, fresh] = partitions_.try_emplace(id);
  if (fresh) {
    for (const auto& service : services_) {
      if (service.name == id.ledger) it->second.service = &service;
    }
  }
  return it->second;
}

const Judge::Partition& Judge::find(const LedgerPartition& id) const { return partitions_.at(id); }

void Judge::take(const LedgerPartition& id, std::string_view header, std::string_view value) {
  Partition& partition = open(id);
  const Offset offset = partition.end++;
  if (failure_) return;
  if (header.size() < 92) return;  // rule 0
  const std::string ledger_id(header.substr(2, 16));
  const std::uint64_t seq = read_u64_be(header.substr(18));
  const std::string prev(header.substr(26, 32));
  if (!partition.born) {
    partition.ledger_id = ledger_id;
  } else {
    if (ledger_id != partition.ledger_id) return;
    if (seq <= partition.seq) {
      ++voids_;
      return;
    }
    if (seq != partition.seq + 1 || prev != partition.hash) return fail("FAULT in a legal log: " + id.ledger);
  }
  Effective block;
  block.offset = offset;
  const std::size_t core_size = read_u32_be(value);
  const std::string core_bytes(value.substr(4, core_size));
  if (!block.core.ParseFromString(core_bytes)) return fail("a core that can't be read");
  std::string_view rest = value.substr(4 + core_size);
  std::vector<std::string> leaf_bytes;
  std::string hashes;
  for (const auto size : block.core.leaf_size()) {
    leaf_bytes.emplace_back(rest.substr(0, size));
    rest.remove_prefix(size);
    hashes += sha({leaf_bytes.back()});
    if (!block.leaves.emplace_back().ParseFromString(leaf_bytes.back())) return fail("a leaf that can't be read");
  }
  std::string front = "blk1";
  const std::string topic = "lienthong." + id.ledger + ".ledger";
  append_u16_be(front, static_cast<std::uint16_t>(topic.size()));
  front += topic + ledger_id;
  append_u32_be(front, id.partition);
  append_u64_be(front, seq);
  block.hash = sha({front, prev, sha({core_bytes}), hashes});
  partition.seq = seq;
  partition.hash = block.hash;
  if (partition.born) {
    execute(id, partition, block, leaf_bytes);
    note_public(id, partition, seq, block);
  } else {
    partition.born = true;
    partition.decided_at = block.core.decided_at();
  }
  partition.blocks.push_back(std::move(block));
  partition.counters_at.push_back(partition.counters);
  partition.cursors_at.push_back(partition.cursors);
}

const v1::Leaf* Judge::source_leaf(const LedgerPartition& id, const Ref& ref) const {
  const auto it = partitions_.find({ref.ledger, id.partition});
  if (it == partitions_.end() || ref.block_seq >= it->second.blocks.size()) return nullptr;
  const auto& leaves = it->second.blocks[ref.block_seq].leaves;
  return ref.index < leaves.size() ? &leaves[ref.index] : nullptr;
}

// Moves `at` behind the next decision inside the reader's mask.
bool Judge::next_input(const LedgerPartition& id, const Partition&, const Reader& reader, Cursor& at, Ref& ref) const {
  const auto it = partitions_.find({reader.ledger, id.partition});
  if (it == partitions_.end()) return false;
  const auto& blocks = it->second.blocks;
  std::uint64_t seq = at.block_seq;
  std::uint32_t index = at.index;
  for (; seq < blocks.size(); ++seq, index = 0) {
    const auto& block = blocks[seq];
    for (; index < block.leaves.size(); ++index) {
      std::uint64_t events = 0;
      for (const auto& event : block.leaves[index].events()) events |= mask_of(event.type());
      if ((events & reader.mask) == 0) continue;
      ref = {reader.ledger, seq, index, block.offset};
      at.block_seq = seq;
      at.index = index + 1;
      return true;
    }
  }
  return false;
}

void Judge::execute(const LedgerPartition& id, Partition& partition, Effective& block,
                    const std::vector<std::string>& leaf_bytes) {
  Replay replay;
  replay.decided_at = block.core.decided_at();
  replay.block_seq = partition.seq;
  replay.offset = block.offset;
  replay.counters = partition.counters;
  replay.cursors = partition.cursors;
  if (replay.decided_at < partition.decided_at) return fail("time went back between two blocks");
  partition.decided_at = replay.decided_at;
  for (const auto& wire : block.core.inputs()) {
    Cursor cursor{wire.offset(), wire.block_seq(), wire.index(), *Hash::from(wire.hash())};
    const auto old = partition.cursors.find(wire.ledger());
    if (old != partition.cursors.end() && !old->second.before(cursor)) return fail("cursor moved backwards: " + id.ledger);
    const auto source = partitions_.find({wire.ledger(), wire.ledger() == "catalogue" ? 0 : id.partition});
    const bool exists = source != partitions_.end() && cursor.block_seq < source->second.blocks.size() &&
                        source->second.blocks[cursor.block_seq].hash == cursor.hash.view() &&
                        source->second.blocks[cursor.block_seq].offset == cursor.offset &&
                        cursor.index <= source->second.blocks[cursor.block_seq].leaves.size();
    if (!exists) return fail("cursor names no effective block of " + wire.ledger());
    partition.cursors[wire.ledger()] = cursor;
  }
  if (rules_find_ != nullptr) {
    const auto cursor = partition.cursors.find("catalogue");
    if (cursor != partition.cursors.end()) replay.rules = rules_find_(rules_world_, cursor->second);
  }
  for (std::size_t i = 0; i < block.leaves.size() && !failure_; ++i) {
    execute_leaf(id, partition, replay, block.leaves[i], leaf_bytes[i]);
  }
  if (failure_) return;
  for (const auto& reader : partition.service->reads) {
    Cursor at = replay.cursors[reader.ledger];
    const auto now = partition.cursors.find(reader.ledger);
    if (now == partition.cursors.end()) {
      if (at.block_seq != 0) return fail("inputs were taken and the cursor is not in the block");
      continue;
    }
    if (now->second.before(at)) return fail("input decision outside the cursor range");
    Ref ref;
    if (next_input(id, partition, reader, at, ref) && !now->second.before(at)) return fail("input skipped by the cursor");
  }
  for (const auto& counter : block.core.counters()) partition.counters[counter.key()] = counter.value();
  forget_past_periods(partition.counters, replay.counters);
  if (partition.counters != replay.counters) return fail("block counters differ from the fold");
}

void Judge::execute_leaf(const LedgerPartition& id, Partition& partition, Replay& replay, const v1::Leaf& leaf,
                         const std::string& bytes) {
  ++decisions_;
  const Service& service = *partition.service;
  const auto& cause = leaf.cause();
  const int phase = phase_of(cause);
  if (phase < replay.phase) return fail("causes of a block are not in their order");
  replay.phase = phase;
  const auto dossier_id = DossierId::from(leaf.dossier_id());
  if (!dossier_id) return fail("a leaf without dossier");
  Dossier& dossier = partition.dossiers[*dossier_id];
  if (leaf.dossier_seq() != dossier.seq + 1) return fail("dossier sequence broken");
  if (leaf.dossier_prev() != dossier.last_leaf) return fail("dossier chain broken");

  JudgeContext context(partition.ledger_id, leaf, replay.decided_at, replay.counters);
  const auto counters_before = replay.counters;
  Verdict verdict;
  const auto input = [&](const Ref& ref, bool drained) {
    const v1::Leaf* source = source_leaf(id, ref);
    if (source == nullptr) return fail("input that is in no effective source block");
    if (source->dossier_id() != leaf.dossier_id()) return fail("input of another dossier");
    verdict = service.oracle->decide(context, replay.rules, dossier.state,
                                     ledger::InputCause{ref.ledger, source, drained && dossier.forced});
    if (verdict.refusal) replay.counters = counters_before;
  };
  const auto in_order = [&](const Ref& ref) {
    const auto reader =
        std::find_if(service.reads.begin(), service.reads.end(), [&](const Reader& r) { return r.ledger == ref.ledger; });
    if (reader == service.reads.end()) return fail("input of a ledger that is not read");
    Ref expected;
    if (!next_input(id, partition, *reader, replay.cursors[ref.ledger], expected) || expected != ref) {
      return fail("input skipped, repeated or out of order");
    }
    if (!partition.handled.insert(ref).second) return fail("input handled twice");
  };
  const bool waits = dossier.parked || !dossier.queue.empty();
  switch (cause.kind_case()) {
    case v1::Cause::kInput: {
      const Ref ref = ref_of(cause.input().ref());
      in_order(ref);
      if (failure_) return;
      if (waits) return fail("an input overtakes the queue of its dossier");
      input(ref, false);
      if (verdict.refusal) return fail("an input that had to be parked was taken");
      break;
    }
    case v1::Cause::kQueued:
      in_order(ref_of(cause.queued().ref()));
      if (failure_) return;
      if (!waits) return fail("an input was queued without need");
      break;
    case v1::Cause::kPark:
      in_order(ref_of(cause.park().ref()));
      if (failure_) return;
      if (waits) return fail("an input was parked that had to be queued");
      input(ref_of(cause.park().ref()), false);
      if (cause.park().reason() == kPoison) {
        poisoned();
        replay.counters = counters_before;
      } else if (!failure_ && !verdict.refusal) {
        return fail("an input was parked that can be decided");
      }
      verdict = {};
      break;
    case v1::Cause::kDrain: {
      const Ref ref = ref_of(cause.drain().ref());
      if (dossier.parked || dossier.queue.empty() || dossier.queue.front() != ref) return fail("drain out of order");
      input(ref, true);
      if (cause.drain().park_reason() == kPoison) {
        poisoned();
        verdict = {};
        replay.counters = counters_before;
      }
      if (failure_) return;
      if (verdict.refusal.has_value() == (cause.drain().park_reason().empty() || cause.drain().park_reason() == kPoison))
        return fail("queued input decided on another state");
      if (verdict.refusal) verdict = {};
      break;
    }
    case v1::Cause::kResume:
      if (!dossier.parked || dossier.queue.empty() || dossier.queue.front() != ref_of(cause.resume().ref())) {
        return fail("resume of something not parked");
      }
      if (cause.resume().action() == v1::Cause::Resume::ACTION_SKIP) {
        const auto& persons = cause.resume().approvers();
        if (dossier.skip_proposed_by.empty() || persons.size() != 2 || persons[0] != dossier.skip_proposed_by ||
            persons[1] == persons[0]) {
          return fail("an input was left out by less than two persons");
        }
      }
      break;
    case v1::Cause::kTimer: {
      const auto timer = dossier.timers.find(cause.timer().id());
      if (timer == dossier.timers.end() || timer->second.due == 0 ||
          timer->second.generation != cause.timer().generation()) {
        return fail("timer fired for an old generation or twice");
      }
      if (timer->second.due > replay.decided_at) return fail("timer fired early");
      if (waits) return fail("timer fired on a parked dossier");
      verdict = service.oracle->decide(context, replay.rules, dossier.state, ledger::TimerCause{cause.timer().id()});
      if (verdict.refusal) verdict = {};
      break;
    }
    case v1::Cause::kOutcome: {
      const auto open = dossier.intent_bodies.find({cause.outcome().dossier_seq(), cause.outcome().index()});
      if (open == dossier.intent_bodies.end()) return fail("outcome without open intent");
      verdict =
          service.oracle->decide(context, replay.rules, dossier.state,
                                 ledger::OutcomeCause{&open->second, cause.outcome().attempt(), cause.outcome().result()});
      if (verdict.refusal) verdict = {};
      break;
    }
    case v1::Cause::kReview:
      verdict = service.oracle->decide(context, replay.rules, dossier.state,
                                       ledger::ReviewCause{cause.review().catalogue_version()});
      break;
    case v1::Cause::kCommand: {
      const auto& command = cause.command();
      if (dossier.requests.contains(command.request_id())) return fail("command applied twice");
      if (waits) return fail("command decided on a parked dossier");
      verdict = service.oracle->decide(
          context, replay.rules, dossier.state,
          ledger::CommandCause{command.type(), command.body(), command.principal(), command.actor(),
                               RequestId::from(command.request_id()).value_or(RequestId{}), Instant{command.issued_at()}});
      if (verdict.refusal) return fail("command decided on another state: " + verdict.refusal->reason);
      break;
    }
    case v1::Cause::KIND_NOT_SET: return fail("a leaf without cause");
  }
  if (failure_) return;
  if (!same_events(verdict, leaf)) return fail("decision differs when executed again: " + id.ledger);
  if (!same_timers(verdict, leaf)) return fail("timers differ when executed again");
  for (const auto& change : leaf.timers()) {
    if (change.generation() <= dossier.timers[change.id()].generation) return fail("timer generation not raised");
  }
  apply(dossier, service, leaf, bytes, replay.block_seq);
  partition.versions[*dossier_id].push_back({replay.offset, dossier});
}

void Judge::apply(Dossier& dossier, const Service& service, const v1::Leaf& leaf, const std::string& bytes,
                  std::uint64_t block_seq) {
  dossier.seq = leaf.dossier_seq();
  dossier.asof = block_seq;
  dossier.last_leaf = sha({bytes});
  const auto& cause = leaf.cause();
  if (cause.has_command()) dossier.requests[cause.command().request_id()] = {cause.command().digest(), leaf.dossier_seq()};
  if (cause.has_park()) {
    dossier.parked = true;
    dossier.queue.push_back(ref_of(cause.park().ref()));
  }
  if (cause.has_queued()) dossier.queue.push_back(ref_of(cause.queued().ref()));
  if (cause.has_drain()) {
    dossier.forced = false;
    if (cause.drain().park_reason().empty()) {
      dossier.queue.erase(dossier.queue.begin());
    } else {
      dossier.parked = true;
    }
  }
  if (cause.has_resume() && cause.resume().action() == v1::Cause::Resume::ACTION_PROPOSE_SKIP) {
    dossier.skip_proposed_by = cause.resume().approvers(0);
  } else if (cause.has_resume()) {
    dossier.skip_proposed_by.clear();
    dossier.parked = false;
    if (cause.resume().action() == v1::Cause::Resume::ACTION_SKIP) {
      dossier.queue.erase(dossier.queue.begin());
    } else {
      dossier.forced = true;
    }
  }
  if (cause.has_timer()) dossier.timers[cause.timer().id()].due = 0;
  if (cause.has_outcome()) {
    dossier.intents.erase({cause.outcome().dossier_seq(), cause.outcome().index()});
    dossier.intent_bodies.erase({cause.outcome().dossier_seq(), cause.outcome().index()});
  }
  for (const auto& change : leaf.timers()) dossier.timers[change.id()] = {change.generation(), change.due()};
  for (int i = 0; i < leaf.intents_size(); ++i) {
    dossier.intents.insert({leaf.dossier_seq(), static_cast<std::uint32_t>(i)});
    dossier.intent_bodies[{leaf.dossier_seq(), static_cast<std::uint32_t>(i)}] = leaf.intents(i);
  }
  for (const auto& event : leaf.events()) {
    if (!service.oracle->evolve(dossier.state, event)) return fail("an event that can't be read");
  }
}

void Judge::acknowledged(const LedgerPartition& id, const DossierId& dossier, const std::string& request,
                         std::uint64_t seq) {
  const Partition& partition = find(id);
  const auto it = partition.dossiers.find(dossier);
  const auto known =
      it == partition.dossiers.end() ? decltype(it->second.requests.find(request)){} : it->second.requests.find(request);
  if (it == partition.dossiers.end() || known == it->second.requests.end())
    return fail("acknowledged command not in the log");
  if (known->second.second != seq) fail("reply names another decision");
}

void Judge::refused(const LedgerPartition& id, const DossierId& dossier, const std::string& request, Offset arrived,
                    const ledger::CommandCause& command, const std::string& reason) {
  Partition& partition = open(id);
  const auto makes_right = [&](const Dossier& state) {
    if (state.requests.contains(request)) return false;
    if (state.parked || !state.queue.empty()) return reason == "DOSSIER_PARKED";
    v1::Leaf leaf;
    leaf.set_dossier_id(std::string(dossier.view()));
    leaf.set_dossier_seq(state.seq + 1);
    auto counters = partition.counters;
    JudgeContext context(partition.ledger_id, leaf, partition.decided_at, counters);
    const Rules* rules = nullptr;
    if (rules_find_ != nullptr) {
      if (const auto cursor = partition.cursors.find("catalogue"); cursor != partition.cursors.end()) {
        rules = rules_find_(rules_world_, cursor->second);
      }
    }
    const auto verdict = partition.service->oracle->decide(context, rules, state.state, command);
    return verdict.refusal && verdict.refusal->reason == reason;
  };
  Dossier current;
  for (const auto& version : partition.versions[dossier]) {
    if (version.offset >= arrived && makes_right(current)) return;
    current = version.dossier;
  }
  if (!makes_right(current)) fail("refusal that no state between request and reply justifies: " + reason);
}

void Judge::called(const LedgerPartition& id, const DossierId& dossier, std::uint64_t seq, std::uint32_t index) {
  const Partition& partition = find(id);
  const auto versions = partition.versions.find(dossier);
  if (versions != partition.versions.end()) {
    for (const auto& version : versions->second) {
      if (version.dossier.intents.contains({seq, index})) return;
    }
  }
  fail("external call for an intent that is not in the log");
}

void Judge::projected(const LedgerPartition& id, const v1::PartitionMeta& meta) {
  const Partition& partition = find(id);
  if (meta.head_seq() >= partition.blocks.size()) return fail("projection names a block that is not in the log");
  const auto& block = partition.blocks[meta.head_seq()];
  if (block.hash != meta.head_hash() || block.offset >= meta.watermark())
    return fail("projection head differs from the fold");
  if (meta.head_seq() + 1 < partition.blocks.size() && partition.blocks[meta.head_seq() + 1].offset < meta.watermark()) {
    return fail("projection watermark is beyond its head");
  }
  const auto& counters = partition.counters_at[meta.head_seq()];
  if (static_cast<int>(counters.size()) != meta.counters_size()) return fail("projection counters differ from the fold");
  for (const auto& counter : meta.counters()) {
    const auto it = counters.find(counter.key());
    if (it == counters.end() || it->second != counter.value()) return fail("projection counters differ from the fold");
  }
  const auto& cursors = partition.cursors_at[meta.head_seq()];
  if (static_cast<int>(cursors.size()) != meta.cursors_size()) return fail("projection cursors differ from the fold");
  for (const auto& wire : meta.cursors()) {
    const auto it = cursors.find(wire.ledger());
    if (it == cursors.end() || it->second.block_seq != wire.block_seq() || it->second.index != wire.index()) {
      return fail("projection cursors differ from the fold");
    }
  }
}

void Judge::projected(const LedgerPartition& id, const DossierId& dossier, std::uint64_t asof, const std::string& bytes) {
  const Partition& partition = find(id);
  v1::DossierValue value;
  if (!value.ParseFromString(bytes)) return fail("projection value can't be read");
  const auto versions = partition.versions.find(dossier);
  const Dossier* truth = nullptr;
  if (versions != partition.versions.end()) {
    for (const auto& version : versions->second) {
      if (version.dossier.asof == asof) truth = &version.dossier;
    }
  }
  if (truth == nullptr) return fail("projection value has an asof at which its dossier did not change");
  bool same = truth->seq == value.dossier_seq() && truth->state == value.state() && truth->parked == value.parked() &&
              truth->forced == value.forced() && truth->last_leaf == value.last_leaf() &&
              static_cast<int>(truth->queue.size()) == value.queue_size() &&
              static_cast<int>(truth->intents.size()) == value.intents_size() &&
              truth->requests.size() * 40 == value.requests().size();
  for (std::size_t i = 0; same && i < truth->queue.size(); ++i)
    same = truth->queue[i] == ref_of(value.queue(static_cast<int>(i)));
  for (const auto& timer : value.timers()) {
    const auto it = truth->timers.find(timer.id());
    same = same && it != truth->timers.end() && it->second == Timer{timer.generation(), timer.due()};
  }
  if (!same) fail("projection value differs from the fold at its asof: " + id.ledger);
}

bool Judge::consumed(const LedgerPartition& id) const {
  const auto it = partitions_.find(id);
  if (it == partitions_.end()) return false;
  for (const auto& reader : it->second.service->reads) {
    Cursor at;
    if (const auto cursor = it->second.cursors.find(reader.ledger); cursor != it->second.cursors.end()) at = cursor->second;
    Ref ref;
    if (next_input(id, it->second, reader, at, ref)) return false;
  }
  return true;
}

void Judge::published(const LedgerPartition& id, std::uint64_t block_seq, std::uint32_t leaf) {
  if (failure_) return;
  Partition& partition = open(id);
  const std::pair<std::uint64_t, std::uint32_t> at{block_seq, leaf};
  if (partition.told < partition.public_decisions.size() && partition.public_decisions[partition.told] == at) {
    ++partition.told;
    return;
  }
  const auto first = partition.public_decisions.begin();
  if (!std::binary_search(first, first + static_cast<std::ptrdiff_t>(partition.told), at))
    return fail("B13: published out of order, with a gap or without a block: " + id.ledger);
  ++repeats_;
}

bool Judge::told(const LedgerPartition& id) const {
  const Partition& partition = find(id);
  return partition.told == partition.public_decisions.size();
}

void Judge::note_public(const LedgerPartition& id, Partition& partition, std::uint64_t seq, const Effective& block) {
  // What the block says was relayed before it was made.
  const std::pair<std::uint64_t, std::uint32_t> upto{block.core.relay_upto().block_seq(), block.core.relay_upto().index()};
  if (upto < partition.relay_upto) return fail("B13: the relay's position went back: " + id.ledger);
  partition.relay_upto = upto;
  if (partition.told < partition.public_decisions.size() && partition.public_decisions[partition.told] < upto)
    return fail("B13: the relay's position is beyond what is published: " + id.ledger);
  for (std::uint32_t i = 0; i < block.leaves.size(); ++i) {
    const auto& events = block.leaves[i].events();
    if (std::any_of(events.begin(), events.end(),
                    [&](const auto& event) { return (partition.service->public_events & mask_of(event.type())) != 0; }))
      partition.public_decisions.emplace_back(seq, i);
  }
}

}  // namespace lienthong::simulation
