/* dispatch_test.c: who goes, who doesn't and why, and what happens when nobody takes an order. */
#include <string.h>

#include "domain/fieldwork/dispatch/dispatch.h"
#include "domain/fieldwork/dispatch/dispatch_internal.h"
#include "domain/organisation/duty/duty.h"
#include "domain/organisation/duty/shift.h"
#include "kit/crew.h"
#include "platform/json.h"

static int64_t number(struct ctx *c, const char *sql, int64_t id)
{
	int64_t found = -1;
	assert_true(db_number(c, &found, 0, sql, V(id)));
	return found;
}

static void assert_dispatch(
	struct ctx *c, const struct repair *order, int64_t staff_id, const char *reason, const char *problem)
{
	struct repair copy = *order;
	const struct repair_step step = { .step = STEP_DISPATCH, .staff_id = staff_id, .reason = reason };
	bool done = repair_step(c, &copy, &step);
	if (problem)
		assert_string_equal(kit_problem(c), problem);
	assert_int_equal(done, problem == NULL);
	ctx_forgive(c);
}

static struct repair read_again(struct ctx *c, const struct repair *order)
{
	struct repair present;
	assert_true(repair_read(c, order->id, &present));
	return present;
}

static void run_job(struct ctx *c)
{
	bool more;
	assert_true(offer_job(c, &more));
	assert_false(more);
}

/* ---- refusals
 * -------------------------------------------------------------------------------------------------------------
 */

static void a_refusal_names_every_reason_at_once(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t novice = crew_novice(c, "T9", p.team);
	struct repair order = crew_order(c, p.centre, "no_gas");
	assert_dispatch(c, &order, novice, NULL,
		"dispatch.skill staff_id, dispatch.certificate staff_id, dispatch.off_duty staff_id");
}

static void a_reason_overrules_duty_and_load_but_never_skill_or_certificate(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t off = crew_technician(c, "T1", p.team), novice = crew_novice(c, "T9", p.team);
	assert_true(duty_end(c, off));
	struct repair order = crew_order(c, p.centre, "no_gas");
	assert_dispatch(
		c, &order, novice, "只有他在", "dispatch.skill staff_id, dispatch.certificate staff_id");
	assert_dispatch(c, &order, off, NULL, "dispatch.off_duty staff_id");
	assert_dispatch(c, &order, off, "本人同意加班", NULL);
}

static void a_certificate_is_good_on_its_last_day_and_not_the_next(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_novice(c, "T1", p.team);
	crew_skill(c, member, "indoor");
	crew_certificate(c, member, "gas_repair", instant_date(c->now));
	assert_true(duty_start(c, member, c->now, instant_plus(c->now, DAY_MS)));
	struct repair order = crew_order(c, p.centre, "no_gas");
	kit_advance(*state, 90 * MINUTE_MS); /* midnight */
	assert_dispatch(c, &order, member, "急", "dispatch.certificate_expired staff_id");
	kit_advance(*state, -90 * MINUTE_MS);
	assert_dispatch(c, &order, member, NULL, NULL);
}

static void six_orders_in_hand_are_enough(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team);
	for (int i = 0; i < 6; i++) {
		struct repair order = crew_order(c, p.centre, "no_gas");
		assert_dispatch(c, &order, member, NULL, NULL);
	}
	struct repair seventh = crew_order(c, p.centre, "no_gas");
	assert_dispatch(c, &seventh, member, NULL, "dispatch.load staff_id");
	assert_dispatch(c, &seventh, member, "就在隔壁", NULL);
}

static void only_people_of_the_company_who_go_out_are_sent(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t stranger = crew_technician(c, "T1", p.other_centre);
	int64_t clerk = people_member(c, "C1", p.centre, "counter");
	struct repair order = crew_order(c, p.centre, "no_gas");
	assert_dispatch(c, &order, stranger, "就近", "dispatch.company staff_id");
	assert_dispatch(c, &order, clerk, "就近",
		"dispatch.role staff_id, dispatch.skill staff_id, dispatch.certificate staff_id");
	assert_dispatch(c, &order, 424242, "就近", "unknown staff_id");
	assert_dispatch(c, &order, 0, NULL, "required staff_id");
}

/* ---- suggestions
 * ------------------------------------------------------------------------------------------------------------
 */

