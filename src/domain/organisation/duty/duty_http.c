/* duty_http.c: routes of the roster and of going on and off duty. */
#include "domain/core/permission/permission.h"
#include "domain/organisation/duty/duty.h"
#include "domain/organisation/duty/shift.h"
#include "domain/organisation/staff/staff.h"
#include "platform/list.h"

static bool require_person(struct ctx *c)
{
	return c->actor->kind == ACTOR_STAFF || fail(c, FORBIDDEN, "只有本人登录后才能办理");
}

static bool until_of(struct ctx *c, struct call *call, struct instant *until)
{
	const char *text = call->json ? json_get_text(c, call->json, "until") : NULL;
	if (ctx_failed(c))
		return false;
	if (text_is_blank(text))
		return true;
	return instant_parse(text, until) || fault(c, "until", "format", "请填写带时区的时间");
}

static bool put_state(struct ctx *c, struct call *call, int64_t staff_id)
{
	struct duty_state state;
	if (!duty_of(c, staff_id, c->now, &state))
		return false;
	out_object_open(call->out);
	put_bool(call->out, "on_duty", state.on_duty);
	put_instant(call->out, "until", state.until);
	put_instant(call->out, "seen_at", state.seen_at);
	out_object_close(call->out);
	return true;
}

/* ---- one's own
 * ------------------------------------------------------------------------------------------------------ */

static bool begin_own(struct ctx *c, struct call *call)
{
	struct instant until = { 0 };
	return require_person(c) && until_of(c, call, &until) && duty_begin(c, c->actor->id, until) &&
	       put_state(c, call, c->actor->id);
}

static bool end_own(struct ctx *c, struct call *call)
{
	return require_person(c) && duty_end(c, c->actor->id) && put_state(c, call, c->actor->id);
}

static bool report_place(struct ctx *c, struct call *call)
{
	if (!require_person(c))
		return false;
	if (!json_is_integer(json_object_get(call->json, "longitude_e6")))
		fault(c, "longitude_e6", "required", "请给出经度（百万分之一度的整数）");
	if (!json_is_integer(json_object_get(call->json, "latitude_e6")))
		fault(c, "latitude_e6", "required", "请给出纬度（百万分之一度的整数）");
	return !ctx_failed(c) &&
	       duty_report_place(c, c->actor->id, json_get_int(c, call->json, "longitude_e6", 0),
		       json_get_int(c, call->json, "latitude_e6", 0));
}

/* ---- another person's, by the one who makes the roster
 * -------------------------------------------------------------- */

static bool person_within(struct ctx *c, struct call *call)
{
	struct staff staff;
	return staff_read(c, call->id, &staff) && fence_require(c, MAY_EDIT_DUTY, staff.org_id, "这名人员");
}

static bool begin_other(struct ctx *c, struct call *call)
{
	struct instant until = { 0 };
	return person_within(c, call) && until_of(c, call, &until) && duty_begin(c, call->id, until) &&
	       put_state(c, call, call->id);
}

static bool end_other(struct ctx *c, struct call *call)
{
	return person_within(c, call) && duty_end(c, call->id) && put_state(c, call, call->id);
}

/* ---- roster
 * ---------------------------------------------------------------------------------------------------------
 */

static bool put_name(struct ctx *c, const void *record, struct json_out *out)
{
	const struct duty_shift *shift = record;
	struct staff staff;
	if (!staff_read(c, shift->staff_id, &staff))
		return false;
	put_text(out, "staff_name", staff.name);
	return true;
}

static bool list_shifts(struct ctx *c, struct call *call)
{
	return list_reply(c, call,
		&(struct list){
			.entity = &duty_shift_entity, .permission = MAY_VIEW_DUTY, .decorate = put_name });
}

static bool open_shift(struct ctx *c, struct call *call)
{
	struct duty_shift *shift = call->record;
	struct staff staff;
	if (!staff_read(c, shift->staff_id, &staff) ||
		!fence_require(c, MAY_EDIT_DUTY, staff.org_id, "这名人员") ||
		(shift->org_id && !fence_require(c, MAY_EDIT_DUTY, shift->org_id, "值班单位")) ||
		!shift_open(c, shift))
		return false;
	*(struct duty_shift *)call->reply = *shift;
	call->status = 201;
	return true;
}

static bool end_shift(struct ctx *c, struct call *call)
{
	return shift_end(c, call->id);
}

static const struct route duty_routes[] = {
	{ "POST", "/me/duty", begin_own, .flags = ANY_STAFF, .summary = "本人上岗" },
	{ "DELETE", "/me/duty", end_own, .flags = ANY_STAFF, .summary = "本人下岗" },
	{ "POST", "/me/place", report_place, .flags = ANY_STAFF | NO_RETRY_KEY, .summary = "上报位置" },
	{ "POST", "/staff/{id}/duty", begin_other, MAY_EDIT_DUTY, .summary = "安排上岗" },
	{ "DELETE", "/staff/{id}/duty", end_other, MAY_EDIT_DUTY, .summary = "安排下岗" },
	{ "GET", "/shifts", list_shifts, MAY_VIEW_DUTY, .reply = &duty_shift_entity, .flags = IS_LIST,
		.summary = "值班表" },
	{ "POST", "/shifts", open_shift, MAY_EDIT_DUTY, .body = &duty_shift_entity,
		.reply = &duty_shift_entity, .summary = "排班" },
	{ "DELETE", "/shifts/{id}", end_shift, MAY_EDIT_DUTY, .summary = "删除班次" },
};

static const struct entity *const duty_entities[] = { &duty_shift_entity, NULL };
static const char *const duty_needs[] = { "org", "staff", NULL };

const struct module duty_module = {
	.name = "duty",
	.wing = "organisation",
	.label = "值班",
	.needs = duty_needs,
	.routes = duty_routes,
	.route_count = sizeof duty_routes / sizeof *duty_routes,
	.entities = duty_entities,
};
