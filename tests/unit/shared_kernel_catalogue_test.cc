#include "shared_kernel/catalogue.h"
#include "shared_kernel_state_office_calendar.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lienthong::shared_kernel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Instant noon(LocalDay day) { return instant_of(minute_of(day, 12 * 60)); }

Agency agency(std::string code, std::vector<std::string> areas, std::optional<LocalDay> until = {}) {
  Agency out;
  out.code = std::move(code);
  out.kind = "committee";
  out.validity = {make_day(2020, 1, 1), until};
  out.areas = std::move(areas);
  out.calendar = "state";
  return out;
}

Leg leg(std::string id, std::string role) {
  Leg out;
  out.id = std::move(id);
  out.role = std::move(role);
  return out;
}

CatalogueContents contents() {
  CatalogueContents out;
  out.calendars = {test_support::state_office_contents()};
  out.agencies = {agency("COMMUNE", {"commune-1", "district-1", "province"}),
                  agency("OTHER", {"commune-2", "district-2", "province"}),
                  agency("DISTRICT", {"district-1", "province"}, make_day(2025, 6, 30)), agency("POLICE", {"province"}),
                  agency("RESERVE", {"province"})};
  out.agencies[0].desks = {{*HomeKey::parse("COMMUNE"), "000.01.01.H47"}, {*HomeKey::parse("COMMUNE/b"), "001.01.01.H47"}};
  const Validity always{make_day(2020, 1, 1), std::nullopt};
  out.bindings = {{"police", "province", always, {"POLICE", "RESERVE"}},
                  {"police", "district-2", always, {"RESERVE"}},
                  {"social", "district-1", {make_day(2020, 1, 1), make_day(2025, 6, 30)}, {"DISTRICT", "POLICE"}},
                  {"social", "district-1", {make_day(2025, 7, 1), std::nullopt}, {"DISTRICT", "RESERVE"}}};
  Procedure procedure;
  procedure.code = "2.002622";
  procedure.versions.resize(2);
  procedure.versions[0].number = 1;
  procedure.versions[0].validity = {make_day(2024, 1, 1), make_day(2025, 6, 30)};
  procedure.versions[0].receiving_kinds = {"committee"};
  procedure.versions[0].legs = {leg("police", "police")};
  procedure.versions[1] = procedure.versions[0];
  procedure.versions[1].number = 2;
  procedure.versions[1].validity = {make_day(2025, 7, 1), std::nullopt};
  out.procedures = {procedure};
  ActionSet answer;
  answer.insert(Action::kAnswerWork);
  ActionSet read;
  read.insert(Action::kReadDossier);
  out.principals = {{"agency-police", {"agency-police", "agency-police-2"}, "POLICE", {{{"POLICE"}, {}, answer}}},
                    {"portal", {"portal"}, "", {{{}, {"2.002622"}, read}}}};
  return out;
}

std::vector<std::string> codes(const std::vector<const Agency*>& agencies) {
  std::vector<std::string> out;
  for (const auto* found : agencies) out.push_back(found->code);
  return out;
}

class CatalogueTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Catalogue> catalogue_ = *Catalogue::make(7, contents());
};

TEST_F(CatalogueTest, KnowsTheVersionInForceOnTheDayOfReceipt) {
  const auto number = [&](LocalDay day) -> std::uint32_t {
    const auto found = catalogue_->procedure("2.002622", noon(day));
    return found ? found->version->number : 0;
  };
  EXPECT_EQ(number(make_day(2023, 12, 31)), 0U);
  EXPECT_EQ(number(make_day(2024, 1, 1)), 1U);
  EXPECT_EQ(number(make_day(2025, 6, 30)), 1U);
  EXPECT_EQ(number(make_day(2025, 7, 1)), 2U);
  EXPECT_FALSE(catalogue_->procedure("9.999999", noon(make_day(2025, 1, 1))).has_value());
}

TEST_F(CatalogueTest, FindsTheVersionADossierWasReceivedUnderLater) {
  EXPECT_EQ(catalogue_->procedure_version("2.002622", 1)->version->number, 1U);
  EXPECT_FALSE(catalogue_->procedure_version("2.002622", 3).has_value());
}

TEST_F(CatalogueTest, BindsARoleByTheNarrowestAreaOfTheReceiver) {
  const LocalDay day = make_day(2024, 5, 2);
  EXPECT_THAT(codes(catalogue_->bind("police", *catalogue_->agency("COMMUNE"), day)), ElementsAre("POLICE", "RESERVE"));
  EXPECT_THAT(codes(catalogue_->bind("police", *catalogue_->agency("OTHER"), day)), ElementsAre("RESERVE"));
  EXPECT_THAT(codes(catalogue_->bind("nobody", *catalogue_->agency("OTHER"), day)), IsEmpty());
}

