/* dispatch_http.c: board, suggestions, help, split. */
#include "domain/core/permission/permission.h"
#include "domain/fieldwork/dispatch/dispatch_internal.h"
#include "platform/list.h"

enum { SUGGESTIONS_MOST = 50 };

static bool read_seen(struct ctx *c, int64_t id, int permission, struct repair *repair)
{
	return repair_read(c, id, repair) && repair_require(c, repair, permission);
}

static bool show_board(struct ctx *c, struct call *call)
{
	const char *text = call_query(call, "day");
	struct date day = NO_DATE;
	int64_t org_id = call_query_int(c, call, "org_id", 0, 1, INT64_C(1) << 53);
	if (!text_is_blank(text) && !date_parse(text, &day))
		fault(c, "day", "format", "日期应写成 2026-09-30");
	return !ctx_failed(c) && (!org_id || fence_require(c, MAY_DISPATCH, org_id, "这个单位的调度台")) &&
	       dispatch_board_write(c, org_id, day, call->out);
}

/* ---- suggestions
 * ----------------------------------------------------------------------------------------------------- */

static void write_refusals(struct ctx *c, const struct dispatch_person *person, struct json_out *out)
{
	struct text_builder all = { .arena = c->arena };
	bool yields = person->refusal_count > 0;
	out_key(out, "refusals");
	out_array_open(out);
	for (size_t i = 0; i < person->refusal_count; i++) {
		const struct dispatch_refusal *one = &person->refusals[i];
		text_add_format(&all, "%s%s", i ? "；" : "", one->detail);
		yields = yields && one->yields;
		out_object_open(out);
		put_text(out, "code", one->code);
		put_text(out, "detail", one->detail);
		out_object_close(out);
	}
	out_array_close(out);
	put_text(out, "refused", person->refusal_count ? text_built(&all) : NULL);
	put_bool(out, "yields", yields);
}

static void write_suggestion(struct ctx *c, const struct dispatch_person *person, struct json_out *out)
{
	out_object_open(out);
	put_int(out, "staff_id", person->staff_id);
	put_text(out, "name", person->name);
	put_text(out, "team", person->team);
	put_int(out, "score", person->score);
	out_key(out, "distance_m");
	if (person->distance_m < 0)
		out_null(out);
	else
		out_int(out, person->distance_m);
	put_int(out, "open", person->open);
	put_bool(out, "on_duty", person->on_duty);
	out_key(out, "reasons");
	out_array_open(out);
	for (size_t i = 0; i < person->reason_count; i++)
		out_text(out, person->reasons[i]);
	out_array_close(out);
	write_refusals(c, person, out);
	out_object_close(out);
}

static bool show_suggestions(struct ctx *c, struct call *call)
{
	struct dispatch_person people[SUGGESTIONS_MOST];
	struct repair repair = { 0 };
	size_t count;
	int64_t id = call_query_int(c, call, "repair_id", 0, 1, INT64_C(1) << 53);
	if (!ctx_failed(c) && !id)
		fault(c, "repair_id", "required", "请说明是哪张工单");
	if (ctx_failed(c) || !read_seen(c, id, MAY_DISPATCH, &repair) ||
		!dispatch_suggest(c, &repair, people, SUGGESTIONS_MOST, &count))
		return false;
	out_object_open(call->out);
	out_key(call->out, "items");
	out_array_open(call->out);
	for (size_t i = 0; i < count; i++)
		write_suggestion(c, &people[i], call->out);
	out_array_close(call->out);
	out_object_close(call->out);
	return true;
}

/* ---- help and split
 * ---------------------------------------------------------------------------------------------------- */

/* A dispatcher sends somebody; without a name it is the one on site who asks. */
static bool help(struct ctx *c, struct call *call)
{
	struct repair repair = { 0 };
	bool own = false;
	int64_t repair_id = json_get_int(c, call->json, "repair_id", 0);
	int64_t staff_id = json_get_int(c, call->json, "staff_id", 0);
	const char *reason = json_get_text(c, call->json, "reason");
	if (!repair_id)
		fault(c, "repair_id", "required", "请说明是哪张工单");
	if (ctx_failed(c) || !read_seen(c, repair_id, MAY_VIEW_REPAIR, &repair))
		return false;
	if (staff_id) {
		if (!actor_may(c->actor, MAY_DISPATCH))
			return fail(c, FORBIDDEN, "增援由调度员指派：请不选人直接请求增援");
		if (!fence_require(c, MAY_DISPATCH, repair.org_id, "派人增援") ||
			!dispatch_help(c, &repair, staff_id, reason))
			return false;
	} else {
		if (!repair_is_actors(c, &repair, &own))
			return false;
		if (!own)
			return fail(c, FORBIDDEN, "工单 %s 不在您名下，不能请求增援", repair.number);
		if (!dispatch_ask_help(c, &repair, reason))
			return false;
	}
	return repair_page_write(c, &repair, call->out);
}

static bool split(struct ctx *c, struct call *call)
{
	struct repair repair = { 0 }, made;
	const char *kind = json_get_text(c, call->json, "kind"),
		   *description = json_get_text(c, call->json, "description");
	if (ctx_failed(c) || !read_seen(c, call->id, MAY_FILE_REPAIR, &repair) ||
		!dispatch_split(c, &repair, kind, description, &made))
		return false;
	call->status = 201;
	call->location = arena_format(c->arena, "/api/v1/repairs/%lld", (long long)made.id);
	return repair_page_write(c, &made, call->out);
}

static const struct route routes[] = {
	{ "GET", "/dispatch/board", show_board, MAY_DISPATCH, .run = ON_WORKER, .summary = "调度台" },
	{ "GET", "/dispatch/suggestions", show_suggestions, MAY_DISPATCH, .summary = "派单建议" },
	{ "POST", "/dispatch/help", help, MAY_VIEW_REPAIR, .summary = "派人增援，或现场请求增援" },
	{ "POST", "/repairs/{id}/split", split, MAY_FILE_REPAIR, .summary = "拆分工单" },
};

static bool start(struct ctx *c)
{
	repair_extend(c, &dispatch_extension);
	return dispatch_rules_start(c);
}

static const struct job jobs[] = {
	{ .name = "dispatch.offers", .every_ms = 5 * SECOND_MS, .run = offer_job }
};
static const char *const needs[] = { "timeline", "promise", "notify", "org", "staff", "duty", "catalogue",
	"repair", NULL };

const struct module dispatch_module = {
	.name = "dispatch",
	.wing = "fieldwork",
	.label = "调度",
	.needs = needs,
	.routes = routes,
	.route_count = sizeof routes / sizeof *routes,
	.jobs = jobs,
	.job_count = sizeof jobs / sizeof *jobs,
	.start = start,
};
