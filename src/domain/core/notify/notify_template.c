/* notify_template.c: texts with names in them, and when they may be sent. */
#include <string.h>

#include "base/text.h"
#include "domain/core/book/book.h"
#include "domain/core/notify/notify_internal.h"
#include "platform/log.h"

struct templates {
	struct template *list;
	size_t count;
};

bool notify_templates_load(struct ctx *c)
{
	const json_t *json;
	if (book_part(c->app, "templates"))
		return true;
	if (!book_json(c, "rulebook/templates.json", &json))
		return false;
	struct templates *templates = arena_new_object(c->app->arena, struct templates);
	templates->list = arena_array(c->app->arena, struct template, json_array_size(json) + 1);
	for (size_t i = 0; i < json_array_size(json); i++) {
		const json_t *one = json_array_get(json, i);
		struct template *made = &templates->list[templates->count++];
		*made = (struct template){ .code = book_text(one, "code"),
			.title = book_text(one, "title"),
			.text = book_text(one, "text") };
		if (!made->code || !made->title || !made->text)
			return fail(c, INTERNAL, "规章数据 rulebook/templates.json 不完整，请重新安装程序");
	}
	book_put(c->app, "templates", templates);
	return true;
}

const struct template *template_of_code(const struct ctx *c, const char *code)
{
	static const struct template unknown = { .code = "", .title = "通知", .text = "{title}" };
	const struct templates *templates = book_part(c->app, "templates");
	for (size_t i = 0; templates && i < templates->count; i++) {
		if (strcmp(templates->list[i].code, code) == 0)
			return &templates->list[i];
	}
	/* The act that tells of itself must not fail for want of a text. */
	log_line(LOG_ERROR, "notify", "no such template", "code", code, NULL);
	return &unknown;
}

const char *template_fill(struct ctx *c, const char *text, const json_t *parameters, bool open)
{
	struct text_builder out = { .arena = c->arena };
	for (const char *at = text; *at;) {
		const char *brace = strchr(at, '{'), *end = brace ? strchr(brace, '}') : NULL;
		if (!end) {
			text_add(&out, at);
			break;
		}
		text_add_n(&out, at, (size_t)(brace - at));
		const char *name = arena_text_n(c->arena, brace + 1, (size_t)(end - brace - 1));
		const char *value = json_string_value(json_object_get(parameters, name));
		bool hidden = !open && strcmp(name, "code") == 0;
		text_add(&out, hidden ? "******" : value ? value : "");
		at = end + 1;
	}
	return text_built(&out);
}

struct instant quiet_until(struct instant now)
{
	int64_t clock = instant_clock(now);
	if (clock >= QUIET_FROM_MS)
		return date_at(date_plus(instant_date(now), 1), QUIET_TO_MS);
	if (clock < QUIET_TO_MS)
		return date_at(instant_date(now), QUIET_TO_MS);
	return (struct instant){ 0 };
}

int64_t retry_pause(int64_t attempts)
{
	static const int64_t minutes[] = { 1, 5, 15, 60, 120, 240, 480 };
	size_t last = sizeof minutes / sizeof *minutes - 1;
	size_t i = attempts < 1 ? 0 : (size_t)(attempts - 1);
	return minutes[i > last ? last : i] * MINUTE_MS;
}
