#include "platform/memory/in_memory_projection.h"
#include "platform/redis/redis_projection.h"
#include "platform/sqlite/sqlite_projection.h"
#include "tests/support/awaiting_sink.h"
#include "tests/support/child_process.h"
#include "tests/support/redis_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>

namespace lienthong {
namespace {

using ports::Applied;
using ports::Loaded;
using ports::Mismatch;
using ports::Opened;
using ports::ProjectionFailed;
using ports::ProjectionMessage;
using ports::Scanned;
using ports::StoredValue;
using ports::ValueChange;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Sink final : public ports::ProjectionSink {
 public:
  void on_projection(ProjectionMessage message) override { queue.push(std::move(message)); }
  test_support::MessageQueue<ProjectionMessage> queue;
};

/// One implementation under test, over a store of its own.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;
  virtual ports::ProjectionBackend& backend() = 0;
  virtual ports::Query& query() = 0;
  /// Loses everything behind the back of the backend.
  virtual void wipe() = 0;
};

class MemoryStore final : public Store {
 public:
  ports::ProjectionBackend& backend() override { return projection_; }
  ports::Query& query() override { return projection_; }
  void wipe() override { projection_.wipe(); }

 private:
  memory::InMemoryProjection projection_;
};

class SqliteStore final : public Store {
 public:
  SqliteStore() : projection_(sqlite::SqliteProjection::open(path()).value()) {}
  ports::ProjectionBackend& backend() override { return *projection_; }
  ports::Query& query() override { return *projection_; }
  void wipe() override {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, "DELETE FROM meta; DELETE FROM value; DELETE FROM entry", nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(handle);
  }

 private:
  std::string path() const { return directory_.path() + "/projection.sqlite"; }
  test_support::TemporaryDirectory directory_;
  std::unique_ptr<sqlite::SqliteProjection> projection_;
};

class RedisStore final : public Store {
 public:
  RedisStore() : server_({"intake", "routing"}), projection_(server_.settings()) {}
  ports::ProjectionBackend& backend() override { return projection_; }
  ports::Query& query() override { return projection_; }
  void wipe() override { server_.flush_all(); }
  test_support::RedisFixture& server() { return server_; }

 private:
  test_support::RedisFixture server_;
  redis::RedisProjection projection_;
};

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<Store>()> make;
};

DossierId dossier(std::uint8_t n) {
  DossierId id;
  id.bytes[0] = n;
  id.bytes[15] = 0xFE;
  return id;
}

ValueChange change(std::uint8_t n, std::uint64_t asof, std::string bytes, IndexEntries entries = {}) {
  return {{dossier(n), asof, std::move(bytes)}, std::move(entries)};
}

ports::ApplyBatch batch(Offset watermark, std::vector<ValueChange> changes, const std::string& genesis = "genesis") {
  ports::ApplyBatch out;
  out.changes = std::move(changes);
  out.meta.set_watermark(watermark);
  out.meta.set_genesis_hash(genesis);
  out.meta.set_head_seq(static_cast<std::uint64_t>(watermark - 1));
  return out;
}

IndexEntry entry(std::string index, std::string key, std::int64_t score, std::string suffix = {}) {
  return {std::move(index), std::move(key), score, std::move(suffix)};
}

class ProjectionContract : public ::testing::TestWithParam<Implementation> {
 protected:
  void SetUp() override {
    store_ = GetParam().make();
    projection_ = store_->backend().attach(sink_);
  }
  void TearDown() override { projection_.reset(); }

  template <class Answer>
  Answer expect(std::optional<ProjectionMessage> message) {
    if (!message) {
      ADD_FAILURE() << "no answer";
      return {};
    }
    if (auto* answer = std::get_if<Answer>(&*message)) return *answer;
    if (auto* failed = std::get_if<ProjectionFailed>(&*message)) ADD_FAILURE() << "failed: " << failed->detail;
    ADD_FAILURE() << "another answer, alternative " << message->index();
    return {};
  }
  template <class Answer>
  Answer apply(Offset expected, ports::ApplyBatch changes) {
    projection_->apply(partition_, expected, std::move(changes), ++ticket_);
    return expect<Answer>(sink_.queue.take());
  }
  std::vector<StoredValue> load(Offset expected, std::vector<DossierId> ids) {
    projection_->load(partition_, expected, std::move(ids), ++ticket_);
    return expect<Loaded>(sink_.queue.take()).values;
  }
  std::vector<std::pair<DossierId, IndexEntry>> entries() {
    auto all = store_->query().all_entries(partition_).value();
    std::ranges::sort(all);
    return all;
  }

