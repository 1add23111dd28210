/* measure.c: the definitions, and counting. */
#include "domain/report/measure/measure.h"

#include <string.h>

#include "domain/core/book/book.h"
#include "domain/core/permission/permission.h"
#include "domain/report/measure/measure_internal.h"

static const char part_name[] = "measures";

struct measures {
	struct measure list[MEASURES_MOST];
	size_t count;
	const json_t *promises;
};

/* ---- definitions
 * ----------------------------------------------------------------------------------------------------- */

static enum measure_source source_of(const char *code)
{
	static const char *const codes[SOURCE_COUNT] = {
		[SOURCE_PROMISE] = "promise",
		[SOURCE_REVISIT] = "revisit",
		[SOURCE_REVISIT_COVERAGE] = "revisit_coverage",
		[SOURCE_REVISIT_SUCCESS] = "revisit_success",
		[SOURCE_SATISFACTION] = "satisfaction",
		[SOURCE_SECOND_HANDLING] = "second_handling",
		[SOURCE_CONSENT] = "consent",
	};
	for (int i = 1; i < SOURCE_COUNT; i++)
		if (text_equal(codes[i], code))
			return (enum measure_source)i;
	return SOURCE_NONE;
}

static bool read_measure(struct ctx *c, const json_t *json, struct measure *measure)
{
	const char *const *promises = book_texts(c->app->arena, json, "promises");
	*measure = (struct measure){ .code = book_text(json, "code"),
		.label = book_text(json, "label"),
		.article = book_text(json, "article"),
		.formula = book_text(json, "formula"),
		.basis = book_text(json, "basis"),
		.source = source_of(book_text(json, "source")),
		.target_permille = book_int(json, "target_permille", -1),
		.good = book_text(json, "good") };
	size_t i = 0;
	for (; promises && promises[i] && i < MEASURE_PROMISES; i++)
		measure->promises[i] = promises[i];
	return measure->code && measure->label && measure->article && measure->formula && measure->basis &&
	       measure->source && (text_equal(measure->good, "high") || text_equal(measure->good, "low")) &&
	       !(promises && promises[i]);
}

bool measure_start(struct ctx *c)
{
	const json_t *json, *promises;
	if (book_part(c->app, part_name))
		return true;
	if (!book_json(c, "rulebook/measures.json", &json) ||
		!book_json(c, "rulebook/promises.json", &promises))
		return false;
	struct measures *measures = arena_new_object(c->app->arena, struct measures);
	measures->promises = promises;
	bool good = json_array_size(json) <= MEASURES_MOST;
	for (size_t i = 0; good && i < json_array_size(json); i++)
		good = read_measure(c, json_array_get(json, i), &measures->list[measures->count++]);
	if (!good)
		return fail(c, INTERNAL, "规章数据 rulebook/measures.json 不完整，请重新安装程序");
	book_put(c->app, part_name, measures);
	return true;
}

const struct measure *measure_list(const struct app *app, size_t *count)
{
	const struct measures *measures = book_part(app, part_name);
	*count = measures ? measures->count : 0;
	return measures ? measures->list : NULL;
}

const struct measure *measure_of_code(const struct app *app, const char *code)
{
	size_t count;
	const struct measure *list = measure_list(app, &count);
	for (size_t i = 0; i < count; i++)
		if (text_equal(list[i].code, code))
			return &list[i];
	return NULL;
}

const char *measure_promise_basis(const struct app *app, const char *code)
{
	const struct measures *measures = book_part(app, part_name);
	size_t at;
	json_t *one;
	json_array_foreach((json_t *)measures->promises, at, one)
	{
		if (text_equal(book_text(one, "code"), code))
			return book_text(one, "basis");
	}
	return NULL;
}

int64_t measure_permille(struct measure_figure figure)
{
	return figure.denominator ? figure.numerator * 1000 / figure.denominator : -1;
}

/* ---- rows
 * ------------------------------------------------------------------------------------------------------------
 */

