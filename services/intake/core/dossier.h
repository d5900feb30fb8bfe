#pragma once

#include "platform/base/instant.h"
#include "shared_kernel/command.h"
#include "shared_kernel/content.h"
#include "shared_kernel/home_key.h"
#include "shared_kernel/status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The vocabulary of intake: what a dossier is to the desk that receives it.
namespace lienthong::intake {

using shared_kernel::CommandHeader;
using shared_kernel::Component;
using shared_kernel::HomeKey;
using shared_kernel::LegRef;
using shared_kernel::NationalStatus;
using shared_kernel::SealedRef;

enum class ApplicantKind : std::uint8_t { kUnspecified, kCitizen, kBusiness, kOrganisation, kAgency };
enum class Channel : std::uint8_t { kUnspecified, kCounter, kOnline, kPost };

/// What the post does with a result.
enum class Delivery : std::uint8_t { kNone, kRequested, kDelivered, kReturned, kLost };

/// Đồng; more than this is a slip of the pen.
inline constexpr std::int64_t kCollectMax = 1'000'000'000;

/// What the applicant asks of the public post: fetch the dossier, bring the result, or both.
/// Source: QĐ 45/2016/QĐ-TTg, Art. 5.
struct PostalWish {
  std::string carrier;
  std::optional<SealedRef> pick_up_at;
  std::optional<SealedRef> deliver_to;
  std::int64_t collect = 0;      ///< Đồng, with the result.
  std::int64_t pick_up_fee = 0;  ///< Đồng, when the papers are fetched.
  bool operator==(const PostalWish&) const = default;
};

/// What an application consists of, however it comes in. The person is in `content`.
struct Application {
  HomeKey home;
  std::string procedure_code;
  ApplicantKind applicant_kind = ApplicantKind::kUnspecified;
  Channel channel = Channel::kUnspecified;
  std::string area_code;
  std::string helped_by;
  SealedRef content;
  std::vector<Component> components;
  std::optional<PostalWish> post;
  bool operator==(const Application&) const = default;
};

// ---- commands

/// Online: lays the dossier before the desk; status 1.
struct SubmitDossier {
  Application application;
  bool operator==(const SubmitDossier&) const = default;
};
/// At the counter: creates and receives in one step; status 2.
struct ReceiveDossier {
  Application application;
  bool operator==(const ReceiveDossier&) const = default;
};
/// Official receipt of a submitted dossier; 1 -> 2.
struct AcceptDossier {
  bool operator==(const AcceptDossier&) const = default;
};
/// 1 -> 3, with a written reason.
struct RefuseDossier {
  std::string reason_code;
  SealedRef reason;
  bool operator==(const RefuseDossier&) const = default;
};
/// 5 -> 4.
struct ReceiveSupplement {
  std::vector<Component> components;
  std::optional<SealedRef> content;
  bool operator==(const ReceiveSupplement&) const = default;
};
/// To 7; then 8 when routing has recalled the open legs.
struct WithdrawDossier {
  std::optional<SealedRef> reason;
  bool operator==(const WithdrawDossier&) const = default;
};
/// 9 -> 10.
struct HandOverResult {
  Channel channel = Channel::kUnspecified;
  bool operator==(const HandOverResult&) const = default;
};
struct ErasePersonalData {
  std::string reason_code;
  std::optional<SealedRef> reason;
  bool operator==(const ErasePersonalData&) const = default;
};

using CommandBody = std::variant<SubmitDossier, ReceiveDossier, AcceptDossier, RefuseDossier, ReceiveSupplement,
                                 WithdrawDossier, HandOverResult, ErasePersonalData>;
struct Command {
  CommandHeader header;
  CommandBody body;
  bool operator==(const Command&) const = default;
};

// ---- what routing reports

/// The first leg was accepted: 2 -> 4.
struct ProcessingStarted {
  bool operator==(const ProcessingStarted&) const = default;
};
/// An agency needs more papers: 4 -> 5.
struct SupplementNeeded {
  LegRef leg;
  std::string agency;
  std::string reason_code;
  SealedRef reason;
  bool operator==(const SupplementNeeded&) const = default;
};
struct AppointmentChanged {
  Instant to;
  bool operator==(const AppointmentChanged&) const = default;
};
/// All results are back: 9.
struct RouteResolved {
  Instant processed_at;
  bool operator==(const RouteResolved&) const = default;
};
/// Nobody takes it and an operator has ended it: 8, since a receipt was given.
struct RouteRefused {
  std::string reason_code;
  SealedRef reason;
  bool operator==(const RouteRefused&) const = default;
};
/// Withdrawn and all legs recalled: 7 -> 8.
struct RouteStopped {
  bool operator==(const RouteStopped&) const = default;
};

using RouteFactBody =
    std::variant<ProcessingStarted, SupplementNeeded, AppointmentChanged, RouteResolved, RouteRefused, RouteStopped>;
struct RouteFact {
  Instant occurred_at;
  RouteFactBody body;
  bool operator==(const RouteFact&) const = default;
};
/// One decision of routing, as far as the desk takes it.
struct RouteReported {
  std::vector<RouteFact> facts;
  bool operator==(const RouteReported&) const = default;
};

// ---- what postal-dispatch reports

/// A result is in the receiver's hands, with proof: 9 -> 10.
struct ResultDelivered {
  std::uint32_t shipment = 0;
  bool operator==(const ResultDelivered&) const = default;
};
struct ResultUndelivered {
  std::uint32_t shipment = 0;
  Delivery outcome = Delivery::kReturned;  ///< Returned or lost.
  bool operator==(const ResultUndelivered&) const = default;
};
struct PostFact {
  Instant occurred_at;
  std::variant<ResultDelivered, ResultUndelivered> body;
  bool operator==(const PostFact&) const = default;
};
struct PostReported {
  std::vector<PostFact> facts;
  bool operator==(const PostReported&) const = default;
};

/// A catalogue release came out.
struct Reviewed {
  std::uint64_t catalogue_version = 0;
  bool operator==(const Reviewed&) const = default;
};

using Cause = std::variant<Command, RouteReported, PostReported, Reviewed>;

// ---- events

struct DossierSubmitted {
  Application application;
  std::string received_by;  ///< Agency of the desk.
  bool operator==(const DossierSubmitted&) const = default;
};
/// Official receipt: code, appointment and the version the dossier keeps.
struct DossierAccepted {
  HomeKey home;
  std::string dossier_code;
  std::string procedure_code;
  std::uint32_t procedure_version = 0;
  std::string received_by;
  std::string helped_by;
  Instant received_at;
  Instant appointment_at;
  bool operator==(const DossierAccepted&) const = default;
};
struct DossierRefused {
  std::string reason_code;
  SealedRef reason;
  bool operator==(const DossierRefused&) const = default;
};
struct SupplementRequested {
  LegRef leg;
  std::string agency;
  std::string reason_code;
  SealedRef reason;
  bool operator==(const SupplementRequested&) const = default;
};
struct SupplementReceived {
  std::vector<LegRef> legs;
  std::vector<Component> components;
  std::optional<SealedRef> content;
  bool operator==(const SupplementReceived&) const = default;
};
struct DossierWithdrawn {
  std::optional<SealedRef> reason;
  bool received = false;  ///< Its legs have to be recalled.
  bool operator==(const DossierWithdrawn&) const = default;
};
struct DossierStopped {
  std::string reason_code;
  std::optional<SealedRef> reason;
  bool operator==(const DossierStopped&) const = default;
};
struct DossierProcessed {
  Instant processed_at;
  bool withdrawal_lapsed = false;
  bool operator==(const DossierProcessed&) const = default;
};
struct ResultHandedOver {
  Channel channel = Channel::kUnspecified;
  bool operator==(const ResultHandedOver&) const = default;
};
struct AppointmentMoved {
  Instant from;
  Instant to;
  bool operator==(const AppointmentMoved&) const = default;
};
struct PersonalDataErased {
  std::vector<std::string> key_refs;
  std::string reason_code;
  std::optional<SealedRef> reason;
  bool operator==(const PersonalDataErased&) const = default;
};
/// For postal-dispatch: fetch the papers.
struct PickupRequested {
  HomeKey home;
  std::string carrier;
  std::string area_code;
  SealedRef address;
  std::vector<Component> components;
  std::int64_t collect = 0;
  bool operator==(const PickupRequested&) const = default;
};
/// For postal-dispatch: bring the result.
struct ResultDeliveryRequested {
  HomeKey home;
  std::string dossier_code;
  std::string carrier;
  std::string area_code;
  SealedRef address;
  std::int64_t collect = 0;
  bool operator==(const ResultDeliveryRequested&) const = default;
};
/// The post gave the result back or lost it.
struct ResultNotDelivered {
  Delivery outcome = Delivery::kReturned;
  std::uint32_t shipment = 0;
  bool operator==(const ResultNotDelivered&) const = default;
};
/// The only event that moves the public status.
struct StatusChanged {
  std::optional<NationalStatus> from;  ///< Nothing for a new dossier.
  NationalStatus to = NationalStatus::kSubmitted;
  bool operator==(const StatusChanged&) const = default;
};
/// A report of routing or the post that came too late; nothing was done with it.
struct InputSetAside {
  std::string input;
  std::uint32_t status = 0;
  bool operator==(const InputSetAside&) const = default;
};

using EventBody =
    std::variant<DossierSubmitted, DossierAccepted, DossierRefused, SupplementRequested, SupplementReceived,
                 DossierWithdrawn, DossierStopped, DossierProcessed, ResultHandedOver, AppointmentMoved, PersonalDataErased,
                 StatusChanged, InputSetAside, PickupRequested, ResultDeliveryRequested, ResultNotDelivered>;
struct Event {
  Instant occurred_at;
  EventBody body;
  bool operator==(const Event&) const = default;
};

// ---- state

struct State {
  std::optional<NationalStatus> status;  ///< Nothing: there is no dossier.
  HomeKey home;
  std::string procedure_code;
  std::uint32_t procedure_version = 0;  ///< 0 before receipt.
  ApplicantKind applicant_kind = ApplicantKind::kUnspecified;
  Channel channel = Channel::kUnspecified;
  std::string area_code;
  std::string dossier_code;  ///< Empty before receipt.
  std::string received_by;
  std::string helped_by;
  Instant submitted_at;
  Instant received_at;
  Instant appointment_at;
  Instant first_appointment_at;  ///< As the receipt says.
  Instant processed_at;
  Instant closed_at;
  std::vector<Component> components;
  std::vector<SealedRef> contents;  ///< The application, then supplements.
  std::vector<SealedRef> reasons;
  std::vector<LegRef> awaiting;   ///< Legs that wait for a supplement; not empty in status 5.
  std::uint32_t supplements = 0;  ///< Asked for so far; more than one counts as late in the index of QĐ 766/QĐ-TTg.
  std::string reason_code;
  bool erased = false;
  Channel handed_over_by = Channel::kUnspecified;
  std::optional<PostalWish> post;
  Delivery delivery = Delivery::kNone;
  bool operator==(const State&) const = default;
};

}  // namespace lienthong::intake
