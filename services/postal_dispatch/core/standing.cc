#include "postal_dispatch/core/post.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace lienthong::postal_dispatch {
namespace {

/// Something that tells where papers are, from whatever source.
struct Sighting {
  Instant at;
  PaperPlace place = PaperPlace::kUnknown;
  std::string holder;
  const std::vector<PaperCount>* papers = nullptr;
};

/// Where an item is after this; nothing: as before.
std::optional<std::pair<PaperPlace, std::string>> place_after(const Shipment& shipment, const Entry& entry) {
  switch (entry.milestone) {
    case Milestone::kPickedUp:
    case Milestone::kHandedToPost:
    case Milestone::kPosted:
    case Milestone::kInTransit:
    case Milestone::kArrived:
    case Milestone::kHeld:
    case Milestone::kOutForDelivery:
    case Milestone::kAttempted:
    case Milestone::kRejectedByAgency:
    case Milestone::kReturning: return std::pair{PaperPlace::kPost, shipment.carrier};
    case Milestone::kHandedToAgency:
      return std::pair{PaperPlace::kAgency, shipment.destination.empty() ? shipment.agency : shipment.destination};
    case Milestone::kDelivered:
      if (!shipment.destination.empty()) return std::pair{PaperPlace::kAgency, shipment.destination};
      return std::pair{PaperPlace::kCitizen, std::string()};
    case Milestone::kReturned:
      if (shipment.kind == ShipmentKind::kToDesk) return std::pair{PaperPlace::kCitizen, std::string()};
      return std::pair{PaperPlace::kAgency, shipment.agency};
    case Milestone::kLost: return std::pair{PaperPlace::kMissing, shipment.carrier};
    case Milestone::kOrdered:
    case Milestone::kPickupAssigned:
    case Milestone::kPickupFailed:
    case Milestone::kCancelled:
    case Milestone::kCodCollected:
    case Milestone::kCodSettled: break;
  }
  return std::nullopt;
}

Bundle bundle_of(ShipmentKind kind) { return kind == ShipmentKind::kToDesk ? Bundle::kDossier : Bundle::kResult; }

void add_sightings(const Shipment& shipment, std::vector<Sighting>& out) {
  const auto standing = standing_of(shipment);
  for (std::size_t i = 0; i < shipment.timeline.size(); ++i) {
    if (standing.notes[i] != EntryNote::kCounts) continue;
    const auto place = place_after(shipment, shipment.timeline[i]);
    if (place) out.push_back({shipment.timeline[i].at, place->first, place->second, &shipment.papers});
  }
}

Sighting sighting_of(const BagFact& fact) {
  switch (fact.kind) {
    case BagFactKind::kSealed: return {fact.at, PaperPlace::kBag, fact.number, &fact.papers};
    case BagFactKind::kReceived: return {fact.at, PaperPlace::kAgency, fact.agency, &fact.papers};
    case BagFactKind::kMissing: return {fact.at, PaperPlace::kMissing, fact.number, &fact.missing};
  }
  return {};
}

using Counts = std::map<std::string, std::int64_t>;

Counts counts_of(const std::vector<PaperCount>& papers) {
  Counts out;
  for (const auto& paper : papers) out[paper.code] += paper.count;
  return out;
}

}  // namespace

std::vector<PaperCount> papers_less(const std::vector<PaperCount>& from, const std::vector<PaperCount>& taken) {
  Counts left = counts_of(from);
  for (const auto& paper : taken) left[paper.code] -= paper.count;
  std::vector<PaperCount> out;
  for (const auto& [code, count] : left) {
    if (count > 0) out.push_back({code, static_cast<std::uint32_t>(count)});
  }
  return out;
}

std::vector<BagDifference> differences_of(const Bag& bag) {
  const auto key = [](const BagLine& line) { return std::pair(line.dossier, line.bundle); };
  std::map<std::pair<DossierName, Bundle>, std::pair<const BagLine*, const BagLine*>> both;
  for (const auto& line : bag.lines) both[key(line)].first = &line;
  for (const auto& line : bag.found) both[key(line)].second = &line;
  std::vector<BagDifference> out;
  static const std::vector<PaperCount> kNone;
  for (const auto& [name, pair] : both) {
    const auto& listed = pair.first != nullptr ? pair.first->papers : kNone;
    const auto& found = pair.second != nullptr ? pair.second->papers : kNone;
    BagDifference difference{{name.first, name.second, listed}, papers_less(listed, found), papers_less(found, listed)};
    if (!difference.missing.empty() || !difference.extra.empty()) out.push_back(std::move(difference));
  }
  return out;
}

PaperStanding paper_of(const DossierPost& post, Bundle bundle) {
  std::vector<Sighting> sightings;
  if (bundle == Bundle::kDossier && post.handed_in)
    sightings.push_back({post.handed_in->since, PaperPlace::kAgency, post.handed_in->agency, &post.handed_in->papers});
  for (const auto& shipment : post.shipments) {
    if (bundle_of(shipment.kind) == bundle) add_sightings(shipment, sightings);
  }
  for (const auto& fact : post.bags) {
    if (fact.bundle == bundle) sightings.push_back(sighting_of(fact));
  }
  std::stable_sort(sightings.begin(), sightings.end(), [](const Sighting& a, const Sighting& b) { return a.at < b.at; });
  PaperStanding out;
  for (const auto& seen : sightings) {
    if (seen.place != out.place || seen.holder != out.holder) out.since = seen.at;
    out.place = seen.place;
    out.holder = seen.holder;
    if (!seen.papers->empty()) out.papers = *seen.papers;
  }
  out.apart_from_data = bundle == Bundle::kDossier && out.place != PaperPlace::kUnknown && !post.data_at.empty() &&
                        (out.place != PaperPlace::kAgency || out.holder != post.data_at);
  return out;
}

std::vector<SettlementDifference> differences_of(const Settlement& settlement) {
  struct Sums {
    std::int64_t collected = 0;
    std::int64_t owed = 0;
    std::int64_t declared = 0;
  };
  std::map<std::string, Sums> items;
  for (const auto& collection : settlement.collections) {
    auto& sums = items[collection.item];
    sums.collected += collection.amount;
    sums.owed = std::max(sums.owed, collection.owed);
  }
  std::int64_t declared = 0;
  for (const auto& line : settlement.lines) {
    items[line.item].declared += line.amount;
    declared += line.amount;
  }
  std::vector<SettlementDifference> out;
  for (const auto& [item, sums] : items) {
    if (sums.collected != sums.owed) out.push_back({item, sums.owed, sums.collected});
    if (settlement.declared && sums.collected != sums.declared) out.push_back({item, sums.collected, sums.declared});
  }
  if (settlement.declared && declared != settlement.paid) out.push_back({"", declared, settlement.paid});
  return out;
}

DossierName settlement_name(const HomeKey& home, std::string_view carrier, LocalDay day) {
  const std::string what = "settlement|" + std::string(carrier) + '|' + shared_kernel::format_day(day);
  return {home, shared_kernel::derive_dossier_id(home, what, {})};
}

}  // namespace lienthong::postal_dispatch
