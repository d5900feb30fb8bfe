#include "platform/rpc/client.h"

#include "platform/rpc/pem.h"
#include "platform/rpc/status.h"

#include <google/protobuf/message.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <condition_variable>
#include <mutex>
#include <unordered_set>

namespace lienthong::rpc {
namespace {

struct OpenCall {
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer reply;
  std::function<void(std::optional<Error>)> done;
};

std::optional<Error> outcome(const grpc::Status& status, OpenCall& call, google::protobuf::Message& reply) {
  if (!status.ok()) return to_error(status);
  const auto read = grpc::GenericDeserialize<grpc::ProtoBufferReader, google::protobuf::Message>(&call.reply, &reply);
  if (!read.ok()) return to_error(read);
  return std::nullopt;
}

}  // namespace

Result<std::shared_ptr<grpc::Channel>> make_channel(const ChannelSettings& settings) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  // A restarted server is found again within a second. Each refused attempt asks the resolver anew, by default not before 30
  // s.
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 100);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  auto credentials = grpc::InsecureChannelCredentials();
  if (settings.tls) {
    auto pem = read_pem(*settings.tls);
    if (!pem) return failure(pem.error());
    credentials = grpc::SslCredentials({std::move(pem->authority), std::move(pem->key), std::move(pem->certificate)});
    if (!settings.server_name.empty()) arguments.SetSslTargetNameOverride(settings.server_name);
  }
  return grpc::CreateCustomChannel(settings.target, credentials, arguments);
}

void name_caller(grpc::ClientContext& context, const std::string& certificate_name) {
  context.AddMetadata("lienthong-caller", certificate_name);
}

struct Client::State {
  grpc::GenericStub stub;
  std::string caller;
  std::mutex mutex;
  std::condition_variable ended;
  std::unordered_set<std::shared_ptr<OpenCall>> open;

  State(std::shared_ptr<grpc::Channel> channel, std::string name) : stub(std::move(channel)), caller(std::move(name)) {}
  void begin(const std::shared_ptr<OpenCall>& call) {
    const std::lock_guard lock(mutex);
    open.insert(call);
  }
  void end(const std::shared_ptr<OpenCall>& call) {
    // What `done` holds goes as well before anybody who waits goes on.
    call->done = nullptr;
    const std::lock_guard lock(mutex);
    open.erase(call);
    ended.notify_all();
  }
};

Client::Client(std::shared_ptr<grpc::Channel> channel, std::string caller)
    : state_(std::make_shared<State>(std::move(channel), std::move(caller))) {}

Client::~Client() {
  std::unique_lock lock(state_->mutex);
  const auto open = state_->open;
  lock.unlock();
  for (const auto& call : open) call->context.TryCancel();
  lock.lock();
  state_->ended.wait(lock, [&] { return state_->open.empty(); });
}

void Client::start(const std::string& method, const google::protobuf::Message& request, google::protobuf::Message& reply,
                   Duration timeout, std::function<void(std::optional<Error>)> done) {
  auto call = std::make_shared<OpenCall>();
  call->context.set_deadline(std::chrono::system_clock::now() + timeout);
  if (!state_->caller.empty()) name_caller(call->context, state_->caller);
  bool own = false;
  const auto written =
      grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(request, &call->request, &own);
  if (!written.ok()) return done(to_error(written));
  call->done = std::move(done);
  state_->begin(call);
  state_->stub.UnaryCall(&call->context, method, grpc::StubOptions(), &call->request, &call->reply,
                         [state = state_, call, &reply](const grpc::Status& status) {
                           call->done(outcome(status, *call, reply));
                           state->end(call);
                         });
}

}  // namespace lienthong::rpc
