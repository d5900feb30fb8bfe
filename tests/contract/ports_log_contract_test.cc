#include "platform/kafka/admin.h"
#include "platform/kafka/kafka_log.h"
#include "platform/memory/in_memory_log.h"
#include "platform/sqlite/sqlite_log.h"
#include "tests/support/awaiting_sink.h"
#include "tests/support/blocks.h"
#include "tests/support/broker_fixture.h"
#include "tests/support/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>

namespace lienthong {
namespace {

using ports::Appended;
using ports::AppendFailed;
using ports::EndOffset;
using ports::Fetched;
using ports::FollowFailed;
using ports::LogMessage;
using ports::ReadDone;
using test_support::a_block;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr std::size_t kPlenty = 1U << 30;
constexpr std::chrono::milliseconds kQuiet{150};

class Sink final : public ports::LogSink {
 public:
  void on_log(LogMessage message) override { queue.push(std::move(message)); }
  template <class Message>
  std::optional<Message> take(std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    auto message = queue.take_if([](const LogMessage& m) { return std::holds_alternative<Message>(m); }, limit);
    return message ? std::optional<Message>(std::get<Message>(*std::move(message))) : std::nullopt;
  }
  test_support::MessageQueue<LogMessage> queue;
};

/// One implementation under test.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;
  virtual ports::LogBackend& backend() = 0;
  /// A ledger of two partitions that no other test uses.
  virtual LedgerName fresh_ledger() = 0;
};

LedgerName numbered_ledger() {
  static int number = 0;
  return "contract-" + std::to_string(++number);
}

class MemoryStore final : public Store {
 public:
  ports::LogBackend& backend() override { return log_; }
  LedgerName fresh_ledger() override { return numbered_ledger(); }

 private:
  memory::InMemoryLog log_;
};

class SqliteStore final : public Store {
 public:
  ports::LogBackend& backend() override { return *log_; }
  LedgerName fresh_ledger() override { return numbered_ledger(); }

 private:
  test_support::TemporaryDirectory directory_;
  // A ring of one block: readers behind it go to the file.
  std::unique_ptr<sqlite::SqliteLog> log_ = sqlite::SqliteLog::open({directory_.path() + "/ledger.sqlite", 1}).value();
};

test_support::BrokerFixture& shared_broker() {
  static test_support::BrokerFixture broker;
  return broker;
}

/// `ring_bytes` 1: followers are served by reading again.
class KafkaStore final : public Store {
 public:
  explicit KafkaStore(std::size_t ring_bytes)
      : admin_(kafka::Admin::open(shared_broker().settings()).value()),
        log_(kafka::KafkaLog::open({shared_broker().settings(), "lienthong.contract.tail", ring_bytes}).value()) {}
  ports::LogBackend& backend() override { return *log_; }
  LedgerName fresh_ledger() override {
    const auto ledger = numbered_ledger();
    const auto made = admin_->create_topic(LedgerPartition{ledger, 0}.topic(), 2, 1,
                                           {{"max.message.bytes", "2097152"}, {"message.timestamp.type", "LogAppendTime"}});
    EXPECT_TRUE(made.has_value()) << made.error().message_en;
    return ledger;
  }

 private:
  std::unique_ptr<kafka::Admin> admin_;
  std::unique_ptr<kafka::KafkaLog> log_;
};

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<Store>()> make;
};

class LogContract : public ::testing::TestWithParam<Implementation> {
 protected:
  void SetUp() override {
    store_ = GetParam().make();
    partition_ = {store_->fresh_ledger(), 0};
    log_ = store_->backend().attach(sink_);
  }
  void TearDown() override { log_.reset(); }

