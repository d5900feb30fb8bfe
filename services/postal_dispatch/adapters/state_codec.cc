#include "postal_dispatch/adapters/state_codec.h"

#include "lienthong/postal/v1/state.pb.h"
#include "platform/base/overloaded.h"
#include "postal_dispatch/adapters/post_values.h"

#include <utility>

namespace lienthong::postal_dispatch {
namespace {

namespace v1 = ::lienthong::postal::v1;
namespace kernel = shared_kernel::wire;
using kernel::Decoding;

void encode(const DossierPost& from, v1::StoredDossier& to) {
  to.set_home_key(from.home.text());
  to.set_dossier_code(from.dossier_code);
  wire::encode_all(from.shipments, to.mutable_shipments());
  wire::encode_all(from.bags, to.mutable_bags());
  to.set_data_at(from.data_at);
  to.set_data_since(from.data_since.micros);
  if (!from.handed_in) return;
  auto& handed_in = *to.mutable_handed_in();
  handed_in.set_agency(from.handed_in->agency);
  handed_in.set_since(from.handed_in->since.micros);
  wire::encode(from.handed_in->papers, handed_in.mutable_papers());
}
void encode(const Bag& from, v1::StoredBag& to) {
  to.set_home_key(from.home.text());
  to.set_sender(from.sender);
  // A bag's first event has no shipment yet.
  if (from.shipment.number != 0) wire::encode(from.shipment, *to.mutable_shipment());
  wire::encode_all(from.lines, to.mutable_lines());
  to.set_seal(from.seal);
  to.set_sealed_at(from.sealed_at.micros);
  to.set_opened(from.opened);
  to.set_opened_at(from.opened_at.micros);
  to.set_seal_found(from.seal_found);
  wire::encode_all(from.found, to.mutable_found());
  for (const auto& failed : from.untold) {
    auto& one = *to.add_untold();
    one.set_target(failed.target);
    one.set_reason(failed.reason);
  }
}
void encode(const Settlement& from, v1::StoredSettlement& to) {
  to.set_home_key(from.home.text());
  to.set_carrier(from.carrier);
  to.set_day(from.day.days);
  wire::encode_all(from.collections, to.mutable_collections());
  to.set_declared(from.declared);
  wire::encode_all(from.lines, to.mutable_lines());
  to.set_paid(from.paid);
}

void encode(const KeptScan& from, v1::StoredUnmatched& to) {
  to.set_home_key(from.home.text());
  wire::encode(from.scan, *to.mutable_scan());
  to.set_since(from.since.micros);
  to.set_fate(static_cast<v1::ScanFate>(from.fate));
  to.set_reason_code(from.reason_code);
}

DossierPost decode(const v1::StoredDossier& from, Decoding& in) {
  DossierPost to;
  if (!from.home_key().empty()) to.home = in.take(HomeKey::parse(from.home_key()));
  to.dossier_code = from.dossier_code();
  to.shipments = wire::decode_all(from.shipments(), in);
  to.bags = wire::decode_all(from.bags(), in);
  to.data_at = from.data_at();
  to.data_since = {from.data_since()};
  if (from.has_handed_in()) {
    const auto& handed_in = from.handed_in();
    to.handed_in = CounterPapers{handed_in.agency(), {handed_in.since()}, wire::decode(handed_in.papers(), in)};
  }
  return to;
}
Bag decode(const v1::StoredBag& from, Decoding& in) {
  Bag to;
  to.home = in.take(HomeKey::parse(from.home_key()));
  to.sender = from.sender();
  if (from.has_shipment()) to.shipment = wire::decode(from.shipment(), in);
  to.lines = wire::decode_all(from.lines(), in);
  to.seal = from.seal();
  to.sealed_at = {from.sealed_at()};
  to.opened = from.opened();
  to.opened_at = {from.opened_at()};
  to.seal_found = from.seal_found();
  to.found = wire::decode_all(from.found(), in);
  for (const auto& failed : from.untold()) to.untold.push_back({failed.target(), failed.reason()});
  return to;
}
Settlement decode(const v1::StoredSettlement& from, Decoding& in) {
  Settlement to;
  to.home = in.take(HomeKey::parse(from.home_key()));
  to.carrier = from.carrier();
  to.day = {from.day()};
  to.collections = wire::decode_all(from.collections(), in);
  to.declared = from.declared();
  to.lines = wire::decode_all(from.lines(), in);
  to.paid = from.paid();
  return to;
}

KeptScan decode(const v1::StoredUnmatched& from, Decoding& in) {
  return {in.take(HomeKey::parse(from.home_key())),
          wire::decode(from.scan(), in),
          {from.since()},
          in.take(wire::decode_enum(from.fate())),
          from.reason_code()};
}

}  // namespace

std::string encode_state(const State& state) {
  auto& to = kernel::scratch<v1::StoredPost>();
  std::visit(Overloaded{[](const std::monostate&) {}, [&](const DossierPost& post) { encode(post, *to.mutable_dossier()); },
                        [&](const Bag& bag) { encode(bag, *to.mutable_bag()); },
                        [&](const Settlement& day) { encode(day, *to.mutable_settlement()); },
                        [&](const KeptScan& kept) { encode(kept, *to.mutable_unmatched()); }},
             state);
  return to.SerializeAsString();
}

Result<State> decode_state(std::string_view bytes) {
  const auto parsed = kernel::parse<v1::StoredPost>(bytes);
  if (!parsed) return failure(parsed.error());
  const auto& from = **parsed;
  Decoding in;
  State to;
  if (from.has_dossier()) to = decode(from.dossier(), in);
  if (from.has_bag()) to = decode(from.bag(), in);
  if (from.has_settlement()) to = decode(from.settlement(), in);
  if (from.has_unmatched()) to = decode(from.unmatched(), in);
  return in.finish(std::move(to));
}

}  // namespace lienthong::postal_dispatch
