#pragma once

#include "platform/http/signed_door.h"
#include "platform/ledger/gateway.h"
#include "platform/ports/clock.h"
#include "postal_dispatch/adapters/carrier_orders.h"
#include "postal_dispatch/adapters/scan_intake.h"
#include "postal_dispatch/adapters/unmatched_scans.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lienthong::postal_dispatch {

/// Told what an operator must see: a fixed name and no personal detail.
using CarrierAlarm = std::function<void(std::string_view what, std::string_view detail)>;

/// What became of a batch of scans.
struct FedScans {
  std::size_t taken = 0;
  std::size_t refused = 0;
  /// Some could not be taken now: the same batch again, which takes nothing twice.
  bool again = false;
};

/// Hands scans that carriers send to the lanes. What is refused is named by the alarm `SCAN_REFUSED` (carrier, item, code,
/// reason); of that, what a new table or a late order may cure is kept. A scan of an item nobody knows counts as "not now"
/// for a while, because the order that makes it known may be on its way. Thread-safety: any thread; blocks up to ten seconds
/// a batch and a scan that is kept.
class ScanFeed {
 public:
  ScanFeed(const ScanIntake& intake, const UnmatchedScans& unmatched, CarrierAlarm alarm)
      : intake_(intake), unmatched_(unmatched), alarm_(std::move(alarm)) {}
  FedScans take(const CarrierSettings& carrier, const CarrierScans& scans, const std::atomic<bool>& stopping);

 private:
  using Steady = std::chrono::steady_clock;
  bool is_young(const CarrierSettings& carrier, const v1::Scan& scan);
  void judge(const CarrierSettings& carrier, const v1::Scan& scan, const v1::ScanResult& result,
             const std::atomic<bool>& stopping, FedScans& out);
  /// False: not now.
  bool keep(const CarrierSettings& carrier, const v1::Scan& scan, const std::string& reason,
            const std::atomic<bool>& stopping);

  const ScanIntake& intake_;
  const UnmatchedScans& unmatched_;
  CarrierAlarm alarm_;
  std::mutex mutex_;
  std::map<std::string, Steady::time_point> first_seen_;  // items nobody knew
};

/// Where a carrier's pushes come in: signed by `X-Carrier-Signature` over `X-Carrier-Time` and the body.
http::Entrance push_entrance(const CarrierSettings& carrier, ScanFeed& feed);

/// Asks carriers for their scans, each within its calls a day. How far it has read is kept in a file of the data directory;
/// without it everything is read again, which takes nothing twice. Of several processes the owner of partition 0 asks.
/// Thread-safety: any thread; `stop` once.
class ScanPolls {
 public:
  ScanPolls(std::vector<ConnectedCarrier> carriers, std::string directory, ledger::Gateway& gateway, ScanFeed& feed,
            const ports::Clock& clock, CarrierAlarm alarm);
  ~ScanPolls();
  ScanPolls(const ScanPolls&) = delete;
  ScanPolls& operator=(const ScanPolls&) = delete;
  void stop();
  /// Which carriers can't be asked now.
  void collect(observe::Metrics& out) const;

 private:
  struct Standing {
    bool away = false;
    bool used_up = false;
  };
  struct Progress {
    std::uint64_t cursor = 0;
    std::int32_t day = 0;
    std::uint32_t calls = 0;
  };
  void run(const ConnectedCarrier& carrier);
  /// How long to wait for the next call.
  std::chrono::milliseconds poll(const ConnectedCarrier& carrier, Progress& progress, std::chrono::milliseconds& pause);
  bool owns_first_partition() const;
  std::string file_of(const ConnectedCarrier& carrier) const;
  Progress load(const ConnectedCarrier& carrier) const;
  void keep(const ConnectedCarrier& carrier, const Progress& progress) const;
  void stand(const ConnectedCarrier& carrier, const Progress& progress, bool away);

  std::vector<ConnectedCarrier> carriers_;
  std::string directory_;
  ledger::Gateway& gateway_;
  ScanFeed& feed_;
  const ports::Clock& clock_;
  CarrierAlarm alarm_;
  mutable std::mutex mutex_;
  std::map<std::string, Standing> standings_;
  std::condition_variable wake_;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

}  // namespace lienthong::postal_dispatch
