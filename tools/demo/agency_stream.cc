#include "tools/demo/agency_stream.h"

#include "lienthong/agency/v1/agency_service.grpc.pb.h"
#include "platform/rpc/client.h"
#include "platform/rpc/status.h"
#include "shared_kernel/dossier_id.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>

namespace lienthong::demo {
namespace {

constexpr int kBatchMax = 200;
constexpr std::string_view kCursorInvalid = "CURSOR_INVALID";
constexpr Duration kReconnectMin = std::chrono::milliseconds(50);
constexpr Duration kReconnectMax = std::chrono::seconds(1);

bool repetition_helps(int code) {
  return code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::RESOURCE_EXHAUSTED ||
         code == grpc::StatusCode::DEADLINE_EXCEEDED;
}

/// Errors that connecting again does not cure.
bool is_final(const Error& error) {
  return error.code == ErrorCode::kPermissionDenied || error.code == ErrorCode::kUnauthenticated ||
         (error.code == ErrorCode::kInvalidArgument && error.reason != kCursorInvalid);
}

Duration delay_of(const api::v1::Failure& failure) {
  if (!failure.has_retry_delay()) return std::chrono::milliseconds(200);
  return std::chrono::seconds(failure.retry_delay().seconds()) + Duration(failure.retry_delay().nanos() / 1000);
}

}  // namespace

/// One call; it lives until gRPC is done with it and the next one takes its place.
class AgencyStream::Connection final
    : public grpc::ClientBidiReactor<agency_api::StreamWorkRequest, agency_api::StreamWorkResponse> {
 public:
  explicit Connection(AgencyStream& stream) : stream_(stream), stub_(agency_api::AgencyService::NewStub(stream.channel_)) {}

  void open() {
    if (!stream_.settings_.caller.empty()) rpc::name_caller(context_, stream_.settings_.caller);
    context_.set_wait_for_ready(true);
    stub_->async()->StreamWork(&context_, this);
    auto& start = *request_.mutable_start();
    start.set_agency(stream_.settings_.agency);
    start.set_cursor(stream_.cursor_);
    start.set_shard_index(stream_.settings_.shard_index);
    start.set_shard_count(stream_.settings_.shard_count);
    writing = true;
    AddHold();  // writes come from other threads as well
    StartWrite(&request_);
    StartRead(&response_);
    StartCall();
  }
  /// Precondition: not `writing`, and `usable`.
  void write(agency_api::StreamWorkRequest request) {
    request_ = std::move(request);
    writing = true;
    StartWrite(&request_);
  }
  void cancel() { context_.TryCancel(); }

  bool writing = false;
  bool usable = true;

 private:
  void OnReadDone(bool ok) override {
    if (!ok) {
      {
        const std::lock_guard lock(stream_.mutex_);
        usable = false;
      }
      RemoveHold();
      return;
    }
    stream_.take(response_);
    StartRead(&response_);
  }
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(stream_.mutex_);
    writing = false;
    if (!ok) return;
    ++stream_.messages_sent_;
    stream_.write_next();
  }
  void OnDone(const grpc::Status& status) override {
    stream_.ended(*this, status.ok() ? Error{ErrorCode::kUnavailable, "STREAM_ENDED", "Dịch vụ đã đóng luồng; sẽ nối lại.",
                                             "The service has ended the stream; connecting again."}
                                     : rpc::to_error(status));
  }

  AgencyStream& stream_;
  std::unique_ptr<agency_api::AgencyService::Stub> stub_;
  grpc::ClientContext context_;
  agency_api::StreamWorkRequest request_;
  agency_api::StreamWorkResponse response_;
};

AgencyStream::AgencyStream(std::shared_ptr<grpc::Channel> channel, StreamSettings settings, WorkHandler& handler,
                           Scheduler& scheduler, RequestIds& ids)
    : channel_(std::move(channel)), settings_(std::move(settings)), handler_(handler), scheduler_(scheduler), ids_(ids) {}

AgencyStream::~AgencyStream() {
  stop();
  *alive_ = false;
}

void AgencyStream::start() { connect(); }

void AgencyStream::connect() {
  std::unique_ptr<Connection> old;
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  old = std::exchange(connection_, std::make_unique<Connection>(*this));
  ++connections_;
  live_ = true;
  connection_->open();
}

bool AgencyStream::wait_for_snapshot(Duration limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [this] { return snapshot_read_ || stopping_; });
  return snapshot_read_;
}

void AgencyStream::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  if (live_) connection_->cancel();
  changed_.wait(lock, [this] { return !live_; });
}

