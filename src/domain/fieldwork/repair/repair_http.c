/* repair_http.c: the routes of orders. */
#include <string.h>

#include "domain/core/evidence/evidence.h"
#include "domain/core/permission/permission.h"
#include "domain/core/timeline/timeline.h"
#include "domain/fieldwork/repair/repair_internal.h"
#include "platform/audit.h"
#include "platform/list.h"

enum { DUPLICATES_MOST = 20 };

static bool read_seen(struct ctx *c, int64_t id, int permission, struct repair *repair)
{
	return repair_read(c, id, repair) && repair_require(c, repair, permission);
}

static bool file_repair(struct ctx *c, struct call *call)
{
	struct repair *repair = call->record;
	if (!repair_file(c, repair))
		return false;
	call->status = 201;
	call->location = arena_format(c->arena, "/api/v1/repairs/%lld", (long long)repair->id);
	out_object_open(call->out);
	if (!repair_members_write(c, repair, false, call->out))
		return false;
	out_key(call->out, "promises");
	if (!promise_write(c, repair_subject(repair), call->out))
		return false;
	out_object_close(call->out);
	return true;
}

static bool list_repairs(struct ctx *c, struct call *call)
{
	const struct list list = {
		.entity = &repair_entity, .permission = MAY_VIEW_REPAIR, .decorate = repair_write_names
	};
	const char *format = call_query(call, "format");
	if (format && !text_equal(format, "json") && !actor_may(c->actor, MAY_EXPORT_REPAIR))
		return fail(c, FORBIDDEN, "您没有导出工单的权限，请联系上级");
	return list_reply(c, call, &list);
}

static bool show_repair(struct ctx *c, struct call *call)
{
	struct repair repair = { 0 };
	return read_seen(c, call->id, MAY_VIEW_REPAIR, &repair) && repair_page_write(c, &repair, call->out);
}

/* A form that was filled from a masked reply sends the mask back: that is no change. */
static void drop_masked(struct ctx *c, json_t *body, const char *key, enum personal kind, const char *stored)
{
	const char *sent = json_string_value(json_object_get(body, key));
	if (sent && stored && strchr(sent, '*') && text_equal(sent, personal_mask(c, kind, stored)))
		json_object_del(body, key);
}

static bool edit_repair(struct ctx *c, struct call *call)
{
	struct repair repair = { 0 };
	if (!call_require_version(c, call) || !read_seen(c, call->id, MAY_EDIT_REPAIR, &repair))
		return false;
	int64_t org_before = repair.org_id;
	drop_masked(c, call->json, "caller_name", PERSONAL_NAME, repair.caller_name);
	drop_masked(c, call->json, "caller_phone", PERSONAL_PHONE, repair.caller_phone);
	if (!entity_from_json(c, &repair_entity, call->json, ENTITY_EDIT, &repair))
		return false;
	int64_t org_after = repair.org_id;
	repair.org_id = org_before;
	repair.version = call->if_match;
	if (!repair_edit(c, &repair))
		return false;
	if (org_after != org_before && !repair_move(c, &repair, org_after, "修改服务单位"))
		return false;
	return repair_page_write(c, &repair, call->out);
}

static bool note_repair(struct ctx *c, struct call *call)
{
	struct repair repair = { 0 };
	const char *text = json_get_text(c, call->json, "text");
	if (!ctx_failed(c) && text_is_blank(text))
		fault(c, "text", "required", "请写备注内容");
	else if (text && text_characters(text) > NOTE_MOST)
		fault(c, "text", "too_long", "备注最多 %d 字", NOTE_MOST);
	if (ctx_failed(c) || !read_seen(c, call->id, MAY_VIEW_REPAIR, &repair) ||
		!timeline_add(c, repair_subject(&repair), "note", c->now, text, NULL))
		return false;
	repair_tell(c, &repair, "repair.changed", 0);
	out_object_open(call->out);
	put_int(call->out, "id", repair.id);
	out_object_close(call->out);
	return true;
}

