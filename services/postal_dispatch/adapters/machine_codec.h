#pragma once

#include "platform/ledger/machine.h"
#include "postal_dispatch/core/post.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lienthong::postal_dispatch {

/// What an executor reports of an intent, as the ledger keeps it. Of success came a carrier's item number, the time of its
/// table, or nothing.
struct Report {
  std::string item;
  std::string failure;  ///< Reason; empty: done.
  std::int64_t normal_minutes = 0;
  std::int64_t clock_seconds = 0;
  bool operator==(const Report&) const = default;
};
std::string encode_report(const Report& report);
/// Errors: kInvalidArgument.
Result<Report> decode_report(std::string_view bytes);

/// Why a decision is asked for, in the words of the core.
/// Errors: kInvalidArgument when the cause can't be read: a command is refused with it, an input is parked.
Result<Cause> decode_cause(const ledger::CauseView& cause);

/// Postal-dispatch as its lanes see it.
std::unique_ptr<const ledger::Machine> make_machine();

}  // namespace lienthong::postal_dispatch
