#include "shared_kernel/api/principals.h"

#include <algorithm>

namespace lienthong::shared_kernel::api {

Result<std::shared_ptr<const Catalogue>> latest_catalogue(const ledger::RulesStore& rules) {
  const auto latest = rules.latest();
  auto catalogue = latest ? std::dynamic_pointer_cast<const Catalogue>(latest->rules) : nullptr;
  if (catalogue == nullptr) {
    return failure({ErrorCode::kUnavailable, "CATALOGUE_UNAVAILABLE",
                    "Chưa đọc được danh mục; hãy thử lại sau giây lát, hoặc nạp danh mục bằng: ltctl catalogue import.",
                    "No catalogue has been read yet; try again soon, or import one with: ltctl catalogue import."});
  }
  return catalogue;
}

rpc::PrincipalLookup principals_of(const ledger::RulesStore& rules) {
  return [&rules](const rpc::Caller& caller) -> Result<std::string> {
    const auto catalogue = latest_catalogue(rules);
    if (!catalogue) return failure(catalogue.error());
    const auto* principal = (*catalogue)->principal_by_certificate(caller.certificate_name);
    if (principal == nullptr) {
      return failure({ErrorCode::kPermissionDenied, "PRINCIPAL_UNKNOWN",
                      "Chứng thư chưa được đăng ký trong danh mục; hãy đề nghị đơn vị vận hành đăng ký.",
                      "The certificate is not registered in the catalogue; ask the operators to register it."});
    }
    return principal->id;
  };
}

Error not_granted(Action action) {
  const std::string name(name_of(action));
  return {ErrorCode::kPermissionDenied, "NOT_GRANTED",
          "Chưa được cấp quyền " + name + "; hãy đề nghị cấp quyền trong danh mục.",
          "The grant " + name + " is missing; have it granted in the catalogue."};
}

Result<void> require_service(const Catalogue& catalogue, const std::string& id, Action action) {
  const auto* principal = catalogue.principal(id);
  if (principal == nullptr || !Catalogue::allows(*principal, action, "", "")) return failure(not_granted(action));
  return {};
}

Result<void> require_agency(const Catalogue& catalogue, const std::string& id, Action action, const std::string& agency) {
  const auto* principal = catalogue.principal(id);
  if (principal == nullptr || !Catalogue::allows_some_procedure(*principal, action, agency))
    return failure(not_granted(action));
  if (catalogue.agency(agency) == nullptr) {
    return failure({ErrorCode::kInvalidArgument,
                    "AGENCY_UNKNOWN",
                    "Không có cơ quan “" + agency + "” trong danh mục; hãy kiểm tra mã cơ quan.",
                    "The catalogue has no agency “" + agency + "”; check its code.",
                    {{"agency", "unknown"}}});
  }
  return {};
}

bool may_know_of(const Principal& principal, std::string_view agency, std::string_view procedure) {
  return std::any_of(kActions.begin(), kActions.end(),
                     [&](Action action) { return Catalogue::allows(principal, action, agency, procedure); });
}

}  // namespace lienthong::shared_kernel::api
