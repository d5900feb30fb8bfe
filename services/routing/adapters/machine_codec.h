#pragma once

#include "platform/ledger/machine.h"
#include "routing/core/route.h"

#include <memory>

namespace lienthong::routing {

/// Why a decision is asked for, in the words of the core.
/// Errors: kInvalidArgument when the cause can't be read: a command is refused with it, an input is parked.
Result<Cause> decode_cause(const ledger::CauseView& cause);

/// Routing as its lanes see it.
std::unique_ptr<const ledger::Machine> make_machine();

}  // namespace lienthong::routing
