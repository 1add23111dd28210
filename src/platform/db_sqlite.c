/* db_sqlite.c: SQLite. One file, one writer, readers that see the last commit. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/db_engine.h"
#include "platform/log.h"

/* ---- opening
 * ----------------------------------------------------------------------------------------------- */

static bool sqlite_open(struct conn *conn, char *reason, size_t size)
{
	sqlite3 *handle = NULL;
	/* SQLite's sums of memory would take one lock for all threads at each allocation. Only the first
	 * call, before the first database is open, has an effect; the others are refused. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	/* NOMUTEX: a connection belongs to one thread at a time. */
	int code = sqlite3_open_v2(conn->db->address, &handle,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
		NULL);
	conn->handle = handle;
	if (code != SQLITE_OK) {
		snprintf(reason, size, "%s（%s）", conn->db->address,
			handle ? sqlite3_errmsg(handle) : "内存不足");
		return false;
	}
	sqlite3_busy_timeout(handle, 10000);
	/* FULL: only what is on the disk is answered. The caches are small: a process has up to a few dozen
	 * of them. */
	static const char common[] =
		"PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		"PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
		"PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;"
		"PRAGMA trusted_schema = OFF; PRAGMA recursive_triggers = ON;";
	const char *kind = conn->reads_only ? "PRAGMA cache_size = -4096; PRAGMA query_only = ON;"
					    : "PRAGMA cache_size = -16384;";
	code = sqlite3_exec(handle, common, NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(handle, kind, NULL, NULL, NULL);
	if (code != SQLITE_OK)
		snprintf(reason, size, "%s（%s）", conn->db->address, sqlite3_errmsg(handle));
	return code == SQLITE_OK;
}

static void sqlite_close(struct conn *conn)
{
	if (!conn->handle)
		return;
	if (!conn->reads_only)
		sqlite3_exec(conn->handle, "PRAGMA analysis_limit = 400; PRAGMA optimize;", NULL, NULL, NULL);
	sqlite3_close(conn->handle);
	conn->handle = NULL;
}

static bool sqlite_alive(struct conn *conn)
{
	return sqlite3_get_autocommit(conn->handle) == 0;
}

/* ---- failures
 * ------------------------------------------------------------------------------------------------ */

/* "UNIQUE constraint failed: repair.org_id, repair.number": what stands after the colon. */
static const char *after_colon(const char *message)
{
	const char *colon = strstr(message, ": ");
	return colon ? colon + 2 : NULL;
}

static bool constraint_fail(struct ctx *c, int code, const char *sql, const char *message)
{
	const char *named = after_colon(message);
	switch (code) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		/* An index over expressions is named, "index 'x_key'": its columns are not. */
		if (named && strncmp(named, "index '", 7) == 0) {
			char *index = arena_text(c->arena, named + 7);
			index[strcspn(index, "'")] = '\0';
			return violation_fail(c, VIOLATED_UNIQUE, sql, NULL, index);
		}
		return violation_fail(c, VIOLATED_UNIQUE, sql, named, NULL);
	case SQLITE_CONSTRAINT_NOTNULL:
		return violation_fail(c, VIOLATED_NOT_NULL, sql, named, NULL);
	case SQLITE_CONSTRAINT_CHECK:
		return violation_fail(c, VIOLATED_CHECK, sql, NULL, named);
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return violation_fail(c, VIOLATED_FOREIGN_KEY, sql, NULL, NULL);
	case SQLITE_CONSTRAINT_TRIGGER: /* RAISE(ABORT, 'a sentence for the person') */
		return fail(c, CONFLICT, "%s", message);
	default:
		return statement_fail(c, sql, sqlite3_errstr(code), message);
	}
}

static bool sqlite_fail(struct ctx *c, int code, const char *sql)
{
	const char *message = sqlite3_errmsg(c->conn->handle);
	switch (code & 0xff) {
	case SQLITE_CONSTRAINT:
		return c->arena ? constraint_fail(c, code, sql, message)
				: statement_fail(c, sql, "constraint", message);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_INTERRUPT:
		return busy_fail(c, sql, sqlite3_errstr(code));
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_NOMEM:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return storage_fail(c, sql, sqlite3_errstr(code));
	case SQLITE_TOOBIG:
		return fail(c, TOO_LARGE, "内容太长，存不下");
	default:
		return statement_fail(c, sql, sqlite3_errstr(code), message);
	}
}

/* ---- statements
 * ------------------------------------------------------------------------------------------------- */

static void statement_release(struct conn *conn, struct statement *statement)
{
	(void)conn;
	sqlite3_finalize(statement->handle);
}

