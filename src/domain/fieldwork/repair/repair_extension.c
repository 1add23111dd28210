/* repair_extension.c: what higher modules add to an order. */
#include <string.h>

#include "domain/core/book/book.h"
#include "domain/fieldwork/repair/repair_internal.h"

enum { EXTENSIONS_MOST = 8 };
static const char part_name[] = "repair.extensions";

struct extensions {
	size_t count;
	const struct repair_extension *list[EXTENSIONS_MOST];
};

/* A copy each time: a part of the book never changes once it is there. */
void repair_extend(struct ctx *c, const struct repair_extension *extension)
{
	const struct extensions *before = book_part(c->app, part_name);
	struct extensions *made = arena_new_object(c->app->arena, struct extensions);
	if (before)
		*made = *before;
	size_t at = 0;
	while (at < made->count && strcmp(made->list[at]->name, extension->name) != 0)
		at++;
	if (at == made->count && at < EXTENSIONS_MOST)
		made->count++;
	if (at < EXTENSIONS_MOST)
		made->list[at] = extension;
	book_put(c->app, part_name, made);
}

static const struct extensions *extensions_of(const struct ctx *c)
{
	static const struct extensions nobody = { 0 };
	const struct extensions *all = book_part(c->app, part_name);
	return all ? all : &nobody;
}

bool extensions_may(struct ctx *c, const struct repair *repair, const struct repair_step *step)
{
	const struct extensions *all = extensions_of(c);
	for (size_t i = 0; i < all->count; i++) {
		for (size_t k = 0; k < all->list[i]->gate_count; k++) {
			const struct repair_gate *gate = &all->list[i]->gates[k];
			if (gate->step == step->step && !gate->may(c, repair, step))
				return false;
		}
	}
	return true;
}

bool extensions_after(struct ctx *c, struct repair *repair, const struct repair_step *step)
{
	const struct extensions *all = extensions_of(c);
	for (size_t i = 0; i < all->count; i++) {
		if (all->list[i]->after && !all->list[i]->after(c, repair, step))
			return false;
	}
	return true;
}

bool extensions_write(struct ctx *c, const struct repair *repair, struct json_out *out)
{
	const struct extensions *all = extensions_of(c);
	for (size_t i = 0; i < all->count; i++) {
		if (all->list[i]->write && !all->list[i]->write(c, repair, out))
			return false;
	}
	return true;
}

bool extensions_needs(
	struct ctx *c, const struct repair *repair, enum repair_step_name step, struct json_out *out)
{
	const struct extensions *all = extensions_of(c);
	for (size_t i = 0; i < all->count; i++) {
		if (all->list[i]->needs && !all->list[i]->needs(c, repair, step, out))
			return false;
	}
	return true;
}

bool extensions_work_on(struct ctx *c, const struct repair *repair, int64_t staff_id, bool *works)
{
	const struct extensions *all = extensions_of(c);
	*works = false;
	for (size_t i = 0; i < all->count && !*works; i++) {
		if (all->list[i]->works_on && !all->list[i]->works_on(c, repair, staff_id, works))
			return false;
	}
	return true;
}
