#include "notification/core/decider.h"

#include "notification/core/fold.h"
#include "platform/base/overloaded.h"
#include "shared_kernel/draft.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace lienthong::notification {
namespace {

using shared_kernel::Action;
using shared_kernel::Catalogue;
using shared_kernel::NoticeProvider;
using shared_kernel::NoticeRule;
using Draft = shared_kernel::Draft<Decider>;

/// A report that a provider owes but never sends.
constexpr const char* kNoReceipt = "NO_RECEIPT";

Decision<Event> refused(Error error) { return shared_kernel::refuse<Event>(std::move(error)); }

/// One decision on the notices of one dossier.
class Teller {
 public:
  Teller(Context& context, const Catalogue& rules, const State& state)
      : context_(context), rules_(rules), before_(state), draft_(state), now_(context.decided_at()) {}

  void take(const Reported& report) {
    origin_ = report.origin;
    // At the counter a dossier is handed in and received at once: the receipt says both.
    received_at_once_ = std::any_of(report.facts.begin(), report.facts.end(),
                                    [](const Fact& fact) { return std::holds_alternative<DossierAccepted>(fact.body); });
    for (const auto& fact : report.facts) {
      fact_at_ = fact.occurred_at;
      std::visit([&](const auto& body) { on(body); }, fact.body);
    }
  }

  void ring() {
    origin_ = "timer/" + std::to_string(context_.dossier_seq());
    for (std::size_t i = 0; i < state().reminders.size(); ++i) {
      const Reminder reminder = state().reminders[i];
      if (reminder.rang || reminder.at > now_ || stands_still(state(), reminder)) continue;
      record(ReminderRang{reminder.rule, reminder.leg});
      if (const auto* rule = rules_.contents().notices.rule(reminder.rule)) remind(*rule, reminder);
    }
    for (NoticeNumber number = 1; number <= state().notices.size(); ++number) {
      const Notice notice = at(number);
      if (notice.phase == Phase::kCreated && notice.send_at <= now_) send(number);
      if (notice.phase == Phase::kPending && notice.receipt_until <= now_)
        fail(number, Phase::kTemporaryFailure, kNoReceipt);
    }
  }

  void take(const SendEnded& ended) {
    const Notice* found = state().notice(ended.notice);
    if (found == nullptr || found->phase != Phase::kSending || found->attempts != ended.attempt) return;
    origin_ = found->made.origin;
    const auto* provider = rules_.contents().notices.provider(ended.provider);
    switch (ended.result) {
      case SendResult::kSent: {
        const bool reports = provider != nullptr && provider->receipt_wait > Duration::zero();
        record(NoticeHandedOver{ended.notice, ended.reference, ended.masked_address,
                                reports ? now_ + provider->receipt_wait : Instant{}});
        break;
      }
      case SendResult::kDelivered: record(NoticeDelivered{ended.notice, ended.reference, ended.masked_address}); break;
      case SendResult::kDeferred:
        put_off(ended.notice, std::max(ended.retry_at, now_ + std::chrono::seconds(1)), ended.reason_code, false);
        break;
      case SendResult::kWithdrawn: record(NoticeCancelled{ended.notice, ended.reason_code}); break;
      case SendResult::kTemporary: {
        const std::uint32_t tries = found->provider_tries + 1;
        if (provider != nullptr && tries < provider->attempts) {
          put_off(ended.notice, now_ + backoff(*provider, tries, found->made.key), ended.reason_code, true);
        } else {
          next_provider(ended.notice, Phase::kTemporaryFailure, ended.reason_code);
        }
        break;
      }
      case SendResult::kTechnical: next_provider(ended.notice, Phase::kTechnicalFailure, ended.reason_code); break;
      case SendResult::kPermanent: fail(ended.notice, Phase::kPermanentFailure, ended.reason_code); break;
    }
  }

  /// Precondition: the notice has failed.
  void retry(NoticeNumber number) {
    const auto& notice = at(number);
    origin_ = notice.made.origin;
    const Instant at = quiet(now_, notice.made.urgent);
    record(NoticeRetried{number, at});
    if (at <= now_) send(number);
  }

