#include "postal_dispatch/core/not_found.h"

namespace lienthong::postal_dispatch {

Error shipment_not_found() {
  return {ErrorCode::kNotFound, "SHIPMENT_NOT_FOUND",
          "Không có bưu gửi này, hoặc bưu gửi không thuộc cơ quan của bạn; hãy kiểm tra mã hồ sơ và số thứ tự bưu gửi.",
          "There is no such shipment, or it is not your agency's; check the dossier id and the shipment's number."};
}

Error bag_not_found() {
  return {ErrorCode::kNotFound, "BAG_NOT_FOUND",
          "Không có túi thư này, hoặc túi không thuộc cơ quan của bạn; hãy kiểm tra mã túi.",
          "There is no such bag, or it is not your agency's; check the bag's id."};
}

Error settlement_not_found() {
  return {ErrorCode::kNotFound, "SETTLEMENT_NOT_FOUND",
          "Không có bảng đối soát này, hoặc không thuộc cơ quan của bạn; hãy kiểm tra đơn vị, hãng vận chuyển và ngày.",
          "There is no such settlement, or it is not your agency's; check desk, carrier and day."};
}

Error scan_not_found() {
  return {ErrorCode::kNotFound, "SCAN_NOT_FOUND",
          "Không có lượt quét chưa khớp này, hoặc bạn không được xem; hãy kiểm tra định danh.",
          "There is no such unmatched scan, or you may not see it; check its id."};
}

}  // namespace lienthong::postal_dispatch
