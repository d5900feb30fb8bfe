#pragma once

#include "platform/edition/process.h"
#include "shared_kernel/api/parked_api.h"

#include <memory>

namespace lienthong::postal_dispatch {

/// The service for a process to host; README.md has the table of its settings.
std::unique_ptr<edition::HostedService> make_service();

/// Its ledger, for the operator's look at parked dossiers.
shared_kernel::api::ParkedLedger parked_ledger();

}  // namespace lienthong::postal_dispatch
