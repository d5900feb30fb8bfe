#pragma once

#include "catalogue/adapters/catalogue_store.h"
#include "catalogue/core/check.h"
#include "lienthong/catalogue/v1/catalogue_service.pb.h"
#include "platform/ledger/gateway.h"
#include "platform/ports/clock.h"
#include "platform/rpc/read_pool.h"
#include "platform/rpc/service.h"
#include "shared_kernel/api/commands.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::catalogue {

/// Everything the adapter stands on; all of it must outlive the server that carries the service.
struct CatalogueApiParts {
  /// Lanes of the catalogue's ledger, which has one partition.
  ledger::Gateway& gateway;
  const ports::Clock& clock;
  const CatalogueStore& store;
  /// Checks run here: that of a large catalogue takes a moment.
  rpc::ReadPool& pool;
  /// For request digests; see crypto::read_key_file.
  crypto::Key service_key;
  /// Certificate that may import while no catalogue was ever released.
  std::string first_importer = "operator";
};

/// CatalogueService. Thread-safety: any thread.
class CatalogueApi {
 public:
  explicit CatalogueApi(CatalogueApiParts parts);
  std::vector<rpc::Service*> services() { return {&service_}; }

 private:
  template <class Reply>
  using Out = rpc::Responder<Reply>;

  rpc::PrincipalLookup principals() const;
  Result<void> require(const rpc::Call& call, shared_kernel::Action action) const;
  void draft(const rpc::Call& call, const v1::DraftCataloguePartRequest& request,
             const Out<v1::DraftCataloguePartResponse>& out) const;
  void import(const rpc::Call& call, const v1::ImportCatalogueRequest& request,
              const Out<v1::ImportCatalogueResponse>& out) const;
  void release(const rpc::Call& call, const v1::ImportCatalogueRequest& request, const std::vector<Hash>& parts,
               const std::vector<Finding>& findings, const Out<v1::ImportCatalogueResponse>& out) const;
  void get(const rpc::Call& call, const v1::GetCatalogueRequest& request, const Out<v1::GetCatalogueResponse>& out) const;
  void get_part(const rpc::Call& call, const v1::GetCataloguePartRequest& request,
                const Out<v1::GetCataloguePartResponse>& out) const;
  void list(const rpc::Call& call, const v1::ListCatalogueVersionsRequest& request,
            const Out<v1::ListCatalogueVersionsResponse>& out) const;
  Result<shared_kernel::CatalogueContents> assemble(const std::vector<Hash>& parts) const;
  /// What speaks against these contents as the next version.
  std::vector<Finding> findings_of(const shared_kernel::CatalogueContents& contents) const;

  CatalogueApiParts parts_;
  shared_kernel::api::Commands commands_;
  rpc::Service service_;
};

}  // namespace lienthong::catalogue
