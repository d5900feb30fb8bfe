#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/decision.h"
#include "platform/base/result.h"
#include "routing/core/route.h"

namespace lienthong::routing {

/// Event types that concern the route; leaves without them are never looked at.
EventMask taken_from_intake();
EventMask taken_from_agency_processing();
/// Translate a decision of the other service. Errors: kInvalidArgument when an event they take can't be read.
Result<Reported> decode_intake(const ::lienthong::ledger::v1::Leaf& leaf);
Result<Reported> decode_agency_processing(const ::lienthong::ledger::v1::Leaf& leaf);

}  // namespace lienthong::routing
