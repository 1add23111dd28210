/* household_change.c: the history of a household's file (变更履历). Only ever added to. */
#include "domain/customer/household/household.h"

#include <string.h>

#include "platform/auth.h"

static const char change_insert[] =
	"INSERT INTO household_change (id, household_id, changed_at, actor, field, before, after, reason) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
static const char changes_of[] =
	"SELECT changed_at, actor, field, before, after, reason FROM household_change "
	"WHERE household_id = $1 ORDER BY id DESC LIMIT 200";

bool household_change_note(struct ctx *c, int64_t household_id, const char *field, const char *before,
	const char *after, const char *reason)
{
	return db_run(c, change_insert, V(db_new_id(c)), V(household_id), V(c->now), V(c->actor->name),
		V(field), V(before), V(after), V(reason));
}

static const struct field *field_of(const char *name)
{
	for (size_t i = 0; i < household_entity.field_count; i++)
		if (strcmp(household_entity.fields[i].name, name) == 0)
			return &household_entity.fields[i];
	return NULL;
}

static void put_shown(struct ctx *c, struct json_out *out, const char *key, const char *text,
	enum personal personal, bool unmasked)
{
	bool hide = text && personal != NOT_PERSONAL && !unmasked;
	put_text(out, key, hide ? personal_mask(c, personal, text) : text);
}

bool household_changes_write(
	struct ctx *c, int64_t household_id, bool unmasked, struct json_out *out, int64_t *count)
{
	struct rows *rows;
	*count = 0;
	if (!db_query(c, &rows, changes_of, V(household_id)))
		return false;
	out_array_open(out);
	for (; rows_next(rows); (*count)++) {
		const char *name = rows_text(rows, 2);
		const struct field *field = field_of(name);
		enum personal personal = field ? field->personal : NOT_PERSONAL;
		out_object_open(out);
		put_instant(out, "at", rows_instant(rows, 0));
		put_text(out, "actor", rows_text(rows, 1));
		put_text(out, "field", name);
		put_text(out, "label", field ? field->label : name);
		put_shown(c, out, "before", rows_text(rows, 3), personal, unmasked);
		put_shown(c, out, "after", rows_text(rows, 4), personal, unmasked);
		put_text(out, "reason", rows_text(rows, 5));
		out_object_close(out);
	}
	out_array_close(out);
	return !ctx_failed(c);
}
