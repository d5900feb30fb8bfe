#include "tools/ltctl/dossier_commands.h"

#include "tools/ltctl/catalogue_client.h"
#include "tools/ltctl/dossier_client.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace lienthong::ltctl {
namespace {

using Align = Table::Align;
using intake_api::IntakeService;

constexpr int kPageMax = 200;

struct FormOptions {
  std::string file;
  std::string desk;
  std::string procedure;
  std::string name;
  std::string identity;
  std::string birth_date;
  std::string phone;
  std::string email;
  std::string address;
  std::string note;
  std::vector<std::string> components;
  std::vector<std::string> fields;
  std::string carrier = "vnpost";
  std::string pick_up_at;
  std::string deliver_to;
  std::int64_t collect = 0;
  std::int64_t pick_up_fee = 0;
};

struct ListOptions {
  std::string agency;
  int status = 0;
  std::size_t limit = 20;
};

struct ShowOptions {
  std::string dossier;
  bool full = false;
  std::string purpose = "ltctl dossier show";
};

struct EraseOptions {
  std::string dossier;
  std::string reason;
  std::string reason_code = "RETENTION_ENDED";
};

Error usage(std::string vi, std::string en) { return {ErrorCode::kInvalidArgument, "USAGE", std::move(vi), std::move(en)}; }

/// `NAME;PHONE;LINE;COMMUNE;PROVINCE`.
Result<void> set_address(const std::string& text, postal::v1::Address& address) {
  std::vector<std::string> parts;
  std::stringstream words(text);
  for (std::string part; std::getline(words, part, ';');) parts.push_back(part);
  if (parts.size() != 5) {
    return failure(usage("địa chỉ cần dạng HỌ TÊN;ĐIỆN THOẠI;ĐỊA CHỈ;XÃ;TỈNH: " + text,
                         "an address must be NAME;PHONE;LINE;COMMUNE;PROVINCE: " + text));
  }
  address.set_name(parts[0]);
  address.set_phone(parts[1]);
  address.set_line(parts[2]);
  address.set_commune(parts[3]);
  address.set_province(parts[4]);
  return {};
}

Result<void> set_post(const FormOptions& options, intake_api::ApplicationForm& form) {
  if (options.pick_up_at.empty() && options.deliver_to.empty()) return {};
  auto& post = *form.mutable_post();
  post.set_carrier(options.carrier);
  post.set_collect(options.collect);
  post.set_pick_up_fee(options.pick_up_fee);
  if (!options.pick_up_at.empty()) {
    if (auto read = set_address(options.pick_up_at, *post.mutable_pick_up_at()); !read) return read;
  }
  if (options.deliver_to.empty()) return {};
  return set_address(options.deliver_to, *post.mutable_deliver_to());
}

Result<intake_api::ApplicationForm> form_of(const FormOptions& options) {
  intake_api::ApplicationForm form;
  if (!options.file.empty()) {
    std::ifstream file;
    if (options.file != "-") file.open(options.file);
    std::istream& in = options.file == "-" ? std::cin : file;
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const auto read = google::protobuf::util::JsonStringToMessage(text, &form);
    if (!in.good() && text.empty()) return failure(usage("không đọc được " + options.file, "can't read " + options.file));
    if (!read.ok()) {
      const std::string why = options.file + ": " + std::string(read.message());
      return failure(usage("đơn không đúng dạng ApplicationForm (JSON): " + why, "not an ApplicationForm in JSON: " + why));
    }
  }
  const auto set = [](std::string* field, const std::string& value) {
    if (!value.empty()) *field = value;
  };
  set(form.mutable_home_key(), options.desk);
  set(form.mutable_procedure_code(), options.procedure);
  set(form.mutable_applicant()->mutable_full_name(), options.name);
  set(form.mutable_applicant()->mutable_identity_number(), options.identity);
  set(form.mutable_applicant()->mutable_birth_date(), options.birth_date);
  set(form.mutable_applicant()->mutable_phone(), options.phone);
  set(form.mutable_applicant()->mutable_email(), options.email);
  set(form.mutable_applicant()->mutable_address(), options.address);
  set(form.mutable_note(), options.note);
  for (const auto& component : options.components) {
    auto& added = *form.add_components();
    const auto equals = component.find('=');
    added.set_code(component.substr(0, equals));
    if (equals != std::string::npos) added.set_title(component.substr(equals + 1));
    added.set_count(1);
  }
  for (const auto& field : options.fields) {
    const auto equals = field.find('=');
    if (equals == std::string::npos)
      return failure(usage("--field cần dạng TÊN=GIÁ TRỊ: " + field, "--field must be NAME=VALUE: " + field));
    auto& added = *form.add_form();
    added.set_name(field.substr(0, equals));
    added.set_value(field.substr(equals + 1));
  }
  if (auto post = set_post(options, form); !post) return failure(post.error());
  if (form.applicant_kind() == intake_api::APPLICANT_KIND_UNSPECIFIED)
    form.set_applicant_kind(intake_api::APPLICANT_KIND_CITIZEN);
  if (form.home_key().empty() || form.procedure_code().empty()) {
    return failure(usage("cần --desk và --procedure (hoặc -f TỆP); xem ltctl catalogue show",
                         "--desk and --procedure (or -f FILE) are needed; see ltctl catalogue show"));
  }
  return form;
}

void show_created(const Session& session, const intake_api::Dossier& dossier, const api::v1::CommandResult& result) {
  if (session.json()) return session.show(Table({""}), {{"dossier", to_json(dossier)}, {"result", to_json(result)}});
  const std::string code = dossier.dossier_code().empty() ? "" : dossier.dossier_code() + "  ";
  session.line({code + status_text(dossier.status(), session.language) + (result.replayed() ? " (đã làm trước đây)" : "") +
                    "  hẹn trả " + local_text(instant_of(dossier.appointment_time())) + "\n" + dossier.dossier_id(),
                code + status_text(dossier.status(), session.language) + (result.replayed() ? " (done before)" : "") +
                    "  due " + local_text(instant_of(dossier.appointment_time())) + "\n" + dossier.dossier_id()});
}

template <class Request, class Response>
void create(Session& session, const FormOptions& options,
            grpc::Status (IntakeService::Stub::*method)(grpc::ClientContext*, const Request&, Response*)) {
  auto form = form_of(options);
  if (!form) return session.fail(form.error());
  session.act_for(form->home_key());
  auto stub = intake_stub(session);
  if (!stub) return session.fail(stub.error());
  Request request;
  request.mutable_header()->set_request_id(new_creating_request_id(session, form->home_key()));
  *request.mutable_application() = *std::move(form);
  const auto done = call<IntakeService>(session, **stub, method, request);
  if (!done) return session.fail(done.error(), request.header().request_id());
  show_created(session, done->dossier(), done->result());
}

/// Newest dossiers of one agency's desks, and how many there are by status.
Result<void> read_list(const Session& session, IntakeService::Stub& stub, const std::string& agency,
                       const ListOptions& options, std::vector<intake_api::Dossier>& dossiers,
                       std::map<int, std::uint64_t>& counts) {
  intake_api::ListDossiersRequest request;
  request.set_agency(agency);
  request.set_status(static_cast<intake_api::DossierStatus>(options.status));
  for (std::size_t left = options.limit; left > 0;) {
    request.mutable_page()->set_page_size(static_cast<int>(std::min<std::size_t>(left, kPageMax)));
    auto page = call<IntakeService>(session, stub, &IntakeService::Stub::ListDossiers, request);
    if (!page) return failure(page.error());
    for (const auto& count : page->counts()) counts[count.status()] += count.count();
    dossiers.insert(dossiers.end(), page->dossiers().begin(), page->dossiers().end());
    left -= std::min(left, static_cast<std::size_t>(page->dossiers_size()));
    if (page->page().next_page_token().empty() || page->dossiers_size() == 0) break;
    request.mutable_page()->set_page_token(page->page().next_page_token());
  }
  return {};
}

Instant arrival_of(const intake_api::Dossier& dossier) {
  return instant_of(dossier.has_receive_time() ? dossier.receive_time() : dossier.submit_time());
}

std::string holder_of(const Session& session, const intake_api::Dossier& dossier) {
  if (dossier.status() < intake_api::DOSSIER_STATUS_RECEIVED || dossier.status() >= intake_api::DOSSIER_STATUS_STOPPED)
    return "-";
  const auto route = fetch_route(session, dossier.dossier_id());
  if (!route) return "?";
  if (route->holder_kind() == routing_api::HOLDER_KIND_CITIZEN)
    return session.language == Language::kVietnamese ? "công dân" : "citizen";
  return route->holder();
}

void list(Session& session, const ListOptions& options) {
  std::vector<std::string> agencies = {options.agency};
  if (options.agency.empty()) {
    auto found = fetch_agencies(session, true);
    if (!found) return session.fail(found.error());
    agencies = *std::move(found);
  }
  auto stub = intake_stub(session);
  if (!stub) return session.fail(stub.error());
  std::vector<intake_api::Dossier> dossiers;
  std::map<int, std::uint64_t> counts;
  for (const auto& agency : agencies) {
    if (auto read = read_list(session, **stub, agency, options, dossiers, counts); !read) return session.fail(read.error());
  }
  std::stable_sort(dossiers.begin(), dossiers.end(),
                   [](const auto& a, const auto& b) { return arrival_of(a) > arrival_of(b); });
  if (dossiers.size() > options.limit) dossiers.resize(options.limit);
  const bool vi = session.language == Language::kVietnamese;
  Table table({vi ? "MÃ HỒ SƠ" : "CODE", vi ? "THỦ TỤC" : "PROCEDURE", vi ? "TRẠNG THÁI" : "STATUS", vi ? "ĐANG Ở" : "AT",
               vi ? "ĐẾN LÚC" : "CAME IN", vi ? "HẸN TRẢ" : "DUE", vi ? "ĐỊNH DANH" : "ID"});
  nlohmann::json document = {{"dossiers", nlohmann::json::array()}, {"counts", nlohmann::json::object()}};
  for (const auto& dossier : dossiers) {
    document["dossiers"].push_back(to_json(dossier));
    if (session.json()) continue;
    table.row({dossier.dossier_code().empty() ? "-" : dossier.dossier_code(), dossier.procedure_code(),
               status_text(dossier.status(), session.language), holder_of(session, dossier), local_text(arrival_of(dossier)),
               local_text(instant_of(dossier.appointment_time())), dossier.dossier_id()});
  }
  std::string totals;
  for (const auto& [status, count] : counts) {
    document["counts"][std::to_string(status)] = count;
    if (count == 0) continue;
    totals += (totals.empty() ? "" : " · ") + status_text(static_cast<intake_api::DossierStatus>(status), session.language) +
              ": " + grouped(count, session.language);
  }
  session.show(table, document);
  if (!session.json())
    session.line({totals.empty() ? "không có hồ sơ nào" : totals, totals.empty() ? "no dossiers" : totals});
}

void show_contents(const Session& session, const intake_api::Dossier& dossier) {
  const bool vi = session.language == Language::kVietnamese;
  for (const auto& content : dossier.contents()) {
    const auto& applicant = content.applicant();
    if (content.has_applicant()) {
      const std::string person = applicant.full_name() + " · " + applicant.identity_number() + " · " +
                                 applicant.birth_date() + " · " + applicant.phone() + " · " + applicant.address();
      session.line({"người nộp: " + person, "applicant: " + person});
    }
    for (const auto& field : content.form())
      session.line({"  " + field.name() + ": " + field.value(), "  " + field.name() + ": " + field.value()});
    if (!content.note().empty()) session.line({"ghi chú: " + content.note(), "note: " + content.note()});
    for (const auto& component : content.components()) {
      const std::string paper = component.code() + " × " + std::to_string(component.count()) + "  " + component.title();
      session.line({(vi ? "  " : "  ") + paper, "  " + paper});
    }
  }
  for (const auto& reason : dossier.reasons()) session.line({"lý do: " + reason, "reason: " + reason});
}

Table legs_table(const routing_api::Route& route, Language language) {
  const bool vi = language == Language::kVietnamese;
  Table table({"#", vi ? "CHẶNG" : "LEG", vi ? "CƠ QUAN" : "AGENCY", vi ? "TRẠNG THÁI" : "STATE", vi ? "GỬI" : "OFFERED",
               vi ? "NHẬN" : "ACCEPTED", vi ? "HẠN" : "DUE", vi ? "TRẢ KẾT QUẢ" : "RETURNED"},
              {Align::kRight});
  for (const auto& leg : route.legs()) {
    const std::string attempt = leg.attempt() > 1 ? " (" + std::to_string(leg.attempt()) + ")" : "";
    table.row({std::to_string(leg.leg()), leg.leg_id() + attempt, leg.agency().empty() ? "-" : leg.agency(),
               leg_state_text(leg.state(), language) + (leg.overdue() ? (vi ? " · quá hạn" : " · overdue") : ""),
               local_text(instant_of(leg.offer_time())), local_text(instant_of(leg.start_time())),
               local_text(instant_of(leg.due_time())), local_text(instant_of(leg.return_time()))});
  }
  return table;
}

void show(Session& session, const ShowOptions& options) {
  const auto dossier = fetch_dossier(session, options.dossier, options.full ? options.purpose : "");
  if (!dossier) return session.fail(dossier.error());
  const auto route = fetch_route(session, dossier->dossier_id());
  // A dossier that is not received yet has no route.
  if (!route && route.error().code != ErrorCode::kNotFound) return session.fail(route.error());
  if (session.json()) {
    nlohmann::json document = {{"dossier", to_json(*dossier)}};
    if (route) document["route"] = to_json(*route);
    return session.show(Table({""}), document);
  }
  const std::string code = dossier->dossier_code().empty() ? dossier->dossier_id() : dossier->dossier_code();
  const std::string status = status_text(dossier->status(), session.language);
  session.line({code + "  thủ tục " + dossier->procedure_code() + "  " + status + "  hẹn trả " +
                    local_text(instant_of(dossier->appointment_time())),
                code + "  procedure " + dossier->procedure_code() + "  " + status + "  due " +
                    local_text(instant_of(dossier->appointment_time()))});
  session.line({dossier->dossier_id() + "  nơi tiếp nhận " + dossier->received_by() + "  lúc " +
                    local_text(instant_of(dossier->receive_time())) + "  lần sửa " + std::to_string(dossier->revision()),
                dossier->dossier_id() + "  received by " + dossier->received_by() + "  at " +
                    local_text(instant_of(dossier->receive_time())) + "  revision " + std::to_string(dossier->revision())});
  if (dossier->erased()) session.line({"dữ liệu cá nhân đã xóa", "the personal data has been erased"});
  if (dossier->parked())
    session.line({"đang dừng vì một sự kiện lỗi, chờ người vận hành", "parked at an event, waits for an operator"});
  show_contents(session, *dossier);
  if (route) session.show(legs_table(*route, session.language), {});
}

void erase(Session& session, const EraseOptions& options) {
  const auto dossier = fetch_dossier(session, options.dossier);
  if (!dossier) return session.fail(dossier.error());
  auto stub = intake_stub(session);
  if (!stub) return session.fail(stub.error());
  intake_api::ErasePersonalDataRequest request;
  request.mutable_header()->set_request_id(new_request_id(session));
  request.set_dossier_id(dossier->dossier_id());
  request.set_reason_code(options.reason_code);
  request.set_reason(options.reason);
  const auto done = call<IntakeService>(session, **stub, &IntakeService::Stub::ErasePersonalData, request);
  if (!done) return session.fail(done.error(), request.header().request_id());
  if (session.json())
    return session.show(Table({""}), {{"dossier", to_json(done->dossier())}, {"result", to_json(done->result())}});
  session.line({"đã xóa dữ liệu cá nhân của " + options.dossier + "; lịch sử vẫn chứng minh được",
                "the personal data of " + options.dossier + " is erased; its history stays provable"});
}

void add_form_options(CLI::App& command, FormOptions& options) {
  command.add_option("-f,--file", options.file,
                     "ApplicationForm dạng JSON, - là đầu vào chuẩn · ApplicationForm in JSON, -: standard input");
  command.add_option("--desk", options.desk, "khóa quầy tiếp nhận · home key of the desk");
  command.add_option("--procedure", options.procedure, "mã thủ tục · procedure code");
  command.add_option("--name", options.name, "họ tên người nộp · applicant's name");
  command.add_option("--identity-number", options.identity, "số giấy tờ · number of the identity paper");
  command.add_option("--birth-date", options.birth_date, "YYYY-MM-DD");
  command.add_option("--phone", options.phone, "điện thoại · telephone");
  command.add_option("--email", options.email, "thư điện tử · e-mail");
  command.add_option("--address", options.address, "địa chỉ · address");
  command.add_option("--note", options.note, "ghi chú · note");
  command.add_option("--component", options.components, "MÃ=TÊN giấy tờ · CODE=TITLE of a paper");
  command.add_option("--field", options.fields, "TÊN=GIÁ TRỊ trên tờ khai · NAME=VALUE on the form");
  command.add_option("--post-to", options.deliver_to,
                     "bưu điện trả kết quả tại: HỌ TÊN;ĐIỆN THOẠI;ĐỊA CHỈ;XÃ;TỈNH · the post brings the result to: "
                     "NAME;PHONE;LINE;COMMUNE;PROVINCE");
  command.add_option("--post-from", options.pick_up_at,
                     "bưu điện thu gom hồ sơ tại, cùng dạng · the post fetches the papers at, in the same form");
  command.add_option("--carrier", options.carrier, "hãng vận chuyển · carrier")->capture_default_str();
  command.add_option("--pick-up-fee", options.pick_up_fee, "đồng thu khi thu gom hồ sơ · đồng to collect with the papers");
  command.add_option("--collect", options.collect, "đồng thu khi trả kết quả · đồng to collect with the result");
}

void add_reading_commands(CLI::App& dossier, Session& session) {
  auto list_options = std::make_shared<ListOptions>();
  auto* listed = dossier.add_subcommand("list", "Hồ sơ mới nhất và đang ở đâu · newest dossiers and where they are");
  listed->add_option("--agency", list_options->agency, "cơ quan; bỏ trống: tất cả · agency, all if left out");
  listed->add_option("--status", list_options->status, "trạng thái 1..10 · status")->check(CLI::Range(1, 10));
  listed->add_option("--limit", list_options->limit, "số hồ sơ · dossiers")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  listed->callback([&session, list_options] { list(session, *list_options); });

  auto show_options = std::make_shared<ShowOptions>();
  auto* shown = dossier.add_subcommand("show", "Một hồ sơ và đường đi của nó · one dossier and its way");
  shown->add_option("dossier", show_options->dossier, "mã hồ sơ hoặc định danh · code or id")->required();
  shown->add_flag("--full", show_options->full, "cả nội dung; việc xem được ghi lại · with content, which is recorded");
  shown->add_option("--purpose", show_options->purpose, "mục đích xem · why the content is looked at")
      ->capture_default_str();
  shown->callback([&session, show_options] { show(session, *show_options); });
}

}  // namespace

