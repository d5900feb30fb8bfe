#include "tools/demo/load.h"

#include "lienthong/intake/v1/intake_service.grpc.pb.h"
#include "platform/crypto/sha256.h"
#include "platform/rpc/client.h"
#include "platform/rpc/status.h"
#include "shared_kernel/dossier_id.h"
#include "tools/demo/agency_stream.h"
#include "tools/demo/request_ids.h"
#include "tools/demo/scheduler.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace lienthong::demo {
namespace {

namespace intake_api = ::lienthong::intake::v1;

constexpr Duration kConnectMax = std::chrono::seconds(30);
constexpr Duration kFirstPoll = std::chrono::milliseconds(4);
constexpr Duration kPollMax = std::chrono::milliseconds(500);
constexpr int kProcessed = intake_api::DOSSIER_STATUS_PROCESSED;
constexpr int kHandedOver = intake_api::DOSSIER_STATUS_HANDED_OVER;

bool repetition_helps(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
}

/// How far the client is with a leg; a later stage is never left for an earlier one of the same attempt.
enum class Stage { kNone, kAccepting, kCompleting, kCompleted };

struct Progress {
  Passage passage;
  std::string request_id;
  api::v1::Position received_at;  ///< Where the receipt stands: what is read later must not be older.
  std::vector<Stage> stages;
  std::vector<bool> confirming;
  Duration next_poll = kFirstPoll;
  bool watched = false;
  bool handing_over = false;
  bool measured = false;
  bool ended = false;  // finished, or refused for good
};
using ProgressPtr = std::shared_ptr<Progress>;

class Load {
 public:
  Load(const LoadSettings& settings, const ScenarioSet& scenarios, AcknowledgementFile& acknowledgements)
      : settings_(settings), scenarios_(scenarios), acknowledgements_(acknowledgements) {}

  Result<void> connect() {
    auto intake = rpc::make_channel({settings_.intake_address, settings_.tls, {}});
    if (!intake) return failure(intake.error());
    auto agencies = rpc::make_channel({settings_.agency_address, settings_.tls, {}});
    if (!agencies) return failure(agencies.error());
    intake_ = intake_api::IntakeService::NewStub(*intake);
    for (const auto& code : scenarios_.agencies) {
      auto office = std::make_unique<Office>(*this, code);
      StreamSettings stream{code, settings_.tls ? "" : settings_.principal, 0, 0, settings_.dossier_limit};
      office->stream = std::make_unique<AgencyStream>(*agencies, std::move(stream), *office, scheduler_, ids_);
      offices_.push_back(std::move(office));
    }
    return {};
  }

  LoadReport run() {
    for (auto& office : offices_) office->stream->start();
    if (settings_.watch != nullptr) settings_.watch->start([this](const DossierId& id) { on_processed(id); });
    // Whoever joins late would find a queue that no agency has worked on.
    const Instant latest = wall_now() + kConnectMax;
    for (auto& office : offices_) office->stream->wait_for_snapshot(std::max(latest - wall_now(), Duration::zero()));
    start_ = wall_now();
    window_from_ = start_ + settings_.warm_up;
    window_until_ = scheduled_time(settings_.dossiers);
    scheduler_.at(steady(window_from_), [this] { note_counts(before_, report_.open_at_start, true); });
    scheduler_.at(steady(window_until_), [this] { note_counts(after_, report_.open_at_end, false); });
    schedule_next(0);
    tick();
    const auto limit = steady(window_until_ + settings_.dossier_limit);
    {
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, limit, [this] { return ended_ == settings_.dossiers; });
    }
    if (settings_.watch != nullptr) settings_.watch->stop();
    for (auto& office : offices_) office->stream->stop();
    scheduler_.stop();
    wait_for_calls();
    return finish();
  }