  /// Precondition: the notice was handed over to this provider.
  void take_receipt(const RecordReceipt& receipt) {
    const Notice notice = at(receipt.notice);
    origin_ = notice.made.origin;
    const bool awaited = notice.phase == Phase::kPending || notice.phase == Phase::kSent;
    // One that came after we gave up waiting still counts; one that repeats or contradicts an earlier one does not.
    const bool late = notice.phase == Phase::kTemporaryFailure && notice.reason_code == kNoReceipt;
    switch (receipt.receipt) {
      case Receipt::kDelivered:
        if (awaited || late) record(NoticeDelivered{receipt.notice, notice.reference, notice.masked_address});
        break;
      case Receipt::kPermanentFailure:
        if (awaited) fail(receipt.notice, Phase::kPermanentFailure, receipt.reason_code);
        break;
      case Receipt::kTemporaryFailure:
        if (awaited) fail(receipt.notice, Phase::kTemporaryFailure, receipt.reason_code);
        break;
    }
  }

  void mark_read(NoticeNumber number) {
    if (at(number).phase == Phase::kSent) record(NoticeDelivered{number, "", ""});
  }

  Decision<Event> finish(bool rang) && {
    const Instant armed = next_alarm(before_);
    const Instant wanted = next_alarm(state());
    auto decision = std::move(draft_).finish();
    decision.intents = std::move(intents_);
    if (wanted.micros != 0 && (rang || wanted != armed)) {
      decision.timers.push_back(ArmTimer{kAlarm, wanted});
    } else if (wanted.micros == 0 && armed.micros != 0 && !rang) {
      decision.timers.push_back(ClearTimer{kAlarm});
    }
    return decision;
  }

 private:
  const State& state() const { return draft_.state(); }
  /// Precondition: there is one with this number.
  const Notice& at(NoticeNumber number) const { return state().notices[number - 1]; }
  template <class Body>
  void record(Body body) {
    draft_.record(now_, std::move(body));
  }
  template <class Body>
  void note(const Body& body) {
    draft_.record(fact_at_, FactNoted{body});
  }
  Instant quiet(Instant at, bool urgent) const {
    return urgent ? at : shared_kernel::after_quiet_hours(at, rules_.contents().notices.quiet);
  }

  // Facts.

  void on(const DossierSubmitted& fact) {
    note(fact);
    if (!received_at_once_) tell(NoticeEvent::kSubmitted, contents());
  }
  void on(const DossierAccepted& fact) {
    note(fact);
    plan_whole();
    tell(NoticeEvent::kReceived, contents());
  }
  void on(const DossierNotAccepted& fact) {
    note(fact);
    tell(NoticeEvent::kNotAccepted, with_reason(contents(), fact.reason_code, fact.reason));
  }
  void on(const SupplementRequested& fact) {
    note(fact);
    Contents told = with_reason(contents(), fact.reason_code, fact.reason);
    told.agency = fact.agency;
    told.leg = fact.leg;
    tell(NoticeEvent::kSupplementRequested, std::move(told));
  }
  void on(const SupplementReceived& fact) { note(fact); }
  void on(const DossierStopped& fact) {
    note(fact);
    tell(NoticeEvent::kStopped, with_reason(contents(), fact.reason_code, fact.reason));
  }
  void on(const AppointmentMoved& fact) {
    Contents told = contents();
    note(fact);
    plan_whole();
    told.new_appointment_at = fact.to;
    tell(NoticeEvent::kAppointmentMoved, std::move(told));
  }
  void on(const ResultReady& fact) {
    note(fact);
    tell(NoticeEvent::kResultReady, contents());
  }
  void on(const ResultHandedOver& fact) {
    note(fact);
    tell(NoticeEvent::kHandedOver, contents());
  }
  void on(const PersonalDataErased& fact) {
    note(fact);
    for (NoticeNumber number = 1; number <= state().notices.size(); ++number) {
      const Notice& notice = at(number);
      if (notice.phase == Phase::kCreated && notice.made.recipient == NoticeRecipient::kApplicant)
        record(NoticeCancelled{number, "ERASED"});
    }
  }
  void on(const LegOffered& fact) {
    note(fact);
    const auto* leg = current(fact.leg);
    if (leg == nullptr) return;
    const LegState offered = *leg;
    plan_leg(offered, true);
    tell(NoticeEvent::kWorkOffered, contents(offered));
  }
  void on(const LegDueChanged& fact) {
    if (current(fact.leg) == nullptr) return;
    note(fact);
    if (const auto* leg = current(fact.leg)) plan_leg(LegState(*leg), false);
  }
  void on(const LegStarted& fact) {
    if (current(fact.leg) != nullptr) note(fact);
  }
  void on(const LegEnded& fact) {
    if (current(fact.leg) != nullptr) note(fact);
  }
  void on(const LegOverdue& fact) {
    if (const auto* leg = current(fact.leg)) tell(NoticeEvent::kWorkOverdue, contents(*leg));
  }
  void on(const SupplementArrived& fact) {
    if (const auto* leg = current(fact.leg)) tell(NoticeEvent::kSupplementArrived, contents(*leg));
  }

