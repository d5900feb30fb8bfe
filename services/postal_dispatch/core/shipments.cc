#include "postal_dispatch/core/carriers.h"
#include "postal_dispatch/core/item_number.h"
#include "postal_dispatch/core/post_draft.h"

#include <algorithm>

namespace lienthong::postal_dispatch {
namespace {

bool may_be_silent(const Standing& standing) {
  return !standing.ended && standing.stable != StableState::kLost && standing.stable != StableState::kProofMissing;
}

/// When a shipment of which nothing more is heard falls silent.
Instant silent_at(const PostDraft& draft, const Shipment& shipment, Instant last_scanned) {
  if (shipment.clock_seconds != 0) return last_scanned + std::chrono::seconds(shipment.clock_seconds);
  const auto* agency = draft.rules() == nullptr ? nullptr : draft.rules()->agency(shipment.agency);
  if (agency == nullptr) return last_scanned + std::chrono::minutes(shipment.normal_minutes);
  const auto& calendar = draft.rules()->calendar_of(*agency);
  return shared_kernel::instant_of(calendar.add_minutes(shared_kernel::minute_of(last_scanned), shipment.normal_minutes));
}

/// What an agency may state of a shipment, and which of the two agencies.
const std::string* stater_of(const Shipment& shipment, Milestone milestone) {
  switch (milestone) {
    case Milestone::kHandedToPost:
    case Milestone::kReturned:
    case Milestone::kLost: return &shipment.agency;
    case Milestone::kHandedToAgency:
    case Milestone::kRejectedByAgency:
      return shipment.kind == ShipmentKind::kToDesk || shipment.destination.empty() ? &shipment.agency
                                                                                    : &shipment.destination;
    case Milestone::kOrdered:
    case Milestone::kPickupAssigned:
    case Milestone::kPickupFailed:
    case Milestone::kPickedUp:
    case Milestone::kPosted:
    case Milestone::kInTransit:
    case Milestone::kArrived:
    case Milestone::kHeld:
    case Milestone::kOutForDelivery:
    case Milestone::kAttempted:
    case Milestone::kDelivered:
    case Milestone::kReturning:
    case Milestone::kCancelled:
    case Milestone::kCodCollected:
    case Milestone::kCodSettled: break;
  }
  return nullptr;
}

Entry statement_of(Milestone milestone, Instant at, std::string place, std::string reason) {
  Entry entry;
  entry.raw_code = name_of(milestone);
  entry.milestone = milestone;
  entry.at = at;
  entry.place = std::move(place);
  entry.reason = std::move(reason);
  return entry;
}

const Shipment* find_item(const State& state, const std::string& item) {
  if (item.empty()) return nullptr;
  if (const auto* bag = std::get_if<Bag>(&state)) return bag->shipment.item == item ? &bag->shipment : nullptr;
  const auto* post = std::get_if<DossierPost>(&state);
  if (post == nullptr) return nullptr;
  const auto found = std::find_if(post->shipments.begin(), post->shipments.end(),
                                  [&](const Shipment& shipment) { return shipment.item == item; });
  return found == post->shipments.end() ? nullptr : &*found;
}

Error item_unknown() {
  return {ErrorCode::kNotFound, "ITEM_UNKNOWN",
          "Không có bưu gửi nào mang số này; hãy kiểm tra số bưu gửi và hãng vận chuyển.",
          "No item has this number; check the item number and the carrier."};
}

Error timeline_full() {
  return {ErrorCode::kResourceExhausted, "TIMELINE_FULL",
          "Bưu gửi này đã có quá nhiều lượt quét; hãy kiểm tra hệ thống của hãng vận chuyển.",
          "This item has too many scans already; look at the carrier's system."};
}

/// Why a scan is not taken; nothing: it is.
std::optional<Error> objection(const PostDraft& draft, const Shipment& shipment, const Entry& scan) {
  if (scan.at > draft.now() + kCarrierClockTolerance) {
    return precondition("SCAN_FROM_FUTURE", "Thời điểm quét ở tương lai; hãy chỉnh đồng hồ của hãng vận chuyển rồi gửi lại.",
                        "The scan is from the future; correct the carrier's clock and send it again.");
  }
  if (scan.at < shipment.ordered_at - kCarrierClockTolerance) {
    return precondition("SCAN_BEFORE_ORDER", "Thời điểm quét có trước khi đặt bưu gửi; hãy kiểm tra số bưu gửi và đồng hồ.",
                        "The scan is older than the order; check the item number and the clock.");
  }
  if (shipment.timeline.size() >= kTimelineEntriesMax) return timeline_full();
  return std::nullopt;
}

/// The desk waits for the end of a result's way, whatever the postman writes afterwards.
void tell_desk(PostDraft& draft, const Shipment& shipment, const Standing& before, const Standing& after) {
  if (shipment.kind != ShipmentKind::kResult || after.stable == before.stable) return;
  if (after.stable == StableState::kDelivered) return draft.record(after.since, ResultDelivered{shipment.number});
  if (after.stable == StableState::kReturned || after.stable == StableState::kLost)
    draft.record(after.since, ResultUndelivered{shipment.number, after.stable});
}

Result<void> add_proofs(PostDraft& draft, const Shipment& shipment, const Entry& known, const Entry& scan) {
  std::vector<Proof> fresh;
  for (const auto& proof : scan.proofs) {
    if (std::find(known.proofs.begin(), known.proofs.end(), proof) == known.proofs.end()) fresh.push_back(proof);
  }
  if (known.proofs.size() + fresh.size() > kProofsMax) {
    return failure(precondition("PROOFS_CONTRADICT",
                                "Lượt phát này đã có nhiều bằng chứng khác nhau; hãy yêu cầu hãng vận chuyển xác minh.",
                                "This delivery has several different proofs already; have the carrier verify it."));
  }
  const auto number = shipment.number;
  const auto before = standing_of(shipment);
  for (auto& proof : fresh) {
    draft.record(draft.now(), ProofAdded{number, scan.carrier, scan.raw_code, scan.at, std::move(proof)});
  }
  const auto after = standing_of(*find_shipment(draft.state(), number));
  if (after.milestone != before.milestone || after.stable != before.stable) {
    draft.record(draft.now(),
                 StandingChanged{number, shipment.kind, after.milestone, after.stable, after.reason, after.since});
    tell_desk(draft, shipment, before, after);
  }
  if (!fresh.empty()) watch(draft, number);
  return {};
}

/// A collection becomes one line of its desk's settlement of that day.
void tell_cash(PostDraft& draft, const Shipment& shipment, const Entry& entry) {
  const auto& home = home_of(draft.state());
  const auto day = shared_kernel::day_of(entry.at);
  const Collection collection{{home, draft.context().dossier()},
                              shipment.number,
                              shipment.item,
                              entry.amount,
                              shipment.cod_amount,
                              entry.receipt,
                              entry.at};
  draft.tell({settlement_name(home, shipment.carrier, day), AddCollection{home, shipment.carrier, day, collection}});
}

struct Stated {
  Shipment shipment;
  Instant at;
};

/// The shipment an agency speaks of, and when it happened.
Result<Stated> stated(PostDraft& draft, const CommandHeader& header, std::uint32_t number,
                      const std::string* (*whose)(const Shipment&)) {
  const auto* shipment = find_shipment(draft.state(), number);
  if (shipment == nullptr) return failure(shipment_not_found());
  const auto* agency = whose(*shipment);
  if (!may(*draft.rules(), header, Action::kSendPost, *agency)) return failure(shipment_not_found());
  const auto at = shared_kernel::occurred_time(header, draft.now(), *draft.rules(), *agency, "");
  if (!at) return failure(at.error());
  return Stated{*shipment, *at};
}

const std::string* sender_of(const Shipment& shipment) { return &shipment.agency; }

}  // namespace

void watch(PostDraft& draft, std::uint32_t number) {
  const auto* shipment = find_shipment(draft.state(), number);
  const auto standing = standing_of(*shipment);
  if (!may_be_silent(standing)) {
    if (shipment->silent) draft.record(draft.now(), SilenceEnded{number});
    draft.clear(number);
    return;
  }
  // A bag is packed for hours before anybody could scan it.
  const auto* bag = std::get_if<Bag>(&draft.state());
  const Instant heard = bag == nullptr ? standing.last_scanned : std::max(standing.last_scanned, bag->sealed_at);
  const Instant due = silent_at(draft, *shipment, heard);
  if (shipment->silent) {
    if (due <= draft.now()) return;  // a late scan from long ago: it is silent still
    draft.record(draft.now(), SilenceEnded{number});
  }
  draft.arm(number, due);
}

void take_entry(PostDraft& draft, std::uint32_t number, Entry entry) {
  const auto before = standing_of(*find_shipment(draft.state(), number));
  const Instant at = entry.at;
  draft.record(at, EntryRecorded{number, entry});
  const Shipment shipment = *find_shipment(draft.state(), number);
  const auto after = standing_of(shipment);
  if (after.milestone != before.milestone || after.stable != before.stable || after.reason != before.reason) {
    draft.record(at, StandingChanged{number, shipment.kind, after.milestone, after.stable, after.reason, after.since});
    tell_desk(draft, shipment, before, after);
  }
  watch(draft, number);
  if (entry.milestone == Milestone::kCodCollected) tell_cash(draft, shipment, entry);
}

Result<void> take_request(PostDraft& draft, const PostRequested& wanted, Instant at) {
  if (draft.rules() == nullptr) return failure(shared_kernel::catalogue_missing());
  const auto agency = agency_of(*draft.rules(), wanted.home);
  if (!agency) return failure(agency.error());
  const auto* post = std::get_if<DossierPost>(&draft.state());
  const auto count = post == nullptr ? 0 : post->shipments.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (post->shipments[i].kind == wanted.kind && !standing_of(post->shipments[i]).ended) return {};
  }
  if (count >= kShipmentsMax) return failure(timeline_full());
  const auto* desk = draft.rules()->agency(*agency);
  const std::string here = desk == nullptr || desk->areas.empty() ? std::string() : desk->areas.front();
  const bool fetched = wanted.kind == ShipmentKind::kToDesk;
  Shipment shipment;
  shipment.number = static_cast<std::uint32_t>(count + 1);
  shipment.kind = wanted.kind;
  shipment.carrier = wanted.carrier;
  shipment.agency = *agency;
  shipment.destination = fetched ? *agency : std::string();
  shipment.order = OrderState::kPlacing;
  // The usual time, until the carrier's table has been read: a decision reads no table.
  shipment.normal_minutes = normal_minutes(Carrier{}, here, wanted.area);
  shipment.cod_amount = wanted.cod_amount;
  shipment.papers = wanted.papers;
  shipment.address = wanted.address;
  shipment.ordered_at = at;
  const auto number = shipment.number;
  const LaneQuery lane{number, wanted.carrier, fetched ? wanted.area : here, fetched ? here : wanted.area};
  draft.record(at, ShipmentOrdered{wanted.home, wanted.dossier_code, std::move(shipment)});
  watch(draft, number);
  draft.intend(IntentType::kPlaceOrder, std::to_string(number));
  draft.intend(IntentType::kFindNormalTime, encode(lane));
  return {};
}

