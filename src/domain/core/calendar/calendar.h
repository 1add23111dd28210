/* calendar.h: which days are worked.
 *
 * Days off and make-up days come from the State Council's yearly notice, loaded per year (rulebook/calendars/YYYY.csv,
 * or imported). A day in a year without a calendar is neither worked nor off: the question fails, and an alarm stands on
 * every screen until the year is loaded. Saturdays and Sundays are off unless the notice makes them working days.
 *
 * Service hours are the windows of a working day ("08:30-12:00,13:30-17:30"), per organisation with the nearest ancestor's
 * as the default; any of the 127 subsets of weekdays may be served; a set without any hour is refused.
 */
#ifndef QIFU_CALENDAR_H
#define QIFU_CALENDAR_H

#include "platform/db.h"

enum day_kind { DAY_UNKNOWN, DAY_WORKED, DAY_OFF };

/* All loaded years, read once per transaction and kept by the caller; small (a few kilobytes). Lives in the arena. */
struct calendar;
bool calendar_load(struct ctx *c, int64_t org_id, const struct calendar **calendar);

enum day_kind calendar_day(const struct calendar *calendar, struct date day);
/* "国庆节", "国庆节调休上班", "周六", "" for an ordinary working day. */
const char *calendar_day_name(const struct calendar *calendar, struct date day);

/* The nth working day after `from`; `from` itself is not counted (Civil Code art. 201). False when a year on the way has
 * no calendar: `*missing_year` names it. n is 1 … 400. */
bool calendar_nth_working_day(const struct calendar *calendar, struct date from, int n, struct date *day,
	int *missing_year);

/* `minutes` of service time after `from`, carried over closed hours and days: 17:50 + 30 min with hours until 18:00 is
 * 20 min into the next served morning. */
bool calendar_add_service_time(const struct calendar *calendar, struct instant from, int64_t milliseconds,
	struct instant *at, int *missing_year);
/* Service time between two instants, the same measure. */
bool calendar_service_time(const struct calendar *calendar, struct instant from, struct instant to,
	int64_t *milliseconds, int *missing_year);

/* Years that are needed (this one and, from November on, the next) and not loaded. At most 2; returns how many. */
int calendar_missing_years(struct ctx *c, int years[2]);

/* Loads the rows of one year's notice: "year,name,off_from,off_to,makeup_workdays" as in rulebook/calendars. Replaces the
 * year; every fault named with its line. Promises that are open are recomputed by the caller (promise.h). */
bool calendar_import(struct ctx *c, int year, const char *csv, const char *basis);

#endif
