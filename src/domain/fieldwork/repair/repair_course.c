/* repair_course.c: what can happen to an order, as a table; and doing it. The status is assigned nowhere
 * else. */
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/core/timeline/timeline.h"
#include "domain/fieldwork/catalogue/catalogue.h"
#include "domain/fieldwork/repair/repair_internal.h"

CHOICE_TABLE(repair_step_names, REPAIR_STEPS);

enum course_flags { OWN = 1, WITH_REASON = 2 };

struct course {
	enum repair_status from;
	enum repair_step_name step;
	enum repair_status to; /* none: where it was before waiting */
	int permission;	       /* with OWN: and be the one who has the order */
	int also;	       /* or this one; recorded as done on behalf where the first is OWN */
	unsigned flags;
};

/* Reassigning is a dispatch from a later status: it takes a reason. Cancelling ends where people are on site:
 * there an order is finished, if need be as a false alarm. */
static const struct course repair_course[] = {
	{ REPAIR_FILED, STEP_DISPATCH, REPAIR_DISPATCHED, MAY_DISPATCH, 0, 0 },
	{ REPAIR_DISPATCHED, STEP_DISPATCH, REPAIR_DISPATCHED, MAY_DISPATCH, 0, WITH_REASON },
	{ REPAIR_ACCEPTED, STEP_DISPATCH, REPAIR_DISPATCHED, MAY_DISPATCH, 0, WITH_REASON },
	{ REPAIR_DEPARTED, STEP_DISPATCH, REPAIR_DISPATCHED, MAY_DISPATCH, 0, WITH_REASON },
	{ REPAIR_ARRIVED, STEP_DISPATCH, REPAIR_DISPATCHED, MAY_DISPATCH, 0, WITH_REASON },

	{ REPAIR_DISPATCHED, STEP_ACCEPT, REPAIR_ACCEPTED, MAY_WORK_ON_SITE, MAY_DISPATCH, OWN },
	{ REPAIR_DISPATCHED, STEP_REFUSE, REPAIR_FILED, MAY_WORK_ON_SITE, MAY_DISPATCH, OWN | WITH_REASON },
	{ REPAIR_ACCEPTED, STEP_REFUSE, REPAIR_FILED, MAY_WORK_ON_SITE, MAY_DISPATCH, OWN | WITH_REASON },
	{ REPAIR_ACCEPTED, STEP_DEPART, REPAIR_DEPARTED, MAY_WORK_ON_SITE, MAY_DISPATCH, OWN },
	{ REPAIR_DEPARTED, STEP_ARRIVE, REPAIR_ARRIVED, MAY_WORK_ON_SITE, MAY_DISPATCH, OWN },
	{ REPAIR_ARRIVED, STEP_SECURE, REPAIR_ARRIVED, MAY_WORK_ON_SITE, MAY_DISPATCH, OWN },
	{ REPAIR_ARRIVED, STEP_FINISH, REPAIR_DONE, MAY_WORK_ON_SITE, 0, OWN },

	{ REPAIR_FILED, STEP_WAIT, REPAIR_WAITING, MAY_DISPATCH, MAY_EDIT_REPAIR, WITH_REASON },
	{ REPAIR_ACCEPTED, STEP_WAIT, REPAIR_WAITING, MAY_WORK_ON_SITE, MAY_DISPATCH, OWN | WITH_REASON },
	{ REPAIR_DEPARTED, STEP_WAIT, REPAIR_WAITING, MAY_WORK_ON_SITE, MAY_DISPATCH, OWN | WITH_REASON },
	{ REPAIR_ARRIVED, STEP_WAIT, REPAIR_WAITING, MAY_WORK_ON_SITE, MAY_DISPATCH, OWN | WITH_REASON },
	{ REPAIR_WAITING, STEP_RESUME, repair_status_none, MAY_WORK_ON_SITE, MAY_DISPATCH, OWN },

	{ REPAIR_DONE, STEP_CLOSE, REPAIR_CLOSED, MAY_EDIT_REPAIR, MAY_CALL_REVISIT, 0 },
	{ REPAIR_DONE, STEP_REOPEN, REPAIR_FILED, MAY_EDIT_REPAIR, MAY_CALL_REVISIT, WITH_REASON },
	{ REPAIR_CLOSED, STEP_REOPEN, REPAIR_FILED, MAY_EDIT_REPAIR, MAY_CALL_REVISIT, WITH_REASON },

	{ REPAIR_FILED, STEP_CANCEL, REPAIR_CANCELLED, MAY_CANCEL_REPAIR, 0, WITH_REASON },
	{ REPAIR_DISPATCHED, STEP_CANCEL, REPAIR_CANCELLED, MAY_CANCEL_REPAIR, 0, WITH_REASON },
	{ REPAIR_ACCEPTED, STEP_CANCEL, REPAIR_CANCELLED, MAY_CANCEL_REPAIR, 0, WITH_REASON },
	{ REPAIR_DEPARTED, STEP_CANCEL, REPAIR_CANCELLED, MAY_CANCEL_REPAIR, 0, WITH_REASON },
	{ REPAIR_WAITING, STEP_CANCEL, REPAIR_CANCELLED, MAY_CANCEL_REPAIR, 0, WITH_REASON },

	{ REPAIR_FILED, STEP_JOIN, REPAIR_JOINED, MAY_EDIT_REPAIR, MAY_DISPATCH, 0 },
	{ REPAIR_DISPATCHED, STEP_JOIN, REPAIR_JOINED, MAY_EDIT_REPAIR, MAY_DISPATCH, 0 },
	{ REPAIR_ACCEPTED, STEP_JOIN, REPAIR_JOINED, MAY_EDIT_REPAIR, MAY_DISPATCH, 0 },
	{ REPAIR_WAITING, STEP_JOIN, REPAIR_JOINED, MAY_EDIT_REPAIR, MAY_DISPATCH, 0 },

	{ REPAIR_FILED, STEP_MOVE, REPAIR_FILED, MAY_DISPATCH, MAY_EDIT_REPAIR, WITH_REASON },
	{ REPAIR_DISPATCHED, STEP_MOVE, REPAIR_FILED, MAY_DISPATCH, MAY_EDIT_REPAIR, WITH_REASON },
	{ REPAIR_ACCEPTED, STEP_MOVE, REPAIR_FILED, MAY_DISPATCH, MAY_EDIT_REPAIR, WITH_REASON },
	{ REPAIR_DEPARTED, STEP_MOVE, REPAIR_FILED, MAY_DISPATCH, MAY_EDIT_REPAIR, WITH_REASON },
};
enum { COURSE_ROWS = sizeof repair_course / sizeof *repair_course };

