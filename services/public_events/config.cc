#include "public_events/config.h"

#include "public_events/adapters/event_api.h"

#include <optional>
#include <utility>

namespace lienthong::public_events {
namespace {

class Service final : public edition::HostedService {
 public:
  void read_settings(edition::Environment&) override {}
  std::vector<edition::HostedLedger> ledgers() const override { return {}; }

  Result<std::vector<rpc::Service*>> open(const edition::Parts& parts) override {
    std::map<LedgerName, EventSource> sources;
    for (const auto& [ledger, events] : parts.public_events)
      sources.emplace(ledger, EventSource{events, parts.host.gateway(ledger).partition_count()});
    api_.emplace(EventApiParts{parts.ports.log(), parts.ports.query(), parts.rules, parts.reads, std::move(sources)});
    return api_->services();
  }

  void stop() override {
    if (api_) api_->stop_streams();
  }

 private:
  std::optional<EventApi> api_;
};

}  // namespace

std::unique_ptr<edition::HostedService> make_service() { return std::make_unique<Service>(); }

}  // namespace lienthong::public_events
