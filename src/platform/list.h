/* list.h: one list, one count, one export, from one filter and one fence.
 *
 *   ?after=TOKEN&limit=50&sort=-due_at&status=open&created_at_from=…&q=…
 *
 * Filters and sorting are those that the entity's fields allow; anything else in the query is a fault. The
 * order always ends in the id, so that walking all pages gives each row once. `after` is the opaque token of
 * the last row.
 */
#ifndef QIFU_PLATFORM_LIST_H
#define QIFU_PLATFORM_LIST_H

#include "platform/route.h"

enum { LIST_LIMIT_DEFAULT = 50, LIST_LIMIT_MOST = 500, EXPORT_ROWS_MOST = 1000000 };

struct list {
	const struct entity *entity;
	int permission;	   /* whose fence decides (entity->fence column) */
	const char *where; /* a further literal condition without parameters, or with those in `values`
			      ($1…$n), or NULL */
	const struct value *values;
	size_t value_count;
	/* Query parameters that the handler itself has already used (besides the platform's), NULL-ended; or
	 * NULL. */
	const char *const *own_parameters;
	/* Adds members to a row's JSON (names of related records …); NULL: none. */
	bool (*decorate)(struct ctx *c, const void *record, struct json_out *out);
};

/* Writes {"items":[…],"next":"TOKEN"|null,"count":N} to call->out; the count only with ?count=1.
 * ?format=csv (UTF-8 with BOM), csv_gb18030 and xlsx send the whole filtered list as a file with Chinese
 * headers; texts that a spreadsheet would run as a formula are neutralised; identifiers stay text. */
bool list_reply(struct ctx *c, struct call *call, const struct list *list);

/* ?field= of a count by group: {"groups":[{"value":…,"label":…,"count":N}]}; the field must be FILTERED. */
bool list_groups(struct ctx *c, struct call *call, const struct list *list, const char *field);

#endif
