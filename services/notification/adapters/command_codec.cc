#include "notification/adapters/command_codec.h"

#include "lienthong/notification/v1/commands.pb.h"
#include "notification/adapters/line_codec.h"
#include "platform/base/overloaded.h"
#include "shared_kernel/adapters/values_codec.h"

#include <utility>

namespace lienthong::notification {
namespace {

namespace wire = shared_kernel::wire;
using wire::decode_code;
using wire::Decoding;

v1::Receipt encode(Receipt receipt) {
  switch (receipt) {
    case Receipt::kDelivered: return v1::RECEIPT_DELIVERED;
    case Receipt::kPermanentFailure: return v1::RECEIPT_PERMANENT_FAILURE;
    case Receipt::kTemporaryFailure: return v1::RECEIPT_TEMPORARY_FAILURE;
  }
  return v1::RECEIPT_UNSPECIFIED;
}
Result<Receipt> decode(v1::Receipt receipt) {
  for (const auto known : {Receipt::kDelivered, Receipt::kPermanentFailure, Receipt::kTemporaryFailure}) {
    if (encode(known) == receipt) return known;
  }
  return malformed("a provider's report");
}

v1::SendResult encode(SendResult result) {
  switch (result) {
    case SendResult::kSent: return v1::SEND_RESULT_SENT;
    case SendResult::kDelivered: return v1::SEND_RESULT_DELIVERED;
    case SendResult::kTemporary: return v1::SEND_RESULT_TEMPORARY;
    case SendResult::kPermanent: return v1::SEND_RESULT_PERMANENT;
    case SendResult::kTechnical: return v1::SEND_RESULT_TECHNICAL;
    case SendResult::kDeferred: return v1::SEND_RESULT_DEFERRED;
    case SendResult::kWithdrawn: return v1::SEND_RESULT_WITHDRAWN;
  }
  return v1::SEND_RESULT_UNSPECIFIED;
}
Result<SendResult> decode(v1::SendResult result) {
  for (const auto known : {SendResult::kSent, SendResult::kDelivered, SendResult::kTemporary, SendResult::kPermanent,
                           SendResult::kTechnical, SendResult::kDeferred, SendResult::kWithdrawn}) {
    if (encode(known) == result) return known;
  }
  return malformed("the result of sending");
}

CommandBody decode(const v1::RetryNoticeCommand& from, Decoding&) { return RetryNotice{from.notice(), from.reason_code()}; }
CommandBody decode(const v1::RecordReceiptCommand& from, Decoding& in) {
  return RecordReceipt{from.notice(), in.take(decode_code(from.provider(), "provider")), in.take(decode(from.receipt())),
                       in.take(decode_code(from.reason_code(), "reason_code", true))};
}
CommandBody decode(const v1::MarkReadCommand& from, Decoding&) { return MarkRead{from.notice()}; }

CommandBody decode(const v1::OpenLineCommand& from, Decoding& in) {
  return OpenLine{in.take(decode_code(from.subscription(), "subscription")), {from.since()}};
}
CommandBody decode(const v1::ReportDeliveriesCommand& from, Decoding&) {
  return ReportDeliveries{from.epoch(), decode_reported(from.report())};
}
CommandBody decode(const v1::SteerLineCommand& from, Decoding&) { return SteerLine{from.give_up(), {from.replay_since()}}; }

template <class Message>
Result<DecodedCommand> read(std::string_view bytes) {
  const auto message = wire::parse<Message>(bytes);
  if (!message) return failure(message.error());
  Decoding in;
  DecodedCommand command{decode(**message, in), in.take_if((*message)->has_occurred_time(), (*message)->occurred_time())};
  return in.finish(std::move(command));
}

template <class Message>
EncodedCommand write(v1::CommandType type, Message message, std::optional<Instant> occurred_at) {
  if (occurred_at) wire::encode(*occurred_at, *message.mutable_occurred_time());
  return {static_cast<std::uint32_t>(type), message.SerializeAsString()};
}

}  // namespace

EncodedCommand encode_command(const CommandBody& body, std::optional<Instant> at) {
  return std::visit(Overloaded{[&](const RetryNotice& retry) {
                                 v1::RetryNoticeCommand to;
                                 to.set_notice(retry.notice);
                                 to.set_reason_code(retry.reason_code);
                                 return write(v1::COMMAND_TYPE_RETRY_NOTICE, std::move(to), at);
                               },
                               [&](const RecordReceipt& receipt) {
                                 v1::RecordReceiptCommand to;
                                 to.set_notice(receipt.notice);
                                 to.set_provider(receipt.provider);
                                 to.set_receipt(encode(receipt.receipt));
                                 to.set_reason_code(receipt.reason_code);
                                 return write(v1::COMMAND_TYPE_RECORD_RECEIPT, std::move(to), at);
                               },
                               [&](const MarkRead& read_mark) {
                                 v1::MarkReadCommand to;
                                 to.set_notice(read_mark.notice);
                                 return write(v1::COMMAND_TYPE_MARK_READ, std::move(to), at);
                               },
                               [&](const OpenLine& open) {
                                 v1::OpenLineCommand to;
                                 to.set_subscription(open.subscription);
                                 to.set_since(open.since.micros);
                                 return write(v1::COMMAND_TYPE_OPEN_LINE, std::move(to), at);
                               },
                               [&](const ReportDeliveries& report) {
                                 v1::ReportDeliveriesCommand to;
                                 to.set_epoch(report.epoch);
                                 encode_reported(report.report, *to.mutable_report());
                                 return write(v1::COMMAND_TYPE_REPORT_DELIVERIES, std::move(to), at);
                               },
                               [&](const SteerLine& steer) {
                                 v1::SteerLineCommand to;
                                 to.set_give_up(steer.give_up);
                                 to.set_replay_since(steer.replay_since.micros);
                                 return write(v1::COMMAND_TYPE_STEER_LINE, std::move(to), at);
                               }},
                    body);
}

Result<DecodedCommand> decode_command(std::uint32_t type, std::string_view body) {
  switch (static_cast<v1::CommandType>(type)) {
    case v1::COMMAND_TYPE_RETRY_NOTICE: return read<v1::RetryNoticeCommand>(body);
    case v1::COMMAND_TYPE_RECORD_RECEIPT: return read<v1::RecordReceiptCommand>(body);
    case v1::COMMAND_TYPE_MARK_READ: return read<v1::MarkReadCommand>(body);
    case v1::COMMAND_TYPE_OPEN_LINE: return read<v1::OpenLineCommand>(body);
    case v1::COMMAND_TYPE_REPORT_DELIVERIES: return read<v1::ReportDeliveriesCommand>(body);
    case v1::COMMAND_TYPE_STEER_LINE: return read<v1::SteerLineCommand>(body);
    case v1::COMMAND_TYPE_UNSPECIFIED:
    case v1::CommandType_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::CommandType_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("notification has no command type " + std::to_string(type));
}

std::string encode_outcome(const SendEnded& ended) {
  v1::SendOutcome to;
  to.set_result(encode(ended.result));
  to.set_reason_code(ended.reason_code);
  to.set_reference(ended.reference);
  to.set_masked_address(ended.masked_address);
  to.set_retry_at(ended.retry_at.micros);
  return to.SerializeAsString();
}

Result<SendEnded> decode_outcome(std::string_view intent_payload, std::string_view outcome) {
  auto order = decode_order(intent_payload);
  if (!order) return malformed("an intent of notification");
  const auto message = wire::parse<v1::SendOutcome>(outcome);
  if (!message) return failure(message.error());
  const auto& from = **message;
  const auto result = decode(from.result());
  if (!result) return failure(result.error());
  return SendEnded{order->notice,      order->attempt,   std::move(order->provider), *result,
                   from.reason_code(), from.reference(), from.masked_address(),      {from.retry_at()}};
}

}  // namespace lienthong::notification
