#pragma once

#include "platform/base/result.h"
#include "platform/kafka/settings.h"
#include "platform/ports/ownership.h"

#include <chrono>
#include <memory>
#include <string>

namespace lienthong::kafka {

struct MembershipSettings {
  Settings connection;
  /// `lienthong.<service>.lanes`.
  std::string group;
  /// The ledger topic whose partitions are shared.
  std::string topic;
  /// After this time without a heartbeat the partitions go to others; the broker must allow it.
  std::chrono::milliseconds session_timeout{6000};
  /// How long a revocation waits for the lanes to stop.
  std::chrono::milliseconds stop_limit{3000};
};

/// Ownership by a consumer group on the ledger topic that fetches nothing: the assignment is taken note of, but answered
/// with an empty local one (kafka.md 3). Each change of the group revokes all partitions and assigns the new share.
/// Thread-safety: as Ownership; the sink is called from one thread of its own.
class Membership final : public ports::Ownership {
 public:
  /// Never waits for a broker. Errors: kInvalidArgument for settings that can't be used. The sink must outlive the result.
  static Result<std::unique_ptr<Membership>> join(MembershipSettings settings, ports::OwnershipSink& sink);
  ~Membership() override;
  void leave() override;

 private:
  class State;
  explicit Membership(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lienthong::kafka
