#include "postal_dispatch/adapters/lane_times.h"

#include "postal_dispatch/adapters/machine_codec.h"

namespace lienthong::postal_dispatch {

std::string find_normal_time(const Carriers& carriers, std::string_view payload) {
  const auto query = decode_lane_query(payload);
  if (!query) return encode_report({"", query.error().reason});
  const auto carrier = carriers.carrier(query->carrier);
  if (!carrier) return encode_report({"", carrier.error().reason});
  return encode_report({"", "", normal_minutes(**carrier, query->from_area, query->to_area), (*carrier)->clock_seconds});
}

}  // namespace lienthong::postal_dispatch
