/* bare_sqlite.c: what SQLite alone can do on this machine with the rows that qifu writes; the limit that qifu
 * is measured against. The tables, indexes and page size are qifu's own, because the database is a copy of
 * qifu's.
 *
 *   bare_sqlite orders BEFORE AFTER ORDERS BATCH HOUSEHOLD [START]
 *       AFTER is BEFORE plus one order that was really filed (for household number HOUSEHOLD, an id). Its
 * rows, in whichever tables they are, are the shape of an order. Inserts ORDERS of that shape into BEFORE,
 * each in a savepoint of its own and BATCH of them in a transaction (WAL, synchronous=FULL), with fresh ids
 * and texts, counted from START, so that a second run goes on after a first. Prints orders=… seconds=… rate=…
 * rows_per_order=….
 *
 *   bare_sqlite copy SOURCE EMPTY BATCHES
 *       EMPTY has the tables of SOURCE. Inserts the rows of SOURCE in the order in which they came, in
 * BATCHES transactions. Only inserting and committing is timed, not reading. Prints rows=… seconds=….
 */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TABLES_MOST = 200, COLUMNS_MOST = 100, ROWS_MOST = 200, SMALL_TABLE = 100000, SQL_MOST = 8000 };

static void die(sqlite3 *db, const char *what)
{
	fprintf(stderr, "bare_sqlite: %s: %s\n", what, db ? sqlite3_errmsg(db) : "");
	exit(1);
}

static double now_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
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

static void run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(db, sql);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
		die(db, sql);
	return statement;
}

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = prepare(db, sql);
	int64_t value = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_finalize(statement);
	return value;
}

/* As durable as qifu, and otherwise as quick as SQLite gets: no foreign keys are looked up. */
static sqlite3 *open_for_writing(const char *path, int cache_kib)
{
	sqlite3 *db;
	char sql[SQL_MOST];
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		die(db, path);
	write_sql(sql,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA "
		"temp_store = MEMORY;"
		"PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = "
		"-%d;",
		cache_kib);
	run(db, sql);
	return db;
}

/* ---- the tables
 * -------------------------------------------------------------------------------------------------- */

struct table {
	char name[64], key_columns[200], order[80];
	bool has_rowid;
	int columns;
	char column[COLUMNS_MOST][64];
	bool in_key[COLUMNS_MOST], indexed[COLUMNS_MOST], unique[COLUMNS_MOST];
	sqlite3_stmt *insert;
};

static void read_columns(sqlite3 *db, struct table *table)
{
	char sql[SQL_MOST];
	write_sql(sql, "SELECT name, pk FROM pragma_table_info('%s') ORDER BY cid", table->name);
	sqlite3_stmt *info = prepare(db, sql);
	while (sqlite3_step(info) == SQLITE_ROW && table->columns < COLUMNS_MOST) {
		int i = table->columns++;
		snprintf(table->column[i], sizeof table->column[i], "%s",
			(const char *)sqlite3_column_text(info, 0));
		table->in_key[i] = sqlite3_column_int(info, 1) > 0;
		if (table->in_key[i]) {
			size_t used = strlen(table->key_columns);
			snprintf(table->key_columns + used, sizeof table->key_columns - used, "%s%s",
				used ? ", " : "", table->column[i]);
		}
	}
	sqlite3_finalize(info);
}

static void read_indexes(sqlite3 *db, struct table *table)
{
	char sql[SQL_MOST];
	write_sql(sql,
		"SELECT x.name, l.\"unique\" FROM pragma_index_list('%s') l, pragma_index_info(l.name) x "
		"WHERE x.name IS NOT NULL",
		table->name);
	sqlite3_stmt *info = prepare(db, sql);
	while (sqlite3_step(info) == SQLITE_ROW)
		for (int i = 0; i < table->columns; i++)
			if (strcmp(table->column[i], (const char *)sqlite3_column_text(info, 0)) == 0) {
				table->indexed[i] = true;
				table->unique[i] = table->unique[i] || sqlite3_column_int(info, 1);
			}
	sqlite3_finalize(info);
}

