#include "tools/ltctl/postal_commands.h"

#include "lienthong/postal/v1/postal_service.grpc.pb.h"
#include "tools/ltctl/catalogue_client.h"
#include "tools/ltctl/rpc_calls.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace lienthong::ltctl {
namespace {

namespace postal = ::lienthong::postal::v1;
using postal::PostalService;

struct ListOptions {
  std::string agency;
  bool silent = false;
  bool apart = false;
  int state = 0;
  std::size_t limit = 50;
};
struct OrderOptions {
  std::string dossier;
  std::string kind = "result";
  std::string carrier = "vnpost";
  std::string item;
  std::string destination;
  std::int64_t cod = 0;
  std::vector<std::string> papers;
  bool place = false;
  std::string agency;
};
struct StateOptions {
  std::string dossier;
  std::uint32_t number = 1;
  std::string milestone;
  std::string reason;
  std::string agency;
  std::string actor;
};
struct ScanOptions {
  std::string item;
  std::string code;
  std::string carrier = "vnpost";
  std::string place;
  std::string reason;
  std::int64_t minutes_ago = 0;
};
struct KeptScanOptions {
  std::string carrier;
  std::string scan;
  std::string reason;
  std::string actor;
  bool all = false;
  std::size_t limit = 50;
};
struct SettlementOptions {
  std::string home;
  std::string carrier;
  std::string day;
  std::string state = "differs";
  std::size_t limit = 50;
};
struct BagListOptions {
  std::string agency;
  std::string filter = "out";
  std::size_t limit = 50;
};
struct BagOptions {
  std::string bag;
  std::string home;
  std::string destination;
  std::string carrier = "vnpost";
  std::string seal;
  std::string agency;
  std::vector<std::string> lines;
};

Result<std::unique_ptr<PostalService::Stub>> postal_stub(const Session& session) {
  auto channel = open_channel(session, session.settings.postal_address);
  if (!channel) return failure(channel.error());
  return PostalService::NewStub(*channel);
}

Error wrong_argument(const std::string& what, const std::string& form) {
  return {ErrorCode::kInvalidArgument, "USAGE", what + ": cần dạng " + form + ".", what + ": the form is " + form + "."};
}

std::string state_text(postal::StableState state, Language language) {
  const bool vi = language == Language::kVietnamese;
  switch (state) {
    case postal::STABLE_STATE_ORDERED: return vi ? "chờ bưu điện nhận" : "ordered";
    case postal::STABLE_STATE_UNDERWAY: return vi ? "đang chuyển" : "underway";
    case postal::STABLE_STATE_WAITING: return vi ? "chờ xử lý" : "waiting";
    case postal::STABLE_STATE_PROOF_MISSING: return vi ? "đã phát, thiếu bằng chứng" : "delivered, proof missing";
    case postal::STABLE_STATE_DELIVERED: return vi ? "đã phát" : "delivered";
    case postal::STABLE_STATE_RETURNED: return vi ? "đã chuyển hoàn" : "returned";
    case postal::STABLE_STATE_LOST: return vi ? "thất lạc" : "lost";
    case postal::STABLE_STATE_CANCELLED: return vi ? "đã hủy" : "cancelled";
    case postal::STABLE_STATE_UNSPECIFIED:
    case postal::StableState_INT_MIN_SENTINEL_DO_NOT_USE_:
    case postal::StableState_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "-";
}

std::string place_text(const postal::PaperStanding& paper, Language language) {
  const bool vi = language == Language::kVietnamese;
  switch (paper.place()) {
    case postal::PAPER_PLACE_CITIZEN: return vi ? "công dân giữ" : "with the citizen";
    case postal::PAPER_PLACE_POST: return (vi ? "bưu điện " : "with the post ") + paper.holder();
    case postal::PAPER_PLACE_BAG: return (vi ? "trong túi " : "in bag ") + paper.holder();
    case postal::PAPER_PLACE_AGENCY: return (vi ? "tại " : "at ") + paper.holder();
    case postal::PAPER_PLACE_MISSING: return (vi ? "thiếu, mất: " : "missing: ") + paper.holder();
    case postal::PAPER_PLACE_UNSPECIFIED:
    case postal::PaperPlace_INT_MIN_SENTINEL_DO_NOT_USE_:
    case postal::PaperPlace_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "-";
}

std::string short_name(const std::string& name, std::string_view prefix) {
  return name.rfind(prefix, 0) == 0 ? name.substr(prefix.size()) : name;
}

Table shipment_table(const Session& session) {
  const bool vi = session.language == Language::kVietnamese;
  return Table({vi ? "SỐ BƯU GỬI" : "ITEM", vi ? "TRẠNG THÁI" : "STATE", vi ? "MỐC" : "MILESTONE", vi ? "LÝ DO" : "REASON",
                vi ? "TỪ LÚC" : "SINCE", vi ? "BÁO ĐỘNG" : "ALARM", vi ? "ĐỊNH DANH" : "ID"});
}

void add_row(const Session& session, const postal::ShipmentView& shipment, Table& table) {
  table.row({shipment.item().empty() ? "-" : shipment.item(), state_text(shipment.stable(), session.language),
             short_name(postal::Milestone_Name(shipment.milestone()), "MILESTONE_"), shipment.reason(),
             local_text(instant_of(shipment.since_time())),
             shipment.silent() ? (session.language == Language::kVietnamese ? "IM LẶNG" : "SILENT") : "-",
             shipment.dossier_id() + "/" + std::to_string(shipment.number())});
}

void show_shipment(const Session& session, const postal::ShipmentView& shipment, const nlohmann::json& document) {
  Table table = shipment_table(session);
  add_row(session, shipment, table);
  session.show(table, document);
}

/// `CODE=2`, or `CODE` for one.
Result<void> add_paper(const std::string& text, google::protobuf::RepeatedPtrField<postal::PaperCount>* papers) {
  const auto at = text.find('=');
  const std::string count = at == std::string::npos ? "1" : text.substr(at + 1);
  if (count.empty() || count.size() > 5 ||
      !std::all_of(count.begin(), count.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return failure(wrong_argument(text, "CODE=2"));
  auto& paper = *papers->Add();
  paper.set_code(text.substr(0, at));
  paper.set_count(static_cast<std::uint32_t>(std::stoul(count)));
  return {};
}

/// `DOSSIER:CODE=2,CODE=1`; `DOSSIER:result:CODE` for a result.
Result<postal::BagLine> bag_line(const std::string& text) {
  postal::BagLine line;
  const auto colon = text.find(':');
  if (colon == std::string::npos) return failure(wrong_argument(text, "DOSSIER:CODE=2,CODE"));
  line.set_dossier_id(text.substr(0, colon));
  line.set_bundle(postal::BUNDLE_DOSSIER);
  std::string papers = text.substr(colon + 1);
  if (papers.rfind("result:", 0) == 0) {
    line.set_bundle(postal::BUNDLE_RESULT);
    papers = papers.substr(7);
  }
  for (std::size_t from = 0; from <= papers.size();) {
    const auto comma = std::min(papers.find(',', from), papers.size());
    if (auto added = add_paper(papers.substr(from, comma - from), line.mutable_papers()); !added)
      return failure(added.error());
    from = comma + 1;
  }
  return line;
}

// ---- shipments

/// The agencies whose lists are wanted: one, or all of them.
Result<std::vector<std::string>> wanted_agencies(Session& session, const std::string& agency) {
  if (!agency.empty()) return std::vector<std::string>{agency};
  return fetch_agencies(session, false);
}

void list(Session& session, const ListOptions& options) {
  const auto agencies = wanted_agencies(session, options.agency);
  if (!agencies) return session.fail(agencies.error());
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  Table table = shipment_table(session);
  nlohmann::json document = {{"shipments", nlohmann::json::array()}};
  std::uint64_t total = 0;
  for (const auto& agency : *agencies) {
    postal::ListShipmentsRequest request;
    request.set_agency(agency);
    request.set_silent(options.silent);
    request.set_stable(static_cast<postal::StableState>(options.state));
    request.mutable_page()->set_page_size(static_cast<int>(std::min<std::size_t>(options.limit, 200)));
    const auto page = call<PostalService>(session, **stub, &PostalService::Stub::ListShipments, request);
    if (!page) return session.fail(page.error());
    total += page->total();
    for (const auto& shipment : page->shipments()) {
      if (table.rows() > options.limit) break;
      add_row(session, shipment, table);
      document["shipments"].push_back(to_json(shipment));
    }
  }
  document["total"] = total;
  session.show(table, document);
  if (!session.json()) {
    const auto count = grouped(total, session.language);
    session.line({count + " bưu gửi", count + " shipments"});
  }
}

void list_apart(Session& session, const ListOptions& options) {
  const auto agencies = wanted_agencies(session, options.agency);
  if (!agencies) return session.fail(agencies.error());
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  const bool vi = session.language == Language::kVietnamese;
  Table table({vi ? "GIẤY TỜ" : "PAPERS", vi ? "DỮ LIỆU" : "DATA", vi ? "TỪ LÚC" : "SINCE", vi ? "ĐỊNH DANH" : "ID"});
  nlohmann::json document = {{"dossiers", nlohmann::json::array()}};
  // Who has the papers and who has the data both list it.
  std::set<std::string> seen;
  for (const auto& agency : *agencies) {
    postal::ListApartRequest request;
    request.set_agency(agency);
    request.mutable_page()->set_page_size(static_cast<int>(std::min<std::size_t>(options.limit, 200)));
    const auto page = call<PostalService>(session, **stub, &PostalService::Stub::ListApart, request);
    if (!page) return session.fail(page.error());
    for (const auto& one : page->dossiers()) {
      if (seen.size() >= options.limit || !seen.insert(one.dossier_id()).second) continue;
      table.row({place_text(one.paper(), session.language), one.data_at(), local_text(instant_of(one.since_time())),
                 one.dossier_id()});
      document["dossiers"].push_back(to_json(one));
    }
  }
  session.show(table, document);
}

void get(Session& session, const std::string& dossier) {
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  postal::GetPaperRequest request;
  request.set_dossier_id(dossier);
  const auto paper = call<PostalService>(session, **stub, &PostalService::Stub::GetPaper, request);
  if (!paper) return session.fail(paper.error());
  if (session.json()) return session.show(Table({""}), to_json(*paper));
  for (const auto& standing : paper->papers()) {
    if (standing.place() == postal::PAPER_PLACE_UNSPECIFIED) continue;
    const bool result = standing.bundle() == postal::BUNDLE_RESULT;
    std::string vi = (result ? "Kết quả: " : "Giấy tờ: ") + place_text(standing, Language::kVietnamese) + " từ " +
                     local_text(instant_of(standing.since_time()));
    std::string en = (result ? "Result: " : "Papers: ") + place_text(standing, Language::kEnglish) + " since " +
                     local_text(instant_of(standing.since_time()));
    if (standing.apart_from_data()) {
      vi += "; dữ liệu đang ở " + paper->data_at() + ", giấy tờ thì không";
      en += "; the data are at " + paper->data_at() + ", the papers are not";
    }
    session.line({vi, en});
  }
  Table table = shipment_table(session);
  for (const auto& shipment : paper->shipments()) add_row(session, shipment, table);
  session.show(table, {});
  for (const auto& shipment : paper->shipments()) {
    for (const auto& entry : shipment.timeline()) {
      const std::string line =
          "  " + local_text(instant_of(entry.entry_time())) + "  " +
          short_name(postal::Milestone_Name(entry.milestone()), "MILESTONE_") + "  " +
          (entry.carrier().empty() ? entry.place() : entry.carrier() + " " + entry.raw_code() + " " + entry.place()) +
          (entry.reason().empty() ? "" : "  " + entry.reason());
      session.line({line, line});
    }
  }
}

void order(Session& session, const OrderOptions& options) {
  session.act_for(options.agency);
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  postal::OrderShipmentRequest request;
  request.mutable_header()->set_request_id(new_request_id(session));
  request.set_dossier_id(options.dossier);
  request.set_kind(options.kind == "to-desk" ? postal::SHIPMENT_KIND_TO_DESK : postal::SHIPMENT_KIND_RESULT);
  request.set_carrier(options.carrier);
  request.set_item(options.item);
  request.set_destination(options.destination);
  request.set_cod_amount(options.cod);
  request.set_place_order(options.place);
  for (const auto& paper : options.papers) {
    if (auto added = add_paper(paper, request.mutable_papers()); !added) return session.fail(added.error());
  }
  const auto done = call<PostalService>(session, **stub, &PostalService::Stub::OrderShipment, request);
  if (!done) return session.fail(done.error(), request.header().request_id());
  show_shipment(session, done->shipment(), to_json(*done));
}

void state(Session& session, const StateOptions& options) {
  session.act_for(options.agency);
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  postal::StateMilestoneRequest request;
  request.mutable_header()->set_request_id(new_request_id(session));
  request.set_dossier_id(options.dossier);
  request.set_shipment(options.number);
  postal::Milestone milestone{};
  if (!postal::Milestone_Parse("MILESTONE_" + options.milestone, &milestone))
    return session.fail(wrong_argument(options.milestone, "HANDED_TO_POST"));
  request.set_milestone(milestone);
  request.set_reason(options.reason);
  const auto done = call<PostalService>(session, **stub, &PostalService::Stub::StateMilestone, request);
  if (!done) return session.fail(done.error(), request.header().request_id());
  show_shipment(session, done->shipment(), to_json(*done));
}

void reorder(Session& session, const StateOptions& options) {
  session.act_for(options.agency);
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  postal::PlaceOrderAgainRequest request;
  request.mutable_header()->set_request_id(new_request_id(session));
  request.mutable_header()->set_actor(options.actor);
  request.set_dossier_id(options.dossier);
  request.set_shipment(options.number);
  request.set_reason_code(options.reason);
  const auto done = call<PostalService>(session, **stub, &PostalService::Stub::PlaceOrderAgain, request);
  if (!done) return session.fail(done.error(), request.header().request_id());
  show_shipment(session, done->shipment(), to_json(*done));
}

void scan(Session& session, const ScanOptions& options) {
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  postal::RecordScansRequest request;
  auto& one = *request.add_scans();
  one.set_carrier(options.carrier);
  one.set_item(options.item);
  one.set_raw_code(options.code);
  one.set_place(options.place);
  one.set_raw_reason(options.reason);
  const auto at = std::chrono::system_clock::now() - std::chrono::minutes(options.minutes_ago);
  one.mutable_scan_time()->set_seconds(std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count());
  const auto done = call<PostalService>(session, **stub, &PostalService::Stub::RecordScans, request);
  if (!done) return session.fail(done.error());
  const auto& result = done->results(0);
  if (result.has_failure()) {
    const auto& failed = result.failure();
    return session.fail({rpc::to_error(grpc::Status(static_cast<grpc::StatusCode>(failed.code()), "")).code, failed.reason(),
                         failed.message_vi(), failed.message_en()});
  }
  show_shipment(session, result.shipment(), to_json(*done));
}

// ---- scans that belong to nothing known

Result<postal::ListUnmatchedScansResponse> fetch_unmatched(Session& session, PostalService::Stub& stub,
                                                           const KeptScanOptions& options) {
  postal::ListUnmatchedScansRequest request;
  request.set_carrier(options.carrier);
  request.mutable_page()->set_page_size(static_cast<int>(std::min<std::size_t>(options.limit, 200)));
  return call<PostalService>(session, stub, &PostalService::Stub::ListUnmatchedScans, request);
}

void list_unmatched(Session& session, const KeptScanOptions& options) {
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  const auto page = fetch_unmatched(session, **stub, options);
  if (!page) return session.fail(page.error());
  const bool vi = session.language == Language::kVietnamese;
  Table table({vi ? "HÃNG" : "CARRIER", vi ? "SỐ BƯU GỬI" : "ITEM", vi ? "MÃ" : "CODE", vi ? "LÚC QUÉT" : "SCANNED",
               vi ? "LÝ DO" : "REASON", vi ? "GIỮ TỪ" : "KEPT SINCE", vi ? "ĐỊNH DANH" : "ID"});
  for (const auto& one : page->scans()) {
    const auto& scan = one.scan();
    table.row({scan.carrier(), scan.item(), scan.raw_code(), local_text(instant_of(scan.scan_time())), scan.reason(),
               local_text(instant_of(one.since_time())), one.scan_id()});
  }
  session.show(table, to_json(*page));
}

Result<postal::RetakeScanResponse> retake_one(Session& session, PostalService::Stub& stub, const KeptScanOptions& options,
                                              const std::string& scan) {
  postal::RetakeScanRequest request;
  request.mutable_header()->set_request_id(new_request_id(session));
  request.mutable_header()->set_actor(options.actor);
  request.set_scan_id(scan);
  return call<PostalService>(session, stub, &PostalService::Stub::RetakeScan, request);
}

void retake(Session& session, const KeptScanOptions& options) {
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  if (!options.all) {
    const auto done = retake_one(session, **stub, options, options.scan);
    if (!done) return session.fail(done.error());
    return show_shipment(session, done->shipment(), to_json(*done));
  }
  const auto page = fetch_unmatched(session, **stub, options);
  if (!page) return session.fail(page.error());
  Table table = shipment_table(session);
  nlohmann::json document = {{"taken", nlohmann::json::array()}, {"left", nlohmann::json::array()}};
  for (const auto& one : page->scans()) {
    const auto done = retake_one(session, **stub, options, one.scan_id());
    if (done) {
      add_row(session, done->shipment(), table);
      document["taken"].push_back(one.scan_id());
    } else {
      document["left"].push_back({{"scan_id", one.scan_id()}, {"reason", done.error().reason}});
    }
  }
  session.show(table, document);
  if (session.json()) return;
  const auto left = std::to_string(document["left"].size());
  session.line({left + " lượt quét vẫn chưa khớp", left + " scans are still unmatched"});
}

void dismiss(Session& session, const KeptScanOptions& options) {
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  postal::DismissScanRequest request;
  request.mutable_header()->set_request_id(new_request_id(session));
  request.mutable_header()->set_actor(options.actor);
  request.set_scan_id(options.scan);
  request.set_reason_code(options.reason);
  const auto done = call<PostalService>(session, **stub, &PostalService::Stub::DismissScan, request);
  if (!done) return session.fail(done.error(), request.header().request_id());
  if (session.json()) return session.show(Table({""}), to_json(*done));
  session.line({"đã bỏ qua lượt quét", "the scan is put aside"});
}

// ---- bags

void show_bag(const Session& session, const postal::Bag& bag, const nlohmann::json& document) {
  if (session.json()) return session.show(Table({""}), document);
  const std::string head =
      bag.shipment().item() + "  " + bag.sender() + " -> " + bag.shipment().destination() + "  " + bag.bag_id();
  const auto lines = std::to_string(bag.lines_size());
  session.line({head + "  " + lines + " hồ sơ" + (bag.seal().empty() ? "" : "  niêm phong " + bag.seal()),
                head + "  " + lines + " dossiers" + (bag.seal().empty() ? "" : "  seal " + bag.seal())});
  const auto papers = [](const auto& counts) {
    std::string out;
    for (const auto& paper : counts) out += " " + paper.code() + "=" + std::to_string(paper.count());
    return out.empty() ? std::string(" -") : out;
  };
  for (const auto& difference : bag.differences()) {
    session.line(
        {"  " + difference.dossier_id() + "  thiếu" + papers(difference.missing()) + "  thừa" + papers(difference.extra()),
         "  " + difference.dossier_id() + "  missing" + papers(difference.missing()) + "  extra" +
             papers(difference.extra())});
  }
  if (bag.has_open_time() && bag.differences().empty())
    session.line({"  đủ giấy tờ như bảng kê", "  every paper as listed"});
}

template <class Request>
Result<void> fill_lines(const BagOptions& options, google::protobuf::RepeatedPtrField<postal::BagLine>* (Request::*field)(),
                        Request& request) {
  for (const auto& text : options.lines) {
    auto line = bag_line(text);
    if (!line) return failure(line.error());
    *(request.*field)()->Add() = *std::move(line);
  }
  return {};
}

void create_bag(Session& session, const BagOptions& options) {
  session.act_for(options.agency);
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  postal::CreateBagRequest request;
  request.mutable_header()->set_request_id(new_creating_request_id(session, options.home));
  request.set_home_key(options.home);
  request.set_destination(options.destination);
  request.set_carrier(options.carrier);
  if (auto filled = fill_lines(options, &postal::CreateBagRequest::mutable_lines, request); !filled)
    return session.fail(filled.error());
  const auto done = call<PostalService>(session, **stub, &PostalService::Stub::CreateBag, request);
  if (!done) return session.fail(done.error(), request.header().request_id());
  show_bag(session, done->bag(), to_json(*done));
}

void seal_bag(Session& session, const BagOptions& options) {
  session.act_for(options.agency);
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  postal::SealBagRequest request;
  request.mutable_header()->set_request_id(new_request_id(session));
  request.set_bag_id(options.bag);
  request.set_seal(options.seal);
  const auto done = call<PostalService>(session, **stub, &PostalService::Stub::SealBag, request);
  if (!done) return session.fail(done.error(), request.header().request_id());
  show_bag(session, done->bag(), to_json(*done));
}

void open_bag(Session& session, const BagOptions& options) {
  session.act_for(options.agency);
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  postal::OpenBagRequest request;
  request.mutable_header()->set_request_id(new_request_id(session));
  request.set_bag_id(options.bag);
  request.set_seal(options.seal);
  if (auto filled = fill_lines(options, &postal::OpenBagRequest::mutable_found, request); !filled)
    return session.fail(filled.error());
  const auto done = call<PostalService>(session, **stub, &PostalService::Stub::OpenBag, request);
  if (!done) return session.fail(done.error(), request.header().request_id());
  show_bag(session, done->bag(), to_json(*done));
}

void list_bags(Session& session, const BagListOptions& options) {
  const auto agencies = wanted_agencies(session, options.agency);
  if (!agencies) return session.fail(agencies.error());
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  const bool vi = session.language == Language::kVietnamese;
  Table table({vi ? "SỐ TÚI" : "BAG", vi ? "NƠI GỬI" : "FROM", vi ? "NƠI NHẬN" : "TO", vi ? "HỒ SƠ" : "DOSSIERS",
               vi ? "NIÊM PHONG" : "SEALED", vi ? "MỞ" : "OPENED", vi ? "CHÊNH LỆCH" : "DIFFERENCES",
               vi ? "ĐỊNH DANH" : "ID"});
  nlohmann::json document = {{"bags", nlohmann::json::array()}};
  for (const auto& agency : *agencies) {
    postal::ListBagsRequest request;
    request.set_agency(agency);
    request.set_filter(options.filter == "in"        ? postal::BAG_FILTER_IN
                       : options.filter == "differs" ? postal::BAG_FILTER_DIFFERS
                                                     : postal::BAG_FILTER_OUT);
    request.mutable_page()->set_page_size(static_cast<int>(std::min<std::size_t>(options.limit, 200)));
    const auto page = call<PostalService>(session, **stub, &PostalService::Stub::ListBags, request);
    if (!page) return session.fail(page.error());
    for (const auto& bag : page->bags()) {
      if (table.rows() > options.limit) break;
      table.row({bag.shipment().item(), bag.sender(), bag.shipment().destination(), std::to_string(bag.lines_size()),
                 bag.has_seal_time() ? local_text(instant_of(bag.seal_time())) : "-",
                 bag.has_open_time() ? local_text(instant_of(bag.open_time())) : "-",
                 std::to_string(bag.differences_size() + bag.untold_size()), bag.bag_id()});
      document["bags"].push_back(to_json(bag));
    }
  }
  session.show(table, document);
}

void print_bag(Session& session, const BagOptions& options) {
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  postal::GetBagRequest request;
  request.set_bag_id(options.bag);
  const auto found = call<PostalService>(session, **stub, &PostalService::Stub::GetBag, request);
  if (!found) return session.fail(found.error());
  if (session.json()) return session.show(Table({""}), to_json(*found));
  session.line({found->manifest_text(), found->manifest_text()});
}

// ---- cash

std::string settlement_text(postal::SettlementState state, Language language) {
  const bool vi = language == Language::kVietnamese;
  switch (state) {
    case postal::SETTLEMENT_STATE_OPEN: return vi ? "chưa khai" : "open";
    case postal::SETTLEMENT_STATE_BALANCED: return vi ? "khớp" : "balanced";
    case postal::SETTLEMENT_STATE_DIFFERS: return vi ? "lệch" : "differs";
    case postal::SETTLEMENT_STATE_UNSPECIFIED:
    case postal::SettlementState_INT_MIN_SENTINEL_DO_NOT_USE_:
    case postal::SettlementState_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "-";
}

/// Đồng; a difference may be below zero.
std::string amount_text(std::int64_t amount, Language language) {
  return amount < 0 ? "-" + grouped(static_cast<std::uint64_t>(-amount), language)
                    : grouped(static_cast<std::uint64_t>(amount), language);
}

Table settlement_table(const Session& session) {
  const bool vi = session.language == Language::kVietnamese;
  return Table({vi ? "NGÀY" : "DAY", vi ? "MỘT CỬA" : "DESK", vi ? "HÃNG" : "CARRIER", vi ? "TRẠNG THÁI" : "STATE",
                vi ? "ĐÃ THU" : "COLLECTED", vi ? "HÃNG KHAI" : "DECLARED", vi ? "ĐÃ NỘP" : "PAID",
                vi ? "CHÊNH LỆCH" : "DIFFERENCES"});
}

void add_row(const Session& session, const postal::Settlement& day, Table& table) {
  table.row({day.day(), day.home_key(), day.carrier(), settlement_text(day.state(), session.language),
             amount_text(day.collected(), session.language), amount_text(day.declared(), session.language),
             amount_text(day.paid(), session.language), std::to_string(day.differences_size())});
}

postal::SettlementState settlement_state(const std::string& name) {
  if (name == "open") return postal::SETTLEMENT_STATE_OPEN;
  return name == "balanced" ? postal::SETTLEMENT_STATE_BALANCED : postal::SETTLEMENT_STATE_DIFFERS;
}

void list_settlements(Session& session, const SettlementOptions& options) {
  std::vector<std::string> homes = {options.home};
  if (options.home.empty()) {
    const auto catalogue = fetch_catalogue(session);
    if (!catalogue) return session.fail(catalogue.error());
    homes.clear();
    for (const auto& agency : catalogue->contents.agencies()) {
      for (const auto& desk : agency.desks()) homes.push_back(desk.key());
    }
  }
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  Table table = settlement_table(session);
  nlohmann::json document = {{"settlements", nlohmann::json::array()}};
  for (const auto& home : homes) {
    postal::ListSettlementsRequest request;
    request.set_home_key(home);
    request.set_carrier(options.carrier);
    request.set_state(settlement_state(options.state));
    request.mutable_page()->set_page_size(static_cast<int>(std::min<std::size_t>(options.limit, 200)));
    const auto page = call<PostalService>(session, **stub, &PostalService::Stub::ListSettlements, request);
    if (!page) return session.fail(page.error());
    for (const auto& day : page->settlements()) {
      if (table.rows() > options.limit) break;
      add_row(session, day, table);
      document["settlements"].push_back(to_json(day));
    }
  }
  session.show(table, document);
}

void get_settlement(Session& session, const SettlementOptions& options) {
  auto stub = postal_stub(session);
  if (!stub) return session.fail(stub.error());
  postal::GetSettlementRequest request;
  request.set_home_key(options.home);
  request.set_carrier(options.carrier);
  request.set_day(options.day);
  const auto found = call<PostalService>(session, **stub, &PostalService::Stub::GetSettlement, request);
  if (!found) return session.fail(found.error());
  Table table = settlement_table(session);
  add_row(session, found->settlement(), table);
  session.show(table, to_json(*found));
  if (session.json()) return;
  for (const auto& difference : found->settlement().differences()) {
    const auto ours = amount_text(difference.ours(), session.language);
    const auto theirs = amount_text(difference.theirs(), session.language);
    const bool whole = difference.item().empty();
    session.line({"  " + (whole ? "tiền nộp" : difference.item()) + "  bên ta " + ours + "  hãng " + theirs + " đồng",
                  "  " + (whole ? "payment" : difference.item()) + "  ours " + ours + "  theirs " + theirs + " đồng"});
  }
}

void add_settlement_commands(CLI::App& root, Session& session) {
  auto* settlement =
      root.add_subcommand("settlement", "Đối soát tiền thu hộ · settlement of cash on delivery")->require_subcommand(1);
  auto options = std::make_shared<SettlementOptions>();
  auto* listed = settlement->add_subcommand("list", "Ngày thu tiền, cũ nhất trước · days of cash, oldest first");
  listed->add_option("--home", options->home, "mã một cửa; bỏ trống: tất cả · home key, all if left out");
  listed->add_option("--carrier", options->carrier, "hãng vận chuyển; bỏ trống: tất cả · carrier, all if left out");
  listed->add_option("--state", options->state, "differs lệch, open chưa khai, balanced khớp")
      ->check(CLI::IsMember({"differs", "open", "balanced"}))
      ->capture_default_str();
  listed->add_option("--limit", options->limit, "số dòng · rows")->check(CLI::Range(1, 200))->capture_default_str();
  listed->callback([&session, options] { list_settlements(session, *options); });
  auto* got = settlement->add_subcommand("get", "Một ngày với mọi chênh lệch · one day with every difference");
  got->add_option("home", options->home, "mã một cửa · home key")->required();
  got->add_option("carrier", options->carrier, "hãng vận chuyển · carrier")->required();
  got->add_option("day", options->day, "ngày · day, 2026-03-02")->required();
  got->callback([&session, options] { get_settlement(session, *options); });
}

void add_shipment_commands(CLI::App& root, Session& session) {
  auto* shipment = root.add_subcommand("shipment", "Bưu gửi và giấy tờ · shipments and paper")->require_subcommand(1);
  auto list_options = std::make_shared<ListOptions>();
  auto* listed = shipment->add_subcommand("list", "Bưu gửi đang mở, lâu nhất trước · open shipments, longest first");
  listed->add_option("--agency", list_options->agency, "cơ quan; bỏ trống: tất cả · agency, all if left out");
  auto* silent = listed->add_flag("--silent", list_options->silent, "chỉ bưu gửi im lặng · silent ones only");
  listed
      ->add_flag("--apart", list_options->apart,
                 "hồ sơ mà giấy tờ và dữ liệu ở hai nơi · dossiers whose papers and data are apart")
      ->excludes(silent);
  listed
      ->add_option("--state", list_options->state,
                   "1 chờ nhận, 2 đang chuyển, 3 chờ xử lý, 4 thiếu bằng chứng, 5 đã phát, 6 hoàn, 7 mất, 8 hủy")
      ->check(CLI::Range(1, 8));
  listed->add_option("--limit", list_options->limit, "số dòng · rows")->check(CLI::Range(1, 200))->capture_default_str();
  listed->callback([&session, list_options] {
    return list_options->apart ? list_apart(session, *list_options) : list(session, *list_options);
  });

  auto dossier = std::make_shared<std::string>();
  auto* got = shipment->add_subcommand("get", "Giấy tờ của một hồ sơ đang ở đâu · where the papers of a dossier are");
  got->add_option("dossier", *dossier, "định danh hồ sơ · dossier id")->required();
  got->callback([&session, dossier] { get(session, *dossier); });

  auto order_options = std::make_shared<OrderOptions>();
  auto* ordered = shipment->add_subcommand("order", "Lập bưu gửi · make a shipment");
  ordered->add_option("dossier", order_options->dossier, "định danh hồ sơ · dossier id")->required();
  ordered->add_option("--kind", order_options->kind, "result, to-desk")
      ->check(CLI::IsMember({"result", "to-desk"}))
      ->capture_default_str();
  ordered->add_option("--carrier", order_options->carrier, "hãng vận chuyển · carrier")->capture_default_str();
  ordered->add_option("--item", order_options->item,
                      "số bưu gửi; bỏ trống: cấp từ dải số · item number, out of the range if left out");
  ordered->add_option("--to", order_options->destination,
                      "cơ quan nhận; bỏ trống: công dân · agency, the citizen if left out");
  ordered->add_option("--cod", order_options->cod, "tiền thu hộ, đồng · cash to collect");
  ordered->add_option("--paper", order_options->papers, "giấy tờ, CODE=2 · papers");
  ordered->add_flag("--place", order_options->place, "đặt với hãng vận chuyển · order it with the carrier");
  ordered->add_option("--agency", order_options->agency, "cơ quan lập · agency to act as");
  ordered->callback([&session, order_options] { order(session, *order_options); });

  auto state_options = std::make_shared<StateOptions>();
  auto* stated = shipment->add_subcommand("state", "Ghi mốc của cơ quan · state what an agency did");
  stated->add_option("dossier", state_options->dossier, "định danh · id")->required();
  stated
      ->add_option("milestone", state_options->milestone,
                   "HANDED_TO_POST, HANDED_TO_AGENCY, REJECTED_BY_AGENCY, RETURNED, LOST")
      ->required();
  stated->add_option("--shipment", state_options->number, "số thứ tự · number")->capture_default_str();
  stated->add_option("--reason", state_options->reason, "mã lý do · ground");
  stated->add_option("--agency", state_options->agency, "cơ quan ghi · agency to act as");
  stated->callback([&session, state_options] { state(session, *state_options); });

  auto scan_options = std::make_shared<ScanOptions>();
  auto again_options = std::make_shared<StateOptions>();
  auto* again = shipment->add_subcommand("reorder", "Đặt lại bưu gửi mà hãng không nhận · place a refused order again");
  again->add_option("dossier", again_options->dossier, "mã hồ sơ · dossier id")->required();
  again->add_option("number", again_options->number, "số bưu gửi trong hồ sơ · number of the shipment")->required();
  again->add_option("--reason", again_options->reason, "mã lý do, ví dụ ADDRESS_MENDED · reason code")->required();
  again->add_option("--actor", again_options->actor, "mã cán bộ · your officer id")->envname("LIENTHONG_ACTOR")->required();
  again->add_option("--agency", again_options->agency, "làm thay cơ quan · act for this agency");
  again->callback([&session, again_options] { reorder(session, *again_options); });

  auto* scanned = shipment->add_subcommand("scan", "Ghi lượt quét của hãng vận chuyển · record a carrier's scan");
  scanned->add_option("item", scan_options->item, "số bưu gửi · item number")->required();
  scanned->add_option("code", scan_options->code, "mã của hãng · the carrier's code")->required();
  scanned->add_option("--carrier", scan_options->carrier, "hãng vận chuyển · carrier")->capture_default_str();
  scanned->add_option("--place", scan_options->place, "bưu cục · post office");
  scanned->add_option("--reason", scan_options->reason, "mã lý do của hãng · the carrier's ground");
  scanned->add_option("--minutes-ago", scan_options->minutes_ago, "quét trước đây bao nhiêu phút · how long ago");
  scanned->callback([&session, scan_options] { scan(session, *scan_options); });
}

void add_scan_commands(CLI::App& root, Session& session) {
  auto* scan = root.add_subcommand("scan", "Lượt quét chưa khớp bưu gửi nào · scans that belong to nothing known")
                   ->require_subcommand(1);
  auto options = std::make_shared<KeptScanOptions>();
  const auto with_actor = [options](CLI::App* command) {
    command->add_option("--actor", options->actor, "mã cán bộ · your officer id")->envname("LIENTHONG_ACTOR")->required();
  };
  const auto with_list = [options](CLI::App* command) {
    command->add_option("--carrier", options->carrier, "hãng vận chuyển; bỏ trống: tất cả · carrier, all if left out");
    command->add_option("--limit", options->limit, "số dòng · rows")->check(CLI::Range(1, 200))->capture_default_str();
  };
  auto* listed = scan->add_subcommand("list", "Lượt quét đang chờ, lâu nhất trước · scans that wait, longest first");
  with_list(listed);
  listed->callback([&session, options] { list_unmatched(session, *options); });
  auto* again =
      scan->add_subcommand("retake", "Nhận lại sau khi có bảng mã mới hoặc bưu gửi · take again after a new table or order");
  auto* which = again->add_option("scan", options->scan, "định danh lượt quét · scan id");
  again->add_flag("--all", options->all, "mọi lượt quét đang chờ · all that wait")->excludes(which);
  with_list(again);
  with_actor(again);
  again->callback([&session, options] { retake(session, *options); });
  auto* aside = scan->add_subcommand("dismiss", "Bỏ qua với lý do · put aside with a reason");
  aside->add_option("scan", options->scan, "định danh lượt quét · scan id")->required();
  aside->add_option("--reason", options->reason, "mã lý do, ví dụ FOREIGN_ITEM · reason code")->required();
  with_actor(aside);
  aside->callback([&session, options] { dismiss(session, *options); });
}

void add_bag_commands(CLI::App& root, Session& session) {
  auto* bag = root.add_subcommand("bag", "Túi hồ sơ và bảng kê · bags and manifests")->require_subcommand(1);
  auto options = std::make_shared<BagOptions>();
  const auto with_agency = [options](CLI::App* command) {
    command->add_option("--agency", options->agency, "cơ quan thực hiện · agency to act as");
    return command;
  };
  const char* line_help = "HỒ_SƠ:MÃ=2,MÃ, kết quả: HỒ_SƠ:result:MÃ · DOSSIER:CODE=2,CODE, a result: DOSSIER:result:CODE";
  auto* created = with_agency(bag->add_subcommand("create", "Lập túi với bảng kê · make a bag with its manifest"));
  created
      ->add_option("home", options->home,
                   "nơi gửi: mã một cửa, hoặc mã cơ quan nếu không có một cửa · sender: home key, or the agency's code "
                   "without a desk")
      ->required();
  created->add_option("destination", options->destination, "cơ quan nhận · receiving agency")->required();
  created->add_option("lines", options->lines, line_help)->required();
  created->add_option("--carrier", options->carrier, "hãng vận chuyển · carrier")->capture_default_str();
  created->callback([&session, options] { create_bag(session, *options); });
  auto* sealed = with_agency(bag->add_subcommand("seal", "Niêm phong · seal"));
  sealed->add_option("bag", options->bag, "định danh túi · bag id")->required();
  sealed->add_option("seal", options->seal, "số niêm phong · number of the seal")->required();
  sealed->callback([&session, options] { seal_bag(session, *options); });
  auto* opened = with_agency(bag->add_subcommand("open", "Mở và kiểm đếm · open and count"));
  opened->add_option("bag", options->bag, "định danh túi · bag id")->required();
  opened->add_option("seal", options->seal, "số niêm phong thấy được · number of the seal as found")->required();
  opened->add_option("lines", options->lines, line_help);
  opened->callback([&session, options] { open_bag(session, *options); });
  auto list_options = std::make_shared<BagListOptions>();
  auto* listed = bag->add_subcommand("list", "Túi của một cơ quan, cũ nhất trước · bags of an agency, oldest first");
  listed->add_option("--agency", list_options->agency, "cơ quan; bỏ trống: tất cả · agency, all if left out");
  listed->add_option("--filter", list_options->filter, "out gửi đi, in nhận về, differs lệch với bảng kê")
      ->check(CLI::IsMember({"out", "in", "differs"}))
      ->capture_default_str();
  listed->add_option("--limit", list_options->limit, "số dòng · rows")->check(CLI::Range(1, 200))->capture_default_str();
  listed->callback([&session, list_options] { list_bags(session, *list_options); });
  auto* printed = bag->add_subcommand("print", "In bảng kê · print the manifest");
  printed->add_option("bag", options->bag, "định danh túi · bag id")->required();
  printed->callback([&session, options] { print_bag(session, *options); });
}

}  // namespace

void add_postal_commands(CLI::App& root, Session& session) {
  add_shipment_commands(root, session);
  add_scan_commands(root, session);
  add_bag_commands(root, session);
  add_settlement_commands(root, session);
}

}  // namespace lienthong::ltctl
