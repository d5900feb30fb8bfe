#include "platform/kafka/admin.h"
#include "platform/kafka/handle.h"
#include "platform/kafka/interlock.h"
#include "platform/kafka/public_topic.h"
#include "tests/support/awaiting_sink.h"
#include "tests/support/blocks.h"
#include "tests/support/broker_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

/// What ports::Publisher promises, on a real broker.
namespace lienthong::kafka {
namespace {

using ports::Published;
using test_support::BrokerFixture;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint32_t kPartitions = 2;
constexpr auto kSilence = std::chrono::milliseconds(1500);

BrokerFixture& shared_broker() {
  static BrokerFixture broker;
  return broker;
}

class Outcomes final : public ports::PublisherSink {
 public:
  void on_published(Published message) override { queue.push(message); }
  /// Of this ticket; nothing when there is none within the limit.
  std::optional<bool> of(ports::Ticket ticket, std::chrono::milliseconds limit = std::chrono::seconds(60)) {
    const auto found = queue.take_if([&](const Published& one) { return one.ticket == ticket; }, limit);
    return found ? std::optional(found->done) : std::nullopt;
  }
  test_support::MessageQueue<Published> queue;
};

struct Received {
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Everything a partition holds now.
std::vector<Received> read_partition(const Settings& settings, const std::string& topic, std::uint32_t partition) {
  Configuration configuration(settings);
  configuration.set("group.id", "lienthong.test").set("enable.auto.commit", "false").set("enable.partition.eof", "true");
  configuration.set("auto.offset.reset", "earliest");
  const Handle handle = make_handle(RD_KAFKA_CONSUMER, std::move(configuration));
  rd_kafka_poll_set_consumer(handle.get());
  const Partitions place(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(place.get(), topic.c_str(), static_cast<std::int32_t>(partition))->offset = 0;
  rd_kafka_assign(handle.get(), place.get());
  std::vector<Received> all;
  for (int quiet = 0; quiet < 60;) {
    const Message message(rd_kafka_consumer_poll(handle.get(), 500));
    if (!message) {
      ++quiet;
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) break;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    Received received{{static_cast<const char*>(message->key), message->key_len},
                      {static_cast<const char*>(message->payload), message->len},
                      {}};
    rd_kafka_headers_t* headers = nullptr;
    const bool headed = rd_kafka_message_headers(message.get(), &headers) == RD_KAFKA_RESP_ERR_NO_ERROR;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         headed && rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
      received.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
    }
    all.push_back(std::move(received));
  }
  return all;
}

std::vector<std::string> values(const std::vector<Received>& all) {
  std::vector<std::string> out;
  for (const auto& one : all) out.push_back(one.value);
  return out;
}

class PublicTopicContract : public ::testing::Test {
 protected:
  void make_topic(const std::string& topic, BrokerFixture& broker) {
    topic_ = topic;
    const auto admin = Admin::open(broker.settings()).value();
    ASSERT_TRUE(make_topic_beside(*admin, topic, BesideKind::kPublic, kPartitions, {}).has_value());
    backend_.emplace(PublicTopicSettings{
        broker.settings(), topic,
        [this](const LedgerPartition&, const block::Block& block, std::size_t leaf) { return messages_of(block, leaf); },
        [this](const LedgerPartition&, std::string_view detail) {
          const std::lock_guard lock(mutex_);
          alarms_.emplace_back(detail);
        }});
  }

  /// A decision of two messages: `<block>a` and `<block>b`; or what `special_` says.
  Result<std::vector<ports::PublicMessage>> messages_of(const block::Block& block, std::size_t) {
    const std::string name = std::to_string(block.header().block_seq);
    if (special_.contains(name)) return special_.at(name)();
    return std::vector<ports::PublicMessage>{{"dossier", {{"ce_id", name + "a"}}, name + "a"},
                                             {"dossier", {{"ce_id", name + "b"}, {"empty", ""}}, name + "b"}};
  }
  static block::BlockPtr block_of(std::uint64_t number) {
    return *block::parse({"intake", 0}, test_support::a_block(number));
  }
  void publish(ports::Publisher& publisher, std::uint32_t partition, std::uint64_t number) {
    publisher.publish({"intake", partition}, block_of(number), 0, number);
  }
  std::vector<std::string> alarms() {
    const std::lock_guard lock(mutex_);
    return alarms_;
  }

