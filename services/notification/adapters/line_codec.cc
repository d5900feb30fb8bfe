#include "notification/adapters/line_codec.h"

namespace lienthong::notification {
namespace {

void encode(const LinePosition& from, v1::LinePosition& to) {
  to.set_ledger(from.ledger);
  to.set_offset(from.offset);
  to.set_block_seq(from.block_seq);
  to.set_before(from.before);
}
LinePosition decode(const v1::LinePosition& from) { return {from.ledger(), from.offset(), from.block_seq(), from.before()}; }

DeliveryTried decode(const v1::DeliveryTried& from) {
  return {from.event(), from.delivered(), from.attempts(), from.status(), from.reason_code(), {from.at()}};
}

void encode(const FailingEvent& from, v1::FailingEvent& to) {
  to.set_event(from.event);
  to.set_since(from.since.micros);
  to.set_attempts(from.attempts);
  to.set_reason_code(from.reason_code);
}
FailingEvent decode(const v1::FailingEvent& from) {
  return {from.event(), {from.since()}, from.attempts(), from.reason_code()};
}

template <class Repeated, class T>
void decode_all(const Repeated& from, std::vector<T>& to) {
  for (const auto& one : from) to.push_back(decode(one));
}

}  // namespace

void encode_tried(const DeliveryTried& from, v1::DeliveryTried& to) {
  to.set_event(from.event);
  to.set_delivered(from.delivered);
  to.set_attempts(from.attempts);
  to.set_status(from.status);
  to.set_reason_code(from.reason_code);
  to.set_at(from.at.micros);
}

void encode_reported(const DeliveriesReported& from, v1::DeliveriesReported& to) {
  for (const auto& position : from.positions) encode(position, *to.add_positions());
  for (const auto& tried : from.tried) encode_tried(tried, *to.add_tried());
  for (const auto& failing : from.failing) encode(failing, *to.add_failing());
  to.set_suspended(from.suspended);
}

DeliveriesReported decode_reported(const v1::DeliveriesReported& from) {
  DeliveriesReported to;
  decode_all(from.positions(), to.positions);
  decode_all(from.tried(), to.tried);
  decode_all(from.failing(), to.failing);
  to.suspended = from.suspended();
  return to;
}

void encode_line(const WebhookLine& from, v1::StoredLine& to) {
  to.set_subscription(from.subscription);
  to.set_epoch(from.epoch);
  to.set_since(from.since.micros);
  for (const auto& position : from.positions) encode(position, *to.add_positions());
  for (const auto& failing : from.failing) encode(failing, *to.add_failing());
  for (const auto& event : from.given_up) to.add_given_up(event);
  for (const auto& tried : from.tried) encode_tried(tried, *to.add_tried());
  to.set_delivered(from.delivered);
  to.set_suspended_at(from.suspended_at.micros);
  to.set_suspended(from.suspended);
}

WebhookLine decode_line(const v1::StoredLine& from) {
  WebhookLine to;
  to.subscription = from.subscription();
  to.epoch = from.epoch();
  to.since = {from.since()};
  decode_all(from.positions(), to.positions);
  decode_all(from.failing(), to.failing);
  to.given_up.assign(from.given_up().begin(), from.given_up().end());
  decode_all(from.tried(), to.tried);
  to.delivered = from.delivered();
  to.suspended_at = {from.suspended_at()};
  to.suspended = from.suspended();
  return to;
}

}  // namespace lienthong::notification
