/* revisit_test.c: who is asked, what a call does, and who handles it again. */
#include <string.h>

#include "domain/care/revisit/revisit.h"
#include "domain/care/revisit/revisit_internal.h"
#include "kit/crew.h"
#include "domain/organisation/staff/staff.h"
#include "kit/served.h"
#include "platform/json.h"

struct scene {
	struct people people;
	int64_t member;
	struct repair order;
};

static struct repair finished(struct ctx *c, int64_t centre, int64_t member, const char *kind)
{
	struct repair order = crew_order(c, centre, kind);
	crew_arrive(c, &order, member);
	if (repair_is_emergency(&order))
		crew_step(c, &order, (struct repair_step){ .step = STEP_SECURE });
	crew_prove(c, &order);
	crew_finish(c, &order);
	return order;
}

/* In the morning, with one technician on duty, a leak has been dealt with. */
static struct scene after_a_leak(struct kit *kit)
{
	struct ctx *c = kit->c;
	struct scene scene;
	kit_set_clock(kit, date_at(instant_date(KIT_NOW), 9 * (int64_t)HOUR_MS));
	people_units(c, &scene.people);
	scene.member = crew_technician(c, "T1", scene.people.team);
	scene.order = finished(c, scene.people.centre, scene.member, "leak");
	return scene;
}

static struct revisit visit_of(struct ctx *c, const struct repair *order, int64_t round)
{
	struct revisit revisit = { 0 };
	bool found;
	assert_true(entity_find(c, &revisit_entity, &revisit, &found,
		"module = 'repair' AND subject_id = $1 AND round = $2", VALUES(V(order->id), V(round))));
	assert_true(found);
	return revisit;
}

static struct repair order_now(struct ctx *c, const struct repair *order)
{
	struct repair now = { 0 };
	assert_true(repair_read(c, order->id, &now));
	return now;
}

static bool call(struct ctx *c, struct revisit *revisit, struct revisit_call told)
{
	return revisit_call_record(c, revisit, &told);
}

static void assert_refused(
	struct ctx *c, struct revisit revisit, struct revisit_call told, const char *problem)
{
	assert_false(revisit_call_record(c, &revisit, &told));
	assert_string_equal(kit_problem(c), problem);
	ctx_forgive(c);
}

static bool promise_has(struct ctx *c, const struct repair *order, const char *code, int state)
{
	int64_t found;
	assert_true(db_number(c, &found, 0,
		"SELECT count(*) FROM promise_measure WHERE module = 'repair' AND subject_id = $1 AND code = "
		"$2 "
		"AND state = $3",
		V(order->id), V(code), V(state)));
	return found == 1;
}

/* ---- who is asked
 * ---------------------------------------------------------------------------------------------------- */

static void every_emergency_is_to_be_asked_about_within_a_day(void **state)
{
	struct kit *kit = *state;
	struct scene s = after_a_leak(kit);
	struct revisit revisit = visit_of(kit->c, &s.order, 1);
	assert_int_equal(revisit.status, REVISIT_DUE);
	assert_int_equal(revisit.due_at.ms, s.order.done_at.ms + 24 * (int64_t)HOUR_MS);
	assert_string_equal(revisit.rule, "emergency");
}

static void ordinary_orders_are_drawn_at_no_time_below_thirty_percent(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct scene s = after_a_leak(kit);
	int64_t drawn = 0;
	for (int64_t n = 1; n <= 30; n++) {
		struct repair order = finished(c, s.people.centre, s.member, "no_gas");
		struct revisit revisit = visit_of(c, &order, 1);
		drawn += revisit.status == REVISIT_DUE;
		assert_true(drawn * 10 >= n * 3);
	}
	assert_true(drawn < 24);
}

/* The share of a great many numbers is that of the rule: within four standard deviations of a fair draw. */
static void the_digest_draws_the_share_of_the_rule(void **state)
{
	struct ctx *c = kit_ctx(*state);
	int drawn = 0;
	for (int i = 0; i < 10000; i++)
		drawn += revisit_draws(arena_format(c->arena, "LS-2026-%06d", i), 300);
	assert_in_range(drawn, 3000 - 184, 3000 + 184);
	assert_true(revisit_draws("LS-2026-000001", 1000));
	assert_false(revisit_draws("LS-2026-000001", 0));
}

