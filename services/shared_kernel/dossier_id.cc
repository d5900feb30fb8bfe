#include "shared_kernel/dossier_id.h"

#include "platform/base/encoding.h"
#include "platform/crypto/sha256.h"

#include <array>

namespace lienthong::shared_kernel {
namespace {

constexpr std::array<std::size_t, 5> kUuidGroups = {8, 4, 4, 4, 12};
constexpr std::size_t kUuidLength = 36;
constexpr std::uint8_t kVersion7 = 7;

tl::unexpected<Error> invalid_request_id() {
  return failure({ErrorCode::kInvalidArgument, "REQUEST_ID_INVALID",
                  "Mã yêu cầu không đúng dạng: cần một UUID (nên dùng phiên bản 7); lệnh tạo hồ sơ cần <mã đơn vị>_<UUID>.",
                  "Not a request id: give a UUID (version 7 advised); a command that creates needs <home key>_<uuid>."});
}

tl::unexpected<Error> invalid_dossier_id() {
  return failure({ErrorCode::kInvalidArgument, "DOSSIER_ID_INVALID",
                  "Mã định danh hồ sơ không đúng dạng: cần <mã đơn vị>_<26 ký tự> như hệ thống đã trả về.",
                  "Not a dossier id: give <home key>_<26 characters> as the system returned it."});
}

void append_part(std::string& out, std::string_view part) {
  append_u16_be(out, static_cast<std::uint16_t>(part.size()));
  out += part;
}

}  // namespace

DossierId derive_dossier_id(const HomeKey& home, std::string_view principal, const RequestId& request) {
  std::string input;
  append_part(input, "dos1");
  append_part(input, home.text());
  append_part(input, principal);
  append_part(input, request.view());
  return *DossierId::from(crypto::sha256({input}).view().substr(0, DossierId::kSize));
}

std::string format_dossier_name(const DossierName& name) { return name.home.text() + '_' + to_base32(name.id.view()); }

Result<DossierName> parse_dossier_name(std::string_view text) {
  const auto at = text.find('_');
  if (at == std::string_view::npos) return invalid_dossier_id();
  auto home = HomeKey::parse(text.substr(0, at));
  const auto bytes = from_base32(text.substr(at + 1), DossierId::kSize);
  if (!home || !bytes) return invalid_dossier_id();
  return DossierName{*std::move(home), *DossierId::from(*bytes)};
}

Result<CreatingRequest> parse_creating_request(std::string_view text) {
  const auto at = text.find('_');
  if (at == std::string_view::npos) return invalid_request_id();
  auto home = HomeKey::parse(text.substr(0, at));
  const auto request = parse_uuid(text.substr(at + 1));
  if (!home || !request) return invalid_request_id();
  return CreatingRequest{*std::move(home), *request};
}

Result<RequestId> parse_uuid(std::string_view text) {
  if (text.size() != kUuidLength) return invalid_request_id();
  std::string hex;
  for (const auto group : kUuidGroups) {
    hex += text.substr(0, group);
    text.remove_prefix(group);
    if (text.empty()) break;
    if (text.front() != '-') return invalid_request_id();
    text.remove_prefix(1);
  }
  const auto bytes = from_hex(hex);
  if (!bytes) return invalid_request_id();
  return RequestId::from(*bytes);
}

std::string format_uuid(const RequestId& id) {
  std::string hex = to_hex(id.view());
  for (const std::size_t at : {8U, 13U, 18U, 23U}) hex.insert(at, "-");
  return hex;
}

std::optional<Instant> uuid_time(const RequestId& id) {
  if (id.bytes[6] >> 4 != kVersion7) return std::nullopt;
  const auto millis = static_cast<std::int64_t>(read_u64_be(id.view().substr(0, 8)) >> 16);
  return Instant{millis * 1000};
}

}  // namespace lienthong::shared_kernel
