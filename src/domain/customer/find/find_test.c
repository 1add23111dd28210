/* find_test.c: what a clerk types into the box, and what comes out. */
#include <stdlib.h>
#include <string.h>

#include "domain/customer/equipment/equipment.h"
#include "domain/customer/find/find.h"
#include "domain/customer/person/person.h"
#include "kit/kit.h"
#include "kit/people.h"

static int64_t open_at(struct ctx *c, int64_t org_id, const char *number, const char *name, const char *phone,
	const char *community, const char *building, const char *unit, const char *room)
{
	struct household household = { .org_id = org_id,
		.number = number,
		.name = name,
		.phone = phone,
		.community = community,
		.building = building,
		.unit = unit,
		.room = room,
		.user_class = CLASS_RESIDENT,
		.opened_on = NO_DATE };
	if (!household_open(c, &household))
		print_error("household %s: %s\n", number, kit_problem(c));
	assert_false(ctx_failed(c));
	return household.id;
}

struct answer_list {
	struct find_hit hits[FIND_LIMIT_MOST];
	size_t count;
	bool more;
};

static struct answer_list ask(struct ctx *c, const char *query)
{
	struct answer_list list = { .count = 0 };
	if (!find_everything(c, query, list.hits, FIND_LIMIT_MOST, &list.count, &list.more))
		print_error("search %s: %s\n", query, kit_problem(c));
	assert_false(ctx_failed(c));
	return list;
}

static bool has(const struct answer_list *list, int64_t id)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->hits[i].id == id)
			return true;
	return false;
}

static void assert_finds(struct ctx *c, const char *query, int64_t id, const char *matched)
{
	struct answer_list list = ask(c, query);
	for (size_t i = 0; i < list.count; i++) {
		if (list.hits[i].id == id) {
			assert_string_equal(list.hits[i].matched, matched);
			return;
		}
	}
	print_error("“%s” does not find %lld\n", query, (long long)id);
	assert_true(false);
}

static void assert_misses(struct ctx *c, const char *query, int64_t id)
{
	struct answer_list list = ask(c, query);
	if (has(&list, id))
		print_error("“%s” finds %lld\n", query, (long long)id);
	assert_false(has(&list, id));
}

/* ---- names, numbers, phones
 * ------------------------------------------------------------------------------------ */

static void a_name_is_found_by_one_two_and_three_characters(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t id = open_at(c, people.centre, "1001", "王小明", NULL, NULL, NULL, NULL, NULL);
	const char *const fragments[] = { "王", "小", "明", "王小", "小明", "王小明", " 王小明 " };
	for (size_t i = 0; i < sizeof fragments / sizeof *fragments; i++)
		assert_finds(c, fragments[i], id, "name");
	assert_misses(c, "王明", id);
	assert_misses(c, "王小明明", id);
}

static void a_rare_surname_of_four_bytes_is_found(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t id = open_at(c, people.centre, "1001", "𠮷田䶮", NULL, NULL, NULL, NULL, NULL);
	assert_finds(c, "𠮷", id, "name");
	assert_finds(c, "䶮", id, "name");
	assert_misses(c, "吉", id);
}

static void a_household_number_is_found_whole_and_by_its_beginning(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t id = open_at(c, people.centre, "00123456", "甲", NULL, NULL, NULL, NULL, NULL);
	assert_finds(c, "00123456", id, "number");
	assert_finds(c, "0012", id, "number");
	assert_misses(c, "123456", id);
}

static void a_phone_is_found_in_any_writing_and_by_its_last_digits(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t mobile = open_at(c, people.centre, "A1", "甲", "19012345678", NULL, NULL, NULL, NULL);
	int64_t landline = open_at(c, people.centre, "A2", "乙", "0539-1234567", NULL, NULL, NULL, NULL);
	const char *const mobiles[] = { "19012345678", "+86 190 1234 5678", "190-1234-5678",
		"１９０１２３４５６７８", "0086 19012345678", "5678", "345678" };
	const char *const landlines[] = { "0539-1234567", "(0539)1234567", "05391234567", "1234567",
		"0539 1234567", "4567", "（0539）1234567" };
	for (size_t i = 0; i < sizeof mobiles / sizeof *mobiles; i++)
		assert_finds(c, mobiles[i], mobile, "phone");
	for (size_t i = 0; i < sizeof landlines / sizeof *landlines; i++)
		assert_finds(c, landlines[i], landline, "phone");
	assert_misses(c, "5679", mobile);
	assert_misses(c, "19012345679", mobile);
}

