#include "platform/sqlite/interlock.h"

#include "platform/sqlite/log_file.h"

#include <utility>

namespace lienthong::sqlite {

Result<void> make_ledgers(const std::string& path, const ports::Installation& installation, ports::Entropy& entropy,
                          Instant now) {
  try {
    LogFile file(path);
    Transaction transaction(file.database());
    for (const auto& plan : installation.ledgers) {
      const auto found = file.partition_count(plan.ledger);
      if (found != 0 && found != plan.partition_count) {
        return failure(ports::difference(LedgerPartition{plan.ledger, 0}.topic(), "partition_count", std::to_string(found),
                                         std::to_string(plan.partition_count), "Số phân vùng không đổi được; chọn tệp mới.",
                                         "The number of partitions never changes; choose a new file."));
      }
      for (std::uint32_t p = 0; p < plan.partition_count; ++p) {
        const LedgerPartition partition{plan.ledger, p};
        if (file.end(partition) > 0) continue;
        file.append(partition, ports::make_genesis(installation, partition, plan.partition_count, "", entropy, now), now);
      }
    }
    transaction.commit();
    return {};
  } catch (const DatabaseFailure& failed) {
    return failure(unavailable(path, failed));
  }
}

Result<ports::InterlockReport> check_ledgers(const std::string& path, const std::vector<LedgerName>& ledgers) {
  try {
    LogFile file(path);
    ports::InterlockReport report;
    for (const auto& ledger : ledgers) {
      const auto count = file.partition_count(ledger);
      if (count == 0) ports::check_genesis({ledger, 0}, 0, "", nullptr, report);
      for (std::uint32_t p = 0; p < count; ++p) {
        const LedgerPartition partition{ledger, p};
        block::BlockPtr first;
        if (auto stored = file.read(partition, 0))
          first = block::parse(partition, std::move(stored->record)).value_or(nullptr);
        ports::check_genesis(partition, count, "", first, report);
      }
    }
    ports::check_agreement(report);
    return report;
  } catch (const DatabaseFailure& failed) {
    return failure(unavailable(path, failed));
  }
}

}  // namespace lienthong::sqlite
