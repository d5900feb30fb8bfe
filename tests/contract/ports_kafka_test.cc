#include "platform/kafka/admin.h"
#include "platform/kafka/interlock.h"
#include "platform/kafka/kafka_log.h"
#include "platform/kafka/membership.h"
#include "platform/sqlite/interlock.h"
#include "platform/sqlite/sole_ownership.h"
#include "tests/support/awaiting_sink.h"
#include "tests/support/blocks.h"
#include "tests/support/broker_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lienthong {
namespace {

using test_support::a_block;
using test_support::BrokerFixture;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr std::size_t kPlenty = 1U << 30;
constexpr Instant kNow{1'795'000'000'000'000};
constexpr const char* kTopic = "lienthong.intake.ledger";

class CountingEntropy final : public ports::Entropy {
 public:
  Salt salt() override {
    Salt salt;
    salt.bytes[0] = ++count_;
    return salt;
  }
  std::uint64_t below(std::uint64_t) override { return 0; }

 private:
  std::uint8_t count_ = 0;
};

class Sink final : public ports::LogSink {
 public:
  void on_log(ports::LogMessage message) override { queue.push(std::move(message)); }
  template <class Message>
  std::optional<Message> take(std::chrono::milliseconds limit = std::chrono::seconds(40)) {
    auto message = queue.take_if([](const ports::LogMessage& m) { return std::holds_alternative<Message>(m); }, limit);
    return message ? std::optional<Message>(std::get<Message>(*std::move(message))) : std::nullopt;
  }
  test_support::MessageQueue<ports::LogMessage> queue;
};

struct Assigned {
  std::vector<std::uint32_t> partitions;
};
struct Revoked {
  std::vector<std::uint32_t> partitions;
  std::function<void()> stopped;
};
using OwnershipMessage = std::variant<Assigned, Revoked>;

/// A service whose lanes stop at once.
class Owner final : public ports::OwnershipSink {
 public:
  void on_assigned(std::vector<std::uint32_t> partitions) override { queue.push(Assigned{std::move(partitions)}); }
  void on_revoked(std::vector<std::uint32_t> partitions, bool, std::function<void()> stopped) override {
    if (stops_at_once) stopped();
    queue.push(Revoked{std::move(partitions), std::move(stopped)});
  }
  std::vector<std::uint32_t> assigned() {
    const auto message = queue.take_if([](const OwnershipMessage& m) { return std::holds_alternative<Assigned>(m); },
                                       std::chrono::seconds(20));
    return message ? std::get<Assigned>(*message).partitions : std::vector<std::uint32_t>{};
  }
  test_support::MessageQueue<OwnershipMessage> queue;
  bool stops_at_once = true;
};

BrokerFixture& shared_broker() {
  static BrokerFixture broker;
  return broker;
}

std::unique_ptr<kafka::Admin> admin_of(const kafka::Settings& settings) { return kafka::Admin::open(settings).value(); }

std::vector<std::string> texts(const ports::InterlockReport& report) {
  std::vector<std::string> out;
  for (const auto& error : report.differences) out.push_back(error.message_en);
  return out;
}

kafka::MembershipSettings membership_settings(const std::string& name) {
  return {shared_broker().settings(), "lienthong." + name + ".lanes", LedgerPartition{name, 0}.topic(),
          std::chrono::milliseconds(2000)};
}

TEST(KafkaMembership, GivesAllPartitionsToOneMemberAndSharesThemWithASecond) {
  ASSERT_TRUE(admin_of(shared_broker().settings())->create_topic("lienthong.m1.ledger", 4, 1, {}).has_value());
  Owner a;
  Owner b;
  const auto first = kafka::Membership::join(membership_settings("m1"), a).value();
  EXPECT_THAT(a.assigned(), UnorderedElementsAre(0, 1, 2, 3));
  auto second = kafka::Membership::join(membership_settings("m1"), b).value();
  auto both = a.assigned();
  EXPECT_THAT(both, SizeIs(2));
  const auto share = b.assigned();
  EXPECT_THAT(share, SizeIs(2));
  both.insert(both.end(), share.begin(), share.end());
  EXPECT_THAT(both, UnorderedElementsAre(0, 1, 2, 3));
  second->leave();
  second->leave();
  EXPECT_THAT(a.assigned(), UnorderedElementsAre(0, 1, 2, 3));
}

TEST(KafkaMembership, GivesPartitionsAwayOnlyWhenTheirLanesHaveStopped) {
  ASSERT_TRUE(admin_of(shared_broker().settings())->create_topic("lienthong.m2.ledger", 2, 1, {}).has_value());
  Owner slow;
  slow.stops_at_once = false;
  Owner next;
  const auto first = kafka::Membership::join(membership_settings("m2"), slow).value();
  EXPECT_THAT(slow.assigned(), SizeIs(2));
  const auto second = kafka::Membership::join(membership_settings("m2"), next).value();
  const auto revoked = slow.queue.take();
  ASSERT_TRUE(revoked && std::holds_alternative<Revoked>(*revoked));
  EXPECT_FALSE(next.queue.take(std::chrono::milliseconds(300)).has_value());
  std::get<Revoked>(*revoked).stopped();
  EXPECT_THAT(next.assigned(), SizeIs(1));
  slow.stops_at_once = true;
}

TEST(SoleOwnership, HasAllPartitionsUntilItLeaves) {
  Owner owner;
  sqlite::SoleOwnership ownership(owner, 3);
  EXPECT_THAT(owner.assigned(), ElementsAre(0, 1, 2));
  ownership.leave();
  const auto revoked = owner.queue.take();
  ASSERT_TRUE(revoked && std::holds_alternative<Revoked>(*revoked));
  EXPECT_THAT(std::get<Revoked>(*revoked).partitions, ElementsAre(0, 1, 2));
}

class KafkaInterlock : public ::testing::Test {
 protected:
  static std::string fresh(const char* front) {
    static int number = 0;
    return front + std::to_string(++number);
  }
  ports::InterlockReport check(const std::vector<LedgerName>& ledgers) {
    auto report = kafka::check_ledgers(*admin_, ledgers);
    EXPECT_TRUE(report.has_value()) << report.error().message_en;
    return report.value_or(ports::InterlockReport{});
  }
  std::unique_ptr<kafka::Admin> admin_ = admin_of(shared_broker().settings());
  CountingEntropy entropy_;
};

TEST_F(KafkaInterlock, PassesForLedgersAsTheyWereMadeAndMakingThemAgainChangesNothing) {
  const ports::Installation installation{{{fresh("g"), 4}, {fresh("g"), 1}}};
  const auto& [first, second] = std::pair(installation.ledgers[0].ledger, installation.ledgers[1].ledger);
  ASSERT_TRUE(kafka::make_ledgers(*admin_, installation, entropy_, kNow).has_value());
  const auto report = check({first, second});
  EXPECT_THAT(texts(report), IsEmpty());
  ASSERT_THAT(report.genesis, SizeIs(5));
  const auto& genesis = report.genesis.at({first, 3})->core().genesis();
  EXPECT_EQ(genesis.partition_count(), 4U);
  EXPECT_EQ(genesis.cluster_id(), *admin_->cluster_id());
  EXPECT_EQ(genesis.ledger_id().size(), 16U);
  ASSERT_TRUE(kafka::make_ledgers(*admin_, installation, entropy_, kNow).has_value());
  EXPECT_EQ(*admin_->end_offset({first, 3}), 1);
  EXPECT_EQ(check({first}).genesis.at({first, 3})->hash(), report.genesis.at({first, 3})->hash());
}

TEST_F(KafkaInterlock, NamesAMissingLedgerAndAMissingGenesis) {
  const auto bare = fresh("g");
  ASSERT_TRUE(admin_->create_topic(LedgerPartition{bare, 0}.topic(), 2, 1, {}).has_value());
  const auto missing = fresh("g");
  EXPECT_THAT(
      texts(check({bare, missing})),
      ElementsAre(HasSubstr(bare + ".ledger[0]: genesis is missing"), HasSubstr(bare + ".ledger[1]: genesis is missing"),
                  AllOf(HasSubstr(missing + ".ledger: does not exist"), HasSubstr("ltctl ledger genesis"))));
}

TEST_F(KafkaInterlock, NamesEveryTopicSettingThatDiffers) {
  const auto ledger = fresh("g");
  ASSERT_TRUE(
      admin_->create_topic(LedgerPartition{ledger, 0}.topic(), 1, 1, {{"retention.ms", "1000000"}, {"retention.bytes", "5"}})
          .has_value());
  ASSERT_TRUE(kafka::make_ledgers(*admin_, {{{ledger, 1}}}, entropy_, kNow).has_value());
  const auto found = texts(check({ledger}));
  EXPECT_THAT(found, ::testing::Contains(HasSubstr("retention.ms is 1000000, must be -1")));
  EXPECT_THAT(found, ::testing::Contains(HasSubstr("retention.bytes is 5, must be -1")));
  EXPECT_THAT(found, ::testing::Contains(HasSubstr("message.timestamp.type is CreateTime, must be LogAppendTime")));
}

TEST_F(KafkaInterlock, RefusesAnotherNumberOfPartitions) {
  const auto ledger = fresh("g");
  ASSERT_TRUE(kafka::make_ledgers(*admin_, {{{ledger, 2}}}, entropy_, kNow).has_value());
  const auto again = kafka::make_ledgers(*admin_, {{{ledger, 3}}}, entropy_, kNow);
  ASSERT_FALSE(again.has_value());
  EXPECT_THAT(again.error().message_en, HasSubstr("partition_count is 2, must be 3"));
  const auto other = fresh("g");
  ASSERT_TRUE(kafka::make_ledgers(*admin_, {{{other, 4}}}, entropy_, kNow).has_value());
  EXPECT_THAT(texts(check({ledger, other})), ::testing::Contains(HasSubstr("partition_count")));
}

TEST_F(KafkaInterlock, NoticesALedgerOfAnotherPlace) {
  const auto ledger = fresh("g");
  const LedgerPartition partition{ledger, 0};
  ASSERT_TRUE(admin_->create_topic(partition.topic(), 1, 1, {}).has_value());
  const auto foreign = ports::make_genesis({}, {"elsewhere", 5}, 8, "another-cluster", entropy_, kNow);
  ASSERT_TRUE(admin_->append(partition, foreign).has_value());
  const auto found = texts(check({ledger}));
  EXPECT_THAT(found, ::testing::Contains(HasSubstr("topic is lienthong.elsewhere.ledger, must be " + partition.topic())));
  EXPECT_THAT(found, ::testing::Contains(HasSubstr("partition is 5, must be 0")));
  EXPECT_THAT(found, ::testing::Contains(HasSubstr("partition_count is 1, must be 8")));
  EXPECT_THAT(found, ::testing::Contains(HasSubstr("must be another-cluster")));
}

TEST(SqliteInterlock, PassesAsMadeAndNamesWhatIsMissing) {
  const test_support::TemporaryDirectory directory;
  const std::string path = directory.path() + "/ledger.sqlite";
  CountingEntropy entropy;
  ASSERT_TRUE(sqlite::make_ledgers(path, {{{"intake", 2}, {"catalogue", 1}}}, entropy, kNow).has_value());
  ASSERT_TRUE(sqlite::make_ledgers(path, {{{"intake", 2}, {"catalogue", 1}}}, entropy, kNow).has_value());
  const auto report = sqlite::check_ledgers(path, {"intake", "catalogue"}).value();
  EXPECT_THAT(texts(report), IsEmpty());
  EXPECT_THAT(report.genesis, SizeIs(3));
  EXPECT_THAT(texts(*sqlite::check_ledgers(path, {"routing"})),
              ElementsAre(HasSubstr("lienthong.routing.ledger[0]: genesis is missing")));
  EXPECT_THAT(sqlite::make_ledgers(path, {{{"intake", 3}}}, entropy, kNow).error().message_en,
              HasSubstr("partition_count is 2, must be 3"));
  EXPECT_EQ(sqlite::check_ledgers("/nonexistent/ledger.sqlite", {"intake"}).error().code, ErrorCode::kUnavailable);
}

TEST(KafkaBrokerFault, KilledBrokerLosesNothingAndRecordsComeOnceInOrder) {
  BrokerFixture broker;
  const LedgerPartition partition{"intake", 0};
  ASSERT_TRUE(admin_of(broker.settings())->create_topic(kTopic, 1, 1, {}).has_value());
  const auto log = kafka::KafkaLog::open({broker.settings(), "lienthong.intake.tail"}).value();
  Sink sink;
  const auto lane = log->attach(sink);
  lane->follow(1, partition, 0);
  lane->credit(1, kPlenty);
  for (ports::Ticket ticket = 0; ticket < 20; ++ticket) lane->append(partition, a_block(ticket), ticket);
  for (ports::Ticket ticket = 0; ticket < 20; ++ticket)
    ASSERT_EQ(sink.take<ports::Appended>()->offset, static_cast<Offset>(ticket));
  for (ports::Ticket ticket = 20; ticket < 25; ++ticket) lane->append(partition, a_block(ticket), ticket);
  broker.kill();
  lane->append(partition, a_block(25), 25);
  lane->end_offset(partition, 1);
  const auto unknown = sink.take<ports::EndOffset>();
  ASSERT_TRUE(unknown.has_value());
  EXPECT_FALSE(unknown->offset.has_value());
  broker.start();
  for (ports::Ticket ticket = 20; ticket < 26; ++ticket) {
    const auto appended = sink.take<ports::Appended>();
    ASSERT_TRUE(appended.has_value());
    EXPECT_EQ(appended->offset, static_cast<Offset>(ticket));
  }
  for (Offset offset = 0; offset < 26; ++offset) {
    const auto fetched = sink.take<ports::Fetched>();
    ASSERT_TRUE(fetched && fetched->block);
    EXPECT_EQ(fetched->offset, offset);
    EXPECT_EQ(fetched->block->header().block_seq, static_cast<std::uint64_t>(offset));
  }
}

TEST(KafkaTails, BringEachRecordOnceInOrderWhileTheWriterChanges) {
  constexpr int kRounds = 12;
  constexpr ports::Ticket kBurst = 40;
  BrokerFixture broker;
  const LedgerPartition partition{"intake", 0};
  ASSERT_TRUE(admin_of(broker.settings())->create_topic(kTopic, 1, 1, {}).has_value());
  const auto first = kafka::KafkaLog::open({broker.settings(), "lienthong.intake.tail"}).value();
  const auto second = kafka::KafkaLog::open({broker.settings(), "lienthong.intake.tail"}).value();
  kafka::LogSettings unhurried{broker.settings(), "lienthong.intake.tail"};
  unhurried.unhurried = {"intake"};
  const auto reader = kafka::KafkaLog::open(unhurried).value();
  std::array<Sink, 3> sinks;
  const std::array<std::unique_ptr<ports::Log>, 3> lanes{first->attach(sinks[0]), second->attach(sinks[1]),
                                                         reader->attach(sinks[2])};
  for (const auto& lane : lanes) {
    lane->follow(1, partition, 0);
    lane->credit(1, kPlenty);
  }
  ports::Ticket ticket = 0;
  for (int round = 0; round < kRounds; ++round) {
    auto& lane = *lanes[round % 2];
    for (ports::Ticket i = 0; i < kBurst; ++i, ++ticket) lane.append(partition, a_block(ticket), ticket);
    for (ports::Ticket i = 0; i < kBurst; ++i) ASSERT_TRUE(sinks[round % 2].take<ports::Appended>().has_value());
  }
  for (auto& sink : sinks) {
    for (ports::Ticket at = 0; at < ticket; ++at) {
      const auto fetched = sink.take<ports::Fetched>();
      ASSERT_TRUE(fetched && fetched->block) << at;
      ASSERT_EQ(fetched->offset, static_cast<Offset>(at));
      ASSERT_EQ(fetched->block->header().block_seq, at);
    }
  }
}

TEST(KafkaBrokerFault, ReplacedAppenderWorksAfterAnOutageAndFollowersStartedMeanwhileGoOn) {
  BrokerFixture broker;
  const LedgerPartition partition{"intake", 0};
  ASSERT_TRUE(admin_of(broker.settings())->create_topic(kTopic, 1, 1, {}).has_value());
  broker.stop();
  const auto log = kafka::KafkaLog::open({broker.settings(), "lienthong.intake.tail"}).value();
  Sink sink;
  const auto lane = log->attach(sink);
  lane->follow(1, partition, 0);
  lane->credit(1, kPlenty);
  lane->append(partition, a_block(0, "given up"), 1);
  lane->replace_appender(partition);
  lane->append(partition, a_block(1, "kept"), 2);
  broker.start();
  std::optional<ports::Appended> appended;
  do {
    appended = sink.take<ports::Appended>();
    ASSERT_TRUE(appended.has_value());
  } while (appended->ticket != 2);
  std::optional<ports::Fetched> fetched;
  do {
    fetched = sink.take<ports::Fetched>();
    ASSERT_TRUE(fetched && fetched->block);
  } while (fetched->block->header().block_seq != 1);
  EXPECT_EQ(fetched->offset, appended->offset);
}

class KafkaSecurity : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    broker_ = std::make_unique<BrokerFixture>(BrokerFixture::Security::kTls);
    const auto admin = admin_of(broker_->settings());
    CountingEntropy entropy;
    ASSERT_TRUE(kafka::make_ledgers(*admin, {{{"intake", 1}, {"routing", 1}, {"secret", 1}}}, entropy, kNow).has_value());
    const auto allowed = admin->allow(kafka::service_permissions("intake", "intake", {"routing"}));
    ASSERT_TRUE(allowed.has_value()) << allowed.error().message_en;
  }
  static void TearDownTestSuite() { broker_.reset(); }
  static std::unique_ptr<BrokerFixture> broker_;
};
std::unique_ptr<BrokerFixture> KafkaSecurity::broker_;

