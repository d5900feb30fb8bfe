#include "platform/ledger/follower.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace lienthong::ledger {
namespace {

constexpr std::size_t kCreditBytes = 8U << 20;
constexpr Duration kRetryAfter = std::chrono::seconds(1);

}  // namespace

Follower::Follower(ports::LogBackend& log, LedgerPartition partition, const ports::Clock& clock, RecordSink records,
                   AlarmSink alarms)
    : partition_(std::move(partition)),
      clock_(clock),
      records_(std::move(records)),
      alarms_(std::move(alarms)),
      log_(log.attach(*this)) {
  thread_ = std::thread([this] { run(); });
}

Follower::~Follower() {
  mailbox_.close();
  thread_.join();
  log_.reset();
}

void Follower::on_log(ports::LogMessage message) { mailbox_.post(std::move(message)); }

void Follower::run() {
  start_reading();
  ask_end();
  std::vector<ports::LogMessage> messages;
  const auto wait = [this]() -> std::optional<Duration> {
    if (caught_up() && read_again_.micros == 0) return std::nullopt;
    return kRetryAfter;
  };
  while (mailbox_.take(messages, wait())) {
    for (const auto& message : messages) {
      if (const auto* record = std::get_if<ports::Fetched>(&message)) {
        take(*record);
      } else if (const auto* end = std::get_if<ports::EndOffset>(&message)) {
        if (end->ticket == end_ticket_ && end->offset) end_ = *end->offset;
      } else if (const auto* failed = std::get_if<ports::FollowFailed>(&message);
                 failed != nullptr && failed->follow == follow_) {
        alarms_(partition_, "FOLLOW_FAILED", failed->detail);
        read_again_ = clock_.steady() + kRetryAfter;
      }
    }
    messages.clear();
    if (owed_ > kCreditBytes / 8) log_->credit(follow_, std::exchange(owed_, 0));
    if (end_ >= 0 && next_ >= end_) caught_up_.store(true, std::memory_order_release);
    const Instant now = clock_.steady();
    if (read_again_.micros != 0 && now >= read_again_) start_reading();
    if (end_ < 0 && now >= ask_again_) ask_end();
  }
}

void Follower::start_reading() {
  read_again_ = {};
  owed_ = 0;
  log_->follow(++follow_, partition_, next_);
  log_->credit(follow_, kCreditBytes);
}

void Follower::ask_end() {
  ask_again_ = clock_.steady() + kRetryAfter;
  log_->end_offset(partition_, ++end_ticket_);
}

void Follower::take(const ports::Fetched& record) {
  if (record.follow != follow_ || record.offset != next_) return;
  owed_ += record.block ? record.block->size_bytes() : 1;
  ++next_;
  records_(record.offset, record.block);
}

}  // namespace lienthong::ledger