/* ---- steps
 * -------------------------------------------------------------------------------------------------------- */

static void read_step(struct ctx *c, const json_t *json, struct repair_step *step)
{
	const char *name = json_get_text(c, json, "step"), *at = json_get_text(c, json, "at");
	*step = (struct repair_step){
		.step = (enum repair_step_name)choice_of_code(repair_step_names, name ? name : ""),
		.reason = json_get_text(c, json, "reason"),
		.note = json_get_text(c, json, "note"),
		.cause = json_get_text(c, json, "cause"),
		.result = json_get_text(c, json, "result"),
		.staff_id = json_get_int(c, json, "staff_id", 0),
		.team_id = json_get_int(c, json, "team_id", 0),
		.other_id = json_get_int(c, json, "other_id", 0),
		.org_id = json_get_int(c, json, "org_id", 0),
		.longitude_e6 = json_get_int(c, json, "longitude_e6", 0),
		.latitude_e6 = json_get_int(c, json, "latitude_e6", 0),
	};
	if (!step->step)
		fault(c, "step", name ? "unknown" : "required", "请说明要办理哪一步");
	if (at && !instant_parse(at, &step->at))
		fault(c, "at", "format", "时间应写成 2026-09-30T22:30:00+08:00");
	if (step->longitude_e6 < -180000000 || step->longitude_e6 > 180000000 ||
		step->latitude_e6 < -90000000 || step->latitude_e6 > 90000000)
		fault(c, "longitude_e6", "range", "位置不对，请重新定位");
}

static bool only_known_members(struct ctx *c, const json_t *json)
{
	static const char *const known[] = { "step", "at", "reason", "note", "cause", "result", "staff_id",
		"team_id", "other_id", "org_id", "longitude_e6", "latitude_e6" };
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)json, key, value)
	{
		size_t i = 0;
		while (i < sizeof known / sizeof *known && strcmp(known[i], key) != 0)
			i++;
		if (i == sizeof known / sizeof *known)
			fault(c, arena_text(c->arena, key), "unknown", "这一项不认识，请去掉");
	}
	return !ctx_failed(c);
}

static bool step_repair(struct ctx *c, struct call *call)
{
	struct repair repair = { 0 };
	struct repair_step step;
	read_step(c, call->json, &step);
	if (!only_known_members(c, call->json) || !read_seen(c, call->id, MAY_VIEW_REPAIR, &repair))
		return false;
	if (call->if_match)
		repair.version = call->if_match;
	bool done = step.step == STEP_MOVE ? repair_move(c, &repair, step.org_id, step.reason)
					   : repair_step(c, &repair, &step);
	return done && repair_page_write(c, &repair, call->out);
}

/* ---- duplicates
 * ----------------------------------------------------------------------------------------------------- */

static bool write_orders(struct ctx *c, const int64_t *ids, size_t count, struct json_out *out)
{
	out_array_open(out);
	for (size_t i = 0; i < count; i++) {
		struct repair repair = { 0 };
		if (!repair_read(c, ids[i], &repair))
			return false;
		out_object_open(out);
		if (!repair_members_write(c, &repair, false, out))
			return false;
		out_object_close(out);
	}
	out_array_close(out);
	return true;
}

static bool show_duplicates(struct ctx *c, struct call *call)
{
	const int64_t most = INT64_C(1) << 53;
	int64_t household_id = call_query_int(c, call, "household_id", 0, 0, most);
	int64_t org_id = call_query_int(c, call, "org_id", c->actor->org_id, 0, most);
	int64_t ids[DUPLICATES_MOST];
	size_t count;
	struct household household = { 0 };
	if (ctx_failed(c))
		return false;
	if (household_id) {
		if (!household_read(c, household_id, &household) ||
			!fence_require(c, MAY_FILE_REPAIR, household.org_id, "户档"))
			return false;
		org_id = household.org_id;
	}
	if (!fence_require(c, MAY_FILE_REPAIR, org_id, "受理单位") ||
		!repair_duplicates(c, org_id, household_id, call_query(call, "address"), 0, ids,
			DUPLICATES_MOST, &count))
		return false;
	out_object_open(call->out);
	out_key(call->out, "items");
	if (!write_orders(c, ids, count, call->out))
		return false;
	out_object_close(call->out);
	return true;
}

