#include "platform/ledger/decide.h"

#include "ledger_mutation/mutant.h"
#include "platform/base/encoding.h"
#include "platform/base/overloaded.h"
#include "platform/crypto/sha256.h"

#include <algorithm>
#include <utility>

namespace lienthong::ledger {
namespace {

class LeafContext final : public Context {
 public:
  LeafContext(const DecisionArguments& arguments, std::uint64_t dossier_seq, const NumberScratch& numbers)
      : arguments_(arguments), dossier_seq_(dossier_seq), numbers_(numbers) {}

  Instant decided_at() const override { return arguments_.decided_at; }
  DossierId dossier() const override { return arguments_.dossier; }
  std::uint64_t dossier_seq() const override { return dossier_seq_; }
  Salt salt() const override { return arguments_.salt; }

  DerivedId derive_id(std::uint32_t n) const override {
    std::string tail;
    append_u64_be(tail, dossier_seq_);
    append_u32_be(tail, n);
    const Hash hash = crypto::sha256({"id1", arguments_.ledger_id.view(), arguments_.dossier.view(), tail});
    return *DerivedId::from(hash.view().substr(0, DerivedId::kSize));
  }

  std::uint64_t next_number(std::string_view key) override {
    const auto own = allotted_.find(key);
    const std::uint64_t last = own != allotted_.end() ? own->second : numbers_.current(key);
    if (last == 0 && !arguments_.may_open_numbers) clock_refused_ = true;
    const std::uint64_t number = mutant(Mutant::kCounterOutsideBlock) ? outside_number(key, last + 1) : last + 1;
    allotted_[std::string(key)] = number;
    return number;
  }

  bool clock_refused() const { return clock_refused_; }
  void keep(NumberScratch& numbers) const {
    for (const auto& [key, value] : allotted_) numbers.set(key, value);
  }

 private:
  const DecisionArguments& arguments_;
  std::uint64_t dossier_seq_;
  const NumberScratch& numbers_;
  std::map<std::string, std::uint64_t, std::less<>> allotted_;
  bool clock_refused_ = false;
};

Error parked_error() {
  return {ErrorCode::kFailedPrecondition, "DOSSIER_PARKED",
          "Hồ sơ đang chờ người vận hành xử lý một sự kiện lỗi; hãy thử lại sau khi được khôi phục.",
          "The dossier waits for an operator to repair an event; try again after it was resumed."};
}

Error clock_error() {
  return {ErrorCode::kUnavailable, "CLOCK_UNTRUSTED",
          "Đồng hồ máy chủ lệch quá 60 giây; chưa cấp số mới. Hãy kiểm tra NTP rồi thử lại.",
          "The server clock is off by more than 60 s; no new number is opened. Check NTP and retry."};
}

Error too_large_error() {
  return {ErrorCode::kInvalidArgument, "DECISION_TOO_LARGE", "Yêu cầu tạo ra quyết định lớn hơn 128 KiB; hãy chia nhỏ.",
          "The request makes a decision larger than 128 KiB; split it."};
}

Error not_proposed_error() {
  return {ErrorCode::kFailedPrecondition, "SKIP_NOT_PROPOSED",
          "Chưa ai đề nghị bỏ qua sự kiện này; hãy đề nghị trước rồi nhờ người thứ hai xác nhận.",
          "Nobody has proposed to leave this event out; propose it, then have another person confirm."};
}

Error second_person_error() {
  return {ErrorCode::kFailedPrecondition, "SECOND_PERSON_NEEDED",
          "Người đề nghị bỏ qua không được tự xác nhận; hãy nhờ người thứ hai.",
          "Who proposed to leave the event out can't confirm it; ask another person."};
}

// One officer may act for several principals; he stays one person.
std::string_view actor_of(std::string_view person) {
  const auto slash = person.find('/');
  return slash == std::string_view::npos ? std::string_view() : person.substr(slash + 1);
}

v1::SourceRef* ref_of(v1::Cause& cause) {
  switch (cause.kind_case()) {
    case v1::Cause::kInput: return cause.mutable_input()->mutable_ref();
    case v1::Cause::kDrain: return cause.mutable_drain()->mutable_ref();
    case v1::Cause::kPark:
    case v1::Cause::kQueued:
    case v1::Cause::kCommand:
    case v1::Cause::kResume:
    case v1::Cause::kTimer:
    case v1::Cause::kOutcome:
    case v1::Cause::kReview:
    case v1::Cause::KIND_NOT_SET: return nullptr;
  }
  return nullptr;
}

void park(v1::Cause& cause, const std::string& reason) {
  if (cause.kind_case() == v1::Cause::kDrain) {
    cause.mutable_drain()->set_park_reason(reason);
    return;
  }
  v1::SourceRef ref = std::move(*ref_of(cause));
  auto& parked = *cause.mutable_park();
  *parked.mutable_ref() = std::move(ref);
  parked.set_reason(reason);
}

void fill_timers(v1::Leaf& leaf, const v1::DossierValue& value, const std::vector<TimerChange>& changes) {
  for (const auto& change : changes) {
    const TimerId id = std::visit([](const auto& c) { return c.id; }, change);
    std::uint64_t generation = 0;
    if (const auto* known = find_timer(value, id)) generation = known->generation();
    for (const auto& earlier : leaf.timers()) {
      if (earlier.id() == id) generation = earlier.generation();
    }
    auto& wire = *leaf.add_timers();
    wire.set_id(id);
    wire.set_generation(generation + 1);
    wire.set_due(std::visit(Overloaded{[](const ArmTimer& arm) { return std::max<std::int64_t>(arm.due.micros, 1); },
                                       [](const ClearTimer&) { return std::int64_t{0}; }},
                            change));
  }
}

class DecisionTaker {
 public:
  DecisionTaker(const Machine& machine, const v1::DossierValue& value, DecisionArguments& arguments, NumberScratch& numbers)
      : machine_(machine),
        value_(value),
        arguments_(arguments),
        numbers_(numbers),
        context_(arguments, value.dossier_seq() + 1, numbers) {}

