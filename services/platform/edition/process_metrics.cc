#include "platform/edition/process_metrics.h"

#include "platform/rpc/pem.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <limits>
#include <system_error>

namespace lienthong::edition {
namespace {

constexpr Duration kSampleEvery = std::chrono::seconds(1);
constexpr std::size_t kSamplesMax = 3600;

constexpr std::array kStates = {ledger::LaneState::kIdle, ledger::LaneState::kRecovering, ledger::LaneState::kServing,
                                ledger::LaneState::kStalled, ledger::LaneState::kHalted};

double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }
double count(std::uint64_t number) { return static_cast<double>(number); }

void collect_lane(const LedgerPartition& partition, const ledger::LaneView& lane, observe::Metrics& out) {
  const std::string p = std::to_string(partition.partition);
  const observe::Metrics::Labels labels = {{"service", partition.ledger}, {"partition", p}};
  for (const auto state : kStates) {
    out.gauge("lienthong_lane_state", "1 for the state that the lane is in, in this process.",
              {{"service", partition.ledger}, {"partition", p}, {"state", to_string(state)}}, lane.state == state ? 1 : 0);
  }
  out.gauge("lienthong_lane_causes_waiting", "Commands, inputs and other causes that wait to be decided.", labels,
            count(lane.causes_waiting));
  // A lane that is not served here knows of nothing newer than when it was.
  if (lane.state == ledger::LaneState::kIdle) return;
  out.gauge("lienthong_lane_head_seq", "Last effective block that the lane has folded.", labels, count(lane.head_seq));
  out.gauge("lienthong_lane_pinned_bytes", "Values that the projection has still to be told.", labels,
            count(lane.pinned_bytes));
  out.gauge("lienthong_projection_lag_seconds", "How long the projection has been behind the lane's fold.", labels,
            seconds(lane.projection_lag));
  out.gauge("lienthong_log_time_difference_seconds",
            "The log's clock against ours when it took the last block of ours; negative where it is behind.", labels,
            seconds(lane.log_time_difference));
  out.counter("lienthong_lane_decisions_total", "Decisions of the lane in this process.", labels, count(lane.decisions));
  for (std::size_t i = 0; i < lane.marks.size(); ++i) {
    out.counter("lienthong_lane_marks_total", "What has happened in the lane, by kind.",
                {{"service", partition.ledger}, {"partition", p}, {"mark", to_string(static_cast<ledger::LaneMark>(i))}},
                count(lane.marks.at(i)));
  }
}

void collect_certificates(const ProcessView& process, observe::Metrics& out) {
  if (!process.settings.tls) return;
  const auto& tls = *process.settings.tls;
  for (const auto& [peer, file] : {std::pair("own", tls.certificate), std::pair("authority", tls.authority)}) {
    const auto until = rpc::certificate_expiry(file);
    if (!until) continue;
    out.gauge("lienthong_tls_cert_expiry_timestamp_seconds", "When the certificate expires, as a Unix time.",
              {{"process", process.name}, {"peer", peer}}, static_cast<double>(until->micros) / 1e6);
  }
}

double processor_seconds() {
  timespec used{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace

void RelayAges::look(const LaneViews& lanes, Instant now) {
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, lane] : lanes) {
    if (!relayed_.contains(partition.ledger)) continue;
    if (lane.state != ledger::LaneState::kServing) {
      behind_.erase(partition);
      continue;
    }
    auto& behind = behind_[partition];
    while (!behind.empty() && behind.front().head_seq <= lane.relayed_block_seq) behind.pop_front();
    if (lane.head_seq <= lane.relayed_block_seq) continue;
    const bool newer = behind.empty() || (behind.back().head_seq < lane.head_seq && now >= behind.back().at + kSampleEvery);
    if (newer && behind.size() < kSamplesMax) behind.push_back({lane.head_seq, now});
  }
}

std::map<LedgerPartition, Duration> RelayAges::ages(Instant now) const {
  const std::lock_guard lock(mutex_);
  std::map<LedgerPartition, Duration> out;
  for (const auto& [partition, behind] : behind_) {
    out[partition] = behind.empty() ? Duration::zero() : now - behind.front().at;
  }
  return out;
}

void collect(const std::vector<rpc::CallTimes>& calls, observe::Metrics& out) {
  for (const auto& one : calls) {
    double all = 0;
    for (std::size_t i = 0; i < one.counts.size(); ++i) {
      all += count(one.counts.at(i));
      out.bucket("rpc_server_call_duration_seconds",
                 "How long calls took until they were answered; streams are not counted.",
                 {{"rpc_system_name", "grpc"}, {"rpc_method", one.method}, {"rpc_status_code", one.status}},
                 i < rpc::kCallBounds.size() ? rpc::kCallBounds.at(i) : std::numeric_limits<double>::infinity(), all,
                 one.sum_seconds);
    }
  }
}

void collect(const ProcessView& process, observe::Metrics& out) {
  out.gauge("lienthong_serving", "1 while the process does its work.", {{"process", process.name}}, process.serving ? 1 : 0);
  for (const auto& [partition, lane] : process.lanes) collect_lane(partition, lane, out);
  const auto ages = process.relays.ages(process.clock.steady());
  for (const auto& [partition, lane] : process.lanes) {
    const auto age = ages.find(partition);
    if (age == ages.end()) continue;
    const std::string p = std::to_string(partition.partition);
    const observe::Metrics::Labels labels = {{"service", partition.ledger}, {"partition", p}};
    out.gauge("lienthong_relay_lag_blocks", "Blocks the lane has folded and its relay has not passed.", labels,
              count(lane.head_seq - std::min(lane.head_seq, lane.relayed_block_seq)));
    out.gauge("lienthong_relay_oldest_age_seconds", "Age of the first decision that is still to be published.", labels,
              seconds(age->second));
  }
  out.gauge("lienthong_clock_difference_seconds", "Wall time less the time the process goes by.",
            {{"process", process.name}}, seconds(process.clock.difference()));
  collect_certificates(process, out);
  std::error_code failed;
  const auto space = std::filesystem::space(process.settings.ledger.data_dir, failed);
  if (!failed) {
    out.gauge("lienthong_disk_free_bytes", "Free space where the process keeps its files.", {{"process", process.name}},
              count(space.available));
    out.gauge("lienthong_disk_size_bytes", "Size of that disk.", {{"process", process.name}}, count(space.capacity));
  }
  out.counter("process_cpu_seconds_total", "Processor time used.", {}, processor_seconds());
}

}  // namespace lienthong::edition
