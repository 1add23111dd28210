/* promise_http.c: rules and overrides, deadlines asked for, and the changes that make open ones be worked out
 * anew. */
#include <string.h>

#include "base/text.h"
#include "domain/core/permission/permission.h"
#include "domain/core/promise/promise_internal.h"
#include "platform/events.h"
#include "platform/module.h"

/* ---- rules
 * --------------------------------------------------------------------------------------------------------------
 */

static void put_texts(struct json_out *out, const char *key, const char *const *texts)
{
	out_key(out, key);
	out_array_open(out);
	for (; texts && *texts; texts++)
		out_text(out, *texts);
	out_array_close(out);
}

static void put_steps(struct json_out *out, const struct promise_rule *rule)
{
	out_key(out, "steps");
	out_array_open(out);
	for (size_t i = 0; i < rule->step_count; i++) {
		out_object_open(out);
		put_int(out, rule->steps[i].before ? "before" : "after", rule->steps[i].amount);
		put_text(out, "unit", rule->steps[i].unit);
		put_text(out, "to", rule->steps[i].to);
		put_int(out, "level", rule->steps[i].level);
		out_object_close(out);
	}
	out_array_close(out);
}

static bool list_rules(struct ctx *c, struct call *call)
{
	const struct promise_book *book = promise_book(c);
	struct json_out *out = call->out;
	out_object_open(out);
	out_key(out, "items");
	out_array_open(out);
	for (size_t i = 0; i < book->count; i++) {
		const struct promise_rule *rule = &book->rules[i];
		out_object_open(out);
		put_text(out, "code", rule->code);
		put_text(out, "label", rule->label);
		put_text(out, "article", rule->article);
		put_text(out, "basis", rule->basis);
		put_text(out, "source", rule->source);
		put_text(out, "note", rule->note);
		put_text(out, "kind", rule->kind_code);
		put_int(out, "amount", rule->amount);
		put_text(out, "unit", rule->unit);
		put_text(out, "amount_text", promise_amount_text(c, rule, rule->amount));
		put_bool(out, "floor", rule->floor);
		put_texts(out, "starts_on", rule->starts_on);
		put_texts(out, "stops_on", rule->stops_on);
		put_texts(out, "pauses_in", rule->pauses_in);
		put_steps(out, rule);
		if (!promise_overrides_write(c, rule->code, MAY_VIEW_PROMISE, out))
			return false;
		out_object_close(out);
	}
	out_array_close(out);
	out_object_close(out);
	return true;
}

static bool add_override(struct ctx *c, struct call *call)
{
	struct override_wish wish = { .code = json_get_text(c, call->json, "code"),
		.basis = json_get_text(c, call->json, "basis"),
		.due_clock = json_get_text(c, call->json, "due_clock"),
		.effective_from = json_get_text(c, call->json, "effective_from"),
		.org_id = json_get_int(c, call->json, "org_id", 0),
		.amount = json_get_int(c, call->json, "amount", 0) };
	int64_t id, changed;
	if (ctx_failed(c) || !fence_require(c, MAY_EDIT_PROMISE, wish.org_id, "这个单位的承诺标准") ||
		!promise_override_add(c, &wish, &id, &changed))
		return false;
	event_emit(c, (struct event){ .kind = "promise.changed",
			      .subject_id = id,
			      .org_id = wish.org_id,
			      .permission = MAY_VIEW_PROMISE });
	call->status = 201;
	out_object_open(call->out);
	put_id(call->out, "id", id);
	put_int(call->out, "changed", changed);
	out_object_close(call->out);
	return true;
}

/* ---- deadlines
 * ------------------------------------------------------------------------------------------------------------
 */

static bool list_promises(struct ctx *c, struct call *call)
{
	const char *module = call_query(call, "module");
	int64_t org_id, id = call_query_int(c, call, "subject_id", 0, 1, INT64_C(9007199254740991));
	if (ctx_failed(c))
		return false;
	if (!module || id == 0)
		return fault(c, "subject_id", "required", "请用 module 和 subject_id 指明哪一单");
	if (!promise_subject_org(c, (struct subject){ module, id }, &org_id))
		return false;
	if (org_id == 0)
		return fail(c, NOT_FOUND, "这一单没有承诺记录");
	if (!fence_require(c, MAY_VIEW_PROMISE, org_id, "这一单"))
		return false;
	out_object_open(call->out);
	out_key(call->out, "items");
	if (!promise_write(c, (struct subject){ module, id }, call->out))
		return false;
	out_object_close(call->out);
	return true;
}