/* Without a rowid nothing tells when a row came, but the id of what it belongs to. */
static void choose_order(struct table *table)
{
	if (table->has_rowid) {
		snprintf(table->order, sizeof table->order, "rowid");
		return;
	}
	snprintf(table->order, sizeof table->order, "1");
	for (int i = 0; i < table->columns; i++) {
		const char *name = table->column[i];
		size_t length = strlen(name);
		if (strcmp(name, "company_id") == 0 || strcmp(name, "org_id") == 0)
			continue;
		if (strcmp(name, "id") == 0 || (length > 3 && strcmp(name + length - 3, "_id") == 0))
			snprintf(table->order, sizeof table->order, "%s", name);
	}
}

static size_t read_tables(sqlite3 *db, struct table *tables)
{
	sqlite3_stmt *list =
		prepare(db, "SELECT m.name, l.wr FROM sqlite_master m JOIN pragma_table_list l ON l.name = "
			    "m.name AND l.schema = 'main'"
			    " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY m.rowid");
	size_t count = 0;
	while (sqlite3_step(list) == SQLITE_ROW && count < TABLES_MOST) {
		struct table *table = &tables[count++];
		snprintf(table->name, sizeof table->name, "%s", (const char *)sqlite3_column_text(list, 0));
		table->has_rowid = !sqlite3_column_int(list, 1);
		read_columns(db, table);
		read_indexes(db, table);
		choose_order(table);
	}
	sqlite3_finalize(list);
	return count;
}

