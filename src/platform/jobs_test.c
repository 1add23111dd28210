/* Jobs: a failing one does not stop the others, and waking runs one at once. */
#include <stdatomic.h>
#include <unistd.h>

#include "kit/kit.h"
#include "platform/jobs.h"

/* What the jobs of this test count; jobs are handed nothing of their own. */
static _Atomic int failures, successes, outsides, sleepers;

static bool always_fails(struct ctx *c, bool *more)
{
	(void)more;
	int64_t number;
	atomic_fetch_add(&failures, 1);
	return db_next_number(c, &number, "failed", 1, 2026) && fail(c, CONFLICT, "不行");
}

static bool eats_the_arena(struct ctx *c, bool *more)
{
	(void)more;
	arena_alloc(c->arena, (size_t)1 << 32);
	return true;
}

static bool succeeds(struct ctx *c, bool *more)
{
	int64_t number;
	*more = atomic_fetch_add(&successes, 1) < 4;
	return db_next_number(c, &number, "good", 1, 2026);
}

static bool write_inside(struct ctx *c, void *data)
{
	int64_t number;
	(void)data;
	return db_next_number(c, &number, "outside", 1, 2026);
}

static bool runs_outside(struct ctx *c, bool *more)
{
	(void)more;
	atomic_fetch_add(&outsides, 1);
	return app_write(c, write_inside, NULL);
}

static bool sleeps_long(struct ctx *c, bool *more)
{
	(void)c;
	(void)more;
	atomic_fetch_add(&sleepers, 1);
	return true;
}

static const struct job sample_jobs[] = {
	{ .name = "a.fails", .every_ms = 20, .run = always_fails },
	{ .name = "a.eats", .every_ms = 20, .run = eats_the_arena },
	{ .name = "a.good", .every_ms = 20, .run = succeeds },
	{ .name = "a.outside", .every_ms = 20, .run_outside = runs_outside },
	{ .name = "a.sleeps", .every_ms = HOUR_MS, .run = sleeps_long },
};
static const struct module sample_module = { .name = "sample", .jobs = sample_jobs, .job_count = 5 };
static const struct module *const sample_modules[] = { &sample_module };

static void wait_until(const _Atomic int *count, int most)
{
	for (int i = 0; i < 5000 && atomic_load(count) < most; i++)
		usleep(1000);
	assert_true(atomic_load(count) >= most);
}

static void a_failing_job_stops_neither_itself_nor_the_others(void **state)
{
	struct kit *kit = *state;
	int64_t last;
	kit_start_threads(kit);
	kit->app.modules = sample_modules;
	kit->app.module_count = 1;
	kit->app.jobs = jobs_new(&kit->app);
	assert_non_null(kit->app.jobs);
	wait_until(&failures, 3);
	wait_until(&successes, 6);
	wait_until(&outsides, 3);
	wait_until(&sleepers, 1);
	jobs_wake(&kit->app, "a.sleeps");
	wait_until(&sleepers, 2);
	jobs_free(kit->app.jobs);
	kit->app.jobs = NULL;
	assert_int_equal(sleepers, 2);
	assert_true(db_number(
		kit->c, &last, 0, "SELECT COUNT(*) FROM number_sequence WHERE sequence = 'failed'"));
	assert_int_equal(last, 0);
	assert_true(db_number(kit->c, &last, 0, "SELECT last FROM number_sequence WHERE sequence = 'good'"));
	assert_int_equal(last, successes);
	assert_true(
		db_number(kit->c, &last, 0, "SELECT last FROM number_sequence WHERE sequence = 'outside'"));
	assert_int_equal(last, outsides);
}

/* A mail server that answers only when the other jobs have run three times, or not at all. */
static _Atomic int ticks, answered;

static bool ticks_on(struct ctx *c, bool *more)
{
	(void)c;
	(void)more;
	atomic_fetch_add(&ticks, 1);
	return true;
}

static bool waits_for_the_network(struct ctx *c, bool *more)
{
	(void)c;
	(void)more;
	int before = atomic_load(&ticks);
	for (int i = 0; i < 5000 && atomic_load(&ticks) < before + 3; i++)
		usleep(1000);
	if (atomic_load(&ticks) >= before + 3)
		atomic_fetch_add(&answered, 1);
	return true;
}

static const struct job slow_jobs[] = {
	{ .name = "b.network", .every_ms = HOUR_MS, .run_outside = waits_for_the_network },
	{ .name = "b.ticks", .every_ms = 20, .run = ticks_on },
};
static const struct module slow_module = { .name = "slow", .jobs = slow_jobs, .job_count = 2 };
static const struct module *const slow_modules[] = { &slow_module };

static void a_slow_network_holds_up_no_deadline(void **state)
{
	struct kit *kit = *state;
	kit_start_threads(kit);
	kit->app.modules = slow_modules;
	kit->app.module_count = 1;
	kit->app.jobs = jobs_new(&kit->app);
	assert_non_null(kit->app.jobs);
	wait_until(&answered, 1);
	jobs_free(kit->app.jobs);
	kit->app.jobs = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = { kit_test(a_failing_job_stops_neither_itself_nor_the_others),
		kit_test(a_slow_network_holds_up_no_deadline) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
