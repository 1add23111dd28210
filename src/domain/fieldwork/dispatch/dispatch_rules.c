/* dispatch_rules.c: the numbers of dispatching, from the rulebook. */
#include "domain/core/book/book.h"
#include "domain/fieldwork/dispatch/dispatch_internal.h"

static const char part_name[] = "dispatch";

const struct dispatch_rules *dispatch_rules(const struct app *app)
{
	return book_part(app, part_name);
}

static const char *label_of(const json_t *words, const char *code)
{
	size_t at;
	json_t *word;
	json_array_foreach((json_t *)words, at, word)
	{
		if (text_equal(book_text(word, "code"), code))
			return book_text(word, "label");
	}
	return code;
}

const char *dispatch_skill_label(const struct app *app, const char *code)
{
	return label_of(dispatch_rules(app)->skills, code);
}

const char *dispatch_certificate_label(const struct app *app, const char *code)
{
	return label_of(dispatch_rules(app)->certificates, code);
}

bool dispatch_rules_start(struct ctx *c)
{
	const json_t *json, *roles;
	if (dispatch_rules(c->app))
		return true;
	if (!book_json(c, "rulebook/dispatch.json", &json) || !book_json(c, "rulebook/roles.json", &roles))
		return false;
	struct dispatch_rules *rules = arena_new_object(c->app->arena, struct dispatch_rules);
	const char *const *codes = book_texts(c->app->arena, json, "roles");
	for (size_t i = 0; codes && codes[i] && i < ROLES_MOST; i++)
		rules->roles[i] = codes[i];
	const json_t *weights = json_object_get(json, "weights");
	rules->open_most = book_int(json, "open_most", 6);
	rules->weight_load = book_int(weights, "level_load", 20);
	rules->weight_km = book_int(weights, "distance_km", 2);
	rules->weight_team = book_int(weights, "team", 30);
	rules->weight_off_duty = book_int(weights, "off_duty", 500);
	rules->weight_role = book_int(weights, "role", 150);
	for (int level = LEVEL_P0; level < LEVELS; level++)
		rules->accept_ms[level] = SECOND_MS * book_int(json_object_get(json, "accept_seconds"),
							      choice_code(repair_levels, level), 1800);
	rules->skills = json_object_get(roles, "skills");
	rules->certificates = json_object_get(roles, "certificates");
	book_put(c->app, part_name, rules);
	return true;
}
