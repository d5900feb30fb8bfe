#pragma once

#include "intake/core/dossier.h"
#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/decision.h"
#include "platform/base/result.h"

namespace lienthong::intake {

/// Event types of routing that concern the desk; leaves without them are never looked at.
EventMask taken_from_routing();
/// Translates a decision of routing. Errors: kInvalidArgument when an event it takes can't be read.
Result<RouteReported> decode_routing(const ::lienthong::ledger::v1::Leaf& leaf);

/// Event types of postal-dispatch that concern the desk.
EventMask taken_from_postal_dispatch();
/// Translates a decision of postal-dispatch. Errors: kInvalidArgument when an event it takes can't be read.
Result<PostReported> decode_postal_dispatch(const ::lienthong::ledger::v1::Leaf& leaf);

}  // namespace lienthong::intake
