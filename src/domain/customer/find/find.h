/* find.h: one box that finds everything, and the household's page (360°). Import and export are in import.h.
 */
#ifndef QIFU_FIND_H
#define QIFU_FIND_H

#include "domain/customer/household/household.h"

struct find_hit {
	const char *type; /* household person repair staff */
	int64_t id;
	const char *number, *title, *subtitle;
	const char *matched; /* number phone name address order */
};
enum { FIND_LIMIT_DEFAULT = 20, FIND_LIMIT_MOST = 50, FIND_QUERY_CHARACTERS = 100 };

/* Within the actor's fences; the order is fixed: number, order number, phone, meter, name, address, staff,
 * each in its index's order. `*more`: there are further hits, ask for more of the text. */
bool find_everything(
	struct ctx *c, const char *query, struct find_hit *hits, size_t limit, size_t *count, bool *more);

/* The page's data as the API has it; the household is read and fenced by the caller. */
bool find_page_write(struct ctx *c, const struct household *household, bool unmasked, struct json_out *out);

#endif
