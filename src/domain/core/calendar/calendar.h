/* calendar.h: which days are worked.
 *
 * Days off and make-up days come from the State Council's yearly notice, loaded per year
 * (rulebook/calendars/YYYY.csv, or imported). A day in a year without a calendar is neither worked nor off:
 * the question fails, and an alarm stands on every screen until the year is loaded. Saturdays and Sundays are
 * off unless the notice makes them working days.
 *
 * Service hours are the windows of a working day ("08:30-12:00,13:30-17:30"), per organisation with the
 * nearest ancestor's as the default; any of the 127 subsets of weekdays may be served; a set without any hour
 * is refused.
 */
#ifndef QIFU_CALENDAR_H
#define QIFU_CALENDAR_H

#include "platform/db.h"

enum day_kind { DAY_UNKNOWN, DAY_WORKED, DAY_OFF };

/* All loaded years, read once per transaction and kept by the caller; small (a few kilobytes). Lives in the
 * arena. */
struct calendar;
bool calendar_load(struct ctx *c, int64_t org_id, const struct calendar **calendar);

enum day_kind calendar_day(const struct calendar *calendar, struct date day);
/* "国庆节", "国庆节调休上班", "周六", "" for an ordinary working day. */
const char *calendar_day_name(const struct calendar *calendar, struct date day);

/* The nth working day after `from`; `from` itself is not counted (Civil Code art. 201). False when a year on
 * the way has no calendar: `*missing_year` names it. n is 1 … 400. */
bool calendar_nth_working_day(
	const struct calendar *calendar, struct date from, int n, struct date *day, int *missing_year);

/* `minutes` of service time after `from`, carried over closed hours and days: 17:50 + 30 min with hours until
 * 18:00 is 20 min into the next served morning. */
bool calendar_add_service_time(const struct calendar *calendar, struct instant from, int64_t milliseconds,
	struct instant *at, int *missing_year);
/* Service time between two instants, the same measure. */
bool calendar_service_time(const struct calendar *calendar, struct instant from, struct instant to,
	int64_t *milliseconds, int *missing_year);

/* When business ends on a day, in milliseconds since its midnight: the end of its last window; 17:30 when it
 * has none (Civil Code art. 203: a period ends when business ends on its last day). */
int64_t calendar_closing(const struct calendar *calendar, struct date day);

/* Years that are needed (this one and, from November on, the next) and not loaded. At most 2; returns how
 * many. */
int calendar_missing_years(struct ctx *c, int years[2]);

/* Loads the rows of one year's notice: "year,name,off_from,off_to,makeup_workdays" as in rulebook/calendars.
 * Replaces the year; every fault named with its line. Promises that are open are recomputed by the caller
 * (promise.h). */
bool calendar_import(struct ctx *c, int year, const char *csv, const char *basis);

/* Service hours: one text of windows for each of these days, "" for closed. A make-up day (调休上班日) and a
 * public holiday have windows of their own, since neither is an ordinary weekday. */
enum hours_day { HOURS_MONDAY, HOURS_SUNDAY = 6, HOURS_MAKEUP, HOURS_HOLIDAY, HOURS_DAYS };
struct service_hours {
	const char *windows[HOURS_DAYS]; /* "08:30-12:00,13:30-17:30"; 24:00 may end a window */
};
extern const char *const hours_day_names[HOURS_DAYS];  /* "monday" … "sunday", "makeup", "holiday" */
extern const char *const hours_day_labels[HOURS_DAYS]; /* 周一 … */
extern const struct service_hours service_hours_default;
/* Replaces the organisation's hours; a fault for every text that is no list of windows, and when no day has
 * any. Promises that are open are recomputed by the caller. */
bool calendar_set_hours(struct ctx *c, int64_t org_id, const struct service_hours *hours);
/* A calendar of the years that the program itself carries and the given hours (NULL: the default), without a
 * database. */
bool calendar_embedded(struct ctx *c, const struct service_hours *hours, const struct calendar **calendar);

#endif
