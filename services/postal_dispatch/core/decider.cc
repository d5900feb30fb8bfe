#include "postal_dispatch/core/decider.h"

#include "platform/base/overloaded.h"
#include "postal_dispatch/core/carriers.h"
#include "postal_dispatch/core/item_number.h"
#include "postal_dispatch/core/post_draft.h"

#include <algorithm>
#include <utility>

namespace lienthong::postal_dispatch {
namespace {

Decision<Event> decide_command(Context& context, const Catalogue& rules, const State& state, const Command& command) {
  PostDraft draft(context, &rules, state);
  const auto& header = command.header;
  const auto done =
      std::visit(Overloaded{[&](const OrderShipment& order) { return decide_order(draft, context, header, order); },
                            [&](const StateMilestone& statement) { return decide_statement(draft, header, statement); },
                            [&](const RecordScan& record) { return decide_scan(draft, header, record); },
                            [&](const CancelShipment& cancel) { return decide_cancel(draft, header, cancel); },
                            [&](const PlaceOrderAgain& again) { return decide_again(draft, header, again); },
                            [&](const CreateBag& create) { return decide_bag(draft, context, header, create); },
                            [&](const SealBag& seal) { return decide_seal(draft, header, seal); },
                            [&](const OpenBag& open) { return decide_open(draft, header, open); },
                            [&](const TellOfBag& told) { return decide_told(draft, header, told); },
                            [&](const AddCollection& added) { return decide_collection(draft, header, added); },
                            [&](const DeclareSettlement& declared) { return decide_declaration(draft, header, declared); },
                            [&](const TellOfSettlement& told) { return decide_settled(draft, header, told); },
                            [&](const KeepScan& keep) { return decide_keep(draft, header, keep); },
                            [&](const CloseScan& close) { return decide_close(draft, header, close); }},
                 command.body);
  if (!done) return refused(done.error());
  return std::move(draft).finish();
}

Decision<Event> take_report(PostDraft draft, const Reported& reported) {
  const bool dossier =
      std::holds_alternative<std::monostate>(draft.state()) || std::holds_alternative<DossierPost>(draft.state());
  if (!dossier) return {};
  for (const auto& fact : reported.facts) {
    const auto taken =
        std::visit(Overloaded{[&](const DataPassed& passed) -> Result<void> {
                                const auto* post = std::get_if<DossierPost>(&draft.state());
                                // Kept in mind before any paper is known: an agency has the data before the bag is sealed.
                                if (post != nullptr && post->data_since > passed.at) return {};
                                draft.record(passed.at, DataMoved{passed.agency, passed.at});
                                return {};
                              },
                              [&](const PaperHandedIn& handed_in) -> Result<void> {
                                draft.record(fact.occurred_at, handed_in);
                                return {};
                              },
                              [&](const PostRequested& wanted) { return take_request(draft, wanted, fact.occurred_at); },
                              [&](const PickupPointless& pointless) -> Result<void> {
                                call_off_pickups(draft, pointless, fact.occurred_at);
                                return {};
                              }},
                   fact.body);
    if (!taken) return refused(taken.error());
  }
  return std::move(draft).finish();
}

Decision<Event> take_timer(PostDraft draft, std::uint32_t number) {
  const auto* shipment = find_shipment(draft.state(), number);
  if (shipment == nullptr || shipment->silent) return {};
  const auto standing = standing_of(*shipment);
  if (standing.ended || standing.stable == StableState::kProofMissing || standing.stable == StableState::kLost) return {};
  draft.record(draft.now(), SilenceBegan{number, standing.last_scanned});
  return std::move(draft).finish();
}

Decision<Event> take_order_outcome(PostDraft draft, const Outcome& outcome) {
  const auto number = static_cast<std::uint32_t>(std::strtoul(outcome.payload.c_str(), nullptr, 10));
  const auto* shipment = find_shipment(draft.state(), number);
  if (shipment == nullptr || shipment->order != OrderState::kPlacing) return {};
  if (!outcome.failure.empty()) {
    draft.record(draft.now(), OrderRefused{number, outcome.failure});
  } else {
    const auto item = ItemNumber::parse(outcome.item);
    draft.record(draft.now(), OrderPlaced{number, shipment->item.empty() && item ? item->text() : shipment->item});
  }
  return std::move(draft).finish();
}

Decision<Event> take_normal_time(PostDraft draft, const Outcome& outcome) {
  const auto query = decode_lane_query(outcome.payload);
  const auto* shipment = query ? find_shipment(draft.state(), query->shipment) : nullptr;
  if (shipment == nullptr || !outcome.failure.empty()) return {};
  if (shipment->normal_minutes == outcome.normal_minutes && shipment->clock_seconds == outcome.clock_seconds) return {};
  draft.record(draft.now(), NormalTimeFound{query->shipment, outcome.normal_minutes, outcome.clock_seconds});
  watch(draft, query->shipment);
  return std::move(draft).finish();
}

Decision<Event> take_outcome(PostDraft draft, const Outcome& outcome) {
  switch (static_cast<IntentType>(outcome.intent)) {
    case IntentType::kPlaceOrder: return take_order_outcome(std::move(draft), outcome);
    case IntentType::kCancelOrder: return {};  // not carried out: the next scan shows it
    case IntentType::kFindNormalTime: return take_normal_time(std::move(draft), outcome);
    case IntentType::kTell: break;
  }
  const auto telling = decode_telling(outcome.payload);
  if (outcome.failure.empty() || !telling) return {};
  draft.record(draft.now(), TellingFailed{shared_kernel::format_dossier_name(telling->target), outcome.failure});
  return std::move(draft).finish();
}

Shipment& shipment_of(State& state, std::uint32_t number) {
  if (auto* bag = std::get_if<Bag>(&state)) return bag->shipment;
  return std::get<DossierPost>(state).shipments[number - 1];
}

template <class Entity>
Entity& entity(State& state, const HomeKey& home) {
  if (!std::holds_alternative<Entity>(state)) state = Entity{};
  auto& out = std::get<Entity>(state);
  out.home = home;
  return out;
}

void order(State& state, const ShipmentOrdered& ordered) {
  Shipment shipment = ordered.shipment;
  Entry entry;
  entry.raw_code = name_of(Milestone::kOrdered);
  entry.milestone = Milestone::kOrdered;
  entry.at = shipment.ordered_at;
  entry.place = shipment.agency;
  place_entry(shipment, std::move(entry));
  if (auto* bag = std::get_if<Bag>(&state)) {
    bag->shipment = std::move(shipment);
    return;
  }
  auto& post = entity<DossierPost>(state, ordered.home);
  if (!ordered.dossier_code.empty()) post.dossier_code = ordered.dossier_code;
  post.shipments.push_back(std::move(shipment));
}

void add_proof(State& state, const ProofAdded& added) {
  for (auto& entry : shipment_of(state, added.shipment).timeline) {
    if (entry.carrier != added.carrier || entry.raw_code != added.raw_code || entry.at != added.at) continue;
    entry.proofs.insert(std::lower_bound(entry.proofs.begin(), entry.proofs.end(), added.proof), added.proof);
  }
}

auto rank(const BagFact& fact) { return std::tie(fact.at, fact.number, fact.kind, fact.bundle); }

void hear_of_bag(State& state, const PaperTold& told) {
  auto& bags = entity<DossierPost>(state, told.home).bags;
  const auto place = std::upper_bound(bags.begin(), bags.end(), told.fact,
                                      [](const BagFact& a, const BagFact& b) { return rank(a) < rank(b); });
  bags.insert(place, told.fact);
}

Settlement& settlement(State& state, const HomeKey& home, const std::string& carrier, LocalDay day) {
  auto& out = entity<Settlement>(state, home);
  out.carrier = carrier;
  out.day = day;
  return out;
}

void add_shipment_entries(const Shipment& shipment, IndexEntries& entries) {
  const auto standing = standing_of(shipment);
  const std::string suffix = std::to_string(shipment.number);
  entries.push_back(
      {"shipments", shipment.agency + '/' + std::string(name_of(standing.stable)), standing.since.micros, suffix});
  if (!shipment.item.empty()) entries.push_back({"item", shipment.item, 0, suffix});
  if (shipment.silent) entries.push_back({"silent", shipment.agency, standing.last_scanned.micros, suffix});
}

/// Both have to know: who works without the papers, and who still has them.
void add_apart_entries(const DossierPost& post, IndexEntries& entries) {
  const auto paper = paper_of(post, Bundle::kDossier);
  if (!paper.apart_from_data) return;
  const auto since = std::max(paper.since, post.data_since).micros;
  entries.push_back({"apart", post.data_at, since, ""});
  if (paper.place == PaperPlace::kAgency) entries.push_back({"apart", paper.holder, since, ""});
}

IndexEntries bag_entries(const Bag& bag) {
  IndexEntries entries;
  const auto since = (bag.opened ? bag.opened_at : bag.seal.empty() ? bag.shipment.ordered_at : bag.sealed_at).micros;
  entries.push_back({"bags", bag.sender + "/out", since, ""});
  if (!bag.seal.empty()) entries.push_back({"bags", bag.shipment.destination + "/in", since, ""});
  const bool differs = bag.opened && (!differences_of(bag).empty() || bag.seal != bag.seal_found);
  if (differs || !bag.untold.empty()) entries.push_back({"bags", bag.sender + "/differs", since, ""});
  if (!bag.seal.empty()) add_shipment_entries(bag.shipment, entries);
  return entries;
}

}  // namespace

const Shipment* find_shipment(const State& state, std::uint32_t number) {
  if (const auto* bag = std::get_if<Bag>(&state)) return number == 1 ? &bag->shipment : nullptr;
  const auto* post = std::get_if<DossierPost>(&state);
  if (post == nullptr || number == 0 || number > post->shipments.size()) return nullptr;
  return &post->shipments[number - 1];
}

const HomeKey& home_of(const State& state) {
  static const HomeKey kNone;
  return std::visit(Overloaded{[](const std::monostate&) -> const HomeKey& { return kNone; },
                               [](const auto& entity) -> const HomeKey& { return entity.home; }},
                    state);
}

bool may(const Catalogue& rules, const CommandHeader& header, Action action, const std::string& agency) {
  const auto* principal = rules.principal(header.principal);
  return principal != nullptr && Catalogue::allows_some_procedure(*principal, action, agency);
}

Result<std::string> agency_of(const Catalogue& rules, const HomeKey& home) {
  const auto desk = rules.home(home);
  if (!desk) {
    return failure({ErrorCode::kInvalidArgument, "HOME_KEY_UNKNOWN",
                    "Không có bộ phận một cửa mang mã này; hãy kiểm tra mã đơn vị.",
                    "No desk has this home key; check it."});
  }
  return desk->agency->code;
}

Result<std::string> sender_of(const Catalogue& rules, const HomeKey& key) {
  auto desk = agency_of(rules, key);
  if (desk || rules.agency(key.text()) == nullptr) return desk;
  return key.text();
}

Result<std::string> next_item(Context& context, const HomeKey& home, const std::string& carrier, const NumberRange& range) {
  if (range.service.empty()) {
    return failure(precondition(
        "NUMBER_RANGE_MISSING", "Đơn vị chưa có dải số của hãng vận chuyển này; hãy xin hãng cấp và ghi vào bảng của hãng.",
        "The office has no range of numbers of this carrier; ask for one and enter it in its table."));
  }
  // No bar in the key: what stands behind one is a period, and a new period ends the one before.
  const auto serial = range.from + context.next_number(home.text() + ":item:" + carrier + ':' + range.service) - 1;
  if (serial > range.to) {
    return failure(precondition("NUMBER_RANGE_EXHAUSTED",
                                "Đơn vị đã dùng hết dải số bưu gửi; hãy xin hãng vận chuyển cấp thêm.",
                                "The office has used up its range of item numbers; ask the carrier for more."));
  }
  const auto item = ItemNumber::make(range.service, static_cast<std::uint32_t>(serial));
  if (!item) return failure(item.error());
  return item->text();
}

Decision<Event> Decider::decide(Context& context, const RulesType* rules, const State& state, const Cause& cause) {
  return std::visit(
      Overloaded{[&](const Command& command) {
                   if (rules == nullptr) return refused(shared_kernel::catalogue_missing());
                   return decide_command(context, *rules, state, command);
                 },
                 [&](const Reported& reported) { return take_report(PostDraft(context, rules, state), reported); },
                 [&](const TimerFired& fired) { return take_timer(PostDraft(context, rules, state), fired.shipment); },
                 [&](const Outcome& outcome) { return take_outcome(PostDraft(context, rules, state), outcome); },
                 [](const Reviewed&) { return Decision<Event>{}; }},
      cause);
}

void Decider::evolve(State& state, const Event& event) {
  const Instant at = event.occurred_at;
  std::visit(
      Overloaded{
          [&](const ShipmentOrdered& ordered) { order(state, ordered); },
          [&](const OrderPlaced& placed) {
            auto& shipment = shipment_of(state, placed.shipment);
            shipment.order = OrderState::kPlaced;
            shipment.item = placed.item;
          },
          [&](const OrderRefused& refusal) {
            auto& shipment = shipment_of(state, refusal.shipment);
            shipment.order = OrderState::kRefused;
            shipment.order_reason = refusal.reason;
          },
          [&](const OrderRepeated& repeated) {
            auto& shipment = shipment_of(state, repeated.shipment);
            shipment.order = OrderState::kPlacing;
            shipment.order_reason.clear();
          },
          [&](const EntryRecorded& recorded) { place_entry(shipment_of(state, recorded.shipment), recorded.entry); },
          [&](const ProofAdded& added) { add_proof(state, added); },
          [](const StandingChanged&) {},
          [&](const SilenceBegan& began) { shipment_of(state, began.shipment).silent = true; },
          [&](const SilenceEnded& ended) { shipment_of(state, ended.shipment).silent = false; },
          [&](const BagCreated& created) {
            auto& bag = entity<Bag>(state, created.home);
            bag.sender = created.sender;
            bag.lines = created.lines;
          },
          [&](const BagSealed& sealed) {
            auto& bag = std::get<Bag>(state);
            bag.seal = sealed.seal;
            bag.sealed_at = at;
          },
          [&](const BagOpened& opened) {
            auto& bag = std::get<Bag>(state);
            bag.opened = true;
            bag.opened_at = at;
            bag.seal_found = opened.seal;
            bag.found = opened.found;
          },
          [&](const TellingFailed& failed) {
            if (auto* bag = std::get_if<Bag>(&state)) bag->untold.push_back({failed.target, failed.reason});
          },
          [&](const PaperTold& told) { hear_of_bag(state, told); },
          [&](const DataMoved& moved) {
            if (!std::holds_alternative<DossierPost>(state)) state = DossierPost{};
            auto& post = std::get<DossierPost>(state);
            post.data_at = moved.agency;
            post.data_since = moved.at;
          },
          [&](const CollectionAdded& added) {
            settlement(state, added.home, added.carrier, added.day).collections.push_back(added.collection);
          },
          [&](const SettlementDeclared& declared) {
            auto& day = settlement(state, declared.home, declared.carrier, declared.day);
            day.declared = true;
            day.lines = declared.lines;
            day.paid = declared.paid;
          },
          [](const SettlementCompared&) {},
          [](const ResultDelivered&) {},
          [](const ResultUndelivered&) {},
          [&](const PaperHandedIn& handed_in) {
            entity<DossierPost>(state, handed_in.home).handed_in = CounterPapers{handed_in.agency, at, handed_in.papers};
          },
          [&](const NormalTimeFound& found) {
            auto& shipment = shipment_of(state, found.shipment);
            shipment.normal_minutes = found.normal_minutes;
            shipment.clock_seconds = found.clock_seconds;
          },
          [&](const ScanKept& kept) {
            auto& waiting = entity<KeptScan>(state, kept.home);
            waiting.scan = kept.scan;
            waiting.since = at;
          },
          [&](const ScanClosed& closed) {
            auto& kept = std::get<KeptScan>(state);
            kept.fate = closed.fate;
            kept.reason_code = closed.reason_code;
          }},
      event.body);
}

IndexEntries Decider::index_entries(const State& state) {
  return std::visit(
      Overloaded{[](const std::monostate&) { return IndexEntries{}; },
                 [](const DossierPost& post) {
                   IndexEntries entries;
                   for (const auto& shipment : post.shipments) add_shipment_entries(shipment, entries);
                   add_apart_entries(post, entries);
                   return entries;
                 },
                 [](const Bag& bag) { return bag_entries(bag); },
                 [](const KeptScan& kept) {
                   if (kept.fate != ScanFate::kOpen) return IndexEntries{};
                   return IndexEntries{{"unmatched", kept.scan.carrier, kept.since.micros, ""}};
                 },
                 [](const Settlement& day) {
                   const char* where = !day.declared ? "/open" : differences_of(day).empty() ? "/balanced" : "/differs";
                   return IndexEntries{{"settlements", day.home.text() + '/' + day.carrier + where, day.day.days, ""}};
                 }},
      state);
}

}  // namespace lienthong::postal_dispatch
