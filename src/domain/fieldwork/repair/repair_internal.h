/* repair_internal.h: shared by the files of this module only. */
#ifndef QIFU_REPAIR_INTERNAL_H
#define QIFU_REPAIR_INTERNAL_H

#include "domain/fieldwork/repair/repair.h"
#include "domain/core/work/work.h"
#include "platform/module.h"

enum {
	AT_TOLERANCE_MS = 2 * MINUTE_MS,
	APPOINTMENT_DAYS_MOST = 60,
	DUPLICATE_MS = 72 * HOUR_MS,
	NOTE_MOST = 2000
};

/* What the partial indexes of repair.sql say, word for word. */
#define OPEN_STATUSES "status IN ('filed', 'dispatched', 'accepted', 'departed', 'arrived', 'waiting')"

struct subject repair_subject(const struct repair *repair);
/* "工单 LS-2026-000123" */
const char *repair_name(struct ctx *c, const struct repair *repair);
/* Whether the actor has the permission where the order lies, without a problem. */
bool repair_actor_may(struct ctx *c, int permission, int64_t org_id, bool *may);
/* The earliest running promise, into the record (not yet stored). */
bool repair_take_due(struct ctx *c, struct repair *repair);
/* Faults of appointment, level, kind and so on, for filing and editing. */
bool repair_check(struct ctx *c, struct repair *repair, const struct repair *before);
/* Which unit an order lies with that was filed for `org_id`: the centre above a hall or team. Sets company
 * and code. */
bool repair_place_org(struct ctx *c, struct repair *repair, const char **company_code);

/* ---- extensions (repair_extension.c)
 * --------------------------------------------------------------------------- */

bool extensions_may(struct ctx *c, const struct repair *repair, const struct repair_step *step);
bool extensions_after(struct ctx *c, struct repair *repair, const struct repair_step *step);
bool extensions_write(struct ctx *c, const struct repair *repair, struct json_out *out);
bool extensions_needs(
	struct ctx *c, const struct repair *repair, enum repair_step_name step, struct json_out *out);
bool extensions_work_on(struct ctx *c, const struct repair *repair, int64_t staff_id, bool *works);

bool repair_write_names(struct ctx *c, const void *record, struct json_out *out);

bool repair_work_collect(struct ctx *c, struct work_list *list);

#endif
