#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace lienthong::ledger {

/// Names the cause that is being decided, so that a crash in it is known after the restart (R11 of ledger.md).
struct Suspect {
  std::array<std::uint8_t, 24> cause{};
  std::uint32_t attempt = 1;
};

/// Survives the process, not the machine.
class SuspectSlot {
 public:
  virtual ~SuspectSlot() = default;
  /// What was being decided when the process ended, if it ended inside of a decision.
  virtual std::optional<Suspect> found() const = 0;
  virtual void set(const Suspect& suspect) = 0;
  virtual void clear() = 0;
};

/// A mapped file of 4 KiB per lane. Throws std::system_error when the file can't be made (start-up only).
std::unique_ptr<SuspectSlot> open_suspect_file(const std::string& path);

}  // namespace lienthong::ledger
