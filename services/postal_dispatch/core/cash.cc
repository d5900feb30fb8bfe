#include "postal_dispatch/core/post_draft.h"

#include <algorithm>

namespace lienthong::postal_dispatch {
namespace {

bool is_settlement(const State& state) {
  return std::holds_alternative<std::monostate>(state) || std::holds_alternative<Settlement>(state);
}

void compare(PostDraft& draft) {
  const auto& settlement = std::get<Settlement>(draft.state());
  if (!settlement.declared) return;
  const auto differences = differences_of(settlement);
  draft.record(draft.now(), SettlementCompared{differences.empty(), static_cast<std::uint32_t>(differences.size())});
}

/// A day that balances is told to every shipment in it; one that does not, to nobody.
void tell_settled(PostDraft& draft) {
  const Settlement settlement = std::get<Settlement>(draft.state());
  if (!settlement.declared || !differences_of(settlement).empty()) return;
  for (const auto& collection : settlement.collections) {
    draft.tell(
        {collection.dossier, TellOfSettlement{collection.shipment, settlement.carrier, collection.amount, draft.now()}});
  }
}

}  // namespace

Result<void> decide_collection(PostDraft& draft, const CommandHeader& header, const AddCollection& added) {
  if (!is_settlement(draft.state()) || !may(*draft.rules(), header, Action::kTellPost, "")) {
    return failure(settlement_not_found());
  }
  if (const auto* settlement = std::get_if<Settlement>(&draft.state())) {
    const auto& known = settlement->collections;
    if (std::find(known.begin(), known.end(), added.collection) != known.end()) return {};
  }
  draft.record(added.collection.at, CollectionAdded{added.home, added.carrier, added.day, added.collection});
  compare(draft);
  tell_settled(draft);
  return {};
}

Result<void> decide_declaration(PostDraft& draft, const CommandHeader& header, const DeclareSettlement& declared) {
  const auto agency = agency_of(*draft.rules(), declared.home);
  if (!agency) return failure(agency.error());
  if (!is_settlement(draft.state()) || !may(*draft.rules(), header, Action::kSettlePost, *agency)) {
    return failure(settlement_not_found());
  }
  if (const auto* settlement = std::get_if<Settlement>(&draft.state())) {
    if (settlement->declared && differences_of(*settlement).empty()) {
      return failure(precondition("SETTLEMENT_BALANCED", "Ngày này đã đối soát khớp; không cần khai lại.",
                                  "This day balances already; there is nothing to declare again."));
    }
  }
  draft.record(draft.now(),
               SettlementDeclared{declared.home, declared.carrier, declared.day, declared.lines, declared.paid});
  compare(draft);
  tell_settled(draft);
  return {};
}

Result<void> decide_settled(PostDraft& draft, const CommandHeader& header, const TellOfSettlement& told) {
  const auto* shipment = find_shipment(draft.state(), told.shipment);
  if (shipment == nullptr || !may(*draft.rules(), header, Action::kTellPost, "")) return failure(shipment_not_found());
  Entry entry;
  entry.raw_code = name_of(Milestone::kCodSettled);
  entry.milestone = Milestone::kCodSettled;
  entry.at = told.at;
  entry.amount = told.amount;
  if (find_scan(*shipment, entry) != nullptr || standing_of(*shipment).cod_settled) return {};
  take_entry(draft, told.shipment, std::move(entry));
  return {};
}

}  // namespace lienthong::postal_dispatch