void call_off_pickups(PostDraft& draft, const PickupPointless& pointless, Instant at) {
  const auto* post = std::get_if<DossierPost>(&draft.state());
  if (post == nullptr) return;
  for (std::uint32_t number = 1; number <= post->shipments.size(); ++number) {
    const Shipment shipment = post->shipments[number - 1];
    const auto standing = standing_of(shipment);
    if (shipment.kind != ShipmentKind::kToDesk || standing.ended || standing.with_post()) continue;
    take_entry(draft, number,
               statement_of(Milestone::kCancelled, std::max(at, shipment.ordered_at), shipment.agency, pointless.reason));
    if (shipment.order == OrderState::kPlaced || shipment.order == OrderState::kPlacing)
      draft.intend(IntentType::kCancelOrder, std::to_string(number));
    post = std::get_if<DossierPost>(&draft.state());
  }
}

Result<void> decide_order(PostDraft& draft, Context& context, const CommandHeader& header, const OrderShipment& order) {
  const auto agency = agency_of(*draft.rules(), order.home);
  if (!agency) return failure(agency.error());
  if (!may(*draft.rules(), header, Action::kSendPost, *agency)) return failure(shipment_not_found());
  const auto at = shared_kernel::occurred_time(header, draft.now(), *draft.rules(), *agency, "");
  if (!at) return failure(at.error());
  const auto* post = std::get_if<DossierPost>(&draft.state());
  if (post == nullptr && !std::holds_alternative<std::monostate>(draft.state())) return failure(shipment_not_found());
  if (post != nullptr && post->shipments.size() >= kShipmentsMax) return failure(timeline_full());
  Shipment shipment;
  shipment.number = static_cast<std::uint32_t>((post == nullptr ? 0 : post->shipments.size()) + 1);
  shipment.kind = order.kind;
  shipment.carrier = order.carrier;
  shipment.item = order.item;
  shipment.agency = *agency;
  shipment.destination = order.destination;
  shipment.order = order.place_order ? OrderState::kPlacing : OrderState::kNone;
  shipment.normal_minutes = order.normal_minutes;
  shipment.clock_seconds = order.clock_seconds;
  shipment.cod_amount = order.cod_amount;
  shipment.papers = order.papers;
  shipment.address = order.address;
  shipment.ordered_at = *at;
  if (shipment.item.empty() && !order.numbers.service.empty()) {
    auto item = next_item(context, order.home, order.carrier, order.numbers);
    if (!item) return failure(std::move(item.error()));
    shipment.item = *std::move(item);
  } else if (!shipment.item.empty()) {
    const auto item = ItemNumber::parse(shipment.item);
    if (!item) return failure(item.error());
    shipment.item = item->text();
    if (find_item(draft.state(), shipment.item) != nullptr) {
      return failure(precondition("ITEM_NUMBER_TAKEN", "Số bưu gửi này đã được dùng cho hồ sơ; hãy dùng số khác.",
                                  "The dossier has an item of this number already; use another."));
    }
  }
  const auto number = shipment.number;
  draft.record(*at, ShipmentOrdered{order.home, order.dossier_code, std::move(shipment)});
  watch(draft, number);
  if (order.place_order) draft.intend(IntentType::kPlaceOrder, std::to_string(number));
  return {};
}

