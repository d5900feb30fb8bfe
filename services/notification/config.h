#pragma once

#include "platform/edition/process.h"
#include "shared_kernel/api/parked_api.h"

#include <memory>

namespace lienthong::notification {

/// Notification as a process runs it: its lanes, its interface, and the threads that call providers.
std::unique_ptr<edition::HostedService> make_service();

/// Its ledger, for the operator's look at parked dossiers.
shared_kernel::api::ParkedLedger parked_ledger();

}  // namespace lienthong::notification
