#include "tools/ltctl/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lienthong::ltctl {
namespace {

using ::testing::HasSubstr;

TEST(Text, CountsColumnsNotBytesOfVietnamese) {
  EXPECT_EQ(display_width("Đã xử lý"), 8U);
  // The same text decomposed: letters and combining marks apart.
  EXPECT_EQ(display_width("Đa\xCC\x83 xư\xCC\x89 ly\xCC\x81"), 8U);
  EXPECT_EQ(display_width("漢字"), 4U);
  EXPECT_EQ(display_width(""), 0U);
}

TEST(Text, KeepsColumnsStraightWhateverTheFormOfTheLetters) {
  Table table({"TÊN", "SỐ"}, {Table::Align::kLeft, Table::Align::kRight});
  table.row({"xã An Bình", "7"});
  table.row({"Sơ\xCC\x89", "1234"});
  EXPECT_EQ(table.text(),
            "TÊN           SỐ\n"
            "xã An Bình     7\n"
            "Sơ\xCC\x89          1234\n");
}

TEST(Text, FillsMissingCellsAndLeavesNoBlanksAtTheEnd) {
  Table table({"A", "B"});
  table.row({"x"});
  EXPECT_EQ(table.text(), "A  B\nx\n");
}

TEST(Text, ShowsTimesInVietnamAndInUtc) {
  const Instant time{1'764'036'187'123'456};
  EXPECT_EQ(local_text(time), "25/11/2025 09:03:07");
  EXPECT_EQ(iso_text(time), "2025-11-25T02:03:07.123456Z");
  EXPECT_EQ(local_text({}), "-");
  EXPECT_EQ(iso_text({}), "");
}

TEST(Text, GroupsNumbersAndWritesDecimalsAsTheLanguageDoes) {
  EXPECT_EQ(grouped(1234567, Language::kVietnamese), "1.234.567");
  EXPECT_EQ(grouped(1234567, Language::kEnglish), "1,234,567");
  EXPECT_EQ(grouped(7, Language::kEnglish), "7");
  EXPECT_EQ(milliseconds_text(Duration(1250), Language::kVietnamese), "1,2");
  EXPECT_EQ(milliseconds_text(Duration(1250), Language::kEnglish), "1.2");
}

TEST(Text, AnErrorNamesReasonCureFieldsAndRequest) {
  const Error error{ErrorCode::kInvalidArgument,
                    "INVALID_FIELD",
                    "Sai trường; hãy sửa.",
                    "Wrong field; correct it.",
                    {{"application.home_key", "empty"}}};
  const std::string text = error_text(error, Language::kVietnamese, "r-1");
  EXPECT_THAT(text, HasSubstr("lỗi: Sai trường; hãy sửa."));
  EXPECT_THAT(text, HasSubstr("INVALID_FIELD · yêu cầu r-1"));
  EXPECT_THAT(text, HasSubstr("trường application.home_key: empty"));
  const auto json = error_json(error, "r-1")["error"];
  EXPECT_EQ(json["reason"], "INVALID_FIELD");
  EXPECT_EQ(json["retryable"], false);
  EXPECT_EQ(json["fields"][0]["field"], "application.home_key");
}

TEST(Text, EveryCodeHasTheExitCodeScriptsRelyOn) {
  EXPECT_EQ(exit_of(ErrorCode::kInvalidArgument), Exit::kUsage);
  EXPECT_EQ(exit_of(ErrorCode::kNotFound), Exit::kNotFound);
  EXPECT_EQ(exit_of(ErrorCode::kPermissionDenied), Exit::kNotAllowed);
  EXPECT_EQ(exit_of(ErrorCode::kUnauthenticated), Exit::kNotAllowed);
  EXPECT_EQ(exit_of(ErrorCode::kFailedPrecondition), Exit::kConflict);
  EXPECT_EQ(exit_of(ErrorCode::kAborted), Exit::kConflict);
  EXPECT_EQ(exit_of(ErrorCode::kAlreadyExists), Exit::kConflict);
  EXPECT_EQ(exit_of(ErrorCode::kDeadlineExceeded), Exit::kDeadline);
  EXPECT_EQ(exit_of(ErrorCode::kUnavailable), Exit::kUnavailable);
  EXPECT_EQ(exit_of(ErrorCode::kResourceExhausted), Exit::kUnavailable);
  EXPECT_EQ(exit_of(ErrorCode::kInternal), Exit::kFailed);
}

}  // namespace
}  // namespace lienthong::ltctl
