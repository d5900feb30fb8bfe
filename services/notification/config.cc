#include "notification/config.h"

#include "lienthong/agency/v1/events.pb.h"
#include "lienthong/intake/v1/events.pb.h"
#include "lienthong/notification/v1/events.pb.h"
#include "lienthong/notification/v1/state.pb.h"
#include "lienthong/postal/v1/events.pb.h"
#include "lienthong/routing/v1/events.pb.h"
#include "notification/adapters/machine_codec.h"
#include "notification/adapters/notification_api.h"
#include "notification/adapters/portal_sync.h"
#include "notification/adapters/provider_settings.h"
#include "notification/adapters/receipt_door.h"
#include "notification/adapters/sender.h"
#include "notification/adapters/webhook_api.h"
#include "notification/adapters/webhook_engine.h"
#include "notification/core/decider.h"
#include "platform/crypto/seal.h"
#include "platform/http/signed_door.h"
#include "platform/rpc/client.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::notification {
namespace {

constexpr edition::Environment::Meaning kWebhookAuthorities{"tệp chứng thư gốc của bên nhận sự kiện",
                                                            "the file of authorities of webhook receivers"};
constexpr edition::Environment::Meaning kReceipts{"địa chỉ máy chủ:cổng nhận báo cáo của nhà cung cấp",
                                                  "the host:port that providers report to"};
constexpr edition::Environment::Meaning kPortal{"tệp kết nối Cổng dịch vụ công quốc gia",
                                                "the file of the connection to the national portal"};
constexpr edition::Environment::Meaning kProviders{"tệp các nhà cung cấp thông báo", "the file of the providers of notices"};

/// Read for subscribers only; the decisions here take nothing from it.
constexpr const char* kPost = "postal-dispatch";

/// `host:port` or `host:port=host:port`, commas between them.
std::map<std::string, std::string> listed_targets(const std::string& text) {
  std::map<std::string, std::string> out;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find(',', from), text.size());
    const auto one = text.substr(from, end - from);
    const auto equals = std::min(one.find('='), one.size());
    out[one.substr(0, equals)] = equals < one.size() ? one.substr(equals + 1) : "";
    from = end + 1;
  }
  return out;
}

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// Ledgers whose public events subscribers are sent.
Result<std::vector<EventLedger>> event_ledgers(const std::string& province) {
  const std::pair<const char*, const google::protobuf::EnumDescriptor*> sources[] = {
      {"intake", intake::v1::EventType_descriptor()},
      {"routing", routing::v1::EventType_descriptor()},
      {"agency-processing", agency::v1::EventType_descriptor()},
      {kPost, postal::v1::EventType_descriptor()},
      {"notification", v1::EventType_descriptor()}};
  std::vector<EventLedger> out;
  for (const auto& [name, types] : sources) {
    auto events = relay::PublicEvents::make(name, province, *types);
    if (!events) return failure(std::move(events.error()));
    out.push_back({name, *std::move(events)});
  }
  return out;
}

class Service final : public edition::HostedService {
 public:
  void read_settings(edition::Environment& environment) override {
    digest_key_ = environment.key("LIENTHONG_DIGEST_KEY_FILE", edition::kDigestKey);
    intake_address_ = environment.required("LIENTHONG_INTAKE_ADDRESS", edition::kIntakeAddress);
    email_threads_ = environment.number("LIENTHONG_EMAIL_THREADS", 8, 1, 256);
    sms_threads_ = environment.number("LIENTHONG_SMS_THREADS", 4, 1, 256);
    webhooks_.targets.keys_directory = environment.optional("LIENTHONG_WEBHOOK_KEYS_DIR", "");
    webhooks_.targets.listed = listed_targets(environment.optional("LIENTHONG_WEBHOOK_TARGETS", ""));
    if (environment.has("LIENTHONG_WEBHOOK_CA"))
      webhooks_.targets.authorities = environment.file("LIENTHONG_WEBHOOK_CA", kWebhookAuthorities);
    if (environment.has("LIENTHONG_PORTAL_FILE")) {
      auto portal = read_portal_settings(environment.file("LIENTHONG_PORTAL_FILE", kPortal));
      if (portal) {
        portal_settings_ = *std::move(portal);
      } else {
        environment.add(std::move(portal.error()));
      }
    }
    if (!environment.has("LIENTHONG_PROVIDERS_FILE")) return;
    const auto file = environment.file("LIENTHONG_PROVIDERS_FILE", kProviders);
    auto carriers = read_providers(file);
    if (!carriers) return environment.add(std::move(carriers.error()));
    providers_ = *std::move(carriers);
    if (!providers_.receipts.empty()) receipts_address_ = environment.required("LIENTHONG_RECEIPTS_LISTEN", kReceipts);
  }

