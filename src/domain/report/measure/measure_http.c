/* measure_http.c: the routes of figures. */
#include "domain/core/permission/permission.h"
#include "domain/report/measure/measure_internal.h"
#include "platform/module.h"

enum { DAYS_USUAL = 30, DAYS_MOST = 1100, PAGE_USUAL = 100 };

static bool read_day(
	struct ctx *c, const struct call *call, const char *name, struct date usual, struct date *day)
{
	const char *text = call_query(call, name);
	*day = usual;
	return !text || date_parse(text, day) || fault(c, name, "format", "日期应写成 2026-09-30");
}

/* ?org_id= &from= &to=, both days included; the last 30 days when nothing is said. */
static bool read_scope(struct ctx *c, const struct call *call, struct measure_scope *scope)
{
	struct date today = instant_date(c->now);
	scope->org_id = call_query_int(c, call, "org_id", 0, 1, INT64_C(1) << 53);
	read_day(c, call, "to", today, &scope->to);
	if (!ctx_failed(c))
		read_day(c, call, "from", date_plus(scope->to, 1 - DAYS_USUAL), &scope->from);
	if (ctx_failed(c))
		return false;
	if (scope->from.day > scope->to.day)
		return fault(c, "from", "order", "开始日期不能晚于结束日期");
	if (scope->to.day - scope->from.day >= DAYS_MOST)
		return fault(c, "from", "range", "时间范围最多三年");
	return !scope->org_id || fence_require(c, MAY_VIEW_MEASURE, scope->org_id, "这个单位");
}

static bool read_measure(struct ctx *c, const struct call *call, const struct measure **measure)
{
	*measure = measure_of_code(c->app, call->parameter[0]);
	return *measure || fail(c, NOT_FOUND, "没有指标 %s", call->parameter[0]);
}

static bool list_measures(struct ctx *c, struct call *call)
{
	struct measure_scope scope;
	size_t count;
	const struct measure *list = measure_list(c->app, &count);
	if (!read_scope(c, call, &scope))
		return false;
	out_object_open(call->out);
	put_date(call->out, "from", scope.from);
	put_date(call->out, "to", scope.to);
	out_key(call->out, "items");
	out_array_open(call->out);
	for (size_t i = 0; i < count; i++) {
		struct measure_figure figure;
		if (!measure_compute(c, &list[i], &scope, &figure))
			return false;
		out_object_open(call->out);
		measure_members_write(&list[i], figure, call->out);
		out_object_close(call->out);
	}
	out_array_close(call->out);
	out_object_close(call->out);
	return true;
}

static bool list_rows(struct ctx *c, struct call *call)
{
	const struct measure *measure;
	struct measure_scope scope;
	if (!read_measure(c, call, &measure) || !read_scope(c, call, &scope))
		return false;
	int64_t limit = call_query_int(c, call, "limit", PAGE_USUAL, 1, MEASURE_PAGE_MOST);
	return !ctx_failed(c) &&
	       measure_rows_write(c, measure, &scope, call_query(call, "after"), limit, call->out);
}

static bool show_trend(struct ctx *c, struct call *call)
{
	const struct measure *measure;
	struct measure_scope scope;
	struct measure_figure figures[TREND_MONTHS];
	int year, month, day;
	if (!read_measure(c, call, &measure) || !read_scope(c, call, &scope) ||
		!measure_trend(c, measure, &scope, figures))
		return false;
	out_object_open(call->out);
	put_text(call->out, "code", measure->code);
	put_text(call->out, "label", measure->label);
	out_key(call->out, "items");
	out_array_open(call->out);
	for (int i = 0; i < TREND_MONTHS; i++) {
		date_parts(date_plus_months(scope.to, i - (TREND_MONTHS - 1)), &year, &month, &day);
		out_object_open(call->out);
		put_text(call->out, "month", arena_format(c->arena, "%04d-%02d", year, month));
		put_int(call->out, "numerator", figures[i].numerator);
		put_int(call->out, "denominator", figures[i].denominator);
		measure_put_permille(call->out, "value_permille", measure_permille(figures[i]));
		out_object_close(call->out);
	}
	out_array_close(call->out);
	out_object_close(call->out);
	return true;
}

/* Without a unit: the one where the actor belongs, or the first of those that the actor may look at. */
static bool take_unit(struct ctx *c, struct measure_scope *scope)
{
	for (size_t i = 0; !scope->org_id && i < c->actor->grant_count; i++)
		if (permission_has(&c->actor->grants[i].permissions, MAY_VIEW_MEASURE))
			scope->org_id = c->actor->grants[i].org_id;
	return scope->org_id || fault(c, "org_id", "required", "请选择单位");
}

static bool show_by_org(struct ctx *c, struct call *call)
{
	const struct measure *measure;
	struct measure_scope scope;
	struct measure_unit *units;
	size_t count;
	if (!read_measure(c, call, &measure) || !read_scope(c, call, &scope) || !take_unit(c, &scope) ||
		!measure_by_org(c, measure, &scope, &units, &count))
		return false;
	out_object_open(call->out);
	put_text(call->out, "code", measure->code);
	put_int(call->out, "org_id", scope.org_id);
	out_key(call->out, "items");
	out_array_open(call->out);
	for (size_t i = 0; i < count; i++) {
		out_object_open(call->out);
		put_int(call->out, "org_id", units[i].org_id);
		put_text(call->out, "org_name", units[i].name);
		put_bool(call->out, "own", units[i].own);
		put_int(call->out, "numerator", units[i].figure.numerator);
		put_int(call->out, "denominator", units[i].figure.denominator);
		measure_put_permille(call->out, "value_permille", measure_permille(units[i].figure));
		out_object_close(call->out);
	}
	out_array_close(call->out);
	out_object_close(call->out);
	return true;
}

static bool show_board(struct ctx *c, struct call *call)
{
	struct measure_scope scope;
	return read_scope(c, call, &scope) && measure_board_write(c, &scope, call->out);
}

static const struct route measure_routes[] = {
	{ "GET", "/measures", list_measures, MAY_VIEW_MEASURE, .run = ON_WORKER, .summary = "服务指标" },
	{ "GET", "/measures/board", show_board, MAY_VIEW_MEASURE, .run = ON_WORKER,
		.summary = "制度对照看板" },
	{ "GET", "/measures/{code}/rows", list_rows, MAY_VIEW_MEASURE, .run = ON_WORKER,
		.summary = "指标明细" },
	{ "GET", "/measures/{code}/trend", show_trend, MAY_VIEW_MEASURE, .run = ON_WORKER,
		.summary = "指标趋势" },
	{ "GET", "/measures/{code}/by-org", show_by_org, MAY_VIEW_MEASURE, .run = ON_WORKER,
		.summary = "各单位指标" },
};

static const char *const needs[] = { "promise", "rulebook", "catalogue", "repair", "quote", "revisit", NULL };

const struct module measure_module = {
	.name = "measure",
	.wing = "report",
	.label = "指标",
	.needs = needs,
	.routes = measure_routes,
	.route_count = sizeof measure_routes / sizeof *measure_routes,
	.start = measure_start,
};
