#include "postal_dispatch/config.h"

#include "lienthong/intake/v1/intake_service.pb.h"
#include "lienthong/postal/v1/events.pb.h"
#include "lienthong/postal/v1/state.pb.h"
#include "platform/crypto/seal.h"
#include "platform/http/signed_door.h"
#include "platform/ledger/effect_runner.h"
#include "platform/rpc/client.h"
#include "postal_dispatch/adapters/carrier_orders.h"
#include "postal_dispatch/adapters/carrier_settings.h"
#include "postal_dispatch/adapters/carriers_yaml.h"
#include "postal_dispatch/adapters/lane_times.h"
#include "postal_dispatch/adapters/machine_codec.h"
#include "postal_dispatch/adapters/postal_api.h"
#include "postal_dispatch/adapters/scan_feed.h"
#include "postal_dispatch/adapters/teller.h"
#include "shared_kernel/adapters/values_codec.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace lienthong::postal_dispatch {
namespace {

using shared_kernel::api::ContentKey;

constexpr Duration kKeyAnswerMax = std::chrono::seconds(5);
constexpr std::size_t kTellingThreads = 2;
constexpr edition::Environment::Meaning kDoor{"địa chỉ nhận lượt quét do hãng gửi tới",
                                              "where carriers push their scans to"};

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

Addresses addresses_of_intake(std::shared_ptr<rpc::Client> intake) {
  return [intake = std::move(intake)](const DossierName& dossier, std::uint32_t shipment,
                                      const SealedRef& address) -> Result<v1::Address> {
    ::lienthong::intake::v1::GetAddressRequest request;
    request.set_dossier_id(shared_kernel::format_dossier_name(dossier));
    request.set_purpose("shipment " + std::to_string(shipment));
    shared_kernel::wire::encode(address, *request.mutable_address());
    auto promise = std::make_shared<std::promise<Result<v1::Address>>>();
    auto answer = promise->get_future();
    intake->call<::lienthong::intake::v1::GetAddressResponse>(
        "/lienthong.intake.v1.ContactService/GetAddress", request, kKeyAnswerMax,
        [promise](const Result<::lienthong::intake::v1::GetAddressResponse>& reply) {
          if (!reply) return promise->set_value(failure(reply.error()));
          promise->set_value(reply->address());
        });
    return answer.get();
  };
}

/// Tells between lanes, reads tables and orders with carriers, each by its own threads.
class PostEffects final : public ledger::EffectSink {
 public:
  PostEffects(ledger::EffectRunner& tellings, CarrierOrders* orders) : tellings_(tellings), orders_(orders) {}
  void start(ledger::EffectCall call) override {
    const auto type = static_cast<IntentType>(call.type);
    const bool order = type == IntentType::kPlaceOrder || type == IntentType::kCancelOrder;
    if (order && orders_ != nullptr) return orders_->start(std::move(call));
    tellings_.start(std::move(call));
  }
  void drop(const LedgerPartition& partition) override {
    tellings_.drop(partition);
    if (orders_ != nullptr) orders_->drop(partition);
  }

