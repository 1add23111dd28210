/* household_http.c: the routes of households and of the address tree. The page and the search are find's. */
#include "domain/core/permission/permission.h"
#include "domain/customer/household/household.h"
#include "domain/customer/person/person.h"
#include "platform/audit.h"
#include "platform/events.h"
#include "platform/list.h"
#include "platform/module.h"

static bool reach(struct ctx *c, int permission, int64_t id, struct household *household)
{
	return household_read(c, id, household) && fence_require(c, permission, household->org_id, "户档");
}

static void tell_changed(struct ctx *c, const struct household *household)
{
	event_emit(c, (struct event){ .kind = "household.changed",
			      .subject_id = household->id,
			      .org_id = household->org_id,
			      .permission = MAY_VIEW_HOUSEHOLD });
}

static bool add_identity(struct ctx *c, struct household *household)
{
	struct person person;
	if (!household->person_id)
		return true;
	if (!person_read(c, household->person_id, &person))
		return false;
	household->identity_number = person.identity_number;
	return true;
}

/* A list taken out as a file (masked) is an export: its permission is asked, and it is written down. */
static bool note_list_export(struct ctx *c, void *data)
{
	return audit_record(c, "household.export_list", "household", 0, c->actor->org_id, data, NULL);
}

static bool list_households(struct ctx *c, struct call *call)
{
	const char *format = call_query(call, "format");
	if (format && !actor_may(c->actor, MAY_EXPORT_HOUSEHOLD))
		return fail(c, FORBIDDEN, "没有导出户档的权限，请联系管理员");
	if (format && !app_write(c, note_list_export, arena_text(c->arena, format)))
		return false;
	return list_reply(
		c, call, &(struct list){ .entity = &household_entity, .permission = MAY_VIEW_HOUSEHOLD });
}

static bool show_household(struct ctx *c, struct call *call)
{
	return reach(c, MAY_VIEW_HOUSEHOLD, call->id, call->reply) && add_identity(c, call->reply);
}

static bool open_household(struct ctx *c, struct call *call)
{
	struct household *household = call->record;
	household->org_id = household->org_id ? household->org_id : c->actor->org_id;
	if (!fence_require(c, MAY_EDIT_HOUSEHOLD, household->org_id, "客服中心") ||
		!household_open(c, household))
		return false;
	*(struct household *)call->reply = *household;
	call->location = arena_format(c->arena, "/api/v1/households/%lld", (long long)household->id);
	tell_changed(c, household);
	return true;
}

static bool edit_household(struct ctx *c, struct call *call)
{
	struct household *household = call->reply;
	if (!reach(c, MAY_EDIT_HOUSEHOLD, call->id, household) || !call_require_version(c, call))
		return false;
	int64_t org_id = household->org_id;
	if (!entity_from_json(c, &household_entity, call->json, ENTITY_EDIT, household))
		return false;
	if (household->org_id != org_id &&
		!fence_require(c, MAY_EDIT_HOUSEHOLD, household->org_id, "客服中心"))
		return false;
	household->version = call->if_match;
	if (!household_edit(c, household) || !add_identity(c, household))
		return false;
	tell_changed(c, household);
	return true;
}

/* ---- seeing in full
 * -------------------------------------------------------------------------------------------- */

struct unmask_order {
	const char *reason;
};
enum { REASON_CHARACTERS_LEAST = 4 };
static const char *reason_fault(const char *text)
{
	return text_characters(text) < REASON_CHARACTERS_LEAST ? "请写明查看原因，至少 4 个字" : NULL;
}
static const struct field unmask_order_fields[] = {
	FIELD(unmask_order, reason, "查看原因", .flags = REQUIRED | NOT_STORED, .at_most = 200,
		.check = reason_fault),
};
static const struct entity unmask_order_entity =
	ENTITY(unmask_order, "查看完整信息", unmask_order_fields, .title = "reason");

static bool unmask_household(struct ctx *c, struct call *call)
{
	const struct unmask_order *order = call->record;
	struct household *household = call->reply;
	if (!reach(c, MAY_UNMASK, call->id, household) || !add_identity(c, household))
		return false;
	call->unmasked = true;
	call->status = 200;
	return audit_record(
		c, "household.unmask", "household", household->id, household->org_id, NULL, order->reason);
}

