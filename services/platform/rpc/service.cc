#include "platform/rpc/service.h"

#include "platform/rpc/status.h"

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>

namespace lienthong::rpc {
namespace {

Result<grpc::ByteBuffer> to_buffer(const google::protobuf::Message& message) {
  grpc::ByteBuffer buffer;
  bool own = false;
  const auto status = grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(message, &buffer, &own);
  if (!status.ok()) return failure(to_error(status));
  return buffer;
}

bool is_traceparent(std::string_view text) {
  return text.size() == 55 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
         });
}

std::string text_of(grpc::string_ref ref) { return {ref.data(), ref.size()}; }

Caller caller_of(const grpc::CallbackServerContext& context) {
  const auto auth = context.auth_context();
  if (auth != nullptr && auth->IsPeerAuthenticated()) {
    const auto names = auth->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME);
    return {names.empty() ? std::string() : text_of(names.front())};
  }
  // Without TLS there is nothing to verify; only a server that was told to run so gets here.
  const auto said = context.client_metadata().find("lienthong-caller");
  return {said == context.client_metadata().end() ? std::string() : text_of(said->second)};
}

Result<Call> call_of(const grpc::CallbackServerContext& context, const PrincipalLookup& principals) {
  const auto caller = caller_of(context);
  if (caller.certificate_name.empty()) {
    return failure({ErrorCode::kUnauthenticated, "CERTIFICATE_REQUIRED",
                    "Kết nối không có chứng thư máy khách; hãy kết nối bằng chứng thư đã đăng ký trong danh mục.",
                    "The connection has no client certificate; connect with one that is registered in the catalogue."});
  }
  auto principal = principals(caller);
  if (!principal) return failure(std::move(principal.error()));
  Call call{std::move(*principal), std::nullopt, {}};
  const auto deadline = context.deadline();
  if (deadline != std::chrono::system_clock::time_point::max()) {
    call.remaining = std::chrono::duration_cast<Duration>(deadline - std::chrono::system_clock::now());
  }
  if (const auto trace = context.client_metadata().find("traceparent"); trace != context.client_metadata().end()) {
    if (auto text = text_of(trace->second); is_traceparent(text)) call.traceparent = std::move(text);
  }
  return call;
}

Error internal_error() {
  return {ErrorCode::kInternal, "INTERNAL", "Lỗi bên trong dịch vụ; hãy báo cho đơn vị vận hành.",
          "An error inside of the service; tell its operators."};
}

class UnaryReactor final : public grpc::ServerUnaryReactor {
 public:
  explicit UnaryReactor(std::shared_ptr<RawResponder::State> state) : state_(std::move(state)) {}
  void OnCancel() override;
  void OnDone() override { delete this; }  // NOLINT(cppcoreguidelines-owning-memory): gRPC's last call to it

 private:
  std::shared_ptr<RawResponder::State> state_;
};

}  // namespace

