/* org_test.c: the tree's shape, and what follows from it. */
#include "domain/core/permission/permission.h"
#include "domain/organisation/org/org.h"
#include "kit/people.h"

static struct org read(struct ctx *c, int64_t id)
{
	struct org org;
	assert_true(org_read(c, id, &org));
	return org;
}

static const char *path_of(struct ctx *c, const int64_t *ids, size_t count)
{
	struct text_builder path = { .arena = c->arena };
	for (size_t i = 0; i < count; i++)
		text_add_format(&path, "%lld.", (long long)ids[i]);
	return text_built(&path);
}

static void a_unit_knows_its_path_and_its_company(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct org team = read(c, p.team), group = read(c, p.group), company = read(c, p.company);
	assert_string_equal(
		team.path, path_of(c, (int64_t[]){ p.group, p.region, p.company, p.centre, p.team }, 5));
	assert_int_equal(team.company_id, p.company);
	assert_int_equal(company.company_id, p.company);
	assert_int_equal(group.company_id, 0);
	assert_int_equal(group.parent_id, 0);
}

static void the_unit_of_a_kind_above_is_found_or_named_as_missing(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct org above;
	people_units(c, &p);
	assert_true(org_above(c, p.team, ORG_REGION, &above));
	assert_int_equal(above.id, p.region);
	assert_true(org_above(c, p.team, ORG_TEAM, &above));
	assert_int_equal(above.id, p.team);
	assert_false(org_above(c, p.group, ORG_COMPANY, &above));
	assert_int_equal(c->problem.code, NOT_FOUND);
}

static void the_place_is_that_of_the_nearest_unit_that_has_one(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	const char *place;
	people_units(c, &p);
	assert_true(org_place(c, p.team, &place));
	assert_string_equal(place, "371302");
	assert_true(org_place(c, p.other_centre, &place));
	assert_string_equal(place, "");
}

static void a_company_cannot_stand_below_a_centre(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct org org = { .parent_id = p.centre, .kind = ORG_COMPANY, .code = "X", .name = "某公司" };
	assert_false(org_open(c, &org));
	assert_string_equal(kit_problem(c), "kind parent_id");
}

static void a_code_is_taken_once(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct org org = { .parent_id = p.company, .kind = ORG_CENTRE, .code = "LSC", .name = "又一中心" };
	assert_false(org_open(c, &org));
	assert_int_equal(c->problem.code, CONFLICT);
	assert_non_null(c->problem.faults);
	assert_string_equal(c->problem.faults->field, "code");
}

static void a_moved_centre_takes_its_teams_along_and_belongs_to_the_new_company(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t version = read(c, p.centre).version;
	assert_true(org_move(c, p.centre, p.other_company, version));
	struct org centre = read(c, p.centre), team = read(c, p.team);
	assert_int_equal(centre.parent_id, p.other_company);
	assert_int_equal(centre.company_id, p.other_company);
	assert_int_equal(centre.version, version + 1);
	assert_string_equal(team.path,
		path_of(c, (int64_t[]){ p.group, p.region, p.other_company, p.centre, p.team }, 5));
	assert_int_equal(team.company_id, p.other_company);
}

static void a_moved_company_stays_its_own(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	assert_true(org_move(c, p.company, p.group, 0));
	assert_int_equal(read(c, p.team).company_id, p.company);
	assert_string_equal(
		read(c, p.team).path, path_of(c, (int64_t[]){ p.group, p.company, p.centre, p.team }, 4));
	assert_int_equal(read(c, p.other_centre).company_id, p.other_company);
}

static void a_unit_cannot_be_moved_below_itself(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	assert_false(org_move(c, p.company, p.team, 0));
	assert_string_equal(kit_problem(c), "below_itself parent_id");
	ctx_forgive(c);
	assert_false(org_move(c, p.company, p.company, 0));
	assert_string_equal(kit_problem(c), "below_itself parent_id");
}

static void a_move_by_an_old_version_is_refused(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	assert_false(org_move(c, p.centre, p.other_company, read(c, p.centre).version + 7));
	assert_int_equal(c->problem.code, STALE);
}

static void a_unit_with_people_or_units_is_not_closed(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = people_member(c, "A01", p.team, NULL);
	struct org team = read(c, p.team), centre = read(c, p.centre);
	team.closed = true;
	assert_false(org_edit(c, &team));
	assert_int_equal(c->problem.code, CONFLICT);
	ctx_forgive(c);
	centre.closed = true;
	assert_false(org_edit(c, &centre));
	assert_int_equal(c->problem.code, CONFLICT);
	ctx_forgive(c);
	assert_true(db_run(c, "UPDATE staff SET org_id = $1 WHERE id = $2", V(p.group), V(member)));
	assert_true(org_edit(c, &team));
	assert_true(org_edit(c, &centre));
	/* And nobody is put into it afterwards. */
	struct org fresh = { .parent_id = p.centre, .kind = ORG_TEAM, .code = "NEW", .name = "新班" };
	assert_false(org_open(c, &fresh));
	assert_string_equal(kit_problem(c), "closed parent_id");
}

static int64_t units_within(struct ctx *c, int permission)
{
	struct text_builder sql = { .arena = c->arena };
	struct value values[FENCE_VALUES];
	size_t count = 0;
	struct rows *rows;
	text_add(&sql, "SELECT COUNT(*) FROM org WHERE ");
	fence_condition(c, permission, "id", &sql, values, &count);
	assert_true(db_query_values(c, &rows, text_built(&sql), values, count));
	assert_true(rows_next(rows));
	int64_t units = rows_int(rows, 0);
	rows_close(rows);
	return units;
}

static void who_sees_a_unit_changes_with_its_move_at_once(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t here = people_member(c, "A01", p.company, "company");
	int64_t there = people_member(c, "A02", p.other_company, "company");
	people_act(c, here);
	assert_int_equal(units_within(c, MAY_VIEW_ORG), 3);
	assert_true(fence_require(c, MAY_VIEW_ORG, p.team, "班组"));
	c->actor = &system_actor;
	assert_true(org_move(c, p.centre, p.other_company, 0));
	people_act(c, here);
	assert_int_equal(units_within(c, MAY_VIEW_ORG), 1);
	assert_false(fence_require(c, MAY_VIEW_ORG, p.team, "班组"));
	assert_int_equal(c->problem.code, NOT_FOUND);
	ctx_forgive(c);
	people_act(c, there);
	assert_int_equal(units_within(c, MAY_VIEW_ORG), 4);
	assert_true(fence_require(c, MAY_VIEW_ORG, p.team, "班组"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(a_unit_knows_its_path_and_its_company),
		kit_test(the_unit_of_a_kind_above_is_found_or_named_as_missing),
		kit_test(the_place_is_that_of_the_nearest_unit_that_has_one),
		kit_test(a_company_cannot_stand_below_a_centre),
		kit_test(a_code_is_taken_once),
		kit_test(a_moved_centre_takes_its_teams_along_and_belongs_to_the_new_company),
		kit_test(a_moved_company_stays_its_own),
		kit_test(a_unit_cannot_be_moved_below_itself),
		kit_test(a_move_by_an_old_version_is_refused),
		kit_test(a_unit_with_people_or_units_is_not_closed),
		kit_test(who_sees_a_unit_changes_with_its_move_at_once),
	};
	return cmocka_run_group_tests_name("org", tests, NULL, NULL);
}
