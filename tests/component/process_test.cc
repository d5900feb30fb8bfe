#include "platform/edition/settings.h"
#include "platform/observe/system_entropy.h"
#include "platform/ports/installation.h"
#include "platform/rpc/client.h"
#include "platform/sqlite/interlock.h"
#include "tests/support/child_process.h"

#include <gmock/gmock.h>
#include <google/protobuf/empty.pb.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

namespace lienthong::edition {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test_support::ChildProcess;
using test_support::TemporaryDirectory;
using ::testing::AllOf;
using ::testing::HasSubstr;

using Variables = std::vector<std::pair<std::string, std::string>>;

std::string text_of(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return true;
}

// The all-in-one process on SQLite files.
class EmbeddedProcess : public ::testing::Test {
 protected:
  EmbeddedProcess() {
    for (const char* name : {"sealing.key", "digest.key"}) {
      std::ofstream(directory_.path() + "/" + name) << std::string(64, '7') << '\n';
    }
  }

  void make_ledgers(std::uint32_t partitions) {
    observe::SystemEntropy entropy;
    const ports::Installation installation{{{"agency-processing", partitions},
                                            {"catalogue", 1},
                                            {"intake", partitions},
                                            {"notification", partitions},
                                            {"postal-dispatch", partitions},
                                            {"routing", partitions}},
                                           1,
                                           1};
    ASSERT_TRUE(sqlite::make_ledgers(settings_.log_file(), installation, entropy, {1}).has_value());
  }

  Variables variables() const {
    return {{"LIENTHONG_DATA_DIR", settings_.data_dir},
            {"LIENTHONG_LISTEN", "127.0.0.1:0"},
            {"LIENTHONG_LEDGER_LOG", "sqlite"},
            {"LIENTHONG_PARTITIONS", "2"},
            {"LIENTHONG_TLS", "off"},
            {"LIENTHONG_INTAKE_ADDRESS", "127.0.0.1:1"},
            {"LIENTHONG_CARRIERS_DIR", std::string(LIENTHONG_SOURCE_DIR) + "/deploy/carriers"},
            {"LIENTHONG_KEY_FILE", directory_.path() + "/sealing.key"},
            {"LIENTHONG_DIGEST_KEY_FILE", directory_.path() + "/digest.key"}};
  }
  ChildProcess start(const Variables& variables) { return {{LIENTHONG_BINARY}, output_, variables}; }
  std::string output() const { return text_of(output_); }

  // Value of HealthCheckResponse.status: 1 SERVING, 2 NOT_SERVING; 0 when there is no answer.
  std::uint64_t health() {
    const auto said = output();
    const auto at = said.rfind("listening ");
    if (at == std::string::npos) return 0;
    const auto address = said.substr(at + 10, said.find('\n', at) - at - 10);
    if (address != address_) {
      client_ = std::make_unique<rpc::Client>(*rpc::make_channel({address, std::nullopt, ""}));
      address_ = address;
    }
    std::promise<std::uint64_t> answer;
    client_->call<google::protobuf::Empty>("/grpc.health.v1.Health/Check", google::protobuf::Empty(), seconds(2),
                                           [&](Result<google::protobuf::Empty> reply) {
                                             if (!reply) return answer.set_value(0);
                                             const auto& fields = reply->GetReflection()->GetUnknownFields(*reply);
                                             answer.set_value(fields.empty() ? 0 : fields.field(0).varint());
                                           });
    return answer.get_future().get();
  }