  const LegState* current(LegRef ref) const {
    const auto* leg = state().leg(ref.leg);
    return leg != nullptr && leg->ref == ref ? leg : nullptr;
  }

  Contents contents() const {
    Contents out;
    out.dossier_code = state().dossier_code;
    out.procedure_code = state().procedure_code;
    out.received_by = state().received_by;
    out.received_at = state().received_at;
    out.appointment_at = state().appointment_at;
    out.processed_at = state().processed_at;
    return out;
  }
  Contents contents(const LegState& leg) const {
    Contents out = contents();
    out.agency = leg.agency;
    out.leg_id = leg.leg_id;
    out.leg = leg.ref;
    out.due_at = leg.due_at;
    return out;
  }
  static Contents with_reason(Contents told, const std::string& code, const std::optional<SealedRef>& reason) {
    told.reason_code = code;
    told.reason = reason;
    return told;
  }

  // Reminders.

  const shared_kernel::WorkingCalendar* calendar(std::string_view code) const {
    const auto* agency = rules_.agency(code);
    return agency == nullptr ? nullptr : &rules_.calendar_of(*agency);
  }

  bool applies(const NoticeRule& rule) const {
    return rule.procedures.empty() ||
           std::find(rule.procedures.begin(), rule.procedures.end(), state().procedure_code) != rule.procedures.end();
  }

  const Reminder* reminder(const std::string& rule, std::uint32_t leg) const {
    for (const auto& reminder : state().reminders) {
      if (reminder.rule == rule && reminder.leg == leg) return &reminder;
    }
    return nullptr;
  }

  void set_reminder(const NoticeRule& rule, std::uint32_t leg, Instant at, bool anew) {
    const auto* now = reminder(rule.id, leg);
    if (now != nullptr && now->rang && !anew) return;
    if (now == nullptr ? at.micros == 0 : now->at == at && !now->rang) return;
    record(ReminderSet{rule.id, leg, at});
  }

  /// Source: the citizen is told at the latest one day before the limit ends, and has a new appointment once (NĐ
  /// 61/2018/NĐ-CP and its successors). A limit that is shorter than that leaves no time to be told.
  void plan_whole() {
    const auto* desk = calendar(state().received_by);
    for (const auto& rule : rules_.contents().notices.rules) {
      if (rule.event != NoticeEvent::kWillBeLate || desk == nullptr || !applies(rule)) continue;
      const auto from = shared_kernel::minute_of(state().received_at);
      const auto whole = desk->minutes_between(from, shared_kernel::minute_of(state().appointment_at));
      const bool time = whole > rule.before_minutes;
      set_reminder(rule, 0, time ? instant_of(desk->add_minutes(from, whole - rule.before_minutes)) : Instant{}, false);
    }
  }

  /// Source: `dueDateNotify` of OpenCPS, days, hours or percent of the limit.
  void plan_leg(const LegState& leg, bool anew) {
    const auto* office = calendar(leg.agency);
    if (office == nullptr) return;
    const auto from = shared_kernel::minute_of(leg.offered_at);
    const auto to_due = office->minutes_between(from, shared_kernel::minute_of(leg.due_at));
    const auto limit = office->minutes_between(from, shared_kernel::minute_of(leg.first_due_at));
    for (const auto& rule : rules_.contents().notices.rules) {
      if (!applies(rule)) continue;
      if (rule.event == NoticeEvent::kReplyDue && anew) {
        const bool time = rule.after_minutes < limit;
        set_reminder(rule, leg.ref.leg, time ? instant_of(office->add_minutes(from, rule.after_minutes)) : Instant{}, true);
      }
      if (rule.event == NoticeEvent::kLimitUsed) {
        // What is left counts, so that time waited for the citizen uses up nothing.
        const auto left = limit - limit * static_cast<std::int64_t>(rule.percent) / 100;
        const bool time = to_due > left;
        set_reminder(rule, leg.ref.leg, time ? instant_of(office->add_minutes(from, to_due - left)) : Instant{}, anew);
      }
    }
  }

