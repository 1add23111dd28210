/* instant_test.c: checked against the C library with the zone database's Asia/Shanghai, while the test itself
 * runs in a zone that has summer time (meson sets TZ). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/instant.h"

static struct instant parsed(const char *text)
{
	struct instant at = { -1 };
	if (!instant_parse(text, &at))
		fail_msg("not read: %s", text);
	return at;
}

static struct date day(int year, int month, int mday)
{
	struct date made = NO_DATE;
	assert_true(date_make(year, month, mday, &made));
	return made;
}

static void zone(const char *name)
{
	if (name)
		setenv("TZ", name, 1);
	else
		unsetenv("TZ");
	tzset();
}

static void compare_with_zone_database(int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm civil;
	localtime_r(&seconds, &civil);
	int year, month, mday;
	struct instant at = { ms };
	date_parts(instant_date(at), &year, &month, &mday);
	int64_t clock = instant_clock(at);
	if (year != civil.tm_year + 1900 || month != civil.tm_mon + 1 || mday != civil.tm_mday ||
		clock != ((int64_t)civil.tm_hour * 60 + civil.tm_min) * 60000 + civil.tm_sec * 1000)
		fail_msg("%lld: %04d-%02d-%02d %lld", (long long)ms, year, month, mday, (long long)clock);
	char text[INSTANT_TEXT_SIZE], offset[8];
	strftime(offset, sizeof offset, "%z", &civil); /* +0800 */
	instant_text(at, text);
	assert_memory_equal(text + 19, offset, 3);
	assert_int_equal(parsed(text).ms, ms);
}

static void shanghai_time_agrees_with_the_zone_database_through_all_summer_times(void **state)
{
	(void)state;
	zone("Asia/Shanghai");
	time_t check = 531000000; /* the database must be there, or this test would compare with UTC */
	struct tm civil;
	assert_int_equal(localtime_r(&check, &civil)->tm_gmtoff, 8 * 3600);
	for (int64_t ms = parsed("1985-12-01T00:00:00Z").ms; ms < parsed("1992-06-01T00:00:00Z").ms;
		ms += 30 * MINUTE_MS) {
		compare_with_zone_database(ms);
		compare_with_zone_database(ms - SECOND_MS);
	}
	for (int64_t ms = parsed("1955-01-01T00:00:00Z").ms; ms < parsed("2099-01-01T00:00:00Z").ms;
		ms += 7 * DAY_MS + HOUR_MS)
		compare_with_zone_database(ms);
	zone("America/New_York");
}

static void the_zone_of_the_server_changes_nothing(void **state)
{
	(void)state;
	static const char *const zones[] = { "America/New_York", "Europe/Berlin", "UTC",
		"Australia/Lord_Howe", NULL };
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
		zone(zones[i]);
		char text[INSTANT_TEXT_SIZE];
		struct instant at = parsed("2026-03-08T02:30:00-05:00"); /* skipped in New York */
		assert_string_equal(instant_text(at, text), "2026-03-08T15:30:00+08:00");
		assert_string_equal(instant_text_short(at, text), "2026-03-08 15:30");
		at = parsed("1988-07-01T12:00:00+08:00");
		assert_string_equal(instant_text(at, text), "1988-07-01T13:00:00+09:00");
	}
	zone("America/New_York");
}

static void six_hours_from_half_past_ten_at_night_are_half_past_four(void **state)
{
	(void)state;
	char text[INSTANT_TEXT_SIZE];
	struct instant due = instant_plus(parsed("2026-09-30T22:30:00+08:00"), 6 * HOUR_MS);
	assert_string_equal(instant_text(due, text), "2026-10-01T04:30:00+08:00");
	assert_int_equal(instant_clock(due), 4 * HOUR_MS + 30 * MINUTE_MS);
}

static void a_day_ends_where_the_next_begins(void **state)
{
	(void)state;
	static const int days[][3] = { { 2026, 9, 30 }, { 2024, 2, 28 }, { 1986, 5, 4 }, { 1986, 9, 14 },
		{ 1991, 9, 15 } };
	for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
		struct date today = day(days[i][0], days[i][1], days[i][2]);
		struct instant midnight = date_at(today, 0), end = date_at(today, DAY_MS);
		assert_int_equal(end.ms, date_at(date_plus(today, 1), 0).ms);
		assert_int_equal(instant_date(midnight).day, today.day);
		assert_int_equal(instant_clock(midnight), 0);
		assert_int_equal(instant_date((struct instant){ end.ms - 1 }).day, today.day);
		assert_int_equal(instant_clock((struct instant){ end.ms - 1 }), DAY_MS - 1);
	}
	/* The day that summer time began had 23 hours, the one on which it ended 25. */
	struct date spring = day(1986, 5, 4), autumn = day(1986, 9, 14);
	assert_int_equal(date_at(spring, DAY_MS).ms - date_at(spring, 0).ms, 23 * HOUR_MS);
	assert_int_equal(date_at(autumn, DAY_MS).ms - date_at(autumn, 0).ms, 25 * HOUR_MS);
}

