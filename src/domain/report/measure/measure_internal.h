/* measure_internal.h: shared by the files of this module only. */
#ifndef QIFU_MEASURE_INTERNAL_H
#define QIFU_MEASURE_INTERNAL_H

#include "domain/report/measure/measure.h"
#include "platform/auth.h"

/* A question being put together: the text and its values. */
struct measure_query {
	struct text_builder sql;
	struct value values[FENCE_VALUES + 16];
	size_t used;
};
/* " FROM (rows of the measure) m WHERE …": decided from `from` until before `until`, and by now, within scope
 * and fence. The columns are repair_id, row_id, org_id, number, kind, level, filed_at, due_at, stopped_at,
 * decided_at, counted. */
bool measure_from(struct ctx *c, const struct measure *measure, const struct measure_scope *scope,
	struct instant from, struct instant until, struct measure_query *query);
/* Adds a value; gives its "$n". */
const char *measure_bind(struct ctx *c, struct measure_query *query, struct value value);

void measure_members_write(const struct measure *measure, struct measure_figure figure, struct json_out *out);
void measure_put_permille(struct json_out *out, const char *key, int64_t permille);

/* Basis of a promise as the rulebook says it; NULL when unknown. */
const char *measure_promise_basis(const struct app *app, const char *code);

#endif
