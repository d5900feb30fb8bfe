#include "postal_dispatch/adapters/command_codec.h"

#include "lienthong/postal/v1/commands.pb.h"
#include "platform/base/overloaded.h"
#include "postal_dispatch/adapters/post_values.h"

#include <utility>

namespace lienthong::postal_dispatch {
namespace {

namespace v1 = ::lienthong::postal::v1;
namespace kernel = shared_kernel::wire;
using kernel::decode_code;
using kernel::Decoding;

HomeKey take_home(const std::string& from, Decoding& in) { return in.take(HomeKey::parse(from)); }

OrderShipment decode(const v1::OrderShipmentCommand& from, Decoding& in) {
  OrderShipment to;
  to.home = take_home(from.home_key(), in);
  to.dossier_code = in.take(decode_code(from.dossier_code(), "dossier_code", true));
  to.kind = in.take(wire::decode_enum(from.kind()));
  to.carrier = in.take(decode_code(from.carrier(), "carrier"));
  to.item = in.take(decode_code(from.item(), "item", true));
  to.destination = in.take(decode_code(from.destination(), "destination", true));
  to.numbers = wire::decode(from.numbers(), in);
  to.normal_minutes = in.take(wire::decode_amount(from.normal_minutes()));
  to.clock_seconds = in.take(wire::decode_amount(from.clock_seconds()));
  to.cod_amount = in.take(wire::decode_amount(from.cod_amount()));
  to.papers = wire::decode(from.papers(), in);
  if (from.has_address()) to.address = in.take(kernel::decode(from.address()));
  to.place_order = from.place_order();
  return to;
}
StateMilestone decode(const v1::StateMilestoneCommand& from, Decoding& in) {
  return {from.shipment(), in.take(wire::decode_enum(from.milestone())), in.take(decode_code(from.place(), "place", true)),
          in.take(decode_code(from.reason(), "reason", true))};
}
RecordScan decode(const v1::RecordScanCommand& from, Decoding& in) {
  return {in.take(decode_code(from.item(), "item")), wire::decode(from.scan(), in)};
}
CancelShipment decode(const v1::CancelShipmentCommand& from, Decoding& in) {
  return {from.shipment(), in.take(decode_code(from.reason(), "reason"))};
}
PlaceOrderAgain decode(const v1::PlaceOrderAgainCommand& from, Decoding&) { return {from.shipment(), from.reason_code()}; }
CreateBag decode(const v1::CreateBagCommand& from, Decoding& in) {
  CreateBag to;
  to.home = take_home(from.home_key(), in);
  to.destination = in.take(decode_code(from.destination(), "destination"));
  to.carrier = in.take(decode_code(from.carrier(), "carrier"));
  to.numbers = wire::decode(from.numbers(), in);
  to.normal_minutes = in.take(wire::decode_amount(from.normal_minutes()));
  to.clock_seconds = in.take(wire::decode_amount(from.clock_seconds()));
  to.lines = wire::decode_all(from.lines(), in);
  return to;
}
SealBag decode(const v1::SealBagCommand& from, Decoding& in) { return {in.take(decode_code(from.seal(), "seal"))}; }
OpenBag decode(const v1::OpenBagCommand& from, Decoding& in) {
  return {in.take(decode_code(from.seal(), "seal", true)), wire::decode_all(from.found(), in)};
}
TellOfBag decode(const v1::TellOfBagCommand& from, Decoding& in) {
  return {take_home(from.home_key(), in), wire::decode(from.fact(), in)};
}
AddCollection decode(const v1::AddCollectionCommand& from, Decoding& in) {
  return {take_home(from.home_key(), in),
          in.take(decode_code(from.carrier(), "carrier")),
          {from.day()},
          wire::decode(from.collection(), in)};
}
DeclareSettlement decode(const v1::DeclareSettlementCommand& from, Decoding& in) {
  return {take_home(from.home_key(), in),
          in.take(decode_code(from.carrier(), "carrier")),
          {from.day()},
          wire::decode_all(from.lines(), in),
          in.take(wire::decode_amount(from.paid()))};
}
TellOfSettlement decode(const v1::TellOfSettlementCommand& from, Decoding& in) {
  return {from.shipment(), in.take(decode_code(from.carrier(), "carrier")), in.take(wire::decode_amount(from.amount())),
          in.take(kernel::decode(from.settle_time()))};
}

KeepScan decode(const v1::KeepScanCommand& from, Decoding& in) { return {wire::decode(from.scan(), in)}; }
CloseScan decode(const v1::CloseScanCommand& from, Decoding& in) {
  return {in.take(wire::decode_enum(from.fate())), in.take(decode_code(from.reason_code(), "reason_code", true))};
}

template <class Message>
Result<DecodedCommand> read(std::string_view bytes) {
  const auto message = kernel::parse<Message>(bytes);
  if (!message) return failure(message.error());
  Decoding in;
  DecodedCommand command{decode(**message, in), std::nullopt};
  if ((*message)->has_occurred_time()) command.occurred_at = in.take(kernel::decode((*message)->occurred_time()));
  return in.finish(std::move(command));
}

v1::OrderShipmentCommand encode(const OrderShipment& from) {
  v1::OrderShipmentCommand to;
  to.set_home_key(from.home.text());
  to.set_dossier_code(from.dossier_code);
  to.set_kind(static_cast<v1::ShipmentKind>(from.kind));
  to.set_carrier(from.carrier);
  to.set_item(from.item);
  to.set_destination(from.destination);
  wire::encode(from.numbers, *to.mutable_numbers());
  to.set_normal_minutes(from.normal_minutes);
  to.set_clock_seconds(from.clock_seconds);
  to.set_cod_amount(from.cod_amount);
  wire::encode(from.papers, to.mutable_papers());
  if (from.address) kernel::encode(*from.address, *to.mutable_address());
  to.set_place_order(from.place_order);
  return to;
}
v1::StateMilestoneCommand encode(const StateMilestone& from) {
  v1::StateMilestoneCommand to;
  to.set_shipment(from.shipment);
  to.set_milestone(static_cast<v1::Milestone>(from.milestone));
  to.set_place(from.place);
  to.set_reason(from.reason);
  return to;
}
v1::RecordScanCommand encode(const RecordScan& from) {
  v1::RecordScanCommand to;
  to.set_item(from.item);
  wire::encode(from.scan, *to.mutable_scan());
  return to;
}
v1::CancelShipmentCommand encode(const CancelShipment& from) {
  v1::CancelShipmentCommand to;
  to.set_shipment(from.shipment);
  to.set_reason(from.reason);
  return to;
}
v1::PlaceOrderAgainCommand encode(const PlaceOrderAgain& from) {
  v1::PlaceOrderAgainCommand to;
  to.set_shipment(from.shipment);
  to.set_reason_code(from.reason_code);
  return to;
}
v1::CreateBagCommand encode(const CreateBag& from) {
  v1::CreateBagCommand to;
  to.set_home_key(from.home.text());
  to.set_destination(from.destination);
  to.set_carrier(from.carrier);
  wire::encode(from.numbers, *to.mutable_numbers());
  to.set_normal_minutes(from.normal_minutes);
  to.set_clock_seconds(from.clock_seconds);
  wire::encode_all(from.lines, to.mutable_lines());
  return to;
}
v1::SealBagCommand encode(const SealBag& from) {
  v1::SealBagCommand to;
  to.set_seal(from.seal);
  return to;
}
v1::OpenBagCommand encode(const OpenBag& from) {
  v1::OpenBagCommand to;
  to.set_seal(from.seal);
  wire::encode_all(from.found, to.mutable_found());
  return to;
}
v1::TellOfBagCommand encode(const TellOfBag& from) {
  v1::TellOfBagCommand to;
  to.set_home_key(from.home.text());
  wire::encode(from.fact, *to.mutable_fact());
  return to;
}
v1::AddCollectionCommand encode(const AddCollection& from) {
  v1::AddCollectionCommand to;
  to.set_home_key(from.home.text());
  to.set_carrier(from.carrier);
  to.set_day(from.day.days);
  wire::encode(from.collection, *to.mutable_collection());
  return to;
}
v1::DeclareSettlementCommand encode(const DeclareSettlement& from) {
  v1::DeclareSettlementCommand to;
  to.set_home_key(from.home.text());
  to.set_carrier(from.carrier);
  to.set_day(from.day.days);
  wire::encode_all(from.lines, to.mutable_lines());
  to.set_paid(from.paid);
  return to;
}
v1::TellOfSettlementCommand encode(const TellOfSettlement& from) {
  v1::TellOfSettlementCommand to;
  to.set_shipment(from.shipment);
  to.set_carrier(from.carrier);
  to.set_amount(from.amount);
  kernel::encode(from.at, *to.mutable_settle_time());
  return to;
}

v1::KeepScanCommand encode(const KeepScan& from) {
  v1::KeepScanCommand to;
  wire::encode(from.scan, *to.mutable_scan());
  return to;
}
v1::CloseScanCommand encode(const CloseScan& from) {
  v1::CloseScanCommand to;
  to.set_fate(static_cast<v1::ScanFate>(from.fate));
  to.set_reason_code(from.reason_code);
  return to;
}

v1::CommandType type_of(const CommandBody& body) {
  return std::visit(Overloaded{[](const OrderShipment&) { return v1::COMMAND_TYPE_ORDER_SHIPMENT; },
                               [](const StateMilestone&) { return v1::COMMAND_TYPE_STATE_MILESTONE; },
                               [](const RecordScan&) { return v1::COMMAND_TYPE_RECORD_SCAN; },
                               [](const CancelShipment&) { return v1::COMMAND_TYPE_CANCEL_SHIPMENT; },
                               [](const PlaceOrderAgain&) { return v1::COMMAND_TYPE_PLACE_ORDER_AGAIN; },
                               [](const CreateBag&) { return v1::COMMAND_TYPE_CREATE_BAG; },
                               [](const SealBag&) { return v1::COMMAND_TYPE_SEAL_BAG; },
                               [](const OpenBag&) { return v1::COMMAND_TYPE_OPEN_BAG; },
                               [](const TellOfBag&) { return v1::COMMAND_TYPE_TELL_OF_BAG; },
                               [](const AddCollection&) { return v1::COMMAND_TYPE_ADD_COLLECTION; },
                               [](const DeclareSettlement&) { return v1::COMMAND_TYPE_DECLARE_SETTLEMENT; },
                               [](const TellOfSettlement&) { return v1::COMMAND_TYPE_TELL_OF_SETTLEMENT; },
                               [](const KeepScan&) { return v1::COMMAND_TYPE_KEEP_SCAN; },
                               [](const CloseScan&) { return v1::COMMAND_TYPE_CLOSE_SCAN; }},
                    body);
}

}  // namespace

EncodedCommand encode_command(const CommandBody& body, std::optional<Instant> occurred_at) {
  return std::visit(
      [&](const auto& one) {
        auto message = encode(one);
        if (occurred_at) kernel::encode(*occurred_at, *message.mutable_occurred_time());
        return EncodedCommand{static_cast<std::uint32_t>(type_of(body)), message.SerializeAsString()};
      },
      body);
}

Result<DecodedCommand> decode_command(std::uint32_t type, std::string_view body) {
  switch (static_cast<v1::CommandType>(type)) {
    case v1::COMMAND_TYPE_ORDER_SHIPMENT: return read<v1::OrderShipmentCommand>(body);
    case v1::COMMAND_TYPE_STATE_MILESTONE: return read<v1::StateMilestoneCommand>(body);
    case v1::COMMAND_TYPE_RECORD_SCAN: return read<v1::RecordScanCommand>(body);
    case v1::COMMAND_TYPE_CANCEL_SHIPMENT: return read<v1::CancelShipmentCommand>(body);
    case v1::COMMAND_TYPE_PLACE_ORDER_AGAIN: return read<v1::PlaceOrderAgainCommand>(body);
    case v1::COMMAND_TYPE_CREATE_BAG: return read<v1::CreateBagCommand>(body);
    case v1::COMMAND_TYPE_SEAL_BAG: return read<v1::SealBagCommand>(body);
    case v1::COMMAND_TYPE_OPEN_BAG: return read<v1::OpenBagCommand>(body);
    case v1::COMMAND_TYPE_TELL_OF_BAG: return read<v1::TellOfBagCommand>(body);
    case v1::COMMAND_TYPE_ADD_COLLECTION: return read<v1::AddCollectionCommand>(body);
    case v1::COMMAND_TYPE_DECLARE_SETTLEMENT: return read<v1::DeclareSettlementCommand>(body);
    case v1::COMMAND_TYPE_TELL_OF_SETTLEMENT: return read<v1::TellOfSettlementCommand>(body);
    case v1::COMMAND_TYPE_KEEP_SCAN: return read<v1::KeepScanCommand>(body);
    case v1::COMMAND_TYPE_CLOSE_SCAN: return read<v1::CloseScanCommand>(body);
    case v1::COMMAND_TYPE_UNSPECIFIED:
    case v1::CommandType_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::CommandType_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("postal-dispatch has no command type " + std::to_string(type));
}

}  // namespace lienthong::postal_dispatch
