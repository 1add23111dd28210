/* promise.c: what happens to promises: they start, stop, pause, reopen, and are worked out anew. */
#include <string.h>

#include "base/text.h"
#include "domain/core/promise/promise_internal.h"
#include "domain/core/timeline/timeline.h"

enum { RECOMPUTE_ARENA = 8 * 1024 * 1024 };

/* ---- facts
 * ----------------------------------------------------------------------------------------------------------
 */

static bool same_terms(const struct promise_facts *a, const struct promise_facts *b)
{
	return a->org_id == b->org_id && text_equal(a->user_class, b->user_class) &&
	       text_equal(a->kind, b->kind) && text_equal(a->level, b->level) &&
	       a->has_appointment == b->has_appointment &&
	       (!a->has_appointment || (a->appointment_from.ms == b->appointment_from.ms &&
					       a->appointment_to.ms == b->appointment_to.ms));
}

static bool store_facts(struct promise_case *all, const struct promise_facts *facts)
{
	static const char insert[] =
		"INSERT INTO promise_subject (module, subject_id, org_id, user_class, kind, level, title,"
		" assignee_id, appointment_from, appointment_to)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
		" ON CONFLICT (module, subject_id) DO UPDATE SET org_id = $3, user_class = $4, kind = $5,"
		" level = $6, title = $7, assignee_id = $8, appointment_from = $9, appointment_to = $10";
	struct instant none = { 0 };
	all->facts = *facts;
	all->known = true;
	return db_run(all->c, insert, V(all->subject.module), V(all->subject.id), V(facts->org_id),
		V(facts->user_class), V(facts->kind), V(facts->level), V(facts->title),
		V_ID(facts->assignee_id), V(facts->has_appointment ? facts->appointment_from : none),
		V(facts->has_appointment ? facts->appointment_to : none));
}

/* ---- ends
 * ------------------------------------------------------------------------------------------------------------
 */

static bool cancel(struct promise_case *all, struct promise *promise, struct instant at)
{
	promise->state = STATE_CANCELLED;
	promise->stopped_at = at;
	return db_run(all->c,
		"UPDATE promise SET state = $2, stopped_at = $3, next_at = NULL, warn_at = NULL WHERE id = "
		"$1",
		V(promise->id), V((int)STATE_CANCELLED), V(at));
}

/* Kept: stopped no later than the deadline, or while a pause held it before it ran out. */
static bool stop_promise(
	struct promise_case *all, struct promise *promise, const char *event, struct instant at)
{
	static const char result[] = "INSERT INTO promise_result (promise_id, round, stopped_at, due_at, "
				     "kept, running_ms, paused_ms,"
				     " solved_ms, event) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
	struct ctx *c = all->c;
	struct promise_clock clock;
	struct instant due;
	int missing_year;
	int64_t solved = 0;
	if (at.ms < promise->started_at.ms)
		at = promise->started_at;
	if (!promise_case_clock(all, promise, &clock))
		return false;
	bool told = promise_clock_due(&clock, &due, &missing_year);
	bool kept = !told || due.ms == 0 || at.ms <= due.ms;
	int64_t running = promise_clock_running(&clock, at);
	if (promise->round > 1 &&
		!db_number(c, &solved, 0,
			"SELECT SUM(to_at - from_at) FROM promise_solved WHERE promise_id = $1",
			V(promise->id)))
		return false;
	promise->state = kept ? STATE_MET : STATE_BROKEN;
	promise->stopped_at = at;
	struct instant shown = told && due.ms ? due : promise->due_at;
	if (!db_run(c, result, V(promise->id), V(promise->round), V(at), V(shown), V(kept), V(running),
		    V(at.ms - promise->started_at.ms - running - solved), V(solved), V(event)))
		return false;
	if (!kept) {
		char text[INSTANT_TEXT_SIZE];
		const char *sentence = arena_format(c->arena, "承诺未按期履行：%s，应在 %s 前",
			promise->rule->label, instant_text_short(due, text));
		if (!timeline_add(c, all->subject, "promise.broken", at, sentence, NULL))
			return false;
	}
	return db_run(c,
		"UPDATE promise SET state = $2, stopped_at = $3, due_at = $4, next_at = NULL WHERE id = $1",
		V(promise->id), V((int)promise->state), V(at), V(shown));
}

