/* import.c: how fast `qifu import households` is, against bare SQLite inserting the very same rows.
 *
 *   import QIFU GENERATOR ROWS DIRECTORY
 *
 * GENERATOR (bench/make_households.mjs) writes a file, QIFU imports it into a fresh database: timed from its
 * start to its end. Then every row that this made is inserted anew into an empty database with the same
 * tables and indexes, by prepared statements in transactions of as many households, with the same settings;
 * only the inserting and committing is timed, reading the rows is not. Prints lines for build/bench.tsv:
 * name, value, unit, goal.
 */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 4000, COLUMNS_MOST = 40, TABLES = 8 };

static double seconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void give_up(const char *what, sqlite3 *db)
{
	fprintf(stderr, "bench/import: %s%s%s\n", what, db ? ": " : "", db ? sqlite3_errmsg(db) : "");
	exit(1);
}

static void run(char *const *arguments, bool quiet)
{
	pid_t child = fork();
	if (child < 0)
		give_up("fork", NULL);
	if (child == 0) {
		if (quiet && !freopen("/dev/null", "w", stdout))
			_exit(127);
		execvp(arguments[0], arguments);
		_exit(127);
	}
	int status;
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		give_up(arguments[0], NULL);
}

static void execute(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		give_up(sql, db);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		give_up(sql, db);
	return statement;
}

/* ---- the rows that the import made
 * --------------------------------------------------------------------------------- */

/* One table's rows, by the household that they came with: ids grow, so those of a batch are those up to its
 * last one. */
struct table {
	const char *name, *owner, *order;
	sqlite3_stmt *read, *insert;
	int columns, owner_column;
	bool ahead, ended;	/* `read` stands on a row of a later batch; has no more */
	sqlite3_value **values; /* of this batch */
	size_t count, capacity;
};

static void make_insert(struct table *table, sqlite3 *to)
{
	char sql[1024];
	int length = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?", table->name);
	for (int i = 1; i < table->columns; i++)
		length += snprintf(sql + length, sizeof sql - (size_t)length, ", ?");
	snprintf(sql + length, sizeof sql - (size_t)length, ")");
	table->insert = prepare(to, sql);
}

static void open_table(struct table *table, sqlite3 *from, sqlite3 *to)
{
	char sql[256];
	snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY %s", table->name, table->order);
	table->read = prepare(from, sql);
	table->columns = sqlite3_column_count(table->read);
	for (int i = 0; i < table->columns; i++)
		if (strcmp(sqlite3_column_name(table->read, i), table->owner) == 0)
			table->owner_column = i;
	make_insert(table, to);
}

static void keep_row(struct table *table)
{
	for (int i = 0; i < table->columns; i++) {
		if (table->count == table->capacity) {
			table->capacity = table->capacity ? table->capacity * 2 : 4096;
			table->values = realloc(table->values, table->capacity * sizeof *table->values);
			if (!table->values)
				give_up("no memory", NULL);
		}
		table->values[table->count++] = sqlite3_value_dup(sqlite3_column_value(table->read, i));
	}
}

/* Rows whose owner is at most `last`. */
static void read_batch(struct table *table, int64_t last)
{
	for (size_t i = 0; i < table->count; i++)
		sqlite3_value_free(table->values[i]);
	table->count = 0;
	while (!table->ended && (table->ahead || sqlite3_step(table->read) == SQLITE_ROW)) {
		table->ahead = true;
		if (sqlite3_column_int64(table->read, table->owner_column) > last)
			return;
		keep_row(table);
		table->ahead = false;
	}
	table->ended = true; /* another step would begin anew */
}

static int64_t insert_batch(struct table *table, sqlite3 *to)
{
	size_t columns = (size_t)table->columns;
	for (size_t row = 0; row < table->count / columns; row++) {
		for (size_t i = 0; i < columns; i++)
			sqlite3_bind_value(table->insert, (int)i + 1, table->values[row * columns + i]);
		if (sqlite3_step(table->insert) != SQLITE_DONE)
			give_up(table->name, to);
		sqlite3_reset(table->insert);
	}
	return (int64_t)(table->count / columns);
}

/* ---- the empty database
 * ---------------------------------------------------------------------------------------------- */

