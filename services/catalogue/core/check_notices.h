#pragma once

#include "catalogue/core/check.h"

#include <vector>

namespace lienthong::catalogue {

/// What speaks against the rules, texts and providers of notices. A text that lacks a variable or declares one it does not
/// use, contains itself, or does not fit into one SMS is refused here, so that nothing of it is found out while sending.
std::vector<Finding> check_notices(const shared_kernel::CatalogueContents& contents);

/// Texts that were released must stay as they are: notices show what they said.
std::vector<Finding> check_notice_succession(const shared_kernel::CatalogueContents& before,
                                             const shared_kernel::CatalogueContents& contents);

}  // namespace lienthong::catalogue
