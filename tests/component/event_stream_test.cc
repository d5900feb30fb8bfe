#include "lienthong/events/v1/event_service.grpc.pb.h"
#include "lienthong/intake/v1/events.pb.h"
#include "platform/base/encoding.h"
#include "platform/memory/in_memory_log.h"
#include "platform/memory/in_memory_projection.h"
#include "platform/observe/system_entropy.h"
#include "platform/ports/installation.h"
#include "platform/rpc/client.h"
#include "platform/rpc/server.h"
#include "platform/rpc/status.h"
#include "public_events/adapters/event_api.h"
#include "tests/support/api_world.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

/// What a reader of public events sees of the ledgers through gRPC.
namespace lienthong::public_events {
namespace {

namespace api = ::lienthong::events::v1;
namespace intake = ::lienthong::intake::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Reader = std::unique_ptr<grpc::ClientReader<api::StreamEventsResponse>>;

constexpr std::uint32_t kPartitions = 2;
const LedgerName kLedger = "intake";

/// Passes everything on and counts what may be read ahead.
class CountingLog final : public ports::LogBackend {
 public:
  explicit CountingLog(ports::LogBackend& log) : log_(log) {}
  std::unique_ptr<ports::Log> attach(ports::LogSink& sink) override {
    return std::make_unique<Attachment>(log_.attach(sink), credited);
  }
  std::atomic<std::size_t> credited = 0;

 private:
  class Attachment final : public ports::Log {
   public:
    Attachment(std::unique_ptr<ports::Log> log, std::atomic<std::size_t>& credited)
        : log_(std::move(log)), credited_(credited) {}
    void append(const LedgerPartition& where, block::Record record, ports::Ticket ticket) override {
      log_->append(where, std::move(record), ticket);
    }
    void replace_appender(const LedgerPartition& where) override { log_->replace_appender(where); }
    void follow(ports::FollowId id, const LedgerPartition& where, Offset from) override { log_->follow(id, where, from); }
    void credit(ports::FollowId id, std::size_t bytes) override {
      credited_ += bytes;
      log_->credit(id, bytes);
    }
    void stop(ports::FollowId id) override { log_->stop(id); }
    void read(const LedgerPartition& where, Offset offset, ports::Ticket ticket) override {
      log_->read(where, offset, ticket);
    }
    void end_offset(const LedgerPartition& where, ports::Ticket ticket) override { log_->end_offset(where, ticket); }

   private:
    std::unique_ptr<ports::Log> log_;
    std::atomic<std::size_t>& credited_;
  };
  ports::LogBackend& log_;
};

/// A read side that knows only where the partitions' heads are.
class Heads final : public ports::Query {
 public:
  void set(std::uint32_t partition, ports::v1::PartitionMeta meta) {
    const std::lock_guard lock(mutex_);
    metas_[partition] = std::move(meta);
  }
  Result<std::optional<ports::v1::PartitionMeta>> meta(const LedgerPartition& where) override {
    const std::lock_guard lock(mutex_);
    const auto known = metas_.find(where.partition);
    return known == metas_.end() ? std::nullopt : std::optional(known->second);
  }
  Result<ports::IndexPage> page(const ports::IndexQuery&) override { return ports::IndexPage{}; }
  Result<std::uint64_t> count(const LedgerPartition&, const std::string&, const std::string&) override { return 0; }
  Result<ports::StoredValue> value(const LedgerPartition&, const DossierId&) override { return ports::StoredValue{}; }
  Result<std::vector<ports::StoredValue>> all_values(const LedgerPartition&) override {
    return std::vector<ports::StoredValue>{};
  }
  Result<std::vector<std::pair<DossierId, IndexEntry>>> all_entries(const LedgerPartition&) override {
    return std::vector<std::pair<DossierId, IndexEntry>>{};
  }

 private:
  std::mutex mutex_;
  std::map<std::uint32_t, ports::v1::PartitionMeta> metas_;
};

class NoAnswers final : public ports::LogSink {
  void on_log(ports::LogMessage) override {}
};

class EventStreamTest : public ::testing::Test {
 protected:
  EventStreamTest() {
    observe::SystemEntropy entropy;
    const ports::Installation installation{{{kLedger, kPartitions}}, 1, 1};
    appender_ = log_.attach(nothing_);
    for (std::uint32_t p = 0; p < kPartitions; ++p) {
      append(p, ports::make_genesis(installation, {kLedger, p}, kPartitions, "", entropy, {1}));
    }
  }
  ~EventStreamTest() override {
    if (api_) api_->stop_streams();
    server_.reset();
  }

