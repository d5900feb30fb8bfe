#pragma once

#include "notification/adapters/carrier.h"
#include "platform/base/result.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lienthong::notification {

/// Where a provider's receipts come in, signed.
struct ReceiptEntrance {
  std::string provider;
  std::string keys_file;
};
/// How this process reaches providers, and they it.
struct Providers {
  std::map<std::string, std::unique_ptr<Carrier>> carriers;
  std::vector<ReceiptEntrance> receipts;
};

/// Reads how providers are reached, with their secrets by reference (services/notification/README.md has the form).
/// Errors: kInvalidArgument naming the file, the provider and the cure.
Result<Providers> read_providers(const std::string& file);

}  // namespace lienthong::notification