void add_dossier_commands(CLI::App& root, Session& session) {
  auto* dossier = root.add_subcommand("dossier", "Hồ sơ · dossiers")->require_subcommand(1);
  auto form = std::make_shared<FormOptions>();
  auto* submitted = dossier->add_subcommand("submit", "Nộp trực tuyến · hand in online");
  add_form_options(*submitted, *form);
  submitted->callback([&session, form] { create(session, *form, &IntakeService::Stub::SubmitDossier); });
  auto* received = dossier->add_subcommand("receive", "Tiếp nhận tại quầy · receive at the counter");
  add_form_options(*received, *form);
  received->callback([&session, form] { create(session, *form, &IntakeService::Stub::ReceiveDossier); });
  add_reading_commands(*dossier, session);

  auto erase_options = std::make_shared<EraseOptions>();
  auto* erased =
      dossier->add_subcommand("erase", "Xóa dữ liệu cá nhân, không khôi phục được · erase the personal data for good");
  erased->add_option("dossier", erase_options->dossier, "mã hồ sơ hoặc định danh · code or id")->required();
  erased->add_option("--reason", erase_options->reason, "lý do · reason")->required();
  erased->add_option("--reason-code", erase_options->reason_code, "mã lý do · ground")->capture_default_str();
  erased->callback([&session, erase_options] { erase(session, *erase_options); });
}

}  // namespace lienthong::ltctl