// Whoever sets `answered_` first may use the reactor once: it lives until then, and maybe not longer.
class RawResponder::State {
 public:
  State(grpc::ByteBuffer* out, std::shared_ptr<MethodTimes> times) : out_(out), times_(std::move(times)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() = default;

  void bind(grpc::ServerUnaryReactor* reactor) { reactor_ = reactor; }
  void ok(const google::protobuf::Message& reply) {
    if (answered_.exchange(true)) return;
    auto buffer = to_buffer(reply);
    if (!buffer) return end(to_status(buffer.error()));
    out_->Swap(&*buffer);
    end(grpc::Status::OK);
  }
  void finish(const grpc::Status& status) {
    if (!answered_.exchange(true)) end(status);
  }

 private:
  using Steady = std::chrono::steady_clock;
  void end(const grpc::Status& status) {
    times_->add(status.error_code(), std::chrono::duration_cast<Duration>(Steady::now() - began_));
    reactor_->Finish(status);
  }

  std::atomic<bool> answered_ = false;
  grpc::ByteBuffer* out_;
  std::shared_ptr<MethodTimes> times_;
  Steady::time_point began_ = Steady::now();
  grpc::ServerUnaryReactor* reactor_ = nullptr;
};

namespace {

void UnaryReactor::OnCancel() { state_->finish({grpc::StatusCode::CANCELLED, "cancelled"}); }

// What the copies of a responder share: its end without an answer is an answer.
struct LastCopy {
  std::shared_ptr<RawResponder::State> state;
  explicit LastCopy(std::shared_ptr<RawResponder::State> s) : state(std::move(s)) {}
  LastCopy(const LastCopy&) = delete;
  LastCopy& operator=(const LastCopy&) = delete;
  ~LastCopy() {
    state->finish(
        to_status({ErrorCode::kUnavailable, "DROPPED", "Dịch vụ đang dừng nên chưa trả lời; hãy gửi lại cùng mã yêu cầu.",
                   "The service is stopping and gave no answer; send again with the same request id."}));
  }
};

class StreamReactor;

// Outlives the reactor: handlers may still hold it when the stream is gone.
class OpenStream final : public RawStream {
 public:
  explicit OpenStream(StreamReactor* reactor) : reactor_(reactor) {}
  bool writable() const override {
    const std::lock_guard lock(mutex_);
    return open() && !writing_;
  }
  bool write(const google::protobuf::Message& message) override;
  void read() override;
  void finish(const std::optional<Error>& error) override { finish_with(error ? to_status(*error) : grpc::Status::OK); }
  void finish_with(const grpc::Status& status);
  void written();

 private:
  bool open() const { return !final_status_; }
  void finish_now();

  mutable std::mutex mutex_;
  StreamReactor* reactor_;
  bool writing_ = false;
  std::optional<grpc::Status> final_status_;
};

class StreamReactor final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit StreamReactor(std::shared_ptr<StreamHandler> handler)
      : handler_(std::move(handler)), stream_(std::make_shared<OpenStream>(this)) {
    handler_->on_open(stream_);
  }
  explicit StreamReactor(const Error& refusal) : stream_(std::make_shared<OpenStream>(this)) { stream_->finish(refusal); }

  void OnReadDone(bool ok) override {
    if (handler_ == nullptr) return;
    if (ok) {
      handler_->on_message(RawRequest(&incoming_));
    } else {
      handler_->on_half_close();
    }
  }
  void OnWriteDone(bool ok) override {
    stream_->written();
    if (ok && handler_ != nullptr) handler_->on_writable();
  }
  void OnCancel() override { stream_->finish_with({grpc::StatusCode::CANCELLED, "cancelled"}); }
  void OnDone() override {
    if (handler_ != nullptr) handler_->on_closed();
    delete this;  // NOLINT(cppcoreguidelines-owning-memory): gRPC's last call to it
  }

  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;

 private:
  std::shared_ptr<StreamHandler> handler_;
  std::shared_ptr<OpenStream> stream_;
};

bool OpenStream::write(const google::protobuf::Message& message) {
  auto buffer = to_buffer(message);
  const std::lock_guard lock(mutex_);
  if (!buffer || !open() || writing_) return false;
  writing_ = true;
  reactor_->outgoing_.Swap(&*buffer);
  reactor_->StartWrite(&reactor_->outgoing_);
  return true;
}

void OpenStream::read() {
  const std::lock_guard lock(mutex_);
  if (open()) reactor_->StartRead(&reactor_->incoming_);
}

void OpenStream::finish_with(const grpc::Status& status) {
  const std::lock_guard lock(mutex_);
  if (!open()) return;
  final_status_ = status;
  if (!writing_) finish_now();
}

void OpenStream::written() {
  const std::lock_guard lock(mutex_);
  writing_ = false;
  if (!open()) finish_now();
}

void OpenStream::finish_now() { reactor_->Finish(*final_status_); }

}  // namespace

