#pragma once

#include "platform/kafka/settings.h"
#include "platform/ledger/machine.h"
#include "platform/ledger/rules_store.h"
#include "platform/ports/log.h"
#include "platform/ports/projection.h"
#include "tools/ltctl/ledger_reader.h"
#include "tools/ltctl/settings.h"

#include <memory>
#include <vector>

namespace lienthong::ltctl {

kafka::Settings kafka_settings(const Settings& settings);
/// The log the settings name: Kafka, or the SQLite file of the embedded edition.
/// Errors: kUnavailable (file), kInvalidArgument (settings).
Result<std::unique_ptr<ports::LogBackend>> open_log(const Settings& settings);
/// The projection the settings name: Redis, or the SQLite file of the embedded edition. Errors: as open_log.
Result<std::unique_ptr<ports::Query>> open_projection(const Settings& settings);

/// All releases of the catalogue, folded from its ledger. Errors: kUnavailable; kDataLoss when its chain is broken.
Result<std::unique_ptr<const ledger::RulesStore>> read_catalogue_ledger(LedgerReader& reader);

/// Names of all ledgers of the system.
const std::vector<LedgerName>& all_ledgers();
/// The decision logic of every service with a ledger.
std::vector<std::unique_ptr<const ledger::Machine>> all_machines();
inline constexpr std::string_view kCatalogueLedger = "catalogue";

}  // namespace lienthong::ltctl
