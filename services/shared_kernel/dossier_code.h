#pragma once

#include "platform/base/result.h"
#include "shared_kernel/home_key.h"
#include "shared_kernel/local_time.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace lienthong::shared_kernel {

/// Mã số hồ sơ: `<printed prefix>-yyMMdd-NNNN`, issued at official receipt; the number counts the dossiers that desk
/// received on that local day, has at least four digits and widens instead of wrapping.
/// Source: TT 01/2018/TT-VPCP, Art. 19.
struct DossierCode {
  std::string prefix;
  LocalDay day;
  std::uint64_t number = 0;
  auto operator<=>(const DossierCode&) const = default;
};

std::string format_dossier_code(const DossierCode& code);
/// Two-digit years are of this century. Errors: kInvalidArgument, reason DOSSIER_CODE_INVALID.
Result<DossierCode> parse_dossier_code(std::string_view text);

/// Key of the running number of one desk and local day, for Context::next_number.
std::string dossier_counter_key(const HomeKey& home, LocalDay day);

/// True for what may stand in front of the date: an agency code such as `000.17.22.H47`. Source: QCVN 102:2016/BTTTT.
bool is_code_prefix(std::string_view text);

}  // namespace lienthong::shared_kernel
