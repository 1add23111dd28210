/* instant.c: the civil calendar of Asia/Shanghai, without the machine's zone or its zone files. */
#include "base/instant.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { STANDARD_OFFSET = 8 * HOUR_MS, SUMMER_OFFSET = 9 * HOUR_MS };

/* Summer times in UTC, as the IANA time zone database has them (Asia/Shanghai): from 02:00 standard time of
 * the first day until 02:00 summer time of the last. Those before 1950 are left out: no instant of ours is
 * that old. */
static const struct {
	int64_t from_ms, until_ms;
} summers[] = {
	{ 515527200000, 527014800000 }, /* 1986-05-04 … 1986-09-14 */
	{ 545162400000, 558464400000 }, /* 1987-04-12 … 1987-09-13 */
	{ 577216800000, 589914000000 }, /* 1988-04-17 … 1988-09-11 */
	{ 608666400000, 621968400000 }, /* 1989-04-16 … 1989-09-17 */
	{ 640116000000, 653418000000 }, /* 1990-04-15 … 1990-09-16 */
	{ 671565600000, 684867600000 }, /* 1991-04-14 … 1991-09-15 */
};

static int64_t offset_at(int64_t utc_ms)
{
	for (size_t i = 0; i < sizeof summers / sizeof *summers; i++)
		if (utc_ms >= summers[i].from_ms && utc_ms < summers[i].until_ms)
			return SUMMER_OFFSET;
	return STANDARD_OFFSET;
}

static int64_t plus(int64_t a, int64_t b)
{
	int64_t sum;
	if (__builtin_add_overflow(a, b, &sum))
		return b > 0 ? INT64_MAX : INT64_MIN;
	return sum;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static struct date date_of(int64_t day)
{
	if (day > INT32_MAX)
		return (struct date){ INT32_MAX };
	if (day <= INT32_MIN) /* the lowest number itself means "none" */
		return (struct date){ INT32_MIN + 1 };
	return (struct date){ (int32_t)day };
}

struct instant instant_machine_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (struct instant){ (int64_t)now.tv_sec * SECOND_MS + now.tv_nsec / 1000000 };
}

struct date instant_date(struct instant at)
{
	return date_of(floor_divide(plus(at.ms, offset_at(at.ms)), DAY_MS));
}

int64_t instant_clock(struct instant at)
{
	int64_t local = plus(at.ms, offset_at(at.ms));
	return local - floor_divide(local, DAY_MS) * DAY_MS;
}

/* The hand of the clock decides. An hour that was skipped counts on from before the skip, an hour that came
 * twice is its first. */
struct instant date_at(struct date day, int64_t clock_ms)
{
	int64_t local = plus((int64_t)day.day * DAY_MS, clock_ms);
	int64_t in_summer = plus(local, -SUMMER_OFFSET);
	if (offset_at(in_summer) == SUMMER_OFFSET)
		return (struct instant){ in_summer };
	return (struct instant){ plus(local, -STANDARD_OFFSET) };
}

struct instant instant_plus(struct instant at, int64_t ms)
{
	return (struct instant){ plus(at.ms, ms) };
}

/* Digits of exactly `count`; moves `*text` behind them. */
static bool take_number(const char **text, int count, int *number)
{
	*number = 0;
	for (int i = 0; i < count; i++) {
		char c = (*text)[i];
		if (c < '0' || c > '9')
			return false;
		*number = *number * 10 + (c - '0');
	}
	*text += count;
	return true;
}

static bool take_mark(const char **text, char mark)
{
	if (**text != mark)
		return false;
	++*text;
	return true;
}

static bool take_date(const char **text, struct date *out)
{
	int year, month, day;
	return take_number(text, 4, &year) && take_mark(text, '-') && take_number(text, 2, &month) &&
	       take_mark(text, '-') && take_number(text, 2, &day) && date_make(year, month, day, out);
}

/* No leap seconds: an instant cannot hold 23:59:60. */
static bool take_time(const char **text, int64_t *ms)
{
	int hour, minute, second;
	if (!(take_number(text, 2, &hour) && take_mark(text, ':') && take_number(text, 2, &minute) &&
		    take_mark(text, ':') && take_number(text, 2, &second)))
		return false;
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*ms = (int64_t)hour * HOUR_MS + (int64_t)minute * MINUTE_MS + (int64_t)second * SECOND_MS;
	if (!take_mark(text, '.'))
		return true;
	int digit, weight = 100;
	if (!take_number(text, 1, &digit))
		return false;
	do { /* what is finer than a millisecond is cut off */
		*ms += (int64_t)digit * weight;
		weight /= 10;
	} while (take_number(text, 1, &digit));
	return true;
}

static bool take_offset(const char **text, int64_t *ms)
{
	*ms = 0;
	if (take_mark(text, 'Z') || take_mark(text, 'z'))
		return true;
	bool west = **text == '-';
	int hours, minutes;
	if (!take_mark(text, '+') && !take_mark(text, '-'))
		return false;
	if (!(take_number(text, 2, &hours) && take_mark(text, ':') && take_number(text, 2, &minutes)))
		return false;
	*ms = (int64_t)hours * HOUR_MS + (int64_t)minutes * MINUTE_MS;
	if (west)
		*ms = -*ms;
	return hours <= 23 && minutes <= 59;
}

bool instant_parse(const char *text, struct instant *out)
{
	struct date day;
	int64_t clock, offset;
	if (!text || !take_date(&text, &day) || !(take_mark(&text, 'T') || take_mark(&text, 't')) ||
		!take_time(&text, &clock) || !take_offset(&text, &offset) || *text)
		return false;
	out->ms = (int64_t)day.day * DAY_MS + clock - offset;
	return true;
}

const char *instant_text(struct instant at, char text[INSTANT_TEXT_SIZE])
{
	int year, month, day;
	date_parts(instant_date(at), &year, &month, &day);
	int clock = (int)instant_clock(at);
	int length = snprintf(text, INSTANT_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day,
		clock / HOUR_MS, clock / MINUTE_MS % 60, clock / SECOND_MS % 60);
	if (clock % SECOND_MS)
		length += snprintf(
			text + length, INSTANT_TEXT_SIZE - (size_t)length, ".%03d", clock % SECOND_MS);
	snprintf(text + length, INSTANT_TEXT_SIZE - (size_t)length, "+%02d:00",
		(int)(offset_at(at.ms) / HOUR_MS));
	return text;
}

const char *instant_text_short(struct instant at, char text[INSTANT_TEXT_SIZE])
{
	int year, month, day;
	date_parts(instant_date(at), &year, &month, &day);
	int clock = (int)instant_clock(at);
	snprintf(text, INSTANT_TEXT_SIZE, "%04d-%02d-%02d %02d:%02d", year, month, day, clock / HOUR_MS,
		clock / MINUTE_MS % 60);
	return text;
}