/* ---- its life
 * ---------------------------------------------------------------------------------------------------- */

struct household_step_order {
	enum household_step step;
	const char *reason;
};
static const struct field household_step_order_fields[] = {
	FIELD(household_step_order, step, "办理", .flags = REQUIRED | NOT_STORED, .choices = household_steps),
	FIELD(household_step_order, reason, "原因", .flags = REQUIRED | NOT_STORED, .at_most = 200),
};
static const struct entity household_step_order_entity =
	ENTITY(household_step_order, "户档办理", household_step_order_fields, .title = "step");

static bool take_step(struct ctx *c, struct call *call)
{
	const struct household_step_order *order = call->record;
	struct household *household = call->reply;
	if (!reach(c, MAY_EDIT_HOUSEHOLD, call->id, household))
		return false;
	if (call->if_match)
		household->version = call->if_match;
	if (!household_take_step(c, household, order->step, order->reason) ||
		!audit_record(c, "household.step", "household", household->id, household->org_id,
			choice_code(household_steps, (int)order->step), order->reason))
		return false;
	call->status = 200;
	tell_changed(c, household);
	return add_identity(c, household);
}

/* ---- the address tree
 * ---------------------------------------------------------------------------------------------- */

static bool list_places(struct ctx *c, struct call *call)
{
	int64_t company_id = call_query_int(c, call, "company_id", 0, 0, INT64_C(9007199254740991));
	int64_t parent_id = call_query_int(c, call, "parent_id", 0, 0, INT64_C(9007199254740991));
	struct find_scope *scopes = arena_array(c->arena, struct find_scope, FIND_SCOPES_MOST);
	size_t count;
	if (ctx_failed(c) || !find_scopes(c, MAY_VIEW_HOUSEHOLD, scopes, &count))
		return false;
	bool known = false;
	for (size_t i = 0; i < count; i++)
		known = known || scopes[i].company_id == company_id;
	if (!company_id && count) {
		company_id = scopes[0].company_id;
		known = true;
	}
	if (!known)
		return fail(c, NOT_FOUND, "没有这个公司的地址，请选择其他公司");
	out_object_open(call->out);
	out_key(call->out, "items");
	if (!address_children_write(c, company_id, parent_id, call->out))
		return false;
	out_object_close(call->out);
	return true;
}

static const struct route household_routes[] = {
	{ "GET", "/households", list_households, MAY_VIEW_HOUSEHOLD, .reply = &household_entity,
		.flags = IS_LIST, .summary = "户档清单", .menu = "档案/户档" },
	{ "POST", "/households", open_household, MAY_EDIT_HOUSEHOLD, .body = &household_entity,
		.reply = &household_entity, .summary = "开户" },
	{ "GET", "/households/{id}", show_household, MAY_VIEW_HOUSEHOLD, .reply = &household_entity,
		.summary = "查看户档" },
	{ "PUT", "/households/{id}", edit_household, MAY_EDIT_HOUSEHOLD, .body = &household_entity,
		.reply = &household_entity, .body_mode = ENTITY_EDIT, .summary = "修改户档" },
	{ "POST", "/households/{id}/unmask", unmask_household, MAY_UNMASK, .body = &unmask_order_entity,
		.reply = &household_entity, .flags = UNMASKS, .summary = "查看户档完整信息" },
	{ "POST", "/households/{id}/steps", take_step, MAY_EDIT_HOUSEHOLD,
		.body = &household_step_order_entity, .reply = &household_entity,
		.summary = "通气、报停、停气、销户等办理" },
	{ "GET", "/places", list_places, MAY_VIEW_HOUSEHOLD, .summary = "地址树" },
};

static bool start(struct ctx *c)
{
	return person_referred_by(c, "household", "person_id");
}

static const struct entity *const household_entities[] = { &household_entity, NULL };
static const char *const household_needs[] = { "org", "person", NULL };

const struct module household_module = {
	.name = "household",
	.wing = "customer",
	.label = "户档",
	.needs = household_needs,
	.routes = household_routes,
	.route_count = sizeof household_routes / sizeof *household_routes,
	.entities = household_entities,
	.start = start,
};
