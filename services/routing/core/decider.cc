#include "routing/core/decider.h"

#include "platform/base/overloaded.h"
#include "routing/core/clocks.h"
#include "shared_kernel/draft.h"
#include "shared_kernel/local_time.h"

#include <algorithm>
#include <utility>

namespace lienthong::routing {
namespace {

using shared_kernel::Action;
using shared_kernel::Catalogue;
using Draft = shared_kernel::Draft<Decider>;

/// How long to wait for the catalogue release the desk decided under.
constexpr Duration kPlanRetry = std::chrono::seconds(5);

Decision<Event> refused(Error error) { return shared_kernel::refuse<Event>(std::move(error)); }

std::string reason_of(LegPhase phase) {
  switch (phase) {
    case LegPhase::kPending: return "LEG_NOT_OFFERED";
    case LegPhase::kOffered: return "LEG_NOT_ACCEPTED";
    case LegPhase::kStarted: return "ALREADY_ACCEPTED";
    case LegPhase::kSuspended: return "AWAITING_SUPPLEMENT";
    case LegPhase::kReturned: return "ALREADY_COMPLETED";
    case LegPhase::kReceived: return "ALREADY_CONFIRMED";
    case LegPhase::kAwaitsDecision: return "ALREADY_REFUSED";
    case LegPhase::kRecalled: return "LEG_RECALLED";
  }
  return "LEG_UNKNOWN";
}

/// One decision on one route.
class Planner {
 public:
  Planner(const Catalogue* rules, const State& state, Instant decided_at)
      : rules_(rules), before_(state), draft_(state), decided_at_(decided_at) {}

  void take(const Fact& fact) {
    // A report may state an earlier time than one already taken in; legal intervals do not run backwards.
    const Instant at = std::max(fact.occurred_at, state().held_since);
    std::visit(Overloaded{[&](const DossierReceived& received) { receive(at, received); },
                          [&](const DossierWithdrawn&) { withdraw(at); },
                          [&](const SupplementReceived& received) { resume(at, received.legs); },
                          [&](const LegAccepted& accepted) { start(at, accepted.leg); },
                          [&](const LegRefused& refusal) { decline(at, refusal); },
                          [&](const SupplementAsked& asked) { suspend(at, asked); },
                          [&](const LegCompleted& completed) { complete(at, completed.leg); },
                          [&](const ResultConfirmed& confirmed) { confirm(at, confirmed.leg); }},
               fact.body);
    pass_custody(at);
  }

  void ring() {
    const Instant at = decided_at_;
    if (state().phase == RoutePhase::kDeferred) {
      plan(at, DossierReceived(state().dossier));
      pass_custody(at);
      return;
    }
    if (state().phase != RoutePhase::kRunning) return;
    const auto passed = [&](Instant due) { return due.micros != 0 && due <= at; };
    for (std::size_t i = 0; i < state().legs.size(); ++i) {
      const LegState leg = state().legs[i];
      if (!leg.open() || leg.phase == LegPhase::kSuspended) continue;
      if (!leg.near_due && passed(leg.near_due_at)) draft_.record(at, LegNearDue{leg.ref(), leg.agency, leg.due_at});
      if (!leg.overdue && passed(leg.due_at)) draft_.record(at, LegOverdue{leg.ref(), leg.agency, leg.due_at});
    }
    if (state().stopped_at.micros != 0) return;
    if (!state().near_due && passed(state().near_due_at)) draft_.record(at, DossierNearDue{state().due_at});
    if (!state().overdue && passed(state().due_at)) draft_.record(at, DossierOverdue{state().due_at});
  }

  /// Precondition: the leg awaits a decision or is offered.
  void reoffer(Instant at, const LegState& leg, const std::string& agency) {
    if (leg.phase == LegPhase::kOffered) draft_.record(at, LegRecalled{leg.ref(), leg.agency, "REOFFERED"});
    offer(at, leg.plan.leg, agency);
    pass_custody(at);
  }