static void an_order_that_is_not_drawn_is_closed_after_a_day(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct scene s = after_a_leak(kit);
	struct repair order;
	bool more;
	do
		order = finished(c, s.people.centre, s.member, "no_gas");
	while (visit_of(c, &order, 1).status == REVISIT_DUE);
	kit_advance(kit, 24 * (int64_t)HOUR_MS - 1);
	assert_true(revisit_close_job(c, &more));
	assert_int_equal(order_now(c, &order).status, REPAIR_DONE);
	kit_advance(kit, 1);
	assert_true(revisit_close_job(c, &more));
	assert_int_equal(order_now(c, &order).status, REPAIR_CLOSED);
	assert_int_equal(order_now(c, &s.order).status, REPAIR_DONE); /* this one waits for its call */
}

/* ---- calls
 * -------------------------------------------------------------------------------------------------------------
 */

static void a_content_customer_closes_the_order_and_meets_the_promise(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct scene s = after_a_leak(kit);
	struct revisit revisit = visit_of(c, &s.order, 1);
	assert_true(promise_has(c, &s.order, "emergency.revisit", 1));
	kit_advance(kit, 2 * (int64_t)HOUR_MS);
	assert_true(
		call(c, &revisit, (struct revisit_call){ .outcome = OUTCOME_REACHED, .satisfaction = 4 }));
	revisit = visit_of(c, &s.order, 1);
	assert_int_equal(revisit.status, REVISIT_DONE);
	assert_int_equal(revisit.done_at.ms, c->now.ms);
	assert_false(revisit.second_handling);
	assert_int_equal(order_now(c, &s.order).status, REPAIR_CLOSED);
	assert_true(promise_has(c, &s.order, "emergency.revisit", 3));
	assert_refused(c, revisit, (struct revisit_call){ .outcome = OUTCOME_NO_ANSWER },
		arena_format(c->arena, "409 工单 %s 的回访已回访，请刷新列表", s.order.number));
}

static void a_call_says_what_it_must(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct scene s = after_a_leak(kit);
	struct revisit revisit = visit_of(c, &s.order, 1);
	assert_refused(
		c, revisit, (struct revisit_call){ .outcome = OUTCOME_REACHED }, "required satisfaction");
	assert_refused(c, revisit, (struct revisit_call){ .outcome = OUTCOME_REACHED, .satisfaction = 3 },
		"required reason");
	assert_refused(c, revisit, (struct revisit_call){ .outcome = OUTCOME_NO_ANSWER, .satisfaction = 5 },
		"not_reached satisfaction");
	assert_refused(c, revisit, (struct revisit_call){ .outcome = OUTCOME_LATER }, "required next_at");
	assert_refused(c, revisit, (struct revisit_call){ .outcome = OUTCOME_LATER, .next_at = c->now },
		"past next_at");
	assert_refused(c, revisit,
		(struct revisit_call){
			.outcome = OUTCOME_LATER, .next_at = instant_plus(c->now, 7 * (int64_t)DAY_MS + 1) },
		"range next_at");
	assert_int_equal(visit_of(c, &s.order, 1).attempts, 0);
}

static void an_unhappy_customer_is_served_by_somebody_else_and_asked_again(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct scene s = after_a_leak(kit);
	int64_t other = crew_technician(c, "T2", s.people.team);
	struct revisit revisit = visit_of(c, &s.order, 1);
	assert_true(call(c, &revisit,
		(struct revisit_call){
			.outcome = OUTCOME_REACHED, .satisfaction = 2, .reason = "还有气味" }));
	assert_true(visit_of(c, &s.order, 1).second_handling);
	struct repair order = order_now(c, &s.order);
	assert_int_equal(order.reopened, 1);
	assert_int_equal(order.status, REPAIR_DISPATCHED);
	assert_int_equal(order.assignee_id, other);
	struct repair copy = order;
	const struct repair_step back = { .step = STEP_DISPATCH, .staff_id = s.member, .reason = "人手不够" };
	assert_false(repair_step(c, &copy, &back));
	assert_string_equal(kit_problem(c), "dispatch.recused staff_id");
	ctx_forgive(c);
	crew_arrive(c, &order, other);
	crew_step(c, &order, (struct repair_step){ .step = STEP_SECURE });
	crew_prove(c, &order);
	crew_finish(c, &order);
	assert_int_equal(visit_of(c, &order, 2).status, REVISIT_DUE);
	assert_int_equal(visit_of(c, &order, 1).status, REVISIT_DONE);
}