#define ORDER_COLUMNS "r.id AS repair_id, r.org_id, r.number, r.kind, r.level, r.filed_at, "

/* States of a promise: 1 running, 2 paused, 3 met, 4 broken, 5 cancelled. */
static const char promise_rows[] =
	"SELECT " ORDER_COLUMNS "p.id AS row_id, p.due_at, p.stopped_at, CASE WHEN p.state = 3 "
	"THEN 1 ELSE 0 END AS counted, CASE WHEN p.stopped_at IS NOT NULL AND "
	"(p.due_at IS NULL OR p.stopped_at <= p.due_at) THEN p.stopped_at ELSE "
	"p.due_at END AS decided_at FROM promise_measure p "
	"JOIN repair_measure r ON r.id = p.subject_id "
	"WHERE p.module = 'repair' AND p.state <> 5";

#define REVISIT_FROM                                                                                         \
	" FROM revisit_measure v JOIN repair_measure r ON r.id = v.subject_id WHERE v.module = 'repair' "    \
	"AND "

static const char revisit_rows[] =
	"SELECT " ORDER_COLUMNS "v.id AS row_id, v.due_at, v.done_at AS stopped_at, "
	"CASE WHEN v.status = 'due' THEN 0 ELSE 1 END AS counted, "
	"CASE WHEN v.done_at IS NOT NULL AND v.done_at <= v.due_at THEN v.done_at ELSE v.due_at END "
	"AS decided_at" REVISIT_FROM "v.status IN ('due', 'done', 'unreachable')";

static const char coverage_rows[] =
	"SELECT " ORDER_COLUMNS "v.id AS row_id, v.due_at, v.done_at AS stopped_at, "
	"CASE WHEN v.status = 'not_due' THEN 0 ELSE 1 END AS counted, v.created_at AS decided_at" REVISIT_FROM
	"v.round = 1";

static const char success_rows[] =
	"SELECT " ORDER_COLUMNS "v.id AS row_id, v.due_at, v.done_at AS stopped_at, "
	"CASE WHEN v.outcome = 'reached' THEN 1 ELSE 0 END AS counted, v.done_at AS decided_at" REVISIT_FROM
	"v.status IN ('done', 'unreachable')";

#define ANSWERED REVISIT_FROM "v.status = 'done' AND v.satisfaction > 0"

static const char satisfaction_rows[] =
	"SELECT " ORDER_COLUMNS "v.id AS row_id, v.due_at, v.done_at AS stopped_at, "
	"CASE WHEN v.satisfaction >= 4 THEN 1 ELSE 0 END AS counted, v.done_at AS decided_at" ANSWERED;

static const char second_rows[] =
	"SELECT " ORDER_COLUMNS "v.id AS row_id, v.due_at, v.done_at AS stopped_at, "
	"v.second_handling AS counted, v.done_at AS decided_at" ANSWERED;

static const char consent_rows[] =
	"SELECT " ORDER_COLUMNS "r.id AS row_id, q.consented_at AS due_at, r.done_at AS stopped_at, "
	"CASE WHEN q.consented_at <= r.done_at THEN 1 ELSE 0 END AS counted, r.done_at AS decided_at "
	"FROM repair_measure r LEFT JOIN quote_measure q ON q.module = 'repair' AND q.subject_id = r.id "
	"WHERE r.charge_fen > 0 AND r.done_at IS NOT NULL";

static const char *rows_of(enum measure_source source)
{
	static const char *const texts[SOURCE_COUNT] = {
		[SOURCE_PROMISE] = promise_rows,
		[SOURCE_REVISIT] = revisit_rows,
		[SOURCE_REVISIT_COVERAGE] = coverage_rows,
		[SOURCE_REVISIT_SUCCESS] = success_rows,
		[SOURCE_SATISFACTION] = satisfaction_rows,
		[SOURCE_SECOND_HANDLING] = second_rows,
		[SOURCE_CONSENT] = consent_rows,
	};
	return texts[source];
}

