#pragma once

#include "notification/adapters/carrier.h"
#include "platform/base/result.h"

#include <map>
#include <memory>
#include <string>

namespace lienthong::notification {

/// Reads how providers are reached, with their secrets by reference (services/notification/README.md has the form).
/// Errors: kInvalidArgument naming the file, the provider and the cure.
Result<std::map<std::string, std::unique_ptr<Carrier>>> read_providers(const std::string& file);

}  // namespace lienthong::notification
