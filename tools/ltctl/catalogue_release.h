#pragma once

#include "shared_kernel/catalogue.h"
#include "tools/ltctl/catalogue_client.h"

#include <string>

namespace lienthong::ltctl {

/// Lays the parts of a catalogue ready and puts it in force. `actor` stands in the ledger with the release; may be empty.
/// Errors: as the calls.
Result<catalogue_api::ImportCatalogueResponse> release_catalogue(const Session& session,
                                                                 const shared_kernel::CatalogueContents& contents,
                                                                 const std::string& actor);

}  // namespace lienthong::ltctl
