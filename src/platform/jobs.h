/* jobs.h: work that nobody waits for: deadlines, deliveries, imports. */
#ifndef QIFU_PLATFORM_JOBS_H
#define QIFU_PLATFORM_JOBS_H

#include "platform/ctx.h"

/* A periodic duty of a module. Each run is one short write transaction, as the system actor; it must be safe
 * when two nodes run it at once and when it is run twice (claim rows by UPDATE … RETURNING or by a unique
 * insert). */
struct job {
	const char *name;
	int64_t every_ms;
	/* `*more`: there is more to do at once. */
	bool (*run)(struct ctx *c, bool *more);
	/* Network work outside a transaction (deliver a mail): called instead of run, with no transaction
	 * open; it opens short ones itself with app_write(). */
	bool (*run_outside)(struct ctx *c, bool *more);
};

/* Does `work` in one write transaction from a thread of the platform (jobs, commands) and waits for the
 * commit. On SQLite it goes through the one writer. `c` stays the caller's; `work` gets a context of its own
 * with the same arena. */
bool app_write(struct ctx *c, bool (*work)(struct ctx *c, void *data), void *data);

/* The threads that run the jobs of app->modules (and the platform's own): one for `run`, one for
 * `run_outside`. NULL with the reason in the log. */
struct jobs;
struct jobs *jobs_new(struct app *app);
/* Waits for the running job; NULL is allowed. */
void jobs_free(struct jobs *jobs);
/* Runs the named job at once instead of at its next time; NULL: all of them. Safe from any thread. */
void jobs_wake(struct app *app, const char *name);

/* Long work in the background with progress, found again after a restart: see task.h of the module that needs
 * it. */

#endif