static void suggestions_put_the_fit_first_then_the_less_loaded_and_nearer(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct dispatch_person found[10];
	size_t count;
	people_units(c, &p);
	int64_t busy = crew_technician(c, "T1", p.team), far = crew_technician(c, "T2", p.team);
	int64_t near = crew_technician(c, "T3", p.team), novice = crew_novice(c, "T9", p.team);
	assert_true(duty_report_place(c, far, 118900000, 34900000));
	assert_true(duty_report_place(c, near, 118651000, 34921000));
	struct repair load = crew_order(c, p.centre, "no_gas");
	crew_step(c, &load, (struct repair_step){ .step = STEP_DISPATCH, .staff_id = busy });
	struct repair order = { .org_id = p.centre,
		.kind = "no_gas",
		.address = "测试路1号",
		.caller_phone = "0539-0000000",
		.longitude_e6 = 118650000,
		.latitude_e6 = 34920000 };
	assert_true(repair_file(c, &order));
	assert_true(dispatch_suggest(c, &order, found, 10, &count));
	assert_int_equal(count, 4);
	assert_int_equal(found[0].staff_id, near);
	assert_int_equal(found[3].staff_id, novice);
	assert_int_equal(found[3].refusal_count, 3);
	/* About 144 m by the map. */
	assert_in_range(found[0].distance_m, 130, 160);
}

static void a_centre_without_anybody_fit_looks_around_in_its_company(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct dispatch_person found[10];
	size_t count;
	people_units(c, &p);
	int64_t of_company = crew_technician(c, "T1", p.company);
	crew_technician(c, "T2", p.other_centre);
	struct repair order = crew_order(c, p.centre, "no_gas");
	assert_true(dispatch_suggest(c, &order, found, 10, &count));
	assert_int_equal(count, 1);
	assert_int_equal(found[0].staff_id, of_company);
}

/* ---- emergencies
 * ---------------------------------------------------------------------------------------------------------------
 */

static void a_leak_goes_to_somebody_fit_at_once(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	crew_novice(c, "T9", p.team);
	int64_t off = crew_technician(c, "T2", p.team), fit = crew_technician(c, "T1", p.team);
	assert_true(duty_end(c, off));
	struct repair leak = crew_order(c, p.centre, "leak"), ordinary = crew_order(c, p.centre, "no_gas");
	assert_int_equal(leak.status, REPAIR_DISPATCHED);
	assert_int_equal(leak.assignee_id, fit);
	assert_int_equal(leak.dispatched_at.ms, leak.filed_at.ms);
	assert_int_equal(ordinary.status, REPAIR_FILED);
	assert_true(number(c,
			    "SELECT count(*) FROM outbox WHERE subject_id = $1 AND template_code = "
			    "'repair.emergency'",
			    leak.id) > 0);
}

static void an_inspector_stands_in_only_when_no_technician_is_fit(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t inspector = crew_technician(c, "A1", p.team), technician = crew_technician(c, "T1", p.team);
	assert_true(db_run(c, "UPDATE staff_grant SET role = 'inspector' WHERE staff_id = $1", V(inspector)));
	struct repair busy = crew_order(c, p.centre, "no_gas");
	crew_step(c, &busy, (struct repair_step){ .step = STEP_DISPATCH, .staff_id = technician });
	struct repair leak = crew_order(c, p.centre, "leak");
	assert_int_equal(leak.assignee_id, technician);
	assert_true(duty_end(c, technician));
	leak = crew_order(c, p.centre, "leak");
	assert_int_equal(leak.assignee_id, inspector);
}

static void a_leak_without_anybody_tells_the_dispatcher_and_goes_when_somebody_comes(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	people_member(c, "D1", p.centre, "dispatcher");
	struct repair leak = crew_order(c, p.centre, "leak");
	assert_int_equal(leak.status, REPAIR_FILED);
	run_job(c);
	run_job(c);
	assert_int_equal(number(c,
				 "SELECT count(DISTINCT staff_id) FROM outbox WHERE subject_id = $1 AND "
				 "template_code = "
				 "'repair.unassigned'",
				 leak.id),
		1);
	int64_t member = crew_technician(c, "T1", p.team);
	run_job(c);
	leak = read_again(c, &leak);
	assert_int_equal(leak.status, REPAIR_DISPATCHED);
	assert_int_equal(leak.assignee_id, member);
}

