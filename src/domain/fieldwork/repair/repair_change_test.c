/* repair_change_test.c: duplicates and joining, editing and moving, and what the page shows. */
#include <stdio.h>
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/fieldwork/repair/repair.h"
#include "domain/organisation/duty/shift.h"
#include "domain/organisation/org/org.h"
#include "kit/crew.h"
#include "platform/json.h"

static const char *status_of(const struct repair *repair)
{
	return choice_code(repair_statuses, (int)repair->status);
}

static int64_t count(struct ctx *c, const char *sql, int64_t id)
{
	int64_t number = -1;
	assert_true(db_number(c, &number, 0, sql, V(id)));
	return number;
}

/* Refused, with this problem; the record in the database is as before. */
static void assert_refused(
	struct ctx *c, const struct repair *repair, struct repair_step step, const char *problem)
{
	struct repair copy = *repair, present;
	assert_false(repair_step(c, &copy, &step));
	const char *told = kit_problem(c);
	if (!strstr(told, problem))
		print_error("%s instead of %s\n", told, problem);
	assert_non_null(strstr(told, problem));
	ctx_forgive(c);
	assert_true(repair_read(c, repair->id, &present));
	assert_int_equal(present.status, repair->status);
	assert_int_equal(present.version, repair->version);
}

/* ---- duplicates and joining
 * ------------------------------------------------------------------------------------------ */

static void the_same_address_however_written_is_a_duplicate(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	int64_t ids[5];
	size_t found;
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "no_gas");
	assert_true(repair_duplicates(c, p.centre, 0, "测试花园 ３号楼-2单元 501", 0, ids, 5, &found));
	assert_int_equal(found, 1);
	assert_int_equal(ids[0], order.id);
	assert_true(repair_duplicates(c, p.centre, 0, "测试花园3号楼2单元502", 0, ids, 5, &found));
	assert_int_equal(found, 0);
	assert_true(repair_duplicates(c, p.other_centre, 0, order.address, 0, ids, 5, &found));
	assert_int_equal(found, 0);
	assert_true(repair_duplicates(c, p.centre, 0, order.address, order.id, ids, 5, &found));
	assert_int_equal(found, 0);
	kit_advance(*state, 72 * HOUR_MS + 1);
	assert_true(repair_duplicates(c, p.centre, 0, order.address, 0, ids, 5, &found));
	assert_int_equal(found, 0);
}

static void a_finished_order_is_no_duplicate(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	int64_t ids[5];
	size_t found;
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "no_gas");
	crew_step(c, &order, (struct repair_step){ .step = STEP_CANCEL, .reason = "重复" });
	assert_true(repair_duplicates(c, p.centre, 0, order.address, 0, ids, 5, &found));
	assert_int_equal(found, 0);
}

static void joining_hands_the_greater_urgency_on(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair stays = crew_order(c, p.centre, "no_gas"), urgent = crew_order(c, p.centre, "leak");
	crew_step(c, &urgent, (struct repair_step){ .step = STEP_JOIN, .other_id = stays.id });
	assert_string_equal(status_of(&urgent), "joined");
	assert_int_equal(urgent.joined_to_id, stays.id);
	assert_true(repair_read(c, stays.id, &stays));
	assert_int_equal(stays.level, LEVEL_P1);
	assert_int_equal(count(c,
				 "SELECT count(*) FROM promise WHERE subject_id = $1 AND code = "
				 "'leak.arrive' AND state = 1",
				 stays.id),
		1);
	assert_int_equal(
		count(c, "SELECT count(*) FROM promise WHERE subject_id = $1 AND state = 1", urgent.id), 0);
}

static void what_cannot_be_joined_is_refused(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "no_gas"),
		      away = crew_order(c, p.other_centre, "no_gas");
	struct repair over = crew_order(c, p.centre, "no_gas");
	crew_step(c, &over, (struct repair_step){ .step = STEP_CANCEL, .reason = "重复" });
	assert_refused(
		c, &order, (struct repair_step){ .step = STEP_JOIN, .other_id = order.id }, "self other_id");
	assert_refused(
		c, &order, (struct repair_step){ .step = STEP_JOIN, .other_id = away.id }, "另一家公司");
	assert_refused(c, &order, (struct repair_step){ .step = STEP_JOIN, .other_id = over.id }, "已撤销");
	assert_refused(c, &order, (struct repair_step){ .step = STEP_JOIN }, "required other_id");
}

/* ---- editing and moving
 * --------------------------------------------------------------------------------------------------- */

static void two_people_editing_the_second_sees_the_present_version(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair mine = crew_order(c, p.centre, "no_gas"), yours = mine;
	mine.description = "先改的";
	assert_true(repair_edit(c, &mine));
	yours.description = "后改的";
	assert_false(repair_edit(c, &yours));
	assert_int_equal(c->problem.code, STALE);
	assert_non_null(strstr(c->problem.present, "先改的"));
}

