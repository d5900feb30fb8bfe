#include "routing/config.h"

#include "lienthong/intake/v1/intake_service.pb.h"
#include "lienthong/routing/v1/events.pb.h"
#include "lienthong/routing/v1/state.pb.h"
#include "platform/crypto/seal.h"
#include "platform/rpc/client.h"
#include "routing/adapters/machine_codec.h"
#include "routing/adapters/routing_api.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace lienthong::routing {
namespace {

using shared_kernel::api::ContentKey;

constexpr Duration kKeyAnswerMax = std::chrono::seconds(5);

// An operator's word comes rarely: no key is held.
DossierKeys keys_of_intake(std::shared_ptr<rpc::Client> intake) {
  return [intake = std::move(intake)](const std::string& dossier_id, std::function<void(Result<ContentKey>)> done) {
    ::lienthong::intake::v1::GetDossierKeyRequest request;
    request.set_dossier_id(dossier_id);
    intake->call<::lienthong::intake::v1::GetDossierKeyResponse>(
        "/lienthong.intake.v1.KeyService/GetDossierKey", request, kKeyAnswerMax,
        [done = std::move(done)](const Result<::lienthong::intake::v1::GetDossierKeyResponse>& reply) {
          if (!reply) return done(failure(reply.error()));
          const auto key = crypto::Key::from(reply->key());
          if (!key) return done(failure(key.error()));
          done(ContentKey{reply->key_ref(), *key});
        });
  };
}

class Service final : public edition::HostedService {
 public:
  void read_settings(edition::Environment& environment) override {
    digest_key_ = environment.key("LIENTHONG_DIGEST_KEY_FILE", edition::kDigestKey);
    intake_address_ = environment.required("LIENTHONG_INTAKE_ADDRESS", edition::kIntakeAddress);
  }

  std::vector<edition::HostedLedger> ledgers() const override {
    return {{make_machine(), false, true, routing::v1::EventType_descriptor()}};
  }

  Result<std::vector<rpc::Service*>> open(const edition::Parts& parts) override {
    auto channel = rpc::make_channel({intake_address_, parts.settings.tls, ""});
    if (!channel) return failure(std::move(channel.error()));
    auto intake = std::make_shared<rpc::Client>(*std::move(channel), parts.process);
    api_.emplace(RoutingApiParts{parts.host.gateway("routing"), parts.ports.query(), parts.clock, parts.rules, parts.reads,
                                 keys_of_intake(std::move(intake)), digest_key_});
    return api_->services();
  }

 private:
  crypto::Key digest_key_;
  std::string intake_address_;
  std::optional<RoutingApi> api_;
};

}  // namespace

std::unique_ptr<edition::HostedService> make_service() { return std::make_unique<Service>(); }

shared_kernel::api::ParkedLedger parked_ledger() {
  return {make_machine(), ::lienthong::routing::v1::EventType_descriptor(),
          &::lienthong::routing::v1::StoredRoute::default_instance()};
}

}  // namespace lienthong::routing