void RawResponder::ok(const google::protobuf::Message& reply) const { state_->ok(reply); }
void RawResponder::fail(const Error& error, Duration retry_after) const { state_->finish(to_status(error, retry_after)); }

Result<void> RawRequest::read(const EnumFields& enums, google::protobuf::Message& out) const {
  // The reader takes the buffer without const, but leaves it as it is.
  auto* buffer = const_cast<grpc::ByteBuffer*>(static_cast<const grpc::ByteBuffer*>(buffer_));
  grpc::ProtoBufferReader reader(buffer);
  return read_message(reader, buffer->Length(), enums, out);
}

class Service::Methods final : public grpc::Service {
 public:
  void add(const std::string& path, grpc::internal::RpcMethod::RpcType type, grpc::internal::MethodHandler* handler) {
    AddMethod(new grpc::internal::RpcServiceMethod(path.c_str(), type, nullptr));  // NOLINT: gRPC takes it over
    MarkMethodRawCallback(count_++, handler);
  }
  // gRPC keeps the pointer to a method's name, not the name.
  const std::string& keep(std::string path) { return *paths_.emplace_back(std::make_unique<std::string>(std::move(path))); }

 private:
  int count_ = 0;
  std::vector<std::unique_ptr<std::string>> paths_;
};

Service::Service(std::string full_name, PrincipalLookup principals)
    : full_name_(std::move(full_name)), principals_(std::move(principals)), methods_(std::make_unique<Methods>()) {}
Service::~Service() = default;

grpc::Service& Service::grpc_service() { return *methods_; }

void Service::read_times(std::vector<CallTimes>& out) const {
  for (const auto& method : times_) method->read(out);
}

void Service::add_unary(std::string_view method, std::function<void(const Call&, const RawRequest&, RawResponder)> handler) {
  const auto times = times_.emplace_back(std::make_shared<MethodTimes>(full_name_ + "/" + std::string(method)));
  const auto get_reactor = [this, times, handler = std::move(handler)](
                               grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                               grpc::ByteBuffer* reply) -> grpc::ServerUnaryReactor* {
    auto state = std::make_shared<RawResponder::State>(reply, times);
    auto* reactor = new UnaryReactor(state);  // NOLINT(cppcoreguidelines-owning-memory): deleted by OnDone
    state->bind(reactor);
    auto last = std::make_shared<LastCopy>(std::move(state));
    RawResponder responder(std::shared_ptr<RawResponder::State>(last, last->state.get()));
    last.reset();
    const auto call = call_of(*context, principals_);
    if (!call) {
      responder.fail(call.error());
      return reactor;
    }
    try {
      handler(*call, RawRequest(request), responder);
    } catch (const std::exception&) {
      responder.fail(internal_error());
    }
    return reactor;
  };
  methods_->add(methods_->keep("/" + full_name_ + "/" + std::string(method)), grpc::internal::RpcMethod::NORMAL_RPC,
                new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(get_reactor));
}

void Service::bidi(std::string_view method, std::function<Result<std::shared_ptr<StreamHandler>>(const Call&)> open) {
  const auto get_reactor =
      [this, open = std::move(open)](
          grpc::CallbackServerContext* context) -> grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* {
    const auto call = call_of(*context, principals_);
    if (!call) return new StreamReactor(call.error());  // NOLINT(cppcoreguidelines-owning-memory): deleted by OnDone
    try {
      auto handler = open(*call);
      if (!handler) return new StreamReactor(handler.error());  // NOLINT
      return new StreamReactor(std::move(*handler));            // NOLINT
    } catch (const std::exception&) {
      return new StreamReactor(internal_error());  // NOLINT
    }
  };
  methods_->add(methods_->keep("/" + full_name_ + "/" + std::string(method)), grpc::internal::RpcMethod::BIDI_STREAMING,
                new grpc::internal::CallbackBidiHandler<grpc::ByteBuffer, grpc::ByteBuffer>(get_reactor));
}

}  // namespace lienthong::rpc
