#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "lienthong/routing/v1/routing_service.pb.h"
#include "lienthong/routing/v1/state.pb.h"
#include "platform/base/ids.h"
#include "platform/base/result.h"

#include <cstdint>

namespace lienthong::routing {

namespace v1 = ::lienthong::routing::v1;

/// Routing's own part of a stored dossier. Errors: kDataLoss when it can't be read.
Result<v1::StoredRoute> stored_route(const ::lienthong::ledger::v1::DossierValue& value);

/// The route as the API shows it.
v1::Route route_view(const DossierId& dossier, std::uint64_t revision, const v1::StoredRoute& stored);

}  // namespace lienthong::routing
