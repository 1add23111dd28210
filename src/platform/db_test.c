/* The same on both databases: values, refusals, nested statements, savepoints, ids, numbers. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kit/kit.h"

static void make_table(struct ctx *c)
{
	static const struct migration_source source = { "sample",
		"-- @1 a table\n"
		"CREATE TABLE sample (\n"
		"\tid INTEGER PRIMARY KEY,\n"
		"\torg_id INTEGER,\n"
		"\tnumber TEXT,\n"
		"\tname TEXT NOT NULL,\n"
		"\tamount INTEGER CONSTRAINT sample_amount_check CHECK (amount >= 0),\n"
		"\tphoto BLOB\n"
		") STRICT;\n"
		"CREATE UNIQUE INDEX sample_org_id_number_key ON sample (org_id, number);\n"
		"CREATE TABLE sample_child (id INTEGER PRIMARY KEY, sample_id INTEGER NOT NULL REFERENCES "
		"sample (id)) STRICT;\n" };
	assert_true(db_migrate(c, &source, 1));
}

static const char insert[] =
	"INSERT INTO sample (id, org_id, number, name, amount, photo) VALUES ($1, $2, $3, $4, $5, $6)";

static bool add(struct ctx *c, int64_t id, int64_t org, const char *number, const char *name, int64_t amount)
{
	return db_run(c, insert, V(id), V(org), V(number), V(name), V(amount), V_NULL);
}

static void values_come_back_as_they_went_in(void **state)
{
	struct ctx *c = kit_ctx(*state);
	make_table(c);
	const unsigned char photo[] = { 0, 1, 0xff, '\\', '\'', 0 };
	char *longest = arena_alloc(c->arena, 100 * 1024 + 1);
	memset(longest, 'x', 100 * 1024);
	static const char *const names[] = { "王小明", "𠮷野家😀👩‍👩‍👧",
		"it's \"quoted\" \\ $1", "" };
	for (int i = 0; i < 4; i++)
		assert_true(db_run(c, insert, V(i + 1), V_NULL, V((const char *)NULL), V(names[i]),
			V(INT64_C(9007199254740991)), V_BYTES(photo, sizeof photo)));
	assert_true(add(c, 5, 7, "n", longest, 0));
	struct rows *rows;
	assert_true(
		db_query(c, &rows, "SELECT id, org_id, number, name, amount, photo FROM sample ORDER BY id"));
	for (int i = 0; i < 4; i++) {
		size_t length;
		assert_true(rows_next(rows));
		assert_int_equal(rows_int(rows, 0), i + 1);
		assert_true(rows_is_null(rows, 1));
		assert_int_equal(rows_int(rows, 1), 0);
		assert_null(rows_text(rows, 2));
		assert_string_equal(rows_text(rows, 3), names[i]);
		assert_true(rows_int(rows, 4) == INT64_C(9007199254740991));
		const void *bytes = rows_bytes(rows, 5, &length);
		assert_int_equal(length, sizeof photo);
		assert_memory_equal(bytes, photo, sizeof photo);
	}
	assert_true(rows_next(rows));
	assert_string_equal(rows_text(rows, 3), longest);
	assert_true(rows_is_null(rows, 5));
	assert_false(rows_next(rows));
	assert_false(ctx_failed(c));
}

static void parameters_may_be_used_in_any_order_and_twice(void **state)
{
	struct ctx *c = kit_ctx(*state);
	make_table(c);
	assert_true(add(c, 1, 7, "甲", "a", 5));
	int64_t id;
	assert_true(db_number(c, &id, 0,
		"SELECT id FROM sample WHERE number = $2 AND org_id = $1 AND amount < $3 AND org_id = $1",
		V(7), V("甲"), V(6)));
	assert_int_equal(id, 1);
}

static void a_null_parameter_does_not_fix_the_type_of_the_statement(void **state)
{
	struct ctx *c = kit_ctx(*state);
	make_table(c);
	assert_true(add(c, 1, 7, NULL, "a", 5));
	int64_t sum;
	static const char sql[] = "SELECT SUM(COALESCE($1, 0) + amount) FROM sample";
	assert_true(db_number(c, &sum, 0, sql, V_NULL));
	assert_int_equal(sum, 5);
	assert_true(db_number(c, &sum, 0, sql, V(INT64_C(5000000000))));
	assert_true(sum == INT64_C(5000000005));
}

static void a_taken_value_is_a_conflict_on_its_column(void **state)
{
	struct ctx *c = kit_ctx(*state);
	make_table(c);
	assert_true(add(c, 1, 7, "000123", "a", 1));
	assert_false(add(c, 2, 7, "000123", "b", 1));
	assert_int_equal(c->problem.code, CONFLICT);
	assert_string_equal(kit_problem(c), "taken number");
	ctx_forgive(c);
	assert_false(add(c, 1, 8, "000124", "b", 1));
	assert_string_equal(kit_problem(c), "taken id");
	ctx_forgive(c);
	assert_true(add(c, 2, 8, "000123", "b", 1));
}

static void other_violations_are_faults_on_their_columns(void **state)
{
	struct ctx *c = kit_ctx(*state);
	make_table(c);
	assert_false(add(c, 1, 7, "1", "a", -1));
	assert_int_equal(c->problem.code, INVALID);
	assert_string_equal(kit_problem(c), "check amount");
	ctx_forgive(c);
	assert_false(add(c, 1, 7, "1", NULL, 1));
	assert_string_equal(kit_problem(c), "required name");
	ctx_forgive(c);
	assert_false(db_run(c, "INSERT INTO sample_child (id, sample_id) VALUES ($1, $2)", V(1), V(99)));
	assert_int_equal(c->problem.code, INVALID);
	ctx_forgive(c);
	assert_true(add(c, 1, 7, "1", "a", 1));
	assert_true(db_run(c, "INSERT INTO sample_child (id, sample_id) VALUES ($1, $2)", V(1), V(1)));
	assert_false(db_run(c, "DELETE FROM sample WHERE id = $1", V(1)));
	assert_int_equal(c->problem.code, CONFLICT);
}

static void a_statement_may_run_within_its_own_rows(void **state)
{
	struct ctx *c = kit_ctx(*state);
	make_table(c);
	for (int i = 1; i <= 5; i++)
		assert_true(add(c, i, 7, NULL, "a", i));
	static const char sql[] = "SELECT id FROM sample WHERE id > $1 ORDER BY id";
	int pairs = 0;
	struct rows *outer, *inner;
	assert_true(db_query(c, &outer, sql, V(0)));
	while (rows_next(outer)) {
		assert_true(db_query(c, &inner, sql, V(rows_int(outer, 0))));
		while (rows_next(inner))
			pairs++;
	}
	assert_int_equal(pairs, 4 + 3 + 2 + 1);
}

static void touched_rows_are_counted_and_returning_runs_without_reading(void **state)
{
	struct ctx *c = kit_ctx(*state);
	make_table(c);
	for (int i = 1; i <= 5; i++)
		assert_true(add(c, i, 7, NULL, "a", i));
	int64_t touched;
	assert_true(db_run_counting(c, &touched, "UPDATE sample SET amount = 0 WHERE id > $1", V(2)));
	assert_int_equal(touched, 3);
	struct rows *rows;
	assert_true(db_begin(c));
	assert_true(db_query(c, &rows, "UPDATE sample SET amount = 9 WHERE id < $1 RETURNING id", V(4)));
	assert_true(db_commit(c));
	assert_true(db_number(c, &touched, 0, "SELECT COUNT(*) FROM sample WHERE amount = 9"));
	assert_int_equal(touched, 3);
	assert_true(db_number(c, &touched, -1, "SELECT MAX(id) FROM sample WHERE id > $1", V(100)));
	assert_int_equal(touched, -1);
}

static void a_savepoint_takes_back_only_its_own(void **state)
{
	struct ctx *c = kit_ctx(*state);
	make_table(c);
	assert_true(db_begin(c));
	assert_true(add(c, 1, 7, "1", "kept", 1));
	assert_true(db_savepoint(c, "inner"));
	assert_true(add(c, 2, 7, "2", "gone", 1));
	assert_false(add(c, 3, 7, "1", "taken", 1));
	ctx_forgive(c);
	db_rollback_to(c, "inner");
	assert_true(add(c, 4, 7, "4", "kept", 1));
	assert_true(db_commit(c));
	int64_t sum;
	assert_true(db_number(c, &sum, 0, "SELECT SUM(id) FROM sample"));
	assert_int_equal(sum, 5);
}

static void an_id_is_never_given_twice_though_its_savepoint_was_rolled_back(void **state)
{
	struct ctx *c = kit_ctx(*state);
	enum { COUNT = 20000 };
	int64_t last = 0;
	assert_true(db_begin(c));
	for (int i = 0; i < COUNT; i++) {
		if (i % 1000 == 0)
			assert_true(db_savepoint(c, "inner"));
		int64_t id = db_new_id(c);
		assert_true(id > last && id < INT64_C(9007199254740992));
		last = id;
		if (i % 1000 == 999)
			db_rollback_to(c, "inner");
	}
	assert_true(db_commit(c));
	struct ctx *another = kit_another_ctx(*state);
	assert_true(db_begin(another));
	if (!kit_on_postgres(*state)) /* there both share one block */
		assert_true(db_new_id(another) > last);
	assert_true(db_commit(another));
	ctx_end(another);
}

