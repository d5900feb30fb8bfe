#include "intake/core/decider.h"

#include "platform/base/overloaded.h"
#include "shared_kernel/dossier_code.h"
#include "shared_kernel/draft.h"
#include "shared_kernel/local_time.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace lienthong::intake {
namespace {

using shared_kernel::Action;
using shared_kernel::Catalogue;
using Draft = shared_kernel::Draft<Decider>;

Decision<Event> refused(Error error) { return shared_kernel::refuse<Event>(std::move(error)); }

void change_status(Draft& draft, Instant at, NationalStatus to) {
  if (draft.state().status != to) draft.record(at, StatusChanged{draft.state().status, to});
}

/// Everything a command on a dossier that exists needs before its own rules come.
struct Permitted {
  Instant at;
};

bool may_know_of(const Catalogue& rules, const CommandHeader& header, const State& state) {
  return std::any_of(shared_kernel::kActions.begin(), shared_kernel::kActions.end(), [&](Action action) {
    return shared_kernel::allows(rules, header, action, state.received_by, state.procedure_code);
  });
}

Error wrong_status(const State& state, std::initializer_list<NationalStatus> allowed) {
  std::string vi;
  std::string en;
  for (const auto status : allowed) {
    if (!vi.empty()) {
      vi += ", ";
      en += ", ";
    }
    const std::string number = std::to_string(code_of(status));
    vi += number + " (" + std::string(vietnamese_name(status)) + ")";
    en += number + " (" + std::string(english_name(status)) + ")";
  }
  const std::string now = std::to_string(code_of(*state.status));
  return {ErrorCode::kFailedPrecondition, "DOSSIER_STATUS_UNSUITABLE",
          "Hồ sơ đang ở trạng thái " + now + " (" + std::string(vietnamese_name(*state.status)) +
              "); thao tác này chỉ thực hiện được ở trạng thái " + vi,
          "The dossier has status " + now + " (" + std::string(english_name(*state.status)) + "); this needs status " + en};
}

Result<Permitted> permit(const Context& context, const Catalogue& rules, const State& state, const CommandHeader& header,
                         std::initializer_list<Action> actions, std::initializer_list<NationalStatus> statuses) {
  if (!state.status) return failure(shared_kernel::dossier_not_found());
  const bool allowed = std::any_of(actions.begin(), actions.end(), [&](Action action) {
    return shared_kernel::allows(rules, header, action, state.received_by, state.procedure_code);
  });
  if (!allowed) {
    return failure(may_know_of(rules, header, state) ? shared_kernel::action_not_allowed(*actions.begin())
                                                     : shared_kernel::dossier_not_found());
  }
  if (statuses.size() != 0 && std::find(statuses.begin(), statuses.end(), *state.status) == statuses.end()) {
    return failure(wrong_status(state, statuses));
  }
  auto at = shared_kernel::occurred_time(header, context.decided_at(), rules, state.received_by, state.procedure_code);
  if (!at) return failure(at.error());
  return Permitted{*at};
}

struct Desk {
  Catalogue::Home home;
  shared_kernel::ProcedureInForce procedure;
  Instant at;
};

/// The desk an application is laid before and the procedure version in force there.
Result<Desk> find_desk(const Context& context, const Catalogue& rules, const CommandHeader& header,
                       const Application& application, Action action) {
  const auto home = rules.home(application.home);
  if (!home) {
    return failure({ErrorCode::kInvalidArgument,
                    "HOME_KEY_UNKNOWN",
                    "Không có nơi tiếp nhận " + application.home.text() + " trong danh mục; hãy kiểm tra khóa nơi tiếp nhận",
                    "The catalogue has no desk " + application.home.text() + "; check the home key",
                    {{"home_key", "unknown"}}});
  }
  if (!shared_kernel::allows(rules, header, action, home->agency->code, application.procedure_code)) {
    return failure(shared_kernel::action_not_allowed(action));
  }
  if (!application.helped_by.empty() && rules.agency(application.helped_by) == nullptr) {
    return failure({ErrorCode::kInvalidArgument,
                    "AGENCY_UNKNOWN",
                    "Không có cơ quan " + application.helped_by + " trong danh mục; hãy kiểm tra mã cơ quan hỗ trợ",
                    "The catalogue has no agency " + application.helped_by + "; check the code of the agency that helped",
                    {{"helped_by", "unknown"}}});
  }
  auto at =
      shared_kernel::occurred_time(header, context.decided_at(), rules, home->agency->code, application.procedure_code);
  if (!at) return failure(at.error());
  const auto procedure = rules.procedure(application.procedure_code, *at);
  if (!procedure) {
    return failure(
        {ErrorCode::kInvalidArgument,
         "PROCEDURE_UNKNOWN",
         "Thủ tục " + application.procedure_code + " không có hoặc không còn hiệu lực; hãy chọn thủ tục trong danh mục",
         "Procedure " + application.procedure_code + " is unknown or not in force; choose one of the catalogue",
         {{"procedure_code", "unknown or not in force"}}});
  }
  const auto today = shared_kernel::day_of(*at);
  if (!home->agency->validity.contains(today) || !procedure->version->may_be_received_by(*home->agency)) {
    return failure({ErrorCode::kFailedPrecondition, "PROCEDURE_NOT_RECEIVED_HERE",
                    "Nơi tiếp nhận " + application.home.text() + " không tiếp nhận thủ tục " + application.procedure_code +
                        "; hãy nộp tại cơ quan được giao tiếp nhận",
                    "Desk " + application.home.text() + " does not receive procedure " + application.procedure_code +
                        "; hand it in at an agency that does"});
  }
  return Desk{*home, *procedure, *at};
}

Error already_there() {
  return {ErrorCode::kAlreadyExists, "DOSSIER_EXISTS", "Hồ sơ với mã yêu cầu này đã có; hãy dùng mã yêu cầu mới",
          "A dossier with this request id exists; use a new request id"};
}

/// Official receipt. The code counts on the day of the decision, which is what the counter is keyed by.
/// Source: TT 01/2018/TT-VPCP, Art. 19.
void accept(Context& context, const Catalogue& rules, const Desk& desk, Draft& draft) {
  const auto& state = draft.state();
  const auto day = shared_kernel::day_of(context.decided_at());
  const auto number = context.next_number(shared_kernel::dossier_counter_key(state.home, day));
  const auto& version = *desk.procedure.version;
  DossierAccepted accepted;
  accepted.home = state.home;
  accepted.dossier_code = shared_kernel::format_dossier_code({desk.home.desk->printed_prefix, day, number});
  accepted.procedure_code = state.procedure_code;
  accepted.procedure_version = version.number;
  accepted.received_by = state.received_by;
  accepted.helped_by = state.helped_by;
  accepted.received_at = desk.at;
  accepted.appointment_at =
      shared_kernel::due_time(rules.calendar_of(*desk.home.agency), version.total, desk.at, version.practice);
  draft.record(desk.at, std::move(accepted));
  change_status(draft, desk.at, NationalStatus::kReceived);
}

/// The papers are received when the desk accepts them, not when the postman takes them, so the status stays.
void ask_for_pickup(Draft& draft, Instant at) {
  const auto& state = draft.state();
  if (!state.post || !state.post->pick_up_at) return;
  draft.record(at, PickupRequested{state.home, state.post->carrier, state.area_code, *state.post->pick_up_at,
                                   state.components, state.post->pick_up_fee});
}

/// A result is in time when it is ready; how long the post takes counts for nobody.
void ask_for_delivery(Draft& draft, Instant at) {
  const auto& state = draft.state();
  if (!state.post || !state.post->deliver_to) return;
  draft.record(at, ResultDeliveryRequested{state.home, state.dossier_code, state.post->carrier, state.area_code,
                                           *state.post->deliver_to, state.post->collect});
}

Decision<Event> decide_command(Context& context, const Catalogue& rules, const State& state, const Command& command) {
  const auto& header = command.header;
  const auto create = [&](const Application& application, Action action, bool receive) -> Decision<Event> {
    if (state.status) return refused(already_there());
    const auto desk = find_desk(context, rules, header, application, action);
    if (!desk) return refused(desk.error());
    Draft draft(state);
    draft.record(desk->at, DossierSubmitted{application, desk->home.agency->code});
    if (receive) {
      accept(context, rules, *desk, draft);
    } else {
      change_status(draft, desk->at, NationalStatus::kSubmitted);
      ask_for_pickup(draft, desk->at);
    }
    return std::move(draft).finish();
  };
  return std::visit(
      Overloaded{
          [&](const SubmitDossier& submit) { return create(submit.application, Action::kSubmitDossier, false); },
          [&](const ReceiveDossier& receive) { return create(receive.application, Action::kReceiveDossier, true); },
          [&](const AcceptDossier&) {
            const auto permitted =
                permit(context, rules, state, header, {Action::kReceiveDossier}, {NationalStatus::kSubmitted});
            if (!permitted) return refused(permitted.error());
            // The procedure version is that of official receipt, which may differ from that of the submission.
            Application application;
            application.home = state.home;
            application.procedure_code = state.procedure_code;
            const auto desk = find_desk(context, rules, header, application, Action::kReceiveDossier);
            if (!desk) return refused(desk.error());
            Draft draft(state);
            accept(context, rules, *desk, draft);
            return std::move(draft).finish();
          },
          [&](const RefuseDossier& refuse) {
            const auto permitted =
                permit(context, rules, state, header, {Action::kReceiveDossier}, {NationalStatus::kSubmitted});
            if (!permitted) return refused(permitted.error());
            Draft draft(state);
            draft.record(permitted->at, DossierRefused{refuse.reason_code, refuse.reason});
            change_status(draft, permitted->at, NationalStatus::kNotAccepted);
            return std::move(draft).finish();
          },
          [&](const ReceiveSupplement& supplement) {
            const auto permitted = permit(context, rules, state, header, {Action::kReceiveDossier, Action::kSubmitDossier},
                                          {NationalStatus::kSupplementRequested});
            if (!permitted) return refused(permitted.error());
            Draft draft(state);
            draft.record(permitted->at, SupplementReceived{state.awaiting, supplement.components, supplement.content});
            change_status(draft, permitted->at, NationalStatus::kInProcess);
            return std::move(draft).finish();
          },
          [&](const WithdrawDossier& withdraw) {
            const auto permitted = permit(context, rules, state, header, {Action::kWithdrawDossier},
                                          {NationalStatus::kSubmitted, NationalStatus::kReceived, NationalStatus::kInProcess,
                                           NationalStatus::kSupplementRequested, NationalStatus::kFinancialDutyRequested});
            if (!permitted) return refused(permitted.error());
            Draft draft(state);
            draft.record(permitted->at, DossierWithdrawn{withdraw.reason, *state.status != NationalStatus::kSubmitted});
            change_status(draft, permitted->at, NationalStatus::kWithdrawalRequested);
            return std::move(draft).finish();
          },
          [&](const HandOverResult& hand_over) {
            const auto permitted =
                permit(context, rules, state, header, {Action::kHandOverResult}, {NationalStatus::kProcessed});
            if (!permitted) return refused(permitted.error());
            Draft draft(state);
            draft.record(permitted->at, ResultHandedOver{hand_over.channel});
            change_status(draft, permitted->at, NationalStatus::kHandedOver);
            return std::move(draft).finish();
          },
          [&](const ErasePersonalData& erase) {
            const auto permitted = permit(context, rules, state, header, {Action::kEraseDossier}, {});
            if (!permitted) return refused(permitted.error());
            if (state.erased) {
              return refused({ErrorCode::kFailedPrecondition, "PERSONAL_DATA_ERASED",
                              "Dữ liệu cá nhân của hồ sơ đã được xóa trước đó; không cần làm gì thêm",
                              "The personal data of this dossier has been erased before; nothing is left to do"});
            }
            PersonalDataErased erased{{}, erase.reason_code, erase.reason};
            for (const auto* sealed : {&state.contents, &state.reasons}) {
              for (const auto& ref : *sealed) {
                if (std::find(erased.key_refs.begin(), erased.key_refs.end(), ref.key_ref) == erased.key_refs.end()) {
                  erased.key_refs.push_back(ref.key_ref);
                }
              }
            }
            Draft draft(state);
            draft.record(permitted->at, std::move(erased));
            return std::move(draft).finish();
          }},
      command.body);
}

/// Routing reports in its own order, so a report can only cross a withdrawal; what the desk has closed stays closed.
void take(Draft& draft, const RouteFact& fact) {
  const Instant at = fact.occurred_at;
  const auto status = *draft.state().status;
  const bool in_hand = status == NationalStatus::kReceived || status == NationalStatus::kInProcess ||
                       status == NationalStatus::kSupplementRequested || status == NationalStatus::kFinancialDutyRequested;
  const bool withdrawn = status == NationalStatus::kWithdrawalRequested;
  const auto set_aside = [&](std::string input) { draft.record(at, InputSetAside{std::move(input), code_of(status)}); };
  std::visit(
      Overloaded{[&](const ProcessingStarted&) {
                   if (status == NationalStatus::kReceived) return change_status(draft, at, NationalStatus::kInProcess);
                   set_aside("PROCESSING_STARTED");
                 },
                 [&](const SupplementNeeded& needed) {
                   if (!in_hand) return set_aside("SUPPLEMENT_REQUESTED");
                   draft.record(at, SupplementRequested{needed.leg, needed.agency, needed.reason_code, needed.reason});
                   change_status(draft, at, NationalStatus::kSupplementRequested);
                 },
                 [&](const AppointmentChanged& changed) {
                   if (!in_hand) return set_aside("APPOINTMENT_CHANGED");
                   draft.record(at, AppointmentMoved{draft.state().appointment_at, changed.to});
                 },
                 [&](const RouteResolved& resolved) {
                   // The decision was taken before the withdrawal reached the route. Source: TT 03/2025/TT-VPCP, form 05.
                   if (!in_hand && !withdrawn) return set_aside("DOSSIER_RESOLVED");
                   draft.record(at, DossierProcessed{resolved.processed_at, withdrawn});
                   change_status(draft, at, NationalStatus::kProcessed);
                   ask_for_delivery(draft, at);
                 },
                 [&](const RouteRefused& refusal) {
                   if (!in_hand && !withdrawn) return set_aside("DOSSIER_REFUSED_FINALLY");
                   draft.record(at, DossierStopped{refusal.reason_code, refusal.reason});
                   change_status(draft, at, NationalStatus::kStopped);
                 },
                 [&](const RouteStopped&) {
                   if (!withdrawn) return set_aside("ROUTE_STOPPED");
                   draft.record(at, DossierStopped{"WITHDRAWN", std::nullopt});
                   change_status(draft, at, NationalStatus::kStopped);
                 }},
      fact.body);
}

/// What the applicant has fetched at the desk meanwhile stays handed over.
void take(Draft& draft, const PostFact& fact) {
  const Instant at = fact.occurred_at;
  const auto status = *draft.state().status;
  const bool waits = status == NationalStatus::kProcessed;
  const auto set_aside = [&](std::string input) { draft.record(at, InputSetAside{std::move(input), code_of(status)}); };
  std::visit(Overloaded{[&](const ResultDelivered&) {
                          if (!waits) return set_aside("RESULT_DELIVERED");
                          draft.record(at, ResultHandedOver{Channel::kPost});
                          change_status(draft, at, NationalStatus::kHandedOver);
                        },
                        [&](const ResultUndelivered& undelivered) {
                          if (!waits) return set_aside("RESULT_UNDELIVERED");
                          draft.record(at, ResultNotDelivered{undelivered.outcome, undelivered.shipment});
                        }},
             fact.body);
}

}  // namespace

