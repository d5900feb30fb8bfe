#pragma once

#include "catalogue/core/release.h"
#include "shared_kernel/catalogue.h"

#include <string>
#include <string_view>
#include <vector>

namespace lienthong::catalogue {

/// A catalogue cut for the ledger: encoded parts of at most kPartBytesMax, each an own decision.
struct EncodedPart {
  Hash hash;  ///< SHA-256 of `bytes`.
  std::string bytes;
};

/// Cuts between entities, in the order of the lists, so that the same catalogue always gives the same parts.
/// Errors: kInvalidArgument when a single entity is larger than a part may be, or there are more than kPartsMax parts.
Result<std::vector<EncodedPart>> split(const shared_kernel::CatalogueContents& contents);

/// The catalogue the parts make. Errors: kInvalidArgument when a part can't be read.
Result<shared_kernel::CatalogueContents> merge(const std::vector<std::string_view>& parts);

Hash part_hash(std::string_view bytes);
/// SHA-256("ctl1" | part hashes in order).
Hash catalogue_hash(const std::vector<Hash>& parts);

/// Where a part stands in the catalogue's ledger: SHA-256("cat1" | "part" | hash) cut to 16 bytes.
DossierId part_entry(const Hash& hash);
/// Where the catalogue itself stands: SHA-256("cat1" | "catalogue") cut to 16 bytes.
DossierId catalogue_entry();

}  // namespace lienthong::catalogue