enum { THREADS = 8, EACH = 40 };
struct counter {
	struct kit *kit;
	pthread_t thread;
	int64_t ids[EACH], numbers[EACH];
	bool good;
};

static bool draw_both(struct ctx *c, void *data)
{
	int64_t *pair = data;
	pair[0] = db_new_id(c);
	return pair[0] && db_next_number(c, &pair[1], "sample", 7, 2026);
}

static void *count_up(void *data)
{
	struct counter *counter = data;
	struct ctx *c = ctx_begin(&counter->kit->app);
	counter->good = c != NULL;
	for (int i = 0; counter->good && i < EACH; i++) {
		int64_t pair[2];
		counter->good = app_write(c, draw_both, pair);
		counter->ids[i] = pair[0];
		counter->numbers[i] = pair[1];
	}
	ctx_end(c);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return left < right ? -1 : left > right;
}

static void numbers_have_no_gaps_and_ids_no_doubles_under_eight_threads(void **state)
{
	static struct counter counters[THREADS];
	static int64_t ids[THREADS * EACH], numbers[THREADS * EACH];
	for (int i = 0; i < THREADS; i++) {
		counters[i] = (struct counter){ .kit = *state };
		assert_int_equal(pthread_create(&counters[i].thread, NULL, count_up, &counters[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(counters[i].thread, NULL);
		assert_true(counters[i].good);
		memcpy(ids + i * EACH, counters[i].ids, sizeof counters[i].ids);
		memcpy(numbers + i * EACH, counters[i].numbers, sizeof counters[i].numbers);
	}
	qsort(ids, THREADS * EACH, sizeof *ids, by_size);
	qsort(numbers, THREADS * EACH, sizeof *numbers, by_size);
	for (int i = 0; i < THREADS * EACH; i++) {
		assert_int_equal(numbers[i], i + 1);
		assert_true(i == 0 || ids[i] > ids[i - 1]);
	}
}

static bool draw_and_fail(struct ctx *c, void *data)
{
	draw_both(c, data);
	return fail(c, CONFLICT, "不行");
}

static void a_rolled_back_write_leaves_no_gap(void **state)
{
	struct ctx *c = kit_ctx(*state);
	int64_t pair[2];
	assert_true(app_write(c, draw_both, pair));
	assert_int_equal(pair[1], 1);
	assert_false(app_write(c, draw_and_fail, pair));
	assert_int_equal(pair[1], 2);
	assert_int_equal(c->problem.code, CONFLICT);
	ctx_forgive(c);
	assert_true(app_write(c, draw_both, pair));
	assert_int_equal(pair[1], 2);
}

static void a_borrowed_connection_reads_and_does_not_write(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	make_table(c);
	assert_true(add(c, 1, 7, "1", "a", 1));
	struct ctx reader = *c;
	int64_t count;
	reader.conn = db_borrow(kit->app.db);
	assert_non_null(reader.conn);
	assert_true(db_begin_read(&reader));
	assert_true(db_number(&reader, &count, 0, "SELECT COUNT(*) FROM sample"));
	assert_int_equal(count, 1);
	assert_true(add(c, 2, 7, "2", "a", 1));
	assert_true(db_number(&reader, &count, 0, "SELECT COUNT(*) FROM sample"));
	assert_int_equal(count, 1); /* one snapshot */
	assert_false(add(&reader, 3, 7, "3", "a", 1));
	struct conn *first = reader.conn;
	db_return(reader.conn);
	reader.conn = db_borrow(kit->app.db);
	assert_ptr_equal(reader.conn, first);
	ctx_forgive(&reader);
	assert_true(db_number(&reader, &count, 0, "SELECT COUNT(*) FROM sample"));
	assert_int_equal(count, 2);
	db_return(reader.conn);
}

static void a_wrong_statement_is_an_internal_error_and_says_nothing_to_the_person(void **state)
{
	struct ctx *c = kit_ctx(*state);
	assert_false(db_run(c, "SELECT nonsense FROM nowhere WHERE a = $1", V("秘密")));
	assert_int_equal(c->problem.code, INTERNAL);
	assert_null(strstr(c->problem.detail, "nonsense"));
}

static void a_lost_connection_is_made_again_outside_transactions(void **state)
{
	struct ctx *c = kit_ctx(*state);
	if (!kit_on_postgres(*state))
		return; /* a file has no connection to lose */
	struct ctx *killer = kit_another_ctx(*state);
	int64_t pid, one;
	assert_true(db_number(c, &pid, 0, "SELECT pg_backend_pid()"));
	assert_true(db_number(killer, &one, 0, "SELECT pg_terminate_backend(CAST($1 AS INTEGER))", V(pid)));
	assert_true(db_number(c, &one, 0, "SELECT COUNT(*) FROM number_sequence"));
	assert_int_equal(one, 0);
	assert_true(db_number(c, &pid, 0, "SELECT pg_backend_pid()"));
	assert_true(db_number(killer, &one, 0, "SELECT pg_terminate_backend(CAST($1 AS INTEGER))", V(pid)));
	assert_true(db_begin(c));
	assert_true(db_number(c, &pid, 0, "SELECT pg_backend_pid()"));
	assert_true(db_number(killer, &one, 0, "SELECT pg_terminate_backend(CAST($1 AS INTEGER))", V(pid)));
	assert_false(db_number(c, &one, 0, "SELECT COUNT(*) FROM number_sequence"));
	assert_int_equal(c->problem.code, UNAVAILABLE);
	db_rollback(c);
	ctx_forgive(c);
	assert_true(db_number(c, &one, 0, "SELECT COUNT(*) FROM number_sequence"));
	ctx_end(killer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(values_come_back_as_they_went_in),
		kit_test(parameters_may_be_used_in_any_order_and_twice),
		kit_test(a_null_parameter_does_not_fix_the_type_of_the_statement),
		kit_test(a_taken_value_is_a_conflict_on_its_column),
		kit_test(other_violations_are_faults_on_their_columns),
		kit_test(a_statement_may_run_within_its_own_rows),
		kit_test(touched_rows_are_counted_and_returning_runs_without_reading),
		kit_test(a_savepoint_takes_back_only_its_own),
		kit_test(an_id_is_never_given_twice_though_its_savepoint_was_rolled_back),
		kit_test(numbers_have_no_gaps_and_ids_no_doubles_under_eight_threads),
		kit_test(a_rolled_back_write_leaves_no_gap),
		kit_test(a_borrowed_connection_reads_and_does_not_write),
		kit_test(a_wrong_statement_is_an_internal_error_and_says_nothing_to_the_person),
		kit_test(a_lost_connection_is_made_again_outside_transactions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
