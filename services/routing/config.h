#pragma once

#include "platform/edition/process.h"

#include <memory>

namespace lienthong::routing {

/// Routing as a process runs it: its lanes and its interface.
std::unique_ptr<edition::HostedService> make_service();

}  // namespace lienthong::routing
