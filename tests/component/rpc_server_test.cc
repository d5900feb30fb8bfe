#include "lienthong/routing/v1/routing_service.grpc.pb.h"
#include "platform/rpc/client.h"
#include "platform/rpc/message_check.h"
#include "platform/rpc/server.h"
#include "platform/rpc/service.h"
#include "platform/rpc/status.h"
#include "tests/support/child_process.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

/// The server with real sockets and certificates, and a service that is made for the test.
namespace lienthong::rpc {
namespace {

namespace v1 = ::lienthong::routing::v1;
using test_support::ChildProcess;
using test_support::TemporaryDirectory;

class Certificates {
 public:
  explicit Certificates(std::string directory) : directory_(std::move(directory)) {}
  void make_authority(const std::string& name) const {
    run({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
         "/CN=" + name, "-keyout", file(name, ".key"), "-out", file(name, ".crt")});
  }
  void make(const std::string& authority, const std::string& name) const {
    std::ofstream(file(name, ".ext")) << "subjectAltName=IP:127.0.0.1,DNS:localhost\n";
    run({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name, "-keyout",
         file(name, ".key"), "-out", file(name, ".csr")});
    run({"x509", "-req", "-days", "1", "-in", file(name, ".csr"), "-CA", file(authority, ".crt"), "-CAkey",
         file(authority, ".key"), "-CAcreateserial", "-extfile", file(name, ".ext"), "-out", file(name, ".crt")});
  }
  TlsFiles files(const std::string& authority, const std::string& name) const {
    return {file(authority, ".crt"), file(name, ".crt"), file(name, ".key")};
  }

 private:
  std::string file(const std::string& name, const char* suffix) const { return directory_ + "/" + name + suffix; }
  void run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "openssl");
    ASSERT_EQ(ChildProcess(arguments, directory_ + "/openssl.log").wait(), 0);
  }
  std::string directory_;
};

class RpcServerTest : public ::testing::Test {
 protected:
  RpcServerTest()
      : service_("lienthong.routing.v1.RoutingService", [](const Caller& caller) -> Result<std::string> {
          if (caller.certificate_name == "desk") return std::string("principal of the desk");
          return failure(
              {ErrorCode::kPermissionDenied, "PRINCIPAL_UNKNOWN", "Không rõ ai gọi.", "Nobody knows the caller."});
        }) {
    service_.unary<v1::GetRouteRequest, v1::GetRouteResponse>(
        "GetRoute", [this](const Call& call, v1::GetRouteRequest request, auto out) {
          ++handled_;
          if (on_get_route_) return on_get_route_(out);
          v1::GetRouteResponse reply;
          reply.mutable_route()->set_dossier_id(request.dossier_id());
          reply.mutable_route()->set_holder(call.principal);
          out.ok(reply);
        });
    service_.unary<v1::ListRoutesRequest, v1::ListRoutesResponse>(
        "ListRoutes", [this](const Call&, const v1::ListRoutesRequest&, auto out) {
          ++handled_;
          out.ok({});
        });
  }

  void start(const std::optional<TlsFiles>& tls = {}) {
    ServerSettings settings;
    settings.tls = tls;
    auto server = Server::start(settings, {&service_});
    ASSERT_TRUE(server) << server.error().message_en;
    server_ = std::move(*server);
    server_->set_serving(true);
  }
  std::string target() const { return "127.0.0.1:" + std::to_string(server_->port()); }

  static grpc::Status get_route(const std::shared_ptr<grpc::Channel>& channel, v1::GetRouteResponse& reply,
                                const std::string& caller = {},
                                std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + timeout);
    if (!caller.empty()) name_caller(context, caller);
    v1::GetRouteRequest request;
    request.set_dossier_id("some dossier");
    return v1::RoutingService::NewStub(channel)->GetRoute(&context, request, &reply);
  }
  /// Sends bytes as they are.
  static grpc::Status send(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                           const std::string& bytes) {
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    name_caller(context, "desk");
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer reply;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, "/lienthong.routing.v1.RoutingService/" + method, {}, &request, &reply,
                   [&](grpc::Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }

  Service service_;
  std::atomic<int> handled_ = 0;
  std::function<void(const Responder<v1::GetRouteResponse>&)> on_get_route_;
  std::unique_ptr<Server> server_;
};

