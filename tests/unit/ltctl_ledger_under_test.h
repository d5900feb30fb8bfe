#pragma once

#include "platform/block/block.h"
#include "platform/ledger/decide.h"
#include "platform/ledger/fold.h"
#include "platform/memory/in_memory_log.h"
#include "platform/memory/in_memory_projection.h"
#include "platform/ports/installation.h"
#include "tools/ltctl/ledger_verify.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::test_support {

namespace v1 = ledger::v1;

inline constexpr std::uint32_t kNoted = 1;
inline constexpr std::uint32_t kNumbered = 2;
inline constexpr std::uint32_t kWhispered = 3;  ///< Nobody takes it in.

/// A service that writes down what it is told: `number` allots one, `whisper` is for nobody, an input `bad` can't be
/// decided.
class NotebookMachine final : public ledger::Machine {
 public:
  NotebookMachine(LedgerName name, std::vector<std::pair<LedgerName, EventMask>> sources)
      : name_(std::move(name)), sources_(std::move(sources)) {}

  LedgerName name() const override { return name_; }
  std::uint32_t logic() const override { return logic_; }
  std::vector<std::pair<LedgerName, EventMask>> sources() const override { return sources_; }

  ledger::Decided decide(Context& context, const Rules*, std::string_view, const ledger::CauseView& cause) const override {
    ledger::Decided decided;
    if (const auto* command = std::get_if<ledger::CommandCause>(&cause)) {
      std::uint32_t type = command->body == "whisper" ? kWhispered : kNoted;
      std::string text(command->body);
      if (text == "number") {
        type = kNumbered;
        text = std::to_string(context.next_number("H"));
      }
      if (text == "later") decided.timers.push_back(ArmTimer{1, context.decided_at() + std::chrono::seconds(1)});
      decided.events.push_back(event(type, suffix_ + text));
    } else if (const auto* input = std::get_if<ledger::InputCause>(&cause)) {
      const std::string& text = input->leaf->events(0).payload();
      if (text == "bad" && !input->retried) {
        decided.refusal = Error{ErrorCode::kInvalidArgument, "BAD_NOTE", "", ""};
      } else {
        decided.events.push_back(event(kNoted, "heard " + text));
      }
    } else {
      decided.events.push_back(event(kNoted, "rang"));
    }
    return decided;
  }

  Result<void> evolve(std::string& state, const v1::Leaf& leaf) const override {
    for (const auto& happened : leaf.events()) state += happened.payload() + ";";
    return {};
  }

  IndexEntries index_entries(std::string_view state) const override {
    return {{"size", "H", static_cast<std::int64_t>(state.size()), ""}};
  }

  /// Makes it decide otherwise than before, with or without saying so.
  void decide_otherwise() { suffix_ = "new "; }
  void raise_logic() { ++logic_; }

 private:
  static v1::Event event(std::uint32_t type, std::string text) {
    v1::Event made;
    made.set_type(type);
    made.set_payload(std::move(text));
    return made;
  }

  LedgerName name_;
  std::vector<std::pair<LedgerName, EventMask>> sources_;
  std::uint32_t logic_ = 1;
  std::string suffix_;
};

/// Calls a port and waits for its one answer.
class Waiting final : public ports::LogSink, public ports::ProjectionSink {
 public:
  void on_log(ports::LogMessage) override { answered(); }
  void on_projection(ports::ProjectionMessage) override { answered(); }
  void call(const std::function<void()>& start) {
    start();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return answers_ > 0; });
    --answers_;
  }

 private:
  void answered() {
    {
      const std::lock_guard lock(mutex_);
      ++answers_;
    }
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  int answers_ = 0;
};