  void refuse_finally(Instant at, std::uint32_t leg, const RefuseFinally& refusal) {
    recall_open(at, "REFUSED_FINALLY");
    draft_.record(at, DossierRefusedFinally{leg, refusal.reason_code, refusal.reason});
    pass_custody(at);
  }

  Decision<Event> finish(bool rang) && {
    const Instant armed = next_alarm(before_);
    const Instant wanted = next_alarm(state());
    auto decision = std::move(draft_).finish();
    if (wanted.micros != 0 && (rang || wanted != armed)) {
      decision.timers.push_back(ArmTimer{kAlarm, wanted});
    } else if (wanted.micros == 0 && armed.micros != 0 && !rang) {
      decision.timers.push_back(ClearTimer{kAlarm});
    }
    return decision;
  }

 private:
  const State& state() const { return draft_.state(); }

  const shared_kernel::WorkingCalendar& calendar(std::string_view agency) const {
    // `rules_missing` has made sure of the receiving agency.
    return *calendar_of(*rules_, agency, state().dossier.received_by);
  }

  void set_aside(Instant at, const char* input, LegRef leg, std::string reason) {
    draft_.record(at, InputSetAside{input, leg, std::move(reason)});
  }

  /// The leg as offered, if the report speaks of the current offer and the leg is in one of these phases.
  std::optional<LegState> current(Instant at, const char* input, LegRef ref, std::initializer_list<LegPhase> phases) {
    const LegState* leg = state().leg(ref.leg);
    if (leg == nullptr) {
      set_aside(at, input, ref, "LEG_UNKNOWN");
    } else if (leg->attempt != ref.attempt) {
      set_aside(at, input, ref, "OFFER_SUPERSEDED");
    } else if (std::find(phases.begin(), phases.end(), leg->phase) == phases.end()) {
      set_aside(at, input, ref, reason_of(leg->phase));
    } else {
      return *leg;
    }
    return std::nullopt;
  }

  void receive(Instant at, const DossierReceived& received) {
    if (state().phase != RoutePhase::kNone) return set_aside(at, "DOSSIER_ACCEPTED", {}, "ROUTE_EXISTS");
    plan(at, received);
  }

  /// Binds roles to agencies as of the day of receipt. Source: NĐ 118/2025/NĐ-CP; roles, not levels, are in the procedure.
  void plan(Instant at, const DossierReceived& received) {
    const auto* receiver = rules_ == nullptr ? nullptr : rules_->agency(received.received_by);
    const auto procedure =
        rules_ == nullptr ? std::nullopt : rules_->procedure_version(received.procedure_code, received.procedure_version);
    if (receiver == nullptr || !procedure) {
      draft_.record(at, RouteDeferred{received, decided_at_ + kPlanRetry});
      return;
    }
    RoutePlanned planned;
    planned.dossier = received;
    planned.near_due_at = near_due_time(rules_->calendar_of(*receiver), received.received_at, received.appointment_at);
    const auto& legs = procedure->version->legs;
    for (std::uint32_t i = 0; i < legs.size(); ++i) {
      PlannedLeg leg;
      leg.leg = i + 1;
      leg.leg_id = legs[i].id;
      leg.limit = legs[i].limit;
      for (const auto& id : legs[i].after) {
        const auto before = std::find_if(legs.begin(), legs.end(), [&](const auto& other) { return other.id == id; });
        if (before != legs.end()) leg.after.push_back(static_cast<std::uint32_t>(before - legs.begin()) + 1);
      }
      for (const auto* agency : rules_->bind(legs[i].role, *receiver, shared_kernel::day_of(received.received_at))) {
        leg.candidates.push_back(agency->code);
      }
      planned.legs.push_back(std::move(leg));
    }
    draft_.record(at, std::move(planned));
    advance(at);
  }

  /// Offers every leg whose predecessors have given their results back; ends processing when all have.
  void advance(Instant at) {
    for (std::uint32_t number = 1; number <= state().legs.size(); ++number) {
      const auto& leg = state().legs[number - 1];
      const bool ready = std::all_of(leg.plan.after.begin(), leg.plan.after.end(),
                                     [&](std::uint32_t before) { return state().legs[before - 1].done(); });
      if (leg.phase == LegPhase::kPending && ready) offer(at, number, "");
    }
    if (std::all_of(state().legs.begin(), state().legs.end(), [](const LegState& leg) { return leg.done(); })) {
      draft_.record(at, DossierResolved{at, at > state().due_at});
    }
  }

