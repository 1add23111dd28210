#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "domain/core/calendar/calendar.h"
#include "kit/kit.h"

static struct date day(const char *text)
{
	struct date date = NO_DATE;
	assert_true(date_parse(text, &date));
	return date;
}

static struct instant at(const char *text)
{
	struct instant instant = { 0 };
	assert_true(instant_parse(text, &instant));
	return instant;
}

static const struct calendar *loaded(struct ctx *c)
{
	const struct calendar *calendar = NULL;
	assert_true(calendar_load(c, 0, &calendar));
	return calendar;
}

static const struct calendar *with_hours(struct ctx *c, const struct service_hours *hours)
{
	const struct calendar *calendar = NULL;
	assert_true(calendar_embedded(c, hours, &calendar));
	return calendar;
}

static void assert_date(struct date got, const char *expected)
{
	char text[DATE_TEXT_SIZE];
	assert_string_equal(date_text(got, text), expected);
}

static void assert_instant(struct instant got, const char *expected)
{
	char text[INSTANT_TEXT_SIZE];
	assert_string_equal(instant_text(got, text), expected);
}

/* ---- days -------------------------------------------------------------------------------------------------
 */

static void make_up_saturdays_are_worked_and_holidays_are_not(void **state)
{
	const struct calendar *calendar = loaded(kit_ctx(*state));
	assert_int_equal(calendar_day(calendar, day("2026-02-28")), DAY_WORKED); /* 周六调休 */
	assert_int_equal(calendar_day(calendar, day("2026-09-20")), DAY_WORKED); /* 周日调休 */
	assert_int_equal(calendar_day(calendar, day("2026-10-01")), DAY_OFF);	 /* 周四国庆 */
	assert_int_equal(calendar_day(calendar, day("2026-10-08")), DAY_WORKED);
	assert_int_equal(calendar_day(calendar, day("2026-11-28")), DAY_OFF); /* 普通周六 */
	assert_string_equal(calendar_day_name(calendar, day("2026-10-01")), "国庆节");
	assert_string_equal(calendar_day_name(calendar, day("2026-10-10")), "国庆节调休上班");
}

static void every_vector_of_working_days_holds(void **state)
{
	const struct calendar *calendar = loaded(kit_ctx(*state));
	char path[512], line[128], from[16], five[16], fifteen[16];
	int checked = 0, missing;
	const char *root = getenv("QIFU_SOURCE");
	snprintf(path, sizeof path, "%s/tests/vectors/working_days.csv", root ? root : ".");
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof line, file));
	while (fgets(line, sizeof line, file)) {
		struct date due;
		assert_int_equal(sscanf(line, "%10[^,],%10[^,],%10[0-9-]", from, five, fifteen), 3);
		assert_true(calendar_nth_working_day(calendar, day(from), 5, &due, &missing));
		assert_date(due, five);
		assert_true(calendar_nth_working_day(calendar, day(from), 15, &due, &missing));
		assert_date(due, fifteen);
		checked++;
	}
	fclose(file);
	assert_int_equal(checked, 9);
}

static void a_year_without_a_calendar_gives_no_day(void **state)
{
	const struct calendar *calendar = loaded(kit_ctx(*state));
	struct date due;
	int missing = 0;
	assert_int_equal(calendar_day(calendar, day("2027-01-04")), DAY_UNKNOWN);
	assert_false(calendar_nth_working_day(calendar, day("2026-12-30"), 5, &due, &missing));
	assert_int_equal(missing, 2027);
}

static void the_next_year_is_missed_from_november_on(void **state)
{
	struct ctx *c = kit_ctx(*state);
	int years[2];
	assert_int_equal(calendar_missing_years(c, years), 0); /* 2026-09-30 */
	kit_set_clock(*state, at("2026-11-01T00:00:00+08:00"));
	assert_int_equal(calendar_missing_years(c, years), 1);
	assert_int_equal(years[0], 2027);
	kit_set_clock(*state, at("2027-12-01T00:00:00+08:00"));
	assert_int_equal(calendar_missing_years(c, years), 2);
}

/* ---- import
 * ------------------------------------------------------------------------------------------------ */

#define HEADER "year,name,off_from,off_to,makeup_workdays\n"

static void an_imported_year_replaces_what_was_loaded(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct date due;
	int missing;
	assert_true(calendar_import(c, 2027, HEADER "2027,元旦,2027-01-01,2027-01-03,\n", "测试通知"));
	assert_true(calendar_nth_working_day(loaded(c), day("2026-12-30"), 5, &due, &missing));
	assert_date(due, "2027-01-07");
	assert_true(calendar_import(c, 2027, HEADER "2027,元旦,2027-01-01,2027-01-05,\n", "测试通知"));
	assert_true(calendar_nth_working_day(loaded(c), day("2026-12-30"), 5, &due, &missing));
	assert_date(due, "2027-01-11");
}

