#pragma once

#include "platform/ledger/effect_runner.h"
#include "platform/ledger/gateway.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

namespace lienthong::postal_dispatch {

/// Carries out what one entity tells another: a command to the lane of the target, with a request id made of the intent, so
/// that however often it is sent it takes effect once.
/// Thread-safety: any thread.
class Teller {
 public:
  /// `gateway` must outlive it. `principal` needs the grant `post.tell`.
  Teller(ledger::Gateway& gateway, std::string principal) : gateway_(gateway), principal_(std::move(principal)) {}

  /// Blocks until the lane has answered; a lane that can't answer now is asked again until `stopping`. Returns the outcome
  /// as it is recorded; nothing: broken off.
  std::optional<std::string> tell(const ledger::EffectCall& call, const std::atomic<bool>& stopping) const;

 private:
  ledger::Gateway& gateway_;
  std::string principal_;
};

}  // namespace lienthong::postal_dispatch
