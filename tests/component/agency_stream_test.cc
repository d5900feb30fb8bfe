#include "tools/demo/agency_stream.h"

#include "lienthong/agency/v1/agency_service.grpc.pb.h"
#include "platform/rpc/status.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace lienthong::demo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ServerStream = grpc::ServerReaderWriter<agency_api::StreamWorkResponse, agency_api::StreamWorkRequest>;

agency_api::WorkItem offered(const std::string& dossier) {
  agency_api::WorkItem item;
  item.mutable_work()->set_dossier_id(dossier);
  item.mutable_work()->set_leg(1);
  item.mutable_work()->set_attempt(1);
  item.set_state(agency_api::WORK_STATE_OFFERED);
  item.set_agency("A");
  return item;
}

agency_api::StreamWorkResponse done(const agency_api::WorkAnswer& answer) {
  agency_api::StreamWorkResponse response;
  auto& result = *response.add_results();
  result.set_request_id(answer.header().request_id());
  result.mutable_result()->set_revision(7);
  return response;
}

agency_api::StreamWorkResponse failed(const agency_api::WorkAnswer& answer, grpc::StatusCode code,
                                      const std::string& reason) {
  agency_api::StreamWorkResponse response;
  auto& result = *response.add_results();
  result.set_request_id(answer.header().request_id());
  result.mutable_failure()->set_code(code);
  result.mutable_failure()->set_reason(reason);
  result.mutable_failure()->mutable_retry_delay()->set_nanos(1'000'000);
  return response;
}

/// A server whose n-th stream does what the n-th script says.
class ScriptedServer final : public agency_api::AgencyService::Service {
 public:
  using Script = std::function<grpc::Status(ServerStream&, const agency_api::StreamWorkStart&)>;

  explicit ScriptedServer(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~ScriptedServer() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::shared_ptr<grpc::Channel> channel() const {
    return grpc::CreateChannel("127.0.0.1:" + std::to_string(port_), grpc::InsecureChannelCredentials());
  }

  grpc::Status StreamWork(grpc::ServerContext*, ServerStream* stream) override {
    agency_api::StreamWorkRequest request;
    if (!stream->Read(&request)) return grpc::Status::OK;
    const std::size_t number = next_++;
    if (number < scripts_.size()) return scripts_[number](*stream, request.start());
    while (stream->Read(&request)) continue;
    return grpc::Status::OK;
  }

 private:
  std::vector<Script> scripts_;
  std::atomic<std::size_t> next_{0};
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

/// Accepts whatever is offered and remembers what became of it.
class Accepter final : public WorkHandler {
 public:
  void on_work(const agency_api::StreamWorkResponse& batch, Answers& answers) override {
    for (const auto& item : batch.items()) {
      auto& answer = answers.emplace_back();
      *answer.mutable_work() = item.work();
      answer.mutable_accept();
    }
  }
  void on_answered(const Answered& answered, Answers&) override {
    const std::lock_guard lock(mutex_);
    answered_.push_back(answered);
    changed_.notify_all();
  }
  void on_trouble(const Error& error, bool final) override {
    const std::lock_guard lock(mutex_);
    troubles_.emplace_back(error.reason, final);
    changed_.notify_all();
  }
  bool wait(
      const std::function<bool(const std::vector<Answered>&, const std::vector<std::pair<std::string, bool>>&)>& ready) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return ready(answered_, troubles_); });
  }
  std::vector<Answered> answered() {
    const std::lock_guard lock(mutex_);
    return answered_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Answered> answered_;
  std::vector<std::pair<std::string, bool>> troubles_;
};

class AgencyStreamTest : public ::testing::Test {
 protected:
  Accepter accepter_;
  Scheduler scheduler_;
  RequestIds ids_;
};

TEST_F(AgencyStreamTest, GoesOnFromItsCursorAndRepeatsUnansweredAnswersWithTheirRequestIds) {
  std::set<std::string> first_ids;
  std::set<std::string> second_ids;
  std::string second_cursor;
  ScriptedServer server({[&](ServerStream& stream, const agency_api::StreamWorkStart& start) {
                           EXPECT_EQ(start.agency(), "A");
                           EXPECT_THAT(start.cursor(), IsEmpty());
                           agency_api::StreamWorkResponse batch;
                           batch.set_cursor("c1");
                           *batch.add_items() = offered("H_1");
                           *batch.add_items() = offered("H_2");
                           stream.Write(batch);
                           agency_api::StreamWorkRequest request;
                           while (first_ids.size() < 2 && stream.Read(&request)) {
                             for (const auto& answer : request.answers().answers())
                               first_ids.insert(answer.header().request_id());
                           }
                           return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the server stops");
                         },
                         [&](ServerStream& stream, const agency_api::StreamWorkStart& start) {
                           second_cursor = start.cursor();
                           agency_api::StreamWorkRequest request;
                           while (second_ids.size() < 2 && stream.Read(&request)) {
                             for (const auto& answer : request.answers().answers()) {
                               second_ids.insert(answer.header().request_id());
                               stream.Write(done(answer));
                             }
                           }
                           while (stream.Read(&request)) continue;
                           return grpc::Status::OK;
                         }});
  AgencyStream stream(server.channel(), {"A", "demo"}, accepter_, scheduler_, ids_);
  stream.start();
  EXPECT_TRUE(accepter_.wait([](const auto& answered, const auto&) { return answered.size() == 2; }));
  EXPECT_EQ(stream.waiting(), 0U);
  stream.stop();
  EXPECT_EQ(second_cursor, "c1");
  EXPECT_EQ(first_ids.size(), 2U);
  EXPECT_EQ(first_ids, second_ids);
  EXPECT_EQ(stream.repeated(), 2U);
  EXPECT_EQ(stream.connections(), 2U);
}

