/* bare_postgres.c: what PostgreSQL alone can do on this machine with the rows that qifu writes: bare libpq,
 * prepared statements, one transaction for each order, as many connections as qifu has writers.
 *
 *   bare_postgres orders BEFORE AFTER ORDERS CONNECTIONS HOUSEHOLD
 *
 * BEFORE and AFTER are addresses; AFTER is BEFORE plus one order that was really filed. Its rows are the
 * shape of an order. Inserts ORDERS of that shape into BEFORE with fresh ids and texts. See bare_sqlite.c.
 * Prints orders=… seconds=… rate=… rows_per_order=….
 *
 *   bare_postgres replay ADDRESS SECONDS CONNECTIONS FILE
 *
 * Runs the statements of FILE again and again, prepared, all with the values they had. A line of FILE is one
 * statement, its values after it, a tab before each; "\\N" is NULL. Prints rounds=… rate=….
 */
#include <inttypes.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
	TABLES_MOST = 200,
	COLUMNS_MOST = 100,
	ROWS_MOST = 200,
	SMALL_TABLE = 100000,
	SQL_MOST = 8000,
	TEXT_MOST = 4000,
	CONNECTIONS_MOST = 64
};

static void die(PGconn *conn, const char *what)
{
	fprintf(stderr, "bare_postgres: %s: %s\n", what, conn ? PQerrorMessage(conn) : "");
	exit(1);
}

__attribute__((format(printf, 2, 3))) static void write_sql(char sql[SQL_MOST], const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(sql, SQL_MOST, format, arguments);
	va_end(arguments);
	if (length < 0 || length >= SQL_MOST)
		die(NULL, "a statement is too long");
}

__attribute__((format(printf, 2, 3))) static void add_sql(char sql[SQL_MOST], const char *format, ...)
{
	va_list arguments;
	size_t used = strlen(sql);
	va_start(arguments, format);
	int length = vsnprintf(sql + used, SQL_MOST - used, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= SQL_MOST - used)
		die(NULL, "a statement is too long");
}

static PGconn *connect_to(const char *address)
{
	PGconn *conn = PQconnectdb(address);
	if (PQstatus(conn) != CONNECTION_OK)
		die(conn, "connect");
	PQclear(PQexec(conn, "SET client_min_messages = error"));
	return conn;
}

static PGresult *query(PGconn *conn, const char *sql)
{
	PGresult *result = PQexec(conn, sql);
	if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
		die(conn, sql);
	return result;
}

static int64_t number(PGconn *conn, const char *sql)
{
	PGresult *result = query(conn, sql);
	int64_t value = PQntuples(result) ? atoll(PQgetvalue(result, 0, 0)) : 0;
	PQclear(result);
	return value;
}

/* ---- the shape -------------------------------------------------------------------------------------------
 */

struct table {
	char name[64], key[200];
	bool by_id; /* its key is "id" */
	int columns;
	char column[COLUMNS_MOST][64];
	bool is_number[COLUMNS_MOST], in_key[COLUMNS_MOST], indexed[COLUMNS_MOST], unique[COLUMNS_MOST];
	bool used;
};

enum cell_use { CELL_SAME, CELL_FRESH_ID, CELL_HOUSEHOLD, CELL_LATER, CELL_COUNTED, CELL_RANDOM, CELL_HEX };
struct cell {
	bool is_null;
	enum cell_use use;
	int64_t number;
	char *text;
};
struct row {
	struct table *table;
	struct cell *cells;
};
struct shape {
	struct table tables[TABLES_MOST];
	size_t table_count;
	struct row rows[ROWS_MOST];
	size_t row_count;
	int64_t ids[ROWS_MOST];
	size_t id_count;
	int64_t household_id, *households;
	size_t household_count;
	int64_t first_id, orders;
	_Atomic int64_t next;
};

