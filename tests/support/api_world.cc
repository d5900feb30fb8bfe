#include "tests/support/api_world.h"

#include "agency_processing/adapters/machine_codec.h"
#include "catalogue/adapters/catalogue_yaml.h"
#include "intake/adapters/machine_codec.h"
#include "platform/crypto/sha256.h"
#include "platform/observe/system_entropy.h"
#include "platform/ports/installation.h"
#include "platform/sqlite/sole_ownership.h"
#include "routing/adapters/machine_codec.h"
#include "shared_kernel/dossier_id.h"

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

namespace lienthong::test_support {
namespace {

class NoSink final : public ports::LogSink {
  void on_log(ports::LogMessage) override {}
};

const crypto::Key kServiceKey = crypto::random_key();

shared_kernel::CatalogueContents contents_of_catalogue() {
  auto reading = catalogue::read_catalogue_directory(LIENTHONG_SOURCE_DIR "/deploy/catalogue");
  shared_kernel::Grant grant{{"H47.22.03"}, {}, {}};
  for (const auto action : shared_kernel::kActions) grant.actions.insert(action);
  reading.contents.principals.push_back({"elsewhere", {"elsewhere"}, "H47.22.03", {grant}});
  return std::move(reading.contents);
}

}  // namespace

FixedRules::FixedRules(std::shared_ptr<const shared_kernel::Catalogue> catalogue) {
  version_.cursor = {1, 1, 1, crypto::sha256({"catalogue"})};
  version_.version = catalogue->version();
  version_.rules = std::move(catalogue);
}

std::optional<ledger::RulesVersion> FixedRules::find(const Cursor& cursor) const {
  return cursor == version_.cursor ? std::optional(version_) : std::nullopt;
}

std::shared_ptr<const shared_kernel::Catalogue> demonstration_catalogue() {
  return *shared_kernel::Catalogue::make(1, contents_of_catalogue());
}

bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

ApiWorld::ApiWorld() {
  const ports::Installation installation{{{"intake", kPartitions},
                                          {"routing", kPartitions},
                                          {"agency-processing", kPartitions},
                                          {"postal-dispatch", kPartitions},
                                          {"catalogue", 1}},
                                         1,
                                         1};
  {
    observe::SystemEntropy entropy;
    NoSink sink;
    const auto attachment = log_.attach(sink);
    for (const auto& plan : installation.ledgers) {
      for (std::uint32_t p = 0; p < plan.partition_count; ++p) {
        attachment->append({plan.ledger, p},
                           ports::make_genesis(installation, {plan.ledger, p}, plan.partition_count, "", entropy, {1}),
                           p + 1);
      }
    }
  }
  rules_ = std::make_unique<FixedRules>(demonstration_catalogue());
  ledger::HostPorts ports{
      log_,
      projection_,
      clock_,
      [] { return std::make_unique<observe::SystemEntropy>(); },
      [](const LedgerName&, std::uint32_t count, ports::OwnershipSink& sink) -> Result<std::unique_ptr<ports::Ownership>> {
        return std::make_unique<sqlite::SoleOwnership>(sink, count);
      },
      [](const LedgerPartition& partition, std::string_view what, std::string_view detail) {
        std::cerr << partition.topic() << ' ' << what << ' ' << detail << '\n';
      }};
  ledger::HostSettings settings;
  settings.suspect_dir = directory_.path();
  host_ = *ledger::Host::start(std::move(ports), settings,
                               {{intake::make_machine(), kPartitions, rules_.get()},
                                {routing::make_machine(), kPartitions, rules_.get()},
                                {agency_processing::make_machine(), kPartitions, rules_.get()}});
  if (!host_->join() || !eventually([&] { return host_->serving(); })) std::abort();

  reads_ = std::make_unique<rpc::ReadPool>(2, 1000);
  keys_ = *intake::SqliteKeyStore::open({directory_.path() + "/keys.db"}, crypto::random_key());
  intake::SealedContents::Settings sealed{directory_.path() + "/contents.db", {}};
  for (const char* ledger : {"intake", "routing", "agency-processing"}) {
    for (std::uint32_t p = 0; p < kPartitions; ++p) sealed.partitions.push_back({ledger, p});
  }
  contents_ = *intake::SealedContents::open(sealed, log_, *keys_, [](std::string_view, std::string_view) {});
  intake_api_ = std::make_unique<intake::IntakeApi>(
      intake::IntakeApiParts{host_->gateway("intake"), projection_, clock_, *rules_, *keys_, *contents_, *reads_,
                             [this](const intake::AuditRecord& look) {
                               record("intake: " + look.principal + " for " + look.on_behalf_of + ": " + look.purpose);
                               return true;
                             },
                             kServiceKey});
  intake_server_ = *rpc::Server::start({}, intake_api_->services());
  const auto client = [this](const char* name) {
    return std::make_shared<rpc::Client>(intake_server_->in_process_channel(), name);
  };
  intake_contents_ = std::make_unique<agency_processing::RpcIntakeContents>(client("agency-processing"), clock_);
  routing_contents_ = std::make_unique<agency_processing::RpcIntakeContents>(client("routing"), clock_);
  start_server();
}

void ApiWorld::start_server() {
  agency_processing::AgencyApiParts parts{
      host_->gateway("agency-processing"),
      projection_,
      log_,
      clock_,
      *rules_,
      *intake_contents_,
      *reads_,
      [this](const agency_processing::AuditRecord& look) {
        record("agency: " + look.principal + " for " + look.agency + ": " + look.purpose);
        return true;
      },
      kServiceKey,
      content_kept_};
  parts.feed.heartbeat = std::chrono::milliseconds(300);
  agency_api_ = std::make_unique<agency_processing::AgencyApi>(std::move(parts));
  routing_api_ = std::make_unique<routing::RoutingApi>(routing::RoutingApiParts{
      host_->gateway("routing"), projection_, clock_, *rules_, *reads_,
      [this](const std::string& dossier, auto done) { routing_contents_->key(dossier, std::move(done)); }, kServiceKey});
  auto services = agency_api_->services();
  for (auto* service : routing_api_->services()) services.push_back(service);
  server_ = *rpc::Server::start({}, services);
  server_->set_serving(true);
}

void ApiWorld::restart_agency_api(Duration content_kept) {
  content_kept_ = content_kept;
  agency_api_->stop_streams();
  server_.reset();
  retired_.push_back(std::move(agency_api_));
  start_server();
}

ApiWorld::~ApiWorld() {
  agency_api_->stop_streams();
  server_.reset();
  intake_server_.reset();
  host_->stop();
  reads_.reset();
}

std::string ApiWorld::next_uuid() {
  RequestId id;
  const auto millis = static_cast<std::uint64_t>(clock_.now().micros / 1000);
  for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(millis >> (40 - 8 * i));
  id.bytes[6] = 0x70;
  const auto count = ++uuids_;
  for (std::size_t i = 0; i < 4; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(count >> (8 * i));
  return shared_kernel::format_uuid(id);
}

std::vector<std::string> ApiWorld::audited() const {
  const std::lock_guard lock(audit_mutex_);
  return audit_;
}

void ApiWorld::record(const std::string& line) {
  const std::lock_guard lock(audit_mutex_);
  audit_.push_back(line);
}

}  // namespace lienthong::test_support
