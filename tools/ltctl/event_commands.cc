#include "tools/ltctl/event_commands.h"

#include "tools/ltctl/event_tail.h"

#include <csignal>
#include <cstdio>
#include <memory>
#include <utility>

namespace lienthong::ltctl {
namespace {

void tail(Session& session, const TailOptions& options) {
  auto plan = plan_tail(options);
  if (!plan) return session.fail(plan.error());
  // Blocked before any thread is made, so that only this one takes them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  EventTail tail(session, *std::move(plan));
  if (const auto started = tail.start(); !started) return session.fail(started.error());
  int signal = 0;
  sigwait(&signals, &signal);
  tail.stop();
  if (!tail.cursor().empty()) std::fprintf(stderr, "--from %s\n", tail.cursor().c_str());
  if (tail.error()) session.fail(*tail.error());
}

}  // namespace

void add_event_commands(CLI::App& root, Session& session) {
  auto* event = root.add_subcommand("event", "Sự kiện công khai · public events")->require_subcommand(1);
  auto options = std::make_shared<TailOptions>();
  auto* tailed = event->add_subcommand(
      "tail", "Sự kiện công khai từ sổ cái, tới khi Ctrl-C · public events from the ledgers, until Ctrl-C");
  tailed->add_option("--service", options->services,
                     "intake, routing, agency-processing, postal-dispatch, notification; mặc định: tất cả · default: all");
  tailed->add_option("--from", options->from, "begin, end, hoặc con trỏ in ra khi dừng · or a cursor printed at the end")
      ->capture_default_str();
  tailed->add_option("--type", options->types, "ví dụ · for example: intake.status_changed");
  tailed->add_option("--dossier", options->dossier, "mã hồ sơ (ID) · dossier id");
  tailed->add_option("--limit", options->limit, "dừng sau chừng này sự kiện · stop after so many events");
  tailed->add_flag("--no-follow", options->no_follow,
                   "dừng khi hết những gì đang có · stop when everything there is has been shown");
  tailed->callback([&session, options] { tail(session, *options); });
}

}  // namespace lienthong::ltctl
