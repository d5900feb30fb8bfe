#include "platform/base/encoding.h"
#include "shared_kernel/action.h"
#include "shared_kernel/dossier_code.h"
#include "shared_kernel/dossier_id.h"
#include "shared_kernel/home_key.h"
#include "shared_kernel/status.h"

#include <gmock/gmock.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace lienthong::shared_kernel {
namespace {

HomeKey home(const std::string& text) { return *HomeKey::parse(text); }

TEST(HomeKey, AcceptsAgenciesAndTheirOffices) {
  for (const auto& text :
       std::vector<std::string>{"H47", "H47.22.17", "G17", "H47.22/a1", "1", std::string(31, 'A'), "A/12345678"}) {
    EXPECT_TRUE(HomeKey::parse(text).has_value()) << text;
  }
}

TEST(HomeKey, RefusesEverythingElse) {
  for (const auto& text : std::vector<std::string>{"", ".H47", "h47", "H47_1", "H47/", "H47/A1", "H47/123456789", "H47/a/b",
                                                   "H47 1", "Đ47", "/a", std::string(32, 'A')}) {
    const auto parsed = HomeKey::parse(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().reason, "HOME_KEY_INVALID");
  }
}

TEST(HomeKey, MapsToThePartitionOfItsHashForEver) {
  // Computed with another program: u64_be(SHA-256(key)[0..8]) mod n.
  const std::vector<std::pair<std::string, std::vector<std::uint32_t>>> cases = {
      {"H47.22.17", {0, 0, 2, 2}}, {"H47", {0, 1, 3, 11}}, {"H47.22/a1", {0, 1, 1, 1}}};
  for (const auto& [key, expected] : cases) {
    std::size_t i = 0;
    for (const std::uint32_t n : {1U, 2U, 4U, 12U})
      EXPECT_EQ(partition_of(home(key), n), expected[i++]) << key << " of " << n;
  }
}

TEST(DossierId, IsDerivedFromHomePrincipalAndRequest) {
  const auto request = *parse_uuid("0190d5c4-7f3a-7c10-9d2b-3f5a6b7c8d9e");
  const auto id = derive_dossier_id(home("H47.22.17"), "agency-h47.22.17", request);
  EXPECT_EQ(to_hex(id.view()), "74b7ece61756bbae2d9a13ff9d019881");  // computed with another program
  EXPECT_EQ(format_dossier_name({home("H47.22.17"), id}), "H47.22.17_EJVYSSGQATXTWBCT2FZST0CRG4");
  EXPECT_NE(id, derive_dossier_id(home("H47.22.1"), "7agency-h47.22.17", request));
  EXPECT_NE(id, derive_dossier_id(home("H47.22.17"), "portal", request));
}

TEST(DossierId, IsReadBackFromItsTextInEitherCase) {
  const auto name = *parse_dossier_name("H47.22.17_EJVYSSGQATXTWBCT2FZST0CRG4");
  EXPECT_EQ(name.home, home("H47.22.17"));
  EXPECT_EQ(parse_dossier_name(format_dossier_name(name))->id, name.id);
  EXPECT_EQ(parse_dossier_name("H47.22.17_ejvyssgqatxtwbct2fzst0crg4")->id, name.id);
}

TEST(DossierId, RefusesTextThatIsNone) {
  for (const std::string text :
       {"", "H47.22.17", "H47.22.17_", "H47.22.17_EJVYSSGQATXTWBCT2FZST0CRG", "h47_EJVYSSGQATXTWBCT2FZST0CRG4",
        "H47_EJVYSSGQATXTWBCT2FZST0CRGU", "H47_EJVYSSGQATXTWBCT2FZST0CRG5"}) {
    const auto parsed = parse_dossier_name(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().reason, "DOSSIER_ID_INVALID");
  }
}

TEST(RequestId, OfACreatingCommandNamesItsHome) {
  const auto parsed = *parse_creating_request("H47.22/a1_0190d5c4-7f3a-7c10-9d2b-3f5a6b7c8d9e");
  EXPECT_EQ(parsed.home, home("H47.22/a1"));
  EXPECT_EQ(format_uuid(parsed.request), "0190d5c4-7f3a-7c10-9d2b-3f5a6b7c8d9e");
}

TEST(RequestId, TellsItsTimeOnlyInVersionSeven) {
  EXPECT_EQ(uuid_time(*parse_uuid("0190d5c4-7f3a-7c10-9d2b-3f5a6b7c8d9e")), Instant{1'721'573'343'034'000});
  EXPECT_EQ(uuid_time(*parse_uuid("0190d5c4-7f3a-4c10-9d2b-3f5a6b7c8d9e")), std::nullopt);
}

TEST(RequestId, RefusesTextThatIsNoUuid) {
  for (const std::string text : {"", "0190d5c4-7f3a-7c10-9d2b-3f5a6b7c8d9", "0190d5c47f3a7c109d2b3f5a6b7c8d9e0000",
                                 "0190d5c4-7f3a-7c10-9d2b-3f5a6b7c8d9g", "0190d5c4_7f3a-7c10-9d2b-3f5a6b7c8d9e"}) {
    EXPECT_FALSE(parse_uuid(text).has_value()) << text;
    EXPECT_FALSE(parse_creating_request("H47_" + text).has_value()) << text;
  }
  EXPECT_FALSE(parse_creating_request("0190d5c4-7f3a-7c10-9d2b-3f5a6b7c8d9e").has_value());
}

TEST(DossierCode, IsPrintedAsTheCircularSays) {
  // Source: TT 01/2018/TT-VPCP, Art. 19; the first two are codes in use.
  const std::vector<std::pair<DossierCode, std::string>> cases = {
      {{"000.17.22.H56", make_day(2021, 5, 31), 1}, "000.17.22.H56-210531-0001"},
      {{"000.00.14.H56", make_day(2020, 2, 3), 118}, "000.00.14.H56-200203-0118"},
      {{"000.00.14.H56", make_day(2020, 2, 3), 9999}, "000.00.14.H56-200203-9999"},
      {{"000.00.14.H56", make_day(2020, 2, 3), 10000}, "000.00.14.H56-200203-10000"}};
  for (const auto& [code, text] : cases) {
    EXPECT_EQ(format_dossier_code(code), text);
    EXPECT_EQ(*parse_dossier_code(text), code);
  }
}

TEST(DossierCode, RefusesTextThatIsNone) {
  for (const std::string text :
       {"", "-", "000.17.22.H56-210531", "000.17.22.H56-210531-001", "000.17.22.H56-210532-0001",
        "000.17.22.H56-210531-0000", "000.17.22.H56-210531-00001", "-210531-0001", "000.17.22.H56-210531-000a",
        "h56-210531-0001", "H56_210531-0001", "H56-210531-1234567890123"}) {
    const auto parsed = parse_dossier_code(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().reason, "DOSSIER_CODE_INVALID");
  }
}

TEST(DossierCode, IsCountedPerDeskAndDayInVietNam) {
  EXPECT_EQ(dossier_counter_key(home("H47.22.17"), make_day(2024, 5, 2)), "H47.22.17|2024-05-02");
  EXPECT_NE(dossier_counter_key(home("H47"), day_of(Instant{1'704'041'999'999'999})),
            dossier_counter_key(home("H47"), day_of(Instant{1'704'042'000'000'000})));
}

TEST(NationalStatus, HasTheTenCodesOfThePortal) {
  std::set<std::string_view> names;
  for (std::uint32_t code = 1; code <= 10; ++code) {
    ASSERT_TRUE(national_status(code).has_value());
    EXPECT_EQ(code_of(*national_status(code)), code);
    names.insert(vietnamese_name(*national_status(code)));
    names.insert(english_name(*national_status(code)));
  }
  EXPECT_EQ(names.size(), 20U);
  EXPECT_EQ(national_status(0), std::nullopt);
  EXPECT_EQ(national_status(11), std::nullopt);
  EXPECT_EQ(vietnamese_name(NationalStatus::kProcessed), "Đã xử lý xong");
  std::set<std::uint32_t> terminal;
  for (std::uint32_t code = 1; code <= 10; ++code) {
    if (is_terminal(*national_status(code))) terminal.insert(code);
  }
  EXPECT_EQ(terminal, (std::set<std::uint32_t>{3, 7, 8, 9, 10}));
}

TEST(Action, IsFoundByItsName) {
  std::set<std::string_view> names;
  for (const Action action : kActions) {
    EXPECT_EQ(action_named(name_of(action)), action);
    names.insert(name_of(action));
  }
  EXPECT_EQ(names.size(), kActions.size());
  EXPECT_EQ(action_named("work.anything"), std::nullopt);
}

}  // namespace
}  // namespace lienthong::shared_kernel