TEST_F(CatalogueTest, BindsByDateAndLeavesOutAgenciesThatEnded) {
  const Agency& receiver = *catalogue_->agency("COMMUNE");
  EXPECT_THAT(codes(catalogue_->bind("social", receiver, make_day(2025, 6, 30))), ElementsAre("DISTRICT", "POLICE"));
  EXPECT_THAT(codes(catalogue_->bind("social", receiver, make_day(2025, 7, 1))), ElementsAre("RESERVE"));
}

TEST_F(CatalogueTest, BindsTheReceiversOwnRoleToItself) {
  EXPECT_THAT(codes(catalogue_->bind(kReceiverRole, *catalogue_->agency("OTHER"), make_day(2025, 7, 1))),
              ElementsAre("OTHER"));
}

TEST_F(CatalogueTest, FindsDesksByHomeKeyAndByPrintedPrefix) {
  EXPECT_EQ(catalogue_->home(*HomeKey::parse("COMMUNE/b"))->desk->printed_prefix, "001.01.01.H47");
  EXPECT_EQ(catalogue_->home_by_printed_prefix("000.01.01.H47")->agency->code, "COMMUNE");
  EXPECT_FALSE(catalogue_->home(*HomeKey::parse("POLICE")).has_value());
  EXPECT_FALSE(catalogue_->home_by_printed_prefix("000").has_value());
}

TEST_F(CatalogueTest, KnowsPrincipalsByEachOfTheirCertificates) {
  EXPECT_EQ(catalogue_->principal_by_certificate("agency-police-2")->id, "agency-police");
  EXPECT_EQ(catalogue_->principal_by_certificate("agency-other"), nullptr);
  EXPECT_EQ(catalogue_->principal("portal")->id, "portal");
}

TEST_F(CatalogueTest, DeniesWhateverNoGrantCovers) {
  const Principal& police = *catalogue_->principal("agency-police");
  const Principal& portal = *catalogue_->principal("portal");
  struct Case {
    const Principal& principal;
    Action action;
    std::string agency;
    std::string procedure;
    bool allowed;
  };
  const std::vector<Case> cases = {{police, Action::kAnswerWork, "POLICE", "2.002622", true},
                                   {police, Action::kAnswerWork, "POLICE", "", true},
                                   {police, Action::kAnswerWork, "RESERVE", "2.002622", false},
                                   {police, Action::kAnswerWork, "", "2.002622", false},
                                   {police, Action::kReadWork, "POLICE", "2.002622", false},
                                   {portal, Action::kReadDossier, "COMMUNE", "2.002622", true},
                                   {portal, Action::kReadDossier, "", "2.002622", true},
                                   {portal, Action::kReadDossier, "COMMUNE", "2.000635", false},
                                   {portal, Action::kReadDossier, "COMMUNE", "", false},
                                   {portal, Action::kSubmitDossier, "COMMUNE", "2.002622", false}};
  for (const auto& c : cases) {
    EXPECT_EQ(Catalogue::allows(c.principal, c.action, c.agency, c.procedure), c.allowed)
        << c.principal.id << ' ' << name_of(c.action) << ' ' << c.agency << ' ' << c.procedure;
  }
  EXPECT_TRUE(Catalogue::allows_some_procedure(portal, Action::kReadDossier, "COMMUNE"));
  EXPECT_FALSE(Catalogue::allows_some_procedure(portal, Action::kSubmitDossier, "COMMUNE"));
}

TEST_F(CatalogueTest, CanNotBeMadeOfAmbiguousContents) {
  const auto broken = [](auto change) {
    auto changed = contents();
    change(changed);
    return Catalogue::make(1, std::move(changed)).has_value();
  };
  EXPECT_FALSE(broken([](auto& c) { c.agencies.push_back(c.agencies[0]); }));
  EXPECT_FALSE(broken([](auto& c) { c.agencies[1].desks = {{*HomeKey::parse("COMMUNE"), "X"}}; }));
  EXPECT_FALSE(broken([](auto& c) { c.agencies[1].desks = {{*HomeKey::parse("OTHER"), "000.01.01.H47"}}; }));
  EXPECT_FALSE(broken([](auto& c) { c.agencies[0].calendar = "moon"; }));
  EXPECT_FALSE(broken([](auto& c) { c.calendars.clear(); }));
  EXPECT_FALSE(broken([](auto& c) { c.procedures.push_back(c.procedures[0]); }));
  EXPECT_FALSE(broken([](auto& c) { c.principals[1].certificate_names = {"agency-police"}; }));
}

}  // namespace
}  // namespace lienthong::shared_kernel
