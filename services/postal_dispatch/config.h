#pragma once

#include "platform/edition/process.h"

#include <memory>

namespace lienthong::postal_dispatch {

/// The service for a process to host; README.md has the table of its settings.
std::unique_ptr<edition::HostedService> make_service();

}  // namespace lienthong::postal_dispatch
