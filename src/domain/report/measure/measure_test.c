/* measure_test.c: what counts where, and that parts and wholes agree. */
#include <stdlib.h>
#include <string.h>

#include "domain/care/revisit/revisit.h"
#include "domain/report/measure/measure.h"
#include "kit/crew.h"
#include "kit/served.h"
#include "platform/json.h"

static struct measure_figure figure_of(
	struct ctx *c, const char *code, int64_t org_id, struct date from, struct date to)
{
	const struct measure_scope scope = { .org_id = org_id, .from = from, .to = to };
	struct measure_figure figure;
	assert_non_null(measure_of_code(c->app, code));
	assert_true(measure_compute(c, measure_of_code(c->app, code), &scope, &figure));
	return figure;
}

static void assert_figure(struct measure_figure figure, int64_t numerator, int64_t denominator)
{
	assert_int_equal(figure.numerator, numerator);
	assert_int_equal(figure.denominator, denominator);
}

static void arrive_after(struct kit *kit, struct repair *order, int64_t member, int minutes)
{
	kit_advance(kit, minutes * (int64_t)MINUTE_MS);
	crew_arrive(kit->c, order, member);
}

static void morning(struct kit *kit)
{
	kit_set_clock(kit, date_at(instant_date(KIT_NOW), 9 * (int64_t)HOUR_MS));
}

/* Two leaks reached in 10 and 40 minutes, one that nobody has reached after 31, and one filed just now. */
static void what_is_open_counts_only_once_it_has_run_out(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct people p;
	morning(kit);
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team);
	struct date today = instant_date(c->now);
	struct repair quick = crew_order(c, p.centre, "leak");
	arrive_after(kit, &quick, member, 10);
	struct repair slow = crew_order(c, p.centre, "leak");
	arrive_after(kit, &slow, member, 40);
	crew_order(c, p.centre, "leak");
	kit_advance(kit, 31 * (int64_t)MINUTE_MS);
	crew_order(c, p.centre, "leak");
	assert_figure(figure_of(c, "emergency.arrived_in_30min", p.centre, today, today), 1, 3);
	kit_advance(kit, 30 * (int64_t)MINUTE_MS);
	assert_figure(figure_of(c, "emergency.arrived_in_30min", p.centre, today, today), 1, 4);
}

/* Runs out at 23:10 and is reached after midnight: it belongs to the day on which it ran out, before and
 * after. */
static void a_day_that_is_over_keeps_its_figure(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct people p;
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team);
	struct date first = instant_date(c->now), second = date_plus(first, 1);
	kit_set_clock(kit, date_at(first, 22 * (int64_t)HOUR_MS + 40 * (int64_t)MINUTE_MS));
	struct repair order = crew_order(c, p.centre, "leak");
	kit_set_clock(kit, date_at(second, 30 * (int64_t)MINUTE_MS));
	assert_figure(figure_of(c, "emergency.arrived_in_30min", p.centre, first, first), 0, 1);
	crew_arrive(c, &order, member);
	assert_figure(figure_of(c, "emergency.arrived_in_30min", p.centre, first, first), 0, 1);
	assert_figure(figure_of(c, "emergency.arrived_in_30min", p.centre, second, second), 0, 0);
	assert_figure(figure_of(c, "emergency.arrived_in_30min", p.centre, first, second), 0, 1);
}

static void finish(struct ctx *c, struct repair *order)
{
	crew_step(c, order, (struct repair_step){ .step = STEP_SECURE });
	crew_prove(c, order);
	crew_finish(c, order);
}

static void answer(struct ctx *c, const struct repair *order, struct revisit_call told)
{
	struct revisit revisit = { 0 };
	bool found;
	assert_true(entity_find(c, &revisit_entity, &revisit, &found, "subject_id = $1 AND status = 'due'",
		VALUES(V(order->id))));
	assert_true(found && revisit_call_record(c, &revisit, &told));
}