  DecisionResult run() {
    auto& cause = arguments_.cause;
    switch (cause.kind_case()) {
      case v1::Cause::kCommand: return command(cause.command());
      case v1::Cause::kInput: return input();
      case v1::Cause::kDrain:
        if (value_.parked() || value_.queue().empty() || !same_source(value_.queue(0), cause.drain().ref()))
          return Dropped{};
        return taken_input(cause.drain().ref().ledger());
      case v1::Cause::kResume: return resume(cause.resume());
      case v1::Cause::kTimer: return timer(cause.timer());
      case v1::Cause::kOutcome: return outcome(cause.outcome());
      case v1::Cause::kReview:
        if (cause.review().catalogue_version() <= value_.reviewed_version()) return Dropped{};
        return decide_internal(ReviewCause{cause.review().catalogue_version()});
      case v1::Cause::kPark:
      case v1::Cause::kQueued:
      case v1::Cause::KIND_NOT_SET: break;
    }
    return Dropped{};
  }

 private:
  DecisionResult command(const v1::Cause::Command& command) {
    if (value_.parked() || !value_.queue().empty()) return parked_error();
    auto decided = machine_.decide(
        context_, arguments_.rules, value_.state(),
        CommandCause{command.type(), command.body(), command.principal(), command.actor(),
                     RequestId::from(command.request_id()).value_or(RequestId{}), Instant{command.issued_at()}});
    if (decided.refusal) return *std::move(decided.refusal);
    if (context_.clock_refused()) return clock_error();
    auto result = record(std::move(decided));
    return result;
  }

  DecisionResult input() {
    const bool waits = mutant(Mutant::kResumeOvertakesQueue) ? value_.parked() : value_.parked() || !value_.queue().empty();
    if (waits) {
      v1::SourceRef ref = std::move(*ref_of(arguments_.cause));
      *arguments_.cause.mutable_queued()->mutable_ref() = std::move(ref);
      return record({});
    }
    const std::string from = arguments_.cause.input().ref().ledger();
    return taken_input(from);
  }

