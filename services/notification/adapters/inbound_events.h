#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "notification/core/notice.h"
#include "platform/base/decision.h"
#include "platform/base/result.h"

namespace lienthong::notification {

/// Event types that somebody may have to be told of, or that later notices depend on; other leaves are never looked at.
EventMask taken_from_intake();
EventMask taken_from_routing();
EventMask taken_from_agency_processing();
/// Translate a decision of the other service. Errors: kInvalidArgument when an event they take can't be read.
Result<Reported> decode_intake(const ::lienthong::ledger::v1::Leaf& leaf);
Result<Reported> decode_routing(const ::lienthong::ledger::v1::Leaf& leaf);
Result<Reported> decode_agency_processing(const ::lienthong::ledger::v1::Leaf& leaf);

}  // namespace lienthong::notification
