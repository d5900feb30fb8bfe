#pragma once

#include "platform/base/error.h"
#include "platform/base/instant.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lienthong::ltctl {

enum class Language { kVietnamese, kEnglish };
enum class Format { kTable, kJson };

/// Both wordings of a text; the language is chosen when it is shown.
struct Text {
  std::string vi;
  std::string en;
  const std::string& in(Language language) const { return language == Language::kVietnamese ? vi : en; }
};

/// Exit codes of the command line; scripts rely on them.
enum class Exit : int {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kNotFound = 3,
  kNotAllowed = 4,
  kConflict = 5,
  kPartly = 6,
  kDeadline = 7,
  kUnavailable = 8,
  kProblems = 9,
};
Exit exit_of(ErrorCode code);

/// Columns a text takes on a terminal: combining marks take none, so that decomposed Vietnamese keeps its columns;
/// ideographs two.
std::size_t display_width(std::string_view utf8);

/// A table with aligned columns. The last column is as wide as it needs to be.
class Table {
 public:
  enum class Align { kLeft, kRight };
  explicit Table(std::vector<std::string> head, std::vector<Align> align = {});
  void row(std::vector<std::string> cells);
  std::size_t rows() const { return rows_.size(); }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the head first
  std::vector<Align> align_;
};

/// What an error looks like on a terminal: what happened and its cure, then the reason and the fields.
std::string error_text(const Error& error, Language language, const std::string& request_id = {});
/// The same for programs.
nlohmann::json error_json(const Error& error, const std::string& request_id = {});

/// `25/11/2026 09:03:07` in Viet Nam (UTC+7); `-` for a time that is not set.
std::string local_text(Instant time);
/// `2026-11-25T02:03:07.123456Z`; empty for a time that is not set.
std::string iso_text(Instant time);
/// With a point every three digits in Vietnamese, a comma in English.
std::string grouped(std::uint64_t number, Language language);
/// Milliseconds with one decimal.
std::string milliseconds_text(Duration duration, Language language);

}  // namespace lienthong::ltctl
