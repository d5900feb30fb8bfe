#include "tools/ltctl/parked_commands.h"

#include "lienthong/parked/v1/parked_service.grpc.pb.h"
#include "tools/ltctl/dossier_client.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::ltctl {
namespace {

namespace parked_api = ::lienthong::parked::v1;
using Align = Table::Align;
using parked_api::ParkedService;

struct ParkedOptions {
  std::string dossier;
  std::string ledger;
  std::string reason;
  std::string note;
  std::string actor;
  bool confirm = false;
};

const std::vector<std::string>& ledgers() {
  static const std::vector<std::string> names = {"intake", "routing", "agency-processing", "postal-dispatch",
                                                 "notification"};
  return names;
}

std::vector<std::string> wanted_ledgers(const ParkedOptions& options) {
  return options.ledger.empty() ? ledgers() : std::vector<std::string>{options.ledger};
}

Result<std::unique_ptr<ParkedService::Stub>> parked_stub(const Session& session, const std::string& ledger) {
  auto channel = open_channel(session, address_of(session.settings, ledger));
  if (!channel) return failure(channel.error());
  return ParkedService::NewStub(*channel);
}

std::string event_text(const parked_api::ParkedEvent& event) {
  return event.ledger() + " " + std::to_string(event.block_seq()) + ":" + std::to_string(event.index());
}

std::string names_text(const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "-" : out;
}

void list(Session& session, const ParkedOptions& options) {
  const bool vi = session.language == Language::kVietnamese;
  Table table({vi ? "DỊCH VỤ" : "SERVICE", vi ? "HỒ SƠ" : "DOSSIER", vi ? "LÝ DO" : "REASON", vi ? "SỰ KIỆN" : "EVENT",
               vi ? "ĐANG CHỜ" : "WAITING", vi ? "ĐỀ NGHỊ BỎ QUA" : "SKIP PROPOSED"},
              {Align::kLeft, Align::kLeft, Align::kLeft, Align::kLeft, Align::kRight});
  nlohmann::json document = {{"dossiers", nlohmann::json::array()}};
  for (const auto& ledger : wanted_ledgers(options)) {
    auto stub = parked_stub(session, ledger);
    if (!stub) return session.fail(stub.error());
    parked_api::ListParkedRequest request;
    request.set_ledger(ledger);
    request.mutable_page()->set_page_size(200);
    do {
      const auto page = call<ParkedService>(session, **stub, &ParkedService::Stub::ListParked, request);
      if (!page) return session.fail(page.error());
      for (const auto& one : page->dossiers()) {
        document["dossiers"].push_back(to_json(one));
        std::string proposal = "-";
        if (one.has_proposal()) {
          proposal = one.proposal().principal() + "/" + one.proposal().actor() + " " + one.proposal().reason_code();
        }
        table.row({one.ledger(), one.dossier_id(), one.reason(), event_text(one.event()), std::to_string(one.waiting()),
                   proposal});
      }
      request.mutable_page()->set_page_token(page->page().next_page_token());
    } while (!request.page().page_token().empty());
  }
  const std::string count = std::to_string(table.rows() - 1);
  session.show(table, document);
  if (!session.json()) session.line({count + " hồ sơ chờ người vận hành", count + " wait for an operator"});
}

/// The dossier's id as the services know it, from an id or a code.
Result<std::string> dossier_id(const Session& session, const std::string& name) {
  if (name.find('_') != std::string::npos || name.find('/') != std::string::npos) return name;
  const auto dossier = fetch_dossier(session, name);
  if (!dossier) return failure(dossier.error());
  return dossier->dossier_id();
}

/// The first service in which the dossier is parked, with what a RETRY would do there.
Result<parked_api::TryParkedResponse> find_parked(const Session& session, const ParkedOptions& options) {
  const auto id = dossier_id(session, options.dossier);
  if (!id) return failure(id.error());
  std::optional<Error> last;
  for (const auto& ledger : wanted_ledgers(options)) {
    auto stub = parked_stub(session, ledger);
    if (!stub) return failure(stub.error());
    parked_api::TryParkedRequest request;
    request.set_ledger(ledger);
    request.set_dossier_id(*id);
    auto found = call<ParkedService>(session, **stub, &ParkedService::Stub::TryParked, request);
    if (found) return found;
    const bool elsewhere = found.error().code == ErrorCode::kNotFound || found.error().reason == "NOT_PARKED_HERE";
    if (!elsewhere) return failure(found.error());
    // That it is there and not parked says more than that one service does not know it.
    if (!last || found.error().code != ErrorCode::kNotFound) last = found.error();
  }
  return failure(*last);
}

void try_parked(Session& session, const ParkedOptions& options) {
  const auto found = find_parked(session, options);
  if (!found) return session.fail(found.error());
  if (!found->passes()) session.exit = Exit::kProblems;
  if (session.json()) return session.show(Table({""}), to_json(*found));
  const auto& dossier = found->dossier();
  const std::string what = dossier.dossier_id() + "  " + dossier.ledger() + "  " + dossier.reason() + "  " +
                           event_text(dossier.event()) + " (" + names_text(found->event_names()) + ")";
  session.line({what, what});
  if (found->passes()) {
    session.line({"✓ chạy thử: đạt, sẽ ghi: " + names_text(found->events()) +
                      ". Không có gì thay đổi; để chạy thật: ltctl parked resume",
                  "✓ try-run: passes, would record: " + names_text(found->events()) +
                      ". Nothing was changed; to do it: ltctl parked resume"});
  } else {
    session.line({"✗ chạy thử: vẫn lỗi " + found->reason() +
                      ". Không có gì thay đổi; hãy sửa nguyên nhân, hoặc hai người cùng bỏ qua: ltctl parked skip",
                  "✗ try-run: still fails with " + found->reason() +
                      ". Nothing was changed; mend the cause, or have two persons leave it out: ltctl parked skip"});
  }
}

void say(Session& session, const ParkedOptions& options, parked_api::ParkedAction action) {
  const auto found = find_parked(session, options);
  if (!found) return session.fail(found.error());
  const auto& dossier = found->dossier();
  auto stub = parked_stub(session, dossier.ledger());
  if (!stub) return session.fail(stub.error());
  parked_api::ResumeParkedRequest request;
  request.set_ledger(dossier.ledger());
  request.set_dossier_id(dossier.dossier_id());
  *request.mutable_event() = dossier.event();
  request.set_action(action);
  request.set_actor(options.actor);
  request.set_reason_code(options.reason);
  request.set_note(options.note);
  const auto done = call<ParkedService>(session, **stub, &ParkedService::Stub::ResumeParked, request);
  if (!done) return session.fail(done.error());
  if (session.json()) return session.show(Table({""}), to_json(*done));
  const std::string event = event_text(dossier.event());
  switch (action) {
    case parked_api::PARKED_ACTION_RETRY:
      return session.line(
          {"đã cho chạy lại " + event + " và " + std::to_string(dossier.waiting() - 1) + " sự kiện chờ sau nó",
           "released " + event + " and " + std::to_string(dossier.waiting() - 1) + " events behind it"});
    case parked_api::PARKED_ACTION_PROPOSE_SKIP:
      return session.line({"đã đề nghị bỏ qua " + event + "; người thứ hai xác nhận bằng: ltctl parked skip " +
                               dossier.dossier_id() + " --confirm --reason " + options.reason + " --actor …",
                           "proposed to leave " + event + " out; another person confirms with: ltctl parked skip " +
                               dossier.dossier_id() + " --confirm --reason " + options.reason + " --actor …"});
    case parked_api::PARKED_ACTION_SKIP:
      return session.line({"đã bỏ qua " + event + ", có hai người và lý do trong sổ cái",
                           "left " + event + " out; the ledger holds both persons and the reason"});
    case parked_api::PARKED_ACTION_UNSPECIFIED:
    case parked_api::ParkedAction_INT_MIN_SENTINEL_DO_NOT_USE_:
    case parked_api::ParkedAction_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
}

void add_names(CLI::App& command, ParkedOptions& options, bool word) {
  command.add_option("dossier", options.dossier, "mã hồ sơ hoặc định danh · code or id")->required();
  command.add_option("--ledger", options.ledger, "dịch vụ; mặc định tự tìm · service, by default looked for")
      ->check(CLI::IsMember(ledgers()));
  if (!word) return;
  command.add_option("--reason", options.reason, "mã lý do, ghi vào sổ cái, ví dụ SENT_TWICE · reason code for the ledger")
      ->required();
  command.add_option("--note", options.note, "diễn giải, chỉ vào nhật ký kiểm toán · words for the audit file only");
  command.add_option("--actor", options.actor, "mã cán bộ · your officer id")->envname("LIENTHONG_ACTOR")->required();
}

}  // namespace

void add_parked_commands(CLI::App& root, Session& session) {
  auto* parked =
      root.add_subcommand("parked", "Hồ sơ dừng vì sự kiện lỗi · dossiers parked at an event")->require_subcommand(1);
  auto options = std::make_shared<ParkedOptions>();
  auto* listed = parked->add_subcommand("list", "Tất cả, mọi dịch vụ · all of them, all services");
  listed->add_option("--ledger", options->ledger, "chỉ một dịch vụ · one service only")->check(CLI::IsMember(ledgers()));
  listed->callback([&session, options] { list(session, *options); });

  auto* tried = parked->add_subcommand(
      "try", "Chạy thử trên bản sao, không thay đổi gì · decide on a copy, change nothing; exit code 9 if it fails");
  add_names(*tried, *options, false);
  tried->callback([&session, options] { try_parked(session, *options); });

  auto* resumed = parked->add_subcommand("resume", "Cho chạy lại · have it decided again");
  add_names(*resumed, *options, true);
  resumed->callback([&session, options] { say(session, *options, parked_api::PARKED_ACTION_RETRY); });

  auto* skipped = parked->add_subcommand(
      "skip",
      "Bỏ qua sự kiện; hai người: đề nghị rồi --confirm · leave the event out; two persons: propose, then --confirm");
  add_names(*skipped, *options, true);
  skipped->add_flag("--confirm", options->confirm, "xác nhận đề nghị của người khác · confirm another one's proposal");
  skipped->callback([&session, options] {
    say(session, *options, options->confirm ? parked_api::PARKED_ACTION_SKIP : parked_api::PARKED_ACTION_PROPOSE_SKIP);
  });
}

}  // namespace lienthong::ltctl
