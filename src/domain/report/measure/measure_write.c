/* measure_write.c: figures as JSON: members, rows, the board of the regulation. */
#include <stdlib.h>
#include <string.h>

#include "domain/core/promise/promise.h"
#include "domain/core/rulebook/rulebook.h"
#include "domain/fieldwork/catalogue/catalogue.h"
#include "domain/report/measure/measure_internal.h"

void measure_put_permille(struct json_out *out, const char *key, int64_t permille)
{
	out_key(out, key);
	if (permille < 0)
		out_null(out);
	else
		out_int(out, permille);
}

void measure_members_write(const struct measure *measure, struct measure_figure figure, struct json_out *out)
{
	put_text(out, "code", measure->code);
	put_text(out, "label", measure->label);
	put_text(out, "article", measure->article);
	put_text(out, "formula", measure->formula);
	put_text(out, "basis", measure->basis);
	put_int(out, "numerator", figure.numerator);
	put_int(out, "denominator", figure.denominator);
	measure_put_permille(out, "value_permille", measure_permille(figure));
	measure_put_permille(out, "target_permille", measure->target_permille);
	put_text(out, "good", measure->good);
}

/* ---- rows
 * ------------------------------------------------------------------------------------------------------------
 */

struct position {
	int64_t decided_at, row_id;
};

static bool read_position(struct ctx *c, const char *after, struct position *position)
{
	char *end;
	*position = (struct position){ INT64_MAX, INT64_MAX };
	if (!after)
		return true;
	position->decided_at = strtoll(after, &end, 10);
	bool good = end != after && *end == '.';
	if (good) {
		const char *second = end + 1;
		position->row_id = strtoll(second, &end, 10);
		good = end != second && *end == '\0';
	}
	return good || fault(c, "after", "format", "翻页位置不对，请从第一页重新看");
}

static void write_row(struct ctx *c, struct rows *rows, struct json_out *out)
{
	const char *kind = rows_text(rows, 2);
	out_object_open(out);
	put_int(out, "repair_id", rows_int(rows, 0));
	put_text(out, "number", rows_text(rows, 1));
	put_text(out, "kind", kind);
	put_text(out, "kind_label", catalogue_label(c->app, kind));
	put_text(out, "level", rows_text(rows, 3));
	put_instant(out, "filed_at", rows_instant(rows, 4));
	put_instant(out, "due_at", rows_instant(rows, 5));
	put_instant(out, "stopped_at", rows_instant(rows, 6));
	put_bool(out, "counted", rows_bool(rows, 7));
	out_object_close(out);
}

bool measure_rows_write(struct ctx *c, const struct measure *measure, const struct measure_scope *scope,
	const char *after, int64_t limit, struct json_out *out)
{
	struct measure_query query = { .sql = { .arena = c->arena } };
	struct position at;
	struct rows *rows;
	if (!read_position(c, after, &at))
		return false;
	text_add(&query.sql,
		"SELECT m.repair_id, m.number, m.kind, m.level, m.filed_at, m.due_at, m.stopped_at, "
		"m.counted, m.decided_at, m.row_id");
	if (!measure_from(
		    c, measure, scope, date_at(scope->from, 0), date_at(date_plus(scope->to, 1), 0), &query))
		return false;
	if (after) {
		const char *decided = measure_bind(c, &query, V(at.decided_at));
		const char *row = measure_bind(c, &query, V(at.row_id));
		text_add_format(&query.sql,
			" AND (m.decided_at < %s OR (m.decided_at = %s AND m.row_id < %s))", decided, decided,
			row);
	}
	text_add_format(&query.sql, " ORDER BY m.decided_at DESC, m.row_id DESC LIMIT %s",
		measure_bind(c, &query, V(limit + 1)));
	if (!db_query_values(c, &rows, text_built(&query.sql), query.values, query.used))
		return false;
	out_object_open(out);
	put_text(out, "code", measure->code);
	put_text(out, "label", measure->label);
	out_key(out, "items");
	out_array_open(out);
	int64_t written = 0;
	bool more = false;
	while (!more && rows_next(rows)) {
		more = written == limit;
		if (more)
			break;
		write_row(c, rows, out);
		at = (struct position){ rows_int(rows, 8), rows_int(rows, 9) };
		written++;
	}
	rows_close(rows);
	out_array_close(out);
	put_text(out, "next",
		more ? arena_format(c->arena, "%lld.%lld", (long long)at.decided_at, (long long)at.row_id)
		     : NULL);
	out_object_close(out);
	return !ctx_failed(c);
}

/* ---- the board
 * ------------------------------------------------------------------------------------------------------- */

/* Each measure once, however many articles it answers. */
struct board_figure {
	bool known;
	struct measure_figure figure, trend[TREND_MONTHS];
};

static bool write_measure(struct ctx *c, const struct measure *measure, const struct measure_scope *scope,
	struct board_figure *known, struct json_out *out)
{
	if (!known->known && (!measure_compute(c, measure, scope, &known->figure) ||
				     !measure_trend(c, measure, scope, known->trend)))
		return false;
	known->known = true;
	out_object_open(out);
	measure_members_write(measure, known->figure, out);
	out_key(out, "trend");
	out_array_open(out);
	for (size_t i = 0; i < TREND_MONTHS; i++) {
		int64_t permille = measure_permille(known->trend[i]);
		if (permille < 0)
			out_null(out);
		else
			out_int(out, permille);
	}
	out_array_close(out);
	out_object_close(out);
	return true;
}

static bool answers(const struct article_answer *answer, const char *kind)
{
	return strcmp(answer->kind, kind) == 0;
}

static bool write_article(struct ctx *c, const struct article *article, const struct measure_scope *scope,
	struct board_figure *figures, struct json_out *out)
{
	size_t count, measured = 0;
	const struct measure *list = measure_list(c->app, &count);
	out_object_open(out);
	put_text(out, "number", article->number);
	put_text(out, "title", article->title);
	put_text(out, "chapter", article->chapter);
	put_text(out, "text", article->text);
	put_text(out, "missing", article->missing);
	out_key(out, "promises");
	out_array_open(out);
	for (size_t i = 0; i < article->answer_count; i++) {
		const struct article_answer *answer = &article->answers[i];
		const char *label = promise_label(c, answer->code);
		if (!answers(answer, "promise") || !label)
			continue;
		out_object_open(out);
		put_text(out, "code", answer->code);
		put_text(out, "label", label);
		put_text(out, "text", measure_promise_basis(c->app, answer->code));
		out_object_close(out);
	}
	out_array_close(out);
	out_key(out, "measures");
	out_array_open(out);
	for (size_t i = 0; i < article->answer_count; i++) {
		const struct article_answer *answer = &article->answers[i];
		const struct measure *measure =
			answers(answer, "measure") ? measure_of_code(c->app, answer->code) : NULL;
		if (!measure)
			continue;
		if (!write_measure(c, measure, scope, &figures[measure - list], out))
			return false;
		measured++;
	}
	out_array_close(out);
	put_text(out, "status", measured ? "measured" : "not_measured");
	out_object_close(out);
	return true;
}

bool measure_board_write(struct ctx *c, const struct measure_scope *scope, struct json_out *out)
{
	size_t count;
	const struct article *articles = rulebook_articles(c->app, &count);
	struct board_figure *figures = arena_array(c->arena, struct board_figure, MEASURES_MOST);
	out_object_open(out);
	out_key(out, "articles");
	out_array_open(out);
	for (size_t i = 0; i < count; i++)
		if (!write_article(c, &articles[i], scope, figures, out))
			return false;
	out_array_close(out);
	out_object_close(out);
	return true;
}
