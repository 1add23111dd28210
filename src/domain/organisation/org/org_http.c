/* org_http.c: the routes of the organisation tree. */
#include "domain/core/permission/permission.h"
#include "domain/organisation/org/org.h"
#include "platform/list.h"
#include "platform/module.h"

static bool list_orgs(struct ctx *c, struct call *call)
{
	return list_reply(c, call, &(struct list){ .entity = &org_entity, .permission = MAY_VIEW_ORG });
}

static bool show_org(struct ctx *c, struct call *call)
{
	return fence_require(c, MAY_VIEW_ORG, call->id, "组织单位") && org_read(c, call->id, call->reply);
}

static bool open_org(struct ctx *c, struct call *call)
{
	struct org *org = call->record;
	if (org->parent_id && !fence_require(c, MAY_EDIT_ORG, org->parent_id, "上级单位"))
		return false;
	if (!org_open(c, org))
		return false;
	*(struct org *)call->reply = *org;
	call->location = arena_format(c->arena, "/api/v1/orgs/%lld", (long long)org->id);
	return true;
}

static bool edit_org(struct ctx *c, struct call *call)
{
	struct org *org = call->reply;
	if (!fence_require(c, MAY_EDIT_ORG, call->id, "组织单位") || !call_require_version(c, call) ||
		!org_read(c, call->id, org) ||
		!entity_from_json(c, &org_entity, call->json, ENTITY_EDIT, org))
		return false;
	org->version = call->if_match;
	return org_edit(c, org);
}

static bool move_org(struct ctx *c, struct call *call)
{
	int64_t parent_id = json_get_int(c, call->json, "parent_id", 0);
	if (!fence_require(c, MAY_EDIT_ORG, call->id, "组织单位"))
		return false;
	if (!parent_id)
		return fault(c, "parent_id", "required", "请选择新的上级单位");
	return fence_require(c, MAY_EDIT_ORG, parent_id, "上级单位") &&
	       org_move(c, call->id, parent_id, call->if_match) && org_read(c, call->id, call->reply);
}

/* ---- the choice of units in forms and filters
 * --------------------------------------------------------------- */

enum { TREE_UNITS_MOST = 5000 };

/* Without a permission: every unit in which one has any right at all, and one's own. */
static void any_grant_condition(struct ctx *c, struct text_builder *sql, struct value *values, size_t *count)
{
	const struct actor *actor = c->actor;
	text_add(sql, "(");
	values[(*count)++] = V(actor->org_id);
	text_add_format(sql, "id = $%zu", *count);
	for (size_t i = 0; i < actor->grant_count && *count < FENCE_VALUES; i++) {
		values[(*count)++] = V(actor->grants[i].org_path);
		text_add_format(sql, " OR (path >= $%zu AND path < $%zu || '~')", *count, *count);
	}
	text_add(sql, ")");
}

static bool tree_condition(
	struct ctx *c, struct call *call, struct text_builder *sql, struct value *values, size_t *count)
{
	const char *code = call_query(call, "permission");
	if (text_is_blank(code)) {
		any_grant_condition(c, sql, values, count);
		return true;
	}
	int permission = permission_of_code(code);
	if (!permission)
		return fault(c, "permission", "unknown", "没有这种权限：请核对权限代码");
	fence_condition(c, permission, "id", sql, values, count);
	return true;
}

static void put_unit(struct json_out *out, const struct org *org)
{
	out_object_open(out);
	put_int(out, "id", org->id);
	put_id(out, "parent_id", org->parent_id);
	put_text(out, "kind", choice_code(org_kinds, (int)org->kind));
	put_text(out, "code", org->code);
	put_text(out, "name", org->name);
	put_id(out, "company_id", org->company_id);
	put_bool(out, "closed", org->closed);
	out_object_close(out);
}

static bool show_tree(struct ctx *c, struct call *call)
{
	struct text_builder sql = { .arena = c->arena };
	struct value values[FENCE_VALUES + 1];
	size_t count = 0;
	text_add(&sql, "WHERE ");
	if (!tree_condition(c, call, &sql, values, &count))
		return false;
	text_add_format(&sql, " ORDER BY path, id LIMIT %d", TREE_UNITS_MOST);
	struct rows *rows;
	if (!entity_query(c, &org_entity, &rows, text_built(&sql), values, count))
		return false;
	out_object_open(call->out);
	out_key(call->out, "items");
	out_array_open(call->out);
	while (rows_next(rows)) {
		struct org org = { 0 };
		entity_row(rows, 0, &org_entity, &org);
		put_unit(call->out, &org);
	}
	out_array_close(call->out);
	out_object_close(call->out);
	return !ctx_failed(c);
}

static const struct route org_routes[] = {
	{ "GET", "/orgs", list_orgs, MAY_VIEW_ORG, .reply = &org_entity, .flags = IS_LIST,
		.summary = "组织单位清单" },
	{ "POST", "/orgs", open_org, MAY_EDIT_ORG, .body = &org_entity, .reply = &org_entity,
		.summary = "新设组织单位" },
	{ "GET", "/orgs/{id}", show_org, MAY_VIEW_ORG, .reply = &org_entity, .summary = "查看组织单位" },
	{ "PUT", "/orgs/{id}", edit_org, MAY_EDIT_ORG, .body = &org_entity, .reply = &org_entity,
		.body_mode = ENTITY_EDIT, .summary = "修改组织单位" },
	{ "POST", "/orgs/{id}/move", move_org, MAY_EDIT_ORG, .reply = &org_entity,
		.summary = "迁移组织单位" },
	{ "GET", "/me/org-tree", show_tree, .flags = ANY_STAFF, .summary = "本人可选的组织单位" },
};

static const struct entity *const org_entities[] = { &org_entity, NULL };
static const char *const org_needs[] = { NULL };

const struct module org_module = {
	.name = "org",
	.wing = "organisation",
	.label = "组织",
	.needs = org_needs,
	.routes = org_routes,
	.route_count = sizeof org_routes / sizeof *org_routes,
	.entities = org_entities,
};
