/* work.c: see work.h. */
#include "domain/core/work/work.h"

#include <stdlib.h>
#include <string.h>

#include "domain/core/book/book.h"

static const char part_name[] = "work.sources";

struct sources {
	size_t count;
	const struct work_source *list[WORK_SOURCES];
};

/* A copy each time: a part of the book never changes once it is there. */
void work_register(struct ctx *c, const struct work_source *source)
{
	const struct sources *before = book_part(c->app, part_name);
	struct sources *made = arena_new_object(c->app->arena, struct sources);
	if (before)
		*made = *before;
	size_t at = 0;
	while (at < made->count && strcmp(made->list[at]->module, source->module) != 0)
		at++;
	if (at == made->count && at < WORK_SOURCES)
		made->count++;
	if (at < WORK_SOURCES)
		made->list[at] = source;
	book_put(c->app, part_name, made);
}

bool work_add(struct ctx *c, struct work_list *list, const struct work_item *item)
{
	if (!list->items)
		list->items = arena_array(c->arena, struct work_item, WORK_MOST);
	if (list->count == WORK_MOST)
		return false;
	list->items[list->count++] = *item;
	return true;
}

static int64_t order_of(const struct work_item *item)
{
	return item->due_at.ms ? item->due_at.ms : INT64_MAX;
}

static int by_clock(const void *a, const void *b)
{
	const struct work_item *x = a, *y = b;
	if (x->is_urgent != y->is_urgent)
		return x->is_urgent ? -1 : 1;
	int64_t due_x = order_of(x), due_y = order_of(y);
	if (due_x != due_y)
		return due_x < due_y ? -1 : 1;
	int module = strcmp(x->subject.module, y->subject.module);
	if (module != 0)
		return module;
	return x->subject.id < y->subject.id ? -1 : x->subject.id > y->subject.id;
}

bool work_collect(struct ctx *c, struct work_list *list)
{
	const struct sources *sources = book_part(c->app, part_name);
	for (size_t i = 0; sources && i < sources->count; i++) {
		/* Each source has room of its own, so that one cannot crowd out another. */
		struct work_list own = { 0 };
		if (!sources->list[i]->collect(c, &own))
			return false;
		for (size_t k = 0; k < own.count; k++) {
			if (!work_add(c, list, &own.items[k]))
				break;
		}
	}
	if (list->count > 1)
		qsort(list->items, list->count, sizeof *list->items, by_clock);
	return true;
}
