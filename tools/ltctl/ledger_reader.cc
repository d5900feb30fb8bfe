#include "tools/ltctl/ledger_reader.h"

#include "platform/base/overloaded.h"

#include <utility>

namespace lienthong::ltctl {
namespace {

constexpr std::size_t kCreditBytes = 4U << 20;

template <class Answer>
Answer take(std::map<ports::Ticket, Answer>& answers, ports::Ticket ticket) {
  Answer answer = std::move(answers[ticket]);
  answers.erase(ticket);
  return answer;
}

}  // namespace

LedgerReader::LedgerReader(ports::LogBackend& backend, std::chrono::milliseconds patience)
    : patience_(patience), log_(backend.attach(*this)) {}

LedgerReader::~LedgerReader() { log_.reset(); }

void LedgerReader::on_log(ports::LogMessage message) {
  {
    const std::lock_guard lock(mutex_);
    std::visit(Overloaded{[](const ports::Appended&) {}, [](const ports::AppendFailed&) {},
                          [this](ports::Fetched& record) {
                            if (const auto it = fetched_.find(record.follow); it != fetched_.end())
                              it->second.push_back(std::move(record));
                          },
                          [this](ports::FollowFailed& failure) { failed_[failure.follow] = std::move(failure.detail); },
                          [this](ports::ReadDone& answer) { reads_[answer.ticket] = std::move(answer.block); },
                          [this](ports::EndOffset& answer) { ends_[answer.ticket] = answer.offset; }},
               message);
  }
  changed_.notify_all();
}

Error LedgerReader::away(const LedgerPartition& partition) const {
  const std::string name = partition.topic() + "/" + std::to_string(partition.partition);
  return {ErrorCode::kUnavailable, "LOG_AWAY", "Sổ cái " + name + " không trả lời; hãy xem tiến trình broker rồi thử lại.",
          "Ledger " + name + " does not answer; look at the broker's process, then try again."};
}

Result<Offset> LedgerReader::end(const LedgerPartition& partition) {
  const auto until = std::chrono::steady_clock::now() + patience_;
  while (std::chrono::steady_clock::now() < until) {
    const ports::Ticket ticket = next_id_++;
    log_->end_offset(partition, ticket);
    std::unique_lock lock(mutex_);
    if (!wait_for(lock, [&] { return ends_.contains(ticket); })) break;
    const auto offset = take(ends_, ticket);
    if (offset) return *offset;
    changed_.wait_for(lock, std::chrono::milliseconds(100));
  }
  return failure(away(partition));
}

Result<block::BlockPtr> LedgerReader::read(const LedgerPartition& partition, Offset offset) {
  const ports::Ticket ticket = next_id_++;
  log_->read(partition, offset, ticket);
  std::unique_lock lock(mutex_);
  if (!wait_for(lock, [&] { return reads_.contains(ticket); })) return failure(away(partition));
  return take(reads_, ticket);
}

LedgerReader::Stream::Stream(LedgerReader& reader, LedgerPartition partition, Offset from)
    : reader_(reader), partition_(std::move(partition)), id_(reader.next_id_++), expected_(from) {
  {
    const std::lock_guard lock(reader_.mutex_);
    reader_.fetched_[id_];
  }
  reader_.log_->follow(id_, partition_, from);
  reader_.log_->credit(id_, kCreditBytes);
}

LedgerReader::Stream::~Stream() {
  reader_.log_->stop(id_);
  const std::lock_guard lock(reader_.mutex_);
  reader_.fetched_.erase(id_);
  reader_.failed_.erase(id_);
}

Result<ports::Fetched> LedgerReader::Stream::next() {
  if (owed_ >= kCreditBytes / 4) reader_.log_->credit(id_, std::exchange(owed_, 0));
  ports::Fetched record;
  {
    std::unique_lock lock(reader_.mutex_);
    auto& waiting = reader_.fetched_[id_];
    const bool came = reader_.wait_for(lock, [&] { return !waiting.empty() || reader_.failed_.contains(id_); });
    if (!came) return failure(reader_.away(partition_));
    if (waiting.empty()) {
      Error error = reader_.away(partition_);
      error.message_vi += " (" + reader_.failed_[id_] + ")";
      error.message_en += " (" + reader_.failed_[id_] + ")";
      return failure(std::move(error));
    }
    record = std::move(waiting.front());
    waiting.pop_front();
  }
  if (record.offset != expected_) {
    const std::string what =
        partition_.topic() + "/" + std::to_string(partition_.partition) + " " + std::to_string(expected_);
    return failure(
        {ErrorCode::kDataLoss, "OFFSET_MISSING", "Nhật ký thiếu bản ghi: " + what, "The log lacks a record: " + what});
  }
  ++expected_;
  owed_ += record.block ? record.block->size_bytes() : 1;
  return record;
}

}  // namespace lienthong::ltctl
