#pragma once

#include "lienthong/agency/v1/agency_service.pb.h"
#include "platform/base/error.h"
#include "platform/base/instant.h"
#include "tools/demo/request_ids.h"
#include "tools/demo/scheduler.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace grpc {
class Channel;
}  // namespace grpc

namespace lienthong::demo {

namespace agency_api = ::lienthong::agency::v1;

/// What became of one answer.
struct Answered {
  agency_api::WorkAnswer answer;
  agency_api::WorkAnswerResult result;
  Instant first_sent;
  Instant arrived;
};
using Answers = std::vector<agency_api::WorkAnswer>;

/// What an agency does with its work.
/// Thread-safety: called from gRPC threads, one call at a time per stream; must not block.
class WorkHandler {
 public:
  virtual ~WorkHandler() = default;
  /// What is put into `answers` is sent; request ids are given by the stream.
  virtual void on_work(const agency_api::StreamWorkResponse& batch, Answers& answers) = 0;
  /// The answer is done, or failed in a way that a repetition does not cure.
  virtual void on_answered(const Answered& answered, Answers& answers) = 0;
  /// The stream broke and is made anew, unless `final`.
  virtual void on_trouble(const Error& error, bool final) = 0;
};

struct StreamSettings {
  std::string agency;
  /// Names us where there is no TLS.
  std::string caller;
  std::uint32_t shard_index = 0;
  std::uint32_t shard_count = 0;
  /// An answer is repeated with the same request id for so long.
  Duration answer_limit = std::chrono::minutes(2);
};

/// An agency's side of StreamWork: reads work, sends answers in batches, repeats them until they are answered, and after a
/// break goes on from its cursor. Thread-safety: any thread. The handler and the scheduler must outlive it.
class AgencyStream {
 public:
  AgencyStream(std::shared_ptr<grpc::Channel> channel, StreamSettings settings, WorkHandler& handler, Scheduler& scheduler,
               RequestIds& ids);
  ~AgencyStream();
  AgencyStream(const AgencyStream&) = delete;
  AgencyStream& operator=(const AgencyStream&) = delete;

  void start();
  /// Blocks until what lay in the inbox at the start has been read. False: not within the limit, or the stream has ended.
  bool wait_for_snapshot(Duration limit);
  /// Ends the stream; unanswered answers are forgotten. Blocks until it has ended. Idempotent.
  void stop();
  void send(Answers answers);

  std::size_t waiting() const;
  std::uint64_t messages_sent() const { return messages_sent_; }
  std::uint64_t messages_received() const { return messages_received_; }
  std::uint64_t connections() const { return connections_; }
  /// Answers that were sent more than once.
  std::uint64_t repeated() const { return repeated_; }

 private:
  class Connection;
  struct Pending {
    agency_api::WorkAnswer answer;
    Instant first_sent;
    std::uint64_t order = 0;
    bool sent = false;
  };
  void connect();
  void take(const agency_api::StreamWorkResponse& batch);
  void take_result(const agency_api::WorkAnswerResult& result, Answers& more);
  void enqueue(Answers answers);
  void retry_later(const std::string& request_id, Duration delay);
  void write_next();
  void ended(Connection& connection, const Error& error);

  std::shared_ptr<grpc::Channel> channel_;
  StreamSettings settings_;
  WorkHandler& handler_;
  Scheduler& scheduler_;
  RequestIds& ids_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Pending> pending_;
  std::deque<std::string> queue_;
  std::string cursor_;
  std::uint64_t next_order_ = 0;
  int breaks_in_a_row_ = 0;
  bool stopping_ = false;
  bool snapshot_read_ = false;
  bool live_ = false;  // gRPC is not done with the connection yet
  std::unique_ptr<Connection> connection_;
  /// Tells tasks of the scheduler whether this object still lives.
  std::shared_ptr<std::atomic<bool>> alive_ = std::make_shared<std::atomic<bool>>(true);
  std::atomic<std::uint64_t> messages_sent_{0};
  std::atomic<std::uint64_t> messages_received_{0};
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> repeated_{0};
};

}  // namespace lienthong::demo
