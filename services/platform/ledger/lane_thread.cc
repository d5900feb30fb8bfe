#include "platform/ledger/lane_thread.h"

#include "platform/ledger/seat_log.h"

#include <algorithm>

namespace lienthong::ledger {
namespace {

constexpr std::size_t kProbe = 0xFFFF;  // the thread's own questions
constexpr Duration kProbeEvery = std::chrono::seconds(1);
constexpr Duration kRetryAfter = std::chrono::milliseconds(50);
// The kernel wakes sleepers no more exactly than this.
constexpr Duration kSleepMin = std::chrono::microseconds(50);

std::size_t size_of(const CommandRequest& request) {
  std::size_t bytes = sizeof request + request.body.size() + request.principal.size() + request.actor.size();
  for (const auto& part : request.sealed) bytes += sizeof part + part.ciphertext().size();
  return bytes;
}

Reply refused(ErrorCode code, const char* reason, const char* vi, const char* en) {
  Reply reply;
  reply.error = Error{code, reason, vi, en};
  reply.retry_after = kRetryAfter;
  return reply;
}

}  // namespace

class LaneThread::LaneProjection final : public ports::Projection {
 public:
  LaneProjection(ports::Projection& projection, std::size_t lane) : projection_(projection), lane_(lane) {}
  void open(const LedgerPartition& partition, ports::Ticket ticket) override {
    projection_.open(partition, tagged(lane_, ticket));
  }
  void load(const LedgerPartition& partition, Offset expected, std::vector<DossierId> ids, ports::Ticket ticket) override {
    projection_.load(partition, expected, std::move(ids), tagged(lane_, ticket));
  }
  void apply(const LedgerPartition& partition, Offset expected, ports::ApplyBatch batch, ports::Ticket ticket) override {
    projection_.apply(partition, expected, std::move(batch), tagged(lane_, ticket));
  }
  void scan(const LedgerPartition& partition, Offset expected, std::string index, std::int64_t until, std::size_t limit,
            ports::Ticket ticket) override {
    projection_.scan(partition, expected, std::move(index), until, limit, tagged(lane_, ticket));
  }
  void reset(const LedgerPartition& partition, ports::Ticket ticket) override {
    projection_.reset(partition, tagged(lane_, ticket));
  }

 private:
  ports::Projection& projection_;
  std::size_t lane_;
};

struct LaneThread::Seat {
  Seat(LaneThread& thread, std::size_t place, LedgerPartition of, LaneSettings settings, std::unique_ptr<SuspectSlot> slot)
      : partition(of),
        suspect(std::move(slot)),
        log(*thread.log_, place),
        projection(*thread.projection_, place),
        lane(std::move(of), thread.machine_,
             {log, projection, thread.ports_.clock, *thread.ports_.entropy, *suspect, thread.ports_.observer,
              thread.ports_.rules},
             std::move(settings)) {}

