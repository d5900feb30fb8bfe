#pragma once

#include "platform/edition/process.h"
#include "shared_kernel/api/parked_api.h"

#include <memory>

namespace lienthong::agency_processing {

/// Agency processing as a process runs it: its lanes, its interface and its connection to intake.
std::unique_ptr<edition::HostedService> make_service();

/// Its ledger, for the operator's look at parked dossiers.
shared_kernel::api::ParkedLedger parked_ledger();

}  // namespace lienthong::agency_processing
