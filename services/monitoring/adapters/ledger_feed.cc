#include "monitoring/adapters/ledger_feed.h"

#include "lienthong/notification/v1/events.pb.h"
#include "monitoring/adapters/event_reader.h"
#include "monitoring/adapters/stored_form.h"

#include <algorithm>
#include <utility>

namespace lienthong::monitoring {
namespace {

using ledger::BlockClass;

constexpr std::size_t kCreditBytes = 4U << 20;
constexpr Duration kWriteEvery = std::chrono::milliseconds(600);
constexpr Duration kGather = std::chrono::milliseconds(100);
constexpr Duration kTick = std::chrono::seconds(1);
constexpr Duration kAskEndsEvery = std::chrono::seconds(2);
constexpr Duration kRetryAfter = std::chrono::seconds(1);
constexpr std::size_t kDirtyMax = 20'000;
constexpr std::size_t kSlotsMax = 100'000;
constexpr std::size_t kUnreachedMax = 100;
constexpr std::size_t kRateSamples = 11;  // of a second each: ten intervals

void append_length(std::string& out, std::size_t length) {
  while (length >= 0x80) {
    out += static_cast<char>(length | 0x80);
    length >>= 7;
  }
  out += static_cast<char>(length);
}

}  // namespace

struct LedgerFeed::Lane {
  LaneView view;
  LedgerNo number = LedgerNo::kNone;
  std::optional<ledger::ChainHead> head;  // nothing: the genesis comes next
  Offset head_offset = 0;
  bool anchored = true;  // false: the record at head_offset has to be compared first
  std::map<LedgerNo, ReaderPosition> sources;
  std::string leaf_fault;
  ports::FollowId follow = 0;
  ports::Ticket end_ticket = 0;
  std::size_t owed = 0;
  Instant follow_again;  // zero: a reader is at work, or the lane is halted
  bool moved = false;
  struct Sample {
    Instant at;
    std::uint64_t blocks = 0;
    std::uint64_t decisions = 0;
  };
  std::deque<Sample> samples;

  const LedgerPartition& partition() const { return view.partition; }

  v1::StoredLane stored(const Reconciliation& reconciliation) const {
    v1::StoredLane out;
    out.set_next_offset(view.next_offset);
    out.set_head_offset(head_offset);
    if (head) {
      out.set_block_seq(head->block_seq);
      out.set_hash(std::string(head->hash.view()));
      out.set_ledger_id(std::string(head->ledger_id.view()));
    }
    out.set_decided_at(view.head_at.micros);
    out.set_writer(view.writer);
    out.set_blocks(view.blocks);
    out.set_decisions(view.decisions);
    out.set_void_records(view.void_records);
    out.set_foreign_records(view.foreign_records);
    out.set_parked(view.parked);
    out.set_halt_reason(leaf_fault);
    for (const auto source : kLedgersOfDossiers) {
      if (number == LedgerNo::kNone || taken(number, source) == 0) continue;
      auto& reader = *out.add_sources();
      reader.set_source(static_cast<std::uint32_t>(source));
      if (const auto at = sources.find(source); at != sources.end()) {
        reader.set_block_seq(at->second.block_seq);
        reader.set_index(at->second.index);
      }
      const auto totals = reconciliation.totals().find({number, source, view.partition.partition});
      if (totals == reconciliation.totals().end()) continue;
      reader.set_expected(totals->second.expected);
      reader.set_reached(totals->second.reached);
    }
    return out;
  }

