/* db.h: one way to speak to SQLite and PostgreSQL.
 *
 * SQL is written once, for both: literals with parameters $1 … $n, explicit columns, ORDER BY ending in a
 * unique key. Standard words that both know (ON CONFLICT … DO UPDATE/NOTHING, RETURNING, CASE, COALESCE,
 * window functions, recursive WITH); no functions of time (ctx->now is bound), no LIKE for search (search.h),
 * no booleans (INTEGER 0/1). Values are only ever bound, never pasted.
 *
 *   static const char order_of_number[] = "SELECT id, status FROM repair WHERE number = $1";
 *   struct rows *rows;
 *   if (!db_query(c, &rows, order_of_number, V(number)))
 *           return false;
 *   if (!rows_next(rows))
 *           return fail(c, NOT_FOUND, "没有工单 %s", number);
 *   int64_t id = rows_int(rows, 0);
 *
 * Statements are prepared once per connection and kept by their text. Rows are stepped lazily; text is copied
 * into the arena when read. An unfinished `rows` is closed when the arena goes, or by rows_close().
 *
 * Transactions belong to the platform (writer.h), not to modules: a module runs inside the one that its
 * caller opened.
 */
#ifndef QIFU_PLATFORM_DB_H
#define QIFU_PLATFORM_DB_H

#include "base/money.h"
#include "platform/ctx.h"

struct db;
struct conn;
struct rows;

enum db_kind { DB_SQLITE, DB_POSTGRES };

/* ---- values ---------------------------------------------------------------------------------------------
 */

enum value_kind { VALUE_NULL, VALUE_INT, VALUE_TEXT, VALUE_BYTES };
struct value {
	enum value_kind kind;
	size_t length; /* of bytes */
	int64_t number;
	const void *bytes; /* text (NUL-ended) or bytes; borrowed for the call */
};

/* V(x) makes a value of whatever x is. NULL text, NO_DATE and instants of 0 ms become SQL NULL. */
#define V(x)                                                                                                 \
	_Generic((x),                                                                                         \
		bool: value_bool,                                                                             \
		int: value_int,                                                                               \
		unsigned: value_unsigned,                                                                     \
		int64_t: value_int64,                                                                         \
		long long: value_long_long,                                                                   \
		char *: value_text,                                                                           \
		const char *: value_text,                                                                     \
		struct instant: value_instant,                                                                \
		struct date: value_date,                                                                      \
		struct money: value_money,                                                                    \
		struct volume: value_volume,                                                                  \
		struct value: value_same)(x)
#define V_NULL ((struct value){ .kind = VALUE_NULL })
/* An id in which 0 means "none" and becomes NULL. */
#define V_ID(x) value_id(x)
#define V_BYTES(pointer, size) ((struct value){ .kind = VALUE_BYTES, .length = (size), .bytes = (pointer) })

static inline struct value value_int64(int64_t x)
{
	return (struct value){ .kind = VALUE_INT, .number = x };
}
static inline struct value value_long_long(long long x)
{
	return value_int64(x);
}
static inline struct value value_int(int x)
{
	return value_int64(x);
}
static inline struct value value_unsigned(unsigned x)
{
	return value_int64((int64_t)x);
}
static inline struct value value_bool(bool x)
{
	return value_int64(x ? 1 : 0);
}
static inline struct value value_text(const char *x)
{
	return (struct value){ .kind = x ? VALUE_TEXT : VALUE_NULL, .bytes = x };
}
static inline struct value value_instant(struct instant x)
{
	return x.ms ? value_int64(x.ms) : V_NULL;
}
static inline struct value value_date(struct date x)
{
	return x.day == INT32_MIN ? V_NULL : value_int64(x.day);
}
static inline struct value value_money(struct money x)
{
	return value_int64(x.fen);
}
static inline struct value value_volume(struct volume x)
{
	return value_int64(x.litre);
}
static inline struct value value_id(int64_t x)
{
	return x ? value_int64(x) : V_NULL;
}
static inline struct value value_same(struct value x)
{
	return x;
}

/* ---- statements -----------------------------------------------------------------------------------------
 */

/* db_query(c, &rows, sql, V(a), V(b), …) and db_run(c, sql, V(a), …); the values may be left out. The
 * statement's text travels as the first value, which keeps the macros plain C17. */
#define DB_ARGUMENTS(...) ((const struct value[]){ DB_HEAD(__VA_ARGS__, V_NULL) })
#define DB_HEAD(sql, ...) value_text(sql), __VA_ARGS__
#define DB_COUNT(...)                                                                                        \
	(sizeof((const struct value[]){ DB_HEAD(__VA_ARGS__, V_NULL) }) / sizeof(struct value) - 2)
#define db_query(c, rows, ...) db_query_n(c, rows, DB_ARGUMENTS(__VA_ARGS__), DB_COUNT(__VA_ARGS__))
#define db_run(c, ...) db_run_n(c, NULL, DB_ARGUMENTS(__VA_ARGS__), DB_COUNT(__VA_ARGS__))
/* As db_run, and counts the rows it touched. */
#define db_run_counting(c, touched, ...)                                                                     \
	db_run_n(c, touched, DB_ARGUMENTS(__VA_ARGS__), DB_COUNT(__VA_ARGS__))