  /// The candidate whose turn it is, or the next that takes new legs; empty: none does.
  std::string next_open(const std::vector<std::string>& candidates, std::uint32_t turn) const {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto& candidate = candidates[(turn + i) % candidates.size()];
      if (!rules_->intake_paused(candidate)) return candidate;
    }
    return {};
  }

  void offer(Instant at, std::uint32_t number, std::string agency) {
    const auto& leg = state().legs[number - 1];
    const auto& candidates = leg.plan.candidates;
    if (agency.empty()) {
      if (candidates.empty()) {
        draft_.record(at, LegAwaitsDecision{leg.ref(), "NO_AGENCY"});
        return;
      }
      agency = next_open(candidates, leg.attempt);
      if (agency.empty()) {
        const auto& paused = candidates[leg.attempt % candidates.size()];
        draft_.record(at, LegAwaitsDecision{leg.ref(), "AGENCY_INTAKE_PAUSED", paused});
        return;
      }
    }
    const auto& hours = calendar(agency);
    const auto& dossier = state().dossier;
    LegOffered offered;
    offered.leg = {number, leg.attempt + 1};
    offered.leg_id = leg.plan.leg_id;
    offered.agency = std::move(agency);
    offered.sender = leg.plan.after.empty() ? dossier.received_by : state().legs[leg.plan.after.front() - 1].agency;
    offered.home = dossier.home;
    offered.dossier_code = dossier.dossier_code;
    offered.procedure_code = dossier.procedure_code;
    offered.procedure_version = dossier.procedure_version;
    offered.overall_due_at = state().due_at;
    offered.due_at = shared_kernel::leg_due_time(hours, leg.plan.limit, at, state().due_at);
    offered.near_due_at = near_due_time(hours, at, offered.due_at);
    draft_.record(at, std::move(offered));
  }

  void recall_open(Instant at, const char* reason) {
    for (std::size_t i = 0; i < state().legs.size(); ++i) {
      const LegState leg = state().legs[i];
      if (leg.open()) draft_.record(at, LegRecalled{leg.ref(), leg.agency, reason});
    }
  }

  void withdraw(Instant at) {
    if (state().phase != RoutePhase::kRunning && state().phase != RoutePhase::kDeferred) {
      const bool resolved = state().phase == RoutePhase::kResolved;
      return set_aside(at, "DOSSIER_WITHDRAWN", {}, resolved ? "DOSSIER_RESOLVED" : "ROUTE_CLOSED");
    }
    recall_open(at, "WITHDRAWN");
    draft_.record(at, RouteStopped{});
  }

  void start(Instant at, LegRef ref) {
    const auto leg = current(at, "LEG_ACCEPTED", ref, {LegPhase::kOffered});
    if (!leg) return;
    const bool first = !state().started;
    draft_.record(at, LegStarted{ref, leg->agency});
    if (first) draft_.record(at, ProcessingStarted{});
  }

  void decline(Instant at, const LegRefused& refusal) {
    const auto leg = current(at, "LEG_REFUSED", refusal.leg, {LegPhase::kOffered});
    if (!leg) return;
    draft_.record(at, LegDeclined{leg->ref(), leg->agency, refusal.reason_code, refusal.reason});
    if (leg->attempt < offers_max(leg->plan)) return offer(at, leg->plan.leg, "");
    draft_.record(at, LegAwaitsDecision{leg->ref(), "ALL_REFUSED"});
  }

  void suspend(Instant at, const SupplementAsked& asked) {
    const auto leg = current(at, "SUPPLEMENT_ASKED", asked.leg, {LegPhase::kStarted});
    if (leg) draft_.record(at, SupplementRequested{leg->ref(), leg->agency, asked.reason_code, asked.reason});
  }

