/* The clock without a database: pausing, adding, windows. Expected values are counted by hand or by
 * simulation. */
#include <stdlib.h>
#include <string.h>

#include "domain/core/promise/promise_internal.h"
#include "kit/kit.h"

static struct instant at(const char *text)
{
	struct instant instant = { 0 };
	assert_true(instant_parse(text, &instant));
	return instant;
}

static void assert_instant(struct instant got, const char *expected)
{
	char text[INSTANT_TEXT_SIZE];
	assert_string_equal(instant_text(got, text), expected);
}

static const struct promise_rule elapsed_day = { .kind = KIND_ELAPSED, .unit = "hour", .amount = 24 };
static const struct promise_rule served_hours = { .kind = KIND_WORKING_TIME, .unit = "hour", .amount = 8 };
static const struct promise_rule five_days = {
	.kind = KIND_WORKING_DAYS, .unit = "working_day", .amount = 5
};

static struct promise_clock clock_of(struct ctx *c, const struct promise_rule *rule, const char *from)
{
	struct promise_clock clock = {
		.rule = rule, .limit = { .amount = rule->amount, .due_clock = -1 }, .started = at(from)
	};
	assert_true(calendar_embedded(c, NULL, &clock.calendar));
	return clock;
}

static struct instant due_of(const struct promise_clock *clock)
{
	struct instant due;
	int missing;
	assert_true(promise_clock_due(clock, &due, &missing));
	return due;
}

static void a_pause_over_the_weekend_is_measured_and_added_in_the_same_service_time(void **state)
{
	/* 周五 16:30 受理，8 小时；17:00 暂停（已用 30 分钟），周一 09:30 恢复：余 7.5 小时 → 周一 18:00
	 * 前用 6.5… 周一 09:30–12:00 = 2.5 h，13:30–17:30 = 4 h，余 1 h → 周二 09:30。 */
	struct promise_clock clock = clock_of(kit_ctx(*state), &served_hours, "2026-11-20T16:30:00+08:00");
	const struct span pause = { at("2026-11-20T17:00:00+08:00"), at("2026-11-23T09:30:00+08:00") };
	clock.pauses = &pause;
	clock.pause_count = 1;
	assert_instant(due_of(&clock), "2026-11-24T09:30:00+08:00");
}

static void pausing_never_pushes_a_deadline_past_closing_time(void **state)
{
	/* 16:00 起 1 小时，16:30 到 17:29 暂停：余 30 分钟，1 分钟在当天，29 分钟在次日早上。 */
	static const struct promise_rule hour = { .kind = KIND_WORKING_TIME, .unit = "hour", .amount = 1 };
	struct promise_clock clock = clock_of(kit_ctx(*state), &hour, "2026-11-24T16:00:00+08:00");
	const struct span pause = { at("2026-11-24T16:30:00+08:00"), at("2026-11-24T17:29:00+08:00") };
	clock.pauses = &pause;
	clock.pause_count = 1;
	assert_instant(due_of(&clock), "2026-11-25T08:59:00+08:00");
}

static void working_days_are_paused_in_working_days(void **state)
{
	/* 周二受理，周四暂停（已数 2 日），下周一恢复：还要 3 日，从恢复次日数起 → 周四。 */
	struct promise_clock clock = clock_of(kit_ctx(*state), &five_days, "2026-11-24T10:00:00+08:00");
	const struct span pause = { at("2026-11-26T15:00:00+08:00"), at("2026-11-30T09:00:00+08:00") };
	clock.pauses = &pause;
	clock.pause_count = 1;
	assert_instant(due_of(&clock), "2026-12-03T17:30:00+08:00");
}

static void a_deadline_that_ran_out_before_the_pause_stays(void **state)
{
	struct promise_clock clock = clock_of(kit_ctx(*state), &elapsed_day, "2026-11-20T08:00:00+08:00");
	const struct span pause = { at("2026-11-22T08:00:00+08:00"), { 0 } };
	clock.pauses = &pause;
	clock.pause_count = 1;
	assert_instant(due_of(&clock), "2026-11-21T08:00:00+08:00");
}

static void an_open_pause_has_no_deadline(void **state)
{
	struct promise_clock clock = clock_of(kit_ctx(*state), &elapsed_day, "2026-11-20T08:00:00+08:00");
	const struct span pause = { at("2026-11-20T09:00:00+08:00"), { 0 } };
	clock.pauses = &pause;
	clock.pause_count = 1;
	assert_int_equal(due_of(&clock).ms, 0);
	assert_int_equal(promise_clock_running(&clock, at("2026-11-22T00:00:00+08:00")), HOUR_MS);
}