static void read_columns(PGconn *conn, struct table *table)
{
	char sql[SQL_MOST];
	write_sql(sql,
		"SELECT a.attname, a.atttypid IN (20, 21, 23), COALESCE(bool_or(i.indisprimary), false),"
		" COALESCE(bool_or(i.indexrelid IS NOT NULL), false), COALESCE(bool_or(i.indisunique), false)"
		" FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND a.attnum = ANY "
		"(i.indkey)"
		" WHERE a.attrelid = '%s'::regclass AND a.attnum > 0 AND NOT a.attisdropped"
		" GROUP BY 1, 2, a.attnum ORDER BY a.attnum",
		table->name);
	PGresult *result = query(conn, sql);
	table->columns = PQntuples(result) < COLUMNS_MOST ? PQntuples(result) : COLUMNS_MOST;
	for (int i = 0; i < table->columns; i++) {
		snprintf(table->column[i], sizeof table->column[i], "%s", PQgetvalue(result, i, 0));
		table->is_number[i] = *PQgetvalue(result, i, 1) == 't';
		table->in_key[i] = *PQgetvalue(result, i, 2) == 't';
		table->indexed[i] = *PQgetvalue(result, i, 3) == 't';
		table->unique[i] = *PQgetvalue(result, i, 4) == 't';
		if (table->in_key[i]) {
			size_t used = strlen(table->key);
			snprintf(table->key + used, sizeof table->key - used, "%s%s", used ? ", " : "",
				table->column[i]);
		}
	}
	table->by_id = strcmp(table->key, "id") == 0;
	PQclear(result);
}

static void read_tables(PGconn *conn, struct shape *shape)
{
	PGresult *result = query(conn, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
				       "'public'::regnamespace ORDER BY oid");
	for (int i = 0; i < PQntuples(result) && shape->table_count < TABLES_MOST; i++) {
		struct table *table = &shape->tables[shape->table_count++];
		snprintf(table->name, sizeof table->name, "%s", PQgetvalue(result, i, 0));
		read_columns(conn, table);
	}
	PQclear(result);
}

static void add_row(struct shape *shape, struct table *table, const PGresult *result, int row_number)
{
	if (shape->row_count == ROWS_MOST)
		die(NULL, "an order has too many rows");
	struct row *row = &shape->rows[shape->row_count++];
	*row = (struct row){ table, calloc((size_t)table->columns, sizeof *row->cells) };
	if (!row->cells)
		die(NULL, "memory");
	table->used = true;
	for (int i = 0; i < table->columns; i++) {
		struct cell *cell = &row->cells[i];
		cell->is_null = PQgetisnull(result, row_number, i);
		cell->text = strdup(PQgetvalue(result, row_number, i));
		if (!cell->text || strlen(cell->text) >= TEXT_MOST)
			die(NULL, "a text is too long");
		cell->number = table->is_number[i] ? atoll(cell->text) : 0;
	}
}

static bool same_row(const PGresult *a, int x, const PGresult *b, int y, int columns)
{
	for (int i = 0; i < columns; i++)
		if (PQgetisnull(a, x, i) != PQgetisnull(b, y, i) ||
			strcmp(PQgetvalue(a, x, i), PQgetvalue(b, y, i)) != 0)
			return false;
	return true;
}

/* Both in the order of their keys, so that one walk finds what is new or different. */
static void compare(PGconn *before, PGconn *after, struct shape *shape, struct table *table)
{
	char sql[SQL_MOST];
	write_sql(sql, "SELECT * FROM %s ORDER BY %s", table->name, *table->key ? table->key : "1");
	PGresult *old = query(before, sql), *now = query(after, sql);
	int at = 0;
	for (int i = 0; i < PQntuples(now); i++) {
		int found = at;
		while (found < PQntuples(old) && found < at + 3 &&
			!same_row(old, found, now, i, table->columns))
			found++;
		if (found < PQntuples(old) && found < at + 3)
			at = found + 1;
		else
			add_row(shape, table, now, i);
	}
	PQclear(old);
	PQclear(now);
}