  /// Policy RESUME: every due time that stood still moves by the working time waited.
  void resume(Instant at, const std::vector<LegRef>& refs) {
    std::vector<LegState> waited;
    ClockResumed resumed;
    for (const auto& ref : refs) {
      const auto leg = current(at, "SUPPLEMENT_RECEIVED", ref, {LegPhase::kSuspended});
      if (!leg) continue;
      waited.push_back(*leg);
      resumed.legs.push_back(ref);
    }
    if (waited.empty()) return;
    const auto suspended = std::count_if(state().legs.begin(), state().legs.end(),
                                         [](const LegState& leg) { return leg.phase == LegPhase::kSuspended; });
    resumed.whole = static_cast<std::size_t>(suspended) == waited.size();
    const Instant stopped_at = state().stopped_at;
    draft_.record(at, resumed);
    if (resumed.whole) {
      const auto& hours = calendar(state().dossier.received_by);
      const Instant due = shared_kernel::resumed_due_time(hours, state().due_at, stopped_at, std::max(stopped_at, at));
      if (due != state().due_at) draft_.record(at, AppointmentChanged{state().due_at, due, near_due_time(hours, at, due)});
    }
    for (const auto& leg : waited) {
      const auto& hours = calendar(leg.agency);
      const Instant moved =
          shared_kernel::resumed_due_time(hours, leg.due_at, leg.suspended_at, std::max(leg.suspended_at, at));
      const Instant due = std::min(moved, std::max(state().due_at, leg.due_at));
      if (due != leg.due_at) {
        draft_.record(at,
                      LegDueChanged{leg.ref(), leg.agency, leg.due_at, due, near_due_time(hours, at, due), state().due_at});
      }
    }
  }

  void complete(Instant at, LegRef ref) {
    const auto leg = current(at, "LEG_COMPLETED", ref, {LegPhase::kStarted});
    if (!leg) return;
    draft_.record(at, LegReturned{ref, leg->agency, at > leg->due_at});
    advance(at);
  }

  void confirm(Instant at, LegRef ref) {
    const auto leg = current(at, "RESULT_CONFIRMED", ref, {LegPhase::kReturned});
    if (!leg) return;
    draft_.record(at, LegResultReceived{ref, leg->sender});
    const bool all = std::all_of(state().legs.begin(), state().legs.end(),
                                 [](const LegState& other) { return other.phase == LegPhase::kReceived; });
    if (all) draft_.record(at, ResultsReturned{});
  }

  void pass_custody(Instant at) {
    const Holder next = holder_of(state());
    if (rules_ == nullptr || state().holder.kind == HolderKind::kNone || state().holder == next) return;
    CustodyPassed passed{state().holder, next, state().held_since, at};
    const auto since = shared_kernel::minute_of(passed.since);
    const auto until = shared_kernel::minute_of(passed.until);
    passed.wall_minutes = until.minutes - since.minutes;
    passed.holder_minutes = calendar(passed.from.agency).minutes_between(since, until);
    passed.desk_minutes = calendar(state().dossier.received_by).minutes_between(since, until);
    draft_.record(at, std::move(passed));
  }

