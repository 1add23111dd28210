/* dispatch_offer.c: an order is offered to somebody until a time; what happens when nobody takes it. */
#include "domain/core/timeline/timeline.h"
#include "domain/fieldwork/dispatch/dispatch_internal.h"

enum { DECLINED_MS = 10 * MINUTE_MS, JOB_ROWS = 20 };

/* What the promise says, so that a company's own limit holds here too; else the rulebook's own number. */
static bool accept_limit(struct ctx *c, const struct repair *repair, struct instant *accept_by)
{
	const char *code = repair_is_emergency(repair) ? "leak.accept" : "repair.accept";
	const char *user_class = choice_code(user_classes, (int)repair->user_class);
	int missing_year;
	if (promise_due(c, code, c->now, user_class, repair->org_id, NULL, accept_by, NULL, &missing_year))
		return true;
	if (ctx_failed(c) && c->problem.code != NOT_FOUND && c->problem.code != INVALID)
		return false;
	ctx_forgive(c);
	*accept_by = instant_plus(c->now, dispatch_rules(c->app)->accept_ms[repair->level]);
	return true;
}

bool offer_end(struct ctx *c, int64_t repair_id, const char *outcome)
{
	return db_run(c,
		"UPDATE dispatch_offer SET ended_at = $2, outcome = $3 WHERE repair_id = $1 AND ended_at IS "
		"NULL",
		V(repair_id), V(c->now), V(outcome));
}

bool offer_make(struct ctx *c, const struct repair *repair)
{
	static const char insert[] =
		"INSERT INTO dispatch_offer (id, repair_id, staff_id, team_id, offered_at, accept_by) "
		"VALUES ($1, $2, $3, $4, $5, $6)";
	struct instant accept_by;
	return accept_limit(c, repair, &accept_by) && offer_end(c, repair->id, "reassigned") &&
	       db_run(c, insert, V(db_new_id(c)), V(repair->id), V_ID(repair->assignee_id),
		       V_ID(repair->team_id), V(c->now), V(accept_by));
}

bool offer_declined(struct ctx *c, int64_t repair_id, int64_t staff_id, bool *declined)
{
	int64_t found;
	if (!db_number(c, &found, 0,
		    "SELECT count(*) FROM dispatch_offer WHERE repair_id = $1 AND staff_id = $2 AND ended_at "
		    "> $3 "
		    "AND outcome IN ('expired', 'refused')",
		    V(repair_id), V(staff_id), V(instant_plus(c->now, -(int64_t)DECLINED_MS))))
		return false;
	*declined = found > 0;
	return true;
}

bool offer_last(struct ctx *c, int64_t repair_id, int64_t *staff_id)
{
	return db_number(c, staff_id, 0,
		"SELECT staff_id FROM dispatch_offer WHERE repair_id = $1 AND outcome = 'accepted' "
		"AND staff_id IS NOT NULL ORDER BY id DESC LIMIT 1",
		V(repair_id));
}

/* ---- the job
 * ------------------------------------------------------------------------------------------------------- */

static bool take_ids(struct ctx *c, struct rows *rows, int64_t ids[JOB_ROWS], size_t *count)
{
	*count = 0;
	while (*count < JOB_ROWS && rows_next(rows))
		ids[(*count)++] = rows_int(rows, 0);
	rows_close(rows);
	return !ctx_failed(c);
}

/* Whichever node changes the row has the offer. */
static bool claim(struct ctx *c, int64_t repair_id, bool *claimed)
{
	int64_t touched;
	if (!db_run_counting(c, &touched,
		    "UPDATE dispatch_offer SET ended_at = $2, outcome = 'expired' WHERE repair_id = $1 "
		    "AND ended_at IS NULL AND accept_by <= $2",
		    V(repair_id), V(c->now)))
		return false;
	*claimed = touched > 0;
	return true;
}

static bool take_back(struct ctx *c, int64_t repair_id)
{
	struct repair repair = { 0 };
	bool claimed;
	const struct repair_step step = {
		.step = STEP_REFUSE, .reason = "超过时限无人接单，系统收回", .keeps_clocks = true
	};
	if (!claim(c, repair_id, &claimed) || !claimed)
		return !ctx_failed(c);
	if (!repair_read(c, repair_id, &repair))
		return false;
	return repair.status != REPAIR_DISPATCHED || repair_step(c, &repair, &step);
}

static bool expire(struct ctx *c, bool *more)
{
	static const char run_out[] =
		"SELECT repair_id FROM dispatch_offer WHERE ended_at IS NULL AND accept_by <= $1 "
		"ORDER BY accept_by, id LIMIT 20";
	int64_t ids[JOB_ROWS];
	size_t count;
	struct rows *rows;
	if (!db_query(c, &rows, run_out, V(c->now)) || !take_ids(c, rows, ids, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!take_back(c, ids[i]))
			return false;
	}
	*more = count == JOB_ROWS;
	return true;
}

/* An emergency that found nobody is tried again until somebody comes on duty or a person takes it in hand. */
static bool try_again(struct ctx *c)
{
	static const char waiting[] =
		"SELECT id FROM repair_on_hand WHERE status = 'filed' AND (level = 'P0' OR level = 'P1') "
		"ORDER BY filed_at, id LIMIT 20";
	int64_t ids[JOB_ROWS];
	size_t count;
	struct rows *rows;
	if (!db_query(c, &rows, waiting) || !take_ids(c, rows, ids, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct repair repair = { 0 };
		bool given;
		if (!repair_read(c, ids[i], &repair) || !dispatch_automatically(c, &repair, false, &given))
			return false;
	}
	return true;
}

bool offer_job(struct ctx *c, bool *more)
{
	*more = false;
	return expire(c, more) && try_again(c);
}
