#include "routing/adapters/command_codec.h"

#include "lienthong/routing/v1/commands.pb.h"
#include "platform/base/overloaded.h"
#include "shared_kernel/adapters/values_codec.h"

#include <utility>

namespace lienthong::routing {
namespace {

namespace wire = shared_kernel::wire;
using wire::decode_code;
using wire::Decoding;

ReofferLeg decode(const v1::ReofferLegCommand& from, Decoding& in) {
  return {from.leg(), in.take(decode_code(from.agency(), "agency", true))};
}
RefuseFinally decode(const v1::RefuseFinallyCommand& from, Decoding& in) {
  return {in.take(decode_code(from.reason_code(), "reason_code")), in.take(wire::decode(from.reason()))};
}

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
  return std::visit(Overloaded{[&](const ReofferLeg& reoffer) {
                                 v1::ReofferLegCommand to;
                                 to.set_leg(reoffer.leg);
                                 to.set_agency(reoffer.agency);
                                 return write(v1::COMMAND_TYPE_REOFFER_LEG, std::move(to), at);
                               },
                               [&](const RefuseFinally& refusal) {
                                 v1::RefuseFinallyCommand to;
                                 to.set_reason_code(refusal.reason_code);
                                 wire::encode(refusal.reason, *to.mutable_reason());
                                 return write(v1::COMMAND_TYPE_REFUSE_FINALLY, std::move(to), at);
                               }},
                    body);
}

Result<DecodedCommand> decode_command(std::uint32_t type, std::string_view body) {
  switch (static_cast<v1::CommandType>(type)) {
    case v1::COMMAND_TYPE_REOFFER_LEG: return read<v1::ReofferLegCommand>(body);
    case v1::COMMAND_TYPE_REFUSE_FINALLY: return read<v1::RefuseFinallyCommand>(body);
    case v1::COMMAND_TYPE_UNSPECIFIED:
    case v1::CommandType_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::CommandType_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("routing has no command type " + std::to_string(type));
}

}  // namespace lienthong::routing
