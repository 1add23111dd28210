/* household_test.c: opening, editing, moving and ending a household's file. */
#include <string.h>

#include "domain/customer/household/household.h"
#include "domain/customer/person/person.h"
#include "kit/kit.h"
#include "kit/people.h"

static struct household plain(int64_t org_id, const char *number)
{
	return (struct household){ .org_id = org_id,
		.number = number,
		.name = "王小明",
		.phone = "19012345678",
		.identity_number = "37132919900307123X",
		.community = "锦绣花园",
		.building = "3",
		.unit = "2",
		.room = "501",
		.user_class = CLASS_RESIDENT,
		.opened_on = NO_DATE };
}

static void an_opened_household_has_a_person_a_place_and_a_printed_address(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	struct household household = plain(people.centre, "0001"), again = plain(people.centre, "0002");
	assert_true(household_open(c, &household));
	assert_string_equal(household.address, "锦绣花园3号楼2单元501室");
	assert_int_equal(household.company_id, people.company);
	assert_int_equal(household.status, HOUSEHOLD_REGISTERED);
	assert_true(household.person_id != 0);
	again.building = "3号楼";
	assert_true(household_open(c, &again));
	assert_int_equal(again.place_id, household.place_id);
}

static void a_number_is_taken_once_in_a_company_and_free_in_another(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	struct household first = plain(people.centre, "0001"), second = plain(people.team, "0001"),
			 third = plain(people.other_centre, "0001");
	assert_true(household_open(c, &first));
	assert_false(household_open(c, &second));
	assert_string_equal(kit_problem(c), "taken number");
	ctx_forgive(c);
	assert_true(household_open(c, &third));
}

static void a_household_does_not_lie_above_the_companies(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	struct household household = plain(people.region, "0001");
	assert_false(household_open(c, &household));
	assert_string_equal(kit_problem(c), "no_company org_id");
	ctx_forgive(c);
}

static void an_edit_is_history_with_old_and_new(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	int64_t count;
	people_units(c, &people);
	struct household household = plain(people.centre, "0001");
	assert_true(household_open(c, &household));
	household.population = 5;
	household.room = "502";
	assert_true(household_edit(c, &household));
	assert_int_equal(household.version, 2);
	assert_string_equal(household.address, "锦绣花园3号楼2单元502室");
	struct json_out out = json_out_new(c->arena);
	assert_true(household_changes_write(c, household.id, false, &out, &count));
	assert_int_equal(count, 2);
	assert_non_null(strstr(json_out_text(&out), "\"field\":\"room\""));
	assert_non_null(strstr(json_out_text(&out), "\"before\":\"501\",\"after\":\"502\""));
}

static void personal_history_is_masked(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	int64_t count;
	people_units(c, &people);
	struct household household = plain(people.centre, "0001");
	assert_true(household_open(c, &household));
	household.name = "李大强";
	assert_true(household_edit(c, &household));
	struct json_out out = json_out_new(c->arena);
	assert_true(household_changes_write(c, household.id, false, &out, &count));
	assert_null(strstr(json_out_text(&out), "王小明"));
	assert_non_null(strstr(json_out_text(&out), "王*明"));
	struct json_out full = json_out_new(c->arena);
	assert_true(household_changes_write(c, household.id, true, &full, &count));
	assert_non_null(strstr(json_out_text(&full), "王小明"));
}

static void the_second_of_two_editors_is_told(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	struct household household = plain(people.centre, "0001"), late;
	assert_true(household_open(c, &household));
	assert_true(household_read(c, household.id, &late));
	household.population = 4;
	assert_true(household_edit(c, &household));
	late.population = 5;
	assert_false(household_edit(c, &late));
	assert_int_equal(c->problem.code, STALE);
	ctx_forgive(c);
}

static void a_household_moves_within_its_company_only_and_its_person_follows(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	struct person person;
	people_units(c, &people);
	struct household household = plain(people.centre, "0001");
	assert_true(household_open(c, &household));
	household.org_id = people.team;
	assert_true(household_edit(c, &household));
	assert_true(person_read(c, household.person_id, &person));
	assert_int_equal(person.org_id, people.team);
	household.org_id = people.other_centre;
	assert_false(household_edit(c, &household));
	assert_string_equal(kit_problem(c), "other_company org_id");
	ctx_forgive(c);
}

