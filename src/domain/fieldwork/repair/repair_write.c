/* repair_write.c: an order as JSON: the row of a list, and the page with everything around it. */
#include "domain/core/evidence/evidence.h"
#include "domain/core/permission/permission.h"
#include "domain/core/timeline/timeline.h"
#include "domain/fieldwork/catalogue/catalogue.h"
#include "domain/fieldwork/repair/repair_internal.h"
#include "platform/json.h"

static bool put_name(struct ctx *c, struct json_out *out, const char *key, const char *sql, int64_t id)
{
	struct rows *rows;
	if (!id) {
		put_text(out, key, NULL);
		return true;
	}
	if (!db_query(c, &rows, sql, V(id)))
		return false;
	put_text(out, key, rows_next(rows) ? rows_text(rows, 0) : NULL);
	rows_close(rows);
	return !ctx_failed(c);
}

static const char name_of_staff[] = "SELECT name FROM staff_contact WHERE staff_id = $1";
static const char name_of_org[] = "SELECT name FROM org_tree WHERE id = $1";

/* What a list shows besides the record's own members. */
bool repair_write_names(struct ctx *c, const void *record, struct json_out *out)
{
	const struct repair *repair = record;
	const struct catalogue_cause *cause = catalogue_cause_of(c->app, repair->cause);
	put_text(out, "kind_label", catalogue_label(c->app, repair->kind));
	put_text(out, "level_label", choice_label(repair_levels, (int)repair->level));
	put_text(out, "status_label", choice_label(repair_statuses, (int)repair->status));
	put_text(out, "cause_label", cause ? cause->label : repair->cause);
	return put_name(c, out, "assignee_name", name_of_staff, repair->assignee_id) &&
	       put_name(c, out, "team_name", name_of_org, repair->team_id) &&
	       put_name(c, out, "org_name", name_of_org, repair->org_id);
}

bool repair_members_write(struct ctx *c, const struct repair *repair, bool unmasked, struct json_out *out)
{
	entity_members(c, &repair_entity, repair, unmasked, out);
	return repair_write_names(c, repair, out);
}

static bool write_household(struct ctx *c, const struct repair *repair, bool unmasked, struct json_out *out)
{
	struct household household = { 0 };
	out_key(out, "household");
	if (!repair->household_id) {
		out_null(out);
		return true;
	}
	if (!household_read(c, repair->household_id, &household))
		return false;
	out_object_open(out);
	put_int(out, "id", household.id);
	put_text(out, "number", household.number);
	put_text(out, "name", unmasked ? household.name : personal_mask(c, PERSONAL_NAME, household.name));
	put_text(out, "address", household.address);
	put_text(out, "user_class", choice_code(user_classes, (int)household.user_class));
	put_text(out, "user_class_label", choice_label(user_classes, (int)household.user_class));
	put_text(out, "risk", household.risk);
	put_bool(out, "no_stop", household.no_stop);
	put_text(out, "meter_number", household.meter_number);
	out_object_close(out);
	return true;
}

/* Other orders of the household, newest first: what was wrong before. */
static bool write_history(struct ctx *c, const struct repair *repair, struct json_out *out)
{
	static const char history[] = "SELECT id, number, kind, level, status, filed_at, done_at FROM repair "
				      "WHERE household_id = $1 "
				      "AND id <> $2 ORDER BY filed_at DESC, id DESC LIMIT 10";
	struct rows *rows;
	out_key(out, "history");
	out_array_open(out);
	if (repair->household_id) {
		if (!db_query(c, &rows, history, V(repair->household_id), V(repair->id)))
			return false;
		while (rows_next(rows)) {
			const char *kind = rows_text(rows, 2), *status = rows_text(rows, 4);
			out_object_open(out);
			put_int(out, "id", rows_int(rows, 0));
			put_text(out, "number", rows_text(rows, 1));
			put_text(out, "kind", kind);
			put_text(out, "kind_label", catalogue_label(c->app, kind));
			put_text(out, "level", rows_text(rows, 3));
			put_text(out, "status", status);
			put_text(out, "status_label",
				choice_label(repair_statuses, choice_of_code(repair_statuses, status)));
			put_instant(out, "filed_at", rows_instant(rows, 5));
			put_instant(out, "done_at", rows_instant(rows, 6));
			out_object_close(out);
		}
		rows_close(rows);
	}
	out_array_close(out);
	return !ctx_failed(c);
}

static bool write_joined(struct ctx *c, const struct repair *repair, struct json_out *out)
{
	static const char joined[] =
		"SELECT id, number FROM repair WHERE joined_to_id = $1 ORDER BY id LIMIT 50";
	static const char number[] = "SELECT number FROM repair WHERE id = $1";
	struct rows *rows;
	if (!put_name(c, out, "joined_to_number", number, repair->joined_to_id) ||
		!db_query(c, &rows, joined, V(repair->id)))
		return false;
	out_key(out, "joined");
	out_array_open(out);
	while (rows_next(rows)) {
		out_object_open(out);
		put_int(out, "id", rows_int(rows, 0));
		put_text(out, "number", rows_text(rows, 1));
		out_object_close(out);
	}
	rows_close(rows);
	out_array_close(out);
	return !ctx_failed(c);
}

/* Who is on the way to a customer must be able to ring. Everybody else sees shortened names and numbers. */
static bool works_on_it_now(struct ctx *c, const struct repair *repair, bool *works)
{
	*works = false;
	return !repair_is_open(repair) || repair_is_actors(c, repair, works);
}

bool repair_page_write(struct ctx *c, const struct repair *repair, struct json_out *out)
{
	bool unmasked;
	struct subject subject = repair_subject(repair);
	if (!works_on_it_now(c, repair, &unmasked))
		return false;
	out_object_open(out);
	put_bool(out, "mine", unmasked);
	if (!repair_members_write(c, repair, unmasked, out) || !write_household(c, repair, unmasked, out) ||
		!write_history(c, repair, out) || !write_joined(c, repair, out))
		return false;
	out_key(out, "promises");
	if (!promise_write(c, subject, out))
		return false;
	out_key(out, "timeline");
	if (!timeline_write(c, subject, out))
		return false;
	out_key(out, "evidence");
	if (!evidence_write(c, subject, out))
		return false;
	out_key(out, "steps");
	if (!repair_steps_write(c, repair, out) || !extensions_write(c, repair, out))
		return false;
	out_object_close(out);
	return true;
}
