#pragma once

#include "platform/base/decision.h"

#include <utility>
#include <vector>

namespace lienthong::shared_kernel {

/// A decision in the making: the events recorded so far and the state that follows from them, so that later parts of one
/// decision see what earlier parts did.
template <class Decider>
class Draft {
 public:
  explicit Draft(const typename Decider::State& before) : state_(before) {}

  const typename Decider::State& state() const { return state_; }
  bool empty() const { return events_.empty(); }

  template <class Body>
  void record(Instant occurred_at, Body body) {
    typename Decider::Event event{occurred_at, std::move(body)};
    Decider::evolve(state_, event);
    events_.push_back(std::move(event));
  }

  Decision<typename Decider::Event> finish() && {
    Decision<typename Decider::Event> decision;
    decision.events = std::move(events_);
    return decision;
  }

 private:
  typename Decider::State state_;
  std::vector<typename Decider::Event> events_;
};

template <class Event>
Decision<Event> refuse(Error error) {
  Decision<Event> decision;
  decision.refusal = std::move(error);
  return decision;
}

}  // namespace lienthong::shared_kernel