static void a_second_phone_finds_the_household_as_well(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t id =
		open_at(c, people.centre, "A1", "甲", "19012345678/0539-7654321", NULL, NULL, NULL, NULL);
	assert_finds(c, "0539-7654321", id, "phone");
}

static void literals_stay_literals(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t plain = open_at(c, people.centre, "B1", "普通人", NULL, "甲乙苑", "1", "1", "101");
	int64_t odd = open_at(c, people.centre, "B2", "百分之%商店", NULL, "[东]区_一", "2", "1", "102");
	assert_finds(c, "%", odd, "name");
	assert_finds(c, "_", odd, "address");
	assert_finds(c, "[东]", odd, "address");
	assert_misses(c, "%", plain);
	assert_misses(c, "_", plain);
	assert_misses(c, "[东西]", odd);
	assert_misses(c, "甲%苑", plain);
	assert_misses(c, "甲_苑", plain);
	assert_misses(c, "' OR 1=1 --", plain);
}

static void a_word_in_the_middle_of_an_address_is_found(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t id = open_at(c, people.centre, "C1", "甲", NULL, "我家在上海东边", NULL, NULL, NULL);
	assert_finds(c, "上海", id, "address");
	assert_finds(c, "海东", id, "address");
}

static void an_address_is_found_across_its_levels_however_its_words_were_stored(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t bare = open_at(c, people.centre, "D1", "甲", NULL, "锦绣花园", "3", "2", "501");
	int64_t words = open_at(c, people.centre, "D2", "乙", NULL, "滨河花园", "3号楼", "2单元", "501室");
	int64_t block = open_at(c, people.centre, "D3", "丙", NULL, "金水湾", "3栋", "2单元", "501");
	const char *const both[] = { "花园3号楼2单元501", "3号楼2单元501", "楼2单元50", "元501", "501室",
		"花园3号楼" };
	for (size_t i = 0; i < sizeof both / sizeof *both; i++) {
		assert_finds(c, both[i], bare, "address");
		assert_finds(c, both[i], words, "address");
	}
	assert_finds(c, "锦绣花园3-2-501", bare, "address");
	assert_finds(c, "滨河花园 3 2 501", words, "address");
	assert_finds(c, "金水湾3号楼2单元501", block, "address");
	assert_finds(c, "金水湾3-2-501", block, "address");
	assert_misses(c, "花园3号楼2单元502", bare);
	assert_misses(c, "花园2号楼2单元501", bare);
}

static void a_meter_number_finds_its_household(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t id = open_at(c, people.centre, "E1", "甲", NULL, NULL, NULL, NULL, NULL);
	struct household household;
	assert_true(household_read(c, id, &household));
	struct meter meter = { .number = "00987654",
		.kind = METER_IOT,
		.installed_on = NO_DATE,
		.verified_until = NO_DATE,
		.removed_on = NO_DATE };
	assert_true(meter_open(c, &household, &meter));
	assert_finds(c, "00987654", id, "number");
	assert_finds(c, "00987", id, "number");
}

static void masked_names_leave_the_search(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	open_at(c, people.centre, "F1", "王小明", "19012345678", NULL, NULL, NULL, NULL);
	struct answer_list list = ask(c, "王小明");
	assert_int_equal(list.count, 1);
	assert_string_equal(list.hits[0].title, "王*明");
	assert_string_equal(list.hits[0].type, "household");
	assert_string_equal(list.hits[0].number, "F1");
}

static void the_fence_holds_for_every_kind_of_hit(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t own = open_at(c, people.centre, "G1", "王小明", "19012345678", "锦绣花园", "3", "2", "501");
	int64_t foreign =
		open_at(c, people.other_centre, "G1", "王小明", "19012345678", "锦绣花园", "3", "2", "501");
	people_act(c, people_member(c, "T1", people.centre, "hotline"));
	const char *const queries[] = { "G1", "王小明", "19012345678", "5678", "锦绣", "花园3号楼2单元501",
		"501室" };
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		struct answer_list list = ask(c, queries[i]);
		assert_true(has(&list, own));
		assert_false(has(&list, foreign));
	}
}