  std::vector<edition::HostedLedger> ledgers() const override {
    return {{make_machine(), false, true, ::lienthong::notification::v1::EventType_descriptor()}};
  }

  std::vector<LedgerName> other_ledgers() const override {
    const bool sends = !webhooks_.targets.keys_directory.empty() || portal_settings_;
    return sends ? std::vector<LedgerName>{kPost} : std::vector<LedgerName>{};
  }

  Result<std::vector<rpc::Service*>> open(const edition::Parts& parts) override {
    auto channel = rpc::make_channel({intake_address_, parts.settings.tls, ""});
    if (!channel) return failure(std::move(channel.error()));
    contacts_.emplace(std::make_unique<rpc::Client>(*std::move(channel), parts.process));
    auto& gateway = parts.host.gateway("notification");
    sender_.emplace(SenderParts{gateway, parts.rules, parts.clock, *contacts_, std::move(providers_.carriers)});
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
    std::vector<OwnDestination> own;
    if (portal_settings_) {
      portal_.emplace(*portal_settings_, PortalParts{gateway, parts.rules, parts.clock, *contacts_});
      own.push_back(portal_->destination());
    }
    if (!webhooks_.targets.keys_directory.empty() || !own.empty()) {
      auto ledgers = event_ledgers(parts.settings.province);
      if (!ledgers) return failure(std::move(ledgers.error()));
      engine_.emplace(WebhookParts{gateway, parts.rules, parts.clock, parts.ports.log(), parts.alarms, parts.process,
                                   parts.settings.province, *std::move(ledgers), std::move(own)},
                      webhooks_);
    }
    if (!providers_.receipts.empty()) {
      receipts_.emplace(ReceiptParts{gateway, parts.ports.query(), parts.clock, parts.process});
      auto opened = open_door(parts);
      if (!opened) return failure(std::move(opened.error()));
    }
    webhook_api_.emplace(WebhookApiParts{gateway, parts.ports.query(), parts.clock, parts.rules, parts.reads, digest_key_,
                                         engine_ ? &*engine_ : nullptr});
    auto services = api_->services();
    services.push_back(webhook_api_->service());
    return services;
  }

  void collect(observe::Metrics& metrics) override {
    if (engine_) engine_->collect(metrics);
  }

  void stop() override {
    if (runner_) runner_->stop();
    if (engine_) engine_->stop();
    door_.reset();
  }

 private:
  /// Providers reach the door from outside: over TLS, with the certificate of the process, wherever that has one.
  Result<void> open_door(const edition::Parts& parts) {
    http::DoorSettings settings;
    settings.address = receipts_address_;
    if (parts.settings.tls) {
      settings.certificate = text_of(parts.settings.tls->certificate);
      settings.private_key = text_of(parts.settings.tls->key);
    }
    std::vector<http::Entrance> entrances;
    for (const auto& entrance : providers_.receipts) {
      entrances.push_back({"/receipts/" + entrance.provider,
                           {},
                           entrance.keys_file,
                           [this, provider = entrance.provider](const auto& message, const auto& stopping) {
                             return receipts_->take(provider, message, stopping);
                           }});
    }
    auto door = http::SignedDoor::open(std::move(settings), std::move(entrances), parts.clock);
    if (!door) return failure(std::move(door.error()));
    door_ = *std::move(door);
    return {};
  }

  crypto::Key digest_key_;
  std::string intake_address_;
  std::size_t email_threads_ = 0;
  std::size_t sms_threads_ = 0;
  Providers providers_;
  std::string receipts_address_;
  std::optional<IntakeContacts> contacts_;
  std::optional<Sender> sender_;
  // Goes before what its threads use.
  std::optional<ledger::EffectRunner> runner_;
  std::optional<NotificationApi> api_;
  WebhookSettings webhooks_;
  std::optional<PortalSettings> portal_settings_;
  std::optional<PortalSync> portal_;
  std::optional<WebhookEngine> engine_;
  std::optional<WebhookApi> webhook_api_;
  std::optional<ReceiptTaker> receipts_;
  std::unique_ptr<http::SignedDoor> door_;
};

}  // namespace

std::unique_ptr<edition::HostedService> make_service() { return std::make_unique<Service>(); }

shared_kernel::api::ParkedLedger parked_ledger() {
  return {make_machine(), ::lienthong::notification::v1::EventType_descriptor(),
          &::lienthong::notification::v1::StoredDossier::default_instance()};
}

}  // namespace lienthong::notification