static void every_wrong_line_of_an_import_is_named(void **state)
{
	struct ctx *c = kit_ctx(*state);
	assert_false(calendar_import(c, 2027,
		"\xEF\xBB\xBF" HEADER "2027,元旦,2027-01-01,2027-02-30,\r\n"
		"2028,春节,2027-02-05,2027-02-11,\r\n"
		"2027,清明节,2027-04-03,2027-04-05,2027-04-06\r\n"
		"2027,劳动节,2027-05-01\r\n",
		"测试通知"));
	assert_string_equal(kit_problem(c), "date csv, year csv, weekday csv, columns csv");
	ctx_forgive(c);
	assert_false(calendar_import(c, 2027, HEADER, "测试通知"));
	ctx_forgive(c);
	assert_false(calendar_import(c, 2027, "节日,起,止\n", "测试通知"));
	ctx_forgive(c);
	assert_int_equal(calendar_day(loaded(c), day("2027-01-04")), DAY_UNKNOWN);
}

static void a_year_needs_its_basis(void **state)
{
	struct ctx *c = kit_ctx(*state);
	assert_false(calendar_import(c, 2027, HEADER "2027,元旦,2027-01-01,2027-01-03,\n", "  "));
	assert_string_equal(kit_problem(c), "required basis");
	ctx_forgive(c);
	assert_true(calendar_import(
		c, 2027, "# 来源：测试通知\n" HEADER "2027,元旦,2027-01-01,2027-01-03,\n", NULL));
}

/* ---- service time
 * -------------------------------------------------------------------------------------------- */

static void time_that_runs_past_closing_is_carried_into_the_next_morning(void **state)
{
	/* Hours until 18:00, 17:50 + 30 min: twenty minutes are left for the morning, not 18:20. */
	const struct service_hours hours = { { "09:00-18:00", "09:00-18:00", "09:00-18:00", "09:00-18:00",
		"09:00-18:00", "", "", "09:00-18:00", "" } };
	const struct calendar *calendar = with_hours(kit_ctx(*state), &hours);
	struct instant due;
	int missing;
	assert_true(calendar_add_service_time(
		calendar, at("2026-11-24T17:50:00+08:00"), 30 * MINUTE_MS, &due, &missing));
	assert_instant(due, "2026-11-25T09:20:00+08:00");
}

static void the_lunch_break_does_not_count(void **state)
{
	const struct calendar *calendar = loaded(kit_ctx(*state));
	struct instant due;
	int64_t ms;
	int missing;
	assert_true(calendar_add_service_time(
		calendar, at("2026-11-24T11:45:00+08:00"), 30 * MINUTE_MS, &due, &missing));
	assert_instant(due, "2026-11-24T13:45:00+08:00");
	assert_true(calendar_service_time(
		calendar, at("2026-11-24T11:45:00+08:00"), at("2026-11-24T13:45:00+08:00"), &ms, &missing));
	assert_int_equal(ms, 30 * MINUTE_MS);
}

static void what_comes_on_a_day_off_starts_at_the_next_served_minute(void **state)
{
	const struct calendar *calendar = loaded(kit_ctx(*state));
	struct instant due;
	int missing;
	assert_true(calendar_add_service_time(
		calendar, at("2026-10-03T10:00:00+08:00"), HOUR_MS, &due, &missing));
	assert_instant(due, "2026-10-08T09:30:00+08:00");
}

static void twenty_four_hours_a_day_have_no_gap_at_midnight(void **state)
{
	struct service_hours hours;
	for (int i = 0; i < HOURS_DAYS; i++)
		hours.windows[i] = "00:00-24:00";
	const struct calendar *calendar = with_hours(kit_ctx(*state), &hours);
	struct instant due;
	int64_t ms;
	int missing;
	assert_true(calendar_add_service_time(
		calendar, at("2026-09-30T22:30:00+08:00"), 6 * HOUR_MS, &due, &missing));
	assert_instant(due, "2026-10-01T04:30:00+08:00");
	assert_true(calendar_service_time(
		calendar, at("2026-09-30T22:30:00+08:00"), at("2026-10-01T04:30:00+08:00"), &ms, &missing));
	assert_int_equal(ms, 6 * HOUR_MS);
	/* Hours that are the same every day need no calendar. */
	assert_true(calendar_add_service_time(
		calendar, at("2031-12-31T23:00:00+08:00"), HOUR_MS, &due, &missing));
	assert_instant(due, "2032-01-01T00:00:00+08:00");
}

