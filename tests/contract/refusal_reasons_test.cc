#include "lienthong/api/v1/api.pb.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

/// A caller acts upon `ErrorInfo.reason`, so every reason that a call can be refused with stands in the contract with its
/// cure.
namespace lienthong {
namespace {

std::set<std::string> reasons_in(const std::filesystem::path& services) {
  const std::regex refusal(
      R"re((?:ErrorCode::k\w+,\s*|precondition\(\s*|InputSetAside\{[^}]*"\s*,\s*|answer_unavailable\([^;]*|refuse_waiting\()"([A-Z][A-Z_]+)")re");
  // Of alarms, tools and failed starts: they reach the operator, never a caller.
  const std::set<std::string> not_answered = {"ADDRESS_MISSING", "ADDRESS_TAKEN",  "INTERLOCK", "KAFKA_DENIED",
                                              "KAFKA_ERROR",     "KAFKA_SETTINGS", "KEY_FILE",  "LEDGER_FAULT",
                                              "SETTING",         "START",          "TLS_FILE",  "TOPIC_NOT_FOUND"};
  std::set<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(services)) {
    if (entry.path().extension() != ".cc") continue;
    std::stringstream source;
    source << std::ifstream(entry.path()).rdbuf();
    const std::string text = source.str();
    for (std::sregex_iterator at(text.begin(), text.end(), refusal), end; at != end; ++at) {
      if (!not_answered.contains((*at)[1])) out.insert((*at)[1]);
    }
  }
  return out;
}

TEST(RefusalReasonsTest, StandInTheContract) {
  const auto reasons = reasons_in(std::filesystem::path(LIENTHONG_SOURCE_DIR) / "services");
  EXPECT_GT(reasons.size(), 100U);
  for (const auto& reason : reasons) {
    api::v1::ErrorReason value{};
    EXPECT_TRUE(api::v1::ErrorReason_Parse("ERROR_REASON_" + reason, &value)) << reason;
  }
}

}  // namespace
}  // namespace lienthong
