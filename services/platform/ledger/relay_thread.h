#pragma once

#include "platform/ledger/mailbox.h"
#include "platform/ledger/relay.h"

#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <variant>
#include <vector>

namespace lienthong::ledger {

struct RelayThreadPorts {
  ports::LogBackend& log;
  ports::PublisherBackend& publisher;
  const ports::Clock& clock;
};

/// One thread with the relays of a process. They share one attachment of the log and one of the publisher.
/// Thread-safety: any thread, but for `add` and `start`, which come first, and `stop`.
class RelayThread final : private ports::LogSink, private ports::PublisherSink {
 public:
  /// Told of the position some milliseconds after it moved, from the relays' thread.
  using Report = std::function<void(const v1::RelayPosition& upto)>;
  RelayThread(RelayThreadPorts ports, RelaySettings settings);
  RelayThread(const RelayThread&) = delete;
  RelayThread& operator=(const RelayThread&) = delete;
  ~RelayThread() override;

  /// Before `start`.
  void add(LedgerPartition partition, EventMask public_events, Report report);
  void start();
  /// Ends the thread; nothing is reported afterwards. Idempotent.
  void stop();

  /// What the lane of the partition says; partitions without a relay are ignored.
  void folded(const LedgerPartition& partition, FoldedUpTo head);
  void rest(const LedgerPartition& partition);

 private:
  class SeatPublisher;
  struct Seat;
  struct Rest {};
  struct Item {
    std::size_t seat = 0;
    std::variant<ports::LogMessage, ports::Published, FoldedUpTo, Rest> message;
  };

  void on_log(ports::LogMessage message) override;
  void on_published(ports::Published message) override;
  void run();
  void handle(Item item);
  void report_due(Instant now);
  std::optional<Duration> wait() const;

  RelayThreadPorts ports_;
  RelaySettings settings_;
  Mailbox<Item> mailbox_;
  std::unique_ptr<ports::Log> log_;
  std::unique_ptr<ports::Publisher> publisher_;
  std::vector<std::unique_ptr<Seat>> seats_;
  std::map<LedgerPartition, std::size_t> places_;
  std::thread thread_;
};

}  // namespace lienthong::ledger