static void with_nobody_else_the_reopened_order_waits_for_the_dispatcher(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct scene s = after_a_leak(kit);
	struct revisit revisit = visit_of(c, &s.order, 1);
	assert_true(call(c, &revisit,
		(struct revisit_call){
			.outcome = OUTCOME_REACHED, .satisfaction = 1, .reason = "态度不好" }));
	assert_int_equal(order_now(c, &s.order).status, REPAIR_FILED);
	assert_int_equal(order_now(c, &s.order).assignee_id, 0);
}

static void nobody_is_unreachable_before_three_tries_on_two_days(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct scene s = after_a_leak(kit);
	struct revisit revisit = visit_of(c, &s.order, 1);
	const struct revisit_call missed = { .outcome = OUTCOME_NO_ANSWER };
	struct date today = instant_date(c->now);
	assert_true(call(c, &revisit, missed));
	assert_int_equal(revisit.next_at.ms, c->now.ms + 2 * (int64_t)HOUR_MS);
	kit_advance(kit, 2 * (int64_t)HOUR_MS);
	assert_true(call(c, &revisit, missed));
	assert_int_equal(revisit.next_at.ms, date_at(date_plus(today, 1), 9 * (int64_t)HOUR_MS).ms);
	kit_advance(kit, (int64_t)HOUR_MS);
	assert_true(call(c, &revisit, missed)); /* the third on the same day */
	assert_int_equal(revisit.status, REVISIT_DUE);
	kit_advance(kit, 21 * (int64_t)HOUR_MS);
	assert_true(call(c, &revisit, missed));
	assert_int_equal(revisit.status, REVISIT_UNREACHABLE);
	assert_int_equal(revisit.attempts, 4);
	assert_int_equal(order_now(c, &s.order).status, REPAIR_CLOSED);
}

static void nobody_is_rung_up_at_night(void **state)
{
	struct ctx *c = kit_ctx(*state);
	const struct revisit_rules *rules = revisit_rules(c->app);
	struct date day = instant_date(KIT_NOW);
	struct instant morning = date_at(date_plus(day, 1), 9 * (int64_t)HOUR_MS);
	assert_int_equal(revisit_again(rules, date_at(day, 18 * (int64_t)HOUR_MS), 1).ms,
		date_at(day, 20 * (int64_t)HOUR_MS).ms);
	assert_int_equal(revisit_again(rules, date_at(day, 18 * (int64_t)HOUR_MS + 1), 1).ms, morning.ms);
	assert_int_equal(revisit_again(rules, date_at(day, 23 * (int64_t)HOUR_MS), 1).ms, morning.ms);
	assert_int_equal(revisit_again(rules, date_at(day, 5 * (int64_t)HOUR_MS), 1).ms,
		date_at(day, 9 * (int64_t)HOUR_MS).ms);
}

static void a_customer_who_asks_for_later_is_called_then(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct scene s = after_a_leak(kit);
	struct revisit revisit = visit_of(c, &s.order, 1);
	struct instant then = instant_plus(c->now, 5 * (int64_t)HOUR_MS);
	assert_true(call(c, &revisit, (struct revisit_call){ .outcome = OUTCOME_LATER, .next_at = then }));
	assert_int_equal(visit_of(c, &s.order, 1).status, REVISIT_DUE);
	assert_int_equal(visit_of(c, &s.order, 1).next_at.ms, then.ms);
	assert_int_equal(visit_of(c, &s.order, 1).attempts, 0);
}

static void reopening_cancels_the_call_that_was_due(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct scene s = after_a_leak(kit);
	crew_step(c, &s.order, (struct repair_step){ .step = STEP_REOPEN, .reason = "用户来电说还漏" });
	assert_int_equal(visit_of(c, &s.order, 1).status, REVISIT_CANCELLED);
}

