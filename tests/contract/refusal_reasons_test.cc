#include "lienthong/api/v1/api.pb.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

/// A caller acts upon `ErrorInfo.reason`, so every reason a core or a lane refuses with stands in the contract with its
/// cure.
namespace lienthong {
namespace {

std::set<std::string> reasons_in(const std::filesystem::path& folder) {
  const std::regex refusal(
      R"re((?:ErrorCode::k\w+,\s*|precondition\(\s*|InputSetAside\{[^}]*"\s*,\s*|answer_unavailable\([^;]*|refuse_waiting\()"([A-Z][A-Z_]+)")re");
  // Alarms and failed starts reach the operator, never a caller.
  const std::set<std::string> not_answered = {"LEDGER_FAULT", "SOURCE_MISMATCH", "START"};
  std::set<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
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
  for (const char* folder : {"intake/core", "routing/core", "agency_processing/core", "postal_dispatch/core",
                             "notification/core", "shared_kernel", "platform/ledger"}) {
    const auto reasons = reasons_in(std::filesystem::path(LIENTHONG_SOURCE_DIR) / "services" / folder);
    EXPECT_FALSE(reasons.empty()) << folder;
    for (const auto& reason : reasons) {
      api::v1::ErrorReason value{};
      EXPECT_TRUE(api::v1::ErrorReason_Parse("ERROR_REASON_" + reason, &value)) << folder << ": " << reason;
    }
  }
}

}  // namespace
}  // namespace lienthong
