/* search.c: suffixes in a sorted table, found as a range. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform/search.h"

/* ---- in ---- */

/* Eight rows a statement: on PostgreSQL a statement is a journey. */
enum { ROWS_AT_ONCE = 8 };
#define ROW(suffix) "($1, $2, " suffix ", $3)"
static const char insert_one[] = "INSERT INTO search_suffix (company_id, kind, suffix, id) VALUES " ROW(
	"$4") " ON CONFLICT DO NOTHING";
static const char insert_eight[] =
	"INSERT INTO search_suffix (company_id, kind, suffix, id) VALUES " ROW("$4") ", " ROW("$5") ", " ROW(
		"$6") ", " ROW("$7") ", " ROW("$8") ", " ROW("$9") ", " ROW("$10") ", " ROW("$11") " ON "
												   "CONFLICT "
												   "DO "
												   "NOTHING";
static const char delete_one[] =
	"DELETE FROM search_suffix WHERE company_id = $1 AND kind = $2 AND id = $3 AND suffix = $4";
static const char delete_eight[] =
	"DELETE FROM search_suffix WHERE company_id = $1 AND kind = $2 AND id = $3 AND suffix IN "
	"($4, $5, $6, $7, $8, $9, $10, $11)";

/* At most SEARCH_SUFFIX_CHARACTERS from here. */
static size_t cut(const char *form)
{
	const char *at = form;
	for (size_t i = 0; *at && i < SEARCH_SUFFIX_CHARACTERS; i++)
		text_next(&at);
	return (size_t)(at - form);
}

/* `one` or `eight` for each suffix of the form. */
static bool each_suffix(struct ctx *c, const char *one, const char *eight, int64_t company_id, int kind,
	int64_t id, const char *form)
{
	struct value values[3 + ROWS_AT_ONCE] = { V(company_id), V(kind), V(id) };
	size_t count = 0;
	while (*form) {
		size_t length = cut(form);
		/* The last suffixes end where the text does and need no copy. */
		const char *suffix = form[length] ? arena_text_n(c->arena, form, length) : form;
		values[3 + count++] = V(suffix);
		text_next(&form);
		if (count < ROWS_AT_ONCE)
			continue;
		if (!db_run_values(c, NULL, eight, values, 3 + ROWS_AT_ONCE))
			return false;
		count = 0;
	}
	for (size_t i = 0; i < count; i++) {
		values[3] = values[3 + i];
		if (!db_run_values(c, NULL, one, values, 4))
			return false;
	}
	return true;
}

static const char *form_of(struct ctx *c, const char *text)
{
	return text ? text_search_form(c->arena, text) : "";
}

bool search_replace(
	struct ctx *c, int64_t company_id, int kind, int64_t id, const char *old_text, const char *new_text)
{
	const char *before = form_of(c, old_text), *after = form_of(c, new_text);
	return text_equal(before, after) ||
	       (each_suffix(c, delete_one, delete_eight, company_id, kind, id, before) &&
		       each_suffix(c, insert_one, insert_eight, company_id, kind, id, after));
}

bool search_forget(struct ctx *c, int kind, int64_t id)
{
	static const char remembered[] =
		"DELETE FROM search_text WHERE kind = $1 AND id = $2 RETURNING company_id, form";
	struct rows *rows;
	if (!db_query(c, &rows, remembered, V(kind), V(id)))
		return false;
	if (!rows_next(rows))
		return !ctx_failed(c);
	int64_t company_id = rows_int(rows, 0);
	const char *form = rows_text(rows, 1);
	rows_close(rows);
	return each_suffix(c, delete_one, delete_eight, company_id, kind, id, form);
}

bool search_index(struct ctx *c, int64_t company_id, int kind, int64_t id, const char *text)
{
	const char *form = form_of(c, text);
	if (!search_forget(c, kind, id))
		return false;
	return !*form ||
	       (db_run(c, "INSERT INTO search_text (kind, id, company_id, form) VALUES ($1, $2, $3, $4)",
			V(kind), V(id), V(company_id), V(form)) &&
		       each_suffix(c, insert_one, insert_eight, company_id, kind, id, form));
}

/* ---- out ---- */

struct found {
	const char *suffix;
	int kind;
	int64_t id;
};

struct finding {
	int64_t company_id;
	const char *first, *end; /* the range */
	size_t limit;
	struct found *found; /* those of the kinds before, then of this kind */
	size_t count, kind_from;
};

static bool is_new(const struct finding *finding, int64_t id)
{
	for (size_t i = finding->kind_from; i < finding->count; i++)
		if (finding->found[i].id == id)
			return false;
	return true;
}

static const char range[] = "SELECT suffix, id FROM search_suffix WHERE company_id = $1 AND kind = $2 AND "
			    "suffix >= $3 AND suffix < $4 "
			    "AND (suffix > $3 OR id > $5) ORDER BY suffix, id LIMIT $6";

/* The first `limit` records of one kind. A text that repeats itself gives the same record more than once:
 * then the range is read on from where it stopped. */
static bool find_kind(struct ctx *c, struct finding *finding, int kind)
{
	const char *from = finding->first;
	int64_t after = INT64_MIN, page = (int64_t)finding->limit + 8, read;
	finding->kind_from = finding->count;
	do {
		struct rows *rows;
		if (!db_query(c, &rows, range, V(finding->company_id), V(kind), V(from), V(finding->end),
			    V(after), V(page)))
			return false;
		for (read = 0; finding->count - finding->kind_from < finding->limit && rows_next(rows);
			read++) {
			from = rows_text(rows, 0);
			after = rows_int(rows, 1);
			if (is_new(finding, after))
				finding->found[finding->count++] = (struct found){ from, kind, after };
		}
		rows_close(rows);
	} while (!ctx_failed(c) && read == page && finding->count - finding->kind_from < finding->limit);
	return !ctx_failed(c);
}

static int compare_found(const void *left, const void *right)
{
	const struct found *a = left, *b = right;
	int order = strcmp(a->suffix, b->suffix);
	if (!order)
		order = (a->kind > b->kind) - (a->kind < b->kind);
	return order ? order : (a->id > b->id) - (a->id < b->id);
}

bool search_find(struct ctx *c, int64_t company_id, const int *kinds, size_t kind_count, const char *query,
	struct search_hit *hits, size_t limit, size_t *count)
{
	*count = 0;
	const char *form = form_of(c, query);
	if (!*form || !limit)
		return true;
	if (kind_count > SEARCH_KINDS_LIMIT)
		return fail(c, BAD_REQUEST, "一次搜索的种类太多，请缩小范围");
	if (limit > SEARCH_HITS_LIMIT)
		limit = SEARCH_HITS_LIMIT;
	char *first = arena_text_n(c->arena, form, cut(form));
	struct finding finding = { .company_id = company_id, .first = first, .limit = limit };
	finding.end = arena_format(c->arena, "%s\xF4\x8F\xBF\xBF", first); /* U+10FFFF: no text holds it */
	finding.found = arena_array(c->arena, struct found, limit * kind_count);
	for (size_t i = 0; i < kind_count; i++)
		if (!find_kind(c, &finding, kinds[i]))
			return false;
	if (kind_count > 1 && finding.count)
		qsort(finding.found, finding.count, sizeof *finding.found, compare_found);
	for (; *count < limit && *count < finding.count; ++*count)
		hits[*count] = (struct search_hit){ finding.found[*count].kind, finding.found[*count].id };
	return true;
}
