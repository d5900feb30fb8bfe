#include "shared_kernel/action.h"

namespace lienthong::shared_kernel {

std::string_view name_of(Action action) {
  switch (action) {
    case Action::kSubmitDossier: return "dossier.submit";
    case Action::kReceiveDossier: return "dossier.receive";
    case Action::kReadDossier: return "dossier.read";
    case Action::kWithdrawDossier: return "dossier.withdraw";
    case Action::kHandOverResult: return "dossier.hand_over";
    case Action::kEraseDossier: return "dossier.erase";
    case Action::kBackdate: return "dossier.backdate";
    case Action::kReadRoute: return "route.read";
    case Action::kSteerRoute: return "route.steer";
    case Action::kReadWork: return "work.read";
    case Action::kAnswerWork: return "work.answer";
    case Action::kReadWorkContent: return "work.content";
    case Action::kReadCatalogue: return "catalogue.read";
    case Action::kImportCatalogue: return "catalogue.import";
    case Action::kReadSealedContent: return "content.read";
    case Action::kReadContentKey: return "key.read";
    case Action::kResumeParked: return "ledger.resume";
    case Action::kReadLedger: return "ledger.read";
    case Action::kForwardCommand: return "command.forward";
    case Action::kSendPost: return "post.send";
    case Action::kReadPost: return "post.read";
    case Action::kScanPost: return "post.scan";
    case Action::kTellPost: return "post.tell";
    case Action::kSettlePost: return "post.settle";
    case Action::kReadEvents: return "event.read";
    case Action::kReadNotice: return "notice.read";
    case Action::kSteerNotice: return "notice.steer";
    case Action::kReportReceipt: return "notice.receipt";
    case Action::kReportDelivery: return "webhook.report";
    case Action::kReadContact: return "contact.read";
  }
  return "";
}

std::optional<Action> action_named(std::string_view name) {
  for (const Action action : kActions) {
    if (name_of(action) == name) return action;
  }
  return std::nullopt;
}

}  // namespace lienthong::shared_kernel