  Offset append(block::Record record) {
    log_->append(partition_, std::move(record), ++ticket_);
    const auto appended = sink_.take<Appended>();
    EXPECT_TRUE(appended && appended->ticket == ticket_);
    return appended && appended->offset ? *appended->offset : -1;
  }
  void append_many(std::uint64_t count, const std::string& leaf = "leaf") {
    for (std::uint64_t i = 0; i < count; ++i) log_->append(partition_, a_block(i, leaf), ++ticket_);
    for (std::uint64_t i = 0; i < count; ++i) ASSERT_TRUE(sink_.take<Appended>().has_value());
  }
  /// Takes `count` records and expects them to be these offsets in order.
  void expect_fetched(ports::FollowId follow, Offset first, Offset count) {
    for (Offset offset = first; offset < first + count; ++offset) {
      const auto fetched = sink_.take<Fetched>();
      ASSERT_TRUE(fetched.has_value()) << "offset " << offset << " did not come";
      ASSERT_EQ(fetched->follow, follow);
      ASSERT_EQ(fetched->offset, offset);
      ASSERT_TRUE(fetched->block != nullptr);
      ASSERT_EQ(fetched->block->header().block_seq, static_cast<std::uint64_t>(offset));
    }
  }
  /// Asks until the log can be asked: just after a topic was made, its leader may not know yet that it leads.
  std::optional<Offset> end() {
    for (int attempt = 0; attempt < 50; ++attempt) {
      log_->end_offset(partition_, ++ticket_);
      const auto answer = sink_.take<EndOffset>();
      EXPECT_TRUE(answer && answer->ticket == ticket_);
      if (answer && answer->offset) return answer->offset;
    }
    return std::nullopt;
  }

  std::unique_ptr<Store> store_;
  LedgerPartition partition_;
  Sink sink_;
  std::unique_ptr<ports::Log> log_;
  ports::Ticket ticket_ = 0;
};

TEST_P(LogContract, NumbersRecordsOfAPartitionFromZeroWithoutGaps) {
  for (Offset offset = 0; offset < 20; ++offset) EXPECT_EQ(append(a_block(static_cast<std::uint64_t>(offset))), offset);
  partition_.partition = 1;
  EXPECT_EQ(append(a_block(0)), 0);
}

TEST_P(LogContract, KeepsTheOrderOfAppendsThatWaitTogether) {
  for (ports::Ticket ticket = 1; ticket <= 100; ++ticket) log_->append(partition_, a_block(ticket - 1), ticket);
  for (ports::Ticket ticket = 1; ticket <= 100; ++ticket) {
    const auto appended = sink_.take<Appended>();
    ASSERT_TRUE(appended.has_value());
    EXPECT_EQ(appended->ticket, ticket);
    EXPECT_EQ(appended->offset, static_cast<Offset>(ticket) - 1);
  }
  log_->follow(1, partition_, 0);
  log_->credit(1, kPlenty);
  expect_fetched(1, 0, 100);
}

TEST_P(LogContract, GivesBackARecordExactly) {
  const auto record = a_block(0, std::string("\0\xFFleaf", 6));
  append(record);
  log_->follow(1, partition_, 0);
  log_->credit(1, kPlenty);
  const auto fetched = sink_.take<Fetched>();
  ASSERT_TRUE(fetched && fetched->block);
  EXPECT_EQ(fetched->block->record(), record);
  EXPECT_EQ(fetched->block->hash(), (*block::parse(partition_, record))->hash());
  EXPECT_GT(fetched->append_time.micros, 1'700'000'000'000'000);
}

TEST_P(LogContract, FollowsWhatIsAppendedLater) {
  log_->follow(1, partition_, 0);
  log_->credit(1, kPlenty);
  EXPECT_FALSE(sink_.take<Fetched>(kQuiet).has_value());
  append_many(10);
  expect_fetched(1, 0, 10);
  append(a_block(10));
  expect_fetched(1, 10, 1);
}

TEST_P(LogContract, FollowsFromTheMiddleAndFromTheEnd) {
  append_many(10);
  log_->follow(1, partition_, 6);
  log_->credit(1, kPlenty);
  expect_fetched(1, 6, 4);
  log_->follow(2, partition_, 10);
  log_->credit(2, kPlenty);
  EXPECT_FALSE(sink_.take<Fetched>(kQuiet).has_value());
  log_->stop(1);
  append(a_block(10));
  std::set<ports::FollowId> who;
  while (const auto fetched = sink_.take<Fetched>(kQuiet)) {
    EXPECT_EQ(fetched->offset, 10);
    who.insert(fetched->follow);
  }
  EXPECT_TRUE(who.contains(2));
}

TEST_P(LogContract, FailsAReaderThatStandsBeyondTheEnd) {
  append_many(3);
  log_->follow(1, partition_, 5);
  log_->credit(1, kPlenty);
  const auto failed = sink_.take<FollowFailed>();
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->follow, 1U);
  append_many(5);
  EXPECT_FALSE(sink_.take<Fetched>(kQuiet).has_value());
}

