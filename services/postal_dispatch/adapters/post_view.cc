#include "postal_dispatch/adapters/post_view.h"

#include "postal_dispatch/adapters/post_values.h"

namespace lienthong::postal_dispatch {
namespace {

void set_time(Instant at, google::protobuf::Timestamp& to) { shared_kernel::wire::encode(at, to); }

v1::EntryNote note_of(EntryNote note) {
  switch (note) {
    case EntryNote::kCounts: return v1::ENTRY_NOTE_COUNTS;
    case EntryNote::kAfterEnd: return v1::ENTRY_NOTE_AFTER_END;
    case EntryNote::kProofMissing: return v1::ENTRY_NOTE_PROOF_MISSING;
  }
  return v1::ENTRY_NOTE_UNSPECIFIED;
}

void show(const Entry& from, EntryNote note, v1::EntryView& to) {
  to.set_carrier(from.carrier);
  to.set_raw_code(from.raw_code);
  to.set_table_version(from.table_version);
  to.set_milestone(static_cast<v1::Milestone>(from.milestone));
  set_time(from.at, *to.mutable_entry_time());
  to.set_place(from.place);
  to.set_reason(from.reason);
  to.set_amount(from.amount);
  to.set_receipt(from.receipt);
  to.set_proofs(static_cast<std::uint32_t>(from.proofs.size()));
  to.set_note(note_of(note));
}

v1::PaperPlace place_of(PaperPlace place) { return static_cast<v1::PaperPlace>(place); }
static_assert(static_cast<int>(PaperPlace::kMissing) == v1::PAPER_PLACE_MISSING);

}  // namespace

void show(const DossierName& owner, const Shipment& from, v1::ShipmentView& to) {
  const auto standing = standing_of(from);
  to.set_dossier_id(shared_kernel::format_dossier_name(owner));
  to.set_number(from.number);
  to.set_kind(static_cast<v1::ShipmentKind>(from.kind));
  to.set_carrier(from.carrier);
  to.set_item(from.item);
  to.set_agency(from.agency);
  to.set_destination(from.destination);
  to.set_order(static_cast<v1::OrderState>(from.order));
  to.set_order_reason(from.order_reason);
  to.set_milestone(static_cast<v1::Milestone>(standing.milestone));
  to.set_stable(static_cast<v1::StableState>(standing.stable));
  to.set_reason(standing.reason);
  set_time(standing.since, *to.mutable_since_time());
  set_time(standing.last_scanned, *to.mutable_last_scan_time());
  to.set_attempts(standing.attempts);
  to.set_ended(standing.ended);
  to.set_silent(from.silent);
  to.set_cod_amount(from.cod_amount);
  to.set_cod_collected(standing.cod_collected);
  to.set_cod_settled(standing.cod_settled);
  wire::encode(from.papers, to.mutable_papers());
  for (std::size_t i = 0; i < from.timeline.size(); ++i) show(from.timeline[i], standing.notes[i], *to.add_timeline());
  for (const auto& held : standing.custody) {
    auto& one = *to.add_custody();
    set_time(held.since, *one.mutable_since_time());
    if (held.until) set_time(*held.until, *one.mutable_until_time());
  }
}

void show(Bundle bundle, const PaperStanding& from, v1::PaperStanding& to) {
  to.set_bundle(static_cast<v1::Bundle>(bundle));
  to.set_place(place_of(from.place));
  to.set_holder(from.holder);
  if (from.since.micros != 0) set_time(from.since, *to.mutable_since_time());
  wire::encode(from.papers, to.mutable_papers());
  to.set_apart_from_data(from.apart_from_data);
}

void show(const DossierName& name, std::uint64_t revision, const Bag& from, v1::Bag& to) {
  to.set_bag_id(shared_kernel::format_dossier_name(name));
  to.set_sender(from.sender);
  to.set_seal(from.seal);
  if (!from.seal.empty()) set_time(from.sealed_at, *to.mutable_seal_time());
  wire::encode_all(from.lines, to.mutable_lines());
  for (const auto& failed : from.untold) to.add_untold(failed.target);
  show(name, from.shipment, *to.mutable_shipment());
  to.set_revision(revision);
  if (!from.opened) return;
  to.set_seal_found(from.seal_found);
  set_time(from.opened_at, *to.mutable_open_time());
  for (const auto& difference : differences_of(from)) {
    auto& one = *to.add_differences();
    one.set_dossier_id(shared_kernel::format_dossier_name(difference.listed.dossier));
    one.set_bundle(static_cast<v1::Bundle>(difference.listed.bundle));
    wire::encode(difference.missing, one.mutable_missing());
    wire::encode(difference.extra, one.mutable_extra());
  }
}

void show(const Settlement& from, v1::Settlement& to) {
  const auto differences = differences_of(from);
  to.set_home_key(from.home.text());
  to.set_carrier(from.carrier);
  to.set_day(shared_kernel::format_day(from.day));
  to.set_state(!from.declared        ? v1::SETTLEMENT_STATE_OPEN
               : differences.empty() ? v1::SETTLEMENT_STATE_BALANCED
                                     : v1::SETTLEMENT_STATE_DIFFERS);
  std::int64_t collected = 0;
  for (const auto& one : from.collections) collected += one.amount;
  to.set_collected(collected);
  std::int64_t declared = 0;
  for (const auto& line : from.lines) declared += line.amount;
  to.set_declared(declared);
  to.set_paid(from.paid);
  wire::encode_all(from.collections, to.mutable_collections());
  for (const auto& difference : differences) {
    auto& one = *to.add_differences();
    one.set_item(difference.item);
    one.set_ours(difference.ours);
    one.set_theirs(difference.theirs);
  }
}

}  // namespace lienthong::postal_dispatch
