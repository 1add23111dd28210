/* db_engine.h: what db.c asks of each of the two databases. Included by db*.c, migrate.c and audit.c only. */
#ifndef QIFU_PLATFORM_DB_ENGINE_H
#define QIFU_PLATFORM_DB_ENGINE_H

#include <pthread.h>

#include "platform/db.h"

enum {
	STATEMENTS_MOST = 512,
	STATEMENT_BUCKETS = 256,
	PARAMETERS_MOST = 200,
	ID_BLOCK = 8192,
	ID_LOW = 4096
};

/* A prepared statement, kept by its text. `busy` while rows of it are open: a nested use of the same text
 * gets a copy. */
struct statement {
	uint64_t hash;
	size_t length;
	char *sql;	 /* malloc'd with the statement */
	void *handle;	 /* SQLite: sqlite3_stmt */
	unsigned number; /* PostgreSQL: its name */
	size_t parameter_count;
	unsigned char *order; /* SQLite: order[i] = number of the parameter that SQLite calls i + 1 */
	unsigned *types;      /* PostgreSQL: type of each parameter */
	bool busy;
	struct statement *chain;	 /* same bucket */
	struct statement *newer, *older; /* by last use */
};

struct statements {
	struct statement *buckets[STATEMENT_BUCKETS];
	struct statement *newest, *oldest;
	size_t count;
	void (*release)(struct conn *conn, struct statement *statement); /* frees handle, order, types */
};

enum transaction { NO_TRANSACTION, READ_TRANSACTION, WRITE_TRANSACTION };

struct conn {
	const struct engine *engine;
	struct db *db;
	void *handle; /* sqlite3 or PGconn; NULL: lost */
	bool reads_only;
	enum transaction transaction;
	struct rows *open; /* rows still holding a statement or a result */
	struct statements statements;
	unsigned statement_number;
	int64_t id_next, id_end; /* SQLite: this connection's block of ids */
	bool id_drawn;		 /* the block was drawn in the transaction that is open */
	bool again;		 /* PostgreSQL: lost to another transaction; the whole may be run once more */
	struct conn *next;	 /* in the pool */
};

struct db {
	enum db_kind kind;
	const struct engine *engine;
	char *address;
	pthread_mutex_t lock; /* pool and ids */
	pthread_cond_t returned;
	struct conn *idle;
	int readers, readers_most;
	int64_t id_next,
		id_end; /* PostgreSQL: one block for the process, since nextval is never rolled back */
};

/* One column of the row that rows_next() stands on. */
struct cell {
	enum value_kind kind;
	int64_t number;
	const char *bytes; /* in the arena, NUL-ended */
	size_t length;
};

struct rows {
	struct ctx *c;
	struct conn *conn;	     /* NULL once nothing is held any more */
	struct statement *statement; /* SQLite */
	void *result;		     /* PostgreSQL */
	int row, row_count;
	bool ahead; /* SQLite: the statement stands on a row that is not in cells yet */
	bool ready; /* cells hold a row that rows_next() has not given yet */
	int column_count;
	struct cell *cells;
	struct rows *next, **link; /* conn->open */
};

struct engine {
	/* Opens conn->handle. `reason` gets a text for the operator, without secrets. */
	bool (*open)(struct conn *conn, char *reason, size_t size);
	void (*close)(struct conn *conn);
	/* Runs it and fills the first row if there is one. */
	bool (*query)(struct rows *rows, const char *sql, const struct value *values, size_t count);
	bool (*run)(
		struct ctx *c, int64_t *touched, const char *sql, const struct value *values, size_t count);
	/* Fills cells with the next row; false at the end (then nothing is held) or on failure. */
	bool (*fetch)(struct rows *rows);
	/* Lets go of what `rows` holds. */
	void (*drop)(struct rows *rows);
	/* BEGIN, COMMIT, SAVEPOINT …: a short text without parameters. */
	bool (*control)(struct ctx *c, const char *sql);
	/* Several statements at once (migrations). */
	bool (*script)(struct ctx *c, const char *sql);
	/* A new block; false leaves the reason in the log only. */
	bool (*draw_ids)(struct conn *conn, int64_t *first, int64_t *end);
	/* Whether a transaction is still open in the database itself. */
	bool (*alive)(struct conn *conn);
	const char *begin_write, *begin_read;
};
extern const struct engine sqlite_engine, postgres_engine;

/* db_statements.c. An idle statement of that text, moved to the front; NULL when none. `fits` may refuse one.
 */
struct statement *statement_find(struct conn *conn, const char *sql, size_t length,
	bool (*fits)(const struct statement *statement, const struct value *values),
	const struct value *values);
/* A new one in the cache, its text copied; the oldest idle ones go when there are too many. NULL: no memory.
 */
struct statement *statement_add(struct conn *conn, const char *sql, size_t length);
void statement_forget(struct conn *conn, struct statement *statement);
void statements_clear(struct conn *conn);

/* db_error.c. What a refusal by the database means to the person. */
enum violation { VIOLATED_UNIQUE, VIOLATED_CHECK, VIOLATED_NOT_NULL, VIOLATED_FOREIGN_KEY };
/* `columns` "a" or "a, b" or "table.a, table.b", or NULL; `constraint` its name or NULL. Always false. */
bool violation_fail(struct ctx *c, enum violation violation, const char *sql, const char *columns,
	const char *constraint);
bool busy_fail(struct ctx *c, const char *sql, const char *code);
bool storage_fail(struct ctx *c, const char *sql, const char *code);
/* `message` must hold no bound value. */
bool statement_fail(struct ctx *c, const char *sql, const char *code, const char *message);

/* db.c */
void rows_hold(struct rows *rows);
void conn_close_rows(struct conn *conn);
/* After each write of a group: whether its transaction has survived (a full disk ends it). */
bool conn_in_transaction(struct conn *conn);

#endif
