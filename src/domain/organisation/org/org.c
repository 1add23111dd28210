/* org.c: the tree of units. Its shape decides what everybody may see, so every change of shape is one at a
 * time. */
#include "domain/organisation/org/org.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/core/permission/permission.h"
#include "platform/audit.h"
#include "platform/events.h"
#include "platform/module.h"

CHOICE_TABLE(org_kinds, ORG_KINDS);

static bool all_of(const char *text, const char *allowed)
{
	return text[strspn(text, allowed)] == '\0';
}

static const char *check_code(const char *code)
{
	return all_of(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") ? NULL
								    : "请用 1–8 位大写字母或数字，例如 LS";
}

static const char *check_place_code(const char *code)
{
	return strlen(code) == 6 && all_of(code, "0123456789") ? NULL
							       : "请填写 6 位行政区划代码，例如 371329";
}

/* A short service number such as 96777 has no area code. */
static const char *check_service_phone(const char *phone)
{
	size_t length = strlen(phone);
	bool is_short = length >= 5 && length <= 6 && all_of(phone, "0123456789");
	return is_short || text_is_phone_written(phone) ? NULL
							: "请填写固定电话（含区号）、手机号、400 号码或短号";
}

static const struct field org_fields[] = {
	FIELD(org, id, "编号", .flags = BY_SERVER),
	FIELD(org, parent_id, "上级", .flags = FIXED | FILTERED, .refers = "org"),
	FIELD(org, path, "路径", .flags = BY_SERVER | SORTED),
	FIELD(org, kind, "类别", .flags = REQUIRED | FIXED | FILTERED | IN_LIST, .choices = org_kinds),
	FIELD(org, code, "代码", .flags = REQUIRED | FIXED | FILTERED | SORTED | IN_LIST, .at_most = 8,
		.check = check_code, .help = "用于工单等业务编号，启用后不能修改"),
	FIELD(org, name, "名称", .flags = REQUIRED | SORTED | IN_LIST, .at_most = 60),
	FIELD(org, company_id, "所属公司", .flags = BY_SERVER | FILTERED, .refers = "org"),
	FIELD(org, place_code, "行政区划代码", .flags = IN_LIST, .at_most = 6, .check = check_place_code,
		.help = "决定适用哪里的地方规定；不填则随上级"),
	FIELD(org, service_phone, "服务电话", .flags = IN_LIST, .at_most = 20, .check = check_service_phone),
	FIELD(org, longitude_e6, "经度（百万分之一度）", .at_least = -180000000, .at_most = 180000000),
	FIELD(org, latitude_e6, "纬度（百万分之一度）", .at_least = -90000000, .at_most = 90000000),
	FIELD(org, closed, "已停用", .flags = FILTERED | IN_LIST),
	FIELD(org, version, "版本", .flags = BY_SERVER),
};
const struct entity org_entity =
	ENTITY(org, "组织单位", org_fields, .fence = "id", .default_sort = "path", .title = "name");

/* ---- reading
 * ------------------------------------------------------------------------------------------------ */

bool org_read(struct ctx *c, int64_t id, struct org *org)
{
	return entity_read(c, &org_entity, id, org);
}

/* A path's ids, the unit itself first, then upwards. At most as many as there are kinds of units. */
static size_t ids_upwards(const char *path, int64_t ids[org_kind_count])
{
	size_t count = 0;
	for (const char *at = path; *at && count < org_kind_count;) {
		char *end;
		memmove(ids + 1, ids, count * sizeof *ids);
		ids[0] = strtoll(at, &end, 10);
		count++;
		at = *end ? end + 1 : end;
	}
	return count;
}

bool org_above(struct ctx *c, int64_t id, enum org_kind kind, struct org *org)
{
	struct org start;
	int64_t ids[org_kind_count];
	if (!org_read(c, id, &start))
		return false;
	size_t count = ids_upwards(start.path, ids);
	for (size_t i = 0; i < count; i++) {
		if (!org_read(c, ids[i], org))
			return false;
		if (org->kind == kind)
			return true;
	}
	return fail(c, NOT_FOUND, "“%s”之上没有%s", start.name, choice_label(org_kinds, (int)kind));
}

bool org_place(struct ctx *c, int64_t id, const char **place_code)
{
	static const char nearest[] =
		"WITH RECURSIVE upwards (parent_id, place_code, height) AS ("
		" SELECT parent_id, place_code, 0 FROM org WHERE id = $1"
		" UNION ALL SELECT o.parent_id, o.place_code, u.height + 1 FROM org o JOIN upwards u ON o.id "
		"= u.parent_id)"
		" SELECT place_code FROM upwards WHERE place_code IS NOT NULL ORDER BY height LIMIT 1";
	struct rows *rows;
	if (!db_query(c, &rows, nearest, V(id)))
		return false;
	*place_code = rows_next(rows) ? rows_text(rows, 0) : "";
	rows_close(rows);
	return !ctx_failed(c);
}

/* ---- changing
 * ----------------------------------------------------------------------------------------------- */

/* Two changes of shape at once could make a circle or leave a path behind: they wait for each other at the
 * root. */
static bool lock_shape(struct ctx *c)
{
	return db_run(c, "UPDATE org SET closed = closed WHERE parent_id IS NULL");
}

static void tell(struct ctx *c, const struct org *org)
{
	event_emit(c,
		(struct event){ .kind = "org.changed", .subject_id = org->id, .permission = MAY_VIEW_ORG });
}

static bool record(struct ctx *c, const char *action, const struct org *org, const char *detail)
{
	tell(c, org);
	return audit_record(c, action, "org", org->id, org->id, detail, NULL);
}

static bool check_parent(struct ctx *c, enum org_kind kind, const struct org *parent)
{
	if (parent->closed)
		return fault(c, "parent_id", "closed", "“%s”已停用，请先启用它或另选上级", parent->name);
	if (kind <= parent->kind)
		return fault(c, "parent_id", "kind", "%s不能设在%s之下", choice_label(org_kinds, (int)kind),
			choice_label(org_kinds, (int)parent->kind));
	return true;
}

static bool stand_below(struct ctx *c, struct org *org)
{
	struct org parent;
	if (!org_read(c, org->parent_id, &parent)) {
		ctx_forgive(c);
		return fault(c, "parent_id", "unknown", "没有这个上级单位，请重新选择");
	}
	if (!check_parent(c, org->kind, &parent))
		return false;
	org->path = arena_format(c->arena, "%s%lld.", parent.path, (long long)org->id);
	org->company_id = org->kind == ORG_COMPANY ? org->id : parent.company_id;
	return true;
}

/* The first unit of all: everything else stands below it. */
static bool stand_alone(struct ctx *c, struct org *org)
{
	int64_t units;
	if (!db_number(c, &units, 0, "SELECT COUNT(*) FROM org"))
		return false;
	if (units && c->actor->kind != ACTOR_SYSTEM)
		return fault(c, "parent_id", "required", "请选择上级单位");
	org->path = arena_format(c->arena, "%lld.", (long long)org->id);
	org->company_id = org->kind == ORG_COMPANY ? org->id : 0;
	return true;
}

bool org_open(struct ctx *c, struct org *org)
{
	if (!org->id)
		org->id = db_new_id(c);
	org->version = 1;
	if (!lock_shape(c) || !(org->parent_id ? stand_below(c, org) : stand_alone(c, org)))
		return false;
	return entity_insert(c, &org_entity, org) && record(c, "org.open", org, org->name);
}

/* A unit that is closed must be empty: nobody may be left in a place where nothing is done any more. */
static bool check_empty(struct ctx *c, const struct org *org)
{
	int64_t people, units;
	if (!db_number(c, &people, 0, "SELECT COUNT(*) FROM staff_contact WHERE org_id = $1", V(org->id)) ||
		!db_number(c, &units, 0, "SELECT COUNT(*) FROM org WHERE parent_id = $1 AND closed = 0",
			V(org->id)))
		return false;
	if (people)
		return fail(c, CONFLICT, "“%s”还有 %lld 名在职人员，请先把他们调到别的单位再停用", org->name,
			(long long)people);
	if (units)
		return fail(c, CONFLICT, "“%s”还有 %lld 个在用的下级单位，请先停用或迁走它们", org->name,
			(long long)units);
	return true;
}

static bool check_reopened(struct ctx *c, const struct org *org)
{
	struct org parent;
	if (!org->parent_id)
		return true;
	if (!org_read(c, org->parent_id, &parent))
		return false;
	return !parent.closed || fail(c, CONFLICT, "上级“%s”已停用，请先启用上级", parent.name);
}

bool org_edit(struct ctx *c, struct org *org)
{
	struct org present;
	if (!lock_shape(c) || !org_read(c, org->id, &present))
		return false;
	if (org->closed != present.closed && !(org->closed ? check_empty(c, org) : check_reopened(c, org)))
		return false;
	/* What stands where is org_move's alone. */
	org->parent_id = present.parent_id;
	org->path = present.path;
	org->company_id = present.company_id;
	if (!entity_update(c, &org_entity, org))
		return false;
	const char *action = org->closed == present.closed ? "org.edit"
			     : org->closed		   ? "org.close"
							   : "org.reopen";
	return record(c, action, org, org->name);
}

/* The subtree's paths, and the company of those units whose company stood above the unit that moves. */
static bool rewrite_subtree(
	struct ctx *c, const struct org *org, const struct org *parent, int64_t old_company)
{
	static const char rewrite[] =
		"UPDATE org SET path = $1 || substr(path, length(CAST($2 AS TEXT)) + 1),"
		" company_id = CASE WHEN COALESCE(company_id, 0) = $3 THEN $4 ELSE company_id END"
		" WHERE path >= $5 AND path < $6";
	const char *path = arena_format(c->arena, "%s%lld.", parent->path, (long long)org->id);
	const char *end = arena_format(c->arena, "%s~", org->path);
	return db_run(c, rewrite, V(path), V(org->path), V(old_company), V_ID(parent->company_id),
		       V(org->path), V(end)) &&
	       db_run(c, "UPDATE org SET parent_id = $1, version = version + 1 WHERE id = $2", V(parent->id),
		       V(org->id));
}

static bool keeps_companies(const struct entity *entity)
{
	bool org_id = false, company_id = false;
	for (size_t i = 0; i < entity->field_count; i++) {
		const struct field *field = &entity->fields[i];
		org_id = org_id || (text_equal(field->name, "org_id") && !(field->flags & NOT_STORED));
		company_id =
			company_id || (text_equal(field->name, "company_id") && !(field->flags & NOT_STORED));
	}
	return org_id && company_id;
}

/* A module that does not know how to follow would be left with rows of the old company: better not to move.
 */
static bool refuse_rows_below(struct ctx *c, const struct entity *entity, const struct org *org)
{
	struct rows *rows;
	const char *sql = arena_format(c->arena,
		"SELECT id FROM %s WHERE org_id IN (SELECT id FROM org WHERE path >= $1 AND path < $2) LIMIT "
		"1",
		entity->name);
	if (!db_query_values(
		    c, &rows, sql, VALUES(V(org->path), V(arena_format(c->arena, "%s~", org->path)))))
		return false;
	bool any = rows_next(rows);
	rows_close(rows);
	if (any)
		return fail(c, CONFLICT,
			"“%s”已有%s，不能迁到另一家公司；请在新公司新设单位，再把业务移交过去", org->name,
			entity->label);
	return !ctx_failed(c);
}

/* Everything that keeps a company of its own follows, or the unit stays. */
static bool change_company(struct ctx *c, const struct org *org, int64_t old_company, int64_t new_company)
{
	for (size_t i = 0; i < c->app->module_count; i++) {
		const struct module *module = c->app->modules[i];
		if (module->unit_moved) {
			if (!module->unit_moved(c, org->id, old_company, new_company))
				return false;
			continue;
		}
		for (size_t j = 0; module->entities && module->entities[j]; j++)
			if (keeps_companies(module->entities[j]) &&
				!refuse_rows_below(c, module->entities[j], org))
				return false;
	}
	return true;
}

static bool check_move(struct ctx *c, const struct org *org, const struct org *parent, int64_t version)
{
	if (version && version != org->version)
		return fail(c, STALE, "“%s”刚被别人改过，请刷新后再办", org->name);
	if (!org->parent_id)
		return fail(c, CONFLICT, "“%s”是最上级单位，不能迁到别的单位之下", org->name);
	if (text_starts(parent->path, org->path))
		return fault(c, "parent_id", "below_itself", "不能把“%s”迁到它自己之下", org->name);
	return check_parent(c, org->kind, parent);
}

bool org_move(struct ctx *c, int64_t id, int64_t new_parent_id, int64_t version)
{
	struct org org, parent, old_parent;
	if (!lock_shape(c) || !org_read(c, id, &org) || !org_read(c, new_parent_id, &parent) ||
		!check_move(c, &org, &parent, version))
		return false;
	if (org.parent_id == new_parent_id)
		return true;
	bool leaves_company = org.kind != ORG_COMPANY && org.company_id != parent.company_id;
	if (!org_read(c, org.parent_id, &old_parent) ||
		(leaves_company && !change_company(c, &org, org.company_id, parent.company_id)) ||
		!rewrite_subtree(c, &org, &parent, old_parent.company_id))
		return false;
	return record(c, "org.move", &org,
		arena_format(c->arena, "%s：由%s迁到%s", org.name, old_parent.name, parent.name));
}
