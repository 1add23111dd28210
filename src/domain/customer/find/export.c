/* export.c: households into a spreadsheet, with the header that the import reads. */
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/customer/find/import.h"
#include "platform/auth.h"
#include "platform/sheet.h"

enum { EXPORT_STEP = 1000, EXPORT_ARENA_CAP = 64 * 1024 * 1024 };

static const char *shown(
	struct ctx *c, const struct export_order *order, enum personal kind, const char *text)
{
	return text && !order->unmasked ? personal_mask(c, kind, text) : text;
}

static void cell(struct sheet *sheet, const char *text)
{
	sheet_text(sheet, text ? text : "");
}

static bool write_row(struct ctx *c, const struct export_order *order, const struct household *household,
	struct sheet *sheet)
{
	struct person person = { .id = 0 };
	struct meter meter;
	bool has_meter = false;
	const char *phones = NULL;
	char day[DATE_TEXT_SIZE], litres[24];
	if (household->person_id && (!person_read(c, household->person_id, &person) ||
					    !person_phones_text(c, household->person_id, &phones)))
		return false;
	if (household->meter_number && !meter_in_use(c, household->id, &meter, &has_meter))
		return false;
	cell(sheet, household->number);
	cell(sheet, shown(c, order, PERSONAL_NAME, household->name));
	cell(sheet, shown(c, order, PERSONAL_IDENTITY, person.identity_number));
	cell(sheet, order->unmasked ? phones : shown(c, order, PERSONAL_PHONE, household->phone));
	cell(sheet, household->community);
	cell(sheet, household->building);
	cell(sheet, household->unit);
	cell(sheet, household->room);
	cell(sheet, choice_label(user_classes, (int)household->user_class));
	cell(sheet, household->population ? arena_format(c->arena, "%lld", (long long)household->population)
					  : "");
	cell(sheet, has_meter ? meter.number : NULL);
	cell(sheet, has_meter ? meter.model : NULL);
	cell(sheet, has_meter ? volume_text(meter.base_litre, litres) : NULL);
	cell(sheet, household->opened_on.day == INT32_MIN ? NULL : date_text(household->opened_on, day));
	return sheet_row(c, sheet);
}

/* The next households after `*last`, in the order of their ids. */
static bool read_step(struct ctx *c, const struct export_order *order, int64_t last,
	struct household *households, size_t *count)
{
	struct value values[FENCE_VALUES + 3] = { V(last) };
	size_t value_count = 1;
	struct text_builder tail = { .arena = c->arena };
	struct rows *rows;
	*count = 0;
	text_add(&tail, "WHERE id > $1 AND ");
	if (order->org_id) {
		values[value_count++] = V(order->org_id);
		text_add(&tail,
			"org_id IN (SELECT below.id FROM org_tree below JOIN org_tree above ON above.id = $2 "
			"AND below.path >= above.path AND substr(below.path, 1, length(above.path)) = "
			"above.path) AND ");
	}
	fence_condition(c, order->permission, "org_id", &tail, values, &value_count);
	text_add_format(&tail, " ORDER BY id LIMIT %d", EXPORT_STEP);
	if (!entity_query(c, &household_entity, &rows, text_built(&tail), values, value_count))
		return false;
	while (*count < EXPORT_STEP && rows_next(rows))
		entity_row(rows, 0, &household_entity, &households[(*count)++]);
	rows_close(rows);
	return !ctx_failed(c);
}

static bool write_step(
	struct ctx *c, const struct export_order *order, struct sheet *sheet, int64_t *last, size_t *count)
{
	struct household *households = arena_array(c->arena, struct household, EXPORT_STEP);
	if (!read_step(c, order, *last, households, count))
		return false;
	for (size_t i = 0; i < *count; i++) {
		*last = households[i].id;
		if (!write_row(c, order, &households[i], sheet))
			return false;
	}
	return true;
}

static bool write_steps(struct ctx *c, const struct export_order *order, struct sheet *sheet, int64_t *rows)
{
	struct arena *outer = c->arena, *arena = arena_new(EXPORT_ARENA_CAP);
	int64_t last = 0;
	size_t count = 1;
	bool good = arena || fail(c, UNAVAILABLE, "内存不足，请稍后再试");
	while (good && count) {
		c->arena = arena;
		good = write_step(c, order, sheet, &last, &count);
		c->arena = outer;
		*rows += good ? (int64_t)count : 0;
		if (!good && c->problem.detail)
			c->problem.detail = arena_text(outer, c->problem.detail);
		arena_reset(arena);
	}
	arena_free(arena);
	return good;
}

bool household_export(struct ctx *c, const struct export_order *order, const char *path, int64_t *rows)
{
	struct sheet *sheet;
	*rows = 0;
	if (!sheet_create(c, path, (enum sheet_format)order->format, "户档", &sheet))
		return false;
	for (int i = 0; import_fields[i].code; i++)
		sheet_text(sheet, import_fields[i].label);
	return sheet_row(c, sheet) && write_steps(c, order, sheet, rows) && sheet_finish(c, sheet);
}
