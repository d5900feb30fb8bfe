#pragma once

#include "platform/ports/ownership.h"

#include <memory>

namespace lienthong::sqlite {

/// Ownership where one process has the file: all partitions from the start until it leaves.
class SoleOwnership final : public ports::Ownership {
 public:
  /// Calls `on_assigned` before it returns. The sink must outlive this object.
  SoleOwnership(ports::OwnershipSink& sink, std::uint32_t partition_count);
  ~SoleOwnership() override;
  void leave() override;

 private:
  ports::OwnershipSink& sink_;
  std::vector<std::uint32_t> partitions_;
};

}  // namespace lienthong::sqlite
