/* Promises through their door: events in, deadlines, results and notices out. */
#include <pthread.h>
#include <string.h>

#include "base/text.h"
#include "domain/core/promise/promise_internal.h"
#include "domain/core/timeline/timeline.h"
#include "kit/house.h"
#include "kit/kit.h"
#include "platform/auth.h"

static const struct subject order = { "repair", 7001 }, case_ = { "complaint", 7002 };

static struct instant at(const char *text)
{
	struct instant instant = { 0 };
	assert_true(instant_parse(text, &instant));
	return instant;
}

static struct promise_facts facts_of(const char *kind, const char *level)
{
	return (struct promise_facts){
		.org_id = HOUSE_CENTRE, .kind = kind, .level = level, .title = "工单 测试-1"
	};
}

static struct ctx *begin(void **state)
{
	struct ctx *c = kit_ctx(*state);
	house_build(c);
	return c;
}

static void happens(
	struct ctx *c, struct subject subject, const char *event, const struct promise_facts *facts)
{
	assert_true(promise_event(c, subject, event, c->now, facts));
}

static json_t *written(struct ctx *c, struct subject subject)
{
	struct json_out out = json_out_new(c->arena);
	assert_true(promise_write(c, subject, &out));
	json_t *list = json_loads(json_out_text(&out), 0, NULL);
	assert_non_null(list);
	return list;
}

/* A member of the latest promise of that code as text: "" when there is none. */
static const char *member(struct ctx *c, struct subject subject, const char *code, const char *key)
{
	json_t *list = written(c, subject);
	const char *found = "";
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const json_t *value = json_object_get(one, key);
		if (strcmp(json_string_value(json_object_get(one, "code")), code) != 0)
			continue;
		found = json_is_integer(value)
				? arena_format(c->arena, "%lld", (long long)json_integer_value(value))
			: json_is_string(value) ? arena_text(c->arena, json_string_value(value))
						: "null";
	}
	json_decref(list);
	return found;
}

#define assert_member(subject, code, key, expected)                                                          \
	assert_string_equal(member(c, subject, code, key), expected)

static int64_t count(struct ctx *c, const char *sql)
{
	int64_t number = -1;
	assert_true(db_number(c, &number, 0, sql));
	return number;
}

static void run_job(struct ctx *c)
{
	bool more;
	assert_true(db_begin(c));
	assert_true(promise_escalate_job(c, &more));
	assert_true(db_commit(c));
}

/* ---- the regulation
 * ------------------------------------------------------------------------------------------- */

static void a_network_fault_at_half_past_ten_before_the_holiday_is_handled_by_half_past_four(void **state)
{
	struct ctx *c = begin(state); /* 2026-09-30 22:30 */
	const struct promise_facts facts = facts_of("network_stop", "P2");
	happens(c, order, "filed", &facts);
	assert_member(order, "network_fault.handle", "due_at", "2026-10-01T04:30:00+08:00");
	assert_member(order, "network_fault.repair", "due_at", "2026-10-01T22:30:00+08:00");
	assert_member(order, "network_fault.handle", "state", "running");
	assert_member(order, "network_fault.handle", "article", "第五条（三）");
	assert_member(order, "leak.arrive", "state", "");
}

static void a_leak_has_the_clocks_of_an_emergency(void **state)
{
	struct ctx *c = begin(state);
	const struct promise_facts facts = facts_of("leak", "P1");
	happens(c, order, "filed", &facts);
	assert_member(order, "leak.dispatch", "due_at", "2026-09-30T22:31:00+08:00");
	assert_member(order, "leak.arrive", "due_at", "2026-09-30T23:00:00+08:00");
	assert_member(order, "network_fault.handle", "state", "");
	kit_advance(*state, 30 * SECOND_MS);
	happens(c, order, "dispatched", &facts);
	assert_member(order, "leak.dispatch", "state", "met");
	assert_member(order, "leak.accept", "due_at", "2026-09-30T22:31:30+08:00");
	assert_member(order, "leak.depart", "due_at", "2026-09-30T22:40:30+08:00"); /* 夜间 10 分钟 */
	kit_set_clock(*state, at("2026-10-01T10:00:00+08:00"));
	happens(c, order, "dispatched", &facts);
	assert_member(order, "leak.depart", "due_at", "2026-10-01T10:05:00+08:00"); /* 白天 5 分钟 */
}