TEST_F(RpcServerTest, TellsTheHandlerWhoseCertificateItIs) {
  const TemporaryDirectory directory;
  const Certificates certificates(directory.path());
  certificates.make_authority("authority");
  certificates.make("authority", "server");
  certificates.make("authority", "desk");
  start(certificates.files("authority", "server"));
  v1::GetRouteResponse reply;
  const auto channel = make_channel({target(), certificates.files("authority", "desk"), {}});
  ASSERT_TRUE(channel);
  const auto status = get_route(*channel, reply);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(reply.route().holder(), "principal of the desk");
}

TEST_F(RpcServerTest, RefusesWhoHasNoCertificateOfItsAuthority) {
  const TemporaryDirectory directory;
  const Certificates certificates(directory.path());
  certificates.make_authority("authority");
  certificates.make_authority("other");
  certificates.make("authority", "server");
  certificates.make("other", "desk");
  certificates.make("authority", "stranger");
  start(certificates.files("authority", "server"));
  v1::GetRouteResponse reply;

  auto files = certificates.files("other", "desk");
  files.authority = directory.path() + "/authority.crt";
  EXPECT_EQ(get_route(*make_channel({target(), files, {}}), reply).error_code(), grpc::StatusCode::UNAVAILABLE);

  grpc::SslCredentialsOptions nothing;
  std::ifstream authority(directory.path() + "/authority.crt");
  std::stringstream pem;
  pem << authority.rdbuf();
  nothing.pem_root_certs = pem.str();
  EXPECT_EQ(get_route(grpc::CreateChannel(target(), grpc::SslCredentials(nothing)), reply).error_code(),
            grpc::StatusCode::UNAVAILABLE);

  EXPECT_FALSE(get_route(grpc::CreateChannel(target(), grpc::InsecureChannelCredentials()), reply, "desk").ok());

  const auto unknown = get_route(*make_channel({target(), certificates.files("authority", "stranger"), {}}), reply);
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(to_error(unknown).reason, "PRINCIPAL_UNKNOWN");
  EXPECT_EQ(handled_, 0);
}

TEST_F(RpcServerTest, RefusesACallerWithoutAName) {
  start();
  v1::GetRouteResponse reply;
  const auto status = get_route(server_->in_process_channel(), reply);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(to_error(status).reason, "CERTIFICATE_REQUIRED");
}