/* What promises and timeline call a step; NULL: promises only hear of the new state. */
static const char *event_of(enum repair_step_name step)
{
	static const char *const events[] = {
		[STEP_DISPATCH] = "repair.dispatched",
		[STEP_ACCEPT] = "repair.accepted",
		[STEP_REFUSE] = "repair.refused",
		[STEP_DEPART] = "repair.departed",
		[STEP_ARRIVE] = "repair.arrived",
		[STEP_SECURE] = "repair.secured",
		[STEP_FINISH] = "repair.done",
		[STEP_CLOSE] = "repair.closed",
		[STEP_REOPEN] = "repair.reopened",
		[STEP_CANCEL] = "repair.cancelled",
		[STEP_JOIN] = "repair.joined",
		[STEP_MOVE] = "repair.refused", /* nobody has it any more */
		[STEP_RESUME] = NULL,
	};
	return (size_t)step < sizeof events / sizeof *events ? events[step] : NULL;
}

static const struct course *course_find(enum repair_status from, enum repair_step_name step)
{
	for (size_t i = 0; i < COURSE_ROWS; i++) {
		if (repair_course[i].from == from && repair_course[i].step == step)
			return &repair_course[i];
	}
	return NULL;
}

/* ---- who
 * ---------------------------------------------------------------------------------------------------------
 */

/* `*on_behalf`: by somebody who dispatches, for the one who has the order. */
static bool actor_takes(
	struct ctx *c, const struct repair *repair, const struct course *course, bool *takes, bool *on_behalf)
{
	bool first = actor_may(c->actor, course->permission), second = false,
	     own = c->actor->kind == ACTOR_SYSTEM;
	if (course->also && !repair_actor_may(c, course->also, repair->org_id, &second))
		return false;
	if (course->flags & OWN) {
		/* Their own order wherever it lies: a team's people work for the centre. */
		if (!own && !repair_is_actors(c, repair, &own))
			return false;
	} else {
		own = true;
		if (!repair_actor_may(c, course->permission, repair->org_id, &first))
			return false;
	}
	*on_behalf = !(first && own) && second && course->flags & OWN;
	*takes = (first && own) || second;
	return true;
}

