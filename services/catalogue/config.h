#pragma once

#include "catalogue/adapters/catalogue_store.h"
#include "platform/edition/process.h"

#include <memory>

namespace lienthong::catalogue {

/// The catalogue as a process runs it: the one lane of its ledger and its interface. `store` is the process's fold of that
/// ledger and must outlive the result.
std::unique_ptr<edition::HostedService> make_service(const CatalogueStore& store);

}  // namespace lienthong::catalogue
