#include "monitoring/adapters/monitoring_metrics.h"

#include "monitoring/adapters/event_reader.h"
#include "shared_kernel/deadline.h"

#include <algorithm>
#include <limits>
#include <string>
#include <tuple>

namespace lienthong::monitoring {
namespace {

using shared_kernel::Catalogue;

double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }
double count(std::uint64_t number) { return static_cast<double>(number); }

void collect_lane(const LaneView& lane, observe::Metrics& out) {
  const std::string p = std::to_string(lane.partition.partition);
  const observe::Metrics::Labels labels = {{"service", lane.partition.ledger}, {"partition", p}};
  out.gauge("lienthong_ledger_halted", "1 while the ledger breaks its chain and is read no further.", labels,
            lane.halt_reason.empty() ? 0 : 1);
  out.gauge("lienthong_ledger_head_seq", "Last effective block that monitoring has read.", labels, count(lane.head_seq));
  out.counter("lienthong_ledger_decisions_total", "Effective decisions.", labels, count(lane.decisions));
  out.counter("lienthong_ledger_void_records_total", "Records that lost a duel or came twice.", labels,
              count(lane.void_records));
  out.counter("lienthong_ledger_foreign_records_total", "Records of another ledger. None may be there.", labels,
              count(lane.foreign_records));
  out.gauge("lienthong_ledger_unread_records", "Records between monitoring and the end of the log.", labels,
            lane.end_offset < 0 ? 0 : static_cast<double>(lane.end_offset - lane.next_offset));
  out.gauge("lienthong_ledger_clock_ahead_seconds", "How far the writer's clock was ahead of monitoring's.", labels,
            seconds(lane.clock_ahead));
}

void collect_parked(const FlowView& flow, ReadModelViews& views, Instant now, observe::Metrics& out) {
  std::map<LedgerName, std::uint64_t> parked;
  for (const auto& lane : flow.lanes) {
    if (ledger_number(lane.partition.ledger) != LedgerNo::kNone) parked[lane.partition.ledger] += lane.parked;
  }
  for (const auto& [service, number] : parked) {
    out.gauge("lienthong_parked_dossiers", "Dossiers that wait for an operator to repair an event.", {{"service", service}},
              count(number));
  }
  const auto oldest = [&](StuckKind kind) -> std::optional<double> {
    const auto found = views.stuck({{kind}, {now}}, std::nullopt, 1);
    if (!found) return std::nullopt;
    return found->empty() ? 0 : seconds(now - found->front().since);
  };
  if (const auto age = oldest(StuckKind::kParked)) {
    out.gauge("lienthong_parked_oldest_seconds", "How long the dossier parked first has waited.", {}, *age);
  }
  if (const auto age = oldest(StuckKind::kAwaitsDecision)) {
    out.gauge("lienthong_leg_undecided_oldest_seconds", "How long the leg that nobody takes has waited for a decision.", {},
              *age);
  }
  if (const auto age = oldest(StuckKind::kSilentShipment)) {
    out.gauge("lienthong_shipment_silent_oldest_seconds", "How long ago the shipment silent longest was heard of.", {},
              *age);
  }
  for (const auto& [kind, name, help] :
       {std::tuple(StuckKind::kSilentShipment, "lienthong_shipments_silent",
                   "Dossiers and bags with a shipment of which nothing was heard for longer than usual."),
        std::tuple(StuckKind::kOrderRefused, "lienthong_shipments_refused",
                   "Dossiers with an order that the carrier refuses."),
        std::tuple(StuckKind::kUndelivered, "lienthong_notices_undelivered",
                   "Dossiers with a notice that reached nobody.")}) {
    if (const auto number = views.count(StuckFilter{{kind}, {now}})) out.gauge(name, help, {}, count(*number));
  }
}

/// Of the legs that have waited longest by the wall, the longest on its agency's own calendar.
void collect_unanswered(ReadModelViews& views, const Catalogue& catalogue, Instant now, observe::Metrics& out) {
  constexpr std::size_t kLegsLookedAt = 50;
  const auto found = views.stuck({{StuckKind::kNotPickedUp}, {now}}, std::nullopt, kLegsLookedAt);
  if (!found) return;
  std::int64_t minutes = 0;
  for (const auto& one : *found) {
    const auto* leg = one.found.dossier.unanswered();
    const auto* agency = leg == nullptr ? nullptr : catalogue.agency(leg->agency);
    if (agency == nullptr) continue;
    minutes = std::max(minutes, working_minutes_left(catalogue.calendar_of(*agency), leg->unanswered_since, now));
  }
  out.gauge("lienthong_leg_unanswered_oldest_working_seconds",
            "How long a leg has waited for its agency, in working time on the agency's calendar.", {},
            static_cast<double>(minutes) * 60);
}

void collect_notices(const NoticeCounts& notices, observe::Metrics& out) {
  for (const auto& [result, number] :
       {std::pair("handed_over", notices.handed_over), std::pair("permanent_failure", notices.permanent_failures),
        std::pair("temporary_failure", notices.temporary_failures),
        std::pair("technical_failure", notices.technical_failures)}) {
    out.counter("lienthong_notices_total", "What became of notices.", {{"result", result}}, count(number));
  }
}

void collect_pairs(const FlowView& flow, Instant now, observe::Metrics& out) {
  for (const auto& [pair, state] : flow.pairs) {
    const std::string p = std::to_string(pair.partition);
    const observe::Metrics::Labels labels = {
        {"service", ledger_name(pair.reader)}, {"source", ledger_name(pair.source)}, {"partition", p}};
    const double age = state.oldest.micros == 0 ? 0 : std::max(0.0, seconds(now - state.oldest));
    out.gauge("lienthong_lane_input_lag_decisions", "Decisions of the source that the service has still to take.", labels,
              count(state.waiting));
    out.gauge("lienthong_lane_input_lag_blocks", "Blocks of the source that hold them.", labels, count(state.blocks));
    out.gauge("lienthong_lane_input_lag_seconds", "Age of the first of them.", labels, age);
    const bool late = age > seconds(kHandoverLimit);
    out.gauge("lienthong_reconciliation_gap_events",
              "Decisions that did not reach their reader: passed over, named twice, or waiting for more than 60 s.", labels,
              count(state.missing + state.unexpected + (late ? state.waiting : 0)));
  }
}

void collect_handovers(const FlowView& flow, observe::Metrics& out) {
  // All partitions of a pair together: which partition a dossier is in says nothing.
  std::map<std::pair<LedgerNo, LedgerNo>, HandoverTimes> sums;
  for (const auto& [pair, times] : flow.handovers) {
    auto& sum = sums[{pair.source, pair.reader}];
    for (std::size_t i = 0; i < times.counts.size(); ++i) sum.counts.at(i) += times.counts.at(i);
    sum.sum_seconds += times.sum_seconds;
  }
  for (const auto& [ends, times] : sums) {
    double all = 0;
    for (std::size_t i = 0; i < times.counts.size(); ++i) {
      all += count(times.counts.at(i));
      out.bucket("lienthong_handoff_latency_seconds", "Machine time from a decision to the one another service made of it.",
                 {{"from", ledger_name(ends.first)}, {"to", ledger_name(ends.second)}},
                 i < kHandoverBounds.size() ? kHandoverBounds.at(i) : std::numeric_limits<double>::infinity(), all,
                 times.sum_seconds);
    }
  }
}

const char* name_of(DueState due) {
  switch (due) {
    case DueState::kOnTrack: return "on_track";
    case DueState::kDueSoon: return "due_soon";
    case DueState::kOverdue: return "overdue";
    case DueState::kPaused: return "paused";
    case DueState::kNone: return "none";
  }
  return "none";
}

}  // namespace

void collect(const FlowView& flow, ReadModelViews& views, const Catalogue* catalogue, Instant now, observe::Metrics& out) {
  for (const auto& lane : flow.lanes) collect_lane(lane, out);
  collect_parked(flow, views, now, out);
  collect_pairs(flow, now, out);
  collect_handovers(flow, out);
  collect_notices(flow.notices, out);
  if (catalogue != nullptr) collect_unanswered(views, *catalogue, now, out);
  const auto open = views.open_by_due(now);
  if (!open) return;
  for (const auto& [due, number] : *open) {
    out.gauge("lienthong_dossiers_open", "Open dossiers by how they stand to their appointment (statutory time).",
              {{"due", name_of(due)}}, count(number));
  }
}

}  // namespace lienthong::monitoring