static void customers_equipment_is_left_for_at_once_unless_another_time_was_agreed(void **state)
{
	struct ctx *c = begin(state);
	struct promise_facts facts = facts_of("appliance_fault", "P3");
	happens(c, order, "filed", &facts);
	happens(c, order, "dispatched", &facts);
	assert_member(order, "customer_fault.leave", "due_at", "2026-09-30T23:00:00+08:00");
	assert_member(
		order, "indoor.arrive", "due_at", "2026-10-01T12:00:00+08:00"); /* 19 时以后 → 次日 12 时 */
	assert_member(order, "customer_fault.appointment", "state", "");
	facts.has_appointment = true;
	facts.appointment_from = at("2026-10-03T13:30:00+08:00");
	facts.appointment_to = at("2026-10-03T17:30:00+08:00");
	assert_true(promise_facts_changed(c, order, &facts));
	assert_member(order, "customer_fault.leave", "due_at", "2026-10-03T13:30:00+08:00");
	assert_member(order, "customer_fault.appointment", "due_at", "2026-10-03T17:30:00+08:00");
	assert_member(order, "indoor.arrive", "state", "cancelled");
}

static void a_complaint_before_the_holiday_is_answered_on_the_fifth_working_day(void **state)
{
	struct ctx *c = begin(state);
	const struct promise_facts facts = facts_of(NULL, NULL);
	happens(c, case_, "filed", &facts);
	assert_member(case_, "complaint.reply", "due_at", "2026-10-13T17:30:00+08:00");
}

/* ---- SLA clock
 * ------------------------------------------------------------------------------------------------- */

static void only_the_earliest_applicable_deadline_is_the_next_one(void **state)
{
	struct ctx *c = begin(state);
	const struct promise_facts facts = facts_of("network_stop", "P2");
	struct instant due;
	const char *code;
	happens(c, order, "filed", &facts);
	assert_true(promise_next_due(c, order, &due, &code));
	assert_string_equal(code, "repair.dispatch");
	happens(c, order, "dispatched", &facts);
	happens(c, order, "accepted", &facts);
	assert_true(promise_next_due(c, order, &due, &code));
	assert_string_equal(code, "network_fault.handle");
	happens(c, order, "secured", &facts);
	assert_true(promise_next_due(c, order, &due, &code));
	assert_string_equal(code, "network_fault.repair");
	happens(c, order, "done", &facts);
	assert_true(promise_next_due(c, order, &due, &code));
	assert_int_equal(due.ms, 0);
}

static void a_raised_level_keeps_the_pause_and_starts_at_the_event(void **state)
{
	struct ctx *c = begin(state);
	struct promise_facts facts = facts_of("no_gas", "P3");
	happens(c, order, "filed", &facts);
	kit_advance(*state, HOUR_MS);
	assert_true(promise_state(c, order, "waiting", c->now));
	assert_member(order, "customer_fault.repair", "state", "paused");
	facts.level = "P1";
	assert_true(promise_facts_changed(c, order, &facts));
	assert_member(order, "customer_fault.repair", "state", "paused"); /* the pause is not forgotten */
	assert_member(order, "leak.arrive", "started_at", "2026-09-30T22:30:00+08:00");
	assert_member(order, "repair.dispatch", "state", "cancelled");
	kit_advance(*state, 5 * HOUR_MS);
	assert_true(promise_state(c, order, "accepted", c->now));
	assert_member(order, "customer_fault.repair", "due_at", "2026-10-02T03:30:00+08:00"); /* 24 h + 5 h */
	assert_member(order, "customer_fault.repair", "paused_ms", "18000000");
	assert_member(order, "customer_fault.repair", "running_ms", "3600000");
}

static void a_network_promise_does_not_pause(void **state)
{
	struct ctx *c = begin(state);
	const struct promise_facts facts = facts_of("network_stop", "P2");
	happens(c, order, "filed", &facts);
	assert_true(promise_state(c, order, "waiting", c->now));
	assert_member(order, "network_fault.handle", "state", "running");
	assert_member(order, "network_fault.handle", "due_at", "2026-10-01T04:30:00+08:00");
}