  const Catalogue* rules_;
  const State& before_;
  Draft draft_;
  Instant decided_at_;
};

/// A planned route needs the calendar of its receiving agency at every step; without it the report waits for an operator.
std::optional<Error> rules_missing(const Catalogue* rules, const State& state) {
  if (state.phase == RoutePhase::kNone || state.phase == RoutePhase::kDeferred) return std::nullopt;
  if (rules == nullptr) return shared_kernel::catalogue_missing();
  if (rules->agency(state.dossier.received_by) != nullptr) return std::nullopt;
  const auto& code = state.dossier.received_by;
  return Error{ErrorCode::kFailedPrecondition, "CATALOGUE_INCOMPLETE",
               "Danh mục không còn cơ quan tiếp nhận " + code + "; hãy nhập lại cơ quan này rồi cho xử lý lại",
               "The catalogue has lost the receiving agency " + code + "; import it again, then retry"};
}

Decision<Event> decide_command(const Context& context, const Catalogue& rules, const State& state, const Command& command) {
  const auto& dossier = state.dossier;
  if (state.phase == RoutePhase::kNone) return refused(shared_kernel::dossier_not_found());
  if (auto missing = rules_missing(&rules, state)) return refused(*std::move(missing));
  if (!shared_kernel::allows(rules, command.header, Action::kSteerRoute, dossier.received_by, dossier.procedure_code)) {
    const bool may_see =
        shared_kernel::allows(rules, command.header, Action::kReadRoute, dossier.received_by, dossier.procedure_code);
    return refused(may_see ? shared_kernel::action_not_allowed(Action::kSteerRoute) : shared_kernel::dossier_not_found());
  }
  const auto at =
      shared_kernel::occurred_time(command.header, context.decided_at(), rules, dossier.received_by, dossier.procedure_code);
  if (!at) return refused(at.error());
  if (state.phase != RoutePhase::kRunning) {
    return refused({ErrorCode::kFailedPrecondition, "ROUTE_NOT_RUNNING",
                    "Hồ sơ không còn bước nào đang mở; không thể điều phối lại",
                    "No leg of this dossier is open; nothing can be steered"});
  }
  const Instant when = std::max(*at, state.held_since);
  Planner planner(&rules, state, context.decided_at());
  return std::visit(
      Overloaded{[&](const ReofferLeg& reoffer) {
                   const LegState* leg = state.leg(reoffer.leg);
                   if (leg == nullptr) {
                     return refused({ErrorCode::kInvalidArgument,
                                     "LEG_UNKNOWN",
                                     "Hồ sơ không có bước số " + std::to_string(reoffer.leg) + "; hãy xem lại lộ trình",
                                     "The dossier has no leg " + std::to_string(reoffer.leg) + "; look at its route",
                                     {{"leg", "unknown"}}});
                   }
                   // Only what is not accepted can be taken back. Source: recall by the sender only in state 1 of the linked
                   // dossier record.
                   if (leg->phase != LegPhase::kAwaitsDecision && leg->phase != LegPhase::kOffered) {
                     return refused({ErrorCode::kFailedPrecondition, reason_of(leg->phase),
                                     "Bước này không ở trạng thái chờ tiếp nhận hoặc chờ quyết định; không thể chuyển lại",
                                     "This leg neither waits for acceptance nor for a decision; it can't be offered again"});
                   }
                   if (reoffer.agency.empty() && leg->plan.candidates.empty()) {
                     return refused({ErrorCode::kInvalidArgument,
                                     "AGENCY_REQUIRED",
                                     "Danh mục không có cơ quan nào cho bước này; hãy nêu cơ quan nhận",
                                     "The catalogue binds no agency to this leg; name the agency to offer it to",
                                     {{"agency", "required"}}});
                   }
                   if (!reoffer.agency.empty()) {
                     const auto* agency = rules.agency(reoffer.agency);
                     if (agency == nullptr || !agency->validity.contains(shared_kernel::day_of(when))) {
                       return refused(
                           {ErrorCode::kInvalidArgument,
                            "AGENCY_UNKNOWN",
                            "Không có cơ quan " + reoffer.agency + " đang hoạt động trong danh mục; hãy kiểm tra mã cơ quan",
                            "The catalogue has no agency " + reoffer.agency + " in force; check the code",
                            {{"agency", "unknown or not in force"}}});
                     }
                   }
                   const auto paused = [&](const std::string& agency) { return rules.intake_paused(agency); };
                   const auto& candidates = leg->plan.candidates;
                   const bool nobody = reoffer.agency.empty() ? std::all_of(candidates.begin(), candidates.end(), paused)
                                                              : paused(reoffer.agency);
                   if (nobody) {
                     return refused({ErrorCode::kFailedPrecondition, "AGENCY_INTAKE_PAUSED",
                                     "Cơ quan đang tạm dừng tiếp nhận; hãy mở lại tiếp nhận hoặc nêu cơ quan khác",
                                     "The agency takes no new legs for now; resume its intake, or name another agency"});
                   }
                   planner.reoffer(when, *leg, reoffer.agency);
                   return std::move(planner).finish(false);
                 },
                 [&](const RefuseFinally& refusal) {
                   const auto leg = std::find_if(state.legs.begin(), state.legs.end(), [](const LegState& other) {
                     return other.phase == LegPhase::kAwaitsDecision;
                   });
                   if (leg == state.legs.end()) {
                     return refused({ErrorCode::kFailedPrecondition, "NO_DECISION_DUE",
                                     "Không có bước nào đang chờ quyết định; hãy chờ cơ quan trả lời",
                                     "No leg waits for a decision; wait for the agencies to answer"});
                   }
                   planner.refuse_finally(when, leg->plan.leg, refusal);
                   return std::move(planner).finish(false);
                 }},
      command.body);
}

LegState& leg_of(State& state, LegRef ref) { return state.legs[ref.leg - 1]; }

}  // namespace

