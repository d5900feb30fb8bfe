#include "notification/adapters/event_codec.h"

#include "notification/adapters/line_codec.h"
#include "notification/adapters/notice_codec.h"
#include "platform/base/overloaded.h"

#include <utility>

namespace lienthong::notification {
namespace {

namespace wire = shared_kernel::wire;
using wire::Decoding;

FactNoted decode(const v1::FactNoted& from, Decoding& in) { return {in.take(decode_fact(from))}; }
ReminderSet decode(const v1::ReminderSet& from, Decoding&) { return {from.rule(), from.leg(), {from.at()}}; }
ReminderRang decode(const v1::ReminderRang& from, Decoding&) { return {from.rule(), from.leg()}; }
NoticeCreated decode(const v1::NoticeCreated& from, Decoding& in) { return decode_created(from, in); }
LineOpened decode(const v1::LineOpened& from, Decoding&) { return {from.subscription(), {from.since()}}; }
DeliveriesReported decode(const v1::DeliveriesReported& from, Decoding&) { return decode_reported(from); }
LineSteered decode(const v1::LineSteered& from, Decoding&) { return {from.given_up(), {from.replay_since()}}; }
NoticeSending decode(const v1::NoticeSending& from, Decoding&) { return {from.notice(), from.attempt(), from.provider()}; }
NoticePutOff decode(const v1::NoticePutOff& from, Decoding&) {
  return {from.notice(), {from.until()}, from.reason_code(), from.tried(), from.next_provider()};
}
NoticeHandedOver decode(const v1::NoticeHandedOver& from, Decoding&) {
  return {from.notice(), from.reference(), from.masked_address(), {from.receipt_until()}};
}
NoticeDelivered decode(const v1::NoticeDelivered& from, Decoding&) {
  return {from.notice(), from.reference(), from.masked_address()};
}
NoticeFailed decode(const v1::NoticeFailed& from, Decoding& in) {
  return {from.notice(), in.take(decode_phase(from.phase())), from.reason_code()};
}
NoticeCancelled decode(const v1::NoticeCancelled& from, Decoding&) { return {from.notice(), from.reason_code()}; }
NoticeRetried decode(const v1::NoticeRetried& from, Decoding&) { return {from.notice(), {from.send_at()}}; }

v1::FactNoted encode(const FactNoted& from) {
  v1::FactNoted to;
  encode_fact(from.fact, to);
  return to;
}
v1::ReminderSet encode(const ReminderSet& from) {
  v1::ReminderSet to;
  to.set_rule(from.rule);
  to.set_leg(from.leg);
  to.set_at(from.at.micros);
  return to;
}
v1::ReminderRang encode(const ReminderRang& from) {
  v1::ReminderRang to;
  to.set_rule(from.rule);
  to.set_leg(from.leg);
  return to;
}
v1::NoticeCreated encode(const NoticeCreated& from) {
  v1::NoticeCreated to;
  encode_created(from, to);
  return to;
}
v1::NoticeSending encode(const NoticeSending& from) {
  v1::NoticeSending to;
  to.set_notice(from.notice);
  to.set_attempt(from.attempt);
  to.set_provider(from.provider);
  return to;
}
v1::NoticePutOff encode(const NoticePutOff& from) {
  v1::NoticePutOff to;
  to.set_notice(from.notice);
  to.set_until(from.until.micros);
  to.set_reason_code(from.reason_code);
  to.set_tried(from.tried);
  to.set_next_provider(from.next_provider);
  return to;
}
v1::NoticeHandedOver encode(const NoticeHandedOver& from) {
  v1::NoticeHandedOver to;
  to.set_notice(from.notice);
  to.set_reference(from.reference);
  to.set_masked_address(from.masked_address);
  to.set_receipt_until(from.receipt_until.micros);
  return to;
}
v1::NoticeDelivered encode(const NoticeDelivered& from) {
  v1::NoticeDelivered to;
  to.set_notice(from.notice);
  to.set_reference(from.reference);
  to.set_masked_address(from.masked_address);
  return to;
}
v1::NoticeFailed encode(const NoticeFailed& from) {
  v1::NoticeFailed to;
  to.set_notice(from.notice);
  to.set_phase(encode_phase(from.phase));
  to.set_reason_code(from.reason_code);
  return to;
}
v1::NoticeCancelled encode(const NoticeCancelled& from) {
  v1::NoticeCancelled to;
  to.set_notice(from.notice);
  to.set_reason_code(from.reason_code);
  return to;
}
v1::NoticeRetried encode(const NoticeRetried& from) {
  v1::NoticeRetried to;
  to.set_notice(from.notice);
  to.set_send_at(from.send_at.micros);
  return to;
}

v1::LineOpened encode(const LineOpened& from) {
  v1::LineOpened to;
  to.set_subscription(from.subscription);
  to.set_since(from.since.micros);
  return to;
}
v1::DeliveriesReported encode(const DeliveriesReported& from) {
  v1::DeliveriesReported to;
  encode_reported(from, to);
  return to;
}
v1::LineSteered encode(const LineSteered& from) {
  v1::LineSteered to;
  to.set_given_up(from.given_up);
  to.set_replay_since(from.replay_since.micros);
  return to;
}

v1::EventType type_of(const EventBody& body) {
  return std::visit(Overloaded{[](const FactNoted&) { return v1::EVENT_TYPE_FACT_NOTED; },
                               [](const ReminderSet&) { return v1::EVENT_TYPE_REMINDER_SET; },
                               [](const ReminderRang&) { return v1::EVENT_TYPE_REMINDER_RANG; },
                               [](const NoticeCreated&) { return v1::EVENT_TYPE_NOTICE_CREATED; },
                               [](const NoticeSending&) { return v1::EVENT_TYPE_NOTICE_SENDING; },
                               [](const NoticePutOff&) { return v1::EVENT_TYPE_NOTICE_PUT_OFF; },
                               [](const NoticeHandedOver&) { return v1::EVENT_TYPE_NOTICE_HANDED_OVER; },
                               [](const NoticeDelivered&) { return v1::EVENT_TYPE_NOTICE_DELIVERED; },
                               [](const NoticeFailed&) { return v1::EVENT_TYPE_NOTICE_FAILED; },
                               [](const NoticeCancelled&) { return v1::EVENT_TYPE_NOTICE_CANCELLED; },
                               [](const NoticeRetried&) { return v1::EVENT_TYPE_NOTICE_RETRIED; },
                               [](const LineOpened&) { return v1::EVENT_TYPE_LINE_OPENED; },
                               [](const DeliveriesReported&) { return v1::EVENT_TYPE_DELIVERIES_REPORTED; },
                               [](const LineSteered&) { return v1::EVENT_TYPE_LINE_STEERED; }},
                    body);
}

template <class Message>
Result<Event> read(const ::lienthong::ledger::v1::Event& from) {
  const auto message = wire::parse<Message>(from.payload());
  if (!message) return failure(message.error());
  Decoding in;
  Event event{{from.occurred_at()}, decode(**message, in)};
  return in.finish(std::move(event));
}

}  // namespace

void encode_event(const Event& event, ::lienthong::ledger::v1::Event& to) {
  to.set_type(type_of(event.body));
  to.set_occurred_at(event.occurred_at.micros);
  std::visit([&](const auto& body) { encode(body).SerializeToString(to.mutable_payload()); }, event.body);
}

Result<Event> decode_event(const ::lienthong::ledger::v1::Event& from) {
  switch (static_cast<v1::EventType>(from.type())) {
    case v1::EVENT_TYPE_FACT_NOTED: return read<v1::FactNoted>(from);
    case v1::EVENT_TYPE_REMINDER_SET: return read<v1::ReminderSet>(from);
    case v1::EVENT_TYPE_REMINDER_RANG: return read<v1::ReminderRang>(from);
    case v1::EVENT_TYPE_NOTICE_CREATED: return read<v1::NoticeCreated>(from);
    case v1::EVENT_TYPE_NOTICE_SENDING: return read<v1::NoticeSending>(from);
    case v1::EVENT_TYPE_NOTICE_PUT_OFF: return read<v1::NoticePutOff>(from);
    case v1::EVENT_TYPE_NOTICE_HANDED_OVER: return read<v1::NoticeHandedOver>(from);
    case v1::EVENT_TYPE_NOTICE_DELIVERED: return read<v1::NoticeDelivered>(from);
    case v1::EVENT_TYPE_NOTICE_FAILED: return read<v1::NoticeFailed>(from);
    case v1::EVENT_TYPE_NOTICE_CANCELLED: return read<v1::NoticeCancelled>(from);
    case v1::EVENT_TYPE_NOTICE_RETRIED: return read<v1::NoticeRetried>(from);
    case v1::EVENT_TYPE_LINE_OPENED: return read<v1::LineOpened>(from);
    case v1::EVENT_TYPE_DELIVERIES_REPORTED: return read<v1::DeliveriesReported>(from);
    case v1::EVENT_TYPE_LINE_STEERED: return read<v1::LineSteered>(from);
    case v1::EVENT_TYPE_UNSPECIFIED:
    case v1::EventType_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::EventType_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("notification has no event type " + std::to_string(from.type()));
}

}  // namespace lienthong::notification
