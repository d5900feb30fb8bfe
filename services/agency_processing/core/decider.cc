#include "agency_processing/core/decider.h"

#include "platform/base/overloaded.h"
#include "shared_kernel/draft.h"

#include <algorithm>
#include <utility>

namespace lienthong::agency_processing {
namespace {

using shared_kernel::Action;
using shared_kernel::Catalogue;
using Draft = shared_kernel::Draft<Decider>;

Decision<Event> refused(Error error) { return shared_kernel::refuse<Event>(std::move(error)); }

/// One text for a leg that is not there and one of another agency, so that neither can be told from the other.
Error work_not_found() {
  return {ErrorCode::kNotFound, "WORK_NOT_FOUND",
          "Không có việc này, hoặc việc không thuộc cơ quan của bạn; hãy kiểm tra mã hồ sơ và số bước.",
          "There is no such work, or it is not your agency's; check the dossier id and the leg."};
}

Error precondition(std::string reason, std::string vi, std::string en) {
  return {ErrorCode::kFailedPrecondition, std::move(reason), std::move(vi), std::move(en)};
}

/// Why a leg in this phase does not take an answer it would have taken in an earlier one.
Error unsuitable(const Work& work) {
  switch (work.phase) {
    case WorkPhase::kNone:
    case WorkPhase::kOffered:
      return precondition("LEG_NOT_ACCEPTED", "Cơ quan chưa tiếp nhận bước này; hãy tiếp nhận trước",
                          "The agency has not accepted this leg; accept it first");
    case WorkPhase::kAccepted:
      return precondition("ALREADY_ACCEPTED", "Bước này đã được tiếp nhận; hãy tải lại công việc và xử lý tiếp",
                          "This leg has been accepted; read the work again and go on from there");
    case WorkPhase::kAwaitingSupplement:
      return precondition("AWAITING_SUPPLEMENT", "Bước này đang chờ công dân bổ sung giấy tờ; hãy chờ bổ sung về",
                          "This leg waits for papers from the citizen; go on when they have come");
    case WorkPhase::kCompleted:
      return precondition("ALREADY_COMPLETED", "Bước này đã trả kết quả; không cần làm gì thêm",
                          "The result of this leg has been given back; nothing is left to do");
    case WorkPhase::kConfirmed:
      return precondition("ALREADY_CONFIRMED", "Kết quả của bước này đã được xác nhận; không cần làm gì thêm",
                          "The result of this leg has been confirmed; nothing is left to do");
    case WorkPhase::kRefused:
      return precondition("ALREADY_REFUSED", "Cơ quan đã từ chối bước này; hãy chờ lần chuyển mới nếu có",
                          "The agency has refused this leg; wait for another offer, if there is one");
    case WorkPhase::kClosed:
      return precondition("LEG_RECALLED", "Bước này đã được thu hồi; hãy dừng xử lý",
                          "This leg has been recalled; stop working on it");
  }
  return work_not_found();
}

struct Permitted {
  Work work;
  Instant at;
};

/// The work a command speaks of, if its agency (for a confirmation: its sender) is one the caller answers for.
Result<Permitted> permit(const Context& context, const Catalogue& rules, const State& state, const CommandHeader& header,
                         LegRef leg, std::string Work::*whose) {
  const Work* work = state.find(leg.leg);
  if (work == nullptr || !shared_kernel::allows(rules, header, Action::kAnswerWork, work->*whose, state.procedure_code)) {
    return failure(work_not_found());
  }
  if (leg.attempt != 0 && leg.attempt != work->leg.attempt) {
    return failure(precondition("OFFER_SUPERSEDED",
                                "Lần chuyển này đã được thay bằng lần chuyển khác; hãy tải lại công việc",
                                "This offer has been replaced by another; read the work again"));
  }
  const auto at = shared_kernel::occurred_time(header, context.decided_at(), rules, work->*whose, state.procedure_code);
  if (!at) return failure(at.error());
  return Permitted{*work, *at};
}

std::string receipt_code(const State& state, const Work& work, const std::string& own) {
  return own.empty() ? state.dossier_code + '/' + std::to_string(work.leg.leg) : own;
}

Decision<Event> decide_command(const Context& context, const Catalogue& rules, const State& state, const Command& command) {
  Draft draft(state);
  const auto answer = [&](LegRef leg, auto&& then) -> Decision<Event> {
    const auto permitted = permit(context, rules, state, command.header, leg, &Work::agency);
    if (!permitted) return refused(permitted.error());
    if (auto done = then(permitted->work, permitted->at); !done) return refused(done.error());
    return std::move(draft).finish();
  };
  return std::visit(
      Overloaded{[&](const AcceptLeg& accept) {
                   return answer(accept.leg, [&](const Work& work, Instant at) -> Result<void> {
                     if (work.phase == WorkPhase::kAwaitingSupplement) {
                       Work accepted = work;
                       accepted.phase = WorkPhase::kAccepted;
                       return failure(unsuitable(accepted));
                     }
                     if (work.phase != WorkPhase::kOffered) return failure(unsuitable(work));
                     draft.record(at, LegAccepted{work.leg, work.agency, receipt_code(state, work, accept.own_receipt)});
                     return {};
                   });
                 },
                 [&](const RefuseLeg& refuse) {
                   return answer(refuse.leg, [&](const Work& work, Instant at) -> Result<void> {
                     if (work.phase != WorkPhase::kOffered) return failure(unsuitable(work));
                     draft.record(at, LegRefused{work.leg, work.agency, refuse.reason_code, refuse.reason});
                     return {};
                   });
                 },
                 [&](const AskSupplement& ask) {
                   return answer(ask.leg, [&](const Work& work, Instant at) -> Result<void> {
                     if (work.phase != WorkPhase::kAccepted) return failure(unsuitable(work));
                     draft.record(at, SupplementAsked{work.leg, work.agency, ask.reason_code, ask.reason});
                     return {};
                   });
                 },
                 [&](const CompleteLeg& complete) {
                   return answer(complete.leg, [&](const Work& work, Instant at) -> Result<void> {
                     const bool accept = work.phase == WorkPhase::kOffered && complete.accept;
                     if (work.phase != WorkPhase::kAccepted && !accept) return failure(unsuitable(work));
                     if (accept)
                       draft.record(at, LegAccepted{work.leg, work.agency, receipt_code(state, work, complete.own_receipt)});
                     draft.record(at, LegCompleted{work.leg, work.agency, complete.results, complete.note});
                     // Nothing changes hands when an agency sent the leg to itself.
                     if (work.sender == work.agency) draft.record(at, ResultConfirmed{work.leg, work.sender});
                     return {};
                   });
                 },
                 [&](const ConfirmResult& confirm) {
                   const auto permitted = permit(context, rules, state, command.header, confirm.leg, &Work::sender);
                   if (!permitted) return refused(permitted.error());
                   const auto& work = permitted->work;
                   if (work.phase == WorkPhase::kConfirmed) return refused(unsuitable(work));
                   if (work.phase != WorkPhase::kCompleted) {
                     return refused(precondition("LEG_NOT_COMPLETED",
                                                 "Bước này chưa trả kết quả; hãy chờ kết quả về rồi xác nhận",
                                                 "This leg has not given its result back; confirm when it has"));
                   }
                   draft.record(permitted->at, ResultConfirmed{work.leg, work.sender});
                   return std::move(draft).finish();
                 }},
      command.body);
}

bool is_open(WorkPhase phase) {
  return phase == WorkPhase::kOffered || phase == WorkPhase::kAccepted || phase == WorkPhase::kAwaitingSupplement;
}

/// The work an offer named by a report stands for. Sets the report aside when there is none, or it is not in a phase for it.
const Work* current(Draft& draft, Instant at, const char* input, LegRef leg, bool (*suits)(WorkPhase)) {
  const Work* work = draft.state().find(leg.leg);
  if (work == nullptr) {
    draft.record(at, InputSetAside{input, leg, "LEG_UNKNOWN"});
    return nullptr;
  }
  if (work->leg != leg) {
    draft.record(at, InputSetAside{input, leg, "OFFER_SUPERSEDED"});
    return nullptr;
  }
  if (!suits(work->phase)) {
    draft.record(at, InputSetAside{input, leg, unsuitable(*work).reason});
    return nullptr;
  }
  return work;
}

void take(Draft& draft, const Fact& fact) {
  const Instant at = fact.occurred_at;
  std::visit(
      Overloaded{[&](const OfferMade& offer) {
                   const Work* work = draft.state().find(offer.leg.leg);
                   if (work != nullptr && work->leg.attempt >= offer.leg.attempt) {
                     draft.record(at, InputSetAside{"LEG_OFFERED", offer.leg, "OFFER_SUPERSEDED"});
                     return;
                   }
                   draft.record(at, WorkOffered{offer});
                 },
                 [&](const LegRecalled& recalled) {
                   const Work* work = current(draft, at, "LEG_RECALLED", recalled.leg, is_open);
                   if (work != nullptr) draft.record(at, WorkClosed{work->leg, work->agency, recalled.reason_code});
                 },
                 [&](const LegDueChanged& changed) {
                   const Work* work = current(draft, at, "LEG_DUE_CHANGED", changed.leg, is_open);
                   if (work != nullptr) {
                     draft.record(at, WorkDueChanged{work->leg, work->agency, changed.due_at, changed.overall_due_at});
                   }
                 },
                 [&](const SupplementReceived& received) {
                   for (const auto& leg : received.legs) {
                     const Work* work = current(draft, at, "SUPPLEMENT_RECEIVED", leg,
                                                [](WorkPhase phase) { return phase == WorkPhase::kAwaitingSupplement; });
                     if (work != nullptr) draft.record(at, SupplementArrived{work->leg, work->agency});
                   }
                 }},
      fact.body);
}

/// Precondition: decide only records answers to work that is there.
Work& work_of(State& state, LegRef leg) {
  return *std::find_if(state.work.begin(), state.work.end(), [&](const Work& work) { return work.leg.leg == leg.leg; });
}

void move_on(State& state, LegRef leg, WorkPhase phase, Instant at) {
  Work& work = work_of(state, leg);
  work.phase = phase;
  work.changed_at = at;
}

}  // namespace

const char* name_of(WorkPhase phase) {
  switch (phase) {
    case WorkPhase::kNone: return "none";
    case WorkPhase::kOffered: return "offered";
    case WorkPhase::kAccepted: return "accepted";
    case WorkPhase::kAwaitingSupplement: return "awaiting_supplement";
    case WorkPhase::kCompleted: return "completed";
    case WorkPhase::kConfirmed: return "confirmed";
    case WorkPhase::kRefused: return "refused";
    case WorkPhase::kClosed: return "closed";
  }
  return "none";
}

Decision<Event> Decider::decide(Context& context, const RulesType* rules, const State& state, const Cause& cause) {
  return std::visit(Overloaded{[&](const Command& command) {
                                 if (rules == nullptr) return refused(shared_kernel::catalogue_missing());
                                 return decide_command(context, *rules, state, command);
                               },
                               [&](const Reported& reported) {
                                 Draft draft(state);
                                 for (const auto& fact : reported.facts) take(draft, fact);
                                 return std::move(draft).finish();
                               },
                               [](const Reviewed&) { return Decision<Event>{}; }},
                    cause);
}

void Decider::evolve(State& state, const Event& event) {
  const Instant at = event.occurred_at;
  std::visit(Overloaded{[&](const WorkOffered& offered) {
                          const auto& offer = offered.offer;
                          state.home = offer.home;
                          state.dossier_code = offer.dossier_code;
                          state.procedure_code = offer.procedure_code;
                          state.procedure_version = offer.procedure_version;
                          Work work;
                          work.leg = offer.leg;
                          work.leg_id = offer.leg_id;
                          work.phase = WorkPhase::kOffered;
                          work.agency = offer.agency;
                          work.sender = offer.sender;
                          work.due_at = offer.due_at;
                          work.overall_due_at = offer.overall_due_at;
                          work.offered_at = at;
                          work.changed_at = at;
                          const auto place =
                              std::lower_bound(state.work.begin(), state.work.end(), offer.leg.leg,
                                               [](const Work& item, std::uint32_t leg) { return item.leg.leg < leg; });
                          if (place != state.work.end() && place->leg.leg == offer.leg.leg) {
                            *place = std::move(work);
                          } else {
                            state.work.insert(place, std::move(work));
                          }
                        },
                        [&](const LegAccepted& accepted) {
                          move_on(state, accepted.leg, WorkPhase::kAccepted, at);
                          work_of(state, accepted.leg).receipt_code = accepted.receipt_code;
                        },
                        [&](const LegRefused& refusal) {
                          move_on(state, refusal.leg, WorkPhase::kRefused, at);
                          work_of(state, refusal.leg).reason_code = refusal.reason_code;
                          work_of(state, refusal.leg).note = refusal.reason;
                        },
                        [&](const SupplementAsked& asked) {
                          move_on(state, asked.leg, WorkPhase::kAwaitingSupplement, at);
                          work_of(state, asked.leg).reason_code = asked.reason_code;
                          work_of(state, asked.leg).note = asked.reason;
                        },
                        [&](const SupplementArrived& arrived) { move_on(state, arrived.leg, WorkPhase::kAccepted, at); },
                        [&](const LegCompleted& completed) {
                          move_on(state, completed.leg, WorkPhase::kCompleted, at);
                          work_of(state, completed.leg).results = completed.results;
                          work_of(state, completed.leg).note = completed.note;
                        },
                        [&](const ResultConfirmed& confirmed) { move_on(state, confirmed.leg, WorkPhase::kConfirmed, at); },
                        [&](const WorkDueChanged& changed) {
                          Work& work = work_of(state, changed.leg);
                          work.due_at = changed.due_at;
                          work.overall_due_at = changed.overall_due_at;
                          work.changed_at = at;
                        },
                        [&](const WorkClosed& closed) {
                          move_on(state, closed.leg, WorkPhase::kClosed, at);
                          work_of(state, closed.leg).reason_code = closed.reason_code;
                        },
                        [](const InputSetAside&) {}},
             event.body);
}

IndexEntries Decider::index_entries(const State& state) {
  IndexEntries entries;
  entries.reserve(state.work.size());
  for (const auto& work : state.work) {
    const std::string suffix = std::to_string(work.leg.leg);
    const Instant score = is_open(work.phase) ? work.due_at : work.changed_at;
    entries.push_back({"inbox", work.agency + '/' + name_of(work.phase), score.micros, suffix});
    if (work.phase == WorkPhase::kCompleted)
      entries.push_back({"inbox", work.sender + "/results", work.changed_at.micros, suffix});
  }
  return entries;
}

}  // namespace lienthong::agency_processing
