#pragma once

#include "postal_dispatch/core/carriers.h"

#include <string>

namespace lienthong::postal_dispatch {

/// Reads every `*.yaml` of a directory, one carrier each, in the order of their names.
/// Errors: kInvalidArgument naming file and finding; what the files mean together: see Carriers::make.
Result<Carriers> read_carriers(const std::string& directory);
/// One file's text. Errors: kInvalidArgument.
Result<Carrier> parse_carrier(const std::string& text);

}  // namespace lienthong::postal_dispatch
