/* revisit_call.c: a call, and what follows from it. */
#include "domain/care/revisit/revisit_internal.h"
#include "domain/core/notify/notify.h"
#include "domain/core/timeline/timeline.h"
#include "domain/fieldwork/dispatch/dispatch.h"
#include "platform/auth.h"

static struct subject subject_of(const struct revisit *revisit)
{
	return (struct subject){ "repair", revisit->subject_id };
}

/* ---- whether
 * ---------------------------------------------------------------------------------------------------------
 */

static bool is_unhappy(struct ctx *c, const struct revisit_call *call)
{
	return call->outcome == OUTCOME_REACHED && call->satisfaction &&
	       call->satisfaction < revisit_rules(c->app)->satisfied_at_least;
}

static void check_reached(struct ctx *c, const struct revisit_call *call)
{
	if (!call->satisfaction)
		fault(c, "satisfaction", "required", "请问清并选择满意程度");
	else if (is_unhappy(c, call) && text_is_blank(call->reason))
		fault(c, "reason", "required", "用户不满意，请写明原因，将转二次处理");
}

static void check_later(struct ctx *c, const struct revisit_call *call)
{
	int64_t most = revisit_rules(c->app)->later_days_most;
	if (!call->next_at.ms)
		fault(c, "next_at", "required", "请填写用户约定的时间");
	else if (call->next_at.ms <= c->now.ms)
		fault(c, "next_at", "past", "约定的时间要晚于现在");
	else if (call->next_at.ms > c->now.ms + most * DAY_MS)
		fault(c, "next_at", "range", "约定的时间最多在 %lld 天以内", (long long)most);
}

static bool check(struct ctx *c, const struct revisit *revisit, const struct repair *repair,
	const struct revisit_call *call)
{
	if (revisit->status != REVISIT_DUE)
		return fail(c, CONFLICT, "工单 %s 的回访%s，请刷新列表", revisit->number,
			choice_label(revisit_statuses, (int)revisit->status));
	if (c->actor->kind == ACTOR_STAFF && c->actor->id == repair->assignee_id)
		return fail(c, FORBIDDEN, "不能回访自己办的工单，请由别人回访");
	if (call->outcome == OUTCOME_REACHED)
		check_reached(c, call);
	else if (call->satisfaction)
		fault(c, "satisfaction", "not_reached", "没有接通的，不填满意程度");
	if (call->outcome == OUTCOME_LATER)
		check_later(c, call);
	else if (call->next_at.ms)
		fault(c, "next_at", "not_later", "只有另约时间的才填约定时间");
	return !ctx_failed(c);
}

/* ---- doing
 * -----------------------------------------------------------------------------------------------------------
 */

/* Calls that reached nobody, this one included. */
static bool count_tries(struct ctx *c, const struct revisit *revisit, int64_t *today, int64_t *days)
{
	static const char tries_today[] =
		"SELECT count(*) FROM revisit_call WHERE revisit_id = $1 AND on_day = $2 "
		"AND outcome IN ('no_answer', 'wrong_number')";
	static const char days_tried[] = "SELECT count(DISTINCT on_day) FROM revisit_call "
					 "WHERE revisit_id = $1 AND outcome IN ('no_answer', 'wrong_number')";
	return db_number(c, today, 0, tries_today, V(revisit->id), V(instant_date(c->now))) &&
	       db_number(c, days, 0, days_tried, V(revisit->id));
}

static bool settle_missed(struct ctx *c, struct revisit *revisit)
{
	const struct revisit_rules *rules = revisit_rules(c->app);
	int64_t today, days;
	if (!count_tries(c, revisit, &today, &days))
		return false;
	revisit->attempts++;
	if (revisit->attempts >= rules->attempts_most && days >= rules->attempt_days) {
		revisit->status = REVISIT_UNREACHABLE;
		revisit->done_at = c->now;
		revisit->next_at = (struct instant){ 0 };
	} else {
		revisit->next_at = revisit_again(rules, c->now, today);
	}
	return true;
}

/* What the record becomes. */
static bool settle(struct ctx *c, struct revisit *revisit, const struct revisit_call *call)
{
	revisit->outcome = call->outcome;
	revisit->staff_id = call->staff_id;
	switch (call->outcome) {
	case OUTCOME_REACHED:
	case OUTCOME_REFUSED:
		revisit->attempts++;
		revisit->status = REVISIT_DONE;
		revisit->done_at = c->now;
		revisit->next_at = (struct instant){ 0 };
		revisit->satisfaction = call->satisfaction;
		revisit->reason = call->reason;
		revisit->second_handling = is_unhappy(c, call);
		return true;
	case OUTCOME_LATER:
		revisit->next_at = call->next_at;
		return true;
	default:
		return settle_missed(c, revisit);
	}
}

