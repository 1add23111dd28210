/* list_internal.h: between list.c (the page), list_query.c (what was asked) and list_export.c (the file). */
#ifndef QIFU_PLATFORM_LIST_INTERNAL_H
#define QIFU_PLATFORM_LIST_INTERNAL_H

#include "platform/entity_internal.h"
#include "platform/list.h"

enum { LIST_VALUES = 96, LIST_CODES_MOST = 32 };

/* The key of the last row seen. Rows whose key is NULL come last, in either direction, ordered by id. */
struct list_place {
	bool given;
	bool is_null;
	struct value key;
	int64_t id;
};

struct list_question {
	const struct list *list;
	struct text_builder where; /* filter and fence, with its values */
	struct value values[LIST_VALUES];
	size_t count;
	const struct field *sort; /* NULL: by id alone */
	bool descending, may_be_null;
	int64_t limit;
	struct list_place place;
};

/* Reads the query. False with every fault named. */
bool list_ask(struct ctx *c, struct call *call, const struct list *list, struct list_question *question);

/* The next rows behind question->place, at most `most`, into `each`; moves the place along. `*more` when the
 * last row was not the list's last. Stops when `each` is false. */
bool list_walk(struct ctx *c, struct list_question *question, int64_t most,
	bool (*each)(struct ctx *c, const struct list_question *question, const void *record, void *data),
	void *data, bool *more);

/* The opaque text of a place, and back. */
const char *list_token(struct ctx *c, const struct list_question *question);

/* list_export.c */
bool list_export(struct ctx *c, struct call *call, struct list_question *question, const char *format);

#endif