  void remind(const NoticeRule& rule, const Reminder& reminder) {
    if (!applies(rule)) return;
    Contents told = contents();
    if (reminder.leg != 0) {
      const auto* leg = state().leg(reminder.leg);
      if (leg == nullptr) return;
      told = contents(*leg);
    } else if (const auto* desk = calendar(state().received_by)) {
      const auto from = shared_kernel::minute_of(state().appointment_at);
      told.new_appointment_at = instant_of(desk->add_minutes(from, rule.extension_minutes));
    }
    create(rule, told);
  }

  // Notices.

  void tell(NoticeEvent event, const Contents& told) {
    for (const auto& rule : rules_.contents().notices.rules) {
      if (rule.event == event && applies(rule)) create(rule, told);
    }
  }

  void create(const NoticeRule& rule, const Contents& told) {
    if (rule.recipient == NoticeRecipient::kApplicant && state().erased) return;
    NoticeCreated made;
    made.origin = origin_;
    made.rule = rule.id;
    made.event = rule.event;
    made.recipient = rule.recipient;
    made.condition = rule.condition;
    made.urgent = rule.urgent;
    made.contents = told;
    // What is no longer so now will not be so later.
    if (!holds(state(), made)) return;
    for (const auto& send : rule.sends) {
      std::vector<NoticeWay> ways = {send.way};
      ways.insert(ways.end(), send.instead.begin(), send.instead.end());
      make(made, ways);
    }
  }

  /// An agency without such an address in the catalogue is not told this way.
  bool reachable(const NoticeCreated& notice, NoticeChannel channel) const {
    if (notice.recipient != NoticeRecipient::kAgency || channel == NoticeChannel::kPortal) return true;
    const auto* contact = rules_.contents().notices.contact(notice.contents.agency);
    return contact != nullptr && !(channel == NoticeChannel::kEmail ? contact->email : contact->phone).empty();
  }
  bool told_by(const NoticeCreated& notice, NoticeChannel channel) const {
    return std::any_of(state().notices.begin(), state().notices.end(), [&](const Notice& other) {
      return other.made.origin == notice.origin && other.made.rule == notice.rule &&
             other.made.contents.leg == notice.contents.leg && other.made.way.channel == channel;
    });
  }

  /// Makes a notice of the first way that is open: one for each event, recipient and channel.
  void make(NoticeCreated notice, const std::vector<NoticeWay>& ways) {
    const auto way = std::find_if(ways.begin(), ways.end(), [&](const NoticeWay& candidate) {
      return reachable(notice, candidate.channel) && !told_by(notice, candidate.channel);
    });
    if (way == ways.end()) return;
    notice.notice = static_cast<NoticeNumber>(state().notices.size() + 1);
    notice.key = context_.derive_id(++derived_);
    notice.way = *way;
    notice.instead.assign(std::next(way), ways.end());
    const NoticeNumber number = notice.notice;
    if (notice.way.channel == NoticeChannel::kPortal) {
      notice.send_at = now_;
      record(std::move(notice));
      record(NoticeHandedOver{number, "", "", {}});
      return;
    }
    notice.send_at = quiet(now_, notice.urgent);
    const bool now = notice.send_at <= now_;
    record(std::move(notice));
    if (now) send(number);
  }

  const NoticeProvider* choose_provider(const Notice& notice) const {
    for (const auto& provider : rules_.contents().notices.providers) {
      const bool used_up = std::find(notice.used_up.begin(), notice.used_up.end(), provider.id) != notice.used_up.end();
      if (provider.channel == notice.made.way.channel && !used_up) return &provider;
    }
    return nullptr;
  }

  void send(NoticeNumber number) {
    const Notice& notice = at(number);
    if (state().erased && notice.made.recipient == NoticeRecipient::kApplicant)
      return record(NoticeCancelled{number, "ERASED"});
    if (!holds(state(), notice.made)) return record(NoticeCancelled{number, "NO_LONGER_SO"});
    // A pause that ends at night goes on until morning.
    if (const Instant at = quiet(now_, notice.made.urgent); at > now_)
      return record(NoticePutOff{number, at, "QUIET_HOURS", false, false});
    const auto* provider = choose_provider(notice);
    if (provider == nullptr) return fail(number, Phase::kTechnicalFailure, "NO_PROVIDER");
    const SendOrder order{number, notice.attempts + 1, provider->id, rules_.version()};
    const auto type = notice.made.way.channel == NoticeChannel::kEmail ? kSendEmail : kSendSms;
    record(NoticeSending{number, order.attempt, order.provider});
    intents_.push_back({type, encode_order(order)});
  }

