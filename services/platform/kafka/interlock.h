#pragma once

#include "platform/kafka/admin.h"
#include "platform/ports/installation.h"

#include <string>
#include <vector>

namespace lienthong::kafka {

/// Creates the topics of the ledgers with their settings and writes block 0 of every partition that is empty.
/// Idempotent: what is there is left; a ledger with another number of partitions is kFailedPrecondition.
/// Only one process at a time may do this.
Result<void> make_ledgers(Admin& admin, const ports::Installation& installation, ports::Entropy& entropy, Instant now);

/// Compares topics, their settings, block 0 and the cluster with each other (ledger.md 10). Replication is compared with
/// what block 0 says the installation was made for. Errors: those of Admin when Kafka can't be asked; a missing topic is a
/// difference, not an error.
Result<ports::InterlockReport> check_ledgers(Admin& admin, const std::vector<LedgerName>& ledgers);

/// Creates a compacted topic for records that can be erased. Idempotent; another number of partitions is
/// kFailedPrecondition.
Result<void> make_compacted_topic(Admin& admin, const std::string& topic, std::uint32_t partition_count,
                                  const ports::Installation& installation);

/// Adds to the report what differs between a compacted topic and the ledger it stands beside: partitions, replication,
/// settings. The ledger's block 0 must be in the report, otherwise nothing is compared. Errors: as check_ledgers.
Result<void> check_compacted_topic(Admin& admin, const std::string& topic, const LedgerName& beside,
                                   ports::InterlockReport& report);

}  // namespace lienthong::kafka