/* A row that is already there (a counter, for instance) is overwritten. */
static void prepare_insert(sqlite3 *db, struct table *table, bool overwrite)
{
	char sql[SQL_MOST];
	int used = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (", table->name);
	for (int i = 0; i < table->columns; i++)
		used += snprintf(sql + used, sizeof sql - (size_t)used, "%s?%d", i ? ", " : "", i + 1);
	used += snprintf(sql + used, sizeof sql - (size_t)used, ")");
	if (overwrite) {
		bool first = true;
		used += snprintf(
			sql + used, sizeof sql - (size_t)used, " ON CONFLICT (%s) DO ", table->key_columns);
		for (int i = 0; i < table->columns; i++)
			if (!table->in_key[i]) {
				used += snprintf(sql + used, sizeof sql - (size_t)used, "%s%s = excluded.%s",
					first ? "UPDATE SET " : ", ", table->column[i], table->column[i]);
				first = false;
			}
		if (first)
			snprintf(sql + used, sizeof sql - (size_t)used, "NOTHING");
	}
	table->insert = prepare(db, sql);
}

/* ---- cells
 * ------------------------------------------------------------------------------------------------------- */

enum cell_use {
	CELL_SAME,
	CELL_FRESH_ID,
	CELL_HOUSEHOLD,
	CELL_INSTANT,
	CELL_COUNTED_DIGITS,
	CELL_RANDOM_DIGITS,
	CELL_RANDOM_HEX
};
struct cell {
	int type;
	enum cell_use use;
	int64_t number;
	char *bytes;
	int length;
};

static void take_cell(struct cell *cell, sqlite3_stmt *from, int column)
{
	*cell = (struct cell){ .type = sqlite3_column_type(from, column) };
	if (cell->type == SQLITE_INTEGER)
		cell->number = sqlite3_column_int64(from, column);
	if (cell->type != SQLITE_TEXT && cell->type != SQLITE_BLOB)
		return;
	cell->length = sqlite3_column_bytes(from, column);
	cell->bytes = malloc((size_t)cell->length + 1);
	if (!cell->bytes)
		die(NULL, "memory");
	if (cell->length)
		memcpy(cell->bytes, sqlite3_column_blob(from, column), (size_t)cell->length);
	cell->bytes[cell->length] = '\0';
}

static void put_cell(sqlite3_stmt *to, int column, const struct cell *cell)
{
	if (cell->type == SQLITE_INTEGER)
		sqlite3_bind_int64(to, column, cell->number);
	else if (cell->type == SQLITE_TEXT)
		sqlite3_bind_text(to, column, cell->bytes, cell->length, SQLITE_STATIC);
	else if (cell->type == SQLITE_BLOB)
		sqlite3_bind_blob(to, column, cell->bytes, cell->length, SQLITE_STATIC);
	else
		sqlite3_bind_null(to, column);
}

static void step_insert(sqlite3 *db, const struct table *table)
{
	int code = sqlite3_step(table->insert);
	if (code != SQLITE_DONE)
		die(db, table->name);
	sqlite3_reset(table->insert);
}

static uint64_t random_state = 0x9e3779b97f4a7c15u;
static uint64_t draw(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* ---- orders
 * ------------------------------------------------------------------------------------------------------ */

struct row {
	struct table *table;
	struct cell *cells;
};

struct shape {
	struct row rows[ROWS_MOST];
	size_t count;
	int64_t ids[ROWS_MOST]; /* that the order's own rows have */
	size_t id_count;
	int64_t household_id;
};

static void read_shape(sqlite3 *db, struct table *tables, size_t table_count, struct shape *shape)
{
	for (size_t t = 0; t < table_count; t++) {
		char sql[SQL_MOST];
		write_sql(sql, "SELECT COUNT(*) FROM main.%s", tables[t].name);
		bool is_small = number(db, sql) < SMALL_TABLE;
		if (!is_small && !tables[t].has_rowid)
			continue; /* only the import fills such tables */
		if (is_small)
			write_sql(sql, "SELECT * FROM after.%s EXCEPT SELECT * FROM main.%s", tables[t].name,
				tables[t].name);
		else
			write_sql(sql,
				"SELECT * FROM after.%s WHERE rowid > (SELECT MAX(rowid) FROM main.%s)",
				tables[t].name, tables[t].name);
		sqlite3_stmt *rows = prepare(db, sql);
		while (sqlite3_step(rows) == SQLITE_ROW && shape->count < ROWS_MOST) {
			struct row *row = &shape->rows[shape->count++];
			row->table = &tables[t];
			row->cells = calloc((size_t)tables[t].columns, sizeof *row->cells);
			if (!row->cells)
				die(NULL, "memory");
			for (int i = 0; i < tables[t].columns; i++)
				take_cell(&row->cells[i], rows, i);
		}
		sqlite3_finalize(rows);
	}
}

static bool exists(sqlite3 *db, const struct table *table, int64_t id)
{
	char sql[SQL_MOST];
	write_sql(sql, "SELECT COUNT(*) FROM main.%s WHERE rowid = %" PRId64, table->name, id);
	return number(db, sql) > 0;
}

static void collect_ids(sqlite3 *db, struct shape *shape)
{
	for (size_t r = 0; r < shape->count; r++) {
		const struct row *row = &shape->rows[r];
		for (int i = 0; i < row->table->columns; i++)
			if (row->table->has_rowid && row->table->in_key[i] &&
				row->cells[i].type == SQLITE_INTEGER &&
				!exists(db, row->table, row->cells[i].number))
				shape->ids[shape->id_count++] = row->cells[i].number;
	}
}

static int place_of_id(const struct shape *shape, int64_t id)
{
	for (size_t i = 0; i < shape->id_count; i++)
		if (shape->ids[i] == id)
			return (int)i;
	return -1;
}

static bool is_hex(const struct cell *cell)
{
	return cell->length == 64 && strspn(cell->bytes, "0123456789abcdef") == 64;
}

static void decide_use(const struct shape *shape, const struct row *row, int column)
{
	struct cell *cell = &row->cells[column];
	const struct table *table = row->table;
	if (cell->type == SQLITE_INTEGER && place_of_id(shape, cell->number) >= 0)
		cell->use = CELL_FRESH_ID;
	else if (cell->type == SQLITE_INTEGER && cell->number == shape->household_id)
		cell->use = CELL_HOUSEHOLD;
	else if (cell->type == SQLITE_INTEGER &&
		 (cell->number > INT64_C(1500000000000) || table->unique[column]) && !table->in_key[column])
		cell->use = CELL_INSTANT; /* and sequence numbers: one later with each order */
	else if (cell->type == SQLITE_TEXT && is_hex(cell))
		cell->use = CELL_RANDOM_HEX;
	else if (cell->type == SQLITE_TEXT && table->unique[column] &&
		 !(table->in_key[column] && !table->has_rowid))
		cell->use = CELL_COUNTED_DIGITS;
	else if (cell->type == SQLITE_TEXT && table->indexed[column] && cell->length >= 7)
		cell->use = CELL_RANDOM_DIGITS;
}

/* The digits of a text are written anew from its end, so that its length and its look stay. */
static void write_digits(struct cell *cell, uint64_t value, int most)
{
	for (int i = cell->length - 1; i >= 0 && most > 0; i--)
		if (cell->bytes[i] >= '0' && cell->bytes[i] <= '9') {
			cell->bytes[i] = (char)('0' + value % 10);
			value /= 10;
			most--;
		}
}

static void write_hex(struct cell *cell)
{
	uint64_t value = draw();
	for (int i = 0; i < 16; i++, value >>= 4)
		cell->bytes[i] = "0123456789abcdef"[value & 15];
}

struct households {
	int64_t *ids;
	size_t count;
};

static struct households read_households(sqlite3 *db)
{
	struct households households = { .ids = malloc(sizeof(int64_t) * SMALL_TABLE) };
	sqlite3_stmt *list = prepare(db, "SELECT id FROM household WHERE id % max(1, (SELECT COUNT(*) FROM "
					 "household) / 50000) = 0 LIMIT 100000");
	if (!households.ids)
		die(NULL, "memory");
	while (sqlite3_step(list) == SQLITE_ROW)
		households.ids[households.count++] = sqlite3_column_int64(list, 0);
	sqlite3_finalize(list);
	if (!households.count)
		die(db, "no households");
	return households;
}

static void insert_order(sqlite3 *db, const struct shape *shape, const struct households *households,
	int64_t first_id, int64_t order)
{
	int64_t household_id = households->ids[draw() % households->count];
	for (size_t r = 0; r < shape->count; r++) {
		const struct row *row = &shape->rows[r];
		for (int i = 0; i < row->table->columns; i++) {
			struct cell cell = row->cells[i]; /* the bytes stay the row's */
			switch (cell.use) {
			case CELL_SAME:
				break;
			case CELL_FRESH_ID:
				cell.number = first_id + order * (int64_t)shape->id_count +
					      place_of_id(shape, cell.number);
				break;
			case CELL_HOUSEHOLD:
				cell.number = household_id;
				break;
			case CELL_INSTANT:
				cell.number += 1 + order;
				break;
			case CELL_COUNTED_DIGITS:
				write_digits(&cell, 500000 + (uint64_t)order, 8);
				break;
			case CELL_RANDOM_DIGITS:
				write_digits(&cell, draw(), 6);
				break;
			case CELL_RANDOM_HEX:
				write_hex(&cell);
				break;
			}
			put_cell(row->table->insert, i + 1, &cell);
		}
		step_insert(db, row->table);
	}
}

static void print_shape(const struct shape *shape)
{
	for (size_t r = 0; r < shape->count;) {
		size_t same = 1;
		while (r + same < shape->count && shape->rows[r + same].table == shape->rows[r].table)
			same++;
		fprintf(stderr, "%s%s %zu", r ? ", " : "", shape->rows[r].table->name, same);
		r += same;
	}
	fprintf(stderr, "\n");
}

static int orders(char **argument, int64_t start)
{
	static struct table tables[TABLES_MOST];
	static struct shape shape;
	sqlite3 *db = open_for_writing(argument[0], 16384);
	char sql[SQL_MOST];
	write_sql(sql, "ATTACH '%s' AS after", argument[1]);
	run(db, sql);
	int64_t count = atoll(argument[2]), batch = atoll(argument[3]);
	shape.household_id = atoll(argument[4]);
	size_t table_count = read_tables(db, tables);
	read_shape(db, tables, table_count, &shape);
	collect_ids(db, &shape);
	if (!shape.count || !shape.id_count)
		die(NULL, "there is no order between the two databases");
	for (size_t r = 0; r < shape.count; r++)
		for (int i = 0; i < shape.rows[r].table->columns; i++)
			decide_use(&shape, &shape.rows[r], i);
	run(db, "DETACH after");
	for (size_t r = 0; r < shape.count; r++)
		if (!shape.rows[r].table->insert)
			prepare_insert(db, shape.rows[r].table, true);
	print_shape(&shape);
	struct households households = read_households(db);
	int64_t first_id = number(db, "SELECT next + 1000000 FROM id_block");
	double began = now_seconds();
	for (int64_t done = 0; done < count;) {
		run(db, "BEGIN IMMEDIATE");
		for (int64_t i = 0; i < batch && done < count; i++, done++) {
			run(db, "SAVEPOINT one");
			insert_order(db, &shape, &households, first_id, start + done);
			run(db, "RELEASE one");
		}
		run(db, "COMMIT");
	}
	double seconds = now_seconds() - began;
	printf("orders=%" PRId64 " seconds=%.3f rate=%.1f rows_per_order=%zu\n", count, seconds,
		(double)count / seconds, shape.count);
	return 0;
}

/* ---- copying
 * ----------------------------------------------------------------------------------------------------- */

struct source {
	struct table *table;
	sqlite3_stmt *rows;
	int64_t count, done;
	struct cell *cells; /* one batch of rows */
	size_t room;
};

static int64_t read_batch(struct source *source, int64_t until)
{
	int columns = source->table->columns;
	int64_t wanted = until - source->done, got = 0;
	size_t needed = (size_t)(wanted * columns);
	if (needed > source->room) {
		source->room = needed;
		source->cells = realloc(source->cells, needed * sizeof *source->cells);
		if (!source->cells)
			die(NULL, "memory");
	}
	for (; got < wanted && sqlite3_step(source->rows) == SQLITE_ROW; got++)
		for (int i = 0; i < columns; i++)
			take_cell(&source->cells[got * columns + i], source->rows, i);
	source->done += got;
	return got;
}

static void insert_batch(sqlite3 *db, struct source *source, int64_t count)
{
	int columns = source->table->columns;
	for (int64_t row = 0; row < count; row++) {
		for (int i = 0; i < columns; i++)
			put_cell(source->table->insert, i + 1, &source->cells[row * columns + i]);
		step_insert(db, source->table);
	}
}

static void forget_batch(struct source *source, int64_t count)
{
	for (int64_t i = 0; i < count * source->table->columns; i++)
		free(source->cells[i].bytes);
}

static int copy(char **argument)
{
	static struct table tables[TABLES_MOST];
	static struct source sources[TABLES_MOST];
	sqlite3 *from, *to = open_for_writing(argument[1], 262144);
	int64_t batches = atoll(argument[2]), rows = 0, got[TABLES_MOST];
	double seconds = 0;
	if (sqlite3_open_v2(argument[0], &from, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		die(from, argument[0]);
	run(from, "PRAGMA temp_store = MEMORY");
	size_t count = read_tables(from, tables);
	for (size_t t = 0; t < count; t++) {
		char sql[SQL_MOST];
		write_sql(sql, "SELECT COUNT(*) FROM %s", tables[t].name);
		sources[t] = (struct source){ .table = &tables[t], .count = number(from, sql) };
		write_sql(sql, "SELECT * FROM %s ORDER BY %s", tables[t].name, tables[t].order);
		sources[t].rows = prepare(from, sql);
		write_sql(sql, "DELETE FROM %s", tables[t].name); /* what a new database begins with */
		if (strcmp(tables[t].name, "audit") != 0)
			run(to, sql);
		else
			sources[t].count = 0;
		prepare_insert(to, &tables[t], false);
	}
	for (int64_t b = 1; b <= batches; b++) {
		for (size_t t = 0; t < count; t++)
			got[t] = read_batch(&sources[t], sources[t].count * b / batches);
		double began = now_seconds();
		run(to, "BEGIN IMMEDIATE");
		for (size_t t = 0; t < count; t++)
			insert_batch(to, &sources[t], got[t]);
		run(to, "COMMIT");
		seconds += now_seconds() - began;
		for (size_t t = 0; t < count; t++) {
			forget_batch(&sources[t], got[t]);
			rows += got[t];
		}
	}
	double began = now_seconds();
	sqlite3_close_v2(from);
	for (size_t t = 0; t < count; t++)
		sqlite3_finalize(tables[t].insert);
	if (sqlite3_close(to) != SQLITE_OK) /* the last checkpoint */
		die(to, "close");
	seconds += now_seconds() - began;
	printf("rows=%" PRId64 " seconds=%.3f\n", rows, seconds);
	return 0;
}

int main(int argc, char **argv)
{
	if ((argc == 7 || argc == 8) && strcmp(argv[1], "orders") == 0)
		return orders(argv + 2, argc == 8 ? atoll(argv[7]) : 0);
	if (argc == 5 && strcmp(argv[1], "copy") == 0)
		return copy(argv + 2);
	fprintf(stderr, "usage: bare_sqlite orders BEFORE AFTER ORDERS BATCH HOUSEHOLD [START] | copy SOURCE "
			"EMPTY BATCHES\n");
	return 2;
}
