/* instant.h: points in time and calendar dates.
 *
 * An instant is milliseconds since 1970-01-01T00:00:00Z. A date is a day of the civil calendar in
 * Asia/Shanghai. China Standard Time is UTC+8 without summer time since 1991-09-15; between 1986 and 1991 it
 * had summer time, which instant_date() and instant_clock() honour, whatever the zone of the server is.
 */
#ifndef QIFU_BASE_INSTANT_H
#define QIFU_BASE_INSTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct instant {
	int64_t ms; /* 0 means "none" in a struct that a row was read into */
};

/* Days since 1970-01-01, civil. `NO_DATE` stands for a column that is null. */
struct date {
	int32_t day;
};
#define NO_DATE ((struct date){ INT32_MIN })

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };

/* Text of at least these sizes is handed in for the results below. */
enum { INSTANT_TEXT_SIZE = 32, DATE_TEXT_SIZE = 16 };

/* The machine's clock. Only the platform's clock (app.h) and the log call it: rules use ctx->now. */
struct instant instant_machine_now(void);

/* RFC 3339 with offset, the fraction optional ("2026-09-30T22:30:00+08:00", "…Z"). False when it is anything
 * else, or the day doesn't exist. */
bool instant_parse(const char *text, struct instant *out);

/* "2026-09-30T22:30:00+08:00" (milliseconds only when not zero). Returns `text`. */
const char *instant_text(struct instant at, char text[INSTANT_TEXT_SIZE]);

/* For people: "2026-09-30 22:30". Returns `text`. */
const char *instant_text_short(struct instant at, char text[INSTANT_TEXT_SIZE]);

/* The Shanghai day of an instant, and the milliseconds since that day's midnight. */
struct date instant_date(struct instant at);
int64_t instant_clock(struct instant at);

/* The instant of a day's midnight in Shanghai plus `clock_ms` (24 h is the next midnight). */
struct instant date_at(struct date day, int64_t clock_ms);

struct instant instant_plus(struct instant at, int64_t ms);

/* Dates. `date_make` is false for 2026-02-29, month 13, and years outside 1900–2999. */
bool date_make(int year, int month, int day, struct date *out);
bool date_parse(const char *text, struct date *out); /* "2026-02-28" only */
const char *date_text(struct date day, char text[DATE_TEXT_SIZE]);
void date_parts(struct date day, int *year, int *month, int *mday);
int date_year(struct date day);
int date_weekday(struct date day); /* 1 Monday … 7 Sunday */
struct date date_plus(struct date day, int days);

/* The same day `months` later; the month's last day when it has none (31 Jan + 1 month = 28 or 29 Feb). */
struct date date_plus_months(struct date day, int months);

#endif
