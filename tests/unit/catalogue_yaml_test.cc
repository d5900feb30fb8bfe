#include "catalogue/adapters/catalogue_yaml.h"

#include "platform/base/instant.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lienthong::catalogue {
namespace {

using namespace shared_kernel;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::filesystem::path kSource = LIENTHONG_SOURCE_DIR;

std::vector<std::string> lines(const Reading& reading) {
  std::vector<std::string> out;
  for (const auto& fault : reading.faults) out.push_back(english_line(fault));
  return out;
}

std::shared_ptr<const Catalogue> demonstration() {
  static const auto catalogue = *Catalogue::make(1, read_catalogue_directory(kSource / "deploy/catalogue").contents);
  return catalogue;
}

std::vector<std::string> codes(const std::vector<const Agency*>& agencies) {
  std::vector<std::string> out;
  for (const auto* agency : agencies) out.push_back(agency->code);
  return out;
}

constexpr const char* kSmall = R"(title: {vi: Thử, en: Test}
tiers:
  - {from: 2020-01-01, tiers: [commune]}
areas:
  - {code: A, vi: A, en: A}
calendars:
  - code: office
    vi: Giờ
    en: Hours
    known: {from: 2020-01-01, until: 2030-12-31}
    hours: {monday: ["07:30-11:30"]}
agencies:
  - {code: X1, vi: X, en: X, kind: commune, tier: commune, from: 2020-01-01, areas: [A], calendar: office, desks: [{key: X1, prefix: 000.01.01.H47}]}
  - {code: X2, vi: X, en: X, kind: commune, tier: commune, from: 2020-01-01, areas: [A], calendar: office}
bindings:
  - {role: police, area: A, from: 2020-01-01, agencies: [X2]}
procedures:
  - code: "9.000001"
    vi: Thủ tục
    en: Procedure
    versions:
      - number: 1
        from: 2020-01-01
        received_by: [commune]
        total: {working_days: 2}
        source: test
        legs:
          - {id: first, vi: Một, en: One, role: receiver, limit: {working_days: 1}}
          - {id: second, vi: Hai, en: Two, role: police, limit: {working_days: 1}, after: [first]}
principals:
  - id: operator
    certificates: [operator]
    grants:
      - {agencies: any, procedures: any, actions: [catalogue.import]}
)";

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

TEST(CatalogueYaml, ReadsTheDemonstrationWithoutAnyFinding) {
  const auto reading = read_catalogue_directory(kSource / "deploy/catalogue");
  EXPECT_THAT(lines(reading), IsEmpty());
  EXPECT_TRUE(reading.importable());
}

TEST(CatalogueYaml, ReadsTheTestCatalogueWithoutAnyFinding) {
  const auto reading = read_catalogue_directory(kSource / "tests/support/catalogue");
  EXPECT_THAT(lines(reading), IsEmpty());
  std::map<std::uint32_t, int> desks_per_partition;
  for (const auto& agency : reading.contents.agencies) {
    for (const auto& desk : agency.desks) ++desks_per_partition[partition_of(desk.key, 12)];
  }
  EXPECT_EQ(desks_per_partition.size(), 12U);
}

TEST(DemonstrationCatalogue, HasOneDistrictOfThirteenCommunesThatReceiveDossiers) {
  int communes = 0;
  for (const auto& agency : demonstration()->contents().agencies)
    communes += agency.kind == "commune_committee" && !agency.desks.empty();
  EXPECT_EQ(communes, 13);
}