static void a_leak_that_nobody_accepts_goes_on_to_the_next_and_its_clock_runs_on(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t first = crew_technician(c, "T1", p.team), second = crew_technician(c, "T2", p.team);
	struct repair leak = crew_order(c, p.centre, "leak");
	assert_int_equal(leak.assignee_id, first);
	kit_advance(*state, 59 * SECOND_MS);
	run_job(c);
	assert_int_equal(read_again(c, &leak).assignee_id, first);
	kit_advance(*state, SECOND_MS);
	run_job(c);
	run_job(c);
	leak = read_again(c, &leak);
	assert_int_equal(leak.status, REPAIR_DISPATCHED);
	assert_int_equal(leak.assignee_id, second);
	assert_int_equal(
		number(c, "SELECT count(*) FROM promise WHERE subject_id = $1 AND code = 'leak.accept'",
			leak.id),
		1);
	assert_int_equal(
		number(c, "SELECT count(*) FROM dispatch_offer WHERE repair_id = $1 AND outcome = 'expired'",
			leak.id),
		1);
	/* Who was too slow is told that it is no longer his. */
	people_act(c, first);
	const struct repair_step accept = { .step = STEP_ACCEPT };
	assert_false(repair_step(c, &leak, &accept));
	assert_int_equal(c->problem.code, FORBIDDEN);
}

static void an_ordinary_order_that_nobody_accepts_comes_back_to_the_board(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	people_member(c, "D1", p.centre, "dispatcher");
	int64_t member = crew_technician(c, "T1", p.team);
	struct repair order = crew_order(c, p.centre, "no_gas");
	crew_step(c, &order, (struct repair_step){ .step = STEP_DISPATCH, .staff_id = member });
	kit_advance(*state, 30 * MINUTE_MS);
	run_job(c);
	order = read_again(c, &order);
	assert_int_equal(order.status, REPAIR_FILED);
	assert_int_equal(order.assignee_id, 0);
	assert_true(number(c,
			    "SELECT count(*) FROM outbox WHERE subject_id = $1 AND template_code = "
			    "'repair.unaccepted'",
			    order.id) > 0);
}

static void an_accepted_order_stays(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team);
	struct repair order = crew_order(c, p.centre, "leak");
	crew_step(c, &order, (struct repair_step){ .step = STEP_ACCEPT });
	kit_advance(*state, HOUR_MS);
	run_job(c);
	assert_int_equal(read_again(c, &order).assignee_id, member);
}

static void a_refused_leak_goes_to_another_and_not_back(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t first = crew_technician(c, "T1", p.team), second = crew_technician(c, "T2", p.team);
	struct repair leak = crew_order(c, p.centre, "leak");
	people_act(c, first);
	crew_step(c, &leak, (struct repair_step){ .step = STEP_REFUSE, .reason = "车坏了" });
	assert_int_equal(leak.assignee_id, second);
	people_act(c, second);
	crew_step(c, &leak, (struct repair_step){ .step = STEP_REFUSE, .reason = "车也坏了" });
	assert_int_equal(leak.status, REPAIR_FILED);
}

/* The public report behind it: a reopened case went to somebody off duty. */
static void reopening_respects_duty_and_certificate(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team);
	struct repair on = crew_order(c, p.centre, "no_gas"), off = crew_order(c, p.centre, "no_gas");
	crew_arrive(c, &on, member);
	crew_prove(c, &on);
	crew_finish(c, &on);
	crew_arrive(c, &off, member);
	crew_prove(c, &off);
	crew_finish(c, &off);
	crew_step(c, &on, (struct repair_step){ .step = STEP_REOPEN, .reason = "又坏了" });
	assert_int_equal(on.assignee_id, member);
	assert_true(duty_end(c, member));
	crew_step(c, &off, (struct repair_step){ .step = STEP_REOPEN, .reason = "又坏了" });
	assert_int_equal(off.assignee_id, 0);
	assert_int_equal(off.status, REPAIR_FILED);
}

/* ---- teams, help, split, board
 * ---------------------------------------------------------------------------------------------------- */

static void a_teams_order_is_taken_by_one_of_its_fit_people(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t novice = crew_novice(c, "T9", p.team);
	struct repair order = crew_order(c, p.centre, "no_gas"), copy = order;
	const struct repair_step to_team = { .step = STEP_DISPATCH, .team_id = p.team };
	assert_false(repair_step(c, &copy, &to_team));
	assert_string_equal(kit_problem(c), "dispatch.nobody team_id");
	ctx_forgive(c);
	int64_t fit = crew_technician(c, "T1", p.team);
	crew_step(c, &order, to_team);
	assert_int_equal(order.assignee_id, 0);
	const struct repair_step accept = { .step = STEP_ACCEPT };
	people_act(c, novice);
	copy = order;
	assert_false(repair_step(c, &copy, &accept));
	assert_string_equal(kit_problem(c), "dispatch.skill staff_id, dispatch.certificate staff_id");
	ctx_forgive(c);
	people_act(c, fit);
	crew_step(c, &order, accept);
	assert_int_equal(order.assignee_id, fit);
}

