#include "tools/ltctl/agency_commands.h"
#include "tools/ltctl/catalogue_commands.h"
#include "tools/ltctl/dossier_commands.h"
#include "tools/ltctl/event_commands.h"
#include "tools/ltctl/ledger_commands.h"
#include "tools/ltctl/monitoring_commands.h"
#include "tools/ltctl/notice_commands.h"
#include "tools/ltctl/parked_commands.h"
#include "tools/ltctl/postal_commands.h"
#include "tools/ltctl/session.h"
#include "tools/ltctl/webhook_commands.h"
#include "tools/ltctl/work_commands.h"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <map>

namespace {

using lienthong::ltctl::Exit;
using lienthong::ltctl::Format;
using lienthong::ltctl::Language;
using lienthong::ltctl::Session;

void add_common_options(CLI::App& app, Session& session) {
  const std::map<std::string, Format> formats = {{"table", Format::kTable}, {"json", Format::kJson}};
  const std::map<std::string, Language> languages = {{"vi", Language::kVietnamese}, {"en", Language::kEnglish}};
  app.add_option("-o,--output", session.format, "table, json")
      ->transform(CLI::CheckedTransformer(formats, CLI::ignore_case));
  app.add_option("--lang", session.language, "vi, en")
      ->transform(CLI::CheckedTransformer(languages, CLI::ignore_case))
      ->envname("LIENTHONG_LANG");
  app.add_option("--as", session.principal, "chủ thể khác, theo chứng thư · act as another principal, by its certificate");
  app.add_option("--timeout", session.timeout, "giây cho cả lệnh, kể cả gửi lại · seconds, repetitions included")
      ->check(CLI::Range(0.1, 3600.0));
  app.add_option("--request-id", session.request_id, "gửi lại một lệnh trước · repeat a command of before");
  app.fallthrough();
}

}  // namespace

int main(int argc, char** argv) {
  Session session;
  session.settings = lienthong::ltctl::Settings::from_environment();
  CLI::App app("ltctl: dòng lệnh của Liên Thông · the command line of Liên Thông");
  app.require_subcommand(1);
  app.footer(
      "Mã thoát · exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 not allowed, 5 conflict, 6 partly, 7 deadline, 8 "
      "unavailable, 9 problems found");
  add_common_options(app, session);
  app.parse_complete_callback([&session] {
    if (session.principal.empty()) return;
    if (auto done = session.settings.act_as(session.principal); !done) {
      session.fail(done.error());
      throw CLI::RuntimeError(static_cast<int>(session.exit));
    }
  });
  lienthong::ltctl::add_dossier_commands(app, session);
  lienthong::ltctl::add_work_commands(app, session);
  lienthong::ltctl::add_agency_commands(app, session);
  lienthong::ltctl::add_notice_commands(app, session);
  lienthong::ltctl::add_webhook_commands(app, session);
  lienthong::ltctl::add_postal_commands(app, session);
  lienthong::ltctl::add_catalogue_commands(app, session);
  lienthong::ltctl::add_event_commands(app, session);
  lienthong::ltctl::add_ledger_commands(app, session);
  lienthong::ltctl::add_monitoring_commands(app, session);
  lienthong::ltctl::add_parked_commands(app, session);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RuntimeError& error) {
    return error.get_exit_code();
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return static_cast<int>(Exit::kUsage);
  }
  return static_cast<int>(session.exit);
}
