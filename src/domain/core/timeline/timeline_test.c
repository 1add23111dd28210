#include <string.h>

#include "domain/core/timeline/timeline.h"
#include "kit/kit.h"
#include "platform/json.h"

static const struct subject one = { "repair", 7001 }, two = { "repair", 7002 };

static void add(struct ctx *c, struct subject subject, const char *text)
{
	assert_true(timeline_add(c, subject, "note", c->now, text, NULL));
}

static void entries_are_read_oldest_first_and_by_their_subject(void **state)
{
	struct ctx *c = kit_ctx(*state);
	add(c, one, "第二件");
	assert_true(
		timeline_add(c, one, "note", instant_plus(c->now, -HOUR_MS), "先发生、后记录", "{\"a\":1}"));
	add(c, two, "别单");
	struct json_out out = json_out_new(c->arena);
	assert_true(timeline_write(c, one, &out));
	const char *text = json_out_text(&out);
	assert_null(strstr(text, "别单"));
	assert_true(strstr(text, "先发生") < strstr(text, "第二件"));
	assert_non_null(strstr(text, "\"data\":{\"a\":1}"));
	assert_non_null(strstr(text, "\"recorded_at\":\"2026-09-30T22:30:00+08:00\""));
}

static void an_entry_can_be_neither_changed_nor_deleted(void **state)
{
	struct ctx *c = kit_ctx(*state);
	add(c, one, "到场");
	assert_false(db_run(c, "UPDATE timeline SET text = '未到场'"));
	ctx_forgive(c);
	assert_false(db_run(c, "DELETE FROM timeline"));
	ctx_forgive(c);
	int64_t count;
	assert_true(db_number(c, &count, 0, "SELECT COUNT(*) FROM timeline WHERE text = '到场'"));
	assert_int_equal(count, 1);
}

/* What an owner of the database could do. */
static void without_triggers(struct kit *kit, const char *sql)
{
	struct ctx *c = kit_ctx(kit);
	if (kit_on_postgres(kit)) {
		assert_true(db_run(c, "ALTER TABLE timeline DISABLE TRIGGER timeline_no_change"));
	} else {
		assert_true(db_run(c, "DROP TRIGGER timeline_no_update"));
		assert_true(db_run(c, "DROP TRIGGER timeline_no_delete"));
	}
	assert_true(db_run(c, sql));
}

static void an_untouched_chain_verifies_over_many_subjects(void **state)
{
	struct ctx *c = kit_ctx(*state);
	int64_t entries, bad;
	for (int64_t i = 0; i < 700; i++)
		add(c, (struct subject){ i % 2 ? "repair" : "complaint", i / 3 }, "记录");
	assert_true(timeline_verify(c, &entries, &bad));
	assert_int_equal(entries, 700);
	assert_int_equal(bad, 0);
}

static void a_changed_entry_is_found(void **state)
{
	struct ctx *c = kit_ctx(*state);
	int64_t entries, bad, second;
	add(c, one, "一");
	add(c, one, "二");
	add(c, two, "三");
	assert_true(db_number(c, &second, 0, "SELECT id FROM timeline WHERE text = '二'"));
	without_triggers(*state, "UPDATE timeline SET at = at - 60000 WHERE text = '二'");
	assert_true(timeline_verify(c, &entries, &bad));
	assert_int_equal(bad, second);
}

static void an_entry_taken_out_of_the_middle_is_found(void **state)
{
	struct ctx *c = kit_ctx(*state);
	int64_t entries, bad, third;
	add(c, one, "一");
	add(c, one, "二");
	add(c, one, "三");
	assert_true(db_number(c, &third, 0, "SELECT id FROM timeline WHERE text = '三'"));
	without_triggers(*state, "DELETE FROM timeline WHERE text = '二'");
	assert_true(timeline_verify(c, &entries, &bad));
	assert_int_equal(bad, third);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(entries_are_read_oldest_first_and_by_their_subject),
		kit_test(an_entry_can_be_neither_changed_nor_deleted),
		kit_test(an_untouched_chain_verifies_over_many_subjects),
		kit_test(a_changed_entry_is_found),
		kit_test(an_entry_taken_out_of_the_middle_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
