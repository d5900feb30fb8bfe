#include "platform/ledger/fold.h"

#include "ledger_mutation/mutant.h"
#include "platform/base/encoding.h"

#include <algorithm>
#include <iterator>

namespace lienthong::ledger {
namespace {

constexpr std::size_t kRingEntryBytes = RequestId::kSize + Digest::kSize + 8 + 8;

tl::unexpected<Error> fault(std::string what) {
  return failure({ErrorCode::kDataLoss, "LEDGER_FAULT", "Sổ cái hỏng: " + what, "Ledger fault: " + what});
}

void remember_request(v1::DossierValue& value, const v1::Cause::Command& command, std::uint64_t dossier_seq) {
  if (mutant(Mutant::kRequestsNotFolded)) return;
  std::string& ring = *value.mutable_requests();
  ring += command.request_id();
  ring += command.digest();
  append_u64_be(ring, dossier_seq);
  append_u64_be(ring, static_cast<std::uint64_t>(command.issued_at()));
  if (ring.size() <= kRequestRingEntries * kRingEntryBytes) return;
  const auto dropped_issued_at =
      static_cast<std::int64_t>(read_u64_be(std::string_view(ring).substr(kRingEntryBytes - 8, 8)));
  value.set_request_floor(std::max(value.request_floor(), dropped_issued_at));
  ring.erase(0, kRingEntryBytes);
}

void pop_queue(v1::DossierValue& value) {
  if (value.queue().empty()) return;
  value.mutable_queue()->erase(value.mutable_queue()->begin());
}

v1::DossierValue::Timer& timer_slot(v1::DossierValue& value, TimerId id) {
  for (auto& timer : *value.mutable_timers()) {
    if (timer.id() == id) return timer;
  }
  auto& timer = *value.add_timers();
  timer.set_id(id);
  return timer;
}

void apply_cause(v1::DossierValue& value, const v1::Leaf& leaf) {
  const auto& cause = leaf.cause();
  switch (cause.kind_case()) {
    case v1::Cause::kCommand: remember_request(value, cause.command(), leaf.dossier_seq()); break;
    case v1::Cause::kPark:
      value.set_parked(true);
      value.set_park_reason(cause.park().reason());
      *value.add_queue() = cause.park().ref();
      break;
    case v1::Cause::kQueued: *value.add_queue() = cause.queued().ref(); break;
    case v1::Cause::kDrain:
      value.set_forced(false);
      if (cause.drain().park_reason().empty()) {
        pop_queue(value);
      } else {
        value.set_parked(true);
        value.set_park_reason(cause.drain().park_reason());
      }
      break;
    case v1::Cause::kResume:
      if (cause.resume().action() == v1::Cause::Resume::ACTION_PROPOSE_SKIP) {
        auto& proposal = *value.mutable_skip_proposal();
        proposal.set_person(cause.resume().approvers_size() == 0 ? "" : cause.resume().approvers(0));
        proposal.set_reason_code(cause.resume().reason_code());
        proposal.set_dossier_seq(leaf.dossier_seq());
        break;
      }
      value.clear_skip_proposal();
      value.set_parked(false);
      value.clear_park_reason();
      if (cause.resume().action() == v1::Cause::Resume::ACTION_SKIP) {
        pop_queue(value);
      } else {
        value.set_forced(true);
      }
      break;
    case v1::Cause::kTimer: timer_slot(value, cause.timer().id()).set_due(0); break;
    case v1::Cause::kOutcome: {
      auto& open = *value.mutable_intents();
      for (auto it = open.begin(); it != open.end(); ++it) {
        if (it->dossier_seq() == cause.outcome().dossier_seq() && it->index() == cause.outcome().index()) {
          open.erase(it);
          break;
        }
      }
      break;
    }
    case v1::Cause::kReview: value.set_reviewed_version(cause.review().catalogue_version()); break;
    case v1::Cause::kInput:
    case v1::Cause::KIND_NOT_SET: break;
  }
}

// A counter `<series>|<period>` replaces the series' earlier periods: time never goes back, so they are not asked for again,
// and a partition keeps one counter per series however old it grows.
void set_counter(std::map<std::string, std::uint64_t, std::less<>>& counters, const std::string& key, std::uint64_t value) {
  if (const auto bar = key.rfind('|'); bar != std::string::npos) {
    const std::string_view series = std::string_view(key).substr(0, bar + 1);
    auto it = counters.lower_bound(series);
    while (it != counters.end() && std::string_view(it->first).starts_with(series)) {
      it = it->first == key || it->first.find('|', series.size()) != std::string::npos ? std::next(it) : counters.erase(it);
    }
  }
  counters[key] = value;
}

v1::InputCursor to_wire(const LedgerName& ledger, const Cursor& cursor) {
  v1::InputCursor wire;
  wire.set_ledger(ledger);
  wire.set_offset(cursor.offset);
  wire.set_block_seq(cursor.block_seq);
  wire.set_index(cursor.index);
  wire.set_hash(std::string(cursor.hash.view()));
  return wire;
}

Result<Cursor> from_wire(const v1::InputCursor& wire) {
  auto hash = Hash::from(wire.hash());
  if (!hash) return failure(hash.error());
  return Cursor{wire.offset(), wire.block_seq(), wire.index(), *hash};
}

}  // namespace

BlockClass classify(const ChainHead& head, const block::Block* block) {
  if (block == nullptr || block->header().ledger_id != head.ledger_id) return BlockClass::kIgnored;
  if (block->header().min_reader > block::kFormat) return BlockClass::kTooNew;
  if (block->header().block_seq <= head.block_seq) return BlockClass::kVoid;
  const bool extends = block->header().block_seq == head.block_seq + 1 && block->header().prev == head.hash;
  return extends && block->readable() ? BlockClass::kEffective : BlockClass::kFault;
}

void PartitionState::apply(const block::Block& block) {
  const auto& core = block.core();
  for (const auto& wire : core.inputs()) {
    if (auto cursor = from_wire(wire)) cursors[wire.ledger()] = *cursor;
  }
  for (const auto& counter : core.counters()) {
    if (mutant(Mutant::kCounterAsIncrement)) {
      counters[counter.key()] += counter.value();
      continue;
    }
    set_counter(counters, counter.key(), counter.value());
  }
  if (core.has_relay_upto()) relay_upto = core.relay_upto();
  decided_at = {core.decided_at()};
  head.block_seq = block.header().block_seq;
  head.hash = block.hash();
}

v1::PartitionMeta PartitionState::to_meta(Offset watermark) const {
  v1::PartitionMeta meta;
  meta.set_watermark(watermark);
  meta.set_genesis_hash(std::string(genesis_hash.view()));
  meta.set_fold_version(kFoldVersion);
  meta.set_head_seq(head.block_seq);
  meta.set_head_hash(std::string(head.hash.view()));
  meta.set_ledger_id(std::string(head.ledger_id.view()));
  for (const auto& [ledger, cursor] : cursors) *meta.add_cursors() = to_wire(ledger, cursor);
  for (const auto& [key, value] : counters) {
    auto& counter = *meta.add_counters();
    counter.set_key(key);
    counter.set_value(value);
  }
  *meta.mutable_relay_upto() = relay_upto;
  meta.set_decided_at(decided_at.micros);
  return meta;
}

Result<PartitionState> PartitionState::from_meta(const v1::PartitionMeta& meta) {
  PartitionState state;
  auto genesis = Hash::from(meta.genesis_hash());
  auto head = Hash::from(meta.head_hash());
  auto ledger_id = LedgerId::from(meta.ledger_id());
  if (!genesis || !head || !ledger_id) return malformed("projection meta data");
  state.genesis_hash = *genesis;
  state.head = {*ledger_id, meta.head_seq(), *head};
  for (const auto& wire : meta.cursors()) {
    auto cursor = from_wire(wire);
    if (!cursor) return failure(cursor.error());
    state.cursors[wire.ledger()] = *cursor;
  }
  for (const auto& counter : meta.counters()) state.counters[counter.key()] = counter.value();
  state.relay_upto = meta.relay_upto();
  state.decided_at = {meta.decided_at()};
  return state;
}

Result<PartitionState> PartitionState::from_genesis(const LedgerPartition& partition, const block::Block& genesis) {
  const auto& core = genesis.core();
  const bool fits = genesis.readable() && genesis.header().block_seq == 0 && core.kind() == v1::Core::KIND_GENESIS &&
                    core.genesis().topic() == partition.topic() && core.genesis().partition() == partition.partition &&
                    core.genesis().ledger_id() == genesis.header().ledger_id.view();
  if (!fits) return fault("block 0 is not the genesis of " + partition.topic() + "/" + std::to_string(partition.partition));
  PartitionState state;
  state.genesis_hash = genesis.hash();
  state.head = {genesis.header().ledger_id, 0, genesis.hash()};
  state.decided_at = {core.decided_at()};
  return state;
}

Result<void> apply_leaf(const Machine& machine, v1::DossierValue& value, const v1::Leaf& leaf, const Hash& leaf_hash) {
  if (leaf.dossier_seq() != value.dossier_seq() + 1) return fault("dossier sequence broken");
  const bool first = value.last_leaf().empty();
  if (first ? leaf.dossier_prev() != Hash{}.view() : leaf.dossier_prev() != value.last_leaf()) {
    return fault("dossier chain broken");
  }
  value.set_dossier_seq(leaf.dossier_seq());
  value.set_last_leaf(std::string(leaf_hash.view()));
  apply_cause(value, leaf);
  for (const auto& change : leaf.timers()) {
    auto& timer = timer_slot(value, change.id());
    timer.set_generation(change.generation());
    timer.set_due(change.due());
  }
  for (int i = 0; i < leaf.intents_size(); ++i) {
    auto& open = *value.add_intents();
    open.set_dossier_seq(leaf.dossier_seq());
    open.set_index(static_cast<std::uint32_t>(i));
    *open.mutable_intent() = leaf.intents(i);
  }
  if (auto evolved = machine.evolve(*value.mutable_state(), leaf); !evolved)
    return fault("event: " + evolved.error().message_en);
  return {};
}

std::optional<KnownRequest> find_request(const v1::DossierValue& value, const RequestId& request) {
  const std::string_view ring = value.requests();
  for (std::size_t at = 0; at + kRingEntryBytes <= ring.size(); at += kRingEntryBytes) {
    if (ring.substr(at, RequestId::kSize) != request.view()) continue;
    return KnownRequest{*Digest::from(ring.substr(at + RequestId::kSize, Digest::kSize)),
                        read_u64_be(ring.substr(at + RequestId::kSize + Digest::kSize, 8))};
  }
  return std::nullopt;
}

const v1::DossierValue::Timer* find_timer(const v1::DossierValue& value, TimerId id) {
  const auto it = std::find_if(value.timers().begin(), value.timers().end(), [id](const auto& t) { return t.id() == id; });
  return it == value.timers().end() ? nullptr : &*it;
}

IndexEntries envelope_entries(const v1::DossierValue& value) {
  IndexEntries entries;
  for (const auto& timer : value.timers()) {
    if (timer.due() != 0) entries.push_back({"timer", "", timer.due(), std::to_string(timer.id())});
  }
  if (!value.intents().empty()) entries.push_back({"intent", "", 0, ""});
  if (value.parked()) entries.push_back({"parked", "", 0, ""});
  if (!value.parked() && !value.queue().empty()) entries.push_back({"drain", "", 0, ""});
  return entries;
}

IndexEntries all_entries(const Machine& machine, const v1::DossierValue& value) {
  IndexEntries entries = envelope_entries(value);
  IndexEntries own = machine.index_entries(value.state());
  entries.insert(entries.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
  return entries;
}

bool is_before(const v1::RelayPosition& a, const v1::RelayPosition& b) {
  return a.block_seq() != b.block_seq() ? a.block_seq() < b.block_seq() : a.index() < b.index();
}

bool same_source(const v1::SourceRef& a, const v1::SourceRef& b) {
  return a.block_seq() == b.block_seq() && a.index() == b.index() && a.ledger() == b.ledger();
}

}  // namespace lienthong::ledger
