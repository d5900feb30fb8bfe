#pragma once

#include "platform/ledger/decide.h"
#include "platform/ledger/fold.h"
#include "platform/ledger/gateway.h"
#include "platform/ledger/rules_store.h"
#include "platform/ledger/source_scan.h"
#include "platform/ledger/suspect_slot.h"
#include "platform/ports/clock.h"
#include "platform/ports/log.h"
#include "platform/ports/projection.h"

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace lienthong::ledger {

/// Bounds and times of a lane; the defaults are those of ledger.md and architecture.md 3.
struct LaneSettings {
  std::size_t commands_max = 10'000;
  std::size_t block_decisions_max = 1'000;
  std::size_t block_bytes_soft = 512 * 1024;
  std::size_t cache_entries_max = 200'000;
  std::size_t pinned_bytes_apply = 4 * 1024 * 1024;
  std::size_t pinned_bytes_max = 64 * 1024 * 1024;
  std::size_t follow_credit_bytes = 8 * 1024 * 1024;
  std::uint64_t idle_blocks_max = 4'096;
  std::size_t pace_causes = 64;
  Duration pace_max = std::chrono::milliseconds(25);
  Duration apply_every = std::chrono::milliseconds(100);
  Duration apply_answer_max = std::chrono::seconds(5);
  Duration stalled_after = std::chrono::seconds(2);
  Duration unknown_after = std::chrono::seconds(30);
  Duration time_difference_max = std::chrono::seconds(2);
  Duration retry_every = std::chrono::milliseconds(50);
  Duration read_wait_max = std::chrono::milliseconds(200);
  Duration barrier_max = std::chrono::seconds(2);
  Duration timer_horizon = std::chrono::minutes(10);
  Duration timer_refill_every = std::chrono::minutes(5);
  Duration probe_every = std::chrono::seconds(1);
  Duration request_age_max = std::chrono::hours(24);
  std::size_t scan_limit = 10'000;
  std::string writer;
};

enum class LaneState : std::uint8_t { kIdle, kRecovering, kServing, kStalled, kHalted };
std::string_view to_string(LaneState state);

/// Things that must sometimes happen, else a test does not test; also counted in production.
enum class LaneMark : std::uint8_t {
  kVoidFolded,
  kForeignFolded,
  kConfirmedByReport,
  kConfirmedByRecord,
  kDropped,
  kUnknownOutcome,
  kInsideBlock,
  kParked,
  kQueued,
  kDrained,
  kTimerFired,
  kResumed,
  kSkipProposed,
  kSkipped,
  kOutcomeTaken,
  kRefusalByBarrier,
  kRefusalWithBlock,
  kReplayed,
  kDigestRefused,
  kFutureValueHeld,
  kValueSkipped,
  kWatermarkMismatch,
  kWatermarkAdopted,
  kLateApplyAnswer,
  kIntentCalled,
  kContested,
  kRecovered,
  kRebuilt,
  kEvicted,
  kCount_,
};
std::string_view to_string(LaneMark mark);

/// What a lane tells its surroundings.
/// Thread-safety: called from the lane's thread; must not block or call back.
class LaneObserver {
 public:
  virtual ~LaneObserver() = default;
  /// An effect to be called now, at least once; its key is (ledger id, dossier, dossier_seq, index).
  virtual void on_intent(const LedgerPartition& partition, const DossierId& dossier,
                         const v1::DossierValue::OpenIntent& intent) = 0;
  /// Something an operator must know of. `what` is a fixed name.
  virtual void on_alarm(const LedgerPartition& partition, std::string_view what, std::string_view detail) = 0;
  /// The lane serves and has folded up to `head`: at the start of its service and after every block.
  virtual void on_folded(const LedgerPartition&, const PartitionState& /*head*/) {}
  /// The lane serves no more.
  virtual void on_rest(const LedgerPartition&) {}
};

struct LanePorts {
  ports::Log& log;
  ports::Projection& projection;
  const ports::Clock& clock;
  ports::Entropy& entropy;
  SuspectSlot& suspect;
  LaneObserver& observer;
  /// Null for a service without a catalogue.
  const RulesStore* rules = nullptr;
};

struct OutcomeReport {
  DossierId dossier;
  std::uint64_t dossier_seq = 0;
  std::uint32_t index = 0;
  std::uint32_t attempt = 1;
  std::string result;
};
struct Assigned {};
struct Revoked {};
/// Every public decision before `upto` is published.
struct Relayed {
  v1::RelayPosition upto;
};
/// The rules store has a newer release.
struct RulesChanged {};

using LaneMessage = std::variant<ports::LogMessage, ports::ProjectionMessage, CommandRequest, ReadRequest, ResumeRequest,
                                 OutcomeReport, Relayed, Assigned, Revoked, RulesChanged>;

/// For metrics, health and strict reads.
struct LaneView {
  LaneState state = LaneState::kIdle;
  bool assigned = false;
  std::uint64_t head_seq = 0;
  Offset tail = 0;
  Offset watermark = 0;
  bool in_flight = false;
  std::size_t commands_waiting = 0;
  std::size_t pinned_bytes = 0;
  /// Commands, inputs, outcomes and operators' words that are to be decided.
  std::size_t causes_waiting = 0;
  /// How long the projection has been behind the fold.
  Duration projection_lag{0};
  /// The log's clock against ours when it took the last block of ours: 0 where both agree with what happened first,
  /// negative where the log is behind.
  Duration log_time_difference{0};
  /// Every public decision of the blocks before this one is published.
  std::uint64_t relayed_block_seq = 0;
  std::uint64_t blocks = 0;
  std::uint64_t decisions = 0;
  std::string halted_because;
  std::array<std::uint64_t, static_cast<std::size_t>(LaneMark::kCount_)> marks{};
};

/// The single thread of control of one partition of one service: decides, appends, folds, replies, projects
/// (docs/ledger.md). It has no thread, clock, randomness or I/O of its own; the same code runs in production and in the
/// simulation. Thread-safety: one thread.
class Lane {
 public:
  Lane(LedgerPartition partition, const Machine& machine, LanePorts ports, LaneSettings settings);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  ~Lane();

  /// Takes one message; starts nothing that `pump` starts.
  void handle(LaneMessage message);
  /// Starts whatever can be started now.
  void pump();
  /// Time on the steady clock at which `pump` has something to do even without a message.
  std::optional<Instant> next_wakeup() const;
  LaneView view() const;
  LaneState state() const { return state_; }
  bool assigned() const { return assigned_; }

 private:
  using ValuePtr = std::shared_ptr<const v1::DossierValue>;
  struct Entry {
    ValuePtr value;
    std::uint64_t asof = 0;
    /// Last block folded here that has a decision of this dossier; below `asof` while the value is from a half-applied
    /// APPLY.
    std::uint64_t changed = 0;
    bool pinned = false;
    std::uint32_t bytes = 0;
    std::list<DossierId>::iterator recency;
  };
  struct Source {
    LedgerName ledger;
    SourceScan scan;
    ports::FollowId follow = 0;
  };
  struct TimerEntry {
    Instant due;
    DossierId dossier;
    TimerId id = 0;
    std::uint64_t generation = 0;  // 0: as found in the index, to be looked up
    bool operator>(const TimerEntry& other) const { return due > other.due; }
  };
  /// A command whose answer travels with the block in flight.
  struct HeldCommand {
    CommandRequest request;
    std::uint64_t dossier_seq = 0;
    bool replayed = false;
    std::optional<Error> refusal;
  };
  struct HeldResume {
    ResumeRequest request;
    std::uint64_t dossier_seq = 0;
  };
  /// The block under construction, later in flight.
  struct Draft {
    explicit Draft(const PartitionState& base) : numbers(base.counters) {}
    std::unordered_map<DossierId, std::shared_ptr<v1::DossierValue>> scratch;
    NumberScratch numbers;
    std::vector<std::string> leaves;
    std::vector<std::uint64_t> leaf_events;
    std::size_t bytes = 0;
    bool closed = false;
    Instant decided_at;
    std::shared_ptr<const Rules> rules;
    std::vector<HeldCommand> commands;
    std::vector<HeldResume> resumes;
    std::vector<OutcomeReport> outcomes;
    std::vector<TimerEntry> timers;
    std::optional<Cursor> rules_cursor;
    std::size_t refused = 0;
    // In flight:
    block::BlockPtr block;
    PartitionState after;
    ports::Ticket ticket = 0;
    Instant sent_at;
  };
  struct Barrier {
    HeldCommand command;
    Offset decided_at_tail = 0;
  };
  struct WaitingRead {
    ReadRequest request;
    Instant since;
    bool barrier_asked = false;
    bool barrier_passed = false;
  };
  struct ApplyInFlight {
    ports::Ticket ticket = 0;
    Offset target = 0;
    std::unordered_map<DossierId, std::uint64_t> captured;
    Instant sent_at;
  };
  enum class Recovery : std::uint8_t { kNone, kAsking, kFolding, kAnchoring };

  // lane.cc: messages
  void on(ports::LogMessage message);
  void on(ports::ProjectionMessage message);
  void on(CommandRequest request);
  void on(ReadRequest request);
  void on(ResumeRequest request);
  void on(OutcomeReport report);
  void on(const Relayed& report);
  void on(Assigned);
  void on(Revoked);
  void on(RulesChanged);
  void on_appended(const ports::Appended& report);
  void on_append_failed(const ports::AppendFailed& report);
  void on_fetched(ports::Fetched record);
  void on_end_offset(const ports::EndOffset& answer);
  void on_read_done(const ports::ReadDone& answer);
  void on_loaded(ports::Loaded answer);
  void on_applied(const ports::Applied& answer);
  void on_mismatch(const ports::Mismatch& answer);
  void on_scanned(const ports::Scanned& answer);
  void on_projection_failed(const ports::ProjectionFailed& answer);
  void mark(LaneMark mark) { ++marks_[static_cast<std::size_t>(mark)]; }
  void halt(std::string why);
  void become_idle();
  /// Nothing has been confirmed for so long that a command is not taken in to wait for it.
  bool stands_still() const;
  void refuse_waiting_causes(const char* reason);
  void refuse_waiting(const char* reason);
  void answer_unavailable(const ReplySink& reply, const char* reason) const;

  // lane_recovery.cc
  void begin_recovery(bool clear_cache);
  void advance_recovery();
  void ask_for_end();
  void start_from_meta();
  void start_sources();
  void start_serving();
  void outcome_unknown();

  // lane_fold.cc
  void process_records();
  void compare_times(const ports::Fetched& record);
  bool fold_effective(const block::BlockPtr& block);
  void confirm();
  void settle(Draft& draft);
  void drop_pending();
  void note_value(const DossierId& dossier, const v1::DossierValue& value);
  Entry& put(const DossierId& dossier, ValuePtr value, std::uint64_t asof);
  void pin(const DossierId& dossier, Entry& entry, std::uint64_t block_seq);
  Entry* cached(const DossierId& dossier);
  void want(const DossierId& dossier);
  void flush_loads();
  void evict();
  void apply_if_due();
  void send_apply();
  void give_credit();

  // lane_decide.cc
  void propose();
  bool may_propose();
  bool choose_rules(Draft& draft);
  void take_inputs(Draft& draft, std::size_t share);
  std::size_t take_inputs_of(Draft& draft, Source& source, std::size_t share);
  void take_drains(Draft& draft, std::size_t share);
  bool take_drain(Draft& draft, const DossierId& dossier);
  void take_outcomes(Draft& draft);
  void take_resumes(Draft& draft);
  void take_timers(Draft& draft, std::size_t share);
  void take_commands(Draft& draft);
  bool take_command(Draft& draft, CommandRequest& request);
  const v1::DossierValue* value_of(const Draft& draft, const DossierId& dossier);
  DecisionArguments arguments_for(const Draft& draft, const DossierId& dossier);
  DecisionResult decide(Draft& draft, const v1::DossierValue& value, DecisionArguments arguments, const Suspect& cause);
  bool record(Draft& draft, const DossierId& dossier, const v1::Leaf& leaf);
  bool has_room(const Draft& draft) const;
  bool must_wait(Draft& draft, const Suspect& cause) const;
  Instant pace_until() const;
  /// `cursors_from`: a position is written although nothing was decided of it once so many blocks have passed.
  void produce(Draft draft, std::uint64_t cursors_from);
  bool cursor_block_due(std::uint64_t skipped) const;
  void note_position();
  void ask_barrier();
  void answer_reads();
  void call_intents();
  void refill_timers();
  Reply ok_reply(const DossierId& dossier, std::uint64_t dossier_seq, bool replayed) const;
  std::size_t causes_waiting() const;

  LedgerPartition partition_;
  const Machine& machine_;
  LanePorts ports_;
  LaneSettings settings_;

  LaneState state_ = LaneState::kIdle;
  bool assigned_ = false;
  std::string halted_because_;
  std::uint64_t next_ticket_ = 1;
  v1::RelayPosition relayed_;  // goes into the next block

  PartitionState head_;
  Offset tail_ = 0;
  Offset watermark_ = 0;
  std::deque<ports::Fetched> records_;
  ports::FollowId own_follow_ = 0;
  std::size_t own_credit_owed_ = 0;
  std::vector<Source> sources_;

  std::unordered_map<DossierId, Entry> cache_;
  std::list<DossierId> recency_;  // most recent first
  std::unordered_set<DossierId> pinned_;
  std::size_t pinned_bytes_ = 0;
  std::set<DossierId> wanted_;
  std::map<ports::Ticket, std::vector<DossierId>> loads_;
  std::set<DossierId> loading_;
  Instant load_retry_at_;
  std::optional<ApplyInFlight> apply_;
  Instant last_apply_;

  std::optional<Draft> pending_;
  std::deque<CommandRequest> commands_;
  std::deque<ResumeRequest> resumes_;
  std::deque<OutcomeReport> outcomes_;
  std::vector<WaitingRead> reads_;
  std::priority_queue<TimerEntry, std::vector<TimerEntry>, std::greater<>> timers_;
  std::set<DossierId> draining_;
  std::map<std::pair<LedgerName, Offset>, block::BlockPtr> drain_blocks_;
  std::map<ports::Ticket, std::pair<LedgerName, Offset>> drain_reads_;
  std::set<DossierId> intent_dossiers_;
  std::set<std::pair<DossierId, std::pair<std::uint64_t, std::uint32_t>>> called_;
  bool more_intents_ = false;  // the index holds more than one scan gave
  std::vector<Barrier> barrier_waiting_;
  std::vector<Barrier> barrier_asked_;
  ports::Ticket barrier_ticket_ = 0;
  Instant barrier_since_;

  Recovery recovery_ = Recovery::kNone;
  bool recovery_clears_ = true;
  Instant recovering_since_;
  ports::Ticket genesis_ticket_ = 0;
  ports::Ticket open_ticket_ = 0;
  ports::Ticket end_ticket_ = 0;
  std::optional<block::BlockPtr> genesis_;
  std::optional<std::optional<v1::PartitionMeta>> meta_;
  std::optional<Offset> recover_to_;
  Instant recovery_retry_at_;

  std::map<ports::Ticket, std::string> scans_;
  Instant next_timer_scan_;
  Instant next_probe_;
  std::set<std::string> scans_due_;
  Instant scan_retry_at_;

  std::optional<Suspect> solo_;
  std::uint32_t losses_ = 0;
  Instant produce_not_before_;
  std::size_t last_block_causes_ = 0;
  Duration smoothed_ack_{0};
  Instant last_append_;
  Instant revoke_until_;
  Duration log_time_difference_{0};
  bool revoking_ = false;

  std::uint64_t blocks_ = 0;
  std::uint64_t decisions_ = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(LaneMark::kCount_)> marks_{};
};

}  // namespace lienthong::ledger
