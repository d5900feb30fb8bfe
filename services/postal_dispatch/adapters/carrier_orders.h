#pragma once

#include "platform/ledger/effect_runner.h"
#include "platform/ledger/gateway.h"
#include "platform/ledger/rules_store.h"
#include "platform/observe/metrics.h"
#include "platform/ports/clock.h"
#include "postal_dispatch/adapters/carrier_connection.h"
#include "postal_dispatch/adapters/carrier_settings.h"
#include "postal_dispatch/adapters/machine_codec.h"
#include "postal_dispatch/core/post.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace lienthong::postal_dispatch {

/// Name of an order with the carrier: the same for every call that is made for it, by whatever process.
std::string order_number(const DossierName& dossier, std::uint32_t shipment);

/// Opens a sealed address, see ContactService.GetAddress. Blocks for some seconds at most.
using Addresses =
    std::function<Result<v1::Address>(const DossierName& dossier, std::uint32_t shipment, const SealedRef& address)>;

/// One carrier that orders can be given to.
struct ConnectedCarrier {
  CarrierSettings settings;
  std::shared_ptr<CarrierConnection> connection;
};

/// Whether a carrier answers; `calls`: those for `orders` or for `scans`.
void show_away(const std::string& carrier, const char* calls, bool away, observe::Metrics& out);

/// All of it must outlive the orders.
struct CarrierOrdersParts {
  ledger::Gateway& gateway;
  const ledger::RulesStore& rules;
  Addresses addresses;
  std::map<std::string, ConnectedCarrier> carriers;
  ledger::EffectRunner::Report report;
  /// Told what an operator must see: a fixed name and no personal detail.
  std::function<void(std::string_view what, std::string_view detail)> alarm;
  /// Told of an order for a carrier that is not connected; it stays open.
  ledger::EffectRunner::Unknown unknown;
};

/// Gives orders to carriers and takes them back. Before an order is given the carrier is asked whether it stands, because
/// the answer of an earlier call may be lost. What can't be done now waits, with pauses that grow, without holding up
/// others; while a carrier is away one order at a time tries it. Nothing is given up: only a carrier's word ends an order.
/// Thread-safety: any thread; `stop` once.
class CarrierOrders final : public ledger::EffectSink {
 public:
  CarrierOrders(CarrierOrdersParts parts, std::size_t threads);
  ~CarrierOrders() override;
  CarrierOrders(const CarrierOrders&) = delete;
  CarrierOrders& operator=(const CarrierOrders&) = delete;

  void start(ledger::EffectCall call) override;
  void drop(const LedgerPartition& partition) override;
  /// Breaks off what is under way. Idempotent.
  void stop();
  /// Orders that wait or are under way.
  std::size_t open() const;
  /// Which carriers take no orders now.
  void collect(observe::Metrics& out) const;

 private:
  using Steady = std::chrono::steady_clock;
  struct Task {
    ledger::EffectCall call;
    std::uint32_t attempts = 0;
  };
  /// What an attempt came to: the outcome, or when to try again; neither: it is nobody's any more.
  struct Attempt {
    std::optional<Report> report;
    std::optional<std::chrono::milliseconds> again;
  };
  struct Line {
    Steady::time_point free_at;
    bool away = false;
    bool no_quota = false;
  };

  void run();
  Attempt attempt(Task& task);
  Attempt place(Task& task, const State& state, const Shipment& shipment, ConnectedCarrier& carrier);
  Attempt cancel(Task& task, const std::string& number, ConnectedCarrier& carrier);
  Attempt later(Task& task, const ConnectedCarrier& carrier, const CarrierAnswer& answer);
  void note_answer(const std::string& carrier, const CarrierAnswer& answer);
  std::optional<std::chrono::milliseconds> held_up(const ConnectedCarrier& carrier);
  Result<std::optional<State>> read(const ledger::EffectCall& call) const;
  Result<CarrierOrder> order_of(const ledger::EffectCall& call, const State& state, const Shipment& shipment,
                                const CarrierSettings& settings) const;

  CarrierOrdersParts parts_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::multimap<Steady::time_point, Task> waiting_;
  std::set<ledger::EffectKey> open_;
  std::map<std::string, Line> lines_;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

}  // namespace lienthong::postal_dispatch