  DecisionResult taken_input(const std::string& from) {
    std::string reason = arguments_.poison;
    if (reason.empty() && arguments_.source == nullptr) reason = "UNDECODABLE";
    Decided decided;
    if (reason.empty()) {
      decided =
          machine_.decide(context_, arguments_.rules, value_.state(), InputCause{from, arguments_.source, value_.forced()});
      if (decided.refusal) reason = decided.refusal->reason.empty() ? "REFUSED" : decided.refusal->reason;
      if (context_.clock_refused()) reason = "CLOCK_UNTRUSTED";
    }
    if (!reason.empty()) {
      park(arguments_.cause, reason);
      return record({});
    }
    auto result = record(std::move(decided));
    if (std::holds_alternative<Error>(result)) {
      park(arguments_.cause, std::get<Error>(result).reason);
      return record({});
    }
    return result;
  }

  DecisionResult resume(const v1::Cause::Resume& resume) {
    if (!value_.parked() || value_.queue().empty() || !same_source(value_.queue(0), resume.ref())) return Dropped{};
    if (resume.action() == v1::Cause::Resume::ACTION_SKIP && !mutant(Mutant::kSkipByOnePerson)) {
      if (!value_.has_skip_proposal()) return not_proposed_error();
      const bool two = resume.approvers_size() == 2 && resume.approvers(0) == value_.skip_proposal().person() &&
                       !actor_of(resume.approvers(1)).empty() &&
                       actor_of(resume.approvers(0)) != actor_of(resume.approvers(1));
      if (!two) return second_person_error();
    }
    return record({});
  }

  DecisionResult timer(const v1::Cause::Timer& timer) {
    const auto* known = find_timer(value_, timer.id());
    if (known == nullptr || known->due() == 0 || value_.parked() || !value_.queue().empty()) return Dropped{};
    const bool current = known->generation() == timer.generation() && known->due() <= arguments_.decided_at.micros;
    if (!current && !mutant(Mutant::kTimerWithoutGeneration)) return Dropped{};
    return decide_internal(TimerCause{timer.id()});
  }

  DecisionResult outcome(const v1::Cause::Outcome& outcome) {
    for (const auto& open : value_.intents()) {
      if (open.dossier_seq() != outcome.dossier_seq() || open.index() != outcome.index()) continue;
      return decide_internal(OutcomeCause{&open.intent(), outcome.attempt(), outcome.result()});
    }
    return Dropped{};
  }

  // Internal causes have nobody to tell a refusal to: they are recorded without events.
  DecisionResult decide_internal(const CauseView& cause) {
    auto decided = machine_.decide(context_, arguments_.rules, value_.state(), cause);
    if (decided.refusal) return record({});
    return record(std::move(decided));
  }

  DecisionResult record(Decided decided) {
    v1::Leaf leaf;
    leaf.set_salt(std::string(arguments_.salt.view()));
    leaf.set_dossier_id(std::string(arguments_.dossier.view()));
    leaf.set_dossier_seq(value_.dossier_seq() + 1);
    leaf.set_dossier_prev(value_.last_leaf().empty() ? std::string(Hash{}.view()) : value_.last_leaf());
    *leaf.mutable_cause() = arguments_.cause;
    for (auto& event : decided.events) *leaf.add_events() = std::move(event);
    fill_timers(leaf, value_, decided.timers);
    for (auto& intent : decided.intents) {
      auto& wire = *leaf.add_intents();
      wire.set_type(intent.type);
      wire.set_payload(std::move(intent.payload));
    }
    for (const auto& part : arguments_.sealed) *leaf.add_sealed() = part;
    leaf.set_traceparent(arguments_.traceparent);
    if (leaf.ByteSizeLong() > kLeafBytesMax) return too_large_error();
    context_.keep(numbers_);
    return leaf;
  }

  const Machine& machine_;
  const v1::DossierValue& value_;
  DecisionArguments& arguments_;
  NumberScratch& numbers_;
  LeafContext context_;
};

}  // namespace

std::uint64_t NumberScratch::current(std::string_view key) const {
  if (const auto it = changed_.find(key); it != changed_.end()) return it->second;
  if (const auto it = folded_->find(key); it != folded_->end()) return it->second;
  return 0;
}

DecisionResult decide_leaf(const Machine& machine, const v1::DossierValue& value, DecisionArguments arguments,
                           NumberScratch& numbers) {
  return DecisionTaker(machine, value, arguments, numbers).run();
}

}  // namespace lienthong::ledger
