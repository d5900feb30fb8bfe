#include "tools/ltctl/catalogue_release.h"

#include "catalogue/adapters/parts.h"
#include "tools/ltctl/rpc_calls.h"

namespace lienthong::ltctl {

using catalogue_api::CatalogueService;

Result<catalogue_api::ImportCatalogueResponse> release_catalogue(const Session& session,
                                                                 const shared_kernel::CatalogueContents& contents,
                                                                 const std::string& actor) {
  const auto parts = catalogue::split(contents);
  if (!parts) return failure(parts.error());
  auto stub = catalogue_stub(session);
  if (!stub) return failure(stub.error());
  catalogue_api::ImportCatalogueRequest request;
  request.mutable_header()->set_actor(actor);
  for (const auto& part : *parts) {
    catalogue_api::DraftCataloguePartRequest draft;
    draft.mutable_header()->set_request_id(new_request_id(session));
    draft.mutable_header()->set_actor(actor);
    draft.mutable_contents()->ParseFromString(part.bytes);
    const auto done = call<CatalogueService>(session, **stub, &CatalogueService::Stub::DraftCataloguePart, draft);
    if (!done) return failure(done.error());
    request.add_part_hashes(std::string(part.hash.view()));
  }
  for (int tries = 0;; ++tries) {
    request.mutable_header()->set_request_id(new_request_id(session));
    auto done = call<CatalogueService>(session, **stub, &CatalogueService::Stub::ImportCatalogue, request);
    // Drafts are known a moment after they were confirmed.
    constexpr int kTriesMax = 50;
    if (done || done.error().reason != "CATALOGUE_PART_UNKNOWN" || tries == kTriesMax) return done;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace lienthong::ltctl
