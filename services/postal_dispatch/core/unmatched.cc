#include "postal_dispatch/core/post_draft.h"

#include <algorithm>

namespace lienthong::postal_dispatch {
namespace {

/// They belong to no office yet, so all of them stand under one key.
const HomeKey& unmatched_home() {
  static const HomeKey kKey = *HomeKey::parse("POST/scans");
  return kKey;
}

bool reports_scans(const Catalogue& rules, const CommandHeader& header) {
  const auto* principal = rules.principal(header.principal);
  return principal != nullptr &&
         std::any_of(principal->grants.begin(), principal->grants.end(),
                     [](const shared_kernel::Grant& grant) { return grant.actions.contains(Action::kScanPost); });
}

}  // namespace

DossierName unmatched_name(const UnmatchedScan& scan) {
  const std::string what =
      "unmatched|" + scan.carrier + '|' + scan.item + '|' + scan.raw_code + '|' + std::to_string(scan.at.micros);
  return {unmatched_home(), shared_kernel::derive_dossier_id(unmatched_home(), what, {})};
}

Result<void> decide_keep(PostDraft& draft, const CommandHeader& header, const KeepScan& keep) {
  if (!reports_scans(*draft.rules(), header)) return failure(scan_not_found());
  // Sent again: it waits already, or somebody has seen to it.
  if (std::holds_alternative<KeptScan>(draft.state())) return {};
  if (!std::holds_alternative<std::monostate>(draft.state())) return failure(scan_not_found());
  draft.record(draft.now(), ScanKept{unmatched_home(), keep.scan});
  return {};
}

Result<void> decide_close(PostDraft& draft, const CommandHeader& header, const CloseScan& close) {
  const auto* kept = std::get_if<KeptScan>(&draft.state());
  // A scan of nobody's item is every office's or none's.
  if (kept == nullptr || !may(*draft.rules(), header, Action::kScanPost, "")) return failure(scan_not_found());
  if (kept->fate != ScanFate::kOpen) {
    return failure(precondition("SCAN_CLOSED", "Lượt quét này đã được nhận hoặc bỏ qua; không cần làm gì thêm.",
                                "This scan was taken or put aside before; nothing is left to do."));
  }
  draft.record(draft.now(), ScanClosed{close.fate, close.reason_code});
  return {};
}

}  // namespace lienthong::postal_dispatch
