/* The trail: it can only grow, and a change made behind its back is found. */
#include "kit/kit.h"
#include "platform/audit.h"

static bool record_ten(struct ctx *c, void *data)
{
	(void)data;
	for (int i = 0; i < 10; i++)
		if (!audit_record(c, "household.unmask", "household", 100 + i, 7, "查看电话",
			    i % 2 ? "回访核实" : NULL))
			return false;
	return true;
}

static bool seal(struct ctx *c, void *data)
{
	(void)data;
	return audit_seal(c);
}

static bool record_and_refuse(struct ctx *c, void *data)
{
	return record_ten(c, data) && fail(c, CONFLICT, "不行");
}

static void write_trail(struct ctx *c)
{
	assert_true(app_write(c, record_ten, NULL));
	assert_false(app_write(c, record_and_refuse, NULL));
	ctx_forgive(c);
	assert_true(app_write(c, record_ten, NULL));
	assert_true(app_write(c, seal, NULL));
}

/* The modules' start has already written something. */
static int64_t rows_now(struct ctx *c)
{
	int64_t rows;
	assert_true(db_number(c, &rows, 0, "SELECT COUNT(*) FROM audit"));
	return rows;
}

static void the_chain_of_an_untouched_trail_fits(void **state)
{
	struct ctx *c = kit_ctx(*state);
	int64_t before = rows_now(c), rows, bad;
	write_trail(c);
	assert_true(audit_verify(c, &rows, &bad));
	assert_int_equal(rows, before + 20);
	assert_int_equal(bad, 0);
}

static void rows_can_be_neither_changed_nor_deleted(void **state)
{
	struct ctx *c = kit_ctx(*state);
	int64_t before = rows_now(c);
	write_trail(c);
	assert_false(db_run(c, "UPDATE audit SET reason = $1 WHERE sequence = $2", V("改"), V(3)));
	assert_int_equal(c->problem.code, CONFLICT);
	ctx_forgive(c);
	assert_false(db_run(c, "UPDATE audit SET hash = $1 WHERE sequence = $2", V("0"), V(3)));
	ctx_forgive(c);
	assert_false(db_run(c, "DELETE FROM audit WHERE sequence = $1", V(20)));
	assert_int_equal(c->problem.code, CONFLICT);
	ctx_forgive(c);
	/* not even before the chain has reached it */
	assert_true(app_write(c, record_ten, NULL));
	assert_false(db_run(c,
		"UPDATE audit SET detail = $1, sequence = 99, hash = 'x' WHERE id = (SELECT MAX(id) FROM "
		"audit)",
		V("改")));
	ctx_forgive(c);
	if (kit_on_postgres(*state)) {
		assert_false(db_run(c, "TRUNCATE audit"));
		ctx_forgive(c);
	}
	assert_int_equal(rows_now(c), before + 30);
}

static void take_triggers_away(struct kit *kit)
{
	if (kit_on_postgres(kit)) {
		assert_true(db_run(kit->c, "ALTER TABLE audit DISABLE TRIGGER ALL"));
		return;
	}
	assert_true(db_run(kit->c, "DROP TRIGGER audit_no_update"));
	assert_true(db_run(kit->c, "DROP TRIGGER audit_no_delete"));
}

static void a_row_changed_behind_its_back_is_found(void **state)
{
	struct ctx *c = kit_ctx(*state);
	int64_t rows, bad;
	write_trail(c);
	take_triggers_away(*state);
	assert_true(db_run(c, "UPDATE audit SET reason = $1 WHERE sequence = $2", V("改过的"), V(7)));
	assert_true(audit_verify(c, &rows, &bad));
	assert_int_equal(bad, 7);
}

static void a_row_taken_out_is_found(void **state)
{
	struct ctx *c = kit_ctx(*state);
	int64_t rows, bad;
	write_trail(c);
	take_triggers_away(*state);
	assert_true(db_run(c, "DELETE FROM audit WHERE sequence = $1", V(12)));
	assert_true(audit_verify(c, &rows, &bad));
	assert_int_equal(bad, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(the_chain_of_an_untouched_trail_fits),
		kit_test(rows_can_be_neither_changed_nor_deleted),
		kit_test(a_row_changed_behind_its_back_is_found),
		kit_test(a_row_taken_out_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
