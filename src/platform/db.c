/* db.c: what is the same for both databases: connections and their pool, rows, transactions, ids, numbers. */
#include <assert.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "platform/db_engine.h"
#include "platform/log.h"

enum { SQLITE_READERS_MOST = 24, POSTGRES_READERS_MOST = 16, REASON_SIZE = 512 };

/* ---- connections
 * ------------------------------------------------------------------------------------------- */

static struct conn *conn_open(struct db *db, bool reads_only, char *reason, size_t size)
{
	struct conn *conn = calloc(1, sizeof *conn);
	if (!conn)
		return NULL;
	conn->engine = db->engine;
	conn->db = db;
	conn->reads_only = reads_only;
	if (!conn->engine->open(conn, reason, size)) {
		conn->engine->close(conn);
		free(conn);
		return NULL;
	}
	return conn;
}

static bool is_postgres(const char *address)
{
	return strncmp(address, "postgresql://", 13) == 0 || strncmp(address, "postgres://", 11) == 0;
}

struct db *db_open(struct arena *arena, const char *address, const char **error)
{
	struct db *db = calloc(1, sizeof *db);
	char *copy = strdup(address);
	*error = "内存不足，打不开数据库";
	if (!db || !copy) {
		free(db);
		free(copy);
		return NULL;
	}
	db->address = copy;
	db->kind = is_postgres(address) ? DB_POSTGRES : DB_SQLITE;
	db->engine = db->kind == DB_POSTGRES ? &postgres_engine : &sqlite_engine;
	db->readers_most = db->kind == DB_POSTGRES ? POSTGRES_READERS_MOST : SQLITE_READERS_MOST;
	pthread_mutex_init(&db->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&db->returned, &monotonic);
	pthread_condattr_destroy(&monotonic);

	char reason[REASON_SIZE] = "";
	struct conn *conn = conn_open(db, false, reason, sizeof reason);
	if (!conn) {
		*error = arena_format(arena, "打不开数据库：%s", reason);
		db_close(db);
		return NULL;
	}
	db_disconnect(conn);
	*error = NULL;
	return db;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	while (db->idle) {
		struct conn *conn = db->idle;
		db->idle = conn->next;
		db_disconnect(conn);
	}
	pthread_cond_destroy(&db->returned);
	pthread_mutex_destroy(&db->lock);
	free(db->address);
	free(db);
}

enum db_kind db_kind(const struct db *db)
{
	return db->kind;
}

enum db_kind conn_kind(const struct conn *conn)
{
	return conn->db->kind;
}

struct conn *db_connect(struct db *db)
{
	char reason[REASON_SIZE] = "";
	struct conn *conn = conn_open(db, false, reason, sizeof reason);
	if (!conn)
		log_line(LOG_ERROR, "db", "cannot connect", "reason", reason, NULL);
	return conn;
}

void db_disconnect(struct conn *conn)
{
	if (!conn)
		return;
	conn_close_rows(conn);
	statements_clear(conn);
	conn->engine->close(conn);
	free(conn);
}

/* An idle reader, or leave to open one more. NULL with `*may_open` false when none came free in time. */
static struct conn *pool_take(struct db *db, bool *may_open)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += DB_BORROW_MS / SECOND_MS;
	pthread_mutex_lock(&db->lock);
	int late = 0;
	while (!db->idle && db->readers >= db->readers_most && !late)
		late = pthread_cond_timedwait(&db->returned, &db->lock, &until);
	struct conn *conn = db->idle;
	*may_open = !conn && db->readers < db->readers_most;
	if (conn)
		db->idle = conn->next;
	else if (*may_open)
		db->readers++;
	pthread_mutex_unlock(&db->lock);
	return conn;
}

struct conn *db_borrow(struct db *db)
{
	bool may_open;
	struct conn *conn = pool_take(db, &may_open);
	if (conn || !may_open)
		return conn;
	char reason[REASON_SIZE] = "";
	conn = conn_open(db, true, reason, sizeof reason);
	if (!conn) {
		log_line(LOG_ERROR, "db", "cannot connect", "reason", reason, NULL);
		pthread_mutex_lock(&db->lock);
		db->readers--;
		pthread_cond_signal(&db->returned);
		pthread_mutex_unlock(&db->lock);
	}
	return conn;
}

/* Ends what a connection still has open, whoever used it last. */
static void conn_end(struct conn *conn)
{
	conn_close_rows(conn);
	if (conn->transaction == NO_TRANSACTION)
		return;
	struct ctx quiet = { .conn = conn };
	db_rollback(&quiet);
}

void db_return(struct conn *conn)
{
	if (!conn)
		return;
	conn_end(conn);
	struct db *db = conn->db;
	pthread_mutex_lock(&db->lock);
	conn->next = db->idle; /* last in, first out: its cache is warm */
	db->idle = conn;
	pthread_cond_signal(&db->returned);
	pthread_mutex_unlock(&db->lock);
}

