/* measure.h: figures of service, each a fraction that opens to its rows.
 *
 * A measure is data (rulebook/measures.json) over one of the sources below. A row belongs to the period in
 * which it was decided: when it was done, or, if that came first, when it ran out. So a row counts in exactly
 * one period; what is open and not yet due is in neither part; what is open and has run out is in the
 * denominator only; and a period that is over keeps its figures.
 */
#ifndef QIFU_MEASURE_H
#define QIFU_MEASURE_H

#include "platform/json.h"

enum { MEASURE_PROMISES = 4, MEASURES_MOST = 40, TREND_MONTHS = 6, MEASURE_PAGE_MOST = 200 };

/* What a row is. */
enum measure_source {
	SOURCE_NONE,
	SOURCE_PROMISE,		 /* a promise on an order; counted: kept */
	SOURCE_REVISIT,		 /* a return visit that is due; counted: made, also in vain */
	SOURCE_REVISIT_COVERAGE, /* an order done; counted: drawn for a return visit */
	SOURCE_REVISIT_SUCCESS,	 /* a return visit made; counted: the customer was reached */
	SOURCE_SATISFACTION,	 /* an answer; counted: content */
	SOURCE_SECOND_HANDLING,	 /* an answer; counted: to be handled again */
	SOURCE_CONSENT,		 /* an order done that cost something; counted: agreed to before */
	SOURCE_COUNT
};

struct measure {
	const char *code, *label, *article, *formula, *basis;
	enum measure_source source;
	const char *promises[MEASURE_PROMISES]; /* NULL: every one */
	int64_t target_permille;		/* -1: none */
	const char *good;			/* "high" "low" */
};
const struct measure *measure_of_code(const struct app *app, const char *code);
const struct measure *measure_list(const struct app *app, size_t *count);

/* Of which rows. */
struct measure_scope {
	int64_t org_id;	      /* this unit and below; 0: everything within the fence */
	struct date from, to; /* both included */
};
struct measure_figure {
	int64_t numerator, denominator;
};
/* In thousandths, rounded down: 999 of 1000 is never shown as all. -1 without a denominator. */
int64_t measure_permille(struct measure_figure figure);

bool measure_compute(struct ctx *c, const struct measure *measure, const struct measure_scope *scope,
	struct measure_figure *figure);
/* The six months up to that of scope->to, oldest first. */
bool measure_trend(struct ctx *c, const struct measure *measure, const struct measure_scope *scope,
	struct measure_figure figures[TREND_MONTHS]);

/* A unit's own rows and those of each unit right below it; together they are the unit's. */
struct measure_unit {
	int64_t org_id;
	const char *name;
	bool own; /* the rows that lie at the unit itself */
	struct measure_figure figure;
};
bool measure_by_org(struct ctx *c, const struct measure *measure, const struct measure_scope *scope,
	struct measure_unit **units, size_t *count);

/* {"code","label","items":[…],"next"}: exactly the rows of the denominator. `after` is the token of the last
 * page or NULL. */
bool measure_rows_write(struct ctx *c, const struct measure *measure, const struct measure_scope *scope,
	const char *after, int64_t limit, struct json_out *out);

/* {"articles":[…]}: the regulation with the figures that answer it. */
bool measure_board_write(struct ctx *c, const struct measure_scope *scope, struct json_out *out);

bool measure_start(struct ctx *c);

#endif
