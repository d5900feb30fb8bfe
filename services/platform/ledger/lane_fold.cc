#include "ledger_mutation/mutant.h"
#include "platform/ledger/lane.h"

#include <algorithm>
#include <utility>

namespace lienthong::ledger {

void Lane::process_records() {
  while (!records_.empty() && state_ != LaneState::kHalted) {
    const ports::Fetched record = records_.front();
    if (record.offset > tail_)
      return halt("the log delivered offset " + std::to_string(record.offset) + " instead of " + std::to_string(tail_));
    if (record.offset == tail_) {
      switch (classify(head_.head, record.block.get())) {
        case BlockClass::kIgnored:
          ports_.observer.on_alarm(partition_, "FOREIGN_RECORD", "offset " + std::to_string(record.offset));
          ++tail_;
          break;
        case BlockClass::kVoid:
          ++tail_;
          if (record.block->header().block_seq > 0) mark(LaneMark::kVoidFolded);
          if (pending_ && pending_->block->hash() == record.block->hash()) drop_pending();
          break;
        case BlockClass::kEffective:
          if (pending_ && pending_->block->hash() == record.block->hash()) {
            ++tail_;
            mark(LaneMark::kConfirmedByRecord);
            confirm();
          } else {
            if (!fold_effective(record.block)) return;  // waits for values
            ++tail_;
          }
          break;
        case BlockClass::kFault: return halt("FAULT at offset " + std::to_string(record.offset));
        case BlockClass::kTooNew:
          return halt("offset " + std::to_string(record.offset) + " needs a newer version of this service");
      }
    }
    compare_times(record);
    own_credit_owed_ += record.block ? record.block->size_bytes() : 1;
    if (!records_.empty()) records_.pop_front();
  }
}

// Of a block that was written a moment ago: the log took it after it was decided and before now.
void Lane::compare_times(const ports::Fetched& record) {
  if (state_ != LaneState::kServing || record.append_time.micros == 0) return;
  if (!record.block || record.block->header().writer != settings_.writer) return;
  const Instant decided{record.block->core().decided_at()};
  const Duration late = record.append_time - std::max(decided, ports_.clock.now());
  const Duration early = record.append_time - decided;
  const Duration difference = std::max(late, Duration(0)) + std::min(early, Duration(0));
  const auto beyond = [this](Duration one) { return std::chrono::abs(one) > settings_.time_difference_max; };
  if (beyond(difference) && !beyond(log_time_difference_)) {
    ports_.observer.on_alarm(partition_, "LOG_TIME_DIFFERS",
                             std::to_string(difference.count()) + " us between the log's clock and ours");
  }
  log_time_difference_ = difference;
}

bool Lane::fold_effective(const block::BlockPtr& block) {
  std::vector<v1::Leaf> leaves(block->leaf_count());
  std::vector<DossierId> ids(block->leaf_count());
  bool complete = true;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const auto bytes = block->leaf_bytes(i);
    auto id = leaves[i].ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))
                  ? DossierId::from(leaves[i].dossier_id())
                  : malformed("leaf");
    if (!id) {
      halt("a leaf of block " + std::to_string(block->header().block_seq) + " can't be read");
      return false;
    }
    ids[i] = *id;
    if (cached(*id) == nullptr) {
      want(*id);
      complete = false;
    }
  }
  if (!complete) return false;
  const std::uint64_t seq = block->header().block_seq;
  std::unordered_map<DossierId, std::shared_ptr<v1::DossierValue>> changed;
  std::unordered_set<DossierId> skipped;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    Entry& entry = *cached(ids[i]);
    // A half-applied APPLY: the value already contains this block. It still counts as changed (R2).
    if (entry.asof >= seq && !mutant(Mutant::kHalfApplyWithoutAsof)) {
      mark(LaneMark::kValueSkipped);
      if (!mutant(Mutant::kSkippedValueUnpinned)) pin(ids[i], entry, seq);
      skipped.insert(ids[i]);
      continue;
    }
    auto& value = changed[ids[i]];
    if (!value) value = std::make_shared<v1::DossierValue>(*entry.value);
    if (auto applied = apply_leaf(machine_, *value, leaves[i], block->leaf_hash(i)); !applied) {
      halt("block " + std::to_string(seq) + ": " + applied.error().message_en);
      return false;
    }
  }
  for (auto& [id, value] : changed) {
    pin(id, put(id, value, seq), seq);
    note_value(id, *value);
  }
  for (const auto& id : skipped) note_value(id, *cached(id)->value);
  head_.apply(*block);
  ++blocks_;
  mark(LaneMark::kForeignFolded);
  const bool lost = pending_.has_value();
  if (lost) drop_pending();
  for (auto& source : sources_) {
    if (mutant(Mutant::kScanKeptAcrossForeignBlock)) continue;
    const auto it = head_.cursors.find(source.ledger);
    source.scan.set_folded(it == head_.cursors.end() ? source.scan.folded() : it->second);
  }
  if (state_ != LaneState::kServing && state_ != LaneState::kStalled) return true;
  ports_.observer.on_folded(partition_, head_);
  if (!assigned_) {
    revoking_ = true;  // somebody else owns the partition now; `pump` makes us idle
    revoke_until_ = {};
    return true;
  }
  mark(LaneMark::kContested);
  losses_ = std::min(losses_ + 1, 8U);
  produce_not_before_ =
      ports_.clock.steady() + std::chrono::microseconds(ports_.entropy.below((std::uint64_t{1} << losses_) * 1000));
  if (losses_ == 8) {
    for (auto& command : std::exchange(commands_, {})) answer_unavailable(command.reply, "LANE_CONTESTED");
  }
  return true;
}

