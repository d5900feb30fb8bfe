#include "platform/base/encoding.h"
#include "platform/sqlite/sqlite_log.h"
#include "tools/ltctl/ledger_ports.h"
#include "tools/ltctl/ledger_reader.h"
#include "tools/ltctl/ledger_verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace lienthong::ltctl {
namespace {

// Ledgers of 200 dossiers of the demonstration, as the embedded edition wrote them on 2026-11-25, and what their fold was
// then. A change that breaks this test can't read what is kept in offices: raise the format, keep the old reader, add a new
// ledger.
const std::map<std::string, std::string>& state_hashes() {
  static const std::map<std::string, std::string> hashes = {
      {"catalogue/0", "ef0f25dadb3cb23e850e99b2916f26f6eb7abf355b06541a3a1658a9c9efc0f6"},
      {"intake/0", "0d1f0010b6c4eaed1ad3aaf7990add3f5104923bef004dcc5c269303e4b306c7"},
      {"intake/1", "7470b598c3e5233faac40537d373999cb085ff60b4e5e714b086e780c6e51db3"},
      {"routing/0", "eba5a94188343c567758bd372886ff86a87f1a635a3d275b7398f86b9079fe9f"},
      {"routing/1", "923846b68e0db906354998dea5e7e56c7e96c13ba043c7b0d5b1c33fd1b8f3fb"},
      {"agency-processing/0", "1c1e34fcdc6cfbbc45ebb0e5974b614fa608dedd06f329d9dacb02e62f461953"},
      {"agency-processing/1", "f609094695d5a01880891a61a44e0732c9f6320585202beb9a99d88b7d917378"}};
  return hashes;
}

TEST(GoldenLedgerTest, FoldsTheLedgersOfTwoHundredDossiersToTheStatesTheyHadWhenTheyWereWritten) {
  // The reader opens a log for writing too: it works on a copy.
  const std::filesystem::path copy = std::filesystem::path(::testing::TempDir()) / "golden-ledgers.sqlite";
  std::filesystem::copy_file(LIENTHONG_GOLDEN_LEDGER, copy, std::filesystem::copy_options::overwrite_existing);
  auto log = sqlite::SqliteLog::open({copy.string()});
  ASSERT_TRUE(log) << log.error().message_en;
  LedgerReader reader(**log);
  const auto rules = read_catalogue_ledger(reader);
  ASSERT_TRUE(rules) << rules.error().message_en;

  std::map<std::string, std::string> found;
  std::uint64_t dossiers = 0;
  for (const auto& machine : all_machines()) {
    // Ledgers that came later are not in it.
    if (!state_hashes().contains(machine->name() + "/0")) continue;
    const bool is_catalogue = machine->name() == kCatalogueLedger;
    const auto partitions = partition_count(reader, machine->name());
    ASSERT_TRUE(partitions) << partitions.error().message_en;
    for (std::uint32_t p = 0; p < *partitions; ++p) {
      const ServiceUnderCheck service{*machine, is_catalogue ? nullptr : rules->get()};
      const auto report = verify_partition(reader, service, {machine->name(), p}, {});
      EXPECT_EQ(report.difference_count, 0U) << (report.differences.empty() ? "" : report.differences.front().what_en);
      EXPECT_EQ(report.decided_again + report.folded_only, report.decisions);
      if (machine->name() == "intake") dossiers += report.dossiers;
      ASSERT_TRUE(report.state_hash);
      found[machine->name() + "/" + std::to_string(p)] = to_hex(report.state_hash->view());
    }
  }
  EXPECT_EQ(dossiers, 200U);
  EXPECT_EQ(found, state_hashes());
  std::filesystem::remove(copy);
}

}  // namespace
}  // namespace lienthong::ltctl
