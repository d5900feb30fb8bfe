#include "agency_processing/config.h"

#include "agency_processing/adapters/agency_api.h"
#include "agency_processing/adapters/intake_contents.h"
#include "agency_processing/adapters/machine_codec.h"
#include "lienthong/agency/v1/events.pb.h"
#include "lienthong/agency/v1/state.pb.h"
#include "platform/crypto/seal.h"
#include "platform/observe/audit_file.h"
#include "platform/rpc/client.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace lienthong::agency_processing {
namespace {

constexpr Duration kDay = std::chrono::hours(24);

class Service final : public edition::HostedService {
 public:
  void read_settings(edition::Environment& environment) override {
    digest_key_ = environment.key("LIENTHONG_DIGEST_KEY_FILE", edition::kDigestKey);
    intake_address_ = environment.required("LIENTHONG_INTAKE_ADDRESS", edition::kIntakeAddress);
    content_kept_ = kDay * environment.number("LIENTHONG_CONTENT_DAYS", 30, 1, 3650);
  }

  std::vector<edition::HostedLedger> ledgers() const override {
    return {{make_machine(), false, true, agency::v1::EventType_descriptor()}};
  }

  Result<std::vector<rpc::Service*>> open(const edition::Parts& parts) override {
    auto audit = observe::AuditFile::open(parts.settings.ledger.data_dir + "/audit.log", parts.clock);
    if (!audit) return failure(std::move(audit.error()));
    audit_ = *std::move(audit);
    auto channel = rpc::make_channel({intake_address_, parts.settings.tls, ""});
    if (!channel) return failure(std::move(channel.error()));
    contents_.emplace(std::make_shared<rpc::Client>(*std::move(channel), parts.process), parts.clock);
    api_.emplace(AgencyApiParts{parts.host.gateway("agency-processing"), parts.ports.query(), parts.ports.log(), parts.clock,
                                parts.rules, *contents_, parts.reads,
                                [this](const AuditRecord& record) { return audited(record); }, digest_key_, content_kept_});
    return api_->services();
  }

  void stop() override {
    if (api_) api_->stop_streams();
  }

 private:
  bool audited(const AuditRecord& record) {
    return audit_->write({{"principal", record.principal},
                          {"agency", record.agency},
                          {"dossier", record.dossier_id},
                          {"leg", std::to_string(record.leg)},
                          {"purpose", record.purpose}});
  }

  crypto::Key digest_key_;
  std::string intake_address_;
  Duration content_kept_{0};
  std::unique_ptr<observe::AuditFile> audit_;
  std::optional<RpcIntakeContents> contents_;
  std::optional<AgencyApi> api_;
};

}  // namespace

std::unique_ptr<edition::HostedService> make_service() { return std::make_unique<Service>(); }

shared_kernel::api::ParkedLedger parked_ledger() {
  return {make_machine(), ::lienthong::agency::v1::EventType_descriptor(),
          &::lienthong::agency::v1::StoredCase::default_instance()};
}

}  // namespace lienthong::agency_processing