Decision<Event> Decider::decide(Context& context, const RulesType* rules, const State& state, const Cause& cause) {
  return std::visit(Overloaded{[&](const Command& command) {
                                 if (rules == nullptr) return refused(shared_kernel::catalogue_missing());
                                 return decide_command(context, *rules, state, command);
                               },
                               [&](const RouteReported& reported) {
                                 // Routing knows a dossier only from this ledger, so one that is not here is a fault to look
                                 // at.
                                 if (!state.status) return refused(shared_kernel::dossier_not_found());
                                 Draft draft(state);
                                 for (const auto& fact : reported.facts) take(draft, fact);
                                 return std::move(draft).finish();
                               },
                               [&](const PostReported& reported) {
                                 // A desk may have ordered a shipment under an id that no dossier has.
                                 if (!state.status) return Decision<Event>{};
                                 Draft draft(state);
                                 for (const auto& fact : reported.facts) take(draft, fact);
                                 return std::move(draft).finish();
                               },
                               [](const Reviewed&) { return Decision<Event>{}; }},
                    cause);
}

void Decider::evolve(State& state, const Event& event) {
  const Instant at = event.occurred_at;
  std::visit(Overloaded{[&](const DossierSubmitted& submitted) {
                          const auto& application = submitted.application;
                          state.home = application.home;
                          state.procedure_code = application.procedure_code;
                          state.applicant_kind = application.applicant_kind;
                          state.channel = application.channel;
                          state.area_code = application.area_code;
                          state.helped_by = application.helped_by;
                          state.received_by = submitted.received_by;
                          state.contents.push_back(application.content);
                          state.components = application.components;
                          state.post = application.post;
                          state.submitted_at = at;
                        },
                        [&](const DossierAccepted& accepted) {
                          state.dossier_code = accepted.dossier_code;
                          state.procedure_version = accepted.procedure_version;
                          state.received_at = accepted.received_at;
                          state.appointment_at = accepted.appointment_at;
                          state.first_appointment_at = accepted.appointment_at;
                        },
                        [&](const DossierRefused& refusal) {
                          state.reason_code = refusal.reason_code;
                          state.reasons.push_back(refusal.reason);
                        },
                        [&](const SupplementRequested& requested) {
                          state.awaiting.push_back(requested.leg);
                          state.reasons.push_back(requested.reason);
                          ++state.supplements;
                        },
                        [&](const SupplementReceived& received) {
                          state.awaiting.clear();
                          state.components.insert(state.components.end(), received.components.begin(),
                                                  received.components.end());
                          if (received.content) state.contents.push_back(*received.content);
                        },
                        [&](const DossierWithdrawn& withdrawn) {
                          state.awaiting.clear();
                          if (withdrawn.reason) state.reasons.push_back(*withdrawn.reason);
                        },
                        [&](const DossierStopped& stopped) {
                          state.awaiting.clear();
                          state.reason_code = stopped.reason_code;
                          if (stopped.reason) state.reasons.push_back(*stopped.reason);
                        },
                        [&](const DossierProcessed& processed) {
                          state.awaiting.clear();
                          state.processed_at = processed.processed_at;
                        },
                        [&](const ResultHandedOver& handed_over) {
                          state.handed_over_by = handed_over.channel;
                          if (handed_over.channel == Channel::kPost) state.delivery = Delivery::kDelivered;
                        },
                        [&](const AppointmentMoved& moved) { state.appointment_at = moved.to; },
                        [&](const PersonalDataErased&) { state.erased = true; },
                        [&](const StatusChanged& changed) {
                          state.status = changed.to;
                          const bool open = !is_terminal(changed.to) || changed.to == NationalStatus::kProcessed;
                          state.closed_at = open ? Instant{} : at;
                        },
                        [](const InputSetAside&) {}, [](const PickupRequested&) {},
                        [&](const ResultDeliveryRequested&) { state.delivery = Delivery::kRequested; },
                        [&](const ResultNotDelivered& undelivered) { state.delivery = undelivered.outcome; }},
             event.body);
}

IndexEntries Decider::index_entries(const State& state) {
  IndexEntries entries;
  if (!state.status) return entries;
  const Instant arrived = state.received_at.micros != 0 ? state.received_at : state.submitted_at;
  entries.push_back({"status", state.received_by + '/' + std::to_string(code_of(*state.status)), arrived.micros, ""});
  if (!state.dossier_code.empty()) entries.push_back({"code", state.dossier_code, 0, ""});
  if (!is_terminal(*state.status) && state.appointment_at.micros != 0) {
    entries.push_back({"due", state.received_by, state.appointment_at.micros, ""});
  }
  return entries;
}

}  // namespace lienthong::intake
