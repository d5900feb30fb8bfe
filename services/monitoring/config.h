#pragma once

#include "platform/edition/process.h"

#include <memory>

namespace lienthong::monitoring {

/// Monitoring as a process runs it: it reads every ledger and decides for none.
std::unique_ptr<edition::HostedService> make_service();

}  // namespace lienthong::monitoring
