#pragma once

#include "lienthong/routing/v1/events.pb.h"
#include "platform/base/result.h"
#include "routing/core/route.h"
#include "shared_kernel/adapters/values_codec.h"

/// Values that stand in events and in the stored route alike.
namespace lienthong::routing {

void encode_plan(const PlannedLeg& from, v1::PlannedLeg& to);
/// Errors: kInvalidArgument on an unknown unit, or a predecessor that is not an earlier leg or follows itself.
Result<PlannedLeg> decode_plan(const v1::PlannedLeg& from);
void encode_holder(const Holder& from, v1::Holder& to);
/// Errors: kInvalidArgument on an unknown kind.
Result<Holder> decode_holder(const v1::Holder& from);

}  // namespace lienthong::routing