TEST_P(LogContract, DeliversNothingWithoutCreditAndOneRecordBeyondIt) {
  append_many(10, std::string(1'000, 'x'));
  log_->follow(1, partition_, 0);
  EXPECT_FALSE(sink_.take<Fetched>(kQuiet).has_value());
  log_->credit(1, 1);
  expect_fetched(1, 0, 1);
  EXPECT_FALSE(sink_.take<Fetched>(kQuiet).has_value());
  // The first record overdrew its credit by its size less one; this pays for it and one byte of the next.
  log_->credit(1, a_block(0, std::string(1'000, 'x')).header.size() + a_block(0, std::string(1'000, 'x')).value.size());
  expect_fetched(1, 1, 1);
  EXPECT_FALSE(sink_.take<Fetched>(kQuiet).has_value());
  log_->credit(1, kPlenty);
  expect_fetched(1, 2, 8);
}

TEST_P(LogContract, ServesASlowReaderBesideAFastOne) {
  log_->follow(1, partition_, 0);
  log_->credit(1, kPlenty);
  log_->follow(2, partition_, 0);
  append_many(200, std::string(2'000, 'x'));
  expect_fetched(1, 0, 200);
  for (Offset offset = 0; offset < 200; ++offset) {
    log_->credit(2, 2'200);
    const auto fetched = sink_.take<Fetched>();
    ASSERT_TRUE(fetched.has_value());
    EXPECT_EQ(fetched->follow, 2U);
    EXPECT_EQ(fetched->offset, offset);
  }
}

TEST_P(LogContract, ReadsOneRecordAndSaysWhenThereIsNone) {
  append_many(5);
  log_->read(partition_, 3, 71);
  auto done = sink_.take<ReadDone>();
  ASSERT_TRUE(done && done->block);
  EXPECT_EQ(done->ticket, 71U);
  EXPECT_EQ(done->block->header().block_seq, 3U);
  log_->read(partition_, 5, 72);
  done = sink_.take<ReadDone>();
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->ticket, 72U);
  EXPECT_EQ(done->block, nullptr);
}

TEST_P(LogContract, KnowsItsEndAsSoonAsAnAppendIsAnswered) {
  EXPECT_EQ(end(), 0);
  for (Offset offset = 0; offset < 20; ++offset) {
    append(a_block(static_cast<std::uint64_t>(offset)));
    EXPECT_EQ(end(), offset + 1);
  }
}

TEST_P(LogContract, AppendsWithANewAppenderWhateverBecameOfTheOldOne) {
  append(a_block(0));
  log_->append(partition_, a_block(1, "in flight"), 100);
  log_->replace_appender(partition_);
  log_->append(partition_, a_block(2, "new"), 101);
  std::optional<Appended> appended;
  do {
    appended = sink_.take<Appended>();
    ASSERT_TRUE(appended.has_value());
  } while (appended->ticket != 101);
  ASSERT_TRUE(appended->offset.has_value());
  // The block in flight is there or is not; what is read decides.
  log_->follow(1, partition_, 0);
  log_->credit(1, kPlenty);
  std::vector<std::uint64_t> seen;
  for (Offset offset = 0; offset <= *appended->offset; ++offset) {
    const auto fetched = sink_.take<Fetched>();
    ASSERT_TRUE(fetched && fetched->block);
    EXPECT_EQ(fetched->offset, offset);
    seen.push_back(fetched->block->header().block_seq);
  }
  EXPECT_THAT(seen, ::testing::AnyOf(ElementsAre(0, 2), ElementsAre(0, 1, 2)));
  log_->replace_appender(partition_);
  log_->replace_appender({partition_.ledger, 1});
  EXPECT_GT(append(a_block(3)), *appended->offset);
}

TEST_P(LogContract, DeliversAnUnreadableRecordWithoutABlock) {
  append({"not a header", "not a value"});
  append(a_block(1));
  log_->follow(1, partition_, 0);
  log_->credit(1, kPlenty);
  const auto fetched = sink_.take<Fetched>();
  ASSERT_TRUE(fetched.has_value());
  EXPECT_EQ(fetched->offset, 0);
  EXPECT_EQ(fetched->block, nullptr);
  expect_fetched(1, 1, 1);
  log_->read(partition_, 0, 9);
  const auto done = sink_.take<ReadDone>();
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->block, nullptr);
}

TEST_P(LogContract, CarriesRecordsOf600Kibibytes) {
  append_many(20, std::string(600 * 1024, 'x'));
  log_->follow(1, partition_, 0);
  log_->credit(1, kPlenty);
  expect_fetched(1, 0, 20);
  log_->read(partition_, 11, 5);
  const auto done = sink_.take<ReadDone>();
  ASSERT_TRUE(done && done->block);
  EXPECT_EQ(done->block->leaf_bytes(0).size(), 600U * 1024);
}

TEST_P(LogContract, StopsAReaderAndTakesItsNameAnew) {
  append_many(5);
  log_->follow(1, partition_, 0);
  log_->credit(1, kPlenty);
  expect_fetched(1, 0, 5);
  log_->stop(1);
  log_->stop(1);
  while (sink_.take<Fetched>(kQuiet)) {
  }
  append(a_block(5));
  EXPECT_FALSE(sink_.take<Fetched>(kQuiet).has_value());
  log_->follow(1, partition_, 4);
  log_->credit(1, kPlenty);
  expect_fetched(1, 4, 2);
}

TEST_P(LogContract, KeepsTwoAttachmentsApart) {
  Sink other_sink;
  const auto other = store_->backend().attach(other_sink);
  log_->append(partition_, a_block(0), 1);
  ASSERT_TRUE(sink_.take<Appended>().has_value());
  other->append(partition_, a_block(1), 1);
  ASSERT_TRUE(other_sink.take<Appended>().has_value());
  EXPECT_FALSE(sink_.take<Appended>(kQuiet).has_value());
  log_->follow(1, partition_, 0);
  log_->credit(1, kPlenty);
  other->follow(1, partition_, 1);
  other->credit(1, kPlenty);
  expect_fetched(1, 0, 2);
  const auto fetched = other_sink.take<Fetched>();
  ASSERT_TRUE(fetched.has_value());
  EXPECT_EQ(fetched->offset, 1);
  EXPECT_FALSE(other_sink.take<Fetched>(kQuiet).has_value());
}

TEST_P(LogContract, IsSilentTowardsAnAttachmentThatIsGone) {
  {
    Sink short_lived;
    const auto other = store_->backend().attach(short_lived);
    other->follow(1, partition_, 0);
    other->credit(1, kPlenty);
    for (ports::Ticket ticket = 0; ticket < 50; ++ticket) other->append(partition_, a_block(ticket), ticket);
  }
  log_->follow(1, partition_, 0);
  log_->credit(1, kPlenty);
  append(a_block(99));
}

TEST_P(LogContract, SharesOneParsedBlockAmongTheReadersOfAProcess) {
  log_->follow(1, partition_, 0);
  log_->follow(2, partition_, 0);
  log_->credit(1, kPlenty);
  log_->credit(2, kPlenty);
  append(a_block(0));
  const auto first = sink_.take<Fetched>();
  const auto second = sink_.take<Fetched>();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->block.get(), second->block.get());
}

INSTANTIATE_TEST_SUITE_P(All, LogContract,
                         ::testing::Values(Implementation{"InMemory", [] { return std::make_unique<MemoryStore>(); }},
                                           Implementation{"Sqlite", [] { return std::make_unique<SqliteStore>(); }},
                                           Implementation{"Kafka", [] { return std::make_unique<KafkaStore>(64U << 20); }},
                                           Implementation{"KafkaWithoutRing",
                                                          [] { return std::make_unique<KafkaStore>(1); }}),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(SqliteLogFile, HoldsWhatWasAnsweredAfterItWasOpenedAgain) {
  const test_support::TemporaryDirectory directory;
  const std::string path = directory.path() + "/ledger.sqlite";
  const LedgerPartition partition{"intake", 1};
  {
    const auto log = sqlite::SqliteLog::open({path}).value();
    Sink sink;
    const auto lane = log->attach(sink);
    for (ports::Ticket ticket = 0; ticket < 3; ++ticket) lane->append(partition, a_block(ticket), ticket);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(sink.take<Appended>().has_value());
  }
  const auto log = sqlite::SqliteLog::open({path}).value();
  Sink sink;
  const auto lane = log->attach(sink);
  lane->append(partition, a_block(3), 7);
  EXPECT_EQ(sink.take<Appended>()->offset, 3);
  lane->follow(1, partition, 2);
  lane->credit(1, kPlenty);
  EXPECT_EQ(sink.take<Fetched>()->offset, 2);
}

}  // namespace
}  // namespace lienthong