static void read_shape(PGconn *before, PGconn *after, struct shape *shape)
{
	char sql[SQL_MOST];
	for (size_t t = 0; t < shape->table_count; t++) {
		struct table *table = &shape->tables[t];
		if (!table->by_id) {
			write_sql(sql, "SELECT COUNT(*) FROM %s", table->name);
			if (number(before, sql) < SMALL_TABLE) /* only the import fills the others */
				compare(before, after, shape, table);
			continue;
		}
		write_sql(sql, "SELECT COALESCE(MAX(id), 0) FROM %s", table->name);
		int64_t last = number(before, sql);
		write_sql(sql, "SELECT * FROM %s WHERE id > %" PRId64 " ORDER BY id", table->name, last);
		PGresult *result = query(after, sql);
		for (int i = 0; i < PQntuples(result); i++) {
			add_row(shape, table, result, i);
			shape->ids[shape->id_count++] = atoll(PQgetvalue(result, i, 0));
		}
		PQclear(result);
	}
	if (!shape->id_count)
		die(NULL, "there is no order between the two databases");
}

static int place_of_id(const struct shape *shape, int64_t id)
{
	for (size_t i = 0; i < shape->id_count; i++)
		if (shape->ids[i] == id)
			return (int)i;
	return -1;
}

static void decide_use(const struct shape *shape, const struct row *row, int i)
{
	struct cell *cell = &row->cells[i];
	const struct table *table = row->table;
	size_t length = strlen(cell->text);
	if (cell->is_null)
		return;
	if (table->is_number[i] && place_of_id(shape, cell->number) >= 0)
		cell->use = CELL_FRESH_ID;
	else if (table->is_number[i] && cell->number == shape->household_id)
		cell->use = CELL_HOUSEHOLD;
	else if (table->is_number[i] && (cell->number > INT64_C(1500000000000) || table->unique[i]) &&
		 !table->in_key[i])
		cell->use = CELL_LATER;
	else if (!table->is_number[i] && length == 64 && strspn(cell->text, "0123456789abcdef") == 64)
		cell->use = CELL_HEX;
	else if (!table->is_number[i] && table->unique[i] && !table->in_key[i])
		cell->use = CELL_COUNTED;
	else if (!table->is_number[i] && table->indexed[i] && length >= 7 && !table->in_key[i])
		cell->use = CELL_RANDOM;
}

/* ---- inserting -------------------------------------------------------------------------------------------
 */

static void prepare(PGconn *conn, const struct table *table)
{
	char sql[SQL_MOST];
	bool first = true;
	write_sql(sql, "INSERT INTO %s VALUES (", table->name);
	for (int i = 0; i < table->columns; i++)
		add_sql(sql, "%s$%d", i ? ", " : "", i + 1);
	add_sql(sql, ")");
	if (!table->by_id && *table->key) {
		add_sql(sql, " ON CONFLICT (%s) DO ", table->key);
		for (int i = 0; i < table->columns; i++)
			if (!table->in_key[i]) {
				add_sql(sql, "%s%s = excluded.%s", first ? "UPDATE SET " : ", ",
					table->column[i], table->column[i]);
				first = false;
			}
		if (first)
			add_sql(sql, "NOTHING");
	}
	PGresult *result = PQprepare(conn, table->name, sql, 0, NULL);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		die(conn, sql);
	PQclear(result);
}

static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void write_digits(char *text, uint64_t value, int most)
{
	for (size_t i = strlen(text); i-- > 0 && most > 0;)
		if (text[i] >= '0' && text[i] <= '9') {
			text[i] = (char)('0' + value % 10);
			value /= 10;
			most--;
		}
}

static void insert_row(PGconn *conn, const struct shape *shape, const struct row *row, int64_t order,
	int64_t household_id, uint64_t *state)
{
	static _Thread_local char room[COLUMNS_MOST][TEXT_MOST];
	const char *values[COLUMNS_MOST];
	for (int i = 0; i < row->table->columns; i++) {
		const struct cell *cell = &row->cells[i];
		values[i] = cell->is_null ? NULL : room[i];
		strcpy(room[i], cell->text);
		int64_t changed = cell->number;
		switch (cell->use) {
		case CELL_SAME:
			continue;
		case CELL_COUNTED:
			write_digits(room[i], 500000 + (uint64_t)order, 8);
			continue;
		case CELL_RANDOM:
			write_digits(room[i], draw(state), 6);
			continue;
		case CELL_HEX:
			snprintf(room[i], 17, "%016" PRIx64, draw(state));
			room[i][16] = cell->text[16];
			continue;
		case CELL_FRESH_ID:
			changed = shape->first_id + order * (int64_t)shape->id_count +
				  place_of_id(shape, cell->number);
			break;
		case CELL_HOUSEHOLD:
			changed = household_id;
			break;
		case CELL_LATER:
			changed += 1 + order;
			break;
		}
		snprintf(room[i], TEXT_MOST, "%" PRId64, changed);
	}
	PGresult *result = PQexecPrepared(conn, row->table->name, row->table->columns, values, NULL, NULL, 0);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		die(conn, row->table->name);
	PQclear(result);
}

