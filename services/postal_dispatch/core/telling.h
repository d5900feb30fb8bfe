#pragma once

#include "postal_dispatch/core/post.h"

#include <string>
#include <string_view>
#include <variant>

namespace lienthong::postal_dispatch {

/// What one entity tells another, in another lane: an intent, carried out as a command to the target.
struct Telling {
  DossierName target;
  std::variant<TellOfBag, AddCollection, TellOfSettlement> what;
  bool operator==(const Telling&) const = default;
};

/// Form in an intent's payload.
std::string encode(const Telling& telling);
/// Errors: kInvalidArgument.
Result<Telling> decode_telling(std::string_view payload);

}  // namespace lienthong::postal_dispatch