/* Another way of counting: minute by minute over the wall clock. */
static struct instant minute_by_minute(const struct calendar *calendar, const char *const windows[HOURS_DAYS],
	struct instant from, int minutes)
{
	struct instant now = from;
	while (minutes > 0) {
		struct date today = instant_date(now);
		int64_t minute = instant_clock(now) / MINUTE_MS;
		const char *name = calendar_day_name(calendar, today);
		enum day_kind kind = calendar_day(calendar, today);
		bool weekend = date_weekday(today) > 5;
		int which = strstr(name, "调休上班")			      ? (int)HOURS_MAKEUP
			    : kind == DAY_OFF && *name && !strstr(name, "周") ? (int)HOURS_HOLIDAY
									      : date_weekday(today) - 1;
		assert_true(weekend || kind != DAY_UNKNOWN);
		/* All windows of this test are 08:30-12:00,13:30-17:30 or nothing. */
		bool open = *windows[which] &&
			    ((minute >= 510 && minute < 720) || (minute >= 810 && minute < 1050));
		minutes -= open;
		now = instant_plus(now, MINUTE_MS);
	}
	return now;
}

static void every_subset_of_weekdays_gives_the_time_that_counting_minutes_gives(void **state)
{
	struct ctx *c = kit_ctx(*state);
	static const char office[] = "08:30-12:00,13:30-17:30";
	static const char *const starts[] = { "2026-09-28T07:00:00+08:00", "2026-10-03T12:30:00+08:00",
		"2026-02-13T17:29:00+08:00" };
	for (unsigned subset = 1; subset < 128; subset++) {
		struct service_hours hours;
		for (int i = 0; i < 7; i++)
			hours.windows[i] = subset & (1u << i) ? office : "";
		hours.windows[HOURS_MAKEUP] = subset % 2 ? office : "";
		hours.windows[HOURS_HOLIDAY] = "";
		const struct calendar *calendar = with_hours(c, &hours);
		for (size_t i = 0; i < 3; i++) {
			static const int amounts[] = { 1, 30, 450, 1000 };
			for (size_t a = 0; a < 4; a++) {
				struct instant from = at(starts[i]), due, slow;
				int64_t back;
				int missing;
				assert_true(calendar_add_service_time(
					calendar, from, amounts[a] * (int64_t)MINUTE_MS, &due, &missing));
				slow = minute_by_minute(calendar, hours.windows, from, amounts[a]);
				assert_int_equal(due.ms, slow.ms);
				assert_true(calendar_service_time(calendar, from, due, &back, &missing));
				assert_int_equal(back, amounts[a] * (int64_t)MINUTE_MS);
			}
		}
	}
}

/* ---- hours
 * ------------------------------------------------------------------------------------------------------ */

static void hours_without_any_window_are_refused(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct service_hours hours = { { "", "", "", "", "", "", "", "", "" } };
	assert_false(calendar_set_hours(c, 1, &hours));
	assert_string_equal(kit_problem(c), "no_hours monday");
	ctx_forgive(c);
	hours.windows[2] = "00:00-24:00";
	assert_true(calendar_set_hours(c, 1, &hours));
}

static void every_wrong_window_is_named(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct service_hours hours = service_hours_default;
	hours.windows[0] = "8:30-12:00";
	hours.windows[1] = "08:30-24:01";
	hours.windows[2] = "13:30-12:00";
	hours.windows[3] = "08:00-12:00,11:00-13:00";
	hours.windows[4] = "08:00-12:00,";
	assert_false(calendar_set_hours(c, 1, &hours));
	assert_string_equal(kit_problem(c),
		"windows monday, windows tuesday, windows wednesday, windows thursday, windows friday");
	ctx_forgive(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(make_up_saturdays_are_worked_and_holidays_are_not),
		kit_test(every_vector_of_working_days_holds),
		kit_test(a_year_without_a_calendar_gives_no_day),
		kit_test(the_next_year_is_missed_from_november_on),
		kit_test(an_imported_year_replaces_what_was_loaded),
		kit_test(every_wrong_line_of_an_import_is_named),
		kit_test(a_year_needs_its_basis),
		kit_test(time_that_runs_past_closing_is_carried_into_the_next_morning),
		kit_test(the_lunch_break_does_not_count),
		kit_test(what_comes_on_a_day_off_starts_at_the_next_served_minute),
		kit_test(twenty_four_hours_a_day_have_no_gap_at_midnight),
		kit_test(every_subset_of_weekdays_gives_the_time_that_counting_minutes_gives),
		kit_test(hours_without_any_window_are_refused),
		kit_test(every_wrong_window_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
