#include "shared_kernel/local_time.h"

#include <chrono>

namespace lienthong::shared_kernel {
namespace {

constexpr std::int64_t kMicrosPerMinute = 60'000'000;

std::int64_t floor_div(std::int64_t value, std::int64_t by) {
  const std::int64_t quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

std::chrono::year_month_day ymd_of(LocalDay day) {
  return std::chrono::year_month_day{std::chrono::sys_days{std::chrono::days{day.days}}};
}

std::string padded(std::int64_t value, std::size_t width) {
  std::string text = std::to_string(value);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

/// Reads `text` as a number of exactly that many digits; -1 otherwise.
int digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return text.empty() ? -1 : value;
}

}  // namespace

LocalMinute minute_of(Instant instant) { return {floor_div((instant + kLocalOffset).micros, kMicrosPerMinute)}; }
LocalMinute minute_of(LocalDay day, std::int32_t minute) { return {day.days * kMinutesPerDay + minute}; }
LocalDay day_of(LocalMinute minute) { return {static_cast<std::int32_t>(floor_div(minute.minutes, kMinutesPerDay))}; }
LocalDay day_of(Instant instant) { return day_of(minute_of(instant)); }
std::int32_t minute_of_day(LocalMinute minute) {
  return static_cast<std::int32_t>(minute.minutes - floor_div(minute.minutes, kMinutesPerDay) * kMinutesPerDay);
}
Instant instant_of(LocalMinute minute) { return Instant{minute.minutes * kMicrosPerMinute} - kLocalOffset; }

Weekday weekday_of(LocalDay day) {
  const std::int64_t since_monday = day.days + 3;  // 1970-01-01 was a Thursday
  return static_cast<Weekday>(since_monday - floor_div(since_monday, 7) * 7);
}

LocalDay make_day(int year, unsigned month, unsigned day) {
  const std::chrono::sys_days days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}};
  return {static_cast<std::int32_t>(days.time_since_epoch().count())};
}

Result<LocalDay> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return malformed("a day is written as 2024-05-02");
  const int year = digits(text.substr(0, 4));
  const int month = digits(text.substr(5, 2));
  const int day = digits(text.substr(8, 2));
  if (year < 0 || month < 0 || day < 0) return malformed("a day is written as 2024-05-02");
  const auto ymd = std::chrono::year{year} / std::chrono::month{static_cast<unsigned>(month)} /
                   std::chrono::day{static_cast<unsigned>(day)};
  if (!ymd.ok()) return malformed("no such day: " + std::string(text));
  return make_day(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
}

std::string format_day(LocalDay day) {
  const auto ymd = ymd_of(day);
  return padded(int{ymd.year()}, 4) + '-' + padded(unsigned{ymd.month()}, 2) + '-' + padded(unsigned{ymd.day()}, 2);
}

std::string format_short_day(LocalDay day) {
  const auto ymd = ymd_of(day);
  return padded(int{ymd.year()} % 100, 2) + padded(unsigned{ymd.month()}, 2) + padded(unsigned{ymd.day()}, 2);
}

Result<std::int32_t> parse_minute_of_day(std::string_view text) {
  const int hour = text.size() == 5 && text[2] == ':' ? digits(text.substr(0, 2)) : -1;
  const int minute = hour >= 0 ? digits(text.substr(3, 2)) : -1;
  const bool valid = minute >= 0 && minute < 60 && (hour < 24 || (hour == 24 && minute == 0));
  if (!valid) return malformed("a time of day is written as 07:30");
  return hour * 60 + minute;
}

std::string format_minute_of_day(std::int32_t minute) { return padded(minute / 60, 2) + ':' + padded(minute % 60, 2); }

Result<LocalMinute> parse_local_minute(std::string_view text) {
  if (text.size() != 16 || text[10] != ' ') return malformed("a local time is written as 2024-05-02 10:00");
  const auto day = parse_day(text.substr(0, 10));
  if (!day) return failure(day.error());
  const auto minute = parse_minute_of_day(text.substr(11));
  if (!minute) return failure(minute.error());
  return minute_of(*day, *minute);
}

std::string format_local_minute(LocalMinute minute) {
  return format_day(day_of(minute)) + ' ' + format_minute_of_day(minute_of_day(minute));
}

}  // namespace lienthong::shared_kernel