Result<void> decide_statement(PostDraft& draft, const CommandHeader& header, const StateMilestone& statement) {
  const auto* known = find_shipment(draft.state(), statement.shipment);
  if (known == nullptr) return failure(shipment_not_found());
  const auto* agency = stater_of(*known, statement.milestone);
  if (agency == nullptr) {
    return failure(precondition("MILESTONE_NOT_STATED", "Cơ quan không tự ghi mốc này; mốc này do hãng vận chuyển báo.",
                                "Agencies do not state this milestone; the carrier reports it."));
  }
  if (!may(*draft.rules(), header, Action::kSendPost, *agency)) return failure(shipment_not_found());
  const auto at = shared_kernel::occurred_time(header, draft.now(), *draft.rules(), *agency, "");
  if (!at) return failure(at.error());
  const auto stable = standing_of(*known).stable;
  // What was cancelled can turn up all the same.
  if (stable == StableState::kDelivered || stable == StableState::kReturned) {
    return failure(precondition("SHIPMENT_ENDED", "Bưu gửi đã kết thúc; không cần ghi thêm.",
                                "The shipment has ended; nothing is left to state."));
  }
  Entry entry =
      statement_of(statement.milestone, *at, statement.place.empty() ? *agency : statement.place, statement.reason);
  if (find_scan(*known, entry) != nullptr) return {};
  if (known->timeline.size() >= kTimelineEntriesMax) return failure(timeline_full());
  take_entry(draft, statement.shipment, std::move(entry));
  return {};
}