static void instants_are_read_with_any_offset_and_fraction(void **state)
{
	(void)state;
	assert_int_equal(parsed("1970-01-01T00:00:00Z").ms, 0);
	assert_int_equal(parsed("2026-09-30T14:30:00Z").ms, parsed("2026-09-30T22:30:00+08:00").ms);
	assert_int_equal(
		parsed("2026-09-30T22:30:00.5+08:00").ms - parsed("2026-09-30T22:30:00+08:00").ms, 500);
	assert_int_equal(parsed("2026-09-30T22:30:00.123456789Z").ms % 1000, 123);
	assert_int_equal(parsed("2026-01-01T00:00:00-03:30").ms, parsed("2026-01-01T03:30:00Z").ms);
	assert_int_equal(parsed("1969-12-31T23:59:59.999Z").ms, -1);
	assert_int_equal(parsed("2000-02-29T00:00:00z").ms, 951782400000);
	char text[INSTANT_TEXT_SIZE];
	assert_string_equal(instant_text((struct instant){ -1 }, text), "1970-01-01T07:59:59.999+08:00");
}

static void what_is_not_an_instant_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "2026-09-30", "2026-09-30T22:30:00",
		"2026-09-30 22:30:00+08:00", "2026-09-30T22:30+08:00", "2026-02-29T00:00:00Z",
		"2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z", "2026-09-31T00:00:00Z",
		"2026-09-30T24:00:00Z", "2026-09-30T23:60:00Z", "2026-09-30T23:59:60Z",
		"2026-09-30T22:30:00+8:00", "2026-09-30T22:30:00+0800", "2026-09-30T22:30:00+24:00",
		"2026-09-30T22:30:00+08:60", "2026-09-30T22:30:00.Z", "2026-09-30T22:30:00Zx",
		" 2026-09-30T22:30:00Z", "26-09-30T22:30:00Z", "1899-12-31T00:00:00Z", "3000-01-01T00:00:00Z",
		"２026-09-30T22:30:00Z" };
	struct instant at = { 42 };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (instant_parse(bad[i], &at))
			fail_msg("taken as an instant: %s", bad[i]);
	assert_false(instant_parse(NULL, &at));
	assert_int_equal(at.ms, 42);
}

static void extreme_instants_neither_overflow_nor_overrun(void **state)
{
	(void)state;
	static const int64_t extremes[] = { INT64_MIN, INT64_MAX, INT64_MIN + 1, -62135596800001,
		253402300800000 };
	char text[INSTANT_TEXT_SIZE];
	for (size_t i = 0; i < sizeof extremes / sizeof *extremes; i++) {
		struct instant at = { extremes[i] };
		assert_true(strlen(instant_text(at, text)) < INSTANT_TEXT_SIZE);
		assert_true(strlen(instant_text_short(at, text)) < INSTANT_TEXT_SIZE);
		assert_in_range(instant_clock(at), 0, DAY_MS - 1);
		assert_int_not_equal(instant_date(at).day, NO_DATE.day);
	}
	assert_int_equal(instant_plus((struct instant){ INT64_MAX }, 1).ms, INT64_MAX);
	assert_int_equal(instant_plus((struct instant){ INT64_MIN }, -1).ms, INT64_MIN);
}

static void the_twenty_ninth_of_february_exists_in_leap_years_only(void **state)
{
	(void)state;
	struct date out = { 42 };
	assert_true(date_make(2024, 2, 29, &out));
	assert_true(date_make(2000, 2, 29, &out));
	out.day = 42;
	assert_false(date_make(2026, 2, 29, &out));
	assert_false(date_make(2100, 2, 29, &out));
	assert_false(date_make(1900, 2, 29, &out));
	assert_false(date_make(2026, 4, 31, &out));
	assert_false(date_make(2026, 13, 1, &out));
	assert_false(date_make(2026, 0, 1, &out));
	assert_false(date_make(2026, 1, 0, &out));
	assert_false(date_make(1899, 12, 31, &out));
	assert_false(date_make(3000, 1, 1, &out));
	assert_int_equal(out.day, 42);
}

