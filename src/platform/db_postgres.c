/* db_postgres.c: PostgreSQL through libpq. Results come in text form and are read into the arena row by row.
 *
 * A parameter's type is that of the value (int64, text, bytea); of a NULL it is what PostgreSQL infers, so a
 * statement may have a second form. Where nothing can be inferred ("$1 IS NULL") write CAST($1 AS BIGINT).
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/db_engine.h"
#include "platform/log.h"

enum {
	OID_ANY = 0,
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_FLOAT4 = 700,
	OID_FLOAT8 = 701,
	OID_VARCHAR = 1043,
	OID_NUMERIC = 1700
};
enum { NAME_SIZE = 24 };

/* ---- opening
 * ------------------------------------------------------------------------------------------------ */

static void ignore_notice(void *data, const PGresult *result)
{
	(void)data;
	(void)result; /* notices may quote values, and nobody waits for them */
}

static bool settings(struct conn *conn)
{
	static const char common[] =
		"SET client_encoding = 'UTF8'; SET timezone = 'UTC'; SET lock_timeout = '10s';"
		"SET standard_conforming_strings = on; SET bytea_output = 'hex';";
	static const char reading[] = "SET default_transaction_read_only = on";
	PGresult *result = PQexec(conn->handle, common);
	bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);
	if (good && conn->reads_only) {
		result = PQexec(conn->handle, reading);
		good = PQresultStatus(result) == PGRES_COMMAND_OK;
		PQclear(result);
	}
	return good;
}

static bool postgres_open(struct conn *conn, char *reason, size_t size)
{
	/* Defaults first: what the address says comes after and wins. */
	static const char *const keys[] = { "connect_timeout", "application_name", "dbname", NULL };
	const char *const values[] = { "5", "qifu", conn->db->address, NULL };
	PGconn *handle = PQconnectdbParams(keys, values, 1);
	conn->handle = handle;
	if (PQstatus(handle) == CONNECTION_OK && PQserverVersion(handle) >= 120000) {
		PQsetNoticeReceiver(handle, ignore_notice, NULL);
		if (settings(conn))
			return true;
	}
	/* libpq's message names host and user, never the password. */
	snprintf(reason, size, "%s", handle ? PQerrorMessage(handle) : "内存不足");
	size_t length = strlen(reason);
	while (length && (reason[length - 1] == '\n' || reason[length - 1] == ' '))
		reason[--length] = '\0';
	if (!length)
		snprintf(reason, size, "需要 PostgreSQL 12 或更新的版本");
	return false;
}

static void postgres_close(struct conn *conn)
{
	PQfinish(conn->handle);
	conn->handle = NULL;
}

