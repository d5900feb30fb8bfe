#pragma once

#include "google/protobuf/timestamp.pb.h"
#include "platform/rpc/client.h"
#include "platform/rpc/status.h"
#include "tools/ltctl/session.h"

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace lienthong::ltctl {

/// A channel with the session's certificate. Errors: kInvalidArgument for files that can't be read.
Result<std::shared_ptr<grpc::Channel>> open_channel(const Session& session, const std::string& address);

/// A new UUID of version 7, or the one that was given by hand.
std::string new_request_id(const Session& session);
/// For commands that create: `<home key>_<uuid>`.
std::string new_creating_request_id(const Session& session, const std::string& home_key);

Instant instant_of(const google::protobuf::Timestamp& time);
/// The message as JSON with the field names of the contract.
nlohmann::json to_json(const google::protobuf::Message& message);

/// Calls until there is an answer: while the system can't do it, the same request is sent again until the session's time is
/// over.
template <class Service, class Request, class Response>
Result<Response> call(const Session& session, typename Service::Stub& stub,
                      grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request) {
  const auto until =
      std::chrono::system_clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(session.timeout * 1000));
  for (;;) {
    grpc::ClientContext context;
    context.set_deadline(until);
    if (!session.settings.tls && !session.settings.caller.empty()) rpc::name_caller(context, session.settings.caller);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (status.ok()) return response;
    const bool repeat =
        status.error_code() == grpc::StatusCode::UNAVAILABLE || status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
    const auto delay = std::max<Duration>(rpc::retry_delay(status), std::chrono::milliseconds(200));
    if (!repeat || std::chrono::system_clock::now() + delay >= until) return failure(rpc::to_error(status));
    std::this_thread::sleep_for(delay);
  }
}

}  // namespace lienthong::ltctl