static void copy_schema(sqlite3 *from, sqlite3 *to)
{
	sqlite3_stmt *schema = prepare(from, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type "
					     "IN ('table', 'index') AND tbl_name IN "
					     "('org', 'person', 'contact', 'household', 'household_tail', "
					     "'meter', 'search_suffix', 'place', "
					     "'address_part') ORDER BY type DESC");
	while (sqlite3_step(schema) == SQLITE_ROW)
		execute(to, (const char *)sqlite3_column_text(schema, 0));
	sqlite3_finalize(schema);
}

static void copy_orgs(sqlite3 *from, sqlite3 *to)
{
	struct table orgs = { .name = "org", .owner = "id", .order = "id" };
	open_table(&orgs, from, to);
	read_batch(&orgs, INT64_MAX);
	insert_batch(&orgs, to);
	read_batch(&orgs, -1);
	sqlite3_finalize(orgs.read);
	sqlite3_finalize(orgs.insert);
	free(orgs.values);
}

/* The last household of each batch. */
static bool next_batch(sqlite3_stmt *households, int64_t *last)
{
	int seen = 0;
	while (seen < BATCH && sqlite3_step(households) == SQLITE_ROW) {
		*last = sqlite3_column_int64(households, 0);
		seen++;
	}
	return seen > 0;
}

static double bare(const char *from_path, const char *to_path, int64_t *rows)
{
	sqlite3 *from = NULL, *to = NULL;
	if (sqlite3_open(from_path, &from) != SQLITE_OK || sqlite3_open(to_path, &to) != SQLITE_OK)
		give_up("cannot open", NULL);
	execute(to, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -262144; "
		    "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY");
	copy_schema(from, to);
	copy_orgs(from, to);
	struct table tables[TABLES] = { { .name = "place", .owner = "id", .order = "id" },
		{ .name = "address_part", .owner = "company_id", .order = "company_id, level, suffix, part" },
		{ .name = "person", .owner = "id", .order = "id" },
		{ .name = "contact", .owner = "id", .order = "id" },
		{ .name = "household", .owner = "id", .order = "id" },
		{ .name = "household_tail", .owner = "household_id", .order = "household_id, level" },
		{ .name = "search_suffix", .owner = "id", .order = "id, length(suffix) DESC" },
		{ .name = "meter", .owner = "household_id", .order = "household_id" } };
	for (size_t i = 0; i < TABLES; i++)
		open_table(&tables[i], from, to);
	sqlite3_stmt *households = prepare(from, "SELECT id FROM household ORDER BY id");
	double spent = 0;
	int64_t last = 0;
	while (next_batch(households, &last)) {
		for (size_t i = 0; i < TABLES; i++)
			read_batch(&tables[i], last);
		double start = seconds_now();
		execute(to, "BEGIN IMMEDIATE");
		for (size_t i = 0; i < TABLES; i++)
			*rows += insert_batch(&tables[i], to);
		execute(to, "COMMIT");
		spent += seconds_now() - start;
	}
	return spent; /* the program ends: nothing is closed */
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: import QIFU GENERATOR ROWS DIRECTORY\n");
		return 2;
	}
	char csv[512], db[512], copy[512], data[512];
	snprintf(csv, sizeof csv, "%s/households.csv", argv[4]);
	snprintf(db, sizeof db, "%s/import.db", argv[4]);
	snprintf(copy, sizeof copy, "%s/bare.db", argv[4]);
	snprintf(data, sizeof data, "%s/data", argv[4]);
	run((char *[]){ "node", argv[2], csv, argv[3], NULL }, true);
	double start = seconds_now();
	run((char *[]){ argv[1], "import", "households", csv, "--db", db, "--data", data, NULL }, true);
	double ours = seconds_now() - start;
	int64_t rows = 0;
	double theirs = bare(db, copy, &rows);
	double households = strtod(argv[3], NULL);
	printf("import.%s.households\t%.0f\t1/s\t\n", argv[3], households / ours);
	printf("import.%s.bare_sqlite\t%.0f\t1/s\t\n", argv[3], households / theirs);
	printf("import.%s.rows_per_household\t%.2f\trows\t\n", argv[3], (double)rows / households);
	printf("import.%s.of_bare\t%.2f\tratio\t>=0.3\n", argv[3], theirs / ours);
	return 0;
}
