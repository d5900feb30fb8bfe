#include "monitoring/adapters/timeline_view.h"

#include "monitoring/adapters/event_reader.h"
#include "platform/base/encoding.h"
#include "platform/rpc/message_check.h"
#include "shared_kernel/dossier_id.h"

#include <algorithm>

namespace lienthong::monitoring {
namespace {

namespace postal_v1 = ::lienthong::postal::v1;
namespace notification_v1 = ::lienthong::notification::v1;
using shared_kernel::Catalogue;

/// Sets a time through the getter of its field, which is called only for a time that there is.
template <class Field>
void set_time(Instant from, Field field) {
  if (from.micros != 0) rpc::set_timestamp(from, *field());
}

void set_duration(Duration from, google::protobuf::Duration& to) {
  constexpr std::int64_t kMicros = 1'000'000;
  to.set_seconds(from.count() / kMicros);
  to.set_nanos(static_cast<std::int32_t>(from.count() % kMicros * 1000));
}

void set_leg(const LegRef& from, ::lienthong::kernel::v1::LegRef& to) {
  to.set_leg(from.leg);
  to.set_attempt(from.attempt);
}

v1::HolderKind holder_kind(HolderKind from) { return static_cast<v1::HolderKind>(from); }

void set_position(LedgerNo ledger, std::uint32_t partition, std::uint64_t block_seq, ::lienthong::api::v1::Position& out) {
  out.set_service(ledger_name(ledger));
  out.set_partition(partition);
  out.set_block_seq(block_seq);
}

void show(const PaperFact& from, v1::PaperFact& to) {
  to.set_shipment(from.shipment);
  to.set_kind(static_cast<postal_v1::ShipmentKind>(from.kind));
  to.set_milestone(static_cast<postal_v1::Milestone>(from.milestone));
  to.set_stable(static_cast<postal_v1::StableState>(from.stable));
  to.set_bag_fact(static_cast<postal_v1::BagFactKind>(from.bag_fact));
  to.set_bundle(static_cast<postal_v1::Bundle>(from.bundle));
  to.set_carrier(from.carrier);
  to.set_item(from.item);
  to.set_raw_code(from.raw_code);
  to.set_place(from.place);
  set_time(from.at, [&] { return to.mutable_paper_time(); });
}

void show(const NoticeFact& from, v1::NoticeFact& to) {
  to.set_notice(from.notice);
  to.set_event(from.event);
  to.set_recipient(from.recipient);
  to.set_channel(static_cast<notification_v1::Channel>(from.channel));
  to.set_phase(static_cast<notification_v1::NoticePhase>(from.phase));
  to.set_provider(from.provider);
}

void show(const Event& from, LedgerNo ledger, Instant decided_at, v1::TimelineEvent& to) {
  to.set_name(event_name(ledger, from.type));
  if (from.occurred_at != decided_at) set_time(from.occurred_at, [&] { return to.mutable_occurred_time(); });
  if (from.leg.leg != 0) set_leg(from.leg, *to.mutable_leg());
  if (!from.custody) to.set_agency(from.agency);
  to.set_sender(from.sender);
  to.set_reason_code(from.reason_code);
  set_time(from.due, [&] { return to.mutable_due_time(); });
  to.set_status(static_cast<::lienthong::intake::v1::DossierStatus>(from.status));
  to.set_late(from.late);
  if (from.custody) monitoring::show(*from.custody, *to.mutable_custody());
  if (from.paper) show(*from.paper, *to.mutable_paper());
  if (from.notice) show(*from.notice, *to.mutable_notice());
}

constexpr const char* kIntakePaused = "AGENCY_INTAKE_PAUSED";

struct Cure {
  const char* vi;
  const char* en;
};
Cure cure_of(StuckKind kind, const std::string& reason) {
  switch (kind) {
    case StuckKind::kParked:
      if (reason == "CATALOGUE_INCOMPLETE") {
        return {"Nhập lại cơ quan còn thiếu vào danh mục, chạy thử, rồi cho xử lý lại (ltctl parked resume).",
                "Import the missing agency into the catalogue again, try, then retry (ltctl parked resume)."};
      }
      return {"Chạy thử (ltctl parked try) để xem nguyên nhân; sửa xong thì cho xử lý lại, hoặc hai người cùng bỏ qua.",
              "Try it (ltctl parked try) to see why; once that is cured retry, or have two persons skip it."};
    case StuckKind::kNotPickedUp:
      return {"Nhắc cơ quan tiếp nhận hoặc từ chối; người điều phối có thể giao chặng cho cơ quan khác.",
              "Remind the agency to accept or refuse; an operator may offer the leg to another agency."};
    case StuckKind::kAwaitsDecision:
      if (reason == kIntakePaused) {
        return {
            "Cơ quan đang tạm dừng tiếp nhận; khi mở lại (ltctl agency resume) các chặng này được giao lại, hoặc giao cho "
            "cơ quan khác.",
            "The agency has paused its intake; when it is resumed (ltctl agency resume) these legs are offered again, or "
            "offer them to another one."};
      }
      return {"Giao lại chặng cho một cơ quan, hoặc kết thúc hồ sơ với lý do bằng văn bản.",
              "Offer the leg to an agency again, or end the dossier with a written reason."};
    case StuckKind::kSilentShipment:
      return {"Hỏi bưu chính về bưu gửi; tìm thấy thì ghi sự kiện, mất thì ghi mất rồi gửi lại (ltctl shipment get).",
              "Ask the carrier for the item; record what is found, or record it lost and send again (ltctl shipment get)."};
    case StuckKind::kOrderRefused:
      return {"Xem lý do bưu chính không nhận, sửa xong thì đặt lại (ltctl shipment reorder).",
              "See why the carrier refuses, mend it, then place the order again (ltctl shipment reorder)."};
    case StuckKind::kUndelivered:
      return {"Xem lý do; địa chỉ hoặc nhà cung cấp sửa xong thì gửi lại (ltctl notice retry), hoặc báo bằng cách khác.",
              "See why; once the address or the provider is mended send it again (ltctl notice retry), or tell them another "
              "way."};
    case StuckKind::kLostAtPost:
      return {
          "Kết quả quay về: mời công dân tới nhận hoặc gửi lại; bưu gửi mất: làm việc với bưu chính, cấp lại giấy tờ rồi "
          "gửi lại (ltctl shipment get).",
          "A result that came back: have it fetched or send it again. Lost: see the carrier, issue the papers anew and "
          "send them again (ltctl shipment get)."};
    case StuckKind::kProofMissing:
      return {"Yêu cầu bưu chính gửi lại lượt quét kèm bằng chứng phát; chưa có thì coi như chưa phát.",
              "Have the carrier send the scan again with its proof; until then it does not count as delivered."};
    case StuckKind::kBagDiffers:
      return {
          "So bản kê với biên bản mở túi (ltctl bag print); cơ quan gửi tìm giấy thiếu, ghi lại hồ sơ chưa được báo.",
          "Compare the manifest with what was found (ltctl bag print); the sender looks for what is missing, and records "
          "it with dossiers that were not told."};
    case StuckKind::kUnbalanced:
      return {"Xem từng khoản chênh lệch, đối chiếu với bưu chính; bưu chính khai lại ngày đó thì tự khớp.",
              "See every difference and clear it with the carrier; once the day is declared anew it balances by itself."};
    case StuckKind::kLineSuspended:
      return {"Xem lý do (ltctl webhook list); bên nhận sửa xong thì cho gửi tiếp (ltctl webhook resume).",
              "See why (ltctl webhook list); once the subscriber has mended it have sending go on (ltctl webhook resume)."};
  }
  return {"", ""};
}

void show_matter(LedgerNo service, const Matter& matter, const std::string& agency, v1::StuckDossier& to) {
  to.set_service(ledger_name(service));
  to.set_agency(agency);
  to.set_subject(matter.of);
  to.set_reason(matter.reason);
}

void show_shipment(const Shipment* shipment, v1::StuckDossier& to) {
  to.set_service(ledger_name(LedgerNo::kPostalDispatch));
  if (shipment == nullptr) return;
  to.set_shipment(shipment->number);
  to.set_agency(shipment->agency);
  to.set_reason(shipment->reason);
}

}  // namespace

std::string name_of(const FoundDossier& found) {
  const auto home = shared_kernel::HomeKey::parse(found.dossier.home_key);
  if (!home) return to_base32(found.id.view());
  return shared_kernel::format_dossier_name({*home, found.id});
}

std::string tier_of(const Catalogue& catalogue, const std::string& agency) {
  const auto* known = agency.empty() ? nullptr : catalogue.agency(agency);
  return known == nullptr ? std::string() : known->tier;
}

v1::DossierSummary summary(const FoundDossier& found, const Catalogue& catalogue, Instant now) {
  const auto& from = found.dossier;
  v1::DossierSummary to;
  to.set_dossier_id(name_of(found));
  to.set_dossier_code(from.code);
  to.set_status(static_cast<::lienthong::intake::v1::DossierStatus>(from.status));
  to.set_procedure_code(from.procedure);
  to.set_channel(static_cast<::lienthong::intake::v1::Channel>(from.channel));
  to.set_received_by(from.received_by);
  to.set_holder_kind(holder_kind(from.holder_kind));
  to.set_holder(from.holder);
  to.set_tier(tier_of(catalogue, from.holder));
  set_time(from.created, [&] { return to.mutable_create_time(); });
  set_time(from.due, [&] { return to.mutable_due_time(); });
  to.set_due(static_cast<v1::DueState>(due_state(from, now)));
  set_time(from.closed, [&] { return to.mutable_close_time(); });
  to.set_late(from.late);
  to.set_parked(from.parked_in() != LedgerNo::kNone);
  to.set_legs_unanswered(static_cast<std::uint32_t>(
      std::count_if(from.legs.begin(), from.legs.end(), [](const Leg& leg) { return leg.unanswered_since.micros != 0; })));
  return to;
}

void show(const Custody& from, v1::Custody& to) {
  to.set_holder_kind(holder_kind(from.kind));
  to.set_agency(from.agency);
  to.set_leg(from.leg);
  set_time(from.since, [&] { return to.mutable_since_time(); });
  set_time(from.until, [&] { return to.mutable_until_time(); });
  to.set_wall_minutes(from.wall_minutes);
  to.set_holder_minutes(from.holder_minutes);
  to.set_desk_minutes(from.desk_minutes);
  to.set_item(from.item);
}

void show(const Entry& entry, std::uint32_t partition, v1::TimelineEntry& out) {
  const auto& from = entry.decision;
  out.set_service(ledger_name(from.at.ledger));
  out.set_revision(from.seq);
  set_position(from.at.ledger, partition, from.at.block_seq, *out.mutable_position());
  out.set_index(from.at.index);
  set_time(from.decided_at, [&] { return out.mutable_decide_time(); });
  out.set_cause(static_cast<v1::CauseKind>(from.cause));
  if (from.source.ledger != LedgerNo::kNone) {
    set_position(from.source.ledger, partition, from.source.block_seq, *out.mutable_source());
    out.set_source_index(from.source.index);
  }
  if (entry.machine_time) set_duration(*entry.machine_time, *out.mutable_machine_time());
  out.set_note(from.note);
  for (const auto& event : from.events) show(event, from.at.ledger, from.decided_at, *out.add_events());
  out.set_traceparent(from.traceparent);
}

void show(const Hop& from, const Catalogue& catalogue, v1::Hop& to) {
  set_leg(from.leg, *to.mutable_leg());
  to.set_sender(from.sender);
  to.set_agency(from.agency);
  to.set_tier(tier_of(catalogue, from.agency));
  set_time(from.offered, [&] { return to.mutable_offer_time(); });
  set_time(from.arrived, [&] { return to.mutable_arrive_time(); });
  set_time(from.accepted, [&] { return to.mutable_accept_time(); });
  set_time(from.ended, [&] { return to.mutable_end_time(); });
  set_time(from.completed, [&] { return to.mutable_complete_time(); });
  set_time(from.confirmed, [&] { return to.mutable_confirm_time(); });
  set_time(from.due, [&] { return to.mutable_due_time(); });
  if (from.arrived.micros != 0) {
    set_duration(std::max(from.arrived - from.offered, Duration::zero()), *to.mutable_delivery_machine_time());
  }
  set_duration(from.machine_time, *to.mutable_machine_time());
  to.set_statutory_minutes(from.statutory_minutes);
  to.set_desk_minutes(from.desk_minutes);
  to.set_late(from.late);
}

void show(const PaperStands& from, v1::ShipmentSummary& to) {
  to.set_number(from.last.shipment);
  to.set_kind(static_cast<postal_v1::ShipmentKind>(from.last.kind));
  to.set_carrier(from.last.carrier);
  to.set_item(from.last.item);
  to.set_agency(from.agency);
  to.set_destination(from.last.destination);
  to.set_milestone(static_cast<postal_v1::Milestone>(from.last.milestone));
  to.set_stable(static_cast<postal_v1::StableState>(from.last.stable));
  to.set_reason_code(from.reason);
  set_time(from.last.at, [&] { return to.mutable_since_time(); });
  set_time(from.silent_since, [&] { return to.mutable_silent_since_time(); });
}

void show(const NoticeStands& from, v1::NoticeSummary& to) {
  to.set_number(from.last.notice);
  to.set_event(from.last.event);
  to.set_recipient(from.last.recipient);
  to.set_agency(from.agency);
  to.set_channel(static_cast<notification_v1::Channel>(from.last.channel));
  to.set_phase(static_cast<notification_v1::NoticePhase>(from.last.phase));
  to.set_reason_code(from.reason);
  to.set_provider(from.last.provider);
  set_time(from.created, [&] { return to.mutable_create_time(); });
  set_time(from.changed, [&] { return to.mutable_change_time(); });
}

v1::StuckDossier stuck(const StuckFound& from, const Catalogue& catalogue, Instant now) {
  v1::StuckDossier to;
  const auto& dossier = from.found.dossier;
  to.set_kind(static_cast<v1::StuckKind>(from.kind));
  *to.mutable_dossier() = summary(from.found, catalogue, now);
  set_time(from.since, [&] { return to.mutable_since_time(); });
  const Leg* leg = nullptr;
  switch (from.kind) {
    case StuckKind::kParked:
      if (const auto where = dossier.parked_in(); where != LedgerNo::kNone) {
        to.set_service(ledger_name(where));
        to.set_reason(dossier.strand(where).park_reason);
      }
      break;
    case StuckKind::kNotPickedUp:
      leg = dossier.unanswered();
      to.set_service(ledger_name(LedgerNo::kAgencyProcessing));
      if (leg != nullptr) to.set_agency(leg->agency);
      break;
    case StuckKind::kAwaitsDecision:
      leg = dossier.undecided();
      to.set_service(ledger_name(LedgerNo::kRouting));
      if (leg == nullptr) break;
      to.set_reason(leg->reason);
      if (leg->reason == kIntakePaused) to.set_agency(leg->agency);
      break;
    case StuckKind::kSilentShipment: show_shipment(dossier.silent(), to); break;
    case StuckKind::kOrderRefused: show_shipment(dossier.refused(), to); break;
    case StuckKind::kUndelivered:
      to.set_service(ledger_name(LedgerNo::kNotification));
      to.set_agency(dossier.received_by);
      if (const auto notice = dossier.untold()) {
        to.set_notice(notice->notice);
        to.set_reason(notice->reason);
      }
      break;
    case StuckKind::kLostAtPost:
      show_shipment(dossier.lost(), to);
      if (dossier.lost() != nullptr)
        to.set_reason(dossier.lost()->stable == postal_v1::STABLE_STATE_LOST ? "LOST" : "RETURNED");
      break;
    case StuckKind::kProofMissing:
      show_shipment(dossier.unproved(), to);
      to.set_reason("PROOF_MISSING");
      break;
    case StuckKind::kBagDiffers: show_matter(LedgerNo::kPostalDispatch, dossier.bag, dossier.bag.of, to); break;
    case StuckKind::kUnbalanced: show_matter(LedgerNo::kPostalDispatch, dossier.settlement, dossier.home_key, to); break;
    case StuckKind::kLineSuspended: show_matter(LedgerNo::kNotification, dossier.line, "", to); break;
  }
  if (leg != nullptr) set_leg(leg->ref, *to.mutable_leg());
  const auto cure = cure_of(from.kind, to.reason());
  to.set_cure_vi(cure.vi);
  to.set_cure_en(cure.en);
  return to;
}

void show_position(const LaneView& lane, v1::ReadPosition& out) {
  out.mutable_position()->set_service(lane.partition.ledger);
  out.mutable_position()->set_partition(lane.partition.partition);
  out.mutable_position()->set_block_seq(lane.head_seq);
  set_time(lane.head_at, [&] { return out.mutable_decide_time(); });
}

void show(const LaneView& lane, const FlowView& flow, std::uint64_t timers_due, Instant now, v1::LaneFlow& out) {
  out.mutable_head()->set_service(lane.partition.ledger);
  out.mutable_head()->set_partition(lane.partition.partition);
  out.mutable_head()->set_block_seq(lane.head_seq);
  set_time(lane.head_at, [&] { return out.mutable_head_time(); });
  out.set_read_offset(lane.next_offset);
  out.set_read_lag_records(std::max<std::int64_t>(lane.end_offset - lane.next_offset, 0));
  for (const auto& [pair, state] : flow.pairs) {
    if (pair.partition != lane.partition.partition || ledger_name(pair.source) != lane.partition.ledger) continue;
    auto& reader = *out.add_readers();
    reader.set_reader(ledger_name(pair.reader));
    if (const auto at = flow.positions.find(pair); at != flow.positions.end()) reader.set_block_seq(at->second.block_seq);
    reader.set_lag_blocks(state.blocks);
    reader.set_waiting(state.waiting + state.missing);
    const auto lag = state.oldest.micros == 0 ? Duration::zero() : std::max(now - state.oldest, Duration::zero());
    set_duration(lag, *reader.mutable_lag());
  }
  out.set_blocks(lane.blocks);
  out.set_decisions(lane.decisions);
  out.set_blocks_per_second(lane.blocks_per_second);
  out.set_decisions_per_second(lane.decisions_per_second);
  out.set_parked(lane.parked);
  out.set_timers_due(timers_due);
  out.set_owner(lane.writer);
  out.set_void_records(lane.void_records);
  out.set_foreign_records(lane.foreign_records);
  out.set_halted(!lane.halt_reason.empty());
  out.set_halt_reason(lane.halt_reason);
}

bool show(const FlowView& flow, Instant now, v1::GetReconciliationResponse& out) {
  for (const auto& [pair, state] : flow.pairs) {
    auto& shown = *out.add_pairs();
    shown.set_reader(ledger_name(pair.reader));
    shown.set_source(ledger_name(pair.source));
    shown.set_partition(pair.partition);
    shown.set_expected(state.totals.expected);
    shown.set_reached(state.totals.reached);
    shown.set_waiting(state.waiting);
    shown.set_missing(state.missing);
    shown.set_unexpected(state.unexpected);
    set_time(state.oldest, [&] { return shown.mutable_oldest_time(); });
  }
  for (const auto& [handover, open] : flow.unreached) {
    auto& shown = *out.add_unreached();
    shown.set_reader(ledger_name(handover.reader));
    set_position(handover.source.ledger, handover.partition, handover.source.block_seq, *shown.mutable_source());
    shown.set_index(handover.source.index);
    shown.set_dossier_id(to_base32(open.dossier.view()));
    set_time(open.at, [&] { return shown.mutable_decide_time(); });
    const auto at = flow.positions.find({handover.reader, handover.source.ledger, handover.partition});
    shown.set_missing(at != flow.positions.end() && at->second.passed(handover.source));
  }
  const bool halted =
      std::any_of(flow.lanes.begin(), flow.lanes.end(), [](const auto& lane) { return !lane.halt_reason.empty(); });
  const bool all = !halted && complete(flow.pairs, now);
  out.set_complete(all);
  return all;
}

}  // namespace lienthong::monitoring
