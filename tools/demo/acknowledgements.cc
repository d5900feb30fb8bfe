#include "tools/demo/acknowledgements.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lienthong::demo {

Result<std::unique_ptr<AcknowledgementFile>> AcknowledgementFile::open(const std::string& path) {
  std::FILE* file = nullptr;
  if (!path.empty()) {
    file = std::fopen(path.c_str(), "a");
    if (file == nullptr) {
      const std::string why = path + ": " + std::strerror(errno);
      return failure({ErrorCode::kInvalidArgument, "ACKNOWLEDGEMENT_FILE",
                      "Không mở được tệp xác nhận " + why + "; hãy chọn tệp khác.",
                      "Can't open the file of acknowledgements " + why + "; choose another one."});
    }
  }
  return std::unique_ptr<AcknowledgementFile>(new AcknowledgementFile(file));
}

AcknowledgementFile::~AcknowledgementFile() {
  if (file_ != nullptr) std::fclose(file_);
}

void AcknowledgementFile::add(const Acknowledgement& ack) {
  std::string line;
  if (file_ != nullptr) {
    nlohmann::json entry = {{"service", ack.service},       {"p", ack.partition},      {"dossier", ack.dossier},
                            {"request_id", ack.request_id}, {"seq", ack.seq},          {"block_seq", ack.block_seq},
                            {"start_us", ack.start.micros}, {"end_us", ack.end.micros}};
    if (ack.replayed) entry["replayed"] = true;
    line = entry.dump() + "\n";
  }
  const std::lock_guard lock(mutex_);
  times_.emplace_back(ack.start, ack.end);
  if (file_ != nullptr) std::fwrite(line.data(), 1, line.size(), file_);
}

void AcknowledgementFile::flush() {
  const std::lock_guard lock(mutex_);
  if (file_ != nullptr) std::fflush(file_);
}

std::uint64_t AcknowledgementFile::count() const {
  const std::lock_guard lock(mutex_);
  return times_.size();
}

Silence AcknowledgementFile::longest_silence() const {
  std::vector<std::pair<Instant, Instant>> times;
  {
    const std::lock_guard lock(mutex_);
    times = times_;
  }
  std::sort(times.begin(), times.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  Silence longest;
  for (std::size_t i = 1; i < times.size(); ++i) {
    // Only while something was under way: an idle time is no silence.
    const Instant from = std::max(times[i - 1].second, times[i].first);
    if (times[i].second - from > longest.until - longest.from) longest = {from, times[i].second};
  }
  for (const auto& [start, end] : times) {
    if (end <= longest.from) {
      ++longest.before;
    } else if (start < longest.until) {
      ++longest.across;
    } else {
      ++longest.after;
    }
  }
  return longest;
}

}  // namespace lienthong::demo
