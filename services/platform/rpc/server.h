#pragma once

#include "platform/base/result.h"
#include "platform/rpc/service.h"
#include "platform/rpc/tls_files.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace grpc {
class Channel;
}  // namespace grpc

namespace lienthong::rpc {

struct ServerSettings {
  /// `host:port`; port 0 lets the system choose.
  std::string address = "127.0.0.1:0";
  /// Nothing: without TLS, for tests and benchmarks only; callers then name themselves.
  std::optional<TlsFiles> tls;
  int concurrent_streams_max = 1000;
  /// Memory of all calls together. Units: bytes.
  std::size_t memory_max = std::size_t{256} << 20;
};

/// A gRPC server with health (grpc.health.v1) and reflection.
class Server {
 public:
  /// The services must outlive the server. Every service is NOT_SERVING until `set_serving`.
  /// Errors: kInvalidArgument on TLS files that can't be read, kUnavailable when the address is taken (both name the cure).
  static Result<std::unique_ptr<Server>> start(const ServerSettings& settings, const std::vector<Service*>& services);
  /// Stops with a grace of one second.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;
  /// What the health service says of all services and of the server as a whole. Thread-safety: any thread.
  void set_serving(bool serving);
  /// Takes no new calls, waits up to `grace` for open ones, cancels the rest. Idempotent. Blocks until all are gone.
  void stop(Duration grace);
  /// Without sockets, for tests and calls within the process.
  std::shared_ptr<grpc::Channel> in_process_channel();

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lienthong::rpc