/* Runs on. The time since its end was solved time and does not count; the first result stays as it was. */
static bool reopen(struct promise_case *all, struct promise *promise, struct instant at)
{
	struct ctx *c = all->c;
	struct instant to = at.ms > promise->stopped_at.ms ? at : promise->stopped_at;
	if (!db_run(c,
		    "INSERT INTO promise_solved (promise_id, round, from_at, to_at) VALUES ($1, $2, $3, $4)",
		    V(promise->id), V(promise->round), V(promise->stopped_at), V(to)) ||
		!db_run(c,
			"UPDATE promise SET state = $2, round = round + 1, stopped_at = NULL WHERE id = $1",
			V(promise->id), V((int)STATE_RUNNING)))
		return false;
	promise->round++;
	promise->state = STATE_RUNNING;
	promise->stopped_at = (struct instant){ 0 };
	return promise_case_refresh(all, promise, true, NULL);
}

/* ---- start
 * ------------------------------------------------------------------------------------------------------------
 */

static struct promise *latest(struct promise_case *all, const struct promise_rule *rule)
{
	struct promise *found = NULL;
	for (size_t i = 0; i < all->count; i++) {
		if (all->list[i].rule == rule && (!found || all->list[i].attempt > found->attempt))
			found = &all->list[i];
	}
	return found;
}

static bool start_promise(struct promise_case *all, const struct promise_rule *rule, struct instant at)
{
	static const char insert[] = "INSERT INTO promise (id, module, subject_id, org_id, code, attempt, "
				     "rule_version, state, round,"
				     " started_at, due_at, warn_at, next_at)"
				     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $11, $12)";
	struct ctx *c = all->c;
	const struct promise *before = latest(all, rule);
	if (all->count == PROMISES_MOST)
		return fail(c, CONFLICT, "这件事上的承诺记录过多（%d 条），请另立一单", PROMISES_MOST);
	struct promise *made = &all->list[all->count];
	*made = (struct promise){ .id = db_new_id(c),
		.org_id = all->facts.org_id,
		.code = rule->code,
		.rule = rule,
		.attempt = before ? before->attempt + 1 : 1,
		.state = STATE_RUNNING,
		.round = 1,
		.started_at = at };
	struct promise_clock clock;
	struct instant due;
	int missing_year;
	if (!promise_case_clock(all, made, &clock))
		return false;
	if (!promise_clock_due(&clock, &due, &missing_year))
		due = (struct instant){
			0
		}; /* its year has no calendar: an alarm stands until it is loaded */
	bool paused = clock.pause_count > 0 && clock.pauses[clock.pause_count - 1].to.ms == 0;
	made->rule_version = clock.limit.version;
	made->state = paused ? STATE_PAUSED : STATE_RUNNING;
	made->due_at = due;
	for (size_t i = 0; i < rule->step_count && due.ms != 0; i++) {
		struct instant step;
		if (!promise_clock_step(&clock, &rule->steps[i], due, &step, &missing_year))
			continue;
		if (rule->steps[i].before && (made->warn_at.ms == 0 || step.ms < made->warn_at.ms))
			made->warn_at = step;
		if (made->next_at.ms == 0 || step.ms < made->next_at.ms)
			made->next_at = step;
	}
	all->count++;
	return db_run(c, insert, V(made->id), V(all->subject.module), V(all->subject.id), V(made->org_id),
		V(made->code), V(made->attempt), V(made->rule_version), V((int)made->state),
		V(made->started_at), V(made->due_at), V(made->warn_at), V(made->next_at));
}

static bool start_by_event(struct promise_case *all, const char *event, struct instant at)
{
	for (size_t i = 0; i < all->book->count; i++) {
		const struct promise_rule *rule = &all->book->rules[i];
		if (!book_lists(rule->starts_on, event) ||
			!promise_rule_applies(all->book, rule, &all->facts))
			continue;
		struct promise *before = latest(all, rule);
		bool open = before && before->state <= STATE_PAUSED;
		if (before && !rule->again && before->state != STATE_CANCELLED)
			continue;
		if (open && !cancel(all, before, at))
			return false;
		if (!start_promise(all, rule, at))
			return false;
	}
	return true;
}

/* ---- events
 * ------------------------------------------------------------------------------------------------------------
 */

static const char *full_event(struct ctx *c, struct subject subject, const char *event)
{
	return strchr(event, '.') ? event : arena_format(c->arena, "%s.%s", subject.module, event);
}

