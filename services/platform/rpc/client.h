#pragma once

#include "platform/base/instant.h"
#include "platform/base/result.h"
#include "platform/rpc/tls_files.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace google::protobuf {
class Message;
}
namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace lienthong::rpc {

struct ChannelSettings {
  /// `host:port`
  std::string target;
  /// Nothing: without TLS (tests, benchmarks).
  std::optional<TlsFiles> tls;
  /// Checked against the server's certificate instead of the target's host; empty: the host.
  std::string server_name;
};

/// A connection of its own, kept alive (20 s, given up after 5 s). Errors: as read_pem. It connects with the first call.
Result<std::shared_ptr<grpc::Channel>> make_channel(const ChannelSettings& settings);

/// Names the caller where there is no TLS; has no effect where there is.
void name_caller(grpc::ClientContext& context, const std::string& certificate_name);

/// Calls unary methods by name, for callers that should not know gRPC.
/// Thread-safety: any thread; never blocks.
class Client {
 public:
  /// `caller` as name_caller; empty: not sent.
  explicit Client(std::shared_ptr<grpc::Channel> channel, std::string caller = {});
  /// Cancels the open calls and waits until the `done` of each has returned; not to be called from a `done`.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// `method` as `/package.Service/Method`. `done` is called exactly once, from a gRPC thread.
  template <class Reply, class Request>
  void call(const std::string& method, const Request& request, Duration timeout, std::function<void(Result<Reply>)> done) {
    auto reply = std::make_shared<Reply>();
    start(method, request, *reply, timeout, [reply, done = std::move(done)](std::optional<Error> error) {
      if (error) return done(failure(std::move(*error)));
      done(std::move(*reply));
    });
  }

 private:
  void start(const std::string& method, const google::protobuf::Message& request, google::protobuf::Message& reply,
             Duration timeout, std::function<void(std::optional<Error>)> done);
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lienthong::rpc
