/* audit.c: the chain of the audit trail.
 *
 * SQLite has one writer at a time, so a row is chained as it is inserted: a rolled back savepoint takes its
 * link along. On PostgreSQL rows come unchained and audit_seal() chains them in the order of their ids under
 * a lock; a row that commits late simply comes later in the chain. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform/app.h"
#include "platform/audit.h"
#include "platform/crypto.h"

enum { SEAL_LOCK = 714206, SEAL_MOST = 500, VERIFY_PAGE = 1000, VERIFY_ARENA = 32 * 1024 * 1024 };

#define CONTENT                                                                                              \
	"id, at, actor_kind, actor_id, actor_name, address, action, module, subject_id, org_id, detail, "    \
	"reason, request_id"
enum { CONTENT_COLUMNS = 13 };

/* "17:", length and text of each column: no two contents give the same bytes. NULL is "-". */
static void add_content(struct text_builder *out, const char *text)
{
	if (!text) {
		text_add(out, "-");
		return;
	}
	text_add_format(out, "%zu:", strlen(text));
	text_add(out, text);
}

static void add_number(struct text_builder *out, int64_t number)
{
	text_add_format(out, "%lld;", (long long)number);
}

static const char *chain_hash(
	struct arena *arena, int64_t sequence, const char *before, const struct text_builder *content)
{
	struct text_builder all = { .arena = arena };
	unsigned char digest[DIGEST_SIZE];
	add_number(&all, sequence);
	add_content(&all, before);
	text_add_n(&all, text_built(content), content->length);
	sm3(text_built(&all), all.length, digest);
	return digest_hex(digest, arena_alloc(arena, DIGEST_HEX_SIZE));
}

/* The content of a row selected as CONTENT from `column` on. */
static struct text_builder row_content(struct rows *rows, struct arena *arena, int column)
{
	struct text_builder out = { .arena = arena };
	for (int i = column; i < column + CONTENT_COLUMNS; i++)
		add_content(&out, rows_text(rows, i));
	return out;
}

static bool chain_end(struct ctx *c, int64_t *sequence, const char **hash)
{
	static const char last[] =
		"SELECT sequence, hash FROM audit WHERE sequence IS NOT NULL ORDER BY sequence DESC LIMIT 1";
	struct rows *rows;
	*sequence = 0;
	*hash = "";
	if (!db_query(c, &rows, last))
		return false;
	if (rows_next(rows)) {
		*sequence = rows_int(rows, 0);
		*hash = rows_text(rows, 1);
	}
	rows_close(rows);
	return !ctx_failed(c);
}

static const char *value_as_text(struct arena *arena, const struct value *value)
{
	if (value->kind == VALUE_INT)
		return arena_format(arena, "%lld", (long long)value->number);
	return value->kind == VALUE_NULL ? NULL : value->bytes;
}

bool audit_record(struct ctx *c, const char *action, const char *module, int64_t subject_id, int64_t org_id,
	const char *detail, const char *reason)
{
	static const char insert[] =
		"INSERT INTO audit (" CONTENT ", sequence, hash)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
	int64_t id = db_new_id(c);
	if (!id)
		return false;
	struct value values[CONTENT_COLUMNS + 2] = { V(id), V(c->now.ms), V((int)c->actor->kind),
		V(c->actor->id), V(c->actor->name), V(c->actor->address), V(action), V(module),
		V_ID(subject_id), V_ID(org_id), V(detail), V(reason), V(c->request_id), V_NULL, V_NULL };
	if (conn_kind(c->conn) == DB_SQLITE) {
		int64_t sequence;
		const char *before;
		if (!chain_end(c, &sequence, &before))
			return false;
		struct text_builder content = { .arena = c->arena };
		for (int i = 0; i < CONTENT_COLUMNS; i++)
			add_content(&content, value_as_text(c->arena, &values[i]));
		values[CONTENT_COLUMNS] = V(sequence + 1);
		values[CONTENT_COLUMNS + 1] = V(chain_hash(c->arena, sequence + 1, before, &content));
	}
	return db_run_values(c, NULL, insert, values, CONTENT_COLUMNS + 2);
}

static bool seal_rows(struct ctx *c, bool *more)
{
	static const char open[] =
		"SELECT " CONTENT " FROM audit WHERE sequence IS NULL ORDER BY id LIMIT $1";
	int64_t sequence, sealed = 0;
	const char *hash;
	struct rows *rows;
	if (!chain_end(c, &sequence, &hash) || !db_query(c, &rows, open, V((int)SEAL_MOST)))
		return false;
	while (rows_next(rows)) {
		struct text_builder content = row_content(rows, c->arena, 0);
		hash = chain_hash(c->arena, ++sequence, hash, &content);
		if (!db_run(c, "UPDATE audit SET sequence = $2, hash = $3 WHERE id = $1",
			    V(rows_int(rows, 0)), V(sequence), V(hash)))
			return false;
		sealed++;
	}
	*more = sealed == SEAL_MOST;
	return !ctx_failed(c);
}

bool audit_seal_some(struct ctx *c, bool *more)
{
	*more = false;
	if (conn_kind(c->conn) == DB_SQLITE)
		return true;
	struct rows *rows;
	if (!db_query(c, &rows, "SELECT pg_advisory_xact_lock($1)", V((int64_t)SEAL_LOCK)))
		return false;
	rows_close(rows);
	return seal_rows(c, more);
}

bool audit_seal(struct ctx *c)
{
	bool more = true;
	while (more)
		if (!audit_seal_some(c, &more))
			return false;
	return true;
}

struct walk {
	int64_t sequence;
	char hash[DIGEST_HEX_SIZE];
	int64_t first_bad;
};

static void walk_row(struct walk *walk, struct rows *rows, struct arena *arena)
{
	struct text_builder content = row_content(rows, arena, 2);
	int64_t sequence = rows_int(rows, 0);
	const char *stored = rows_text(rows, 1);
	const char *hash = chain_hash(arena, walk->sequence + 1, walk->hash, &content);
	if (sequence != walk->sequence + 1 || !text_equal(hash, stored))
		walk->first_bad = walk->sequence + 1;
	walk->sequence++;
	memcpy(walk->hash, hash, DIGEST_HEX_SIZE);
}

static bool walk_page(struct ctx *c, struct walk *walk, bool *end)
{
	static const char page[] = "SELECT sequence, hash, " CONTENT
				   " FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT $2";
	struct rows *rows;
	int64_t count = 0;
	if (!db_query(c, &rows, page, V(walk->sequence), V((int)VERIFY_PAGE)))
		return false;
	while (!walk->first_bad && rows_next(rows)) {
		walk_row(walk, rows, c->arena);
		count++;
	}
	rows_close(rows);
	*end = count < VERIFY_PAGE || walk->first_bad;
	return !ctx_failed(c);
}

bool audit_verify(struct ctx *c, int64_t *count, int64_t *first_bad)
{
	struct walk walk = { .sequence = 0 };
	struct ctx page = *c; /* an arena of its own: the trail may be longer than any arena */
	bool end = false, good = true;
	page.arena = arena_new(VERIFY_ARENA);
	if (!page.arena)
		return fail(c, UNAVAILABLE, "系统内存不足，请稍后再试");
	while (good && !end) {
		good = walk_page(&page, &walk, &end);
		if (good)
			arena_reset(page.arena);
	}
	if (!good)
		fail(c, page.problem.code, "%s", page.problem.detail);
	arena_free(page.arena);
	*count = walk.first_bad ? walk.sequence - 1 : walk.sequence;
	*first_bad = walk.first_bad;
	return good;
}