void Lane::confirm() {
  Draft draft = *std::move(pending_);
  pending_.reset();
  settle(draft);
  losses_ = 0;
  for (auto& held : draft.commands) {
    Reply reply = ok_reply(held.request.dossier, held.dossier_seq, held.replayed);
    if (held.refusal) {
      mark(LaneMark::kRefusalWithBlock);
      reply.error = std::move(held.refusal);
    }
    held.request.reply(std::move(reply));
  }
  for (auto& held : draft.resumes) held.request.reply(ok_reply(held.request.dossier, held.dossier_seq, false));
}

void Lane::settle(Draft& draft) {
  ++blocks_;
  decisions_ += draft.leaves.size();
  head_ = std::move(draft.after);
  if (state_ != LaneState::kRecovering) ports_.observer.on_folded(partition_, head_);
  const std::uint64_t seq = head_.head.block_seq;
  for (auto& [id, value] : draft.scratch) {
    pin(id, put(id, value, seq), seq);
    note_value(id, *value);
  }
  for (auto& source : sources_) {
    const auto it = head_.cursors.find(source.ledger);
    if (it != head_.cursors.end() && source.scan.folded() != it->second) source.scan.set_folded(it->second);
  }
}

void Lane::drop_pending() {
  if (!pending_) return;
  mark(LaneMark::kDropped);
  Draft draft = *std::move(pending_);
  pending_.reset();
  for (auto it = draft.commands.rbegin(); it != draft.commands.rend(); ++it) commands_.push_front(std::move(it->request));
  for (auto it = draft.resumes.rbegin(); it != draft.resumes.rend(); ++it) resumes_.push_front(std::move(it->request));
  for (auto it = draft.outcomes.rbegin(); it != draft.outcomes.rend(); ++it) outcomes_.push_front(std::move(*it));
  for (auto& timer : draft.timers) timers_.push(timer);
  if (mutant(Mutant::kScanKeptAcrossForeignBlock) || mutant(Mutant::kCursorBeforeConfirm)) return;
  for (auto& source : sources_) source.scan.rewind();
}