TEST(DemonstrationCatalogue, LeadsADeathThroughThreeTiersWithThePoliceBeside) {
  const Instant received = instant_of(*parse_local_minute("2026-11-25 09:00"));
  const auto procedure = demonstration()->procedure("2.002622", received);
  ASSERT_TRUE(procedure.has_value());
  const Agency& commune = *demonstration()->agency("H47.22.05");
  std::vector<std::string> way;
  for (const auto& leg : procedure->version->legs) {
    const auto candidates = demonstration()->bind(leg.role, commune, day_of(received));
    ASSERT_FALSE(candidates.empty()) << leg.role;
    way.push_back(leg.id + ":" + candidates.front()->code + ":" + candidates.front()->tier);
  }
  EXPECT_THAT(way, ElementsAre("civil_status:H47.22.05:commune", "residence:CA.H47.22.05:commune",
                               "district:H47.22:district", "province:H47.LDTBXH:province", "insurance:BH.H47.22:district"));
  EXPECT_THAT(procedure->version->leg("residence")->after, ElementsAre("civil_status"));
  EXPECT_THAT(procedure->version->leg("district")->after, ElementsAre("civil_status"));
  EXPECT_THAT(codes(demonstration()->bind("insurance", commune, day_of(received))), ElementsAre("BH.H47.22", "BH.H47"));
}

TEST(DemonstrationCatalogue, HasTheLimitsThatArePublished) {
  const Instant now = instant_of(*parse_local_minute("2026-11-25 09:00"));
  struct Case {
    std::string procedure;
    Limit total;
    bool sample;
    std::string source;
  };
  const std::vector<Case> cases = {{"2.002621", Limit::working_days(3), false, "NĐ 63/2024/NĐ-CP: at most 3 working days"},
                                   {"2.000635", Limit::same_day(), false, "same day, after 15:00 the next working day"},
                                   {"2.002622", Limit::working_days(10), true, "no limit published"},
                                   {"1.001776", Limit::working_days(22), true, "NĐ 20/2021/NĐ-CP, not verified"}};
  for (const auto& c : cases) {
    const auto* version = demonstration()->procedure(c.procedure, now)->version;
    EXPECT_EQ(version->total, c.total) << c.procedure << ": " << c.source;
    EXPECT_EQ(version->total_is_sample, c.sample) << c.procedure << ": " << c.source;
  }
}

TEST(DemonstrationCatalogue, CountsWorkingDaysAsTheYearsHaveThem) {
  const auto& calendar = demonstration()->calendar_of(*demonstration()->agency("H47.22.01"));
  const auto count = [&](int year) {
    int days = 0;
    for (LocalDay day = make_day(year, 1, 1); day < make_day(year + 1, 1, 1); day = day + 1)
      days += calendar.is_working_day(day);
    return days;
  };
  EXPECT_EQ(count(2024), 251);
  EXPECT_EQ(count(2025), 250);
  EXPECT_EQ(count(2026), 249);
  EXPECT_FALSE(calendar.is_known(make_day(2027, 1, 1)));
  EXPECT_TRUE(demonstration()->calendar_of(*demonstration()->agency("H47.TTHCC")).is_working_day(make_day(2026, 3, 7)));
}

TEST(DemonstrationCatalogue, KnowsEveryAgencysBackendAndDeniesItTheOthers) {
  for (const auto& agency : demonstration()->contents().agencies) {
    std::string id = "agency-";
    for (const char c : agency.code) id.push_back(static_cast<char>(std::tolower(c)));
    const auto* principal = demonstration()->principal_by_certificate(id);
    ASSERT_NE(principal, nullptr) << id;
    EXPECT_EQ(principal->agency, agency.code);
    EXPECT_TRUE(Catalogue::allows(*principal, Action::kAnswerWork, agency.code, "2.002622")) << id;
    EXPECT_EQ(Catalogue::allows(*principal, Action::kReceiveDossier, agency.code, "2.002622"), !agency.desks.empty()) << id;
    EXPECT_FALSE(Catalogue::allows(*principal, Action::kAnswerWork, agency.code == "H47" ? "H47.22" : "H47", "2.002622"))
        << id;
    for (const auto& other : demonstration()->contents().agencies) {
      if (other.code != agency.code) {
        EXPECT_FALSE(Catalogue::allows(*principal, Action::kReadWork, other.code, "2.002622")) << id << " on " << other.code;
      }
    }
  }
}

