/* promise_clock.c: deadlines as arithmetic. One measure for running, pausing and adding; no database.
 *
 * A clock runs in intervals: from the start to the first pause, from its end to the next … In each interval
 * what is left is either used up (then that instant is the deadline) or reduced by what the interval took, in
 * the measure of the kind. */
#include <stdlib.h>
#include <string.h>

#include "domain/core/promise/promise_internal.h"

enum { ROLL_DAYS_MOST = 60 };

int64_t unit_ms(const char *unit)
{
	if (strcmp(unit, "second") == 0)
		return SECOND_MS;
	if (strcmp(unit, "minute") == 0)
		return MINUTE_MS;
	if (strcmp(unit, "hour") == 0)
		return HOUR_MS;
	return DAY_MS;
}

int64_t clock_of_text(const char *text)
{
	if (!text || strlen(text) != 5 || text[2] != ':')
		return -1;
	for (int i = 0; i < 5; i++) {
		if (i != 2 && (text[i] < '0' || text[i] > '9'))
			return -1;
	}
	int64_t hours = (text[0] - '0') * 10 + text[1] - '0', minutes = (text[3] - '0') * 10 + text[4] - '0';
	if (minutes > 59 || hours * 60 + minutes > 24 * 60)
		return -1;
	return hours * HOUR_MS + minutes * MINUTE_MS;
}

bool promise_needs_calendar(const struct promise_rule *rule)
{
	return rule->kind == KIND_WORKING_TIME || rule->kind == KIND_WORKING_DAYS ||
	       rule->kind == KIND_CALENDAR_DAYS;
}

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	return (x->from.ms > y->from.ms) - (x->from.ms < y->from.ms);
}

size_t spans_join(struct span *spans, size_t count)
{
	size_t kept = 0;
	if (count > 1)
		qsort(spans, count, sizeof *spans, by_start);
	for (size_t i = 0; i < count; i++) {
		struct span *last = kept > 0 ? &spans[kept - 1] : NULL;
		if (last && (last->to.ms == 0 || spans[i].from.ms <= last->to.ms)) {
			if (last->to.ms != 0 && (spans[i].to.ms == 0 || spans[i].to.ms > last->to.ms))
				last->to = spans[i].to;
		} else {
			spans[kept++] = spans[i];
		}
	}
	return kept;
}

/* ---- one interval
 * -------------------------------------------------------------------------------------------------- */

static struct instant end_of_day(const struct promise_clock *clock, struct date day)
{
	int64_t at =
		clock->limit.due_clock >= 0 ? clock->limit.due_clock : calendar_closing(clock->calendar, day);
	return date_at(day, at);
}

/* The day itself when it is worked, else the next that is (Civil Code art. 203). */
static bool roll_to_worked(const struct calendar *calendar, struct date *day, int *missing_year)
{
	for (int i = 0; i < ROLL_DAYS_MOST; i++, *day = date_plus(*day, 1)) {
		enum day_kind kind = calendar_day(calendar, *day);
		if (kind == DAY_WORKED)
			return true;
		if (kind == DAY_UNKNOWN)
			break;
	}
	*missing_year = date_year(*day);
	return false;
}

static bool add_days(const struct promise_clock *clock, struct instant from, int64_t left, struct instant *at,
	int *missing_year)
{
	struct date day = instant_date(from);
	if (clock->rule->kind == KIND_CALENDAR_DAYS)
		day = date_plus(day, (int)left);
	else if (left > 0 && !calendar_nth_working_day(clock->calendar, day, (int)left, &day, missing_year))
		return false;
	if (!roll_to_worked(clock->calendar, &day, missing_year))
		return false;
	*at = end_of_day(clock, day);
	return true;
}

/* The instant at which `left` is used up when the clock runs on from `from`. */
static bool runs_out(const struct promise_clock *clock, struct instant from, int64_t left, struct instant *at,
	int *missing_year)
{
	switch (clock->rule->kind) {
	case KIND_WORKING_TIME:
		return calendar_add_service_time(clock->calendar, from, left, at, missing_year);
	case KIND_WORKING_DAYS:
	case KIND_CALENDAR_DAYS:
		return add_days(clock, from, left, at, missing_year);
	case KIND_ELAPSED:
	case KIND_CLOCK_WINDOW:
	default:
		*at = instant_plus(from, left);
		return true;
	}
}

static bool working_days_between(
	const struct calendar *calendar, struct date from, struct date to, int64_t *days, int *missing_year)
{
	*days = 0;
	for (struct date day = date_plus(from, 1); day.day <= to.day; day = date_plus(day, 1)) {
		enum day_kind kind = calendar_day(calendar, day);
		if (kind == DAY_UNKNOWN) {
			*missing_year = date_year(day);
			return false;
		}
		*days += kind == DAY_WORKED;
	}
	return true;
}

/* What an interval takes, in the measure of the kind. The day of the event is not counted, at a start as at a
 * resumption. */
