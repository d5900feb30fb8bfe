#include "notification/core/notice_values.h"
#include "tests/support/given_when_then.h"
#include "tests/support/notice_catalogue.h"

#include <gtest/gtest.h>

#include <string>

namespace lienthong::notification {
namespace {

using shared_kernel::NoticeLanguage;

Contents received() {
  Contents contents;
  contents.procedure_code = test_support::kProcedure;
  contents.received_at = test_support::local("2026-03-02 08:00");
  return contents;
}
std::string value(const Contents& contents, const std::string& name, NoticeLanguage language) {
  auto known = test_support::notice_contents();
  auto& legs = known.procedures.front().versions.front().legs;
  legs.resize(2);
  legs[0].name = {"Đăng ký khai tử", "Registration of death"};
  legs[1].name = {"Xóa đăng ký thường trú", ""};
  return values_of(**shared_kernel::Catalogue::make(1, known), contents, "C01_X", language).at(name);
}

TEST(NoticeValuesTest, NamesEveryPartOfALinkedDossier) {
  EXPECT_EQ(value(received(), "leg_names", NoticeLanguage::kVietnamese), "Đăng ký khai tử; Xóa đăng ký thường trú");
  EXPECT_EQ(value(received(), "leg_names", NoticeLanguage::kEnglish), "Registration of death; Xóa đăng ký thường trú");
  Contents unknown;
  unknown.procedure_code = "9.999999";
  EXPECT_EQ(value(unknown, "leg_names", NoticeLanguage::kEnglish), "9.999999");
}

TEST(NoticeValuesTest, SaysAGroundOfItsOwnInWords) {
  auto contents = received();
  contents.reason_code = "WITHDRAWN";
  EXPECT_EQ(value(contents, "reason", NoticeLanguage::kVietnamese), "người nộp đã rút hồ sơ.");
  EXPECT_EQ(value(contents, "reason", NoticeLanguage::kEnglish), "the applicant has withdrawn it.");
  EXPECT_EQ(value(contents, "reason_code", NoticeLanguage::kVietnamese), "WITHDRAWN");
  contents.reason_code = "OUT_OF_COMPETENCE";
  EXPECT_EQ(value(contents, "reason", NoticeLanguage::kVietnamese), "OUT_OF_COMPETENCE") << "an agency's stands for itself";
}

}  // namespace
}  // namespace lienthong::notification
