#pragma once

#include "platform/ledger/effect_runner.h"
#include "postal_dispatch/core/post.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace lienthong::postal_dispatch {

/// The command that carries out an intent to tell another entity.
struct TellingCommand {
  DossierName target;
  RequestId request;  ///< Made of the intent: the same at every call, by whatever process.
  std::uint32_t type = 0;
  std::string body;
};
/// Errors: kInvalidArgument.
Result<TellingCommand> telling_command(const ledger::EffectKey& key, std::string_view payload);

}  // namespace lienthong::postal_dispatch
