#pragma once

#include "intake/core/dossier.h"
#include "postal_dispatch/core/post.h"
#include "shared_kernel/catalogue.h"
#include "simulation/world.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// Paper in the linked scenario: what desks, offices and a carrier do, and what must be true of it in the end.
namespace lienthong::simulation {

/// Postal-dispatch, with the fault of `service_mutant` where one is chosen.
const ledger::Machine& post_machine();
const Oracle& post_oracle();

/// Lets `demo` do what offices, carriers and the lanes among themselves may do.
void allow_post(shared_kernel::CatalogueContents& contents);

/// What an applicant asks the post for; often nothing.
std::optional<intake::PostalWish> wish(Chance& chance, bool online);

/// Desks make, seal and open bags with dossiers of other desks, order shipments beside those the applicant asked for, say
/// what they did with them, cancel them and order again what was refused; the carrier scans what it took, out of order and
/// twice; a day of cash is declared. Every action once.
class PostActors {
 public:
  explicit PostActors(std::uint64_t seed) : seed_(seed), chance_(seed ^ 0x9057) {}
  void act(const Judge& judge, std::uint32_t partition, std::vector<ClientRequest>& requests);

 private:
  void open_or_seal(std::uint32_t partition, const DossierId& id, const postal_dispatch::Bag& bag,
                    std::vector<ClientRequest>& requests);
  void declare(std::uint32_t partition, const DossierId& id, const postal_dispatch::Settlement& day,
               std::vector<ClientRequest>& requests);
  void send(std::uint32_t partition, const DossierId& id, const postal_dispatch::DossierPost& post,
            std::vector<ClientRequest>& requests);
  void handle(std::uint32_t partition, const DossierId& id, const postal_dispatch::Shipment& shipment,
              std::vector<ClientRequest>& requests);
  void pack(const Judge& judge, std::uint32_t partition, std::vector<ClientRequest>& requests);
  bool first(const DossierId& id, const std::string& what) { return done_.insert({id, what}).second; }

  std::uint64_t seed_;
  Chance chance_;
  std::set<std::pair<DossierId, std::string>> done_;
};

/// A carrier takes an order or not; a telling is a request to the lane of its target, one however often it is asked for.
std::optional<std::string> carry_out_post(const Effect& effect, Chance& chance, std::vector<ClientRequest>& requests);

/// Every dossier of a bag was told everything once; timelines stand in the order of their own times; numbers are given out
/// once; the desk knows of every delivery.
std::optional<std::string> check_paper(const Judge& judge, std::uint32_t partitions);

}  // namespace lienthong::simulation
