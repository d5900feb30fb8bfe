#pragma once

#include "platform/base/decision.h"
#include "platform/base/result.h"
#include "shared_kernel/action.h"
#include "shared_kernel/deadline.h"
#include "shared_kernel/home_key.h"
#include "shared_kernel/local_time.h"
#include "shared_kernel/notice_rules.h"
#include "shared_kernel/working_calendar.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lienthong::shared_kernel {

/// Days on which something is in force; both ends belong to it.
struct Validity {
  LocalDay from;
  std::optional<LocalDay> until;
  bool contains(LocalDay day) const { return from <= day && (!until || day <= *until); }
  bool overlaps(const Validity& other) const {
    return (!until || other.from <= *until) && (!other.until || from <= *other.until);
  }
  bool operator==(const Validity&) const = default;
};

struct Name {
  std::string vi;
  std::string en;
  bool operator==(const Name&) const = default;
};

/// The tiers of administration, lowest first, while `validity` holds. Tiers are data: three until 2025-06-30 in law, two
/// since.
struct TierSystem {
  Validity validity;
  std::vector<std::string> tiers;
  bool operator==(const TierSystem&) const = default;
};

/// A desk of an agency that receives dossiers officially.
struct HomeDesk {
  HomeKey key;
  /// Front of every dossier code of this desk; no other desk has it.
  std::string printed_prefix;
  bool operator==(const HomeDesk&) const = default;
};

/// Whoever may receive a dossier or hold a leg: an agency, or a body outside of the administration.
struct Agency {
  std::string code;
  Name name;
  std::string kind;  ///< What procedures name as receivers, e.g. `commune_committee`.
  std::string tier;
  Validity validity;
  std::vector<std::string> successors;
  /// Areas it lies in, narrowest first. Bindings are found through them; no agency is a parent of another.
  std::vector<std::string> areas;
  std::vector<HomeDesk> desks;
  std::string calendar;
  bool operator==(const Agency&) const = default;
};

/// What happens to the appointment when a supplement was asked for. RESTART and PAUSE_OVERDUE get numbers when they are
/// built.
enum class ClockPolicy : std::uint8_t {
  kResume = 1,  ///< The due time moves by the working time waited.
};

/// One agency's part of a linked procedure.
struct Leg {
  std::string id;  ///< Within the procedure version, e.g. `police`.
  Name name;
  std::string role;  ///< Bound to an agency by area and date.
  Limit limit;
  bool limit_is_sample = false;  ///< True: the limit is not verified in law.
  std::vector<std::string>
      after;  ///< Ids of legs whose result must be back before this one is offered; empty: at the start.
  bool operator==(const Leg&) const = default;
};

struct ProcedureVersion {
  std::uint32_t number = 0;  ///< From 1, within its procedure.
  Validity validity;         ///< By the day of official receipt.
  std::vector<std::string> receiving_kinds;
  Limit total;
  bool total_is_sample = false;
  DayPractice practice = DayPractice::kHours;
  ClockPolicy clock = ClockPolicy::kResume;
  std::vector<Leg> legs;  ///< In the order they are shown; at least one.
  std::string source;     ///< Law or page the version is taken from.
  bool operator==(const ProcedureVersion&) const = default;

  const Leg* leg(std::string_view id) const;
  bool may_be_received_by(const Agency& agency) const;
};

struct Procedure {
  std::string code;
  Name name;
  std::vector<ProcedureVersion> versions;  ///< Ascending, without overlap.
  bool operator==(const Procedure&) const = default;
};

/// A procedure with the version that is in force; both live as long as the catalogue.
struct ProcedureInForce {
  const Procedure* procedure = nullptr;
  const ProcedureVersion* version = nullptr;
};

/// Who takes a role for dossiers received in an area.
struct RoleBinding {
  std::string role;
  std::string area;
  Validity validity;
  std::vector<std::string> candidates;  ///< Agency codes, first choice first.
  bool operator==(const RoleBinding&) const = default;
};

/// Empty `agency` or `procedure` list: no restriction in this respect.
struct Grant {
  std::vector<std::string> agencies;
  std::vector<std::string> procedures;
  ActionSet actions;
  bool operator==(const Grant&) const = default;
};

/// Whoever calls the system; known by the common names of its certificates.
struct Principal {
  std::string id;
  std::vector<std::string> certificate_names;
  /// Agency it speaks for; empty for services, the portal and operators.
  std::string agency;
  std::vector<Grant> grants;
  bool operator==(const Principal&) const = default;
};