  std::string topic_;
  Outcomes outcomes_;
  std::map<std::string, std::function<Result<std::vector<ports::PublicMessage>>()>> special_;
  std::optional<PublicTopic> backend_;
  std::mutex mutex_;
  std::vector<std::string> alarms_;
};

TEST_F(PublicTopicContract, PublishesEveryMessageOfADecisionInOrderInTheLedgersPartition) {
  make_topic("public.order", shared_broker());
  const auto publisher = backend_->attach(outcomes_);
  for (std::uint64_t n = 1; n <= 300; ++n) publish(*publisher, n % 2, n);
  for (std::uint64_t n = 1; n <= 300; ++n) EXPECT_EQ(outcomes_.of(n), true) << n;
  for (std::uint32_t p = 0; p < kPartitions; ++p) {
    std::vector<std::string> wanted;
    for (std::uint64_t n = 1; n <= 300; ++n) {
      if (n % 2 != p) continue;
      wanted.push_back(std::to_string(n) + "a");
      wanted.push_back(std::to_string(n) + "b");
    }
    const auto all = read_partition(shared_broker().settings(), topic_, p);
    EXPECT_EQ(values(all), wanted);
    EXPECT_EQ(all.front().key, "dossier");
    EXPECT_THAT(all[1].headers, ElementsAre(std::pair<std::string, std::string>{"ce_id", wanted[1]},
                                            std::pair<std::string, std::string>{"empty", ""}));
  }
  EXPECT_THAT(alarms(), IsEmpty());
}

TEST_F(PublicTopicContract, SendsNothingBehindADecisionThatCannotBeReadUntilReset) {
  make_topic("public.unreadable", shared_broker());
  special_["2"] = [] { return failure({ErrorCode::kDataLoss, "LEDGER_FAULT", "hỏng", "broken"}); };
  const auto publisher = backend_->attach(outcomes_);
  for (const std::uint64_t n : {1, 2, 3}) publish(*publisher, 0, n);
  publish(*publisher, 1, 4);
  EXPECT_EQ(outcomes_.of(1), true);
  EXPECT_EQ(outcomes_.of(2), false);
  EXPECT_EQ(outcomes_.of(3), false);
  EXPECT_EQ(outcomes_.of(4), true) << "another partition is not concerned";
  EXPECT_THAT(alarms(), ElementsAre("broken"));
  special_.clear();
  publisher->reset({"intake", 0});
  for (const std::uint64_t n : {2, 3}) publish(*publisher, 0, n);
  EXPECT_EQ(outcomes_.of(3), true);
  EXPECT_THAT(values(read_partition(shared_broker().settings(), topic_, 0)),
              ElementsAre("1a", "1b", "2a", "2b", "3a", "3b"));
}

TEST_F(PublicTopicContract, LeavesNoGapBehindAMessageThatIsTooLarge) {
  make_topic("public.large", shared_broker());
  special_["2"] = [] {
    return std::vector<ports::PublicMessage>{{"dossier", {}, "2a"}, {"dossier", {}, std::string(3 << 20, 'x')}};
  };
  const auto publisher = backend_->attach(outcomes_);
  for (const std::uint64_t n : {1, 2, 3}) publish(*publisher, 0, n);
  EXPECT_EQ(outcomes_.of(2), false);
  EXPECT_EQ(outcomes_.of(3), false);
  EXPECT_THAT(alarms(), ElementsAre(HasSubstr("large")));
  special_.clear();
  publisher->reset({"intake", 0});
  for (const std::uint64_t n : {2, 3}) publish(*publisher, 0, n);
  EXPECT_EQ(outcomes_.of(3), true);
  // The first part of the decision was on its way already: a repetition, recognisable as one.
  EXPECT_THAT(values(read_partition(shared_broker().settings(), topic_, 0)),
              ElementsAre("1a", "1b", "2a", "2a", "2b", "3a", "3b"));
}

TEST_F(PublicTopicContract, WaitsForABrokerThatIsAwayAndKeepsTheOrder) {
  BrokerFixture broker;
  make_topic("public.away", broker);
  const auto publisher = backend_->attach(outcomes_);
  publish(*publisher, 0, 1);
  EXPECT_EQ(outcomes_.of(1), true);
  broker.kill();
  for (std::uint64_t n = 2; n <= 50; ++n) publish(*publisher, 0, n);
  EXPECT_EQ(outcomes_.of(2, kSilence), std::nullopt);
  broker.start();
  for (std::uint64_t n = 2; n <= 50; ++n) EXPECT_EQ(outcomes_.of(n), true) << n;
  std::vector<std::string> wanted;
  for (int n = 1; n <= 50; ++n) {
    wanted.push_back(std::to_string(n) + "a");
    wanted.push_back(std::to_string(n) + "b");
  }
  EXPECT_EQ(values(read_partition(broker.settings(), topic_, 0)), wanted);
}

TEST_F(PublicTopicContract, HasOneProducerForEachAttachment) {
  make_topic("public.two", shared_broker());
  const auto first = backend_->attach(outcomes_);
  publish(*first, 0, 1);
  EXPECT_EQ(outcomes_.of(1), true);
  Outcomes others;
  {
    // The next owner of the partition begins where the ledger says, and so repeats.
    const auto second = backend_->attach(others);
    publish(*second, 0, 1);
    publish(*second, 0, 2);
    EXPECT_EQ(others.of(2), true);
  }
  EXPECT_THAT(values(read_partition(shared_broker().settings(), topic_, 0)),
              ElementsAre("1a", "1b", "1a", "1b", "2a", "2b"));
  EXPECT_EQ(outcomes_.of(2, kSilence), std::nullopt);
}

TEST_F(PublicTopicContract, IsKeptForThirtyDaysAndComparedWithItsLedger) {
  class OneSalt final : public ports::Entropy {
   public:
    Salt salt() override { return {}; }
    std::uint64_t below(std::uint64_t) override { return 0; }
  } entropy;
  const auto admin = Admin::open(shared_broker().settings()).value();
  const ports::Installation installation{{{"told", kPartitions}}, 1, 1};
  ASSERT_TRUE(make_ledgers(*admin, installation, entropy, {1}).has_value());
  const auto check = [&](const std::string& topic) {
    auto report = check_ledgers(*admin, {"told"}).value();
    EXPECT_TRUE(check_topic_beside(*admin, topic, BesideKind::kPublic, "told", report).has_value());
    std::vector<std::string> texts;
    for (const auto& error : report.differences) texts.push_back(error.message_en);
    return texts;
  };
  EXPECT_THAT(check("public.missing"), ElementsAre(HasSubstr("does not exist")));
  // Several ledgers share it: more partitions than this one has are right.
  ASSERT_TRUE(make_topic_beside(*admin, "public.kept", BesideKind::kPublic, kPartitions + 2, installation).has_value());
  EXPECT_THAT(check("public.kept"), IsEmpty());
  EXPECT_EQ(admin->topic_settings("public.kept").value().at("retention.ms"), std::to_string(30LL * 24 * 3600 * 1000));
  ASSERT_TRUE(admin->create_topic("public.few", 1, 1, {{"retention.ms", "1000"}}).has_value());
  const auto found = check("public.few");
  EXPECT_THAT(found, ::testing::Contains(HasSubstr("retention.ms")));
  EXPECT_THAT(found, ::testing::Contains(HasSubstr("partition_count is 1")));
}

}  // namespace
}  // namespace lienthong::kafka
