#pragma once

#include "platform/base/instant.h"
#include "platform/base/result.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace lienthong::shared_kernel {

/// Day of the week, Monday first.
enum class Weekday : std::uint8_t { kMonday, kTuesday, kWednesday, kThursday, kFriday, kSaturday, kSunday };

/// A calendar day in Viet Nam. Units: days since 1970-01-01.
struct LocalDay {
  std::int32_t days = 0;
  auto operator<=>(const LocalDay&) const = default;
  LocalDay operator+(std::int32_t n) const { return {days + n}; }
  LocalDay operator-(std::int32_t n) const { return {days - n}; }
};

/// A minute of legal time in Viet Nam. Units: minutes since 1970-01-01 00:00 local time (UTC+7, no daylight saving).
struct LocalMinute {
  std::int64_t minutes = 0;
  auto operator<=>(const LocalMinute&) const = default;
  LocalMinute operator+(std::int64_t n) const { return {minutes + n}; }
};

inline constexpr std::int64_t kMinutesPerDay = std::int64_t{24} * 60;
/// Source: Asia/Ho_Chi_Minh, UTC+7 since 1975-06-13, no daylight saving time.
inline constexpr Duration kLocalOffset = std::chrono::hours(7);

LocalDay day_of(Instant instant);
LocalDay day_of(LocalMinute minute);
/// Cut to the whole minute: legal papers print hour and minute (form 01 of TT 01/2018/TT-VPCP).
LocalMinute minute_of(Instant instant);
LocalMinute minute_of(LocalDay day, std::int32_t minute_of_day);
/// 0..1439.
std::int32_t minute_of_day(LocalMinute minute);
Instant instant_of(LocalMinute minute);
Weekday weekday_of(LocalDay day);

/// Precondition: a day that exists.
LocalDay make_day(int year, unsigned month, unsigned day);
/// Reads `2024-05-02`. Errors: kInvalidArgument for another form or a day that does not exist.
Result<LocalDay> parse_day(std::string_view text);
/// `2024-05-02`
std::string format_day(LocalDay day);
/// `240502`, as dossier codes carry it.
std::string format_short_day(LocalDay day);
/// Reads `07:30`; 24:00 is 1440. Errors: kInvalidArgument.
Result<std::int32_t> parse_minute_of_day(std::string_view text);
/// `07:30`
std::string format_minute_of_day(std::int32_t minute);
/// Reads local time `2024-05-02 10:00`. Errors: kInvalidArgument.
Result<LocalMinute> parse_local_minute(std::string_view text);
/// `2024-05-02 10:00`
std::string format_local_minute(LocalMinute minute);

}  // namespace lienthong::shared_kernel
