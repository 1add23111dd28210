/* visit_test.c: what must be there before a step on site. */
#include <string.h>

#include "domain/fieldwork/visit/visit.h"
#include "kit/crew.h"
#include "platform/json.h"

struct scene {
	struct people people;
	int64_t member;
	struct repair order;
};

static struct scene on_site(struct ctx *c, const char *kind)
{
	struct scene scene;
	people_units(c, &scene.people);
	scene.member = crew_technician(c, "T1", scene.people.team);
	scene.order = crew_order(c, scene.people.centre, kind);
	crew_arrive(c, &scene.order, scene.member);
	return scene;
}

static struct subject subject_of(const struct repair *repair)
{
	return (struct subject){ "repair", repair->id };
}

static void assert_finish(struct ctx *c, struct repair *repair, const char *reason, const char *problem)
{
	const struct repair_step step = {
		.step = STEP_FINISH, .cause = "no_fault", .result = "已处理", .reason = reason
	};
	struct repair copy = *repair;
	assert_int_equal(repair_step(c, &copy, &step), problem == NULL);
	if (problem)
		assert_string_equal(kit_problem(c), problem);
	ctx_forgive(c);
}

static bool record(struct ctx *c, struct repair *repair, const char *item, int64_t thousandths)
{
	struct quote_line *line = arena_new_object(c->arena, struct quote_line);
	*line = (struct quote_line){ .item_code = item, .quantity_thousandths = thousandths };
	struct visit_work work = { .lines = line, .line_count = 1, .has_lines = true };
	return visit_record(c, repair, &work);
}

static void quote(struct ctx *c, const struct repair *repair, int64_t thousandths)
{
	struct quote_line *line = arena_new_object(c->arena, struct quote_line);
	struct quote made;
	*line = (struct quote_line){ .item_code = "hose_metal", .quantity_thousandths = thousandths };
	assert_true(quote_make(c, subject_of(repair), repair->org_id, line, 1, &made));
}

static void agree(struct ctx *c, const struct repair *repair)
{
	assert_true(quote_consent_by_signature(
		c, subject_of(repair), crew_evidence(c, repair, EVIDENCE_CONSENT)));
}

static void arriving_needs_the_place_or_a_reason(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team);
	struct repair order = crew_order(c, p.centre, "no_gas"), copy;
	crew_step(c, &order, (struct repair_step){ .step = STEP_DISPATCH, .staff_id = member });
	crew_step(c, &order, (struct repair_step){ .step = STEP_ACCEPT });
	crew_step(c, &order, (struct repair_step){ .step = STEP_DEPART });
	copy = order;
	const struct repair_step nowhere = { .step = STEP_ARRIVE };
	assert_false(repair_step(c, &copy, &nowhere));
	assert_string_equal(kit_problem(c), "visit.place longitude_e6");
	ctx_forgive(c);
	crew_step(c, &order, (struct repair_step){ .step = STEP_ARRIVE, .reason = "地下室没有信号" });
}

static void finishing_names_everything_that_is_missing(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct scene s = on_site(c, "leak");
	crew_step(c, &s.order, (struct repair_step){ .step = STEP_SECURE });
	assert_finish(c, &s.order, NULL,
		"visit.photo evidence.arrival, visit.photo evidence.after, visit.checklist checklist, "
		"visit.signature signature");
	crew_prove(c, &s.order);
	assert_finish(c, &s.order, NULL, NULL);
}

static void ordinary_work_needs_no_arrival_photo(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct scene s = on_site(c, "no_gas");
	assert_finish(c, &s.order, NULL,
		"visit.photo evidence.after, visit.checklist checklist, visit.signature signature");
}

static void a_customer_who_does_not_sign_takes_a_reason(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct scene s = on_site(c, "no_gas");
	json_t *ticked = json_pack(
		"{s:b,s:b,s:b,s:b,s:b}", "tested", 1, "lit", 1, "explained", 1, "rooms", 1, "cleaned", 1);
	struct visit_work work = { .checklist = ticked };
	crew_evidence(c, &s.order, EVIDENCE_AFTER);
	assert_true(visit_record(c, &s.order, &work));
	json_decref(ticked);
	assert_finish(c, &s.order, NULL, "visit.signature signature");
	assert_finish(c, &s.order, "用户外出，家里老人不识字", NULL);
}

static void half_a_checklist_is_none_and_the_rest_may_follow(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct scene s = on_site(c, "no_gas");
	crew_evidence(c, &s.order, EVIDENCE_AFTER);
	crew_evidence(c, &s.order, EVIDENCE_SIGNATURE);
	json_t *first = json_pack("{s:b,s:b,s:b,s:b}", "tested", 1, "lit", 1, "explained", 1, "rooms", 0);
	json_t *rest = json_pack("{s:b,s:b}", "rooms", 1, "cleaned", 1),
	       *odd = json_pack("{s:b}", "painted", 1);
	struct visit_work work = { .checklist = first };
	assert_true(visit_record(c, &s.order, &work));
	assert_finish(c, &s.order, NULL, "visit.checklist checklist");
	work.checklist = odd;
	assert_false(visit_record(c, &s.order, &work));
	assert_string_equal(kit_problem(c), "unknown checklist");
	ctx_forgive(c);
	work.checklist = rest;
	assert_true(visit_record(c, &s.order, &work));
	assert_finish(c, &s.order, NULL, NULL);
	json_decref(first);
	json_decref(rest);
	json_decref(odd);
}