/* The single number a statement gives (a count, a sum); `fallback` when there is no row or it is NULL. */
#define db_number(c, number, fallback, ...)                                                                  \
	db_number_n(c, number, fallback, DB_ARGUMENTS(__VA_ARGS__), DB_COUNT(__VA_ARGS__))

/* False with ctx->problem set. A violated UNIQUE, CHECK, NOT NULL or FOREIGN KEY becomes CONFLICT or INVALID
 * with a fault on the column it names (entity.h registers the labels); a busy or lost database becomes
 * UNAVAILABLE. */
bool db_query_n(struct ctx *c, struct rows **rows, const struct value *sql_and_values, size_t count);
bool db_run_n(struct ctx *c, int64_t *touched, const struct value *sql_and_values, size_t count);
bool db_number_n(
	struct ctx *c, int64_t *number, int64_t fallback, const struct value *sql_and_values, size_t count);

/* The same with a statement made at run time (lists): `sql` is kept by its text too, so make few shapes. */
bool db_query_values(
	struct ctx *c, struct rows **rows, const char *sql, const struct value *values, size_t count);
bool db_run_values(
	struct ctx *c, int64_t *touched, const char *sql, const struct value *values, size_t count);

/* The next row. False at the end and on failure: after a loop, `if (ctx_failed(c))`. */
bool rows_next(struct rows *rows);
void rows_close(struct rows *rows);

bool rows_is_null(struct rows *rows, int column);
int64_t rows_int(struct rows *rows, int column); /* NULL reads as 0 */
bool rows_bool(struct rows *rows, int column);
const char *rows_text(struct rows *rows, int column); /* in the arena; NULL stays NULL */
const void *rows_bytes(struct rows *rows, int column, size_t *length);
struct instant rows_instant(struct rows *rows, int column); /* NULL reads as 0 ms */
struct date rows_date(struct rows *rows, int column);	    /* NULL reads as NO_DATE */
struct money rows_money(struct rows *rows, int column);
struct volume rows_volume(struct rows *rows, int column);

/* ---- ids and business numbers ----------------------------------------------------------------------------
 */

/* A new id, unique over all tables and nodes, below 2^53, growing within a process. Never fails inside a
 * transaction that the platform opened (blocks are drawn ahead). */
int64_t db_new_id(struct ctx *c);

/* The next of a gapless sequence, within the running transaction: db_next_number(c, &n, "repair", org, 2026).
 */
bool db_next_number(struct ctx *c, int64_t *number, const char *sequence, int64_t org, int year);

/* ---- opening (main, tests) --------------------------------------------------------------------------------
 */

/* `address` is a path (SQLite) or postgresql://…. NULL with `*error` in Chinese, from `arena`. */
struct db *db_open(struct arena *arena, const char *address, const char **error);
void db_close(struct db *db);
enum db_kind db_kind(const struct db *db);

/* A connection of one's own (commands, tests, the import). db_connect may fail: NULL. */
struct conn *db_connect(struct db *db);
void db_disconnect(struct conn *conn);
enum db_kind conn_kind(const struct conn *conn);

/* Connections that only read, shared by the threads that read: borrow one for as long as a read takes. NULL
 * when none came free within DB_BORROW_MS: answer UNAVAILABLE. Returning it closes its rows and ends its
 * snapshot. */
enum { DB_BORROW_MS = 5000 };
struct conn *db_borrow(struct db *db);
void db_return(struct conn *conn); /* NULL is allowed */

/* Explicit transactions, for the platform, commands and tests only. Savepoints nest; `name` is a literal. */
bool db_begin(struct ctx *c);	   /* BEGIN IMMEDIATE on SQLite */
bool db_begin_read(struct ctx *c); /* one snapshot for several reads */
bool db_commit(struct ctx *c);
void db_rollback(struct ctx *c);
bool db_savepoint(struct ctx *c, const char *name);
bool db_release(struct ctx *c, const char *name);
void db_rollback_to(struct ctx *c, const char *name); /* and releases it */

/* ---- migrations -------------------------------------------------------------------------------------------
 */

/* MODULE.sql, cut at lines "-- @1 …", "-- @2 …": numbered, forward only, one transaction each, under a lock
 * that other nodes wait for. DDL is SQLite's: for PostgreSQL the words INTEGER, TEXT and BLOB read BIGINT,
 * TEXT COLLATE "C" and BYTEA, and the word STRICT after a table is dropped. Keys: `id INTEGER PRIMARY KEY`.
 * Unique indexes are named TABLE_COLUMN_COLUMN_key, checks TABLE_COLUMN_check, so that a violation names its
 * columns on both. */
struct migration_source {
	const char *module;
	const char *sql; /* the whole text of MODULE.sql */
};
/* False with a message for the operator when a step fails, or when the database is newer than the program. */
bool db_migrate(struct ctx *c, const struct migration_source *sources, size_t count);

#endif