static bool require_actor(
	struct ctx *c, const struct repair *repair, const struct course *course, bool *on_behalf)
{
	bool takes;
	if (!actor_takes(c, repair, course, &takes, on_behalf))
		return false;
	if (takes)
		return true;
	if (course->flags & OWN && actor_may(c->actor, course->permission))
		return fail(c, FORBIDDEN, "%s不在您名下，可能已改派，请刷新后再看", repair_name(c, repair));
	return fail(c, FORBIDDEN, "您没有权限对%s办理“%s”", repair_name(c, repair),
		choice_label(repair_step_names, (int)course->step));
}

/* ---- whether
 * ------------------------------------------------------------------------------------------------------ */

/* What stands against a step that the course has, in a sentence; NULL nothing. */
static const char *hindrance(const struct repair *repair, enum repair_step_name step)
{
	bool danger = repair_is_emergency(repair) && !repair->secured;
	switch (step) {
	case STEP_WAIT:
		return danger ? "险情还没有控制，不能暂停" : NULL;
	case STEP_SECURE:
		return repair->secured ? "险情已经控制，不用重复登记" : NULL;
	case STEP_FINISH:
		return danger ? "请先登记险情已控制，再完工" : NULL;
	default:
		return NULL;
	}
}

/* An emergency is looked at on site; only who dispatches may say that nobody need go. */
static bool may_cancel(struct ctx *c, const struct repair *repair, bool *may)
{
	*may = true;
	return !repair_is_emergency(repair) || repair_actor_may(c, MAY_DISPATCH, repair->org_id, may);
}

static bool check_time(struct ctx *c, const struct repair *repair, struct repair_step *step)
{
	char text[INSTANT_TEXT_SIZE];
	if (step->at.ms == 0)
		step->at = c->now;
	if (step->at.ms > c->now.ms + AT_TOLERANCE_MS)
		return fault(c, "at", "future", "时间不能晚于现在，请核对手机时间");
	if (step->at.ms > c->now.ms)
		step->at = c->now;
	if (step->at.ms < repair->stepped_at.ms)
		return fault(c, "at", "order", "时间不能早于上一步（%s）",
			instant_text_short(repair->stepped_at, text));
	return true;
}

static bool check_texts(struct ctx *c, const struct course *course, const struct repair_step *step)
{
	if (course->flags & WITH_REASON && text_is_blank(step->reason))
		fault(c, "reason", "required", "请写明原因");
	if (step->reason && text_characters(step->reason) > 500)
		fault(c, "reason", "too_long", "原因最多 500 字");
	if (step->note && text_characters(step->note) > NOTE_MOST)
		fault(c, "note", "too_long", "备注最多 %d 字", NOTE_MOST);
	return !ctx_failed(c);
}

static bool check_finish(struct ctx *c, const struct repair_step *step)
{
	if (text_is_blank(step->cause))
		fault(c, "cause", "required", "请选择原因");
	else if (!catalogue_cause_of(c->app, step->cause))
		fault(c, "cause", "unknown", "没有这个原因，请从目录里选择");
	if (text_is_blank(step->result))
		fault(c, "result", "required", "请写明处理结果");
	else if (text_characters(step->result) > NOTE_MOST)
		fault(c, "result", "too_long", "处理结果最多 %d 字", NOTE_MOST);
	return !ctx_failed(c);
}

static bool check_dispatch(struct ctx *c, const struct repair *repair, const struct repair_step *step)
{
	if (!step->staff_id && !step->team_id)
		return fault(c, "staff_id", "required", "请选择派给谁");
	if (repair->status == REPAIR_DISPATCHED && step->staff_id == repair->assignee_id &&
		(step->staff_id || step->team_id == repair->team_id))
		return fail(c, CONFLICT, "%s已经派给了他，不用再派", repair_name(c, repair));
	return true;
}

/* A person comes with a team; a team must be one of the company. */
static bool take_team(struct ctx *c, const struct repair *repair, struct repair_step *step)
{
	static const char of_person[] =
		"SELECT t.id, t.company_id FROM staff_contact s JOIN org_tree t ON t.id = s.org_id "
		"WHERE s.staff_id = $1";
	static const char of_team[] = "SELECT id, company_id FROM org_tree WHERE id = $1";
	struct rows *rows;
	if (step->step != STEP_DISPATCH)
		return true;
	if (!(step->staff_id ? db_query(c, &rows, of_person, V(step->staff_id))
			     : db_query(c, &rows, of_team, V(step->team_id))))
		return false;
	bool known = rows_next(rows);
	int64_t team_id = known ? rows_int(rows, 0) : 0, company_id = known ? rows_int(rows, 1) : 0;
	rows_close(rows);
	if (ctx_failed(c))
		return false;
	if (!known)
		return fault(c, step->staff_id ? "staff_id" : "team_id", "unknown",
			"没有这个人员或班组，请重新选择");
	if (company_id != repair->company_id)
		return fault(c, step->staff_id ? "staff_id" : "team_id", "dispatch.company",
			"不是这家公司的人员，不能派单；需要的话先转单");
	step->team_id = team_id;
	return true;
}