static void a_working_day_deadline_may_be_set_to_midnight(void **state)
{
	struct promise_clock clock = clock_of(kit_ctx(*state), &five_days, "2026-11-24T10:00:00+08:00");
	clock.limit.due_clock = DAY_MS;
	assert_instant(due_of(&clock), "2026-12-02T00:00:00+08:00"); /* 12 月 1 日 24 时 */
}

static void calendar_days_that_end_on_a_day_off_run_to_the_next_working_day(void **state)
{
	static const struct promise_rule three = { .kind = KIND_CALENDAR_DAYS, .unit = "day", .amount = 3 };
	struct promise_clock clock = clock_of(kit_ctx(*state), &three, "2026-09-29T10:00:00+08:00");
	clock.limit.amount = 3;
	assert_instant(due_of(&clock), "2026-10-08T17:30:00+08:00");
}

/* The wall clock walked second by second beside the arithmetic. */
static void whatever_the_pauses_the_running_intervals_add_up_to_the_promise(void **state)
{
	struct ctx *c = kit_ctx(*state);
	const struct promise_clock whole = clock_of(c, &elapsed_day, "2026-11-20T08:00:00+08:00");
	unsigned seed = 20260930;
	for (int round = 0; round < 400; round++) {
		struct promise_clock clock = whole;
		struct span pauses[12];
		size_t count = (size_t)(rand_r(&seed) % 12);
		int64_t now = clock.started.ms;
		for (size_t i = 0; i < count; i++) {
			now += (1 + rand_r(&seed) % 10000) * SECOND_MS;
			pauses[i].from.ms = now;
			now += (rand_r(&seed) % 100000) * SECOND_MS;
			pauses[i].to.ms = now;
		}
		/* In any order, touching or overlapping. */
		for (size_t i = count; i > 1; i--) {
			size_t other = (size_t)rand_r(&seed) % i;
			struct span swap = pauses[i - 1];
			pauses[i - 1] = pauses[other];
			pauses[other] = swap;
		}
		clock.pause_count = spans_join(pauses, count);
		clock.pauses = pauses;
		struct instant due = due_of(&clock);
		assert_int_equal(promise_clock_running(&clock, due), 24 * HOUR_MS);
		int64_t walked = 0;
		for (int64_t second = clock.started.ms; second < due.ms; second += SECOND_MS) {
			bool paused = false;
			for (size_t i = 0; i < clock.pause_count; i++)
				paused = paused || (second >= pauses[i].from.ms && second < pauses[i].to.ms);
			walked += paused ? 0 : SECOND_MS;
		}
		assert_int_equal(walked, 24 * HOUR_MS);
	}
}

static void pausing_service_time_uses_up_just_what_ran(void **state)
{
	struct ctx *c = kit_ctx(*state);
	const struct promise_clock whole = clock_of(c, &served_hours, "2026-09-25T08:00:00+08:00");
	unsigned seed = 7;
	for (int round = 0; round < 200; round++) {
		struct promise_clock clock = whole;
		struct span pauses[6];
		size_t count = (size_t)(rand_r(&seed) % 6);
		int64_t now = clock.started.ms, served = 0, part;
		int missing;
		for (size_t i = 0; i < count; i++) {
			pauses[i].from.ms = now += (1 + rand_r(&seed) % 200) * MINUTE_MS;
			pauses[i].to.ms = now += (1 + rand_r(&seed) % 6000) * MINUTE_MS;
		}
		clock.pause_count = spans_join(pauses, count);
		clock.pauses = pauses;
		struct instant due = due_of(&clock), from = clock.started;
		for (size_t i = 0; i <= clock.pause_count; i++) {
			struct instant to =
				i < clock.pause_count && pauses[i].from.ms < due.ms ? pauses[i].from : due;
			assert_true(calendar_service_time(clock.calendar, from, to, &part, &missing));
			served += part;
			if (i < clock.pause_count)
				from = pauses[i].to.ms < due.ms ? pauses[i].to : due;
		}
		assert_int_equal(served, 8 * HOUR_MS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(a_pause_over_the_weekend_is_measured_and_added_in_the_same_service_time),
		kit_test(pausing_never_pushes_a_deadline_past_closing_time),
		kit_test(working_days_are_paused_in_working_days),
		kit_test(a_deadline_that_ran_out_before_the_pause_stays),
		kit_test(an_open_pause_has_no_deadline),
		kit_test(a_working_day_deadline_may_be_set_to_midnight),
		kit_test(calendar_days_that_end_on_a_day_off_run_to_the_next_working_day),
		kit_test(whatever_the_pauses_the_running_intervals_add_up_to_the_promise),
		kit_test(pausing_service_time_uses_up_just_what_ran),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
