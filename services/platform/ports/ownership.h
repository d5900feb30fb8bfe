#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace lienthong::ports {

/// Takes the partitions a process shall decide for.
/// Thread-safety: called from one thread of the implementation; must not block and not call back into the port.
class OwnershipSink {
 public:
  virtual ~OwnershipSink() = default;
  /// These partitions are ours from now on.
  virtual void on_assigned(std::vector<std::uint32_t> partitions) = 0;
  /// These partitions go elsewhere. `stopped` is called, once and from any thread, when their lanes append nothing more;
  /// after a limit they go anyway (the ledger bears two owners). `lost`: they may be elsewhere already.
  virtual void on_revoked(std::vector<std::uint32_t> partitions, bool lost, std::function<void()> stopped) = 0;
};

/// Membership in the group of processes that share the partitions of one ledger; apart from reading (architecture.md 4).
/// Thread-safety: one thread at a time.
class Ownership {
 public:
  virtual ~Ownership() = default;
  /// Gives all partitions back (through `on_revoked`) and leaves, so that others have them at once. Blocks until the lanes
  /// have stopped, at most the configured limit. Idempotent; the destructor does the same.
  virtual void leave() = 0;
};

}  // namespace lienthong::ports
