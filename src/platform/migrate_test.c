/* Migrations: forward, once, never backward, one process at a time. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit/kit.h"

static const char first[] =
	"-- a comment above\n-- @1 the table\nCREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"
	" STRICT;\nINSERT INTO thing (id, name) VALUES (1, 'INTEGER; TEXT STRICT');\n";
static const char second[] =
	"-- @1 the table\nCREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;\n"
	"-- @2 more\nALTER TABLE thing ADD COLUMN size INTEGER;\n"
	"CREATE TABLE pair (a TEXT, b INTEGER, PRIMARY KEY (a, b)) STRICT, WITHOUT ROWID;\n"
	"CREATE VIEW thing_name AS SELECT id, CAST(size AS TEXT) AS size_text FROM thing;\n";
static const char broken[] =
	"-- @1 the table\n-- @2 more\n-- @3 half\nCREATE TABLE half (id INTEGER);\nCREATE NONSENSE;\n";

static bool migrate(struct ctx *c, const char *sql)
{
	struct migration_source source = { "thing", sql };
	return db_migrate(c, &source, 1);
}

static void steps_run_forward_and_once(void **state)
{
	struct ctx *c = kit_ctx(*state);
	int64_t version;
	struct rows *rows;
	assert_true(migrate(c, first));
	assert_true(migrate(c, first));
	assert_true(migrate(c, second));
	assert_true(db_run(c, "INSERT INTO pair (a, b) VALUES ($1, $2)", V("甲"), V(1)));
	assert_true(db_number(
		c, &version, 0, "SELECT MAX(version) FROM schema_version WHERE module = $1", V("thing")));
	assert_int_equal(version, 2);
	assert_true(db_query(c, &rows, "SELECT name, size FROM thing"));
	assert_true(rows_next(rows));
	assert_string_equal(rows_text(rows, 0), "INTEGER; TEXT STRICT");
}

static void a_newer_database_is_refused_naming_both_versions(void **state)
{
	struct ctx *c = kit_ctx(*state);
	assert_true(migrate(c, second));
	assert_false(migrate(c, first));
	assert_non_null(strstr(c->problem.detail, "第 2 版"));
	assert_non_null(strstr(c->problem.detail, "只到第 1 版"));
}

static void a_step_that_fails_leaves_nothing_behind(void **state)
{
	struct ctx *c = kit_ctx(*state);
	int64_t version;
	assert_true(migrate(c, second));
	assert_false(migrate(c, broken));
	assert_non_null(strstr(c->problem.detail, "第 3 步"));
	ctx_forgive(c);
	assert_true(db_number(
		c, &version, 0, "SELECT MAX(version) FROM schema_version WHERE module = $1", V("thing")));
	assert_int_equal(version, 2);
	assert_true(db_run(c, "CREATE TABLE half (id INTEGER)"));
}

static int migrate_in_child(struct kit *kit)
{
	const char *error;
	struct app app = { .arena = arena_new(1 << 24) };
	app.db = db_open(app.arena, kit->address, &error);
	struct ctx *c = app.db ? ctx_begin(&app) : NULL;
	return c && migrate(c, second) ? 0 : 1;
}

static void two_processes_at_once_migrate_once(void **state)
{
	enum { PROCESSES = 4 };
	struct kit *kit = *state;
	pid_t children[PROCESSES];
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(migrate_in_child(kit));
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;
		waitpid(children[i], &status, 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	int64_t steps;
	assert_true(db_number(kit->c, &steps, 0, "SELECT COUNT(*) FROM schema_version"));
	assert_int_equal(steps, 2);
}

static void parts_for_the_other_database_are_left_out(void **state)
{
	struct ctx *c = kit_ctx(*state);
	int64_t answer;
	assert_true(
		migrate(c, "-- @1 both\n-- only sqlite\nCREATE TABLE mine (id INTEGER);\n-- only postgres\n"
			   "CREATE TABLE theirs (id INTEGER);\n-- both\nCREATE TABLE ours (id INTEGER);\n"));
	assert_true(db_number(c, &answer, 0, "SELECT COUNT(*) FROM ours"));
	assert_true(db_number(c, &answer, 0,
		kit_on_postgres(*state) ? "SELECT COUNT(*) FROM theirs" : "SELECT COUNT(*) FROM mine"));
	assert_false(db_number(c, &answer, 0,
		kit_on_postgres(*state) ? "SELECT COUNT(*) FROM mine" : "SELECT COUNT(*) FROM theirs"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test_empty(steps_run_forward_and_once),
		kit_test_empty(a_newer_database_is_refused_naming_both_versions),
		kit_test_empty(a_step_that_fails_leaves_nothing_behind),
		kit_test_empty(two_processes_at_once_migrate_once),
		kit_test_empty(parts_for_the_other_database_are_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