/* SQLite numbers $2 before $1 when $2 comes first: keep which is which. */
static bool read_order(struct statement *statement)
{
	int count = sqlite3_bind_parameter_count(statement->handle);
	statement->order = calloc((size_t)count + 1, 1);
	if (!statement->order || count > PARAMETERS_MOST)
		return false;
	for (int i = 0; i < count; i++) {
		const char *name = sqlite3_bind_parameter_name(statement->handle, i + 1);
		long number = name && name[0] == '$' ? strtol(name + 1, NULL, 10) : 0;
		if (number < 1 || number > PARAMETERS_MOST)
			return false;
		statement->order[i] = (unsigned char)number;
	}
	statement->parameter_count = (size_t)count;
	return true;
}

static struct statement *prepare(struct ctx *c, const char *sql)
{
	struct conn *conn = c->conn;
	size_t length = strlen(sql);
	struct statement *statement = statement_find(conn, sql, length, NULL, NULL);
	if (statement)
		return statement;
	conn->statements.release = statement_release;
	sqlite3_stmt *handle = NULL;
	int code = sqlite3_prepare_v3(
		conn->handle, sql, (int)length + 1, SQLITE_PREPARE_PERSISTENT, &handle, NULL);
	if (code != SQLITE_OK) {
		sqlite_fail(c, code, sql);
		return NULL;
	}
	statement = statement_add(conn, sql, length);
	if (!statement) {
		sqlite3_finalize(handle);
		storage_fail(c, sql, "no memory");
		return NULL;
	}
	statement->handle = handle;
	if (read_order(statement))
		return statement;
	statement_forget(conn, statement);
	statement_fail(c, sql, "parameters", "parameters are written $1 to $200");
	return NULL;
}

static int bind_one(sqlite3_stmt *handle, int index, const struct value *value, struct arena *keep)
{
	const void *bytes = value->bytes;
	switch (value->kind) {
	case VALUE_INT:
		return sqlite3_bind_int64(handle, index, value->number);
	case VALUE_TEXT: {
		size_t length = strlen(bytes);
		return sqlite3_bind_text64(handle, index, keep ? arena_text_n(keep, bytes, length) : bytes,
			length, SQLITE_STATIC, SQLITE_UTF8);
	}
	case VALUE_BYTES:
		if (!value->length)
			return sqlite3_bind_zeroblob(handle, index, 0);
		return sqlite3_bind_blob64(handle, index,
			keep ? arena_copy(keep, bytes, value->length) : bytes, value->length, SQLITE_STATIC);
	case VALUE_NULL:
		break;
	}
	return sqlite3_bind_null(handle, index);
}

/* `keep`: rows outlive the call, so the values must too; they move into the arena. */
static bool bind(struct ctx *c, struct statement *statement, const struct value *values, size_t count,
	struct arena *keep)
{
	for (size_t i = 0; i < statement->parameter_count; i++) {
		size_t number = statement->order[i];
		if (number > count)
			return statement_fail(
				c, statement->sql, "parameters", "fewer values than parameters");
		int code = bind_one(statement->handle, (int)i + 1, &values[number - 1], keep);
		if (code != SQLITE_OK)
			return sqlite_fail(c, code, statement->sql);
	}
	return true;
}

static void reset(struct statement *statement)
{
	sqlite3_reset(statement->handle);
	sqlite3_clear_bindings(statement->handle);
	statement->busy = false;
}

static bool sqlite_run(
	struct ctx *c, int64_t *touched, const char *sql, const struct value *values, size_t count)
{
	struct statement *statement = prepare(c, sql);
	if (!statement)
		return false;
	if (!bind(c, statement, values, count, NULL)) {
		reset(statement);
		return false;
	}
	statement->busy = true;
	int code;
	while ((code = sqlite3_step(statement->handle)) == SQLITE_ROW)
		;
	if (touched)
		*touched = sqlite3_changes64(c->conn->handle);
	if (code != SQLITE_DONE)
		sqlite_fail(c, code, sql);
	reset(statement);
	return code == SQLITE_DONE;
}

/* ---- rows
 * ---------------------------------------------------------------------------------------------------------
 */