static void solved_time_does_not_run_when_an_order_is_reopened(void **state)
{
	struct ctx *c = begin(state);
	const struct promise_facts facts = facts_of("network_stop", "P2");
	happens(c, order, "filed", &facts);
	kit_advance(*state, 4 * HOUR_MS);
	happens(c, order, "done", &facts);
	assert_member(order, "network_fault.repair", "state", "met");
	kit_advance(*state, 48 * HOUR_MS);
	happens(c, order, "reopened", &facts);
	assert_member(order, "network_fault.repair", "state", "running");
	assert_member(order, "network_fault.repair", "due_at", "2026-10-03T22:30:00+08:00"); /* 24 h + 48 h */
	assert_member(order, "network_fault.repair", "round", "2");
	kit_advance(*state, HOUR_MS);
	happens(c, order, "done", &facts);
	assert_int_equal(
		count(c, "SELECT r.running_ms FROM promise_result r JOIN promise p ON p.id = r.promise_id"
			 " WHERE p.code = 'network_fault.repair' AND r.round = 2"),
		5 * HOUR_MS);
	assert_int_equal(
		count(c, "SELECT r.solved_ms FROM promise_result r JOIN promise p ON p.id = r.promise_id"
			 " WHERE p.code = 'network_fault.repair' AND r.round = 2"),
		48 * HOUR_MS);
	assert_int_equal(
		count(c, "SELECT r.running_ms FROM promise_result r JOIN promise p ON p.id = r.promise_id"
			 " WHERE p.code = 'network_fault.repair' AND r.round = 1"),
		4 * HOUR_MS);
}

#define HANDLED                                                                                              \
	" FROM promise_result r JOIN promise p ON p.id = r.promise_id WHERE p.code = 'network_fault.handle'"

static void the_result_is_stored_once_and_cannot_be_changed(void **state)
{
	struct ctx *c = begin(state);
	const struct promise_facts facts = facts_of("network_stop", "P2");
	happens(c, order, "filed", &facts);
	kit_advance(*state, 7 * HOUR_MS);
	happens(c, order, "secured", &facts);
	assert_member(order, "network_fault.handle", "state", "broken");
	happens(c, order, "secured", &facts);
	assert_int_equal(count(c, "SELECT COUNT(*)" HANDLED), 1);
	assert_int_equal(count(c, "SELECT r.stopped_at - r.due_at" HANDLED), HOUR_MS);
	assert_false(db_run(c, "UPDATE promise_result SET kept = 1"));
	ctx_forgive(c);
	assert_false(db_run(c, "DELETE FROM promise_result"));
	ctx_forgive(c);
	assert_int_equal(count(c, "SELECT r.kept" HANDLED), 0);
}

static void exactly_at_the_limit_is_kept(void **state)
{
	struct ctx *c = begin(state);
	const struct promise_facts facts = facts_of("network_stop", "P2");
	happens(c, order, "filed", &facts);
	kit_advance(*state, 6 * HOUR_MS);
	happens(c, order, "secured", &facts);
	assert_member(order, "network_fault.handle", "state", "met");
}

static void an_event_told_late_counts_from_when_it_happened(void **state)
{
	struct ctx *c = begin(state);
	const struct promise_facts facts = facts_of("leak", "P1");
	struct instant arrived = instant_plus(c->now, 20 * MINUTE_MS);
	happens(c, order, "filed", &facts);
	kit_advance(*state, 5 * HOUR_MS); /* the phone was offline */
	assert_true(promise_event(c, order, "arrived", arrived, &facts));
	assert_member(order, "leak.arrive", "state", "met");
	assert_member(order, "leak.arrive", "stopped_at", "2026-09-30T22:50:00+08:00");
}

static void a_cancelled_order_owes_nothing(void **state)
{
	struct ctx *c = begin(state);
	const struct promise_facts facts = facts_of("leak", "P1");
	struct instant due;
	happens(c, order, "filed", &facts);
	happens(c, order, "cancelled", &facts);
	assert_member(order, "leak.arrive", "state", "cancelled");
	assert_true(promise_next_due(c, order, &due, NULL));
	assert_int_equal(due.ms, 0);
	kit_advance(*state, DAY_MS);
	run_job(c);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM promise_escalation"), 0);
}

/* ---- changes
 * ---------------------------------------------------------------------------------------------------- */