  LedgerPartition partition_{"intake", 3};
  std::unique_ptr<Store> store_;
  Sink sink_;
  std::unique_ptr<ports::Projection> projection_;
  ports::Ticket ticket_ = 0;
};

TEST_P(ProjectionContract, HoldsNothingOfAPartitionAtFirst) {
  projection_->open(partition_, 7);
  const auto opened = expect<Opened>(sink_.queue.take());
  EXPECT_EQ(opened.ticket, 7U);
  EXPECT_FALSE(opened.meta.has_value());
  const auto values = load(0, {dossier(1)});
  ASSERT_THAT(values, SizeIs(1));
  EXPECT_EQ(values[0].dossier, dossier(1));
  EXPECT_EQ(values[0].asof, 0U);
}

TEST_P(ProjectionContract, KeepsValuesOfAnyBytesAndMetaExactly) {
  const std::string bytes("\0\r\n\xFF{}*", 7);
  auto written = batch(5, {change(1, 4, bytes), change(2, 3, "")});
  written.meta.set_decided_at(1'700'000'000'000'000);
  written.meta.add_cursors()->set_ledger("routing");
  EXPECT_EQ(apply<Applied>(0, written).ticket, ticket_);

  projection_->open(partition_, ++ticket_);
  const auto opened = expect<Opened>(sink_.queue.take());
  ASSERT_TRUE(opened.meta.has_value());
  EXPECT_EQ(block::encode_message(*opened.meta), block::encode_message(written.meta));
  EXPECT_EQ(block::encode_message(**store_->query().meta(partition_)), block::encode_message(written.meta));
  const auto values = load(5, {dossier(2), dossier(9), dossier(1)});
  ASSERT_THAT(values, SizeIs(3));
  EXPECT_EQ(values[0].asof, 3U);
  EXPECT_EQ(values[0].bytes, "");
  EXPECT_EQ(values[1].asof, 0U);
  EXPECT_EQ(values[2].asof, 4U);
  EXPECT_EQ(values[2].bytes, bytes);
  EXPECT_EQ(store_->query().value(partition_, dossier(1))->bytes, bytes);
  EXPECT_EQ(store_->query().value(partition_, dossier(9))->asof, 0U);
}

TEST_P(ProjectionContract, RefusesEverythingThatExpectsAnotherWatermark) {
  apply<Applied>(0, batch(5, {change(1, 4, "a", {entry("due", "", 10)})}));
  EXPECT_EQ(apply<Mismatch>(4, batch(9, {change(1, 8, "b")})).actual, 5);
  EXPECT_EQ(apply<Mismatch>(0, batch(9, {change(1, 8, "b")})).actual, 5);
  projection_->load(partition_, 4, {dossier(1)}, ++ticket_);
  EXPECT_EQ(expect<Mismatch>(sink_.queue.take()).actual, 5);
  projection_->scan(partition_, 6, "due", 100, 10, ++ticket_);
  EXPECT_EQ(expect<Mismatch>(sink_.queue.take()).actual, 5);
  EXPECT_EQ(load(5, {dossier(1)})[0].bytes, "a");
}

TEST_P(ProjectionContract, RefusesAnotherGenesis) {
  apply<Applied>(0, batch(5, {change(1, 4, "a")}));
  EXPECT_EQ(apply<Mismatch>(5, batch(9, {change(1, 8, "b")}, "another")).actual, 5);
  EXPECT_EQ(load(5, {dossier(1)})[0].bytes, "a");
}

TEST_P(ProjectionContract, AnswersARepeatedApplyByItsNewWatermark) {
  const auto changes = batch(5, {change(1, 4, "a", {entry("inbox", "k", 1)})});
  apply<Applied>(0, changes);
  EXPECT_EQ(apply<Mismatch>(0, changes).actual, 5);
  EXPECT_EQ(*store_->query().count(partition_, "inbox", "k"), 1U);
}

TEST_P(ProjectionContract, ReplacesAllIndexEntriesOfAValue) {
  apply<Applied>(0, batch(5, {change(1, 4, "a",
                                     {entry("inbox", "x", 1), entry("inbox", "y", 2), entry("due", "", 3, "t1"),
                                      entry("due", "", 4, "t2")})}));
  apply<Applied>(5,
                 batch(6, {change(1, 5, "b", {entry("inbox", "y", 2), entry("inbox", "z", 7), entry("due", "", 9, "t2")})}));
  EXPECT_THAT(entries(),
              ElementsAre(std::pair(dossier(1), entry("due", "", 9, "t2")), std::pair(dossier(1), entry("inbox", "y", 2)),
                          std::pair(dossier(1), entry("inbox", "z", 7))));
  EXPECT_EQ(*store_->query().count(partition_, "inbox", "x"), 0U);
  apply<Applied>(6, batch(7, {change(1, 6, "c")}));
  EXPECT_THAT(entries(), IsEmpty());
}

TEST_P(ProjectionContract, CountsTheLastOfTwoEntriesOfOneName) {
  apply<Applied>(0, batch(5, {change(1, 4, "a", {entry("due", "", 3), entry("due", "", 8)})}));
  EXPECT_THAT(entries(), ElementsAre(std::pair(dossier(1), entry("due", "", 8))));
}

TEST_P(ProjectionContract, MayHoldValuesNewerThanItsMeta) {
  // What a batch of several calls leaves behind when its writer dies in the middle: values, but not the meta data.
  std::vector<ValueChange> many;
  for (int i = 0; i < 200; ++i) many.push_back(change(static_cast<std::uint8_t>(i), 4, "old", {entry("due", "", i)}));
  apply<Applied>(0, batch(5, many));
  auto newer = batch(5, {change(1, 9, "newer", {entry("due", "", 900)})});
  apply<Applied>(5, newer);
  EXPECT_EQ(load(5, {dossier(1)})[0].asof, 9U);
  apply<Applied>(5, batch(10, {change(1, 9, "newer", {entry("due", "", 901)})}));
  EXPECT_EQ(load(10, {dossier(1)})[0].bytes, "newer");
  EXPECT_EQ(*store_->query().count(partition_, "due", ""), 200U);
}

TEST_P(ProjectionContract, WritesABatchOfThousandsAsOne) {
  ports::ApplyBatch large = batch(5, {});
  for (int i = 0; i < 2'000; ++i) {
    DossierId id;
    id.bytes[0] = static_cast<std::uint8_t>(i >> 8);
    id.bytes[1] = static_cast<std::uint8_t>(i);
    large.changes.push_back({{id, 4, std::string(500, 'v')}, {entry("list", std::to_string(i % 3), i)}});
  }
  apply<Applied>(0, large);
  const auto values = *store_->query().all_values(partition_);
  ASSERT_THAT(values, SizeIs(2'000));
  EXPECT_TRUE(std::ranges::is_sorted(values, {}, &StoredValue::dossier));
  EXPECT_THAT(entries(), SizeIs(2'000));
  std::vector<DossierId> ids;
  for (const auto& value : values) ids.push_back(value.dossier);
  const auto loaded = load(5, ids);
  ASSERT_THAT(loaded, SizeIs(2'000));
  EXPECT_TRUE(std::ranges::all_of(loaded, [](const StoredValue& value) { return value.asof == 4; }));
}

TEST_P(ProjectionContract, KeepsAValueOf600Kibibytes) {
  const std::string large(600 * 1024, 'x');
  apply<Applied>(0, batch(5, {change(1, 4, large)}));
  EXPECT_EQ(load(5, {dossier(1)})[0].bytes, large);
}

TEST_P(ProjectionContract, ScansAllKeysOfAnIndexInOrderOfScore) {
  apply<Applied>(0, batch(5, {change(1, 4, "a", {entry("due", "k1", 30, "s"), entry("other", "", 1)}),
                              change(2, 4, "b", {entry("due", "k2", -10)}), change(3, 4, "c", {entry("due", "k1", 20)}),
                              change(4, 4, "d", {entry("due", "k2", 20)}), change(5, 4, "e", {entry("due", "k1", 31)})}));
  projection_->scan(partition_, 5, "due", 30, 10, ++ticket_);
  auto hits = expect<Scanned>(sink_.queue.take()).hits;
  ASSERT_THAT(hits, SizeIs(4));
  EXPECT_EQ(hits[0].dossier, dossier(2));
  EXPECT_EQ(hits[0].score, -10);
  EXPECT_EQ(hits[0].key, "k2");
  EXPECT_EQ(hits[1].dossier, dossier(3));
  EXPECT_EQ(hits[2].dossier, dossier(4));
  EXPECT_EQ(hits[3].dossier, dossier(1));
  EXPECT_EQ(hits[3].suffix, "s");
  projection_->scan(partition_, 5, "due", 30, 2, ++ticket_);
  hits = expect<Scanned>(sink_.queue.take()).hits;
  ASSERT_THAT(hits, SizeIs(2));
  EXPECT_EQ(hits[1].dossier, dossier(3));
  projection_->scan(partition_, 5, "none", 30, 2, ++ticket_);
  EXPECT_THAT(expect<Scanned>(sink_.queue.take()).hits, IsEmpty());
}

TEST_P(ProjectionContract, KeepsScoresOfMicrosecondsExactly) {
  const std::int64_t due = 1'795'570'000'123'457;
  apply<Applied>(0, batch(5, {change(1, 4, "a", {entry("due", "", due)}), change(2, 4, "a", {entry("due", "", due + 1)})}));
  projection_->scan(partition_, 5, "due", due, 10, ++ticket_);
  const auto hits = expect<Scanned>(sink_.queue.take()).hits;
  ASSERT_THAT(hits, SizeIs(1));
  EXPECT_EQ(hits[0].score, due);
}

TEST_P(ProjectionContract, PagesByKeysetInBothDirectionsWithoutLossOrRepetition) {
  std::vector<ValueChange> changes;
  for (int i = 0; i < 25; ++i) {
    changes.push_back(change(static_cast<std::uint8_t>(i), 4, std::to_string(i), {entry("inbox", "k", i / 10)}));
  }
  apply<Applied>(0, batch(5, changes));
  for (const bool descending : {false, true}) {
    std::vector<DossierId> seen;
    std::optional<ports::IndexHit> after;
    for (;;) {
      ports::IndexQuery query{partition_, "inbox", "k"};
      query.after = after;
      query.descending = descending;
      query.limit = 7;
      const auto page = store_->query().page(query);
      ASSERT_TRUE(page.has_value());
      EXPECT_EQ(page->total, 25U);
      EXPECT_EQ(page->head_seq, 4U);
      ASSERT_EQ(page->hits.size(), page->values.size());
      if (page->hits.empty()) break;
      for (std::size_t i = 0; i < page->hits.size(); ++i) {
        EXPECT_EQ(page->values[i].bytes, std::to_string(page->hits[i].dossier.bytes[0]));
        seen.push_back(page->hits[i].dossier);
      }
      after = page->hits.back();
    }
    ASSERT_THAT(seen, SizeIs(25));
    for (std::size_t i = 0; i < seen.size(); ++i)
      EXPECT_EQ(seen[i], dossier(static_cast<std::uint8_t>(descending ? 24 - i : i)));
  }
}

TEST_P(ProjectionContract, GoesOnBehindAHitThatHasLeftTheList) {
  apply<Applied>(0, batch(5, {change(1, 4, "a", {entry("inbox", "k", 1)}), change(2, 4, "b", {entry("inbox", "k", 1)}),
                              change(0xF0, 4, "c", {entry("inbox", "k", 1)}), change(4, 4, "d", {entry("inbox", "k", 2)})}));
  ports::IndexQuery query{partition_, "inbox", "k"};
  query.limit = 2;
  const auto first = *store_->query().page(query);
  ASSERT_THAT(first.hits, SizeIs(2));
  query.after = first.hits.back();
  apply<Applied>(5, batch(6, {change(2, 5, "b")}));
  const auto second = *store_->query().page(query);
  ASSERT_THAT(second.hits, SizeIs(2));
  EXPECT_EQ(second.hits[0].dossier, dossier(0xF0));
  EXPECT_EQ(second.hits[1].dossier, dossier(4));
}

TEST_P(ProjectionContract, PagesFromALowestScore) {
  apply<Applied>(0, batch(5, {change(1, 4, "a", {entry("inbox", "k", 1)}), change(2, 4, "b", {entry("inbox", "k", 2)}),
                              change(3, 4, "c", {entry("inbox", "k", 3)})}));
  for (const bool descending : {false, true}) {
    ports::IndexQuery query{partition_, "inbox", "k"};
    query.from_score = 2;
    query.descending = descending;
    const auto page = *store_->query().page(query);
    ASSERT_THAT(page.hits, SizeIs(2));
    EXPECT_EQ(page.hits[descending ? 1 : 0].dossier, dossier(2));
    EXPECT_EQ(page.total, 3U);
  }
}

TEST_P(ProjectionContract, GivesAnEmptyPageForAnUnknownList) {
  const auto page = store_->query().page({partition_, "inbox", "none"});
  ASSERT_TRUE(page.has_value());
  EXPECT_THAT(page->hits, IsEmpty());
  EXPECT_EQ(page->total, 0U);
}

TEST_P(ProjectionContract, KeepsPartitionsAndLedgersApart) {
  const LedgerPartition other{"routing", 3};
  apply<Applied>(0, batch(5, {change(1, 4, "a", {entry("inbox", "k", 1)})}));
  projection_->apply(other, 0, batch(8, {change(1, 7, "b", {entry("inbox", "k", 1)})}), ++ticket_);
  expect<Applied>(sink_.queue.take());
  EXPECT_EQ(store_->query().value(partition_, dossier(1))->bytes, "a");
  EXPECT_EQ(store_->query().value(other, dossier(1))->bytes, "b");
  projection_->reset(partition_, ++ticket_);
  expect<Applied>(sink_.queue.take());
  EXPECT_EQ(*store_->query().count(other, "inbox", "k"), 1U);
  EXPECT_EQ((*store_->query().meta(other))->watermark(), 8);
}

TEST_P(ProjectionContract, ForgetsEverythingOfAPartitionAtReset) {
  apply<Applied>(0, batch(5, {change(1, 4, "a", {entry("inbox", "k", 1)})}));
  projection_->reset(partition_, ++ticket_);
  expect<Applied>(sink_.queue.take());
  projection_->open(partition_, ++ticket_);
  EXPECT_FALSE(expect<Opened>(sink_.queue.take()).meta.has_value());
  EXPECT_THAT(*store_->query().all_values(partition_), IsEmpty());
  EXPECT_THAT(entries(), IsEmpty());
  apply<Applied>(0, batch(3, {change(1, 2, "b", {entry("inbox", "k", 2)})}, "another"));
  EXPECT_THAT(entries(), ElementsAre(std::pair(dossier(1), entry("inbox", "k", 2))));
}

TEST_P(ProjectionContract, SaysThatItWasWipedAndCanBeFilledAgain) {
  apply<Applied>(0, batch(5, {change(1, 4, "a", {entry("inbox", "k", 1)})}));
  store_->wipe();
  EXPECT_EQ(apply<Mismatch>(5, batch(6, {change(1, 5, "b")})).actual, 0);
  projection_->open(partition_, ++ticket_);
  EXPECT_FALSE(expect<Opened>(sink_.queue.take()).meta.has_value());
  apply<Applied>(0, batch(6, {change(1, 5, "b", {entry("inbox", "k", 2)})}));
  EXPECT_THAT(entries(), ElementsAre(std::pair(dossier(1), entry("inbox", "k", 2))));
}

TEST_P(ProjectionContract, AnswersInOrderOfTheRequests) {
  Offset watermark = 0;
  for (int i = 1; i <= 50; ++i) {
    projection_->apply(partition_, watermark,
                       batch(watermark + 1, {change(1, static_cast<std::uint64_t>(i), std::to_string(i))}),
                       static_cast<ports::Ticket>(2 * i));
    ++watermark;
    projection_->load(partition_, watermark, {dossier(1)}, static_cast<ports::Ticket>(2 * i + 1));
  }
  for (int i = 1; i <= 50; ++i) {
    EXPECT_EQ(expect<Applied>(sink_.queue.take()).ticket, static_cast<ports::Ticket>(2 * i));
    const auto loaded = expect<Loaded>(sink_.queue.take());
    EXPECT_EQ(loaded.ticket, static_cast<ports::Ticket>(2 * i + 1));
    ASSERT_THAT(loaded.values, SizeIs(1));
    EXPECT_EQ(loaded.values[0].bytes, std::to_string(i));
  }
}

TEST_P(ProjectionContract, GivesEachAttachmentItsOwnAnswersAndLetsOneWriterWin) {
  Sink other_sink;
  const auto other = store_->backend().attach(other_sink);
  projection_->apply(partition_, 0, batch(5, {change(1, 4, "mine")}), 1);
  other->apply(partition_, 0, batch(5, {change(1, 4, "other's")}), 1);
  const auto mine = sink_.queue.take();
  const auto theirs = other_sink.queue.take();
  ASSERT_TRUE(mine && theirs);
  EXPECT_NE(std::holds_alternative<Applied>(*mine), std::holds_alternative<Applied>(*theirs));
  EXPECT_FALSE(sink_.queue.take(std::chrono::milliseconds(20)).has_value());
}

INSTANTIATE_TEST_SUITE_P(All, ProjectionContract,
                         ::testing::Values(Implementation{"InMemory", [] { return std::make_unique<MemoryStore>(); }},
                                           Implementation{"Sqlite", [] { return std::make_unique<SqliteStore>(); }},
                                           Implementation{"Redis", [] { return std::make_unique<RedisStore>(); }}),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(SqliteProjectionFile, IsTheSameAfterItWasOpenedAgain) {
  const test_support::TemporaryDirectory directory;
  const std::string path = directory.path() + "/projection.sqlite";
  const LedgerPartition partition{"intake", 0};
  {
    const auto projection = sqlite::SqliteProjection::open(path).value();
    Sink sink;
    const auto lane = projection->attach(sink);
    lane->apply(partition, 0, batch(5, {change(1, 4, "a")}), 1);
    ASSERT_TRUE(std::holds_alternative<Applied>(sink.queue.take().value()));
  }
  const auto projection = sqlite::SqliteProjection::open(path).value();
  EXPECT_EQ(projection->value(partition, dossier(1))->bytes, "a");
  EXPECT_EQ((*projection->meta(partition))->watermark(), 5);
}

class RedisServer : public ::testing::Test {
 protected:
  void SetUp() override { lane_ = store_.backend().attach(sink_); }
  void TearDown() override { lane_.reset(); }
  ProjectionMessage answer() {
    auto message = sink_.queue.take();
    EXPECT_TRUE(message.has_value());
    return message.value_or(ProjectionFailed{0, "no answer"});
  }
  /// Asks until the server answers; each request has its answer, a failure included.
  ProjectionMessage answer_once_reachable(const std::function<void()>& request) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;;) {
      request();
      auto message = answer();
      if (!std::holds_alternative<ProjectionFailed>(message) || std::chrono::steady_clock::now() > limit) return message;
    }
  }

  LedgerPartition partition_{"intake", 0};
  RedisStore store_;
  Sink sink_;
  std::unique_ptr<ports::Projection> lane_;
};

TEST_F(RedisServer, IsReportedAsFailedWhileDeadAndWorksAgainAfterARestart) {
  lane_->apply(partition_, 0, batch(5, {change(1, 4, "a")}), 1);
  ASSERT_TRUE(std::holds_alternative<Applied>(answer()));
  store_.server().kill();
  lane_->apply(partition_, 5, batch(6, {change(1, 5, "b")}), 2);
  lane_->load(partition_, 5, {dossier(1)}, 3);
  EXPECT_TRUE(std::holds_alternative<ProjectionFailed>(answer()));
  EXPECT_TRUE(std::holds_alternative<ProjectionFailed>(answer()));
  EXPECT_EQ(store_.query().value(partition_, dossier(1)).error().code, ErrorCode::kUnavailable);

  store_.server().start();
  const auto again = answer_once_reachable([&] { lane_->apply(partition_, 0, batch(6, {change(1, 5, "b")}), 4); });
  EXPECT_TRUE(std::holds_alternative<Applied>(again));
  EXPECT_EQ(store_.query().value(partition_, dossier(1))->bytes, "b");
}

TEST_F(RedisServer, RolledBackToASnapshotShowsTheOlderWatermark) {
  lane_->apply(partition_, 0, batch(5, {change(1, 4, "a", {entry("inbox", "k", 1)})}), 1);
  ASSERT_TRUE(std::holds_alternative<Applied>(answer()));
  store_.server().save();
  lane_->apply(partition_, 5, batch(6, {change(1, 5, "b", {entry("inbox", "k", 2)})}), 2);
  ASSERT_TRUE(std::holds_alternative<Applied>(answer()));
  store_.server().kill();
  store_.server().start();
  const auto answered = answer_once_reachable([&] { lane_->load(partition_, 6, {dossier(1)}, 3); });
  ASSERT_TRUE(std::holds_alternative<Mismatch>(answered));
  EXPECT_EQ(std::get<Mismatch>(answered).actual, 5);
  lane_->apply(partition_, 5, batch(6, {change(1, 5, "b", {entry("inbox", "k", 2)})}), 4);
  ASSERT_TRUE(std::holds_alternative<Applied>(answer()));
  EXPECT_THAT(*store_.query().all_entries(partition_), ElementsAre(std::pair(dossier(1), entry("inbox", "k", 2))));
}

TEST_F(RedisServer, ThatHangsIsGivenUpAfterTheTimeout) {
  auto settings = store_.server().settings();
  settings.timeout = std::chrono::milliseconds(200);
  redis::RedisProjection impatient(settings);
  Sink sink;
  const auto lane = impatient.attach(sink);
  lane->open(partition_, 1);
  ASSERT_TRUE(std::holds_alternative<Opened>(sink.queue.take().value()));
  store_.server().process().signal(SIGSTOP);
  lane->open(partition_, 2);
  EXPECT_TRUE(std::holds_alternative<ProjectionFailed>(sink.queue.take().value()));
  store_.server().process().signal(SIGCONT);
}

TEST_F(RedisServer, LetsAServiceTouchItsOwnKeysOnly) {
  lane_->open({"catalogue", 0}, 1);
  const auto message = answer();
  ASSERT_TRUE(std::holds_alternative<ProjectionFailed>(message));
  EXPECT_THAT(std::get<ProjectionFailed>(message).detail, ::testing::HasSubstr("NOPERM"));
  redis::Connection service(store_.server().settings());
  EXPECT_TRUE(service.call({"FLUSHALL"}).is_error());
}

TEST_F(RedisServer, PassesItsInterlockAndFailsItWhenItWouldEvict) {
  redis::RedisProjection projection(store_.server().settings());
  EXPECT_THAT(projection.check(), IsEmpty());
  redis::Connection(store_.server().admin()).call({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  const auto differences = projection.check();
  ASSERT_THAT(differences, SizeIs(1));
  EXPECT_THAT(differences[0].message_en, ::testing::HasSubstr("maxmemory-policy is allkeys-lru, must be noeviction"));
}

}  // namespace
}  // namespace lienthong
