#pragma once

#include "platform/block/block.h"
#include "platform/ports/clock.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lienthong::ports {

/// How a home key chooses its partition: u64_be(SHA-256(home key)[0..8]) mod N. Recorded at genesis.
inline constexpr std::string_view kPartitionFunction = "sha256-u64be-mod";

struct LedgerPlan {
  LedgerName ledger;
  std::uint32_t partition_count = 1;
};

/// What an installation is made for; recorded in block 0 of every partition.
struct Installation {
  std::vector<LedgerPlan> ledgers;
  std::uint32_t replication_factor = 1;
  std::uint32_t min_insync_replicas = 1;
};

/// What a start-up check found. Empty `differences`: the service may start.
struct InterlockReport {
  /// Block 0 of every partition that has one.
  std::map<LedgerPartition, block::BlockPtr> genesis;
  /// Each names topic, setting, found, wanted and cure.
  std::vector<Error> differences;
};

/// A setting that is not as it must be.
Error difference(const std::string& where, const std::string& setting, const std::string& found, const std::string& wanted,
                 const std::string& cure_vi, const std::string& cure_en);

/// Block 0 for one partition, with a ledger id drawn from `entropy`.
block::Record make_genesis(const Installation& installation, const LedgerPartition& partition, std::uint32_t partition_count,
                           const std::string& cluster_id, Entropy& entropy, Instant now);

/// Compares the first record of a partition with what the partition must have been made for; adds to the report.
/// `first` is null when the partition is empty or its first record can't be read.
void check_genesis(const LedgerPartition& partition, std::uint32_t partition_count, const std::string& cluster_id,
                   const block::BlockPtr& first, InterlockReport& report);

/// Adds a difference when genesis blocks of ledgers do not agree on what they share (all but the one-partition ledgers have
/// one N).
void check_agreement(InterlockReport& report);

}  // namespace lienthong::ports
