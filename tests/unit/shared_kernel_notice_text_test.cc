#include "shared_kernel/notice_text.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lienthong::shared_kernel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

NoticeTemplate plain(std::string id, std::string body) {
  return {std::move(id), 1, NoticeChannel::kEmail, false, {}, {"Hồ sơ {{dossier_code}}", std::move(body)}, {}};
}

TEST(NoticeTextTest, FoldsEveryVietnameseLetter) {
  EXPECT_EQ(fold_accents("Hồ sơ đã được tiếp nhận"), "Ho so da duoc tiep nhan");
  EXPECT_EQ(fold_accents("ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"),
            "AAAAEEEIIOOOOUUYADIUOUAAAAAAAAAAAAEEEEEEEEIIOOOOOOOOOOOOUUUUUUUYYYY");
  EXPECT_EQ(fold_accents("àáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"),
            "aaaaeeeiioooouuyadiuouaaaaaaaaaaaaeeeeeeeeiioooooooooooouuuuuuuyyyy");
  EXPECT_EQ(fold_accents("đa\xCC\x83 nhâ\xCC\xA3n"), "da nhan") << "decomposed";
  EXPECT_EQ(fold_accents("Ω €\xff"), "Ω €\xff") << "what is no Vietnamese letter stays";
}

TEST(NoticeTextTest, MeasuresAnSmsAsNetworksDo) {
  EXPECT_TRUE(measure_sms(std::string(160, 'a')).fits());
  EXPECT_FALSE(measure_sms(std::string(161, 'a')).fits());
  EXPECT_EQ(measure_sms("[€]").units, 6U) << "letters of the extension cost two";
  std::string accented;
  for (int i = 0; i < 70; ++i) accented += "ạ";
  EXPECT_TRUE(measure_sms(accented).fits());
  EXPECT_EQ(measure_sms(accented).limit, 70U);
  EXPECT_FALSE(measure_sms(accented + "a").fits());
  EXPECT_EQ(measure_sms("à").limit, 160U) << "the 7-bit alphabet has it";
  EXPECT_EQ(measure_sms("ạ\xF0\x9F\x98\x80").units, 3U) << "a surrogate pair counts two";
}

TEST(NoticeTextTest, FillsVariablesAndFragments) {
  NoticeSettings settings;
  settings.templates = {plain("closing", "Trân trọng, {{receiving_agency}}")};
  const auto text = plain("received", "Mã {{dossier_code}}. {{> closing/1}}");
  const auto rendered =
      render(settings, text, NoticeLanguage::kVietnamese, {{"dossier_code", "X-1"}, {"receiving_agency", "UBND xã"}});
  ASSERT_TRUE(rendered);
  EXPECT_EQ(rendered->subject, "Hồ sơ X-1");
  EXPECT_EQ(rendered->body, "Mã X-1. Trân trọng, UBND xã");
  EXPECT_THAT(*variables_in(*expand(settings, text, NoticeLanguage::kVietnamese)),
              ElementsAre("dossier_code", "receiving_agency"));
}

TEST(NoticeTextTest, AValueIsNeverReadAsATemplate) {
  const auto rendered = render({}, plain("t", "{{reason}}"), NoticeLanguage::kVietnamese,
                               {{"dossier_code", "X-1"}, {"reason", "{{applicant_name}} {{> closing/1}}"}});
  ASSERT_TRUE(rendered);
  EXPECT_EQ(rendered->body, "{{applicant_name}} {{> closing/1}}");
}

TEST(NoticeTextTest, ALineBreakInAValueDoesNotReachTheSubject) {
  const auto rendered = render({}, plain("t", "x"), NoticeLanguage::kVietnamese, {{"dossier_code", "X\r\nBcc: a@b"}});
  ASSERT_TRUE(rendered);
  EXPECT_EQ(rendered->subject, "Hồ sơ X  Bcc: a@b");
}

TEST(NoticeTextTest, EnglishFallsBackToVietnamese) {
  auto text = plain("t", "Xin chào");
  EXPECT_EQ(render({}, text, NoticeLanguage::kEnglish, {{"dossier_code", ""}})->body, "Xin chào");
  text.en = NoticeText{"Dossier", "Hello"};
  EXPECT_EQ(render({}, text, NoticeLanguage::kEnglish, {})->body, "Hello");
}

TEST(NoticeTextTest, RefusesLoopsUnknownFragmentsAndOpenBraces) {
  NoticeSettings settings;
  settings.templates = {plain("a", "{{> b/1}}"), plain("b", "{{> a/1}}"), plain("self", "{{> self/1}}")};
  const auto why = [&](const std::string& body) {
    const auto expanded = expand(settings, plain("t", body), NoticeLanguage::kVietnamese);
    return expanded ? std::string() : expanded.error().message_en;
  };
  EXPECT_THAT(why("{{> a/1}}"), HasSubstr("contains itself"));
  EXPECT_THAT(why("{{> self/1}}"), HasSubstr("contains itself"));
  EXPECT_THAT(why("{{> t/1}}"), HasSubstr("no template"));
  EXPECT_THAT(why("{{dossier_code"), HasSubstr("not closed"));
  EXPECT_THAT(why("a }} b"), HasSubstr("without {{"));
}

}  // namespace
}  // namespace lienthong::shared_kernel
