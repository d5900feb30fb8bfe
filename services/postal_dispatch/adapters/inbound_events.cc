#include "postal_dispatch/adapters/inbound_events.h"

#include "lienthong/routing/v1/events.pb.h"
#include "shared_kernel/adapters/values_codec.h"

namespace lienthong::postal_dispatch {

namespace wire = shared_kernel::wire;
namespace routing_v1 = ::lienthong::routing::v1;

EventMask taken_from_routing() { return mask_of(routing_v1::EVENT_TYPE_CUSTODY_PASSED); }

Result<Reported> decode_routing(const ::lienthong::ledger::v1::Leaf& leaf) {
  Reported reported;
  for (const auto& event : leaf.events()) {
    if (event.type() != routing_v1::EVENT_TYPE_CUSTODY_PASSED) continue;
    const auto passed = wire::parse<routing_v1::CustodyPassed>(event.payload());
    if (!passed) return failure(passed.error());
    const auto at = wire::decode((*passed)->until_time());
    if (!at) return failure(at.error());
    reported.passed.push_back({(*passed)->to_holder().agency(), *at});
  }
  return reported;
}

}  // namespace lienthong::postal_dispatch