  void put_off(NoticeNumber number, Instant until, const std::string& reason_code, bool tried) {
    const bool urgent = at(number).made.urgent;
    record(NoticePutOff{number, quiet(until, urgent), reason_code, tried, false});
  }

  void next_provider(NoticeNumber number, Phase otherwise, const std::string& reason_code) {
    Notice after = at(number);
    after.used_up.push_back(after.provider);
    if (choose_provider(after) == nullptr) return fail(number, otherwise, reason_code);
    record(NoticePutOff{number, now_, reason_code, true, true});
    send(number);
  }

  void fail(NoticeNumber number, Phase phase, const std::string& reason_code) {
    const Notice notice = at(number);
    record(NoticeFailed{number, phase, reason_code});
    if (state().erased && notice.made.recipient == NoticeRecipient::kApplicant) return;
    if (holds(state(), notice.made)) make(notice.made, notice.made.instead);
  }

  Context& context_;
  const Catalogue& rules_;
  const State& before_;
  Draft draft_;
  Instant now_;
  Instant fact_at_;
  std::string origin_;
  bool received_at_once_ = false;
  std::uint32_t derived_ = 0;
  std::vector<Intent> intents_;
};

// Commands.

std::optional<Error> permitted(const Catalogue& rules, const State& state, const CommandHeader& header, Action action) {
  const auto may = [&](Action wanted) {
    return shared_kernel::allows(rules, header, wanted, state.received_by, state.procedure_code);
  };
  if (state.phase == DossierPhase::kNone) return shared_kernel::dossier_not_found();
  if (may(action)) return std::nullopt;
  const bool knows = std::any_of(shared_kernel::kActions.begin(), shared_kernel::kActions.end(), may);
  return knows ? shared_kernel::action_not_allowed(action) : shared_kernel::dossier_not_found();
}

Error notice_not_found() {
  return {ErrorCode::kNotFound, "NOTICE_NOT_FOUND", "Hồ sơ không có thông báo này; hãy xem danh sách thông báo của hồ sơ.",
          "The dossier has no such notice; list its notices."};
}

// Lines of subscriptions.

Error line_not_found() {
  return {ErrorCode::kNotFound, "SUBSCRIPTION_NOT_FOUND", "Không có đăng ký nhận sự kiện này; hãy xem danh sách đăng ký.",
          "There is no such subscription; list the subscriptions."};
}

Error overtaken() {
  return {ErrorCode::kAborted, "REVISION_MISMATCH", "Đăng ký đã được vận hành viên cho chạy tiếp; hãy đọc lại.",
          "An operator has had the subscription go on; read it again."};
}

Decision<Event> decide_line(const Context& context, const Catalogue& rules, const State& state, const CommandHeader& header,
                            const CommandBody& body) {
  const auto may = [&](Action action) { return shared_kernel::allows(rules, header, action, "", ""); };
  const bool steers = std::holds_alternative<SteerLine>(body);
  const auto action = steers ? Action::kSteerNotice : Action::kReportDelivery;
  if (!may(action)) return refused(shared_kernel::action_not_allowed(action));
  Decision<Event> decision;
  const auto record = [&](EventBody event) { decision.events.push_back({context.decided_at(), std::move(event)}); };
  if (const auto* open = std::get_if<OpenLine>(&body)) {
    if (!state.line) record(LineOpened{open->subscription, open->since});
    return decision;
  }
  if (!state.line) return refused(line_not_found());
  if (const auto* report = std::get_if<ReportDeliveries>(&body)) {
    if (report->epoch != state.line->epoch || !state.line->runs()) return refused(overtaken());
    record(report->report);
  } else if (const auto* steer = std::get_if<SteerLine>(&body)) {
    record(LineSteered{steer->give_up, steer->replay_since});
  }
  return decision;
}

bool concerns_line(const CommandBody& body) {
  return std::holds_alternative<OpenLine>(body) || std::holds_alternative<ReportDeliveries>(body) ||
         std::holds_alternative<SteerLine>(body);
}

Decision<Event> decide_command(Context& context, const Catalogue& rules, const State& state, const Command& command) {
  if (concerns_line(command.body)) return decide_line(context, rules, state, command.header, command.body);
  using Named = std::pair<Action, NoticeNumber>;
  const auto [action, number] = std::visit(Overloaded{[](const RetryNotice& body) {
                                                        return Named{Action::kSteerNotice, body.notice};
                                                      },
                                                      [](const RecordReceipt& body) {
                                                        return Named{Action::kReportReceipt, body.notice};
                                                      },
                                                      [](const MarkRead& body) {
                                                        return Named{Action::kReadNotice, body.notice};
                                                      },
                                                      [](const auto&) {
                                                        return Named{Action::kSteerNotice, 0};
                                                      }},
                                           command.body);
  if (auto error = permitted(rules, state, command.header, action)) return refused(*std::move(error));
  const Notice* notice = state.notice(number);
  if (notice == nullptr) return refused(notice_not_found());
  Teller teller(context, rules, state);
  if (std::holds_alternative<RetryNotice>(command.body)) {
    if (!notice->failed()) {
      return refused({ErrorCode::kFailedPrecondition, "NOTICE_NOT_FAILED",
                      "Thông báo này không ở trạng thái lỗi nên không gửi lại; hãy xem trạng thái của nó.",
                      "This notice has not failed, so it is not sent again; look at its state."});
    }
    teller.retry(number);
  } else if (const auto* receipt = std::get_if<RecordReceipt>(&command.body)) {
    const bool handed_over = notice->phase != Phase::kCreated && notice->phase != Phase::kSending &&
                             notice->phase != Phase::kCancelled && notice->provider == receipt->provider;
    if (!handed_over) {
      return refused({ErrorCode::kFailedPrecondition, "NOTICE_NOT_HANDED_OVER",
                      "Thông báo này chưa được giao cho nhà cung cấp đó; hãy kiểm tra mã tham chiếu.",
                      "This notice was not handed over to that provider; check the reference."});
    }
    teller.take_receipt(*receipt);
  } else {
    if (notice->made.way.channel != NoticeChannel::kPortal) {
      return refused({ErrorCode::kFailedPrecondition, "NOTICE_NOT_READABLE",
                      "Chỉ tin nhắn trên cổng mới đánh dấu đã đọc được.", "Only a portal message can be marked as read."});
    }
    teller.mark_read(number);
  }
  return std::move(teller).finish(false);
}

}  // namespace

