#pragma once

#include "platform/base/result.h"
#include "shared_kernel/notice_rules.h"

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

/// Texts of notices: variables, fragments, letters without marks, length of an SMS. Pure.
namespace lienthong::shared_kernel {

enum class NoticeLanguage : std::uint8_t { kVietnamese, kEnglish };

/// Vietnamese letters without their marks, in composed or decomposed form: `Đã nhận` is `Da nhan`. Other letters stay.
std::string fold_accents(std::string_view utf8);

/// How an SMS is counted. Source: GSM 03.38 (7-bit letters, 160 in a message; two for `^{}\[~]|€`), UCS-2 (70).
struct SmsMeasure {
  std::size_t units = 0;
  std::size_t limit = 160;  ///< 70 with a letter that the 7-bit alphabet lacks.
  bool fits() const { return units <= limit; }
};
SmsMeasure measure_sms(std::string_view utf8);

/// Puts fragments in place: what is left has variables only. The text is the template's in that language, or Vietnamese
/// where it has no other. Errors: kInvalidArgument for an unknown fragment, one that contains itself, braces that do not
/// close.
Result<NoticeText> expand(const NoticeSettings& settings, const NoticeTemplate& text, NoticeLanguage language);

/// Variables of an expanded text. Errors: kInvalidArgument for braces that do not close.
Result<std::set<std::string, std::less<>>> variables_in(const NoticeText& expanded);

using NoticeValues = std::map<std::string, std::string, std::less<>>;
/// The text as it is sent. Values stay as they are; line breaks in a subject become spaces.
/// Errors: kInvalidArgument TEMPLATE_VARIABLE naming a variable without value, or those of `expand`.
Result<NoticeText> render(const NoticeSettings& settings, const NoticeTemplate& text, NoticeLanguage language,
                          const NoticeValues& values);

}  // namespace lienthong::shared_kernel