  std::string address_;
  std::unique_ptr<rpc::Client> client_;
  TemporaryDirectory directory_;
  LedgerSettings settings_{LedgerLog::kSqlite, directory_.path() + "/data", 2};
  std::string output_ = directory_.path() + "/output";
};

TEST_F(EmbeddedProcess, SaysEverySettingThatIsMissingWithItsCureAndEnds) {
  auto process = start({});
  EXPECT_EQ(process.wait(), 1);
  EXPECT_THAT(output(), AllOf(HasSubstr("error: LIENTHONG_DATA_DIR is not set: set it to"),
                              HasSubstr("LIENTHONG_DATA_DIR chưa được đặt"), HasSubstr("LIENTHONG_LISTEN is not set"),
                              HasSubstr("LIENTHONG_KEY_FILE is not set")));
}

TEST_F(EmbeddedProcess, RefusesToStartWithoutLedgersAndNamesTheCure) {
  auto process = start(variables());
  EXPECT_EQ(process.wait(), 1);
  EXPECT_THAT(output(), AllOf(HasSubstr("lienthong.intake.ledger"), HasSubstr("ltctl ledger genesis")));
}

TEST_F(EmbeddedProcess, RefusesToStartWithAnotherNumberOfPartitions) {
  ChildProcess({{LIENTHONG_BINARY}, output_, variables()}).wait();  // makes the directory
  make_ledgers(4);
  auto process = start(variables());
  EXPECT_EQ(process.wait(), 1);
  EXPECT_THAT(output(), AllOf(HasSubstr("LIENTHONG_PARTITIONS (intake): N is 2, must be 4"),
                              HasSubstr("LIENTHONG_PARTITIONS (routing)")));
}

TEST_F(EmbeddedProcess, ServesAndStopsWithinASecondWhenAskedTo) {
  ChildProcess({{LIENTHONG_BINARY}, output_, variables()}).wait();
  make_ledgers(2);
  auto process = start(variables());
  ASSERT_TRUE(eventually([&] { return health() == 1; })) << output();
  {
    TemporaryDirectory other;
    const std::string second = other.path() + "/output";
    EXPECT_EQ(ChildProcess({{LIENTHONG_BINARY}, second, variables()}).wait(), 1);
    EXPECT_THAT(text_of(second), HasSubstr("which another process uses"));
  }
  const auto begin = std::chrono::steady_clock::now();
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0) << output();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(1));
  EXPECT_THAT(output(), Not(HasSubstr("alarm=")));
}

TEST_F(EmbeddedProcess, ServesAgainAfterKill) {
  ChildProcess({{LIENTHONG_BINARY}, output_, variables()}).wait();
  make_ledgers(2);
  for (int i = 0; i < 3; ++i) {
    auto process = start(variables());
    ASSERT_TRUE(eventually([&] { return health() == 1; })) << output();
    process.stop(SIGKILL);
  }
}

TEST_F(EmbeddedProcess, IsFoundAtOnceByAClientThatCalledBeforeItListened) {
  ChildProcess({{LIENTHONG_BINARY}, output_, variables()}).wait();
  make_ledgers(2);
  const std::string address = "127.0.0.1:" + std::to_string(test_support::free_port());
  rpc::Client client(*rpc::make_channel({address, std::nullopt, ""}));
  const auto reached = [&] {
    std::promise<bool> answer;
    client.call<google::protobuf::Empty>(
        "/grpc.health.v1.Health/Check", google::protobuf::Empty(), seconds(1),
        [&](const Result<google::protobuf::Empty>& reply) { answer.set_value(reply.has_value()); });
    return answer.get_future().get();
  };
  const auto until = std::chrono::steady_clock::now() + milliseconds(1500);
  while (std::chrono::steady_clock::now() < until) {
    EXPECT_FALSE(reached());
    std::this_thread::sleep_for(milliseconds(50));
  }
  auto settings = variables();
  settings[1].second = address;
  auto process = start(settings);
  ASSERT_TRUE(eventually([&] { return output().find("listening ") != std::string::npos; }));
  const auto listening = std::chrono::steady_clock::now();
  EXPECT_TRUE(eventually(reached));
  EXPECT_LT(std::chrono::steady_clock::now() - listening, seconds(3));
}

}  // namespace
}  // namespace lienthong::edition
