#pragma once

#include "lienthong/events/v1/event_service.pb.h"
#include "platform/ledger/fold.h"
#include "platform/ports/log.h"
#include "platform/ports/projection.h"
#include "platform/relay/public_events.h"
#include "platform/rpc/read_pool.h"
#include "platform/rpc/service.h"
#include "platform/rpc/stream_cursor.h"

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lienthong::public_events {

/// A ledger whose public events are streamed.
struct EventSource {
  const relay::PublicEvents& events;
  std::uint32_t partition_count = 1;
};

struct EventFeedParts {
  ports::LogBackend& log;
  ports::Query& query;
  rpc::ReadPool& reads;
  std::map<LedgerName, EventSource> sources;
  /// Whether this principal may read events. Errors: kPermissionDenied, kUnavailable while it can't be known.
  std::function<Result<void>(const std::string& principal)> allowed;
};
struct EventFeedSettings {
  std::size_t batch_events_max = 200;
  std::size_t batch_bytes_max = std::size_t{256} << 10;
  /// Read ahead for one stream, in each partition.
  std::size_t credit_bytes = std::size_t{256} << 10;
  std::size_t streams_max = 100;
  Duration heartbeat = std::chrono::seconds(5);
};

class EventStream;

/// Serves all event streams of this process with one thread: follows the wanted ledger for each stream from its position and
/// makes the events when its client can take them. For a slow client nothing is held but what its credit allows.
/// Thread-safety: any thread.
class EventFeed final : public ports::LogSink {
 public:
  EventFeed(EventFeedParts parts, EventFeedSettings settings);
  /// Ends all streams with UNAVAILABLE.
  ~EventFeed() override;
  EventFeed(const EventFeed&) = delete;
  EventFeed& operator=(const EventFeed&) = delete;

  /// Handler of a new stream of this caller.
  std::shared_ptr<rpc::StreamHandler> open(const rpc::Call& call);
  /// Ends all streams with UNAVAILABLE and takes no new ones; the read pool's answers may still come. Idempotent. Blocks
  /// until the thread has ended.
  void stop();

  void on_log(ports::LogMessage message) override;

 private:
  friend class EventStream;
  struct Session;
  struct Place {
    Session* session = nullptr;
    std::uint32_t partition = 0;
  };
  /// What a stream was opened with, checked.
  struct Wish {
    std::string principal;
    LedgerName ledger;
    const EventSource* source = nullptr;
    std::optional<rpc::StreamCursor> cursor;
    bool from_end = false;
    EventMask types = 0;
    std::string subject;
  };
  using Task = std::function<void()>;

  Result<Wish> wish_of(const rpc::Call& call, const events::v1::StreamEventsRequest& request) const;
  void post(Task task);
  void run();
  void tick();
  void start(const std::shared_ptr<EventStream>& stream, Wish wish);
  void ask_heads(const std::shared_ptr<Session>& session);
  void note_heads(Session& session, const std::vector<ledger::v1::PartitionMeta>& metas);
  void ask_end(Session& session, std::uint32_t partition);
  void on_end(const ports::EndOffset& answer);
  void on_fetched(const ports::Fetched& fetched);
  bool take(Session& session, std::uint32_t partition, const ports::Fetched& fetched);
  bool anchor(Session& session, std::uint32_t partition, const block::Block& block);
  Result<bool> gather_block(Session& session, std::uint32_t partition, events::v1::StreamEventsResponse& out,
                            std::size_t& bytes);
  void flush(Session& session);
  static void write(Session& session, events::v1::StreamEventsResponse& out);
  void end(Session& session, const std::optional<Error>& error);

  EventFeedParts parts_;
  EventFeedSettings settings_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Task> tasks_;
  bool stopping_ = false;

  // Everything below belongs to the thread.
  std::unique_ptr<ports::Log> log_;
  std::map<const EventStream*, std::shared_ptr<Session>> sessions_;
  std::unordered_map<ports::FollowId, Place> follows_;
  std::unordered_map<ports::Ticket, Place> ends_asked_;
  std::uint64_t next_number_ = 1;
  std::thread thread_;
};

}  // namespace lienthong::public_events
