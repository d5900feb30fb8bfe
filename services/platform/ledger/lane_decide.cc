#include "ledger_mutation/mutant.h"
#include "platform/crypto/sha256.h"
#include "platform/ledger/lane.h"

#include <algorithm>
#include <utility>

namespace lienthong::ledger {
namespace {

constexpr std::uint32_t kAttemptsMax = 3;
constexpr std::uint64_t kSkippedBlocksNoted = 256;
constexpr std::size_t kPrefetchInputs = 256;
constexpr std::size_t kDrainBlocksMax = 64;

Suspect suspect_of(std::string_view sixteen, std::uint64_t rest) {
  Suspect suspect;
  std::copy_n(sixteen.begin(), std::min<std::size_t>(16, sixteen.size()), suspect.cause.begin());
  for (std::size_t i = 0; i < 8; ++i) suspect.cause[16 + i] = static_cast<std::uint8_t>(rest >> (56 - 8 * i));
  return suspect;
}

Suspect suspect_of(const v1::SourceRef& ref, const DossierId& dossier) {
  return suspect_of(dossier.view(), (ref.block_seq() << 12) | ref.index());
}

v1::SourceRef ref_to(const LedgerName& ledger, const SourceScan::Input& input) {
  v1::SourceRef ref;
  ref.set_ledger(ledger);
  ref.set_block_seq(input.block->header().block_seq);
  ref.set_index(input.index);
  ref.set_offset(input.offset);
  ref.set_hash(std::string(input.block->hash().view()));
  return ref;
}

bool parse_leaf(const block::Block& block, std::uint32_t index, v1::Leaf& leaf) {
  const auto bytes = block.leaf_bytes(index);
  return leaf.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

v1::InputCursor cursor_to_wire(const LedgerName& ledger, const Cursor& cursor) {
  v1::InputCursor wire;
  wire.set_ledger(ledger);
  wire.set_offset(cursor.offset);
  wire.set_block_seq(cursor.block_seq);
  wire.set_index(cursor.index);
  wire.set_hash(std::string(cursor.hash.view()));
  return wire;
}

Error refused(ErrorCode code, const char* reason, const char* vi, const char* en) { return {code, reason, vi, en}; }

}  // namespace

// A slow acknowledgement says that broker or machine are busy; then larger and fewer blocks cost everybody less. On a quiet
// machine the pause is some milliseconds, and a lane with little to do makes none.
Instant Lane::pace_until() const {
  if (last_block_causes_ < 4 || causes_waiting() >= settings_.pace_causes) return produce_not_before_;
  return std::max(produce_not_before_, last_append_ + std::min(smoothed_ack_ * 4, settings_.pace_max));
}

bool Lane::may_propose() {
  if (pending_) {
    if (!mutant(Mutant::kTwoUnconfirmed)) return false;
    settle(*pending_);
    pending_.reset();
  }
  // A block on an older state than the log's could only be void.
  if (revoking_ || !records_.empty() || pinned_bytes_ > settings_.pinned_bytes_max) return false;
  if (causes_waiting() == 0 && timers_.empty() && !cursor_block_due(settings_.idle_blocks_max)) return false;
  return ports_.clock.steady() >= pace_until();
}

bool Lane::choose_rules(Draft& draft) {
  if (ports_.rules == nullptr) return true;
  const auto folded = head_.cursors.find("catalogue");
  const auto latest = ports_.rules->latest();
  if (!latest) return false;
  if (folded == head_.cursors.end() || folded->second.before(latest->cursor)) {
    draft.rules = latest->rules;
    draft.rules_cursor = latest->cursor;
    return true;
  }
  const auto found = ports_.rules->find(folded->second);
  if (!found) return false;  // another lane used a release that has not arrived here yet
  draft.rules = found->rules;
  return true;
}

void Lane::propose() {
  if (!may_propose()) return;
  Draft draft(head_);
  if (!choose_rules(draft)) {
    if (ports_.rules->latest()) return;
    for (auto& command : std::exchange(commands_, {})) answer_unavailable(command.reply, "CATALOGUE_UNAVAILABLE");
    return;
  }
  draft.decided_at = std::max(head_.decided_at, ports_.clock.now());
  // Shares of ledger.md 3: commands 50 %, inputs 30 %, drains and outcomes 10 %, timers 10 %; what one does not use is free.
  const std::size_t all = settings_.block_decisions_max;
  const std::size_t commands = std::min(commands_.size(), all / 2);
  const std::size_t drains = draining_.empty() && outcomes_.empty() ? 0 : all / 10;
  const std::size_t timers = timers_.empty() ? 0 : all / 10;
  take_inputs(draft, all - std::min(all - 1, commands + drains + timers));
  take_drains(draft, std::max<std::size_t>(drains, 1));
  take_outcomes(draft);
  take_resumes(draft);
  take_timers(draft, std::max<std::size_t>(all - commands, 1));
  take_commands(draft);
  if (state_ != LaneState::kServing) return;
  if (!draft.leaves.empty()) return produce(std::move(draft), kSkippedBlocksNoted);
  for (auto& held : std::exchange(draft.commands, {})) {
    if (mutant(Mutant::kRefusalWithoutBarrier)) {
      Reply reply = ok_reply(held.request.dossier, 0, false);
      reply.error = std::move(held.refusal);
      held.request.reply(std::move(reply));
      continue;
    }
    barrier_waiting_.push_back({std::move(held), tail_});
  }
  for (auto& source : sources_) source.scan.rewind();
  if (cursor_block_due(settings_.idle_blocks_max)) produce(std::move(draft), settings_.idle_blocks_max);
}

bool Lane::has_room(const Draft& draft) const {
  return !draft.closed && draft.leaves.size() < settings_.block_decisions_max && draft.bytes < settings_.block_bytes_soft;
}

// A cause that was being decided when the process died is decided alone.
bool Lane::must_wait(Draft& draft, const Suspect& cause) const {
  if (!solo_ || solo_->cause != cause.cause || draft.leaves.empty()) return false;
  draft.closed = true;
  return true;
}

const v1::DossierValue* Lane::value_of(const Draft& draft, const DossierId& dossier) {
  if (const auto it = draft.scratch.find(dossier); it != draft.scratch.end()) return it->second.get();
  const Entry* entry = cached(dossier);
  if (entry == nullptr) {
    want(dossier);
    return nullptr;
  }
  if (entry->asof > head_.head.block_seq) {
    mark(LaneMark::kFutureValueHeld);
    return nullptr;
  }
  return entry->value.get();
}

DecisionArguments Lane::arguments_for(const Draft& draft, const DossierId& dossier) {
  DecisionArguments arguments;
  arguments.ledger_id = head_.head.ledger_id;
  arguments.dossier = dossier;
  arguments.decided_at = draft.decided_at;
  arguments.salt = ports_.entropy.salt();
  arguments.rules = draft.rules.get();
  arguments.may_open_numbers = ports_.clock.trusted();
  return arguments;
}

DecisionResult Lane::decide(Draft& draft, const v1::DossierValue& value, DecisionArguments arguments, const Suspect& cause) {
  Suspect suspect = cause;
  if (solo_ && solo_->cause == cause.cause) {
    suspect.attempt = solo_->attempt;
    if (suspect.attempt >= kAttemptsMax) arguments.poison = "CRASHED";
    draft.closed = true;
    solo_.reset();
  }
  if (!arguments.poison.empty() && arguments.cause.kind_case() == v1::Cause::kCommand) {
    return refused(ErrorCode::kInternal, "POISON",
                   "Yêu cầu này đã làm dừng dịch vụ hai lần nên không xử lý nữa; hãy báo người vận hành.",
                   "This request ended the service twice and is not tried again; tell the operator.");
  }
  ports_.suspect.set(suspect);
  DecisionResult result = decide_leaf(machine_, value, std::move(arguments), draft.numbers);
  ports_.suspect.clear();
  if (mutant(Mutant::kRebaseWithoutDeciding)) {
    if (auto* leaf = std::get_if<v1::Leaf>(&result)) {
      *leaf = first_decision_of({reinterpret_cast<const char*>(cause.cause.data()), cause.cause.size()}, std::move(*leaf));
    }
  }
  return result;
}

// The scratch is the fold of the bytes that are sent: one path for lane, readers, rebuild and replay.
bool Lane::record(Draft& draft, const DossierId& dossier, const v1::Leaf& leaf) {
  std::string bytes = block::encode_message(leaf);
  v1::Leaf again;
  again.ParseFromString(bytes);
  auto& scratch = draft.scratch[dossier];
  if (!scratch) scratch = std::make_shared<v1::DossierValue>(*cache_.at(dossier).value);
  if (auto applied = apply_leaf(machine_, *scratch, again, crypto::sha256({bytes})); !applied) {
    halt("self-fold: " + applied.error().message_en);
    return false;
  }
  std::uint64_t events = 0;
  for (const auto& event : leaf.events()) events |= mask_of(event.type());
  draft.bytes += bytes.size();
  draft.leaves.push_back(std::move(bytes));
  draft.leaf_events.push_back(events);
  return true;
}

void Lane::take_inputs(Draft& draft, std::size_t share) {
  for (auto& source : sources_) {
    if (share == 0 || !has_room(draft)) return;
    share -= take_inputs_of(draft, source, share);
  }
}

std::size_t Lane::take_inputs_of(Draft& draft, Source& source, std::size_t share) {
  std::size_t taken = 0;
  while (taken < share && has_room(draft) && state_ == LaneState::kServing) {
    const auto input = source.scan.peek();
    if (!input) return taken;
    v1::Leaf leaf;
    auto dossier = parse_leaf(*input->block, input->index, leaf) ? DossierId::from(leaf.dossier_id()) : malformed("leaf");
    if (!dossier) {
      halt("a leaf of " + source.ledger + " can't be read");
      return taken;
    }
    const v1::DossierValue* value = value_of(draft, *dossier);
    if (value == nullptr) {
      for (std::size_t n = 1; n < kPrefetchInputs; ++n) {
        const auto ahead = source.scan.peek(n);
        if (!ahead || !parse_leaf(*ahead->block, ahead->index, leaf)) break;
        if (auto id = DossierId::from(leaf.dossier_id()); id && cached(*id) == nullptr) want(*id);
      }
      return taken;
    }
    if (value->queue_size() >= kQueueRefsMax) {
      ports_.observer.on_alarm(partition_, "QUEUE_LIMIT", "a parked dossier holds up " + source.ledger);
      return taken;
    }
    auto arguments = arguments_for(draft, *dossier);
    *arguments.cause.mutable_input()->mutable_ref() = ref_to(source.ledger, *input);
    arguments.source = &leaf;
    arguments.traceparent = leaf.traceparent();
    const Suspect cause = suspect_of(arguments.cause.input().ref(), *dossier);
    if (must_wait(draft, cause)) return taken;
    auto result = decide(draft, *value, std::move(arguments), cause);
    auto* decided = std::get_if<v1::Leaf>(&result);
    if (decided == nullptr) {
      halt("an input made no decision");
      return taken;
    }
    if (decided->cause().has_park()) mark(LaneMark::kParked);
    if (decided->cause().has_queued()) mark(LaneMark::kQueued);
    if (!record(draft, *dossier, *decided)) return taken;
    if (mutant(Mutant::kQueuedAlsoProcessed) && decided->cause().has_queued()) {
      v1::DossierValue open = *value_of(draft, *dossier);
      open.clear_queue();
      open.clear_parked();
      auto twice = arguments_for(draft, *dossier);
      *twice.cause.mutable_input()->mutable_ref() = ref_to(source.ledger, *input);
      twice.source = &leaf;
      auto again = decide(draft, open, std::move(twice), cause);
      if (auto* extra = std::get_if<v1::Leaf>(&again)) record(draft, *dossier, *extra);
    }
    source.scan.advance();
    ++taken;
  }
  return taken;
}

void Lane::take_drains(Draft& draft, std::size_t share) {
  const std::vector<DossierId> ids(draining_.begin(), draining_.end());
  for (const auto& id : ids) {
    while (share > 0 && has_room(draft) && take_drain(draft, id)) --share;
  }
}

bool Lane::take_drain(Draft& draft, const DossierId& dossier) {
  const v1::DossierValue* value = value_of(draft, dossier);
  if (value == nullptr || value->parked() || value->queue().empty()) return false;
  const v1::SourceRef& ref = value->queue(0);
  const auto place = std::make_pair(ref.ledger(), Offset{ref.offset()});
  const auto found = drain_blocks_.find(place);
  if (found == drain_blocks_.end()) {
    for (const auto& [ticket, asked] : drain_reads_) {
      if (asked == place) return false;
    }
    if (drain_blocks_.size() > kDrainBlocksMax) drain_blocks_.clear();
    const ports::Ticket ticket = next_ticket_++;
    drain_reads_[ticket] = place;
    ports_.log.read({ref.ledger(), partition_.partition}, ref.offset(), ticket);
    return false;
  }
  v1::Leaf leaf;
  const bool same = found->second->readable() && found->second->hash().view() == ref.hash() &&
                    ref.index() < found->second->leaf_count() && parse_leaf(*found->second, ref.index(), leaf);
  if (!same) {
    halt("a queued decision of " + ref.ledger() + " is not where it was");
    return false;
  }
  auto arguments = arguments_for(draft, dossier);
  *arguments.cause.mutable_drain()->mutable_ref() = ref;
  arguments.source = &leaf;
  arguments.traceparent = leaf.traceparent();
  const Suspect cause = suspect_of(ref, dossier);
  if (must_wait(draft, cause)) return false;
  auto result = decide(draft, *value, std::move(arguments), cause);
  const auto* decided = std::get_if<v1::Leaf>(&result);
  if (decided == nullptr || !record(draft, dossier, *decided)) return false;
  mark(LaneMark::kDrained);
  return true;
}

void Lane::take_outcomes(Draft& draft) {
  std::deque<OutcomeReport> keep;
  for (auto& report : std::exchange(outcomes_, {})) {
    const v1::DossierValue* value = has_room(draft) ? value_of(draft, report.dossier) : nullptr;
    if (value == nullptr) {
      keep.push_back(std::move(report));
      continue;
    }
    auto arguments = arguments_for(draft, report.dossier);
    auto& outcome = *arguments.cause.mutable_outcome();
    outcome.set_dossier_seq(report.dossier_seq);
    outcome.set_index(report.index);
    outcome.set_attempt(report.attempt);
    outcome.set_result(report.result);
    auto result = decide(draft, *value, std::move(arguments), suspect_of(report.dossier.view(), report.dossier_seq));
    const auto* leaf = std::get_if<v1::Leaf>(&result);
    if (leaf == nullptr) continue;
    if (!record(draft, report.dossier, *leaf)) return;
    mark(LaneMark::kOutcomeTaken);
    draft.outcomes.push_back(std::move(report));
  }
  outcomes_.insert(outcomes_.begin(), std::make_move_iterator(keep.begin()), std::make_move_iterator(keep.end()));
}

void Lane::take_resumes(Draft& draft) {
  std::deque<ResumeRequest> keep;
  for (auto& request : std::exchange(resumes_, {})) {
    const v1::DossierValue* value = has_room(draft) ? value_of(draft, request.dossier) : nullptr;
    if (value == nullptr) {
      keep.push_back(std::move(request));
      continue;
    }
    auto arguments = arguments_for(draft, request.dossier);
    auto& resume = *arguments.cause.mutable_resume();
    *resume.mutable_ref() = request.ref;
    resume.set_action(request.action);
    const bool confirms = request.action == v1::Cause::Resume::ACTION_SKIP && value->has_skip_proposal();
    if (confirms) resume.add_approvers(value->skip_proposal().person());
    resume.add_approvers(request.person);
    resume.set_reason_code(request.reason_code);
    auto result = decide(draft, *value, std::move(arguments), suspect_of(request.ref, request.dossier));
    const auto* leaf = std::get_if<v1::Leaf>(&result);
    if (leaf == nullptr) {
      Reply reply = ok_reply(request.dossier, 0, false);
      if (auto* error = std::get_if<Error>(&result)) {
        reply.error = std::move(*error);
      } else {
        reply.error = refused(ErrorCode::kFailedPrecondition, "NOT_PARKED_HERE",
                              "Hồ sơ không dừng ở sự kiện này; hãy xem lại hàng lỗi.",
                              "The dossier is not parked at this event; look at its queue again.");
      }
      request.reply(std::move(reply));
      continue;
    }
    const std::uint64_t seq = leaf->dossier_seq();
    if (!record(draft, request.dossier, *leaf)) return;
    mark(request.action == v1::Cause::Resume::ACTION_PROPOSE_SKIP ? LaneMark::kSkipProposed : LaneMark::kResumed);
    if (request.action == v1::Cause::Resume::ACTION_SKIP) mark(LaneMark::kSkipped);
    draft.resumes.push_back({std::move(request), seq});
  }
  resumes_.insert(resumes_.begin(), std::make_move_iterator(keep.begin()), std::make_move_iterator(keep.end()));
}

void Lane::take_timers(Draft& draft, std::size_t share) {
  if (!ports_.clock.trusted()) return;
  std::vector<TimerEntry> keep;
  while (!timers_.empty() && timers_.top().due <= draft.decided_at && share > 0 && has_room(draft)) {
    TimerEntry entry = timers_.top();
    timers_.pop();
    const v1::DossierValue* value = value_of(draft, entry.dossier);
    if (value == nullptr) {
      keep.push_back(entry);
      continue;
    }
    const auto* timer = find_timer(*value, entry.id);
    if (timer == nullptr) continue;
    if (entry.generation == 0 && timer->due() == entry.due.micros) entry.generation = timer->generation();
    auto arguments = arguments_for(draft, entry.dossier);
    arguments.cause.mutable_timer()->set_id(entry.id);
    arguments.cause.mutable_timer()->set_generation(entry.generation);
    auto result =
        decide(draft, *value, std::move(arguments), suspect_of(entry.dossier.view(), entry.generation << 32 | entry.id));
    const auto* leaf = std::get_if<v1::Leaf>(&result);
    if (leaf == nullptr) continue;
    if (!record(draft, entry.dossier, *leaf)) return;
    mark(LaneMark::kTimerFired);
    draft.timers.push_back(entry);
    --share;
  }
  for (const auto& entry : keep) timers_.push(entry);
}

void Lane::take_commands(Draft& draft) {
  std::deque<CommandRequest> keep;
  while (!commands_.empty() && has_room(draft) && state_ == LaneState::kServing) {
    CommandRequest request = std::move(commands_.front());
    commands_.pop_front();
    if (!take_command(draft, request)) keep.push_back(std::move(request));
  }
  commands_.insert(commands_.begin(), std::make_move_iterator(keep.begin()), std::make_move_iterator(keep.end()));
}

// Returns false when the command has to wait for its dossier's value.
bool Lane::take_command(Draft& draft, CommandRequest& request) {
  if (request.deadline.micros != 0 && ports_.clock.steady() > request.deadline) {
    Reply reply;
    reply.error = refused(ErrorCode::kDeadlineExceeded, "DEADLINE", "Quá thời hạn chờ; hãy gửi lại với cùng mã yêu cầu.",
                          "The deadline has passed; send again with the same request id.");
    request.reply(std::move(reply));
    return true;
  }
  const v1::DossierValue* value = value_of(draft, request.dossier);
  if (value == nullptr) return false;
  const auto refuse = [&](Error error) {
    draft.commands.push_back({std::move(request), 0, false, std::move(error)});
    ++draft.refused;
  };
  if (const auto known = find_request(*value, request.request)) {
    const bool durable = find_request(*cache_.at(request.dossier).value, request.request).has_value();
    std::optional<Error> error;
    if (known->digest != request.digest) {
      mark(LaneMark::kDigestRefused);
      error = refused(ErrorCode::kAlreadyExists, "REQUEST_ID_REUSED",
                      "Mã yêu cầu này đã dùng cho nội dung khác; hãy dùng mã mới.",
                      "This request id was used for other content; use a new one.");
    }
    if (!durable) {
      draft.commands.push_back({std::move(request), known->dossier_seq, true, std::move(error)});
      return true;
    }
    mark(LaneMark::kReplayed);
    Reply reply = ok_reply(request.dossier, known->dossier_seq, true);
    reply.error = std::move(error);
    request.reply(std::move(reply));
    return true;
  }
  if (request.issued_at.micros != 0) {
    const Duration age = draft.decided_at - request.issued_at;
    if (age > settings_.request_age_max || age < -settings_.request_age_max) {
      refuse(refused(ErrorCode::kInvalidArgument, "REQUEST_ID_TIME",
                     "Thời điểm trong mã yêu cầu lệch quá 24 giờ; hãy tạo mã mới.",
                     "The time in the request id is more than 24 h away; make a new one."));
      return true;
    }
    if (request.issued_at.micros <= value->request_floor()) {
      refuse(refused(ErrorCode::kFailedPrecondition, "REQUEST_EXPIRED",
                     "Mã yêu cầu quá cũ so với các yêu cầu sau nó; hãy xem hồ sơ rồi tạo mã mới.",
                     "The request id is older than what the dossier remembers; look at the dossier, then make a new one."));
      return true;
    }
  }
  if (request.expected_revision && *request.expected_revision != value->dossier_seq()) {
    refuse(refused(ErrorCode::kAborted, "REVISION_MISMATCH", "Hồ sơ đã thay đổi; hãy đọc lại rồi gửi lại.",
                   "The dossier has changed; read it again, then send again."));
    return true;
  }
  auto arguments = arguments_for(draft, request.dossier);
  auto& command = *arguments.cause.mutable_command();
  command.set_principal(request.principal);
  command.set_actor(request.actor);
  command.set_request_id(std::string(request.request.view()));
  command.set_digest(std::string(request.digest.view()));
  command.set_digest_key(request.digest_key);
  command.set_issued_at(request.issued_at.micros);
  command.set_type(request.type);
  command.set_body(request.body);
  arguments.sealed = request.sealed;
  arguments.traceparent = request.traceparent;
  const Suspect cause = suspect_of(request.request.view(), 0);
  if (must_wait(draft, cause)) return false;
  auto result = decide(draft, *value, std::move(arguments), cause);
  if (auto* leaf = std::get_if<v1::Leaf>(&result)) {
    const std::uint64_t seq = leaf->dossier_seq();
    if (record(draft, request.dossier, *leaf)) draft.commands.push_back({std::move(request), seq, false, std::nullopt});
    return true;
  }
  if (auto* error = std::get_if<Error>(&result)) refuse(std::move(*error));
  return true;
}

bool Lane::cursor_block_due(std::uint64_t skipped) const {
  return std::any_of(sources_.begin(), sources_.end(), [skipped](const Source& source) {
    return source.scan.skipped_blocks() >= skipped && source.scan.idle_position();
  });
}

// Whoever owns the partition next reads the sources from here and publishes nothing again.
void Lane::note_position() {
  if (state_ != LaneState::kServing || !records_.empty()) return;
  if (!cursor_block_due(1) && !is_before(head_.relay_upto, relayed_)) return;
  Draft draft(head_);
  draft.decided_at = std::max(head_.decided_at, ports_.clock.now());
  produce(std::move(draft), 1);
}

void Lane::produce(Draft draft, std::uint64_t cursors_from) {
  v1::Core core;
  core.set_kind(v1::Core::KIND_NORMAL);
  core.set_decided_at(draft.decided_at.micros);
  core.set_logic(machine_.logic());
  if (draft.rules_cursor) *core.add_inputs() = cursor_to_wire("catalogue", *draft.rules_cursor);
  for (const auto& source : sources_) {
    const auto idle = source.scan.idle_position();
    if (source.scan.position() != source.scan.folded()) {
      if (source.scan.inside_block()) mark(LaneMark::kInsideBlock);
      if (!mutant(Mutant::kCursorOutsideBlock)) *core.add_inputs() = cursor_to_wire(source.ledger, source.scan.position());
    } else if (idle && source.scan.skipped_blocks() >= cursors_from) {
      *core.add_inputs() = cursor_to_wire(source.ledger, *idle);
    }
  }
  for (const auto& [key, value] : draft.numbers.changed()) {
    auto& counter = *core.add_counters();
    counter.set_key(key);
    counter.set_value(value);
    if (mutant(Mutant::kCounterAsIncrement))
      counter.set_value(value - std::min(value, NumberScratch(head_.counters).current(key)));
  }
  // Another process may have written more than the relay here knows of.
  const auto& upto = is_before(head_.relay_upto, relayed_) ? relayed_ : head_.relay_upto;
  if (upto.block_seq() != 0) *core.mutable_relay_upto() = upto;
  for (const auto events : draft.leaf_events) core.add_leaf_events(events);
  block::Header header;
  header.ledger_id = head_.head.ledger_id;
  header.block_seq = head_.head.block_seq + 1;
  header.prev = head_.head.hash;
  header.writer = settings_.writer;
  block::Record record = block::encode(header, std::move(core), draft.leaves);
  auto parsed = block::parse(partition_, record);
  if (!parsed || !(*parsed)->readable()) return halt("a block of ours can't be read");
  draft.block = *std::move(parsed);
  draft.after = head_;
  draft.after.apply(*draft.block);
  if (mutant(Mutant::kCursorOutsideBlock) || mutant(Mutant::kCursorBeforeConfirm)) {
    for (const auto& source : sources_) draft.after.cursors[source.ledger] = source.scan.position();
    if (mutant(Mutant::kCursorBeforeConfirm)) head_.cursors = draft.after.cursors;
  }
  draft.ticket = next_ticket_++;
  draft.sent_at = last_append_ = ports_.clock.steady();
  last_block_causes_ = draft.leaves.size();
  ports_.log.append(partition_, std::move(record), draft.ticket);
  if (mutant(Mutant::kCallBeforeConfirm)) {
    for (const auto& [dossier, value] : draft.scratch) {
      for (const auto& intent : value->intents()) {
        if (called_.insert({dossier, {intent.dossier_seq(), intent.index()}}).second)
          ports_.observer.on_intent(partition_, dossier, intent);
      }
    }
  }
  pending_.emplace(std::move(draft));
}

void Lane::ask_barrier() {
  const Instant now = ports_.clock.steady();
  if (barrier_ticket_ != 0) {
    if (now < barrier_since_ + settings_.barrier_max) return;
    barrier_ticket_ = 0;
    for (auto& barrier : std::exchange(barrier_asked_, {})) answer_unavailable(barrier.command.request.reply, "LOG_AWAY");
    for (auto& read : reads_) read.barrier_asked = false;
  }
  bool needed = !barrier_waiting_.empty();
  for (auto& read : reads_) {
    if (!read.request.strict || read.barrier_passed) continue;
    needed = read.barrier_asked = true;
  }
  if (!needed) return;
  barrier_asked_ = std::exchange(barrier_waiting_, {});
  barrier_since_ = now;
  barrier_ticket_ = next_ticket_++;
  ports_.log.end_offset(partition_, barrier_ticket_);
}

void Lane::answer_reads() {
  const Instant now = ports_.clock.steady();
  std::vector<WaitingRead> keep;
  for (auto& read : std::exchange(reads_, {})) {
    // While the fold catches up from the projection, a value may be older than what was acknowledged already.
    const bool catching_up = state_ == LaneState::kRecovering && recovery_clears_;
    const bool reached = head_.head.block_seq >= read.request.min_block_seq && !catching_up;
    const bool fresh = !read.request.strict || read.barrier_passed;
    Entry* entry = cached(read.request.dossier);
    if (reached && fresh && entry != nullptr) {
      read.request.reply(ok_reply(read.request.dossier, entry->value->dossier_seq(), false));
      continue;
    }
    const Duration waited = now - read.since;
    if (!reached && read.request.min_block_seq > 0 && waited > settings_.read_wait_max) {
      answer_unavailable(read.request.reply, "POSITION_NOT_REACHED");
      continue;
    }
    if (waited > settings_.barrier_max) {
      answer_unavailable(read.request.reply, entry == nullptr ? "PROJECTION_AWAY" : "LOG_AWAY");
      continue;
    }
    if (entry == nullptr && state_ == LaneState::kServing) want(read.request.dossier);
    keep.push_back(std::move(read));
  }
  reads_.insert(reads_.begin(), std::make_move_iterator(keep.begin()), std::make_move_iterator(keep.end()));
}

void Lane::call_intents() {
  for (auto it = intent_dossiers_.begin(); it != intent_dossiers_.end();) {
    const Entry* entry = cached(*it);
    if (entry == nullptr) {
      want(*it);
      ++it;
      continue;
    }
    for (const auto& intent : entry->value->intents()) {
      if (!called_.insert({*it, {intent.dossier_seq(), intent.index()}}).second) continue;
      mark(LaneMark::kIntentCalled);
      ports_.observer.on_intent(partition_, *it, intent);
    }
    it = intent_dossiers_.erase(it);
  }
}

void Lane::refill_timers() {
  const Instant now = ports_.clock.steady();
  if (now >= next_timer_scan_) scans_due_.insert("timer");
  // An idle partition would not notice that its projection was wiped or rolled back; a small question does.
  if (now >= next_probe_) {
    scans_due_.insert("parked");
    // Those that were called leave the index with their outcome; then the next ones show.
    if (more_intents_ && called_.size() < settings_.scan_limit / 2) scans_due_.insert("intent");
  }
  if (scans_due_.empty() || !scans_.empty() || now < scan_retry_at_) return;
  next_probe_ = now + settings_.probe_every;
  for (const auto& index : std::exchange(scans_due_, {})) {
    const bool timers = index == "timer";
    if (timers) next_timer_scan_ = now + settings_.timer_refill_every;
    const std::int64_t until = timers ? (ports_.clock.now() + settings_.timer_horizon).micros : INT64_MAX;
    const ports::Ticket ticket = next_ticket_++;
    scans_[ticket] = index;
    ports_.projection.scan(partition_, apply_ ? apply_->target : watermark_, index, until,
                           index == "parked" ? 1 : settings_.scan_limit, ticket);
  }
}

void Lane::on_scanned(const ports::Scanned& answer) {
  const auto it = scans_.find(answer.ticket);
  if (it == scans_.end()) return;
  const std::string index = it->second;
  scans_.erase(it);
  if (index == "intent") more_intents_ = answer.hits.size() >= settings_.scan_limit;
  for (const auto& hit : answer.hits) {
    if (index == "timer") {
      timers_.push({{hit.score}, hit.dossier, static_cast<TimerId>(std::stoul(hit.suffix)), 0});
    } else if (index == "intent") {
      intent_dossiers_.insert(hit.dossier);
    } else if (index == "drain") {
      draining_.insert(hit.dossier);
    }
  }
}

}  // namespace lienthong::ledger
