#include "simulation/post_scenario.h"

#include "intake/adapters/state_codec.h"
#include "platform/base/encoding.h"
#include "platform/base/overloaded.h"
#include "platform/crypto/sha256.h"
#include "platform/ledger/decider_machine.h"
#include "postal_dispatch/adapters/command_codec.h"
#include "postal_dispatch/adapters/event_codec.h"
#include "postal_dispatch/adapters/machine_codec.h"
#include "postal_dispatch/adapters/state_codec.h"
#include "postal_dispatch/adapters/telling_command.h"
#include "postal_dispatch/core/decider.h"
#include "postal_dispatch/core/item_number.h"
#include "shared_kernel/dossier_id.h"
#include "simulation/mutants.h"

#include <algorithm>
#include <map>

namespace lienthong::simulation {
namespace {

using namespace postal_dispatch;

constexpr const char* kCarrier = "one";
constexpr const char* kReceiver = "T01";
/// What the carrier's table says of every way.
constexpr std::int64_t kTableMinutes = 700;
constexpr std::int64_t kOwnMinutes = 480;
constexpr std::uint32_t kSerials = 99'999'999;

/// The decider with a fault that a test must find.
struct Decider final {
  using State = postal_dispatch::State;
  using Event = postal_dispatch::Event;
  using Cause = postal_dispatch::Cause;
  using RulesType = shared_kernel::Catalogue;
  static constexpr std::uint32_t kLogic = postal_dispatch::Decider::kLogic;

