#pragma once

#include "platform/base/decision.h"
#include "platform/crypto/sha256.h"
#include "shared_kernel/command.h"
#include "shared_kernel/content.h"
#include "shared_kernel/local_time.h"
#include "tests/support/small_catalogue.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lienthong::test_support {

/// `2026-03-02 08:00`, local time.
inline Instant local(std::string_view text) { return shared_kernel::instant_of(*shared_kernel::parse_local_minute(text)); }
inline std::string local_text(Instant at) { return shared_kernel::format_local_minute(shared_kernel::minute_of(at)); }

/// What a decision may use, set by hand.
struct Surroundings {
  Instant now = local("2026-03-02 08:00");
  std::map<std::string, std::uint64_t, std::less<>> numbers;
  std::uint8_t decisions = 0;
};

class FixedContext final : public Context {
 public:
  explicit FixedContext(Surroundings& surroundings) : surroundings_(surroundings) {}
  Instant decided_at() const override { return surroundings_.now; }
  DossierId dossier() const override { return {}; }
  std::uint64_t dossier_seq() const override { return 1; }
  Salt salt() const override { return {}; }
  DerivedId derive_id(std::uint32_t n) const override {
    DerivedId id;
    id.bytes[0] = surroundings_.decisions;
    id.bytes[1] = static_cast<std::uint8_t>(n);
    return id;
  }
  std::uint64_t next_number(std::string_view key) override { return ++surroundings_.numbers[std::string(key)]; }

 private:
  Surroundings& surroundings_;
};

/// given(events), when(cause), then look at the decision. Events happen when the context's clock says so.
template <class Decider>
class Given {
 public:
  explicit Given(std::vector<typename Decider::Event> events = {}) {
    for (const auto& event : events) Decider::evolve(state_, event);
  }
  explicit Given(typename Decider::State state) : state_(std::move(state)) {}

  /// Decides, and takes the events in, so that several causes can follow each other.
  Decision<typename Decider::Event> when(const typename Decider::Cause& cause) {
    FixedContext fixed(context);
    ++context.decisions;
    auto decision = Decider::decide(fixed, rules.get(), state_, cause);
    for (const auto& event : decision.events) Decider::evolve(state_, event);
    return decision;
  }
  const typename Decider::State& state() const { return state_; }

  Surroundings context;
  std::shared_ptr<const shared_kernel::Catalogue> rules = small_catalogue();

 private:
  typename Decider::State state_;
};

template <class Body>
std::optional<Body> first_of(const auto& events) {
  for (const auto& event : events) {
    if (const auto* body = std::get_if<Body>(&event.body)) return *body;
  }
  return std::nullopt;
}

inline std::string reason_of(const auto& decision) { return decision.refusal ? decision.refusal->reason : ""; }

inline shared_kernel::SealedRef sealed_part(char what) {
  return {std::string("key-") + what, crypto::sha256({std::string_view(&what, 1)})};
}

inline shared_kernel::CommandHeader by(std::string principal, std::optional<Instant> occurred_at = {}) {
  return {std::move(principal), "officer-7", {}, {}, occurred_at};
}

}  // namespace lienthong::test_support
