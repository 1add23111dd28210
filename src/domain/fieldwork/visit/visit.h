/* visit.h: on site: what must be there before a step may happen, and what was done.
 *
 * Regulation article 6(4). Arriving needs the place or a reason; paid work opens only with an agreed
 * quotation and stays within it; finishing needs photos, the leaving checklist, and the customer's signature
 * or the reason why there is none. Which of these hold is data (rulebook/checklists.json). Each attempt
 * (after reopening) is proved anew.
 */
#ifndef QIFU_VISIT_H
#define QIFU_VISIT_H

#include "domain/fieldwork/quote/quote.h"
#include "domain/fieldwork/repair/repair.h"

enum { VISIT_LINES_MOST = 80, VISIT_NOTE_MOST = 2000 };

struct visit_work {
	struct quote_line *lines; /* item_code and quantity come in, the rest is filled in */
	size_t line_count;
	bool has_lines; /* false: only note or checklist are told */
	const char *note;
	const json_t *checklist; /* {"code": true|false}; NULL: not told */
};
/* Keeps what was done; a later call replaces what it tells and leaves the rest. */
bool visit_record(struct ctx *c, struct repair *repair, struct visit_work *work);

/* {"items":[{"code","label"}…]} for the kind of the order. */
bool visit_checklist_write(struct ctx *c, const struct repair *repair, struct json_out *out);

/* Orders of the actor that are open, in the order in which to go. */
bool visit_route_write(struct ctx *c, struct json_out *out);

#endif
