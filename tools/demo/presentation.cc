#include "tools/demo/presentation.h"

#include "shared_kernel/status.h"

#include <sys/resource.h>

#include <algorithm>
#include <vector>

namespace lienthong::demo {
namespace {

using ltctl::Language;
using ltctl::milliseconds_text;
using ltctl::Table;

std::string tier_name(const std::string& tier, Language language) {
  const bool vi = language == Language::kVietnamese;
  if (tier == "commune") return vi ? "xã" : "commune";
  if (tier == "district") return vi ? "huyện" : "district";
  if (tier == "province") return vi ? "tỉnh" : "province";
  return tier;
}

/// Legs in the order their offers arrived, as tiers, and back to the receiving desk; legs that had not to wait for each
/// other are joined by `+`.
std::string path(const Passage& passage, Language language) {
  const auto& legs = passage.scenario->legs;
  std::string out;
  std::vector<std::uint32_t> previous;
  for (std::size_t i = 0; i < legs.size(); ++i) {
    const bool beside = i > 0 && legs[i].after == previous;
    const bool done = passage.legs[i].completed.micros != 0;
    out += (i == 0 ? "" : beside ? " + " : " → ") + tier_name(legs[i].tier, language) + (done ? "" : "?");
    previous = legs[i].after;
  }
  if (passage.processed.micros != 0) out += " → " + tier_name("commune", language);
  return out;
}

std::string status_text(const Passage& passage, Language language) {
  const auto status = shared_kernel::national_status(static_cast<std::uint32_t>(passage.status));
  if (!status) return "-";
  return std::to_string(passage.status) + " " +
         std::string(language == Language::kVietnamese ? vietnamese_name(*status) : english_name(*status));
}

std::string hops(const Passage& passage, Language language) {
  std::string out;
  Instant last = passage.received;
  for (std::size_t i = 0; i < passage.legs.size(); ++i) {
    const auto hop = passage.hop(i);
    out += (i == 0 ? "" : " · ") + (hop ? milliseconds_text(*hop, language) : "-");
    last = std::max(last, std::max(passage.legs[i].completed, passage.legs[i].confirmed));
  }
  if (passage.processed.micros != 0)
    out += " · ← " + milliseconds_text(std::max(Duration(0), passage.processed - last), language);
  return out;
}

nlohmann::json percentiles(const Histogram& histogram) {
  const auto ms = [](Duration duration) { return static_cast<double>(duration.count()) / 1000.0; };
  return {{"count", histogram.count()},
          {"p50", ms(histogram.percentile(0.50))},
          {"p90", ms(histogram.percentile(0.90))},
          {"p99", ms(histogram.percentile(0.99))},
          {"p999", ms(histogram.percentile(0.999))},
          {"max", ms(histogram.max())}};
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

std::string passage_table(const LoadReport& report, const ScenarioSet& scenarios, Language language, std::size_t rows_max) {
  const bool vi = language == Language::kVietnamese;
  std::vector<const Passage*> shown;
  for (const auto& passage : report.passages) shown.push_back(&passage);
  if (shown.size() > rows_max) {
    std::stable_sort(shown.begin(), shown.end(), [](const Passage* a, const Passage* b) {
      if (a->finished != b->finished) return !a->finished;
      return a->processed - a->scheduled > b->processed - b->scheduled;
    });
    shown.resize(rows_max);
    std::stable_sort(shown.begin(), shown.end(),
                     [](const Passage* a, const Passage* b) { return a->scheduled < b->scheduled; });
  }
  Table table({vi ? "MÃ HỒ SƠ" : "CODE", vi ? "THỦ TỤC" : "PROCEDURE", vi ? "NƠI TIẾP NHẬN" : "RECEIVED AT",
               vi ? "ĐƯỜNG ĐI" : "PATH", vi ? "TRẠNG THÁI" : "STATUS",
               vi ? "MÁY CHUYỂN (ms mỗi chặng, ← về)" : "MACHINE TIME (ms per hop, ← back)"});
  for (const auto* passage : shown) {
    const auto name = scenarios.names.find(passage->scenario->desk_agency);
    table.row({passage->dossier_code.empty() ? passage->dossier_id : passage->dossier_code,
               passage->scenario->procedure_code,
               name == scenarios.names.end() ? passage->scenario->desk_agency : name->second, path(*passage, language),
               status_text(*passage, language), hops(*passage, language)});
  }
  return table.text();
}

std::string summary(const LoadReport& report, const AcknowledgementFile& acknowledgements, Language language) {
  const bool vi = language == Language::kVietnamese;
  const auto number = [language](std::uint64_t value) { return ltctl::grouped(value, language); };
  const auto ms = [language](Duration duration) { return milliseconds_text(duration, language) + " ms"; };
  std::string out =
      number(report.finished) + "/" + number(report.passages.size()) +
      (vi ? " hồ sơ đã xong cả vòng; máy chuyển mỗi chặng p50 " : " dossiers went all the way; machine time per hop p50 ") +
      ms(report.hop_latency.percentile(0.5)) + ", p99 " + ms(report.hop_latency.percentile(0.99)) +
      (vi ? "; cả hồ sơ p50 " : "; whole dossier p50 ") + ms(report.dossier_latency.percentile(0.5)) + "\n";
  out += number(acknowledgements.count()) + (vi ? " lệnh được xác nhận, " : " commands acknowledged, ") +
         number(report.repeated) + (vi ? " lần gửi lại, " : " repeated sendings, ") + number(report.stream_connections) +
         (vi ? " lần nối luồng" : " stream connections");
  const Silence silence = acknowledgements.longest_silence();
  if (silence.until - silence.from >= std::chrono::milliseconds(500)) {
    out += std::string("\n") + (vi ? "khoảng lặng dài nhất " : "longest silence ") + ms(silence.until - silence.from) +
           (vi ? " từ " : " from ") + ltctl::local_text(silence.from) +
           (vi ? ": xác nhận trước " : ": acknowledged before ") + number(silence.before) +
           (vi ? ", gửi trước khi hết và xác nhận sau khi bắt đầu " : ", across ") + number(silence.across) +
           (vi ? ", sau " : ", after ") + number(silence.after);
  }
  out += "\n";
  for (const auto& passage : report.passages) {
    if (passage.finished) continue;
    out += std::string(vi ? "chưa xong: " : "not finished: ") +
           (passage.dossier_code.empty() ? passage.dossier_id : passage.dossier_code) + "  " + path(passage, language);
    if (passage.trouble)
      out += "  " + passage.trouble->reason + ": " + (vi ? passage.trouble->message_vi : passage.trouble->message_en);
    out += "\n";
  }
  return out;
}

nlohmann::json measurement(const LoadReport& report) {
  const double seconds = static_cast<double>(report.window.count()) / 1e6;
  const auto per_second = [seconds](std::uint64_t count) {
    return seconds > 0 ? static_cast<double>(count) / seconds : 0.0;
  };
  nlohmann::json out = {{"seconds", seconds},
                        {"offered_per_s", per_second(report.scheduled_in_window)},
                        {"dossiers_per_s", per_second(report.processed_in_window)},
                        {"dossier_ms", percentiles(report.dossier_latency)},
                        {"command_ms", percentiles(report.receive_latency)},
                        {"answer_ms", percentiles(report.answer_latency)},
                        {"hop_ms", percentiles(report.hop_latency)},
                        {"open_at_start", report.open_at_start},
                        {"open_at_end", report.open_at_end},
                        {"scheduled", report.passages.size()},
                        {"finished", report.finished},
                        {"unary_calls", report.unary_calls},
                        {"stream_messages_sent", report.stream_messages_sent},
                        {"stream_messages_received", report.stream_messages_received},
                        {"answers", report.answers},
                        {"repeated", report.repeated},
                        {"stream_connections", report.stream_connections},
                        {"outcomes", report.outcomes},
                        {"client_cpu_s", cpu_seconds()}};
  return out;
}

}  // namespace lienthong::demo