std::uint32_t offers_max(const PlannedLeg& leg) {
  return std::max<std::uint32_t>(2, static_cast<std::uint32_t>(leg.candidates.size()));
}

Instant next_alarm(const State& state) {
  Instant next;
  const auto consider = [&](bool rung, Instant due) {
    if (!rung && due.micros != 0 && (next.micros == 0 || due < next)) next = due;
  };
  if (state.phase == RoutePhase::kDeferred) return state.retry_at;
  if (state.phase != RoutePhase::kRunning) return next;
  if (state.stopped_at.micros == 0) {
    consider(state.near_due, state.near_due_at);
    consider(state.overdue, state.due_at);
  }
  for (const auto& leg : state.legs) {
    if (!leg.open() || leg.phase == LegPhase::kSuspended) continue;
    consider(leg.near_due, leg.near_due_at);
    consider(leg.overdue, leg.due_at);
  }
  return next;
}

Decision<Event> Decider::decide(Context& context, const RulesType* rules, const State& state, const Cause& cause) {
  return std::visit(Overloaded{[&](const Command& command) {
                                 if (rules == nullptr) return refused(shared_kernel::catalogue_missing());
                                 return decide_command(context, *rules, state, command);
                               },
                               [&](const Reported& reported) {
                                 if (auto missing = rules_missing(rules, state)) return refused(*std::move(missing));
                                 Planner planner(rules, state, context.decided_at());
                                 for (const auto& fact : reported.facts) planner.take(fact);
                                 return std::move(planner).finish(false);
                               },
                               [&](const AlarmRang&) {
                                 Planner planner(rules, state, context.decided_at());
                                 planner.ring();
                                 return std::move(planner).finish(true);
                               },
                               [](const Reviewed&) { return Decision<Event>{}; }},
                    cause);
}

