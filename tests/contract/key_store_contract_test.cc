#include "intake/adapters/kafka_key_store.h"
#include "intake/adapters/key_topic.h"
#include "intake/adapters/sqlite_key_store.h"
#include "platform/kafka/admin.h"
#include "platform/kafka/interlock.h"
#include "tests/support/broker_fixture.h"
#include "tests/support/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace lienthong {
namespace {

using intake::ContentKey;
using intake::KafkaKeyStore;
using intake::KeyStore;
using test_support::BrokerFixture;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kPool = 8;
constexpr std::uint32_t kPartitions = 2;

BrokerFixture& shared_broker() {
  static BrokerFixture broker;
  return broker;
}

KafkaKeyStore::Settings settings_of(BrokerFixture& broker, const std::string& topic) {
  KafkaKeyStore::Settings settings;
  settings.topic.connection = broker.settings();
  settings.topic.topic = topic;
  settings.topic.partitions = kPartitions;
  settings.topic.group = "lienthong.intake.tail";
  settings.pool = kPool;
  return settings;
}

void make_topic(BrokerFixture& broker, const std::string& topic) {
  const auto admin = kafka::Admin::open(broker.settings()).value();
  ASSERT_TRUE(kafka::make_topic_beside(*admin, topic, kafka::BesideKind::kCompacted, kPartitions, {}).has_value());
}

std::unique_ptr<KafkaKeyStore> open_kafka(const KafkaKeyStore::Settings& settings, const crypto::Key& key) {
  auto opened = KafkaKeyStore::open(settings, key, [](std::string_view what, std::string_view) { ADD_FAILURE() << what; });
  EXPECT_TRUE(opened.has_value()) << opened.error().message_en;
  return std::move(*opened);
}

/// A place that keeps keys, in which stores can be opened one after the other.
class Place {
 public:
  Place() = default;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  virtual ~Place() = default;
  virtual std::unique_ptr<KeyStore> open(const crypto::Key& encryption_key) = 0;
};

class SqlitePlace final : public Place {
 public:
  std::unique_ptr<KeyStore> open(const crypto::Key& encryption_key) override {
    auto opened = intake::SqliteKeyStore::open({directory_.path() + "/keys.sqlite", kPool, 4}, encryption_key);
    EXPECT_TRUE(opened.has_value());
    return std::move(*opened);
  }

 private:
  test_support::TemporaryDirectory directory_;
};

class KafkaPlace final : public Place {
 public:
  KafkaPlace() {
    static int number = 0;
    topic_ = "lienthong.contract-" + std::to_string(++number) + ".keys";
    make_topic(shared_broker(), topic_);
  }
  std::unique_ptr<KeyStore> open(const crypto::Key& encryption_key) override {
    return open_kafka(settings_of(shared_broker(), topic_), encryption_key);
  }

 private:
  std::string topic_;
};

/// Takes keys, waiting while the pool is being filled.
std::vector<ContentKey> take(KeyStore& store, std::size_t count) {
  std::vector<ContentKey> taken;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (taken.size() < count && std::chrono::steady_clock::now() < end) {
    if (auto key = store.take()) {
      taken.push_back(*key);
    } else {
      EXPECT_EQ(key.error().code, ErrorCode::kUnavailable);
      EXPECT_EQ(key.error().reason, "CONTENT_UNAVAILABLE");
      std::this_thread::yield();
    }
  }
  EXPECT_EQ(taken.size(), count);
  return taken;
}

struct Kind {
  const char* name;
  std::function<std::unique_ptr<Place>()> make;
};

class KeyStoreContract : public ::testing::TestWithParam<Kind> {
 protected:
  std::unique_ptr<Place> place_ = GetParam().make();
  crypto::Key encryption_key_ = crypto::random_key();
};

TEST_P(KeyStoreContract, GivesEachKeyOnceAndFindsAllOfThem) {
  const auto store = place_->open(encryption_key_);
  const auto taken = take(*store, 5 * kPool);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    EXPECT_EQ(*store->find(taken[i].ref), taken[i].key);
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(taken[i].ref, taken[j].ref);
      EXPECT_NE(taken[i].key, taken[j].key);
    }
  }
}

