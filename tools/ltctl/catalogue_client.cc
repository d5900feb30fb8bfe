#include "tools/ltctl/catalogue_client.h"

#include "tools/ltctl/rpc_calls.h"

namespace lienthong::ltctl {

using catalogue_api::CatalogueService;

Result<std::unique_ptr<CatalogueService::Stub>> catalogue_stub(const Session& session) {
  auto channel = open_channel(session, session.settings.routing_address);
  if (!channel) return failure(channel.error());
  return CatalogueService::NewStub(*channel);
}

Result<CatalogueVersion> fetch_catalogue(const Session& session, std::uint64_t number) {
  auto stub = catalogue_stub(session);
  if (!stub) return failure(stub.error());
  catalogue_api::GetCatalogueRequest request;
  request.set_version(number);
  auto found = call<CatalogueService>(session, **stub, &CatalogueService::Stub::GetCatalogue, request);
  if (!found) return failure(found.error());
  CatalogueVersion version{found->catalogue(), {}};
  for (const auto& hash : version.version.part_hashes()) {
    catalogue_api::GetCataloguePartRequest part;
    part.set_part_hash(hash);
    auto read = call<CatalogueService>(session, **stub, &CatalogueService::Stub::GetCataloguePart, part);
    if (!read) return failure(read.error());
    version.contents.MergeFrom(read->contents());
  }
  return version;
}

Result<std::vector<std::string>> fetch_agencies(const Session& session, bool with_desks) {
  auto version = fetch_catalogue(session);
  if (!version) return failure(version.error());
  std::vector<std::string> codes;
  for (const auto& agency : version->contents.agencies()) {
    if (!with_desks || agency.desks_size() > 0) codes.push_back(agency.code());
  }
  return codes;
}

}  // namespace lienthong::ltctl