static void every_step_is_allowed_or_refused_as_the_course_says(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	/* registered, active, suspended, stopped, closed × ignite, suspend, resume, stop, restore, close */
	static const int to[5][6] = {
		{ HOUSEHOLD_ACTIVE, 0, 0, 0, 0, HOUSEHOLD_CLOSED },
		{ 0, HOUSEHOLD_SUSPENDED, 0, HOUSEHOLD_STOPPED, 0, HOUSEHOLD_CLOSED },
		{ 0, 0, HOUSEHOLD_ACTIVE, 0, 0, HOUSEHOLD_CLOSED },
		{ 0, 0, 0, 0, HOUSEHOLD_ACTIVE, HOUSEHOLD_CLOSED },
		{ 0, 0, 0, 0, 0, 0 },
	};
	for (int from = 0; from < 5; from++) {
		for (int step = 0; step < 6; step++) {
			struct household household =
				plain(people.centre, arena_format(c->arena, "S%d%d", from, step));
			household.status = (enum household_status)(from + 1);
			household.identity_number = NULL;
			assert_true(household_open(c, &household));
			bool done =
				household_take_step(c, &household, (enum household_step)(step + 1), "测试");
			assert_int_equal(done, to[from][step] != 0);
			if (done)
				assert_int_equal(household.status, to[from][step]);
			else
				assert_int_equal(c->problem.code, CONFLICT);
			ctx_forgive(c);
		}
	}
}

static void gas_that_must_not_stop_is_not_stopped(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	struct household household = plain(people.centre, "0001");
	household.status = HOUSEHOLD_ACTIVE;
	household.no_stop = true;
	assert_true(household_open(c, &household));
	assert_false(household_take_step(c, &household, HOUSEHOLD_STOP, "计划检修"));
	assert_int_equal(c->problem.code, CONFLICT);
	ctx_forgive(c);
}

static void a_caller_is_found_within_the_fence_only(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	struct household own = plain(people.centre, "0001"), foreign = plain(people.other_centre, "0001");
	assert_true(household_open(c, &own));
	assert_true(household_open(c, &foreign));
	int64_t ids[4];
	size_t count;
	people_act(c, people_member(c, "T1", people.centre, "hotline"));
	assert_true(household_of_phone(c, "+86 190 1234 5678", ids, 4, &count));
	assert_int_equal(count, 1);
	assert_int_equal(ids[0], own.id);
}

static void places_are_printed_as_people_say_them(void **state)
{
	struct ctx *c = kit_ctx(*state);
	static const struct {
		enum address_level level;
		const char *text, *printed;
	} parts[] = { { LEVEL_BUILDING, "3", "3号楼" }, { LEVEL_BUILDING, "3#", "3号楼" },
		{ LEVEL_BUILDING, "3栋", "3栋" }, { LEVEL_BUILDING, "A", "A号楼" },
		{ LEVEL_UNIT, "2", "2单元" }, { LEVEL_UNIT, "东单元", "东单元" },
		{ LEVEL_ROOM, "501", "501室" }, { LEVEL_ROOM, "501室", "501室" }, { LEVEL_ROOM, NULL, "" },
		{ LEVEL_COMMUNITY, "88", "88" } };
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		assert_string_equal(
			address_part_print(c->arena, parts[i].level, parts[i].text), parts[i].printed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(an_opened_household_has_a_person_a_place_and_a_printed_address),
		kit_test(a_number_is_taken_once_in_a_company_and_free_in_another),
		kit_test(a_household_does_not_lie_above_the_companies),
		kit_test(an_edit_is_history_with_old_and_new),
		kit_test(personal_history_is_masked),
		kit_test(the_second_of_two_editors_is_told),
		kit_test(a_household_moves_within_its_company_only_and_its_person_follows),
		kit_test(every_step_is_allowed_or_refused_as_the_course_says),
		kit_test(gas_that_must_not_stop_is_not_stopped),
		kit_test(a_caller_is_found_within_the_fence_only),
		kit_test(places_are_printed_as_people_say_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
