/* staff_role.c: roles, and who holds them where. Three powers are kept apart: who runs the system, who gives
 * rights, and who watches both. */
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/organisation/org/org.h"
#include "domain/organisation/staff/grant.h"
#include "domain/organisation/staff/staff_internal.h"
#include "platform/audit.h"

const struct role *role_list(const struct app *app, size_t *count)
{
	*count = app->staff ? app->staff->role_count : 0;
	return app->staff ? app->staff->roles : NULL;
}

const struct role *role_of_code(const struct app *app, const char *code)
{
	size_t count;
	const struct role *roles = role_list(app, &count);
	for (size_t i = 0; code && i < count; i++)
		if (strcmp(roles[i].code, code) == 0)
			return &roles[i];
	return NULL;
}

/* Grants of one person are given one after the other, or two of the three powers could slip in side by side.
 */
static bool lock_person(struct ctx *c, int64_t staff_id)
{
	return db_run(c, "UPDATE staff SET version = version WHERE id = $1", V(staff_id));
}

static bool check_powers(struct ctx *c, const struct staff *staff, const struct role *role)
{
	struct rows *rows;
	if (!role->power)
		return true;
	if (!db_query(c, &rows, "SELECT role FROM staff_grant WHERE staff_id = $1 ORDER BY id", V(staff->id)))
		return false;
	while (rows_next(rows)) {
		const struct role *held = role_of_code(c->app, rows_text(rows, 0));
		if (!held || !held->power || text_equal(held->power, role->power))
			continue;
		rows_close(rows);
		return fail(c, CONFLICT, "%s已是%s，不能再兼任%s：系统、安全、审计三权须分属三人",
			staff->name, held->label, role->label);
	}
	return !ctx_failed(c);
}

static bool refuse_oneself(struct ctx *c, int64_t staff_id)
{
	if (c->actor->kind == ACTOR_STAFF && c->actor->id == staff_id)
		return fail(c, FORBIDDEN, "不能给自己授予或收回角色，请由另一位安全管理员办理");
	return true;
}

bool staff_grant_role(struct ctx *c, int64_t staff_id, const char *role_code, int64_t org_id)
{
	static const char insert[] =
		"INSERT INTO staff_grant (id, staff_id, role, org_id, granted_by, granted_at)"
		" VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (staff_id, role, org_id) DO NOTHING";
	const struct role *role = role_of_code(c->app, role_code);
	struct staff staff;
	struct org org;
	int64_t added;
	if (!role)
		return fault(c, "role", "unknown", "没有这种角色，请重新选择");
	if (!refuse_oneself(c, staff_id) || !lock_person(c, staff_id) || !staff_read(c, staff_id, &staff) ||
		!org_read(c, org_id, &org))
		return false;
	if (staff.has_left)
		return fail(c, CONFLICT, "%s已离职，不能授予角色", staff.name);
	if (!check_powers(c, &staff, role))
		return false;
	if (!db_run_counting(c, &added, insert, V(db_new_id(c)), V(staff_id), V(role->code), V(org_id),
		    V_ID(c->actor->kind == ACTOR_STAFF ? c->actor->id : 0), V(c->now)))
		return false;
	if (!added)
		return true;
	staff_tell(c, staff_id, staff.org_id);
	return audit_record(c, "role.grant", "staff", staff_id, org_id,
		arena_format(c->arena, "%s：%s（%s）", staff.name, role->label, org.name), NULL);
}

bool grant_end(struct ctx *c, int64_t grant_id)
{
	struct rows *rows;
	struct staff staff;
	if (!db_query(c, &rows, "SELECT staff_id, role, org_id FROM staff_grant WHERE id = $1", V(grant_id)))
		return false;
	if (!rows_next(rows))
		return ctx_failed(c) ? false : fail(c, NOT_FOUND, "没有这项授权，可能已被收回");
	int64_t staff_id = rows_int(rows, 0), org_id = rows_int(rows, 2);
	const struct role *role = role_of_code(c->app, rows_text(rows, 1));
	rows_close(rows);
	if (!fence_require(c, MAY_GRANT_ROLE, org_id, "这项授权") || !refuse_oneself(c, staff_id) ||
		!staff_read(c, staff_id, &staff) ||
		!db_run(c, "DELETE FROM staff_grant WHERE id = $1", V(grant_id)))
		return false;
	staff_tell(c, staff_id, staff.org_id);
	return audit_record(c, "role.end", "staff", staff_id, org_id,
		arena_format(c->arena, "%s：%s", staff.name, role ? role->label : "已取消的角色"), NULL);
}

bool grant_write(struct ctx *c, int64_t staff_id, struct json_out *out)
{
	static const char of_person[] = "SELECT g.id, g.role, g.org_id, o.name, g.granted_at FROM "
					"staff_grant g JOIN org_tree o ON o.id = g.org_id"
					" WHERE g.staff_id = $1 ORDER BY o.path, g.role, g.id";
	struct rows *rows;
	if (!db_query(c, &rows, of_person, V(staff_id)))
		return false;
	out_array_open(out);
	while (rows_next(rows)) {
		const char *code = rows_text(rows, 1);
		const struct role *role = role_of_code(c->app, code);
		out_object_open(out);
		put_int(out, "id", rows_int(rows, 0));
		put_text(out, "role", code);
		put_text(out, "label", role ? role->label : code);
		put_int(out, "org_id", rows_int(rows, 2));
		put_text(out, "org_name", rows_text(rows, 3));
		put_instant(out, "granted_at", rows_instant(rows, 4));
		out_object_close(out);
	}
	out_array_close(out);
	return !ctx_failed(c);
}

bool grant_home(struct ctx *c, int64_t staff_id, const char **home)
{
	static const char first[] = "SELECT role FROM staff_grant WHERE staff_id = $1 ORDER BY id LIMIT 1";
	struct rows *rows;
	if (!db_query(c, &rows, first, V(staff_id)))
		return false;
	const struct role *role = rows_next(rows) ? role_of_code(c->app, rows_text(rows, 0)) : NULL;
	rows_close(rows);
	*home = role ? role->home : "/work";
	return !ctx_failed(c);
}

bool staff_of_role(struct ctx *c, const char *role, int64_t org_id, int64_t *ids, size_t limit, size_t *count)
{
	static const char nearest[] =
		"SELECT r.staff_id, r.org_id FROM staff_role r JOIN org_tree o ON o.id = r.org_id"
		" JOIN org_tree at ON at.id = $2"
		" WHERE r.role = $1 AND substr(at.path, 1, length(o.path)) = o.path"
		" ORDER BY length(o.path) DESC, o.id, r.staff_id";
	struct rows *rows;
	int64_t unit = 0;
	*count = 0;
	if (!db_query(c, &rows, nearest, V(role), V(org_id)))
		return false;
	while (*count < limit && rows_next(rows)) {
		if (*count && rows_int(rows, 1) != unit)
			break;
		unit = rows_int(rows, 1);
		ids[(*count)++] = rows_int(rows, 0);
	}
	rows_close(rows);
	return !ctx_failed(c);
}
