#pragma once

#include "shared_kernel/catalogue.h"
#include "simulation/world.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// Notices in the linked scenario: what providers, readers, operators and the senders of events do, and what must be true of
/// it in the end.
namespace lienthong::simulation {

/// Rules that tell every event, an address for every agency, and `demo` may do what providers and operators may do.
void allow_notices(shared_kernel::CatalogueContents& contents);

/// Providers report what became of notices, late, twice and against each other; readers read; operators have failed ones
/// sent again. The line of a subscription is opened, reports what it has sent, under an old epoch too, is suspended, and
/// steered on. Every action once.
class NoticeActors {
 public:
  explicit NoticeActors(std::uint64_t seed) : seed_(seed), chance_(seed ^ 0x2071CE) {}
  void act(const Judge& judge, std::uint32_t partition, std::vector<ClientRequest>& requests);

 private:
  bool first(const DossierId& id, const std::string& what) { return done_.insert({id, what}).second; }

  std::uint64_t seed_;
  Chance chance_;
  std::set<std::pair<DossierId, std::string>> done_;
  std::map<DossierId, std::uint32_t> given_;
};

/// What a provider may answer; a notice ends in any case, because attempts are counted.
std::string carry_out_notice(const ledger::v1::Intent& intent, Chance& chance);

/// One notice for each event, recipient and channel; no two with one key; none on its way for ever. No report of a line had
/// effect twice, or after an operator had overtaken it.
std::optional<std::string> check_notices(const Judge& judge, std::uint32_t partitions);

}  // namespace lienthong::simulation