TEST(DemonstrationCatalogue, LetsOnlyServicesSeeSealedContentAndOnlyTheOperatorImport) {
  std::set<std::string> content;
  std::set<std::string> import;
  std::set<std::string> erase;
  for (const auto& principal : demonstration()->contents().principals) {
    if (Catalogue::allows(principal, Action::kReadSealedContent, "", "")) content.insert(principal.id);
    if (Catalogue::allows(principal, Action::kImportCatalogue, "", "")) import.insert(principal.id);
    if (Catalogue::allows(principal, Action::kEraseDossier, "", "")) erase.insert(principal.id);
  }
  // The embedded edition is agency-processing and intake in one process with one certificate.
  EXPECT_THAT(content, ElementsAre("agency-processing", "lienthong"));
  EXPECT_THAT(import, ElementsAre("operator"));
  EXPECT_THAT(erase, ElementsAre("operator"));
}

TEST(CatalogueYaml, ReadsASmallCatalogueOfOneFile) { EXPECT_THAT(lines(read_catalogue({{"c.yaml", kSmall}})), IsEmpty()); }

TEST(CatalogueYaml, ReadsSectionsSpreadOverFiles) {
  const std::string text = kSmall;
  const auto cut = text.find("procedures:");
  const auto reading = read_catalogue({{"a.yaml", text.substr(0, cut)}, {"b.yaml", text.substr(cut)}, {"empty.yaml", ""}});
  EXPECT_THAT(lines(reading), IsEmpty());
  EXPECT_EQ(reading.contents, read_catalogue({{"c.yaml", text}}).contents);
}

struct Broken {
  std::string from;
  std::string to;
  std::string found;  ///< Beginning of a line reported.
};