static bool write_line(struct ctx *c, const struct revisit *revisit, const struct revisit_call *call)
{
	static const char *const words[] = { "", "很不满意", "不满意", "一般", "满意", "很满意" };
	char at[INSTANT_TEXT_SIZE];
	struct text_builder line = { .arena = c->arena };
	text_add_format(&line, "回访：%s", choice_label(revisit_outcomes, (int)call->outcome));
	if (call->satisfaction)
		text_add_format(&line, "，%s", words[call->satisfaction]);
	if (!text_is_blank(call->reason))
		text_add_format(&line, "：%s", call->reason);
	if (revisit->status == REVISIT_UNREACHABLE)
		text_add(&line, "，多次未接通，不再拨打");
	else if (revisit->status == REVISIT_DUE)
		text_add_format(&line, "，下次 %s", instant_text_short(revisit->next_at, at));
	return timeline_add(c, subject_of(revisit), "revisited", c->now, text_built(&line), NULL);
}

/* ---- the order
 * ------------------------------------------------------------------------------------------------------- */

/* Another person than the one complained of; the centre's head knows. */
static bool handle_again(struct ctx *c, struct revisit *revisit, struct repair *repair)
{
	const char *reason = arena_format(c->arena, "回访不满意：%s", revisit->reason);
	const char *const parameters[] = { "title",
		arena_format(c->arena, "工单 %s %s", revisit->number, revisit->title), NULL };
	const struct notice notice = { .subject = subject_of(revisit),
		.org_id = repair->org_id,
		.channels = NOTICE_IN_APP,
		.template_code = "revisit.dissatisfied",
		.parameters = parameters,
		.once = arena_format(c->arena, "revisit.dissatisfied:%lld", (long long)revisit->id) };
	const struct repair_step step = { .step = STEP_REOPEN, .reason = reason };
	int64_t told;
	if (repair->status != REPAIR_DONE && repair->status != REPAIR_CLOSED)
		return true; /* reopened by somebody in the meantime: it is being handled */
	if (repair->assignee_id && !dispatch_recuse(c, repair->id, repair->assignee_id, reason))
		return false;
	return repair_step(c, repair, &step) && notify_role(c, "centre", repair->org_id, &notice, &told);
}

static bool finish(struct ctx *c, struct revisit *revisit, struct repair *repair)
{
	const struct promise_facts facts = repair_facts(c, repair);
	const struct repair_step step = { .step = STEP_CLOSE,
		.note = revisit->status == REVISIT_UNREACHABLE ? "回访无法接通" : NULL };
	if (!promise_event(c, subject_of(revisit), "repair.revisited", c->now, &facts))
		return false;
	if (revisit->second_handling)
		return handle_again(c, revisit, repair);
	return repair->status != REPAIR_DONE || repair_step(c, repair, &step);
}

bool revisit_call_record(struct ctx *c, struct revisit *revisit, struct revisit_call *call)
{
	struct repair repair = { 0 };
	if (!repair_read(c, revisit->subject_id, &repair) || !check(c, revisit, &repair, call))
		return false;
	call->id = db_new_id(c);
	call->revisit_id = revisit->id;
	call->at = c->now;
	call->on_day = instant_date(c->now);
	call->staff_id = c->actor->kind == ACTOR_STAFF ? c->actor->id : 0;
	if (!entity_insert(c, &revisit_call_entity, call) || !settle(c, revisit, call) ||
		!entity_update(c, &revisit_entity, revisit) || !write_line(c, revisit, call) ||
		(revisit->status != REVISIT_DUE && !finish(c, revisit, &repair)))
		return false;
	revisit_tell(c, revisit);
	return true;
}

/* ---- showing
 * ---------------------------------------------------------------------------------------------------------
 */

bool revisit_calls_write(struct ctx *c, const struct revisit *revisit, struct json_out *out)
{
	static const char calls[] =
		"SELECT k.id, k.at, k.outcome, k.satisfaction, k.reason, k.note, k.next_at, s.name "
		"FROM revisit_call k LEFT JOIN staff_contact s ON s.staff_id = k.staff_id "
		"WHERE k.revisit_id = $1 ORDER BY k.at, k.id LIMIT 200";
	struct rows *rows;
	if (!db_query(c, &rows, calls, V(revisit->id)))
		return false;
	out_array_open(out);
	while (rows_next(rows)) {
		const char *outcome = rows_text(rows, 2);
		out_object_open(out);
		put_int(out, "id", rows_int(rows, 0));
		put_instant(out, "at", rows_instant(rows, 1));
		put_text(out, "outcome", outcome);
		put_text(out, "outcome_label",
			choice_label(revisit_outcomes, choice_of_code(revisit_outcomes, outcome)));
		put_id(out, "satisfaction", rows_int(rows, 3));
		put_text(out, "reason", rows_text(rows, 4));
		put_text(out, "note", rows_text(rows, 5));
		put_instant(out, "next_at", rows_instant(rows, 6));
		put_text(out, "staff_name", rows_text(rows, 7));
		out_object_close(out);
	}
	rows_close(rows);
	out_array_close(out);
	return !ctx_failed(c);
}
