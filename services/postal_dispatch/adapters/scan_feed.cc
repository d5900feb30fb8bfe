#include "postal_dispatch/adapters/scan_feed.h"

#include "shared_kernel/adapters/values_codec.h"
#include "shared_kernel/local_time.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <future>
#include <optional>
#include <utility>

namespace lienthong::postal_dispatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kBatchMax = 200;
constexpr std::size_t kScansMax = 1000;
constexpr std::size_t kUnknownItemsMax = 10'000;
constexpr std::size_t kWordBytesMax = 16;
constexpr seconds kAnswerMax{10};
constexpr milliseconds kLookEvery{100};
constexpr seconds kAgainAfter{5};

bool helps_again(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kResourceExhausted ||
         error.code == ErrorCode::kDeadlineExceeded || error.code == ErrorCode::kAborted;
}

/// gRPC codes of failures that a repetition may cure: DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, UNAVAILABLE.
bool helps_again(int grpc_code) { return grpc_code == 4 || grpc_code == 8 || grpc_code == 10 || grpc_code == 14; }

/// As it goes into a log: what could say something about a person is left out.
std::string word_of(const std::string& text) { return shared_kernel::wire::is_code(text, kWordBytesMax) ? text : "?"; }

template <class T>
std::optional<T> wait_for(std::future<T>& answer, seconds longest, const std::atomic<bool>& stopping) {
  const auto until = std::chrono::steady_clock::now() + longest;
  while (answer.wait_for(kLookEvery) != std::future_status::ready) {
    if (stopping || std::chrono::steady_clock::now() > until) return std::nullopt;
  }
  return answer.get();
}

}  // namespace

bool ScanFeed::is_young(const CarrierSettings& carrier, const v1::Scan& scan) {
  const auto now = Steady::now();
  const std::lock_guard lock(mutex_);
  std::erase_if(first_seen_, [&](const auto& entry) { return now - entry.second > 2 * carrier.unknown_item_patience; });
  if (first_seen_.size() >= kUnknownItemsMax) return false;
  const auto [seen, fresh] = first_seen_.try_emplace(scan.carrier() + '/' + scan.item(), now);
  return fresh || now - seen->second < carrier.unknown_item_patience;
}

bool ScanFeed::keep(const CarrierSettings& carrier, const v1::Scan& scan, const std::string& reason,
                    const std::atomic<bool>& stopping) {
  auto promise = std::make_shared<std::promise<Result<void>>>();
  auto answer = promise->get_future();
  unmatched_.keep({carrier.principal, std::chrono::duration_cast<Duration>(kAnswerMax), ""}, scan, reason,
                  [promise](const Result<void>& kept) { promise->set_value(kept); });
  const auto kept = wait_for(answer, kAnswerMax + seconds(1), stopping);
  if (!kept || (!*kept && helps_again(kept->error()))) return false;
  if (!*kept) alarm_("SCAN_NOT_KEPT", scan.carrier() + ": " + kept->error().reason);
  return true;
}

void ScanFeed::judge(const CarrierSettings& carrier, const v1::Scan& scan, const v1::ScanResult& result,
                     const std::atomic<bool>& stopping, FedScans& out) {
  if (!result.has_failure()) {
    ++out.taken;
    return;
  }
  const auto& failure = result.failure();
  const bool unknown = failure.reason() == "ITEM_UNKNOWN" && is_young(carrier, scan);
  if (unknown || helps_again(failure.code())) {
    out.again = true;
    return;
  }
  if (UnmatchedScans::keeps(failure.reason()) && !keep(carrier, scan, failure.reason(), stopping)) {
    out.again = true;
    return;
  }
  ++out.refused;
  alarm_("SCAN_REFUSED",
         scan.carrier() + ' ' + word_of(scan.item()) + ' ' + word_of(scan.raw_code()) + ": " + failure.reason());
}

FedScans ScanFeed::take(const CarrierSettings& carrier, const CarrierScans& scans, const std::atomic<bool>& stopping) {
  FedScans out;
  if (scans.unreadable > 0) {
    out.refused += scans.unreadable;
    alarm_("SCAN_REFUSED", carrier.http.carrier + ": " + std::to_string(scans.unreadable) + " x SCAN_UNREADABLE");
  }
  for (std::size_t from = 0; from < scans.scans.size(); from += kBatchMax) {
    const auto to = std::min(scans.scans.size(), from + kBatchMax);
    v1::RecordScansRequest request;
    for (auto i = from; i < to; ++i) *request.add_scans() = scans.scans[i];
    using Reply = Result<v1::RecordScansResponse>;
    auto promise = std::make_shared<std::promise<Reply>>();
    auto answer = promise->get_future();
    intake_.record({carrier.principal, std::chrono::duration_cast<Duration>(kAnswerMax), ""}, request,
                   [promise](const Reply& reply) { promise->set_value(reply); });
    const auto reply = wait_for(answer, kAnswerMax + seconds(1), stopping);
    if (!reply || (!*reply && helps_again(reply->error()))) {
      out.again = true;
      return out;
    }
    for (auto i = from; *reply && i < to; ++i)
      judge(carrier, scans.scans[i], (*reply)->results(static_cast<int>(i - from)), stopping, out);
  }
  return out;
}

