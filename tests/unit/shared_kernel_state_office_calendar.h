#pragma once

#include "shared_kernel/working_calendar.h"

namespace lienthong::test_support {

/// Monday to Friday 07:30-11:30 and 13:00-17:00 with the holidays and swapped days of state offices 2024-2026.
/// Source: Labour Code 2019 Art. 112; NQ 28/2026/QH16 (24/11 from 2026-07-01); yearly notices on swapped days.
inline shared_kernel::CalendarContents state_office_contents() {
  using shared_kernel::make_day;
  shared_kernel::CalendarContents contents;
  contents.code = "state";
  for (std::size_t day = 0; day < 5; ++day) contents.weekly[day] = {{7 * 60 + 30, 11 * 60 + 30}, {13 * 60, 17 * 60}};
  const auto off = [&](int year, unsigned month, unsigned first, unsigned last) {
    for (unsigned day = first; day <= last; ++day) contents.holidays.push_back({make_day(year, month, day), ""});
  };
  off(2024, 1, 1, 1);
  off(2024, 2, 8, 14);
  off(2024, 4, 18, 18);
  off(2024, 4, 30, 30);
  off(2024, 5, 1, 1);
  off(2024, 9, 2, 3);
  off(2025, 1, 1, 1);
  off(2025, 1, 27, 31);
  off(2025, 4, 7, 7);
  off(2025, 4, 30, 30);
  off(2025, 5, 1, 1);
  off(2025, 9, 1, 2);
  off(2026, 1, 1, 1);
  off(2026, 2, 16, 20);
  off(2026, 4, 27, 27);
  off(2026, 4, 30, 30);
  off(2026, 5, 1, 1);
  off(2026, 9, 1, 2);
  off(2026, 11, 24, 24);
  contents.swapped = {{make_day(2024, 4, 29), make_day(2024, 5, 4), ""},
                      {make_day(2025, 5, 2), make_day(2025, 4, 26), ""},
                      {make_day(2026, 1, 2), make_day(2026, 1, 10), ""},
                      {make_day(2026, 8, 31), make_day(2026, 8, 22), ""}};
  contents.known_from = make_day(2024, 1, 1);
  contents.known_until = make_day(2026, 12, 31);
  return contents;
}

inline shared_kernel::WorkingCalendar state_office_calendar() {
  return *shared_kernel::WorkingCalendar::make(state_office_contents());
}

}  // namespace lienthong::test_support
