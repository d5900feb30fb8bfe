#include "platform/ledger/relay_thread.h"

#include "platform/base/overloaded.h"
#include "platform/ledger/seat_log.h"

#include <algorithm>
#include <utility>

namespace lienthong::ledger {
namespace {

// A lane is woken by every report; the ledger needs the position only for a restart, which repeats what lies between.
constexpr Duration kReportEvery = std::chrono::milliseconds(50);

}  // namespace

class RelayThread::SeatPublisher final : public ports::Publisher {
 public:
  SeatPublisher(ports::Publisher& publisher, std::size_t seat) : publisher_(publisher), seat_(seat) {}
  void publish(const LedgerPartition& partition, const block::BlockPtr& block, std::size_t leaf,
               ports::Ticket ticket) override {
    publisher_.publish(partition, block, leaf, tagged(seat_, ticket));
  }
  void reset(const LedgerPartition& partition) override { publisher_.reset(partition); }

 private:
  ports::Publisher& publisher_;
  std::size_t seat_;
};

struct RelayThread::Seat {
  Seat(RelayThread& thread, std::size_t place, const LedgerPartition& of, EventMask public_events, Report to)
      : log(*thread.log_, place),
        publisher(*thread.publisher_, place),
        report(std::move(to)),
        relay(of, public_events,
              {log, publisher, thread.ports_.clock, [this](const v1::RelayPosition& upto) { moved = upto; }},
              thread.settings_) {}

  SeatLog log;
  SeatPublisher publisher;
  Report report;
  std::optional<v1::RelayPosition> moved;  // not reported yet
  Instant report_at;
  bool touched = false;
  Relay relay;
};

RelayThread::RelayThread(RelayThreadPorts ports, RelaySettings settings)
    : ports_(ports), settings_(settings), log_(ports_.log.attach(*this)), publisher_(ports_.publisher.attach(*this)) {}

RelayThread::~RelayThread() {
  stop();
  log_.reset();
  publisher_.reset();
}

void RelayThread::add(LedgerPartition partition, EventMask public_events, Report report) {
  seats_.push_back(std::make_unique<Seat>(*this, seats_.size(), partition, public_events, std::move(report)));
  places_.emplace(std::move(partition), seats_.size() - 1);
}

void RelayThread::start() {
  thread_ = std::thread([this] { run(); });
}

void RelayThread::stop() {
  mailbox_.close();
  if (thread_.joinable()) thread_.join();
}

void RelayThread::folded(const LedgerPartition& partition, FoldedUpTo head) {
  if (const auto place = places_.find(partition); place != places_.end()) mailbox_.post({place->second, std::move(head)});
}

void RelayThread::rest(const LedgerPartition& partition) {
  if (const auto place = places_.find(partition); place != places_.end()) mailbox_.post({place->second, Rest{}});
}

void RelayThread::on_log(ports::LogMessage message) {
  const std::size_t seat = untag(message);
  mailbox_.post({seat, std::move(message)});
}

void RelayThread::on_published(ports::Published message) {
  const std::size_t seat = untag(message.ticket);
  mailbox_.post({seat, message});
}

void RelayThread::run() {
  std::vector<Item> items;
  while (mailbox_.take(items, wait())) {
    for (auto& item : items) handle(std::move(item));
    items.clear();
    const Instant now = ports_.clock.steady();
    for (auto& seat : seats_) {
      const auto wakeup = seat->relay.next_wakeup();
      if (!std::exchange(seat->touched, false) && !(wakeup && *wakeup <= now)) continue;
      seat->relay.pump();
    }
    report_due(now);
  }
}

void RelayThread::handle(Item item) {
  Seat& seat = *seats_[item.seat];
  seat.touched = true;
  std::visit(Overloaded{[&](const ports::LogMessage& message) { seat.relay.handle(message); },
                        [&](const ports::Published& outcome) { seat.relay.handle(outcome); },
                        [&](const FoldedUpTo& head) { seat.relay.folded(head); },
                        [&](Rest) {
                          seat.relay.stop();
                          seat.moved.reset();
                        }},
             item.message);
}

void RelayThread::report_due(Instant now) {
  for (auto& seat : seats_) {
    if (!seat->moved || now < seat->report_at) continue;
    seat->report(*seat->moved);
    seat->moved.reset();
    seat->report_at = now + kReportEvery;
  }
}

std::optional<Duration> RelayThread::wait() const {
  std::optional<Instant> soonest;
  for (const auto& seat : seats_) {
    auto wakeup = seat->relay.next_wakeup();
    if (seat->moved && (!wakeup || seat->report_at < *wakeup)) wakeup = seat->report_at;
    if (wakeup && (!soonest || *wakeup < *soonest)) soonest = wakeup;
  }
  if (!soonest) return std::nullopt;
  return std::max<Duration>(*soonest - ports_.clock.steady(), std::chrono::milliseconds(1));
}

}  // namespace lienthong::ledger
