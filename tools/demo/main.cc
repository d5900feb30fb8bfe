#include "tools/demo/ledger_watch.h"
#include "tools/demo/load.h"
#include "tools/demo/presentation.h"
#include "tools/demo/request_ids.h"
#include "tools/demo/scenario.h"
#include "tools/ltctl/ledger_ports.h"
#include "tools/ltctl/session.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <map>

namespace {

using lienthong::Duration;
using lienthong::demo::LoadReport;
using lienthong::ltctl::Exit;
using lienthong::ltctl::Language;
using lienthong::ltctl::Session;

enum class Mode { kDemo, kBench };
enum class Watch { kPoll, kLedger };

struct Options {
  Mode mode = Mode::kDemo;
  Watch watch = Watch::kPoll;
  std::uint64_t dossiers = 100;
  double rate = 25.0;
  double warm_up = 0.0;
  double limit = 120.0;
  double think = 0.0;
  std::size_t rows = 40;
  std::uint64_t mail_every = 10;
  std::string acknowledgements;
  std::vector<std::string> procedures;
  bool confirm = true;
};

void add_options(CLI::App& app, Session& session, Options& options) {
  const std::map<std::string, Mode> modes = {{"demo", Mode::kDemo}, {"bench", Mode::kBench}};
  const std::map<std::string, Language> languages = {{"vi", Language::kVietnamese}, {"en", Language::kEnglish}};
  app.add_option("--mode", options.mode, "demo, bench")->transform(CLI::CheckedTransformer(modes, CLI::ignore_case));
  const std::map<std::string, Watch> watches = {{"poll", Watch::kPoll}, {"ledger", Watch::kLedger}};
  app.add_option("--watch", options.watch, "biết đã xong qua: poll (hỏi intake), ledger (đọc sổ) · how the end is seen")
      ->transform(CLI::CheckedTransformer(watches, CLI::ignore_case));
  app.add_option("--dossiers", options.dossiers, "số hồ sơ · number of dossiers")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--rate", options.rate, "hồ sơ mỗi giây · dossiers per second")
      ->check(CLI::Range(0.01, 100'000.0))
      ->capture_default_str();
  app.add_option("--warm-up", options.warm_up, "giây đầu không đo · seconds at the start that are not measured")
      ->check(CLI::Range(0.0, 3600.0));
  app.add_option("--limit", options.limit, "giây cho mỗi hồ sơ · seconds for each dossier")
      ->check(CLI::Range(1.0, 86'400.0))
      ->capture_default_str();
  app.add_option("--think", options.think,
                 "giây cơ quan suy nghĩ trước khi nhận · seconds an agency takes before it accepts")
      ->check(CLI::Range(0.0, 3600.0));
  app.add_option("--rows", options.rows, "số dòng của bảng · rows of the table")->capture_default_str();
  app.add_option("--mail-every", options.mail_every,
                 "mỗi bao nhiêu người nộp thì một người có thư điện tử, 0: không ai · one in so many applicants has an "
                 "e-mail address, 0: nobody")
      ->check(CLI::Range(0, 10'000'000))
      ->capture_default_str();
  app.add_option("--acknowledgements", options.acknowledgements, "tệp ghi mọi xác nhận · file for every acknowledgement");
  app.add_option("--procedures", options.procedures, "mã thủ tục · procedure codes")->delimiter(',');
  app.add_flag("!--no-confirm", options.confirm, "không xác nhận kết quả · do not confirm results");
  app.add_option("--as", session.principal, "chủ thể · principal")->capture_default_str();
  app.add_option("--lang", session.language, "vi, en")
      ->transform(CLI::CheckedTransformer(languages, CLI::ignore_case))
      ->envname("LIENTHONG_LANG");
}

Duration seconds(double value) { return Duration(static_cast<std::int64_t>(value * 1e6)); }

lienthong::demo::LoadSettings load_settings(const Session& session, const Options& options) {
  lienthong::demo::LoadSettings load;
  load.intake_address = session.settings.intake_address;
  load.agency_address = session.settings.agency_address;
  if (const auto& tls = session.settings.tls) load.tls = lienthong::rpc::TlsFiles{tls->ca, tls->certificate, tls->key};
  load.principal = session.principal;
  load.rate = options.rate;
  load.dossiers = options.dossiers;
  load.warm_up = seconds(options.warm_up);
  load.dossier_limit = seconds(options.limit);
  load.think = seconds(options.think);
  load.confirm_results = options.confirm;
  load.hand_over = options.mode == Mode::kDemo;
  load.mail_every = options.mode == Mode::kDemo ? options.mail_every : 0;
  if (options.mode == Mode::kBench) {
    load.window = [](bool begins) { std::fprintf(stderr, "window %s\n", begins ? "begins" : "ends"); };
  }
  if (options.mode == Mode::kDemo) {
    const bool vi = session.language == Language::kVietnamese;
    load.progress = [vi](std::uint64_t received, std::uint64_t processed, std::uint64_t total) {
      std::fprintf(stderr,
                   vi ? "đã tiếp nhận %llu, đã xử lý xong %llu trên %llu\n" : "received %llu, processed %llu of %llu\n",
                   static_cast<unsigned long long>(received), static_cast<unsigned long long>(processed),
                   static_cast<unsigned long long>(total));
    };
  }
  return load;
}

void show(const Session& session, const Options& options, const LoadReport& report,
          const lienthong::demo::ScenarioSet& scenarios, const lienthong::demo::AcknowledgementFile& acknowledgements) {
  if (options.mode == Mode::kBench) {
    std::puts(lienthong::demo::measurement(report).dump().c_str());
    return;
  }
  std::fputs(lienthong::demo::passage_table(report, scenarios, session.language, options.rows).c_str(), stdout);
  std::fputs(("\n" + lienthong::demo::summary(report, acknowledgements, session.language)).c_str(), stdout);
}

void run(Session& session, const Options& options) {
  if (auto done = session.settings.act_as(session.principal); !done) return session.fail(done.error());
  const auto catalogue = lienthong::demo::read_catalogue(session.settings.catalogue_dir);
  if (!catalogue) return session.fail(catalogue.error());
  const auto scenarios = lienthong::demo::make_scenarios(
      **catalogue, options.procedures.empty() ? lienthong::demo::demonstration_procedures() : options.procedures,
      lienthong::demo::wall_now());
  if (!scenarios) return session.fail(scenarios.error());
  const auto acknowledgements = lienthong::demo::AcknowledgementFile::open(options.acknowledgements);
  if (!acknowledgements) return session.fail(acknowledgements.error());
  auto load = load_settings(session, options);
  std::unique_ptr<lienthong::ports::LogBackend> log;
  std::unique_ptr<lienthong::demo::LedgerWatch> watch;
  if (options.watch == Watch::kLedger) {
    auto opened = lienthong::ltctl::open_log(session.settings);
    if (!opened) return session.fail(opened.error());
    log = *std::move(opened);
    watch = std::make_unique<lienthong::demo::LedgerWatch>(*log, session.settings.partitions);
    load.watch = watch.get();
  }
  const auto report = lienthong::demo::run_load(load, *scenarios, **acknowledgements);
  if (!report) return session.fail(report.error());
  show(session, options, *report, *scenarios, **acknowledgements);
  if (report->finished < options.dossiers) session.exit = Exit::kPartly;
}

}  // namespace

int main(int argc, char** argv) {
  Session session;
  session.settings = lienthong::ltctl::Settings::from_environment();
  session.principal = "demo";
  Options options;
  CLI::App app("Đưa hồ sơ minh họa qua hệ thống đang chạy · passes demonstration dossiers through the running system");
  add_options(app, session, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return static_cast<int>(Exit::kUsage);
  }
  run(session, options);
  return static_cast<int>(session.exit);
}
