#include "shared_kernel/dossier_code.h"

#include <algorithm>

namespace lienthong::shared_kernel {
namespace {

constexpr std::size_t kNumberDigitsMin = 4;
constexpr std::size_t kNumberDigitsMax = 12;
constexpr std::size_t kPrefixMax = 40;

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

tl::unexpected<Error> invalid_code() {
  return failure(
      {ErrorCode::kInvalidArgument, "DOSSIER_CODE_INVALID",
       "Mã số hồ sơ không đúng dạng: cần <mã cơ quan>-<ngày yyMMdd>-<số thứ tự>, ví dụ 000.17.22.H47-240502-0001.",
       "Not a dossier code: write <agency code>-<day yyMMdd>-<number>, for example 000.17.22.H47-240502-0001."});
}

}  // namespace

bool is_code_prefix(std::string_view text) {
  return !text.empty() && text.size() <= kPrefixMax && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
  });
}

std::string format_dossier_code(const DossierCode& code) {
  std::string number = std::to_string(code.number);
  if (number.size() < kNumberDigitsMin) number.insert(0, kNumberDigitsMin - number.size(), '0');
  return code.prefix + '-' + format_short_day(code.day) + '-' + number;
}

Result<DossierCode> parse_dossier_code(std::string_view text) {
  const auto last = text.rfind('-');
  if (last == std::string_view::npos || last < 8) return invalid_code();
  const auto number = text.substr(last + 1);
  const auto day = text.substr(last - 6, 6);
  const auto prefix = text.substr(0, last - 7);
  const bool widened_without_need = number.size() > kNumberDigitsMin && number.front() == '0';
  if (text[last - 7] != '-' || !is_code_prefix(prefix) || !all_digits(day) || !all_digits(number) || widened_without_need ||
      number.size() < kNumberDigitsMin || number.size() > kNumberDigitsMax) {
    return invalid_code();
  }
  const std::string iso =
      "20" + std::string(day.substr(0, 2)) + '-' + std::string(day.substr(2, 2)) + '-' + std::string(day.substr(4, 2));
  const auto parsed_day = parse_day(iso);
  const std::uint64_t parsed_number = std::stoull(std::string(number));
  if (!parsed_day || parsed_number == 0) return invalid_code();
  return DossierCode{std::string(prefix), *parsed_day, parsed_number};
}

std::string dossier_counter_key(const HomeKey& home, LocalDay day) { return home.text() + '|' + format_day(day); }

}  // namespace lienthong::shared_kernel