// Keeps what the lane derives from values: timers to fire, queues to drain, effects to call.
void Lane::note_value(const DossierId& dossier, const v1::DossierValue& value) {
  const bool waits = value.parked() || !value.queue().empty();
  if (waits && !value.parked()) {
    draining_.insert(dossier);
  } else {
    draining_.erase(dossier);
  }
  if (!waits) {
    const Instant horizon = ports_.clock.now() + settings_.timer_horizon;
    for (const auto& timer : value.timers()) {
      if (timer.due() != 0 && timer.due() <= horizon.micros)
        timers_.push({{timer.due()}, dossier, timer.id(), timer.generation()});
    }
  }
  if (!value.intents().empty()) {
    intent_dossiers_.insert(dossier);
  } else if (const auto from = called_.lower_bound({dossier, {0, 0}}); from != called_.end() && from->first == dossier) {
    called_.erase(from, called_.upper_bound({dossier, {UINT64_MAX, UINT32_MAX}}));
  }
}

Lane::Entry* Lane::cached(const DossierId& dossier) {
  const auto it = cache_.find(dossier);
  if (it == cache_.end()) return nullptr;
  recency_.splice(recency_.begin(), recency_, it->second.recency);
  return &it->second;
}

Lane::Entry& Lane::put(const DossierId& dossier, ValuePtr value, std::uint64_t asof) {
  auto [it, fresh] = cache_.try_emplace(dossier);
  Entry& entry = it->second;
  if (fresh) {
    recency_.push_front(dossier);
    entry.recency = recency_.begin();
  }
  entry.value = std::move(value);
  entry.asof = asof;
  return entry;
}

void Lane::pin(const DossierId& dossier, Entry& entry, std::uint64_t block_seq) {
  entry.changed = block_seq;
  const auto bytes = static_cast<std::uint32_t>(entry.value->state().size() + entry.value->requests().size() + 256);
  if (entry.pinned) pinned_bytes_ -= entry.bytes;
  entry.bytes = bytes;
  entry.pinned = true;
  pinned_bytes_ += bytes;
  pinned_.insert(dossier);
}

void Lane::want(const DossierId& dossier) {
  if (!loading_.contains(dossier)) wanted_.insert(dossier);
}

void Lane::flush_loads() {
  if (wanted_.empty() || ports_.clock.steady() < load_retry_at_) return;
  std::vector<DossierId> ids(wanted_.begin(), wanted_.end());
  wanted_.clear();
  loading_.insert(ids.begin(), ids.end());
  const ports::Ticket ticket = next_ticket_++;
  loads_[ticket] = ids;
  // A load sent behind an APPLY on the same connection sees what that APPLY writes.
  ports_.projection.load(partition_, apply_ ? apply_->target : watermark_, std::move(ids), ticket);
}

void Lane::on_loaded(ports::Loaded answer) {
  const auto it = loads_.find(answer.ticket);
  if (it == loads_.end()) return;
  loads_.erase(it);
  for (auto& stored : answer.values) {
    loading_.erase(stored.dossier);
    if (cache_.contains(stored.dossier)) continue;
    auto value = std::make_shared<v1::DossierValue>();
    if (stored.asof != 0 && !value->ParseFromString(stored.bytes)) return halt("a value of the projection can't be read");
    put(stored.dossier, std::move(value), stored.asof);
  }
}

void Lane::evict() {
  std::size_t to_go = settings_.cache_entries_max / 10 + 1;
  for (auto it = recency_.rbegin(); it != recency_.rend() && to_go > 0;) {
    const auto found = cache_.find(*it);
    const bool used = found->second.pinned || (pending_ && pending_->scratch.contains(*it));
    if (used) {
      ++it;
      continue;
    }
    mark(LaneMark::kEvicted);
    cache_.erase(found);
    it = std::make_reverse_iterator(recency_.erase(std::next(it).base()));
    --to_go;
  }
}

void Lane::apply_if_due() {
  const Instant now = ports_.clock.steady();
  if (apply_) {
    if (now < apply_->sent_at + settings_.apply_answer_max) return;
    apply_.reset();  // the answer is lost; a new one from the same watermark mismatches or is a legal prefix
  }
  if (tail_ == watermark_) return;
  if (now < last_apply_ + settings_.apply_every && pinned_bytes_ < settings_.pinned_bytes_apply) return;
  send_apply();
}

