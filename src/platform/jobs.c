/* jobs.c: two threads that run what is due: one for short transactions, one for what waits for networks, so
 * that a slow mail server holds up no deadline. A run that fails is logged and comes again at its next time:
 * nothing that one job does keeps the others from running. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "platform/app.h"
#include "platform/audit.h"
#include "platform/db_engine.h"
#include "platform/jobs.h"
#include "platform/log.h"
#include "platform/writer_internal.h"

enum {
	JOBS_MOST = 256,
	JOB_ARENA_CAP = 64 * 1024 * 1024,
	AGAIN_MOST = 100,
	IDLE_MS = 60 * SECOND_MS,
	IDEMPOTENCY_KEPT_MS = 7 * DAY_MS
};

struct duty {
	const struct job *job;
	int64_t due_ms; /* monotonic */
};

struct lane {
	struct jobs *jobs;
	bool outside; /* runs the jobs that have run_outside, or the others */
	pthread_t thread;
	bool started;
	struct ctx *c; /* emptied after each run */
};

struct jobs {
	struct app *app;
	struct lane lanes[2];
	pthread_mutex_t lock;
	pthread_cond_t woken;
	bool stopping;
	struct duty duties[JOBS_MOST];
	size_t count;
};

/* ---- the platform's own
 * ------------------------------------------------------------------------------------------- */

static bool forget_retry_keys(struct ctx *c, bool *more)
{
	*more = false;
	return db_run(c, "DELETE FROM idempotency WHERE created_at < $1", V(c->now.ms - IDEMPOTENCY_KEPT_MS));
}

static const struct job platform_jobs[] = {
	{ .name = "platform.retry_keys", .every_ms = HOUR_MS, .run = forget_retry_keys },
	{ .name = "platform.audit_seal", .every_ms = SECOND_MS, .run = audit_seal_some },
};

/* ---- one run
 * ---------------------------------------------------------------------------------------------------------
 */

struct job_run {
	const struct job *job;
	bool more;
};

static bool run_in_write(struct ctx *c, void *data)
{
	struct job_run *run = data;
	run->more = false;
	return run->job->run(c, &run->more);
}

static bool run_outside(struct ctx *c, void *data)
{
	struct job_run *run = data;
	return run->job->run_outside(c, &run->more);
}

/* Whether there is more to do at once. */
static bool run_once(struct lane *lane, const struct job *job)
{
	struct app *app = lane->jobs->app;
	struct ctx *c = lane->c;
	struct job_run run = { .job = job };
	ctx_forgive(c);
	c->events = NULL;
	c->now = app_now(app);
	c->conn = job->run_outside ? db_borrow(app->db) : NULL;
	bool good = job->run_outside ? guarded_work(c, run_outside, &run) : app_write(c, run_in_write, &run);
	if (!good)
		log_line(LOG_ERROR, "jobs", "a run failed", "job", job->name, "fault",
			c->problem.faults ? c->problem.faults->code : NULL, "code",
			arena_format(c->arena, "%d", (int)c->problem.code), NULL);
	db_return(c->conn);
	c->conn = NULL;
	return good && run.more;
}

/* ---- the thread
 * ------------------------------------------------------------------------------------------------------------
 */

static int64_t monotonic_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_stopping(struct jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	bool stopping = jobs->stopping;
	pthread_mutex_unlock(&jobs->lock);
	return stopping;
}

/* The lane's duty that is due longest; waits for the next one. NULL when stopping. */
static struct duty *next_duty(struct lane *lane)
{
	struct jobs *jobs = lane->jobs;
	struct duty *next = NULL;
	pthread_mutex_lock(&jobs->lock);
	while (!jobs->stopping) {
		next = NULL;
		for (size_t i = 0; i < jobs->count; i++)
			if ((jobs->duties[i].job->run_outside != NULL) == lane->outside &&
				(!next || jobs->duties[i].due_ms < next->due_ms))
				next = &jobs->duties[i];
		int64_t now = monotonic_ms();
		if (next && next->due_ms <= now) {
			next->due_ms = now + next->job->every_ms;
			break;
		}
		int64_t until = next ? next->due_ms : now + IDLE_MS;
		struct timespec at = { .tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000 };
		pthread_cond_timedwait(&jobs->woken, &jobs->lock, &at);
	}
	bool stopping = jobs->stopping;
	pthread_mutex_unlock(&jobs->lock);
	return stopping ? NULL : next;
}

