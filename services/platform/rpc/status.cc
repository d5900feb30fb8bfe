#include "platform/rpc/status.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

#include <algorithm>

namespace lienthong::rpc {
namespace {

constexpr std::size_t kTextMax = 1000;

// Never cuts through a UTF-8 sequence: a protobuf string must stay readable.
std::string shortened(std::string_view text, std::size_t max = kTextMax) {
  if (text.size() <= max) return std::string(text);
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0U) == 0x80U) --max;
  return std::string(text.substr(0, max));
}

bool retry_helps(ErrorCode code) { return code == ErrorCode::kUnavailable || code == ErrorCode::kResourceExhausted; }

template <class Detail>
bool find_detail(const google::rpc::Status& status, Detail& out) {
  const auto found = std::find_if(status.details().begin(), status.details().end(),
                                  [](const google::protobuf::Any& any) { return any.Is<Detail>(); });
  return found != status.details().end() && found->UnpackTo(&out);
}

google::rpc::Status details_of(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) details.Clear();
  return details;
}

std::string reason_of(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::CANCELLED: return "CANCELLED";
    case grpc::StatusCode::UNIMPLEMENTED: return "UNIMPLEMENTED";
    case grpc::StatusCode::UNAVAILABLE: return "UNREACHABLE";
    case grpc::StatusCode::DEADLINE_EXCEEDED: return "DEADLINE_EXCEEDED";
    case grpc::StatusCode::RESOURCE_EXHAUSTED: return "MESSAGE_TOO_LARGE";
    case grpc::StatusCode::OK:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::DATA_LOSS:
    case grpc::StatusCode::DO_NOT_USE: break;
  }
  return "TRANSPORT";
}

}  // namespace

grpc::StatusCode to_grpc_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return grpc::StatusCode::INVALID_ARGUMENT;
    case ErrorCode::kNotFound: return grpc::StatusCode::NOT_FOUND;
    case ErrorCode::kAlreadyExists: return grpc::StatusCode::ALREADY_EXISTS;
    case ErrorCode::kPermissionDenied: return grpc::StatusCode::PERMISSION_DENIED;
    case ErrorCode::kUnauthenticated: return grpc::StatusCode::UNAUTHENTICATED;
    case ErrorCode::kFailedPrecondition: return grpc::StatusCode::FAILED_PRECONDITION;
    case ErrorCode::kAborted: return grpc::StatusCode::ABORTED;
    case ErrorCode::kResourceExhausted: return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case ErrorCode::kUnavailable: return grpc::StatusCode::UNAVAILABLE;
    case ErrorCode::kDeadlineExceeded: return grpc::StatusCode::DEADLINE_EXCEEDED;
    case ErrorCode::kDataLoss: return grpc::StatusCode::DATA_LOSS;
    case ErrorCode::kInternal: return grpc::StatusCode::INTERNAL;
  }
  return grpc::StatusCode::INTERNAL;
}

ErrorCode from_grpc_code(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE: return ErrorCode::kInvalidArgument;
    case grpc::StatusCode::NOT_FOUND: return ErrorCode::kNotFound;
    case grpc::StatusCode::ALREADY_EXISTS: return ErrorCode::kAlreadyExists;
    case grpc::StatusCode::PERMISSION_DENIED: return ErrorCode::kPermissionDenied;
    case grpc::StatusCode::UNAUTHENTICATED: return ErrorCode::kUnauthenticated;
    case grpc::StatusCode::FAILED_PRECONDITION: return ErrorCode::kFailedPrecondition;
    case grpc::StatusCode::ABORTED: return ErrorCode::kAborted;
    case grpc::StatusCode::RESOURCE_EXHAUSTED: return ErrorCode::kResourceExhausted;
    case grpc::StatusCode::UNAVAILABLE: return ErrorCode::kUnavailable;
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED: return ErrorCode::kDeadlineExceeded;
    case grpc::StatusCode::DATA_LOSS: return ErrorCode::kDataLoss;
    case grpc::StatusCode::OK:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::DO_NOT_USE: break;
  }
  return ErrorCode::kInternal;
}

grpc::Status to_status(const Error& error, Duration retry_after) {
  const auto code = to_grpc_code(error.code);
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(shortened(error.message_en));

  google::rpc::ErrorInfo info;
  info.set_reason(shortened(error.reason));
  info.set_domain("lienthong");
  status.add_details()->PackFrom(info);
  for (const auto& [locale, text] : {std::pair{"vi", &error.message_vi}, std::pair{"en", &error.message_en}}) {
    google::rpc::LocalizedMessage message;
    message.set_locale(locale);
    message.set_message(shortened(*text));
    status.add_details()->PackFrom(message);
  }
  if (!error.violations.empty()) {
    google::rpc::BadRequest request;
    for (const auto& violation : error.violations) {
      if (request.field_violations_size() == kViolationsMax) break;
      auto& out = *request.add_field_violations();
      out.set_field(shortened(violation.field, 100));
      out.set_description(shortened(violation.description, 200));
    }
    status.add_details()->PackFrom(request);
  }
  if (retry_helps(error.code)) {
    if (retry_after <= Duration::zero()) retry_after = kDefaultRetryDelay;
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(retry_after.count() / 1'000'000);
    retry.mutable_retry_delay()->set_nanos(static_cast<std::int32_t>(retry_after.count() % 1'000'000 * 1000));
    status.add_details()->PackFrom(retry);
  }
  return {code, status.message(), status.SerializeAsString()};
}

Error to_error(const grpc::Status& status) {
  Error error{from_grpc_code(status.error_code()), {}, status.error_message(), status.error_message()};
  const auto details = details_of(status);
  if (google::rpc::ErrorInfo info; find_detail(details, info)) error.reason = info.reason();
  if (error.reason.empty()) error.reason = reason_of(status.error_code());
  for (const auto& any : details.details()) {
    google::rpc::LocalizedMessage message;
    if (!any.Is<google::rpc::LocalizedMessage>() || !any.UnpackTo(&message)) continue;
    (message.locale() == "vi" ? error.message_vi : error.message_en) = message.message();
  }
  if (google::rpc::BadRequest request; find_detail(details, request)) {
    for (const auto& violation : request.field_violations()) {
      error.violations.push_back({violation.field(), violation.description()});
    }
  }
  return error;
}

Duration retry_delay(const grpc::Status& status) {
  google::rpc::RetryInfo retry;
  if (!find_detail(details_of(status), retry)) return Duration::zero();
  return std::chrono::seconds(retry.retry_delay().seconds()) + Duration(retry.retry_delay().nanos() / 1000);
}

}  // namespace lienthong::rpc
