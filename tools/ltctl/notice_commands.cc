#include "tools/ltctl/notice_commands.h"

#include "lienthong/notification/v1/notification_service.grpc.pb.h"
#include "tools/ltctl/catalogue_client.h"
#include "tools/ltctl/dossier_client.h"
#include "tools/ltctl/rpc_calls.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::ltctl {
namespace {

namespace notification_api = ::lienthong::notification::v1;
using Align = Table::Align;
using notification_api::NotificationService;

constexpr int kPageMax = 200;

struct ListOptions {
  std::string dossier;
  std::string agency;
  std::string phase;
  std::size_t limit = 50;
};
struct OneOptions {
  std::string dossier;
  std::uint32_t number = 0;
  std::string reason;
  std::string actor;
};
struct PreviewOptions {
  std::string text;
  std::vector<std::string> values;
  bool english = false;
};

Result<std::unique_ptr<NotificationService::Stub>> notification_stub(const Session& session) {
  auto channel = open_channel(session, session.settings.notification_address);
  if (!channel) return failure(channel.error());
  return NotificationService::NewStub(*channel);
}

/// `permanent-failure`, as the service's own lists write it.
std::string phase_name(notification_api::NoticePhase phase) {
  std::string out;
  for (const char c : notification_api::NoticePhase_Name(phase).substr(std::string("NOTICE_PHASE_").size()))
    out += c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string channel_name(notification_api::Channel channel) {
  switch (channel) {
    case notification_api::CHANNEL_EMAIL: return "email";
    case notification_api::CHANNEL_SMS: return "sms";
    case notification_api::CHANNEL_PORTAL: return "portal";
    case notification_api::CHANNEL_UNSPECIFIED:
    case notification_api::Channel_INT_MIN_SENTINEL_DO_NOT_USE_:
    case notification_api::Channel_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "-";
}

Table table_of(const Session& session, const std::vector<notification_api::Notice>& notices) {
  const bool vi = session.language == Language::kVietnamese;
  Table table({"#", vi ? "BÁO VIỆC" : "EVENT", vi ? "CHO" : "TO", vi ? "KÊNH" : "CHANNEL", vi ? "TRẠNG THÁI" : "STATE",
               vi ? "LÝ DO" : "WHY", vi ? "LẦN" : "TRIES", vi ? "TỪ LÚC" : "SINCE", vi ? "HỒ SƠ" : "DOSSIER"},
              {Align::kRight});
  const auto or_dash = [](const std::string& text) { return text.empty() ? std::string("-") : text; };
  for (const auto& notice : notices) {
    const std::string to = notice.agency().empty() ? notice.recipient() : notice.agency();
    table.row({std::to_string(notice.number()), notice.event(), to, channel_name(notice.way().channel()),
               phase_name(notice.phase()), or_dash(notice.reason_code()), std::to_string(notice.attempts()),
               local_text(instant_of(notice.change_time())), notice.dossier_id()});
  }
  return table;
}

void show_notices(const Session& session, const std::vector<notification_api::Notice>& notices) {
  nlohmann::json document = {{"notices", nlohmann::json::array()}};
  for (const auto& notice : notices) document["notices"].push_back(to_json(notice));
  session.show(table_of(session, notices), document);
}

void list_of_dossier(Session& session, NotificationService::Stub& stub, const std::string& dossier) {
  const auto found = fetch_dossier(session, dossier);
  if (!found) return session.fail(found.error());
  notification_api::ListDossierNoticesRequest request;
  request.set_dossier_id(found->dossier_id());
  const auto answer = call<NotificationService>(session, stub, &NotificationService::Stub::ListDossierNotices, request);
  if (!answer) return session.fail(answer.error());
  show_notices(session, {answer->notices().begin(), answer->notices().end()});
}

void list(Session& session, const ListOptions& options) {
  auto stub = notification_stub(session);
  if (!stub) return session.fail(stub.error());
  if (!options.dossier.empty()) return list_of_dossier(session, **stub, options.dossier);
  std::vector<std::string> agencies = {options.agency};
  if (options.agency.empty()) {
    auto found = fetch_agencies(session, true);
    if (!found) return session.fail(found.error());
    agencies = *std::move(found);
  }
  std::string wanted = "NOTICE_PHASE_";
  for (const char c : options.phase)
    wanted += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  auto phase = notification_api::NOTICE_PHASE_UNSPECIFIED;
  if (!options.phase.empty() && !notification_api::NoticePhase_Parse(wanted, &phase)) {
    return session.fail({ErrorCode::kInvalidArgument, "USAGE", "không có trạng thái " + options.phase,
                         "there is no state " + options.phase});
  }
  std::vector<notification_api::Notice> notices;
  for (const auto& agency : agencies) {
    notification_api::ListNoticesRequest request;
    request.set_agency(agency);
    request.set_phase(phase);
    request.mutable_page()->set_page_size(kPageMax);
    while (notices.size() < options.limit) {
      const auto page = call<NotificationService>(session, **stub, &NotificationService::Stub::ListNotices, request);
      if (!page) return session.fail(page.error());
      notices.insert(notices.end(), page->notices().begin(), page->notices().end());
      if (page->page().next_page_token().empty()) break;
      request.mutable_page()->set_page_token(page->page().next_page_token());
    }
  }
  if (notices.size() > options.limit) notices.resize(options.limit);
  show_notices(session, notices);
}

void get(Session& session, const OneOptions& options) {
  const auto dossier = fetch_dossier(session, options.dossier);
  if (!dossier) return session.fail(dossier.error());
  auto stub = notification_stub(session);
  if (!stub) return session.fail(stub.error());
  notification_api::GetNoticeRequest request;
  request.set_dossier_id(dossier->dossier_id());
  request.set_number(options.number);
  request.set_english(session.language == Language::kEnglish);
  const auto answer = call<NotificationService>(session, **stub, &NotificationService::Stub::GetNotice, request);
  if (!answer) return session.fail(answer.error());
  const auto& notice = answer->notice();
  if (session.json()) return session.show(Table({""}), {{"notice", to_json(notice)}});
  show_notices(session, {notice});
  const std::string text = notice.way().template_id() + '/' + std::to_string(notice.way().template_version());
  session.line({"khóa " + notice.key() + "  mẫu " + text + "  từ " + notice.origin(),
                "key " + notice.key() + "  template " + text + "  from " + notice.origin()});
  if (!notice.provider().empty()) {
    const std::string provider = notice.provider() + "  " + notice.masked_address() + "  " + notice.provider_reference();
    session.line({"nhà cung cấp " + provider, "provider " + provider});
  }
  if (!notice.body().empty())
    session.line({notice.subject() + '\n' + notice.body(), notice.subject() + '\n' + notice.body()});
}

void retry(Session& session, const OneOptions& options) {
  const auto dossier = fetch_dossier(session, options.dossier);
  if (!dossier) return session.fail(dossier.error());
  auto stub = notification_stub(session);
  if (!stub) return session.fail(stub.error());
  notification_api::RetryNoticeRequest request;
  request.mutable_header()->set_request_id(new_request_id(session));
  request.set_dossier_id(dossier->dossier_id());
  request.mutable_header()->set_actor(options.actor);
  request.set_number(options.number);
  request.set_reason_code(options.reason);
  const auto done = call<NotificationService>(session, **stub, &NotificationService::Stub::RetryNotice, request);
  if (!done) return session.fail(done.error(), request.header().request_id());
  show_notices(session, {done->notice()});
}

void preview(Session& session, const PreviewOptions& options) {
  auto stub = notification_stub(session);
  if (!stub) return session.fail(stub.error());
  notification_api::PreviewTemplateRequest request;
  const auto slash = options.text.rfind('/');
  request.set_template_id(options.text.substr(0, slash));
  if (slash != std::string::npos)
    request.set_template_version(static_cast<std::uint32_t>(std::strtoul(options.text.c_str() + slash + 1, nullptr, 10)));
  request.set_english(options.english);
  for (const auto& value : options.values) {
    const auto equals = value.find('=');
    auto& added = *request.add_values();
    added.set_name(value.substr(0, equals));
    if (equals != std::string::npos) added.set_value(value.substr(equals + 1));
  }
  const auto answer = call<NotificationService>(session, **stub, &NotificationService::Stub::PreviewTemplate, request);
  if (!answer) return session.fail(answer.error());
  if (session.json()) return session.show(Table({""}), to_json(*answer));
  if (!answer->subject().empty()) session.line({answer->subject() + '\n', answer->subject() + '\n'});
  session.line({answer->body(), answer->body()});
  if (answer->sms_limit() == 0) return;
  const std::string measure = std::to_string(answer->sms_units()) + " / " + std::to_string(answer->sms_limit());
  session.line({"độ dài " + measure, "length " + measure});
}

void add_one_options(CLI::App& command, OneOptions& options) {
  command.add_option("dossier", options.dossier, "mã hồ sơ hoặc định danh · code or id")->required();
  command.add_option("number", options.number, "số thông báo trong hồ sơ · number of the notice")->required();
}

}  // namespace

void add_notice_commands(CLI::App& root, Session& session) {
  auto* notice = root.add_subcommand("notice", "Thông báo · notices")->require_subcommand(1);

  auto list_options = std::make_shared<ListOptions>();
  auto* listed = notice->add_subcommand(
      "list", "Thông báo chưa gửi được, hoặc của một hồ sơ · notices not brought yet, or all of one dossier");
  listed->add_option("--dossier", list_options->dossier, "mã hồ sơ hoặc định danh · code or id");
  listed->add_option("--agency", list_options->agency, "cơ quan tiếp nhận · receiving agency, all if left out");
  listed->add_option("--state", list_options->phase, "created, sending, pending, permanent-failure ...");
  listed->add_option("--limit", list_options->limit, "số thông báo · notices")->capture_default_str();
  listed->callback([&session, list_options] { list(session, *list_options); });

  auto get_options = std::make_shared<OneOptions>();
  auto* got = notice->add_subcommand("get", "Một thông báo · one notice");
  add_one_options(*got, *get_options);
  got->callback([&session, get_options] { get(session, *get_options); });

  auto retry_options = std::make_shared<OneOptions>();
  auto* retried = notice->add_subcommand("retry", "Gửi lại thông báo lỗi · send a failed notice again");
  add_one_options(*retried, *retry_options);
  retried->add_option("--reason", retry_options->reason, "mã lý do, ví dụ PROVIDER_REPAIRED · reason code")->required();
  retried->add_option("--actor", retry_options->actor, "mã cán bộ · your officer id")
      ->envname("LIENTHONG_ACTOR")
      ->required();
  retried->callback([&session, retry_options] { retry(session, *retry_options); });

  auto preview_options = std::make_shared<PreviewOptions>();
  auto* previewed = notice->add_subcommand("preview", "Xem thử một mẫu · how a template reads");
  previewed->add_option("template", preview_options->text, "received/1; không có số: mới nhất · newest without number")
      ->required();
  previewed->add_option("--value", preview_options->values, "BIẾN=GIÁ TRỊ · VARIABLE=VALUE");
  previewed->add_flag("--english", preview_options->english, "bản tiếng Anh · English text");
  previewed->callback([&session, preview_options] { preview(session, *preview_options); });
}

}  // namespace lienthong::ltctl
