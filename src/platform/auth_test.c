/* The fence: what lies in one's subtree and no more. */
#include "kit/kit.h"
#include "platform/auth.h"

enum { READ = 3, WRITE = 130 };

/* 1 group; 2 and 12 companies; 3 a centre of 2. Path "1.2." must not take "1.12." in. */
static void make_orgs(struct ctx *c)
{
	static const struct migration_source source = { "org_sample",
		"-- @1 as the organisation's module makes it, as far as the fence knows it\n"
		"CREATE TABLE org (id INTEGER PRIMARY KEY, path TEXT NOT NULL) STRICT;\n"
		"INSERT INTO org (id, path) VALUES (1, '1.'), (2, '1.2.'), (3, '1.2.3.'), (12, '1.12.'), "
		"(20, '1.20.');\n" };
	assert_true(db_migrate(c, &source, 1));
}

static struct grant grant_of(const char *path, int permission)
{
	struct grant grant = { .org_path = path };
	permission_add(&grant.permissions, permission);
	return grant;
}

static int64_t seen(struct ctx *c, int permission)
{
	struct text_builder sql = { .arena = c->arena };
	struct value values[FENCE_VALUES + 1] = { V(0) };
	size_t count = 1;
	struct rows *rows;
	int64_t sum = 0;
	text_add(&sql, "SELECT id FROM org WHERE id > $1 AND id <= 20 AND ");
	fence_condition(c, permission, "org.id", &sql, values, &count);
	text_add(&sql, " ORDER BY id");
	assert_true(count <= FENCE_VALUES + 1);
	assert_true(db_query_values(c, &rows, text_built(&sql), values, count));
	while (rows_next(rows))
		sum = sum * 100 + rows_int(rows, 0);
	return sum;
}

static void a_fence_shows_the_subtree_and_not_its_neighbours(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	make_orgs(c);
	struct grant grants[] = { grant_of("1.2.", READ), grant_of("1.2.3.", READ), grant_of("1.2.", READ),
		grant_of("1.20.", WRITE), grant_of("", READ), grant_of(NULL, READ) };
	struct actor actor = { .kind = ACTOR_STAFF, .id = 5, .grants = grants, .grant_count = 6 };
	assert_int_equal(seen(c, READ), 102031220);
	c->actor = &actor;
	assert_int_equal(seen(c, READ), 203);
	assert_int_equal(seen(c, WRITE), 20);
	assert_int_equal(seen(c, 77), 0);
	c->actor = &anonymous_actor;
	assert_int_equal(seen(c, READ), 0);
}

static void beyond_every_fence_a_record_does_not_exist(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	make_orgs(c);
	struct grant grants[] = { grant_of("1.2.", READ), grant_of("1.20.", WRITE) };
	struct actor actor = { .kind = ACTOR_STAFF, .id = 5, .grants = grants, .grant_count = 2 };
	assert_true(fence_require(c, WRITE, 12, "工单 1"));
	c->actor = &actor;
	assert_true(fence_require(c, READ, 3, "工单 1"));
	assert_false(fence_require(c, WRITE, 3, "工单 1"));
	assert_int_equal(c->problem.code, FORBIDDEN);
	ctx_forgive(c);
	assert_false(fence_require(c, READ, 12, "工单 1"));
	assert_int_equal(c->problem.code, NOT_FOUND);
	ctx_forgive(c);
	assert_false(fence_require(c, READ, 1, "工单 1"));
	assert_int_equal(c->problem.code, NOT_FOUND);
	ctx_forgive(c);
	assert_false(fence_require(c, READ, 999, "工单 1"));
	assert_int_equal(c->problem.code, NOT_FOUND);
	assert_true(actor_may(&actor, WRITE));
	assert_false(actor_may_at(&actor, WRITE, "1.2.3."));
	assert_false(actor_may_at(&actor, READ, "1.20.4."));
	assert_false(actor_may(&anonymous_actor, READ));
}

static void many_subtrees_show_too_little_rather_than_too_much(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	make_orgs(c);
	struct grant grants[FENCE_VALUES + 4];
	for (int i = 0; i < FENCE_VALUES + 4; i++)
		grants[i] = grant_of(arena_format(c->arena, "1.%d.", i + 2), READ);
	struct actor actor = { .kind = ACTOR_STAFF, .grants = grants, .grant_count = FENCE_VALUES + 4 };
	c->actor = &actor;
	assert_int_equal(seen(c, READ), 20312);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test_empty(a_fence_shows_the_subtree_and_not_its_neighbours),
		kit_test_empty(beyond_every_fence_a_record_does_not_exist),
		kit_test_empty(many_subtrees_show_too_little_rather_than_too_much),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
