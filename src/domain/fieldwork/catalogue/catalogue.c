/* catalogue.c: reads rulebook/catalogue.json once. */
#include "domain/fieldwork/catalogue/catalogue.h"

#include <string.h>

#include "domain/core/book/book.h"

static const char part_name[] = "catalogue";

static void read_kinds(struct arena *arena, const json_t *json, struct catalogue *book)
{
	size_t count = json_array_size(json);
	book->kinds = arena_array(arena, struct catalogue_kind, count);
	book->kind_count = count;
	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_array_get(json, i);
		book->kinds[i] = (struct catalogue_kind){
			.code = book_text(one, "code"),
			.label = book_text(one, "label"),
			.group = book_text(one, "group"),
			.level = book_text(one, "level"),
			.emergency = book_bool(one, "emergency"),
			.skill = book_text(one, "skill"),
			.certificate = book_text(one, "certificate"),
			.words = book_texts(arena, one, "words"),
		};
	}
}

static void read_causes(struct arena *arena, const json_t *json, struct catalogue *book)
{
	size_t count = json_array_size(json);
	book->causes = arena_array(arena, struct catalogue_cause, count);
	book->cause_count = count;
	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_array_get(json, i);
		book->causes[i] = (struct catalogue_cause){
			.code = book_text(one, "code"),
			.label = book_text(one, "label"),
			.groups = book_texts(arena, one, "groups"),
		};
	}
}

bool catalogue_start(struct ctx *c)
{
	const json_t *json;
	if (book_part(c->app, part_name))
		return true;
	if (!book_json(c, "rulebook/catalogue.json", &json))
		return false;
	struct arena *arena = c->app->arena;
	struct catalogue *book = arena_new_object(arena, struct catalogue);
	read_kinds(arena, json_object_get(json, "kinds"), book);
	read_causes(arena, json_object_get(json, "causes"), book);
	book->negators = book_texts(arena, json, "negators");
	book->negator_fillers = book_texts(arena, json, "negator_fillers");
	book->questions = book_texts(arena, json, "questions");
	book->groups = json_object_get(json, "groups");
	book_put(c->app, part_name, book);
	return true;
}

const struct catalogue *catalogue_of(const struct app *app)
{
	return book_part(app, part_name);
}

const struct catalogue_kind *catalogue_kind_of(const struct app *app, const char *code)
{
	const struct catalogue *book = catalogue_of(app);
	for (size_t i = 0; code && i < book->kind_count; i++) {
		if (strcmp(book->kinds[i].code, code) == 0)
			return &book->kinds[i];
	}
	return NULL;
}

const struct catalogue_cause *catalogue_cause_of(const struct app *app, const char *code)
{
	const struct catalogue *book = catalogue_of(app);
	for (size_t i = 0; code && i < book->cause_count; i++) {
		if (strcmp(book->causes[i].code, code) == 0)
			return &book->causes[i];
	}
	return NULL;
}

const char *catalogue_label(const struct app *app, const char *kind_code)
{
	const struct catalogue_kind *kind = catalogue_kind_of(app, kind_code);
	return kind ? kind->label : kind_code;
}
