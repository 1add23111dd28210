/* calendar_time.c: counting days and service time. Knows no database. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/core/calendar/calendar_internal.h"

enum { COUNT_DAYS_MOST = 8000, CLOSING_DEFAULT_MS = 17 * HOUR_MS + 30 * MINUTE_MS };

const char *const hours_day_names[HOURS_DAYS] = { "monday", "tuesday", "wednesday", "thursday", "friday",
	"saturday", "sunday", "makeup", "holiday" };
const char *const hours_day_labels[HOURS_DAYS] = { "周一", "周二", "周三", "周四", "周五", "周六", "周日",
	"调休上班日", "法定放假日" };
#define OFFICE "08:30-12:00,13:30-17:30"
const struct service_hours service_hours_default = { { OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, "", "", OFFICE,
	"" } };

/* ---- windows
 * ------------------------------------------------------------------------------------------------ */

/* "HH:MM", 24:00 allowed; -1 when it is not. */
static int64_t clock_parse(const char *text)
{
	for (int i = 0; i < 5; i++) {
		if (i == 2 ? text[i] != ':' : text[i] < '0' || text[i] > '9')
			return -1;
	}
	int hours = (text[0] - '0') * 10 + text[1] - '0', minutes = (text[3] - '0') * 10 + text[4] - '0';
	if (minutes > 59 || hours > 24 || (hours == 24 && minutes != 0))
		return -1;
	return (int64_t)hours * HOUR_MS + (int64_t)minutes * MINUTE_MS;
}

const char *windows_parse(struct ctx *c, const char *text, struct windows *windows)
{
	static const char shape[] = "时段应写成 08:30-12:00,13:30-17:30，可到 24:00";
	*windows = (struct windows){ .count = 0 };
	for (const char *at = text; *at;) {
		if (windows->count == WINDOWS_MOST)
			return arena_format(c->arena, "一天最多 %d 个时段", WINDOWS_MOST);
		if (strlen(at) < 11 || at[5] != '-' || (at[11] != '\0' && at[11] != ','))
			return shape;
		struct window window = { clock_parse(at), clock_parse(at + 6) };
		if (window.from < 0 || window.to < 0)
			return shape;
		if (window.from >= window.to)
			return "每个时段的止时要晚于起时；跨过零点的请分成两天填写";
		if (windows->count > 0 && windows->window[windows->count - 1].to > window.from)
			return "时段要按先后填写，且不能重叠";
		windows->window[windows->count++] = window;
		at += 11;
		if (*at == ',' && *++at == '\0')
			return shape;
	}
	return NULL;
}

void calendar_use_hours(struct ctx *c, struct calendar *calendar, const struct service_hours *hours)
{
	calendar->always_same = true;
	for (int i = 0; i < HOURS_DAYS; i++) {
		/* What is stored was checked when it was set. */
		if (windows_parse(c, hours->windows[i] ? hours->windows[i] : "", &calendar->hours[i]))
			calendar->hours[i].count = 0;
		if (memcmp(&calendar->hours[i], &calendar->hours[0], sizeof calendar->hours[0]) != 0)
			calendar->always_same = false;
	}
}

/* ---- days
 * --------------------------------------------------------------------------------------------------- */

static int by_day(const void *a, const void *b)
{
	const struct special_day *x = a, *y = b;
	return (x->day > y->day) - (x->day < y->day);
}

void calendar_put_in_order(struct calendar *calendar)
{
	if (calendar->day_count > 0)
		qsort(calendar->days, calendar->day_count, sizeof *calendar->days, by_day);
}

static const struct special_day *special(const struct calendar *calendar, struct date day)
{
	struct special_day key = { .day = day.day };
	if (calendar->day_count == 0)
		return NULL;
	return bsearch(&key, calendar->days, calendar->day_count, sizeof key, by_day);
}

static bool year_is_loaded(const struct calendar *calendar, int year)
{
	for (size_t i = 0; i < calendar->year_count; i++) {
		if (calendar->years[i] == year)
			return true;
	}
	return false;
}

