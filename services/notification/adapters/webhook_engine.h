#pragma once

#include "notification/adapters/delivery_pool.h"
#include "notification/adapters/line_reader.h"
#include "notification/adapters/webhook_delivery.h"
#include "notification/core/notice.h"
#include "platform/ledger/follower.h"
#include "platform/ledger/gateway.h"
#include "platform/ledger/mailbox.h"
#include "platform/ledger/rules_store.h"
#include "platform/observe/metrics.h"
#include "platform/ports/clock.h"
#include "platform/ports/log.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lienthong::notification {

/// The line of a subscription in a partition, as an entity of notification's ledger.
DossierId line_id(std::string_view subscription, std::uint32_t partition);

struct WebhookSettings {
  WebhookTargets targets;
  /// Events of different dossiers on their way to one subscriber at a time, in one partition and in all of this process.
  std::size_t parallel_of_line = 4;
  std::size_t threads_of_subscription = 4;
  /// Events a line looks at beyond the first that is not done.
  std::size_t window = 256;
  Duration first_backoff = std::chrono::seconds(2);
  Duration max_backoff = std::chrono::minutes(30);
  /// An event that was not taken for so long suspends its line.
  Duration give_up_after = std::chrono::hours(24);
  /// What is done is written into the ledger this often; after a crash so much is repeated.
  Duration report_every = std::chrono::seconds(1);
  Duration look_every = std::chrono::seconds(1);
};

/// A receiver that is no subscriber of the catalogue but a setting of the process. Its id has a slash, which none of theirs
/// has.
struct OwnDestination {
  /// Types, first day; address and keys are not looked at.
  shared_kernel::WebhookSubscription subscription;
  /// Brings one event of this partition, from several threads; events of one dossier one after the other. `tries`: attempts
  /// before this one as far as they are known.
  std::function<WebhookAnswer(const relay::PublicEvent& event, std::uint32_t partition, std::uint32_t tries,
                              const std::atomic<bool>& stopping)>
      bring;
};

/// All of it must outlive the engine.
struct WebhookParts {
  ledger::Gateway& gateway;
  const ledger::RulesStore& rules;
  const ports::Clock& clock;
  ports::LogBackend& log;
  ledger::AlarmSink alarms;
  std::string principal;  ///< This process, in the catalogue.
  std::string province;
  std::vector<EventLedger> ledgers;
  std::vector<OwnDestination> own = {};
};

/// Sends public events to the subscribers of the catalogue, for the partitions this process owns. A later event of a dossier
/// is never sent before an earlier one is with the subscriber or was given up by an operator; other dossiers pass it. What
/// is done is known to the ledger a moment later, so that a crash repeats with the same keys and skips nothing.
/// Thread-safety: any thread; `stop` once, before the host of the lanes goes.
class WebhookEngine final : public ports::LogSink {
 public:
  WebhookEngine(WebhookParts parts, WebhookSettings settings);
  ~WebhookEngine() override;
  WebhookEngine(const WebhookEngine&) = delete;
  WebhookEngine& operator=(const WebhookEngine&) = delete;

  /// Breaks off what is under way and ends the threads. Idempotent.
  void stop();
  /// Sends a test event once; `done` comes from a thread of the subscription. False: the catalogue has no such subscription.
  bool test(const std::string& id, std::function<void(WebhookAnswer)> done);
  void collect(observe::Metrics& metrics);
  /// Of this process, besides those of the catalogue.
  const std::vector<OwnDestination>& own() const { return parts_.own; }

  void on_log(ports::LogMessage message) override;

 private:
  struct Item;
  struct Line;
  using Task = std::function<void()>;
  using LineKey = std::pair<std::string, std::uint32_t>;  // subscription, partition
  struct Counts {
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;
  };

  void post(Task task) { mailbox_.post(std::move(task)); }
  void run();
  void tick();
  void look(Line& line);
  void seen(const LineKey& key, const ledger::Reply& reply);
  void open(Line& line);
  void begin(Line& line, const WebhookLine& stored);
  static void end(Line& line);
  void fetched(const ports::Fetched& record);
  void pump(Line& line);
  void fill(Line& line);
  bool gather(Line& line, const LineReader::Block& block);
  void ask(Line& line, Item& item);
  void send(Line& line, Item& item);
  /// With `pools_mutex_` held.
  DeliveryPool& pool(const std::string& subscription);
  void sent(const LineKey& key, std::uint64_t run, std::uint64_t number, const WebhookAnswer& answer);
  void failed(Line& line, Item& item, const WebhookAnswer& answer);
  static void settle(Line& line);
  void report(Line& line);
  void submit(Line& line);
  void reported(const LineKey& key, std::uint64_t run, const ledger::Reply& reply);
  void suspend(Line& line, const std::string& reason) const;
  ledger::CommandRequest command(const Line& line, const CommandBody& body, const RequestId& request) const;
  Line* find(const LineKey& key, std::uint64_t run);
  const OwnDestination* own(const std::string& id) const;
  std::optional<shared_kernel::WebhookSubscription> subscription(const std::string& id) const;
  std::vector<std::string> subscriptions() const;

  WebhookParts parts_;
  WebhookSettings settings_;
  std::atomic<bool> stopping_{false};
  ledger::Mailbox<Task> mailbox_;

  std::mutex pools_mutex_;
  std::map<std::string, std::unique_ptr<DeliveryPool>> pools_;
  std::map<std::string, Counts> counts_;  // with pools_mutex_
  std::map<LineKey, bool> suspended_;     // with pools_mutex_

  // Everything below belongs to the thread.
  std::unique_ptr<ports::Log> log_;
  std::map<LineKey, std::unique_ptr<Line>> lines_;
  ports::FollowId next_follow_ = 1;
  std::uint64_t next_run_ = 1;
  Instant next_tick_;
  std::thread thread_;
};

}  // namespace lienthong::notification
