#include "tools/ltctl/ledger_genesis.h"

#include "intake/adapters/key_topic.h"
#include "platform/kafka/admin.h"
#include "platform/kafka/interlock.h"
#include "platform/observe/system_entropy.h"
#include "platform/relay/public_events.h"
#include "platform/sqlite/interlock.h"
#include "tools/ltctl/ledger_ports.h"

#include <algorithm>
#include <filesystem>
#include <memory>

namespace lienthong::ltctl {
namespace {

struct GenesisOptions {
  std::uint32_t partitions = 0;
  std::uint32_t replication_factor = 1;
  std::uint32_t min_insync_replicas = 1;
};

Instant wall_now() {
  return {std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

ports::Installation installation_of(const GenesisOptions& options) {
  ports::Installation installation;
  for (const auto& ledger : all_ledgers())
    installation.ledgers.push_back({ledger, ledger == kCatalogueLedger ? 1 : options.partitions});
  installation.replication_factor = options.replication_factor;
  installation.min_insync_replicas = options.min_insync_replicas;
  return installation;
}

/// What each process may do on the broker; `lienthong` runs all services in one process.
std::vector<kafka::Permission> permissions() {
  constexpr const char* kAllInOne = "lienthong";
  constexpr const char* kCatalogueHost = "routing";
  std::vector<kafka::Permission> all;
  const auto add = [&all](const std::string& principal, const LedgerName& own, const std::vector<LedgerName>& foreign) {
    for (auto& permission : kafka::service_permissions(principal, own, foreign)) all.push_back(std::move(permission));
    for (const auto operation : {kafka::Permission::Operation::kWrite, kafka::Permission::Operation::kDescribeConfigs})
      all.push_back({principal, kafka::Permission::Resource::kTopic, relay::kPublicTopic, false, operation});
  };
  for (const auto& machine : all_machines()) {
    const auto own = machine->name();
    std::vector<LedgerName> foreign;
    for (const auto& [source, mask] : machine->sources()) foreign.push_back(source);
    // It sends the events of all ledgers to subscribers.
    if (own == "notification") foreign.push_back("postal-dispatch");
    if (own != kCatalogueLedger) foreign.emplace_back(kCatalogueLedger);
    // Intake shows the free texts of all services, which stand sealed in their ledgers.
    if (own == "intake") foreign.emplace_back("agency-processing");
    add(own == kCatalogueLedger ? kCatalogueHost : own, own, foreign);
    add(kAllInOne, own, {});
  }
  // Reads all, writes none of them.
  add("monitoring", "monitoring", all_ledgers());
  return all;
}

std::uint32_t intake_partitions(const ports::Installation& installation) {
  const auto intake = std::find_if(installation.ledgers.begin(), installation.ledgers.end(),
                                   [](const ports::LedgerPlan& plan) { return plan.ledger == "intake"; });
  return intake == installation.ledgers.end() ? 1 : intake->partition_count;
}

Result<void> make_in_kafka(const Settings& settings, const ports::Installation& installation) {
  auto admin = kafka::Admin::open(kafka_settings(settings));
  if (!admin) return failure(admin.error());
  if (auto ready = (*admin)->wait_until_ready(std::chrono::seconds(60)); !ready) return ready;
  observe::SystemEntropy entropy;
  if (auto made = kafka::make_ledgers(**admin, installation, entropy, wall_now()); !made) return made;
  const auto partitions = intake_partitions(installation);
  const auto keys =
      kafka::make_topic_beside(**admin, intake::kKeyTopic, kafka::BesideKind::kCompacted, partitions, installation);
  if (!keys) return keys;
  const auto events =
      kafka::make_topic_beside(**admin, relay::kPublicTopic, kafka::BesideKind::kPublic, partitions, installation);
  if (!events) return events;
  return settings.kafka_tls ? (*admin)->allow(permissions()) : Result<void>();
}

Result<void> make_in_file(const Settings& settings, const ports::Installation& installation) {
  std::error_code failed;
  std::filesystem::create_directories(settings.data_dir, failed);
  observe::SystemEntropy entropy;
  return sqlite::make_ledgers(settings.log_file(), installation, entropy, wall_now());
}

void genesis(Session& session, GenesisOptions options) {
  if (options.partitions == 0) options.partitions = session.settings.partitions;
  const auto installation = installation_of(options);
  const auto made = session.settings.ledger_in_kafka ? make_in_kafka(session.settings, installation)
                                                     : make_in_file(session.settings, installation);
  if (!made) return session.fail(made.error());
  const std::string where =
      session.settings.ledger_in_kafka ? session.settings.kafka_bootstrap : session.settings.log_file();
  const std::string n = std::to_string(options.partitions);
  if (session.json()) {
    session.show(Table({""}), {{"ledgers", all_ledgers()}, {"partitions", options.partitions}, {"where", where}});
    return;
  }
  session.line({"Sổ cái đã sẵn sàng tại " + where + ", " + n + " phân vùng (số này cố định mãi mãi)",
                "Ledgers are ready at " + where + ", " + n + " partitions (that number is for ever)"});
  if (session.settings.ledger_in_kafka && options.replication_factor == 1) {
    session.line({"chú ý: một bản sao duy nhất (RF 1, min.insync.replicas 1): chỉ dùng trên một máy, hỏng đĩa là mất sổ",
                  "note: a single copy (RF 1, min.insync.replicas 1): for one machine only, a lost disk is a lost ledger"});
  }
}

}  // namespace

void add_genesis_command(CLI::App& ledger, Session& session) {
  auto options = std::make_shared<GenesisOptions>();
  auto* command =
      ledger.add_subcommand("genesis", "Tạo sổ cái, không đụng tới sổ đã có · make ledgers, those that exist are left");
  command->add_option("--partitions", options->partitions, "số phân vùng, cố định mãi mãi · number of partitions, for ever")
      ->check(CLI::Range(1, 1024));
  command
      ->add_option("--replication-factor", options->replication_factor,
                   "1 trên một máy, 3 trong cụm · 1 on one machine, 3 in a cluster")
      ->check(CLI::Range(1, 9));
  command
      ->add_option("--min-insync-replicas", options->min_insync_replicas,
                   "1 trên một máy, 2 trong cụm · 1 on one machine, 2 in a cluster")
      ->check(CLI::Range(1, 9));
  command->callback([&session, options] { genesis(session, *options); });
}

void add_kafka_ready_command(CLI::App& root, Session& session) {
  auto seconds = std::make_shared<int>(60);
  auto* command = root.add_subcommand("kafka-ready", "Chờ broker trả lời · wait until a broker answers");
  command->add_option("--seconds", *seconds, "chờ tối đa · wait at most")->check(CLI::Range(1, 3600))->capture_default_str();
  command->callback([&session, seconds] {
    auto admin = kafka::Admin::open(kafka_settings(session.settings), std::chrono::seconds(*seconds));
    if (!admin) return session.fail(admin.error());
    if (auto ready = (*admin)->wait_until_ready(std::chrono::seconds(*seconds)); !ready) return session.fail(ready.error());
    session.line({"broker tại " + session.settings.kafka_bootstrap + " đã trả lời",
                  "the broker at " + session.settings.kafka_bootstrap + " answers"});
  });
}

}  // namespace lienthong::ltctl