  static Decision<Event> decide(Context& context, const RulesType* rules, const State& state, const Cause& cause) {
    const auto* command = std::get_if<Command>(&cause);
    const bool told = command != nullptr && std::holds_alternative<TellOfBag>(command->body);
    const auto* post = std::get_if<DossierPost>(&state);
    if (service_mutant() != ServiceMutant::kBagToldTwice || !told || post == nullptr)
      return postal_dispatch::Decider::decide(context, rules, state, cause);
    // Does not look whether it knows of it.
    State forgetful = *post;
    std::get<DossierPost>(forgetful).bags.clear();
    return postal_dispatch::Decider::decide(context, rules, forgetful, cause);
  }
  static void evolve(State& state, const Event& event) {
    const auto* recorded = std::get_if<EntryRecorded>(&event.body);
    if (service_mutant() != ServiceMutant::kScanOrderByArrival || recorded == nullptr)
      return postal_dispatch::Decider::evolve(state, event);
    auto& shipment = std::holds_alternative<Bag>(state) ? std::get<Bag>(state).shipment
                                                        : std::get<DossierPost>(state).shipments[recorded->shipment - 1];
    shipment.timeline.push_back(recorded->entry);
  }
  static IndexEntries index_entries(const State& state) { return postal_dispatch::Decider::index_entries(state); }
};

struct Codec {
  static void encode_event(const Event& event, v1::Event& wire) { postal_dispatch::encode_event(event, wire); }
  static Result<Event> decode_event(const v1::Event& wire) { return postal_dispatch::decode_event(wire); }
  static std::string encode_state(const State& state) { return postal_dispatch::encode_state(state); }
  static Result<State> decode_state(std::string_view bytes) { return postal_dispatch::decode_state(bytes); }
  static Result<Cause> decode_cause(const ledger::CauseView& view) { return postal_dispatch::decode_cause(view); }
};

shared_kernel::SealedRef sealed(const std::string& what) { return {std::string(16, 'k'), crypto::sha256({what})}; }

RequestId request_id(std::uint64_t seed, std::size_t number) {
  return *RequestId::from(
      crypto::sha256({"post", std::to_string(seed), std::to_string(number)}).view().substr(0, RequestId::kSize));
}

void add(std::vector<ClientRequest>& requests, std::uint32_t partition, const DossierId& id, const RequestId& request_id,
         const CommandBody& body) {
  auto command = encode_command(body, {});
  ClientRequest request;
  request.where = {"postal-dispatch", partition};
  request.dossier = id;
  request.id = request_id;
  request.type = command.type;
  request.body = std::move(command.body);
  request.principal = "demo";
  requests.push_back(std::move(request));
}

/// A scan on the item's way; `step` counts its seconds.
Entry scan(const Shipment& shipment, Milestone milestone, int step) {
  Entry entry;
  entry.carrier = shipment.carrier;
  entry.raw_code = "R" + std::to_string(static_cast<int>(milestone));
  entry.table_version = 1;
  entry.milestone = milestone;
  entry.at = shipment.ordered_at + std::chrono::seconds(step);
  return entry;
}

std::vector<Entry> journey(const Shipment& shipment, Chance& chance) {
  std::vector<Entry> out;
  int step = 0;
  for (const auto milestone : {Milestone::kPickedUp, Milestone::kInTransit, Milestone::kArrived, Milestone::kOutForDelivery})
    out.push_back(scan(shipment, milestone, ++step));
  if (chance.permille(150)) {
    out.push_back(scan(shipment, chance.permille(500) ? Milestone::kReturned : Milestone::kLost, ++step));
    return out;
  }
  if (shipment.cod_amount > 0) {
    auto collected = scan(shipment, Milestone::kCodCollected, ++step);
    collected.amount = shipment.cod_amount;
    collected.receipt = "BL";
    out.push_back(collected);
  }
  auto delivered = scan(shipment, Milestone::kDelivered, ++step);
  delivered.proofs = {{sealed("receiver"), Relation::kSelf, IdentityPaper::kCitizenCard, delivered.at, {}}};
  out.push_back(delivered);
  return out;
}

/// A range of the desk's own.
NumberRange numbers_of(const HomeKey& home) {
  const auto place = read_u32_be(crypto::sha256({home.text()}).view().substr(0, 4)) % 9'000;
  return {"RR", place * 10'000 + 1, place * 10'000 + 9'999};
}

auto kind_of(const BagFact& fact) { return std::tuple(fact.bag.id, fact.kind, fact.bundle); }

std::optional<std::string> check_timeline(const Shipment& shipment) {
  Shipment again = shipment;
  again.timeline.clear();
  // Put in from the last to the first: the place of an entry is its time's, not its arrival's.
  for (auto entry = shipment.timeline.rbegin(); entry != shipment.timeline.rend(); ++entry) {
    if (find_scan(again, *entry) != nullptr) return "a scan was taken twice";
    place_entry(again, *entry);
  }
  if (again.timeline != shipment.timeline) return "a timeline is in the order of arrival";
  return std::nullopt;
}

/// What is wrong with one dossier's paper alone.
std::optional<std::string> check_dossier(const DossierPost& post, std::set<std::string>& items) {
  for (const auto& shipment : post.shipments) {
    if (auto wrong = check_timeline(shipment)) return wrong;
    if (shipment.order == OrderState::kPlacing) return "an order without answer";
    // Only what is ordered by itself has an address here.
    if (shipment.address && shipment.normal_minutes != kTableMinutes) return "the carrier's table was not read";
    if (!shipment.item.empty() && !items.insert(shipment.item).second) return "an item number was given out twice";
  }
  std::set<std::tuple<DossierId, BagFactKind, Bundle>> told;
  for (const auto& fact : post.bags) {
    if (!told.insert(kind_of(fact)).second) return "a dossier was told of a bag twice";
  }
  return std::nullopt;
}

std::optional<std::string> check_bag(const DossierId& id, const Bag& bag,
                                     const std::map<DossierId, const DossierPost*>& posts) {
  for (const auto& one : bag.untold) {
    // A dossier that waits for an operator can't be told; the bag names it.
    if (one.reason != "DOSSIER_PARKED") return "a bag could not tell: " + one.reason;
  }
  if (bag.seal.empty()) return std::nullopt;
  for (const auto& line : bag.lines) {
    const auto found = posts.find(line.dossier.id);
    const auto heard = [&](BagFactKind kind) {
      return found != posts.end() &&
             std::any_of(found->second->bags.begin(), found->second->bags.end(),
                         [&](const auto& fact) { return kind_of(fact) == std::tuple(id, kind, line.bundle); });
    };
    const bool untold = std::any_of(bag.untold.begin(), bag.untold.end(), [&](const auto& one) {
      return one.target == shared_kernel::format_dossier_name(line.dossier);
    });
    if (untold) continue;
    if (!heard(BagFactKind::kSealed)) return "a dossier was not told of the bag it is in";
    if (bag.opened && !heard(BagFactKind::kReceived) && !heard(BagFactKind::kMissing))
      return "a dossier was not told that its bag was opened";
  }
  return std::nullopt;
}

std::optional<std::string> check_desk(const Judge& judge, std::uint32_t partition, const DossierId& id,
                                      const DossierPost* post) {
  const auto& dossiers = judge.dossiers({"intake", partition});
  const auto found = dossiers.find(id);
  if (found == dossiers.end() || found->second.state.empty()) return std::nullopt;
  const auto state = intake::decode_state(found->second.state);
  if (!state || !state->status) return std::nullopt;
  const auto has = [&](ShipmentKind kind, std::optional<StableState> stable) {
    return post != nullptr && std::any_of(post->shipments.begin(), post->shipments.end(), [&](const Shipment& shipment) {
             return shipment.kind == kind && (!stable || standing_of(shipment).stable == *stable);
           });
  };
  using shared_kernel::NationalStatus;
  const bool online = state->channel == intake::Channel::kOnline;
  if (state->post && state->post->pick_up_at && online && !has(ShipmentKind::kToDesk, {}))
    return "a pick-up was not ordered";
  if (state->delivery != intake::Delivery::kNone && !has(ShipmentKind::kResult, {})) return "a result was not ordered";
  if (has(ShipmentKind::kResult, StableState::kDelivered) && *state->status != NationalStatus::kHandedOver)
    return "a desk was not told of a delivery";
  return std::nullopt;
}

}  // namespace

const ledger::Machine& post_machine() {
  static const ledger::DeciderMachine<Decider, Codec> machine("postal-dispatch", make_machine()->sources());
  return machine;
}

const Oracle& post_oracle() {
  static const OracleOf<Decider, Codec> oracle;
  return oracle;
}

void allow_post(shared_kernel::CatalogueContents& contents) {
  using shared_kernel::Action;
  for (auto& principal : contents.principals) {
    if (principal.id != "demo") continue;
    for (const auto action : {Action::kSendPost, Action::kScanPost, Action::kSettlePost, Action::kTellPost})
      principal.grants.front().actions.insert(action);
  }
}

std::optional<intake::PostalWish> wish(Chance& chance, bool online) {
  intake::PostalWish out{kCarrier, {}, {}, 0};
  if (online && chance.permille(500)) out.pick_up_at = sealed("home");
  if (chance.permille(500)) {
    out.deliver_to = sealed("home");
    if (chance.permille(500)) out.collect = 35'000;
  }
  if (!out.pick_up_at && !out.deliver_to) return std::nullopt;
  return out;
}

void PostActors::act(const Judge& judge, std::uint32_t p, std::vector<ClientRequest>& requests) {
  pack(judge, p, requests);
  for (const auto& [id, dossier] : judge.dossiers({"postal-dispatch", p})) {
    if (dossier.state.empty()) continue;
    const auto state = decode_state(dossier.state);
    if (!state) continue;
    if (const auto* bag = std::get_if<Bag>(&*state)) open_or_seal(p, id, *bag, requests);
    if (const auto* day = std::get_if<Settlement>(&*state)) declare(p, id, *day, requests);
    if (const auto* post = std::get_if<DossierPost>(&*state)) send(p, id, *post, requests);
  }
}

void PostActors::open_or_seal(std::uint32_t p, const DossierId& id, const Bag& bag, std::vector<ClientRequest>& requests) {
  if (bag.seal.empty()) {
    if (first(id, "seal")) add(requests, p, id, request_id(seed_, requests.size()), SealBag{"N-1"});
    return;
  }
  if (!first(id, "open")) return;
  auto found = bag.lines;
  if (chance_.permille(300)) found.pop_back();
  if (!found.empty() && chance_.permille(300)) found.front().papers.front().count += 1;
  add(requests, p, id, request_id(seed_, requests.size()), OpenBag{"N-1", found});
}

void PostActors::declare(std::uint32_t p, const DossierId& id, const Settlement& day, std::vector<ClientRequest>& requests) {
  if (!first(id, "declare " + std::to_string(day.collections.size()))) return;
  DeclareSettlement declared{day.home, day.carrier, day.day, {}, 0};
  for (const auto& collection : day.collections) {
    declared.lines.push_back({collection.item, collection.amount});
    declared.paid += collection.amount;
  }
  add(requests, p, id, request_id(seed_, requests.size()), declared);
}

void PostActors::send(std::uint32_t p, const DossierId& id, const DossierPost& post, std::vector<ClientRequest>& requests) {
  if (!post.home.empty() && first(id, "order") && chance_.permille(300)) {
    OrderShipment order;
    order.home = post.home;
    order.kind = ShipmentKind::kToDesk;
    order.carrier = kCarrier;
    order.place_order = chance_.permille(500);
    if (!order.place_order) order.numbers = numbers_of(post.home);
    order.normal_minutes = kOwnMinutes;
    order.papers = {{"DON", 1}};
    add(requests, p, id, request_id(seed_, requests.size()), order);
  }
  for (const auto& shipment : post.shipments) {
    handle(p, id, shipment, requests);
    if (shipment.item.empty() || !first(id, "scan " + std::to_string(shipment.number))) continue;
    auto scans = journey(shipment, chance_);
    for (std::size_t j = scans.size(); j > 1; --j)
      std::swap(scans[j - 1], scans[chance_.below(static_cast<std::uint32_t>(j))]);
    if (chance_.permille(500)) scans.push_back(scans.front());
    for (const auto& one : scans) add(requests, p, id, request_id(seed_, requests.size()), RecordScan{shipment.item, one});
  }
}

void PostActors::handle(std::uint32_t p, const DossierId& id, const Shipment& shipment,
                        std::vector<ClientRequest>& requests) {
  const auto number = std::to_string(shipment.number);
  if (shipment.order == OrderState::kRefused && first(id, "again " + number))
    add(requests, p, id, request_id(seed_, requests.size()), PlaceOrderAgain{shipment.number, "MENDED"});
  // A result is left to the carrier: the desk of an applicant who waits for it is compared with its end.
  if (shipment.kind == ShipmentKind::kResult || !first(id, "handle " + number)) return;
  if (chance_.permille(200)) {
    const auto milestone = chance_.permille(500) ? Milestone::kHandedToPost : Milestone::kHandedToAgency;
    add(requests, p, id, request_id(seed_, requests.size()), StateMilestone{shipment.number, milestone, "", ""});
  }
  if (chance_.permille(200))
    add(requests, p, id, request_id(seed_, requests.size()), CancelShipment{shipment.number, "WRONG"});
}

void PostActors::pack(const Judge& judge, std::uint32_t p, std::vector<ClientRequest>& requests) {
  if (!chance_.permille(100) || !first({}, "pack " + std::to_string(p))) return;
  std::vector<BagLine> lines;
  HomeKey home;
  for (std::uint32_t other = 0; other < 2; ++other) {
    for (const auto& [id, dossier] : judge.dossiers({"intake", other})) {
      if (dossier.state.empty()) continue;
      const auto state = intake::decode_state(dossier.state);
      if (!state || !state->status) continue;
      if (other == p) home = state->home;
      if (chance_.permille(700)) lines.push_back({{state->home, id}, Bundle::kDossier, {{"DON", 2}}});
    }
  }
  if (lines.empty() || home.text().empty()) {
    done_.erase({{}, "pack " + std::to_string(p)});
    return;
  }
  const auto request = request_id(seed_, requests.size());
  add(requests, p, shared_kernel::derive_dossier_id(home, "demo", request), request,
      CreateBag{home, kReceiver, kCarrier, {"BG", 1, 99}, 480, lines});
}

std::optional<std::string> carry_out_post(const Effect& effect, Chance& chance, std::vector<ClientRequest>& requests) {
  switch (static_cast<IntentType>(effect.intent.type())) {
    case IntentType::kPlaceOrder: {
      if (chance.permille(100)) return encode_report({"", "QUOTA"});
      // A carrier's number for our order number: the same however often it is asked.
      const auto hash = crypto::sha256({effect.dossier.view(), effect.intent.payload()});
      const auto serial = read_u32_be(hash.view().substr(0, 4)) % kSerials;
      return encode_report({ItemNumber::make("EX", serial)->text(), ""});
    }
    case IntentType::kCancelOrder: return encode_report({"", chance.permille(300) ? "UNDERWAY" : ""});
    case IntentType::kFindNormalTime: return encode_report({"", "", kTableMinutes, 0});
    case IntentType::kTell: break;
  }
  auto telling = telling_command({effect.where, effect.dossier, effect.seq, effect.index}, effect.intent.payload());
  if (!telling) return encode_report({"", telling.error().reason});
  if (service_mutant() == ServiceMutant::kBagToldTwice) telling->request = request_id(effect.call, 0);
  for (const auto& request : requests) {
    if (request.id != telling->request) continue;
    if (request.answered) return encode_report({});
    if (request.refused) return encode_report({"", request.last_error});
    return std::nullopt;
  }
  ClientRequest request;
  request.where = {"postal-dispatch", shared_kernel::partition_of(telling->target.home, 2)};
  request.dossier = telling->target.id;
  request.id = telling->request;
  request.type = telling->type;
  request.body = telling->body;
  request.principal = "demo";
  requests.push_back(std::move(request));
  return std::nullopt;
}

std::optional<std::string> check_paper(const Judge& judge, std::uint32_t partitions) {
  std::map<DossierId, State> states;
  std::map<DossierId, const DossierPost*> posts;
  std::set<std::string> items;
  for (std::uint32_t p = 0; p < partitions; ++p) {
    for (const auto& [id, dossier] : judge.dossiers({"postal-dispatch", p})) {
      if (dossier.state.empty()) continue;
      auto state = decode_state(dossier.state);
      if (!state) return "paper that can't be read";
      const auto& kept = states[id] = *std::move(state);
      if (const auto* post = std::get_if<DossierPost>(&kept)) posts[id] = post;
    }
  }
  for (const auto& [id, post] : posts) {
    if (auto wrong = check_dossier(*post, items)) return wrong;
  }
  for (const auto& [id, state] : states) {
    const auto* bag = std::get_if<Bag>(&state);
    if (bag == nullptr) continue;
    if (auto wrong = check_timeline(bag->shipment)) return wrong;
    if (auto wrong = check_bag(id, *bag, posts)) return wrong;
  }
  for (std::uint32_t p = 0; p < partitions; ++p) {
    for (const auto& [id, dossier] : judge.dossiers({"intake", p})) {
      const auto found = posts.find(id);
      if (auto wrong = check_desk(judge, p, id, found == posts.end() ? nullptr : found->second)) return wrong;
    }
  }
  return std::nullopt;
}

}  // namespace lienthong::simulation
