#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/decision.h"
#include "platform/ledger/machine.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::simulation {

namespace v1 = ::lienthong::ledger::v1;

/// What a service's own rules say of a cause; the judge compares it with what a lane recorded.
struct Verdict {
  std::vector<v1::Event> events = {};
  std::vector<TimerChange> timers = {};
  std::vector<Intent> intents = {};
  std::optional<Error> refusal = {};
};

/// A service's decider and codec as the judge uses them: straight, without anything of the lane's machinery.
class Oracle {
 public:
  virtual ~Oracle() = default;
  virtual Verdict decide(Context& context, const Rules* rules, const std::string& state,
                         const ledger::CauseView& cause) const = 0;
  virtual bool evolve(std::string& state, const v1::Event& event) const = 0;
};

template <class D, class C>
class OracleOf final : public Oracle {
 public:
  Verdict decide(Context& context, const Rules* rules, const std::string& bytes,
                 const ledger::CauseView& view) const override {
    Verdict verdict;
    auto cause = C::decode_cause(view);
    if (!cause) {
      verdict.refusal = cause.error();
      return verdict;
    }
    const auto state = bytes.empty() ? Result<typename D::State>(typename D::State{}) : C::decode_state(bytes);
    auto decision = D::decide(context, static_cast<const typename D::RulesType*>(rules), *state, *cause);
    for (const auto& event : decision.events) C::encode_event(event, verdict.events.emplace_back());
    verdict.timers = std::move(decision.timers);
    verdict.intents = std::move(decision.intents);
    verdict.refusal = std::move(decision.refusal);
    return verdict;
  }
  bool evolve(std::string& bytes, const v1::Event& wire) const override {
    auto state = bytes.empty() ? Result<typename D::State>(typename D::State{}) : C::decode_state(bytes);
    auto event = C::decode_event(wire);
    if (!state || !event) return false;
    D::evolve(*state, *event);
    bytes = C::encode_state(*state);
    return true;
  }
};

}  // namespace lienthong::simulation
