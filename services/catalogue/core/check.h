#pragma once

#include "shared_kernel/catalogue.h"

#include <string>
#include <vector>

namespace lienthong::catalogue {

enum class Severity { kError, kWarning };

/// Something wrong with a catalogue. `path` names the place, e.g. `agencies[3].calendar`, counted from 0.
struct Finding {
  Severity severity = Severity::kError;
  std::string path;
  std::string reason_vi;
  std::string reason_en;
  std::string cure_vi;
  std::string cure_en;
  bool operator==(const Finding&) const = default;
};

/// Everything that speaks against releasing `contents`; all findings, in the order of the lists. A catalogue with an error
/// is not released. That steps do not sum to the total is a warning: published procedures are so.
std::vector<Finding> check(const shared_kernel::CatalogueContents& contents);

/// What speaks against `contents` as the version after `before`: what ids and recorded decisions refer to must stay. Ended
/// agencies and procedures keep their entries, with a last day.
std::vector<Finding> check_succession(const shared_kernel::CatalogueContents& before,
                                      const shared_kernel::CatalogueContents& contents);

bool has_error(const std::vector<Finding>& findings);

}  // namespace lienthong::catalogue
