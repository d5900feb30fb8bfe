#include "platform/ledger/lane.h"

#include <algorithm>
#include <utility>

namespace lienthong::ledger {

void Lane::begin_recovery(bool clear_cache) {
  if (state_ != LaneState::kRecovering) recovering_since_ = ports_.clock.steady();
  state_ = LaneState::kRecovering;
  recovery_clears_ = clear_cache;
  drop_pending();
  recover_to_.reset();
  recovery_retry_at_ = {};
  ports_.log.replace_appender(partition_);
  for (auto* list : {&barrier_waiting_, &barrier_asked_}) {
    for (auto& barrier : std::exchange(*list, {})) commands_.push_back(std::move(barrier.command.request));
  }
  barrier_ticket_ = 0;
  for (auto& read : reads_) read.barrier_asked = read.barrier_passed = false;
  if (!clear_cache) {
    recovery_ = Recovery::kFolding;
    ask_for_end();
    return;
  }
  mark(LaneMark::kRecovered);
  ports_.observer.on_rest(partition_);
  relayed_.Clear();
  if (own_follow_ != 0) ports_.log.stop(own_follow_);
  own_follow_ = 0;
  own_credit_owed_ = 0;
  for (auto& source : sources_) ports_.log.stop(source.follow);
  sources_.clear();
  records_.clear();
  cache_.clear();
  recency_.clear();
  pinned_.clear();
  pinned_bytes_ = 0;
  wanted_.clear();
  loads_.clear();
  loading_.clear();
  apply_.reset();
  timers_ = {};
  draining_.clear();
  drain_reads_.clear();
  drain_blocks_.clear();
  intent_dossiers_.clear();
  called_.clear();
  more_intents_ = false;
  scans_.clear();
  scans_due_.clear();
  tail_ = watermark_ = 0;
  recovery_ = Recovery::kAsking;
  genesis_.reset();
  meta_.reset();
  genesis_ticket_ = next_ticket_++;
  ports_.log.read(partition_, 0, genesis_ticket_);
  open_ticket_ = next_ticket_++;
  ports_.projection.open(partition_, open_ticket_);
  end_ticket_ = 0;
  recovery_retry_at_ = ports_.clock.steady() + settings_.stalled_after;
}

void Lane::ask_for_end() {
  end_ticket_ = next_ticket_++;
  recovery_retry_at_ = ports_.clock.steady() + settings_.stalled_after;
  ports_.log.end_offset(partition_, end_ticket_);
}

void Lane::advance_recovery() {
  if (recovery_ == Recovery::kAsking) {
    if (!genesis_ || !meta_) {
      if (ports_.clock.steady() >= recovery_retry_at_) begin_recovery(true);  // a lost answer: ask everything again
      return;
    }
    // Asked after the projection was read: its watermark can't be beyond the end unless the log lost something.
    if (!recover_to_) {
      if (end_ticket_ == 0 || ports_.clock.steady() >= recovery_retry_at_) ask_for_end();
      return;
    }
    start_from_meta();
    process_records();
  }
  if (state_ != LaneState::kRecovering) return;
  if (recovery_ == Recovery::kFolding) {
    if (!recover_to_) {
      if (ports_.clock.steady() >= recovery_retry_at_) ask_for_end();
      return;
    }
    if (tail_ < *recover_to_) return;
    if (sources_.empty()) start_sources();
    recovery_ = Recovery::kAnchoring;
  }
  if (recovery_ != Recovery::kAnchoring) return;
  for (const auto& source : sources_) {
    if (!source.scan.anchored()) return;
  }
  start_serving();
}

void Lane::start_from_meta() {
  if (!*genesis_) {
    if (*recover_to_ > 0) return halt("record 0 can't be read as a block");
    return halt("the partition is empty: create it with `ltctl ledger genesis`");
  }
  auto born = PartitionState::from_genesis(partition_, **genesis_);
  if (!born) return halt(born.error().message_en);
  head_ = *std::move(born);
  tail_ = 1;
  watermark_ = 0;
  const auto& meta = *meta_;
  const bool usable = meta && meta->fold_version() == kFoldVersion && meta->watermark() > 0;
  if (usable) {
    auto state = PartitionState::from_meta(*meta);
    if (!state) return halt(state.error().message_en);
    if (state->genesis_hash != head_.genesis_hash) return halt("the projection belongs to another ledger");
    if (meta->watermark() > *recover_to_) return halt("the projection is ahead of the log: the log lost its end");
    head_ = *std::move(state);
    tail_ = watermark_ = meta->watermark();
  } else {
    mark(LaneMark::kRebuilt);
    if (meta) ports_.projection.reset(partition_, next_ticket_++);
  }
  last_apply_ = ports_.clock.steady();
  own_follow_ = next_ticket_++;
  ports_.log.follow(own_follow_, partition_, tail_);
  ports_.log.credit(own_follow_, settings_.follow_credit_bytes);
  recovery_ = Recovery::kFolding;
}

void Lane::start_sources() {
  for (const auto& [ledger, mask] : machine_.sources()) {
    std::optional<Cursor> folded;
    if (const auto it = head_.cursors.find(ledger); it != head_.cursors.end()) folded = it->second;
    sources_.push_back({ledger, SourceScan({ledger, partition_.partition}, mask, folded), next_ticket_++});
  }
  std::sort(sources_.begin(), sources_.end(), [](const Source& a, const Source& b) { return a.ledger < b.ledger; });
  for (const auto& source : sources_) {
    ports_.log.follow(source.follow, {source.ledger, partition_.partition}, source.scan.start());
    ports_.log.credit(source.follow, settings_.follow_credit_bytes);
  }
}

void Lane::start_serving() {
  recovery_ = Recovery::kNone;
  state_ = LaneState::kServing;
  if (!assigned_) return become_idle();
  ports_.observer.on_folded(partition_, head_);
  if (!recovery_clears_) return;
  scans_due_ = {"timer", "intent", "drain"};
  scan_retry_at_ = {};
}

void Lane::outcome_unknown() {
  mark(LaneMark::kUnknownOutcome);
  ports_.observer.on_alarm(partition_, "OUTCOME_UNKNOWN", "the appender is replaced; the fetched records decide");
  begin_recovery(false);
}

}  // namespace lienthong::ledger
