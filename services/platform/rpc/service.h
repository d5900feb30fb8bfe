#pragma once

#include "platform/base/instant.h"
#include "platform/base/result.h"
#include "platform/rpc/call_times.h"
#include "platform/rpc/message_check.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grpc {
class Service;
}  // namespace grpc

namespace lienthong::rpc {

/// Who is on the other end of a connection.
struct Caller {
  /// Common name of the verified client certificate; empty when there is none.
  /// Without TLS (tests, benchmarks): what the client says in the metadata `lienthong-caller`.
  std::string certificate_name;
};

/// Finds the principal id behind a certificate. Errors: kPermissionDenied for a name nobody has, kUnavailable while it can't
/// be known. Thread-safety: called from gRPC threads; must not block.
using PrincipalLookup = std::function<Result<std::string>(const Caller&)>;

/// What a handler knows of a call besides its request.
struct Call {
  std::string principal;
  /// Time the client still waits; nothing: for ever.
  std::optional<Duration> remaining;
  /// W3C trace context, checked; empty when none was sent.
  std::string traceparent;
};

/// The one answer of a unary call. Copies share the call: the first answer counts, later ones are dropped, as is an answer
/// after the client went away or the server stopped. When the last copy goes without an answer, the client gets UNAVAILABLE
/// `DROPPED`. Thread-safety: any thread; never blocks.
class RawResponder {
 public:
  class State;
  explicit RawResponder(std::shared_ptr<State> state) : state_(std::move(state)) {}
  void ok(const google::protobuf::Message& reply) const;
  void fail(const Error& error, Duration retry_after = Duration::zero()) const;

 private:
  std::shared_ptr<State> state_;
};

template <class Reply>
class Responder {
 public:
  explicit Responder(RawResponder raw) : raw_(std::move(raw)) {}
  void ok(const Reply& reply) const { raw_.ok(reply); }
  void fail(const Error& error, Duration retry_after = Duration::zero()) const { raw_.fail(error, retry_after); }

 private:
  RawResponder raw_;
};

/// A request as it came, unread.
class RawRequest {
 public:
  explicit RawRequest(const void* buffer) : buffer_(buffer) {}
  /// Errors: as read_message.
  Result<void> read(const EnumFields& enums, google::protobuf::Message& out) const;

 private:
  const void* buffer_;
};

/// The sending half of a bidirectional stream. Nothing is queued here: one message at a time.
/// Thread-safety: any thread; never blocks.
class RawStream {
 public:
  virtual ~RawStream() = default;
  /// True while a message can be handed over at once.
  virtual bool writable() const = 0;
  /// Sends a message; `on_writable` follows when the next one may come. False: not writable or closed, nothing was done.
  virtual bool write(const google::protobuf::Message& message) = 0;
  /// Asks for the next message of the client. Precondition: the one before has been delivered.
  virtual void read() = 0;
  /// Ends the stream, behind a message that is on its way; the first call counts.
  virtual void finish(const std::optional<Error>& error) = 0;
};

/// The receiving half. Calls about reading and about writing may come at the same time from different threads.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  /// The stream is open; read and write from now on.
  virtual void on_open(std::shared_ptr<RawStream> stream) = 0;
  virtual void on_message(const RawRequest& request) = 0;
  /// The client will send nothing more.
  virtual void on_half_close() = 0;
  virtual void on_writable() = 0;
  /// The last call: the client is gone, or the stream was finished.
  virtual void on_closed() = 0;
};

/// One gRPC service made of raw callback methods: requests are read by us, strictly, because the generated form of this gRPC
/// answers UNIMPLEMENTED for what does not parse. A caller without a certificate gets UNAUTHENTICATED.
/// Methods are added before the server starts. Thread-safety: as far as the handlers.
class Service {
 public:
  template <class Request, class Reply>
  using UnaryHandler = std::function<void(const Call&, Request, Responder<Reply>)>;

  /// `full_name` as in the proto files, e.g. `lienthong.intake.v1.IntakeService`.
  Service(std::string full_name, PrincipalLookup principals);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  template <class Request, class Reply>
  void unary(std::string_view method, UnaryHandler<Request, Reply> handler) {
    auto enums = std::make_shared<const EnumFields>(Request::descriptor());
    add_unary(method,
              [enums, handler = std::move(handler)](const Call& call, const RawRequest& raw, RawResponder responder) {
                Request request;
                if (const auto read = raw.read(*enums, request); !read) return responder.fail(read.error());
                handler(call, std::move(request), Responder<Reply>(std::move(responder)));
              });
  }
  /// `open` makes the handler of one stream, or refuses it.
  void bidi(std::string_view method, std::function<Result<std::shared_ptr<StreamHandler>>(const Call&)> open);

  const std::string& full_name() const { return full_name_; }
  /// Appends how long unary calls took until they were answered; a stream has no such time. Thread-safety: any thread.
  void read_times(std::vector<CallTimes>& out) const;
  grpc::Service& grpc_service();

 private:
  class Methods;
  void add_unary(std::string_view method, std::function<void(const Call&, const RawRequest&, RawResponder)> handler);
  std::string full_name_;
  PrincipalLookup principals_;
  std::unique_ptr<Methods> methods_;
  std::vector<std::shared_ptr<MethodTimes>> times_;  // by method; calls share them, since they may outlive the service
};

}  // namespace lienthong::rpc
