#include "postal_dispatch/core/item_number.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lienthong::postal_dispatch {
namespace {

constexpr std::uint32_t kSerialMax = 99'999'999;

bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

tl::unexpected<Error> invalid(const char* vi, const char* en) {
  return failure({ErrorCode::kInvalidArgument, "ITEM_NUMBER_INVALID", vi, en});
}

}  // namespace

char check_digit(std::string_view digits) {
  // Weights and the two special remainders: UPU S10, clause 5.
  constexpr std::array<int, 8> kWeights = {8, 6, 4, 2, 3, 5, 9, 7};
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) sum += kWeights[i] * (digits[i] - '0');
  const int rest = 11 - sum % 11;
  if (rest == 10) return '0';
  if (rest == 11) return '5';
  return static_cast<char>('0' + rest);
}

Result<ItemNumber> ItemNumber::make(std::string_view service, std::uint32_t serial) {
  if (service.size() != 2 || !is_letter(service[0]) || !is_letter(service[1]) || serial > kSerialMax) {
    return invalid("Số bưu gửi cần hai chữ cái hoa chỉ dịch vụ và số thứ tự đến 99.999.999.",
                   "An item number needs two capital letters for the service and a serial up to 99,999,999.");
  }
  std::string digits = std::to_string(serial);
  digits.insert(0, 8 - digits.size(), '0');
  return ItemNumber(std::string(service) + digits + check_digit(digits) + "VN");
}

Result<ItemNumber> ItemNumber::parse(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c != ' ') plain += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  const bool shaped = plain.size() == 13 && std::all_of(plain.begin(), plain.begin() + 2, is_letter) &&
                      std::all_of(plain.begin() + 2, plain.begin() + 11, is_digit) &&
                      std::all_of(plain.begin() + 11, plain.end(), is_letter);
  if (!shaped) {
    return invalid("Số bưu gửi phải có dạng RR123456785VN; hãy kiểm tra lại.",
                   "An item number looks like RR123456785VN; check it again.");
  }
  if (check_digit(std::string_view(plain).substr(2, 8)) != plain[10]) {
    return invalid("Số bưu gửi sai chữ số kiểm tra; hãy đọc lại hoặc quét lại mã vạch.",
                   "The check digit of the item number does not fit; read it or scan the bar code again.");
  }
  return ItemNumber(std::move(plain));
}

}  // namespace lienthong::postal_dispatch