static bool tell_due(struct ctx *c, struct call *call)
{
	const char *code = call_query(call, "code"), *from = call_query(call, "from");
	int64_t org_id = call_query_int(c, call, "org_id", 0, 0, INT64_C(9007199254740991));
	struct text_builder lines = { .arena = c->arena };
	struct instant start = c->now, due;
	int missing_year;
	if (!code)
		fault(c, "code", "required", "请指明承诺，例如 complaint.reply");
	if (from && !instant_parse(from, &start))
		fault(c, "from", "format", "时间应写成 2026-09-30T22:30:00+08:00");
	if (ctx_failed(c))
		return false;
	if (!promise_due(c, code, start, call_query(call, "user_class"), org_id, call_query(call, "place"),
		    &due, &lines, &missing_year))
		return missing_year == 0 ? false
					 : fail(c, CONFLICT,
						   "%d "
						   "年的工作日历还没有导入，无法计算期限；请先导入国务院办公"
						   "厅的放假通知",
						   missing_year);
	out_object_open(call->out);
	put_text(call->out, "code", code);
	put_instant(call->out, "from", start);
	put_instant(call->out, "due_at", due);
	put_text(call->out, "explain", text_built(&lines));
	out_object_close(call->out);
	return true;
}

/* ---- calendars and hours
 * ------------------------------------------------------------------------------------------------------ */

static bool reply_changed(struct ctx *c, struct call *call, const char *key, int64_t value, int64_t changed)
{
	event_emit(c, (struct event){ .kind = "alarm.changed", .permission = MAY_VIEW_PROMISE });
	call->status = 201;
	out_object_open(call->out);
	put_int(call->out, key, value);
	put_int(call->out, "changed", changed);
	out_object_close(call->out);
	return true;
}

static bool import_calendar(struct ctx *c, struct call *call)
{
	int64_t year = json_get_int(c, call->json, "year", 0), changed;
	const char *csv = json_get_text(c, call->json, "csv"), *basis = json_get_text(c, call->json, "basis");
	if (ctx_failed(c))
		return false;
	if (year < 2000 || year > 2999)
		return fault(c, "year", "range", "年份应在 2000 到 2999 之间");
	return calendar_import(c, (int)year, csv, basis) && promise_recompute_open(c, 0, &changed) &&
	       reply_changed(c, call, "year", year, changed);
}

static bool set_hours(struct ctx *c, struct call *call)
{
	struct service_hours hours;
	int64_t changed, org_id = json_get_int(c, call->json, "org_id", 0);
	for (int i = 0; i < HOURS_DAYS; i++)
		hours.windows[i] = json_get_text(c, call->json, hours_day_names[i]);
	if (ctx_failed(c) || !fence_require(c, MAY_EDIT_PROMISE, org_id, "这个单位的服务时间"))
		return false;
	return calendar_set_hours(c, org_id, &hours) && promise_recompute_open(c, org_id, &changed) &&
	       reply_changed(c, call, "org_id", org_id, changed);
}

bool promise_start(struct ctx *c)
{
	return promise_book_load(c);
}

static const struct route promise_routes[] = {
	{ "GET", "/promise-rules", list_rules, MAY_VIEW_PROMISE, .summary = "服务承诺及依据" },
	{ "POST", "/promise-rules", add_override, MAY_EDIT_PROMISE, .summary = "设置本单位承诺标准" },
	{ "GET", "/promises", list_promises, MAY_VIEW_PROMISE, .summary = "一单的承诺与时钟" },
	{ "GET", "/due", tell_due, MAY_VIEW_PROMISE, .summary = "试算期限" },
	{ "POST", "/calendars", import_calendar, MAY_EDIT_PROMISE, .summary = "导入一年的工作日历" },
	{ "POST", "/service-hours", set_hours, MAY_EDIT_PROMISE, .summary = "设置单位服务时间" },
};
static const char *const promise_needs[] = { "calendar", "timeline", "notify", NULL };
static const struct job promise_jobs[] = {
	{ .name = "promise.escalate", .every_ms = 2 * SECOND_MS, .run = promise_escalate_job },
};

const struct module promise_module = { .name = "promise",
	.wing = "core",
	.label = "服务承诺",
	.needs = promise_needs,
	.routes = promise_routes,
	.route_count = sizeof promise_routes / sizeof *promise_routes,
	.jobs = promise_jobs,
	.job_count = sizeof promise_jobs / sizeof *promise_jobs,
	.start = promise_start };
