#pragma once

#include "lienthong/postal/v1/values.pb.h"
#include "postal_dispatch/core/post.h"
#include "shared_kernel/adapters/values_codec.h"

#include <vector>

/// Wire form of the values that events, commands and state share. Decoding checks form: what leaves a decoder is valid.
namespace lienthong::postal_dispatch::wire {

namespace v1 = ::lienthong::postal::v1;
using shared_kernel::wire::Decoding;

/// Most kinds of paper in one shipment or bag line.
inline constexpr int kPaperKindsMax = 50;

void encode(const std::vector<PaperCount>& from, google::protobuf::RepeatedPtrField<v1::PaperCount>* to);
void encode(const Proof& from, v1::Proof& to);
void encode(const Entry& from, v1::Entry& to);
void encode(const NumberRange& from, v1::NumberRange& to);
void encode(const Shipment& from, v1::Shipment& to);
void encode(const BagLine& from, v1::BagLine& to);
void encode(const BagFact& from, v1::BagFact& to);
void encode(const Collection& from, v1::Collection& to);
void encode(const DeclaredLine& from, v1::DeclaredLine& to);
void encode(const UnmatchedScan& from, v1::UnmatchedScan& to);

std::vector<PaperCount> decode(const google::protobuf::RepeatedPtrField<v1::PaperCount>& from, Decoding& in);
Proof decode(const v1::Proof& from, Decoding& in);
Entry decode(const v1::Entry& from, Decoding& in);
NumberRange decode(const v1::NumberRange& from, Decoding& in);
Shipment decode(const v1::Shipment& from, Decoding& in);
BagLine decode(const v1::BagLine& from, Decoding& in);
BagFact decode(const v1::BagFact& from, Decoding& in);
Collection decode(const v1::Collection& from, Decoding& in);
DeclaredLine decode(const v1::DeclaredLine& from, Decoding& in);
UnmatchedScan decode(const v1::UnmatchedScan& from, Decoding& in);

/// The numbers are the same in core and contract.
template <class Core, class Wire>
Wire encode_enum(Core from) {
  return static_cast<Wire>(from);
}
/// Errors: kInvalidArgument for a number the contract does not have, and for none.
Result<ShipmentKind> decode_enum(v1::ShipmentKind from);
Result<Milestone> decode_enum(v1::Milestone from);
Result<StableState> decode_enum(v1::StableState from);
Result<Bundle> decode_enum(v1::Bundle from);
/// Unset is kOpen. Errors: kInvalidArgument for a number the contract does not have.
Result<ScanFate> decode_enum(v1::ScanFate from);
/// Errors: kInvalidArgument below zero.
Result<std::int64_t> decode_amount(std::int64_t from);

template <class Core, class Wire>
void encode_all(const std::vector<Core>& from, google::protobuf::RepeatedPtrField<Wire>* to) {
  for (const auto& item : from) encode(item, *to->Add());
}
template <class Wire>
auto decode_all(const google::protobuf::RepeatedPtrField<Wire>& from, Decoding& in) {
  std::vector<decltype(decode(from[0], in))> to;
  to.reserve(static_cast<std::size_t>(from.size()));
  for (const auto& item : from) to.push_back(decode(item, in));
  return to;
}

}  // namespace lienthong::postal_dispatch::wire
