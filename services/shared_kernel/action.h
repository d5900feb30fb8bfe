#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lienthong::shared_kernel {

/// What a principal may be allowed to do. Numbers stand in the catalogue's ledger: never reused.
enum class Action : std::uint8_t {
  kSubmitDossier = 1,       ///< `dossier.submit`: hand in online.
  kReceiveDossier = 2,      ///< `dossier.receive`: receive officially, refuse to receive, record a supplement at the desk.
  kReadDossier = 3,         ///< `dossier.read`
  kWithdrawDossier = 4,     ///< `dossier.withdraw`
  kHandOverResult = 5,      ///< `dossier.hand_over`
  kEraseDossier = 6,        ///< `dossier.erase`: erase the personal data.
  kBackdate = 7,            ///< `dossier.backdate`: state an occurred time more than 15 minutes back.
  kReadRoute = 8,           ///< `route.read`
  kSteerRoute = 9,          ///< `route.steer`: offer a refused leg again, or to another candidate.
  kReadWork = 10,           ///< `work.read`: inbox and stream of an agency.
  kAnswerWork = 11,         ///< `work.answer`: accept, refuse, ask for a supplement, complete, confirm.
  kReadWorkContent = 12,    ///< `work.content`: see the dossier's content of offered or held work; audited.
  kReadCatalogue = 13,      ///< `catalogue.read`
  kImportCatalogue = 14,    ///< `catalogue.import`
  kReadSealedContent = 15,  ///< `content.read`: services only.
  kReadContentKey = 16,     ///< `key.read`: services only.
  kResumeParked = 17,       ///< `ledger.resume`: retry or skip what a parked dossier waits for.
  kReadLedger = 18,         ///< `ledger.read`
  kForwardCommand = 19,  ///< `command.forward`: hand on a request of another principal to the lane's owner; services only.
  kReadEvents = 20,      ///< `event.read`: stream the public events of all dossiers.
  kReadNotice = 24,      ///< `notice.read`: notices of an agency's dossiers, without addresses.
  kSteerNotice = 25,     ///< `notice.steer`: send a failed notice again.
  kReportReceipt = 26,   ///< `notice.receipt`: report what became of a notice; providers' gateways only.
  kReadContact = 27,     ///< `contact.read`: services only.
  kReportDelivery = 28,  ///< `webhook.report`: how far the events of a subscription are; services only.
  kSendPost = 32,        ///< `post.send`: order, hand over and take over shipments; make, seal and open bags.
  kReadPost = 33,        ///< `post.read`
  kScanPost = 34,        ///< `post.scan`: report what happened to an item, as its carrier.
  kTellPost = 35,        ///< `post.tell`: between lanes of postal-dispatch; services only.
  kSettlePost = 36,      ///< `post.settle`: declare what a carrier paid in.
};

inline constexpr std::array kActions = {
    Action::kSubmitDossier,  Action::kReceiveDossier,  Action::kReadDossier,       Action::kWithdrawDossier,
    Action::kHandOverResult, Action::kEraseDossier,    Action::kBackdate,          Action::kReadRoute,
    Action::kSteerRoute,     Action::kReadWork,        Action::kAnswerWork,        Action::kReadWorkContent,
    Action::kReadCatalogue,  Action::kImportCatalogue, Action::kReadSealedContent, Action::kReadContentKey,
    Action::kResumeParked,   Action::kReadLedger,      Action::kForwardCommand,    Action::kReadNotice,
    Action::kSteerNotice,    Action::kReportReceipt,   Action::kReadContact,       Action::kSendPost,
    Action::kReadPost,       Action::kScanPost,        Action::kTellPost,          Action::kSettlePost,
    Action::kReadEvents,     Action::kReportDelivery};

/// The name used in catalogue files, e.g. `work.answer`.
std::string_view name_of(Action action);
std::optional<Action> action_named(std::string_view name);

/// Set of actions as bits.
class ActionSet {
 public:
  constexpr ActionSet() = default;
  static constexpr ActionSet from_bits(std::uint64_t bits) { return ActionSet(bits); }
  constexpr std::uint64_t bits() const { return bits_; }
  constexpr bool contains(Action action) const { return (bits_ & bit(action)) != 0; }
  constexpr void insert(Action action) { bits_ |= bit(action); }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const ActionSet&) const = default;

 private:
  explicit constexpr ActionSet(std::uint64_t bits) : bits_(bits) {}
  static constexpr std::uint64_t bit(Action action) { return std::uint64_t{1} << static_cast<std::uint8_t>(action); }
  std::uint64_t bits_ = 0;
};

}  // namespace lienthong::shared_kernel