 private:
  ledger::EffectRunner& tellings_;
  CarrierOrders* orders_;
};

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
    auto settings = read_carrier_settings(directory);
    if (!settings) return environment.add(std::move(settings.error()));
    for (auto& one : *settings) {
      auto connection = make_http_connection(one.http);
      connected_.push_back({std::move(one), std::move(connection)});
    }
    order_threads_ = environment.number("LIENTHONG_CARRIER_THREADS", 4, 1, 256);
    const bool pushed = std::any_of(connected_.begin(), connected_.end(),
                                    [](const auto& one) { return !one.settings.push_keys_file.empty(); });
    if (pushed) door_address_ = environment.required("LIENTHONG_CARRIERS_LISTEN", kDoor);
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
    const auto report = [&host = parts.host](const auto& partition, auto outcome) {
      host.report(partition, std::move(outcome));
    };
    const auto unknown = [alarms = parts.alarms](const ledger::EffectCall& call) {
      alarms(call.key.partition, "INTENT_WITHOUT_EXECUTOR", "intent type " + std::to_string(call.type));
    };
    tellings_.emplace(lines(), report, unknown);
    api_.emplace(PostalApiParts{gateway, parts.ports.query(), parts.clock, parts.rules, parts.reads, carriers_,
                                keys_of_intake(intake), digest_key_});
    if (!connected_.empty()) {
      const CarrierAlarm alarm = [alarms = parts.alarms](std::string_view what, std::string_view detail) {
        alarms({"postal-dispatch", 0}, what, detail);
      };
      std::map<std::string, ConnectedCarrier> by_name;
      for (const auto& one : connected_) by_name[one.settings.http.carrier] = one;
      orders_.emplace(
          CarrierOrdersParts{gateway, parts.rules, addresses_of_intake(intake), std::move(by_name), report, alarm, unknown},
          order_threads_);
      feed_.emplace(api_->scans(), api_->unmatched(), alarm);
      if (auto opened = open_door(parts); !opened) return failure(std::move(opened.error()));
      polls_.emplace(connected_, parts.settings.ledger.data_dir, gateway, *feed_, parts.clock, alarm);
    }
    effects_.emplace(*tellings_, orders_ ? &*orders_ : nullptr);
    parts.host.carry_out("postal-dispatch", *effects_);
    return api_->services();
  }

  void collect(observe::Metrics& out) override {
    if (orders_) orders_->collect(out);
    if (polls_) polls_->collect(out);
    if (!api_) return;
    for (const auto& carrier : carriers_.all()) {
      const auto waiting = api_->unmatched().waiting(carrier.id);
      if (!waiting) continue;
      out.gauge("lienthong_postal_unmatched_scans", "Scans of a carrier that belong to nothing known and wait for somebody.",
                {{"carrier", carrier.id}}, static_cast<double>(*waiting));
    }
  }

  void stop() override {
    if (polls_) polls_->stop();
    door_.reset();
    if (orders_) orders_->stop();
    if (tellings_) tellings_->stop();
  }

 private:
  Result<void> open_door(const edition::Parts& parts) {
    std::vector<http::Entrance> entrances;
    for (const auto& one : connected_) {
      if (!one.settings.push_keys_file.empty()) entrances.push_back(push_entrance(one.settings, *feed_));
    }
    if (entrances.empty()) return {};
    http::DoorSettings settings;
    settings.address = door_address_;
    auto door = http::SignedDoor::open(std::move(settings), std::move(entrances), parts.clock);
    if (!door) return failure(std::move(door.error()));
    door_ = *std::move(door);
    return {};
  }

  std::vector<ledger::EffectRunner::Line> lines() {
    const auto tell = [this](const ledger::EffectCall& call, const std::atomic<bool>& stopping) {
      return teller_->tell(call, stopping);
    };
    const auto find = [this](const ledger::EffectCall& call, const std::atomic<bool>&) {
      return std::optional(find_normal_time(carriers_, call.payload));
    };
    return {{static_cast<std::uint32_t>(IntentType::kTell), kTellingThreads, tell},
            {static_cast<std::uint32_t>(IntentType::kFindNormalTime), 1, find}};
  }

  crypto::Key digest_key_;
  std::string intake_address_;
  Carriers carriers_;
  std::vector<ConnectedCarrier> connected_;
  std::size_t order_threads_ = 0;
  std::string door_address_;
  std::optional<Teller> teller_;
  std::optional<ledger::EffectRunner> tellings_;
  std::optional<PostalApi> api_;
  std::optional<CarrierOrders> orders_;
  std::optional<PostEffects> effects_;
  std::optional<ScanFeed> feed_;
  std::unique_ptr<http::SignedDoor> door_;
  std::optional<ScanPolls> polls_;
};

}  // namespace

std::unique_ptr<edition::HostedService> make_service() { return std::make_unique<Service>(); }

shared_kernel::api::ParkedLedger parked_ledger() {
  return {make_machine(), ::lienthong::postal::v1::EventType_descriptor(),
          &::lienthong::postal::v1::StoredPost::default_instance()};
}

}  // namespace lienthong::postal_dispatch