static bool takes(const struct promise_clock *clock, struct instant from, struct instant to, int64_t *amount,
	int *missing_year)
{
	switch (clock->rule->kind) {
	case KIND_WORKING_TIME:
		return calendar_service_time(clock->calendar, from, to, amount, missing_year);
	case KIND_WORKING_DAYS:
		return working_days_between(
			clock->calendar, instant_date(from), instant_date(to), amount, missing_year);
	case KIND_CALENDAR_DAYS:
		*amount = instant_date(to).day - instant_date(from).day;
		return true;
	case KIND_ELAPSED:
	case KIND_CLOCK_WINDOW:
	default:
		*amount = to.ms - from.ms;
		return true;
	}
}

/* ---- the whole amount
 * ---------------------------------------------------------------------------------------------- */

static bool starts_at_night(const struct promise_rule *rule, int64_t clock)
{
	if (rule->night_amount == 0)
		return false;
	if (rule->night_from <= rule->night_to)
		return clock >= rule->night_from && clock < rule->night_to;
	return clock >= rule->night_from || clock < rule->night_to;
}

static int64_t whole_amount(const struct promise_clock *clock)
{
	const struct promise_rule *rule = clock->rule;
	int64_t day_clock = instant_clock(clock->started);
	if (rule->kind == KIND_WORKING_DAYS || rule->kind == KIND_CALENDAR_DAYS)
		return clock->limit.amount;
	int64_t amount = clock->limit.amount * unit_ms(rule->unit);
	if (starts_at_night(rule, day_clock)) {
		int64_t night = rule->night_amount * unit_ms(rule->unit);
		amount = night > amount ? night : amount;
	}
	if (rule->kind == KIND_CLOCK_WINDOW && day_clock >= rule->late_from)
		amount = date_at(date_plus(instant_date(clock->started), 1), rule->late_due).ms -
			 clock->started.ms;
	if (rule->appointment_due && clock->appointment_from.ms != 0) {
		struct instant agreed = clock->appointment_from;
		if (strcmp(rule->appointment_due, "to") == 0 && clock->appointment_to.ms != 0)
			agreed = clock->appointment_to;
		/* An appointment only ever gives more time than "at once". */
		amount = agreed.ms - clock->started.ms > amount ? agreed.ms - clock->started.ms : amount;
	}
	return amount;
}

bool promise_clock_due(const struct promise_clock *clock, struct instant *due, int *missing_year)
{
	int64_t left = whole_amount(clock), taken;
	struct instant from = clock->started;
	*missing_year = 0;
	for (size_t i = 0; i < clock->pause_count; i++) {
		const struct span *pause = &clock->pauses[i];
		if (pause->to.ms != 0 && pause->to.ms <= from.ms)
			continue;
		struct instant end = pause->from.ms > from.ms ? pause->from : from;
		if (end.ms > from.ms) {
			if (!runs_out(clock, from, left, due, missing_year))
				return false;
			if (due->ms <= end.ms)
				return true;
			if (!takes(clock, from, end, &taken, missing_year))
				return false;
			left -= taken;
		}
		if (pause->to.ms == 0) {
			*due = (struct instant){ 0 };
			return true;
		}
		from = pause->to;
	}
	return runs_out(clock, from, left, due, missing_year);
}

int64_t promise_clock_running(const struct promise_clock *clock, struct instant end)
{
	int64_t running = 0;
	struct instant from = clock->started;
	for (size_t i = 0; i < clock->pause_count && from.ms < end.ms; i++) {
		const struct span *pause = &clock->pauses[i];
		int64_t until = pause->from.ms < end.ms ? pause->from.ms : end.ms;
		running += until > from.ms ? until - from.ms : 0;
		if (pause->to.ms == 0)
			return running;
		from = pause->to.ms > from.ms ? pause->to : from;
	}
	return running + (end.ms > from.ms ? end.ms - from.ms : 0);
}

/* The opening of the day `n` working days before the due day. */
static bool days_before(const struct promise_clock *clock, struct instant due, int64_t n, struct instant *at,
	int *missing_year)
{
	/* A deadline at 24:00 is the end of the day before. */
	struct date day = instant_date(instant_plus(due, -1));
	while (n > 0) {
		day = date_plus(day, -1);
		enum day_kind kind = calendar_day(clock->calendar, day);
		if (kind == DAY_UNKNOWN) {
			*missing_year = date_year(day);
			return false;
		}
		n -= kind == DAY_WORKED;
	}
	return calendar_add_service_time(clock->calendar, date_at(day, 0), 0, at, missing_year);
}

bool promise_clock_step(const struct promise_clock *clock, const struct promise_step *step,
	struct instant due, struct instant *at, int *missing_year)
{
	*missing_year = 0;
	if (strcmp(step->unit, "working_day") == 0 && clock->calendar && step->before) {
		if (!days_before(clock, due, step->amount, at, missing_year))
			return false;
	} else if (strcmp(step->unit, "working_day") == 0 && clock->calendar) {
		struct date day;
		if (!calendar_nth_working_day(
			    clock->calendar, instant_date(due), (int)step->amount, &day, missing_year))
			return false;
		*at = date_at(day, 0);
	} else {
		int64_t shift = step->amount * unit_ms(step->unit);
		*at = instant_plus(due, step->before ? -shift : shift);
	}
	if (at->ms < clock->started.ms)
		*at = clock->started;
	if (promise_needs_calendar(clock->rule))
		return calendar_add_service_time(clock->calendar, *at, 0, at, missing_year);
	return true;
}
