#pragma once

#include "platform/edition/process.h"

#include <memory>

namespace lienthong::public_events {

/// EventService as every process with ledgers hosts it, for the ledgers of that process.
std::unique_ptr<edition::HostedService> make_service();

}  // namespace lienthong::public_events
