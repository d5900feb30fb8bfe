#include "agency_processing/adapters/work_feed.h"
#include "shared_kernel/api/principals.h"

#include <algorithm>

namespace lienthong::agency_processing {
namespace {

constexpr int kAnswersMax = 200;
constexpr std::uint32_t kShardsMax = 256;
/// Answers under way on one stream; beyond it the client's next batch waits in the transport.
constexpr std::size_t kOpenAnswersMax = 2000;

const rpc::EnumFields& enums() {
  static const rpc::EnumFields fields(v1::StreamWorkRequest::descriptor());
  return fields;
}

}  // namespace

void WorkStream::on_open(std::shared_ptr<rpc::RawStream> stream) {
  stream_ = std::move(stream);
  stream_->read();
}

void WorkStream::on_message(const rpc::RawRequest& raw) {
  v1::StreamWorkRequest request;
  if (const auto read = raw.read(enums(), request); !read) return stream_->finish(read.error());
  if (request.has_start() == started_ || request.message_case() == v1::StreamWorkRequest::MESSAGE_NOT_SET) {
    return stream_->finish(rpc::invalid_field("start", "thông điệp đầu tiên, và chỉ thông điệp đầu tiên, mở luồng.",
                                              "the first message, and only the first, starts the stream."));
  }
  if (request.has_start()) {
    started_ = true;
    auto wish = wish_of(request.start());
    if (!wish) return stream_->finish(wish.error());
    feed_.post([self = shared_from_this(), wish = std::move(*wish)] { self->feed_.start(self, wish); });
    return stream_->read();
  }
  if (request.answers().answers_size() > kAnswersMax) {
    return stream_->finish(rpc::invalid_field("answers", "tối đa 200 câu trả lời mỗi lô.", "at most 200 answers a batch."));
  }
  take_answers(request.answers());
  // Whoever brings the number below the bound again reads on.
  reading_paused_ = true;
  if (open_answers_ <= kOpenAnswersMax && reading_paused_.exchange(false)) stream_->read();
}

void WorkStream::take_answers(const v1::AnswerWorkRequest& request) {
  open_answers_ += static_cast<std::size_t>(request.answers_size());
  for (const auto& answer : request.answers()) {
    feed_.parts_.answers.answer(call_, answer,
                                [self = shared_from_this(), id = answer.header().request_id(),
                                 leg = answer.work().leg()](const Answered& done) { self->answered(id, leg, done); });
  }
}

// Comes mostly from a lane's thread: it only hands over, the feed's thread does the rest.
void WorkStream::answered(const std::string& request_id, std::uint32_t leg, const Answered& answered) {
  {
    const std::lock_guard lock(results_mutex_);
    results_.push_back({request_id, leg, answered});
    if (results_announced_) return;
    results_announced_ = true;
  }
  feed_.post([self = shared_from_this()] {
    const auto session = self->feed_.sessions_.find(self.get());
    if (session != self->feed_.sessions_.end()) self->feed_.flush(*session->second);
  });
}

// A client that has nothing more to answer still receives its work.
void WorkStream::on_half_close() {
  if (!started_) stream_->finish(rpc::invalid_field("start", "luồng chưa được mở.", "the stream was not started."));
}
void WorkStream::on_writable() {
  feed_.post([self = shared_from_this()] {
    const auto session = self->feed_.sessions_.find(self.get());
    if (session != self->feed_.sessions_.end()) self->feed_.flush(*session->second);
  });
}
void WorkStream::on_closed() {
  feed_.post([self = shared_from_this()] {
    const auto session = self->feed_.sessions_.find(self.get());
    if (session != self->feed_.sessions_.end()) self->feed_.end(session->second, std::nullopt);
  });
}

Result<StreamWish> WorkStream::wish_of(const v1::StreamWorkStart& start) const {
  const auto catalogue = shared_kernel::api::latest_catalogue(feed_.parts_.rules);
  if (!catalogue) return failure(catalogue.error());
  const auto* principal = (*catalogue)->principal(call_.principal);
  StreamWish wish{call_, start.agency(), std::nullopt, start.shard_index(), std::max(start.shard_count(), 1U)};
  if (wish.agency.empty() && principal != nullptr) wish.agency = principal->agency;
  if (wish.agency.empty()) {
    return failure(rpc::invalid_field("start.agency", "cần mã cơ quan.", "the code of the agency is needed."));
  }
  if (wish.shard_count > kShardsMax || wish.shard_index >= wish.shard_count) {
    return failure(rpc::invalid_field("start.shard_index", "phải nhỏ hơn số phần, tối đa 256 phần.",
                                      "must be below the count, at most 256."));
  }
  if (!start.cursor().empty()) {
    auto cursor = rpc::decode_cursor(start.cursor());
    if (!cursor) return failure(cursor.error());
    wish.cursor = std::move(*cursor);
  }
  if (const auto granted = feed_.allowed(wish); !granted) return failure(granted.error());
  return wish;
}

}  // namespace lienthong::agency_processing
