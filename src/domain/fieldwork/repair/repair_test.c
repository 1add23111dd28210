/* repair_test.c: filing and the course. */
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

/* ---- filing
 * ----------------------------------------------------------------------------------------------------------
 */

static void an_order_has_a_number_of_its_company_and_year(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair first = crew_order(c, p.centre, "no_gas"), second = crew_order(c, p.centre, "no_gas");
	struct repair other = crew_order(c, p.other_centre, "no_gas");
	assert_string_equal(first.number, "LS-2026-000001");
	assert_string_equal(second.number, "LS-2026-000002");
	assert_string_equal(other.number, "HD-2026-000001");
	kit_set_clock(*state, (struct instant){ KIT_NOW.ms + 95 * (int64_t)DAY_MS });
	struct repair next_year = crew_order(c, p.centre, "no_gas");
	assert_string_equal(next_year.number, "LS-2027-000001");
}

/* 22:30 on the eve of the holiday: six hours later is 04:30, a day later 22:30; no gap, no calendar. */
static void a_network_fault_owes_six_and_twenty_four_hours(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	char text[INSTANT_TEXT_SIZE];
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "network_stop");
	struct json_out out = json_out_new(c->arena);
	assert_true(promise_write(c, (struct subject){ "repair", order.id }, &out));
	assert_non_null(strstr(json_out_text(&out), "2026-10-01T04:30:00+08:00"));
	assert_non_null(strstr(json_out_text(&out), "2026-10-01T22:30:00+08:00"));
	/* The earliest is that of dispatching, half an hour. */
	assert_string_equal(instant_text(order.due_at, text), "2026-09-30T23:00:00+08:00");
}

static void an_emergency_needs_only_address_phone_and_the_script(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = { .org_id = p.centre, .level = LEVEL_P1 };
	assert_false(repair_file(c, &order));
	assert_string_equal(kit_problem(c), "required address, required caller_phone, required script_read");
	ctx_forgive(c);
	order = (struct repair){ .org_id = p.centre,
		.level = LEVEL_P1,
		.address = "测试路口",
		.caller_phone = "0539-0000000",
		.script_read = true };
	assert_true(repair_file(c, &order));
	assert_string_equal(order.kind, "leak");
	assert_int_equal(order.door, DOOR_HOTLINE);
}

static void the_script_not_read_takes_a_reason_that_is_kept(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = { .org_id = p.centre,
		.kind = "leak",
		.address = "测试路口",
		.caller_phone = "0539-0000000",
		.script_reason = "用户已挂断" };
	assert_true(repair_file(c, &order));
	assert_true(
		count(c, "SELECT count(*) FROM timeline WHERE subject_id = $1 AND text LIKE '%用户已挂断%'",
			order.id) == 1);
}

static void wrong_fields_are_all_named_at_once(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = { .org_id = p.centre, .kind = "haunted", .appointment_from = c->now };
	assert_false(repair_file(c, &order));
	assert_string_equal(kit_problem(c),
		"unknown kind, required address, required caller_phone, required appointment_to");
}

static void an_emergency_is_not_put_off_by_appointment(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = { .org_id = p.centre,
		.kind = "leak",
		.address = "测试路口",
		.caller_phone = "0539-0000000",
		.script_read = true,
		.appointment_from = instant_plus(c->now, DAY_MS),
		.appointment_to = instant_plus(c->now, DAY_MS + HOUR_MS) };
	assert_false(repair_file(c, &order));
	assert_string_equal(kit_problem(c), "emergency appointment_from");
}

static void an_order_filed_at_a_team_lies_with_its_centre(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = crew_order(c, p.team, "no_gas");
	assert_int_equal(order.org_id, p.centre);
	assert_int_equal(order.company_id, p.company);
}

static void a_company_with_one_centre_leaves_no_question_and_with_two_it_keeps_the_order(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = crew_order(c, p.company, "no_gas");
	assert_int_equal(order.org_id, p.centre);
	struct org second = {
		.parent_id = p.company, .kind = ORG_CENTRE, .code = "LSD", .name = "兰山第二客服中心"
	};
	assert_true(org_open(c, &second));
	order = crew_order(c, p.company, "no_gas");
	assert_int_equal(order.org_id, p.company);
}

