#include "agency_processing/adapters/command_codec.h"

#include "lienthong/agency/v1/commands.pb.h"
#include "platform/base/overloaded.h"
#include "shared_kernel/adapters/values_codec.h"

#include <utility>

namespace lienthong::agency_processing {
namespace {

namespace wire = shared_kernel::wire;
namespace v1 = ::lienthong::agency::v1;
using wire::decode_code;
using wire::Decoding;

Result<LegRef> decode_leg(const ::lienthong::kernel::v1::LegRef& from) {
  const auto leg = wire::decode(from);
  if (leg.leg == 0) return malformed("leg counts from 1");
  return leg;
}

AcceptLeg decode(const v1::AcceptLegCommand& from, Decoding& in) {
  return {in.take(decode_leg(from.leg())), in.take(decode_code(from.own_receipt(), "own_receipt", true))};
}
RefuseLeg decode(const v1::RefuseLegCommand& from, Decoding& in) {
  return {in.take(decode_leg(from.leg())), in.take(decode_code(from.reason_code(), "reason_code")),
          in.take(wire::decode(from.reason()))};
}
AskSupplement decode(const v1::AskSupplementCommand& from, Decoding& in) {
  return {in.take(decode_leg(from.leg())), in.take(decode_code(from.reason_code(), "reason_code")),
          in.take(wire::decode(from.reason()))};
}
CompleteLeg decode(const v1::CompleteLegCommand& from, Decoding& in) {
  return {in.take(decode_leg(from.leg())), in.take(wire::decode_components(from.results())),
          in.take_if(from.has_note(), from.note()), from.accept(),
          in.take(decode_code(from.own_receipt(), "own_receipt", true))};
}
ConfirmResult decode(const v1::ConfirmResultCommand& from, Decoding& in) { return {in.take(decode_leg(from.leg()))}; }

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
  return std::visit(Overloaded{[&](const AcceptLeg& accept) {
                                 v1::AcceptLegCommand to;
                                 wire::encode(accept.leg, *to.mutable_leg());
                                 to.set_own_receipt(accept.own_receipt);
                                 return write(v1::COMMAND_TYPE_ACCEPT_LEG, std::move(to), at);
                               },
                               [&](const RefuseLeg& refuse) {
                                 v1::RefuseLegCommand to;
                                 wire::encode(refuse.leg, *to.mutable_leg());
                                 to.set_reason_code(refuse.reason_code);
                                 wire::encode(refuse.reason, *to.mutable_reason());
                                 return write(v1::COMMAND_TYPE_REFUSE_LEG, std::move(to), at);
                               },
                               [&](const AskSupplement& ask) {
                                 v1::AskSupplementCommand to;
                                 wire::encode(ask.leg, *to.mutable_leg());
                                 to.set_reason_code(ask.reason_code);
                                 wire::encode(ask.reason, *to.mutable_reason());
                                 return write(v1::COMMAND_TYPE_ASK_SUPPLEMENT, std::move(to), at);
                               },
                               [&](const CompleteLeg& complete) {
                                 v1::CompleteLegCommand to;
                                 wire::encode(complete.leg, *to.mutable_leg());
                                 wire::encode_components(complete.results, to.mutable_results());
                                 if (complete.note) wire::encode(*complete.note, *to.mutable_note());
                                 to.set_accept(complete.accept);
                                 to.set_own_receipt(complete.own_receipt);
                                 return write(v1::COMMAND_TYPE_COMPLETE_LEG, std::move(to), at);
                               },
                               [&](const ConfirmResult& confirm) {
                                 v1::ConfirmResultCommand to;
                                 wire::encode(confirm.leg, *to.mutable_leg());
                                 return write(v1::COMMAND_TYPE_CONFIRM_RESULT, std::move(to), at);
                               }},
                    body);
}

Result<DecodedCommand> decode_command(std::uint32_t type, std::string_view body) {
  switch (static_cast<v1::CommandType>(type)) {
    case v1::COMMAND_TYPE_ACCEPT_LEG: return read<v1::AcceptLegCommand>(body);
    case v1::COMMAND_TYPE_REFUSE_LEG: return read<v1::RefuseLegCommand>(body);
    case v1::COMMAND_TYPE_ASK_SUPPLEMENT: return read<v1::AskSupplementCommand>(body);
    case v1::COMMAND_TYPE_COMPLETE_LEG: return read<v1::CompleteLegCommand>(body);
    case v1::COMMAND_TYPE_CONFIRM_RESULT: return read<v1::ConfirmResultCommand>(body);
    case v1::COMMAND_TYPE_UNSPECIFIED:
    case v1::CommandType_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::CommandType_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("agency-processing has no command type " + std::to_string(type));
}

}  // namespace lienthong::agency_processing