TEST_P(KeyStoreContract, FindsKeysAgainAfterARestartButNotThoseItGaveUp) {
  std::vector<ContentKey> taken;
  {
    const auto store = place_->open(encryption_key_);
    taken = take(*store, 2 * kPool);
    ASSERT_EQ(*store->find(taken[3].ref), taken[3].key);
    ASSERT_TRUE(store->erase({taken[3].ref, taken[7].ref}).has_value());
    EXPECT_EQ(store->find(taken[3].ref).error().reason, "PERSONAL_DATA_ERASED");
  }
  const auto store = place_->open(encryption_key_);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const auto key = store->find(taken[i].ref);
    if (i == 3 || i == 7) {
      ASSERT_FALSE(key.has_value());
      EXPECT_EQ(key.error().code, ErrorCode::kFailedPrecondition);
      EXPECT_EQ(key.error().reason, "PERSONAL_DATA_ERASED");
    } else {
      EXPECT_EQ(*key, taken[i].key);
    }
  }
}

TEST_P(KeyStoreContract, ErasesTheSameKeyAgainWithoutAnError) {
  const auto store = place_->open(encryption_key_);
  const auto taken = take(*store, 1);
  EXPECT_TRUE(store->erase({taken[0].ref}).has_value());
  EXPECT_TRUE(store->erase({taken[0].ref, crypto::random_bytes(intake::kKeyRefBytes)}).has_value());
  EXPECT_TRUE(store->erase({}).has_value());
}

