#pragma once

#include "platform/edition/process.h"

#include <memory>

namespace lienthong::notification {

/// Notification as a process runs it: its lanes, its interface, and the threads that call providers.
std::unique_ptr<edition::HostedService> make_service();

}  // namespace lienthong::notification
