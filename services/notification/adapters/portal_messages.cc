#include "notification/adapters/portal_messages.h"

#include "shared_kernel/local_time.h"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace lienthong::notification {
namespace {

using shared_kernel::Catalogue;

/// Source: limits seen in DVCQGIntegrationActionImpl.
constexpr std::size_t kHandlerMax = 50;
constexpr std::size_t kSummaryMax = 1000;
constexpr std::uint32_t kSubmitted = 1;
constexpr std::uint32_t kNotAccepted = 3;
constexpr std::uint32_t kSupplement = 5;
constexpr std::uint32_t kWithdrawn = 7;
constexpr std::uint32_t kProcessed = 9;
constexpr std::uint32_t kHandedOver = 10;

/// Names of the statuses as the portal's list has them.
constexpr std::array kStatusNames = {"",
                                     "Mới đăng ký",
                                     "Được tiếp nhận",
                                     "Không được tiếp nhận",
                                     "Đang xử lý",
                                     "Yêu cầu bổ sung giấy tờ",
                                     "Yêu cầu thực hiện nghĩa vụ tài chính",
                                     "Công dân yêu cầu rút hồ sơ",
                                     "Dừng xử lý",
                                     "Đã xử lý xong",
                                     "Đã trả kết quả"};

/// At most `max` letters; no letter is cut in two.
std::string cut(const std::string& text, std::size_t max) {
  std::size_t letters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U) continue;
    if (letters++ == max) return text.substr(0, i);
  }
  return text;
}

std::string status_name(std::uint32_t status) { return status < kStatusNames.size() ? kStatusNames[status] : ""; }

std::string procedure_name(const Catalogue& catalogue, const State& state) {
  const auto* procedure = catalogue.procedure(state.procedure_code);
  return procedure == nullptr ? "" : procedure->name.vi;
}

std::string agency_name(const Catalogue& catalogue, const std::string& code) {
  const auto* agency = catalogue.agency(code);
  return agency == nullptr ? code : agency->name.vi;
}

/// The agency that works on it: the first leg under way, else the desk.
const std::string& handler(const State& state) {
  for (const auto& leg : state.legs) {
    if (leg.phase == LegPhase::kStarted) return leg.agency;
  }
  return state.received_by;
}

}  // namespace

std::string portal_time(Instant at) {
  if (at.micros == 0) return "";
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(std::chrono::microseconds((at + shared_kernel::kLocalOffset).micros)).count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> out{};
  std::strftime(out.data(), out.size(), "%Y%m%d%H%M%S", &parts);
  return out.data();
}

bool concerns_portal(std::uint32_t from_status, std::uint32_t to_status) {
  return to_status != kSubmitted && !(from_status == kSubmitted && to_status == kWithdrawn);
}

std::vector<PortalStatus> portal_steps(const State& state, std::uint32_t from_status, PortalStatus status) {
  if (from_status != kSubmitted) return {status};
  return {{kSubmitted, state.submitted_at}, status};
}

std::string portal_code(const State& state, const std::string& dossier_id) {
  return state.dossier_code.empty() ? dossier_id : state.dossier_code;
}

bool complete_for(const State& state, std::uint32_t status) {
  if (state.procedure_code.empty() || state.received_by.empty()) return false;
  if (status == kNotAccepted) return true;
  if (state.dossier_code.empty()) return false;
  return (status != kProcessed && status != kHandedOver) || state.processed_at.micros != 0;
}

std::string dossier_message(const Catalogue& catalogue, const State& state, const std::string& dossier_id,
                            PortalStatus status, const std::optional<Contact>& contact, bool updating) {
  const auto name = procedure_name(catalogue, state);
  const bool ended = status.status >= kWithdrawn;
  nlohmann::ordered_json item = {{"MaHoSo", portal_code(state, dossier_id)},
                                 {"MaTTHC", state.procedure_code},
                                 {"TenTTHC", name},
                                 {"MaLinhVuc", ""},
                                 {"TenLinhVuc", ""},
                                 {"KenhThucHien", std::to_string(state.channel == 0 ? 1 : state.channel)},
                                 {"ChuHoSo", contact && !contact->by_proxy ? contact->full_name : ""},
                                 {"LoaiDoiTuong", std::to_string(state.applicant_kind == 0 ? 4 : state.applicant_kind)},
                                 {"Email", contact ? contact->email : ""},
                                 {"SoDienThoai", contact ? contact->phone : ""},
                                 {"TrichYeuHoSo", cut(name, kSummaryMax)},
                                 {"NgayNopHoSo", portal_time(state.submitted_at)},
                                 {"NgayTiepNhan", portal_time(state.received_at)},
                                 {"NgayHenTra", portal_time(state.appointment_at)},
                                 {"TrangThaiHoSo", std::to_string(status.status)},
                                 {"NgayTra", status.status == kHandedOver ? portal_time(status.at) : ""},
                                 {"HinhThuc", state.result_by_post ? "1" : "0"},
                                 {"NgayTuChoi", status.status == kNotAccepted ? portal_time(status.at) : ""},
                                 {"NgayKetThucXuLy", !ended                           ? ""
                                                     : state.processed_at.micros != 0 ? portal_time(state.processed_at)
                                                                                      : portal_time(status.at)},
                                 {"DonViXuLy", agency_name(catalogue, handler(state))},
                                 {"NoiNopHoSo", "2"},
                                 {"DinhDanhCHS", nlohmann::ordered_json::array()},
                                 {"DSKetNoiCSDL", nlohmann::ordered_json::array()},
                                 {"TaiLieuNop", nlohmann::ordered_json::array()},
                                 {"DanhSachLePhi", nlohmann::ordered_json::array()},
                                 {"DanhSachHoSoBoSung", nlohmann::ordered_json::array()}};
  // What is missing in words is sealed; that something is, and since when, is not.
  if (status.status == kSupplement) {
    item["DanhSachHoSoBoSung"].push_back({{"HoSoBoSungId", portal_code(state, dossier_id) + '/' + portal_time(status.at)},
                                          {"NgayBoSung", portal_time(status.at)},
                                          {"TrangThaiBoSung", "0"}});
  }
  const nlohmann::ordered_json message = {{"isUpdating", updating ? "True" : "False"},
                                          {"data", nlohmann::ordered_json::array({item})}};
  return message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string progress_message(const Catalogue& catalogue, const State& state, const std::string& dossier_id,
                             PortalStatus status) {
  const auto unit = agency_name(catalogue, handler(state));
  const nlohmann::ordered_json item = {{"MaHoSo", portal_code(state, dossier_id)},
                                       {"NguoiXuLy", cut(unit, kHandlerMax)},
                                       {"ChucDanh", ""},
                                       {"ThoiDiemXuLy", portal_time(status.at)},
                                       {"PhongBanXuLy", unit},
                                       {"NoiDungXuLy", status_name(status.status)},
                                       {"TrangThai", std::to_string(status.status)},
                                       {"NgayBatDau", portal_time(status.at)},
                                       {"NgayKetThucTheoQuyDinh", portal_time(state.appointment_at)}};
  const nlohmann::ordered_json message = {{"data", nlohmann::ordered_json::array({item})}};
  return message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace lienthong::notification
