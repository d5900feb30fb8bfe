#include "shared_kernel/api/addresses.h"

#include "shared_kernel/api/commands.h"

#include <cstddef>

namespace lienthong::shared_kernel::api {
namespace {

constexpr std::size_t kPartBytesMax = 500;

}  // namespace

Result<void> check_address(const ::lienthong::postal::v1::Address& address, const std::string& path) {
  struct Part {
    const std::string& text;
    const char* field;
    bool required;
  };
  const Part parts[] = {{address.name(), "name", true},         {address.line(), "line", true},
                        {address.province(), "province", true}, {address.phone(), "phone", false},
                        {address.commune(), "commune", false},  {address.district(), "district", false}};
  for (const auto& [text, field, required] : parts) {
    if (auto checked = check_text(text, path + "." + field, kPartBytesMax, required); !checked) return checked;
  }
  return {};
}

}  // namespace lienthong::shared_kernel::api
