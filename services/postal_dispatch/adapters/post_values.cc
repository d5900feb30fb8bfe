#include "postal_dispatch/adapters/post_values.h"

#include <algorithm>
#include <utility>

namespace lienthong::postal_dispatch::wire {
namespace {

namespace kernel = shared_kernel::wire;
using kernel::decode_code;

// Casting is sound while both sides count alike.
static_assert(static_cast<int>(Milestone::kCodSettled) == v1::MILESTONE_COD_SETTLED);
static_assert(static_cast<int>(Milestone::kHandedToAgency) == v1::MILESTONE_HANDED_TO_AGENCY);
static_assert(static_cast<int>(Milestone::kPickupFailed) == v1::MILESTONE_PICKUP_FAILED);
static_assert(static_cast<int>(StableState::kCancelled) == v1::STABLE_STATE_CANCELLED);
static_assert(static_cast<int>(BagFactKind::kMissing) == v1::BAG_FACT_KIND_MISSING);
static_assert(static_cast<int>(OrderState::kRefused) == v1::ORDER_STATE_REFUSED);
static_assert(static_cast<int>(Relation::kAgency) == v1::RELATION_AGENCY);
static_assert(static_cast<int>(IdentityPaper::kOther) == v1::IDENTITY_PAPER_OTHER);
static_assert(static_cast<int>(ScanFate::kDismissed) == v1::SCAN_FATE_DISMISSED);
static_assert(static_cast<int>(ShipmentKind::kResult) == v1::SHIPMENT_KIND_RESULT);
static_assert(static_cast<int>(Bundle::kResult) == v1::BUNDLE_RESULT);

constexpr std::uint32_t kPapersOfAKindMax = 10'000;

template <class Core, class Wire>
Result<Core> checked(Wire from, bool (*valid)(int), const char* what) {
  if (from == 0 || !valid(from)) return malformed(std::string(what) + ' ' + std::to_string(static_cast<int>(from)));
  return static_cast<Core>(from);
}

DossierName take_name(const std::string& from, Decoding& in) { return in.take(shared_kernel::parse_dossier_name(from)); }

Result<PaperCount> decode_paper(const v1::PaperCount& from) {
  auto code = decode_code(from.code(), "paper.code");
  if (!code) return failure(code.error());
  if (from.count() > kPapersOfAKindMax) return malformed("paper.count is more than 10,000");
  return PaperCount{*std::move(code), from.count()};
}

}  // namespace

Result<ShipmentKind> decode_enum(v1::ShipmentKind from) {
  return checked<ShipmentKind>(from, v1::ShipmentKind_IsValid, "shipment kind");
}
Result<Milestone> decode_enum(v1::Milestone from) { return checked<Milestone>(from, v1::Milestone_IsValid, "milestone"); }
Result<ScanFate> decode_enum(v1::ScanFate from) {
  if (!v1::ScanFate_IsValid(from)) return malformed("scan fate " + std::to_string(static_cast<int>(from)));
  return static_cast<ScanFate>(from);
}
Result<StableState> decode_enum(v1::StableState from) {
  return checked<StableState>(from, v1::StableState_IsValid, "stable state");
}
Result<Bundle> decode_enum(v1::Bundle from) { return checked<Bundle>(from, v1::Bundle_IsValid, "bundle"); }

Result<std::int64_t> decode_amount(std::int64_t from) {
  if (from < 0) return malformed("an amount below zero");
  return from;
}

void encode(const std::vector<PaperCount>& from, google::protobuf::RepeatedPtrField<v1::PaperCount>* to) {
  for (const auto& paper : from) {
    auto& one = *to->Add();
    one.set_code(paper.code);
    one.set_count(paper.count);
  }
}
std::vector<PaperCount> decode(const google::protobuf::RepeatedPtrField<v1::PaperCount>& from, Decoding& in) {
  std::vector<PaperCount> to;
  if (from.size() > kPaperKindsMax) in.take(Result<PaperCount>(malformed("more than 50 kinds of paper")));
  for (const auto& paper : from) to.push_back(in.take(decode_paper(paper)));
  return to;
}

void encode(const Proof& from, v1::Proof& to) {
  kernel::encode(from.receiver, *to.mutable_receiver());
  to.set_relation(static_cast<v1::Relation>(from.relation));
  to.set_paper(static_cast<v1::IdentityPaper>(from.paper));
  kernel::encode(from.at, *to.mutable_proof_time());
  to.set_evidence(from.evidence.bytes.data(), from.evidence.bytes.size());
}
Proof decode(const v1::Proof& from, Decoding& in) {
  return {in.take(kernel::decode(from.receiver())),
          in.take(checked<Relation>(from.relation(), v1::Relation_IsValid, "relation")),
          in.take(checked<IdentityPaper>(from.paper(), v1::IdentityPaper_IsValid, "identity paper")),
          in.take(kernel::decode(from.proof_time())), in.take(Hash::from(from.evidence()))};
}

void encode(const Entry& from, v1::Entry& to) {
  to.set_carrier(from.carrier);
  to.set_raw_code(from.raw_code);
  to.set_table_version(from.table_version);
  to.set_milestone(static_cast<v1::Milestone>(from.milestone));
  kernel::encode(from.at, *to.mutable_entry_time());
  to.set_place(from.place);
  to.set_reason(from.reason);
  to.set_amount(from.amount);
  to.set_receipt(from.receipt);
  encode_all(from.proofs, to.mutable_proofs());
}
Entry decode(const v1::Entry& from, Decoding& in) {
  Entry to;
  to.carrier = in.take(decode_code(from.carrier(), "carrier", true));
  to.raw_code = in.take(decode_code(from.raw_code(), "raw_code"));
  to.table_version = from.table_version();
  to.milestone = in.take(decode_enum(from.milestone()));
  to.at = in.take(kernel::decode(from.entry_time()));
  to.place = in.take(decode_code(from.place(), "place", true));
  to.reason = in.take(decode_code(from.reason(), "reason", true));
  to.amount = in.take(decode_amount(from.amount()));
  to.receipt = in.take(decode_code(from.receipt(), "receipt", true));
  to.proofs = decode_all(from.proofs(), in);
  std::sort(to.proofs.begin(), to.proofs.end());
  to.proofs.erase(std::unique(to.proofs.begin(), to.proofs.end()), to.proofs.end());
  return to;
}

void encode(const NumberRange& from, v1::NumberRange& to) {
  to.set_service(from.service);
  to.set_from(from.from);
  to.set_to(from.to);
}
NumberRange decode(const v1::NumberRange& from, Decoding& in) {
  return {in.take(decode_code(from.service(), "numbers.service", true)), from.from(), from.to()};
}

void encode(const Shipment& from, v1::Shipment& to) {
  to.set_number(from.number);
  to.set_kind(static_cast<v1::ShipmentKind>(from.kind));
  to.set_carrier(from.carrier);
  to.set_item(from.item);
  to.set_agency(from.agency);
  to.set_destination(from.destination);
  to.set_order(static_cast<v1::OrderState>(from.order));
  to.set_order_reason(from.order_reason);
  to.set_normal_minutes(from.normal_minutes);
  to.set_clock_seconds(from.clock_seconds);
  to.set_cod_amount(from.cod_amount);
  encode(from.papers, to.mutable_papers());
  if (from.address) kernel::encode(*from.address, *to.mutable_address());
  kernel::encode(from.ordered_at, *to.mutable_order_time());
  encode_all(from.timeline, to.mutable_timeline());
  to.set_silent(from.silent);
}
Shipment decode(const v1::Shipment& from, Decoding& in) {
  Shipment to;
  to.number = from.number();
  to.kind = in.take(decode_enum(from.kind()));
  to.carrier = in.take(decode_code(from.carrier(), "carrier"));
  to.item = in.take(decode_code(from.item(), "item", true));
  to.agency = in.take(decode_code(from.agency(), "agency"));
  to.destination = in.take(decode_code(from.destination(), "destination", true));
  if (from.order() != 0) to.order = in.take(checked<OrderState>(from.order(), v1::OrderState_IsValid, "order state"));
  to.order_reason = in.take(decode_code(from.order_reason(), "order_reason", true));
  to.normal_minutes = in.take(decode_amount(from.normal_minutes()));
  to.clock_seconds = in.take(decode_amount(from.clock_seconds()));
  to.cod_amount = in.take(decode_amount(from.cod_amount()));
  to.papers = decode(from.papers(), in);
  to.address = [&]() -> std::optional<SealedRef> {
    if (!from.has_address()) return std::nullopt;
    return in.take(kernel::decode(from.address()));
  }();
  to.ordered_at = in.take(kernel::decode(from.order_time()));
  to.timeline = decode_all(from.timeline(), in);
  to.silent = from.silent();
  return to;
}

void encode(const BagLine& from, v1::BagLine& to) {
  to.set_dossier_id(shared_kernel::format_dossier_name(from.dossier));
  to.set_bundle(static_cast<v1::Bundle>(from.bundle));
  encode(from.papers, to.mutable_papers());
}
BagLine decode(const v1::BagLine& from, Decoding& in) {
  return {take_name(from.dossier_id(), in), in.take(decode_enum(from.bundle())), decode(from.papers(), in)};
}

void encode(const BagFact& from, v1::BagFact& to) {
  to.set_bag_id(shared_kernel::format_dossier_name(from.bag));
  to.set_bag_number(from.number);
  to.set_kind(static_cast<v1::BagFactKind>(from.kind));
  to.set_bundle(static_cast<v1::Bundle>(from.bundle));
  to.set_agency(from.agency);
  kernel::encode(from.at, *to.mutable_fact_time());
  encode(from.papers, to.mutable_papers());
  encode(from.missing, to.mutable_missing());
  encode(from.extra, to.mutable_extra());
}
BagFact decode(const v1::BagFact& from, Decoding& in) {
  return {take_name(from.bag_id(), in),
          in.take(decode_code(from.bag_number(), "bag_number")),
          in.take(checked<BagFactKind>(from.kind(), v1::BagFactKind_IsValid, "bag fact")),
          in.take(decode_enum(from.bundle())),
          in.take(decode_code(from.agency(), "agency")),
          in.take(kernel::decode(from.fact_time())),
          decode(from.papers(), in),
          decode(from.missing(), in),
          decode(from.extra(), in)};
}

void encode(const Collection& from, v1::Collection& to) {
  to.set_dossier_id(shared_kernel::format_dossier_name(from.dossier));
  to.set_shipment(from.shipment);
  to.set_item(from.item);
  to.set_amount(from.amount);
  to.set_owed(from.owed);
  to.set_receipt(from.receipt);
  kernel::encode(from.at, *to.mutable_collect_time());
}
Collection decode(const v1::Collection& from, Decoding& in) {
  return {take_name(from.dossier_id(), in),
          from.shipment(),
          in.take(decode_code(from.item(), "item", true)),
          in.take(decode_amount(from.amount())),
          in.take(decode_amount(from.owed())),
          in.take(decode_code(from.receipt(), "receipt", true)),
          in.take(kernel::decode(from.collect_time()))};
}

void encode(const DeclaredLine& from, v1::DeclaredLine& to) {
  to.set_item(from.item);
  to.set_amount(from.amount);
}
DeclaredLine decode(const v1::DeclaredLine& from, Decoding& in) {
  return {in.take(decode_code(from.item(), "item")), in.take(decode_amount(from.amount()))};
}

void encode(const UnmatchedScan& from, v1::UnmatchedScan& to) {
  to.set_carrier(from.carrier);
  to.set_item(from.item);
  to.set_raw_code(from.raw_code);
  kernel::encode(from.at, *to.mutable_scan_time());
  to.set_place(from.place);
  to.set_raw_reason(from.raw_reason);
  to.set_amount(from.amount);
  to.set_receipt(from.receipt);
  to.set_reason(from.reason);
}
UnmatchedScan decode(const v1::UnmatchedScan& from, Decoding& in) {
  return {in.take(decode_code(from.carrier(), "carrier")),
          in.take(decode_code(from.item(), "item")),
          in.take(decode_code(from.raw_code(), "raw_code")),
          in.take(kernel::decode(from.scan_time())),
          in.take(decode_code(from.place(), "place", true)),
          in.take(decode_code(from.raw_reason(), "raw_reason", true)),
          in.take(decode_amount(from.amount())),
          in.take(decode_code(from.receipt(), "receipt", true)),
          in.take(decode_code(from.reason(), "reason"))};
}

}  // namespace lienthong::postal_dispatch::wire
