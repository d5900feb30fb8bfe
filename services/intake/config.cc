#include "intake/config.h"

#include "intake/adapters/intake_api.h"
#include "intake/adapters/kafka_key_store.h"
#include "intake/adapters/key_topic.h"
#include "intake/adapters/machine_codec.h"
#include "intake/adapters/sqlite_key_store.h"
#include "lienthong/intake/v1/events.pb.h"
#include "lienthong/intake/v1/state.pb.h"
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

  std::vector<edition::HostedLedger> ledgers() const override {
    return {{make_machine(), false, true, intake::v1::EventType_descriptor()}};
  }

  // Free texts of all services are sealed with the dossier's key and shown by intake.
  std::vector<LedgerName> other_ledgers() const override { return {"agency-processing", "postal-dispatch", "routing"}; }

  std::vector<edition::CompactedTopicUse> compacted_topics() const override { return {{kKeyTopic, "intake"}}; }

  Result<std::vector<rpc::Service*>> open(const edition::Parts& parts) override {
    const std::string& directory = parts.settings.ledger.data_dir;
    const auto alarm = [alarms = parts.alarms](std::string_view what, std::string_view detail) {
      alarms({"intake", 0}, what, detail);
    };
    if (const auto opened = open_keys(parts, alarm); !opened) return failure(opened.error());
    auto audit = observe::AuditFile::open(directory + "/audit.log", parts.clock);
    if (!audit) return failure(std::move(audit.error()));
    audit_ = *std::move(audit);

    SealedContents::Settings sealed{directory + "/contents.sqlite", {}};
    for (const char* ledger : {"agency-processing", "intake", "postal-dispatch", "routing"}) {
      for (std::uint32_t p = 0; p < parts.settings.ledger.partitions; ++p) sealed.partitions.push_back({ledger, p});
    }
    auto contents = SealedContents::open(std::move(sealed), parts.ports.log(), *keys_, alarm);
    if (!contents) return failure(std::move(contents.error()));
    contents_ = *std::move(contents);

    api_.emplace(IntakeApiParts{parts.host.gateway("intake"), parts.ports.query(), parts.clock, parts.rules, *keys_,
                                *contents_, parts.reads, [this](const AuditRecord& record) { return audited(record); },
                                digest_key_});
    return api_->services();
  }

 private:
  Result<void> open_keys(const edition::Parts& parts, const KafkaKeyStore::Alarm& alarm) {
    const auto& ledger = parts.settings.ledger;
    if (ledger.log == edition::LedgerLog::kSqlite) {
      auto opened = SqliteKeyStore::open({ledger.data_dir + "/keys.sqlite"}, encryption_key_);
      if (!opened) return failure(std::move(opened.error()));
      keys_ = *std::move(opened);
      return {};
    }
    KafkaKeyStore::Settings settings;
    settings.topic.connection = ledger.kafka;
    settings.topic.connection.client_id = "lienthong-" + parts.process + "-keys";
    settings.topic.topic = kKeyTopic;
    settings.topic.partitions = ledger.partitions;
    settings.topic.group = "lienthong." + parts.process + ".tail";
    auto opened = KafkaKeyStore::open(settings, encryption_key_, alarm);
    if (!opened) return failure(std::move(opened.error()));
    keys_ = *std::move(opened);
    return {};
  }

  bool audited(const AuditRecord& record) {
    return audit_->write({{"principal", record.principal},
                          {"on_behalf_of", record.on_behalf_of},
                          {"dossier", record.dossier_id},
                          {"leg", std::to_string(record.leg)},
                          {"purpose", record.purpose}});
  }

  crypto::Key encryption_key_;
  crypto::Key digest_key_;
  std::unique_ptr<KeyStore> keys_;
  std::unique_ptr<observe::AuditFile> audit_;
  std::unique_ptr<SealedContents> contents_;
  std::optional<IntakeApi> api_;
};

}  // namespace

std::unique_ptr<edition::HostedService> make_service() { return std::make_unique<Service>(); }

shared_kernel::api::ParkedLedger parked_ledger() {
  return {make_machine(), ::lienthong::intake::v1::EventType_descriptor(),
          &::lienthong::intake::v1::StoredDossier::default_instance()};
}

}  // namespace lienthong::intake