static bool check_join(struct ctx *c, const struct repair *repair, int64_t other_id, struct repair *other)
{
	if (!other_id)
		return fault(c, "other_id", "required", "请选择并入哪张工单");
	if (other_id == repair->id)
		return fault(c, "other_id", "self", "不能并入自己，请选择另一张工单");
	if (!repair_read(c, other_id, other))
		return false;
	if (!fence_require(c, MAY_VIEW_REPAIR, other->org_id, "要并入的工单"))
		return false;
	if (other->company_id != repair->company_id)
		return fail(c, CONFLICT, "%s属于另一家公司，不能并入；需要的话先转单", repair_name(c, other));
	if (!repair_is_open(other))
		return fail(c, CONFLICT, "%s已%s，不能并入", repair_name(c, other),
			choice_label(repair_statuses, (int)other->status));
	return true;
}

static bool check_step(
	struct ctx *c, const struct repair *repair, const struct repair_step *step, struct repair *other)
{
	bool may;
	const char *why = hindrance(repair, step->step);
	if (why)
		return fail(c, CONFLICT, "%s：%s", repair_name(c, repair), why);
	switch (step->step) {
	case STEP_DISPATCH:
		return check_dispatch(c, repair, step);
	case STEP_ACCEPT:
		return repair->assignee_id || c->actor->kind == ACTOR_STAFF ||
		       fail(c, CONFLICT, "%s派给了班组，请由班组里的人接单", repair_name(c, repair));
	case STEP_FINISH:
		return check_finish(c, step);
	case STEP_CANCEL:
		if (!may_cancel(c, repair, &may))
			return false;
		return may || fail(c, CONFLICT,
				      "%s是紧急工单，须到场核实，只能由调度员撤销；误报请到场后以“误报”完工",
				      repair_name(c, repair));
	case STEP_JOIN:
		return check_join(c, repair, step->other_id, other);
	default:
		return true;
	}
}

/* ---- doing
 * ---------------------------------------------------------------------------------------------------------
 */

static void clear_attempt(struct repair *repair)
{
	repair->dispatched_at = repair->accepted_at = repair->departed_at = repair->arrived_at =
		(struct instant){ 0 };
	repair->assignee_id = repair->team_id = 0;
}

static void do_dispatch(struct repair *repair, const struct repair_step *step)
{
	clear_attempt(repair);
	repair->assignee_id = step->staff_id;
	repair->team_id = step->team_id;
	repair->dispatched_at = step->at;
}

static void do_finish(struct repair *repair, const struct repair_step *step)
{
	if (!repair->secured)
		repair->handled_at = step->at;
	repair->secured = true;
	repair->cause = step->cause;
	repair->result = step->result;
	repair->done_at = step->at;
}

static void do_reopen(struct repair *repair)
{
	clear_attempt(repair);
	repair->handled_at = repair->done_at = repair->closed_at = (struct instant){ 0 };
	repair->secured = false;
	repair->cause = repair->result = NULL;
	repair->appointment_from = repair->appointment_to = (struct instant){ 0 };
	repair->reopened++;
}

static void do_step(
	struct ctx *c, struct repair *repair, const struct course *course, const struct repair_step *step)
{
	enum repair_status from = repair->status;
	repair->status = course->to ? course->to : repair->waiting_from;
	repair->stepped_at = step->at;
	repair->waiting_from = course->to == REPAIR_WAITING ? from : repair_status_none;
	repair->waiting_reason = course->to == REPAIR_WAITING ? step->reason : NULL;
	switch (step->step) {
	case STEP_DISPATCH:
		do_dispatch(repair, step);
		break;
	case STEP_ACCEPT:
		repair->accepted_at = step->at;
		if (!repair->assignee_id)
			repair->assignee_id = c->actor->id;
		break;
	case STEP_REFUSE:
	case STEP_MOVE:
		clear_attempt(repair);
		break;
	case STEP_DEPART:
		repair->departed_at = step->at;
		break;
	case STEP_ARRIVE:
		repair->arrived_at = step->at;
		if (!repair->first_arrived_at.ms)
			repair->first_arrived_at = step->at;
		break;
	case STEP_SECURE:
		repair->secured = true;
		repair->handled_at = step->at;
		break;
	case STEP_FINISH:
		do_finish(repair, step);
		break;
	case STEP_CLOSE:
		repair->closed_at = step->at;
		break;
	case STEP_REOPEN:
		do_reopen(repair);
		break;
	case STEP_JOIN:
		repair->joined_to_id = step->other_id;
		repair->closed_at = step->at;
		break;
	case STEP_CANCEL:
		repair->closed_at = step->at;
		break;
	default:
		break;
	}
}

