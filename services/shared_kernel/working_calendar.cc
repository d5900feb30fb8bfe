#include "shared_kernel/working_calendar.h"

#include <algorithm>

namespace lienthong::shared_kernel {
namespace {

bool is_ordered(const OfficeDay& day) {
  std::int32_t last = 0;
  for (const auto& interval : day) {
    if (interval.open < last || interval.close <= interval.open || interval.close > kMinutesPerDay) return false;
    last = interval.close;
  }
  return true;
}

}  // namespace

Result<WorkingCalendar> WorkingCalendar::make(CalendarContents contents) {
  bool any = false;
  for (const auto& day : contents.weekly) {
    if (!is_ordered(day)) return malformed("office hours of calendar " + contents.code + " overlap or are out of order");
    any = any || !day.empty();
  }
  if (!any) return malformed("calendar " + contents.code + " has no office hours");
  return WorkingCalendar(std::move(contents));
}

WorkingCalendar::WorkingCalendar(CalendarContents contents) : contents_(std::move(contents)) {
  for (const auto& holiday : contents_.holidays) exceptions_.push_back({holiday.day, {}});
  for (const auto& swap : contents_.swapped) {
    exceptions_.push_back({swap.off, {}});
    exceptions_.push_back({swap.worked, contents_.weekly[static_cast<std::size_t>(weekday_of(swap.off))]});
  }
  // A holiday goes before a swap of the same day.
  std::stable_sort(exceptions_.begin(), exceptions_.end(), [](const auto& a, const auto& b) { return a.day < b.day; });
  exceptions_.erase(
      std::unique(exceptions_.begin(), exceptions_.end(), [](const auto& a, const auto& b) { return a.day == b.day; }),
      exceptions_.end());
}

const OfficeDay& WorkingCalendar::hours_of(LocalDay day) const {
  const auto at = std::lower_bound(exceptions_.begin(), exceptions_.end(), day,
                                   [](const Exception& exception, LocalDay wanted) { return exception.day < wanted; });
  if (at != exceptions_.end() && at->day == day) return at->hours;
  return contents_.weekly[static_cast<std::size_t>(weekday_of(day))];
}

bool WorkingCalendar::is_open(LocalMinute at) const {
  const auto minute = minute_of_day(at);
  const auto& hours = hours_of(day_of(at));
  return std::any_of(hours.begin(), hours.end(), [&](const auto& h) { return h.open <= minute && minute < h.close; });
}

LocalMinute WorkingCalendar::next_open(LocalMinute at) const {
  for (LocalDay day = day_of(at);; day = day + 1) {
    for (const auto& hours : hours_of(day)) {
      if (at < minute_of(day, hours.close)) return std::max(at, minute_of(day, hours.open));
    }
  }
}

LocalDay WorkingCalendar::next_working_day(LocalDay day) const {
  do day = day + 1;
  while (!is_working_day(day));
  return day;
}

LocalMinute WorkingCalendar::closing_of(LocalDay day) const { return minute_of(day, hours_of(day).back().close); }

std::int64_t WorkingCalendar::minutes_between(LocalMinute from, LocalMinute to) const {
  if (to < from) return -minutes_between(to, from);
  std::int64_t total = 0;
  for (LocalDay day = day_of(from); day <= day_of(to); day = day + 1) {
    for (const auto& hours : hours_of(day)) {
      const auto open = std::max(from, minute_of(day, hours.open));
      const auto close = std::min(to, minute_of(day, hours.close));
      if (open < close) total += close.minutes - open.minutes;
    }
  }
  return total;
}

LocalMinute WorkingCalendar::add_minutes(LocalMinute from, std::int64_t minutes) const {
  const LocalMinute start = next_open(from);
  if (minutes <= 0) return start;
  for (LocalDay day = day_of(start);; day = day + 1) {
    for (const auto& hours : hours_of(day)) {
      const auto open = std::max(start, minute_of(day, hours.open));
      const std::int64_t span = minute_of(day, hours.close).minutes - open.minutes;
      if (span <= 0) continue;
      if (minutes <= span) return open + minutes;
      minutes -= span;
    }
  }
}

}  // namespace lienthong::shared_kernel