Result<void> decide_scan(PostDraft& draft, const CommandHeader& header, const RecordScan& record) {
  const auto* shipment = find_item(draft.state(), record.item);
  if (shipment == nullptr || shipment->carrier != record.scan.carrier ||
      !may(*draft.rules(), header, Action::kScanPost, shipment->agency)) {
    return failure(item_unknown());
  }
  if (const auto* known = find_scan(*shipment, record.scan)) {
    const Shipment copy = *shipment;
    const Entry entry = *known;
    return add_proofs(draft, copy, entry, record.scan);
  }
  if (auto error = objection(draft, *shipment, record.scan)) return failure(*std::move(error));
  take_entry(draft, shipment->number, record.scan);
  return {};
}

Result<void> decide_cancel(PostDraft& draft, const CommandHeader& header, const CancelShipment& cancel) {
  const auto found = stated(draft, header, cancel.shipment, sender_of);
  if (!found) return failure(found.error());
  const auto standing = standing_of(found->shipment);
  if (standing.ended) {
    return failure(precondition("SHIPMENT_ENDED", "Bưu gửi đã kết thúc; không cần ghi thêm.",
                                "The shipment has ended; nothing is left to state."));
  }
  if (standing.with_post() || standing.cod_collected != 0) {
    return failure(precondition("ALREADY_WITH_POST", "Bưu điện đã nhận bưu gửi; hãy yêu cầu chuyển hoàn.",
                                "The post has the item already; ask for its return."));
  }
  take_entry(draft, cancel.shipment, statement_of(Milestone::kCancelled, found->at, found->shipment.agency, cancel.reason));
  if (found->shipment.order == OrderState::kPlaced || found->shipment.order == OrderState::kPlacing) {
    draft.intend(IntentType::kCancelOrder, std::to_string(cancel.shipment));
  }
  return {};
}

Result<void> decide_again(PostDraft& draft, const CommandHeader& header, const PlaceOrderAgain& again) {
  const auto found = stated(draft, header, again.shipment, sender_of);
  if (!found) return failure(found.error());
  if (found->shipment.order != OrderState::kRefused || standing_of(found->shipment).ended) {
    return failure(precondition("ORDER_NOT_REFUSED", "Đơn gửi không bị từ chối; không cần đặt lại.",
                                "The order was not refused; there is nothing to place again."));
  }
  draft.record(draft.now(), OrderRepeated{again.shipment});
  draft.intend(IntentType::kPlaceOrder, std::to_string(again.shipment));
  return {};
}

}  // namespace lienthong::postal_dispatch
