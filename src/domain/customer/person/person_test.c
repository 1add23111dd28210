/* person_test.c: customers, their phones, merging and parting. */
#include <string.h>

#include "domain/customer/household/household.h"
#include "domain/customer/person/person.h"
#include "kit/kit.h"
#include "kit/people.h"

static int64_t person_at(struct ctx *c, int64_t org_id, const char *name, const char *phone)
{
	struct person person = { .org_id = org_id, .kind = PERSON_HUMAN, .name = name, .phone = phone };
	if (!person_open(c, &person))
		print_error("person %s: %s\n", name, kit_problem(c));
	assert_false(ctx_failed(c));
	return person.id;
}

static int64_t household_of(struct ctx *c, int64_t org_id, const char *number, int64_t person_id)
{
	struct household household = { .org_id = org_id,
		.number = number,
		.person_id = person_id,
		.user_class = CLASS_RESIDENT,
		.opened_on = NO_DATE };
	assert_true(household_open(c, &household));
	return household.id;
}

static int64_t count_of(struct ctx *c, const char *sql, int64_t id)
{
	int64_t count;
	assert_true(db_number(c, &count, -1, sql, V(id)));
	return count;
}

static void a_phone_in_any_writing_finds_its_person(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t id = person_at(c, people.centre, "甲", "0539-1234567"), ids[4];
	size_t count;
	const char *const writings[] = { "0539-1234567", "(0539)1234567", "０５３９－１２３４５６７",
		"+86 539 1234567", "1234567", "0539-1234567转8001" };
	for (size_t i = 0; i < sizeof writings / sizeof *writings; i++) {
		assert_true(person_of_phone(c, people.company, writings[i], ids, 4, &count));
		assert_int_equal(count, 1);
		assert_int_equal(ids[0], id);
	}
	assert_true(person_of_phone(c, people.other_company, "0539-1234567", ids, 4, &count));
	assert_int_equal(count, 0);
	assert_true(person_of_phone(c, people.company, "567", ids, 4, &count));
	assert_int_equal(count, 0); /* three digits are no phone */
}