http::Entrance push_entrance(const CarrierSettings& carrier, ScanFeed& feed) {
  http::Entrance entrance;
  entrance.path = "/carriers/" + carrier.http.carrier + "/scans";
  entrance.form = {"", "X-Carrier-Time", "X-Carrier-Signature", false};
  entrance.keys_file = carrier.push_keys_file;
  entrance.take = [carrier, &feed](const http::SignedMessage& message, const std::atomic<bool>& stopping) {
    const auto scans = read_scans(carrier.http.carrier, message.body);
    if (scans.what != Answered::kDone) return http::DoorAnswer{400, R"({"reason":"BODY_UNREADABLE"})", {}};
    if (scans.scans.size() > kScansMax) return http::DoorAnswer{400, R"({"reason":"TOO_MANY_SCANS"})", {}};
    const auto fed = feed.take(carrier, scans, stopping);
    if (fed.again) return http::DoorAnswer{503, R"({"reason":"SEND_AGAIN"})", kAgainAfter};
    return http::DoorAnswer{200, nlohmann::json{{"taken", fed.taken}, {"refused", fed.refused}}.dump(), {}};
  };
  return entrance;
}

ScanPolls::ScanPolls(std::vector<ConnectedCarrier> carriers, std::string directory, ledger::Gateway& gateway, ScanFeed& feed,
                     const ports::Clock& clock, CarrierAlarm alarm)
    : carriers_(std::move(carriers)),
      directory_(std::move(directory)),
      gateway_(gateway),
      feed_(feed),
      clock_(clock),
      alarm_(std::move(alarm)) {
  for (const auto& carrier : carriers_) {
    if (carrier.settings.polls_per_day > 0) threads_.emplace_back([this, &carrier] { run(carrier); });
  }
}

ScanPolls::~ScanPolls() { stop(); }

void ScanPolls::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void ScanPolls::run(const ConnectedCarrier& carrier) {
  auto progress = load(carrier);
  auto pause = carrier.settings.poll_every;
  while (!stopping_) {
    const auto wait = poll(carrier, progress, pause);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, wait, [this] { return stopping_.load(); });
  }
}

milliseconds ScanPolls::poll(const ConnectedCarrier& carrier, Progress& progress, milliseconds& pause) {
  const auto& settings = carrier.settings;
  if (!owns_first_partition()) {
    const std::lock_guard lock(mutex_);
    standings_.erase(settings.http.carrier);
    return settings.poll_every;
  }
  const auto today = shared_kernel::day_of(clock_.now()).days;
  if (progress.day != today) progress = {progress.cursor, today, 0};
  if (progress.calls >= settings.polls_per_day) {
    stand(carrier, progress, false);
    return settings.poll_every;
  }
  if (++progress.calls == settings.polls_per_day) alarm_("CARRIER_POLLS_USED_UP", settings.http.carrier);
  const auto scans = carrier.connection->track(progress.cursor, kBatchMax, stopping_);
  if (!scans) return settings.poll_every;
  stand(carrier, progress, scans->what != Answered::kDone);
  if (scans->what != Answered::kDone) {
    if (pause == settings.poll_every) alarm_("CARRIER_AWAY", settings.http.carrier + ": " + scans->reason);
    keep(carrier, progress);
    pause = std::min(2 * pause, std::max(settings.retry_max, settings.poll_every));
    return pause;
  }
  pause = settings.poll_every;
  const auto fed = feed_.take(settings, *scans, stopping_);
  if (!fed.again) progress.cursor = scans->cursor;
  keep(carrier, progress);
  return scans->more && !fed.again ? milliseconds(0) : settings.poll_every;
}

void ScanPolls::stand(const ConnectedCarrier& carrier, const Progress& progress, bool away) {
  const std::lock_guard lock(mutex_);
  standings_[carrier.settings.http.carrier] = {away, progress.calls >= carrier.settings.polls_per_day};
}

void ScanPolls::collect(observe::Metrics& out) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [carrier, standing] : standings_) {
    show_away(carrier, "scans", standing.away, out);
    out.gauge("lienthong_carrier_polls_used_up", "1 when the carrier's calls of the day are used up.",
              {{"carrier", carrier}}, standing.used_up ? 1 : 0);
  }
}

bool ScanPolls::owns_first_partition() const {
  auto promise = std::make_shared<std::promise<bool>>();
  auto answer = promise->get_future();
  ledger::ReadRequest request;
  request.reply = [promise](const ledger::Reply& reply) { promise->set_value(!reply.error); };
  gateway_.read(0, std::move(request));
  return wait_for(answer, kAnswerMax, stopping_).value_or(false);
}

std::string ScanPolls::file_of(const ConnectedCarrier& carrier) const {
  return directory_ + "/carrier-" + carrier.settings.http.carrier + ".json";
}

ScanPolls::Progress ScanPolls::load(const ConnectedCarrier& carrier) const {
  std::ifstream file(file_of(carrier));
  const auto kept = nlohmann::json::parse(file, nullptr, false);
  if (!kept.is_object()) return {};
  return {kept.value("cursor", std::uint64_t{0}), kept.value("day", std::int32_t{0}), kept.value("calls", std::uint32_t{0})};
}

// Written beside and moved over, so that a half written file never stands there.
void ScanPolls::keep(const ConnectedCarrier& carrier, const Progress& progress) const {
  const auto path = file_of(carrier);
  {
    std::ofstream file(path + ".new", std::ios::trunc);
    file << nlohmann::json{{"cursor", progress.cursor}, {"day", progress.day}, {"calls", progress.calls}}.dump() << '\n';
    if (!file.flush()) return alarm_("CARRIER_CURSOR_NOT_KEPT", carrier.settings.http.carrier);
  }
  if (std::rename((path + ".new").c_str(), path.c_str()) != 0)
    alarm_("CARRIER_CURSOR_NOT_KEPT", carrier.settings.http.carrier);
}

}  // namespace lienthong::postal_dispatch
