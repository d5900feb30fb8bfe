#include "tools/ltctl/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

namespace lienthong::ltctl {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kVietnamOffsetSeconds = 7 * 3600;

/// Reads one code point; a byte that begins none counts as one column.
char32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  int more = 0;
  char32_t point = lead;
  if (lead >= 0xF0) {
    more = 3;
    point = lead & 0x07U;
  } else if (lead >= 0xE0) {
    more = 2;
    point = lead & 0x0FU;
  } else if (lead >= 0xC0) {
    more = 1;
    point = lead & 0x1FU;
  }
  for (; more > 0 && at < text.size(); --more) point = (point << 6U) | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  return point;
}

bool is_combining(char32_t point) {
  return (point >= 0x0300 && point <= 0x036F) || (point >= 0x1AB0 && point <= 0x1AFF) ||
         (point >= 0x20D0 && point <= 0x20FF) || point == 0x200B || point == 0x200D || (point >= 0xFE00 && point <= 0xFE0F);
}

bool is_wide(char32_t point) {
  return (point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xA4CF) ||
         (point >= 0xAC00 && point <= 0xD7A3) || (point >= 0xF900 && point <= 0xFAFF) ||
         (point >= 0xFF00 && point <= 0xFF60) || (point >= 0x1F300 && point <= 0x1FAFF);
}

std::tm broken_down(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  return parts;
}

std::string formatted(const std::tm& parts, const char* format) {
  std::array<char, 64> out{};
  return {out.data(), std::strftime(out.data(), out.size(), format, &parts)};
}

}  // namespace

Exit exit_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return Exit::kUsage;
    case ErrorCode::kNotFound: return Exit::kNotFound;
    case ErrorCode::kPermissionDenied:
    case ErrorCode::kUnauthenticated: return Exit::kNotAllowed;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kAborted: return Exit::kConflict;
    case ErrorCode::kDeadlineExceeded: return Exit::kDeadline;
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kUnavailable: return Exit::kUnavailable;
    case ErrorCode::kDataLoss:
    case ErrorCode::kInternal: return Exit::kFailed;
  }
  return Exit::kFailed;
}

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    const char32_t point = next_code_point(utf8, at);
    if (!is_combining(point)) width += is_wide(point) ? 2 : 1;
  }
  return width;
}

Table::Table(std::vector<std::string> head, std::vector<Align> align) : rows_{std::move(head)}, align_(std::move(align)) {
  align_.resize(rows_.front().size(), Align::kLeft);
}

void Table::row(std::vector<std::string> cells) {
  cells.resize(align_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::size_t> widths(align_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - display_width(row[i]), ' ');
      line += align_[i] == Align::kRight ? padding + row[i] : row[i] + padding;
      if (i + 1 < row.size()) line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string error_text(const Error& error, Language language, const std::string& request_id) {
  const bool vi = language == Language::kVietnamese;
  std::string out = (vi ? "lỗi: " : "error: ") + (vi ? error.message_vi : error.message_en) + "\n";
  out += (vi ? "  mã " : "  code ") + std::string(to_string(error.code)) + (error.reason.empty() ? "" : " " + error.reason);
  if (!request_id.empty()) out += (vi ? " · yêu cầu " : " · request ") + request_id;
  out += "\n";
  for (const auto& violation : error.violations) {
    out += (vi ? "  trường " : "  field ") + violation.field + ": " + violation.description + "\n";
  }
  return out;
}

nlohmann::json error_json(const Error& error, const std::string& request_id) {
  nlohmann::json out = {{"code", to_string(error.code)},  {"reason", error.reason},
                        {"domain", "lienthong"},          {"message", error.message_en},
                        {"message_vi", error.message_vi}, {"retryable", exit_of(error.code) == Exit::kUnavailable}};
  for (const auto& violation : error.violations) {
    out["fields"].push_back({{"field", violation.field}, {"description", violation.description}});
  }
  if (!request_id.empty()) out["request_id"] = request_id;
  return {{"error", std::move(out)}};
}

std::string local_text(Instant time) {
  if (time.micros == 0) return "-";
  return formatted(broken_down(time.micros / kMicrosPerSecond + kVietnamOffsetSeconds), "%d/%m/%Y %H:%M:%S");
}

std::string iso_text(Instant time) {
  if (time.micros == 0) return {};
  std::array<char, 16> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%06dZ", static_cast<int>(time.micros % kMicrosPerSecond));
  return formatted(broken_down(time.micros / kMicrosPerSecond), "%Y-%m-%dT%H:%M:%S") + fraction.data();
}

std::string grouped(std::uint64_t number, Language language) {
  std::string digits = std::to_string(number);
  const char mark = language == Language::kVietnamese ? '.' : ',';
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, mark);
  return digits;
}

std::string milliseconds_text(Duration duration, Language language) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.1f", static_cast<double>(duration.count()) / 1000.0);
  std::string text(out.data());
  if (language == Language::kVietnamese) std::replace(text.begin(), text.end(), '.', ',');
  return text;
}

}  // namespace lienthong::ltctl
