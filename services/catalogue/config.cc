#include "catalogue/config.h"

#include "catalogue/adapters/catalogue_api.h"
#include "catalogue/adapters/release_codec.h"
#include "lienthong/catalogue/v1/events.pb.h"
#include "platform/crypto/seal.h"

#include <optional>
#include <utility>

namespace lienthong::catalogue {
namespace {

class Service final : public edition::HostedService {
 public:
  explicit Service(const CatalogueStore& store) : store_(store) {}

  void read_settings(edition::Environment& environment) override {
    digest_key_ = environment.key("LIENTHONG_DIGEST_KEY_FILE", edition::kDigestKey);
  }

  std::vector<edition::HostedLedger> ledgers() const override {
    return {{make_catalogue_machine(), true, false, catalogue::v1::EventType_descriptor()}};
  }

  Result<std::vector<rpc::Service*>> open(const edition::Parts& parts) override {
    api_.emplace(CatalogueApiParts{parts.host.gateway("catalogue"), parts.clock, store_, parts.reads, digest_key_});
    return api_->services();
  }

 private:
  const CatalogueStore& store_;
  crypto::Key digest_key_;
  std::optional<CatalogueApi> api_;
};

}  // namespace

std::unique_ptr<edition::HostedService> make_service(const CatalogueStore& store) {
  return std::make_unique<Service>(store);
}

}  // namespace lienthong::catalogue
