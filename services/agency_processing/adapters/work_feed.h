#pragma once

#include "agency_processing/adapters/block_items.h"
#include "agency_processing/adapters/work_answers.h"
#include "platform/ledger/fold.h"
#include "platform/ledger/rules_store.h"
#include "platform/ports/log.h"
#include "platform/ports/projection.h"
#include "platform/rpc/service.h"
#include "platform/rpc/stream_cursor.h"
#include "shared_kernel/api/reads.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace lienthong::agency_processing {

/// What a stream was opened with, checked.
struct StreamWish {
  rpc::Call call;
  std::string agency;
  std::optional<rpc::StreamCursor> cursor;
  std::uint32_t shard_index = 0;
  std::uint32_t shard_count = 1;
};

class WorkStream;

struct WorkFeedParts {
  ports::LogBackend& log;
  const shared_kernel::api::Commands& commands;
  const shared_kernel::api::DossierReads& reads;
  const ledger::RulesStore& rules;
  const WorkAnswers& answers;
};
struct WorkFeedSettings {
  std::size_t batch_items_max = 200;
  std::size_t credit_bytes = std::size_t{1} << 20;
  std::size_t recent_work = 50'000;
  std::size_t decoded_blocks = 1024;
  Duration heartbeat = std::chrono::seconds(5);
  /// A cursor this many blocks behind starts anew with a snapshot.
  std::uint64_t blocks_behind_max = 100'000;
};

/// Serves all work streams of this process with one thread: follows agency-processing's ledger for each stream, reads every
/// block once, writes what has gathered whenever a client can take it. For a slow client nothing is queued but what its
/// credit allows. After `stop` it must still outlive the lanes and the read pool, whose answers may be on their way.
/// Thread-safety: any thread.
class WorkFeed final : public ports::LogSink {
 public:
  WorkFeed(WorkFeedParts parts, WorkFeedSettings settings);
  /// Ends all streams with UNAVAILABLE.
  ~WorkFeed() override;
  WorkFeed(const WorkFeed&) = delete;
  WorkFeed& operator=(const WorkFeed&) = delete;

  /// Handler of a new stream of this caller.
  std::shared_ptr<rpc::StreamHandler> open(const rpc::Call& call);
  /// Ends all streams with UNAVAILABLE and takes no new ones. Idempotent. Blocks until the thread has ended.
  void stop();

  void on_log(ports::LogMessage message) override;

 private:
  friend class WorkStream;
  struct Session;
  using Task = std::function<void()>;

  void post(Task task);
  void run();
  void tick();

  void start(const std::shared_ptr<WorkStream>& stream, StreamWish wish);
  void start_from_cursor(const std::shared_ptr<Session>& session, const std::vector<ledger::v1::PartitionMeta>& metas);
  void start_snapshot(const std::shared_ptr<Session>& session, bool reset);
  void read_heads(const std::shared_ptr<Session>& session, bool from_cursor);
  void note_heads(const std::shared_ptr<Session>& session, const std::vector<ledger::v1::PartitionMeta>& metas);
  void snapshot_page(const std::shared_ptr<Session>& session, std::string page_token);
  void snapshot_arrived(const std::shared_ptr<Session>& session, Result<shared_kernel::api::ListPage> page);
  void follow(Session& session, std::uint32_t partition, Offset from);
  void unfollow(Session& session);
  void on_fetched(ports::Fetched fetched);
  void on_follow_failed(const ports::FollowFailed& failed);
  BlockItemsPtr decoded(std::uint32_t partition, Offset offset, const block::Block& block);
  struct LookUp {
    std::uint32_t partition = 0;
    BlockItemsPtr block;
    DossierId dossier;
  };
  void look_up(const LookUp& wanted);
  void looked_up(const LookUp& wanted, const shared_kernel::api::ReadDossier& read);
  void anchor(Session& session, std::uint32_t partition, const ports::Fetched& fetched);
  void take(Session& session, std::uint32_t partition, const ports::Fetched& fetched);
  void gather_snapshot(Session& session, v1::StreamWorkResponse& out) const;
  void gather_results(Session& session, v1::StreamWorkResponse& out);
  bool gather_block(Session& session, std::uint32_t partition, v1::StreamWorkResponse& out);
  void flush(Session& session);
  bool gather(Session& session, v1::StreamWorkResponse& out);
  void heartbeat(Session& session);
  void end(const std::shared_ptr<Session>& session, const std::optional<Error>& error);
  Result<void> allowed(const StreamWish& wish) const;

  WorkFeedParts parts_;
  WorkFeedSettings settings_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Task> tasks_;
  bool stopping_ = false;

  // Everything below belongs to the thread.
  std::unique_ptr<ports::Log> log_;
  RecentWork recent_;
  std::map<WorkStream*, std::shared_ptr<Session>> sessions_;
  std::unordered_map<ports::FollowId, std::pair<Session*, std::uint32_t>> follows_;
  ports::FollowId next_follow_ = 1;
  std::map<std::pair<std::uint32_t, Offset>, BlockItemsPtr> decoded_;
  std::deque<std::pair<std::uint32_t, Offset>> decoded_order_;
  std::vector<std::uint64_t> seen_head_;
  std::vector<LookUp> look_ups_to_retry_;
  std::thread thread_;
};

/// One stream as gRPC sees it: reads requests, hands answers to the lanes, leaves everything else to the feed's thread.
class WorkStream final : public rpc::StreamHandler, public std::enable_shared_from_this<WorkStream> {
 public:
  WorkStream(WorkFeed& feed, rpc::Call call) : feed_(feed), call_(std::move(call)) {}

  void on_open(std::shared_ptr<rpc::RawStream> stream) override;
  void on_message(const rpc::RawRequest& raw) override;
  void on_half_close() override;
  void on_writable() override;
  void on_closed() override;

 private:
  friend class WorkFeed;
  void take_answers(const v1::AnswerWorkRequest& request);
  void answered(const std::string& request_id, std::uint32_t leg, const Answered& answered);
  Result<StreamWish> wish_of(const v1::StreamWorkStart& start) const;

  WorkFeed& feed_;
  rpc::Call call_;
  std::shared_ptr<rpc::RawStream> stream_;
  bool started_ = false;
  std::atomic<std::size_t> open_answers_ = 0;
  std::atomic<bool> reading_paused_ = false;
  struct AnswerDone {
    std::string request_id;
    std::uint32_t leg;
    Answered answered;
  };
  std::mutex results_mutex_;
  std::vector<AnswerDone> results_;
  bool results_announced_ = false;
};

}  // namespace lienthong::agency_processing
