#pragma once

#include "platform/base/result.h"
#include "shared_kernel/local_time.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace lienthong::shared_kernel {

/// One opening of an office. Units: minutes of the local day, [open, close).
struct OfficeInterval {
  std::int32_t open = 0;
  std::int32_t close = 0;
  auto operator<=>(const OfficeInterval&) const = default;
};
/// Openings of a day in ascending order, without overlap; empty: closed.
using OfficeDay = std::vector<OfficeInterval>;

struct Holiday {
  LocalDay day;
  std::string name;
  bool operator==(const Holiday&) const = default;
};

/// A day off that is worked on another day, with the hours of the day off ("hoán đổi ngày làm việc").
struct SwappedDay {
  LocalDay off;
  LocalDay worked;
  std::string name;
  bool operator==(const SwappedDay&) const = default;
};

/// Everything a calendar is made of.
struct CalendarContents {
  std::string code;
  std::string name_vi;
  std::string name_en;
  std::array<OfficeDay, 7> weekly;  ///< By Weekday.
  std::vector<Holiday> holidays;
  std::vector<SwappedDay> swapped;
  LocalDay known_from;   ///< Holidays and swaps are complete from this day ...
  LocalDay known_until;  ///< ... to this one, inclusive; beyond it only the weekly hours are known (provisional).
  bool operator==(const CalendarContents&) const = default;
};

/// Legal working time of an office: weekly hours, holidays, swapped days. Integer arithmetic on local minutes only.
/// Thread-safety: immutable.
class WorkingCalendar {
 public:
  /// Errors: kInvalidArgument when no weekday has hours, or intervals are empty, overlap or are out of order.
  static Result<WorkingCalendar> make(CalendarContents contents);

  const CalendarContents& contents() const { return contents_; }
  /// Openings of that day; empty on a day off.
  const OfficeDay& hours_of(LocalDay day) const;
  bool is_working_day(LocalDay day) const { return !hours_of(day).empty(); }
  bool is_open(LocalMinute at) const;
  /// The first open minute at or after `at`.
  LocalMinute next_open(LocalMinute at) const;
  /// First working day after `day`.
  LocalDay next_working_day(LocalDay day) const;
  /// Last closing time of that day. Precondition: a working day.
  LocalMinute closing_of(LocalDay day) const;

  /// Working minutes in [from, to); negative when `to` is before `from`.
  std::int64_t minutes_between(LocalMinute from, LocalMinute to) const;
  /// The earliest time at which `minutes` of working time have passed since `from`; for 0 the first open minute.
  /// Counting starts at opening when `from` lies outside of office hours. Precondition: `minutes` >= 0.
  LocalMinute add_minutes(LocalMinute from, std::int64_t minutes) const;
  /// False when holidays of that day are not published yet, so that a date computed from it may still move.
  bool is_known(LocalDay day) const { return contents_.known_from <= day && day <= contents_.known_until; }

 private:
  explicit WorkingCalendar(CalendarContents contents);
  CalendarContents contents_;
  struct Exception {
    LocalDay day;
    OfficeDay hours;
  };
  std::vector<Exception> exceptions_;  ///< By day; where a day differs from its weekday.
};

}  // namespace lienthong::shared_kernel
