#include "platform/rpc/status.h"

#include <gtest/gtest.h>

#include <array>

namespace lienthong::rpc {
namespace {

constexpr std::array kAllCodes = {
    ErrorCode::kInvalidArgument, ErrorCode::kNotFound,           ErrorCode::kAlreadyExists, ErrorCode::kPermissionDenied,
    ErrorCode::kUnauthenticated, ErrorCode::kFailedPrecondition, ErrorCode::kAborted,       ErrorCode::kResourceExhausted,
    ErrorCode::kUnavailable,     ErrorCode::kDeadlineExceeded,   ErrorCode::kDataLoss,      ErrorCode::kInternal};

Error error_of(ErrorCode code) {
  return {code, "SOME_REASON", "Văn bản tiếng Việt có dấu", "English text", {{"header.request_id", "is no UUID"}}};
}

TEST(RpcStatus, EveryErrorComesBackFromItsStatusUnchanged) {
  for (const auto code : kAllCodes) EXPECT_EQ(to_error(to_status(error_of(code))), error_of(code)) << static_cast<int>(code);
}

TEST(RpcStatus, EveryCodeHasTheStatusCodeOfTheSameName) {
  const std::array<std::pair<ErrorCode, grpc::StatusCode>, kAllCodes.size()> expected = {{
      {ErrorCode::kInvalidArgument, grpc::StatusCode::INVALID_ARGUMENT},
      {ErrorCode::kNotFound, grpc::StatusCode::NOT_FOUND},
      {ErrorCode::kAlreadyExists, grpc::StatusCode::ALREADY_EXISTS},
      {ErrorCode::kPermissionDenied, grpc::StatusCode::PERMISSION_DENIED},
      {ErrorCode::kUnauthenticated, grpc::StatusCode::UNAUTHENTICATED},
      {ErrorCode::kFailedPrecondition, grpc::StatusCode::FAILED_PRECONDITION},
      {ErrorCode::kAborted, grpc::StatusCode::ABORTED},
      {ErrorCode::kResourceExhausted, grpc::StatusCode::RESOURCE_EXHAUSTED},
      {ErrorCode::kUnavailable, grpc::StatusCode::UNAVAILABLE},
      {ErrorCode::kDeadlineExceeded, grpc::StatusCode::DEADLINE_EXCEEDED},
      {ErrorCode::kDataLoss, grpc::StatusCode::DATA_LOSS},
      {ErrorCode::kInternal, grpc::StatusCode::INTERNAL},
  }};
  for (const auto& [code, grpc_code] : expected) {
    EXPECT_EQ(to_grpc_code(code), grpc_code);
    EXPECT_EQ(from_grpc_code(grpc_code), code);
  }
}

TEST(RpcStatus, TellsToRetryOnlyWhereARetryHelps) {
  for (const auto code : kAllCodes) {
    const bool helps = code == ErrorCode::kUnavailable || code == ErrorCode::kResourceExhausted;
    EXPECT_EQ(retry_delay(to_status(error_of(code))), helps ? kDefaultRetryDelay : Duration::zero());
  }
  EXPECT_EQ(retry_delay(to_status(error_of(ErrorCode::kUnavailable), std::chrono::milliseconds(1500))),
            std::chrono::milliseconds(1500));
}

TEST(RpcStatus, ReadsAStatusWithoutDetails) {
  const auto error = to_error({grpc::StatusCode::UNAVAILABLE, "connection refused"});
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(error.reason, "UNREACHABLE");
  EXPECT_EQ(error.message_en, "connection refused");
}

TEST(RpcStatus, KeepsALongTextWithinTheTrailersWithoutCuttingALetter) {
  Error error = error_of(ErrorCode::kInvalidArgument);
  error.message_vi.clear();
  while (error.message_vi.size() < 20'000) error.message_vi += "ế";
  error.violations.assign(100, {std::string(500, 'f'), std::string(500, 'd')});
  const auto status = to_status(error);
  EXPECT_LT(status.error_details().size(), 6'000U);
  const auto back = to_error(status);
  EXPECT_EQ(back.message_vi.size() % std::string("ế").size(), 0U);
  EXPECT_EQ(back.violations.size(), static_cast<std::size_t>(kViolationsMax));
}

}  // namespace
}  // namespace lienthong::rpc
