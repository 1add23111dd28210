/* migrate.c: MODULE.sql cut into steps, put into the words of the database, run once each and in order.
 *
 * A line "-- only sqlite" or "-- only postgres" begins lines for that database alone, "-- both" ends them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform/db_engine.h"
#include "platform/log.h"

/* Any number will do that no other program on the same database takes for its lock. */
enum { MIGRATION_LOCK = 714205 };

/* ---- the words
 * --------------------------------------------------------------------------------------------------- */

static bool is_word_letter(char letter)
{
	return isalnum((unsigned char)letter) || letter == '_' || ((unsigned char)letter & 0x80);
}

/* Length of what is to be copied unread: a comment, a quoted text or name, a $body$. 0: none starts here. */
static size_t opaque_length(const char *at)
{
	const char *end = NULL;
	if (at[0] == '-' && at[1] == '-')
		return strcspn(at, "\n");
	if (at[0] == '\'' || at[0] == '"')
		end = strchr(at + 1, at[0]);
	else if (strncmp(at, "$body$", 6) == 0 && (end = strstr(at + 6, "$body$")))
		end += 5;
	return end ? (size_t)(end - at) + 1 : 0;
}

static bool word_is(const char *at, size_t length, const char *word)
{
	return strlen(word) == length && strncmp(at, word, length) == 0;
}

/* Behind a table option that is left out, a comma goes too. */
static const char *after_option(const char *at)
{
	const char *next = at + strspn(at, " \t\n");
	return *next == ',' ? next + 1 : at;
}

static const char *postgres_sql(struct arena *arena, const char *sql)
{
	struct text_builder out = { .arena = arena };
	bool after_as = false;
	for (const char *at = sql; *at;) {
		size_t length = opaque_length(at);
		if (!length && !is_word_letter(*at))
			length = 1;
		if (length) {
			text_add_n(&out, at, length);
			at += length;
			continue;
		}
		while (is_word_letter(at[length]))
			length++;
		const char *word = at;
		at += length;
		if (word_is(word, length, "INTEGER"))
			text_add(&out, "BIGINT");
		else if (word_is(word, length, "BLOB"))
			text_add(&out, "BYTEA");
		else if (word_is(word, length, "TEXT"))
			text_add(&out,
				after_as ? "TEXT"
					 : "TEXT COLLATE \"C\""); /* CAST (x AS TEXT) takes no collation */
		else if (word_is(word, length, "STRICT"))
			at = after_option(at);
		else if (word_is(word, length, "WITHOUT") && strncmp(at, " ROWID", 6) == 0)
			at = after_option(at + 6);
		else
			text_add_n(&out, word, length);
		after_as = word_is(word, length, "AS");
	}
	return text_built(&out);
}

/* ---- the steps
 * ------------------------------------------------------------------------------------------------------ */

struct step {
	int64_t version;
	const char *sql;
	struct step *next;
};

/* The lines that are meant for this database. */
static const char *own_lines(struct arena *arena, enum db_kind kind, const char *text, size_t length)
{
	struct text_builder out = { .arena = arena };
	bool wanted = true;
	for (const char *end = text + length; text < end;) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line = newline ? (size_t)(newline - text) + 1 : (size_t)(end - text);
		if (strncmp(text, "-- only sqlite", 14) == 0)
			wanted = kind == DB_SQLITE;
		else if (strncmp(text, "-- only postgres", 16) == 0)
			wanted = kind == DB_POSTGRES;
		else if (strncmp(text, "-- both", 7) == 0)
			wanted = true;
		else if (wanted)
			text_add_n(&out, text, line);
		text += line;
	}
	return text_built(&out);
}

static const char *next_cut(const char *sql)
{
	if (strncmp(sql, "-- @", 4) == 0)
		return sql;
	const char *cut = strstr(sql, "\n-- @");
	return cut ? cut + 1 : NULL;
}

