#include "postal_dispatch/config.h"

#include "lienthong/intake/v1/intake_service.pb.h"
#include "lienthong/postal/v1/events.pb.h"
#include "lienthong/postal/v1/state.pb.h"
#include "platform/crypto/seal.h"
#include "platform/ledger/effect_runner.h"
#include "platform/rpc/client.h"
#include "postal_dispatch/adapters/carriers_yaml.h"
#include "postal_dispatch/adapters/machine_codec.h"
#include "postal_dispatch/adapters/postal_api.h"
#include "postal_dispatch/adapters/teller.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace lienthong::postal_dispatch {
namespace {

using shared_kernel::api::ContentKey;

constexpr Duration kKeyAnswerMax = std::chrono::seconds(5);
constexpr std::size_t kTellingThreads = 2;

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
    const auto directory =
        environment.required("LIENTHONG_CARRIERS_DIR", {"thư mục bảng hãng vận chuyển", "the carriers' tables"});
    if (directory.empty()) return;
    auto carriers = read_carriers(directory);
    if (!carriers) return environment.add(std::move(carriers.error()));
    carriers_ = *std::move(carriers);
  }

  std::vector<edition::HostedLedger> ledgers() const override {
    return {{make_machine(), false, true, ::lienthong::postal::v1::EventType_descriptor()}};
  }

  Result<std::vector<rpc::Service*>> open(const edition::Parts& parts) override {
    auto channel = rpc::make_channel({intake_address_, parts.settings.tls, ""});
    if (!channel) return failure(std::move(channel.error()));
    auto intake = std::make_shared<rpc::Client>(*std::move(channel), parts.process);
    auto& gateway = parts.host.gateway("postal-dispatch");
    teller_.emplace(gateway, parts.process);
    effects_.emplace(
        lines(), [&host = parts.host](const auto& partition, auto report) { host.report(partition, std::move(report)); },
        [alarms = parts.alarms](const ledger::EffectCall& call) {
          alarms(call.key.partition, "INTENT_WITHOUT_EXECUTOR", "intent type " + std::to_string(call.type));
        });
    parts.host.carry_out("postal-dispatch", *effects_);
    api_.emplace(PostalApiParts{gateway, parts.ports.query(), parts.clock, parts.rules, parts.reads, carriers_,
                                keys_of_intake(std::move(intake)), digest_key_});
    return api_->services();
  }

  void stop() override {
    if (effects_) effects_->stop();
  }

 private:
  std::vector<ledger::EffectRunner::Line> lines() {
    const auto tell = [this](const ledger::EffectCall& call, const std::atomic<bool>& stopping) {
      return teller_->tell(call, stopping);
    };
    return {{static_cast<std::uint32_t>(IntentType::kTell), kTellingThreads, tell}};
  }

  crypto::Key digest_key_;
  std::string intake_address_;
  Carriers carriers_;
  std::optional<Teller> teller_;
  std::optional<ledger::EffectRunner> effects_;
  std::optional<PostalApi> api_;
};

}  // namespace

std::unique_ptr<edition::HostedService> make_service() { return std::make_unique<Service>(); }

shared_kernel::api::ParkedLedger parked_ledger() {
  return {make_machine(), ::lienthong::postal::v1::EventType_descriptor(),
          &::lienthong::postal::v1::StoredPost::default_instance()};
}

}  // namespace lienthong::postal_dispatch