static void an_edited_calendar_moves_open_deadlines_and_leaves_finished_ones(void **state)
{
	struct ctx *c = begin(state);
	const struct subject finished = { "complaint", 7003 };
	const struct promise_facts facts = facts_of(NULL, NULL);
	int64_t changed;
	happens(c, case_, "filed", &facts);
	happens(c, finished, "filed", &facts);
	happens(c, finished, "answered", &facts);
	/* One more day off: 10 月 8 日. */
	assert_true(calendar_import(c, 2026,
		"year,name,off_from,off_to,makeup_workdays\n"
		"2026,国庆节,2026-10-01,2026-10-08,2026-09-20;2026-10-10\n",
		"测试通知"));
	assert_true(promise_recompute_open(c, 0, &changed));
	assert_member(case_, "complaint.reply", "due_at", "2026-10-14T17:30:00+08:00");
	assert_member(finished, "complaint.reply", "due_at", "2026-10-13T17:30:00+08:00");
	assert_int_equal(changed, 3); /* reply, accept, first response */
	assert_int_equal(
		count(c,
			"SELECT COUNT(*) FROM timeline WHERE kind = 'promise.changed' AND subject_id = 7002"),
		3);
	assert_int_equal(
		count(c,
			"SELECT COUNT(*) FROM timeline WHERE kind = 'promise.changed' AND subject_id = 7003"),
		0);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM timeline WHERE text ="
				  " '承诺期限调整：投诉答复 由 2026-10-13 17:30 改为 2026-10-14 17:30'"),
		1);
}

static void a_year_without_a_calendar_leaves_the_deadline_open_until_it_is_loaded(void **state)
{
	struct ctx *c = begin(state);
	const struct promise_facts facts = facts_of(NULL, NULL);
	int64_t changed;
	kit_set_clock(*state, at("2026-12-29T10:00:00+08:00"));
	happens(c, case_, "filed", &facts);
	assert_member(case_, "complaint.reply", "due_at", "null");
	assert_member(case_, "complaint.reply", "state", "running");
	assert_true(calendar_import(c, 2027,
		"year,name,off_from,off_to,makeup_workdays\n2027,元旦,2027-01-01,2027-01-03,\n", "测试通知"));
	assert_true(promise_recompute_open(c, 0, &changed));
	assert_member(case_, "complaint.reply", "due_at", "2027-01-06T17:30:00+08:00");
}

static void a_company_may_promise_more_but_not_less_than_the_regulation(void **state)
{
	struct ctx *c = begin(state);
	const struct promise_facts facts = facts_of("network_stop", "P2");
	struct override_wish wish = { .code = "network_fault.handle",
		.basis = "测试公司通知",
		.effective_from = "2026-09-30",
		.org_id = HOUSE_COMPANY,
		.amount = 8 };
	int64_t id, changed;
	happens(c, order, "filed", &facts);
	assert_false(promise_override_add(c, &wish, &id, &changed));
	assert_string_equal(kit_problem(c), "floor amount");
	ctx_forgive(c);
	wish.amount = 4;
	assert_true(promise_override_add(c, &wish, &id, &changed));
	assert_int_equal(changed, 1);
	assert_member(order, "network_fault.handle", "due_at", "2026-10-01T02:30:00+08:00");
	assert_member(order, "network_fault.handle", "basis", "测试公司通知");
	/* Another company keeps the regulation's. */
	const struct subject other = { "repair", 7009 };
	struct promise_facts foreign = facts;
	foreign.org_id = HOUSE_OTHER_CENTRE;
	happens(c, other, "filed", &foreign);
	assert_member(other, "network_fault.handle", "due_at", "2026-10-01T04:30:00+08:00");
}

static void an_override_holds_from_its_day_on(void **state)
{
	struct ctx *c = begin(state);
	const struct override_wish wish = { .code = "network_fault.handle",
		.basis = "测试公司通知",
		.effective_from = "2026-10-01",
		.org_id = HOUSE_COMPANY,
		.amount = 4 };
	const struct promise_facts facts = facts_of("network_stop", "P2");
	const struct subject later = { "repair", 7008 };
	int64_t id, changed;
	assert_true(promise_override_add(c, &wish, &id, &changed));
	happens(c, order, "filed", &facts);
	assert_member(order, "network_fault.handle", "due_at", "2026-10-01T04:30:00+08:00");
	kit_set_clock(*state, at("2026-10-01T00:00:00+08:00"));
	happens(c, later, "filed", &facts);
	assert_member(later, "network_fault.handle", "due_at", "2026-10-01T04:00:00+08:00");
}

