#pragma once

#include "platform/base/ids.h"
#include "platform/base/position.h"
#include "platform/ledger/lane.h"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace lienthong::ledger {

/// Names an intent: the same for every call of it, by whatever process.
struct EffectKey {
  LedgerPartition partition;
  DossierId dossier;
  std::uint64_t dossier_seq = 0;
  std::uint32_t index = 0;
  auto operator<=>(const EffectKey&) const = default;
};

/// An intent whose decision is confirmed, to be carried out now.
struct EffectCall {
  EffectKey key;
  std::uint32_t type = 0;
  std::string payload;
};

/// Takes the intents of a service from its lanes.
/// Thread-safety: called from the lanes' threads; must not block.
class EffectSink {
 public:
  virtual ~EffectSink() = default;
  virtual void start(EffectCall call) = 0;
  /// The lane serves no more: calls of this partition that have not begun are not begun.
  virtual void drop(const LedgerPartition& partition) = 0;
};

/// Carries out intents on threads of its own and reports what they came to. A call is made at least once: one whose report
/// was lost, with the process or with the lane, is made again by whoever owns the lane then, with the same key.
/// Thread-safety: any thread; `stop` once.
class EffectRunner final : public EffectSink {
 public:
  /// Carries out one call; may block, but ends soon once `stopping` is true. Returns the outcome as it is recorded; nothing:
  /// it was broken off and nothing is known.
  using Handler = std::function<std::optional<std::string>(const EffectCall& call, const std::atomic<bool>& stopping)>;
  /// Calls of one type wait in one line, so that a slow receiver holds up its own kind only.
  struct Line {
    std::uint32_t type = 0;
    std::size_t threads = 1;
    Handler handler;
  };
  using Report = std::function<void(const LedgerPartition& partition, OutcomeReport report)>;
  /// Told of an intent that no line takes; it stays open.
  using Unknown = std::function<void(const EffectCall& call)>;

  EffectRunner(std::vector<Line> lines, Report report, Unknown unknown);
  /// Stops.
  ~EffectRunner() override;
  EffectRunner(const EffectRunner&) = delete;
  EffectRunner& operator=(const EffectRunner&) = delete;

  void start(EffectCall call) override;
  void drop(const LedgerPartition& partition) override;
  /// Breaks off what is under way, begins nothing more and ends the threads. Idempotent.
  void stop();
  /// Calls that wait or are under way.
  std::size_t open() const;

 private:
  struct Queue {
    Line line;
    std::deque<EffectCall> waiting;
    std::condition_variable wake;
  };
  void run(Queue& queue);

  Report report_;
  Unknown unknown_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Queue>> queues_;
  std::set<EffectKey> open_;  // waiting or under way: a lane that recovers asks again for what it has asked for
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

}  // namespace lienthong::ledger