TEST_F(KafkaSecurity, LetsAServiceWriteItsOwnLedgerAndReadTheForeignOnesItNeeds) {
  const auto log = kafka::KafkaLog::open({broker_->settings("intake"), "lienthong.intake.tail"}).value();
  Sink sink;
  const auto lane = log->attach(sink);
  lane->append({"intake", 0}, a_block(1), 1);
  ASSERT_TRUE(sink.take<ports::Appended>().has_value());
  for (const auto* ledger : {"intake", "routing"}) {
    lane->follow(1, {ledger, 0}, 0);
    lane->credit(1, kPlenty);
    EXPECT_TRUE(sink.take<ports::Fetched>().has_value()) << ledger;
    lane->stop(1);
  }
  const auto report = kafka::check_ledgers(*admin_of(broker_->settings("intake")), {"intake", "routing"});
  ASSERT_TRUE(report.has_value()) << report.error().message_en;
  EXPECT_THAT(texts(*report), IsEmpty());
}

TEST_F(KafkaSecurity, RefusesWhatAServiceHasNoRightTo) {
  const auto log = kafka::KafkaLog::open({broker_->settings("intake"), "lienthong.intake.tail"}).value();
  Sink sink;
  const auto lane = log->attach(sink);
  lane->append({"routing", 0}, a_block(1), 1);
  const auto failed = sink.take<ports::AppendFailed>();
  ASSERT_TRUE(failed.has_value());
  EXPECT_THAT(failed->detail, HasSubstr("authorization failed"));
  lane->follow(1, {"secret", 0}, 0);
  lane->credit(1, kPlenty);
  const auto refused = sink.take<ports::FollowFailed>();
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(admin_of(broker_->settings("intake"))->create_topic("lienthong.other.ledger", 1, 1, {}).error().code,
            ErrorCode::kPermissionDenied);
}

TEST_F(KafkaSecurity, LetsAServiceJoinItsOwnGroup) {
  Owner owner;
  const auto member = kafka::Membership::join(
      {broker_->settings("intake"), "lienthong.intake.lanes", kTopic, std::chrono::milliseconds(2000)}, owner);
  EXPECT_THAT(owner.assigned(), ElementsAre(0));
}

TEST_F(KafkaSecurity, HasNothingForAClientWithoutACertificate) {
  auto settings = broker_->settings();
  settings.tls.reset();
  const auto admin = kafka::Admin::open(settings, std::chrono::seconds(1)).value();
  EXPECT_EQ(admin->wait_until_ready(std::chrono::seconds(1)).error().code, ErrorCode::kUnavailable);
  settings.tls = kafka::Tls{"/nonexistent.pem", "/nonexistent.pem", "/nonexistent.pem"};
  EXPECT_EQ(kafka::Admin::open(settings).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace lienthong