static void *jobs_thread(void *data)
{
	struct lane *lane = data;
	struct jobs *jobs = lane->jobs;
	struct duty *duty;
	while ((duty = next_duty(lane))) {
		int runs = 0;
		bool more = true;
		while (more && !is_stopping(jobs) && runs++ < AGAIN_MOST) {
			more = run_once(lane, duty->job);
			arena_reset(lane->c->arena);
		}
		if (more)
			jobs_wake(jobs->app, duty->job->name); /* the others first */
	}
	return NULL;
}

void jobs_wake(struct app *app, const char *name)
{
	struct jobs *jobs = app->jobs;
	if (!jobs)
		return;
	pthread_mutex_lock(&jobs->lock);
	for (size_t i = 0; i < jobs->count; i++)
		if (!name || strcmp(jobs->duties[i].job->name, name) == 0)
			jobs->duties[i].due_ms = monotonic_ms();
	pthread_cond_broadcast(&jobs->woken);
	pthread_mutex_unlock(&jobs->lock);
}

/* ---- life
 * -------------------------------------------------------------------------------------------------------------------
 */

static void add_duties(struct jobs *jobs, const struct job *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (jobs->count == JOBS_MOST) {
			log_line(LOG_ERROR, "jobs", "too many jobs", "job", list[i].name, NULL);
			return;
		}
		jobs->duties[jobs->count++] = (struct duty){ &list[i], monotonic_ms() };
	}
}

static bool make_lane(struct jobs *jobs, struct lane *lane, bool outside)
{
	struct arena *arena = arena_new(JOB_ARENA_CAP);
	*lane = (struct lane){ .jobs = jobs, .outside = outside, .c = calloc(1, sizeof *lane->c) };
	if (!lane->c || !arena) {
		arena_free(arena);
		free(lane->c);
		lane->c = NULL;
		return false;
	}
	*lane->c = (struct ctx){ .app = jobs->app, .arena = arena, .actor = &system_actor };
	return true;
}

static struct jobs *jobs_make(struct app *app)
{
	struct jobs *jobs = calloc(1, sizeof *jobs);
	if (!jobs)
		return NULL;
	jobs->app = app;
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&jobs->woken, &monotonic);
	pthread_condattr_destroy(&monotonic);
	add_duties(jobs, platform_jobs, sizeof platform_jobs / sizeof *platform_jobs);
	for (size_t i = 0; i < app->module_count; i++)
		add_duties(jobs, app->modules[i]->jobs, app->modules[i]->job_count);
	return jobs;
}

struct jobs *jobs_new(struct app *app)
{
	struct jobs *jobs = jobs_make(app);
	bool good = jobs && make_lane(jobs, &jobs->lanes[0], false) && make_lane(jobs, &jobs->lanes[1], true);
	for (int i = 0; good && i < 2; i++)
		good = jobs->lanes[i].started =
			pthread_create(&jobs->lanes[i].thread, NULL, jobs_thread, &jobs->lanes[i]) == 0;
	if (good)
		return jobs;
	log_line(LOG_ERROR, "jobs", "cannot start", NULL);
	jobs_free(jobs);
	return NULL;
}

void jobs_free(struct jobs *jobs)
{
	if (!jobs)
		return;
	pthread_mutex_lock(&jobs->lock);
	jobs->stopping = true;
	pthread_cond_broadcast(&jobs->woken);
	pthread_mutex_unlock(&jobs->lock);
	for (int i = 0; i < 2; i++) {
		if (jobs->lanes[i].started)
			pthread_join(jobs->lanes[i].thread, NULL);
		if (jobs->lanes[i].c)
			arena_free(jobs->lanes[i].c->arena);
		free(jobs->lanes[i].c);
	}
	pthread_cond_destroy(&jobs->woken);
	pthread_mutex_destroy(&jobs->lock);
	free(jobs);
}