struct writer {
	struct shape *shape;
	PGconn *conn;
	uint64_t state;
	pthread_t thread;
};

static void *write_orders(void *data)
{
	struct writer *writer = data;
	struct shape *shape = writer->shape;
	for (int64_t done; (done = atomic_fetch_add(&shape->next, 1)) < shape->orders;) {
		int64_t household_id = shape->households[draw(&writer->state) % shape->household_count];
		PQclear(query(writer->conn, "BEGIN"));
		for (size_t r = 0; r < shape->row_count; r++)
			insert_row(writer->conn, shape, &shape->rows[r], done, household_id, &writer->state);
		PQclear(query(writer->conn, "COMMIT"));
	}
	return NULL;
}

static void read_households(PGconn *conn, struct shape *shape)
{
	PGresult *result = query(conn, "SELECT id FROM household WHERE id % GREATEST(1, (SELECT COUNT(*) "
				       "FROM household) / 50000) = 0"
				       " ORDER BY id LIMIT 100000");
	shape->household_count = (size_t)PQntuples(result);
	shape->households = malloc((shape->household_count + 1) * sizeof *shape->households);
	if (!shape->household_count || !shape->households)
		die(NULL, "no households");
	for (int i = 0; i < PQntuples(result); i++)
		shape->households[i] = atoll(PQgetvalue(result, i, 0));
	PQclear(result);
}

static double now_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- the same statements again
 * ----------------------------------------------------------------------------- */

enum { STATEMENTS_MOST = 200, VALUES_MOST = 100 };
struct statement {
	char *sql;
	const char *values[VALUES_MOST];
	int count;
};
struct replay {
	struct statement statements[STATEMENTS_MOST];
	int count;
	const char *address;
	double ends;
	_Atomic int64_t rounds;
};

static void read_statements(struct replay *replay, const char *path)
{
	FILE *file = fopen(path, "r");
	if (!file)
		die(NULL, path);
	for (; replay->count < STATEMENTS_MOST; replay->count++) {
		char *line = NULL;
		size_t room = 0;
		if (getline(&line, &room, file) < 1) {
			free(line);
			break;
		}
		line[strcspn(line, "\n")] = '\0';
		struct statement *statement = &replay->statements[replay->count];
		statement->sql = line;
		for (char *tab; (tab = strchr(line, '\t')) && statement->count < VALUES_MOST;) {
			*tab = '\0';
			line = tab + 1;
			statement->values[statement->count++] = line;
		}
		for (int i = 0; i < statement->count; i++)
			if (strcmp(statement->values[i], "\\N") == 0)
				statement->values[i] = NULL;
	}
	fclose(file);
	if (!replay->count)
		die(NULL, "no statements");
}

static bool is_control(const char *sql)
{
	return strncasecmp(sql, "SELECT", 6) != 0;
}

