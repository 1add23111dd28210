/* timeline.c: entries, and the chain over them. */
#include <string.h>

#include "base/text.h"
#include "domain/core/timeline/timeline.h"
#include "platform/auth.h"
#include "platform/crypto.h"
#include "platform/json.h"

enum { VERIFY_PAGE = 500, VERIFY_ARENA = 16 * 1024 * 1024, ENTRIES_SHOWN = 2000 };

struct entry {
	int64_t id, subject_id, sequence, actor_kind, actor_id;
	const char *module, *kind, *text, *data, *actor, *title;
	struct instant at, recorded_at;
};

/* Length before each text, so that no two contents give the same bytes. */
static void add_text(struct text_builder *out, const char *text)
{
	if (!text)
		text_add(out, "-");
	else
		text_add_format(out, "%zu:%s", strlen(text), text);
}

static void entry_hash(
	struct arena *arena, const struct entry *e, const void *before, unsigned char digest[DIGEST_SIZE])
{
	struct text_builder content = { .arena = arena };
	if (before)
		text_add_n(&content, before, DIGEST_SIZE);
	text_add_format(&content, "%lld;%lld;%lld;%lld;%lld;%lld;%lld;", (long long)e->id,
		(long long)e->subject_id, (long long)e->sequence, (long long)e->at.ms,
		(long long)e->recorded_at.ms, (long long)e->actor_kind, (long long)e->actor_id);
	const char *texts[] = { e->module, e->kind, e->text, e->data, e->actor, e->title };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		add_text(&content, texts[i]);
	sm3(text_built(&content), content.length, digest);
}

/* Two writers of one subject wait for each other: SQLite has one writer anyway. */
static bool lock_subject(struct ctx *c, struct subject subject)
{
	if (conn_kind(c->conn) != DB_POSTGRES)
		return true;
	return db_run(c, "SELECT pg_advisory_xact_lock(hashtextextended($1, $2))", V(subject.module),
		V(subject.id));
}

static bool last_entry(struct ctx *c, struct subject subject, int64_t *sequence, const void **hash)
{
	struct rows *rows;
	size_t length;
	*sequence = 0;
	*hash = NULL;
	if (!db_query(c, &rows,
		    "SELECT sequence, hash FROM timeline WHERE module = $1 AND subject_id = $2"
		    " ORDER BY sequence DESC LIMIT 1",
		    V(subject.module), V(subject.id)))
		return false;
	if (rows_next(rows)) {
		*sequence = rows_int(rows, 0);
		*hash = rows_bytes(rows, 1, &length);
	}
	rows_close(rows);
	return !ctx_failed(c);
}

bool timeline_add(struct ctx *c, struct subject subject, const char *kind, struct instant at,
	const char *text, const char *data)
{
	static const char insert[] = "INSERT INTO timeline (id, module, subject_id, sequence, at, "
				     "recorded_at, kind, text, data, actor_kind,"
				     " actor_id, actor, title, hash)"
				     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
	unsigned char digest[DIGEST_SIZE];
	const void *before;
	struct entry e = { .id = db_new_id(c),
		.subject_id = subject.id,
		.module = subject.module,
		.kind = kind,
		.text = text,
		.data = data,
		.at = at.ms ? at : c->now,
		.recorded_at = c->now,
		.actor_kind = (int64_t)c->actor->kind,
		.actor_id = c->actor->id,
		.actor = c->actor->name ? c->actor->name : "",
		.title = c->actor->title };
	if (!lock_subject(c, subject) || !last_entry(c, subject, &e.sequence, &before))
		return false;
	e.sequence++;
	entry_hash(c->arena, &e, before, digest);
	return db_run(c, insert, V(e.id), V(e.module), V(e.subject_id), V(e.sequence), V(e.at),
		V(e.recorded_at), V(e.kind), V(e.text), V(e.data), V(e.actor_kind), V(e.actor_id), V(e.actor),
		V(e.title), V_BYTES(digest, sizeof digest));
}

