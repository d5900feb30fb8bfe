#include "platform/ledger/relay.h"

#include "ledger_mutation/mutant.h"

#include <algorithm>
#include <utility>

namespace lienthong::ledger {
namespace {

v1::RelayPosition position(std::uint64_t block_seq, std::uint32_t index) {
  v1::RelayPosition at;
  at.set_block_seq(block_seq);
  at.set_index(index);
  return at;
}

}  // namespace

Relay::Relay(LedgerPartition partition, EventMask public_events, RelayPorts ports, RelaySettings settings)
    : partition_(std::move(partition)), public_events_(public_events), ports_(std::move(ports)), settings_(settings) {}

void Relay::folded(const FoldedUpTo& head) {
  folded_ = head.block_seq;
  if (running_) return;
  running_ = true;
  ledger_id_ = head.ledger_id;
  relayed_ = head.relay_upto;
  begin();
}

void Relay::stop() {
  if (!running_) return;
  running_ = false;
  begin_at_.reset();
  ports_.log.stop(follow_);
  ports_.publisher.reset(partition_);
  records_.clear();
  in_flight_.clear();
}

void Relay::begin() {
  begin_at_.reset();
  chain_.reset();
  records_.clear();
  next_leaf_ = 0;
  in_flight_.clear();
  follow_ = next_number_++;
  // Every block takes an offset, so block n is not before offset n.
  ports_.log.follow(follow_, partition_, static_cast<Offset>(relayed_.block_seq()));
  ports_.log.credit(follow_, settings_.follow_credit_bytes);
}

void Relay::begin_later() {
  ports_.log.stop(follow_);
  ports_.publisher.reset(partition_);
  records_.clear();
  in_flight_.clear();
  begin_at_ = ports_.clock.steady() + settings_.retry_every;
}

void Relay::handle(const ports::LogMessage& message) {
  if (!running_ || begin_at_) return;
  if (const auto* record = std::get_if<ports::Fetched>(&message); record != nullptr && record->follow == follow_) {
    records_.push_back(*record);
  } else if (const auto* failed = std::get_if<ports::FollowFailed>(&message);
             failed != nullptr && failed->follow == follow_) {
    begin_later();
  }
}

void Relay::handle(const ports::Published& outcome) {
  if (!running_ || in_flight_.empty()) return;
  const auto it = std::find_if(in_flight_.begin(), in_flight_.end(),
                               [&](const InFlight& sent) { return sent.ticket == outcome.ticket; });
  if (it == in_flight_.end()) return;
  if (!outcome.done) return begin_later();
  it->done = true;
  while (!in_flight_.empty() && in_flight_.front().done) {
    move_to(in_flight_.front().after);
    in_flight_.pop_front();
  }
}

void Relay::move_to(const v1::RelayPosition& position) {
  relayed_ = position;
  ports_.relayed(relayed_);
}

void Relay::pump() {
  if (!running_) return;
  const Instant now = ports_.clock.steady();
  if (begin_at_ && now >= *begin_at_) begin();
  if (!in_flight_.empty() && now >= in_flight_.front().sent_at + settings_.answer_max) begin_later();
  while (!records_.empty() && in_flight_.size() < settings_.in_flight_max) {
    const ports::Fetched record = records_.front();
    if (record.block && record.block->readable() && record.block->header().block_seq > folded_) return;
    take(record);
    if (!running_ || records_.empty() || next_leaf_ != 0) return;
    records_.pop_front();
    ports_.log.credit(follow_, record.block ? record.block->size_bytes() : 1);
  }
}

void Relay::take(const ports::Fetched& record) {
  if (!chain_) {
    // The lane has folded up to here without a fault, so the first block of this number is the effective one.
    const bool found = record.block && record.block->readable() && record.block->header().ledger_id == ledger_id_ &&
                       record.block->header().block_seq == relayed_.block_seq();
    if (!found) return;
    if (next_leaf_ == 0) next_leaf_ = relayed_.index();
  } else if (next_leaf_ == 0) {
    const auto kind = classify(*chain_, record.block.get());
    if (kind == BlockClass::kIgnored || kind == BlockClass::kVoid) return;
    if (kind != BlockClass::kEffective) return stop();  // the lane halts there
  }
  const auto& block = record.block;
  const auto leaves = static_cast<std::uint32_t>(block->leaf_count());
  for (; next_leaf_ < leaves; ++next_leaf_) {
    if (in_flight_.size() >= settings_.in_flight_max) return;
    tell(block, next_leaf_);
  }
  next_leaf_ = 0;
  chain_ = ChainHead{ledger_id_, block->header().block_seq, block->hash()};
}

void Relay::tell(const block::BlockPtr& block, std::uint32_t leaf) {
  const auto after = position(block->header().block_seq, leaf + 1);
  if ((block->leaf_events(leaf) & public_events_) != 0) {
    in_flight_.push_back({next_number_++, after, false, ports_.clock.steady()});
    ports_.publisher.publish(partition_, block, leaf, in_flight_.back().ticket);
    if (mutant(Mutant::kRelayedAtSend)) move_to(after);
  } else if (in_flight_.empty()) {
    move_to(after);
  } else {
    in_flight_.back().after = after;
  }
}

std::optional<Instant> Relay::next_wakeup() const {
  if (!running_) return std::nullopt;
  if (begin_at_) return begin_at_;
  if (!in_flight_.empty()) return in_flight_.front().sent_at + settings_.answer_max;
  return std::nullopt;
}

}  // namespace lienthong::ledger