/* ---- statements
 * --------------------------------------------------------------------------------------------- */

void rows_close(struct rows *rows)
{
	rows->ready = false;
	if (!rows->conn)
		return;
	*rows->link = rows->next;
	if (rows->next)
		rows->next->link = rows->link;
	rows->conn->engine->drop(rows);
	rows->conn = NULL;
	rows->ahead = false;
}

static void rows_release(void *handle)
{
	rows_close(handle);
}

/* Enters `rows` into the list of what its connection has open. */
void rows_hold(struct rows *rows)
{
	struct conn *conn = rows->c->conn;
	rows->conn = conn;
	rows->link = &conn->open;
	rows->next = conn->open;
	if (rows->next)
		rows->next->link = &rows->next;
	conn->open = rows;
}

void conn_close_rows(struct conn *conn)
{
	while (conn->open)
		rows_close(conn->open);
}

bool conn_in_transaction(struct conn *conn)
{
	return conn->transaction != NO_TRANSACTION && conn->engine->alive(conn);
}

static bool has_conn(struct ctx *c, const char *sql)
{
	if (c->conn)
		return true;
	return storage_fail(c, sql, "no connection");
}

bool db_query_values(
	struct ctx *c, struct rows **rows, const char *sql, const struct value *values, size_t count)
{
	assert(count <= PARAMETERS_MOST);
	*rows = NULL;
	if (!has_conn(c, sql))
		return false;
	struct rows *made = arena_new_object(c->arena, struct rows);
	made->c = c;
	/* Before there is anything to release: reaching the arena's cap must lose nothing. */
	arena_defer(c->arena, rows_release, made);
	if (!c->conn->engine->query(made, sql, values, count))
		return false;
	*rows = made;
	return true;
}

bool db_run_values(struct ctx *c, int64_t *touched, const char *sql, const struct value *values, size_t count)
{
	assert(count <= PARAMETERS_MOST);
	return has_conn(c, sql) && c->conn->engine->run(c, touched, sql, values, count);
}

bool db_query_n(struct ctx *c, struct rows **rows, const struct value *sql_and_values, size_t count)
{
	return db_query_values(c, rows, sql_and_values[0].bytes, sql_and_values + 1, count);
}

bool db_run_n(struct ctx *c, int64_t *touched, const struct value *sql_and_values, size_t count)
{
	return db_run_values(c, touched, sql_and_values[0].bytes, sql_and_values + 1, count);
}

bool db_number_n(
	struct ctx *c, int64_t *number, int64_t fallback, const struct value *sql_and_values, size_t count)
{
	struct rows *rows;
	*number = fallback;
	if (!db_query_n(c, &rows, sql_and_values, count))
		return false;
	if (rows_next(rows) && !rows_is_null(rows, 0))
		*number = rows_int(rows, 0);
	rows_close(rows);
	return !ctx_failed(c);
}

bool rows_next(struct rows *rows)
{
	if (rows->ready) {
		rows->ready = false;
		return true;
	}
	return rows->conn && rows->conn->engine->fetch(rows);
}

static const struct cell *cell_at(struct rows *rows, int column)
{
	assert(column >= 0 && column < rows->column_count);
	return &rows->cells[column];
}

bool rows_is_null(struct rows *rows, int column)
{
	return cell_at(rows, column)->kind == VALUE_NULL;
}

int64_t rows_int(struct rows *rows, int column)
{
	const struct cell *cell = cell_at(rows, column);
	if (cell->kind == VALUE_TEXT)
		return strtoll(cell->bytes, NULL, 10);
	return cell->kind == VALUE_INT ? cell->number : 0;
}

bool rows_bool(struct rows *rows, int column)
{
	return rows_int(rows, column) != 0;
}

const char *rows_text(struct rows *rows, int column)
{
	const struct cell *cell = cell_at(rows, column);
	if (cell->kind == VALUE_INT)
		return arena_format(rows->c->arena, "%lld", (long long)cell->number);
	return cell->kind == VALUE_NULL ? NULL : cell->bytes;
}

const void *rows_bytes(struct rows *rows, int column, size_t *length)
{
	const struct cell *cell = cell_at(rows, column);
	*length = cell->length;
	return cell->bytes;
}

struct instant rows_instant(struct rows *rows, int column)
{
	return (struct instant){ rows_int(rows, column) };
}

struct date rows_date(struct rows *rows, int column)
{
	return rows_is_null(rows, column) ? NO_DATE : (struct date){ (int32_t)rows_int(rows, column) };
}

struct money rows_money(struct rows *rows, int column)
{
	return (struct money){ rows_int(rows, column) };
}

struct volume rows_volume(struct rows *rows, int column)
{
	return (struct volume){ rows_int(rows, column) };
}

/* ---- transactions
 * --------------------------------------------------------------------------------------------- */

