#include "platform/sqlite/sole_ownership.h"

#include <chrono>
#include <future>
#include <numeric>
#include <utility>

namespace lienthong::sqlite {
namespace {

constexpr std::chrono::seconds kStopLimit{3};

}  // namespace

SoleOwnership::SoleOwnership(ports::OwnershipSink& sink, std::uint32_t partition_count)
    : sink_(sink), partitions_(partition_count) {
  std::iota(partitions_.begin(), partitions_.end(), 0U);
  sink_.on_assigned(partitions_);
}

SoleOwnership::~SoleOwnership() { leave(); }

void SoleOwnership::leave() {
  if (partitions_.empty()) return;
  const auto stopped = std::make_shared<std::promise<void>>();
  sink_.on_revoked(std::exchange(partitions_, {}), false, [stopped] { stopped->set_value(); });
  stopped->get_future().wait_for(kStopLimit);
}

}  // namespace lienthong::sqlite
