#include "tests/support/postal_samples.h"

#include "platform/crypto/sha256.h"
#include "tests/support/given_when_then.h"

#include <string>

namespace lienthong::test_support {
namespace {

using namespace postal_dispatch;

const HomeKey kDesk = *HomeKey::parse("C01");
constexpr const char* kItemNumber = "RR473124829VN";

DossierName name(char number) {
  DossierName out{kDesk, {}};
  out.id.bytes[0] = static_cast<std::uint8_t>(number);
  return out;
}
Proof proof() {
  return {sealed_part('p'), Relation::kAuthorised, IdentityPaper::kPassport, local("2026-03-03 15:00"),
          crypto::sha256({"signature"})};
}
Entry entry(Milestone milestone) {
  Entry out;
  out.carrier = "vnpost";
  out.raw_code = "C14";
  out.table_version = 2;
  out.milestone = milestone;
  out.at = local("2026-03-03 15:00");
  out.place = "700000";
  out.reason = "NOBODY_HOME";
  out.amount = 35'000;
  out.receipt = "BL-7";
  if (milestone == Milestone::kDelivered) out.proofs = {proof()};
  return out;
}
Shipment shipment() {
  Shipment out;
  out.number = 1;
  out.kind = ShipmentKind::kResult;
  out.carrier = "vnpost";
  out.item = kItemNumber;
  out.agency = "COMMUNE";
  out.destination = "DISTRICT";
  out.order = OrderState::kRefused;
  out.order_reason = "QUOTA_EXCEEDED";
  out.normal_minutes = 480;
  out.cod_amount = 35'000;
  out.papers = {{"KQ", 2}};
  out.address = sealed_part('a');
  out.ordered_at = local("2026-03-02 08:00");
  return out;
}
std::vector<BagLine> lines() {
  return {{name(1), Bundle::kDossier, {{"DON", 1}, {"BAN_VE", 3}}}, {name(2), Bundle::kResult, {{"KQ", 1}}}};
}
BagFact fact() {
  return {name(9),         "BG000000015VN", BagFactKind::kReceived,
          Bundle::kResult, "DISTRICT",      local("2026-03-03 09:00"),
          {{"KQ", 1}},     {{"DON", 1}},    {{"ANH", 2}}};
}
Collection collection() { return {name(1), 1, kItemNumber, 34'000, 35'000, "BL-7", local("2026-03-03 15:00")}; }
const LocalDay kDay = shared_kernel::make_day(2026, 3, 3);

UnmatchedScan unmatched() {
  return {"vnpost", kItemNumber, "X9", local("2026-03-03 15:00"), "700000", "01", 35'000, "BL-7", "ITEM_UNKNOWN"};
}

OrderShipment order() {
  return {kDesk,
          "000.01.01.H47-260302-0001",
          ShipmentKind::kToDesk,
          "vnpost",
          kItemNumber,
          "COMMUNE",
          {"RR", 1, 99},
          480,
          35'000,
          {{"DON", 1}},
          sealed_part('a'),
          true};
}
Entry scanned(Milestone milestone, const char* time) {
  Entry out;
  out.carrier = "vnpost";
  out.raw_code = "C" + std::to_string(static_cast<int>(milestone));
  out.table_version = 1;
  out.milestone = milestone;
  out.at = local(time);
  return out;
}

}  // namespace

std::vector<Event> postal_samples() {
  const Instant at = local("2026-03-03 15:00");
  const std::vector<EventBody> bodies = {
      ShipmentOrdered{kDesk, "000.01.01.H47-260302-0001", shipment()},
      OrderPlaced{1, kItemNumber},
      OrderRefused{1, "QUOTA_EXCEEDED"},
      OrderRepeated{1},
      EntryRecorded{1, entry(Milestone::kDelivered)},
      ProofAdded{1, "vnpost", "C14", at, proof()},
      StandingChanged{1, ShipmentKind::kResult, Milestone::kAttempted, StableState::kWaiting, "NOBODY_HOME", at},
      SilenceBegan{1, at},
      SilenceEnded{1},
      BagCreated{kDesk, "COMMUNE", lines()},
      BagSealed{"N-77"},
      BagOpened{"N-78", lines()},
      TellingFailed{"C01_X", "SHIPMENT_NOT_FOUND"},
      PaperTold{kDesk, fact()},
      DataMoved{"DISTRICT", at},
      CollectionAdded{kDesk, "vnpost", kDay, collection()},
      SettlementDeclared{kDesk, "vnpost", kDay, {{kItemNumber, 34'000}}, 33'000},
      SettlementCompared{true, 2},
      ResultDelivered{1},
      ResultUndelivered{1, StableState::kLost},
      PaperHandedIn{kDesk, "COMMUNE", {{"DON", 1}, {"ANH", 2}}},
      NormalTimeFound{1, 960, 21'600},
      ScanKept{*HomeKey::parse("POST/scans"), unmatched()},
      ScanClosed{ScanFate::kDismissed, "FOREIGN_ITEM"}};
  std::vector<Event> out;
  for (const auto& body : bodies) out.push_back({at, body});
  return out;
}

std::vector<CommandBody> postal_commands() {
  return {order(),
          StateMilestone{1, Milestone::kHandedToAgency, "COMMUNE", "COUNTED"},
          RecordScan{kItemNumber, entry(Milestone::kDelivered)},
          CancelShipment{1, "WRONG_ADDRESS"},
          PlaceOrderAgain{1, "ADDRESS_MENDED"},
          CreateBag{kDesk, "DISTRICT", "vnpost", {"BG", 1, 99}, 480, lines()},
          SealBag{"N-77"},
          OpenBag{"N-78", lines()},
          TellOfBag{kDesk, fact()},
          AddCollection{kDesk, "vnpost", kDay, collection()},
          DeclareSettlement{kDesk, "vnpost", kDay, {{kItemNumber, 34'000}}, 33'000},
          TellOfSettlement{1, "vnpost", 34'000, local("2026-03-04 09:00")},
          KeepScan{unmatched()},
          CloseScan{ScanFate::kDismissed, "FOREIGN_ITEM"}};
}

std::vector<State> postal_states() {
  DossierPost post{kDesk,
                   "000.01.01.H47-260302-0001",
                   {shipment()},
                   {fact()},
                   "DISTRICT",
                   local("2026-03-03 10:00"),
                   CounterPapers{"COMMUNE", local("2026-03-02 08:00"), {{"DON", 1}}}};
  // An agency took the data before any paper was heard of.
  DossierPost data_only;
  data_only.data_at = "DISTRICT";
  data_only.data_since = local("2026-03-03 10:00");
  post.shipments[0].timeline = {entry(Milestone::kPosted), entry(Milestone::kDelivered)};
  post.shipments[0].silent = true;
  Bag bag;
  bag.home = kDesk;
  bag.sender = "COMMUNE";
  bag.shipment = shipment();
  bag.shipment.kind = ShipmentKind::kBag;
  bag.lines = lines();
  bag.seal = "N-77";
  bag.sealed_at = local("2026-03-02 09:00");
  bag.opened = true;
  bag.opened_at = local("2026-03-03 09:00");
  bag.seal_found = "N-78";
  bag.found = lines();
  bag.untold = {{"C01_X", "SHIPMENT_NOT_FOUND"}};
  Bag packed;
  packed.home = kDesk;
  packed.sender = "COMMUNE";
  packed.lines = lines();
  return {
      std::monostate{},
      post,
      data_only,
      bag,
      packed,
      Settlement{kDesk, "vnpost", kDay, {collection()}, true, {{kItemNumber, 34'000}}, 33'000},
      KeptScan{*HomeKey::parse("POST/scans"), unmatched(), local("2026-03-03 15:02"), ScanFate::kDismissed, "FOREIGN_ITEM"}};
}

std::vector<CommandBody> postal_story() {
  auto wanted = order();
  wanted.kind = ShipmentKind::kResult;
  wanted.destination.clear();
  auto delivered = scanned(Milestone::kDelivered, "2026-03-02 08:03");
  delivered.proofs = {proof()};
  return {wanted,
          StateMilestone{1, Milestone::kHandedToPost, "", ""},
          RecordScan{kItemNumber, scanned(Milestone::kOutForDelivery, "2026-03-02 08:02")},
          RecordScan{kItemNumber, scanned(Milestone::kPosted, "2026-03-02 08:01")},
          RecordScan{kItemNumber, delivered},
          TellOfBag{kDesk, fact()}};
}

}  // namespace lienthong::test_support