 private:
  /// One agency at its desk.
  struct Office final : public WorkHandler {
    Office(Load& owner, std::string agency) : load(owner), code(std::move(agency)) {}
    void on_work(const agency_api::StreamWorkResponse& batch, Answers& answers) override {
      load.on_work(*this, batch, answers);
    }
    void on_answered(const Answered& answered, Answers& answers) override { load.on_answered(*this, answered, answers); }
    void on_trouble(const Error& error, bool final) override { load.on_trouble(*this, error, final); }
    Load& load;
    std::string code;
    std::unique_ptr<AgencyStream> stream;
  };

  struct Counts {
    std::uint64_t unary = 0;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t answers = 0;
  };

  template <class Request, class Response>
  struct UnaryCall {
    grpc::ClientContext context;
    Request request;
    Response response;
  };

  Instant scheduled_time(std::uint64_t index) const {
    return start_ + Duration(static_cast<std::int64_t>(static_cast<double>(index) / settings_.rate * 1e6));
  }
  static Scheduler::Clock::time_point steady(Instant time) { return Scheduler::Clock::now() + (time - wall_now()); }

  void schedule_next(std::uint64_t index) {
    if (index == settings_.dossiers) return;
    scheduler_.at(steady(scheduled_time(index)), [this, index] {
      // What fell due while this thread slept goes out now: the rate holds whatever the system does.
      std::uint64_t next = index;
      do {
        receive(next++);
      } while (next < settings_.dossiers && scheduled_time(next) <= wall_now());
      schedule_next(next);
    });
  }

  void tick() {
    if (!settings_.progress) return;
    scheduler_.after(std::chrono::seconds(1), [this] {
      std::uint64_t received = 0;
      std::uint64_t processed = 0;
      {
        const std::lock_guard lock(mutex_);
        received = received_;
        processed = processed_;
      }
      acknowledgements_.flush();
      settings_.progress(received, processed, settings_.dossiers);
      tick();
    });
  }

  void note_counts(Counts& counts, std::uint64_t& open, bool begins) {
    if (settings_.window) settings_.window(begins);
    Counts now;
    for (const auto& office : offices_) {
      now.sent += office->stream->messages_sent();
      now.received += office->stream->messages_received();
    }
    const std::lock_guard lock(mutex_);
    now.unary = unary_calls_;
    now.answers = answers_;
    counts = now;
    open = started_ - processed_;
  }

  // --- the desk

  template <class Request, class Response, class Method, class Done>
  void call(Method method, const Request& request, Done done) {
    auto open = std::make_shared<UnaryCall<Request, Response>>();
    open->request = request;
    open->context.set_deadline(std::chrono::system_clock::now() + settings_.attempt_limit);
    if (!settings_.tls) rpc::name_caller(open->context, settings_.principal);
    {
      const std::lock_guard lock(mutex_);
      ++unary_calls_;
      ++open_calls_;
    }
    (intake_->async()->*method)(&open->context, &open->request, &open->response,
                                [this, open, done = std::move(done)](const grpc::Status& status) {
                                  done(status, open->response);
                                  const std::lock_guard lock(mutex_);
                                  --open_calls_;
                                  changed_.notify_all();
                                });
  }

