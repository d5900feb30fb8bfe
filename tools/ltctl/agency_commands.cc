#include "tools/ltctl/agency_commands.h"

#include "tools/demo/agency_stream.h"
#include "tools/ltctl/rpc_calls.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <mutex>
#include <set>
#include <tuple>

namespace lienthong::ltctl {
namespace {

namespace agency_api = ::lienthong::agency::v1;

struct ServeOptions {
  std::string agency;
  std::uint64_t count = 0;
};

/// An agency that does all its work at once: accepts, completes, and takes results of what it has sent.
class Clerk final : public demo::WorkHandler {
 public:
  Clerk(const Session& session, std::string agency, std::uint64_t count)
      : session_(session), agency_(std::move(agency)), count_(count) {}

  void on_work(const agency_api::StreamWorkResponse& batch, demo::Answers& answers) override {
    for (const auto& item : batch.items()) {
      const bool ours = item.agency() == agency_;
      if (ours && item.state() == agency_api::WORK_STATE_OFFERED && first(item.work(), 'a'))
        add(answers, item.work()).mutable_accept();
      // Accepted by an earlier run of ours that did not come to its end.
      if (ours && item.state() == agency_api::WORK_STATE_ACCEPTED && !done_.contains(key(item.work(), 'a')) &&
          first(item.work(), 'c')) {
        complete(answers, item.work());
      }
      if (!ours && item.sender() == agency_ && item.state() == agency_api::WORK_STATE_COMPLETED && first(item.work(), 'r')) {
        add(answers, item.work()).mutable_confirm();
      }
    }
  }

  void on_answered(const demo::Answered& answered, demo::Answers& answers) override {
    const auto& work = answered.answer.work();
    const auto& result = answered.result;
    const char* what = answered.answer.has_accept()     ? "nhận · accept"
                       : answered.answer.has_complete() ? "trả kết quả · complete"
                                                        : "xác nhận · confirm";
    const std::string outcome = !result.has_failure()               ? "ok " + std::to_string(result.result().revision())
                                : result.failure().reason().empty() ? "?"
                                                                    : result.failure().reason();
    std::printf("%s  %s/%u  %s  %s\n", local_text(demo::wall_now()).c_str(), work.dossier_id().c_str(), work.leg(), what,
                outcome.c_str());
    std::fflush(stdout);
    if (answered.answer.has_accept() && !result.has_failure() && first(work, 'c')) complete(answers, work);
    if (answered.answer.has_complete() && !result.has_failure() && ++completed_ == count_) kill(getpid(), SIGTERM);
  }

  void on_trouble(const Error& error, bool final) override {
    std::fputs(error_text(error, session_.language).c_str(), stderr);
    if (!final) return;
    final_ = error;
    kill(getpid(), SIGTERM);
  }

  const std::optional<Error>& final_error() const { return final_; }

 private:
  using Key = std::tuple<std::string, std::uint32_t, std::uint32_t, char>;
  static constexpr std::size_t kRememberedMax = 1'000'000;

  static Key key(const agency_api::WorkRef& work, char what) {
    return {work.dossier_id(), work.leg(), work.attempt(), what};
  }
  /// False: this was answered already; items may come twice.
  bool first(const agency_api::WorkRef& work, char what) {
    if (done_.size() > kRememberedMax) done_.clear();
    return done_.insert(key(work, what)).second;
  }
  static agency_api::WorkAnswer& add(demo::Answers& answers, const agency_api::WorkRef& work) {
    auto& answer = answers.emplace_back();
    *answer.mutable_work() = work;
    return answer;
  }
  static void complete(demo::Answers& answers, const agency_api::WorkRef& work) {
    auto& result = *add(answers, work).mutable_complete()->add_results();
    result.set_code("ket-qua");
    result.set_count(1);
  }

  const Session& session_;
  std::string agency_;
  std::uint64_t count_;
  std::uint64_t completed_ = 0;
  std::set<Key> done_;
  std::optional<Error> final_;
};

void serve(Session& session, const ServeOptions& options) {
  session.act_for(options.agency);
  // Blocked before any thread is made, so that only this one takes them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  auto channel = open_channel(session, session.settings.agency_address);
  if (!channel) return session.fail(channel.error());
  Clerk clerk(session, options.agency, options.count);
  demo::Scheduler scheduler;
  demo::RequestIds ids;
  demo::AgencyStream stream(*channel, {options.agency, session.settings.tls ? "" : session.settings.caller}, clerk,
                            scheduler, ids);
  stream.start();
  int signal = 0;
  sigwait(&signals, &signal);
  stream.stop();
  scheduler.stop();
  if (clerk.final_error()) return session.fail(*clerk.final_error());
}

}  // namespace

void add_agency_commands(CLI::App& root, Session& session) {
  auto* agency = root.add_subcommand("agency", "Phía cơ quan · the agencies' side")->require_subcommand(1);
  auto options = std::make_shared<ServeOptions>();
  auto* served = agency->add_subcommand(
      "serve", "Trả lời việc như hệ thống của cơ quan, tới khi Ctrl-C · answer work like an agency's backend, until Ctrl-C");
  served->add_option("--agency", options->agency, "mã cơ quan · agency code")->required();
  served->add_option("--count", options->count, "dừng sau chừng này kết quả · stop after so many results");
  served->callback([&session, options] { serve(session, *options); });
}

}  // namespace lienthong::ltctl
