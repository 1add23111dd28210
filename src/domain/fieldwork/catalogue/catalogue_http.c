/* catalogue_http.c: the catalogue and the safety script for the screens. */
#include <stdlib.h>
#include <string.h>

#include "domain/core/book/book.h"
#include "domain/core/permission/permission.h"
#include "domain/fieldwork/catalogue/catalogue.h"
#include "platform/module.h"

static void write_kind(struct json_out *out, const struct catalogue_kind *kind)
{
	out_object_open(out);
	put_text(out, "code", kind->code);
	put_text(out, "label", kind->label);
	put_text(out, "group", kind->group);
	put_text(out, "level", kind->level);
	put_bool(out, "emergency", kind->emergency);
	put_text(out, "skill", kind->skill);
	put_text(out, "certificate", kind->certificate);
	out_object_close(out);
}

static void write_json(struct ctx *c, struct json_out *out, const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text) {
		const char *copy = arena_text(c->arena, text);
		free(text);
		out_raw(out, copy, strlen(copy));
	} else {
		out_null(out);
	}
}

static bool show_catalogue(struct ctx *c, struct call *call)
{
	const struct catalogue *book = catalogue_of(c->app);
	struct json_out *out = call->out;
	out_object_open(out);
	out_key(out, "groups");
	write_json(c, out, book->groups);
	out_key(out, "items");
	out_array_open(out);
	for (size_t i = 0; i < book->kind_count; i++)
		write_kind(out, &book->kinds[i]);
	out_array_close(out);
	out_key(out, "causes");
	out_array_open(out);
	for (size_t i = 0; i < book->cause_count; i++) {
		out_object_open(out);
		put_text(out, "code", book->causes[i].code);
		put_text(out, "label", book->causes[i].label);
		out_key(out, "groups");
		out_array_open(out);
		for (const char *const *group = book->causes[i].groups; group && *group; group++)
			out_text(out, *group);
		out_array_close(out);
		out_object_close(out);
	}
	out_array_close(out);
	out_object_close(out);
	return true;
}

static bool show_script(struct ctx *c, struct call *call)
{
	const json_t *script = book_part(c->app, "safety_script");
	write_json(c, call->out, script);
	return true;
}

static bool start(struct ctx *c)
{
	const json_t *script;
	if (!catalogue_start(c))
		return false;
	if (book_part(c->app, "safety_script"))
		return true;
	if (!book_json(c, "rulebook/safety_script.json", &script))
		return false;
	book_put(c->app, "safety_script", script);
	return true;
}

static const struct route routes[] = {
	{ "GET", "/catalogue", show_catalogue, .flags = ANY_STAFF, .summary = "报修类别与原因目录" },
	{ "GET", "/safety-script", show_script, .flags = ANY_STAFF, .summary = "险情安全提示" },
};

static const char *const needs[] = { NULL };

const struct module catalogue_module = {
	.name = "catalogue",
	.wing = "fieldwork",
	.label = "报修目录",
	.needs = needs,
	.routes = routes,
	.route_count = sizeof routes / sizeof *routes,
	.start = start,
};