static bool end_by_event(struct promise_case *all, const char *event, struct instant at)
{
	/* The list grows while promises start, so only those that were there are looked at. */
	for (size_t i = 0, count = all->count; i < count; i++) {
		struct promise *one = &all->list[i];
		if (!one->rule)
			continue;
		bool open = one->state <= STATE_PAUSED,
		     done = one->state == STATE_MET || one->state == STATE_BROKEN;
		bool good = true;
		if (open && book_lists(one->rule->cancels_on, event))
			good = cancel(all, one, at);
		else if (open && book_lists(one->rule->stops_on, event))
			good = stop_promise(all, one, event, at);
		else if (done && book_lists(one->rule->reopens_on, event))
			good = reopen(all, one, at);
		if (!good)
			return false;
	}
	return true;
}

static bool change_facts(struct promise_case *all, const struct promise_facts *facts);

bool promise_event(struct ctx *c, struct subject subject, const char *event, struct instant at,
	const struct promise_facts *facts)
{
	struct promise_case all;
	if (at.ms == 0)
		at = c->now;
	event = full_event(c, subject, event);
	if (!promise_case_load(c, subject, &all))
		return false;
	if (facts && all.known && !same_terms(&all.facts, facts)) {
		if (!change_facts(&all, facts))
			return false;
	} else if (facts && (!all.known || all.facts.assignee_id != facts->assignee_id ||
				    !text_equal(all.facts.title, facts->title))) {
		if (!store_facts(&all, facts))
			return false;
	}
	if (!all.known)
		return true; /* nobody has said what it is */
	if (!db_run(c,
		    "INSERT INTO promise_happened (module, subject_id, event, at) VALUES ($1, $2, $3, $4)"
		    " ON CONFLICT (module, subject_id, event, at) DO NOTHING",
		    V(subject.module), V(subject.id), V(event), V(at)))
		return false;
	return end_by_event(&all, event, at) && start_by_event(&all, event, at);
}

/* ---- states
 * ---------------------------------------------------------------------------------------------------------------
 */

static bool any_rule_pauses(const struct promise_book *book, const char *state)
{
	for (size_t i = 0; i < book->count; i++) {
		if (book_lists(book->rules[i].pauses_in, state))
			return true;
	}
	return false;
}

static bool end_pause(struct promise_case *all, struct subject_pause *pause, struct instant at)
{
	pause->span.to = at.ms > pause->span.from.ms ? at : pause->span.from;
	return db_run(all->c,
		"UPDATE promise_pause SET to_at = $4 WHERE module = $1 AND subject_id = $2 AND number = $3",
		V(all->subject.module), V(all->subject.id), V(pause->number), V(pause->span.to));
}

static bool begin_pause(struct promise_case *all, const char *state, struct instant at)
{
	struct subject_pause *last = all->pause_count > 0 ? &all->pauses[all->pause_count - 1] : NULL;
	if (all->pause_count == SPANS_MOST)
		return fail(all->c, CONFLICT, "暂停次数过多（%d 次），请先办结或另立一单", SPANS_MOST);
	if (last && at.ms < last->span.to.ms)
		at = last->span.to;
	all->pauses[all->pause_count++] = (struct subject_pause){
		.number = last ? last->number + 1 : 1, .state = state, .span = { .from = at }
	};
	return db_run(all->c,
		"INSERT INTO promise_pause (module, subject_id, number, state, from_at) VALUES ($1, $2, $3, "
		"$4, $5)",
		V(all->subject.module), V(all->subject.id), V(all->pauses[all->pause_count - 1].number),
		V(state), V(at));
}

bool promise_state(struct ctx *c, struct subject subject, const char *state, struct instant at)
{
	struct promise_case all;
	bool pauses = any_rule_pauses(promise_book(c), state);
	if (at.ms == 0)
		at = c->now;
	if (!promise_case_load(c, subject, &all))
		return false;
	struct subject_pause *last = all.pause_count > 0 ? &all.pauses[all.pause_count - 1] : NULL;
	bool paused = last && last->span.to.ms == 0;
	if (!all.known || (!paused && !pauses) || (paused && text_equal(last->state, state)))
		return true;
	if (paused && !end_pause(&all, last, at))
		return false;
	if (pauses && !begin_pause(&all, state, at))
		return false;
	for (size_t i = 0; i < all.count; i++) {
		if (!promise_case_refresh(&all, &all.list[i], false, NULL))
			return false;
	}
	return true;
}

/* ---- changes
 * ----------------------------------------------------------------------------------------------------------------
 */