class BrokenCatalogue : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenCatalogue, IsReportedWithFileLineReasonAndCure) {
  const auto& [from, to, found] = GetParam();
  const auto reading = read_catalogue({{"c.yaml", with(kSmall, from, to)}});
  EXPECT_FALSE(reading.importable());
  ASSERT_THAT(lines(reading), Contains(HasSubstr(found)));
  EXPECT_LE(reading.faults.size(), 3U) << "one fault does not drown in its consequences";
  for (const auto& fault : reading.faults) {
    EXPECT_THAT(english_line(fault), HasSubstr("; ")) << "the cure follows the reason";
    EXPECT_THAT(vietnamese_line(fault), HasSubstr(": lỗi: "));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BrokenCatalogue,
    ::testing::Values(
        Broken{"areas:\n", "areas: [\n", "c.yaml:5: error: not readable as YAML"},
        Broken{"title:", "titel:", "c.yaml:1: error: there is no key “titel” here"},
        Broken{"vi: Giờ", "en: Giờ", "c.yaml:9: error: the key “en” stands twice"},
        Broken{"    vi: Giờ\n", "", "c.yaml:7: error: the key “vi” is missing"},
        Broken{"from: 2020-01-01, tiers", "from: 2020-02-30, tiers", "c.yaml:3: error: the day can't be read"},
        Broken{"from: 2020-01-01, tiers", "from: 2020-01-01, until: 2019-01-01, tiers",
               "c.yaml:3: error: the last day is before the first"},
        Broken{"07:30-11:30", "7:30-11:30", "c.yaml:11: error: the opening can't be read"},
        Broken{"07:30-11:30", "11:30-07:30", "c.yaml:11: error: there are no office hours"},
        Broken{"tier: commune, from: 2020-01-01, areas: [A], calendar: office, desks",
               "tier: ward, from: 2020-01-01, areas: [A], calendar: office, desks",
               "c.yaml:13: error: there is no tier “ward” while the agency exists"},
        Broken{"calendar: office, desks", "calendar: moon, desks", "c.yaml:13: error: there is no calendar “moon”"},
        Broken{"areas: [A], calendar: office}", "areas: [B], calendar: office}", "c.yaml:14: error: there is no area “B”"},
        Broken{"calendar: office}", "calendar: office, successors: [X9]}", "c.yaml:14: error: there is no agency “X9”"},
        Broken{"code: X2", "code: x2", "c.yaml:14: error: “x2” is not an agency code"},
        Broken{"key: X1", "key: x1", "c.yaml:13: error: Not a home key"},
        Broken{"prefix: 000.01.01.H47", "prefix: h47-1", "c.yaml:13: error: “h47-1” is no code prefix"},
        Broken{"calendar: office}", "calendar: office, desks: [{key: X1, prefix: 000.02.01.H47}]}",
               "c.yaml:14: error: the home key “X1” belongs to “X1” already"},
        Broken{"calendar: office}", "calendar: office, desks: [{key: X2, prefix: 000.01.01.H47}]}",
               "c.yaml:14: error: the code prefix “000.01.01.H47” belongs to “X1” already"},
        Broken{"agencies: [X2]", "agencies: [X3]", "c.yaml:16: error: there is no agency “X3”"},
        Broken{"agencies: [X2]}", "agencies: [X2]}\n  - {role: police, area: A, from: 2025-01-01, agencies: [X1]}",
               "c.yaml:17: error: the role “police” in “A” is bound twice at the same time"},
        Broken{"\"9.000001\"", "\"9.0001\"", "c.yaml:18: error: “9.0001” is no procedure code"},
        Broken{"received_by: [commune]", "received_by: [ward]", "c.yaml:24: error: there is no kind of agency “ward”"},
        Broken{"total: {working_days: 2}", "total: {working_days: 0.0001}", "c.yaml:25: error: the limit can't be read"},
        Broken{"total: {working_days: 2}", "total: {working_days: 2, hours: 1}",
               "c.yaml:25: error: the limit can't be read"},
        Broken{"total: {working_days: 2}", "total: {working_days: 0}", "c.yaml:25: error: a limit is more than 0"},
        Broken{"total: {working_days: 2}", "total: {days: 2}", "c.yaml:25: error: there is no key “days” here"},
        Broken{"source: test", "source: test\n        clock: restart",
               "c.yaml:27: error: there is no clock policy “restart”"},
        Broken{"role: police, limit", "role: post, limit", "c.yaml:29: error: there is no role “post”"},
        Broken{"after: [first]", "after: [third]", "c.yaml:29: error: there is no leg “third”"},
        Broken{"limit: {working_days: 1}}", "limit: {working_days: 1}, after: [second]}",
               "c.yaml:28: error: the leg “first” waits for itself in a circle"},
        Broken{"id: second", "id: first", "c.yaml:29: error: the leg “first” stands twice"},
        Broken{"role: police, area: A", "role: receiver, area: A", "c.yaml:16: error: the role “receiver” can't be bound"},
        Broken{"procedures: any", "procedures: []", "c.yaml:34: error: the list is empty"},
        Broken{"agencies: any, ", "", "c.yaml:34: error: the key “agencies” is missing"},
        Broken{"agencies: any", "agencies: [X7]", "c.yaml:34: error: there is no agency “X7”"},
        Broken{"procedures: any", "procedures: [9.000002]", "c.yaml:34: error: there is no procedure “9.000002”"},
        Broken{"catalogue.import", "catalogue.wipe", "c.yaml:34: error: there is no action “catalogue.wipe”"},
        Broken{"catalogue.import", "catalogue.read", "c.yaml:31: error: nobody may import the next catalogue"},
        Broken{"certificates: [operator]", "certificates: []", "c.yaml:31: error: there is no certificate name"},
        Broken{"principals:\n", "principals:\n  - {id: second, certificates: [operator], grants: []}\n",
               "c.yaml:33: error: the certificate name “operator” belongs to “second” already"}));

TEST(CatalogueYaml, ReportsVersionsThatOverlap) {
  const std::string second = R"(      - number: 2
        from: 2024-01-01
        received_by: [commune]
        total: {working_days: 1}
        source: test
        legs:
          - {id: only, vi: Một, en: One, role: receiver, limit: {working_days: 1}}
principals:)";
  const auto reading = read_catalogue({{"c.yaml", with(kSmall, "principals:", second)}});
  EXPECT_THAT(lines(reading), ElementsAre(HasSubstr("c.yaml:30: error: version 2 overlaps version 1")));
}

