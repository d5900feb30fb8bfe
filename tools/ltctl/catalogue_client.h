#pragma once

#include "lienthong/catalogue/v1/catalogue_service.grpc.pb.h"
#include "tools/ltctl/session.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lienthong::ltctl {

namespace catalogue_api = ::lienthong::catalogue::v1;

/// A version of the catalogue with its contents, as the running system has it.
struct CatalogueVersion {
  catalogue_api::CatalogueVersion version;
  catalogue_api::CatalogueContents contents;
};

/// Errors: as the call; kNotFound while nothing was released.
Result<std::unique_ptr<catalogue_api::CatalogueService::Stub>> catalogue_stub(const Session& session);
/// `number` 0: the version in force.
Result<CatalogueVersion> fetch_catalogue(const Session& session, std::uint64_t number = 0);
/// Agencies of the version in force; with desks only, if wanted.
Result<std::vector<std::string>> fetch_agencies(const Session& session, bool with_desks);

}  // namespace lienthong::ltctl