struct Area {
  std::string code;
  Name name;
  bool operator==(const Area&) const = default;
};

/// An agency takes no new legs for now; what lies with it stays.
struct IntakePause {
  std::string agency;
  std::string reason_code;
  Instant since;
  bool operator==(const IntakePause&) const = default;
};

/// Everything a catalogue is made of; the order of the lists has no meaning but where said.
struct CatalogueContents {
  Name title;
  std::vector<TierSystem> tier_systems;
  std::vector<Area> areas;
  std::vector<CalendarContents> calendars;
  std::vector<Agency> agencies;
  std::vector<RoleBinding> bindings;
  std::vector<Procedure> procedures;
  std::vector<Principal> principals;
  NoticeSettings notices;
  std::vector<IntakePause> intake_pauses;
  bool operator==(const CatalogueContents&) const = default;
};

/// The role of the agency that received the dossier; it needs no binding.
inline constexpr std::string_view kReceiverRole = "receiver";

/// One released version of the catalogue: what every decision may know besides its own dossier.
/// Pointers and references returned live as long as the catalogue.
/// Thread-safety: immutable.
class Catalogue final : public Rules {
 public:
  /// Errors: kInvalidArgument on a doubled code or home key, or an agency with an unknown or impossible calendar. The full
  /// check with all findings is that of the catalogue service; this one keeps look-ups sound.
  static Result<std::shared_ptr<const Catalogue>> make(std::uint64_t version, CatalogueContents contents);

  std::uint64_t version() const { return version_; }
  const CatalogueContents& contents() const { return contents_; }

  /// The version in force on the local day of `received`. Nothing: unknown code, or none in force.
  std::optional<ProcedureInForce> procedure(std::string_view code, Instant received) const;
  /// The version a dossier recorded when it was received. Nothing: unknown.
  std::optional<ProcedureInForce> procedure_version(std::string_view code, std::uint32_t number) const;
  /// Null when unknown.
  const Procedure* procedure(std::string_view code) const;
  /// Null when unknown; whether it is in force is `validity`.
  const Agency* agency(std::string_view code) const;
  /// True while this agency takes no new legs.
  bool intake_paused(std::string_view agency) const;
  /// Agencies that take `role` for dossiers received by `receiver` on that day, first choice first; the binding of the
  /// narrowest area of the receiver decides, agencies not in force that day are left out. Empty: nobody.
  std::vector<const Agency*> bind(std::string_view role, const Agency& receiver, LocalDay day) const;
  /// The calendar of an agency; every agency of a catalogue has one.
  const WorkingCalendar& calendar_of(const Agency& agency) const;
  /// The desk with this home key and its agency. Nothing: unknown.
  struct Home {
    const Agency* agency = nullptr;
    const HomeDesk* desk = nullptr;
  };
  std::optional<Home> home(const HomeKey& key) const;
  /// The desk whose dossier codes begin with `prefix`. Nothing: unknown.
  std::optional<Home> home_by_printed_prefix(std::string_view prefix) const;
  /// Null when unknown.
  const Principal* principal(std::string_view id) const;
  /// Null when no principal has this certificate name.
  const Principal* principal_by_certificate(std::string_view name) const;

  /// True when a grant covers all three; everything else is denied. Empty `agency` or `procedure`: the question is asked for
  /// all of them, so that only a grant without restriction in this respect covers it.
  static bool allows(const Principal& principal, Action action, std::string_view agency, std::string_view procedure);
  /// True when a grant covers the action for this agency and at least one procedure (an agency's inbox, for example).
  static bool allows_some_procedure(const Principal& principal, Action action, std::string_view agency);

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  template <class T>
  using ByText = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

  Catalogue(std::uint64_t version, CatalogueContents contents) : version_(version), contents_(std::move(contents)) {}
  Result<void> index();
  static std::string binding_key(std::string_view role, std::string_view area);

  std::uint64_t version_ = 0;
  CatalogueContents contents_;
  ByText<const Procedure*> procedures_;
  ByText<const Agency*> agencies_;
  ByText<std::vector<const RoleBinding*>> bindings_;
  ByText<WorkingCalendar> calendars_;
  ByText<const WorkingCalendar*> calendar_by_agency_;
  ByText<Home> homes_;
  ByText<Home> prefixes_;
  ByText<const Principal*> principals_;
  ByText<const Principal*> certificates_;
};

}  // namespace lienthong::shared_kernel