static void read_cell(struct rows *rows, sqlite3_stmt *handle, int column)
{
	struct cell *cell = &rows->cells[column];
	struct arena *arena = rows->c->arena;
	switch (sqlite3_column_type(handle, column)) {
	case SQLITE_INTEGER:
	case SQLITE_FLOAT: /* of an avg(): whole units are enough, and nothing here is a float */
		*cell = (struct cell){ .kind = VALUE_INT, .number = sqlite3_column_int64(handle, column) };
		break;
	case SQLITE_TEXT:
	case SQLITE_BLOB: {
		bool text = sqlite3_column_type(handle, column) == SQLITE_TEXT;
		const void *bytes = text ? (const void *)sqlite3_column_text(handle, column)
					 : sqlite3_column_blob(handle, column);
		size_t length = (size_t)sqlite3_column_bytes(handle, column);
		*cell = (struct cell){ .kind = text ? VALUE_TEXT : VALUE_BYTES, .length = length };
		cell->bytes = arena_text_n(arena, length ? bytes : "", length);
		break;
	}
	default:
		*cell = (struct cell){ .kind = VALUE_NULL };
	}
}

static void sqlite_drop(struct rows *rows)
{
	reset(rows->statement);
	rows->statement = NULL;
}

/* One step. At the end, or on failure, the statement is free for the next user at once. */
static bool step_ahead(struct rows *rows)
{
	int code = sqlite3_step(rows->statement->handle);
	rows->ahead = code == SQLITE_ROW;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		sqlite_fail(rows->c, code, rows->statement->sql);
	return code == SQLITE_ROW || code == SQLITE_DONE;
}

/* Copies the row that the statement stands on and looks one ahead: a single row, the usual case, holds
 * nothing on. */
static bool take_row(struct rows *rows)
{
	sqlite3_stmt *handle = rows->statement->handle;
	for (int column = 0; column < rows->column_count; column++)
		read_cell(rows, handle, column);
	return step_ahead(rows);
}

static bool sqlite_query(struct rows *rows, const char *sql, const struct value *values, size_t count)
{
	struct ctx *c = rows->c;
	struct statement *statement = prepare(c, sql);
	if (!statement)
		return false;
	rows->statement = statement;
	rows->column_count = sqlite3_column_count(statement->handle);
	rows->cells = arena_array(c->arena, struct cell, (size_t)rows->column_count);
	if (!bind(c, statement, values, count, c->arena)) {
		sqlite_drop(rows);
		return false;
	}
	statement->busy = true;
	/* Held while stepping: reaching the arena's cap jumps out of here. */
	rows_hold(rows);
	bool good = step_ahead(rows);
	bool ready = good && rows->ahead;
	if (ready)
		good = take_row(rows);
	if (!rows->ahead)
		rows_close(rows);
	rows->ready = ready && good;
	return good;
}

static bool sqlite_fetch(struct rows *rows)
{
	bool good = take_row(rows);
	if (!rows->ahead)
		rows_close(rows);
	return good;
}

/* ---- the rest
 * ---------------------------------------------------------------------------------------------------------
 */

static bool sqlite_control(struct ctx *c, const char *sql)
{
	return sqlite_run(c, NULL, sql, NULL, 0);
}

static bool sqlite_script(struct ctx *c, const char *sql)
{
	int code = sqlite3_exec(c->conn->handle, sql, NULL, NULL, NULL);
	return code == SQLITE_OK || sqlite_fail(c, code, "migration");
}

static bool sqlite_draw_ids(struct conn *conn, int64_t *first, int64_t *end)
{
	static const char draw[] = "UPDATE id_block SET next = next + $1 RETURNING next";
	struct ctx quiet = { .conn = conn };
	struct statement *statement = NULL;
	/* Before the first migration the table isn't there; that is no news for the log. */
	if (sqlite3_table_column_metadata(
		    conn->handle, NULL, "id_block", "next", NULL, NULL, NULL, NULL, NULL) == SQLITE_OK)
		statement = prepare(&quiet, draw);
	if (!statement)
		return false;
	sqlite3_bind_int64(statement->handle, 1, ID_BLOCK);
	int code = sqlite3_step(statement->handle);
	if (code == SQLITE_ROW) {
		*end = sqlite3_column_int64(statement->handle, 0);
		*first = *end - ID_BLOCK;
	} else {
		sqlite_fail(&quiet, code, draw);
	}
	reset(statement);
	return code == SQLITE_ROW;
}

const struct engine sqlite_engine = {
	.open = sqlite_open,
	.close = sqlite_close,
	.query = sqlite_query,
	.run = sqlite_run,
	.fetch = sqlite_fetch,
	.drop = sqlite_drop,
	.control = sqlite_control,
	.script = sqlite_script,
	.draw_ids = sqlite_draw_ids,
	.alive = sqlite_alive,
	.begin_write = "BEGIN IMMEDIATE",
	.begin_read = "BEGIN",
};