/* ---- telling
 * ---------------------------------------------------------------------------------------------------------
 */

static bool receiver_name(struct ctx *c, const struct repair *repair, const char **name)
{
	static const char of_staff[] = "SELECT name FROM staff_contact WHERE staff_id = $1";
	static const char of_team[] = "SELECT name FROM org_tree WHERE id = $1";
	struct rows *rows;
	bool person = repair->assignee_id != 0;
	if (!(person ? db_query(c, &rows, of_staff, V(repair->assignee_id))
		     : db_query(c, &rows, of_team, V(repair->team_id))))
		return false;
	*name = rows_next(rows) ? rows_text(rows, 0) : "已离职人员";
	rows_close(rows);
	return !ctx_failed(c);
}

static bool step_text(struct ctx *c, const struct repair *repair, const struct repair_step *step,
	const struct repair *other, const char **text)
{
	const char *label = choice_label(repair_step_names, (int)step->step), *name = "";
	const struct catalogue_cause *cause;
	switch (step->step) {
	case STEP_DISPATCH:
		if (!receiver_name(c, repair, &name))
			return false;
		*text = arena_format(c->arena, "派给%s", name);
		return true;
	case STEP_ARRIVE:
		*text = step->longitude_e6 ? "到达现场，已定位" : "到达现场，未定位";
		return true;
	case STEP_SECURE:
		*text = "险情已控制";
		return true;
	case STEP_FINISH:
		cause = catalogue_cause_of(c->app, step->cause);
		*text = arena_format(c->arena, "完工：%s", cause ? cause->label : step->cause);
		return true;
	case STEP_JOIN:
		*text = arena_format(c->arena, "并入工单 %s", other->number);
		return true;
	default:
		*text = label;
		return true;
	}
}

static bool write_step(struct ctx *c, const struct repair *repair, const struct repair_step *step,
	const struct repair *other, bool on_behalf)
{
	const char *event = event_of(step->step), *text;
	if (!step_text(c, repair, step, other, &text))
		return false;
	struct text_builder line = { .arena = c->arena };
	text_add(&line, text);
	if (!text_is_blank(step->reason))
		text_add_format(&line, "：%s", step->reason);
	if (!text_is_blank(step->note))
		text_add_format(&line, "（%s）", step->note);
	if (on_behalf)
		text_add(&line, "（调度代为登记）");
	const char *kind = event ? strchr(event, '.') + 1 : choice_code(repair_step_names, (int)step->step);
	if (step->step == STEP_MOVE)
		kind = "moved";
	return timeline_add(c, repair_subject(repair), kind, step->at, text_built(&line), NULL);
}

static bool tell_promises(
	struct ctx *c, const struct repair *repair, const struct repair_step *step, bool newly_secured)
{
	const struct promise_facts facts = repair_facts(c, repair);
	const char *event = event_of(step->step);
	struct subject subject = repair_subject(repair);
	if (newly_secured && step->step == STEP_FINISH &&
		!promise_event(c, subject, "repair.secured", step->at, &facts))
		return false;
	if (step->keeps_clocks)
		return promise_facts_changed(c, subject, &facts);
	if (event && !promise_event(c, subject, event, step->at, &facts))
		return false;
	if (step->step == STEP_WAIT || step->step == STEP_RESUME)
		return promise_state(c, subject, choice_code(repair_statuses, (int)repair->status), step->at);
	return true;
}

/* The order that stays takes over the greater urgency, and says that it carries another. */
static bool join_into(struct ctx *c, const struct repair *repair, struct repair *other)
{
	const char *text = arena_format(c->arena, "工单 %s 并入", repair->number);
	if (!timeline_add(c, repair_subject(other), "joined", c->now, text, NULL))
		return false;
	if (repair->level < other->level) {
		other->level = repair->level;
		other->script_read = other->script_read || repair->script_read;
		if (!other->script_read)
			other->script_reason = arena_format(c->arena, "见工单 %s", repair->number);
		return repair_edit(c, other);
	}
	repair_tell(c, other, "repair.changed", 0);
	return true;
}

