#pragma once

#include "lienthong/postal/v1/values.pb.h"
#include "platform/base/result.h"

#include <string>

namespace lienthong::shared_kernel::api {

/// Rules of form for where a carrier finds somebody; `path` names the field in errors. Since 2025 there are no districts, so
/// none is needed. Errors: kInvalidArgument when name, line or province is missing or a part is too long.
Result<void> check_address(const ::lienthong::postal::v1::Address& address, const std::string& path);

}  // namespace lienthong::shared_kernel::api
