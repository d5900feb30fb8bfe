#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/decision.h"
#include "platform/base/result.h"
#include "postal_dispatch/core/post.h"

namespace lienthong::postal_dispatch {

/// Event types of intake that bring paper to the desk, ask for the post, or need it no longer.
EventMask taken_from_intake();
/// Errors: kInvalidArgument.
Result<Reported> decode_intake(const ::lienthong::ledger::v1::Leaf& leaf);

/// Event types of routing that concern paper: the data of a dossier passed from one holder to the next.
EventMask taken_from_routing();
/// Errors: kInvalidArgument.
Result<Reported> decode_routing(const ::lienthong::ledger::v1::Leaf& leaf);

}  // namespace lienthong::postal_dispatch