  void restore(const v1::StoredLane& from, Reconciliation& reconciliation) {
    const auto hash = Hash::from(from.hash());
    const auto id = LedgerId::from(from.ledger_id());
    view.next_offset = from.next_offset();
    view.foreign_records = from.foreign_records();
    if (!hash || !id) return;
    head = ledger::ChainHead{*id, from.block_seq(), *hash};
    head_offset = from.head_offset();
    anchored = false;
    view.head_seq = from.block_seq();
    view.head_at = {from.decided_at()};
    view.writer = from.writer();
    view.blocks = from.blocks();
    view.decisions = from.decisions();
    view.void_records = from.void_records();
    view.parked = from.parked();
    leaf_fault = view.halt_reason = from.halt_reason();
    for (const auto& reader : from.sources()) {
      const auto source = static_cast<LedgerNo>(reader.source());
      sources[source] = {reader.block_seq(), reader.index()};
      reconciliation.restore(Pair{number, source, view.partition.partition},
                             PairTotals{reader.expected(), reader.reached()});
    }
  }
};

LedgerFeed::LedgerFeed(LedgerFeedParts parts) : parts_(std::move(parts)), began_(parts_.clock.now()) {}

Result<std::unique_ptr<LedgerFeed>> LedgerFeed::start(LedgerFeedParts parts) {
  auto feed = std::unique_ptr<LedgerFeed>(new LedgerFeed(std::move(parts)));
  if (auto opened = feed->open(); !opened) return failure(std::move(opened.error()));
  feed->publish();
  feed->log_ = feed->parts_.log.attach(*feed);
  feed->thread_ = std::thread([raw = feed.get()] { raw->run(); });
  return feed;
}

LedgerFeed::~LedgerFeed() {
  stop();
  log_.reset();
}

void LedgerFeed::stop() {
  mailbox_.close();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const FlowView> LedgerFeed::view() const {
  const std::lock_guard lock(view_mutex_);
  return view_;
}

Result<void> LedgerFeed::open() {
  auto model = ReadModel::open(parts_.path);
  if (!model) return failure(std::move(model.error()));
  model_ = *std::move(model);
  auto kept = model_->kept();
  if (!kept) return failure(std::move(kept.error()));
  lanes_.clear();
  slots_.clear();
  dirty_.clear();
  reconciliation_ = {};
  for (const auto& partition : parts_.partitions) {
    auto& lane = *lanes_.emplace_back(std::make_unique<Lane>());
    lane.view.partition = partition;
    lane.number = ledger_number(partition.ledger);
    const auto stored = kept->lanes.find(partition);
    if (stored != kept->lanes.end()) lane.restore(stored->second, reconciliation_);
  }
  for (const auto& [handover, open] : kept->handovers) reconciliation_.restore(handover, open);
  return {};
}

void LedgerFeed::on_log(ports::LogMessage message) { mailbox_.post(std::move(message)); }

void LedgerFeed::run() {
  for (auto& lane : lanes_) follow(*lane);
  ask_ends();
  std::vector<ports::LogMessage> messages;
  while (mailbox_.take(messages, patience())) {
    bool behind = false;
    for (const auto& message : messages) take(message);
    messages.clear();
    const Instant now = parts_.clock.steady();
    if (now >= last_write_ + kWriteEvery || dirty_.size() >= kDirtyMax) write();
    if (now >= last_tick_ + kTick) tick();
    for (auto& lane : lanes_) {
      // Nothing more is taken in while it can't be written.
      if (lane->owed <= kCreditBytes / 8 || write_failed_) continue;
      log_->credit(lane->follow, std::exchange(lane->owed, 0));
      behind = true;
    }
    // Live, blocks come one by one, and each would wake this thread.
    if (!behind) mailbox_.rest(kGather);
  }
  write();
}

std::optional<Duration> LedgerFeed::patience() const { return moved_ ? kWriteEvery / 4 : kTick; }

void LedgerFeed::tick() {
  last_tick_ = parts_.clock.steady();
  if (model_ == nullptr || !model_->in_place()) rebuild("the file " + parts_.path + " is not there");
  const Instant now = parts_.clock.now();
  for (auto& lane : lanes_) {
    lane->samples.push_back({now, lane->view.blocks, lane->view.decisions});
    if (lane->samples.size() > kRateSamples) lane->samples.pop_front();
    if (lane->follow_again.micros != 0 && last_tick_ >= lane->follow_again) follow(*lane);
  }
  if (last_tick_ >= last_ends_ + kAskEndsEvery) ask_ends();
  publish();
  if (parts_.changed) parts_.changed({});
}

void LedgerFeed::follow(Lane& lane) {
  lane.follow_again = {};
  if (!lane.view.halt_reason.empty()) return;
  lane.follow = ++next_follow_;
  lane.owed = 0;
  log_->follow(lane.follow, lane.partition(), lane.anchored ? lane.view.next_offset : lane.head_offset);
  log_->credit(lane.follow, kCreditBytes);
}

void LedgerFeed::ask_ends() {
  last_ends_ = parts_.clock.steady();
  for (auto& lane : lanes_) {
    lane->end_ticket = ++next_ticket_;
    log_->end_offset(lane->partition(), lane->end_ticket);
  }
}

void LedgerFeed::rebuild(const std::string& why) {
  parts_.alarms(parts_.partitions.front(), "READ_MODEL_REBUILT", why);
  for (auto& lane : lanes_) log_->stop(lane->follow);
  model_.reset();
  ReadModel::remove(parts_.path);
  moved_ = false;
  if (const auto opened = open(); !opened) {
    // Without its file monitoring reads on from the beginning once it has one again.
    parts_.alarms(parts_.partitions.front(), "READ_MODEL_UNAVAILABLE", opened.error().message_en);
    return;
  }
  for (auto& lane : lanes_) follow(*lane);
}

void LedgerFeed::take(const ports::LogMessage& message) {
  const auto lane_with = [this](auto fits) -> Lane* {
    const auto found = std::find_if(lanes_.begin(), lanes_.end(), [&](const auto& lane) { return fits(*lane); });
    return found == lanes_.end() ? nullptr : found->get();
  };
  if (model_ == nullptr) return;
  if (const auto* record = std::get_if<ports::Fetched>(&message)) {
    auto* lane = lane_with([&](const Lane& one) { return one.follow == record->follow; });
    if (lane != nullptr) take_record(*lane, *record);
  } else if (const auto* end = std::get_if<ports::EndOffset>(&message)) {
    auto* lane = lane_with([&](const Lane& one) { return one.end_ticket == end->ticket; });
    if (lane != nullptr && end->offset) lane->view.end_offset = *end->offset;
  } else if (const auto* failed = std::get_if<ports::FollowFailed>(&message)) {
    auto* lane = lane_with([&](const Lane& one) { return one.follow == failed->follow; });
    if (lane == nullptr) return;
    parts_.alarms(lane->partition(), "FOLLOW_FAILED", failed->detail);
    // A log shorter than what was read of it is another log.
    if (!lane->anchored && lane->view.end_offset >= 0 && lane->head_offset >= lane->view.end_offset) {
      return rebuild(lane->partition().topic() + " is shorter than it was");
    }
    lane->follow_again = parts_.clock.steady() + kRetryAfter;
  }
}

bool LedgerFeed::anchored(Lane& lane, const ports::Fetched& record) {
  lane.anchored = record.block != nullptr && lane.head && record.block->header().ledger_id == lane.head->ledger_id &&
                  record.block->readable() && record.block->hash() == lane.head->hash;
  if (lane.anchored) return true;
  rebuild("block " + std::to_string(lane.head->block_seq) + " of " + lane.partition().topic() + "[" +
          std::to_string(lane.partition().partition) + "] is not the one that was read");
  return false;
}

void LedgerFeed::take_record(Lane& lane, const ports::Fetched& record) {
  lane.owed += record.block ? record.block->size_bytes() : 1;
  if (!lane.view.halt_reason.empty()) return;
  if (!lane.anchored && !anchored(lane, record)) return;
  // Behind an anchor come records that had been read already.
  if (record.offset < lane.view.next_offset) return;
  const auto* block = record.block.get();
  if (!lane.head) {
    const auto born =
        block == nullptr ? std::nullopt : std::optional(ledger::PartitionState::from_genesis(lane.partition(), *block));
    if (!born || !*born) return halt(lane, "the log does not begin with the genesis of its ledger");
    lane.head = (*born)->head;
    lane.head_offset = record.offset;
    lane.view.head_at = (*born)->decided_at;
    lane.view.next_offset = record.offset + 1;
    lane.moved = moved_ = true;
    return;
  }
  switch (ledger::classify(*lane.head, block)) {
    case BlockClass::kIgnored:
      ++lane.view.foreign_records;
      parts_.alarms(lane.partition(), "FOREIGN_RECORD", "offset " + std::to_string(record.offset));
      break;
    case BlockClass::kVoid: ++lane.view.void_records; break;
    case BlockClass::kEffective: fold(lane, record.offset, *block); break;
    case BlockClass::kFault:
      return halt(lane, "record " + std::to_string(record.offset) + " does not follow block " +
                            std::to_string(lane.head->block_seq));
    case BlockClass::kTooNew: return halt(lane, "record " + std::to_string(record.offset) + " is written for newer readers");
  }
  lane.view.next_offset = record.offset + 1;
  lane.moved = moved_ = true;
}

void LedgerFeed::halt(Lane& lane, const std::string& why) {
  lane.view.halt_reason = why;
  lane.moved = moved_ = true;
  log_->stop(lane.follow);
  parts_.alarms(lane.partition(), "LEDGER_FAULT", why);
}

void LedgerFeed::fold(Lane& lane, Offset offset, const block::Block& block) {
  const auto& core = block.core();
  if (lane.number != LedgerNo::kNone) {
    for (std::size_t i = 0; i < block.leaf_count(); ++i) fold_leaf(lane, block, i);
  }
  for (const auto& input : core.inputs()) {
    if (const auto source = ledger_number(input.ledger()); source != LedgerNo::kNone) {
      lane.sources[source] = {input.block_seq(), input.index()};
    }
  }
  lane.head->block_seq = block.header().block_seq;
  lane.head->hash = block.hash();
  lane.head_offset = offset;
  lane.view.head_seq = block.header().block_seq;
  lane.view.head_at = {core.decided_at()};
  lane.view.writer = block.header().writer;
  lane.view.clock_ahead = std::max(lane.view.head_at - parts_.clock.now(), Duration::zero());
  ++lane.view.blocks;
  lane.view.decisions += block.leaf_count();
  if (!lane.leaf_fault.empty()) halt(lane, lane.leaf_fault);
}

void LedgerFeed::fold_leaf(Lane& lane, const block::Block& block, std::size_t index) {
  const auto bytes = block.leaf_bytes(index);
  if (!leaf_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    lane.leaf_fault =
        "leaf " + std::to_string(index) + " of block " + std::to_string(block.header().block_seq) + " can't be read";
    return;
  }
  const auto id = DossierId::from(leaf_.dossier_id());
  auto* slot = id ? slot_of(*id) : nullptr;
  if (slot == nullptr) return;
  slot->dossier.partition = lane.partition().partition;
  auto& strand = slot->dossier.strand(lane.number);
  if (leaf_.dossier_seq() != strand.seq + 1 || leaf_.dossier_prev() != strand.last_leaf.view()) {
    lane.leaf_fault = "leaf " + std::to_string(index) + " of block " + std::to_string(block.header().block_seq) +
                      " does not follow its dossier's last one";
  }
  Decision decision;
  read_decision({lane.number, block.header().block_seq, static_cast<std::uint32_t>(index)}, {block.core().decided_at()},
                leaf_, decision);
  fold_decision(lane, *slot, decision, block.leaf_hash(index));
  reconcile(lane, *id, decision, block.leaf_events(index));
  if (lane.number == LedgerNo::kNotification) count_notices(decision);
  if (!std::exchange(slot->dirty, true)) dirty_.push_back(*id);
}

void LedgerFeed::fold_decision(Lane& lane, Slot& slot, const Decision& decision, const Hash& leaf_hash) {
  auto& strand = slot.dossier.strand(lane.number);
  const bool was_parked = strand.parked_at.micros != 0;
  apply(slot.dossier, decision);
  strand.last_leaf = leaf_hash;
  const bool is_parked = strand.parked_at.micros != 0;
  if (is_parked && !was_parked) ++lane.view.parked;
  if (!is_parked && was_parked) --lane.view.parked;

  constexpr int kSeqBits = 48;
  constexpr char kEntriesTag = (1 << 3) | 2;
  if (slot.entries.empty()) {
    slot.number = (static_cast<std::int64_t>(decision.at.ledger) << kSeqBits) | static_cast<std::int64_t>(decision.seq);
  }
  entry_.Clear();
  store(decision, entry_);
  entry_.SerializeToString(&bytes_);
  slot.entries += kEntriesTag;
  append_length(slot.entries, bytes_.size());
  slot.entries += bytes_;
}

// What is read again, or was decided before this process began, is no news.
void LedgerFeed::count_notices(const Decision& decision) {
  if (decision.decided_at < began_) return;
  namespace notification_v1 = ::lienthong::notification::v1;
  for (const auto& event : decision.events) {
    if (event.what == What::kNoticeHandedOver) ++notices_.handed_over;
    if (event.what != What::kNoticeFailed || !event.notice) continue;
    if (event.notice->phase == notification_v1::NOTICE_PHASE_PERMANENT_FAILURE) ++notices_.permanent_failures;
    if (event.notice->phase == notification_v1::NOTICE_PHASE_TEMPORARY_FAILURE) ++notices_.temporary_failures;
    if (event.notice->phase == notification_v1::NOTICE_PHASE_TECHNICAL_FAILURE) ++notices_.technical_failures;
  }
}

void LedgerFeed::reconcile(const Lane& lane, const DossierId& id, const Decision& decision, EventMask events) {
  const auto p = lane.partition().partition;
  for (const auto reader : kLedgersOfDossiers) {
    if ((taken(reader, lane.number) & events) == 0) continue;
    const auto passed = reconciliation_.expect({reader, p, decision.at}, id, decision.decided_at);
    note_handover({reader, lane.number, p}, passed);
  }
  const bool arrives =
      decision.cause == CauseKind::kInput || decision.cause == CauseKind::kPark || decision.cause == CauseKind::kQueued;
  if (!arrives || decision.source.ledger == LedgerNo::kNone) return;
  const auto passed = reconciliation_.reach({lane.number, p, decision.source}, id, decision.decided_at);
  note_handover({lane.number, decision.source.ledger, p}, passed);
}

void LedgerFeed::note_handover(const Pair& pair, const std::optional<Duration>& passed) {
  if (!passed) return;
  const double seconds = static_cast<double>(passed->count()) / 1e6;
  auto& times = handovers_[pair];
  const auto bucket = std::lower_bound(kHandoverBounds.begin(), kHandoverBounds.end(), seconds) - kHandoverBounds.begin();
  ++times.counts.at(static_cast<std::size_t>(bucket));
  times.sum_seconds += seconds;
}

LedgerFeed::Slot* LedgerFeed::slot_of(const DossierId& id) {
  const auto [it, fresh] = slots_.try_emplace(id);
  auto& slot = it->second;
  slot.used = writes_;
  if (!fresh) return &slot;
  auto stored = model_->load(id);
  if (!stored) {
    parts_.alarms(parts_.partitions.front(), "READ_MODEL_UNAVAILABLE", stored.error().message_en);
    slots_.erase(it);
    return nullptr;
  }
  if (*stored) {
    slot.dossier = std::move((*stored)->dossier);
    slot.row = (*stored)->number;
    slot.stored = true;
    slot.written = standstill(slot.dossier);
  }
  return &slot;
}

void LedgerFeed::write() {
  last_write_ = parts_.clock.steady();
  if (!moved_ || model_ == nullptr) return;
  ReadModelBatch batch;
  batch.dossiers.reserve(dirty_.size());
  batch.entries.reserve(dirty_.size());
  for (const auto& id : dirty_) {
    auto& slot = slots_.at(id);
    if (slot.row == 0) slot.row = model_->next_number();
    batch.dossiers.push_back({id, &slot.dossier, slot.row, !slot.stored, slot.written});
    batch.entries.push_back({slot.row, slot.number, slot.entries});
  }
  for (const auto& lane : lanes_) {
    if (lane->moved) batch.lanes.emplace_back(lane->partition(), lane->stored(reconciliation_));
  }
  batch.handovers = reconciliation_.take_changes();
  const auto written = model_->write(batch);
  write_failed_ = !written;
  if (!written) {
    parts_.alarms(parts_.partitions.front(), "READ_MODEL_UNAVAILABLE", written.error().message_en);
    reconciliation_.put_back(batch.handovers);
    return;
  }
  ++writes_;
  moved_ = false;
  for (auto& lane : lanes_) lane->moved = false;
  for (const auto& id : dirty_) {
    auto& slot = slots_.at(id);
    slot.stored = true;
    slot.written = standstill(slot.dossier);
    slot.dirty = false;
    slot.entries.clear();
  }
  publish();
  if (parts_.changed && !dirty_.empty()) parts_.changed(dirty_);
  dirty_.clear();
  forget();
}

// The least recently used half goes.
void LedgerFeed::forget() {
  if (slots_.size() <= kSlotsMax) return;
  std::vector<std::uint64_t> used;
  used.reserve(slots_.size());
  for (const auto& [id, slot] : slots_) used.push_back(slot.used);
  const auto middle = used.begin() + static_cast<std::ptrdiff_t>(used.size() / 2);
  std::nth_element(used.begin(), middle, used.end());
  std::erase_if(slots_, [limit = *middle](const auto& entry) { return entry.second.used <= limit; });
}

void LedgerFeed::publish() {
  auto out = std::make_shared<FlowView>();
  out->at = parts_.clock.now();
  std::map<Pair, std::uint64_t> heads;
  for (const auto& lane : lanes_) {
    auto& view = out->lanes.emplace_back(lane->view);
    if (lane->samples.size() > 1) {
      const auto& first = lane->samples.front();
      const auto& last = lane->samples.back();
      const double seconds = std::max(static_cast<double>((last.at - first.at).count()) / 1e6, 0.001);
      view.blocks_per_second = static_cast<double>(last.blocks - first.blocks) / seconds;
      view.decisions_per_second = static_cast<double>(last.decisions - first.decisions) / seconds;
    }
    if (lane->number == LedgerNo::kNone) continue;
    for (const auto other : kLedgersOfDossiers) {
      const auto p = lane->partition().partition;
      if (taken(other, lane->number) != 0) heads[{other, lane->number, p}] = lane->view.head_seq;
      if (taken(lane->number, other) == 0) continue;
      const auto at = lane->sources.find(other);
      out->positions[{lane->number, other, p}] = at == lane->sources.end() ? ReaderPosition{} : at->second;
    }
  }
  out->pairs = evaluate(reconciliation_, out->positions, heads);
  for (const auto& [handover, open] : reconciliation_.open()) {
    if (!open.reached) out->unreached.emplace_back(handover, open);
  }
  const auto older = [](const auto& a, const auto& b) { return a.second.at < b.second.at; };
  const auto shown = std::min(out->unreached.size(), kUnreachedMax);
  std::partial_sort(out->unreached.begin(), out->unreached.begin() + static_cast<std::ptrdiff_t>(shown),
                    out->unreached.end(), older);
  out->unreached.resize(shown);
  out->handovers = handovers_;
  out->notices = notices_;
  const std::lock_guard lock(view_mutex_);
  view_ = std::move(out);
}

}  // namespace lienthong::monitoring
