#pragma once

#include "platform/base/instant.h"
#include "platform/base/result.h"

#include <grpcpp/support/status.h>

namespace lienthong::rpc {

/// What a client is told to wait where nobody knows better.
inline constexpr Duration kDefaultRetryDelay = std::chrono::milliseconds(200);
/// Violations beyond this number are left out, so that the status fits into the trailers (8 KiB).
inline constexpr int kViolationsMax = 8;

grpc::StatusCode to_grpc_code(ErrorCode code);
/// Codes that no service of ours gives become the nearest one of ours.
ErrorCode from_grpc_code(grpc::StatusCode code);

/// The only place that makes a status of an error: canonical code, English text, and as details ErrorInfo (reason, domain
/// `lienthong`), both texts as LocalizedMessage, BadRequest where fields are known, RetryInfo on UNAVAILABLE and
/// RESOURCE_EXHAUSTED. `retry_after` zero: kDefaultRetryDelay.
grpc::Status to_status(const Error& error, Duration retry_after = Duration::zero());

/// The way back, also for a status of a foreign server without details. Precondition: `status` is not OK.
Error to_error(const grpc::Status& status);
/// Zero when the status names none.
Duration retry_delay(const grpc::Status& status);

}  // namespace lienthong::rpc
