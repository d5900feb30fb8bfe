#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lienthong {

/// Canonical error codes; the same meaning as the gRPC status codes of the same name.
enum class ErrorCode : std::uint8_t {
  kInvalidArgument,
  kNotFound,
  kAlreadyExists,
  kPermissionDenied,
  kUnauthenticated,
  kFailedPrecondition,
  kAborted,
  kResourceExhausted,
  kUnavailable,
  kDeadlineExceeded,
  kDataLoss,
  kInternal,
};

struct FieldViolation {
  std::string field;
  std::string description;
  bool operator==(const FieldViolation&) const = default;
};

/// Why something was not done, in a form that a caller can act upon.
/// `reason` is one of `lienthong.api.v1.ErrorReason` without its prefix, e.g. `REQUEST_ID_REUSED`, wherever it can reach a
/// caller; both texts name the cure.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string reason;
  std::string message_vi;
  std::string message_en;
  std::vector<FieldViolation> violations = {};
  bool operator==(const Error&) const = default;
};

std::string_view to_string(ErrorCode code);

}  // namespace lienthong