static void a_teams_person_files_what_lies_with_the_centre_and_sees_it(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	people_act(c, people_member(c, "C1", p.team, "counter"));
	struct repair order = crew_order(c, 0, "no_gas");
	assert_int_equal(order.org_id, p.centre);
	assert_true(repair_require(c, &order, MAY_VIEW_REPAIR));
	order.filed_by_id = 0;
	assert_false(repair_require(c, &order, MAY_VIEW_REPAIR));
}

static void above_the_companies_nothing_is_filed(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = {
		.org_id = p.group, .kind = "no_gas", .address = "某处", .caller_phone = "0539-0000000"
	};
	assert_false(repair_file(c, &order));
	assert_string_equal(kit_problem(c), "above org_id");
}

static void a_household_lends_its_address_and_centre(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct household household = { .org_id = p.centre,
		.number = "90000001",
		.name = "测试甲",
		.phone = "0539-0000001",
		.community = "测试花园",
		.building = "3",
		.unit = "2",
		.room = "501",
		.user_class = CLASS_COMMERCIAL };
	assert_true(household_open(c, &household));
	struct repair order = { .household_id = household.id, .kind = "no_gas" };
	assert_true(repair_file(c, &order));
	assert_int_equal(order.org_id, p.centre);
	assert_string_equal(order.address, household.address);
	assert_string_equal(order.caller_phone, "0539-0000001");
	assert_int_equal(order.user_class, CLASS_COMMERCIAL);
}

static void a_stranger_cannot_file_for_anothers_household(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct household household = { .org_id = p.centre,
		.number = "90000001",
		.name = "测试甲",
		.phone = "0539-0000001",
		.community = "测试花园",
		.user_class = CLASS_RESIDENT };
	assert_true(household_open(c, &household));
	people_act(c, people_member(c, "H9", p.other_centre, "hotline"));
	struct repair order = { .household_id = household.id, .kind = "no_gas" };
	assert_false(repair_file(c, &order));
	assert_int_equal(c->problem.code, NOT_FOUND);
}

/* ---- the course
 * -------------------------------------------------------------------------------------------------------- */

/* What the trade allows, written down apart from the program: for each state the steps that lead on. */
static const struct {
	enum repair_status from;
	const char *steps;
} allowed[] = {
	{ REPAIR_FILED, " dispatch wait cancel join move " },
	{ REPAIR_DISPATCHED, " dispatch accept refuse cancel join move " },
	{ REPAIR_ACCEPTED, " dispatch refuse depart wait cancel join move " },
	{ REPAIR_DEPARTED, " dispatch arrive wait cancel move " },
	{ REPAIR_ARRIVED, " dispatch secure wait finish " },
	{ REPAIR_WAITING, " resume cancel join " },
	{ REPAIR_DONE, " close reopen " },
	{ REPAIR_CLOSED, " reopen " },
	{ REPAIR_CANCELLED, " " },
	{ REPAIR_JOINED, " " },
};

static bool is_allowed(enum repair_status from, const char *step)
{
	char wanted[32];
	snprintf(wanted, sizeof wanted, " %s ", step);
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
		if (allowed[i].from == from)
			return strstr(allowed[i].steps, wanted) != NULL;
	}
	return false;
}

static void every_state_takes_exactly_its_steps(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team), second = crew_technician(c, "T2", p.team);
	struct repair stays = crew_order(c, p.centre, "no_gas");
	for (int from = REPAIR_FILED; from < repair_status_count; from++) {
		for (int step = STEP_DISPATCH; step < repair_step_name_count; step++) {
			struct repair order = crew_order(c, p.centre, "no_gas");
			const char *code = choice_code(repair_step_names, step);
			order.status = (enum repair_status)from;
			order.waiting_from = from == REPAIR_WAITING ? REPAIR_ARRIVED : repair_status_none;
			order.assignee_id = from > REPAIR_FILED && from <= REPAIR_DONE ? member : 0;
			assert_true(entity_update(c, &repair_entity, &order));
			if (from == REPAIR_ARRIVED)
				crew_prove(c, &order);
			const struct repair_step taken = { .step = (enum repair_step_name)step,
				.staff_id = second,
				.reason = "测试原因",
				.cause = "no_fault",
				.result = "测试结果",
				.other_id = stays.id,
				.org_id = p.other_centre,
				.longitude_e6 = 118650000,
				.latitude_e6 = 34920000 };
			bool done = repair_step(c, &order, &taken);
			if (done != is_allowed((enum repair_status)from, code))
				print_error("%s in %s: %s\n", code, choice_code(repair_statuses, from),
					kit_problem(c));
			assert_int_equal(done, is_allowed((enum repair_status)from, code));
			if (!done)
				assert_int_equal(c->problem.code, CONFLICT);
			ctx_forgive(c);
		}
	}
}

