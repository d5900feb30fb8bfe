#pragma once

#include "lienthong/events/v1/event_service.pb.h"
#include "platform/base/result.h"
#include "tools/ltctl/session.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace grpc {
class ClientContext;
}  // namespace grpc

namespace lienthong::ltctl {

struct TailOptions {
  std::vector<std::string> services;
  std::string from = "end";
  std::vector<std::string> types;
  std::string dossier;
  /// 0: without.
  std::uint64_t limit = 0;
  bool no_follow = false;
};

/// What is asked of each service.
struct TailPlan {
  std::map<std::string, ::lienthong::events::v1::StreamEventsRequest> requests;
  std::uint64_t limit = 0;
  bool no_follow = false;
};

/// Errors: kInvalidArgument for a service without public events, a type of none of the services, a cursor that can't be
/// read.
Result<TailPlan> plan_tail(const TailOptions& options);
/// Positions of services as one word that `--from` takes: `intake:<hex>,routing:<hex>`.
std::string cursor_text(const std::map<std::string, std::string>& cursors);
/// One event as a line for people, without its end.
std::string event_line(const ::lienthong::events::v1::CloudEvent& event);
/// The same for programs: CloudEvents in JSON, the message decoded.
nlohmann::json event_json(const ::lienthong::events::v1::CloudEvent& event);

/// Shows the events of several services on stdout as they come, one thread each. A service that is away is asked again with
/// the last cursor until the session's time is over. When it has nothing more to do, it sends SIGTERM to its process.
class EventTail {
 public:
  EventTail(const Session& session, TailPlan plan);
  ~EventTail();
  EventTail(const EventTail&) = delete;
  EventTail& operator=(const EventTail&) = delete;

  /// Errors: as open_channel.
  Result<void> start();
  /// Idempotent.
  void stop();
  /// After `stop`: where to go on, as cursor_text; empty when nothing was received.
  std::string cursor() const { return cursor_text(cursors_); }
  const std::optional<Error>& error() const { return error_; }

 private:
  struct Channel;
  void follow(const std::string& service, const Channel& channel);
  /// True: the stream goes on.
  bool show(const std::string& service, const ::lienthong::events::v1::StreamEventsResponse& response);
  void fail(const Error& error);

  const Session& session_;
  TailPlan plan_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_ = false;

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<grpc::ClientContext>> open_;
  std::map<std::string, std::string> cursors_;
  std::uint64_t shown_ = 0;
  std::size_t at_work_ = 0;
  std::optional<Error> error_;
};

}  // namespace lienthong::ltctl
