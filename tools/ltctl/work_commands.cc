#include "tools/ltctl/work_commands.h"

#include "lienthong/agency/v1/agency_service.grpc.pb.h"
#include "tools/ltctl/catalogue_client.h"
#include "tools/ltctl/dossier_client.h"

#include <algorithm>
#include <memory>
#include <vector>

namespace lienthong::ltctl {
namespace {

namespace agency_api = ::lienthong::agency::v1;
using Align = Table::Align;
using agency_api::AgencyService;

struct ListOptions {
  std::string agency;
  int state = 0;
  bool to_confirm = false;
  std::size_t limit = 50;
};

struct AnswerOptions {
  std::string dossier;
  std::uint32_t leg = 0;
  std::string agency;
  std::string receipt;
  std::string reason;
  std::string reason_code = "OUT_OF_COMPETENCE";
  std::string note;
  std::string result = "ket-qua";
  std::string purpose = "ltctl work show";
};

Result<std::unique_ptr<AgencyService::Stub>> agency_stub(const Session& session) {
  auto channel = open_channel(session, session.settings.agency_address);
  if (!channel) return failure(channel.error());
  return AgencyService::NewStub(*channel);
}

std::string state_text(agency_api::WorkState state, Language language) {
  const bool vi = language == Language::kVietnamese;
  switch (state) {
    case agency_api::WORK_STATE_OFFERED: return vi ? "chờ tiếp nhận" : "offered";
    case agency_api::WORK_STATE_ACCEPTED: return vi ? "đang xử lý" : "accepted";
    case agency_api::WORK_STATE_SUSPENDED: return vi ? "chờ bổ sung" : "suspended";
    case agency_api::WORK_STATE_COMPLETED: return vi ? "đã trả kết quả" : "completed";
    case agency_api::WORK_STATE_CONFIRMED: return vi ? "bên gửi đã nhận" : "confirmed";
    case agency_api::WORK_STATE_REFUSED: return vi ? "từ chối" : "refused";
    case agency_api::WORK_STATE_CLOSED: return vi ? "đã thu hồi" : "closed";
    case agency_api::WORK_STATE_UNSPECIFIED:
    case agency_api::WorkState_INT_MIN_SENTINEL_DO_NOT_USE_:
    case agency_api::WorkState_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "-";
}

Result<void> read_list(const Session& session, AgencyService::Stub& stub, const std::string& agency,
                       const ListOptions& options, std::vector<agency_api::WorkItem>& items,
                       std::map<int, std::uint64_t>& counts) {
  agency_api::ListWorkRequest request;
  request.set_agency(agency);
  request.set_state(static_cast<agency_api::WorkState>(options.state));
  request.set_to_confirm(options.to_confirm);
  request.mutable_page()->set_page_size(static_cast<int>(std::min<std::size_t>(options.limit, 200)));
  auto page = call<AgencyService>(session, stub, &AgencyService::Stub::ListWork, request);
  if (!page) return failure(page.error());
  for (const auto& count : page->counts()) counts[count.state()] += count.count();
  items.insert(items.end(), page->items().begin(), page->items().end());
  return {};
}

void list(Session& session, const ListOptions& options) {
  std::vector<std::string> agencies = {options.agency};
  if (options.agency.empty()) {
    auto found = fetch_agencies(session, false);
    if (!found) return session.fail(found.error());
    agencies = *std::move(found);
  }
  auto stub = agency_stub(session);
  if (!stub) return session.fail(stub.error());
  std::vector<agency_api::WorkItem> items;
  std::map<int, std::uint64_t> counts;
  for (const auto& agency : agencies) {
    if (auto read = read_list(session, **stub, agency, options, items, counts); !read) return session.fail(read.error());
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const auto& a, const auto& b) { return instant_of(a.due_time()) < instant_of(b.due_time()); });
  if (items.size() > options.limit) items.resize(options.limit);
  const bool vi = session.language == Language::kVietnamese;
  Table table({vi ? "CƠ QUAN" : "AGENCY", vi ? "MÃ HỒ SƠ" : "CODE", vi ? "CHẶNG" : "LEG", vi ? "TRẠNG THÁI" : "STATE",
               vi ? "BÊN GỬI" : "SENDER", vi ? "GỬI LÚC" : "OFFERED", vi ? "HẠN" : "DUE", vi ? "ĐỊNH DANH" : "ID"});
  nlohmann::json document = {{"items", nlohmann::json::array()}, {"counts", nlohmann::json::object()}};
  for (const auto& item : items) {
    document["items"].push_back(to_json(item));
    table.row({item.agency(), item.dossier_code(), std::to_string(item.work().leg()) + " " + item.leg_id(),
               state_text(item.state(), session.language), item.sender(), local_text(instant_of(item.offer_time())),
               local_text(instant_of(item.due_time())), item.work().dossier_id()});
  }
  std::string totals;
  for (const auto& [state, count] : counts) {
    document["counts"][agency_api::WorkState_Name(state)] = count;
    if (count == 0) continue;
    totals += (totals.empty() ? "" : " · ") + state_text(static_cast<agency_api::WorkState>(state), session.language) +
              ": " + grouped(count, session.language);
  }
  session.show(table, document);
  if (!session.json()) session.line({totals.empty() ? "không có việc nào" : totals, totals.empty() ? "no work" : totals});
}

/// Names the work and acts as the agency that holds it.
Result<agency_api::WorkRef> find_work(Session& session, const AnswerOptions& options) {
  agency_api::WorkRef work;
  work.set_leg(options.leg);
  std::string id = options.dossier;
  if (id.find('_') == std::string::npos) {
    const auto dossier = fetch_dossier(session, options.dossier);
    if (!dossier) return failure(dossier.error());
    id = dossier->dossier_id();
  }
  work.set_dossier_id(id);
  std::string agency = options.agency;
  if (agency.empty() && session.principal.empty()) {
    const auto route = fetch_route(session, id);
    if (!route) return failure(route.error());
    for (const auto& leg : route->legs()) {
      if (leg.leg() == options.leg) agency = leg.agency();
    }
  }
  session.act_for(agency);
  return work;
}

void show_item(const Session& session, const agency_api::WorkItem& item) {
  const std::string head = item.dossier_code() + "  " + std::to_string(item.work().leg()) + " " + item.leg_id() + "  " +
                           item.agency() + "  " + state_text(item.state(), session.language);
  session.line({head + "  hạn " + local_text(instant_of(item.due_time())),
                head + "  due " + local_text(instant_of(item.due_time()))});
}

template <class Request, class Response>
void answer(Session& session, const AnswerOptions& options,
            grpc::Status (AgencyService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
            const std::function<void(Request&)>& fill) {
  const auto work = find_work(session, options);
  if (!work) return session.fail(work.error());
  auto stub = agency_stub(session);
  if (!stub) return session.fail(stub.error());
  Request request;
  request.mutable_header()->set_request_id(new_request_id(session));
  *request.mutable_work() = *work;
  fill(request);
  const auto done = call<AgencyService>(session, **stub, method, request);
  if (!done) return session.fail(done.error(), request.header().request_id());
  if (session.json())
    return session.show(Table({""}), {{"item", to_json(done->item())}, {"result", to_json(done->result())}});
  show_item(session, done->item());
}

void show(Session& session, const AnswerOptions& options) {
  const auto work = find_work(session, options);
  if (!work) return session.fail(work.error());
  auto stub = agency_stub(session);
  if (!stub) return session.fail(stub.error());
  agency_api::GetWorkRequest request;
  *request.mutable_work() = *work;
  request.set_purpose(options.purpose);
  const auto found = call<AgencyService>(session, **stub, &AgencyService::Stub::GetWork, request);
  if (!found) return session.fail(found.error());
  if (session.json()) return session.show(Table({""}), to_json(*found));
  show_item(session, found->item());
  for (const auto& content : found->contents()) {
    const auto& applicant = content.applicant();
    if (content.has_applicant()) {
      const std::string person = applicant.full_name() + " · " + applicant.identity_number() + " · " + applicant.address();
      session.line({"người nộp: " + person, "applicant: " + person});
    }
    for (const auto& component : content.components()) {
      const std::string paper =
          "  " + component.code() + " × " + std::to_string(component.count()) + "  " + component.title();
      session.line({paper, paper});
    }
  }
}

void add_work_name(CLI::App& command, AnswerOptions& options) {
  command.add_option("dossier", options.dossier, "mã hồ sơ hoặc định danh · code or id")->required();
  command.add_option("leg", options.leg, "số chặng · leg number")->required()->check(CLI::Range(1, 1000));
  command.add_option("--agency", options.agency,
                     "cơ quan đang giữ; mặc định theo đường đi · agency that holds it, by default from the route");
}

void add_answer_commands(CLI::App& work, Session& session, const std::shared_ptr<AnswerOptions>& options) {
  auto* accepted = work.add_subcommand("accept", "Nhận việc · accept");
  add_work_name(*accepted, *options);
  accepted->add_option("--receipt", options->receipt, "số của hệ thống cơ quan · number of the agency's own system");
  accepted->callback([&session, options] {
    answer<agency_api::AcceptWorkRequest, agency_api::AcceptWorkResponse>(
        session, *options, &AgencyService::Stub::AcceptWork,
        [&](auto& request) { request.mutable_accept()->set_receipt_code(options->receipt); });
  });
  auto* refused = work.add_subcommand("refuse", "Từ chối, có lý do · refuse, with a reason");
  add_work_name(*refused, *options);
  refused->add_option("--reason", options->reason, "lý do · reason")->required();
  refused->add_option("--reason-code", options->reason_code, "mã lý do · ground")->capture_default_str();
  refused->callback([&session, options] {
    answer<agency_api::RefuseWorkRequest, agency_api::RefuseWorkResponse>(
        session, *options, &AgencyService::Stub::RefuseWork, [&](auto& request) {
          request.mutable_refuse()->set_reason_code(options->reason_code);
          request.mutable_refuse()->set_reason(options->reason);
        });
  });
  auto* completed = work.add_subcommand("complete", "Trả kết quả · complete with a result");
  add_work_name(*completed, *options);
  completed->add_option("--result", options->result, "mã loại kết quả · kind of result")->capture_default_str();
  completed->add_option("--note", options->note, "ghi chú · note");
  completed->callback([&session, options] {
    answer<agency_api::CompleteWorkRequest, agency_api::CompleteWorkResponse>(
        session, *options, &AgencyService::Stub::CompleteWork, [&](auto& request) {
          auto& result = *request.mutable_complete()->add_results();
          result.set_code(options->result);
          result.set_count(1);
          request.mutable_complete()->set_note(options->note);
        });
  });
}

}  // namespace

void add_work_commands(CLI::App& root, Session& session) {
  auto* work = root.add_subcommand("work", "Việc của các cơ quan · the agencies' work")->require_subcommand(1);
  auto list_options = std::make_shared<ListOptions>();
  auto* listed = work->add_subcommand("list", "Việc đang mở, hạn gần nhất trước · open work, soonest due first");
  listed->add_option("--agency", list_options->agency, "cơ quan; bỏ trống: tất cả · agency, all if left out");
  listed
      ->add_option("--state", list_options->state,
                   "1 chờ nhận, 2 đang xử lý, 3 chờ bổ sung, 4 đã trả, 5 đã nhận, 6 từ chối, 7 thu hồi")
      ->check(CLI::Range(1, 7));
  listed->add_flag("--to-confirm", list_options->to_confirm,
                   "kết quả chờ bên gửi xác nhận · results that wait for the sender");
  listed->add_option("--limit", list_options->limit, "số việc · pieces of work")
      ->check(CLI::Range(1, 200))
      ->capture_default_str();
  listed->callback([&session, list_options] { list(session, *list_options); });

  auto options = std::make_shared<AnswerOptions>();
  auto* shown = work->add_subcommand(
      "show", "Một việc và nội dung hồ sơ; việc xem được ghi lại · one piece of work with content, recorded");
  add_work_name(*shown, *options);
  shown->add_option("--purpose", options->purpose, "mục đích xem · why it is looked at")->capture_default_str();
  shown->callback([&session, options] { show(session, *options); });
  add_answer_commands(*work, session, options);
}

}  // namespace lienthong::ltctl
