/* calendar_internal.h: shared by the files of this module only. */
#ifndef QIFU_CALENDAR_INTERNAL_H
#define QIFU_CALENDAR_INTERNAL_H

#include "domain/core/calendar/calendar.h"
#include "platform/json.h"

enum { CALENDAR_YEARS_MOST = 100, CALENDAR_DAYS_MOST = 6000, WINDOWS_MOST = 8, NOTICE_DAYS_MOST = 120 };

struct special_day {
	int32_t day;
	enum day_kind kind;
	const char *name;
};

struct window {
	int64_t from, to; /* ms since midnight */
};
struct windows {
	size_t count;
	struct window window[WINDOWS_MOST];
};

struct calendar {
	int *years;
	size_t year_count;
	struct special_day *days; /* by day */
	size_t day_count;
	struct windows hours[HOURS_DAYS];
	bool always_same; /* all kinds of day have the same windows: no notice is needed to know them */
};

/* One year's notice as read from CSV. */
struct notice_file {
	const char *source; /* of the comment line "# 来源：…"; NULL */
	struct special_day *days;
	size_t count;
};
/* A fault for every line that is wrong. */
bool calendar_read_csv(struct ctx *c, int year, const char *csv, struct notice_file *file);

/* The embedded rulebook/calendars/YYYY.csv, in order; false at the end. */
bool calendar_next_embedded(size_t *position, int *year, const char **csv);

/* NULL when good, else a sentence. */
const char *windows_parse(struct ctx *c, const char *text, struct windows *windows);

bool calendar_start(struct ctx *c);
void calendar_put_in_order(struct calendar *calendar);
void calendar_use_hours(struct ctx *c, struct calendar *calendar, const struct service_hours *hours);

bool calendar_write_years(struct ctx *c, struct json_out *out);
bool calendar_write_year(struct ctx *c, int64_t year, struct json_out *out);
bool calendar_write_hours(struct ctx *c, int permission, struct json_out *out);

#endif