Decision<Event> Decider::decide(Context& context, const RulesType* rules, const State& state, const Cause& cause) {
  if (rules == nullptr) return refused(shared_kernel::catalogue_missing());
  if (const auto* command = std::get_if<Command>(&cause)) return decide_command(context, *rules, state, *command);
  Teller teller(context, *rules, state);
  std::visit(Overloaded{[](const Command&) {}, [&](const Reported& reported) { teller.take(reported); },
                        [&](const SendEnded& ended) { teller.take(ended); }, [&](const AlarmRang&) { teller.ring(); },
                        [](const Reviewed&) {}},
             cause);
  return std::move(teller).finish(std::holds_alternative<AlarmRang>(cause));
}

std::string encode_order(const SendOrder& order) {
  return std::to_string(order.notice) + ' ' + std::to_string(order.attempt) + ' ' + order.provider + ' ' +
         std::to_string(order.release);
}

std::optional<SendOrder> decode_order(std::string_view payload) {
  SendOrder out;
  const auto number = [&](auto& to) {
    const auto read = std::from_chars(payload.data(), payload.data() + payload.size(), to);
    const auto length = static_cast<std::size_t>(read.ptr - payload.data());
    if (read.ec != std::errc() || length >= payload.size() || payload[length] != ' ') return false;
    payload.remove_prefix(length + 1);
    return true;
  };
  if (!number(out.notice) || !number(out.attempt)) return std::nullopt;
  const auto space = payload.find(' ');
  out.provider = std::string(payload.substr(0, space));
  if (out.provider.empty()) return std::nullopt;
  if (space == std::string_view::npos) return out;
  const char* end = payload.data() + payload.size();
  const auto read = std::from_chars(payload.data() + space + 1, end, out.release);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return out;
}

Duration backoff(const NoticeProvider& provider, std::uint32_t tries, const DerivedId& key) {
  Duration pause = provider.first_backoff;
  for (std::uint32_t i = 1; i < tries && pause < provider.max_backoff; ++i) pause *= 2;
  pause = std::min(pause, provider.max_backoff);
  return pause + pause * key.bytes.back() / (5 * 256);
}

}  // namespace lienthong::notification
