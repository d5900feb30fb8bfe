#include "shared_kernel/status.h"

namespace lienthong::shared_kernel {

std::optional<NationalStatus> national_status(std::uint32_t code) {
  if (code < code_of(NationalStatus::kSubmitted) || code > code_of(NationalStatus::kHandedOver)) return std::nullopt;
  return static_cast<NationalStatus>(code);
}

std::uint32_t code_of(NationalStatus status) { return static_cast<std::uint32_t>(status); }

std::string_view vietnamese_name(NationalStatus status) {
  switch (status) {
    case NationalStatus::kSubmitted: return "Mới đăng ký";
    case NationalStatus::kReceived: return "Được tiếp nhận";
    case NationalStatus::kNotAccepted: return "Không được tiếp nhận";
    case NationalStatus::kInProcess: return "Đang xử lý";
    case NationalStatus::kSupplementRequested: return "Yêu cầu bổ sung giấy tờ";
    case NationalStatus::kFinancialDutyRequested: return "Yêu cầu thực hiện nghĩa vụ tài chính";
    case NationalStatus::kWithdrawalRequested: return "Công dân yêu cầu rút hồ sơ";
    case NationalStatus::kStopped: return "Dừng xử lý";
    case NationalStatus::kProcessed: return "Đã xử lý xong";
    case NationalStatus::kHandedOver: return "Đã trả kết quả";
  }
  return "";
}

std::string_view english_name(NationalStatus status) {
  switch (status) {
    case NationalStatus::kSubmitted: return "submitted";
    case NationalStatus::kReceived: return "received";
    case NationalStatus::kNotAccepted: return "not accepted";
    case NationalStatus::kInProcess: return "in process";
    case NationalStatus::kSupplementRequested: return "supplement requested";
    case NationalStatus::kFinancialDutyRequested: return "financial duty requested";
    case NationalStatus::kWithdrawalRequested: return "withdrawal requested";
    case NationalStatus::kStopped: return "stopped";
    case NationalStatus::kProcessed: return "processed";
    case NationalStatus::kHandedOver: return "handed over";
  }
  return "";
}

bool is_terminal(NationalStatus status) {
  switch (status) {
    case NationalStatus::kNotAccepted:
    case NationalStatus::kWithdrawalRequested:
    case NationalStatus::kStopped:
    case NationalStatus::kProcessed:
    case NationalStatus::kHandedOver: return true;
    case NationalStatus::kSubmitted:
    case NationalStatus::kReceived:
    case NationalStatus::kInProcess:
    case NationalStatus::kSupplementRequested:
    case NationalStatus::kFinancialDutyRequested: return false;
  }
  return false;
}

}  // namespace lienthong::shared_kernel