static bool begin(struct ctx *c, enum transaction transaction)
{
	if (!has_conn(c, "BEGIN"))
		return false;
	struct conn *conn = c->conn;
	assert(conn->transaction == NO_TRANSACTION);
	const struct engine *engine = conn->engine;
	if (!engine->control(c, transaction == WRITE_TRANSACTION ? engine->begin_write : engine->begin_read))
		return false;
	conn->transaction = transaction;
	conn->id_drawn = false;
	return true;
}

static bool ids_draw(struct conn *conn);

bool db_begin(struct ctx *c)
{
	if (!begin(c, WRITE_TRANSACTION))
		return false;
	/* Ahead of every savepoint, so that a savepoint rolled back never gives an id out twice. */
	if (conn_kind(c->conn) == DB_SQLITE && c->conn->id_end - c->conn->id_next < ID_LOW)
		ids_draw(c->conn);
	return true;
}

bool db_begin_read(struct ctx *c)
{
	return begin(c, READ_TRANSACTION);
}

/* A block drawn in a transaction that was undone is the next one's again: the table does not know that it was
 * drawn. */
static void ids_after_rollback(struct conn *conn)
{
	if (conn->id_drawn)
		conn->id_next = conn->id_end = 0;
	conn->id_drawn = false;
}

bool db_commit(struct ctx *c)
{
	struct conn *conn = c->conn;
	assert(conn->transaction != NO_TRANSACTION);
	conn_close_rows(conn);
	if (!conn->engine->control(c, "COMMIT")) {
		db_rollback(c);
		return false;
	}
	conn->transaction = NO_TRANSACTION;
	conn->id_drawn = false;
	return true;
}

void db_rollback(struct ctx *c)
{
	struct conn *conn = c->conn;
	if (conn->transaction == NO_TRANSACTION)
		return;
	conn_close_rows(conn);
	if (conn->engine->alive(conn)) {
		struct ctx quiet = { .conn = conn };
		conn->engine->control(&quiet, "ROLLBACK");
	}
	conn->transaction = NO_TRANSACTION;
	ids_after_rollback(conn);
}

static bool savepoint_control(struct ctx *c, const char *verb, const char *name)
{
	char sql[96];
	int length = snprintf(sql, sizeof sql, "%s \"%s\"", verb, name);
	assert(length > 0 && length < (int)sizeof sql);
	return c->conn->engine->control(c, sql);
}

bool db_savepoint(struct ctx *c, const char *name)
{
	return savepoint_control(c, "SAVEPOINT", name);
}

bool db_release(struct ctx *c, const char *name)
{
	return savepoint_control(c, "RELEASE SAVEPOINT", name);
}

void db_rollback_to(struct ctx *c, const char *name)
{
	struct conn *conn = c->conn;
	struct ctx quiet = {
		.app = c->app, .arena = c->arena, .conn = conn, .actor = c->actor, .now = c->now
	};
	conn_close_rows(conn);
	if (!conn->engine->alive(conn) || !savepoint_control(&quiet, "ROLLBACK TO SAVEPOINT", name) ||
		!savepoint_control(&quiet, "RELEASE SAVEPOINT", name))
		return;
	/* A block drawn within the savepoint was given out all the same: write it down again. The write lock
	 * is ours, nobody can have drawn in between. */
	if (conn->id_drawn)
		db_run(&quiet, "UPDATE id_block SET next = $1 WHERE next < $1", V(conn->id_end));
}

/* ---- ids and numbers
 * -------------------------------------------------------------------------------------------- */

static bool ids_draw(struct conn *conn)
{
	int64_t first, end;
	if (!conn->engine->draw_ids(conn, &first, &end))
		return false;
	if (first != conn->id_end)
		conn->id_next = first; /* what was left of the old block stays unused */
	conn->id_end = end;
	conn->id_drawn = conn->transaction == WRITE_TRANSACTION;
	return true;
}

static int64_t shared_id(struct db *db, struct conn *conn)
{
	int64_t id = 0;
	pthread_mutex_lock(&db->lock);
	if (db->id_next < db->id_end || conn->engine->draw_ids(conn, &db->id_next, &db->id_end))
		id = db->id_next++;
	pthread_mutex_unlock(&db->lock);
	return id;
}

int64_t db_new_id(struct ctx *c)
{
	struct conn *conn = c->conn;
	int64_t id = 0;
	if (has_conn(c, "new id") && conn_kind(conn) == DB_POSTGRES)
		id = shared_id(conn->db, conn);
	else if (conn && (conn->id_next < conn->id_end || ids_draw(conn)))
		id = conn->id_next++;
	if (!id)
		storage_fail(c, "new id", "no block of ids");
	return id;
}

bool db_next_number(struct ctx *c, int64_t *number, const char *sequence, int64_t org, int year)
{
	static const char next[] =
		"INSERT INTO number_sequence (sequence, org_id, year, last) VALUES ($1, $2, $3, 1)"
		" ON CONFLICT (sequence, org_id, year) DO UPDATE SET last = number_sequence.last + 1"
		" RETURNING last";
	return db_number(c, number, 0, next, V(sequence), V(org), V(year));
}