const char *measure_bind(struct ctx *c, struct measure_query *query, struct value value)
{
	query->values[query->used++] = value;
	return arena_format(c->arena, "$%zu", query->used);
}

static void add_promises(struct ctx *c, const struct measure *measure, struct measure_query *query)
{
	if (measure->source != SOURCE_PROMISE || !measure->promises[0])
		return;
	text_add(&query->sql, " AND p.code IN (");
	for (size_t i = 0; i < MEASURE_PROMISES; i++) {
		text_add(&query->sql, i ? ", " : "");
		text_add(&query->sql, measure_bind(c, query, V(measure->promises[i])));
	}
	text_add(&query->sql, ")");
}

static bool add_scope(struct ctx *c, const struct measure_scope *scope, struct measure_query *query)
{
	struct rows *rows;
	if (!scope->org_id)
		return true;
	if (!db_query(c, &rows, "SELECT path FROM org_tree WHERE id = $1", V(scope->org_id)))
		return false;
	const char *path = rows_next(rows) ? rows_text(rows, 0) : "?";
	rows_close(rows);
	const char *from = measure_bind(c, query, V(path));
	const char *until = measure_bind(c, query, V((const char *)arena_format(c->arena, "%s~", path)));
	text_add_format(&query->sql,
		" AND m.org_id IN (SELECT id FROM org_tree WHERE path >= %s AND path < %s)", from, until);
	return !ctx_failed(c);
}

bool measure_from(struct ctx *c, const struct measure *measure, const struct measure_scope *scope,
	struct instant from, struct instant until, struct measure_query *query)
{
	if (until.ms > c->now.ms + 1)
		until.ms = c->now.ms + 1; /* what runs out later is not yet decided */
	text_add(&query->sql, " FROM (");
	text_add(&query->sql, rows_of(measure->source));
	add_promises(c, measure, query);
	text_add_format(&query->sql, ") m WHERE m.decided_at >= %s", measure_bind(c, query, V(from)));
	text_add_format(&query->sql, " AND m.decided_at < %s", measure_bind(c, query, V(until)));
	if (!add_scope(c, scope, query))
		return false;
	text_add(&query->sql, " AND ");
	fence_condition(c, MAY_VIEW_MEASURE, "m.org_id", &query->sql, query->values, &query->used);
	return true;
}

/* ---- counting
 * -------------------------------------------------------------------------------------------------------- */

static struct instant begin_of(struct date day)
{
	return date_at(day, 0);
}

static struct instant end_of(struct date day)
{
	return date_at(date_plus(day, 1), 0);
}

bool measure_compute(struct ctx *c, const struct measure *measure, const struct measure_scope *scope,
	struct measure_figure *figure)
{
	struct measure_query query = { .sql = { .arena = c->arena } };
	struct rows *rows;
	*figure = (struct measure_figure){ 0 };
	text_add(&query.sql, "SELECT count(*), count(CASE WHEN m.counted = 1 THEN 1 END)");
	if (!measure_from(c, measure, scope, begin_of(scope->from), end_of(scope->to), &query) ||
		!db_query_values(c, &rows, text_built(&query.sql), query.values, query.used))
		return false;
	if (rows_next(rows)) {
		figure->denominator = rows_int(rows, 0);
		figure->numerator = rows_int(rows, 1);
	}
	rows_close(rows);
	return !ctx_failed(c);
}

