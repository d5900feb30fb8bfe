#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/result.h"
#include "postal_dispatch/core/post.h"

namespace lienthong::postal_dispatch {

/// Fills type, payload and occurred_at.
void encode_event(const Event& event, ::lienthong::ledger::v1::Event& to);
/// Errors: kInvalidArgument on an unknown type or a payload that is no valid event of it.
Result<Event> decode_event(const ::lienthong::ledger::v1::Event& from);

}  // namespace lienthong::postal_dispatch
