/* rulebook_http.c: the regulation as a page, and the alarms. */
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/core/promise/promise.h"
#include "domain/core/rulebook/rulebook_internal.h"
#include "platform/module.h"

static void put_article(struct ctx *c, struct json_out *out, const struct article *article)
{
	bool measured = false;
	out_object_open(out);
	put_text(out, "number", article->number);
	put_text(out, "title", article->title);
	put_text(out, "chapter", article->chapter);
	put_text(out, "text", article->text);
	put_text(out, "missing", article->missing);
	out_key(out, "answers");
	out_array_open(out);
	for (size_t i = 0; i < article->answer_count; i++) {
		const struct article_answer *one = &article->answers[i];
		const char *label = one->label;
		if (strcmp(one->kind, "promise") == 0)
			label = promise_label(c, one->code);
		else
			measured = true;
		out_object_open(out);
		put_text(out, "kind", one->kind);
		put_text(out, "code", one->code);
		put_text(out, "label", label);
		out_object_close(out);
	}
	out_array_close(out);
	put_text(out, "status", measured ? "measured" : "not_measured");
	out_object_close(out);
}

static bool list_articles(struct ctx *c, struct call *call)
{
	size_t count;
	const struct article *articles = rulebook_articles(c->app, &count);
	out_array_open(call->out);
	for (size_t i = 0; i < count; i++)
		put_article(c, call->out, &articles[i]);
	out_array_close(call->out);
	return true;
}

static bool list_alarms(struct ctx *c, struct call *call)
{
	return alarms_write(c, call->out);
}

static const struct route rulebook_routes[] = {
	{ "GET", "/rulebook/articles", list_articles, MAY_VIEW_RULEBOOK,
		.summary = "制度条文与对应的承诺、指标" },
	{ "GET", "/alarms", list_alarms, .flags = ANY_STAFF, .summary = "需要处理的系统告警" },
};
static const char *const rulebook_needs[] = { "calendar", "promise", NULL };

const struct module rulebook_module = { .name = "rulebook",
	.wing = "core",
	.label = "制度对照",
	.needs = rulebook_needs,
	.routes = rulebook_routes,
	.route_count = sizeof rulebook_routes / sizeof *rulebook_routes,
	.start = rulebook_start };
