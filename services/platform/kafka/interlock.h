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

/// Topics that stand beside ledgers.
enum class BesideKind {
  kCompacted,  ///< Of records that can be erased.
  kPublic,     ///< Of public events, kept for 30 days.
};

/// Creates such a topic. Idempotent; another number of partitions is kFailedPrecondition.
Result<void> make_topic_beside(Admin& admin, const std::string& topic, BesideKind kind, std::uint32_t partition_count,
                               const ports::Installation& installation);

/// Adds to the report what differs between such a topic and the ledger it stands beside: partitions, replication,
/// settings. A topic for several ledgers has at least as many partitions as each. The ledger's block 0 must be in the
/// report, otherwise nothing is compared. Errors: as check_ledgers.
Result<void> check_topic_beside(Admin& admin, const std::string& topic, BesideKind kind, const LedgerName& beside,
                                ports::InterlockReport& report);

}  // namespace lienthong::kafka
