#pragma once

#include "platform/base/ids.h"
#include "platform/base/instant.h"
#include "platform/base/result.h"
#include "shared_kernel/catalogue.h"

#include <optional>
#include <string>
#include <string_view>

namespace lienthong::shared_kernel {

/// Who gave a command, and when.
struct CommandHeader {
  std::string principal;  ///< Id in the catalogue.
  std::string actor;      ///< The agency's own opaque officer id.
  RequestId request;
  Instant issued_at;
  std::optional<Instant> occurred_at;  ///< Nothing: when it is decided.
  bool operator==(const CommandHeader&) const = default;
};

/// Further back than this, stating when something happened needs the grant `dossier.backdate`.
inline constexpr Duration kFreeBackdating = std::chrono::minutes(15);
/// A caller's clock may be this far ahead.
inline constexpr Duration kClockTolerance = std::chrono::minutes(1);

/// When the fact a command states happened; never later than `decided_at`.
/// Errors: kInvalidArgument OCCURRED_TIME_IN_FUTURE; kPermissionDenied NOT_GRANTED.
Result<Instant> occurred_time(const CommandHeader& header, Instant decided_at, const Catalogue& rules,
                              std::string_view agency, std::string_view procedure);

/// True when the principal is known and a grant covers the action for this agency and procedure.
bool allows(const Catalogue& rules, const CommandHeader& header, Action action, std::string_view agency,
            std::string_view procedure);

/// The answer for a dossier that is not there and for one the caller may not know of: one text, so that neither can be told
/// from the other.
Error dossier_not_found();
/// The object may be seen, the action is forbidden.
Error action_not_allowed(Action action);
/// No catalogue has been released yet.
Error catalogue_missing();

}  // namespace lienthong::shared_kernel
