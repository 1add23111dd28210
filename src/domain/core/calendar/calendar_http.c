/* calendar_http.c: which years are loaded, and the hours. Changes come through the promise module, which
 * recomputes. */
#include <stdlib.h>

#include "domain/core/calendar/calendar_internal.h"
#include "domain/core/permission/permission.h"
#include "platform/module.h"

static bool list_years(struct ctx *c, struct call *call)
{
	return calendar_write_years(c, call->out);
}

static bool show_year(struct ctx *c, struct call *call)
{
	return calendar_write_year(c, strtoll(call->parameter[0], NULL, 10), call->out);
}

static bool list_hours(struct ctx *c, struct call *call)
{
	return calendar_write_hours(c, MAY_VIEW_PROMISE, call->out);
}

static const struct route calendar_routes[] = {
	{ "GET", "/calendars", list_years, .flags = ANY_STAFF, .summary = "已导入的工作日历" },
	{ "GET", "/calendars/{year}", show_year, .flags = ANY_STAFF, .summary = "一年的放假与调休" },
	{ "GET", "/service-hours", list_hours, MAY_VIEW_PROMISE, .summary = "各单位服务时间" },
};

const struct module calendar_module = { .name = "calendar",
	.wing = "core",
	.label = "工作日历",
	.routes = calendar_routes,
	.route_count = sizeof calendar_routes / sizeof *calendar_routes,
	.start = calendar_start };