static void nobody_asks_about_his_own_work(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct scene s = after_a_leak(kit);
	assert_true(staff_grant_role(c, s.member, "revisit", s.people.centre));
	people_act(c, s.member);
	assert_refused(c, visit_of(c, &s.order, 1),
		(struct revisit_call){ .outcome = OUTCOME_REACHED, .satisfaction = 5 },
		"403 不能回访自己办的工单，请由别人回访");
}

/* ---- through the door
 * ------------------------------------------------------------------------------------------------ */

static void who_calls_sees_the_number_and_the_audit_says_so(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct scene s = after_a_leak(kit);
	struct revisit revisit = visit_of(c, &s.order, 1);
	struct visitor caller = served_person(c, people_member(c, "R1", s.people.centre, "revisit"));
	struct visitor head = served_person(c, people_member(c, "G1", s.people.region, "region"));
	struct visitor foreign = served_person(c, people_member(c, "R2", s.people.other_centre, "revisit"));
	const char *path = arena_format(c->arena, "/revisits/%lld", (long long)revisit.id);
	int64_t looked;
	struct answer answer = served_ask(kit, &caller, "GET", path, NULL, NULL);
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(answer.body, "\"phone\":\"0539-0000000\""));
	assert_non_null(strstr(answer.body, "\"caller_phone\":\"0539-0000000\""));
	answer_free(&answer);
	answer = served_ask(kit, &head, "GET", path, NULL, NULL);
	assert_int_equal(answer.status, 200);
	assert_null(strstr(answer.body, "0539-0000000"));
	answer_free(&answer);
	assert_int_equal(served_status(kit, &foreign, "GET", path, NULL), 404);
	assert_true(db_number(c, &looked, 0,
		"SELECT count(*) FROM audit WHERE action = 'revisit.unmask' AND subject_id = $1",
		V(revisit.id)));
	assert_int_equal(looked, 1);
}

static void a_call_through_the_door_tells_of_the_second_handling(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct scene s = after_a_leak(kit);
	struct revisit revisit = visit_of(c, &s.order, 1);
	struct visitor caller = served_person(c, people_member(c, "R1", s.people.centre, "revisit"));
	struct visitor head = served_person(c, people_member(c, "G1", s.people.region, "region"));
	const char *path = arena_format(c->arena, "/revisits/%lld/calls", (long long)revisit.id);
	const char *body = "{\"outcome\":\"reached\",\"satisfaction\":2,\"reason\":\"没修好\"}";
	assert_int_equal(served_status(kit, &head, "POST", path, body), 403);
	assert_int_equal(
		served_status(kit, &caller, "POST", path, "{\"outcome\":\"reached\",\"satisfaction\":6}"),
		422);
	struct answer answer = served_ask(kit, &caller, "POST", path, NULL, body);
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(answer.body, "\"second_handling\":true"));
	assert_non_null(strstr(answer.body, "\"outcome\":\"reached\""));
	answer_free(&answer);
	assert_int_equal(served_status(kit, &caller, "POST", path, body), 409);
	answer = served_ask(kit, &caller, "GET", "/revisits?status=done&sort=-done_at", NULL, NULL);
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(answer.body, s.order.number));
	answer_free(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(every_emergency_is_to_be_asked_about_within_a_day),
		kit_test(ordinary_orders_are_drawn_at_no_time_below_thirty_percent),
		kit_test(the_digest_draws_the_share_of_the_rule),
		kit_test(an_order_that_is_not_drawn_is_closed_after_a_day),
		kit_test(a_content_customer_closes_the_order_and_meets_the_promise),
		kit_test(a_call_says_what_it_must),
		kit_test(an_unhappy_customer_is_served_by_somebody_else_and_asked_again),
		kit_test(with_nobody_else_the_reopened_order_waits_for_the_dispatcher),
		kit_test(nobody_is_unreachable_before_three_tries_on_two_days),
		kit_test(nobody_is_rung_up_at_night),
		kit_test(a_customer_who_asks_for_later_is_called_then),
		kit_test(reopening_cancels_the_call_that_was_due),
		kit_test(nobody_asks_about_his_own_work),
		served_test(who_calls_sees_the_number_and_the_audit_says_so),
		served_test(a_call_through_the_door_tells_of_the_second_handling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
