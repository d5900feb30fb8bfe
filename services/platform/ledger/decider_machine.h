#pragma once

#include "platform/ledger/machine.h"

#include <concepts>
#include <utility>

namespace lienthong::ledger {

/// The pure half of a service. `RulesType` derives from lienthong::Rules.
template <class D>
concept Decider = requires(Context& context, const typename D::RulesType* rules, typename D::State state,
                           const typename D::Cause& cause, const typename D::Event& event) {
  { D::decide(context, rules, std::as_const(state), cause) } -> std::same_as<Decision<typename D::Event>>;
  { D::evolve(state, event) } -> std::same_as<void>;
  { D::index_entries(std::as_const(state)) } -> std::same_as<IndexEntries>;
  { D::kLogic } -> std::convertible_to<std::uint32_t>;
};

/// The wire half of a service. `encode_event` fills type, payload and occurred_at.
template <class D, class C>
concept Codec = requires(const typename D::Event& event, const typename D::State& state, v1::Event& wire,
                         std::string_view bytes, const CauseView& cause) {
  { C::encode_event(event, wire) } -> std::same_as<void>;
  { C::decode_event(std::as_const(wire)) } -> std::same_as<Result<typename D::Event>>;
  { C::encode_state(state) } -> std::same_as<std::string>;
  { C::decode_state(bytes) } -> std::same_as<Result<typename D::State>>;
  { C::decode_cause(cause) } -> std::same_as<Result<typename D::Cause>>;
};

/// Makes a Machine of a decider and its codec. `sources` as Machine::sources.
template <Decider D, class C>
requires Codec<D, C>
class DeciderMachine final : public Machine {
 public:
  DeciderMachine(LedgerName name, std::vector<std::pair<LedgerName, EventMask>> sources)
      : name_(std::move(name)), sources_(std::move(sources)) {}

  LedgerName name() const override { return name_; }
  std::uint32_t logic() const override { return D::kLogic; }
  std::vector<std::pair<LedgerName, EventMask>> sources() const override { return sources_; }

  Decided decide(Context& context, const Rules* rules, std::string_view bytes, const CauseView& view) const override {
    Decided decided;
    auto cause = C::decode_cause(view);
    if (!cause) {
      decided.refusal = std::move(cause.error());
      return decided;
    }
    auto state = decode(bytes);
    if (!state) {
      decided.refusal = std::move(state.error());
      return decided;
    }
    auto decision = D::decide(context, static_cast<const typename D::RulesType*>(rules), std::as_const(*state), *cause);
    decided.events.resize(decision.events.size());
    for (std::size_t i = 0; i < decision.events.size(); ++i) C::encode_event(decision.events[i], decided.events[i]);
    decided.timers = std::move(decision.timers);
    decided.intents = std::move(decision.intents);
    decided.refusal = std::move(decision.refusal);
    return decided;
  }

  Result<void> evolve(std::string& bytes, const v1::Leaf& leaf) const override {
    if (leaf.events().empty()) return {};
    auto state = decode(bytes);
    if (!state) return failure(state.error());
    for (const auto& wire : leaf.events()) {
      auto event = C::decode_event(wire);
      if (!event) return failure(event.error());
      D::evolve(*state, *event);
    }
    bytes = C::encode_state(*state);
    return {};
  }

  IndexEntries index_entries(std::string_view bytes) const override {
    const auto state = decode(bytes);
    return state ? D::index_entries(*state) : IndexEntries{};
  }

 private:
  static Result<typename D::State> decode(std::string_view bytes) {
    if (bytes.empty()) return typename D::State{};
    return C::decode_state(bytes);
  }

  LedgerName name_;
  std::vector<std::pair<LedgerName, EventMask>> sources_;
};

}  // namespace lienthong::ledger