void Lane::send_apply() {
  ApplyInFlight flight{next_ticket_++, tail_, {}, ports_.clock.steady()};
  ports::ApplyBatch batch;
  batch.changes.reserve(pinned_.size());
  for (const auto& id : pinned_) {
    const Entry& entry = cache_.at(id);
    const v1::DossierValue* value = entry.value.get();
    if (mutant(Mutant::kApplyIncludesScratch) && pending_ && pending_->scratch.contains(id))
      value = pending_->scratch.at(id).get();
    batch.changes.push_back({{id, entry.asof, block::encode_message(*value)}, all_entries(machine_, *value)});
    flight.captured[id] = entry.changed;
  }
  batch.meta = head_.to_meta(tail_);
  last_apply_ = flight.sent_at;
  ports_.projection.apply(partition_, watermark_, std::move(batch), flight.ticket);
  apply_ = std::move(flight);
}

void Lane::on_applied(const ports::Applied& answer) {
  if (!apply_ || apply_->ticket != answer.ticket) {
    mark(LaneMark::kLateApplyAnswer);
    return;
  }
  watermark_ = apply_->target;
  for (const auto& [id, changed] : apply_->captured) {
    const auto it = cache_.find(id);
    if (it == cache_.end() || !it->second.pinned) continue;
    // A block behind the captured ones has to be written too, even one that the value contained already: the projection may
    // fall back to what it was before the APPLY that was cut in half.
    if (it->second.changed != changed && !mutant(Mutant::kUnpinAllAtReply)) continue;
    it->second.pinned = false;
    pinned_bytes_ -= it->second.bytes;
    pinned_.erase(id);
  }
  apply_.reset();
}

void Lane::on_mismatch(const ports::Mismatch& answer) {
  if (state_ == LaneState::kIdle || state_ == LaneState::kHalted) return;
  const bool of_apply = apply_ && apply_->ticket == answer.ticket;
  const auto load = loads_.find(answer.ticket);
  const auto scan = scans_.find(answer.ticket);
  if (!of_apply && load == loads_.end() && scan == scans_.end()) return;
  // Calls are carried out in order, so a load that finds the old watermark says that the APPLY before it was lost.
  if (of_apply || (load != loads_.end() && answer.actual == watermark_)) apply_.reset();
  if (answer.actual == watermark_ || (answer.actual > watermark_ && answer.actual <= tail_)) {
    // Another lane, or an APPLY of ours whose answer was lost, wrote a prefix that is folded here too.
    mark(LaneMark::kWatermarkAdopted);
    watermark_ = answer.actual;
    if (load != loads_.end()) {
      for (const auto& id : load->second) {
        loading_.erase(id);
        wanted_.insert(id);
      }
      loads_.erase(load);
    }
    if (scan != scans_.end()) {
      scans_due_.insert(scan->second);
      scans_.erase(scan);
    }
    return;
  }
  mark(LaneMark::kWatermarkMismatch);
  begin_recovery(true);
}

void Lane::on_projection_failed(const ports::ProjectionFailed& answer) {
  const Instant later = ports_.clock.steady() + settings_.retry_every;
  if (apply_ && apply_->ticket == answer.ticket) apply_.reset();
  if (const auto load = loads_.find(answer.ticket); load != loads_.end()) {
    for (const auto& id : load->second) {
      loading_.erase(id);
      wanted_.insert(id);
    }
    loads_.erase(load);
    load_retry_at_ = later;
  }
  if (const auto scan = scans_.find(answer.ticket); scan != scans_.end()) {
    scans_due_.insert(scan->second);
    scans_.erase(scan);
    scan_retry_at_ = later;
  }
  if (answer.ticket == open_ticket_ && state_ == LaneState::kRecovering) recovery_retry_at_ = later;
}

void Lane::give_credit() {
  const auto due = settings_.follow_credit_bytes / 8;
  if (own_follow_ != 0 && own_credit_owed_ > due) ports_.log.credit(own_follow_, std::exchange(own_credit_owed_, 0));
  for (auto& source : sources_) {
    if (const auto bytes = source.scan.release(); bytes > 0) ports_.log.credit(source.follow, bytes);
  }
}

}  // namespace lienthong::ledger