static void every_day_from_1900_to_2999_agrees_with_the_c_library(void **state)
{
	(void)state;
	struct date first = day(1900, 1, 1), last = day(2999, 12, 31);
	int year, month, mday;
	for (struct date at = first; at.day <= last.day; at.day++) {
		time_t seconds = (time_t)at.day * 86400;
		struct tm civil;
		gmtime_r(&seconds, &civil);
		date_parts(at, &year, &month, &mday);
		if (year != civil.tm_year + 1900 || month != civil.tm_mon + 1 || mday != civil.tm_mday)
			fail_msg("day %d reads %d-%d-%d", at.day, year, month, mday);
		struct date made;
		assert_true(date_make(year, month, mday, &made) && made.day == at.day);
		assert_int_equal(date_weekday(at), civil.tm_wday == 0 ? 7 : civil.tm_wday);
	}
	assert_int_equal(last.day - first.day, 401766);
	assert_int_equal(date_year(last), 2999);
}

static void dates_are_read_and_written_in_one_form_only(void **state)
{
	(void)state;
	char text[DATE_TEXT_SIZE];
	struct date at;
	assert_true(date_parse("2026-02-28", &at));
	assert_string_equal(date_text(at, text), "2026-02-28");
	assert_string_equal(date_text(NO_DATE, text), "");
	static const char *const bad[] = { "", "2026", "2026-2-28", "2026-02-29", "2026/02/28", "20260228",
		"2026-02-28 ", " 2026-02-28", "2026-02-28T00:00:00Z", "+026-02-28", "2026-02-3x",
		"0000-00-00" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (date_parse(bad[i], &at))
			fail_msg("taken as a date: %s", bad[i]);
	assert_false(date_parse(NULL, &at));
}

static void months_later_is_the_same_day_or_the_months_last(void **state)
{
	(void)state;
	assert_int_equal(date_plus_months(day(2026, 1, 31), 1).day, day(2026, 2, 28).day);
	assert_int_equal(date_plus_months(day(2024, 1, 31), 1).day, day(2024, 2, 29).day);
	assert_int_equal(date_plus_months(day(2024, 2, 29), 12).day, day(2025, 2, 28).day);
	assert_int_equal(date_plus_months(day(2024, 2, 29), 48).day, day(2028, 2, 29).day);
	assert_int_equal(date_plus_months(day(2026, 11, 15), 3).day, day(2027, 2, 15).day);
	assert_int_equal(date_plus_months(day(2026, 3, 31), -1).day, day(2026, 2, 28).day);
	assert_int_equal(date_plus_months(day(2026, 1, 15), -1).day, day(2025, 12, 15).day);
	assert_int_equal(date_plus_months(day(2026, 5, 31), 0).day, day(2026, 5, 31).day);
	assert_int_equal(date_plus_months(NO_DATE, 1).day, NO_DATE.day);
	assert_int_equal(date_plus(day(2024, 2, 28), 1).day, day(2024, 2, 29).day);
	assert_int_equal(date_plus(NO_DATE, 1).day, NO_DATE.day);
	assert_int_not_equal(date_plus((struct date){ INT32_MIN + 1 }, -1).day, NO_DATE.day);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shanghai_time_agrees_with_the_zone_database_through_all_summer_times),
		cmocka_unit_test(the_zone_of_the_server_changes_nothing),
		cmocka_unit_test(six_hours_from_half_past_ten_at_night_are_half_past_four),
		cmocka_unit_test(a_day_ends_where_the_next_begins),
		cmocka_unit_test(instants_are_read_with_any_offset_and_fraction),
		cmocka_unit_test(what_is_not_an_instant_is_refused),
		cmocka_unit_test(extreme_instants_neither_overflow_nor_overrun),
		cmocka_unit_test(the_twenty_ninth_of_february_exists_in_leap_years_only),
		cmocka_unit_test(every_day_from_1900_to_2999_agrees_with_the_c_library),
		cmocka_unit_test(dates_are_read_and_written_in_one_form_only),
		cmocka_unit_test(months_later_is_the_same_day_or_the_months_last),
	};
	return cmocka_run_group_tests_name("base/instant", tests, NULL, NULL);
}
