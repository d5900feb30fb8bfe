#include "intake/config.h"

#include "intake/adapters/intake_api.h"
#include "intake/adapters/machine_codec.h"
#include "intake/adapters/sqlite_key_store.h"
#include "platform/crypto/seal.h"
#include "platform/observe/audit_file.h"

#include <optional>
#include <utility>

namespace lienthong::intake {
namespace {

class Service final : public edition::HostedService {
 public:
  void read_settings(edition::Environment& environment) override {
    encryption_key_ = environment.key("LIENTHONG_KEY_FILE", {"tệp khóa mã hóa nội dung", "the key-encryption key's file"});
    digest_key_ = environment.key("LIENTHONG_DIGEST_KEY_FILE", edition::kDigestKey);
  }

  std::vector<edition::HostedLedger> ledgers() const override { return {{make_machine()}}; }

  // Free texts of all services are sealed with the dossier's key and shown by intake.
  std::vector<LedgerName> other_ledgers() const override { return {"agency-processing", "routing"}; }

  Result<std::vector<rpc::Service*>> open(const edition::Parts& parts) override {
    const std::string& directory = parts.settings.ledger.data_dir;
    auto keys = SqliteKeyStore::open({directory + "/keys.sqlite"}, encryption_key_);
    if (!keys) return failure(std::move(keys.error()));
    keys_ = *std::move(keys);
    auto audit = observe::AuditFile::open(directory + "/audit.log", parts.clock);
    if (!audit) return failure(std::move(audit.error()));
    audit_ = *std::move(audit);

    SealedContents::Settings sealed{directory + "/contents.sqlite", {}};
    for (const char* ledger : {"agency-processing", "intake", "routing"}) {
      for (std::uint32_t p = 0; p < parts.settings.ledger.partitions; ++p) sealed.partitions.push_back({ledger, p});
    }
    const auto alarm = [alarms = parts.alarms](std::string_view what, std::string_view detail) {
      alarms({"intake", 0}, what, detail);
    };
    auto contents = SealedContents::open(std::move(sealed), parts.ports.log(), *keys_, alarm);
    if (!contents) return failure(std::move(contents.error()));
    contents_ = *std::move(contents);

    api_.emplace(IntakeApiParts{parts.host.gateway("intake"), parts.ports.query(), parts.clock, parts.rules, *keys_,
                                *contents_, parts.reads, [this](const AuditRecord& record) { return audited(record); },
                                digest_key_});
    return api_->services();
  }

 private:
  bool audited(const AuditRecord& record) {
    return audit_->write({{"principal", record.principal},
                          {"on_behalf_of", record.on_behalf_of},
                          {"dossier", record.dossier_id},
                          {"leg", std::to_string(record.leg)},
                          {"purpose", record.purpose}});
  }

  crypto::Key encryption_key_;
  crypto::Key digest_key_;
  std::unique_ptr<SqliteKeyStore> keys_;
  std::unique_ptr<observe::AuditFile> audit_;
  std::unique_ptr<SealedContents> contents_;
  std::optional<IntakeApi> api_;
};

}  // namespace

std::unique_ptr<edition::HostedService> make_service() { return std::make_unique<Service>(); }

}  // namespace lienthong::intake
