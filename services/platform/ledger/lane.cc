#include "platform/ledger/lane.h"

#include "ledger_mutation/mutant.h"
#include "platform/base/overloaded.h"

#include <algorithm>
#include <utility>

namespace lienthong::ledger {
namespace {

Error unavailable(const char* reason) {
  return {ErrorCode::kUnavailable, reason, "Phân vùng chưa phục vụ được; hãy thử lại với cùng mã yêu cầu.",
          "The partition can't serve now; retry with the same request id."};
}

Error queue_full() {
  return {ErrorCode::kResourceExhausted, "QUEUE_FULL", "Hàng đợi đầy, chưa làm gì; hãy thử lại sau với cùng mã yêu cầu.",
          "The queue is full, nothing was done; retry later with the same request id."};
}

}  // namespace

std::string_view to_string(LaneState state) {
  switch (state) {
    case LaneState::kIdle: return "IDLE";
    case LaneState::kRecovering: return "RECOVERING";
    case LaneState::kServing: return "SERVING";
    case LaneState::kStalled: return "STALLED";
    case LaneState::kHalted: return "HALTED";
  }
  return "?";
}

std::string_view to_string(LaneMark mark) {
  switch (mark) {
    case LaneMark::kVoidFolded: return "void_folded";
    case LaneMark::kForeignFolded: return "foreign_folded";
    case LaneMark::kConfirmedByReport: return "confirmed_by_report";
    case LaneMark::kConfirmedByRecord: return "confirmed_by_record";
    case LaneMark::kDropped: return "dropped";
    case LaneMark::kUnknownOutcome: return "unknown_outcome";
    case LaneMark::kInsideBlock: return "inside_block";
    case LaneMark::kParked: return "parked";
    case LaneMark::kQueued: return "queued";
    case LaneMark::kDrained: return "drained";
    case LaneMark::kTimerFired: return "timer_fired";
    case LaneMark::kResumed: return "resumed";
    case LaneMark::kSkipProposed: return "skip_proposed";
    case LaneMark::kSkipped: return "skipped";
    case LaneMark::kOutcomeTaken: return "outcome_taken";
    case LaneMark::kRefusalByBarrier: return "refusal_by_barrier";
    case LaneMark::kRefusalWithBlock: return "refusal_with_block";
    case LaneMark::kReplayed: return "replayed";
    case LaneMark::kDigestRefused: return "digest_refused";
    case LaneMark::kFutureValueHeld: return "future_value_held";
    case LaneMark::kValueSkipped: return "value_skipped";
    case LaneMark::kWatermarkMismatch: return "watermark_mismatch";
    case LaneMark::kWatermarkAdopted: return "watermark_adopted";
    case LaneMark::kLateApplyAnswer: return "late_apply_answer";
    case LaneMark::kIntentCalled: return "intent_called";
    case LaneMark::kContested: return "contested";
    case LaneMark::kRecovered: return "recovered";
    case LaneMark::kRebuilt: return "rebuilt";
    case LaneMark::kEvicted: return "evicted";
    case LaneMark::kCount_: break;
  }
  return "?";
}

Lane::Lane(LedgerPartition partition, const Machine& machine, LanePorts ports, LaneSettings settings)
    : partition_(std::move(partition)), machine_(machine), ports_(ports), settings_(std::move(settings)) {
  solo_ = ports_.suspect.found();
  if (solo_) ++solo_->attempt;
  ports_.suspect.clear();
}

Lane::~Lane() = default;

void Lane::handle(LaneMessage message) {
  std::visit([this](auto&& m) { on(std::forward<decltype(m)>(m)); }, std::move(message));
}

void Lane::on(ports::LogMessage message) {
  std::visit(Overloaded{[this](const ports::Appended& m) { on_appended(m); },
                        [this](const ports::AppendFailed& m) { on_append_failed(m); },
                        [this](ports::Fetched&& m) { on_fetched(std::move(m)); },
                        [this](const ports::FollowFailed& m) {
                          ports_.observer.on_alarm(partition_, "FOLLOW_FAILED", m.detail);
                          if (state_ != LaneState::kIdle && state_ != LaneState::kHalted) begin_recovery(true);
                        },
                        [this](const ports::ReadDone& m) { on_read_done(m); },
                        [this](const ports::EndOffset& m) { on_end_offset(m); }},
             std::move(message));
}

void Lane::on(ports::ProjectionMessage message) {
  std::visit(
      Overloaded{[this](ports::Opened&& m) {
                   if (m.ticket == open_ticket_) meta_ = std::move(m.meta);
                 },
                 [this](ports::Loaded&& m) { on_loaded(std::move(m)); }, [this](const ports::Applied& m) { on_applied(m); },
                 [this](const ports::Mismatch& m) { on_mismatch(m); }, [this](const ports::Scanned& m) { on_scanned(m); },
                 [this](const ports::ProjectionFailed& m) { on_projection_failed(m); }},
      std::move(message));
}

void Lane::on(CommandRequest request) {
  if (state_ == LaneState::kIdle || revoking_) return answer_unavailable(request.reply, "NOT_OWNER");
  if (state_ == LaneState::kHalted) return answer_unavailable(request.reply, "LANE_HALTED");
  if (stands_still()) return answer_unavailable(request.reply, "LANE_STALLED");
  if (pinned_bytes_ > settings_.pinned_bytes_max) return answer_unavailable(request.reply, "PROJECTION_AWAY");
  if (commands_.size() >= settings_.commands_max) {
    Reply reply;
    reply.error = queue_full();
    reply.retry_after = settings_.retry_every;
    return request.reply(std::move(reply));
  }
  commands_.push_back(std::move(request));
}

void Lane::on(ReadRequest request) {
  if (state_ == LaneState::kIdle) return answer_unavailable(request.reply, "NOT_OWNER");
  if (state_ == LaneState::kHalted && request.strict) return answer_unavailable(request.reply, "LANE_HALTED");
  reads_.push_back({std::move(request), ports_.clock.steady(), false, false});
}

void Lane::on(ResumeRequest request) {
  if (state_ != LaneState::kServing) return answer_unavailable(request.reply, "NOT_OWNER");
  resumes_.push_back(std::move(request));
}

void Lane::on(OutcomeReport report) {
  if (state_ == LaneState::kIdle || state_ == LaneState::kHalted) return;
  outcomes_.push_back(std::move(report));
}

void Lane::on(const Relayed& report) {
  if (state_ != LaneState::kIdle && state_ != LaneState::kHalted) relayed_ = report.upto;
}

void Lane::on(Assigned) {
  assigned_ = true;
  revoking_ = false;
  if (state_ == LaneState::kIdle) begin_recovery(true);
}

void Lane::on(Revoked) {
  assigned_ = false;
  if (state_ == LaneState::kIdle || state_ == LaneState::kHalted) return;
  if (!pending_) note_position();
  if (!pending_) return become_idle();
  revoking_ = true;
  revoke_until_ = ports_.clock.steady() + settings_.stalled_after;
}

void Lane::on(RulesChanged) {}

void Lane::on_appended(const ports::Appended& report) {
  if (!pending_ || pending_->ticket != report.ticket) return;
  const Duration took = ports_.clock.steady() - pending_->sent_at;
  smoothed_ack_ = smoothed_ack_.count() == 0 ? took : (smoothed_ack_ * 7 + took) / 8;
  if (mutant(Mutant::kReplyOnReport)) {
    for (auto& held : pending_->commands)
      held.request.reply(ok_reply(held.request.dossier, held.dossier_seq, held.replayed));
    pending_->commands.clear();
    return;
  }
  if (state_ != LaneState::kServing && state_ != LaneState::kStalled) return;
  if (!report.offset) return;
  if (mutant(Mutant::kReportBeyondTail) && *report.offset > tail_) tail_ = *report.offset;
  if (*report.offset != tail_) return;  // the fetched records decide
  ++tail_;
  mark(LaneMark::kConfirmedByReport);
  confirm();
}

void Lane::on_append_failed(const ports::AppendFailed& report) {
  if (!pending_ || pending_->ticket != report.ticket) return;
  ports_.observer.on_alarm(partition_, "APPEND_FAILED", report.detail);
  if (report.fatal) outcome_unknown();
}

void Lane::on_fetched(ports::Fetched record) {
  if (record.follow == own_follow_) {
    records_.push_back(std::move(record));
    return;
  }
  for (auto& source : sources_) {
    if (source.follow != record.follow) continue;
    if (auto taken = source.scan.take(record.offset, record.block); !taken) halt(taken.error().message_en);
    return;
  }
}

void Lane::on_end_offset(const ports::EndOffset& answer) {
  if (answer.ticket == end_ticket_) {
    if (answer.offset) {
      recover_to_ = answer.offset;
    } else {
      recovery_retry_at_ = ports_.clock.steady() + settings_.retry_every;
    }
    return;
  }
  if (answer.ticket != barrier_ticket_) return;
  barrier_ticket_ = 0;
  auto asked = std::exchange(barrier_asked_, {});
  for (auto it = asked.rbegin(); it != asked.rend(); ++it) {
    if (answer.offset && *answer.offset <= it->decided_at_tail) {
      mark(LaneMark::kRefusalByBarrier);
      Reply reply = ok_reply(it->command.request.dossier, 0, false);
      reply.error = std::move(it->command.refusal);
      it->command.request.reply(std::move(reply));
    } else {
      commands_.push_front(std::move(it->command.request));
    }
  }
  for (auto& read : reads_) {
    if (!read.barrier_asked) continue;
    read.barrier_asked = false;
    read.barrier_passed = answer.offset && *answer.offset <= tail_;
  }
}

void Lane::on_read_done(const ports::ReadDone& answer) {
  if (answer.ticket == genesis_ticket_) {
    genesis_ = answer.block;
    return;
  }
  const auto it = drain_reads_.find(answer.ticket);
  if (it == drain_reads_.end()) return;
  if (answer.block) drain_blocks_[it->second] = answer.block;
  drain_reads_.erase(it);
}

void Lane::answer_unavailable(const ReplySink& reply, const char* reason) const {
  Reply answer;
  answer.error = unavailable(reason);
  answer.retry_after = settings_.retry_every;
  reply(std::move(answer));
}

bool Lane::stands_still() const {
  return state_ == LaneState::kStalled ||
         (state_ == LaneState::kRecovering && ports_.clock.steady() >= recovering_since_ + settings_.stalled_after);
}

void Lane::refuse_waiting_causes(const char* reason) {
  for (auto& command : std::exchange(commands_, {})) answer_unavailable(command.reply, reason);
  for (auto& resume : std::exchange(resumes_, {})) answer_unavailable(resume.reply, reason);
}

void Lane::refuse_waiting(const char* reason) {
  refuse_waiting_causes(reason);
  for (auto& read : std::exchange(reads_, {})) answer_unavailable(read.request.reply, reason);
  for (auto& barrier : std::exchange(barrier_waiting_, {})) answer_unavailable(barrier.command.request.reply, reason);
  for (auto& barrier : std::exchange(barrier_asked_, {})) answer_unavailable(barrier.command.request.reply, reason);
  barrier_ticket_ = 0;
}

void Lane::halt(std::string why) {
  if (state_ == LaneState::kHalted) return;
  ports_.observer.on_alarm(partition_, "LANE_HALTED", why);
  drop_pending();
  state_ = LaneState::kHalted;
  ports_.observer.on_rest(partition_);
  halted_because_ = std::move(why);
  refuse_waiting("LANE_HALTED");
}

void Lane::become_idle() {
  drop_pending();
  if (own_follow_ != 0) ports_.log.stop(own_follow_);
  own_follow_ = 0;
  for (auto& source : sources_) ports_.log.stop(source.follow);
  sources_.clear();
  records_.clear();
  outcomes_.clear();
  revoking_ = false;
  recovery_ = Recovery::kNone;
  state_ = LaneState::kIdle;
  ports_.observer.on_rest(partition_);
  refuse_waiting("NOT_OWNER");
}

void Lane::pump() {
  const Instant now = ports_.clock.steady();
  if (state_ == LaneState::kIdle) return;
  if (state_ != LaneState::kHalted) process_records();
  if (state_ == LaneState::kRecovering) advance_recovery();
  // Whoever waits is told to come again rather than left to a deadline of his own: with the log away this lasts.
  if (state_ == LaneState::kRecovering && stands_still()) refuse_waiting_causes("LANE_STALLED");
  if (revoking_ && (!pending_ || now >= revoke_until_)) return become_idle();
  if (pending_ && state_ == LaneState::kServing && now >= pending_->sent_at + settings_.stalled_after) {
    state_ = LaneState::kStalled;
    ports_.observer.on_alarm(partition_, "LANE_STALLED", "a block has waited for its confirmation too long");
    refuse_waiting("LANE_STALLED");
  }
  if (state_ == LaneState::kStalled) {
    if (!pending_) {
      state_ = LaneState::kServing;
    } else if (now >= pending_->sent_at + settings_.unknown_after) {
      outcome_unknown();
    }
  }
  if (state_ == LaneState::kServing) {
    refill_timers();
    call_intents();
    propose();
    ask_barrier();
  }
  if (state_ != LaneState::kHalted) answer_reads();
  if (state_ != LaneState::kHalted && recovery_ != Recovery::kAsking) {
    apply_if_due();
    flush_loads();
  }
  give_credit();
  if (cache_.size() > settings_.cache_entries_max) evict();
}

std::optional<Instant> Lane::next_wakeup() const {
  if (state_ == LaneState::kIdle || state_ == LaneState::kHalted) return std::nullopt;
  const Instant now = ports_.clock.steady();
  std::optional<Instant> at;
  const auto soonest = [&at](Instant candidate) {
    if (!at || candidate < *at) at = candidate;
  };
  if (pending_) {
    soonest(pending_->sent_at + (state_ == LaneState::kStalled ? settings_.unknown_after : settings_.stalled_after));
  } else if (causes_waiting() > 0 && pace_until() > now) {
    soonest(pace_until());
  }
  if (revoking_) soonest(revoke_until_);
  if (!timers_.empty() && ports_.clock.trusted() && !pending_) {
    const Instant wall = ports_.clock.now();
    soonest(timers_.top().due <= wall ? now + settings_.retry_every : now + (timers_.top().due - wall));
  }
  if (apply_) soonest(apply_->sent_at + settings_.apply_answer_max);
  if (!apply_ && tail_ != watermark_) soonest(std::max(last_apply_ + settings_.apply_every, now + Duration(1000)));
  if (!wanted_.empty()) soonest(std::max(load_retry_at_, now));
  if (!reads_.empty() || !barrier_asked_.empty()) soonest(now + settings_.retry_every);
  if (state_ == LaneState::kRecovering) soonest(std::max(recovery_retry_at_, now + settings_.retry_every));
  if (!scans_due_.empty()) soonest(std::max(scan_retry_at_, now + Duration(1000)));
  soonest(std::max(std::min(next_timer_scan_, next_probe_), now + settings_.retry_every));
  return at;
}

std::size_t Lane::causes_waiting() const {
  std::size_t waiting = commands_.size() + resumes_.size() + outcomes_.size() + draining_.size();
  for (const auto& source : sources_) {
    waiting += source.scan.waiting(settings_.pace_causes);
  }
  return waiting;
}

LaneView Lane::view() const {
  LaneView view;
  view.state = state_;
  view.assigned = assigned_;
  view.head_seq = head_.head.block_seq;
  view.tail = tail_;
  view.watermark = watermark_;
  view.in_flight = pending_.has_value();
  view.commands_waiting = commands_.size();
  view.pinned_bytes = pinned_bytes_;
  view.log_time_difference = log_time_difference_;
  view.causes_waiting = causes_waiting();
  if (tail_ != watermark_ && last_apply_.micros != 0) view.projection_lag = ports_.clock.steady() - last_apply_;
  view.relayed_block_seq = std::max(head_.relay_upto.block_seq(), relayed_.block_seq());
  view.blocks = blocks_;
  view.decisions = decisions_;
  view.halted_because = halted_because_;
  view.marks = marks_;
  return view;
}

Reply Lane::ok_reply(const DossierId& dossier, std::uint64_t dossier_seq, bool replayed) const {
  Reply reply;
  reply.replayed = replayed;
  reply.dossier_seq = dossier_seq;
  reply.block_seq = head_.head.block_seq;
  if (const auto it = cache_.find(dossier); it != cache_.end() && it->second.asof != 0) reply.value = it->second.value;
  return reply;
}

}  // namespace lienthong::ledger