TEST(CatalogueYaml, ReportsTheDayFromWhichNobodyTakesARole) {
  const auto ended = with(kSmall, "from: 2020-01-01, agencies: [X2]", "from: 2020-01-01, until: 2025-06-30, agencies: [X2]");
  EXPECT_THAT(lines(read_catalogue({{"c.yaml", ended}})),
              ElementsAre(HasSubstr(
                  "c.yaml:29: error: nobody takes the role “police” for dossiers received at “X1” on 2025-07-01")));
  const auto agency_ended = with(kSmall, "calendar: office}", "calendar: office, until: 2025-06-30}");
  EXPECT_THAT(lines(read_catalogue({{"c.yaml", agency_ended}})), ElementsAre(HasSubstr("“X1” on 2025-07-01")));
  const auto followed =
      with(ended, "agencies: [X2]}", "agencies: [X2]}\n  - {role: police, area: A, from: 2025-07-01, agencies: [X1]}");
  EXPECT_THAT(lines(read_catalogue({{"c.yaml", followed}})), IsEmpty());
}

TEST(CatalogueCheck, KeepsWhatIdsAndDossiersReferTo) {
  const auto before = read_catalogue({{"c.yaml", kSmall}}).contents;
  const auto reasons = [&](auto change) {
    auto after = before;
    change(after);
    std::vector<std::string> out;
    for (const auto& finding : check_succession(before, after)) out.push_back(finding.reason_en);
    return out;
  };
  EXPECT_THAT(reasons([](auto&) {}), IsEmpty());
  EXPECT_THAT(reasons([](auto& c) { c.agencies[1].validity.until = make_day(2025, 6, 30); }), IsEmpty());
  EXPECT_THAT(reasons([](auto& c) { c.agencies.push_back(c.agencies[0]); }), IsEmpty());
  EXPECT_THAT(reasons([](auto& c) { c.agencies.pop_back(); }), ElementsAre("the agency “X2” is gone"));
  EXPECT_THAT(reasons([](auto& c) { c.agencies[0].desks.clear(); }),
              ElementsAre(HasSubstr("the desk “X1” of “X1” is gone")));
  EXPECT_THAT(reasons([](auto& c) { c.agencies[0].desks[0].printed_prefix = "1"; }),
              ElementsAre(HasSubstr("another code prefix")));
  EXPECT_THAT(reasons([](auto& c) { c.procedures[0].versions[0].number = 2; }),
              ElementsAre(HasSubstr("version 1 of procedure “9.000001” is gone")));
}

TEST(CatalogueYaml, OnlyWarnsWhenStepsDoNotAddUpToTheTotal) {
  const auto reading = read_catalogue({{"c.yaml", with(kSmall, "total: {working_days: 2}", "total: {working_days: 1.5}")}});
  EXPECT_THAT(lines(reading),
              ElementsAre(HasSubstr(
                  "c.yaml:25: warning: the legs in sequence add up to 2 working days, the total is 1.5 working days")));
  EXPECT_TRUE(reading.importable());
}

TEST(CatalogueYaml, CollectsAllFaultsOfAllFiles) {
  const auto reading = read_catalogue({{"a.yaml", with(kSmall, "calendar: office}", "calendar: moon}")},
                                       {"b.yaml", "agencies:\n  - {code: X1}\n"},
                                       {"c.yaml", "nothing: 1\n"}});
  std::set<std::string> files;
  for (const auto& fault : reading.faults) files.insert(fault.file);
  EXPECT_THAT(files, ElementsAre("a.yaml", "b.yaml", "c.yaml"));
  EXPECT_GT(reading.faults.size(), 6U);
  EXPECT_FALSE(reading.importable());
}

TEST(CatalogueYaml, ReportsWhatIsNoText) {
  EXPECT_THAT(lines(read_catalogue({{"c.yaml", "title: {vi: \"\xff\", en: x}"}})),
              ElementsAre("c.yaml: error: the file is not UTF-8; save it as UTF-8"));
  EXPECT_THAT(lines(read_catalogue({{"c.yaml", "- 1"}})), Contains(HasSubstr("c.yaml:1: error: expected keys with values")));
}

TEST(CatalogueYaml, ReportsADirectoryThatIsNotThere) {
  EXPECT_THAT(lines(read_catalogue_directory(kSource / "deploy/no-such-directory")),
              ElementsAre(HasSubstr("error: the directory can't be read or has no .yaml file")));
}

}  // namespace
}  // namespace lienthong::catalogue
