#include "platform/rpc/call_times.h"

#include <algorithm>

namespace lienthong::rpc {
namespace {

constexpr std::array<std::string_view, 17> kNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};
constexpr std::size_t kUnknown = 2;

}  // namespace

void MethodTimes::add(int code, Duration took) {
  const auto place = code < 0 || static_cast<std::size_t>(code) >= kCodes ? kUnknown : static_cast<std::size_t>(code);
  auto& histogram = by_code_.at(place);
  const double seconds = static_cast<double>(took.count()) / 1e6;
  const auto bucket = std::lower_bound(kCallBounds.begin(), kCallBounds.end(), seconds) - kCallBounds.begin();
  histogram.counts.at(static_cast<std::size_t>(bucket)).fetch_add(1, std::memory_order_relaxed);
  histogram.micros.fetch_add(took.count(), std::memory_order_relaxed);
}

void MethodTimes::read(std::vector<CallTimes>& out) const {
  for (std::size_t code = 0; code < kCodes; ++code) {
    const auto& histogram = by_code_.at(code);
    CallTimes times{
        method_, kNames.at(code), {}, static_cast<double>(histogram.micros.load(std::memory_order_relaxed)) / 1e6};
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < times.counts.size(); ++i) {
      all += times.counts.at(i) = histogram.counts.at(i).load(std::memory_order_relaxed);
    }
    if (all > 0) out.push_back(std::move(times));
  }
}

}  // namespace lienthong::rpc