static void the_place_decides_where_a_city_has_its_own_number(void **state)
{
	struct ctx *c = begin(state);
	struct instant due;
	int missing;
	char text[INSTANT_TEXT_SIZE];
	struct instant from = at("2026-11-10T10:00:00+08:00");
	assert_true(promise_due(c, "query.reply", from, NULL, HOUSE_CENTRE, NULL, &due, NULL, &missing));
	assert_string_equal(instant_text(due, text), "2026-11-17T17:30:00+08:00");
	assert_true(
		promise_due(c, "query.reply", from, NULL, HOUSE_OTHER_CENTRE, NULL, &due, NULL, &missing));
	assert_string_equal(instant_text(due, text), "2026-11-13T17:30:00+08:00"); /* 3703：3 个工作日 */
}

/* ---- escalation
 * -------------------------------------------------------------------------------------------------- */

static void each_level_is_told_once_and_moves_up(void **state)
{
	struct ctx *c = begin(state);
	struct promise_facts facts = facts_of("leak", "P1");
	happens(c, order, "filed", &facts);
	run_job(c);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM outbox"), 0);
	kit_advance(*state, MINUTE_MS); /* leak.dispatch runs out */
	run_job(c);
	run_job(c);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM outbox"), 1);
	assert_int_equal(count(c, "SELECT staff_id FROM outbox"), HOUSE_DISPATCHER);
	kit_advance(*state, MINUTE_MS);
	run_job(c);
	assert_int_equal(
		count(c, "SELECT COUNT(*) FROM outbox WHERE staff_id = 202 AND channel = 'in_app'"), 1);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM outbox WHERE staff_id = 202 AND channel = 'sms' AND "
				  "urgent = 1"),
		1);
	kit_advance(*state, 2 * MINUTE_MS);
	run_job(c);
	assert_int_equal(
		count(c, "SELECT COUNT(*) FROM outbox WHERE staff_id = 203 AND channel = 'in_app'"), 1);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM outbox WHERE staff_id = 207"), 0);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM timeline WHERE kind = 'promise.escalated'"), 3);
}

static void nothing_fires_twice_after_a_restart_that_missed_everything(void **state)
{
	struct ctx *c = begin(state);
	const struct promise_facts facts = facts_of("network_stop", "P2");
	happens(c, order, "filed", &facts);
	kit_advance(*state, 10 * DAY_MS);
	for (int i = 0; i < 5; i++)
		run_job(c);
	int64_t told = count(c, "SELECT COUNT(*) FROM promise_escalation");
	assert_true(told > 0);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM promise WHERE next_at IS NOT NULL"), 0);
	int64_t notices = count(c, "SELECT COUNT(*) FROM outbox");
	int64_t missing = -1; /* every row of the outbox is of another step or person */
	assert_true(db_number(c, &missing, 0,
		"SELECT COUNT(*) FROM (SELECT DISTINCT once_key, channel, recipient FROM outbox) AS "
		"each_one"));
	assert_int_equal(notices, missing);
}

static void *another_node(void *data)
{
	struct ctx *c = data;
	bool more;
	for (int i = 0; i < 20; i++) {
		if (!db_begin(c))
			return "begin";
		if (!promise_escalate_job(c, &more) || !db_commit(c)) {
			db_rollback(c);
			ctx_forgive(c); /* lost to the other node: its next run finds what is left */
		}
	}
	return NULL;
}

static void two_nodes_send_one_escalation(void **state)
{
	struct ctx *c = begin(state);
	const struct promise_facts facts = facts_of("leak", "P1");
	for (int64_t i = 0; i < 20; i++)
		happens(c, (struct subject){ "repair", 8000 + i }, "filed", &facts);
	kit_advance(*state, MINUTE_MS);
	struct ctx *nodes[2] = { kit_another_ctx(*state), kit_another_ctx(*state) };
	pthread_t threads[2];
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, another_node, nodes[i]), 0);
	for (int i = 0; i < 2; i++) {
		void *wrong;
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
		ctx_end(nodes[i]);
	}
	assert_int_equal(count(c, "SELECT COUNT(*) FROM promise_escalation WHERE step = 0"), 20);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM outbox"), 20);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM timeline WHERE kind = 'promise.escalated'"), 20);
}

