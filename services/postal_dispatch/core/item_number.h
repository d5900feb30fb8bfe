#pragma once

#include "platform/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace lienthong::postal_dispatch {

/// Number on a postal item or bag, e.g. `RR123456785VN`.
/// Source: UPU standard S10: two letters for the service, eight digits, a check digit, two letters for the country.
class ItemNumber {
 public:
  ItemNumber() = default;
  /// Makes the number of a serial in Viet Nam. Units: serial 0..99,999,999.
  /// Errors: kInvalidArgument ITEM_NUMBER_INVALID for a service that is not two capital letters or a serial out of range.
  static Result<ItemNumber> make(std::string_view service, std::uint32_t serial);
  /// Reads a number of any country; blanks between the groups and small letters are taken.
  /// Errors: kInvalidArgument ITEM_NUMBER_INVALID for another form or a check digit that does not fit.
  static Result<ItemNumber> parse(std::string_view text);

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const ItemNumber&) const = default;

 private:
  explicit ItemNumber(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// The digit that follows these eight. Precondition: eight decimal digits.
char check_digit(std::string_view digits);

}  // namespace lienthong::postal_dispatch