/// Writes one ledger as its lane would, block by block, with a chance to do it wrongly.
class LedgerWriter {
 public:
  LedgerWriter(memory::InMemoryLog& log, const ledger::Machine& machine)
      : machine_(machine), partition_{machine.name(), 0}, log_(log.attach(waiting_)) {
    v1::Genesis genesis;
    genesis.set_ledger_id(std::string(16, static_cast<char>('a' + machine.name().size())));
    genesis.set_topic(partition_.topic());
    genesis.set_partition_count(1);
    genesis.set_format(block::kFormat);
    append(block::genesis(genesis, Instant{1'000}));
    const auto born = *block::parse(partition_, block::genesis(genesis, Instant{1'000}));
    state_ = *ledger::PartitionState::from_genesis(partition_, *born);
    blocks_.emplace_back(0, born);
  }

  static DossierId dossier(char name) { return *DossierId::from(std::string(16, name)); }

  /// Adds the decision of a command to the block under construction.
  LedgerWriter& command(char name, const std::string& body) {
    v1::Cause cause;
    cause.mutable_command()->set_request_id(std::string(15, 'r') + static_cast<char>(++requests_));
    cause.mutable_command()->set_digest(std::string(8, 'd'));
    cause.mutable_command()->set_body(body);
    return add(name, std::move(cause), nullptr);
  }
  LedgerWriter& timer(char name, std::uint64_t generation) {
    v1::Cause cause;
    cause.mutable_timer()->set_id(1);
    cause.mutable_timer()->set_generation(generation);
    return add(name, std::move(cause), nullptr);
  }
  /// Takes in a decision of another ledger; moves the cursor behind it unless `silently`.
  LedgerWriter& input(const LedgerWriter& from, std::size_t block_at, std::uint32_t index, bool silently = false) {
    const auto& [offset, source] = from.blocks_[block_at];
    v1::Cause cause;
    *cause.mutable_input()->mutable_ref() = from.ref(block_at, index);
    v1::Leaf leaf;
    const auto bytes = source->leaf_bytes(index);
    leaf.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    add(leaf.dossier_id().front(), std::move(cause), &leaf);
    return silently ? *this : cursor(from, block_at, index + 1);
  }
  LedgerWriter& resume(char name, const v1::SourceRef& ref, v1::Cause::Resume::Action action) {
    v1::Cause cause;
    *cause.mutable_resume()->mutable_ref() = ref;
    cause.mutable_resume()->set_action(action);
    return add(name, std::move(cause), nullptr);
  }
  LedgerWriter& drain(char name, const LedgerWriter& from, std::size_t block_at, std::uint32_t index) {
    v1::Cause cause;
    *cause.mutable_drain()->mutable_ref() = from.ref(block_at, index);
    v1::Leaf leaf;
    const auto bytes = from.blocks_[block_at].second->leaf_bytes(index);
    leaf.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    return add(name, std::move(cause), &leaf);
  }
  LedgerWriter& cursor(const LedgerWriter& from, std::size_t block_at, std::uint32_t index) {
    const auto& [offset, source] = from.blocks_[block_at];
    v1::InputCursor wire;
    wire.set_ledger(from.partition_.ledger);
    wire.set_offset(offset);
    wire.set_block_seq(source->header().block_seq);
    wire.set_index(index);
    wire.set_hash(std::string(source->hash().view()));
    cursors_[from.partition_.ledger] = wire;
    return *this;
  }
  /// Lets a test spoil the leaf that was added last, before the block is made.
  LedgerWriter& spoil(const std::function<void(v1::Leaf&)>& change) {
    change(leaves_.back());
    return *this;
  }

  /// Makes the block effective: appends and folds it.
  LedgerWriter& commit() {
    append(finish());
    blocks_.emplace_back(next_offset_ - 1, parsed_);
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
      auto& dossier = dossiers_[*DossierId::from(leaves_[i].dossier_id())];
      static_cast<void>(ledger::apply_leaf(machine_, dossier.value, leaves_[i], parsed_->leaf_hash(i)));
      dossier.asof = parsed_->header().block_seq;
    }
    state_.apply(*parsed_);
    clear();
    return *this;
  }
  /// Appends the block twice, as an unknown outcome may.
  LedgerWriter& commit_twice() {
    const block::Record record = finish();
    commit();
    append(record);
    return *this;
  }
  LedgerWriter& append(const block::Record& record) {
    waiting_.call([&] { log_->append(partition_, record, 1); });
    ++next_offset_;
    return *this;
  }
  /// The block under construction, not appended; then forgotten.
  block::Record abandon() {
    block::Record record = finish();
    clear();
    return record;
  }

  v1::SourceRef ref(std::size_t block_at, std::uint32_t index) const {
    const auto& [offset, source] = blocks_[block_at];
    v1::SourceRef made;
    made.set_ledger(partition_.ledger);
    made.set_block_seq(source->header().block_seq);
    made.set_index(index);
    made.set_offset(offset);
    made.set_hash(std::string(source->hash().view()));
    return made;
  }

  /// What a lane would write to the projection now.
  ports::ApplyBatch projection() const {
    ports::ApplyBatch batch;
    for (const auto& [id, dossier] : dossiers_) {
      batch.changes.push_back(
          {{id, dossier.asof, block::encode_message(dossier.value)}, ledger::all_entries(machine_, dossier.value)});
    }
    batch.meta = state_.to_meta(next_offset_);
    return batch;
  }
  const LedgerPartition& partition() const { return partition_; }
  const ledger::PartitionState& state() const { return state_; }
  const ltctl::FoldedDossiers& dossiers() const { return dossiers_; }

 private:
  LedgerWriter& add(char name, v1::Cause cause, const v1::Leaf* source) {
    ledger::DecisionArguments arguments;
    arguments.ledger_id = state_.head.ledger_id;
    arguments.dossier = dossier(name);
    arguments.decided_at = decided_at();
    arguments.salt = *Salt::from(std::string(16, static_cast<char>('0' + leaves_.size())));
    arguments.cause = std::move(cause);
    arguments.source = source;
    if (!numbers_) numbers_.emplace(state_.counters);
    auto& value = scratch_.try_emplace(name, dossiers_[arguments.dossier].value).first->second;
    auto result = ledger::decide_leaf(machine_, value, std::move(arguments), *numbers_);
    leaves_.push_back(std::get<v1::Leaf>(std::move(result)));
    const std::string bytes = block::encode_message(leaves_.back());
    block::Header header;
    header.ledger_id = state_.head.ledger_id;
    v1::Core core;
    core.add_leaf_events(0);
    const auto alone = *block::parse(partition_, block::encode(header, core, {bytes}));
    static_cast<void>(ledger::apply_leaf(machine_, value, leaves_.back(), alone->leaf_hash(0)));
    return *this;
  }

  Instant decided_at() const { return state_.decided_at + std::chrono::seconds(2); }

  block::Record finish() {
    v1::Core core;
    core.set_kind(v1::Core::KIND_NORMAL);
    core.set_decided_at(decided_at().micros);
    core.set_logic(machine_.logic());
    for (const auto& [ledger, wire] : cursors_) *core.add_inputs() = wire;
    if (numbers_) {
      for (const auto& [key, value] : numbers_->changed()) {
        auto& counter = *core.add_counters();
        counter.set_key(key);
        counter.set_value(value);
      }
    }
    std::vector<std::string> encoded;
    for (const auto& leaf : leaves_) {
      std::uint64_t bits = 0;
      for (const auto& event : leaf.events()) bits |= mask_of(event.type());
      core.add_leaf_events(bits);
      encoded.push_back(block::encode_message(leaf));
    }
    block::Header header;
    header.ledger_id = state_.head.ledger_id;
    header.block_seq = state_.head.block_seq + 1;
    header.prev = state_.head.hash;
    block::Record record = block::encode(header, core, encoded);
    parsed_ = *block::parse(partition_, record);
    return record;
  }

  void clear() {
    leaves_.clear();
    scratch_.clear();
    cursors_.clear();
    numbers_.reset();
  }

  const ledger::Machine& machine_;
  LedgerPartition partition_;
  Waiting waiting_;
  std::unique_ptr<ports::Log> log_;
  ledger::PartitionState state_;
  ltctl::FoldedDossiers dossiers_;
  std::vector<std::pair<Offset, block::BlockPtr>> blocks_;
  Offset next_offset_ = 0;
  int requests_ = 0;
  std::vector<v1::Leaf> leaves_;
  std::map<char, v1::DossierValue> scratch_;
  std::map<std::string, v1::InputCursor> cursors_;
  std::optional<ledger::NumberScratch> numbers_;
  block::BlockPtr parsed_;
};

}  // namespace lienthong::test_support
