#pragma once

#include "platform/ledger/lane.h"
#include "platform/ledger/mailbox.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lienthong::ledger {

/// Called when the lanes of one revocation append nothing more.
class Revocation {
 public:
  Revocation(std::size_t lanes, std::function<void()> stopped) : left_(lanes), stopped_(std::move(stopped)) {}
  void lane_stopped() {
    if (--left_ == 0) stopped_();
  }

 private:
  std::atomic<std::size_t> left_;
  std::function<void()> stopped_;
};

struct LaneThreadPorts {
  ports::LogBackend& log;
  ports::ProjectionBackend& projection;
  const ports::Clock& clock;
  std::unique_ptr<ports::Entropy> entropy;
  LaneObserver& observer;
  const RulesStore* rules = nullptr;
};

/// Bounds of what may wait in the lanes of one thread.
struct AdmissionSettings {
  std::size_t requests_max = 10'000;
  std::size_t bytes_max = 32U << 20;
};

/// One thread that runs lanes of one service. They share its log and projection attachments, hence one producer and one
/// projection connection a thread.
/// Thread-safety: any thread, but for `add` and `start`, which come first, and `stop`, which comes once.
class LaneThread final : private ports::LogSink, private ports::ProjectionSink {
 public:
  LaneThread(const Machine& machine, LaneThreadPorts ports, AdmissionSettings admission);
  LaneThread(const LaneThread&) = delete;
  LaneThread& operator=(const LaneThread&) = delete;
  ~LaneThread() override;

  /// Returns the lane's place in this thread. Before `start`.
  std::size_t add(LedgerPartition partition, LaneSettings settings, std::unique_ptr<SuspectSlot> suspect);
  void start();
  /// Handles what is in the mailbox, then ends the thread; later requests are answered UNAVAILABLE. Idempotent.
  void stop();

  void submit(std::size_t lane, CommandRequest request);
  void read(std::size_t lane, ReadRequest request);
  void resume(std::size_t lane, ResumeRequest request);
  void report(std::size_t lane, OutcomeReport outcome);
  void assign(std::size_t lane);
  void revoke(std::size_t lane, std::shared_ptr<Revocation> revocation);
  void rules_changed();
  void relayed(std::size_t lane, v1::RelayPosition upto);

  /// As of the last round of the thread.
  std::vector<std::pair<LedgerPartition, LaneView>> views() const;
  /// When the log last answered, on the steady clock; zero: never.
  Instant log_answered() const { return {log_answered_.load(std::memory_order_relaxed)}; }

 private:
  class LaneProjection;
  struct Seat;
  struct Item {
    std::size_t lane = 0;
    LaneMessage message;
    std::shared_ptr<Revocation> revocation;
  };

  void on_log(ports::LogMessage message) override;
  void on_projection(ports::ProjectionMessage message) override;
  template <class Request>
  void admit(std::size_t lane, Request request, std::size_t bytes);

  void run();
  void handle(Item item);
  std::optional<Duration> wait() const;
  void pump_due();
  void settle_revocations();
  void ask_log();

  const Machine& machine_;
  LaneThreadPorts ports_;
  Admission admission_;
  Mailbox<Item> mailbox_;
  std::unique_ptr<ports::Log> log_;
  std::unique_ptr<ports::Projection> projection_;
  std::vector<std::unique_ptr<Seat>> seats_;
  std::vector<std::pair<std::size_t, std::shared_ptr<Revocation>>> revocations_;
  ports::Ticket probe_ = 0;
  Instant next_probe_;
  std::atomic<std::int64_t> log_answered_{0};
  mutable std::mutex views_mutex_;
  std::vector<std::pair<LedgerPartition, LaneView>> views_;
  std::thread thread_;
};

}  // namespace lienthong::ledger
