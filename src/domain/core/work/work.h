/* work.h: "my work", one list over all modules.
 *
 * A module that has something for people to do registers a source in its start; the list asks each, puts
 * everything into one order (what runs out first) and cuts it. A source gives what the actor may see and has
 * to do, at most WORK_MOST things.
 */
#ifndef QIFU_WORK_H
#define QIFU_WORK_H

#include "domain/core/subject/subject.h"
#include "platform/ctx.h"

enum { WORK_SOURCES = 16, WORK_MOST = 500 };

struct work_item {
	struct subject subject;
	const char *number;	/* NULL: it has none */
	const char *title;	/* "燃气泄漏": what it is, without personal data */
	const char *kind_label; /* NULL allowed from here on */
	const char *level, *status, *status_label, *address;
	struct instant filed_at;
	struct instant due_at; /* 0: no clock; comes last */
	bool is_urgent;	       /* comes first whatever its clock says */
	bool is_mine;	       /* given to the actor in person, not to the unit */
};

struct work_list {
	struct work_item *items;
	size_t count;
};
/* False when the list is full: stop. */
bool work_add(struct ctx *c, struct work_list *list, const struct work_item *item);

struct work_source {
	const char *module;
	bool (*collect)(struct ctx *c, struct work_list *list);
};
/* In the module's start; `source` is static const. */
void work_register(struct ctx *c, const struct work_source *source);

/* Everything of the actor, in order. */
bool work_collect(struct ctx *c, struct work_list *list);

#endif
