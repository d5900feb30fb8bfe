#include "agency_processing/config.h"
#include "catalogue/adapters/catalogue_store.h"
#include "catalogue/config.h"
#include "intake/config.h"
#include "monitoring/config.h"
#include "notification/config.h"
#include "platform/edition/process.h"
#include "platform/observe/alarms.h"
#include "postal_dispatch/config.h"
#include "public_events/config.h"
#include "routing/config.h"
#include "shared_kernel/api/parked_service.h"

int main() {
  namespace lt = lienthong;
  lt::catalogue::CatalogueStore catalogue([](const std::string& what) { lt::observe::log_error("catalogue", what); });
  const lt::edition::RulesFeed rules{
      "catalogue", catalogue, [&](lt::Offset offset, const lt::block::BlockPtr& block) { catalogue.fold(offset, block); }};
  std::vector<std::unique_ptr<lt::edition::HostedService>> services;
  services.push_back(lt::catalogue::make_service(catalogue));
  services.push_back(lt::intake::make_service());
  services.push_back(lt::routing::make_service());
  services.push_back(lt::agency_processing::make_service());
  services.push_back(lt::shared_kernel::api::make_parked_service(
      {lt::intake::parked_ledger(), lt::routing::parked_ledger(), lt::agency_processing::parked_ledger(),
       lt::postal_dispatch::parked_ledger(), lt::notification::parked_ledger()}));
  services.push_back(lt::monitoring::make_service());
  services.push_back(lt::postal_dispatch::make_service());
  services.push_back(lt::public_events::make_service());
  services.push_back(lt::notification::make_service());
  return lt::edition::run("lienthong", rules, std::move(services));
}