TEST_F(RpcServerTest, AnswersBadBytesWithInvalidArgumentAndDoesNothing) {
  start();
  const auto channel = *make_channel({target(), {}, {}});
  std::string nested;
  for (int i = 1; i < 17; ++i) nested += "\xDB\x3E";
  for (int i = 1; i < 17; ++i) nested += "\xDC\x3E";
  v1::ListRoutesRequest unknown;
  unknown.set_filter(static_cast<v1::RouteFilter>(99));
  struct Case {
    const char* method;
    std::string bytes;
    const char* reason;
  };
  for (const auto& bad : {Case{"GetRoute", "\x0A\x7F", "MALFORMED"}, Case{"GetRoute", nested, "MALFORMED"},
                          Case{"GetRoute", std::string(257 * 1024, '\0'), "REQUEST_TOO_LARGE"},
                          Case{"ListRoutes", unknown.SerializeAsString(), "UNKNOWN_ENUM_VALUE"}}) {
    const auto status = send(channel, bad.method, bad.bytes);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << bad.reason;
    EXPECT_EQ(to_error(status).reason, bad.reason);
  }
  const auto transport = send(channel, "GetRoute", std::string(std::size_t{2} << 20, '\0'));
  EXPECT_EQ(transport.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(handled_, 0);
}

TEST_F(RpcServerTest, GivesTheFirstAnswerAndDropsTheSecond) {
  start();
  on_get_route_ = [](const Responder<v1::GetRouteResponse>& out) {
    v1::GetRouteResponse reply;
    reply.mutable_route()->set_dossier_code("first");
    out.ok(reply);
    out.fail({ErrorCode::kInternal, "SECOND", "", ""});
  };
  v1::GetRouteResponse reply;
  EXPECT_TRUE(get_route(server_->in_process_channel(), reply, "desk").ok());
  EXPECT_EQ(reply.route().dossier_code(), "first");
}

TEST_F(RpcServerTest, AnswersACallThatNobodyAnswered) {
  start();
  on_get_route_ = [](const Responder<v1::GetRouteResponse>&) {};
  v1::GetRouteResponse reply;
  const auto status = get_route(server_->in_process_channel(), reply, "desk");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(to_error(status).reason, "DROPPED");
  EXPECT_GT(retry_delay(status), Duration::zero());
}

TEST_F(RpcServerTest, CountsCallsByMethodAndStatusWithTheTimeTheyTook) {
  start();
  v1::GetRouteResponse reply;
  EXPECT_FALSE(get_route(server_->in_process_channel(), reply).ok());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(get_route(server_->in_process_channel(), reply, "desk").ok());
  on_get_route_ = [](const Responder<v1::GetRouteResponse>& out) {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    out.fail({ErrorCode::kNotFound, "DOSSIER_NOT_FOUND", "", ""});
  };
  EXPECT_FALSE(get_route(server_->in_process_channel(), reply, "desk").ok());
  std::vector<CallTimes> times;
  service_.read_times(times);
  std::map<std::string, std::uint64_t> calls;
  for (const auto& one : times) {
    EXPECT_EQ(one.method, "lienthong.routing.v1.RoutingService/GetRoute") << "a method that was not called is left out";
    for (const auto number : one.counts) calls[std::string(one.status)] += number;
    if (one.status != "NOT_FOUND") continue;
    EXPECT_GE(one.sum_seconds, 0.03);
    EXPECT_EQ(one.counts[0] + one.counts[1] + one.counts[2], 0U) << "it took longer than 25 ms";
  }
  EXPECT_EQ(calls, (std::map<std::string, std::uint64_t>{{"NOT_FOUND", 1}, {"OK", 2}, {"UNAUTHENTICATED", 1}}));
}

TEST_F(RpcServerTest, TakesAnAnswerAfterTheClientHasGone) {
  start();
  std::optional<Responder<v1::GetRouteResponse>> kept;
  on_get_route_ = [&](const Responder<v1::GetRouteResponse>& out) { kept = out; };
  v1::GetRouteResponse reply;
  EXPECT_EQ(get_route(server_->in_process_channel(), reply, "desk", std::chrono::milliseconds(100)).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  ASSERT_TRUE(kept);
  kept->ok({});
  kept.reset();
  on_get_route_ = nullptr;
  EXPECT_TRUE(get_route(server_->in_process_channel(), reply, "desk").ok());
}

TEST_F(RpcServerTest, LeavesNoCallOpenBehindAClientThatIsGone) {
  start();
  std::optional<Responder<v1::GetRouteResponse>> kept;
  std::promise<void> arrived;
  on_get_route_ = [&](const Responder<v1::GetRouteResponse>& out) {
    kept = out;
    arrived.set_value();
  };
  // What the owner of a client has beside it, gone with the owner.
  auto owned = std::make_unique<std::vector<ErrorCode>>();
  auto client = std::make_unique<Client>(server_->in_process_channel(), "desk");
  client->call<v1::GetRouteResponse>("/lienthong.routing.v1.RoutingService/GetRoute", v1::GetRouteRequest(),
                                     std::chrono::seconds(20),
                                     [told = owned.get()](const Result<v1::GetRouteResponse>& reply) {
                                       told->push_back(reply ? ErrorCode{} : reply.error().code);
                                     });
  arrived.get_future().get();
  const auto began = std::chrono::steady_clock::now();
  client.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  EXPECT_EQ(owned->size(), 1U);
  owned.reset();
  kept->ok({});
}

TEST_F(RpcServerTest, StopsInTimeThoughACallIsOpen) {
  start();
  std::optional<Responder<v1::GetRouteResponse>> kept;
  std::promise<void> arrived;
  on_get_route_ = [&](const Responder<v1::GetRouteResponse>& out) {
    kept = out;
    arrived.set_value();
  };
  grpc::Status status;
  std::thread client([&, channel = server_->in_process_channel()] {
    v1::GetRouteResponse reply;
    status = get_route(channel, reply, "desk");
  });
  arrived.get_future().get();
  const auto began = std::chrono::steady_clock::now();
  server_->stop(std::chrono::milliseconds(200));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  client.join();
  EXPECT_FALSE(status.ok());
  kept->ok({});
}

TEST_F(RpcServerTest, SaysWhichPortIsTaken) {
  start();
  ServerSettings settings;
  settings.address = target();
  Service other("lienthong.routing.v1.RoutingService", nullptr);
  const auto second = Server::start(settings, {&other});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason, "ADDRESS_TAKEN");
  EXPECT_THAT(second.error().message_en, ::testing::HasSubstr(target()));
}

TEST_F(RpcServerTest, NamesTheTlsFileThatIsMissing) {
  ServerSettings settings;
  settings.tls = TlsFiles{"/nonexistent/authority.crt", "", ""};
  const auto server = Server::start(settings, {&service_});
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message_en, ::testing::HasSubstr("/nonexistent/authority.crt"));
}

}  // namespace
}  // namespace lienthong::rpc