  void serve(EventFeedSettings settings = {}) {
    events_ = *relay::PublicEvents::make(kLedger, "h47", *intake::EventType_descriptor());
    api_.emplace(EventApiParts{counted_, heads_, rules_, reads_, {{kLedger, {*events_, kPartitions}}}, settings});
    server_ = *rpc::Server::start({}, api_->services());
    channel_ = *rpc::make_channel({"127.0.0.1:" + std::to_string(server_->port()), std::nullopt, ""});
    stub_ = api::EventService::NewStub(channel_);
  }

  /// Appends an effective block whose leaves are one event each: a change of status, or (internal) none that is public.
  void decide(std::uint32_t p, int leaves = 1, std::size_t payload = 0) { append(p, next_block(p, leaves, payload)); }
  block::Record next_block(std::uint32_t p, int leaves = 1, std::size_t payload = 0) {
    block::Header header;
    header.ledger_id = heads_of_[p].ledger_id;
    header.block_seq = heads_of_[p].block_seq + 1;
    header.prev = heads_of_[p].hash;
    block::v1::Core core;
    core.set_decided_at(1'700'000'000'000'000 + static_cast<std::int64_t>(header.block_seq));
    std::vector<std::string> all;
    for (int i = 0; i < leaves; ++i) {
      block::v1::Leaf leaf;
      leaf.set_dossier_id(std::string(15, 'd') + static_cast<char>('0' + (decided_ % 3)));
      auto& event = *leaf.add_events();
      event.set_occurred_at(core.decided_at() - 1);
      if (decided_++ % 2 == 0) {
        event.set_type(intake::EVENT_TYPE_STATUS_CHANGED);
        intake::StatusChanged changed;
        event.set_payload(changed.SerializeAsString());
      } else {
        event.set_type(intake::EVENT_TYPE_DOSSIER_SUBMITTED);
        intake::DossierSubmitted submitted;
        submitted.set_procedure_code("2.002622" + std::string(payload, 'x'));
        event.set_payload(submitted.SerializeAsString());
      }
      core.add_leaf_events(mask_of(event.type()));
      all.push_back(block::encode_message(leaf));
    }
    return block::encode(header, std::move(core), all);
  }
  void append(std::uint32_t p, const block::Record& record) {
    const auto block = *block::parse({kLedger, p}, record);
    heads_of_[p] = {block->header().ledger_id, block->header().block_seq, block->hash()};
    append_raw(p, record);
    for (std::size_t leaf = 0; leaf < block->leaf_count(); ++leaf) blocks_.emplace_back(p, block);
  }
  void append_raw(std::uint32_t p, block::Record record) {
    appender_->append({kLedger, p}, std::move(record), next_ticket_++);
    ++ends_[p];
  }
  void show_heads() {
    for (std::uint32_t p = 0; p < kPartitions; ++p) {
      ports::v1::PartitionMeta meta;
      meta.set_watermark(ends_[p]);
      meta.set_ledger_id(std::string(heads_of_[p].ledger_id.view()));
      meta.set_head_seq(heads_of_[p].block_seq);
      meta.set_head_hash(std::string(heads_of_[p].hash.view()));
      heads_.set(p, std::move(meta));
    }
  }

  /// Ids of all public events of a partition, as the ledger has them.
  std::vector<std::string> ledger(std::uint32_t p) const {
    std::vector<std::string> ids;
    std::set<std::uint64_t> seen;
    for (const auto& [partition, block] : blocks_) {
      if (partition != p || !seen.insert(block->header().block_seq).second) continue;
      for (std::size_t leaf = 0; leaf < block->leaf_count(); ++leaf) {
        const auto told = events_->of_leaf({kLedger, p}, *block, leaf);
        for (const auto& event : *told) ids.push_back(event.id);
      }
    }
    return ids;
  }

  struct Opened {
    std::unique_ptr<grpc::ClientContext> context;
    Reader reader;
  };
  Opened open(const api::StreamEventsRequest& request, const std::string& caller = "operator") {
    Opened opened{std::make_unique<grpc::ClientContext>(), nullptr};
    opened.context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    rpc::name_caller(*opened.context, caller);
    opened.reader = stub_->StreamEvents(opened.context.get(), request);
    return opened;
  }
  static api::StreamEventsRequest all() {
    api::StreamEventsRequest request;
    request.set_service(kLedger);
    return request;
  }
  Error refusal(const api::StreamEventsRequest& request, const std::string& caller = "operator") {
    auto opened = open(request, caller);
    api::StreamEventsResponse response;
    EXPECT_FALSE(opened.reader->Read(&response));
    return rpc::to_error(opened.reader->Finish());
  }
  struct Taken {
    std::map<std::uint32_t, std::vector<std::string>> ids;  ///< By partition, in the order of arrival.
    std::string cursor;
    std::vector<api::CloudEvent> events;
    int messages = 0;
  };
  static void take(const api::StreamEventsResponse& response, Taken& out) {
    for (const auto& event : response.events()) {
      const auto first = event.id().find('/');
      out.ids[static_cast<std::uint32_t>(std::stoul(event.id().substr(first + 1)))].push_back(event.id());
      out.events.push_back(event);
    }
    out.cursor = response.cursor();
    ++out.messages;
  }
  Taken until_caught_up(const api::StreamEventsRequest& request) {
    auto opened = open(request);
    Taken taken;
    api::StreamEventsResponse response;
    while (!response.caught_up() && opened.reader->Read(&response)) take(response, taken);
    EXPECT_TRUE(response.caught_up());
    opened.context->TryCancel();
    opened.reader->Finish();
    return taken;
  }

  memory::InMemoryLog log_;
  CountingLog counted_{log_};
  NoAnswers nothing_;
  std::unique_ptr<ports::Log> appender_;
  ports::Ticket next_ticket_ = 1;
  int decided_ = 0;
  std::map<std::uint32_t, ledger::ChainHead> heads_of_;
  std::map<std::uint32_t, Offset> ends_;
  std::vector<std::pair<std::uint32_t, block::BlockPtr>> blocks_;
  Heads heads_;
  test_support::FixedRules rules_{test_support::demonstration_catalogue()};
  rpc::ReadPool reads_{1, 100};
  std::optional<relay::PublicEvents> events_;
  std::optional<EventApi> api_;
  std::unique_ptr<rpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<api::EventService::Stub> stub_;
};

TEST_F(EventStreamTest, SendsEverythingFromTheBeginningAndThenWhatComes) {
  for (int i = 0; i < 40; ++i) decide(i % 2, 3);
  serve();
  auto opened = open(all());
  Taken taken;
  api::StreamEventsResponse response;
  while (!response.caught_up() && opened.reader->Read(&response)) take(response, taken);
  EXPECT_EQ(taken.ids[0], ledger(0));
  EXPECT_EQ(taken.ids[1], ledger(1));
  EXPECT_THAT(taken.events, SizeIs(120));

  decide(1, 2);
  ASSERT_TRUE(opened.reader->Read(&response));
  take(response, taken);
  EXPECT_EQ(taken.ids[1], ledger(1));
  opened.context->TryCancel();
}

TEST_F(EventStreamTest, SendsTheSameEventsAsTheTopic) {
  decide(1);
  serve();
  const auto taken = until_caught_up(all());
  ASSERT_THAT(taken.events, SizeIs(1));
  const auto told = events_->of_leaf({kLedger, 1}, *blocks_.back().second, 0)->front();
  const auto& event = taken.events.front();
  EXPECT_EQ(event.id(), told.id);
  EXPECT_EQ(event.source(), "//h47.lienthong/intake");
  EXPECT_EQ(event.type(), "vn.lienthong.intake.status_changed.v1");
  EXPECT_EQ(event.subject(), told.subject);
  EXPECT_EQ(event.time().seconds() * 1'000'000 + event.time().nanos() / 1000, told.time.micros);
  EXPECT_EQ(event.recorded_time().seconds() * 1'000'000 + event.recorded_time().nanos() / 1000, told.recorded_time.micros);
  EXPECT_EQ(event.data_schema(), "lienthong.intake.v1.StatusChanged");
  EXPECT_EQ(event.data(), told.data);
}

TEST_F(EventStreamTest, GoesOnFromEveryCursorWithoutGapAndWithoutRepetition) {
  for (int i = 0; i < 30; ++i) decide(i % 3 == 0 ? 0 : 1, 1 + i % 4);
  EventFeedSettings settings;
  settings.batch_events_max = 3;
  serve(settings);
  Taken taken;
  // One message of each stream: every cursor is used once, also those within a block.
  for (bool caught_up = false; !caught_up;) {
    auto request = all();
    request.set_cursor(taken.cursor);
    auto opened = open(request);
    api::StreamEventsResponse response;
    ASSERT_TRUE(opened.reader->Read(&response));
    take(response, taken);
    caught_up = response.caught_up();
    opened.context->TryCancel();
    opened.reader->Finish();
  }
  EXPECT_EQ(taken.ids[0], ledger(0));
  EXPECT_EQ(taken.ids[1], ledger(1));
  EXPECT_GT(taken.messages, 10);
  // Nothing is left behind the last one.
  auto request = all();
  request.set_cursor(taken.cursor);
  EXPECT_THAT(until_caught_up(request).events, IsEmpty());
}

TEST_F(EventStreamTest, PassesOverWhatTheLedgerDoesNotCount) {
  decide(0);
  const auto rival = next_block(0, 2);
  decide(0);
  append_raw(0, rival);
  append_raw(0, {"", "no block at all"});
  decide(0);
  append_raw(0, rival);
  serve();
  const auto taken = until_caught_up(all());
  EXPECT_EQ(taken.ids.at(0), ledger(0));
  EXPECT_THAT(taken.events, SizeIs(3));
  auto request = all();
  request.set_cursor(taken.cursor);
  decide(0);
  const auto more = until_caught_up(request);
  EXPECT_THAT(more.events, SizeIs(1));
  EXPECT_EQ(more.events.front().id(), ledger(0).back());
}

TEST_F(EventStreamTest, SendsOnlyTheWantedTypesOfTheWantedDossier) {
  for (int i = 0; i < 12; ++i) decide(i % 2);
  serve();
  auto request = all();
  request.add_types("vn.lienthong.intake.dossier_submitted.v1");
  EXPECT_THAT(until_caught_up(request).events, SizeIs(6));
  request.set_dossier_id(to_base32("ddddddddddddddd1"));
  const auto taken = until_caught_up(request);
  EXPECT_THAT(taken.events, SizeIs(2));
  EXPECT_EQ(taken.events.front().subject(), to_base32("ddddddddddddddd1"));
  request.set_dossier_id("H47.22.02_" + to_base32("ddddddddddddddd1"));
  EXPECT_THAT(until_caught_up(request).events, SizeIs(2));
}

TEST_F(EventStreamTest, BeginsAtTheEndWhenAsked) {
  for (int i = 0; i < 10; ++i) decide(i % 2);
  serve();
  auto request = all();
  request.set_from_end(true);
  auto opened = open(request);
  // The read side is being built; the stream waits for it.
  show_heads();
  api::StreamEventsResponse response;
  ASSERT_TRUE(opened.reader->Read(&response));
  EXPECT_TRUE(response.caught_up());
  EXPECT_THAT(response.events(), IsEmpty());
  decide(1);
  ASSERT_TRUE(opened.reader->Read(&response));
  ASSERT_THAT(response.events(), SizeIs(1));
  EXPECT_EQ(response.events(0).id(), ledger(1).back());
  opened.context->TryCancel();
}

TEST_F(EventStreamTest, SaysThatItLivesAndHowFarItIs) {
  EventFeedSettings settings;
  settings.heartbeat = std::chrono::milliseconds(1);
  serve(settings);
  decide(0);
  auto opened = open(all());
  Taken taken;
  api::StreamEventsResponse response;
  while (taken.messages < 4 && opened.reader->Read(&response)) take(response, taken);
  EXPECT_EQ(taken.messages, 4);
  EXPECT_THAT(taken.events, SizeIs(1));
  EXPECT_THAT(taken.cursor, ::testing::Not(IsEmpty()));
  opened.context->TryCancel();
}

TEST_F(EventStreamTest, ReadsNoFurtherThanASlowClientTakes) {
  constexpr int kBlocks = 600;
  for (int i = 0; i < kBlocks; ++i) decide(0, 2, 100'000);
  serve();
  auto opened = open(all());
  std::size_t before = 0;
  // Until nothing moves any more: what fits between the two ends is there, and the rest waits in the ledger.
  EXPECT_TRUE(test_support::eventually([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return std::exchange(before, counted_.credited.load()) == counted_.credited.load() && before > 0;
  }));
  EXPECT_LT(counted_.credited.load(), kBlocks * std::size_t{100'000} / 2);

  Taken taken;
  api::StreamEventsResponse response;
  std::size_t largest = 0;
  while (!response.caught_up() && opened.reader->Read(&response)) {
    take(response, taken);
    largest = std::max(largest, response.ByteSizeLong());
  }
  EXPECT_EQ(taken.ids[0], ledger(0));
  EXPECT_LT(largest, std::size_t{1} << 20);
  opened.context->TryCancel();
}

TEST_F(EventStreamTest, RefusesWhoeverHasNoGrant) {
  serve();
  for (const auto* caller : {"portal", "demo", "intake"}) {
    const auto error = refusal(all(), caller);
    EXPECT_EQ(error.code, ErrorCode::kPermissionDenied) << caller;
    EXPECT_THAT(error.message_en, ::testing::HasSubstr("event.read"));
  }
}

TEST_F(EventStreamTest, RefusesWhatItCannotServe) {
  serve();
  auto request = all();
  request.set_service("routing");
  EXPECT_EQ(refusal(request).reason, "INVALID_FIELD");
  request = all();
  request.add_types("vn.lienthong.intake.unheard_of.v1");
  EXPECT_EQ(refusal(request).reason, "INVALID_FIELD");
  request = all();
  request.set_dossier_id("nobody");
  EXPECT_EQ(refusal(request).reason, "DOSSIER_ID_INVALID");
  request = all();
  request.set_cursor("junk");
  EXPECT_EQ(refusal(request).reason, "CURSOR_INVALID");
}

TEST_F(EventStreamTest, RefusesACursorOfAnotherLedger) {
  for (int i = 0; i < 6; ++i) decide(i % 2);
  serve();
  auto positions = *rpc::decode_cursor(until_caught_up(all()).cursor);
  decide(0);
  auto request = all();
  for (const auto& change : std::vector<std::function<void(rpc::StreamCursor&)>>{
           [](auto& cursor) { cursor[0].before ^= 1U; }, [](auto& cursor) { cursor[0].offset = 1000; },
           [](auto& cursor) { cursor.pop_back(); }}) {
    auto wrong = positions;
    change(wrong);
    request.set_cursor(rpc::encode_cursor(wrong));
    // The block that shows it may be yet to come.
    auto opened = open(request);
    decide(0);
    api::StreamEventsResponse response;
    while (opened.reader->Read(&response)) EXPECT_THAT(response.events(), IsEmpty());
    EXPECT_EQ(rpc::to_error(opened.reader->Finish()).reason, "CURSOR_INVALID");
  }
}

TEST_F(EventStreamTest, EndsItsStreamsWhenItStopsAndTakesOnlySoMany) {
  EventFeedSettings settings;
  settings.streams_max = 1;
  decide(0);
  serve(settings);
  auto opened = open(all());
  api::StreamEventsResponse response;
  ASSERT_TRUE(opened.reader->Read(&response));
  EXPECT_EQ(refusal(all()).reason, "QUEUE_FULL");
  api_->stop_streams();
  while (opened.reader->Read(&response)) continue;
  EXPECT_EQ(rpc::to_error(opened.reader->Finish()).reason, "DROPPED");
}

TEST_F(EventStreamTest, MakesRoomWhenAClientLeaves) {
  EventFeedSettings settings;
  settings.streams_max = 1;
  decide(0);
  serve(settings);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(test_support::eventually([&] {
      auto opened = open(all());
      api::StreamEventsResponse response;
      const bool served = opened.reader->Read(&response);
      opened.context->TryCancel();
      opened.reader->Finish();
      return served;
    }));
  }
}

}  // namespace
}  // namespace lienthong::public_events
