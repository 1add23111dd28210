/* promise_case.c: a subject with its promises, pauses and facts: reading them, and working deadlines out
 * anew. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "domain/core/promise/promise_internal.h"
#include "domain/core/timeline/timeline.h"

static bool read_subject(struct promise_case *all)
{
	static const char facts[] =
		"SELECT org_id, user_class, kind, level, title, assignee_id, appointment_from, appointment_to"
		" FROM promise_subject WHERE module = $1 AND subject_id = $2";
	struct ctx *c = all->c;
	struct rows *rows;
	if (!db_query(c, &rows, facts, V(all->subject.module), V(all->subject.id)))
		return false;
	if (rows_next(rows)) {
		all->known = true;
		all->facts = (struct promise_facts){ .org_id = rows_int(rows, 0),
			.user_class = rows_text(rows, 1),
			.kind = rows_text(rows, 2),
			.level = rows_text(rows, 3),
			.title = rows_text(rows, 4),
			.assignee_id = rows_int(rows, 5),
			.appointment_from = rows_instant(rows, 6),
			.appointment_to = rows_instant(rows, 7) };
		all->facts.has_appointment = all->facts.appointment_from.ms != 0;
	}
	rows_close(rows);
	return !ctx_failed(c);
}

static bool read_promises(struct promise_case *all)
{
	static const char of_subject[] =
		"SELECT id, org_id, attempt, rule_version, round, code, state, started_at, due_at, warn_at, "
		"next_at,"
		" stopped_at FROM promise WHERE module = $1 AND subject_id = $2 ORDER BY id LIMIT $3";
	struct ctx *c = all->c;
	struct rows *rows;
	all->list = arena_array(c->arena, struct promise, PROMISES_MOST);
	if (!all->known)
		return true;
	if (!db_query(
		    c, &rows, of_subject, V(all->subject.module), V(all->subject.id), V((int)PROMISES_MOST)))
		return false;
	while (rows_next(rows) && all->count < PROMISES_MOST) {
		struct promise *one = &all->list[all->count++];
		*one = (struct promise){ .id = rows_int(rows, 0),
			.org_id = rows_int(rows, 1),
			.attempt = rows_int(rows, 2),
			.rule_version = rows_int(rows, 3),
			.round = rows_int(rows, 4),
			.code = rows_text(rows, 5),
			.state = (enum promise_state_code)rows_int(rows, 6),
			.started_at = rows_instant(rows, 7),
			.due_at = rows_instant(rows, 8),
			.warn_at = rows_instant(rows, 9),
			.next_at = rows_instant(rows, 10),
			.stopped_at = rows_instant(rows, 11) };
		one->rule = promise_rule_of_code(all->book, one->code);
	}
	rows_close(rows);
	return !ctx_failed(c);
}

static bool read_pauses(struct promise_case *all)
{
	static const char of_subject[] = "SELECT number, state, from_at, to_at FROM promise_pause"
					 " WHERE module = $1 AND subject_id = $2 ORDER BY number LIMIT $3";
	struct ctx *c = all->c;
	struct rows *rows;
	all->pauses = arena_array(c->arena, struct subject_pause, SPANS_MOST + 1);
	if (!all->known)
		return true;
	if (!db_query(c, &rows, of_subject, V(all->subject.module), V(all->subject.id), V((int)SPANS_MOST)))
		return false;
	while (rows_next(rows) && all->pause_count < SPANS_MOST)
		all->pauses[all->pause_count++] = (struct subject_pause){ .number = rows_int(rows, 0),
			.state = rows_text(rows, 1),
			.span = { rows_instant(rows, 2), rows_instant(rows, 3) } };
	rows_close(rows);
	return !ctx_failed(c);
}

bool promise_case_load(struct ctx *c, struct subject subject, struct promise_case *all)
{
	*all = (struct promise_case){ .c = c, .subject = subject, .book = promise_book(c) };
	return read_subject(all) && read_promises(all) && read_pauses(all);
}

/* ---- the clock of one promise
 * ----------------------------------------------------------------------------------- */

static bool add_solved(
	struct promise_case *all, const struct promise *promise, struct span *spans, size_t *count)
{
	struct ctx *c = all->c;
	struct rows *rows;
	if (promise->round < 2)
		return true;
	if (!db_query(c, &rows,
		    "SELECT from_at, to_at FROM promise_solved WHERE promise_id = $1 ORDER BY round",
		    V(promise->id)))
		return false;
	while (rows_next(rows) && *count < SPANS_MOST)
		spans[(*count)++] = (struct span){ rows_instant(rows, 0), rows_instant(rows, 1) };
	rows_close(rows);
	return !ctx_failed(c);
}

static bool need_calendar(struct promise_case *all, int64_t org_id)
{
	if (all->calendar && all->calendar_org == org_id)
		return true;
	all->calendar_org = org_id;
	return calendar_load(all->c, org_id, &all->calendar);
}