TEST_F(AgencyStreamTest, RepeatsAnAnswerThatCouldNotBeDoneNowAndHandsOnARefusal) {
  std::vector<std::string> ids;
  ScriptedServer server({[&](ServerStream& stream, const agency_api::StreamWorkStart&) {
    agency_api::StreamWorkResponse batch;
    *batch.add_items() = offered("H_1");
    stream.Write(batch);
    agency_api::StreamWorkRequest request;
    while (stream.Read(&request)) {
      for (const auto& answer : request.answers().answers()) {
        ids.push_back(answer.header().request_id());
        stream.Write(ids.size() == 1 ? failed(answer, grpc::StatusCode::UNAVAILABLE, "NOT_OWNER")
                                     : failed(answer, grpc::StatusCode::FAILED_PRECONDITION, "ALREADY_ACCEPTED"));
      }
    }
    return grpc::Status::OK;
  }});
  AgencyStream stream(server.channel(), {"A", "demo"}, accepter_, scheduler_, ids_);
  stream.start();
  EXPECT_TRUE(accepter_.wait([](const auto& answered, const auto&) { return answered.size() == 1; }));
  stream.stop();
  ASSERT_EQ(ids.size(), 2U);
  EXPECT_EQ(ids[0], ids[1]);
  EXPECT_EQ(accepter_.answered()[0].result.failure().reason(), "ALREADY_ACCEPTED");
}

TEST_F(AgencyStreamTest, SendsWhatWaitsTogetherInBatchesOfAtMostTwoHundred) {
  std::vector<int> sizes;
  int answered = 0;
  ScriptedServer server({[&](ServerStream& stream, const agency_api::StreamWorkStart&) {
    agency_api::StreamWorkResponse batch;
    for (int i = 0; i < 500; ++i) *batch.add_items() = offered("H_" + std::to_string(i));
    stream.Write(batch);
    agency_api::StreamWorkRequest request;
    while (answered < 500 && stream.Read(&request)) {
      sizes.push_back(request.answers().answers_size());
      for (const auto& answer : request.answers().answers()) {
        stream.Write(done(answer));
        ++answered;
      }
    }
    while (stream.Read(&request)) continue;
    return grpc::Status::OK;
  }});
  AgencyStream stream(server.channel(), {"A", "demo"}, accepter_, scheduler_, ids_);
  stream.start();
  EXPECT_TRUE(accepter_.wait([](const auto& all, const auto&) { return all.size() == 500; }));
  stream.stop();
  EXPECT_THAT(sizes, ElementsAre(200, 200, 100));
}

TEST_F(AgencyStreamTest, StartsAnewWithoutItsCursorWhenTheServerCanNotReadIt) {
  std::vector<std::string> cursors;
  const auto refuse = [&](ServerStream& stream, const agency_api::StreamWorkStart& start) {
    cursors.push_back(start.cursor());
    if (cursors.size() == 1) {
      agency_api::StreamWorkResponse batch;
      batch.set_cursor("old");
      stream.Write(batch);
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "");
    }
    return rpc::to_status({ErrorCode::kInvalidArgument, "CURSOR_INVALID", "", ""});
  };
  ScriptedServer server({refuse, refuse, [&](ServerStream& stream, const agency_api::StreamWorkStart& start) {
                           cursors.push_back(start.cursor());
                           agency_api::StreamWorkResponse batch;
                           *batch.add_items() = offered("H_1");
                           stream.Write(batch);
                           agency_api::StreamWorkRequest request;
                           while (stream.Read(&request)) {
                             for (const auto& answer : request.answers().answers()) stream.Write(done(answer));
                           }
                           return grpc::Status::OK;
                         }});
  AgencyStream stream(server.channel(), {"A", "demo"}, accepter_, scheduler_, ids_);
  stream.start();
  EXPECT_TRUE(accepter_.wait([](const auto& answered, const auto&) { return answered.size() == 1; }));
  stream.stop();
  EXPECT_THAT(cursors, ElementsAre("", "old", ""));
}

TEST_F(AgencyStreamTest, GivesUpWhereConnectingAgainDoesNotHelp) {
  ScriptedServer server({[](ServerStream&, const agency_api::StreamWorkStart&) {
    return rpc::to_status({ErrorCode::kPermissionDenied, "NOT_GRANTED", "", ""});
  }});
  AgencyStream stream(server.channel(), {"A", "demo"}, accepter_, scheduler_, ids_);
  stream.start();
  EXPECT_TRUE(accepter_.wait([](const auto&, const auto& troubles) { return !troubles.empty(); }));
  stream.stop();
  EXPECT_EQ(stream.connections(), 1U);
}

TEST_F(AgencyStreamTest, StopsAtOnceWhileNobodyListens) {
  const auto channel = grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials());
  AgencyStream stream(channel, {"A", "demo"}, accepter_, scheduler_, ids_);
  stream.start();
  stream.stop();
  EXPECT_EQ(stream.connections(), 1U);
}

}  // namespace
}  // namespace lienthong::demo
