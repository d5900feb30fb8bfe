#pragma once

#include "platform/ports/log.h"

#include <cstddef>
#include <cstdint>
#include <variant>

namespace lienthong::ledger {

// Where several callers share one attachment, tickets and follow ids carry their caller's place in the upper bits.
inline constexpr unsigned kSeatShift = 48;
inline constexpr std::uint64_t kWithinSeat = (std::uint64_t{1} << kSeatShift) - 1;

inline std::uint64_t tagged(std::size_t seat, std::uint64_t id) { return std::uint64_t{seat} << kSeatShift | id; }
/// Takes the place out of the id and returns it.
inline std::size_t untag(std::uint64_t& id) {
  const auto seat = static_cast<std::size_t>(id >> kSeatShift);
  id &= kWithinSeat;
  return seat;
}
inline std::size_t untag(ports::LogMessage& message) {
  return std::visit(
      [](auto& m) {
        if constexpr (requires { m.follow; }) {
          return untag(m.follow);
        } else {
          return untag(m.ticket);
        }
      },
      message);
}

/// One caller's part of a shared attachment of the log.
/// Thread-safety: that of the attachment.
class SeatLog final : public ports::Log {
 public:
  SeatLog(ports::Log& log, std::size_t seat) : log_(log), seat_(seat) {}
  void append(const LedgerPartition& partition, block::Record record, ports::Ticket ticket) override {
    log_.append(partition, std::move(record), tagged(seat_, ticket));
  }
  void replace_appender(const LedgerPartition& partition) override { log_.replace_appender(partition); }
  void follow(ports::FollowId id, const LedgerPartition& partition, Offset from) override {
    log_.follow(tagged(seat_, id), partition, from);
  }
  void credit(ports::FollowId id, std::size_t bytes) override { log_.credit(tagged(seat_, id), bytes); }
  void stop(ports::FollowId id) override { log_.stop(tagged(seat_, id)); }
  void read(const LedgerPartition& partition, Offset offset, ports::Ticket ticket) override {
    log_.read(partition, offset, tagged(seat_, ticket));
  }
  void end_offset(const LedgerPartition& partition, ports::Ticket ticket) override {
    log_.end_offset(partition, tagged(seat_, ticket));
  }

 private:
  ports::Log& log_;
  std::size_t seat_;
};

}  // namespace lienthong::ledger