static void a_helper_sees_and_works_on_the_order(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	bool own;
	people_units(c, &p);
	int64_t first = crew_technician(c, "T1", p.team), second = crew_technician(c, "T2", p.team);
	int64_t novice = crew_novice(c, "T9", p.team);
	struct repair order = crew_order(c, p.centre, "no_gas");
	crew_step(c, &order, (struct repair_step){ .step = STEP_DISPATCH, .staff_id = first });
	assert_false(dispatch_help(c, &order, novice, "人手不够"));
	assert_string_equal(kit_problem(c), "dispatch.skill staff_id, dispatch.certificate staff_id");
	ctx_forgive(c);
	assert_false(dispatch_help(c, &order, first, "人手不够"));
	ctx_forgive(c);
	assert_true(dispatch_help(c, &order, second, "人手不够"));
	assert_true(dispatch_help(c, &order, second, "人手不够")); /* twice is once */
	people_act(c, second);
	assert_true(repair_is_actors(c, &order, &own));
	assert_true(own);
	assert_int_equal(number(c, "SELECT count(*) FROM dispatch_helper WHERE repair_id = $1", order.id), 1);
}

static void a_split_order_has_its_own_number_and_both_say_so(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct repair made;
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "no_gas");
	assert_false(dispatch_split(c, &order, "hose_replace", " ", &made));
	ctx_forgive(c);
	assert_true(dispatch_split(c, &order, "hose_replace", "软管也要换", &made));
	assert_string_equal(made.number, "LS-2026-000002");
	assert_string_equal(made.address, order.address);
	assert_int_equal(made.org_id, order.org_id);
	assert_int_equal(
		number(c, "SELECT count(*) FROM timeline WHERE subject_id = $1 AND kind = 'split'", order.id),
		1);
	assert_int_equal(
		number(c, "SELECT count(*) FROM timeline WHERE subject_id = $1 AND kind = 'split'", made.id),
		1);
}

static void the_board_shows_what_waits_and_who_has_what_within_the_fence(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team),
		dispatcher = people_member(c, "D1", p.centre, "dispatcher");
	struct repair waits = crew_order(c, p.centre, "no_gas"), given = crew_order(c, p.centre, "no_gas");
	struct repair away = crew_order(c, p.other_centre, "no_gas");
	crew_step(c, &given, (struct repair_step){ .step = STEP_DISPATCH, .staff_id = member });
	people_act(c, dispatcher);
	struct json_out out = json_out_new(c->arena);
	assert_true(dispatch_board_write(c, 0, NO_DATE, &out));
	json_t *board = json_loads(json_out_text(&out), 0, NULL);
	assert_non_null(board);
	json_t *unassigned = json_object_get(board, "unassigned"), *people = json_object_get(board, "people");
	assert_int_equal(json_array_size(unassigned), 1);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(unassigned, 0), "number")), waits.number);
	assert_int_equal(json_array_size(people), 1);
	json_t *person = json_array_get(people, 0), *orders = json_object_get(person, "orders");
	assert_int_equal(json_array_size(orders), 1);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(orders, 0), "id")), given.id);
	assert_true(json_is_true(json_object_get(person, "on_duty")));
	assert_int_equal(json_array_size(json_object_get(person, "certificates")), 3);
	assert_null(strstr(json_out_text(&out), away.number));
	json_decref(board);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(a_refusal_names_every_reason_at_once),
		kit_test(a_reason_overrules_duty_and_load_but_never_skill_or_certificate),
		kit_test(a_certificate_is_good_on_its_last_day_and_not_the_next),
		kit_test(six_orders_in_hand_are_enough),
		kit_test(only_people_of_the_company_who_go_out_are_sent),
		kit_test(suggestions_put_the_fit_first_then_the_less_loaded_and_nearer),
		kit_test(a_centre_without_anybody_fit_looks_around_in_its_company),
		kit_test(a_leak_goes_to_somebody_fit_at_once),
		kit_test(an_inspector_stands_in_only_when_no_technician_is_fit),
		kit_test(a_leak_without_anybody_tells_the_dispatcher_and_goes_when_somebody_comes),
		kit_test(a_leak_that_nobody_accepts_goes_on_to_the_next_and_its_clock_runs_on),
		kit_test(an_ordinary_order_that_nobody_accepts_comes_back_to_the_board),
		kit_test(an_accepted_order_stays),
		kit_test(a_refused_leak_goes_to_another_and_not_back),
		kit_test(reopening_respects_duty_and_certificate),
		kit_test(a_teams_order_is_taken_by_one_of_its_fit_people),
		kit_test(a_helper_sees_and_works_on_the_order),
		kit_test(a_split_order_has_its_own_number_and_both_say_so),
		kit_test(the_board_shows_what_waits_and_who_has_what_within_the_fence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