static void satisfaction_counts_answers_and_not_calls_in_vain(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct people p;
	morning(kit);
	people_units(c, &p);
	int64_t member = crew_technician(c, "T1", p.team);
	struct date today = instant_date(c->now);
	struct repair orders[4];
	for (size_t i = 0; i < 4; i++) {
		orders[i] = crew_order(c, p.centre, "leak");
		crew_arrive(c, &orders[i], member);
		finish(c, &orders[i]);
	}
	answer(c, &orders[0], (struct revisit_call){ .outcome = OUTCOME_REACHED, .satisfaction = 5 });
	answer(c, &orders[1],
		(struct revisit_call){ .outcome = OUTCOME_REACHED, .satisfaction = 3, .reason = "来得晚" });
	answer(c, &orders[2], (struct revisit_call){ .outcome = OUTCOME_REFUSED });
	answer(c, &orders[3], (struct revisit_call){ .outcome = OUTCOME_NO_ANSWER });
	assert_figure(figure_of(c, "revisit.satisfaction", p.centre, today, today), 1, 2);
	assert_figure(figure_of(c, "revisit.second_handling", p.centre, today, today), 1, 2);
	assert_figure(figure_of(c, "revisit.success", p.centre, today, today), 2, 3);
	assert_figure(
		figure_of(c, "revisit.rate", p.centre, today, today), 3, 3); /* the fourth is due tomorrow */
	assert_figure(figure_of(c, "revisit.coverage", p.centre, today, today), 4, 4);
	kit_advance(kit, 25 * (int64_t)HOUR_MS);
	assert_figure(figure_of(c, "revisit.rate", p.centre, today, date_plus(today, 1)), 3, 4);
}

static void a_share_is_never_rounded_up_to_all(void **state)
{
	(void)state;
	assert_int_equal(measure_permille((struct measure_figure){ 9999, 10000 }), 999);
	assert_int_equal(measure_permille((struct measure_figure){ 10000, 10000 }), 1000);
	assert_int_equal(measure_permille((struct measure_figure){ 0, 0 }), -1);
}

/* ---- parts and wholes
 * ---------------------------------------------------------------------------------------------------- */

/* Orders at random places and times over four months, taken as far as chance has it. */
static void make_many(struct kit *kit, const struct people *p)
{
	struct ctx *c = kit->c;
	const int64_t places[] = { p->centre, p->company, p->other_centre };
	const char *const kinds[] = { "leak", "no_gas", "network_stop" };
	srand(7);
	for (int i = 0; i < 36; i++) {
		int64_t place = places[rand() % 3];
		const char *kind = kinds[rand() % 3];
		kit_set_clock(
			kit, instant_plus(KIT_NOW, i * 3 * (int64_t)DAY_MS + rand() % 20 * (int64_t)HOUR_MS));
		int64_t team = place == p->other_centre ? p->other_centre : p->team;
		int64_t member = crew_technician(c, arena_format(c->arena, "T%d", i), team);
		struct repair order = crew_order(c, place, kind);
		int far = rand() % 4;
		if (far == 0)
			continue;
		arrive_after(kit, &order, order.assignee_id ? order.assignee_id : member, rand() % 60);
		if (far == 1 || strcmp(kind, "network_stop") == 0)
			continue;
		finish(c, &order);
		if (far == 3 && strcmp(kind, "leak") == 0)
			answer(c, &order,
				(struct revisit_call){ .outcome = OUTCOME_REACHED,
					.satisfaction = 1 + rand() % 5,
					.reason = "试验" });
	}
	kit_advance(kit, 5 * (int64_t)DAY_MS);
}

static void children_sum(struct ctx *c, const struct measure *measure, const struct measure_scope *scope)
{
	struct measure_figure whole, sum = { 0 };
	struct measure_unit *units;
	size_t count;
	assert_true(measure_compute(c, measure, scope, &whole));
	assert_true(measure_by_org(c, measure, scope, &units, &count));
	for (size_t i = 0; i < count; i++) {
		sum.numerator += units[i].figure.numerator;
		sum.denominator += units[i].figure.denominator;
	}
	assert_figure(sum, whole.numerator, whole.denominator);
}

static void rows_are_the_denominator(
	struct ctx *c, const struct measure *measure, const struct measure_scope *scope)
{
	struct measure_figure figure, seen = { 0 };
	const char *after = NULL;
	assert_true(measure_compute(c, measure, scope, &figure));
	do {
		struct json_out out = json_out_new(c->arena);
		json_t *page, *row;
		size_t at;
		assert_true(measure_rows_write(c, measure, scope, after, 7, &out));
		assert_true(json_parse(c, json_out_text(&out), out.text.length, &page));
		json_array_foreach(json_object_get(page, "items"), at, row)
		{
			seen.denominator++;
			seen.numerator += json_is_true(json_object_get(row, "counted"));
		}
		after = json_string_value(json_object_get(page, "next"));
	} while (after);
	assert_figure(seen, figure.numerator, figure.denominator);
}

static void months_sum(struct ctx *c, const struct measure *measure, const struct measure_scope *scope)
{
	struct measure_figure months[TREND_MONTHS], whole, sum = { 0 };
	struct measure_scope all = *scope;
	int year, month, day;
	date_parts(date_plus_months(scope->to, 1 - TREND_MONTHS), &year, &month, &day);
	assert_true(date_make(year, month, 1, &all.from));
	date_parts(date_plus_months(scope->to, 1), &year, &month, &day);
	assert_true(date_make(year, month, 1, &all.to));
	all.to = date_plus(all.to, -1);
	assert_true(measure_trend(c, measure, scope, months) && measure_compute(c, measure, &all, &whole));
	for (int i = 0; i < TREND_MONTHS; i++) {
		sum.numerator += months[i].numerator;
		sum.denominator += months[i].denominator;
	}
	assert_figure(sum, whole.numerator, whole.denominator);
}

