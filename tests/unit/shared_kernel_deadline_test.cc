#include "shared_kernel/deadline.h"
#include "shared_kernel_state_office_calendar.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lienthong::shared_kernel {
namespace {

using test_support::state_office_calendar;
using test_support::state_office_contents;

Instant at(const std::string& local) { return instant_of(*parse_local_minute(local)); }
std::string text(Instant instant) { return format_local_minute(minute_of(instant)); }

struct DueCase {
  std::string received;
  Limit limit;
  std::string due_by_hours;
  std::string due_by_civil_code;
  std::string source;
};

TEST(Deadline, ComesOutAsInTheWorkedExamplesOfBothPractices) {
  const auto calendar = state_office_calendar();
  const std::vector<DueCase> cases = {
      {"2024-05-02 10:00", Limit::working_days(3), "2024-05-06 10:00", "2024-05-06 17:00",
       "Saturday 2024-05-04 is worked for Monday 2024-04-29"},
      {"2026-01-08 09:00", Limit::working_days(2), "2026-01-10 09:00", "2026-01-10 17:00",
       "due on the Saturday worked for Friday 2026-01-02"},
      {"2026-02-13 14:00", Limit::working_days(5), "2026-02-27 14:00", "2026-02-27 17:00",
       "lunar new year 2026-02-16 to 20, Labour Code 2019 Art. 112"},
      {"2026-08-21 15:30", Limit::same_day(), "2026-08-22 17:00", "2026-08-22 17:00",
       "15:00 rule of 2.000635; the next working day is the Saturday worked for 2026-08-31"},
      {"2026-08-27 10:00", Limit::working_days(3), "2026-09-04 10:00", "2026-09-04 17:00",
       "National Day block 2026-08-31 to 09-02"},
      {"2026-03-02 08:00", Limit::working_days(10), "2026-03-16 08:00", "2026-03-16 17:00",
       "example of a dossier with a supplement, before it was asked for"},
      {"2026-11-23 16:00", Limit::working_hours(2), "2026-11-25 08:30", "2026-11-25 08:30",
       "NQ 28/2026/QH16: 24/11 is a holiday from 2026-07-01"},
      {"2025-11-21 16:00", Limit::working_hours(2), "2025-11-24 08:30", "2025-11-24 08:30",
       "NQ 28/2026/QH16: 24/11 was a working day in 2025"},
      {"2026-03-02 06:10", Limit::working_hours(2), "2026-03-02 09:30", "2026-03-02 09:30",
       "hour practice: received before opening counts from opening"},
      {"2026-03-02 12:15", Limit::working_hours(3), "2026-03-02 16:00", "2026-03-02 16:00",
       "hour practice: received in the lunch break counts from 13:00"},
      {"2026-03-06 17:20", Limit::working_hours(1), "2026-03-09 08:30", "2026-03-09 08:30",
       "hour practice: received after closing on Friday counts from Monday's opening"},
      {"2026-03-02 07:30", Limit::quarter_days(1), "2026-03-02 09:30", "2026-03-03 17:00",
       "step limit of a quarter of a day; the civil code knows whole days only"},
      {"2026-03-02 09:00", Limit::quarter_days(2), "2026-03-02 14:30", "2026-03-03 17:00", "step limit of half a day"},
      {"2026-03-02 07:30", Limit::working_days(1), "2026-03-02 17:00", "2026-03-03 17:00",
       "8 working hours from opening end at closing"},
      {"2026-03-02 10:00", Limit::same_day(), "2026-03-02 17:00", "2026-03-02 17:00",
       "2.000908: before 15:00, the same day"},
      {"2026-03-02 15:00", Limit::same_day(), "2026-03-02 17:00", "2026-03-02 17:00",
       "2.000908: 15:00 itself is not after 15:00"},
      {"2026-03-02 15:01", Limit::same_day(), "2026-03-03 17:00", "2026-03-03 17:00", "2.000908: after 15:00, the next day"},
      {"2026-03-07 15:30", Limit::same_day(), "2026-03-09 17:00", "2026-03-09 17:00",
       "handed in on a day off: received at Monday's opening"},
      {"2026-03-02 10:00", Limit::calendar_days(10), "2026-03-12 17:00", "2026-03-12 17:00", "BLDS 2015 Art. 147-148"},
      {"2026-02-10 10:00", Limit::calendar_days(7), "2026-02-23 17:00", "2026-02-23 17:00",
       "BLDS 2015 Art. 148: last day in the new year holidays, ends on the next working day"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(text(due_time(calendar, c.limit, at(c.received))), c.due_by_hours) << c.received << ": " << c.source;
    EXPECT_EQ(text(due_time(calendar, c.limit, at(c.received), DayPractice::kCivilCode)), c.due_by_civil_code)
        << c.received << ": " << c.source;
  }
}

TEST(Deadline, MovesByTheWorkingTimeWaitedForASupplement) {
  const auto calendar = state_office_calendar();
  const Instant due = due_time(calendar, Limit::working_days(10), at("2026-03-02 08:00"));
  EXPECT_EQ(text(due), "2026-03-16 08:00");
  EXPECT_EQ(calendar.minutes_between(*parse_local_minute("2026-03-05 10:00"), *parse_local_minute("2026-03-10 10:00")),
            24 * 60);
  EXPECT_EQ(text(resumed_due_time(calendar, due, at("2026-03-05 10:00"), at("2026-03-10 10:00"))), "2026-03-19 08:00");
}

TEST(Deadline, DoesNotMoveWhenTheSupplementCameOutsideOfOfficeHours) {
  const auto calendar = state_office_calendar();
  const Instant due = at("2026-03-16 17:00");
  EXPECT_EQ(resumed_due_time(calendar, due, at("2026-03-06 17:00"), at("2026-03-09 07:30")), due);
}

TEST(Deadline, OfALegNeverGoesBeyondTheAppointmentOfTheWhole) {
  const auto calendar = state_office_calendar();
  const Instant overall = at("2026-03-05 10:00");
  EXPECT_EQ(text(leg_due_time(calendar, Limit::working_days(1), at("2026-03-03 09:00"), overall)), "2026-03-04 09:00");
  EXPECT_EQ(text(leg_due_time(calendar, Limit::working_days(5), at("2026-03-03 09:00"), overall)), "2026-03-05 10:00");
}

TEST(Deadline, CountsFromTheMinuteThatTheReceiptPrints) {
  const auto calendar = state_office_calendar();
  const Instant received = at("2026-03-02 10:00") + std::chrono::seconds(59);
  EXPECT_EQ(text(due_time(calendar, Limit::working_days(1), received)), "2026-03-03 10:00");
  EXPECT_EQ(text(due_time(calendar, Limit::same_day(), at("2026-03-02 15:00") + std::chrono::seconds(59))),
            "2026-03-02 17:00");
}

TEST(Deadline, TellsTheWorkingTimeLeftAndOverdue) {
  const auto calendar = state_office_calendar();
  EXPECT_EQ(working_minutes_left(calendar, at("2026-03-06 16:00"), at("2026-03-09 08:30")), 120);
  EXPECT_EQ(working_minutes_left(calendar, at("2026-03-09 08:30"), at("2026-03-06 16:00")), -120);
}

TEST(Deadline, OfADeskWithSaturdayMorningsCountsThem) {
  auto contents = state_office_contents();
  contents.weekly[5] = {{7 * 60 + 30, 11 * 60 + 30}};
  const auto ward = *WorkingCalendar::make(contents);
  EXPECT_EQ(text(due_time(ward, Limit::same_day(), at("2026-03-07 10:00"))), "2026-03-07 11:30");
  EXPECT_EQ(text(due_time(ward, Limit::working_hours(4), at("2026-03-06 16:00"))), "2026-03-07 10:30");
  EXPECT_EQ(text(due_time(ward, Limit::same_day(), at("2026-03-06 15:30"))), "2026-03-07 11:30");
  // A worked Saturday has the hours of the day off it stands for.
  EXPECT_EQ(text(due_time(ward, Limit::same_day(), at("2024-05-03 15:30"))), "2024-05-04 17:00");
}

TEST(Limit, ReadsAsPeopleWriteIt) {
  EXPECT_EQ(english_text(Limit::working_days(3)), "3 working days");
  EXPECT_EQ(vietnamese_text(Limit::working_days(3)), "3 ngày làm việc");
  EXPECT_EQ(english_text(Limit::quarter_days(1)), "0.25 working day");
  EXPECT_EQ(vietnamese_text(Limit::quarter_days(10)), "2,5 ngày làm việc");
  EXPECT_EQ(english_text(Limit::working_hours(2)), "2 working hours");
  EXPECT_EQ(vietnamese_text(Limit::calendar_days(10)), "10 ngày");
  EXPECT_EQ(vietnamese_text(Limit::same_day()), "trong ngày (15:00)");
}

TEST(WorkingCalendar, HasTheWorkingDaysOfTheYearsItKnows) {
  const auto calendar = state_office_calendar();
  const auto count = [&](int year) {
    int days = 0;
    for (LocalDay day = make_day(year, 1, 1); day < make_day(year + 1, 1, 1); day = day + 1)
      days += calendar.is_working_day(day);
    return days;
  };
  EXPECT_EQ(count(2024), 251);
  EXPECT_EQ(count(2025), 250);
  EXPECT_EQ(count(2026), 249);
}

TEST(WorkingCalendar, SaysBeyondWhichDayItIsProvisional) {
  const auto calendar = state_office_calendar();
  EXPECT_TRUE(calendar.is_known(make_day(2026, 12, 31)));
  EXPECT_FALSE(calendar.is_known(make_day(2027, 1, 1)));
}

TEST(WorkingCalendar, IsOpenFromOpeningUntilJustBeforeClosing) {
  const auto calendar = state_office_calendar();
  const std::vector<std::pair<std::string, bool>> cases = {
      {"2026-03-02 07:29", false}, {"2026-03-02 07:30", true},  {"2026-03-02 11:29", true},  {"2026-03-02 11:30", false},
      {"2026-03-02 13:00", true},  {"2026-03-02 17:00", false}, {"2026-03-01 10:00", false}, {"2026-01-10 10:00", true},
      {"2026-01-02 10:00", false}, {"2026-11-24 10:00", false}, {"2025-11-24 10:00", true}};
  for (const auto& [time, open] : cases) EXPECT_EQ(calendar.is_open(*parse_local_minute(time)), open) << time;
}

TEST(WorkingCalendar, RefusesHoursThatOverlapOrThatNobodyHas) {
  CalendarContents none;
  EXPECT_FALSE(WorkingCalendar::make(none).has_value());
  CalendarContents overlap = none;
  overlap.weekly[0] = {{600, 720}, {700, 800}};
  EXPECT_FALSE(WorkingCalendar::make(overlap).has_value());
  CalendarContents empty = none;
  empty.weekly[0] = {{600, 600}};
  EXPECT_FALSE(WorkingCalendar::make(empty).has_value());
  CalendarContents beyond = none;
  beyond.weekly[0] = {{600, 1441}};
  EXPECT_FALSE(WorkingCalendar::make(beyond).has_value());
}

/// Small deterministic generator, so that every run checks the same cases.
class Draw {
 public:
  std::int64_t below(std::int64_t bound) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::int64_t>((state_ >> 33) % static_cast<std::uint64_t>(bound));
  }

 private:
  std::uint64_t state_ = 1;
};

TEST(WorkingCalendar, AddingAndMeasuringAreInverse) {
  const auto calendar = state_office_calendar();
  const LocalMinute first = minute_of(make_day(2024, 1, 1), 0);
  Draw draw;
  for (int n = 0; n < 20'000; ++n) {
    const LocalMinute from = first + draw.below(3 * 365 * kMinutesPerDay);
    const std::int64_t minutes = draw.below(30 * kMinutesPerWorkingDay);
    const LocalMinute to = calendar.add_minutes(from, minutes);
    ASSERT_EQ(calendar.minutes_between(from, to), minutes) << format_local_minute(from) << " + " << minutes;
    ASSERT_EQ(calendar.minutes_between(to, from), -minutes);
    // The earliest such time: one minute earlier, less has passed.
    if (minutes > 0) {
      ASSERT_LT(calendar.minutes_between(from, LocalMinute{to.minutes - 1}), minutes);
    }
    // Adding in two parts is adding at once.
    const std::int64_t part = draw.below(minutes + 1);
    if (part < minutes) {
      ASSERT_EQ(calendar.add_minutes(calendar.add_minutes(from, part), minutes - part), to);
    }
  }
}

TEST(WorkingCalendar, MeasuresTheSumOfThePartsOfAnInterval) {
  const auto calendar = state_office_calendar();
  const LocalMinute first = minute_of(make_day(2024, 1, 1), 0);
  Draw draw;
  for (int n = 0; n < 20'000; ++n) {
    const LocalMinute a = first + draw.below(365 * kMinutesPerDay);
    const LocalMinute b = a + draw.below(20 * kMinutesPerDay);
    const LocalMinute c = b + draw.below(20 * kMinutesPerDay);
    ASSERT_EQ(calendar.minutes_between(a, b) + calendar.minutes_between(b, c), calendar.minutes_between(a, c));
  }
}

TEST(LocalTime, BelongsToTheDayInVietNam) {
  EXPECT_EQ(format_day(day_of(Instant{1'704'042'000'000'000})), "2024-01-01");  // 2023-12-31T17:00:00Z
  EXPECT_EQ(format_day(day_of(Instant{1'704'041'999'999'999})), "2023-12-31");
  EXPECT_EQ(format_day(day_of(Instant{-1 - kLocalOffset.count()})), "1969-12-31");
  EXPECT_EQ(weekday_of(make_day(2026, 3, 2)), Weekday::kMonday);
  EXPECT_EQ(weekday_of(make_day(1969, 12, 28)), Weekday::kSunday);
}

TEST(LocalTime, IsReadOnlyWhereItExists) {
  for (const std::string bad : {"2026-02-30", "2026-13-01", "26-01-01", "2026/01/01", "2026-01-0x", ""}) {
    EXPECT_FALSE(parse_day(bad).has_value()) << bad;
  }
  for (const std::string bad : {"7:30", "24:01", "12:60", "ab:cd", ""})
    EXPECT_FALSE(parse_minute_of_day(bad).has_value()) << bad;
  EXPECT_EQ(*parse_minute_of_day("24:00"), 1440);
  EXPECT_FALSE(parse_local_minute("2026-01-01T10:00:00").has_value());
  EXPECT_EQ(format_local_minute(*parse_local_minute("2024-02-29 23:59")), "2024-02-29 23:59");
}

}  // namespace
}  // namespace lienthong::shared_kernel
