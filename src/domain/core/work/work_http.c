/* work_http.c: GET /me/work. */
#include "domain/core/work/work.h"
#include "platform/module.h"

static void write_item(struct json_out *out, const struct work_item *item)
{
	out_object_open(out);
	put_text(out, "module", item->subject.module);
	put_int(out, "id", item->subject.id);
	put_text(out, "number", item->number);
	put_text(out, "title", item->title);
	put_text(out, "kind_label", item->kind_label);
	put_text(out, "level", item->level);
	put_text(out, "status", item->status);
	put_text(out, "status_label", item->status_label);
	put_text(out, "address", item->address);
	put_instant(out, "filed_at", item->filed_at);
	put_instant(out, "due_at", item->due_at);
	put_bool(out, "mine", item->is_mine);
	out_object_close(out);
}

static bool show_work(struct ctx *c, struct call *call)
{
	struct work_list list = { 0 };
	int64_t limit = call_query_int(c, call, "limit", 200, 1, WORK_MOST);
	call_query_int(c, call, "count", 0, 0, 1); /* it is always counted */
	if (ctx_failed(c) || !work_collect(c, &list))
		return false;
	out_object_open(call->out);
	out_key(call->out, "items");
	out_array_open(call->out);
	for (size_t i = 0; i < list.count && (int64_t)i < limit; i++)
		write_item(call->out, &list.items[i]);
	out_array_close(call->out);
	put_int(call->out, "count", (int64_t)list.count);
	out_object_close(call->out);
	return true;
}

static const struct route routes[] = {
	{ "GET", "/me/work", show_work, .flags = ANY_STAFF, .summary = "我的工作" },
};

static const char *const needs[] = { NULL };

const struct module work_module = {
	.name = "work",
	.wing = "core",
	.label = "我的工作",
	.needs = needs,
	.routes = routes,
	.route_count = sizeof routes / sizeof *routes,
};