static void a_moved_household_is_found_where_it_lies_now(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t hotline = people_member(c, "T1", people.team, "hotline");
	int64_t id = open_at(c, people.centre, "H1", "王小明", "19012345678", "锦绣花园", "3", "2", "501");
	const struct actor *system = c->actor;
	people_act(c, hotline);
	assert_misses(c, "锦绣花园", id);
	assert_misses(c, "王小明", id);
	c->actor = system;
	struct household household;
	assert_true(household_read(c, id, &household));
	household.org_id = people.team;
	assert_true(household_edit(c, &household));
	people_act(c, hotline);
	assert_finds(c, "锦绣花园", id, "address");
	assert_finds(c, "王小明", id, "name");
	assert_finds(c, "5678", id, "phone");
}

static void a_changed_address_is_found_and_the_old_one_is_not(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	int64_t id = open_at(c, people.centre, "I1", "王小明", NULL, "锦绣花园", "3", "2", "501");
	struct household household;
	assert_true(household_read(c, id, &household));
	household.community = "滨河名城";
	household.name = "李大强";
	assert_true(household_edit(c, &household));
	assert_finds(c, "名城3号楼", id, "address");
	assert_finds(c, "大强", id, "name");
	assert_misses(c, "锦绣", id);
	assert_misses(c, "小明", id);
}

/* ---- the same as a plain look through everything
 * ---------------------------------------------------------------- */

enum { RANDOM_HOUSEHOLDS = 150, RANDOM_QUERIES = 400 };

static uint32_t random_next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static const char *random_of(const char *const *list, size_t count, uint32_t *seed)
{
	return list[random_next(seed) % count];
}
#define RANDOM_OF(list, seed) random_of(list, sizeof(list) / sizeof *(list), seed)

/* A piece of a text, from a random character on, of a random length. */
static const char *piece(struct ctx *c, const char *text, uint32_t *seed)
{
	size_t characters = text_characters(text);
	if (!characters)
		return "";
	size_t from = random_next(seed) % characters, length = 1 + random_next(seed) % (characters - from);
	const char *start = text;
	for (size_t i = 0; i < from; i++)
		text_next(&start);
	const char *end = start;
	for (size_t i = 0; i < length; i++)
		text_next(&end);
	return arena_text_n(c->arena, start, (size_t)(end - start));
}

static void an_address_search_equals_a_plain_look_through_all_addresses(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	static const char *const communities[] = { "锦绣花园", "花园", "园", "1号院", "11区", "A座大厦",
		"东1区1", NULL };
	static const char *const buildings[] = { "1", "11", "1号楼", "A", "1栋", "12#", NULL };
	static const char *const units[] = { "1", "2", "1单元", "11", "B", NULL };
	static const char *const rooms[] = { "101", "1101", "11", "1-101", "101室", "甲101", NULL };
	static int64_t ids[RANDOM_HOUSEHOLDS];
	static const char *forms[RANDOM_HOUSEHOLDS];
	uint32_t seed = 20260930;
	for (size_t i = 0; i < RANDOM_HOUSEHOLDS; i++) {
		const char *number =
			arena_format(c->arena, "户%zu号", i); /* no digits alone: kept apart from addresses */
		struct household household;
		ids[i] = open_at(c, people.centre, number, NULL, NULL, RANDOM_OF(communities, &seed),
			RANDOM_OF(buildings, &seed), RANDOM_OF(units, &seed), RANDOM_OF(rooms, &seed));
		assert_true(household_read(c, ids[i], &household));
		forms[i] = household.address ? text_search_form(c->arena, household.address) : "";
	}
	struct find_scope scope = { .company_id = people.company, .whole = true };
	for (size_t q = 0; q < RANDOM_QUERIES; q++) {
		const char *query = piece(c, forms[random_next(&seed) % RANDOM_HOUSEHOLDS], &seed);
		if (q % 5 == 0)
			query = arena_format(c->arena, "%s%s", query,
				piece(c, forms[random_next(&seed) % RANDOM_HOUSEHOLDS], &seed));
		int64_t found[RANDOM_HOUSEHOLDS];
		struct household_hits hits = { .ids = found, .limit = RANDOM_HOUSEHOLDS };
		if (!*query)
			continue;
		assert_true(household_find_address(c, &scope, query, &hits));
		assert_false(hits.more);
		for (size_t i = 0; i < RANDOM_HOUSEHOLDS; i++) {
			bool wanted = strstr(forms[i], query), given = false;
			for (size_t k = 0; k < hits.count; k++)
				given = given || found[k] == ids[i];
			if (wanted != given)
				print_error("“%s” in “%s”: wanted %d, given %d\n", query, forms[i], wanted,
					given);
			assert_int_equal(wanted, given);
		}
	}
}

