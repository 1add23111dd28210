/* calendar_write.c: calendars and hours as JSON. */
#include "base/text.h"
#include "domain/core/calendar/calendar_internal.h"
#include "platform/auth.h"

bool calendar_write_years(struct ctx *c, struct json_out *out)
{
	static const char years[] =
		"SELECT y.year, y.basis, y.loaded_at, y.loaded_by,"
		" (SELECT COUNT(*) FROM calendar_day d WHERE d.year = y.year AND d.kind = 2),"
		" (SELECT COUNT(*) FROM calendar_day d WHERE d.year = y.year AND d.kind = 1)"
		" FROM calendar_year y ORDER BY y.year";
	struct rows *rows;
	int missing[2], count = calendar_missing_years(c, missing);
	if (ctx_failed(c) || !db_query(c, &rows, years))
		return false;
	out_object_open(out);
	out_key(out, "years");
	out_array_open(out);
	while (rows_next(rows)) {
		out_object_open(out);
		put_int(out, "year", rows_int(rows, 0));
		put_text(out, "basis", rows_text(rows, 1));
		put_instant(out, "loaded_at", rows_instant(rows, 2));
		put_text(out, "loaded_by", rows_text(rows, 3));
		put_int(out, "days_off", rows_int(rows, 4));
		put_int(out, "makeup_days", rows_int(rows, 5));
		out_object_close(out);
	}
	out_array_close(out);
	out_key(out, "missing");
	out_array_open(out);
	for (int i = 0; i < count; i++)
		out_int(out, missing[i]);
	out_array_close(out);
	out_object_close(out);
	return !ctx_failed(c);
}

bool calendar_write_year(struct ctx *c, int64_t year, struct json_out *out)
{
	struct rows *rows;
	if (!db_query(c, &rows, "SELECT basis, loaded_at FROM calendar_year WHERE year = $1", V(year)))
		return false;
	if (!rows_next(rows))
		return !ctx_failed(c) &&
		       fail(c, NOT_FOUND, "%lld 年的工作日历还没有导入，请导入国务院办公厅的放假通知",
			       (long long)year);
	out_object_open(out);
	put_int(out, "year", year);
	put_text(out, "basis", rows_text(rows, 0));
	put_instant(out, "loaded_at", rows_instant(rows, 1));
	rows_close(rows);
	if (!db_query(c, &rows, "SELECT day, kind, name FROM calendar_day WHERE year = $1 ORDER BY day",
		    V(year)))
		return false;
	out_key(out, "days");
	out_array_open(out);
	while (rows_next(rows)) {
		out_object_open(out);
		put_date(out, "date", rows_date(rows, 0));
		put_text(out, "kind", rows_int(rows, 1) == DAY_WORKED ? "worked" : "off");
		put_text(out, "name", rows_text(rows, 2));
		out_object_close(out);
	}
	out_array_close(out);
	out_object_close(out);
	return !ctx_failed(c);
}

static void put_hours(struct json_out *out, const char *const windows[HOURS_DAYS])
{
	for (int i = 0; i < HOURS_DAYS; i++)
		put_text(out, hours_day_names[i], windows[i]);
}

bool calendar_write_hours(struct ctx *c, int permission, struct json_out *out)
{
	struct text_builder sql = { .arena = c->arena };
	struct value values[FENCE_VALUES];
	struct rows *rows;
	size_t count = 0;
	text_add(&sql,
		"SELECT h.org_id, o.name, h.monday, h.tuesday, h.wednesday, h.thursday, h.friday, h.saturday,"
		" h.sunday, h.makeup, h.holiday, h.changed_at, h.changed_by FROM service_hours h"
		" JOIN org_tree o ON o.id = h.org_id WHERE ");
	fence_condition(c, permission, "h.org_id", &sql, values, &count);
	text_add(&sql, " ORDER BY o.path, h.org_id LIMIT 1000");
	if (!db_query_values(c, &rows, text_built(&sql), values, count))
		return false;
	out_object_open(out);
	out_key(out, "default");
	out_object_open(out);
	put_hours(out, service_hours_default.windows);
	out_object_close(out);
	out_key(out, "items");
	out_array_open(out);
	while (rows_next(rows)) {
		const char *windows[HOURS_DAYS];
		for (int i = 0; i < HOURS_DAYS; i++)
			windows[i] = rows_text(rows, 2 + i);
		out_object_open(out);
		put_id(out, "org_id", rows_int(rows, 0));
		put_text(out, "org_name", rows_text(rows, 1));
		put_hours(out, windows);
		put_instant(out, "changed_at", rows_instant(rows, 11));
		put_text(out, "changed_by", rows_text(rows, 12));
		out_object_close(out);
	}
	out_array_close(out);
	out_object_close(out);
	return !ctx_failed(c);
}