bool promise_case_clock(struct promise_case *all, const struct promise *promise, struct promise_clock *clock)
{
	struct ctx *c = all->c;
	const struct promise_rule *rule = promise->rule;
	size_t count = 0;
	struct span *spans = NULL;
	if ((all->pause_count > 0 && rule->pauses_in) || promise->round > 1) {
		spans = arena_array(c->arena, struct span, SPANS_MOST * 2);
		for (size_t i = 0; i < all->pause_count; i++) {
			if (book_lists(rule->pauses_in, all->pauses[i].state))
				spans[count++] = all->pauses[i].span;
		}
		if (!add_solved(all, promise, spans, &count))
			return false;
		count = spans_join(spans, count);
	}
	if (all->overrides.org_id != all->facts.org_id &&
		!promise_overrides_load(c, all->facts.org_id, &all->overrides))
		return false;
	*clock = (struct promise_clock){ .rule = rule,
		.started = promise->started_at,
		.appointment_from =
			all->facts.has_appointment ? all->facts.appointment_from : (struct instant){ 0 },
		.appointment_to =
			all->facts.has_appointment ? all->facts.appointment_to : (struct instant){ 0 },
		.pauses = spans,
		.pause_count = count };
	if (!promise_limit_find(c, &all->overrides, rule, promise->started_at, &clock->limit))
		return false;
	if (promise_needs_calendar(rule)) {
		if (!need_calendar(all, all->facts.org_id))
			return false;
		clock->calendar = all->calendar;
	}
	return true;
}

/* ---- refreshing
 * ------------------------------------------------------------------------------------------------------ */

static bool fired_steps(struct ctx *c, const struct promise *promise, int64_t version, uint64_t *fired)
{
	struct rows *rows;
	if (!db_query(c, &rows,
		    "SELECT step FROM promise_escalation WHERE promise_id = $1 AND rule_version = $2 ORDER "
		    "BY step",
		    V(promise->id), V(version)))
		return false;
	while (rows_next(rows)) {
		int64_t step = rows_int(rows, 0);
		if (step >= 0 && step < STEPS_MOST)
			*fired |= UINT64_C(1) << step;
	}
	rows_close(rows);
	return !ctx_failed(c);
}

/* The first warning and the next step that has not fired. A step whose day cannot be told has none. */
static void find_steps(const struct promise_clock *clock, uint64_t fired, struct instant due,
	struct instant *warn, struct instant *next)
{
	*warn = *next = (struct instant){ 0 };
	if (due.ms == 0)
		return;
	for (size_t i = 0; i < clock->rule->step_count; i++) {
		struct instant at;
		int missing_year;
		if (!promise_clock_step(clock, &clock->rule->steps[i], due, &at, &missing_year))
			continue;
		if (clock->rule->steps[i].before && (warn->ms == 0 || at.ms < warn->ms))
			*warn = at;
		if (!(fired & (UINT64_C(1) << i)) && (next->ms == 0 || at.ms < next->ms))
			*next = at;
	}
}

static bool log_change(struct promise_case *all, const struct promise *promise, struct instant was)
{
	char before[INSTANT_TEXT_SIZE], after[INSTANT_TEXT_SIZE];
	struct ctx *c = all->c;
	const char *text = arena_format(c->arena, "承诺期限调整：%s 由 %s 改为 %s", promise->rule->label,
		was.ms ? instant_text_short(was, before) : "未定",
		promise->due_at.ms ? instant_text_short(promise->due_at, after) : "未定");
	return timeline_add(c, all->subject, "promise.changed", c->now, text, NULL);
}

bool promise_case_refresh(struct promise_case *all, struct promise *promise, bool log, bool *changed)
{
	struct ctx *c = all->c;
	struct promise was = *promise;
	struct promise_clock clock;
	struct instant due;
	uint64_t fired = 0;
	int missing_year;
	if (!promise->rule || promise->state > STATE_PAUSED)
		return true;
	if (!promise_case_clock(all, promise, &clock))
		return false;
	bool told = promise_clock_due(&clock, &due, &missing_year);
	bool paused = clock.pause_count > 0 && clock.pauses[clock.pause_count - 1].to.ms == 0;
	promise->org_id = all->facts.org_id;
	promise->rule_version = clock.limit.version;
	promise->state = paused ? STATE_PAUSED : STATE_RUNNING;
	/* While it is paused the last deadline is kept for the eye; nothing fires on it. */
	promise->due_at = !told ? (struct instant){ 0 } : due.ms ? due : promise->due_at;
	if (!fired_steps(c, promise, promise->rule_version, &fired))
		return false;
	find_steps(&clock, fired, told ? due : (struct instant){ 0 }, &promise->warn_at, &promise->next_at);
	if (memcmp(&was, promise, sizeof was) == 0)
		return true;
	if (changed)
		*changed = was.due_at.ms != promise->due_at.ms;
	if (log && was.due_at.ms != promise->due_at.ms && !log_change(all, promise, was.due_at))
		return false;
	return db_run(c,
		"UPDATE promise SET org_id = $2, rule_version = $3, state = $4, due_at = $5, warn_at = $6, "
		"next_at = $7"
		" WHERE id = $1",
		V(promise->id), V(promise->org_id), V(promise->rule_version), V((int)promise->state),
		V(promise->due_at), V(promise->warn_at), V(promise->next_at));
}
