#include "monitoring/config.h"

#include "monitoring/adapters/event_reader.h"
#include "monitoring/adapters/ledger_feed.h"
#include "monitoring/adapters/monitoring_api.h"
#include "monitoring/adapters/monitoring_metrics.h"
#include "monitoring/adapters/read_model.h"
#include "shared_kernel/api/reads.h"

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

namespace lienthong::monitoring {
namespace {

class Service final : public edition::HostedService {
 public:
  void read_settings(edition::Environment&) override {}
  std::vector<edition::HostedLedger> ledgers() const override { return {}; }
  std::vector<LedgerName> other_ledgers() const override {
    std::vector<LedgerName> out;
    for (const auto ledger : kLedgersOfDossiers) out.push_back(ledger_name(ledger));
    return out;
  }

  Result<std::vector<rpc::Service*>> open(const edition::Parts& parts) override {
    const std::string path = parts.settings.ledger.data_dir + "/monitoring.sqlite";
    views_.emplace(path);
    clock_ = &parts.clock;
    rules_ = &parts.rules;
    api_.emplace(MonitoringApiParts{*views_, [this] { return feed_->view(); }, parts.clock, parts.rules, parts.reads});
    LedgerFeedParts feed{parts.ports.log(),
                         parts.clock,
                         {},
                         path,
                         parts.alarms,
                         [this](const auto& dossiers) {
                           api_->watches().changed(dossiers); }};
    for (const auto& ledger : other_ledgers()) {
      for (std::uint32_t p = 0; p < parts.settings.ledger.partitions; ++p) feed.partitions.push_back({ledger, p});
    }
    feed.partitions.push_back({"catalogue", 0});
    auto started = LedgerFeed::start(std::move(feed));
    if (!started) return failure(std::move(started.error()));
    feed_ = *std::move(started);
    return api_->services();
  }

  void collect(observe::Metrics& out) override {
    if (!feed_) return;
    const auto catalogue = shared_kernel::api::latest_catalogue(*rules_);
    monitoring::collect(*feed_->view(), *views_, catalogue ? catalogue->get() : nullptr, clock_->now(), out);
  }

  void stop() override {
    if (api_) api_->watches().stop();
    if (feed_) feed_->stop();
  }

 private:
  // The feed goes first: it speaks to the watches.
  std::optional<ReadModelViews> views_;
  const ports::Clock* clock_ = nullptr;
  const ledger::RulesStore* rules_ = nullptr;
  std::optional<MonitoringApi> api_;
  std::unique_ptr<LedgerFeed> feed_;
};

}  // namespace

std::unique_ptr<edition::HostedService> make_service() { return std::make_unique<Service>(); }

}  // namespace lienthong::monitoring
