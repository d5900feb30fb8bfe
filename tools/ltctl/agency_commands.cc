#include "tools/ltctl/agency_commands.h"

#include "catalogue/adapters/contents_codec.h"
#include "lienthong/monitoring/v1/monitoring_service.grpc.pb.h"
#include "lienthong/routing/v1/routing_service.grpc.pb.h"
#include "tools/demo/agency_stream.h"
#include "tools/ltctl/catalogue_release.h"
#include "tools/ltctl/rpc_calls.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace lienthong::ltctl {
namespace {

namespace agency_api = ::lienthong::agency::v1;
namespace monitoring_api = ::lienthong::monitoring::v1;
namespace routing_api = ::lienthong::routing::v1;

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

struct PauseOptions {
  std::string agency;
  std::string reason;
  std::string actor;
};

/// The catalogue in force as the services read it.
struct InForce {
  std::uint64_t version = 0;
  shared_kernel::CatalogueContents contents;
};
Result<InForce> in_force(const Session& session) {
  const auto current = fetch_catalogue(session);
  if (!current) return failure(current.error());
  auto contents = catalogue::decode_contents(current->contents);
  if (!contents) return failure(std::move(contents.error()));
  return InForce{current->version.version(), *std::move(contents)};
}

/// Releases the changed contents; false when that failed, or another release came in between.
bool release(Session& session, const InForce& changed, const std::string& actor) {
  const auto done = release_catalogue(session, changed.contents, actor);
  if (!done) {
    session.fail(done.error());
    return false;
  }
  if (done->version() == changed.version + 1) return true;
  session.exit = Exit::kConflict;
  session.line({"một phiên bản danh mục khác vừa được ban hành cùng lúc và đã bị thay; hãy nhập lại phiên bản đó",
                "another version of the catalogue was released at the same time and is replaced; import that one again"});
  return false;
}

auto pause_of(shared_kernel::CatalogueContents& contents, const std::string& agency) {
  return std::find_if(contents.intake_pauses.begin(), contents.intake_pauses.end(),
                      [&](const shared_kernel::IntakePause& pause) { return pause.agency == agency; });
}

void pause(Session& session, const PauseOptions& options) {
  auto current = in_force(session);
  if (!current) return session.fail(current.error());
  if (const auto found = pause_of(current->contents, options.agency); found != current->contents.intake_pauses.end()) {
    const std::string since = local_text(found->since) + " (" + found->reason_code + ")";
    return session.line(
        {options.agency + " đã tạm dừng tiếp nhận từ " + since, options.agency + " has paused its intake since " + since});
  }
  const Instant now{std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()).count()};
  current->contents.intake_pauses.push_back({options.agency, options.reason, now});
  if (!release(session, *current, options.actor)) return;
  session.line({options.agency + " tạm dừng tiếp nhận: không được giao chặng mới; việc đang có giữ nguyên",
                options.agency + " takes no new legs from now on; what lies with it stays"});
}

/// Offers the leg again, by turn. False: not yet, the release is still on its way to routing.
Result<bool> offer_again(const Session& session, routing_api::RoutingService::Stub& routing,
                         const monitoring_api::StuckDossier& stuck, const std::string& actor) {
  routing_api::ReofferLegRequest request;
  request.mutable_header()->set_request_id(new_request_id(session));
  request.mutable_header()->set_actor(actor);
  request.set_dossier_id(stuck.dossier().dossier_id());
  request.set_leg(stuck.leg().leg());
  const auto done =
      call<routing_api::RoutingService>(session, routing, &routing_api::RoutingService::Stub::ReofferLeg, request);
  if (done) return true;
  if (done.error().reason == "AGENCY_INTAKE_PAUSED") return false;
  // Somebody else was faster, or the dossier has ended.
  if (done.error().code == ErrorCode::kFailedPrecondition) return true;
  return failure(done.error());
}