/* When a rule that has come to apply began: its start event, unless an event that ends it came after. */
static bool began(struct promise_case *all, const struct promise_rule *rule, struct instant *at)
{
	struct ctx *c = all->c;
	struct rows *rows;
	*at = (struct instant){ 0 };
	if (!db_query(c, &rows,
		    "SELECT event, at FROM promise_happened WHERE module = $1 AND subject_id = $2 ORDER BY "
		    "at, event",
		    V(all->subject.module), V(all->subject.id)))
		return false;
	while (rows_next(rows)) {
		const char *event = rows_text(rows, 0);
		if (book_lists(rule->starts_on, event) && (at->ms == 0 || rule->again))
			*at = rows_instant(rows, 1);
		else if (book_lists(rule->stops_on, event) || book_lists(rule->cancels_on, event))
			*at = (struct instant){ 0 };
	}
	rows_close(rows);
	return !ctx_failed(c);
}

static bool start_newly_applicable(struct promise_case *all)
{
	for (size_t i = 0; i < all->book->count; i++) {
		const struct promise_rule *rule = &all->book->rules[i];
		const struct promise *before = latest(all, rule);
		struct instant at;
		if (!rule->starts_on || (before && before->state != STATE_CANCELLED) ||
			!promise_rule_applies(all->book, rule, &all->facts))
			continue;
		if (!began(all, rule, &at) || (at.ms != 0 && !start_promise(all, rule, at)))
			return false;
	}
	return true;
}

static bool change_facts(struct promise_case *all, const struct promise_facts *facts)
{
	if (!store_facts(all, facts))
		return false;
	for (size_t i = 0, count = all->count; i < count; i++) {
		struct promise *one = &all->list[i];
		if (!one->rule || one->state > STATE_PAUSED)
			continue;
		bool applies = promise_rule_applies(all->book, one->rule, facts);
		if (applies ? !promise_case_refresh(all, one, true, NULL) : !cancel(all, one, all->c->now))
			return false;
	}
	return start_newly_applicable(all);
}

bool promise_facts_changed(struct ctx *c, struct subject subject, const struct promise_facts *facts)
{
	struct promise_case all;
	return promise_case_load(c, subject, &all) && change_facts(&all, facts);
}

static bool recompute_subject(struct ctx *c, struct subject subject, int64_t *changed)
{
	struct promise_case all;
	if (!promise_case_load(c, subject, &all))
		return false;
	for (size_t i = 0; i < all.count; i++) {
		bool moved = false;
		if (!promise_case_refresh(&all, &all.list[i], true, &moved))
			return false;
		*changed += moved;
	}
	return true;
}

static void free_arena(void *arena)
{
	arena_free(arena);
}

bool promise_recompute_open(struct ctx *c, int64_t org_id, int64_t *changed)
{
	static const char everywhere[] = "SELECT DISTINCT module, subject_id FROM promise WHERE state <= 2 "
					 "ORDER BY module, subject_id";
	static const char below[] =
		"SELECT DISTINCT p.module, p.subject_id FROM promise p JOIN org_tree o ON o.id = p.org_id"
		" JOIN org_tree top ON top.id = $1 WHERE p.state <= 2"
		" AND substr(o.path, 1, length(top.path)) = top.path ORDER BY p.module, p.subject_id";
	struct rows *rows;
	*changed = 0;
	if (org_id == 0 ? !db_query(c, &rows, everywhere) : !db_query(c, &rows, below, V(org_id)))
		return false;
	/* Read first: the rows change below. */
	size_t count = 0, room = 64;
	struct subject *subjects = arena_array(c->arena, struct subject, room);
	while (rows_next(rows)) {
		if (count == room) {
			struct subject *wider = arena_array(c->arena, struct subject, room * 2);
			memcpy(wider, subjects, room * sizeof *subjects);
			subjects = wider;
			room *= 2;
		}
		subjects[count++] = (struct subject){ rows_text(rows, 0), rows_int(rows, 1) };
	}
	rows_close(rows);
	if (ctx_failed(c))
		return false;
	/* Each subject in memory of its own, so that many open ones do not add up. */
	struct arena *outer = c->arena, *inner = arena_new(RECOMPUTE_ARENA);
	if (!inner)
		return fail(c, UNAVAILABLE, "内存不足，请稍后再试");
	arena_defer(outer, free_arena, inner);
	bool good = true;
	c->arena = inner;
	for (size_t i = 0; i < count && good; i++) {
		good = recompute_subject(c, subjects[i], changed);
		if (good)
			arena_reset(inner);
	}
	c->arena = outer;
	return good;
}
