#include "notification/core/fold.h"

#include "notification/core/decider.h"
#include "platform/base/encoding.h"
#include "platform/base/overloaded.h"

#include <algorithm>
#include <utility>

namespace lienthong::notification {
namespace {

LegState* leg_of(State& state, LegRef ref) {
  for (auto& leg : state.legs) {
    if (leg.ref == ref) return &leg;
  }
  return nullptr;
}

void offer(State& state, Instant at, const LegOffered& fact) {
  if (state.phase == DossierPhase::kNone || state.phase == DossierPhase::kSubmitted) state.phase = DossierPhase::kRunning;
  state.home = fact.home;
  state.dossier_code = fact.dossier_code;
  state.procedure_code = fact.procedure_code;
  LegState leg{fact.leg, fact.leg_id, fact.agency, at, fact.due_at, fact.due_at, LegPhase::kOffered, false};
  const auto place = std::find_if(state.legs.begin(), state.legs.end(),
                                  [&](const LegState& other) { return other.ref.leg >= fact.leg.leg; });
  if (place != state.legs.end() && place->ref.leg == fact.leg.leg) {
    *place = std::move(leg);
  } else {
    state.legs.insert(place, std::move(leg));
  }
}

void accept(State& state, const DossierAccepted& fact) {
  // The route may have been read before the desk's own word.
  if (state.phase == DossierPhase::kNone || state.phase == DossierPhase::kSubmitted) state.phase = DossierPhase::kRunning;
  state.home = fact.home;
  state.dossier_code = fact.dossier_code;
  state.procedure_code = fact.procedure_code;
  state.received_by = fact.received_by;
  state.received_at = fact.received_at;
  state.appointment_at = fact.appointment_at;
}

void submit(State& state, Instant at, const DossierSubmitted& fact) {
  state.phase = DossierPhase::kSubmitted;
  state.home = fact.home;
  state.procedure_code = fact.procedure_code;
  state.received_by = fact.received_by;
  state.channel = fact.channel;
  state.applicant_kind = fact.applicant_kind;
  state.result_by_post = fact.result_by_post;
  state.submitted_at = at;
}

void suspend(State& state, const SupplementRequested& fact) {
  state.awaiting_supplement = true;
  if (auto* leg = leg_of(state, fact.leg)) leg->suspended = true;
}

void resume(State& state, const SupplementReceived&) {
  state.awaiting_supplement = false;
  for (auto& leg : state.legs) leg.suspended = false;
}

void take(State& state, Instant at, const FactBody& fact) {
  std::visit(Overloaded{[&](const DossierSubmitted& body) { submit(state, at, body); },
                        [&](const DossierAccepted& body) { accept(state, body); },
                        [&](const DossierNotAccepted&) { state.phase = DossierPhase::kEnded; },
                        [&](const SupplementRequested& body) { suspend(state, body); },
                        [&](const SupplementReceived& body) { resume(state, body); },
                        [&](const DossierStopped&) { state.phase = DossierPhase::kEnded; },
                        [&](const AppointmentMoved& body) { state.appointment_at = body.to; },
                        [&](const ResultReady& body) {
                          state.phase = DossierPhase::kProcessed;
                          state.processed_at = body.processed_at;
                        },
                        [&](const ResultHandedOver&) { state.phase = DossierPhase::kHandedOver; },
                        [&](const PersonalDataErased&) { state.erased = true; },
                        [&](const LegOffered& body) { offer(state, at, body); },
                        [&](const LegDueChanged& body) {
                          if (auto* leg = leg_of(state, body.leg)) leg->due_at = body.due_at;
                        },
                        [&](const LegStarted& body) {
                          if (auto* leg = leg_of(state, body.leg)) leg->phase = LegPhase::kStarted;
                        },
                        [&](const LegEnded& body) {
                          if (auto* leg = leg_of(state, body.leg)) leg->phase = LegPhase::kEnded;
                        },
                        [](const LegOverdue&) {}, [](const SupplementArrived&) {}},
             fact);
}

void set(State& state, const ReminderSet& body) {
  const auto same = [&](const Reminder& reminder) { return reminder.rule == body.rule && reminder.leg == body.leg; };
  std::erase_if(state.reminders, same);
  if (body.at.micros != 0) state.reminders.push_back({body.rule, body.leg, body.at, false});
}

void put_off(Notice& notice, const NoticePutOff& body) {
  notice.phase = Phase::kCreated;
  notice.send_at = body.until;
  notice.reason_code = body.reason_code;
  if (body.tried) ++notice.provider_tries;
  if (!body.next_provider) return;
  notice.used_up.push_back(notice.provider);
  notice.provider_tries = 0;
}

void hand_over(Notice& notice, const NoticeHandedOver& body) {
  notice.phase = body.receipt_until.micros != 0 ? Phase::kPending : Phase::kSent;
  notice.reference = body.reference;
  notice.masked_address = body.masked_address;
  notice.receipt_until = body.receipt_until;
  notice.reason_code.clear();
}

void deliver(Notice& notice, const NoticeDelivered& body) {
  notice.phase = Phase::kDelivered;
  notice.reference = body.reference;
  notice.masked_address = body.masked_address;
  notice.reason_code.clear();
}

void retry(Notice& notice, const NoticeRetried& body) {
  notice.phase = Phase::kCreated;
  notice.send_at = body.send_at;
  notice.provider_tries = 0;
  notice.used_up.clear();
  notice.reason_code.clear();
}

template <class Change>
void change(State& state, Instant at, NoticeNumber number, Change apply) {
  if (state.notice(number) == nullptr) return;
  Notice& notice = state.notices[number - 1];
  apply(notice);
  notice.changed_at = at;
}

}  // namespace

bool stands_still(const State& state, const Reminder& reminder) {
  if (reminder.leg == 0) return state.awaiting_supplement || state.phase != DossierPhase::kRunning;
  const auto* leg = state.leg(reminder.leg);
  return leg == nullptr || leg->suspended || leg->phase == LegPhase::kEnded || state.phase == DossierPhase::kEnded;
}

void Decider::evolve(State& state, const Event& event) {
  const Instant at = event.occurred_at;
  std::visit(
      Overloaded{
          [&](const FactNoted& body) { take(state, at, body.fact); }, [&](const ReminderSet& body) { set(state, body); },
          [&](const ReminderRang& body) {
            for (auto& reminder : state.reminders) {
              if (reminder.rule == body.rule && reminder.leg == body.leg) reminder.rang = true;
            }
          },
          [&](const NoticeCreated& body) {
            Notice notice;
            notice.made = body;
            notice.created_at = notice.changed_at = at;
            notice.send_at = body.send_at;
            state.notices.push_back(std::move(notice));
          },
          [&](const NoticeSending& body) {
            change(state, at, body.notice, [&](Notice& notice) {
              notice.phase = Phase::kSending;
              notice.attempts = body.attempt;
              notice.provider = body.provider;
            });
          },
          [&](const NoticePutOff& body) { change(state, at, body.notice, [&](Notice& notice) { put_off(notice, body); }); },
          [&](const NoticeHandedOver& body) {
            change(state, at, body.notice, [&](Notice& notice) { hand_over(notice, body); });
          },
          [&](const NoticeDelivered& body) {
            change(state, at, body.notice, [&](Notice& notice) { deliver(notice, body); });
          },
          [&](const NoticeFailed& body) {
            change(state, at, body.notice, [&](Notice& notice) {
              notice.phase = body.phase;
              notice.reason_code = body.reason_code;
            });
          },
          [&](const NoticeCancelled& body) {
            change(state, at, body.notice, [&](Notice& notice) {
              notice.phase = Phase::kCancelled;
              notice.reason_code = body.reason_code;
            });
          },
          [&](const NoticeRetried& body) { change(state, at, body.notice, [&](Notice& notice) { retry(notice, body); }); },
          [&](const LineOpened& body) { notification::evolve(state.line, body); },
          [&](const DeliveriesReported& body) {
            if (state.line) notification::evolve(*state.line, at, body);
          },
          [&](const LineSteered& body) {
            if (state.line) notification::evolve(*state.line, body);
          }},
      event.body);
}

bool holds(const State& state, const NoticeCreated& notice) {
  const auto* leg = state.leg(notice.contents.leg.leg);
  const bool current = leg != nullptr && leg->ref == notice.contents.leg && state.phase != DossierPhase::kEnded;
  switch (notice.condition) {
    case NoticeCondition::kAlways: return true;
    case NoticeCondition::kNotProcessed:
      return state.phase == DossierPhase::kSubmitted || state.phase == DossierPhase::kRunning;
    case NoticeCondition::kAwaitingSupplement: return state.awaiting_supplement && state.phase == DossierPhase::kRunning;
    case NoticeCondition::kResultWaiting: return state.phase == DossierPhase::kProcessed;
    case NoticeCondition::kUnanswered: return current && leg->phase == LegPhase::kOffered;
    case NoticeCondition::kWorkOpen: return current && leg->phase != LegPhase::kEnded;
  }
  return false;
}

Instant next_alarm(const State& state) {
  Instant next;
  const auto note = [&](Instant at) {
    if (at.micros != 0 && (next.micros == 0 || at < next)) next = at;
  };
  for (const auto& reminder : state.reminders) {
    if (!reminder.rang && !stands_still(state, reminder)) note(reminder.at);
  }
  for (const auto& notice : state.notices) {
    if (notice.phase == Phase::kCreated) note(notice.send_at);
    if (notice.phase == Phase::kPending) note(notice.receipt_until);
  }
  return next;
}

const char* name_of(Phase phase) {
  switch (phase) {
    case Phase::kCreated: return "created";
    case Phase::kSending: return "sending";
    case Phase::kPending: return "pending";
    case Phase::kSent: return "sent";
    case Phase::kDelivered: return "delivered";
    case Phase::kPermanentFailure: return "permanent-failure";
    case Phase::kTemporaryFailure: return "temporary-failure";
    case Phase::kTechnicalFailure: return "technical-failure";
    case Phase::kCancelled: return "cancelled";
  }
  return "";
}

IndexEntries Decider::index_entries(const State& state) {
  IndexEntries out;
  if (state.line) out.push_back({"webhook", state.line->subscription, 0, ""});
  for (const auto& notice : state.notices) {
    // As long as the notice is known: a provider may repeat what it reports.
    if (notice.receipt_until.micros != 0) {
      out.push_back({"receipt", to_hex(notice.made.key.view()), 0, std::to_string(notice.made.notice)});
    }
    if (notice.phase == Phase::kSent || notice.phase == Phase::kDelivered || notice.phase == Phase::kCancelled) continue;
    out.push_back({"notice", state.received_by + '/' + name_of(notice.phase), notice.changed_at.micros,
                   std::to_string(notice.made.notice)});
  }
  return out;
}

}  // namespace lienthong::notification