/// What waits for this agency and no other reason.
Result<std::vector<monitoring_api::StuckDossier>> waiting_for(const Session& session, const std::string& agency) {
  auto channel = open_channel(session, session.settings.monitoring_address);
  if (!channel) return failure(channel.error());
  const auto stub = monitoring_api::MonitoringService::NewStub(*channel);
  monitoring_api::ListStuckRequest request;
  request.set_kind(monitoring_api::STUCK_KIND_AWAITS_DECISION);
  request.mutable_page()->set_page_size(200);
  std::vector<monitoring_api::StuckDossier> out;
  do {
    const auto page = call<monitoring_api::MonitoringService>(session, *stub,
                                                              &monitoring_api::MonitoringService::Stub::ListStuck, request);
    if (!page) return failure(page.error());
    for (const auto& one : page->dossiers()) {
      if (one.reason() == "AGENCY_INTAKE_PAUSED" && one.agency() == agency) out.push_back(one);
    }
    request.mutable_page()->set_page_token(page->page().next_page_token());
  } while (!request.page().page_token().empty());
  return out;
}

void resume(Session& session, const PauseOptions& options) {
  auto current = in_force(session);
  if (!current) return session.fail(current.error());
  if (const auto found = pause_of(current->contents, options.agency); found != current->contents.intake_pauses.end()) {
    current->contents.intake_pauses.erase(found);
    if (!release(session, *current, options.actor)) return;
  }
  auto channel = open_channel(session, session.settings.routing_address);
  if (!channel) return session.fail(channel.error());
  const auto routing = routing_api::RoutingService::NewStub(*channel);
  std::set<std::pair<std::string, std::uint32_t>> offered;
  // Monitoring is up to a second behind, and routing hears of the release a moment later: until nothing is left twice.
  constexpr int kPassesMax = 20;
  for (int pass = 0, quiet = 0; pass < kPassesMax && quiet < 2; ++pass) {
    const auto waiting = waiting_for(session, options.agency);
    if (!waiting) return session.fail(waiting.error());
    bool left = false;
    for (const auto& one : *waiting) {
      const std::pair leg(one.dossier().dossier_id(), one.leg().leg());
      if (offered.contains(leg)) continue;
      const auto done = offer_again(session, *routing, one, options.actor);
      if (!done) return session.fail(done.error());
      left = true;
      if (*done) offered.insert(leg);
    }
    quiet = left ? 0 : quiet + 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
  }
  const std::string count = std::to_string(offered.size());
  if (session.json()) return session.show(Table({""}), {{"agency", options.agency}, {"offered", offered.size()}});
  session.line({options.agency + " tiếp nhận trở lại; đã giao lại " + count + " chặng đang chờ",
                options.agency + " takes legs again; " + count + " that waited were offered again"});
}

CLI::App* with_names(CLI::App* command, PauseOptions& options) {
  command->add_option("agency", options.agency, "mã cơ quan · agency code")->required();
  command->add_option("--actor", options.actor, "mã cán bộ · your officer id")->envname("LIENTHONG_ACTOR")->required();
  return command;
}

}  // namespace

void add_agency_commands(CLI::App& root, Session& session) {
  auto* agency = root.add_subcommand("agency", "Phía cơ quan · the agencies' side")->require_subcommand(1);
  auto word = std::make_shared<PauseOptions>();
  auto* paused = with_names(
      agency->add_subcommand("pause", "Tạm dừng giao chặng mới cho cơ quan · offer the agency no new legs"), *word);
  paused->add_option("--reason", word->reason, "mã lý do, ví dụ SYSTEM_UPGRADE · reason code")->required();
  paused->callback([&session, word] { pause(session, *word); });
  with_names(agency->add_subcommand(
                 "resume", "Giao chặng trở lại, kể cả những chặng đã chờ · offer legs again, also those that waited"),
             *word)
      ->callback([&session, word] { resume(session, *word); });
  auto options = std::make_shared<ServeOptions>();
  auto* served = agency->add_subcommand(
      "serve", "Trả lời việc như hệ thống của cơ quan, tới khi Ctrl-C · answer work like an agency's backend, until Ctrl-C");
  served->add_option("--agency", options->agency, "mã cơ quan · agency code")->required();
  served->add_option("--count", options->count, "dừng sau chừng này kết quả · stop after so many results");
  served->callback([&session, options] { serve(session, *options); });
}

}  // namespace lienthong::ltctl
