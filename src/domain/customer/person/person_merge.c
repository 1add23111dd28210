/* person_merge.c: one person entered twice becomes one again, and can be parted again.
 *
 * A merge moves rows, it never deletes: every column that points at `from` is turned to `into`, and each row
 * that was turned is written down. Undoing turns exactly those rows back, unless somebody has since turned
 * them elsewhere. */
#include <string.h>

#include "domain/customer/person/person.h"
#include "platform/audit.h"
#include "platform/auth.h"

static const struct field person_merge_fields[] = {
	FIELD(person_merge, id, "编号", .flags = BY_SERVER),
	FIELD(person_merge, org_id, "所属单位", .flags = BY_SERVER, .refers = "org"),
	FIELD(person_merge, into_id, "保留的客户", .flags = REQUIRED | IN_LIST, .refers = "person"),
	FIELD(person_merge, from_id, "并入的客户", .flags = REQUIRED | IN_LIST, .refers = "person"),
	FIELD(person_merge, reason, "原因", .flags = REQUIRED | IN_LIST, .at_most = 200),
	FIELD(person_merge, moved, "移动的记录数", .flags = BY_SERVER | IN_LIST),
	FIELD(person_merge, merged_at, "合并时间", .flags = BY_SERVER | IN_LIST),
	FIELD(person_merge, merged_by, "合并人", .flags = BY_SERVER | IN_LIST),
	FIELD(person_merge, undone_at, "撤销时间", .flags = BY_SERVER | IN_LIST),
	FIELD(person_merge, undone_by, "撤销人", .flags = BY_SERVER | IN_LIST),
};
const struct entity person_merge_entity = ENTITY(
	person_merge, "客户合并", person_merge_fields, .fence = "org_id", .default_sort = "-merged_at");

/* ---- who points at persons
 * ------------------------------------------------------------------------------------ */

bool person_referred_by(struct ctx *c, const char *table, const char *column)
{
	const char *place = arena_format(c->arena, "%s.%s", table, column);
	return db_run(c, "INSERT INTO person_reference (place) VALUES ($1) ON CONFLICT (place) DO NOTHING",
		V(place));
}

struct place {
	const char *name, *table, *column;
};
enum { PLACES_MOST = 64 };

/* A place's name becomes part of a statement: only names that a C literal of ours can have. */
static bool is_plain_name(const char *text)
{
	return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz_") == strlen(text);
}

static bool read_places(struct ctx *c, struct place *places, size_t *count)
{
	struct rows *rows;
	places[0] = (struct place){ "contact.person_id", "contact", "person_id" };
	*count = 1;
	if (!db_query(c, &rows, "SELECT place FROM person_reference ORDER BY place"))
		return false;
	while (rows_next(rows)) {
		const char *name = rows_text(rows, 0);
		char *table = arena_text(c->arena, name), *dot = strchr(table, '.');
		if (!dot || *count == PLACES_MOST)
			return fail(c, INTERNAL, "客户引用登记有误，请联系系统管理员");
		*dot = '\0';
		if (!is_plain_name(table) || !is_plain_name(dot + 1))
			return fail(c, INTERNAL, "客户引用登记有误，请联系系统管理员");
		places[(*count)++] = (struct place){ name, table, dot + 1 };
	}
	return !ctx_failed(c);
}

/* ---- merge
 * ------------------------------------------------------------------------------------------------------ */

static bool move_place(
	struct ctx *c, const struct person_merge *merge, const struct place *place, int64_t *moved)
{
	bool contacts = strcmp(place->table, "contact") == 0;
	const char *note = arena_format(c->arena,
		"INSERT INTO person_merge_row (merge_id, place, row_id, was_first) "
		"SELECT $1, $2, id, %s FROM %s WHERE %s = $3",
		contacts ? "is_first" : "0", place->table, place->column);
	const char *turn = arena_format(
		c->arena, "UPDATE %s SET %s = $1 WHERE %s = $2", place->table, place->column, place->column);
	int64_t noted, turned;
	if (!db_run_values(c, &noted, note, VALUES(V(merge->id), V(place->name), V(merge->from_id))) ||
		!db_run_values(c, &turned, turn, VALUES(V(merge->into_id), V(merge->from_id))))
		return false;
	if (noted != turned)
		return fail(c, CONFLICT, "合并时记录数对不上，已取消，请重试");
	*moved += turned;
	return true;
}

/* Both must be there, apart, of one company, within the actor's reach. */
static bool check_pair(struct ctx *c, const struct person *into, const struct person *from)
{
	if (into->id == from->id)
		return fault(c, "from_id", "same", "不能把客户并入自己，请选择两个不同的客户");
	if (into->merged_into_id || from->merged_into_id)
		return fail(c, CONFLICT, "其中一个客户已经并入其他客户，请先撤销那次合并");
	if (into->company_id != from->company_id)
		return fail(c, CONFLICT, "两个客户不属于同一公司，不能合并");
	return true;
}