static void units_rows_and_months_add_up_to_the_figure_of_every_measure(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct people p;
	int64_t rows = 0;
	size_t count;
	people_units(c, &p);
	make_many(kit, &p);
	const struct measure *list = measure_list(c->app, &count);
	const int64_t units[] = { p.group, p.region, p.company, p.centre, p.other_company };
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
			const struct measure_scope scope = {
				.org_id = units[k], .from = instant_date(KIT_NOW), .to = instant_date(c->now)
			};
			children_sum(c, &list[i], &scope);
			rows_are_the_denominator(c, &list[i], &scope);
			months_sum(c, &list[i], &scope);
		}
		rows += figure_of(c, list[i].code, p.group, instant_date(KIT_NOW), instant_date(c->now))
				.denominator;
	}
	assert_true(rows > 100); /* there was something to add up */
}

/* ---- through the door
 * ------------------------------------------------------------------------------------------------ */

static void figures_stay_within_the_fence(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct people p;
	people_units(c, &p);
	crew_technician(c, "T1", p.team);
	struct repair here = crew_order(c, p.centre, "leak");
	struct repair there = crew_order(c, p.other_centre, "leak");
	kit_advance(kit, (int64_t)HOUR_MS);
	struct visitor head = served_person(c, people_member(c, "C1", p.centre, "centre"));
	struct visitor clerk = served_person(c, people_member(c, "H1", p.centre, "hotline"));
	const char *rows = "/measures/emergency.arrived_in_30min/rows";
	struct answer got = served_ask(kit, &head, "GET", rows, NULL, NULL);
	assert_int_equal(got.status, 200);
	assert_non_null(strstr(got.body, here.number));
	assert_null(strstr(got.body, there.number));
	answer_free(&got);
	const char *foreign = arena_format(c->arena, "%s?org_id=%lld", rows, (long long)p.other_centre);
	assert_int_equal(served_status(kit, &head, "GET", foreign, NULL), 404);
	assert_int_equal(served_status(kit, &clerk, "GET", "/measures", NULL), 403);
	assert_int_equal(served_status(kit, &head, "GET", "/measures?from=2026-02-29", NULL), 422);
	assert_int_equal(
		served_status(kit, &head, "GET", "/measures?from=2026-09-02&to=2026-09-01", NULL), 422);
	assert_int_equal(served_status(kit, &head, "GET", "/measures/nothing/rows", NULL), 404);
}

static const json_t *article_of(const json_t *board, const char *number)
{
	size_t at;
	json_t *article;
	json_array_foreach(json_object_get(board, "articles"), at, article)
	{
		if (strcmp(json_string_value(json_object_get(article, "number")), number) == 0)
			return article;
	}
	return NULL;
}

static void the_board_shows_each_article_with_its_figures_or_says_that_there_are_none(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit->c;
	struct people p;
	json_t *board;
	people_units(c, &p);
	struct visitor head = served_person(c, people_member(c, "G1", p.group, "group"));
	struct answer got = served_ask(kit, &head, "GET", "/measures/board", NULL, NULL);
	assert_int_equal(got.status, 200);
	assert_true(json_parse(c, got.body, got.length, &board));
	answer_free(&got);
	const json_t *alarm = article_of(board, "第十五条"), *posts = article_of(board, "第七条");
	assert_string_equal(json_string_value(json_object_get(alarm, "status")), "measured");
	assert_string_equal(json_string_value(json_object_get(posts, "status")), "not_measured");
	assert_int_equal(json_array_size(json_object_get(posts, "measures")), 0);
	const json_t *figure = json_array_get(json_object_get(alarm, "measures"), 0);
	assert_int_equal(json_array_size(json_object_get(figure, "trend")), TREND_MONTHS);
	assert_true(json_is_null(json_object_get(figure, "value_permille"))); /* nothing has happened yet */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(what_is_open_counts_only_once_it_has_run_out),
		kit_test(a_day_that_is_over_keeps_its_figure),
		kit_test(satisfaction_counts_answers_and_not_calls_in_vain),
		kit_test(a_share_is_never_rounded_up_to_all),
		kit_test(units_rows_and_months_add_up_to_the_figure_of_every_measure),
		served_test(figures_stay_within_the_fence),
		served_test(the_board_shows_each_article_with_its_figures_or_says_that_there_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
