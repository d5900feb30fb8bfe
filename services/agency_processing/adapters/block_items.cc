#include "agency_processing/adapters/block_items.h"

#include "agency_processing/adapters/work_view.h"
#include "platform/base/decision.h"

#include <algorithm>
#include <optional>

namespace lienthong::agency_processing {
namespace {

namespace ledger_v1 = ::lienthong::ledger::v1;

/// What an event says, in one form.
struct Told {
  kernel::v1::LegRef leg;
  v1::WorkState state = v1::WORK_STATE_UNSPECIFIED;
  /// Who hears of it; nobody for an agency's own doing.
  enum class To { kNobody, kAgency, kSender } to = To::kNobody;
  bool last = false;
  std::string agency;
  std::string reason_code;
  std::string receipt_code;
  std::optional<google::protobuf::Timestamp> due;
  std::optional<google::protobuf::Timestamp> overall_due;
  google::protobuf::RepeatedPtrField<kernel::v1::Component> results;
};

template <class Event>
Result<Event> parse(const ledger_v1::Event& wire) {
  Event event;
  if (!event.ParseFromString(wire.payload())) return malformed("event of agency-processing");
  return event;
}

template <class Event>
Result<Told> told(const ledger_v1::Event& wire, v1::WorkState state, Told::To to, bool last = false) {
  auto event = parse<Event>(wire);
  if (!event) return failure(event.error());
  Told out{event->leg(), state, to, last, event->agency(), {}, {}, {}, {}, {}};
  if constexpr (requires { event->reason_code(); }) out.reason_code = event->reason_code();
  if constexpr (requires { event->receipt_code(); }) out.receipt_code = event->receipt_code();
  if constexpr (requires { event->results(); }) out.results = event->results();
  if constexpr (requires { event->overall_due_time(); }) {
    out.due = event->due_time();
    out.overall_due = event->overall_due_time();
  }
  return out;
}

Result<Told> read_event(const ledger_v1::Event& event) {
  switch (event.type()) {
    case v1::EVENT_TYPE_LEG_ACCEPTED: return told<v1::LegAccepted>(event, v1::WORK_STATE_ACCEPTED, Told::To::kNobody);
    case v1::EVENT_TYPE_LEG_REFUSED: return told<v1::LegRefused>(event, v1::WORK_STATE_REFUSED, Told::To::kNobody, true);
    case v1::EVENT_TYPE_SUPPLEMENT_ASKED:
      return told<v1::SupplementAsked>(event, v1::WORK_STATE_SUSPENDED, Told::To::kNobody);
    case v1::EVENT_TYPE_SUPPLEMENT_ARRIVED:
      return told<v1::SupplementArrived>(event, v1::WORK_STATE_ACCEPTED, Told::To::kAgency);
    case v1::EVENT_TYPE_LEG_COMPLETED: return told<v1::LegCompleted>(event, v1::WORK_STATE_COMPLETED, Told::To::kSender);
    case v1::EVENT_TYPE_RESULT_CONFIRMED:
      return told<v1::ResultConfirmed>(event, v1::WORK_STATE_CONFIRMED, Told::To::kAgency, true);
    case v1::EVENT_TYPE_WORK_DUE_CHANGED:
      return told<v1::WorkDueChanged>(event, v1::WORK_STATE_UNSPECIFIED, Told::To::kAgency);
    case v1::EVENT_TYPE_WORK_CLOSED: return told<v1::WorkClosed>(event, v1::WORK_STATE_CLOSED, Told::To::kAgency, true);
    default: return malformed("event type " + std::to_string(event.type()));
  }
}

// The work as the event leaves it, from what it was before.
std::shared_ptr<const v1::WorkItem> changed(const v1::WorkItem& before, const Told& event, std::uint64_t revision) {
  auto item = std::make_shared<v1::WorkItem>(before);
  item->set_revision(revision);
  item->mutable_work()->set_attempt(event.leg.attempt());
  if (event.state != v1::WORK_STATE_UNSPECIFIED) item->set_state(event.state);
  if (event.state != v1::WORK_STATE_CONFIRMED) item->set_agency(event.agency);  // there the event names the sender
  if (!event.receipt_code.empty()) item->set_receipt_code(event.receipt_code);
  item->set_reason_code(event.reason_code);
  if (event.due) *item->mutable_due_time() = *event.due;
  if (event.overall_due) *item->mutable_overall_due_time() = *event.overall_due;
  if (!event.results.empty()) item->clear_results();
  for (const auto& from : event.results) {
    auto& to = *item->add_results();
    to.set_code(from.code());
    to.set_count(from.count());
    to.set_sha256(from.sha256());
    to.set_reference(from.reference());
  }
  return item;
}

void tell(BlockItems& block, const std::string& agency, BlockItem item) {
  block.by_agency[agency].push_back(std::move(item));
}

void take(BlockItems& block, const DossierId& dossier, std::uint32_t leaf, std::uint64_t revision, const Told& event,
          const v1::WorkItem& before, RecentWork& recent) {
  auto item = changed(before, event, revision);
  if (event.last) {
    recent.drop(dossier, event.leg.leg());
  } else {
    recent.put(dossier, event.leg.leg(), item);
  }
  if (event.to == Told::To::kAgency) tell(block, item->agency(), {dossier, leaf, item});
  if (event.to == Told::To::kSender) tell(block, item->sender(), {dossier, leaf, item});
}

Result<void> offer(BlockItems& block, const DossierId& dossier, std::uint32_t leaf, std::uint64_t revision,
                   const ledger_v1::Event& wire, RecentWork& recent) {
  const auto event = parse<v1::WorkOffered>(wire);
  if (!event) return failure(event.error());
  auto item = std::make_shared<v1::WorkItem>();
  item->mutable_work()->set_dossier_id(dossier_text(event->home_key(), dossier));
  item->mutable_work()->set_leg(event->leg().leg());
  item->mutable_work()->set_attempt(event->leg().attempt());
  item->set_revision(revision);
  item->set_state(v1::WORK_STATE_OFFERED);
  item->set_agency(event->agency());
  item->set_dossier_code(event->dossier_code());
  item->set_procedure_code(event->procedure_code());
  item->set_procedure_version(event->procedure_version());
  item->set_leg_id(event->leg_id());
  item->set_sender(event->sender());
  item->mutable_offer_time()->set_seconds(wire.occurred_at() / 1'000'000);
  item->mutable_offer_time()->set_nanos(static_cast<std::int32_t>(wire.occurred_at() % 1'000'000 * 1000));
  *item->mutable_due_time() = event->due_time();
  *item->mutable_overall_due_time() = event->overall_due_time();
  recent.put(dossier, event->leg().leg(), item);
  tell(block, event->agency(), {dossier, leaf, std::move(item)});
  return {};
}

}  // namespace

std::shared_ptr<const v1::WorkItem> RecentWork::find(const DossierId& dossier, std::uint32_t leg) const {
  const auto found = items_.find({dossier, leg});
  return found == items_.end() ? nullptr : found->second;
}

void RecentWork::put(const DossierId& dossier, std::uint32_t leg, std::shared_ptr<const v1::WorkItem> item) {
  const Key key{dossier, leg};
  // A stream that catches up reads old blocks; what is known must not get older by it.
  if (const auto known = find(dossier, leg); known != nullptr && known->revision() > item->revision()) return;
  if (items_.insert_or_assign(key, std::move(item)).second) order_.push_back(key);
  while (order_.size() > entries_max_) {
    items_.erase(order_.front());
    order_.pop_front();
  }
}

void RecentWork::drop(const DossierId& dossier, std::uint32_t leg) { items_.erase({dossier, leg}); }

std::uint64_t stream_mask() {
  EventMask mask = 0;
  for (std::uint32_t type = v1::EVENT_TYPE_WORK_OFFERED; type <= v1::EVENT_TYPE_WORK_CLOSED; ++type) mask |= mask_of(type);
  return mask;
}

Result<BlockItemsPtr> read_block(const block::Block& block, RecentWork& recent) {
  auto out = std::make_shared<BlockItems>();
  out->block_seq = block.header().block_seq;
  out->leaf_count = static_cast<std::uint32_t>(block.leaf_count());
  const auto mask = stream_mask();
  for (std::uint32_t i = 0; i < out->leaf_count; ++i) {
    if ((block.leaf_events(i) & mask) == 0) continue;
    ledger_v1::Leaf leaf;
    if (!leaf.ParseFromArray(block.leaf_bytes(i).data(), static_cast<int>(block.leaf_bytes(i).size())))
      return malformed("leaf");
    const auto dossier = DossierId::from(leaf.dossier_id());
    if (!dossier) return failure(dossier.error());
    for (auto& wire : *leaf.mutable_events()) {
      if (wire.type() > 63 || (mask_of(wire.type()) & mask) == 0) continue;
      if (wire.type() == v1::EVENT_TYPE_WORK_OFFERED) {
        if (auto offered = offer(*out, *dossier, i, leaf.dossier_seq(), wire, recent); !offered)
          return failure(offered.error());
        continue;
      }
      const auto event = read_event(wire);
      if (!event) return failure(event.error());
      // A dossier that is looked up is looked up for all its events of this block, so that they keep their order.
      const bool waits =
          std::any_of(out->open.begin(), out->open.end(), [&](const auto& o) { return o.dossier == *dossier; });
      if (const auto before = waits ? nullptr : recent.find(*dossier, event->leg.leg())) {
        take(*out, *dossier, i, leaf.dossier_seq(), *event, *before, recent);
      } else if (event->to != Told::To::kNobody || waits) {
        out->open.push_back({*dossier, i, leaf.dossier_seq(), std::move(wire)});
      }
    }
  }
  out->ready = out->open.empty();
  return out;
}

void resolve(BlockItems& block, const BlockItems::Open& open, const v1::StoredCase* stored, RecentWork& recent) {
  const auto event = read_event(open.event);
  if (!event || stored == nullptr) return;
  const auto* work = find_work(*stored, event->leg.leg(), 0);
  if (work == nullptr) return;
  auto before = work_item(open.dossier, open.revision, *stored, *work);
  before.clear_results();
  take(block, open.dossier, open.leaf, open.revision, *event, before, recent);
}

}  // namespace lienthong::agency_processing
