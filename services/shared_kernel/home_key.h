#pragma once

#include "platform/base/result.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace lienthong::shared_kernel {

/// Names the desk a dossier is officially received at; the first part of every dossier id, never reused or renamed.
/// Form: `[A-Z0-9][A-Z0-9.]{0,30}(/[a-z0-9]{1,8})?`; what follows the slash splits one agency into offices.
class HomeKey {
 public:
  HomeKey() = default;
  /// Errors: kInvalidArgument, reason HOME_KEY_INVALID.
  static Result<HomeKey> parse(std::string_view text);

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const HomeKey&) const = default;

 private:
  explicit HomeKey(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// Partition of all ledgers that holds the dossiers of this desk: u64_be(SHA-256(home key)[0..8]) mod `partition_count`.
/// Precondition: `partition_count` > 0. The function is part of the genesis of every ledger and never changes.
std::uint32_t partition_of(const HomeKey& home, std::uint32_t partition_count);

}  // namespace lienthong::shared_kernel