static bool postgres_alive(struct conn *conn)
{
	PGTransactionStatusType status = PQtransactionStatus(conn->handle);
	return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

static void statement_release(struct conn *conn, struct statement *statement)
{
	if (!statement->number || PQstatus(conn->handle) != CONNECTION_OK)
		return;
	/* Within a transaction that failed this is refused: the name is never used again, so that costs
	 * memory only. */
	char sql[NAME_SIZE + 16];
	snprintf(sql, sizeof sql, "DEALLOCATE s%u", statement->number);
	PQclear(PQexec(conn->handle, sql));
}

/* A lost connection is made again when no transaction was lost with it. */
static bool reconnect(struct conn *conn)
{
	if (PQstatus(conn->handle) == CONNECTION_OK)
		return true;
	if (conn->transaction != NO_TRANSACTION)
		return false;
	statements_clear(conn);
	PQreset(conn->handle);
	bool good = PQstatus(conn->handle) == CONNECTION_OK && settings(conn);
	log_line(LOG_WARN, "db", good ? "connected again" : "cannot connect again", NULL);
	return good;
}

/* ---- failures
 * --------------------------------------------------------------------------------------------------- */

/* "Key (org_id, number)=(3, 5) already exists." in whatever language: the names in the first brackets only.
 */
static const char *key_columns(struct ctx *c, const PGresult *result)
{
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	const char *open = detail ? strchr(detail, '(') : NULL;
	const char *close = open ? strstr(open, ")=(") : NULL;
	return close ? arena_text_n(c->arena, open + 1, (size_t)(close - open - 1)) : NULL;
}

static bool integrity_fail(struct ctx *c, const PGresult *result, const char *state, const char *sql)
{
	const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
	if (strcmp(state, "23505") == 0)
		return violation_fail(c, VIOLATED_UNIQUE, sql, key_columns(c, result), constraint);
	if (strcmp(state, "23503") == 0)
		return violation_fail(
			c, VIOLATED_FOREIGN_KEY, sql, NULL, NULL); /* SQLite names no column either */
	if (strcmp(state, "23502") == 0)
		return violation_fail(
			c, VIOLATED_NOT_NULL, sql, PQresultErrorField(result, PG_DIAG_COLUMN_NAME), NULL);
	return violation_fail(c, VIOLATED_CHECK, sql, NULL, constraint);
}

static bool is_one_of(const char *state, const char *const *states)
{
	for (; *states; states++)
		if (strncmp(state, *states, strlen(*states)) == 0)
			return true;
	return false;
}

static bool postgres_fail(struct ctx *c, const PGresult *result, const char *sql)
{
	static const char *const busy[] = { "40", "55P03", "57014", NULL };
	static const char *const away[] = { "08", "53", "57P", "58", "25006", NULL };
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	if (!state)
		return storage_fail(c, sql, "connection lost");
	if (is_one_of(state, busy)) {
		c->conn->again = true;
		return busy_fail(c, sql, state);
	}
	if (strncmp(state, "23", 2) == 0 && c->arena)
		return integrity_fail(c, result, state, sql);
	if (is_one_of(state, away))
		return storage_fail(c, sql, state);
	if (strcmp(state, "P0001") == 0) /* a trigger's RAISE: a sentence for the person */
		return fail(c, CONFLICT, "%s", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
	if (strcmp(state, "54000") == 0 || strcmp(state, "22001") == 0)
		return fail(c, TOO_LARGE, "内容太长，存不下");
	/* Class 42 is about the statement itself; other messages may quote a value. */
	bool quotable = strncmp(state, "42", 2) == 0;
	return statement_fail(
		c, sql, state, quotable ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL);
}

/* ---- statements
 * --------------------------------------------------------------------------------------------------- */

static unsigned type_of(const struct value *value)
{
	switch (value->kind) {
	case VALUE_INT:
		return OID_INT8;
	case VALUE_TEXT:
		return OID_TEXT;
	case VALUE_BYTES:
		return OID_BYTEA;
	case VALUE_NULL:
		break;
	}
	return OID_ANY;
}

static bool fits(const struct statement *statement, const struct value *values)
{
	for (size_t i = 0; i < statement->parameter_count; i++) {
		unsigned type = type_of(&values[i]);
		if (type != OID_ANY && type != statement->types[i])
			return false;
	}
	return true;
}

/* What was inferred for the NULLs of the first use, so that the next use with a value need not prepare again.
 */
static void learn_types(struct conn *conn, struct statement *statement, const char *name)
{
	PGresult *result = PQdescribePrepared(conn->handle, name);
	for (int i = 0; i < PQnparams(result) && i < (int)statement->parameter_count; i++)
		statement->types[i] = PQparamtype(result, i);
	PQclear(result);
}

static struct statement *prepare(struct ctx *c, const char *sql, const struct value *values, size_t count)
{
	struct conn *conn = c->conn;
	size_t length = strlen(sql);
	struct statement *statement = statement_find(conn, sql, length, fits, values);
	if (statement)
		return statement->parameter_count == count ? statement : NULL;
	conn->statements.release = statement_release;
	statement = statement_add(conn, sql, length);
	if (statement)
		statement->types = calloc(count + 1, sizeof *statement->types);
	if (!statement || !statement->types) {
		if (statement)
			statement_forget(conn, statement);
		storage_fail(c, sql, "no memory");
		return NULL;
	}
	statement->parameter_count = count;
	bool has_null = false;
	for (size_t i = 0; i < count; i++) {
		statement->types[i] = type_of(&values[i]);
		has_null = has_null || statement->types[i] == OID_ANY;
	}
	char name[NAME_SIZE];
	unsigned number = ++conn->statement_number;
	snprintf(name, sizeof name, "s%u", number);
	PGresult *result = PQprepare(conn->handle, name, sql, (int)count, statement->types);
	if (PQresultStatus(result) != PGRES_COMMAND_OK) {
		postgres_fail(c, result, sql);
		PQclear(result);
		statement_forget(conn, statement);
		return NULL;
	}
	PQclear(result);
	statement->number = number;
	if (has_null)
		learn_types(conn, statement, name);
	return statement;
}

enum { NUMBER_SIZE = 24 };

/* Runs it. NULL with the problem set; the result is the caller's to clear. */
static PGresult *execute_once(struct ctx *c, const char *sql, const struct value *values, size_t count)
{
	struct statement *statement = prepare(c, sql, values, count);
	if (!statement) {
		if (!ctx_failed(c))
			statement_fail(c, sql, "parameters", "the number of values changed");
		return NULL;
	}
	char numbers[PARAMETERS_MOST][NUMBER_SIZE];
	const char *texts[PARAMETERS_MOST];
	int lengths[PARAMETERS_MOST], formats[PARAMETERS_MOST];
	for (size_t i = 0; i < count; i++) {
		formats[i] = values[i].kind == VALUE_BYTES;
		lengths[i] = (int)values[i].length;
		texts[i] = values[i].kind == VALUE_NULL ? NULL : values[i].bytes;
		if (values[i].kind == VALUE_INT) {
			snprintf(numbers[i], NUMBER_SIZE, "%lld", (long long)values[i].number);
			texts[i] = numbers[i];
		} else if (values[i].kind == VALUE_BYTES && !texts[i]) {
			texts[i] = "";
		}
	}
	char name[NAME_SIZE];
	snprintf(name, sizeof name, "s%u", statement->number);
	PGresult *result = PQexecPrepared(c->conn->handle, name, (int)count, texts, lengths, formats, 0);
	ExecStatusType status = PQresultStatus(result);
	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
		return result;
	postgres_fail(c, result, sql);
	PQclear(result);
	return NULL;
}

static bool only_reads(const char *sql)
{
	return strncmp(sql, "SELECT", 6) == 0;
}

static PGresult *execute(struct ctx *c, const char *sql, const struct value *values, size_t count)
{
	struct conn *conn = c->conn;
	if (!reconnect(conn)) {
		storage_fail(c, sql, "connection lost");
		return NULL;
	}
	bool was_good = !ctx_failed(c);
	PGresult *result = execute_once(c, sql, values, count);
	/* The server was restarted while we slept: a read outside a transaction can simply be asked again. */
	if (!result && was_good && conn->transaction == NO_TRANSACTION && only_reads(sql) &&
		PQstatus(conn->handle) != CONNECTION_OK && reconnect(conn)) {
		ctx_forgive(c);
		result = execute_once(c, sql, values, count);
	}
	return result;
}

static bool postgres_run(
	struct ctx *c, int64_t *touched, const char *sql, const struct value *values, size_t count)
{
	PGresult *result = execute(c, sql, values, count);
	if (!result)
		return false;
	if (touched)
		*touched = strtoll(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	return true;
}

/* ---- rows
 * ------------------------------------------------------------------------------------------------------------
 */

static struct cell bytes_cell(struct arena *arena, const char *text)
{
	size_t length = 0;
	unsigned char *bytes = PQunescapeBytea((const unsigned char *)text, &length);
	struct cell cell = { .kind = VALUE_BYTES, .length = length };
	cell.bytes = arena_text_n(arena, bytes ? (const char *)bytes : "", bytes ? length : 0);
	PQfreemem(bytes);
	return cell;
}

static struct cell read_cell(struct rows *rows, int column)
{
	PGresult *result = rows->result;
	if (PQgetisnull(result, rows->row, column))
		return (struct cell){ .kind = VALUE_NULL };
	const char *text = PQgetvalue(result, rows->row, column);
	switch (PQftype(result, column)) {
	case OID_INT8:
	case OID_INT4:
	case OID_INT2:
	case OID_NUMERIC: /* of a sum(); of an avg() the whole units, as with SQLite */
	case OID_FLOAT4:
	case OID_FLOAT8:
		return (struct cell){ .kind = VALUE_INT, .number = strtoll(text, NULL, 10) };
	case OID_BOOL:
		return (struct cell){ .kind = VALUE_INT, .number = text[0] == 't' };
	case OID_BYTEA:
		return bytes_cell(rows->c->arena, text);
	default: {
		size_t length = (size_t)PQgetlength(result, rows->row, column);
		return (struct cell){ .kind = VALUE_TEXT,
			.length = length,
			.bytes = arena_text_n(rows->c->arena, text, length) };
	}
	}
}

static void postgres_drop(struct rows *rows)
{
	PQclear(rows->result);
	rows->result = NULL;
}

static bool postgres_fetch(struct rows *rows)
{
	for (int column = 0; column < rows->column_count; column++)
		rows->cells[column] = read_cell(rows, column);
	if (++rows->row == rows->row_count)
		rows_close(rows);
	return true;
}

static bool postgres_query(struct rows *rows, const char *sql, const struct value *values, size_t count)
{
	PGresult *result = execute(rows->c, sql, values, count);
	if (!result)
		return false;
	rows->result = result;
	rows_hold(rows); /* before anything is allocated: the arena's cap must not lose the result */
	rows->row_count = PQntuples(result);
	rows->column_count = PQnfields(result);
	rows->cells = arena_array(rows->c->arena, struct cell, (size_t)rows->column_count);
	if (!rows->row_count) {
		rows_close(rows);
		return true;
	}
	postgres_fetch(rows);
	rows->ready = true;
	return true;
}

/* ---- the rest
 * ------------------------------------------------------------------------------------------------------------
 */

static bool command(struct ctx *c, const char *sql)
{
	PGresult *result = PQexec(c->conn->handle, sql);
	ExecStatusType status = PQresultStatus(result);
	bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
	/* COMMIT of a transaction that had failed answers ROLLBACK, and is no error. */
	if (good && strcmp(sql, "COMMIT") == 0 && strcmp(PQcmdStatus(result), "COMMIT") != 0)
		good = statement_fail(c, sql, "rolled back", "the transaction had failed before");
	else if (!good)
		postgres_fail(c, result, sql);
	PQclear(result);
	return good;
}

static bool postgres_control(struct ctx *c, const char *sql)
{
	struct conn *conn = c->conn;
	if (!reconnect(conn))
		return storage_fail(c, sql, "connection lost");
	bool was_good = !ctx_failed(c);
	if (command(c, sql))
		return true;
	if (!was_good || conn->transaction != NO_TRANSACTION || strncmp(sql, "BEGIN", 5) != 0 ||
		PQstatus(conn->handle) == CONNECTION_OK || !reconnect(conn))
		return false;
	ctx_forgive(c);
	return command(c, sql);
}

static bool postgres_draw_ids(struct conn *conn, int64_t *first, int64_t *end)
{
	PGresult *result = PQexec(conn->handle, "SELECT nextval('id_sequence')");
	bool good = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;
	if (good) {
		*first = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
		*end = *first + 1000; /* the sequence's increment, see platform.sql */
	} else {
		struct ctx quiet = { .conn = conn };
		postgres_fail(&quiet, result, "nextval");
	}
	PQclear(result);
	return good;
}

const struct engine postgres_engine = {
	.open = postgres_open,
	.close = postgres_close,
	.query = postgres_query,
	.run = postgres_run,
	.fetch = postgres_fetch,
	.drop = postgres_drop,
	.control = postgres_control,
	.script = command,
	.draw_ids = postgres_draw_ids,
	.alive = postgres_alive,
	.begin_write = "BEGIN ISOLATION LEVEL READ COMMITTED",
	.begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
};