static void paid_work_opens_only_with_consent_and_stays_within_it(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct scene s = on_site(c, "hose_replace");
	assert_false(record(c, &s.order, "hose_metal", 1000));
	assert_string_equal(kit_problem(c), "visit.not_quoted lines.0.item_code");
	ctx_forgive(c);
	quote(c, &s.order, 1500);
	assert_false(record(c, &s.order, "hose_metal", 1000));
	assert_int_equal(c->problem.code, CONFLICT);
	ctx_forgive(c);
	agree(c, &s.order);
	assert_false(record(c, &s.order, "hose_metal", 1501));
	assert_string_equal(kit_problem(c), "visit.beyond_quote lines.0.quantity_thousandths");
	ctx_forgive(c);
	assert_true(record(c, &s.order, "hose_metal", 1200));
	assert_int_equal(s.order.charge_fen, 8160); /* 68.00 × 1.2 */
}

static void what_is_free_needs_no_quotation(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct scene s = on_site(c, "meter_fault");
	assert_true(record(c, &s.order, "battery", 1000));
	assert_int_equal(s.order.charge_fen, 0);
}

static void a_quotation_that_stands_must_be_agreed_and_worked_off_or_withdrawn(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct scene s = on_site(c, "hose_replace");
	crew_prove(c, &s.order);
	quote(c, &s.order, 1000);
	assert_finish(c, &s.order, NULL, "visit.consent quote");
	agree(c, &s.order);
	assert_finish(c, &s.order, NULL, "visit.work work");
	assert_true(record(c, &s.order, "hose_metal", 1000));
	assert_finish(c, &s.order, NULL, NULL);
}

static void a_withdrawn_quotation_hinders_nothing(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct scene s = on_site(c, "hose_replace");
	crew_prove(c, &s.order);
	quote(c, &s.order, 1000);
	assert_true(quote_withdraw(c, subject_of(&s.order)));
	assert_finish(c, &s.order, NULL, NULL);
}

static void work_is_written_down_on_site_only(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "no_gas");
	assert_false(record(c, &order, "battery", 1000));
	assert_int_equal(c->problem.code, CONFLICT);
}

static void a_reopened_order_is_proved_anew(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct scene s = on_site(c, "no_gas");
	crew_prove(c, &s.order);
	crew_finish(c, &s.order);
	crew_step(c, &s.order, (struct repair_step){ .step = STEP_REOPEN, .reason = "又停气" });
	/* On duty still, so it went back to the same person. */
	assert_int_equal(s.order.assignee_id, s.member);
	crew_arrive(c, &s.order, s.member);
	assert_finish(c, &s.order, NULL,
		"visit.photo evidence.after, visit.checklist checklist, visit.signature signature");
	crew_prove(c, &s.order);
	assert_finish(c, &s.order, NULL, NULL);
}

static void the_route_has_ones_own_open_orders_the_urgent_first(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team);
	struct repair ordinary = crew_order(c, p.centre, "no_gas");
	crew_step(c, &ordinary, (struct repair_step){ .step = STEP_DISPATCH, .staff_id = member });
	struct repair leak = crew_order(c, p.centre, "leak"), nobodys = crew_order(c, p.centre, "no_gas");
	people_act(c, member);
	struct json_out out = json_out_new(c->arena);
	assert_true(visit_route_write(c, &out));
	const char *text = json_out_text(&out);
	const char *first = strstr(text, leak.number), *second = strstr(text, ordinary.number);
	assert_non_null(first);
	assert_non_null(second);
	assert_true(first < second);
	assert_null(strstr(text, nobodys.number));
	assert_non_null(strstr(text, "0539-0000000"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(arriving_needs_the_place_or_a_reason),
		kit_test(finishing_names_everything_that_is_missing),
		kit_test(ordinary_work_needs_no_arrival_photo),
		kit_test(a_customer_who_does_not_sign_takes_a_reason),
		kit_test(half_a_checklist_is_none_and_the_rest_may_follow),
		kit_test(paid_work_opens_only_with_consent_and_stays_within_it),
		kit_test(what_is_free_needs_no_quotation),
		kit_test(a_quotation_that_stands_must_be_agreed_and_worked_off_or_withdrawn),
		kit_test(a_withdrawn_quotation_hinders_nothing),
		kit_test(work_is_written_down_on_site_only),
		kit_test(a_reopened_order_is_proved_anew),
		kit_test(the_route_has_ones_own_open_orders_the_urgent_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
