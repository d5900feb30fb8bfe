#pragma once

#include "platform/edition/process.h"
#include "shared_kernel/api/parked_api.h"

#include <memory>
#include <vector>

namespace lienthong::shared_kernel::api {

/// ParkedApi as a process runs it, beside the services that decide for these ledgers.
std::unique_ptr<edition::HostedService> make_parked_service(std::vector<ParkedLedger> ledgers);

}  // namespace lienthong::shared_kernel::api