enum day_kind calendar_day(const struct calendar *calendar, struct date day)
{
	if (!year_is_loaded(calendar, date_year(day)))
		return DAY_UNKNOWN;
	const struct special_day *found = special(calendar, day);
	if (found)
		return found->kind;
	return date_weekday(day) < 6 ? DAY_WORKED : DAY_OFF;
}

const char *calendar_day_name(const struct calendar *calendar, struct date day)
{
	const struct special_day *found = special(calendar, day);
	if (found)
		return found->name;
	int weekday = date_weekday(day);
	return weekday < 6 ? "" : hours_day_labels[weekday - 1];
}

bool calendar_nth_working_day(
	const struct calendar *calendar, struct date from, int n, struct date *day, int *missing_year)
{
	*day = from;
	*missing_year = 0;
	for (int counted = 0; counted < n;) {
		*day = date_plus(*day, 1);
		enum day_kind kind = calendar_day(calendar, *day);
		if (kind == DAY_UNKNOWN) {
			*missing_year = date_year(*day);
			return false;
		}
		if (kind == DAY_WORKED)
			counted++;
	}
	return true;
}

/* ---- service time
 * --------------------------------------------------------------------------------------------- */

/* NULL: nobody knows, since the year has no calendar. */
static const struct windows *windows_of(const struct calendar *calendar, struct date day)
{
	if (calendar->always_same)
		return &calendar->hours[0];
	if (!year_is_loaded(calendar, date_year(day)))
		return NULL;
	const struct special_day *found = special(calendar, day);
	if (found)
		return &calendar->hours[found->kind == DAY_WORKED ? HOURS_MAKEUP : HOURS_HOLIDAY];
	return &calendar->hours[date_weekday(day) - 1];
}

int64_t calendar_closing(const struct calendar *calendar, struct date day)
{
	const struct windows *windows = windows_of(calendar, day);
	if (!windows || windows->count == 0)
		return CLOSING_DEFAULT_MS;
	return windows->window[windows->count - 1].to;
}

bool calendar_add_service_time(const struct calendar *calendar, struct instant from, int64_t milliseconds,
	struct instant *at, int *missing_year)
{
	struct date day = instant_date(from);
	int64_t clock = instant_clock(from), left = milliseconds;
	*missing_year = 0;
	for (int i = 0; i < COUNT_DAYS_MOST; i++, day = date_plus(day, 1), clock = 0) {
		const struct windows *windows = windows_of(calendar, day);
		if (!windows) {
			*missing_year = date_year(day);
			return false;
		}
		for (size_t w = 0; w < windows->count; w++) {
			int64_t start = windows->window[w].from > clock ? windows->window[w].from : clock;
			int64_t room = windows->window[w].to - start;
			if (room > 0 && left <= room) {
				*at = date_at(day, start + left);
				return true;
			}
			left -= room > 0 ? room : 0;
		}
	}
	*missing_year = date_year(day);
	return false;
}

bool calendar_service_time(const struct calendar *calendar, struct instant from, struct instant to,
	int64_t *milliseconds, int *missing_year)
{
	int64_t sum = 0;
	struct date last = instant_date(to);
	*milliseconds = 0;
	*missing_year = 0;
	if (to.ms <= from.ms)
		return true;
	for (struct date day = instant_date(from); day.day <= last.day; day = date_plus(day, 1)) {
		const struct windows *windows = windows_of(calendar, day);
		if (!windows) {
			*missing_year = date_year(day);
			return false;
		}
		for (size_t w = 0; w < windows->count; w++) {
			int64_t start = date_at(day, windows->window[w].from).ms;
			int64_t end = date_at(day, windows->window[w].to).ms;
			start = start < from.ms ? from.ms : start;
			end = end > to.ms ? to.ms : end;
			sum += end > start ? end - start : 0;
		}
	}
	*milliseconds = sum;
	return true;
}