static void wrong_phones_names_and_identities_are_told_apart(void **state)
{
	(void)state;
	const char *const good[] = { "13900000000", "0539-1234567", "+86 139 0000 0000",
		"13900000000/0539-1234567", "4001234567", "1234567" };
	const char *const bad[] = { "12345", "139****5678", "1.39E+10", "139000000001", "13900000000/12", "/",
		"电话" };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_null(person_phone_fault(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_non_null(person_phone_fault(bad[i]));
	assert_null(person_identity_fault("37132919900307123X"));
	assert_null(person_identity_fault("91371329MA3C0ABC1C"));
	assert_null(person_identity_fault("E12345678"));
	assert_non_null(person_identity_fault("371329199003071230"));
	assert_non_null(person_identity_fault("3713**********123X"));
	assert_non_null(person_identity_fault("12345"));
	assert_non_null(person_name_fault("王*明"));
	assert_null(person_name_fault("𠮷田"));
}

static void another_first_phone_takes_the_place_and_none_is_lost(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	struct person person;
	people_units(c, &people);
	int64_t id = person_at(c, people.centre, "甲", "19012345678");
	bool changed;
	assert_true(person_reach(c, id, "19087654321", &changed));
	assert_true(changed);
	assert_true(person_read(c, id, &person));
	assert_string_equal(person.phone, "19087654321");
	assert_int_equal(count_of(c, "SELECT count(*) FROM contact WHERE person_id = $1", id), 2);
	assert_int_equal(
		count_of(c, "SELECT count(*) FROM contact WHERE person_id = $1 AND is_first = 1", id), 1);
	assert_true(person_reach(c, id, "190-8765-4321", &changed));
	assert_false(changed);
}

static void the_first_phone_is_not_dropped(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t id = person_at(c, people.centre, "甲", "19012345678/19087654321");
	int64_t first = count_of(c, "SELECT id FROM contact WHERE person_id = $1 AND is_first = 1", id);
	int64_t second = count_of(c, "SELECT id FROM contact WHERE person_id = $1 AND is_first = 0", id);
	assert_false(contact_drop(c, first));
	assert_int_equal(c->problem.code, CONFLICT);
	ctx_forgive(c);
	assert_true(contact_drop(c, second));
	assert_int_equal(count_of(c, "SELECT count(*) FROM contact WHERE person_id = $1", id), 1);
}

static void a_merge_loses_nothing_and_can_be_undone_to_the_row(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t into = person_at(c, people.centre, "王小明", "19012345678/0539-1234567");
	int64_t from = person_at(c, people.centre, "王晓明", "19087654321"), merge_id;
	int64_t kept = household_of(c, people.centre, "1", into),
		moved = household_of(c, people.centre, "2", from);
	assert_true(person_merge(c, into, from, "同一人登记了两次", &merge_id));
	assert_int_equal(count_of(c, "SELECT count(*) FROM contact WHERE person_id = $1", into), 3);
	assert_int_equal(
		count_of(c, "SELECT count(*) FROM contact WHERE person_id = $1 AND is_first = 1", into), 1);
	assert_int_equal(count_of(c, "SELECT count(*) FROM household WHERE person_id = $1", into), 2);
	assert_int_equal(count_of(c, "SELECT count(*) FROM household WHERE person_id = $1", from), 0);
	assert_int_equal(count_of(c, "SELECT moved FROM person_merge WHERE id = $1", merge_id), 2);
	assert_int_equal(count_of(c, "SELECT count(*) FROM audit WHERE subject_id = $1", into), 1);
	struct person person;
	assert_true(person_read(c, from, &person));
	assert_int_equal(person.merged_into_id, into);

	assert_true(person_merge_undo(c, merge_id));
	assert_int_equal(count_of(c, "SELECT person_id FROM household WHERE id = $1", kept), into);
	assert_int_equal(count_of(c, "SELECT person_id FROM household WHERE id = $1", moved), from);
	assert_int_equal(count_of(c, "SELECT count(*) FROM contact WHERE person_id = $1", into), 2);
	assert_int_equal(
		count_of(c, "SELECT count(*) FROM contact WHERE person_id = $1 AND is_first = 1", from), 1);
	assert_true(person_read(c, from, &person));
	assert_int_equal(person.merged_into_id, 0);
	assert_string_equal(person.phone, "19087654321");
	assert_true(person_read(c, into, &person));
	assert_string_equal(person.phone, "19012345678");
	assert_false(person_merge_undo(c, merge_id));
	assert_int_equal(c->problem.code, CONFLICT);
	ctx_forgive(c);
}

static void what_came_after_a_merge_stays_when_it_is_undone(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t into = person_at(c, people.centre, "王小明", NULL),
		from = person_at(c, people.centre, "王晓明", NULL);
	int64_t merge_id;
	assert_true(person_merge(c, into, from, "同一人登记了两次", &merge_id));
	int64_t later = household_of(c, people.centre, "3", into);
	assert_true(person_merge_undo(c, merge_id));
	assert_int_equal(count_of(c, "SELECT person_id FROM household WHERE id = $1", later), into);
}

static void merges_that_make_no_sense_are_refused(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t a = person_at(c, people.centre, "甲", NULL), b = person_at(c, people.centre, "乙", NULL);
	int64_t foreign = person_at(c, people.other_centre, "丙", NULL), merge_id;
	assert_false(person_merge(c, a, a, "误点了按钮", &merge_id));
	assert_string_equal(kit_problem(c), "same from_id");
	ctx_forgive(c);
	assert_false(person_merge(c, a, foreign, "不同公司", &merge_id));
	assert_int_equal(c->problem.code, CONFLICT);
	ctx_forgive(c);
	assert_true(person_merge(c, a, b, "同一人登记了两次", &merge_id));
	assert_false(person_merge(c, a, b, "同一人登记了两次", &merge_id));
	assert_int_equal(c->problem.code, CONFLICT);
	ctx_forgive(c);
	struct person merged;
	assert_true(person_read(c, b, &merged));
	assert_false(person_edit(c, &merged));
	assert_int_equal(c->problem.code, CONFLICT);
	ctx_forgive(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(a_phone_in_any_writing_finds_its_person),
		kit_test(wrong_phones_names_and_identities_are_told_apart),
		kit_test(another_first_phone_takes_the_place_and_none_is_lost),
		kit_test(the_first_phone_is_not_dropped),
		kit_test(a_merge_loses_nothing_and_can_be_undone_to_the_row),
		kit_test(what_came_after_a_merge_stays_when_it_is_undone),
		kit_test(merges_that_make_no_sense_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
