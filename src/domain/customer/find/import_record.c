/* import_record.c: an import's record as the browser's runs use it, and the job that runs them. */
#include <string.h>

#include "domain/customer/find/find_routes.h"
#include "domain/customer/find/import.h"
#include "platform/app.h"
#include "platform/jobs.h"

static const char restart_update[] =
	"UPDATE import SET state = 'waiting', mapping = $2, dry_run = $3, done = 0, created = 0, updated = "
	"0, "
	"unchanged = 0, failed = 0, problem = NULL, started_at = NULL, finished_at = NULL "
	"WHERE id = $1 AND by_command = 0 AND state IN ('uploaded', 'finished', 'cancelled', 'failed')";
static const char stop_update[] = "UPDATE import SET state = 'cancelled', finished_at = $2 "
				  "WHERE id = $1 AND state IN ('uploaded', 'waiting', 'running')";

bool import_restart(struct ctx *c, struct import *run, const char *mapping, bool dry_run)
{
	int64_t touched;
	if (!db_run_counting(c, &touched, restart_update, V(run->id), V(mapping), V(dry_run)))
		return false;
	if (!touched)
		return fail(c, CONFLICT, "这次导入正在进行，请等它结束或先停止");
	return db_run(c, "DELETE FROM import_fault WHERE import_id = $1", V(run->id)) &&
	       entity_read(c, &import_entity, run->id, run);
}

bool import_stop(struct ctx *c, struct import *run)
{
	int64_t touched;
	if (!db_run_counting(c, &touched, stop_update, V(run->id), V(c->now)))
		return false;
	if (!touched)
		return fail(c, CONFLICT, "这次导入已经结束，不用停止");
	return entity_read(c, &import_entity, run->id, run);
}

/* ---- the job
 * ------------------------------------------------------------------------------------------------ */

/* Small batches: others wait for the one writer meanwhile, and within a savepoint SQLite goes through its
 * journal of the batch at the end of each statement. */
enum { SLICE_MS = 1000, SERVER_BATCH = 64 };

static bool mark_running(struct ctx *c, void *data)
{
	const struct import *run = data;
	return db_run(c,
		"UPDATE import SET state = 'running', started_at = $2 WHERE id = $1 AND state = 'waiting'",
		V(run->id), V(c->now));
}

/* One slice: others' jobs come in between. A restart finds the run where its last commit stood. */
bool import_run_some(struct ctx *c, bool *more)
{
	struct import run;
	bool found;
	struct import_options options = {
		.through_writer = true, .batch_rows = SERVER_BATCH, .budget_ms = SLICE_MS
	};
	*more = false;
	if (!entity_find(c, &import_entity, &run, &found,
		    "state IN ('waiting', 'running') AND by_command = 0", NO_VALUES))
		return false;
	if (!found)
		return true;
	if (strcmp(run.state, "waiting") == 0) {
		if (!app_write(c, mark_running, &run))
			return false;
		run.state = "running";
	}
	bool good = import_run(c, &run, import_path(c, run.digest), &options);
	jobs_wake(c->app, "import.run");
	if (!good && c->problem.code != UNAVAILABLE)
		ctx_forgive(c); /* the record tells */
	return good || !ctx_failed(c);
}