void AgencyStream::ended(Connection& connection, const Error& error) {
  const bool final = is_final(error);
  bool stopping = false;
  {
    const std::lock_guard lock(mutex_);
    connection.usable = false;
    stopping = stopping_;
  }
  if (!stopping) handler_.on_trouble(error, final);
  std::vector<std::pair<std::uint64_t, std::string>> unanswered;
  const std::lock_guard lock(mutex_);
  // gRPC does not touch the connection after this call; it goes when the next one comes, or with this object.
  live_ = false;
  if (stopping_ || final) {
    stopping_ = true;
    changed_.notify_all();
    return;
  }
  if (error.reason == kCursorInvalid) cursor_.clear();
  for (auto& [id, pending] : pending_) {
    if (pending.sent) unanswered.emplace_back(pending.order, id);
    pending.sent = false;
  }
  std::sort(unanswered.begin(), unanswered.end());
  repeated_ += unanswered.size();
  for (auto it = unanswered.rbegin(); it != unanswered.rend(); ++it) queue_.push_front(it->second);
  const Duration delay = std::min(kReconnectMax, kReconnectMin * (1 << std::min(breaks_in_a_row_++, 6)));
  scheduler_.after(delay, [this, alive = alive_] {
    if (*alive) connect();
  });
}

void AgencyStream::take(const agency_api::StreamWorkResponse& batch) {
  ++messages_received_;
  Answers answers;
  for (const auto& result : batch.results()) take_result(result, answers);
  if (batch.items_size() > 0) handler_.on_work(batch, answers);
  {
    const std::lock_guard lock(mutex_);
    breaks_in_a_row_ = 0;
    if (!batch.cursor().empty()) cursor_ = batch.cursor();
    if (batch.snapshot_complete()) {
      snapshot_read_ = true;
      changed_.notify_all();
    }
  }
  if (!answers.empty()) enqueue(std::move(answers));
}

void AgencyStream::take_result(const agency_api::WorkAnswerResult& result, Answers& more) {
  Answered answered;
  answered.arrived = wall_now();
  {
    const std::lock_guard lock(mutex_);
    const auto found = pending_.find(result.request_id());
    if (found == pending_.end()) return;  // answered already, on the stream before
    const bool again = result.has_failure() && repetition_helps(result.failure().code()) &&
                       answered.arrived - found->second.first_sent < settings_.answer_limit;
    if (again) {
      found->second.sent = false;
      ++repeated_;
      return retry_later(result.request_id(), delay_of(result.failure()));
    }
    answered.answer = std::move(found->second.answer);
    answered.first_sent = found->second.first_sent;
    pending_.erase(found);
  }
  answered.result = result;
  handler_.on_answered(answered, more);
}

void AgencyStream::retry_later(const std::string& request_id, Duration delay) {
  scheduler_.after(delay, [this, alive = alive_, request_id] {
    if (!*alive) return;
    const std::lock_guard lock(mutex_);
    const auto found = pending_.find(request_id);
    if (found == pending_.end() || found->second.sent) return;
    queue_.push_back(request_id);
    write_next();
  });
}

void AgencyStream::send(Answers answers) { enqueue(std::move(answers)); }

void AgencyStream::enqueue(Answers answers) {
  const std::lock_guard lock(mutex_);
  for (auto& answer : answers) {
    const std::string id = shared_kernel::format_uuid(ids_.next());
    answer.mutable_header()->set_request_id(id);
    pending_[id] = {std::move(answer), {}, next_order_++, false};
    queue_.push_back(id);
  }
  write_next();
}

// Precondition: the mutex is held. Whatever waits when a write ends goes out together.
void AgencyStream::write_next() {
  if (stopping_ || !connection_ || !connection_->usable || connection_->writing) return;
  agency_api::StreamWorkRequest request;
  auto& answers = *request.mutable_answers();
  const Instant now = wall_now();
  while (!queue_.empty() && answers.answers_size() < kBatchMax) {
    const auto found = pending_.find(queue_.front());
    queue_.pop_front();
    if (found == pending_.end() || found->second.sent) continue;
    found->second.sent = true;
    if (found->second.first_sent.micros == 0) found->second.first_sent = now;
    *answers.add_answers() = found->second.answer;
  }
  if (answers.answers_size() > 0) connection_->write(std::move(request));
}

std::size_t AgencyStream::waiting() const {
  const std::lock_guard lock(mutex_);
  return pending_.size();
}

}  // namespace lienthong::demo
