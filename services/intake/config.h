#pragma once

#include "platform/edition/process.h"

#include <memory>

namespace lienthong::intake {

/// Intake as a process runs it: its lanes, its keys and sealed contents below the data directory, its interfaces.
std::unique_ptr<edition::HostedService> make_service();

}  // namespace lienthong::intake
