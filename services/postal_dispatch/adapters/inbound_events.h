#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/decision.h"
#include "platform/base/result.h"
#include "postal_dispatch/core/post.h"

namespace lienthong::postal_dispatch {

/// Event types of routing that concern paper: the data of a dossier passed from one holder to the next.
EventMask taken_from_routing();
/// Errors: kInvalidArgument.
Result<Reported> decode_routing(const ::lienthong::ledger::v1::Leaf& leaf);

}  // namespace lienthong::postal_dispatch