/* ---- unmasking
 * ------------------------------------------------------------------------------------------------------- */

enum { REASON_LEAST = 4 };

static bool unmask_repair(struct ctx *c, struct call *call)
{
	struct repair repair = { 0 };
	const char *reason = json_get_text(c, call->json, "reason");
	if (!ctx_failed(c) && (!reason || text_characters(reason) < REASON_LEAST))
		fault(c, "reason", "required", "请写明查看完整信息的原因，至少 %d 个字", REASON_LEAST);
	if (ctx_failed(c) || !read_seen(c, call->id, MAY_UNMASK, &repair) ||
		!audit_record(c, "repair.unmask", "repair", repair.id, repair.org_id, NULL, reason))
		return false;
	call->unmasked = true;
	out_object_open(call->out);
	entity_members(c, &repair_entity, &repair, true, call->out);
	out_object_close(call->out);
	return true;
}

static const struct route repair_routes[] = {
	{ "POST", "/repairs", file_repair, MAY_FILE_REPAIR, .body = &repair_entity, .summary = "受理工单" },
	{ "GET", "/repairs", list_repairs, MAY_VIEW_REPAIR, .reply = &repair_entity, .flags = IS_LIST,
		.summary = "工单清单" },
	{ "GET", "/repairs/duplicates", show_duplicates, MAY_FILE_REPAIR, .summary = "同址未结工单" },
	{ "GET", "/repairs/{id}", show_repair, MAY_VIEW_REPAIR, .summary = "查看工单" },
	{ "PUT", "/repairs/{id}", edit_repair, MAY_EDIT_REPAIR, .body = &repair_entity,
		.body_mode = ENTITY_EDIT, .summary = "修改工单" },
	{ "POST", "/repairs/{id}/notes", note_repair, MAY_VIEW_REPAIR, .summary = "工单备注" },
	{ "POST", "/repairs/{id}/steps", step_repair, MAY_VIEW_REPAIR, .summary = "工单办理一步" },
	{ "POST", "/repairs/{id}/unmask", unmask_repair, MAY_UNMASK, .flags = UNMASKS,
		.summary = "查看工单完整个人信息" },
};

/* ---- the register
 * ------------------------------------------------------------------------------------------ */

static bool org_of(struct ctx *c, int64_t id, int64_t *org_id)
{
	struct repair repair = { 0 };
	if (!repair_read(c, id, &repair))
		return false;
	*org_id = repair.org_id;
	return true;
}

static bool require_evidence(struct ctx *c, int64_t id, int permission)
{
	struct repair repair = { 0 };
	return repair_read(c, id, &repair) && repair_require(c, &repair, permission);
}

/* Who may see an order may add to it: photos come from the site, letters and pictures from customers to the
 * desk. */
static const struct evidence_owner owner = { .module = "repair",
	.view_permission = MAY_VIEW_REPAIR,
	.add_permission = MAY_VIEW_REPAIR,
	.org_of = org_of,
	.require = require_evidence };
static const struct work_source source = { .module = "repair", .collect = repair_work_collect };

static bool start(struct ctx *c)
{
	evidence_register(c, &owner);
	work_register(c, &source);
	return true;
}

static const struct entity *const entities[] = { &repair_entity, NULL };
static const char *const needs[] = { "work", "timeline", "promise", "evidence", "notify", "org", "household",
	"catalogue", NULL };

const struct module repair_module = {
	.name = "repair",
	.wing = "fieldwork",
	.label = "工单",
	.needs = needs,
	.routes = repair_routes,
	.route_count = sizeof repair_routes / sizeof *repair_routes,
	.entities = entities,
	.start = start,
};
