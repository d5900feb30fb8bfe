#include "monitoring/adapters/stored_form.h"

#include "monitoring/adapters/event_reader.h"

namespace lienthong::monitoring {
namespace {

void store_paper(const PaperFact& from, v1::StoredPaper& to) {
  to.set_shipment(from.shipment);
  to.set_kind(from.kind);
  to.set_milestone(from.milestone);
  to.set_stable(from.stable);
  to.set_bag_fact(from.bag_fact);
  to.set_bundle(from.bundle);
  to.set_carrier(from.carrier);
  to.set_item(from.item);
  to.set_raw_code(from.raw_code);
  to.set_place(from.place);
  to.set_destination(from.destination);
  to.set_at(from.at.micros);
}

PaperFact restore_paper(const v1::StoredPaper& from) {
  return {from.shipment(), from.kind(), from.milestone(), from.stable(), from.bag_fact(),    from.bundle(),
          from.carrier(),  from.item(), from.raw_code(),  from.place(),  from.destination(), {from.at()}};
}

void store_notice(const NoticeFact& from, v1::StoredNoticeFact& to) {
  to.set_notice(from.notice);
  to.set_channel(from.channel);
  to.set_phase(from.phase);
  to.set_event(from.event);
  to.set_recipient(from.recipient);
  to.set_provider(from.provider);
}

NoticeFact restore_notice(const v1::StoredNoticeFact& from) {
  return {from.notice(), from.channel(), from.phase(), from.event(), from.recipient(), from.provider()};
}

void store_event(const Event& from, v1::StoredEvent& to) {
  to.set_type(from.type);
  to.set_occurred_at(from.occurred_at.micros);
  to.set_leg(from.leg.leg);
  to.set_attempt(from.leg.attempt);
  if (!from.agency.empty()) to.set_agency(from.agency);
  if (!from.sender.empty()) to.set_sender(from.sender);
  if (!from.reason_code.empty()) to.set_reason_code(from.reason_code);
  to.set_due_at(from.due.micros);
  to.set_status(from.status);
  to.set_late(from.late);
  if (from.paper) store_paper(*from.paper, *to.mutable_paper());
  if (from.notice) store_notice(*from.notice, *to.mutable_notice());
  if (!from.custody) return;
  to.set_agency(from.custody->agency);
  to.set_holder_kind(static_cast<std::uint32_t>(from.custody->kind));
  to.set_holder_leg(from.custody->leg);
  to.set_since_at(from.custody->since.micros);
  to.set_until_at(from.custody->until.micros);
  to.set_wall_minutes(from.custody->wall_minutes);
  to.set_holder_minutes(from.custody->holder_minutes);
  to.set_desk_minutes(from.custody->desk_minutes);
}

Event restore_event(LedgerNo ledger, const v1::StoredEvent& from) {
  Event to;
  to.what = meaning(ledger, from.type());
  to.type = from.type();
  to.occurred_at = {from.occurred_at()};
  to.leg = {from.leg(), from.attempt()};
  to.agency = from.agency();
  to.sender = from.sender();
  to.reason_code = from.reason_code();
  to.due = {from.due_at()};
  to.status = from.status();
  to.late = from.late();
  if (from.has_paper()) to.paper = restore_paper(from.paper());
  if (from.has_notice()) to.notice = restore_notice(from.notice());
  if (from.until_at() != 0) {
    to.custody = Custody{static_cast<HolderKind>(from.holder_kind()),
                         from.agency(),
                         from.holder_leg(),
                         {from.since_at()},
                         {from.until_at()},
                         from.wall_minutes(),
                         from.holder_minutes(),
                         from.desk_minutes()};
  }
  return to;
}

void store_matter(const Matter& from, v1::StoredMatter& to) {
  to.set_of(from.of);
  to.set_since(from.since.micros);
  to.set_reason(from.reason);
}

void restore_matter(const v1::StoredMatter& from, Matter& to) {
  to.of = from.of();
  to.since = {from.since()};
  to.reason = from.reason();
}

void store_matters(const Dossier& from, v1::StoredDetail& to) {
  if (!from.bag.of.empty()) {
    store_matter(from.bag, *to.mutable_bag());
    to.mutable_bag()->set_seal(from.bag.seal);
    to.mutable_bag()->set_manifest(from.bag.manifest);
  }
  if (!from.settlement.of.empty()) store_matter(from.settlement, *to.mutable_settlement());
  if (!from.line.of.empty()) store_matter(from.line, *to.mutable_line());
}

void restore_matters(const v1::StoredDetail& from, Dossier& to) {
  restore_matter(from.bag(), to.bag);
  to.bag.seal = from.bag().seal();
  to.bag.manifest = from.bag().manifest();
  restore_matter(from.settlement(), to.settlement);
  restore_matter(from.line(), to.line);
}

}  // namespace

void store(const Decision& from, v1::StoredEntry& to) {
  to.set_ledger(static_cast<std::uint32_t>(from.at.ledger));
  to.set_seq(from.seq);
  to.set_block_seq(from.at.block_seq);
  to.set_index(from.at.index);
  to.set_decided_at(from.decided_at.micros);
  to.set_cause(static_cast<std::uint32_t>(from.cause));
  to.set_source_ledger(static_cast<std::uint32_t>(from.source.ledger));
  to.set_source_block(from.source.block_seq);
  to.set_source_index(from.source.index);
  if (!from.note.empty()) to.set_note(from.note);
  for (const auto& event : from.events) store_event(event, *to.add_events());
  if (!from.traceparent.empty()) to.set_traceparent(from.traceparent);
}

void restore(const v1::StoredEntries& from, std::vector<Decision>& to) {
  for (const auto& entry : from.entries()) {
    auto& decision = to.emplace_back();
    decision.at = {static_cast<LedgerNo>(entry.ledger()), entry.block_seq(), entry.index()};
    decision.seq = entry.seq();
    decision.decided_at = {entry.decided_at()};
    decision.cause = static_cast<CauseKind>(entry.cause());
    decision.source = {static_cast<LedgerNo>(entry.source_ledger()), entry.source_block(), entry.source_index()};
    decision.note = entry.note();
    for (const auto& event : entry.events()) decision.events.push_back(restore_event(decision.at.ledger, event));
    decision.traceparent = entry.traceparent();
  }
}

void store(const Dossier& from, v1::StoredDetail& to) {
  for (std::size_t i = 0; i < from.strands.size(); ++i) {
    const auto& strand = from.strands[i];
    if (strand.seq == 0) continue;
    auto& out = *to.add_strands();
    out.set_ledger(static_cast<std::uint32_t>(i + 1));
    out.set_seq(strand.seq);
    out.set_last_leaf(std::string(strand.last_leaf.view()));
    out.set_parked_at(strand.parked_at.micros);
    out.set_park_reason(strand.park_reason);
    for (const auto& timer : strand.timers) {
      out.add_timer_ids(timer.id);
      out.add_timer_due(timer.due.micros);
    }
  }
  for (const auto& leg : from.legs) {
    auto& out = *to.add_legs();
    out.set_leg(leg.ref.leg);
    out.set_attempt(leg.ref.attempt);
    out.set_agency(leg.agency);
    out.set_unanswered_since(leg.unanswered_since.micros);
    out.set_undecided_since(leg.undecided_since.micros);
    out.set_reason(leg.reason);
  }
  for (const auto& shipment : from.shipments) {
    auto& out = *to.add_shipments();
    out.set_number(shipment.number);
    out.set_agency(shipment.agency);
    out.set_silent_since(shipment.silent_since.micros);
    out.set_refused_since(shipment.refused_since.micros);
    out.set_reason(shipment.reason);
    out.set_kind(shipment.kind);
    out.set_stable(shipment.stable);
    out.set_stands_since(shipment.stands_since.micros);
  }
  store_matters(from, to);
  for (std::size_t i = 0; i < from.notices.size(); ++i) {
    const auto& notice = from.notices[i];
    to.add_notice_tellings(notice.telling);
    to.add_notice_standings(static_cast<std::uint32_t>(notice.standing));
    if (notice.standing != NoticeStanding::kFailed) continue;
    auto& failure = *to.add_failures();
    failure.set_notice(static_cast<std::uint32_t>(i + 1));
    failure.set_since(notice.failed_at.micros);
    failure.set_reason(notice.reason);
  }
}

void restore(const v1::StoredDetail& from, Dossier& to) {
  for (const auto& stored : from.strands()) {
    if (stored.ledger() == 0 || stored.ledger() > kLedgers) continue;
    auto& strand = to.strand(static_cast<LedgerNo>(stored.ledger()));
    strand.seq = stored.seq();
    if (const auto hash = Hash::from(stored.last_leaf())) strand.last_leaf = *hash;
    strand.parked_at = {stored.parked_at()};
    strand.park_reason = stored.park_reason();
    for (int i = 0; i < stored.timer_ids_size(); ++i) strand.timers.push_back({stored.timer_ids(i), {stored.timer_due(i)}});
  }
  for (const auto& leg : from.legs()) {
    to.legs.push_back(
        {{leg.leg(), leg.attempt()}, leg.agency(), {leg.unanswered_since()}, {leg.undecided_since()}, leg.reason()});
  }
  for (const auto& one : from.shipments()) {
    to.shipments.push_back({one.number(),
                            one.agency(),
                            {one.silent_since()},
                            {one.refused_since()},
                            one.reason(),
                            one.kind(),
                            one.stable(),
                            {one.stands_since()}});
  }
  restore_matters(from, to);
  for (int i = 0; i < from.notice_tellings_size(); ++i) {
    to.notices.push_back({from.notice_tellings(i), static_cast<NoticeStanding>(from.notice_standings(i)), {}, {}});
  }
  for (const auto& one : from.failures()) {
    auto& notice = to.notices.at(one.notice() - 1);
    notice.failed_at = {one.since()};
    notice.reason = one.reason();
  }
}

}  // namespace lienthong::monitoring
