#pragma once

#include "agency_processing/core/decider.h"
#include "intake/core/decider.h"
#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/ids.h"
#include "platform/base/instant.h"
#include "platform/ledger/machine.h"
#include "routing/core/decider.h"
#include "shared_kernel/catalogue.h"

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lienthong::test_support {

/// The three machines that pass a dossier on, with their real codecs, each with one ledger in memory that the others read.
/// Time stands still until it is moved; what a machine appends reaches the others at `settle` or `deliver`.
class LinkedWorld {
 public:
  enum Service : std::size_t { kIntake, kRouting, kAgency, kServices };

  explicit LinkedWorld(std::shared_ptr<const shared_kernel::Catalogue> rules);

  Instant now() const { return now_; }
  /// `2026-03-02 08:00`, local time. Fires what comes due on the way, in order, if `with_timers`.
  void move_to(std::string_view local_time, bool with_timers = true);
  void use_rules(std::shared_ptr<const shared_kernel::Catalogue> rules) { rules_ = std::move(rules); }

  /// Gives a command at the present time. Nothing: it was carried out.
  std::optional<Error> give(DossierId dossier, const intake::CommandBody& body, std::string principal = "demo",
                            std::optional<Instant> occurred_at = {});
  std::optional<Error> give(DossierId dossier, const routing::CommandBody& body, std::string principal = "demo",
                            std::optional<Instant> occurred_at = {});
  std::optional<Error> give(DossierId dossier, const agency_processing::CommandBody& body, std::string principal = "demo",
                            std::optional<Instant> occurred_at = {});

  /// Hands the next unread decision of `from` that `to` takes to `to`. False: there is none.
  bool deliver(Service from, Service to);
  /// Delivers until nobody has anything unread.
  void settle();
  /// Puts a leaf into a ledger by hand, as a fault would.
  void append_foreign(Service from, DossierId dossier, ledger::v1::Event event);

  intake::State intake_of(DossierId dossier) const;
  routing::State route_of(DossierId dossier) const;
  agency_processing::State work_of(DossierId dossier) const;
  const ledger::v1::DossierValue& value_of(Service service, DossierId dossier) const;
  const std::vector<ledger::v1::Leaf>& ledger_of(Service service) const { return sides_[service].leaves; }
  const ledger::Machine& machine(Service service) const { return *sides_[service].machine; }

  /// Names of the events a service has recorded for a dossier, in order, e.g. `LegOffered 2.1`.
  std::vector<std::string> story(Service service, DossierId dossier) const;
  /// What is wrong with the ledgers, empty if nothing: replaying the leaves gives other values than those kept, a stored
  /// form does not survive decoding, a leg offer stands in the agencies' ledger twice.
  std::vector<std::string> faults() const;

 private:
  struct Side {
    std::unique_ptr<const ledger::Machine> machine;
    std::vector<ledger::v1::Leaf> leaves;
    std::map<DossierId, ledger::v1::DossierValue> values;
    std::map<std::string, std::uint64_t, std::less<>> counters;
    /// Next unread leaf of every source.
    std::array<std::size_t, kServices> read{};
  };
  std::optional<Error> give_encoded(Service service, DossierId dossier, std::uint32_t type, std::string body,
                                    std::string principal);
  std::optional<Error> decide(Service service, DossierId dossier, ledger::v1::Cause cause, const ledger::v1::Leaf* source);
  bool fire_next(Instant until);

  std::shared_ptr<const shared_kernel::Catalogue> rules_;
  Instant now_;
  std::array<Side, kServices> sides_;
  std::uint64_t requests_ = 0;
};

/// A dossier id for tests, e.g. 1, 2, 3.
DossierId dossier_number(std::uint8_t number);
/// A sealed part that was never made.
shared_kernel::SealedRef sealed(char what);

}  // namespace lienthong::test_support
