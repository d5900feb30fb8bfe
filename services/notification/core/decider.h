#pragma once

#include "notification/core/notice.h"
#include "platform/base/decision.h"
#include "shared_kernel/catalogue.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lienthong::notification {

/// Decides who is told what of a dossier, when and by whom it is brought. Pure.
struct Decider {
  using State = notification::State;
  using Event = notification::Event;
  using Cause = notification::Cause;
  using RulesType = shared_kernel::Catalogue;

  static Decision<Event> decide(Context& context, const RulesType* rules, const State& state, const Cause& cause);
  static void evolve(State& state, const Event& event);
  /// `notice`, one entry for each notice that is neither brought nor cancelled. Key: receiving agency `/` phase, e.g.
  /// `H47.22.01/temporary-failure`; score: when it came into that phase; suffix: its number.
  /// `receipt`, one entry for each notice whose provider reports. Key: the notice's key; suffix: its number.
  /// `webhook`, one entry for each line of a subscription. Key: subscription.
  static IndexEntries index_entries(const State& state);
  static constexpr std::uint32_t kLogic = 2;
};

/// The one timer of a dossier: rings at the earliest of everything that waits.
inline constexpr TimerId kAlarm = 1;
/// When the alarm has to ring next; zero: not at all.
Instant next_alarm(const State& state);

/// Whether what a notice tells is still so. Asked when it is decided to send it, and again right before it is sent.
bool holds(const State& state, const NoticeCreated& notice);

/// Types of intents; each has its own queue of calls.
inline constexpr std::uint32_t kSendEmail = 1;
inline constexpr std::uint32_t kSendSms = 2;

/// What an intent asks for: one attempt on one notice. Everything else is read from the dossier when it is sent.
struct SendOrder {
  NoticeNumber notice = 0;
  std::uint32_t attempt = 0;
  std::string provider;
  /// Catalogue release it was decided under; 0: not told.
  std::uint64_t release = 0;
  bool operator==(const SendOrder&) const = default;
};
/// `notice attempt provider release`, as the intent's payload. Ledgers before logic 2 have no release there.
std::string encode_order(const SendOrder& order);
std::optional<SendOrder> decode_order(std::string_view payload);

/// Pause before the next attempt after `tries` failed ones: doubles from the provider's first to its longest, and up to a
/// fifth more by the notice's key, so that notices that failed together do not come back together.
Duration backoff(const shared_kernel::NoticeProvider& provider, std::uint32_t tries, const DerivedId& key);

}  // namespace lienthong::notification