/* False when the steps are not numbered 1, 2, 3 …: a mistake of the programmer. */
static bool cut_steps(
	struct ctx *c, const struct migration_source *source, struct step **steps, int64_t *newest)
{
	struct step **last = steps;
	*steps = NULL;
	*newest = 0;
	for (const char *at = next_cut(source->sql); at;) {
		const char *end = next_cut(at + 4);
		size_t length = end ? (size_t)(end - at) : strlen(at);
		struct step *step = arena_new_object(c->arena, struct step);
		step->version = strtoll(at + 4, NULL, 10);
		if (step->version != ++*newest)
			return fail(c, INTERNAL, "%s.sql 的步骤编号不连续：第 %lld 步之前", source->module,
				(long long)step->version);
		step->sql = own_lines(c->arena, conn_kind(c->conn), at, length);
		if (conn_kind(c->conn) == DB_POSTGRES)
			step->sql = postgres_sql(c->arena, step->sql);
		*last = step;
		last = &step->next;
		at = end;
	}
	return true;
}

/* ---- running
 * -----------------------------------------------------------------------------------------------------------
 */

static bool present_version(struct ctx *c, const char *module, int64_t *version)
{
	return db_number(
		c, version, 0, "SELECT MAX(version) FROM schema_version WHERE module = $1", V(module));
}

static bool too_new(struct ctx *c, const char *module, int64_t present, int64_t newest)
{
	return fail(c, CONFLICT,
		"数据库中“%s”的结构是第 %lld 版，本程序只到第 %lld 版：请改用较新的程序，或恢复升级前的备份",
		module, (long long)present, (long long)newest);
}

static bool step_failed(struct ctx *c, const char *module, int64_t version)
{
	const char *why = c->problem.detail;
	ctx_forgive(c);
	return fail(c, INTERNAL, "数据库升级失败：“%s”第 %lld 步（%s），原因见日志", module,
		(long long)version, why);
}

/* Within the lock and a transaction: nothing when another process has done it meanwhile. */
static bool apply(struct ctx *c, const char *module, const struct step *step)
{
	int64_t present;
	if (!present_version(c, module, &present))
		return false;
	if (present >= step->version)
		return true;
	return c->conn->engine->script(c, step->sql) &&
	       db_run(c, "INSERT INTO schema_version (module, version, applied_at) VALUES ($1, $2, $3)",
		       V(module), V(step->version), V(c->now));
}

static bool run_step(struct ctx *c, const char *module, const struct step *step)
{
	const struct engine *engine = c->conn->engine;
	bool sqlite = conn_kind(c->conn) == DB_SQLITE;
	if (!engine->control(c, sqlite ? "BEGIN EXCLUSIVE" : "BEGIN"))
		return false;
	c->conn->transaction = WRITE_TRANSACTION;
	if (apply(c, module, step))
		return db_commit(c);
	db_rollback(c);
	return step_failed(c, module, step->version);
}

static bool migrate_module(struct ctx *c, const struct migration_source *source)
{
	struct step *steps;
	int64_t newest, present;
	if (!cut_steps(c, source, &steps, &newest) || !present_version(c, source->module, &present))
		return false;
	if (present > newest)
		return too_new(c, source->module, present, newest);
	for (; steps; steps = steps->next)
		if (steps->version > present && !run_step(c, source->module, steps))
			return false;
	return true;
}

static const char version_table[] =
	"CREATE TABLE IF NOT EXISTS schema_version (module TEXT NOT NULL, version INTEGER NOT NULL,"
	" applied_at INTEGER NOT NULL, PRIMARY KEY (module, version))";

static bool migrate_all(struct ctx *c, const struct migration_source *sources, size_t count)
{
	const char *table = version_table;
	if (conn_kind(c->conn) == DB_POSTGRES)
		table = postgres_sql(c->arena, table);
	if (!c->conn->engine->script(c, table))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!migrate_module(c, &sources[i]))
			return false;
	return true;
}

bool db_migrate(struct ctx *c, const struct migration_source *sources, size_t count)
{
	if (conn_kind(c->conn) == DB_SQLITE) /* every step takes the file's lock itself */
		return migrate_all(c, sources, count);
	/* Another node may be at it for minutes. */
	struct rows *rows;
	if (!c->conn->engine->control(c, "SET lock_timeout = 0") ||
		!db_query(c, &rows, "SELECT pg_advisory_lock($1)", V((int64_t)MIGRATION_LOCK)))
		return false;
	rows_close(rows);
	bool good = migrate_all(c, sources, count);
	struct problem problem = c->problem;
	ctx_forgive(c);
	if (db_query(c, &rows, "SELECT pg_advisory_unlock($1)", V((int64_t)MIGRATION_LOCK)))
		rows_close(rows);
	c->conn->engine->control(c, "SET lock_timeout = '10s'");
	c->problem = problem;
	return good;
}
