#include "shared_kernel/deadline.h"

#include <algorithm>

namespace lienthong::shared_kernel {
namespace {

/// `2.25` with the given decimal separator; minutes that are no hundredth of a day are written with four decimals.
std::string working_day_text(std::int64_t minutes, char separator) {
  std::string text = std::to_string(minutes / kMinutesPerWorkingDay);
  const std::int64_t fraction = minutes % kMinutesPerWorkingDay * 10'000 / kMinutesPerWorkingDay;
  if (fraction == 0) return text;
  std::string decimals = std::to_string(10'000 + fraction).substr(1);
  while (decimals.back() == '0') decimals.pop_back();
  return text + separator + decimals;
}

std::string hour_text(std::int64_t minutes, char separator) {
  std::string text = std::to_string(minutes / 60);
  const std::int64_t hundredths = minutes % 60 * 100 / 60;
  if (hundredths == 0) return text;
  std::string decimals = std::to_string(100 + hundredths).substr(1);
  while (decimals.back() == '0') decimals.pop_back();
  return text + separator + decimals;
}

LocalMinute same_day_due(const WorkingCalendar& calendar, std::int64_t cut_off, LocalMinute start) {
  const LocalDay first = day_of(calendar.next_open(start));
  const bool too_late_today = first == day_of(start) && minute_of_day(start) > cut_off;
  return calendar.closing_of(too_late_today ? calendar.next_working_day(first) : first);
}

LocalMinute civil_working_days_due(const WorkingCalendar& calendar, std::int64_t minutes, LocalMinute start) {
  LocalDay day = day_of(start);
  const std::int64_t whole_days = (minutes + kMinutesPerWorkingDay - 1) / kMinutesPerWorkingDay;
  for (std::int64_t n = 0; n < whole_days; ++n) day = calendar.next_working_day(day);
  return calendar.closing_of(calendar.is_working_day(day) ? day : calendar.next_working_day(day));
}

LocalMinute calendar_days_due(const WorkingCalendar& calendar, std::int64_t days, LocalMinute start) {
  const LocalDay day = day_of(start) + static_cast<std::int32_t>(days);
  return calendar.closing_of(calendar.is_working_day(day) ? day : calendar.next_working_day(day));
}

}  // namespace

std::string english_text(const Limit& limit) {
  switch (limit.unit) {
    case LimitUnit::kWorkingDays:
      return working_day_text(limit.amount, '.') +
             (limit.amount <= kMinutesPerWorkingDay ? " working day" : " working days");
    case LimitUnit::kWorkingHours:
      return hour_text(limit.amount, '.') + (limit.amount <= 60 ? " working hour" : " working hours");
    case LimitUnit::kCalendarDays: return std::to_string(limit.amount) + (limit.amount == 1 ? " day" : " days");
    case LimitUnit::kSameDay: return "same day (" + format_minute_of_day(static_cast<std::int32_t>(limit.amount)) + ")";
  }
  return "";
}

std::string vietnamese_text(const Limit& limit) {
  switch (limit.unit) {
    case LimitUnit::kWorkingDays: return working_day_text(limit.amount, ',') + " ngày làm việc";
    case LimitUnit::kWorkingHours: return hour_text(limit.amount, ',') + " giờ làm việc";
    case LimitUnit::kCalendarDays: return std::to_string(limit.amount) + " ngày";
    case LimitUnit::kSameDay: return "trong ngày (" + format_minute_of_day(static_cast<std::int32_t>(limit.amount)) + ")";
  }
  return "";
}

Instant due_time(const WorkingCalendar& calendar, const Limit& limit, Instant start, DayPractice practice) {
  const LocalMinute from = minute_of(start);
  switch (limit.unit) {
    case LimitUnit::kWorkingDays:
      return instant_of(practice == DayPractice::kHours ? calendar.add_minutes(from, limit.amount)
                                                        : civil_working_days_due(calendar, limit.amount, from));
    case LimitUnit::kWorkingHours: return instant_of(calendar.add_minutes(from, limit.amount));
    case LimitUnit::kCalendarDays: return instant_of(calendar_days_due(calendar, limit.amount, from));
    case LimitUnit::kSameDay: return instant_of(same_day_due(calendar, limit.amount, from));
  }
  return start;
}

Instant leg_due_time(const WorkingCalendar& calendar, const Limit& limit, Instant start, Instant overall_due) {
  return std::min(due_time(calendar, limit, start), overall_due);
}

Instant resumed_due_time(const WorkingCalendar& calendar, Instant due, Instant stopped, Instant resumed) {
  const std::int64_t waited = calendar.minutes_between(minute_of(stopped), minute_of(resumed));
  return waited <= 0 ? due : instant_of(calendar.add_minutes(minute_of(due), waited));
}

std::int64_t working_minutes_left(const WorkingCalendar& calendar, Instant now, Instant due) {
  return calendar.minutes_between(minute_of(now), minute_of(due));
}

}  // namespace lienthong::shared_kernel
