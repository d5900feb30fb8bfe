#pragma once

#include "platform/ports/projection.h"

#include <string>
#include <string_view>

namespace lienthong::redis {

/// The form of a value in the server; functions.lua reads the entries of it.
std::string encode_stored(const ports::ValueChange& change);
/// Errors: kInvalidArgument when the bytes are not of this form.
Result<ports::StoredValue> decode_stored(const DossierId& dossier, std::string_view bytes);

}  // namespace lienthong::redis
