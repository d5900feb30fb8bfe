#pragma once

#include "notification/core/notice.h"
#include "platform/ledger/machine.h"

#include <memory>

namespace lienthong::notification {

/// Why a decision is asked for, in the words of the core.
/// Errors: kInvalidArgument when the cause can't be read: a command is refused with it, an input is parked.
Result<Cause> decode_cause(const ledger::CauseView& cause);

/// Notification as its lanes see it.
std::unique_ptr<const ledger::Machine> make_machine();

}  // namespace lienthong::notification
