#include "shared_kernel/api/parked_service.h"

#include "platform/observe/audit_file.h"

#include <optional>
#include <utility>

namespace lienthong::shared_kernel::api {
namespace {

class Service final : public edition::HostedService {
 public:
  explicit Service(std::vector<ParkedLedger> ledgers) : ledgers_(std::move(ledgers)) {}

  void read_settings(edition::Environment&) override {}
  std::vector<edition::HostedLedger> ledgers() const override { return {}; }

  Result<std::vector<rpc::Service*>> open(const edition::Parts& parts) override {
    auto audit = observe::AuditFile::open(parts.settings.ledger.data_dir + "/audit.log", parts.clock);
    if (!audit) return failure(std::move(audit.error()));
    audit_ = *std::move(audit);
    auto& host = parts.host;
    const auto gateway = [&host](const LedgerName& name) -> ledger::Gateway& { return host.gateway(name); };
    api_.emplace(ParkedApiParts{ledgers_, gateway, parts.ports.query(), parts.ports.log(), parts.clock, parts.rules,
                                parts.reads, [this](const ParkedAudit& record) { return audited(record); }});
    return std::vector<rpc::Service*>{api_->service()};
  }

 private:
  bool audited(const ParkedAudit& record) {
    return audit_->write({{"principal", record.principal},
                          {"actor", record.actor},
                          {"action", record.action},
                          {"ledger", record.ledger},
                          {"dossier", record.dossier},
                          {"event", record.event},
                          {"reason_code", record.reason_code},
                          {"note", record.note}});
  }

  std::vector<ParkedLedger> ledgers_;
  std::unique_ptr<observe::AuditFile> audit_;
  std::optional<ParkedApi> api_;
};

}  // namespace

std::unique_ptr<edition::HostedService> make_parked_service(std::vector<ParkedLedger> ledgers) {
  return std::make_unique<Service>(std::move(ledgers));
}

}  // namespace lienthong::shared_kernel::api