static void the_whole_way_leaves_its_times(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team);
	struct repair order = crew_order(c, p.centre, "no_gas");
	kit_advance(*state, 5 * MINUTE_MS);
	crew_step(c, &order, (struct repair_step){ .step = STEP_DISPATCH, .staff_id = member });
	assert_int_equal(order.team_id, p.team);
	people_act(c, member);
	kit_advance(*state, 5 * MINUTE_MS);
	crew_arrive(c, &order, member);
	crew_prove(c, &order);
	crew_finish(c, &order);
	assert_string_equal(status_of(&order), "done");
	assert_true(order.secured);
	assert_int_equal(order.dispatched_at.ms, KIT_NOW.ms + 5 * MINUTE_MS);
	assert_int_equal(order.arrived_at.ms, KIT_NOW.ms + 10 * MINUTE_MS);
	assert_int_equal(order.done_at.ms, order.arrived_at.ms);
	struct repair stored;
	assert_true(repair_read(c, order.id, &stored));
	assert_int_equal(stored.version, order.version);
	assert_string_equal(stored.cause, "valve_closed");
}

static void finishing_says_why_and_what(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team);
	struct repair order = crew_order(c, p.centre, "no_gas");
	crew_arrive(c, &order, member);
	crew_prove(c, &order);
	assert_refused(
		c, &order, (struct repair_step){ .step = STEP_FINISH }, "required cause, required result");
	assert_refused(c, &order,
		(struct repair_step){ .step = STEP_FINISH, .cause = "aliens", .result = "好了" },
		"unknown cause");
}

static void reasons_are_asked_for(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team);
	struct repair order = crew_order(c, p.centre, "no_gas");
	assert_refused(
		c, &order, (struct repair_step){ .step = STEP_CANCEL, .reason = " 　" }, "required reason");
	assert_refused(c, &order, (struct repair_step){ .step = STEP_WAIT }, "required reason");
	crew_step(c, &order, (struct repair_step){ .step = STEP_DISPATCH, .staff_id = member });
	assert_refused(c, &order, (struct repair_step){ .step = STEP_REFUSE }, "required reason");
	int64_t second = crew_technician(c, "T2", p.team);
	assert_refused(c, &order, (struct repair_step){ .step = STEP_DISPATCH, .staff_id = second },
		"required reason");
}

static void times_from_phones_lie_between_the_last_step_and_now(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team);
	struct repair order = crew_order(c, p.centre, "no_gas");
	crew_step(c, &order, (struct repair_step){ .step = STEP_DISPATCH, .staff_id = member });
	kit_advance(*state, 10 * MINUTE_MS);
	struct instant now = c->now;
	struct repair_step accept = { .step = STEP_ACCEPT };
	accept.at = instant_plus(now, 2 * MINUTE_MS + 1);
	assert_refused(c, &order, accept, "future at");
	accept.at = instant_plus(KIT_NOW, -1);
	assert_refused(c, &order, accept, "order at");
	accept.at = instant_plus(KIT_NOW, MINUTE_MS);
	crew_step(c, &order, accept);
	assert_int_equal(order.accepted_at.ms, KIT_NOW.ms + MINUTE_MS);
	/* A phone whose clock is a little fast: no later than now. */
	crew_step(c, &order, (struct repair_step){ .step = STEP_DEPART, .at = instant_plus(now, MINUTE_MS) });
	assert_int_equal(order.departed_at.ms, now.ms);
}

static void an_order_is_worked_on_by_the_one_who_has_it(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team), second = crew_technician(c, "T2", p.team);
	int64_t dispatcher = people_member(c, "D1", p.centre, "dispatcher");
	struct repair order = crew_order(c, p.centre, "no_gas");
	crew_step(c, &order, (struct repair_step){ .step = STEP_DISPATCH, .staff_id = member });
	people_act(c, second);
	assert_refused(c, &order, (struct repair_step){ .step = STEP_ACCEPT }, "403");
	assert_refused(c, &order, (struct repair_step){ .step = STEP_CANCEL, .reason = "不想去" }, "403");
	people_act(c, dispatcher);
	crew_step(c, &order, (struct repair_step){ .step = STEP_ACCEPT });
	assert_int_equal(order.assignee_id, member);
	assert_int_equal(
		count(c, "SELECT count(*) FROM timeline WHERE subject_id = $1 AND text LIKE '%调度代为登记%'",
			order.id),
		1);
}

