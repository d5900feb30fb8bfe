#include "postal_dispatch/adapters/event_codec.h"

#include "lienthong/postal/v1/events.pb.h"
#include "platform/base/overloaded.h"
#include "postal_dispatch/adapters/post_values.h"

#include <utility>

namespace lienthong::postal_dispatch {
namespace {

namespace v1 = ::lienthong::postal::v1;
namespace kernel = shared_kernel::wire;
using kernel::Decoding;

HomeKey take_home(const std::string& from, Decoding& in) { return in.take(HomeKey::parse(from)); }
Instant take_time(const google::protobuf::Timestamp& from, Decoding& in) { return in.take(kernel::decode(from)); }

ShipmentOrdered decode(const v1::ShipmentOrdered& from, Decoding& in) {
  return {take_home(from.home_key(), in), from.dossier_code(), wire::decode(from.shipment(), in)};
}
OrderPlaced decode(const v1::OrderPlaced& from, Decoding&) { return {from.shipment(), from.item()}; }
OrderRefused decode(const v1::OrderRefused& from, Decoding&) { return {from.shipment(), from.reason()}; }
OrderRepeated decode(const v1::OrderRepeated& from, Decoding&) { return {from.shipment()}; }
EntryRecorded decode(const v1::EntryRecorded& from, Decoding& in) {
  return {from.shipment(), wire::decode(from.entry(), in)};
}
ProofAdded decode(const v1::ProofAdded& from, Decoding& in) {
  return {from.shipment(), from.carrier(), from.raw_code(), take_time(from.entry_time(), in),
          wire::decode(from.proof(), in)};
}
StandingChanged decode(const v1::StandingChanged& from, Decoding& in) {
  return {from.shipment(),
          in.take(wire::decode_enum(from.kind())),
          in.take(wire::decode_enum(from.milestone())),
          in.take(wire::decode_enum(from.stable())),
          from.reason(),
          take_time(from.since_time(), in)};
}
SilenceBegan decode(const v1::SilenceBegan& from, Decoding& in) {
  return {from.shipment(), take_time(from.last_scan_time(), in)};
}
SilenceEnded decode(const v1::SilenceEnded& from, Decoding&) { return {from.shipment()}; }
BagCreated decode(const v1::BagCreated& from, Decoding& in) {
  return {take_home(from.home_key(), in), from.sender(), wire::decode_all(from.lines(), in)};
}
BagSealed decode(const v1::BagSealed& from, Decoding&) { return {from.seal()}; }
BagOpened decode(const v1::BagOpened& from, Decoding& in) { return {from.seal(), wire::decode_all(from.found(), in)}; }
TellingFailed decode(const v1::TellingFailed& from, Decoding&) { return {from.target(), from.reason()}; }
PaperTold decode(const v1::PaperTold& from, Decoding& in) {
  return {take_home(from.home_key(), in), wire::decode(from.fact(), in)};
}
DataMoved decode(const v1::DataMoved& from, Decoding& in) { return {from.agency(), take_time(from.move_time(), in)}; }
CollectionAdded decode(const v1::CollectionAdded& from, Decoding& in) {
  return {take_home(from.home_key(), in), from.carrier(), {from.day()}, wire::decode(from.collection(), in)};
}
SettlementDeclared decode(const v1::SettlementDeclared& from, Decoding& in) {
  return {take_home(from.home_key(), in), from.carrier(), {from.day()}, wire::decode_all(from.lines(), in), from.paid()};
}
SettlementCompared decode(const v1::SettlementCompared& from, Decoding&) { return {from.balanced(), from.differences()}; }

ResultDelivered decode(const v1::ResultDelivered& from, Decoding&) { return {from.shipment()}; }
ResultUndelivered decode(const v1::ResultUndelivered& from, Decoding& in) {
  return {from.shipment(), in.take(wire::decode_enum(from.stable()))};
}

PaperHandedIn decode(const v1::PaperHandedIn& from, Decoding& in) {
  return {take_home(from.home_key(), in), from.agency(), wire::decode(from.papers(), in)};
}

NormalTimeFound decode(const v1::NormalTimeFound& from, Decoding& in) {
  return {from.shipment(), in.take(wire::decode_amount(from.normal_minutes())),
          in.take(wire::decode_amount(from.clock_seconds()))};
}

ScanKept decode(const v1::ScanKept& from, Decoding& in) {
  return {take_home(from.home_key(), in), wire::decode(from.scan(), in)};
}
ScanClosed decode(const v1::ScanClosed& from, Decoding& in) {
  return {in.take(wire::decode_enum(from.fate())), from.reason_code()};
}

template <class Message>
Result<Event> read(const ::lienthong::ledger::v1::Event& from) {
  const auto message = kernel::parse<Message>(from.payload());
  if (!message) return failure(message.error());
  Decoding in;
  Event event{Instant{from.occurred_at()}, decode(**message, in)};
  return in.finish(std::move(event));
}

v1::ShipmentOrdered encode(const ShipmentOrdered& from) {
  v1::ShipmentOrdered to;
  to.set_home_key(from.home.text());
  to.set_dossier_code(from.dossier_code);
  wire::encode(from.shipment, *to.mutable_shipment());
  return to;
}
v1::OrderPlaced encode(const OrderPlaced& from) {
  v1::OrderPlaced to;
  to.set_shipment(from.shipment);
  to.set_item(from.item);
  return to;
}
v1::OrderRefused encode(const OrderRefused& from) {
  v1::OrderRefused to;
  to.set_shipment(from.shipment);
  to.set_reason(from.reason);
  return to;
}
v1::OrderRepeated encode(const OrderRepeated& from) {
  v1::OrderRepeated to;
  to.set_shipment(from.shipment);
  return to;
}
v1::EntryRecorded encode(const EntryRecorded& from) {
  v1::EntryRecorded to;
  to.set_shipment(from.shipment);
  wire::encode(from.entry, *to.mutable_entry());
  return to;
}
v1::ProofAdded encode(const ProofAdded& from) {
  v1::ProofAdded to;
  to.set_shipment(from.shipment);
  to.set_carrier(from.carrier);
  to.set_raw_code(from.raw_code);
  kernel::encode(from.at, *to.mutable_entry_time());
  wire::encode(from.proof, *to.mutable_proof());
  return to;
}
v1::StandingChanged encode(const StandingChanged& from) {
  v1::StandingChanged to;
  to.set_shipment(from.shipment);
  to.set_kind(static_cast<v1::ShipmentKind>(from.kind));
  to.set_milestone(static_cast<v1::Milestone>(from.milestone));
  to.set_stable(static_cast<v1::StableState>(from.stable));
  to.set_reason(from.reason);
  kernel::encode(from.since, *to.mutable_since_time());
  return to;
}
v1::SilenceBegan encode(const SilenceBegan& from) {
  v1::SilenceBegan to;
  to.set_shipment(from.shipment);
  kernel::encode(from.last_scanned, *to.mutable_last_scan_time());
  return to;
}
v1::SilenceEnded encode(const SilenceEnded& from) {
  v1::SilenceEnded to;
  to.set_shipment(from.shipment);
  return to;
}
v1::BagCreated encode(const BagCreated& from) {
  v1::BagCreated to;
  to.set_home_key(from.home.text());
  to.set_sender(from.sender);
  wire::encode_all(from.lines, to.mutable_lines());
  return to;
}
v1::BagSealed encode(const BagSealed& from) {
  v1::BagSealed to;
  to.set_seal(from.seal);
  return to;
}
v1::BagOpened encode(const BagOpened& from) {
  v1::BagOpened to;
  to.set_seal(from.seal);
  wire::encode_all(from.found, to.mutable_found());
  return to;
}
v1::TellingFailed encode(const TellingFailed& from) {
  v1::TellingFailed to;
  to.set_target(from.target);
  to.set_reason(from.reason);
  return to;
}
v1::PaperTold encode(const PaperTold& from) {
  v1::PaperTold to;
  to.set_home_key(from.home.text());
  wire::encode(from.fact, *to.mutable_fact());
  return to;
}
v1::DataMoved encode(const DataMoved& from) {
  v1::DataMoved to;
  to.set_agency(from.agency);
  kernel::encode(from.at, *to.mutable_move_time());
  return to;
}
v1::CollectionAdded encode(const CollectionAdded& from) {
  v1::CollectionAdded to;
  to.set_home_key(from.home.text());
  to.set_carrier(from.carrier);
  to.set_day(from.day.days);
  wire::encode(from.collection, *to.mutable_collection());
  return to;
}
v1::SettlementDeclared encode(const SettlementDeclared& from) {
  v1::SettlementDeclared to;
  to.set_home_key(from.home.text());
  to.set_carrier(from.carrier);
  to.set_day(from.day.days);
  wire::encode_all(from.lines, to.mutable_lines());
  to.set_paid(from.paid);
  return to;
}
v1::SettlementCompared encode(const SettlementCompared& from) {
  v1::SettlementCompared to;
  to.set_balanced(from.balanced);
  to.set_differences(from.differences);
  return to;
}

v1::ResultDelivered encode(const ResultDelivered& from) {
  v1::ResultDelivered to;
  to.set_shipment(from.shipment);
  return to;
}
v1::ResultUndelivered encode(const ResultUndelivered& from) {
  v1::ResultUndelivered to;
  to.set_shipment(from.shipment);
  to.set_stable(static_cast<v1::StableState>(from.stable));
  return to;
}

v1::PaperHandedIn encode(const PaperHandedIn& from) {
  v1::PaperHandedIn to;
  to.set_home_key(from.home.text());
  to.set_agency(from.agency);
  wire::encode(from.papers, to.mutable_papers());
  return to;
}

v1::NormalTimeFound encode(const NormalTimeFound& from) {
  v1::NormalTimeFound to;
  to.set_shipment(from.shipment);
  to.set_normal_minutes(from.normal_minutes);
  to.set_clock_seconds(from.clock_seconds);
  return to;
}

v1::ScanKept encode(const ScanKept& from) {
  v1::ScanKept to;
  to.set_home_key(from.home.text());
  wire::encode(from.scan, *to.mutable_scan());
  return to;
}
v1::ScanClosed encode(const ScanClosed& from) {
  v1::ScanClosed to;
  to.set_fate(static_cast<v1::ScanFate>(from.fate));
  to.set_reason_code(from.reason_code);
  return to;
}

v1::EventType type_of(const EventBody& body) {
  return std::visit(Overloaded{[](const ShipmentOrdered&) { return v1::EVENT_TYPE_SHIPMENT_ORDERED; },
                               [](const OrderPlaced&) { return v1::EVENT_TYPE_ORDER_PLACED; },
                               [](const OrderRefused&) { return v1::EVENT_TYPE_ORDER_REFUSED; },
                               [](const OrderRepeated&) { return v1::EVENT_TYPE_ORDER_REPEATED; },
                               [](const EntryRecorded&) { return v1::EVENT_TYPE_ENTRY_RECORDED; },
                               [](const ProofAdded&) { return v1::EVENT_TYPE_PROOF_ADDED; },
                               [](const StandingChanged&) { return v1::EVENT_TYPE_STANDING_CHANGED; },
                               [](const SilenceBegan&) { return v1::EVENT_TYPE_SILENCE_BEGAN; },
                               [](const SilenceEnded&) { return v1::EVENT_TYPE_SILENCE_ENDED; },
                               [](const BagCreated&) { return v1::EVENT_TYPE_BAG_CREATED; },
                               [](const BagSealed&) { return v1::EVENT_TYPE_BAG_SEALED; },
                               [](const BagOpened&) { return v1::EVENT_TYPE_BAG_OPENED; },
                               [](const TellingFailed&) { return v1::EVENT_TYPE_TELLING_FAILED; },
                               [](const PaperTold&) { return v1::EVENT_TYPE_PAPER_TOLD; },
                               [](const DataMoved&) { return v1::EVENT_TYPE_DATA_MOVED; },
                               [](const CollectionAdded&) { return v1::EVENT_TYPE_COLLECTION_ADDED; },
                               [](const SettlementDeclared&) { return v1::EVENT_TYPE_SETTLEMENT_DECLARED; },
                               [](const SettlementCompared&) { return v1::EVENT_TYPE_SETTLEMENT_COMPARED; },
                               [](const ResultDelivered&) { return v1::EVENT_TYPE_RESULT_DELIVERED; },
                               [](const ResultUndelivered&) { return v1::EVENT_TYPE_RESULT_UNDELIVERED; },
                               [](const PaperHandedIn&) { return v1::EVENT_TYPE_PAPER_HANDED_IN; },
                               [](const NormalTimeFound&) { return v1::EVENT_TYPE_NORMAL_TIME_FOUND; },
                               [](const ScanKept&) { return v1::EVENT_TYPE_SCAN_KEPT; },
                               [](const ScanClosed&) { return v1::EVENT_TYPE_SCAN_CLOSED; }},
                    body);
}

}  // namespace

void encode_event(const Event& event, ::lienthong::ledger::v1::Event& to) {
  to.set_type(type_of(event.body));
  to.set_occurred_at(event.occurred_at.micros);
  std::visit([&](const auto& body) { encode(body).SerializeToString(to.mutable_payload()); }, event.body);
}

Result<Event> decode_event(const ::lienthong::ledger::v1::Event& from) {
  switch (static_cast<v1::EventType>(from.type())) {
    case v1::EVENT_TYPE_SHIPMENT_ORDERED: return read<v1::ShipmentOrdered>(from);
    case v1::EVENT_TYPE_ORDER_PLACED: return read<v1::OrderPlaced>(from);
    case v1::EVENT_TYPE_ORDER_REFUSED: return read<v1::OrderRefused>(from);
    case v1::EVENT_TYPE_ORDER_REPEATED: return read<v1::OrderRepeated>(from);
    case v1::EVENT_TYPE_ENTRY_RECORDED: return read<v1::EntryRecorded>(from);
    case v1::EVENT_TYPE_PROOF_ADDED: return read<v1::ProofAdded>(from);
    case v1::EVENT_TYPE_STANDING_CHANGED: return read<v1::StandingChanged>(from);
    case v1::EVENT_TYPE_SILENCE_BEGAN: return read<v1::SilenceBegan>(from);
    case v1::EVENT_TYPE_SILENCE_ENDED: return read<v1::SilenceEnded>(from);
    case v1::EVENT_TYPE_BAG_CREATED: return read<v1::BagCreated>(from);
    case v1::EVENT_TYPE_BAG_SEALED: return read<v1::BagSealed>(from);
    case v1::EVENT_TYPE_BAG_OPENED: return read<v1::BagOpened>(from);
    case v1::EVENT_TYPE_TELLING_FAILED: return read<v1::TellingFailed>(from);
    case v1::EVENT_TYPE_PAPER_TOLD: return read<v1::PaperTold>(from);
    case v1::EVENT_TYPE_DATA_MOVED: return read<v1::DataMoved>(from);
    case v1::EVENT_TYPE_COLLECTION_ADDED: return read<v1::CollectionAdded>(from);
    case v1::EVENT_TYPE_SETTLEMENT_DECLARED: return read<v1::SettlementDeclared>(from);
    case v1::EVENT_TYPE_SETTLEMENT_COMPARED: return read<v1::SettlementCompared>(from);
    case v1::EVENT_TYPE_RESULT_DELIVERED: return read<v1::ResultDelivered>(from);
    case v1::EVENT_TYPE_RESULT_UNDELIVERED: return read<v1::ResultUndelivered>(from);
    case v1::EVENT_TYPE_PAPER_HANDED_IN: return read<v1::PaperHandedIn>(from);
    case v1::EVENT_TYPE_NORMAL_TIME_FOUND: return read<v1::NormalTimeFound>(from);
    case v1::EVENT_TYPE_SCAN_KEPT: return read<v1::ScanKept>(from);
    case v1::EVENT_TYPE_SCAN_CLOSED: return read<v1::ScanClosed>(from);
    case v1::EVENT_TYPE_UNSPECIFIED:
    case v1::EventType_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::EventType_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("postal-dispatch has no event type " + std::to_string(from.type()));
}

}  // namespace lienthong::postal_dispatch
