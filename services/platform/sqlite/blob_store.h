#pragma once

#include "platform/base/result.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lienthong::sqlite {

/// Named byte strings in a file of their own, for what a process keeps besides ledger and projection.
/// Thread-safety: any thread; a call blocks for the time of a small transaction.
class BlobStore {
 public:
  enum class Durability {
    kDurable,      ///< What was put survives loss of power.
    kRebuildable,  ///< The last seconds may be missing after loss of power, never a part of one call.
  };
  /// Creates the file if missing (mode 0600); deleted bytes are overwritten. Errors: kUnavailable, naming the file.
  static Result<std::unique_ptr<BlobStore>> open(const std::string& path, Durability durability);
  ~BlobStore();
  BlobStore(const BlobStore&) = delete;
  BlobStore& operator=(const BlobStore&) = delete;

  using Entry = std::pair<std::string, std::string>;
  /// All or nothing; what has a name already is replaced.
  Result<void> put(const std::vector<Entry>& entries);
  /// Nothing: no such name.
  Result<std::optional<std::string>> get(std::string_view name);
  /// All or nothing; names that are not there do not matter. When it returns, no page or journal of the file holds the
  /// bytes.
  Result<void> erase(const std::vector<std::string>& names);

 private:
  class State;
  explicit BlobStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lienthong::sqlite
