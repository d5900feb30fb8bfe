#pragma once

#include "platform/base/result.h"
#include "postal_dispatch/core/post.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lienthong::postal_dispatch {

/// A command as a CommandRequest carries it.
struct EncodedCommand {
  std::uint32_t type = 0;  ///< lienthong.postal.v1.CommandType
  std::string body;        ///< Deterministic.
};
EncodedCommand encode_command(const CommandBody& body, std::optional<Instant> occurred_at);

struct DecodedCommand {
  CommandBody body;
  std::optional<Instant> occurred_at;
};
/// Errors: kInvalidArgument on an unknown type, a body that does not parse, a code with characters that codes don't have, an
/// amount below zero.
Result<DecodedCommand> decode_command(std::uint32_t type, std::string_view body);

}  // namespace lienthong::postal_dispatch