  LedgerPartition partition;
  std::unique_ptr<SuspectSlot> suspect;
  SeatLog log;
  LaneProjection projection;
  Lane lane;
  bool touched = false;
  std::optional<Instant> wakeup;
};

LaneThread::LaneThread(const Machine& machine, LaneThreadPorts ports, AdmissionSettings admission)
    : machine_(machine),
      ports_(std::move(ports)),
      admission_(admission.requests_max, admission.bytes_max),
      log_(ports_.log.attach(*this)),
      projection_(ports_.projection.attach(*this)) {}

LaneThread::~LaneThread() {
  stop();
  // No answer reaches a mailbox or a lane that is gone.
  log_.reset();
  projection_.reset();
}

std::size_t LaneThread::add(LedgerPartition partition, LaneSettings settings, std::unique_ptr<SuspectSlot> suspect) {
  views_.emplace_back(partition, LaneView{});
  seats_.push_back(
      std::make_unique<Seat>(*this, seats_.size(), std::move(partition), std::move(settings), std::move(suspect)));
  return seats_.size() - 1;
}

void LaneThread::start() {
  thread_ = std::thread([this] { run(); });
}

void LaneThread::stop() {
  mailbox_.close();
  if (thread_.joinable()) thread_.join();
}

template <class Request>
void LaneThread::admit(std::size_t lane, Request request, std::size_t bytes) {
  if (!admission_.admit(bytes)) {
    return request.reply(refused(ErrorCode::kResourceExhausted, "QUEUE_FULL",
                                 "Hàng đợi đầy, chưa làm gì; hãy thử lại sau với cùng mã yêu cầu.",
                                 "The queue is full, nothing was done; retry later with the same request id."));
  }
  request.reply = [this, bytes, reply = std::move(request.reply)](Reply answer) {
    admission_.release(bytes);
    reply(std::move(answer));
  };
  Item item{lane, std::move(request), nullptr};
  if (mailbox_.post(std::move(item))) return;
  std::get<Request>(item.message)
      .reply(refused(ErrorCode::kUnavailable, "NOT_OWNER", "Dịch vụ đang dừng; hãy thử lại với cùng mã yêu cầu.",
                     "The service is stopping; retry with the same request id."));
}

void LaneThread::submit(std::size_t lane, CommandRequest request) {
  const std::size_t bytes = size_of(request);
  admit(lane, std::move(request), bytes);
}

void LaneThread::read(std::size_t lane, ReadRequest request) { admit(lane, std::move(request), sizeof(ReadRequest)); }

void LaneThread::resume(std::size_t lane, ResumeRequest request) { admit(lane, std::move(request), sizeof(ResumeRequest)); }

void LaneThread::report(std::size_t lane, OutcomeReport outcome) { mailbox_.post({lane, std::move(outcome), nullptr}); }

void LaneThread::assign(std::size_t lane) { mailbox_.post({lane, Assigned{}, nullptr}); }

void LaneThread::revoke(std::size_t lane, std::shared_ptr<Revocation> revocation) {
  if (!mailbox_.post({lane, Revoked{}, revocation}) && revocation) revocation->lane_stopped();
}

void LaneThread::relayed(std::size_t lane, v1::RelayPosition upto) {
  mailbox_.post({lane, Relayed{std::move(upto)}, nullptr});
}

void LaneThread::rules_changed() {
  for (std::size_t lane = 0; lane < seats_.size(); ++lane) mailbox_.post({lane, RulesChanged{}, nullptr});
}

void LaneThread::on_log(ports::LogMessage message) {
  const std::size_t lane = untag(message);
  if (lane == kProbe) {
    const auto* end = std::get_if<ports::EndOffset>(&message);
    if (end != nullptr && end->offset) log_answered_.store(ports_.clock.steady().micros, std::memory_order_relaxed);
    return;
  }
  mailbox_.post({lane, std::move(message), nullptr});
}

void LaneThread::on_projection(ports::ProjectionMessage message) {
  const std::size_t lane = std::visit([](auto& m) { return untag(m.ticket); }, message);
  mailbox_.post({lane, std::move(message), nullptr});
}

void LaneThread::run() {
  std::vector<Item> items;
  while (mailbox_.take(items, wait())) {
    for (auto& item : items) handle(std::move(item));
    items.clear();
    pump_due();
    settle_revocations();
    ask_log();
  }
}

void LaneThread::handle(Item item) {
  Seat& seat = *seats_[item.lane];
  seat.lane.handle(std::move(item.message));
  seat.touched = true;
  if (item.revocation) revocations_.emplace_back(item.lane, std::move(item.revocation));
}

std::optional<Duration> LaneThread::wait() const {
  Instant soonest = next_probe_;
  for (const auto& seat : seats_) {
    if (seat->wakeup) soonest = std::min(soonest, *seat->wakeup);
  }
  return std::max(soonest - ports_.clock.steady(), kSleepMin);
}

void LaneThread::pump_due() {
  const Instant now = ports_.clock.steady();
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    Seat& seat = *seats_[i];
    if (!seat.touched && !(seat.wakeup && *seat.wakeup <= now)) continue;
    seat.touched = false;
    seat.lane.pump();
    seat.wakeup = seat.lane.next_wakeup();
    LaneView view = seat.lane.view();
    const std::lock_guard lock(views_mutex_);
    views_[i].second = std::move(view);
  }
}

void LaneThread::settle_revocations() {
  std::erase_if(revocations_, [this](const auto& waiting) {
    const Lane& lane = seats_[waiting.first]->lane;
    const bool stopped = lane.state() == LaneState::kIdle || lane.state() == LaneState::kHalted || lane.assigned();
    if (stopped) waiting.second->lane_stopped();
    return stopped;
  });
}

// A log that answers nothing is away, whatever the lanes believe; a stand-by without lanes learns it in no other way.
void LaneThread::ask_log() {
  const Instant now = ports_.clock.steady();
  if (now < next_probe_) return;
  next_probe_ = now + kProbeEvery;
  if (!seats_.empty()) log_->end_offset(seats_.front()->partition, tagged(kProbe, ++probe_));
}

std::vector<std::pair<LedgerPartition, LaneView>> LaneThread::views() const {
  const std::lock_guard lock(views_mutex_);
  return views_;
}

}  // namespace lienthong::ledger