static void the_same_question_has_the_same_answer_in_the_same_order(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	for (int i = 0; i < 60; i++)
		open_at(c, people.centre, arena_format(c->arena, "J%02d", i), "王小明", NULL, "锦绣花园", "1",
			"1", arena_format(c->arena, "%d", 101 + i));
	struct answer_list first = ask(c, "花园1"), second = ask(c, "花园1");
	assert_true(first.more);
	assert_int_equal(first.count, FIND_LIMIT_MOST);
	for (size_t i = 0; i < first.count; i++)
		assert_int_equal(first.hits[i].id, second.hits[i].id);
	assert_string_equal(first.hits[0].subtitle, "锦绣花园1号楼1单元101室");
	assert_string_equal(first.hits[49].subtitle, "锦绣花园1号楼1单元150室");
}

/* ---- the page
 * ----------------------------------------------------------------------------------------------------- */

static void the_page_shows_everything_masked(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	struct household household;
	int64_t id = open_at(c, people.centre, "K1", "王小明", "19012345678", "锦绣花园", "3", "2", "501");
	assert_true(household_read(c, id, &household));
	struct meter meter = { .number = "0001",
		.kind = METER_IOT,
		.installed_on = NO_DATE,
		.verified_until = NO_DATE,
		.removed_on = NO_DATE };
	assert_true(meter_open(c, &household, &meter));
	assert_true(household_read(c, id, &household));
	struct json_out out = json_out_new(c->arena);
	assert_true(find_page_write(c, &household, false, &out));
	const char *page = json_out_text(&out);
	json_t *json;
	assert_true(json_parse(c, page, strlen(page), &json));
	assert_null(strstr(page, "王小明"));
	assert_null(strstr(page, "19012345678"));
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(json, "household"), "name")), "王*明");
	assert_string_equal(json_string_value(json_object_get(json_object_get(json, "household"), "phone")),
		"190****5678");
	assert_int_equal(json_array_size(json_object_get(json, "meters")), 1);
	assert_int_equal(json_array_size(json_object_get(json, "contacts")), 1);
	assert_true(json_array_size(json_object_get(json, "changes")) >= 1);
	assert_true(json_array_size(json_object_get(json, "sections")) >= 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(a_name_is_found_by_one_two_and_three_characters),
		kit_test(a_rare_surname_of_four_bytes_is_found),
		kit_test(a_household_number_is_found_whole_and_by_its_beginning),
		kit_test(a_phone_is_found_in_any_writing_and_by_its_last_digits),
		kit_test(a_second_phone_finds_the_household_as_well),
		kit_test(literals_stay_literals),
		kit_test(a_word_in_the_middle_of_an_address_is_found),
		kit_test(an_address_is_found_across_its_levels_however_its_words_were_stored),
		kit_test(a_meter_number_finds_its_household),
		kit_test(masked_names_leave_the_search),
		kit_test(the_fence_holds_for_every_kind_of_hit),
		kit_test(a_moved_household_is_found_where_it_lies_now),
		kit_test(a_changed_address_is_found_and_the_old_one_is_not),
		kit_test(an_address_search_equals_a_plain_look_through_all_addresses),
		kit_test(the_same_question_has_the_same_answer_in_the_same_order),
		kit_test(the_page_shows_everything_masked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