static void working_day_promises_escalate_in_service_hours_only(void **state)
{
	struct ctx *c = begin(state);
	const struct promise_facts facts = facts_of(NULL, NULL);
	happens(c, case_, "filed", &facts); /* due 2026-10-13 17:30 */
	kit_set_clock(*state, at("2026-10-13T20:00:00+08:00"));
	run_job(c);
	assert_int_equal(
		count(c, "SELECT COUNT(*) FROM promise_escalation e JOIN promise p ON p.id = e.promise_id"
			 " WHERE p.code = 'complaint.reply' AND e.step >= 2"),
		0);
	kit_set_clock(*state, at("2026-10-14T08:30:00+08:00"));
	run_job(c);
	assert_int_equal(
		count(c, "SELECT COUNT(*) FROM promise_escalation e JOIN promise p ON p.id = e.promise_id"
			 " WHERE p.code = 'complaint.reply' AND e.step = 2"),
		1);
}

static void the_one_who_has_it_is_warned_first(void **state)
{
	struct ctx *c = begin(state);
	struct promise_facts facts = facts_of("network_stop", "P2");
	facts.assignee_id = HOUSE_TECHNICIAN;
	happens(c, order, "filed", &facts);
	happens(c, order, "accepted", &facts);
	kit_advance(*state, 5 * HOUR_MS);
	run_job(c);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM outbox WHERE staff_id = 204 AND template_code = "
				  "'promise.warned'"),
		1);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM outbox WHERE staff_id = 201 AND template_code = "
				  "'promise.warned'"),
		1);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM timeline WHERE kind = 'promise.warned'"), 1);
}

static void a_refused_order_gets_its_acceptance_clock_anew(void **state)
{
	struct ctx *c = begin(state);
	const struct promise_facts facts = facts_of("leak", "P1");
	happens(c, order, "filed", &facts);
	happens(c, order, "dispatched", &facts);
	kit_advance(*state, 20 * SECOND_MS);
	happens(c, order, "refused", &facts);
	assert_member(order, "leak.accept", "state", "cancelled");
	kit_advance(*state, 20 * SECOND_MS);
	happens(c, order, "dispatched", &facts);
	assert_member(order, "leak.accept", "attempt", "2");
	assert_member(order, "leak.accept", "due_at", "2026-09-30T22:31:40+08:00");
	assert_member(order, "leak.arrive", "due_at", "2026-09-30T23:00:00+08:00"); /* that one runs on */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(a_network_fault_at_half_past_ten_before_the_holiday_is_handled_by_half_past_four),
		kit_test(a_leak_has_the_clocks_of_an_emergency),
		kit_test(customers_equipment_is_left_for_at_once_unless_another_time_was_agreed),
		kit_test(a_complaint_before_the_holiday_is_answered_on_the_fifth_working_day),
		kit_test(only_the_earliest_applicable_deadline_is_the_next_one),
		kit_test(a_raised_level_keeps_the_pause_and_starts_at_the_event),
		kit_test(a_network_promise_does_not_pause),
		kit_test(solved_time_does_not_run_when_an_order_is_reopened),
		kit_test(the_result_is_stored_once_and_cannot_be_changed),
		kit_test(exactly_at_the_limit_is_kept),
		kit_test(an_event_told_late_counts_from_when_it_happened),
		kit_test(a_cancelled_order_owes_nothing),
		kit_test(an_edited_calendar_moves_open_deadlines_and_leaves_finished_ones),
		kit_test(a_year_without_a_calendar_leaves_the_deadline_open_until_it_is_loaded),
		kit_test(a_company_may_promise_more_but_not_less_than_the_regulation),
		kit_test(an_override_holds_from_its_day_on),
		kit_test(the_place_decides_where_a_city_has_its_own_number),
		kit_test(each_level_is_told_once_and_moves_up),
		kit_test(nothing_fires_twice_after_a_restart_that_missed_everything),
		kit_test(two_nodes_send_one_escalation),
		kit_test(working_day_promises_escalate_in_service_hours_only),
		kit_test(the_one_who_has_it_is_warned_first),
		kit_test(a_refused_order_gets_its_acceptance_clock_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
