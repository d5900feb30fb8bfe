#pragma once

#include "platform/edition/process.h"

#include <memory>

namespace lienthong::agency_processing {

/// Agency processing as a process runs it: its lanes, its interface and its connection to intake.
std::unique_ptr<edition::HostedService> make_service();

}  // namespace lienthong::agency_processing
