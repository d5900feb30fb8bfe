#include "platform/ports/installation.h"

namespace lienthong::ports {
namespace {

constexpr const char* kCureVi = "Trỏ cấu hình về đúng hệ thống, hoặc tạo sổ mới bằng `ltctl ledger genesis`.";
constexpr const char* kCureEn =
    "Point the configuration at the right installation, or make a new one with `ltctl ledger genesis`.";

std::string place(const LedgerPartition& partition) {
  return partition.topic() + "[" + std::to_string(partition.partition) + "]";
}

}  // namespace

Error difference(const std::string& where, const std::string& setting, const std::string& found, const std::string& wanted,
                 const std::string& cure_vi, const std::string& cure_en) {
  return {ErrorCode::kFailedPrecondition, "INTERLOCK",
          where + ": " + setting + " là " + found + ", phải là " + wanted + ". " + cure_vi,
          where + ": " + setting + " is " + found + ", must be " + wanted + ". " + cure_en};
}

block::Record make_genesis(const Installation& installation, const LedgerPartition& partition, std::uint32_t partition_count,
                           const std::string& cluster_id, Entropy& entropy, Instant now) {
  block::v1::Genesis genesis;
  genesis.set_ledger_id(std::string(entropy.salt().view()));
  genesis.set_topic(partition.topic());
  genesis.set_partition(partition.partition);
  genesis.set_partition_count(partition_count);
  genesis.set_format(block::kFormat);
  genesis.set_partition_function(std::string(kPartitionFunction));
  genesis.set_replication_factor(installation.replication_factor);
  genesis.set_min_insync_replicas(installation.min_insync_replicas);
  genesis.set_cluster_id(cluster_id);
  return block::genesis(genesis, now);
}

void check_genesis(const LedgerPartition& partition, std::uint32_t partition_count, const std::string& cluster_id,
                   const block::BlockPtr& first, InterlockReport& report) {
  const auto expect = [&](const std::string& setting, const std::string& found, const std::string& wanted) {
    if (found != wanted)
      report.differences.push_back(difference(place(partition), setting, found, wanted, kCureVi, kCureEn));
  };
  if (!first || first->core().kind() != block::v1::Core::KIND_GENESIS) {
    report.differences.push_back(difference(place(partition), "genesis", first ? "another block" : "missing", "block 0",
                                            "Tạo sổ bằng `ltctl ledger genesis`.", "Make it with `ltctl ledger genesis`."));
    return;
  }
  const auto& genesis = first->core().genesis();
  expect("topic", genesis.topic(), partition.topic());
  expect("partition", std::to_string(genesis.partition()), std::to_string(partition.partition));
  expect("partition_count", std::to_string(partition_count), std::to_string(genesis.partition_count()));
  expect("partition_function", genesis.partition_function(), std::string(kPartitionFunction));
  expect("cluster_id", cluster_id, genesis.cluster_id());
  if (genesis.format() > block::kFormat) {
    report.differences.push_back(difference(place(partition), "format", std::to_string(genesis.format()),
                                            "<= " + std::to_string(block::kFormat), "Cài bản phần mềm mới hơn.",
                                            "Install a newer release."));
  }
  report.genesis[partition] = first;
}

void check_agreement(InterlockReport& report) {
  std::uint32_t shared = 0;
  for (const auto& [partition, block] : report.genesis) {
    const auto count = block->core().genesis().partition_count();
    if (count == 1) continue;
    if (shared == 0) shared = count;
    if (count == shared) continue;
    report.differences.push_back(
        difference(place(partition), "partition_count", std::to_string(count), std::to_string(shared), kCureVi, kCureEn));
  }
}

}  // namespace lienthong::ports
