#include "shared_kernel/home_key.h"

#include "platform/base/encoding.h"
#include "platform/crypto/sha256.h"

#include <algorithm>

namespace lienthong::shared_kernel {
namespace {

constexpr std::size_t kAgencyPartMax = 31;
constexpr std::size_t kOfficePartMax = 8;

bool is_upper_or_digit(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_valid(std::string_view text) {
  const auto slash = text.find('/');
  const auto agency = text.substr(0, slash);
  if (agency.empty() || agency.size() > kAgencyPartMax || agency.front() == '.') return false;
  if (!std::all_of(agency.begin(), agency.end(), [](char c) { return is_upper_or_digit(c) || c == '.'; })) return false;
  if (slash == std::string_view::npos) return true;
  const auto office = text.substr(slash + 1);
  return !office.empty() && office.size() <= kOfficePartMax && std::all_of(office.begin(), office.end(), is_lower_or_digit);
}

}  // namespace

Result<HomeKey> HomeKey::parse(std::string_view text) {
  if (is_valid(text)) return HomeKey(std::string(text));
  return failure(
      {ErrorCode::kInvalidArgument, "HOME_KEY_INVALID",
       "Mã đơn vị tiếp nhận không đúng dạng: cần 1-31 chữ hoa, chữ số hoặc dấu chấm, có thể thêm “/” và 1-8 chữ thường "
       "hoặc chữ số.",
       "Not a home key: write 1 to 31 capital letters, digits or dots, optionally followed by a slash and 1 to 8 small "
       "letters or digits."});
}

std::uint32_t partition_of(const HomeKey& home, std::uint32_t partition_count) {
  const Hash hash = crypto::sha256({home.text()});
  return static_cast<std::uint32_t>(read_u64_be(hash.view().substr(0, 8)) % partition_count);
}

}  // namespace lienthong::shared_kernel
