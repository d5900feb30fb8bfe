#include "platform/rpc/server.h"

#include "platform/rpc/pem.h"

#include <absl/synchronization/mutex.h>
#include <google/protobuf/stubs/logging.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <mutex>

namespace lienthong::rpc {
namespace {

// Above the limit of a request's body, so that a slightly larger one gets our own answer with its reason.
constexpr int kTransportBytesMax = 1 << 20;
constexpr int kMetadataBytesMax = 8 << 10;

// Source: measured on the target machine; the port is shared silently by two processes without the first line.
void apply_settings(grpc::ServerBuilder& builder, const ServerSettings& settings) {
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, settings.concurrent_streams_max);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 30 * 60 * 1000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  builder.SetMaxReceiveMessageSize(kTransportBytesMax);
  grpc::ResourceQuota quota("lienthong");
  quota.Resize(settings.memory_max);
  builder.SetResourceQuota(quota);
  // Only reflection is served by these threads.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
}

void initialise_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    // It would write a line for every request that does not parse.
    google::protobuf::SetLogHandler(nullptr);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

Result<std::shared_ptr<grpc::ServerCredentials>> credentials_of(const ServerSettings& settings) {
  if (!settings.tls) return grpc::InsecureServerCredentials();
  auto pem = read_pem(*settings.tls);
  if (!pem) return failure(pem.error());
  grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = std::move(pem->authority);
  options.pem_key_cert_pairs.push_back({std::move(pem->key), std::move(pem->certificate)});
  return grpc::SslServerCredentials(options);
}

}  // namespace

struct Server::State {
  std::unique_ptr<grpc::Server> server;
  std::vector<std::string> services;
  int port = 0;
  std::once_flag stopped;
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() { stop(std::chrono::seconds(1)); }

Result<std::unique_ptr<Server>> Server::start(const ServerSettings& settings, const std::vector<Service*>& services) {
  initialise_library();
  auto credentials = credentials_of(settings);
  if (!credentials) return failure(credentials.error());
  auto state = std::make_unique<State>();
  grpc::ServerBuilder builder;
  apply_settings(builder, settings);
  builder.AddListeningPort(settings.address, *credentials, &state->port);
  for (auto* service : services) {
    builder.RegisterService(&service->grpc_service());
    state->services.push_back(service->full_name());
  }
  state->server = builder.BuildAndStart();
  if (state->server == nullptr || state->port == 0) {
    return failure(
        {ErrorCode::kUnavailable, "ADDRESS_TAKEN",
         "Không mở được cổng " + settings.address + "; hãy dừng tiến trình đang dùng cổng đó hoặc chọn cổng khác.",
         "Can't listen on " + settings.address + "; stop the process that uses it or choose another port."});
  }
  std::unique_ptr<Server> server(new Server(std::move(state)));
  server->set_serving(false);
  return server;
}

int Server::port() const { return state_->port; }

void Server::set_serving(bool serving) {
  auto* health = state_->server->GetHealthCheckService();
  health->SetServingStatus(serving);
  for (const auto& service : state_->services) health->SetServingStatus(service, serving);
}

void Server::stop(Duration grace) {
  std::call_once(state_->stopped, [&] {
    set_serving(false);
    state_->server->Shutdown(std::chrono::system_clock::now() + grace);
    state_->server->Wait();
  });
}

std::shared_ptr<grpc::Channel> Server::in_process_channel() {
  return state_->server->InProcessChannel(grpc::ChannelArguments());
}

}  // namespace lienthong::rpc
