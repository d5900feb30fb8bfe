#include "platform/observe/alarms.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <memory>

namespace lienthong::observe {
namespace {

constexpr Duration kRepeatAfter = std::chrono::seconds(10);
constexpr std::size_t kDetailMax = 400;

// One line a record: what would break it is taken out.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kDetailMax)) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

}  // namespace

void start_log(const std::string& service, const std::string& level) {
  auto logger = std::make_shared<spdlog::logger>(service, std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l service=%n %v", spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void log_info(std::string_view what, std::string_view detail) { spdlog::info("event={} detail={}", what, quoted(detail)); }

void log_error(std::string_view what, std::string_view detail) { spdlog::error("event={} detail={}", what, quoted(detail)); }

void Alarms::raise(const LedgerPartition& partition, std::string_view what, std::string_view detail) {
  std::uint64_t more = 0;
  {
    const std::lock_guard lock(mutex_);
    const Instant now = clock_.steady();
    const auto [it, first] = raised_.try_emplace({partition, std::string(what)});
    ++it->second.times;
    it->second.last = clock_.now();
    if (!first && now < it->second.written + kRepeatAfter) {
      ++it->second.since;
      return;
    }
    more = std::exchange(it->second.since, 0);
    it->second.written = now;
  }
  spdlog::warn("alarm={} ledger={} partition={} repeated={} detail={}", what, partition.ledger, partition.partition, more,
               quoted(detail));
}

void Alarms::collect(Metrics& out) const {
  std::map<std::pair<LedgerName, std::string>, Raised> sums;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [place, raised] : raised_) {
      auto& sum = sums[{place.first.ledger, place.second}];
      sum.times += raised.times;
      sum.last = std::max(sum.last, raised.last);
    }
  }
  for (const auto& [name, sum] : sums) {
    const Metrics::Labels labels = {{"service", name.first}, {"reason", name.second}};
    out.counter("lienthong_alarms_total", "Alarms of this process; the log says what each is about.", labels,
                static_cast<double>(sum.times));
    out.gauge("lienthong_alarm_raised_timestamp_seconds", "When the alarm was raised last, as a Unix time.", labels,
              static_cast<double>(sum.last.micros) / 1e6);
  }
}

}  // namespace lienthong::observe
