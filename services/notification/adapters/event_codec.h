#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "notification/core/notice.h"
#include "platform/base/result.h"

namespace lienthong::notification {

/// Fills type, payload and occurred_at.
void encode_event(const Event& event, ::lienthong::ledger::v1::Event& to);
/// Errors: kInvalidArgument.
Result<Event> decode_event(const ::lienthong::ledger::v1::Event& from);

}  // namespace lienthong::notification