static void danger_is_neither_paused_nor_finished_before_it_is_under_control(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team);
	struct repair order = crew_order(c, p.centre, "leak");
	crew_arrive(c, &order, member);
	crew_prove(c, &order);
	assert_refused(
		c, &order, (struct repair_step){ .step = STEP_WAIT, .reason = "等配件" }, "险情还没有控制");
	assert_refused(c, &order,
		(struct repair_step){ .step = STEP_FINISH, .cause = "hose_aged", .result = "换管" }, "险情");
	crew_step(c, &order, (struct repair_step){ .step = STEP_SECURE });
	assert_refused(c, &order, (struct repair_step){ .step = STEP_SECURE }, "不用重复");
	crew_step(c, &order, (struct repair_step){ .step = STEP_WAIT, .reason = "等配件" });
	crew_step(c, &order, (struct repair_step){ .step = STEP_RESUME });
	assert_string_equal(status_of(&order), "arrived");
	crew_finish(c, &order);
}

static void a_leak_is_called_off_by_the_dispatcher_only(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t agent = people_member(c, "H1", p.centre, "hotline");
	int64_t dispatcher = people_member(c, "D1", p.centre, "dispatcher");
	struct repair order = crew_order(c, p.centre, "leak");
	const struct repair_step cancel = { .step = STEP_CANCEL, .reason = "用户说不用来了" };
	people_act(c, agent);
	assert_refused(c, &order, cancel, "调度员");
	people_act(c, dispatcher);
	crew_step(c, &order, cancel);
	assert_string_equal(status_of(&order), "cancelled");
}

static void waiting_leads_back_to_where_it_was(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "no_gas");
	crew_step(c, &order, (struct repair_step){ .step = STEP_WAIT, .reason = "用户要求改日" });
	assert_string_equal(order.waiting_reason, "用户要求改日");
	crew_step(c, &order, (struct repair_step){ .step = STEP_RESUME });
	assert_string_equal(status_of(&order), "filed");
	assert_null(order.waiting_reason);
}

static void reopening_counts_and_clears_the_attempt(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team);
	struct repair order = crew_order(c, p.centre, "no_gas");
	crew_arrive(c, &order, member);
	crew_prove(c, &order);
	crew_finish(c, &order);
	assert_true(duty_end(c, member));
	kit_advance(*state, DAY_MS);
	crew_step(c, &order, (struct repair_step){ .step = STEP_REOPEN, .reason = "用户说又停气" });
	assert_string_equal(status_of(&order), "filed");
	assert_int_equal(order.reopened, 1);
	assert_int_equal(order.done_at.ms, 0);
	assert_int_equal(order.first_arrived_at.ms, KIT_NOW.ms);
	assert_null(order.cause);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(an_order_has_a_number_of_its_company_and_year),
		kit_test(a_network_fault_owes_six_and_twenty_four_hours),
		kit_test(an_emergency_needs_only_address_phone_and_the_script),
		kit_test(the_script_not_read_takes_a_reason_that_is_kept),
		kit_test(wrong_fields_are_all_named_at_once),
		kit_test(an_emergency_is_not_put_off_by_appointment),
		kit_test(an_order_filed_at_a_team_lies_with_its_centre),
		kit_test(a_company_with_one_centre_leaves_no_question_and_with_two_it_keeps_the_order),
		kit_test(a_teams_person_files_what_lies_with_the_centre_and_sees_it),
		kit_test(above_the_companies_nothing_is_filed),
		kit_test(a_household_lends_its_address_and_centre),
		kit_test(a_stranger_cannot_file_for_anothers_household),
		kit_test(every_state_takes_exactly_its_steps),
		kit_test(the_whole_way_leaves_its_times),
		kit_test(finishing_says_why_and_what),
		kit_test(reasons_are_asked_for),
		kit_test(times_from_phones_lie_between_the_last_step_and_now),
		kit_test(an_order_is_worked_on_by_the_one_who_has_it),
		kit_test(danger_is_neither_paused_nor_finished_before_it_is_under_control),
		kit_test(a_leak_is_called_off_by_the_dispatcher_only),
		kit_test(waiting_leads_back_to_where_it_was),
		kit_test(reopening_counts_and_clears_the_attempt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
