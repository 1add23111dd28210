/* promise_escalate.c: warnings before a deadline, escalations after it, each once. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "domain/core/notify/notify.h"
#include "domain/core/permission/permission.h"
#include "domain/core/promise/promise_internal.h"
#include "domain/core/timeline/timeline.h"
#include "platform/events.h"

enum { ESCALATE_MOST = 50 };

/* Which role takes over at each level is the rule's; this only tells people, and says so in the timeline. */
static bool tell(struct promise_case *all, const struct promise *promise, size_t number)
{
	struct ctx *c = all->c;
	const struct promise_step *step = &promise->rule->steps[number];
	char due[INSTANT_TEXT_SIZE];
	const char *title = all->facts.title ? all->facts.title : "";
	const char *parameters[] = { "title", title, "promise", promise->rule->label, "due",
		instant_text_short(promise->due_at, due), "level", arena_format(c->arena, "%d", step->level),
		NULL };
	struct notice notice = { .subject = all->subject,
		.org_id = all->facts.org_id,
		.channels = NOTICE_IN_APP | (step->level >= 2 ? NOTICE_SMS : 0u),
		.template_code = step->before ? "promise.warned" : "promise.escalated",
		.parameters = parameters,
		.urgent = promise->rule->kind == KIND_ELAPSED && step->level > 0,
		.once = arena_format(c->arena, "promise:%lld:%lld:%zu", (long long)promise->id,
			(long long)promise->rule_version, number) };
	int64_t told = 0;
	if (strcmp(step->to, "assignee") != 0)
		return notify_role(c, step->to, all->facts.org_id, &notice, &told);
	if (all->facts.assignee_id == 0)
		return true;
	notice.staff_id = all->facts.assignee_id;
	return notify(c, &notice);
}

static bool record(struct promise_case *all, const struct promise *promise, size_t number)
{
	struct ctx *c = all->c;
	const struct promise_step *step = &promise->rule->steps[number];
	char due[INSTANT_TEXT_SIZE];
	instant_text_short(promise->due_at, due);
	const char *text = step->before ? arena_format(c->arena, "期限提醒：%s 应在 %s 前完成",
						  promise->rule->label, due)
					: arena_format(c->arena, "超期升级（第 %d 级）：%s 已过 %s",
						  step->level, promise->rule->label, due);
	return timeline_add(
		c, all->subject, step->before ? "promise.warned" : "promise.escalated", c->now, text, NULL);
}

static void emit(struct promise_case *all)
{
	struct ctx *c = all->c;
	int permission = permission_of_code(arena_format(c->arena, "%s.view", all->subject.module));
	event_emit(c, (struct event){ .kind = arena_format(c->arena, "%s.changed", all->subject.module),
			      .subject_id = all->subject.id,
			      .org_id = all->facts.org_id,
			      .permission = permission ? permission : MAY_VIEW_PROMISE });
}

/* Whoever inserts the row is the one who tells; another node finds it there. */
static bool claim(struct ctx *c, const struct promise *promise, size_t step, bool *mine)
{
	int64_t touched = 0;
	if (!db_run_counting(c, &touched,
		    "INSERT INTO promise_escalation (promise_id, rule_version, step, at) VALUES ($1, $2, $3, "
		    "$4)"
		    " ON CONFLICT (promise_id, rule_version, step) DO NOTHING",
		    V(promise->id), V(promise->rule_version), V((int64_t)step), V(c->now)))
		return false;
	*mine = touched == 1;
	return true;
}

static bool fire(struct promise_case *all, struct promise *promise)
{
	struct ctx *c = all->c;
	struct promise_clock clock;
	bool written[2] = { false, false };
	if (!promise_case_clock(all, promise, &clock))
		return false;
	for (size_t i = 0; i < promise->rule->step_count; i++) {
		const struct promise_step *step = &promise->rule->steps[i];
		struct instant at;
		int missing_year;
		bool mine;
		if (promise->due_at.ms == 0 ||
			!promise_clock_step(&clock, step, promise->due_at, &at, &missing_year) ||
			at.ms > c->now.ms)
			continue;
		if (!claim(c, promise, i, &mine))
			return false;
		if (!mine)
			continue;
		/* A warning to several people is one line of the timeline. */
		if (!(step->before && written[0]) && !record(all, promise, i))
			return false;
		written[0] = written[0] || step->before;
		written[1] = true;
		if (!tell(all, promise, i))
			return false;
	}
	if (written[1])
		emit(all);
	return promise_case_refresh(all, promise, true, NULL);
}

static bool handle(struct ctx *c, int64_t id, struct subject subject)
{
	struct promise_case all;
	if (!promise_case_load(c, subject, &all))
		return false;
	for (size_t i = 0; i < all.count; i++) {
		struct promise *one = &all.list[i];
		if (one->id != id)
			continue;
		if (one->state == STATE_RUNNING && one->rule)
			return fire(&all, one);
		return db_run(c, "UPDATE promise SET next_at = NULL WHERE id = $1", V(id));
	}
	return true;
}

bool promise_escalate_job(struct ctx *c, bool *more)
{
	static const char ripe[] =
		"SELECT id, module, subject_id FROM promise"
		" WHERE next_at IS NOT NULL AND next_at <= $1 ORDER BY next_at, id LIMIT $2";
	struct {
		int64_t id;
		struct subject subject;
	} found[ESCALATE_MOST];
	struct rows *rows;
	size_t count = 0;
	if (!db_query(c, &rows, ripe, V(c->now), V((int)ESCALATE_MOST)))
		return false;
	while (rows_next(rows) && count < ESCALATE_MOST) {
		found[count].id = rows_int(rows, 0);
		found[count++].subject = (struct subject){ rows_text(rows, 1), rows_int(rows, 2) };
	}
	rows_close(rows);
	for (size_t i = 0; i < count && !ctx_failed(c); i++) {
		if (!handle(c, found[i].id, found[i].subject))
			return false;
	}
	*more = count == ESCALATE_MOST;
	return !ctx_failed(c);
}