static void *replay_on_one(void *data)
{
	struct replay *replay = data;
	PGconn *conn = connect_to(replay->address);
	char name[24];
	for (int i = 0; i < replay->count; i++) {
		snprintf(name, sizeof name, "s%d", i);
		PGresult *result = is_control(replay->statements[i].sql)
					   ? NULL
					   : PQprepare(conn, name, replay->statements[i].sql, 0, NULL);
		if (result && PQresultStatus(result) != PGRES_COMMAND_OK)
			die(conn, replay->statements[i].sql);
		PQclear(result);
	}
	while (now_seconds() < replay->ends) {
		for (int i = 0; i < replay->count; i++) {
			const struct statement *statement = &replay->statements[i];
			snprintf(name, sizeof name, "s%d", i);
			PGresult *result = is_control(statement->sql)
						   ? query(conn, statement->sql)
						   : PQexecPrepared(conn, name, statement->count,
							     statement->values, NULL, NULL, 0);
			if (PQresultStatus(result) != PGRES_TUPLES_OK &&
				PQresultStatus(result) != PGRES_COMMAND_OK)
				die(conn, statement->sql);
			PQclear(result);
		}
		atomic_fetch_add(&replay->rounds, 1);
	}
	PQfinish(conn);
	return NULL;
}

static int replay(char **argument)
{
	static struct replay replay;
	pthread_t threads[CONNECTIONS_MOST];
	double seconds = atof(argument[1]);
	int connections = atoi(argument[2]);
	if (connections < 1 || connections > CONNECTIONS_MOST)
		die(NULL, "connections");
	replay.address = argument[0];
	read_statements(&replay, argument[3]);
	replay.ends = now_seconds() + seconds;
	for (int i = 0; i < connections; i++)
		if (pthread_create(&threads[i], NULL, replay_on_one, &replay) != 0)
			die(NULL, "thread");
	for (int i = 0; i < connections; i++)
		pthread_join(threads[i], NULL);
	printf("rounds=%" PRId64 " rate=%.1f\n", (int64_t)replay.rounds, (double)replay.rounds / seconds);
	return 0;
}

int main(int argc, char **argv)
{
	static struct shape shape;
	static struct writer writers[CONNECTIONS_MOST];
	if (argc == 6 && strcmp(argv[1], "replay") == 0)
		return replay(argv + 2);
	if (argc != 7 || strcmp(argv[1], "orders") != 0) {
		fprintf(stderr, "usage: bare_postgres orders BEFORE AFTER ORDERS CONNECTIONS HOUSEHOLD"
				" | replay ADDRESS SECONDS CONNECTIONS FILE\n");
		return 2;
	}
	int connections = atoi(argv[5]);
	if (connections < 1 || connections > CONNECTIONS_MOST)
		die(NULL, "connections");
	shape.orders = atoll(argv[4]);
	shape.household_id = atoll(argv[6]);
	PGconn *before = connect_to(argv[2]), *after = connect_to(argv[3]);
	/* From AFTER's number of the sequence on, far enough from what qifu drew. */
	shape.first_id = number(after, "SELECT last_value + 100000000 FROM id_sequence");
	read_tables(after, &shape);
	read_shape(before, after, &shape);
	for (size_t r = 0; r < shape.row_count; r++)
		for (int i = 0; i < shape.rows[r].table->columns; i++)
			decide_use(&shape, &shape.rows[r], i);
	read_households(before, &shape);
	for (size_t r = 0; r < shape.row_count; r++)
		fprintf(stderr, "%s%s", r ? ", " : "", shape.rows[r].table->name);
	fprintf(stderr, "\n");
	PQfinish(before);
	PQfinish(after);
	for (int i = 0; i < connections; i++) {
		writers[i] = (struct writer){ .shape = &shape,
			.conn = connect_to(argv[2]),
			.state = 0x9e3779b97f4a7c15u + (uint64_t)i };
		for (size_t t = 0; t < shape.table_count; t++)
			if (shape.tables[t].used)
				prepare(writers[i].conn, &shape.tables[t]);
	}
	double began = now_seconds();
	for (int i = 0; i < connections; i++)
		if (pthread_create(&writers[i].thread, NULL, write_orders, &writers[i]) != 0)
			die(NULL, "thread");
	for (int i = 0; i < connections; i++)
		pthread_join(writers[i].thread, NULL);
	double seconds = now_seconds() - began;
	for (int i = 0; i < connections; i++)
		PQfinish(writers[i].conn);
	printf("orders=%" PRId64 " seconds=%.3f rate=%.1f rows_per_order=%zu\n", shape.orders, seconds,
		(double)shape.orders / seconds, shape.row_count);
	return 0;
}