TEST_P(KeyStoreContract, SaysOfAnUnknownReferenceThatThereIsNoSuchKey) {
  const auto store = place_->open(encryption_key_);
  for (const auto& ref : {crypto::random_bytes(intake::kKeyRefBytes), std::string("short"), std::string()}) {
    const auto key = store->find(ref);
    ASSERT_FALSE(key.has_value());
    EXPECT_EQ(key.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_EQ(key.error().reason, "PERSONAL_DATA_ERASED");
  }
}

TEST_P(KeyStoreContract, OpensNoKeyUnderAnotherKeyEncryptionKey) {
  const auto taken = take(*place_->open(encryption_key_), 1);
  const auto other = place_->open(crypto::random_key());
  EXPECT_EQ(other->find(taken[0].ref).error().reason, "SEAL_BROKEN");
}

INSTANTIATE_TEST_SUITE_P(Stores, KeyStoreContract,
                         ::testing::Values(Kind{"Sqlite", [] { return std::make_unique<SqlitePlace>(); }},
                                           Kind{"Kafka", [] { return std::make_unique<KafkaPlace>(); }}),
                         [](const auto& kind) { return kind.param.name; });

TEST(KafkaKeyStoreReplicas, FindWhatTheOtherMadeAndDropWhatTheOtherErased) {
  KafkaPlace place;
  const auto encryption_key = crypto::random_key();
  const auto first = place.open(encryption_key);
  const auto second = place.open(encryption_key);
  const auto taken = take(*first, 4 * kPool);
  for (const auto& [ref, key] : taken) ASSERT_EQ(*second->find(ref), key);
  ASSERT_TRUE(first->erase({taken[5].ref}).has_value());
  // It reads the tombstone on its own; asking for a key that is not there waits until it has.
  ASSERT_FALSE(second->find(crypto::random_bytes(intake::kKeyRefBytes)).has_value());
  EXPECT_EQ(second->find(taken[5].ref).error().reason, "PERSONAL_DATA_ERASED");
  EXPECT_EQ(*second->find(taken[6].ref), taken[6].key);
}

TEST(KafkaKeyStoreTopic, HoldsKeysWrappedOnly) {
  BrokerFixture& broker = shared_broker();
  const std::string topic = "lienthong.wrapped.keys";
  make_topic(broker, topic);
  const auto store = open_kafka(settings_of(broker, topic), crypto::random_key());
  const auto taken = take(*store, kPool);
  std::string segments;
  for (std::uint32_t p = 0; p < kPartitions; ++p) {
    std::ifstream file(broker.directory() + "/data/" + topic + "-" + std::to_string(p) + "/00000000000000000000.log",
                       std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    segments += bytes.str();
  }
  for (const auto& [ref, key] : taken) {
    EXPECT_NE(segments.find(ref), std::string::npos) << "the scan does not see the records";
    EXPECT_EQ(segments.find(key.view()), std::string::npos);
  }
}

TEST(KafkaKeyStoreFault, SaysUnavailableWhileTheBrokerIsAwayAndFinishesTheErasureAfterwards) {
  BrokerFixture broker;
  make_topic(broker, intake::kKeyTopic);
  auto settings = settings_of(broker, intake::kKeyTopic);
  settings.topic.patience = std::chrono::milliseconds(1500);
  const auto encryption_key = crypto::random_key();
  auto store = open_kafka(settings, encryption_key);
  const auto before = take(*store, 2);
  broker.stop();
  // The pool is durable already; when it is used up nothing is handed out that is not.
  std::vector<ContentKey> handed_out;
  for (auto key = store->take(); key; key = store->take()) handed_out.push_back(*key);
  EXPECT_LE(handed_out.size(), 2 * kPool);
  EXPECT_EQ(store->take().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(store->erase({before[0].ref}).error().reason, "CONTENT_UNAVAILABLE");
  EXPECT_EQ(*store->find(before[0].ref), before[0].key);
  EXPECT_EQ(store->find(crypto::random_bytes(intake::kKeyRefBytes)).error().code, ErrorCode::kUnavailable);
  const auto refused = KafkaKeyStore::open(settings, encryption_key, [](std::string_view, std::string_view) {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);

  broker.start();
  auto erased = store->erase({before[0].ref});
  for (int attempt = 0; attempt < 10 && !erased; ++attempt) erased = store->erase({before[0].ref});
  ASSERT_TRUE(erased.has_value()) << erased.error().message_en;
  EXPECT_EQ(store->find(before[0].ref).error().reason, "PERSONAL_DATA_ERASED");
  take(*store, kPool);
  store = open_kafka(settings_of(broker, intake::kKeyTopic), encryption_key);
  EXPECT_EQ(store->find(before[0].ref).error().reason, "PERSONAL_DATA_ERASED");
  EXPECT_EQ(*store->find(before[1].ref), before[1].key);
  for (const auto& [ref, key] : handed_out) EXPECT_EQ(*store->find(ref), key);
}

TEST(KafkaKeyStoreInterlock, NamesAMissingTopicAndWhatDiffersFromItsLedger) {
  class FixedEntropy final : public ports::Entropy {
   public:
    Salt salt() override { return {}; }
    std::uint64_t below(std::uint64_t) override { return 0; }
  };
  const auto admin = kafka::Admin::open(shared_broker().settings()).value();
  FixedEntropy entropy;
  const ports::Installation installation{{{"beside", 2}}};
  ASSERT_TRUE(kafka::make_ledgers(*admin, installation, entropy, {1}).has_value());
  const auto check = [&](const std::string& topic) {
    auto report = kafka::check_ledgers(*admin, {"beside"}).value();
    const auto checked = kafka::check_topic_beside(*admin, topic, kafka::BesideKind::kCompacted, "beside", report);
    EXPECT_TRUE(checked.has_value());
    std::vector<std::string> texts;
    for (const auto& error : report.differences) texts.push_back(error.message_en);
    return texts;
  };
  EXPECT_THAT(check("lienthong.beside.keys"), Contains(HasSubstr("does not exist")));
  ASSERT_TRUE(
      kafka::make_topic_beside(*admin, "lienthong.beside.keys", kafka::BesideKind::kCompacted, 2, installation).has_value());
  ASSERT_TRUE(
      kafka::make_topic_beside(*admin, "lienthong.beside.keys", kafka::BesideKind::kCompacted, 2, installation).has_value());
  EXPECT_THAT(check("lienthong.beside.keys"), IsEmpty());
  EXPECT_THAT(kafka::make_topic_beside(*admin, "lienthong.beside.keys", kafka::BesideKind::kCompacted, 3, installation)
                  .error()
                  .message_en,
              HasSubstr("partition_count is 2, must be 3"));
  ASSERT_TRUE(admin->create_topic("lienthong.other.keys", 1, 1, {{"cleanup.policy", "delete"}}).has_value());
  const auto found = check("lienthong.other.keys");
  EXPECT_THAT(found, Contains(HasSubstr("cleanup.policy is delete, must be compact")));
  EXPECT_THAT(found, Contains(HasSubstr("partition_count is 1, must be 2")));
}

}  // namespace
}  // namespace lienthong
