#pragma once

#include "lienthong/postal/v1/postal_service.pb.h"
#include "postal_dispatch/core/post.h"

#include <cstdint>

/// What the interface shows of the core's values. Sealed parts are never shown.
namespace lienthong::postal_dispatch {

namespace v1 = ::lienthong::postal::v1;

void show(const DossierName& owner, const Shipment& from, v1::ShipmentView& to);
void show(Bundle bundle, const PaperStanding& from, v1::PaperStanding& to);
void show(const DossierName& name, std::uint64_t revision, const Bag& from, v1::Bag& to);
void show(const Settlement& from, v1::Settlement& to);

}  // namespace lienthong::postal_dispatch
