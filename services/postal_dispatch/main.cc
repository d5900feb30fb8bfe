#include "catalogue/adapters/catalogue_store.h"
#include "platform/edition/process.h"
#include "platform/observe/alarms.h"
#include "postal_dispatch/config.h"
#include "public_events/config.h"
#include "shared_kernel/api/parked_service.h"

int main() {
  namespace lt = lienthong;
  lt::catalogue::CatalogueStore catalogue([](const std::string& what) { lt::observe::log_error("catalogue", what); });
  const lt::edition::RulesFeed rules{
      "catalogue", catalogue, [&](lt::Offset offset, const lt::block::BlockPtr& block) { catalogue.fold(offset, block); }};
  std::vector<std::unique_ptr<lt::edition::HostedService>> services;
  services.push_back(lt::postal_dispatch::make_service());
  services.push_back(lt::shared_kernel::api::make_parked_service({lt::postal_dispatch::parked_ledger()}));
  services.push_back(lt::public_events::make_service());
  return lt::edition::run("postal-dispatch", rules, std::move(services));
}
