#include "tools/ltctl/ledger_ports.h"

#include "agency_processing/adapters/machine_codec.h"
#include "catalogue/adapters/catalogue_store.h"
#include "catalogue/adapters/release_codec.h"
#include "intake/adapters/machine_codec.h"
#include "notification/adapters/machine_codec.h"
#include "platform/kafka/kafka_log.h"
#include "platform/redis/redis_projection.h"
#include "platform/sqlite/sqlite_log.h"
#include "platform/sqlite/sqlite_projection.h"
#include "postal_dispatch/adapters/machine_codec.h"
#include "routing/adapters/machine_codec.h"

#include <utility>

namespace lienthong::ltctl {
namespace {

/// Gives a concrete implementation of a port as the port.
template <class Port, class Concrete>
Result<std::unique_ptr<Port>> as_port(Result<std::unique_ptr<Concrete>> opened) {
  if (!opened) return failure(std::move(opened.error()));
  return std::unique_ptr<Port>(*std::move(opened));
}

}  // namespace

kafka::Settings kafka_settings(const Settings& settings) {
  kafka::Settings out{settings.kafka_bootstrap, std::nullopt, "ltctl"};
  if (settings.kafka_tls)
    out.tls = kafka::Tls{settings.kafka_tls->ca, settings.kafka_tls->certificate, settings.kafka_tls->key};
  return out;
}

Result<std::unique_ptr<ports::LogBackend>> open_log(const Settings& settings) {
  if (settings.ledger_in_kafka) {
    kafka::LogSettings log;
    log.connection = kafka_settings(settings);
    return as_port<ports::LogBackend>(kafka::KafkaLog::open(std::move(log)));
  }
  return as_port<ports::LogBackend>(sqlite::SqliteLog::open({settings.log_file()}));
}

Result<std::unique_ptr<ports::Query>> open_projection(const Settings& settings) {
  if (settings.ledger_in_kafka) {
    redis::Settings redis{settings.redis_socket, settings.redis_user, settings.redis_password_file};
    redis.timeout = std::chrono::seconds(30);
    return std::unique_ptr<ports::Query>(std::make_unique<redis::RedisProjection>(std::move(redis)));
  }
  return as_port<ports::Query>(sqlite::SqliteProjection::open(settings.projection_file()));
}

Result<std::unique_ptr<const ledger::RulesStore>> read_catalogue_ledger(LedgerReader& reader) {
  const LedgerPartition partition{LedgerName(kCatalogueLedger), 0};
  const auto end = reader.end(partition);
  if (!end) return failure(end.error());
  auto store = std::make_unique<catalogue::CatalogueStore>();
  LedgerReader::Stream stream(reader, partition, 0);
  for (Offset at = 0; at < *end; ++at) {
    auto record = stream.next();
    if (!record) return failure(record.error());
    const auto outcome = store->fold(record->offset, record->block);
    if (outcome == catalogue::CatalogueStore::Outcome::kFault || outcome == catalogue::CatalogueStore::Outcome::kStopped) {
      return failure(
          {ErrorCode::kDataLoss, "CATALOGUE_BROKEN",
           "Sổ cái danh mục đứt ở offset " + std::to_string(at) + "; hãy xem ltctl ledger dump catalogue.",
           "The catalogue's ledger is broken at offset " + std::to_string(at) + "; look at ltctl ledger dump catalogue."});
    }
  }
  return std::unique_ptr<const ledger::RulesStore>(std::move(store));
}

const std::vector<LedgerName>& all_ledgers() {
  static const std::vector<LedgerName> kLedgers = {LedgerName(kCatalogueLedger), "intake",       "routing",
                                                   "agency-processing",          "notification", "postal-dispatch"};
  return kLedgers;
}

std::vector<std::unique_ptr<const ledger::Machine>> all_machines() {
  std::vector<std::unique_ptr<const ledger::Machine>> machines;
  machines.push_back(catalogue::make_catalogue_machine());
  machines.push_back(intake::make_machine());
  machines.push_back(routing::make_machine());
  machines.push_back(agency_processing::make_machine());
  machines.push_back(notification::make_machine());
  machines.push_back(postal_dispatch::make_machine());
  return machines;
}

}  // namespace lienthong::ltctl
