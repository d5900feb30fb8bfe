#pragma once

#include "platform/base/instant.h"
#include "postal_dispatch/core/timeline.h"
#include "shared_kernel/command.h"
#include "shared_kernel/dossier_id.h"
#include "shared_kernel/home_key.h"
#include "shared_kernel/local_time.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The vocabulary of postal-dispatch. Its ledger holds four kinds of entity: what the post does for a dossier (under the
/// dossier's own id), a bag (of its sending office), the cash of one carrier and day (of the desk it is owed to), and a scan
/// nobody could match.
namespace lienthong::postal_dispatch {

using shared_kernel::CommandHeader;
using shared_kernel::DossierName;
using shared_kernel::HomeKey;
using shared_kernel::LocalDay;

/// Papers of a dossier that travel together.
enum class Bundle : std::uint8_t {
  kDossier = 1,  ///< What the citizen handed in.
  kResult = 2,
};

/// Item numbers an office may give out for one carrier and service.
struct NumberRange {
  std::string service;  ///< Two letters of S10; empty: the carrier gives the number.
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  bool operator==(const NumberRange&) const = default;
};

/// One dossier on a manifest, or as found in a bag.
struct BagLine {
  DossierName dossier;
  Bundle bundle = Bundle::kDossier;
  std::vector<PaperCount> papers;
  bool operator==(const BagLine&) const = default;
};

// ---- commands

struct OrderShipment {
  HomeKey home;
  std::string dossier_code;
  ShipmentKind kind = ShipmentKind::kResult;
  std::string carrier;
  std::string item;         ///< Empty: out of `numbers`, or by the carrier.
  std::string destination;  ///< Agency; empty: the citizen.
  NumberRange numbers;
  std::int64_t normal_minutes = 0;
  std::int64_t cod_amount = 0;
  std::vector<PaperCount> papers;
  std::optional<SealedRef> address;
  bool place_order = false;  ///< Tell the carrier; else the desk hands the item over itself.
  std::int64_t clock_seconds = 0;
  bool operator==(const OrderShipment&) const = default;
};
/// An agency says what happened: handed to the post, taken over or rejected, returned, lost.
struct StateMilestone {
  std::uint32_t shipment = 0;
  Milestone milestone = Milestone::kHandedToPost;
  std::string place;
  std::string reason;
  bool operator==(const StateMilestone&) const = default;
};
/// The carrier says what happened; our code beside its own was found in the carrier's table.
struct RecordScan {
  std::string item;
  Entry scan;
  bool operator==(const RecordScan&) const = default;
};
struct CancelShipment {
  std::uint32_t shipment = 0;
  std::string reason;
  bool operator==(const CancelShipment&) const = default;
};
struct PlaceOrderAgain {
  std::uint32_t shipment = 0;
  std::string reason_code = {};  ///< The operator's; only recorded.
  bool operator==(const PlaceOrderAgain&) const = default;
};
struct CreateBag {
  HomeKey home;  ///< Of a desk; the agency's code where the sender has none.
  std::string destination;
  std::string carrier;
  NumberRange numbers;
  std::int64_t normal_minutes = 0;
  std::vector<BagLine> lines;
  std::int64_t clock_seconds = 0;
  bool operator==(const CreateBag&) const = default;
};
struct SealBag {
  std::string seal;
  bool operator==(const SealBag&) const = default;
};
/// By the receiver, who has counted.
struct OpenBag {
  std::string seal;  ///< As found.
  std::vector<BagLine> found;
  bool operator==(const OpenBag&) const = default;
};

enum class BagFactKind : std::uint8_t {
  kSealed = 1,    ///< In the bag.
  kReceived = 2,  ///< Taken out by the receiver.
  kMissing = 3,   ///< On the manifest, not in the bag.
};
/// What a bag tells a dossier.
struct BagFact {
  DossierName bag;
  std::string number;
  BagFactKind kind = BagFactKind::kSealed;
  Bundle bundle = Bundle::kDossier;
  std::string agency;  ///< Sender of a sealed bag, receiver of an opened one.
  Instant at;
  std::vector<PaperCount> papers;   ///< Listed when sealed, found when received.
  std::vector<PaperCount> missing;  ///< Listed, not found.
  std::vector<PaperCount> extra;    ///< Found, not listed.
  bool operator==(const BagFact&) const = default;
};
/// From a bag's lane to a dossier's.
struct TellOfBag {
  HomeKey home;
  BagFact fact;
  bool operator==(const TellOfBag&) const = default;
};
/// Cash the postman took for one item.
struct Collection {
  DossierName dossier;
  std::uint32_t shipment = 0;
  std::string item;
  std::int64_t amount = 0;  ///< Đồng collected.
  std::int64_t owed = 0;    ///< Đồng ordered.
  std::string receipt;
  Instant at;
  bool operator==(const Collection&) const = default;
};
/// From a dossier's lane to its day of settlement.
struct AddCollection {
  HomeKey home;
  std::string carrier;
  LocalDay day;
  Collection collection;
  bool operator==(const AddCollection&) const = default;
};
struct DeclaredLine {
  std::string item;
  std::int64_t amount = 0;
  auto operator<=>(const DeclaredLine&) const = default;
};
/// What a carrier says it has collected and paid in for a day.
struct DeclareSettlement {
  HomeKey home;
  std::string carrier;
  LocalDay day;
  std::vector<DeclaredLine> lines;
  std::int64_t paid = 0;  ///< Đồng that arrived.
  bool operator==(const DeclareSettlement&) const = default;
};
/// From a settlement's lane to a dossier's: the cash of this shipment is in the treasury.
struct TellOfSettlement {
  std::uint32_t shipment = 0;
  std::string carrier;
  std::int64_t amount = 0;
  Instant at;
  bool operator==(const TellOfSettlement&) const = default;
};

/// A carrier's scan that belongs to nothing known, as it came but for its proof.
struct UnmatchedScan {
  std::string carrier;
  std::string item;
  std::string raw_code;
  Instant at;
  std::string place;
  std::string raw_reason;
  std::int64_t amount = 0;
  std::string receipt;
  std::string reason;  ///< Why it was not taken.
  bool operator==(const UnmatchedScan&) const = default;
};
enum class ScanFate : std::uint8_t {
  kOpen = 0,
  kTaken = 1,      ///< After all.
  kDismissed = 2,  ///< Put aside by somebody.
};
struct KeepScan {
  UnmatchedScan scan;
  bool operator==(const KeepScan&) const = default;
};
struct CloseScan {
  ScanFate fate = ScanFate::kTaken;
  std::string reason_code;  ///< Of a dismissal.
  bool operator==(const CloseScan&) const = default;
};

using CommandBody =
    std::variant<OrderShipment, StateMilestone, RecordScan, CancelShipment, PlaceOrderAgain, CreateBag, SealBag, OpenBag,
                 TellOfBag, AddCollection, DeclareSettlement, TellOfSettlement, KeepScan, CloseScan>;
struct Command {
  CommandHeader header;
  CommandBody body;
  bool operator==(const Command&) const = default;
};

// ---- what else causes decisions

/// The data of a dossier have passed to this agency.
struct DataPassed {
  std::string agency;  ///< Empty: the citizen has to do something.
  Instant at;
  bool operator==(const DataPassed&) const = default;
};
/// The applicant wants the papers fetched, or the result brought.
struct PostRequested {
  HomeKey home;
  std::string dossier_code;  ///< Empty before official receipt.
  ShipmentKind kind = ShipmentKind::kResult;
  std::string carrier;
  std::string area;  ///< Of the applicant; may be empty.
  SealedRef address;
  std::int64_t cod_amount = 0;
  std::vector<PaperCount> papers;
  bool operator==(const PostRequested&) const = default;
};
/// The desk has these papers since receipt: they were handed in at its counter.
struct PaperHandedIn {
  HomeKey home;
  std::string agency;  ///< Of the desk.
  std::vector<PaperCount> papers;
  bool operator==(const PaperHandedIn&) const = default;
};
/// The desk takes no papers of this dossier any more.
struct PickupPointless {
  std::string reason;  ///< `DOSSIER_REFUSED` or `DOSSIER_WITHDRAWN`.
  bool operator==(const PickupPointless&) const = default;
};
struct Fact {
  Instant occurred_at;
  std::variant<DataPassed, PaperHandedIn, PostRequested, PickupPointless> body;
  bool operator==(const Fact&) const = default;
};
/// One decision of another service, as far as the post takes it.
struct Reported {
  std::vector<Fact> facts;
  bool operator==(const Reported&) const = default;
};
struct TimerFired {
  std::uint32_t shipment = 0;
  bool operator==(const TimerFired&) const = default;
};
/// The carrier has taken an order, or not; another lane has taken what it was told, or not; or the carrier's table was read.
struct Outcome {
  std::uint32_t intent = 0;  ///< IntentType
  std::string payload;       ///< Of the intent.
  std::string item;          ///< Number the carrier gave.
  std::string failure;       ///< Reason; empty: done.
  /// What the carrier's table says of a shipment's way; as in Shipment.
  std::int64_t normal_minutes = 0;
  std::int64_t clock_seconds = 0;
  bool operator==(const Outcome&) const = default;
};
struct Reviewed {
  std::uint64_t catalogue_version = 0;
  bool operator==(const Reviewed&) const = default;
};
using Cause = std::variant<Command, Reported, TimerFired, Outcome, Reviewed>;

// ---- events

struct ShipmentOrdered {
  HomeKey home;
  std::string dossier_code;  ///< Empty in a bag.
  Shipment shipment;         ///< With an empty timeline.
  bool operator==(const ShipmentOrdered&) const = default;
};
struct OrderPlaced {
  std::uint32_t shipment = 0;
  std::string item;
  bool operator==(const OrderPlaced&) const = default;
};
struct OrderRefused {
  std::uint32_t shipment = 0;
  std::string reason;
  bool operator==(const OrderRefused&) const = default;
};
struct OrderRepeated {
  std::uint32_t shipment = 0;
  bool operator==(const OrderRepeated&) const = default;
};
struct EntryRecorded {
  std::uint32_t shipment = 0;
  Entry entry;
  bool operator==(const EntryRecorded&) const = default;
};
struct ProofAdded {
  std::uint32_t shipment = 0;
  std::string carrier;
  std::string raw_code;
  Instant at;
  Proof proof;
  bool operator==(const ProofAdded&) const = default;
};
/// For readers: the derived state is another one now.
struct StandingChanged {
  std::uint32_t shipment = 0;
  ShipmentKind kind = ShipmentKind::kResult;
  Milestone milestone = Milestone::kOrdered;
  StableState stable = StableState::kOrdered;
  std::string reason;
  Instant since;
  bool operator==(const StandingChanged&) const = default;
};
struct SilenceBegan {
  std::uint32_t shipment = 0;
  Instant last_scanned;
  bool operator==(const SilenceBegan&) const = default;
};
struct SilenceEnded {
  std::uint32_t shipment = 0;
  bool operator==(const SilenceEnded&) const = default;
};
struct BagCreated {
  HomeKey home;
  std::string sender;
  std::vector<BagLine> lines;
  bool operator==(const BagCreated&) const = default;
};
struct BagSealed {
  std::string seal;
  bool operator==(const BagSealed&) const = default;
};
struct BagOpened {
  std::string seal;  ///< As found.
  std::vector<BagLine> found;
  bool operator==(const BagOpened&) const = default;
};
/// Another lane did not take what it was told; an officer has to look.
struct TellingFailed {
  std::string target;  ///< Name of the dossier.
  std::string reason;
  bool operator==(const TellingFailed&) const = default;
};
struct PaperTold {
  HomeKey home;
  BagFact fact;
  bool operator==(const PaperTold&) const = default;
};
struct DataMoved {
  std::string agency;
  Instant at;
  bool operator==(const DataMoved&) const = default;
};
struct CollectionAdded {
  HomeKey home;
  std::string carrier;
  LocalDay day;
  Collection collection;
  bool operator==(const CollectionAdded&) const = default;
};
struct SettlementDeclared {
  HomeKey home;
  std::string carrier;
  LocalDay day;
  std::vector<DeclaredLine> lines;
  std::int64_t paid = 0;
  bool operator==(const SettlementDeclared&) const = default;
};
/// For readers: whether the day balances now.
struct SettlementCompared {
  bool balanced = false;
  std::uint32_t differences = 0;
  bool operator==(const SettlementCompared&) const = default;
};

/// For intake: a result is in the receiver's hands, proved.
struct ResultDelivered {
  std::uint32_t shipment = 0;
  bool operator==(const ResultDelivered&) const = default;
};
/// For intake: a result came back or was lost.
struct ResultUndelivered {
  std::uint32_t shipment = 0;
  StableState stable = StableState::kReturned;
  bool operator==(const ResultUndelivered&) const = default;
};

/// The carrier's table has another time for this way than the usual one the shipment was ordered with.
struct NormalTimeFound {
  std::uint32_t shipment = 0;
  std::int64_t normal_minutes = 0;
  std::int64_t clock_seconds = 0;
  bool operator==(const NormalTimeFound&) const = default;
};

struct ScanKept {
  HomeKey home;
  UnmatchedScan scan;
  bool operator==(const ScanKept&) const = default;
};
struct ScanClosed {
  ScanFate fate = ScanFate::kTaken;
  std::string reason_code;
  bool operator==(const ScanClosed&) const = default;
};

using EventBody = std::variant<ShipmentOrdered, OrderPlaced, OrderRefused, OrderRepeated, EntryRecorded, ProofAdded,
                               StandingChanged, SilenceBegan, SilenceEnded, BagCreated, BagSealed, BagOpened, TellingFailed,
                               PaperTold, DataMoved, CollectionAdded, SettlementDeclared, SettlementCompared,
                               ResultDelivered, ResultUndelivered, PaperHandedIn, NormalTimeFound, ScanKept, ScanClosed>;
struct Event {
  Instant occurred_at;
  EventBody body;
  bool operator==(const Event&) const = default;
};

// ---- state

/// Papers handed in at the counter.
struct CounterPapers {
  std::string agency;
  Instant since;
  std::vector<PaperCount> papers;
  bool operator==(const CounterPapers&) const = default;
};

/// What the post does for one dossier, and where its papers and data are.
struct DossierPost {
  HomeKey home;  ///< Empty while nothing but the way of the data is known.
  std::string dossier_code;
  std::vector<Shipment> shipments;  ///< By number, from 1.
  std::vector<BagFact> bags;        ///< By time.
  std::string data_at;              ///< Agency that has the data; empty: not told.
  Instant data_since;
  std::optional<CounterPapers> handed_in;
  bool operator==(const DossierPost&) const = default;
};

struct FailedTelling {
  std::string target;
  std::string reason;
  bool operator==(const FailedTelling&) const = default;
};

struct Bag {
  HomeKey home;
  std::string sender;
  Shipment shipment;  ///< Number 1; `destination` is the receiver.
  std::vector<BagLine> lines;
  std::string seal;  ///< Empty: still open for the sender.
  Instant sealed_at;
  bool opened = false;
  Instant opened_at;
  std::string seal_found;
  std::vector<BagLine> found;
  std::vector<FailedTelling> untold;
  bool operator==(const Bag&) const = default;
};

/// The cash of one carrier and day owed to one desk.
struct Settlement {
  HomeKey home;
  std::string carrier;
  LocalDay day;
  std::vector<Collection> collections;
  bool declared = false;
  std::vector<DeclaredLine> lines;
  std::int64_t paid = 0;
  bool operator==(const Settlement&) const = default;
};

/// A scan that waits to be matched, and what became of it.
struct KeptScan {
  HomeKey home;
  UnmatchedScan scan;
  Instant since;
  ScanFate fate = ScanFate::kOpen;
  std::string reason_code;
  bool operator==(const KeptScan&) const = default;
};

using State = std::variant<std::monostate, DossierPost, Bag, Settlement, KeptScan>;

// ---- what follows from a state

/// The desk whose partition holds the entity; the empty key for none.
const HomeKey& home_of(const State& state);

/// A difference between manifest and bag.
struct BagDifference {
  BagLine listed;  ///< Papers empty: the dossier is not on the manifest.
  std::vector<PaperCount> missing;
  std::vector<PaperCount> extra;
  bool operator==(const BagDifference&) const = default;
};
/// Empty: every paper is there and no other. Precondition: opened.
std::vector<BagDifference> differences_of(const Bag& bag);
/// Papers of `from` that `taken` has not, by code and count.
std::vector<PaperCount> papers_less(const std::vector<PaperCount>& from, const std::vector<PaperCount>& taken);

enum class PaperPlace : std::uint8_t {
  kUnknown = 0,
  kCitizen = 1,
  kPost = 2,
  kBag = 3,
  kAgency = 4,
  kMissing = 5,  ///< Lost, or not in the bag that should have held it.
};
/// Where the papers of one bundle are.
struct PaperStanding {
  PaperPlace place = PaperPlace::kUnknown;
  std::string holder;  ///< Carrier, bag number or agency.
  Instant since;
  std::vector<PaperCount> papers;
  /// The data are at an agency, the papers are not there. Only for the papers handed in.
  bool apart_from_data = false;
  bool operator==(const PaperStanding&) const = default;
};
PaperStanding paper_of(const DossierPost& post, Bundle bundle);

struct SettlementDifference {
  std::string item;  ///< Empty: the payment as a whole.
  std::int64_t ours = 0;
  std::int64_t theirs = 0;
  bool operator==(const SettlementDifference&) const = default;
};
/// Everything that does not agree: collected and owed of an item, collected and declared, declared and paid. Empty: the day
/// balances. Units: đồng.
std::vector<SettlementDifference> differences_of(const Settlement& settlement);

/// Effects outside of the ledger. Numbers stand in the ledger: never reused.
enum class IntentType : std::uint32_t {
  kPlaceOrder = 1,      ///< With the carrier; payload: shipment number.
  kCancelOrder = 2,     ///< With the carrier; payload: shipment number.
  kTell = 3,            ///< Another lane; payload: a Telling.
  kFindNormalTime = 4,  ///< In the carrier's table; payload: a LaneQuery.
};

/// Entity of a scan that could not be matched: the same for the same carrier, item, code and time.
DossierName unmatched_name(const UnmatchedScan& scan);
/// Entity that keeps the cash of a desk, carrier and day.
DossierName settlement_name(const HomeKey& home, std::string_view carrier, LocalDay day);

}  // namespace lienthong::postal_dispatch