void Decider::evolve(State& state, const Event& event) {
  const Instant at = event.occurred_at;
  std::visit(
      Overloaded{[&](const RoutePlanned& planned) {
                   state.phase = RoutePhase::kRunning;
                   state.dossier = planned.dossier;
                   state.due_at = planned.dossier.appointment_at;
                   state.near_due_at = planned.near_due_at;
                   state.retry_at = {};
                   state.holder = {HolderKind::kDesk, planned.dossier.received_by, 0};
                   state.held_since = planned.dossier.received_at;
                   state.legs.clear();
                   for (const auto& plan : planned.legs) {
                     LegState leg;
                     leg.plan = plan;
                     state.legs.push_back(std::move(leg));
                   }
                 },
                 [&](const RouteDeferred& deferred) {
                   state.phase = RoutePhase::kDeferred;
                   state.dossier = deferred.dossier;
                   state.retry_at = deferred.retry_at;
                 },
                 [&](const LegOffered& offered) {
                   LegState& leg = leg_of(state, offered.leg);
                   leg.phase = LegPhase::kOffered;
                   leg.attempt = offered.leg.attempt;
                   leg.agency = offered.agency;
                   leg.sender = offered.sender;
                   leg.offered_at = at;
                   leg.started_at = {};
                   leg.due_at = offered.due_at;
                   leg.near_due_at = offered.near_due_at;
                   leg.near_due = false;
                   leg.overdue = false;
                 },
                 [&](const LegRecalled& recalled) {
                   leg_of(state, recalled.leg).phase = LegPhase::kRecalled;
                   leg_of(state, recalled.leg).suspended_at = {};
                 },
                 [&](const LegDueChanged& changed) {
                   LegState& leg = leg_of(state, changed.leg);
                   leg.due_at = changed.to;
                   leg.near_due_at = changed.near_due_at;
                   // A due time that is still past has been told already.
                   leg.near_due = leg.near_due && changed.near_due_at <= at;
                   leg.overdue = leg.overdue && changed.to <= at;
                 },
                 [&](const LegStarted& started) {
                   leg_of(state, started.leg).phase = LegPhase::kStarted;
                   leg_of(state, started.leg).started_at = at;
                 },
                 [&](const LegDeclined& declined) { leg_of(state, declined.leg).phase = LegPhase::kAwaitsDecision; },
                 [&](const LegReturned& returned) {
                   leg_of(state, returned.leg).phase = LegPhase::kReturned;
                   leg_of(state, returned.leg).returned_at = at;
                 },
                 [&](const LegResultReceived& received) { leg_of(state, received.leg).phase = LegPhase::kReceived; },
                 [&](const LegAwaitsDecision& awaits) { leg_of(state, awaits.leg).phase = LegPhase::kAwaitsDecision; },
                 [&](const ProcessingStarted&) { state.started = true; },
                 [&](const SupplementRequested& requested) {
                   leg_of(state, requested.leg).phase = LegPhase::kSuspended;
                   leg_of(state, requested.leg).suspended_at = at;
                   if (state.stopped_at.micros == 0) state.stopped_at = at;
                 },
                 [&](const ClockResumed& resumed) {
                   for (const auto& ref : resumed.legs) {
                     leg_of(state, ref).phase = LegPhase::kStarted;
                     leg_of(state, ref).suspended_at = {};
                   }
                   if (resumed.whole) state.stopped_at = {};
                 },
                 [&](const AppointmentChanged& changed) {
                   state.due_at = changed.to;
                   state.near_due_at = changed.near_due_at;
                   state.near_due = state.near_due && changed.near_due_at <= at;
                   state.overdue = state.overdue && changed.to <= at;
                 },
                 [&](const DossierResolved& resolved) {
                   state.phase = RoutePhase::kResolved;
                   state.processed_at = resolved.processed_at;
                 },
                 [&](const DossierRefusedFinally&) {
                   state.phase = RoutePhase::kRefused;
                   state.stopped_at = {};
                   state.processed_at = at;
                 },
                 [&](const RouteStopped&) {
                   state.phase = RoutePhase::kStopped;
                   state.stopped_at = {};
                   state.processed_at = at;
                 },
                 [&](const LegNearDue& near) { leg_of(state, near.leg).near_due = true; },
                 [&](const LegOverdue& over) { leg_of(state, over.leg).overdue = true; },
                 [&](const DossierNearDue&) { state.near_due = true; },
                 [&](const DossierOverdue&) { state.overdue = true; },
                 [&](const CustodyPassed& passed) {
                   state.holder = passed.to;
                   state.held_since = passed.until;
                 },
                 [&](const ResultsReturned&) { state.results_returned = true; },
                 [](const InputSetAside&) {}},
      event.body);
}

IndexEntries Decider::index_entries(const State& state) {
  IndexEntries entries;
  if (state.phase != RoutePhase::kRunning && state.phase != RoutePhase::kDeferred) return entries;
  const auto add = [&](const char* index) {
    entries.push_back({index, state.dossier.received_by, state.due_at.micros, ""});
  };
  add("open");
  if (state.overdue) add("overdue");
  const bool decision = std::any_of(state.legs.begin(), state.legs.end(),
                                    [](const LegState& leg) { return leg.phase == LegPhase::kAwaitsDecision; });
  if (decision) add("decision");
  return entries;
}

}  // namespace lienthong::routing
