/* visit_rules.c: rulebook/checklists.json. */
#include "domain/core/book/book.h"
#include "domain/fieldwork/catalogue/catalogue.h"
#include "domain/fieldwork/visit/visit_internal.h"

static const char part_name[] = "visit";

const struct visit_rules *visit_rules(const struct app *app)
{
	return book_part(app, part_name);
}

bool visit_rules_start(struct ctx *c)
{
	const json_t *json;
	if (visit_rules(c->app))
		return true;
	if (!book_json(c, "rulebook/checklists.json", &json))
		return false;
	const json_t *gates = json_object_get(json, "gates");
	const json_t *arrive = json_object_get(gates, "arrive"), *finish = json_object_get(gates, "finish");
	struct visit_rules *rules = arena_new_object(c->app->arena, struct visit_rules);
	*rules = (struct visit_rules){
		.place_or_reason = book_bool(arrive, "place_or_reason"),
		.arrive_photo_levels = book_texts(c->app->arena, arrive, "photo_levels"),
		.finish_photo_levels = book_texts(c->app->arena, finish, "arrival_photo_levels"),
		.after_photo = book_bool(finish, "after_photo"),
		.leaving_checklist = book_bool(finish, "leaving_checklist"),
		.signature_or_reason = book_bool(finish, "signature_or_reason"),
		.leaving = json_object_get(json, "leaving"),
		.leaving_groups = json_object_get(json, "leaving_groups"),
	};
	book_put(c->app, part_name, rules);
	return true;
}

const json_t *visit_points(const struct app *app, const struct repair *repair)
{
	const struct visit_rules *rules = visit_rules(app);
	const struct catalogue_kind *kind = catalogue_kind_of(app, repair->kind);
	const json_t *own = kind ? json_object_get(rules->leaving_groups, kind->group) : NULL;
	return own ? own : rules->leaving;
}
