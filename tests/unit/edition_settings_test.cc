#include "platform/edition/settings.h"
#include "tests/support/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

namespace lienthong::edition {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Variables = std::map<std::string, std::string>;

Environment with(Variables variables) {
  return Environment([variables = std::move(variables)](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

std::vector<std::string> texts(const Environment& environment) {
  std::vector<std::string> out;
  for (const auto& problem : environment.problems()) out.push_back(problem.message_en);
  return out;
}

const Variables kEmbedded{{"LIENTHONG_DATA_DIR", "/data"},
                          {"LIENTHONG_LISTEN", "127.0.0.1:0"},
                          {"LIENTHONG_LEDGER_LOG", "sqlite"},
                          {"LIENTHONG_TLS", "off"}};

TEST(Settings, OfTheEmbeddedEditionNeedNoServer) {
  auto environment = with(kEmbedded);
  const auto settings = read_settings(environment);
  EXPECT_THAT(texts(environment), IsEmpty());
  EXPECT_EQ(settings.ledger.log, LedgerLog::kSqlite);
  EXPECT_EQ(settings.ledger.log_file(), "/data/ledgers.sqlite");
  EXPECT_EQ(settings.ledger.partitions, 4U);
  EXPECT_FALSE(settings.tls);
}

TEST(Settings, NameEverythingThatIsMissingAtOnce) {
  auto environment = with({});
  read_settings(environment);
  EXPECT_THAT(texts(environment),
              ElementsAre(HasSubstr("LIENTHONG_DATA_DIR is not set"), HasSubstr("LIENTHONG_KAFKA_BOOTSTRAP is not set"),
                          HasSubstr("LIENTHONG_REDIS_SOCKET is not set"), HasSubstr("LIENTHONG_LISTEN is not set"),
                          HasSubstr("LIENTHONG_TLS_CA is not set"), HasSubstr("LIENTHONG_TLS_CERT is not set"),
                          HasSubstr("LIENTHONG_TLS_KEY is not set")));
}

TEST(Settings, RefuseValuesOutsideOfTheirRange) {
  auto variables = kEmbedded;
  variables["LIENTHONG_PARTITIONS"] = "0";
  variables["LIENTHONG_LANE_THREADS"] = "two";
  variables["LIENTHONG_LOG_LEVEL"] = "loud";
  auto environment = with(variables);
  read_settings(environment);
  EXPECT_THAT(texts(environment),
              ElementsAre(AllOf(HasSubstr("LIENTHONG_PARTITIONS is \"0\""), HasSubstr("1 .. 1024")),
                          HasSubstr("LIENTHONG_LANE_THREADS is \"two\""),
                          AllOf(HasSubstr("LIENTHONG_LOG_LEVEL"), HasSubstr("debug, info, warn, error"))));
}

TEST(Settings, NameAFileThatCannotBeRead) {
  auto variables = kEmbedded;
  variables["LIENTHONG_TLS"] = "on";
  for (const char* name : {"LIENTHONG_TLS_CA", "LIENTHONG_TLS_CERT", "LIENTHONG_TLS_KEY"})
    variables[name] = "/nowhere/" + std::string(name);
  auto environment = with(variables);
  read_settings(environment);
  ASSERT_EQ(environment.problems().size(), 3U);
  EXPECT_THAT(environment.problems()[0].message_en, HasSubstr("/nowhere/LIENTHONG_TLS_CA, which can't be read"));
  EXPECT_THAT(environment.problems()[0].message_vi, HasSubstr("không đọc được"));
}

TEST(Settings, TakeAllThreeFilesOfKafkaOrNone) {
  const test_support::TemporaryDirectory directory;
  const std::string file = directory.path() + "/ca.pem";
  std::ofstream(file) << "x";
  Variables variables{
      {"LIENTHONG_DATA_DIR", "/data"}, {"LIENTHONG_KAFKA_BOOTSTRAP", "localhost:1"}, {"LIENTHONG_REDIS_SOCKET", "/redis"}};
  auto in_clear = with(variables);
  EXPECT_FALSE(read_ledger_settings(in_clear).kafka.tls);
  EXPECT_THAT(texts(in_clear), IsEmpty());
  variables["LIENTHONG_KAFKA_CA"] = file;
  auto half = with(variables);
  EXPECT_TRUE(read_ledger_settings(half).kafka.tls);
  EXPECT_THAT(texts(half),
              ElementsAre(HasSubstr("LIENTHONG_KAFKA_CERT is not set"), HasSubstr("LIENTHONG_KAFKA_KEY is not set")));
}

TEST(Settings, ReadAKeyOf64Digits) {
  const test_support::TemporaryDirectory directory;
  const std::string good = directory.path() + "/good.key";
  const std::string short_one = directory.path() + "/short.key";
  std::ofstream(good) << std::string(64, 'a') << '\n';
  std::ofstream(short_one) << "abc";
  auto environment = with({{"GOOD", good}, {"SHORT", short_one}});
  EXPECT_EQ(environment.key("GOOD", kDigestKey).bytes[31], 0xAA);
  EXPECT_THAT(texts(environment), IsEmpty());
  environment.key("SHORT", kDigestKey);
  environment.key("MISSING", kDigestKey);
  EXPECT_THAT(texts(environment), ElementsAre(HasSubstr("short.key"), HasSubstr("MISSING is not set")));
}

}  // namespace
}  // namespace lienthong::edition
