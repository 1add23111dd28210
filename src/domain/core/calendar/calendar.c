/* calendar.c: calendars and service hours in the database. */
#include <string.h>

#include "base/text.h"
#include "domain/core/calendar/calendar_internal.h"
#include "platform/audit.h"
#include "platform/auth.h"
#include "platform/log.h"

static struct calendar *calendar_new(struct ctx *c)
{
	struct calendar *calendar = arena_new_object(c->arena, struct calendar);
	calendar->years = arena_array(c->arena, int, CALENDAR_YEARS_MOST);
	return calendar;
}

bool calendar_embedded(struct ctx *c, const struct service_hours *hours, const struct calendar **out)
{
	struct calendar *calendar = calendar_new(c);
	struct notice_file file;
	const char *csv;
	int year;
	calendar->days = arena_array(c->arena, struct special_day, CALENDAR_DAYS_MOST);
	for (size_t at = 0;
		calendar_next_embedded(&at, &year, &csv) && calendar->year_count < CALENDAR_YEARS_MOST;) {
		if (!calendar_read_csv(c, year, csv, &file))
			return false;
		for (size_t i = 0; i < file.count && calendar->day_count < CALENDAR_DAYS_MOST; i++)
			calendar->days[calendar->day_count++] = file.days[i];
		calendar->years[calendar->year_count++] = year;
	}
	calendar_put_in_order(calendar);
	calendar_use_hours(c, calendar, hours ? hours : &service_hours_default);
	*out = calendar;
	return true;
}

static bool read_years(struct ctx *c, struct calendar *calendar)
{
	struct rows *rows;
	if (!db_query(c, &rows, "SELECT year FROM calendar_year ORDER BY year DESC LIMIT $1",
		    V((int)CALENDAR_YEARS_MOST)))
		return false;
	while (rows_next(rows))
		calendar->years[calendar->year_count++] = (int)rows_int(rows, 0);
	return !ctx_failed(c);
}

static bool read_days(struct ctx *c, struct calendar *calendar)
{
	struct rows *rows;
	int64_t count;
	if (!db_number(c, &count, 0, "SELECT COUNT(*) FROM calendar_day"))
		return false;
	if (count > CALENDAR_DAYS_MOST)
		count = CALENDAR_DAYS_MOST;
	calendar->days = arena_array(c->arena, struct special_day, (size_t)count + 1);
	if (!db_query(c, &rows, "SELECT day, kind, name FROM calendar_day ORDER BY year DESC, day LIMIT $1",
		    V(count)))
		return false;
	while (rows_next(rows))
		calendar->days[calendar->day_count++] =
			(struct special_day){ .day = (int32_t)rows_int(rows, 0),
				.kind = (enum day_kind)rows_int(rows, 1),
				.name = rows_text(rows, 2) };
	calendar_put_in_order(calendar);
	return !ctx_failed(c);
}

/* The hours in force at an organisation: its own or the nearest ancestor's. */
static bool read_hours(struct ctx *c, int64_t org_id, struct calendar *calendar)
{
	static const char nearest[] =
		"SELECT h.monday, h.tuesday, h.wednesday, h.thursday, h.friday, h.saturday, h.sunday, "
		"h.makeup, h.holiday"
		" FROM org_tree mine JOIN service_hours h ON 1 = 1 JOIN org_tree theirs ON theirs.id = "
		"h.org_id"
		" WHERE mine.id = $1 AND substr(mine.path, 1, length(theirs.path)) = theirs.path"
		" ORDER BY length(theirs.path) DESC, h.org_id LIMIT 1";
	struct service_hours hours = service_hours_default;
	struct rows *rows;
	if (org_id != 0) {
		if (!db_query(c, &rows, nearest, V(org_id)))
			return false;
		if (rows_next(rows)) {
			for (int i = 0; i < HOURS_DAYS; i++)
				hours.windows[i] = rows_text(rows, i);
		}
		rows_close(rows);
		if (ctx_failed(c))
			return false;
	}
	calendar_use_hours(c, calendar, &hours);
	return true;
}

bool calendar_load(struct ctx *c, int64_t org_id, const struct calendar **out)
{
	if (!c->conn)
		return calendar_embedded(c, NULL, out);
	struct calendar *calendar = calendar_new(c);
	*out = calendar;
	return read_years(c, calendar) && read_days(c, calendar) && read_hours(c, org_id, calendar);
}

