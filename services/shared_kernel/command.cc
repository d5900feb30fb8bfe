#include "shared_kernel/command.h"

namespace lienthong::shared_kernel {

bool allows(const Catalogue& rules, const CommandHeader& header, Action action, std::string_view agency,
            std::string_view procedure) {
  const Principal* principal = rules.principal(header.principal);
  return principal != nullptr && Catalogue::allows(*principal, action, agency, procedure);
}

Result<Instant> occurred_time(const CommandHeader& header, Instant decided_at, const Catalogue& rules,
                              std::string_view agency, std::string_view procedure) {
  if (!header.occurred_at) return decided_at;
  const Instant at = *header.occurred_at;
  if (at > decided_at + kClockTolerance) {
    return failure({ErrorCode::kInvalidArgument,
                    "OCCURRED_TIME_IN_FUTURE",
                    "Thời điểm xảy ra ở tương lai; hãy kiểm tra đồng hồ của máy gửi",
                    "The occurred time lies in the future; check the clock of the sender",
                    {{"occurred_time", "in the future"}}});
  }
  if (at + kFreeBackdating < decided_at && !allows(rules, header, Action::kBackdate, agency, procedure)) {
    return failure(
        {ErrorCode::kPermissionDenied,
         "NOT_GRANTED",
         "Ghi lùi thời điểm quá 15 phút cần quyền dossier.backdate; hãy bỏ trống thời điểm hoặc xin cấp quyền",
         "An occurred time more than 15 minutes back needs the grant dossier.backdate; leave it out or ask for the grant",
         {{"occurred_time", "more than 15 minutes back"}}});
  }
  return std::min(at, decided_at);
}

Error dossier_not_found() {
  return {ErrorCode::kNotFound, "DOSSIER_NOT_FOUND", "Không tìm thấy hồ sơ; hãy kiểm tra lại mã hồ sơ",
          "No such dossier; check its id or code"};
}

Error action_not_allowed(Action action) {
  const std::string name(name_of(action));
  return {ErrorCode::kPermissionDenied, "NOT_GRANTED",
          "Không có quyền " + name + " đối với cơ quan và thủ tục này; hãy đề nghị quản trị danh mục cấp quyền",
          "The grant " + name + " is missing for this agency and procedure; ask the administrator of the catalogue for it"};
}

Error catalogue_missing() {
  return {ErrorCode::kUnavailable, "CATALOGUE_UNAVAILABLE",
          "Chưa có danh mục nào được phát hành; hãy nhập danh mục rồi gửi lại",
          "No catalogue has been released; import one and try again"};
}

}  // namespace lienthong::shared_kernel
