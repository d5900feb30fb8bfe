#include "platform/base/overloaded.h"
#include "postal_dispatch/core/post_draft.h"

#include <algorithm>
#include <set>

namespace lienthong::postal_dispatch {
namespace {

/// Each dossier and bundle once, each with papers, not too many.
Result<void> check_lines(const std::vector<BagLine>& lines) {
  std::set<std::pair<DossierName, Bundle>> seen;
  for (const auto& line : lines) {
    if (!seen.insert({line.dossier, line.bundle}).second) {
      return failure({ErrorCode::kInvalidArgument, "DOSSIER_LISTED_TWICE",
                      "Hồ sơ " + shared_kernel::format_dossier_name(line.dossier) +
                          " có hai lần trong bảng kê; hãy gộp thành một dòng.",
                      "Dossier " + shared_kernel::format_dossier_name(line.dossier) +
                          " stands twice on the list; make one line of it."});
    }
    const bool empty = std::all_of(line.papers.begin(), line.papers.end(), [](const PaperCount& p) { return p.count == 0; });
    if (empty) {
      return failure({ErrorCode::kInvalidArgument, "BAG_LINE_EMPTY", "Mỗi hồ sơ trong túi phải có ít nhất một giấy tờ.",
                      "Every dossier in a bag needs at least one paper."});
    }
  }
  if (lines.empty() || lines.size() > kBagLinesMax) {
    return failure({ErrorCode::kInvalidArgument, "BAG_SIZE_INVALID",
                    "Một túi cần từ 1 đến 200 hồ sơ; hãy chia thành nhiều túi.",
                    "A bag holds 1 to 200 dossiers; use several bags."});
  }
  return {};
}

const BagLine* find_line(const std::vector<BagLine>& lines, const BagLine& wanted) {
  const auto found = std::find_if(lines.begin(), lines.end(), [&](const BagLine& line) {
    return line.dossier == wanted.dossier && line.bundle == wanted.bundle;
  });
  return found == lines.end() ? nullptr : &*found;
}

/// What a bag that was opened tells one dossier.
BagFact fact_of(const DossierName& name, const Bag& bag, const BagLine* listed, const BagLine* found) {
  const BagLine& line = listed != nullptr ? *listed : *found;
  BagFact fact{name, bag.shipment.item, BagFactKind::kReceived, line.bundle, bag.shipment.destination, bag.opened_at, {}, {},
               {}};
  if (found != nullptr) fact.papers = found->papers;
  if (listed == nullptr) {
    fact.extra = fact.papers;
  } else {
    fact.missing = papers_less(listed->papers, fact.papers);
    fact.extra = papers_less(fact.papers, listed->papers);
  }
  if (found == nullptr) fact.kind = BagFactKind::kMissing;
  return fact;
}

void tell_opened(PostDraft& draft, const Bag& bag) {
  const DossierName name{bag.home, draft.context().dossier()};
  const auto tell = [&](const DossierName& to, BagFact fact) { draft.tell({to, TellOfBag{to.home, std::move(fact)}}); };
  for (const auto& line : bag.lines) tell(line.dossier, fact_of(name, bag, &line, find_line(bag.found, line)));
  for (const auto& line : bag.found) {
    if (find_line(bag.lines, line) == nullptr) tell(line.dossier, fact_of(name, bag, nullptr, &line));
  }
}

Entry statement_of(Milestone milestone, Instant at, std::string place) {
  Entry entry;
  entry.raw_code = name_of(milestone);
  entry.milestone = milestone;
  entry.at = at;
  entry.place = std::move(place);
  return entry;
}

}  // namespace

Result<void> decide_bag(PostDraft& draft, Context& context, const CommandHeader& header, const CreateBag& create) {
  if (!std::holds_alternative<std::monostate>(draft.state())) return failure(bag_not_found());
  const auto sender = sender_of(*draft.rules(), create.home);
  if (!sender) return failure(sender.error());
  if (!may(*draft.rules(), header, Action::kSendPost, *sender)) return failure(bag_not_found());
  if (draft.rules()->agency(create.destination) == nullptr) {
    return failure({ErrorCode::kInvalidArgument, "AGENCY_UNKNOWN",
                    "Không có cơ quan nhận này trong danh mục; hãy kiểm tra mã cơ quan.",
                    "The catalogue has no such receiving agency; check its code."});
  }
  if (const auto checked = check_lines(create.lines); !checked) return failure(checked.error());
  const auto at = shared_kernel::occurred_time(header, draft.now(), *draft.rules(), *sender, "");
  if (!at) return failure(at.error());
  auto item = next_item(context, create.home, create.carrier, create.numbers);
  if (!item) return failure(std::move(item.error()));
  Shipment shipment;
  shipment.number = 1;
  shipment.kind = ShipmentKind::kBag;
  shipment.carrier = create.carrier;
  shipment.item = *std::move(item);
  shipment.agency = *sender;
  shipment.destination = create.destination;
  shipment.normal_minutes = create.normal_minutes;
  shipment.clock_seconds = create.clock_seconds;
  shipment.ordered_at = *at;
  draft.record(*at, BagCreated{create.home, *sender, create.lines});
  draft.record(*at, ShipmentOrdered{create.home, "", std::move(shipment)});
  return {};
}

Result<void> decide_seal(PostDraft& draft, const CommandHeader& header, const SealBag& seal) {
  const auto* bag = std::get_if<Bag>(&draft.state());
  if (bag == nullptr || !may(*draft.rules(), header, Action::kSendPost, bag->sender)) return failure(bag_not_found());
  if (!bag->seal.empty()) {
    return failure(precondition("BAG_ALREADY_SEALED", "Túi đã được niêm phong; muốn đổi hồ sơ hãy lập túi mới.",
                                "The bag is sealed already; make another bag for other dossiers."));
  }
  const auto at = shared_kernel::occurred_time(header, draft.now(), *draft.rules(), bag->sender, "");
  if (!at) return failure(at.error());
  draft.record(*at, BagSealed{seal.seal});
  const Bag sealed = std::get<Bag>(draft.state());
  watch(draft, sealed.shipment.number);
  const DossierName name{sealed.home, draft.context().dossier()};
  for (const auto& line : sealed.lines) {
    draft.tell(
        {line.dossier,
         TellOfBag{
             line.dossier.home,
             {name, sealed.shipment.item, BagFactKind::kSealed, line.bundle, sealed.sender, *at, line.papers, {}, {}}}});
  }
  return {};
}

Result<void> decide_open(PostDraft& draft, const CommandHeader& header, const OpenBag& open) {
  const auto* bag = std::get_if<Bag>(&draft.state());
  if (bag == nullptr || !may(*draft.rules(), header, Action::kSendPost, bag->shipment.destination)) {
    return failure(bag_not_found());
  }
  if (bag->seal.empty()) {
    return failure(precondition("BAG_NOT_SEALED", "Túi chưa được niêm phong; bên gửi phải niêm phong trước.",
                                "The bag is not sealed; its sender has to seal it first."));
  }
  if (bag->opened) {
    return failure(precondition("BAG_ALREADY_OPENED", "Túi đã được mở và kiểm đếm; hãy xem biên bản của lần mở đó.",
                                "The bag has been opened and counted; see the record of that opening."));
  }
  if (!open.found.empty()) {
    if (const auto checked = check_lines(open.found); !checked) return failure(checked.error());
  }
  const auto at = shared_kernel::occurred_time(header, draft.now(), *draft.rules(), bag->shipment.destination, "");
  if (!at) return failure(at.error());
  draft.record(*at, BagOpened{open.seal, open.found});
  const Bag opened = std::get<Bag>(draft.state());
  const auto entry = statement_of(Milestone::kHandedToAgency, *at, opened.shipment.destination);
  if (find_scan(opened.shipment, entry) == nullptr) take_entry(draft, opened.shipment.number, entry);
  tell_opened(draft, opened);
  return {};
}

Result<void> decide_told(PostDraft& draft, const CommandHeader& header, const TellOfBag& told) {
  const bool dossier =
      std::holds_alternative<std::monostate>(draft.state()) || std::holds_alternative<DossierPost>(draft.state());
  if (!dossier || !may(*draft.rules(), header, Action::kTellPost, "")) return failure(shipment_not_found());
  if (const auto* post = std::get_if<DossierPost>(&draft.state())) {
    if (std::find(post->bags.begin(), post->bags.end(), told.fact) != post->bags.end()) return {};
  }
  draft.record(told.fact.at, PaperTold{told.home, told.fact});
  return {};
}

}  // namespace lienthong::postal_dispatch