int calendar_missing_years(struct ctx *c, int years[2])
{
	int year, month, day, count = 0;
	date_parts(instant_date(c->now), &year, &month, &day);
	for (int i = 0; i < (month >= 11 ? 2 : 1); i++) {
		int64_t loaded;
		if (!db_number(
			    c, &loaded, 0, "SELECT COUNT(*) FROM calendar_year WHERE year = $1", V(year + i)))
			return count;
		if (loaded == 0)
			years[count++] = year + i;
	}
	return count;
}

static bool store(struct ctx *c, int year, const struct notice_file *file, const char *basis)
{
	const char *by = c->actor->kind == ACTOR_SYSTEM ? NULL : c->actor->name;
	if (!db_run(c, "DELETE FROM calendar_day WHERE year = $1", V(year)) ||
		!db_run(c,
			"INSERT INTO calendar_year (year, basis, loaded_at, loaded_by) VALUES ($1, $2, $3, "
			"$4)"
			" ON CONFLICT (year) DO UPDATE SET basis = $2, loaded_at = $3, loaded_by = $4",
			V(year), V(basis), V(c->now), V(by)))
		return false;
	for (size_t i = 0; i < file->count; i++) {
		if (!db_run(c, "INSERT INTO calendar_day (year, day, kind, name) VALUES ($1, $2, $3, $4)",
			    V(year), V(file->days[i].day), V((int)file->days[i].kind), V(file->days[i].name)))
			return false;
	}
	return true;
}

bool calendar_import(struct ctx *c, int year, const char *csv, const char *basis)
{
	struct notice_file file;
	if (year < 2000 || year > 2999)
		return fault(c, "year", "range", "年份应在 2000 到 2999 之间");
	if (!csv || text_is_blank(csv))
		return fault(c, "csv", "required", "请粘贴放假安排表");
	if (!calendar_read_csv(c, year, csv, &file))
		return false;
	if (!basis || text_is_blank(basis))
		basis = file.source;
	if (!basis)
		return fault(c, "basis", "required", "请填写依据，例如“国办发明电〔2024〕12号”");
	return store(c, year, &file, basis) &&
	       audit_record(c, "calendar.import", "calendar", year, 0, basis, NULL);
}

/* At start: years that came with the program and are not loaded yet. What people have imported stays. */
bool calendar_start(struct ctx *c)
{
	const char *csv;
	int year;
	for (size_t at = 0; calendar_next_embedded(&at, &year, &csv);) {
		int64_t loaded;
		if (!db_number(c, &loaded, 0, "SELECT COUNT(*) FROM calendar_year WHERE year = $1", V(year)))
			return false;
		if (loaded == 0 && !calendar_import(c, year, csv, NULL))
			return false;
	}
	return true;
}

bool calendar_set_hours(struct ctx *c, int64_t org_id, const struct service_hours *hours)
{
	static const char upsert[] =
		"INSERT INTO service_hours (org_id, monday, tuesday, wednesday, thursday, friday, saturday, "
		"sunday,"
		" makeup, holiday, changed_at, changed_by)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
		" ON CONFLICT (org_id) DO UPDATE SET monday = $2, tuesday = $3, wednesday = $4, thursday = "
		"$5,"
		" friday = $6, saturday = $7, sunday = $8, makeup = $9, holiday = $10, changed_at = $11,"
		" changed_by = $12";
	struct windows windows;
	const char *texts[HOURS_DAYS];
	bool any = false, good = true;
	for (int i = 0; i < HOURS_DAYS; i++) {
		texts[i] = hours->windows[i] ? hours->windows[i] : "";
		const char *wrong = windows_parse(c, texts[i], &windows);
		if (wrong)
			good = fault(c, hours_day_names[i], "windows", "%s：%s", hours_day_labels[i], wrong);
		/* A set with nothing but hours on holidays would leave a working-time promise without an end.
		 */
		any = any || (i <= HOURS_SUNDAY && windows.count > 0);
	}
	if (good && !any)
		good = fault(c, "monday", "no_hours", "一周之内至少要有一个服务时段");
	if (!good)
		return false;
	return db_run(c, upsert, V(org_id), V(texts[0]), V(texts[1]), V(texts[2]), V(texts[3]), V(texts[4]),
		       V(texts[5]), V(texts[6]), V(texts[7]), V(texts[8]), V(c->now), V(c->actor->name)) &&
	       audit_record(c, "service_hours.set", "calendar", org_id, org_id, NULL, NULL);
}