/* One reading for all six months: each row falls into one of them. */
bool measure_trend(struct ctx *c, const struct measure *measure, const struct measure_scope *scope,
	struct measure_figure figures[TREND_MONTHS])
{
	struct measure_query query = { .sql = { .arena = c->arena } };
	struct instant bounds[TREND_MONTHS + 1];
	struct date first;
	struct rows *rows;
	int year, month, day;
	date_parts(scope->to, &year, &month, &day);
	if (!date_make(year, month, 1, &first))
		return fail(c, INTERNAL, "算不出月份");
	for (int i = 0; i <= TREND_MONTHS; i++)
		bounds[i] = begin_of(date_plus_months(first, i - (TREND_MONTHS - 1)));
	memset(figures, 0, TREND_MONTHS * sizeof *figures);
	text_add(&query.sql, "SELECT m.slot, count(*), count(CASE WHEN m.counted = 1 THEN 1 END) "
			     "FROM (SELECT m.counted, CASE");
	for (int i = 1; i < TREND_MONTHS; i++)
		text_add_format(&query.sql, " WHEN m.decided_at < %s THEN %d",
			measure_bind(c, &query, V(bounds[i])), i - 1);
	text_add_format(&query.sql, " ELSE %d END AS slot", TREND_MONTHS - 1);
	if (!measure_from(c, measure, scope, bounds[0], bounds[TREND_MONTHS], &query))
		return false;
	text_add(&query.sql, ") m GROUP BY m.slot ORDER BY m.slot");
	if (!db_query_values(c, &rows, text_built(&query.sql), query.values, query.used))
		return false;
	while (rows_next(rows)) {
		int64_t slot = rows_int(rows, 0);
		if (slot >= 0 && slot < TREND_MONTHS)
			figures[slot] = (struct measure_figure){ rows_int(rows, 2), rows_int(rows, 1) };
	}
	rows_close(rows);
	return !ctx_failed(c);
}

/* ---- by unit
 * ----------------------------------------------------------------------------------------------------------
 */

enum { UNITS_MOST = 500 };

/* What lies at the unit itself and nowhere below it. */
static bool compute_own(struct ctx *c, const struct measure *measure, const struct measure_scope *scope,
	struct measure_figure *figure)
{
	struct measure_query query = { .sql = { .arena = c->arena } };
	struct rows *rows;
	*figure = (struct measure_figure){ 0 };
	text_add(&query.sql, "SELECT count(*), count(CASE WHEN m.counted = 1 THEN 1 END)");
	if (!measure_from(c, measure, scope, begin_of(scope->from), end_of(scope->to), &query))
		return false;
	text_add_format(&query.sql, " AND m.org_id = %s", measure_bind(c, &query, V(scope->org_id)));
	if (!db_query_values(c, &rows, text_built(&query.sql), query.values, query.used))
		return false;
	if (rows_next(rows)) {
		figure->denominator = rows_int(rows, 0);
		figure->numerator = rows_int(rows, 1);
	}
	rows_close(rows);
	return !ctx_failed(c);
}

static bool read_children(struct ctx *c, int64_t org_id, struct measure_unit *units, size_t *count)
{
	struct rows *rows;
	if (!db_query(c, &rows,
		    "SELECT id, name FROM org_tree WHERE parent_id = $1 ORDER BY name, id LIMIT $2",
		    V(org_id), V((int)UNITS_MOST)))
		return false;
	while (rows_next(rows))
		units[(*count)++] =
			(struct measure_unit){ .org_id = rows_int(rows, 0), .name = rows_text(rows, 1) };
	rows_close(rows);
	return !ctx_failed(c);
}

bool measure_by_org(struct ctx *c, const struct measure *measure, const struct measure_scope *scope,
	struct measure_unit **units, size_t *count)
{
	struct measure_unit own = { .org_id = scope->org_id, .name = "本级", .own = true };
	*units = arena_array(c->arena, struct measure_unit, UNITS_MOST + 1);
	*count = 0;
	if (!read_children(c, scope->org_id, *units, count))
		return false;
	for (size_t i = 0; i < *count; i++) {
		struct measure_scope below = *scope;
		below.org_id = (*units)[i].org_id;
		if (!measure_compute(c, measure, &below, &(*units)[i].figure))
			return false;
	}
	if (!compute_own(c, measure, scope, &own.figure))
		return false;
	if (own.figure.denominator || *count == 0)
		(*units)[(*count)++] = own;
	return true;
}