  void wait_for_calls() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_calls_ == 0; });
  }

  /// Sends again after the time the status names, if the dossier's limit allows.
  bool repeat(const ProgressPtr& progress, const grpc::Status& status, std::function<void()> again) {
    if (!repetition_helps(status) || wall_now() - progress->passage.scheduled > settings_.dossier_limit) return false;
    {
      const std::lock_guard lock(mutex_);
      ++report_.repeated;
    }
    scheduler_.after(std::max<Duration>(rpc::retry_delay(status), std::chrono::milliseconds(50)), std::move(again));
    return true;
  }

  void receive(std::uint64_t index) {
    auto progress = std::make_shared<Progress>();
    const Scenario& scenario = scenarios_.scenarios[index % scenarios_.scenarios.size()];
    const RequestId request = ids_.next();
    progress->passage.scenario = &scenario;
    progress->passage.scheduled = scheduled_time(index);
    progress->passage.legs.resize(scenario.legs.size());
    progress->stages.resize(scenario.legs.size());
    progress->confirming.resize(scenario.legs.size());
    progress->request_id = scenario.home_key + "_" + shared_kernel::format_uuid(request);
    progress->measured = progress->passage.scheduled >= window_from_;
    const auto home = *shared_kernel::HomeKey::parse(scenario.home_key);
    const DossierId id = shared_kernel::derive_dossier_id(home, settings_.principal, request);
    progress->passage.dossier_id = shared_kernel::format_dossier_name({home, id});
    {
      const std::lock_guard lock(mutex_);
      by_id_[id] = progress;
      order_.push_back(progress);
      ++started_;
    }
    send_receipt(progress, receipt_of(*progress, index), wall_now());
  }

  intake_api::ReceiveDossierRequest receipt_of(const Progress& progress, std::uint64_t index) const {
    const Scenario& scenario = *progress.passage.scenario;
    intake_api::ReceiveDossierRequest request;
    request.mutable_header()->set_request_id(progress.request_id);
    auto& form = *request.mutable_application();
    form.set_home_key(scenario.home_key);
    form.set_procedure_code(scenario.procedure_code);
    form.set_applicant_kind(intake_api::APPLICANT_KIND_CITIZEN);
    form.set_channel(intake_api::CHANNEL_COUNTER);
    form.set_area_code(scenario.area_code);
    auto& applicant = *form.mutable_applicant();
    applicant.set_full_name("Người nộp giả định " + std::to_string(index + 1));
    applicant.set_identity_number(std::to_string(900'000'000'000 + index));
    applicant.set_birth_date("1980-01-01");
    applicant.set_address("Thôn giả định, dữ liệu minh họa");
    if (settings_.mail_every != 0 && index % settings_.mail_every == 0)
      applicant.set_email("nguoi-nop-" + std::to_string(index + 1) + "@example.vn");
    for (const auto* code : {"to-khai", "giay-to-kem-theo"}) {
      auto& component = *form.add_components();
      component.set_code(code);
      component.set_title("Giấy tờ minh họa");
      component.set_count(1);
      component.set_sha256(std::string(crypto::sha256({progress.request_id, code}).view()));
      component.set_reference("demo/" + std::to_string(index + 1));
    }
    return request;
  }

  void send_receipt(const ProgressPtr& progress, const intake_api::ReceiveDossierRequest& request, Instant first) {
    call<intake_api::ReceiveDossierRequest, intake_api::ReceiveDossierResponse>(
        static_cast<void (intake_api::IntakeService::Stub::async::*)(
            grpc::ClientContext*, const intake_api::ReceiveDossierRequest*, intake_api::ReceiveDossierResponse*,
            std::function<void(grpc::Status)>)>(&intake_api::IntakeService::Stub::async::ReceiveDossier),
        request,
        [this, progress, request, first](const grpc::Status& status, const intake_api::ReceiveDossierResponse& response) {
          if (!status.ok()) {
            if (repeat(progress, status, [this, progress, request, first] { send_receipt(progress, request, first); }))
              return;
            return give_up(progress, rpc::to_error(status));
          }
          acknowledge(*progress, request.header().request_id(), response.result(), first);
          const std::lock_guard lock(mutex_);
          progress->passage.received = wall_now();
          progress->passage.dossier_code = response.dossier().dossier_code();
          progress->received_at = response.result().position();
          progress->passage.status = response.dossier().status();
          ++received_;
          ++report_.outcomes["OK"];
          if (progress->measured) report_.receive_latency.add(progress->passage.received - first);
        });
  }

  void acknowledge(const Progress& progress, const std::string& request_id, const api::v1::CommandResult& result,
                   Instant first) {
    acknowledgements_.add({result.position().service(), result.position().partition(), progress.passage.dossier_id,
                           request_id, result.revision(), result.position().block_seq(), first, wall_now(),
                           result.replayed()});
  }

  void give_up(const ProgressPtr& progress, const Error& error) {
    const std::lock_guard lock(mutex_);
    ++report_.outcomes[error.reason];
    if (!progress->passage.trouble) progress->passage.trouble = error;
    if (std::exchange(progress->ended, true)) return;
    ++ended_;
    changed_.notify_all();
  }

  void poll(const ProgressPtr& progress) {
    scheduler_.after(progress->next_poll, [this, progress] {
      intake_api::GetDossierRequest request;
      request.set_dossier_id(progress->passage.dossier_id);
      {
        const std::lock_guard lock(mutex_);
        *request.mutable_min_position() = progress->received_at;
      }
      call<intake_api::GetDossierRequest, intake_api::GetDossierResponse>(
          static_cast<void (intake_api::IntakeService::Stub::async::*)(
              grpc::ClientContext*, const intake_api::GetDossierRequest*, intake_api::GetDossierResponse*,
              std::function<void(grpc::Status)>)>(&intake_api::IntakeService::Stub::async::GetDossier),
          request, [this, progress](const grpc::Status& status, const intake_api::GetDossierResponse& response) {
            if (status.ok() && response.dossier().status() >= kProcessed) return processed(progress);
            // Until the receipt is answered there is no position to ask for, and a read side that is behind has no such
            // dossier yet.
            const bool behind = status.error_code() == grpc::StatusCode::NOT_FOUND;
            if (!status.ok() && !behind && !repetition_helps(status)) return give_up(progress, rpc::to_error(status));
            if (wall_now() - progress->passage.scheduled > settings_.dossier_limit) return;
            progress->next_poll = std::min(progress->next_poll * 2, kPollMax);
            poll(progress);
          });
    });
  }

  void on_processed(const DossierId& id) {
    ProgressPtr progress;
    {
      const std::lock_guard lock(mutex_);
      const auto found = by_id_.find(id);
      if (found == by_id_.end()) return;
      progress = found->second;
    }
    processed(progress);
  }

  void processed(const ProgressPtr& progress) {
    {
      const std::lock_guard lock(mutex_);
      auto& passage = progress->passage;
      if (passage.processed.micros != 0) return;
      passage.processed = wall_now();
      passage.status = kProcessed;
      ++processed_;
      if (passage.processed >= window_from_ && passage.processed < window_until_) ++report_.processed_in_window;
      if (progress->measured) report_.dossier_latency.add(passage.processed - passage.scheduled);
      if (!settings_.hand_over) return finish_one(*progress);
    }
    intake_api::HandOverResultRequest request;
    request.mutable_header()->set_request_id(shared_kernel::format_uuid(ids_.next()));
    request.set_dossier_id(progress->passage.dossier_id);
    request.set_channel(intake_api::CHANNEL_COUNTER);
    hand_over(progress, request, wall_now());
  }

  void hand_over(const ProgressPtr& progress, const intake_api::HandOverResultRequest& request, Instant first) {
    call<intake_api::HandOverResultRequest, intake_api::HandOverResultResponse>(
        static_cast<void (intake_api::IntakeService::Stub::async::*)(
            grpc::ClientContext*, const intake_api::HandOverResultRequest*, intake_api::HandOverResultResponse*,
            std::function<void(grpc::Status)>)>(&intake_api::IntakeService::Stub::async::HandOverResult),
        request,
        [this, progress, request, first](const grpc::Status& status, const intake_api::HandOverResultResponse& response) {
          if (!status.ok()) {
            if (repeat(progress, status, [this, progress, request, first] { hand_over(progress, request, first); })) return;
            return give_up(progress, rpc::to_error(status));
          }
          acknowledge(*progress, request.header().request_id(), response.result(), first);
          const std::lock_guard lock(mutex_);
          ++report_.outcomes["OK"];
          progress->passage.handed_over = wall_now();
          progress->passage.status = kHandedOver;
          finish_one(*progress);
        });
  }

  // Precondition: the mutex is held.
  void finish_one(Progress& progress) {
    progress.passage.finished = true;
    ++finished_;
    if (!std::exchange(progress.ended, true)) ++ended_;
    changed_.notify_all();
  }

  // --- the agencies

  /// Precondition: the mutex is held. Null: not a dossier of this run.
  ProgressPtr find(const std::string& dossier_id) const {
    const auto name = shared_kernel::parse_dossier_name(dossier_id);
    if (!name) return nullptr;
    const auto found = by_id_.find(name->id);
    return found == by_id_.end() ? nullptr : found->second;
  }

  static std::optional<std::size_t> leg_index(const Progress& progress, std::uint32_t number) {
    const auto& legs = progress.passage.scenario->legs;
    const auto found = std::find_if(legs.begin(), legs.end(), [number](const auto& leg) { return leg.number == number; });
    if (found == legs.end()) return std::nullopt;
    return static_cast<std::size_t>(found - legs.begin());
  }

  void on_work(const Office& office, const agency_api::StreamWorkResponse& batch, Answers& answers) {
    const Instant now = wall_now();
    const std::lock_guard lock(mutex_);
    for (const auto& item : batch.items()) {
      const auto progress = find(item.work().dossier_id());
      const auto leg = progress ? leg_index(*progress, item.work().leg()) : std::nullopt;
      if (!leg) continue;
      auto& times = progress->passage.legs[*leg];
      if (item.agency() == office.code && item.state() == agency_api::WORK_STATE_OFFERED &&
          (progress->stages[*leg] == Stage::kNone || item.work().attempt() > times.attempt)) {
        times.attempt = item.work().attempt();
        times.agency = office.code;
        times.arrived = now;
        progress->stages[*leg] = Stage::kAccepting;
        if (const auto hop = progress->passage.hop(*leg); hop && progress->measured) report_.hop_latency.add(*hop);
        auto accept = answer_to(item.work());
        accept.mutable_accept();
        answer(office, std::move(accept), answers);
      }
      // What an agency sent to itself needs no confirmation.
      const bool returned =
          item.state() == agency_api::WORK_STATE_COMPLETED && item.sender() == office.code && item.agency() != office.code;
      if (settings_.confirm_results && returned && !progress->confirming[*leg]) {
        progress->confirming[*leg] = true;
        answers.push_back(answer_to(item.work()));
        answers.back().mutable_confirm();
      }
    }
  }

  void answer(const Office& office, agency_api::WorkAnswer accept, Answers& answers) {
    if (settings_.think <= Duration(0)) {
      answers.push_back(std::move(accept));
      return;
    }
    scheduler_.after(settings_.think, [&office, accept = std::move(accept)] { office.stream->send({accept}); });
  }

  static agency_api::WorkAnswer answer_to(const agency_api::WorkRef& work) {
    agency_api::WorkAnswer answer;
    *answer.mutable_work() = work;
    return answer;
  }

  void on_answered(const Office& office, const Answered& answered, Answers& answers) {
    const auto& work = answered.answer.work();
    const std::lock_guard lock(mutex_);
    const auto progress = find(work.dossier_id());
    const auto leg = progress ? leg_index(*progress, work.leg()) : std::nullopt;
    if (!leg) return;
    const bool failed = answered.result.has_failure();
    const std::string reason = failed ? answered.result.failure().reason() : "OK";
    ++report_.outcomes[reason];
    ++answers_;
    if (!failed) {
      acknowledge(*progress, answered.result.request_id(), answered.result.result(), answered.first_sent);
      if (progress->measured) report_.answer_latency.add(answered.arrived - answered.first_sent);
    } else if (!(answered.answer.has_accept() && reason == "ALREADY_ACCEPTED")) {
      const auto& failure = answered.result.failure();
      if (!progress->passage.trouble) {
        progress->passage.trouble = Error{rpc::from_grpc_code(static_cast<grpc::StatusCode>(failure.code())),
                                          failure.reason(), failure.message_vi(), failure.message_en()};
      }
      return;
    }
    auto& times = progress->passage.legs[*leg];
    if (answered.answer.has_confirm()) {
      times.confirmed = answered.arrived;
      return;
    }
    if (answered.answer.has_accept()) {
      times.accepted = answered.arrived;
      progress->stages[*leg] = Stage::kCompleting;
      answers.push_back(answer_to(work));
      auto& result = *answers.back().mutable_complete()->add_results();
      result.set_code("ket-qua");
      result.set_count(1);
      result.set_sha256(std::string(crypto::sha256({progress->passage.dossier_id, office.code}).view()));
      return;
    }
    times.completed = answered.arrived;
    progress->stages[*leg] = Stage::kCompleted;
    const bool all = std::all_of(progress->stages.begin(), progress->stages.end(),
                                 [](Stage stage) { return stage == Stage::kCompleted; });
    if (all && settings_.watch == nullptr && !std::exchange(progress->watched, true)) poll(progress);
  }

  void on_trouble(const Office&, const Error& error, bool final) {
    const std::lock_guard lock(mutex_);
    ++report_.outcomes[(final ? "STREAM_REFUSED " : "STREAM ") + error.reason];
  }

  LoadReport finish() {
    const std::lock_guard lock(mutex_);
    report_.finished = finished_;
    report_.window = window_until_ - window_from_;
    report_.unary_calls = after_.unary - before_.unary;
    report_.stream_messages_sent = after_.sent - before_.sent;
    report_.stream_messages_received = after_.received - before_.received;
    report_.answers = after_.answers - before_.answers;
    for (const auto& office : offices_) {
      report_.repeated += office->stream->repeated();
      report_.stream_connections += office->stream->connections();
    }
    for (const auto& progress : order_) {
      if (progress->measured) ++report_.scheduled_in_window;
      report_.passages.push_back(std::move(progress->passage));
    }
    acknowledgements_.flush();
    return std::move(report_);
  }

  const LoadSettings& settings_;
  const ScenarioSet& scenarios_;
  AcknowledgementFile& acknowledgements_;
  RequestIds ids_;
  std::unique_ptr<intake_api::IntakeService::Stub> intake_;
  Instant start_;
  Instant window_from_;
  Instant window_until_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<DossierId, ProgressPtr> by_id_;
  std::vector<ProgressPtr> order_;
  LoadReport report_;
  Counts before_;
  Counts after_;
  std::uint64_t started_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t processed_ = 0;
  std::uint64_t finished_ = 0;
  std::uint64_t ended_ = 0;
  std::uint64_t unary_calls_ = 0;
  std::uint64_t open_calls_ = 0;
  std::uint64_t answers_ = 0;

  Scheduler scheduler_;
  std::vector<std::unique_ptr<Office>> offices_;  // last: their streams use everything above
};

}  // namespace

std::optional<Duration> Passage::hop(std::size_t leg) const {
  if (legs[leg].arrived.micros == 0) return std::nullopt;
  Instant before = received;
  for (const auto number : scenario->legs[leg].after) {
    const auto& legs_of = scenario->legs;
    for (std::size_t i = 0; i < legs_of.size(); ++i) {
      if (legs_of[i].number == number) before = std::max(before, std::max(legs[i].completed, legs[i].confirmed));
    }
  }
  // The offer may arrive before the acknowledgement it follows from.
  if (before.micros == 0) return std::nullopt;
  return std::max(Duration(0), legs[leg].arrived - before);
}

Result<LoadReport> run_load(const LoadSettings& settings, const ScenarioSet& scenarios,
                            AcknowledgementFile& acknowledgements) {
  Load load(settings, scenarios, acknowledgements);
  if (auto connected = load.connect(); !connected) return failure(connected.error());
  return load.run();
}

}  // namespace lienthong::demo
