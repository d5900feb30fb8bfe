#pragma once

#include "platform/base/instant.h"
#include "platform/base/result.h"
#include "shared_kernel/working_calendar.h"

#include <compare>
#include <cstdint>
#include <string>

namespace lienthong::shared_kernel {

/// 1 working day = 8 working hours. Source: DAY_TO_HOURS of the national one-stop systems.
inline constexpr std::int64_t kMinutesPerWorkingDay = std::int64_t{8} * 60;
/// Received later than this, a same-day result is due on the next working day. Source: procedures 2.000635, 2.000908.
inline constexpr std::int32_t kSameDayCutOff = 15 * 60;

enum class LimitUnit : std::uint8_t {
  kWorkingDays,
  kWorkingHours,
  kCalendarDays,
  kSameDay,
};

/// A time limit as a procedure states it.
struct Limit {
  LimitUnit unit = LimitUnit::kWorkingDays;
  /// Units: minutes of working time for working days (480 each, so that quarter days are whole numbers) and working hours;
  /// days for calendar days; the last minute of the day that still counts as today for same-day limits.
  std::int64_t amount = 0;
  auto operator<=>(const Limit&) const = default;

  static Limit working_days(std::int64_t days) { return {LimitUnit::kWorkingDays, days * kMinutesPerWorkingDay}; }
  static Limit quarter_days(std::int64_t quarters) {
    return {LimitUnit::kWorkingDays, quarters * kMinutesPerWorkingDay / 4};
  }
  static Limit working_hours(std::int64_t hours) { return {LimitUnit::kWorkingHours, hours * 60}; }
  static Limit calendar_days(std::int64_t days) { return {LimitUnit::kCalendarDays, days}; }
  static Limit same_day(std::int32_t cut_off = kSameDayCutOff) { return {LimitUnit::kSameDay, cut_off}; }
};

/// `3 working days`, `0.25 working day`, `2 working hours`, `10 days`, `same day (15:00)`.
std::string english_text(const Limit& limit);
/// `3 ngày làm việc`, `0,25 ngày làm việc`, `2 giờ làm việc`, `10 ngày`, `trong ngày (15:00)`.
std::string vietnamese_text(const Limit& limit);

/// How working days are counted. Both give the same day and another hour; a date is compared by the practice it was made
/// with.
enum class DayPractice : std::uint8_t {
  /// Working hours are added to the time of receipt, which moves to opening outside of office hours.
  kHours,
  /// The day of receipt does not count; ends at closing time of the last day. Source: BLDS 2015, Art. 147-148.
  kCivilCode,
};

/// When a limit that starts at `start` ends. Seconds of `start` do not count: legal papers print hour and minute.
/// Calendar days are counted by the civil code in both practices: if the last day is a day off, the next working day is the
/// last.
Instant due_time(const WorkingCalendar& calendar, const Limit& limit, Instant start,
                 DayPractice practice = DayPractice::kHours);

/// The limit of a leg: from its own start, but never beyond the appointment of the whole.
Instant leg_due_time(const WorkingCalendar& calendar, const Limit& limit, Instant start, Instant overall_due);

/// Clock policy RESUME: the due time moves by the working time between stop and restart.
/// Source: QĐ 766/QĐ-TTg, index 2.1 (time waited for a supplement is subtracted).
Instant resumed_due_time(const WorkingCalendar& calendar, Instant due, Instant stopped, Instant resumed);

/// Working time left until `due`; negative when overdue. Units: minutes.
std::int64_t working_minutes_left(const WorkingCalendar& calendar, Instant now, Instant due);

}  // namespace lienthong::shared_kernel