bool timeline_write(struct ctx *c, struct subject subject, struct json_out *out)
{
	static const char entries[] =
		"SELECT id, at, recorded_at, kind, text, data, actor, title FROM timeline"
		" WHERE module = $1 AND subject_id = $2 ORDER BY at, sequence LIMIT $3";
	struct rows *rows;
	if (!db_query(c, &rows, entries, V(subject.module), V(subject.id), V((int)ENTRIES_SHOWN)))
		return false;
	out_array_open(out);
	while (rows_next(rows)) {
		const char *data = rows_text(rows, 5);
		out_object_open(out);
		put_id(out, "id", rows_int(rows, 0));
		put_instant(out, "at", rows_instant(rows, 1));
		put_instant(out, "recorded_at", rows_instant(rows, 2));
		put_text(out, "kind", rows_text(rows, 3));
		put_text(out, "text", rows_text(rows, 4));
		out_key(out, "data");
		if (data)
			out_raw(out, data, strlen(data));
		else
			out_null(out);
		put_text(out, "actor", rows_text(rows, 6));
		put_text(out, "title", rows_text(rows, 7));
		out_object_close(out);
	}
	out_array_close(out);
	return !ctx_failed(c);
}

/* ---- checking
 * ------------------------------------------------------------------------------------------------------ */

struct verifying {
	char module[64];
	int64_t subject_id, sequence;
	unsigned char hash[DIGEST_SIZE];
	int64_t entries, first_bad;
};

static void check_row(struct rows *rows, struct arena *arena, struct verifying *v)
{
	unsigned char digest[DIGEST_SIZE];
	size_t length;
	struct entry e = { .id = rows_int(rows, 0),
		.module = rows_text(rows, 1),
		.subject_id = rows_int(rows, 2),
		.sequence = rows_int(rows, 3),
		.at = rows_instant(rows, 4),
		.recorded_at = rows_instant(rows, 5),
		.kind = rows_text(rows, 6),
		.text = rows_text(rows, 7),
		.data = rows_text(rows, 8),
		.actor_kind = rows_int(rows, 9),
		.actor_id = rows_int(rows, 10),
		.actor = rows_text(rows, 11),
		.title = rows_text(rows, 12) };
	const void *stored = rows_bytes(rows, 13, &length);
	bool same = v->sequence > 0 && e.subject_id == v->subject_id && strcmp(e.module, v->module) == 0;
	if (!same)
		v->sequence = 0;
	entry_hash(arena, &e, same ? v->hash : NULL, digest);
	if (v->first_bad == 0 && (e.sequence != v->sequence + 1 || length != DIGEST_SIZE ||
					 memcmp(stored, digest, DIGEST_SIZE) != 0))
		v->first_bad = e.id;
	strncpy(v->module, e.module, sizeof v->module - 1);
	v->subject_id = e.subject_id;
	v->sequence = e.sequence;
	memcpy(v->hash, digest, DIGEST_SIZE);
	v->entries++;
}

static bool check_page(struct ctx *c, struct verifying *v, bool *more)
{
	static const char page[] = "SELECT id, module, subject_id, sequence, at, recorded_at, kind, text, "
				   "data, actor_kind, actor_id,"
				   " actor, title, hash FROM timeline"
				   " WHERE module > $1 OR (module = $1 AND (subject_id > $2 OR (subject_id = "
				   "$2 AND sequence > $3)))"
				   " ORDER BY module, subject_id, sequence LIMIT $4";
	struct rows *rows;
	int64_t before = v->entries;
	if (!db_query(c, &rows, page, V((const char *)v->module), V(v->subject_id), V(v->sequence),
		    V((int)VERIFY_PAGE)))
		return false;
	while (rows_next(rows))
		check_row(rows, c->arena, v);
	rows_close(rows);
	*more = v->entries > before;
	return !ctx_failed(c);
}

bool timeline_verify(struct ctx *c, int64_t *entries, int64_t *first_bad)
{
	struct verifying v = { .entries = 0 };
	struct arena *outer = c->arena, *inner = arena_new(VERIFY_ARENA);
	bool good = inner != NULL, more = true;
	c->arena = inner ? inner : outer;
	while (good && more) {
		good = check_page(c, &v, &more);
		if (good)
			arena_reset(inner);
	}
	c->arena = outer;
	arena_free(inner);
	*entries = v.entries;
	*first_bad = v.first_bad;
	return good || fail(c, UNAVAILABLE, "核对时间轴时出错，请稍后再试");
}