bool person_merge(struct ctx *c, int64_t into_id, int64_t from_id, const char *reason, int64_t *merge_id)
{
	struct person into, from;
	struct place *places = arena_array(c->arena, struct place, PLACES_MOST);
	size_t count;
	if (!person_read(c, into_id, &into) || !person_read(c, from_id, &from) ||
		!check_pair(c, &into, &from) || !read_places(c, places, &count))
		return false;
	struct person_merge merge = { .id = db_new_id(c),
		.org_id = into.org_id,
		.into_id = into_id,
		.from_id = from_id,
		.reason = reason,
		.merged_at = c->now,
		.merged_by = c->actor->name };
	if (!entity_insert(c, &person_merge_entity, &merge))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!move_place(c, &merge, &places[i], &merge.moved))
			return false;
	*merge_id = merge.id;
	/* The one that stays keeps its first phone; a person without one takes the other's. */
	const char *phone = into.phone ? into.phone : from.phone;
	return (!into.phone || db_run(c,
				       "UPDATE contact SET is_first = 0 WHERE person_id = $1 AND is_first = "
				       "1 AND id IN "
				       "(SELECT row_id FROM person_merge_row WHERE merge_id = $2 AND place = "
				       "'contact.person_id')",
				       V(into_id), V(merge.id))) &&
	       db_run(c, "UPDATE person SET phone = $2, version = version + 1 WHERE id = $1", V(into_id),
		       V(phone)) &&
	       db_run(c, "UPDATE person SET merged_into_id = $2, version = version + 1 WHERE id = $1",
		       V(from_id), V(into_id)) &&
	       db_run(c, "UPDATE person_merge SET moved = $2 WHERE id = $1", V(merge.id), V(merge.moved)) &&
	       audit_record(c, "person.merge", "person", into_id, into.org_id,
		       arena_format(c->arena, "{\"merge_id\":%lld,\"from_id\":%lld,\"moved\":%lld}",
			       (long long)merge.id, (long long)from_id, (long long)merge.moved),
		       reason);
}

/* ---- undo
 * ------------------------------------------------------------------------------------------------------- */

static bool return_place(struct ctx *c, const struct person_merge *merge, const struct place *place)
{
	const char *turn = arena_format(c->arena,
		"UPDATE %s SET %s = $1 WHERE %s = $2 AND id IN "
		"(SELECT row_id FROM person_merge_row WHERE merge_id = $3 AND place = $4)",
		place->table, place->column, place->column);
	return db_run_values(
		c, NULL, turn, VALUES(V(merge->from_id), V(merge->into_id), V(merge->id), V(place->name)));
}

bool person_merge_undo(struct ctx *c, int64_t merge_id)
{
	struct person_merge merge;
	struct person into, from;
	struct place *places = arena_array(c->arena, struct place, PLACES_MOST);
	size_t count;
	if (!entity_read(c, &person_merge_entity, merge_id, &merge) ||
		!person_read(c, merge.into_id, &into) || !person_read(c, merge.from_id, &from) ||
		!read_places(c, places, &count))
		return false;
	if (merge.undone_at.ms)
		return fail(c, CONFLICT, "这次合并已经撤销过了");
	if (into.merged_into_id)
		return fail(c, CONFLICT, "保留的客户后来又并入了别的客户，请先撤销后一次合并");
	for (size_t i = 0; i < count; i++)
		if (!return_place(c, &merge, &places[i]))
			return false;
	/* `into` had no phone of its own before when its present one came with the merge. */
	return db_run(c,
		       "UPDATE contact SET is_first = 1 WHERE person_id = $1 AND id IN (SELECT row_id FROM "
		       "person_merge_row WHERE merge_id = $2 AND place = 'contact.person_id' AND was_first = "
		       "1)",
		       V(merge.from_id), V(merge.id)) &&
	       db_run(c,
		       "UPDATE person SET version = version + 1, phone = (SELECT phone FROM contact WHERE "
		       "person_id = $1 "
		       "AND is_first = 1 ORDER BY id LIMIT 1) WHERE id = $1",
		       V(merge.into_id)) &&
	       db_run(c, "UPDATE person SET merged_into_id = NULL, version = version + 1 WHERE id = $1",
		       V(merge.from_id)) &&
	       db_run(c, "UPDATE person_merge SET undone_at = $2, undone_by = $3 WHERE id = $1", V(merge_id),
		       V(c->now), V(c->actor->name)) &&
	       audit_record(c, "person.merge_undo", "person", merge.into_id, into.org_id,
		       arena_format(c->arena, "{\"merge_id\":%lld}", (long long)merge_id), NULL);
}
