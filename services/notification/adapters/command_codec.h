#pragma once

#include "notification/core/decider.h"
#include "platform/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lienthong::notification {

/// A command as a CommandRequest carries it.
struct EncodedCommand {
  std::uint32_t type = 0;  ///< lienthong.notification.v1.CommandType
  std::string body;        ///< Deterministic.
};
EncodedCommand encode_command(const CommandBody& body, std::optional<Instant> occurred_at);

struct DecodedCommand {
  CommandBody body;
  std::optional<Instant> occurred_at;
};
/// Errors: kInvalidArgument on an unknown type, a body that does not parse, a code with characters that codes don't have.
Result<DecodedCommand> decode_command(std::uint32_t type, std::string_view body);

/// The answer to an intent; `notice`, `attempt` and `provider` stand in the intent.
std::string encode_outcome(const SendEnded& ended);
/// Errors: kInvalidArgument when either can't be read.
Result<SendEnded> decode_outcome(std::string_view intent_payload, std::string_view outcome);

}  // namespace lienthong::notification