bool repair_step(struct ctx *c, struct repair *repair, const struct repair_step *asked)
{
	struct repair_step step = *asked;
	struct repair other = { 0 };
	bool on_behalf = false, was_secured = repair->secured;
	const struct course *course = course_find(repair->status, step.step);
	if (!course)
		return fail(c, CONFLICT, "%s现在是“%s”，不能“%s”", repair_name(c, repair),
			choice_label(repair_statuses, (int)repair->status),
			choice_label(repair_step_names, (int)step.step));
	if (!require_actor(c, repair, course, &on_behalf) || !check_time(c, repair, &step) ||
		!check_step(c, repair, &step, &other) || !take_team(c, repair, &step))
		return false;
	/* What the gates and the texts lack is told together. */
	bool good = extensions_may(c, repair, &step);
	if (!check_texts(c, course, &step) || !good)
		return false;
	int64_t org_before = repair->org_id;
	if (step.step == STEP_MOVE)
		repair->org_id = step.org_id;
	do_step(c, repair, course, &step);
	if (!tell_promises(c, repair, &step, repair->secured && !was_secured) ||
		!repair_take_due(c, repair) || !entity_update(c, &repair_entity, repair) ||
		!write_step(c, repair, &step, &other, on_behalf) ||
		(step.step == STEP_JOIN && !join_into(c, repair, &other)))
		return false;
	repair_tell(c, repair, "repair.changed", org_before);
	return extensions_after(c, repair, &step);
}

bool repair_move(struct ctx *c, struct repair *repair, int64_t org_id, const char *reason)
{
	struct repair moved = { .org_id = org_id };
	const char *company_code;
	if (!org_id)
		return fault(c, "org_id", "required", "请选择转给哪个服务中心");
	if (!fence_require(c, MAY_FILE_REPAIR, org_id, "接收单位") ||
		!repair_place_org(c, &moved, &company_code))
		return false;
	if (moved.org_id == repair->org_id)
		return fail(c, CONFLICT, "%s已在这个服务中心", repair_name(c, repair));
	repair->company_id = moved.company_id;
	const struct repair_step step = { .step = STEP_MOVE, .reason = reason, .org_id = moved.org_id };
	return repair_step(c, repair, &step);
}

/* ---- what is possible now
 * ----------------------------------------------------------------------------------------- */

static bool write_needs(
	struct ctx *c, const struct repair *repair, const struct course *course, struct json_out *out)
{
	static const struct {
		enum repair_step_name step;
		const char *needs;
	} own[] = {
		{ STEP_DISPATCH, "staff_id" },
		{ STEP_FINISH, "cause" },
		{ STEP_FINISH, "result" },
		{ STEP_JOIN, "other_id" },
		{ STEP_MOVE, "org_id" },
	};
	out_array_open(out);
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		if (own[i].step == course->step)
			out_text(out, own[i].needs);
	}
	if (course->flags & WITH_REASON)
		out_text(out, "reason");
	if (!extensions_needs(c, repair, course->step, out))
		return false;
	out_array_close(out);
	return true;
}

static bool is_possible(
	struct ctx *c, const struct repair *repair, const struct course *course, bool *possible)
{
	bool on_behalf, may = true;
	if (!actor_takes(c, repair, course, possible, &on_behalf))
		return false;
	if (course->step == STEP_CANCEL && !may_cancel(c, repair, &may))
		return false;
	*possible = *possible && may && !hindrance(repair, course->step);
	return true;
}

bool repair_steps_write(struct ctx *c, const struct repair *repair, struct json_out *out)
{
	out_array_open(out);
	for (size_t i = 0; i < COURSE_ROWS; i++) {
		const struct course *course = &repair_course[i];
		bool possible;
		if (course->from != repair->status)
			continue;
		if (!is_possible(c, repair, course, &possible))
			return false;
		if (!possible)
			continue;
		bool again = course->step == STEP_DISPATCH && course->flags & WITH_REASON;
		out_object_open(out);
		put_text(out, "step", choice_code(repair_step_names, (int)course->step));
		put_text(out, "label", again ? "改派" : choice_label(repair_step_names, (int)course->step));
		out_key(out, "needs");
		if (!write_needs(c, repair, course, out))
			return false;
		out_object_close(out);
	}
	out_array_close(out);
	return true;
}