static void a_raised_level_starts_the_emergency_promises_at_the_call(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	char text[INSTANT_TEXT_SIZE];
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "no_gas");
	kit_advance(*state, 3 * MINUTE_MS);
	order.kind = "leak";
	order.level = LEVEL_P1;
	assert_true(repair_edit(c, &order));
	int64_t due = count(
		c, "SELECT due_at FROM promise WHERE subject_id = $1 AND code = 'leak.arrive'", order.id);
	assert_string_equal(instant_text((struct instant){ due }, text), "2026-09-30T23:00:00+08:00");
}

static void an_agent_does_not_talk_danger_away(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "leak");
	people_act(c, people_member(c, "H1", p.centre, "hotline"));
	order.level = LEVEL_P3;
	assert_false(repair_edit(c, &order));
	assert_string_equal(kit_problem(c), "lowered level");
}

static void the_timeline_says_that_personal_data_changed_but_not_what_it_was(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "no_gas");
	order.caller_phone = "0539-0000009";
	assert_true(repair_edit(c, &order));
	assert_string_equal(order.phone_form, "05390000009");
	assert_int_equal(count(c,
				 "SELECT count(*) FROM timeline WHERE subject_id = $1 AND text LIKE "
				 "'%联系电话已更改%'",
				 order.id),
		1);
	assert_int_equal(
		count(c, "SELECT count(*) FROM timeline WHERE subject_id = $1 AND text LIKE '%0539%'",
			order.id),
		0);
}

static void a_finished_order_is_not_edited(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "no_gas");
	crew_step(c, &order, (struct repair_step){ .step = STEP_CANCEL, .reason = "重复" });
	order.description = "补充";
	assert_false(repair_edit(c, &order));
	assert_int_equal(c->problem.code, CONFLICT);
}

static void moving_to_another_company_takes_effect_at_once(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team);
	int64_t agent = people_member_with_role_at(c, "H1", p.region, "hotline", p.region);
	int64_t here = people_member(c, "D1", p.centre, "dispatcher");
	struct repair order = crew_order(c, p.centre, "no_gas");
	crew_step(c, &order, (struct repair_step){ .step = STEP_DISPATCH, .staff_id = member });
	people_act(c, here);
	assert_false(repair_move(c, &order, p.other_centre, "属河东辖区"));
	assert_int_equal(c->problem.code, NOT_FOUND);
	ctx_forgive(c);
	assert_true(repair_read(c, order.id, &order));
	people_act(c, agent);
	assert_true(repair_move(c, &order, p.other_centre, "属河东辖区"));
	assert_string_equal(status_of(&order), "filed");
	assert_int_equal(order.company_id, p.other_company);
	assert_int_equal(order.assignee_id, 0);
	people_act(c, here);
	assert_false(fence_require(c, MAY_VIEW_REPAIR, order.org_id, "工单"));
}

static void the_page_hides_the_caller_from_all_but_the_one_who_goes(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team),
		dispatcher = people_member(c, "D1", p.centre, "dispatcher");
	struct repair order = crew_order(c, p.centre, "no_gas");
	crew_step(c, &order, (struct repair_step){ .step = STEP_DISPATCH, .staff_id = member });
	people_act(c, dispatcher);
	struct json_out out = json_out_new(c->arena);
	assert_true(repair_page_write(c, &order, &out));
	assert_null(strstr(json_out_text(&out), "0539-0000000"));
	assert_null(strstr(json_out_text(&out), "05390000000"));
	people_act(c, member);
	out = json_out_new(c->arena);
	assert_true(repair_page_write(c, &order, &out));
	assert_non_null(strstr(json_out_text(&out), "0539-0000000"));
}

static void the_page_offers_exactly_what_the_reader_may_do(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team),
		reader = people_member(c, "R1", p.centre, "reader");
	struct repair order = crew_order(c, p.centre, "leak");
	assert_string_equal(status_of(&order), "dispatched"); /* at once, by the system */
	people_act(c, reader);
	struct json_out out = json_out_new(c->arena);
	assert_true(repair_steps_write(c, &order, &out));
	assert_string_equal(json_out_text(&out), "[]");
	people_act(c, member);
	out = json_out_new(c->arena);
	assert_true(repair_steps_write(c, &order, &out));
	assert_string_equal(json_out_text(&out),
		"[{\"step\":\"accept\",\"label\":\"接单\",\"needs\":[]},"
		"{\"step\":\"refuse\",\"label\":\"退单\",\"needs\":[\"reason\"]}]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(the_same_address_however_written_is_a_duplicate),
		kit_test(a_finished_order_is_no_duplicate),
		kit_test(joining_hands_the_greater_urgency_on),
		kit_test(what_cannot_be_joined_is_refused),
		kit_test(two_people_editing_the_second_sees_the_present_version),
		kit_test(a_raised_level_starts_the_emergency_promises_at_the_call),
		kit_test(an_agent_does_not_talk_danger_away),
		kit_test(the_timeline_says_that_personal_data_changed_but_not_what_it_was),
		kit_test(a_finished_order_is_not_edited),
		kit_test(moving_to_another_company_takes_effect_at_once),
		kit_test(the_page_hides_the_caller_from_all_but_the_one_who_goes),
		kit_test(the_page_offers_exactly_what_the_reader_may_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
