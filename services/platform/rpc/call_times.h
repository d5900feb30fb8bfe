#pragma once

#include "platform/base/instant.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lienthong::rpc {

/// Upper bounds of the histogram of call durations, in seconds; one more bucket holds the rest.
/// Source: OpenTelemetry's conventions for `rpc.server.call.duration`.
inline constexpr std::array kCallBounds = {.005, .01, .025, .05, .075, .1, .25, .5, .75, 1., 2.5, 5., 7.5, 10.};

/// Calls of one method that ended with one status, by how long they took.
struct CallTimes {
  std::string method;       ///< `package.Service/Method`.
  std::string_view status;  ///< Canonical name, e.g. `NOT_FOUND`.
  std::array<std::uint64_t, kCallBounds.size() + 1> counts{};
  double sum_seconds = 0;
};

/// Counts the calls of one method. Thread-safety: any thread; a call costs two atomic additions.
class MethodTimes {
 public:
  explicit MethodTimes(std::string method) : method_(std::move(method)) {}
  /// `code`: of gRPC; what is none counts as UNKNOWN.
  void add(int code, Duration took);
  /// Appends one entry for each status that has come.
  void read(std::vector<CallTimes>& out) const;

 private:
  static constexpr std::size_t kCodes = 17;
  struct Histogram {
    std::array<std::atomic<std::uint64_t>, kCallBounds.size() + 1> counts{};
    std::atomic<std::int64_t> micros{0};
  };
  std::string method_;
  std::array<Histogram, kCodes> by_code_;
};

}  // namespace lienthong::rpc
