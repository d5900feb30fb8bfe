#include "notification/config.h"

#include "lienthong/notification/v1/events.pb.h"
#include "lienthong/notification/v1/state.pb.h"
#include "notification/adapters/machine_codec.h"
#include "notification/adapters/notification_api.h"
#include "notification/adapters/provider_settings.h"
#include "notification/adapters/sender.h"
#include "notification/core/decider.h"
#include "platform/crypto/seal.h"
#include "platform/rpc/client.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace lienthong::notification {
namespace {

constexpr edition::Environment::Meaning kProviders{"tệp các nhà cung cấp thông báo", "the file of the providers of notices"};

class Service final : public edition::HostedService {
 public:
  void read_settings(edition::Environment& environment) override {
    digest_key_ = environment.key("LIENTHONG_DIGEST_KEY_FILE", edition::kDigestKey);
    intake_address_ = environment.required("LIENTHONG_INTAKE_ADDRESS", edition::kIntakeAddress);
    email_threads_ = environment.number("LIENTHONG_EMAIL_THREADS", 8, 1, 256);
    sms_threads_ = environment.number("LIENTHONG_SMS_THREADS", 4, 1, 256);
    if (!environment.has("LIENTHONG_PROVIDERS_FILE")) return;
    const auto file = environment.file("LIENTHONG_PROVIDERS_FILE", kProviders);
    auto carriers = read_providers(file);
    if (!carriers) return environment.add(std::move(carriers.error()));
    carriers_ = *std::move(carriers);
  }

  std::vector<edition::HostedLedger> ledgers() const override {
    return {{make_machine(), false, true, ::lienthong::notification::v1::EventType_descriptor()}};
  }

  Result<std::vector<rpc::Service*>> open(const edition::Parts& parts) override {
    auto channel = rpc::make_channel({intake_address_, parts.settings.tls, ""});
    if (!channel) return failure(std::move(channel.error()));
    contacts_.emplace(std::make_unique<rpc::Client>(*std::move(channel), parts.process));
    auto& gateway = parts.host.gateway("notification");
    sender_.emplace(SenderParts{gateway, parts.rules, parts.clock, *contacts_, std::move(carriers_)});
    const auto send = [this](const ledger::EffectCall& call, const std::atomic<bool>& stopping) {
      return sender_->send(call, stopping);
    };
    runner_.emplace(
        std::vector<ledger::EffectRunner::Line>{{kSendEmail, email_threads_, send}, {kSendSms, sms_threads_, send}},
        [&host = parts.host](const LedgerPartition& partition, ledger::OutcomeReport outcome) {
          host.report(partition, std::move(outcome));
        },
        [alarms = parts.alarms](const ledger::EffectCall& call) {
          alarms(call.key.partition, "INTENT_UNKNOWN", "intent type " + std::to_string(call.type));
        });
    parts.host.carry_out("notification", *runner_);
    api_.emplace(NotificationApiParts{gateway, parts.ports.query(), parts.clock, parts.rules, parts.reads, digest_key_});
    return api_->services();
  }

  void stop() override {
    if (runner_) runner_->stop();
  }

 private:
  crypto::Key digest_key_;
  std::string intake_address_;
  std::size_t email_threads_ = 0;
  std::size_t sms_threads_ = 0;
  std::map<std::string, std::unique_ptr<Carrier>> carriers_;
  std::optional<IntakeContacts> contacts_;
  std::optional<Sender> sender_;
  // Goes before what its threads use.
  std::optional<ledger::EffectRunner> runner_;
  std::optional<NotificationApi> api_;
};

}  // namespace

std::unique_ptr<edition::HostedService> make_service() { return std::make_unique<Service>(); }

shared_kernel::api::ParkedLedger parked_ledger() {
  return {make_machine(), ::lienthong::notification::v1::EventType_descriptor(),
          &::lienthong::notification::v1::StoredDossier::default_instance()};
}

}  // namespace lienthong::notification
