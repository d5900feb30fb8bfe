#pragma once

#include "agency_processing/core/work.h"
#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/decision.h"
#include "platform/base/result.h"

namespace lienthong::agency_processing {

/// Event types that concern the agencies' work; leaves without them are never looked at.
EventMask taken_from_routing();
EventMask taken_from_intake();
/// Translate a decision of the other service. Errors: kInvalidArgument when an event they take can't be read.
Result<Reported> decode_routing(const ::lienthong::ledger::v1::Leaf& leaf);
Result<Reported> decode_intake(const ::lienthong::ledger::v1::Leaf& leaf);

}  // namespace lienthong::agency_processing
