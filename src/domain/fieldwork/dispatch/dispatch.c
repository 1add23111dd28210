/* dispatch.c: what dispatching adds to an order's course: the gate, the notices, the next person. */
#include "domain/core/notify/notify.h"
#include "domain/core/permission/permission.h"
#include "domain/core/timeline/timeline.h"
#include "domain/fieldwork/catalogue/catalogue.h"
#include "domain/fieldwork/dispatch/dispatch_internal.h"
#include "platform/auth.h"
#include "platform/events.h"
#include "platform/json.h"

static struct subject subject_of(const struct repair *repair)
{
	return (struct subject){ "repair", repair->id };
}

static const char *title_of(struct ctx *c, const struct repair *repair)
{
	return arena_format(c->arena, "工单 %s %s（%s）", repair->number,
		catalogue_label(c->app, repair->kind), choice_label(repair_levels, (int)repair->level));
}

/* ---- the gate
 * -------------------------------------------------------------------------------------------------------- */

/* All that stands against a person, at once. With a reason only what never yields is left. */
static bool tell_refusals(
	struct ctx *c, const struct dispatch_person *person, const char *field, bool with_reason)
{
	for (size_t i = 0; i < person->refusal_count; i++) {
		const struct dispatch_refusal *one = &person->refusals[i];
		if (!one->yields || !with_reason)
			fault(c, field, one->code, "%s", one->detail);
	}
	return !ctx_failed(c);
}

/* A team can be sent when one of its people can go. */
static bool may_send_team(struct ctx *c, const struct repair *repair, int64_t team_id)
{
	struct dispatch_person *people = arena_array(c->arena, struct dispatch_person, PEOPLE_MOST);
	struct repair of_team = *repair;
	size_t count;
	of_team.org_id = of_team.company_id = team_id;
	if (!dispatch_suggest(c, &of_team, people, PEOPLE_MOST, &count))
		return false;
	if (count == 0)
		return fault(c, "team_id", "dispatch.nobody", "这个班组没有上门作业人员，请另选");
	return people[0].refusal_count == 0 ||
	       fault(c, "team_id", "dispatch.nobody", "这个班组现在没有能派的人：%s",
		       people[0].refusals[0].detail);
}

static bool may_dispatch(struct ctx *c, const struct repair *repair, const struct repair_step *step)
{
	struct dispatch_person person;
	if (!step->staff_id)
		return may_send_team(c, repair, step->team_id);
	return dispatch_judge(c, repair, step->staff_id, &person) &&
	       tell_refusals(c, &person, "staff_id", !text_is_blank(step->reason));
}

/* Who takes a team's order needs skill and certificate like everybody who is sent. */
static bool may_accept(struct ctx *c, const struct repair *repair, const struct repair_step *step)
{
	struct dispatch_person person;
	(void)step;
	if (repair->assignee_id || c->actor->kind != ACTOR_STAFF)
		return true;
	return dispatch_judge(c, repair, c->actor->id, &person) &&
	       tell_refusals(c, &person, "staff_id", true);
}

/* ---- the system dispatches
 * ------------------------------------------------------------------------------------------ */

/* `*given` false: another module's gate stands against this person (a dissatisfied customer); nothing is
 * written then. */
static bool give(struct ctx *c, struct repair *repair, int64_t staff_id, bool keeps_clocks, bool *given)
{
	const struct actor *actor = c->actor;
	const struct repair_step step = {
		.step = STEP_DISPATCH, .staff_id = staff_id, .keeps_clocks = keeps_clocks
	};
	c->actor = &system_actor;
	*given = repair_step(c, repair, &step);
	c->actor = actor;
	if (*given || (c->problem.code != INVALID && c->problem.code != CONFLICT))
		return *given;
	ctx_forgive(c);
	return true;
}

bool dispatch_automatically(struct ctx *c, struct repair *repair, bool keeps_clocks, bool *given)
{
	struct dispatch_person *people = arena_array(c->arena, struct dispatch_person, PEOPLE_MOST);
	size_t count;
	*given = false;
	if (!dispatch_suggest(c, repair, people, PEOPLE_MOST, &count))
		return false;
	for (size_t i = 0; i < count && people[i].refusal_count == 0 && !*given; i++) {
		bool declined;
		if (!offer_declined(c, repair->id, people[i].staff_id, &declined))
			return false;
		if (!declined && !give(c, repair, people[i].staff_id, keeps_clocks, given))
			return false;
	}
	return true;
}

bool dispatch_tell(struct ctx *c, const struct repair *repair, const char *template_code, const char *once)
{
	const char *const parameters[] = { "title", title_of(c, repair), "number", repair->number, NULL };
	bool urgent = repair_is_emergency(repair);
	const struct notice notice = { .subject = subject_of(repair),
		.org_id = repair->org_id,
		.channels = urgent ? NOTICE_IN_APP | NOTICE_SMS : NOTICE_IN_APP,
		.template_code = template_code,
		.parameters = parameters,
		.urgent = urgent,
		.once = once };
	int64_t told;
	return notify_role(c, "dispatcher", repair->org_id, &notice, &told);
}

/* An emergency without anybody: the dispatchers hear of it once for each round. */
static bool dispatch_at_once(struct ctx *c, struct repair *repair, bool keeps_clocks)
{
	bool given;
	if (!repair_is_emergency(repair) || repair->status != REPAIR_FILED)
		return true;
	if (!dispatch_automatically(c, repair, keeps_clocks, &given))
		return false;
	return given || dispatch_tell(c, repair, "repair.unassigned",
				arena_format(c->arena, "repair.unassigned:%lld:%lld", (long long)repair->id,
					(long long)repair->reopened));
}

/* Who had it last, when duty, skill and certificate allow it today. */
static bool give_to_last(struct ctx *c, struct repair *repair, bool *given)
{
	struct dispatch_person person;
	int64_t staff_id;
	*given = false;
	if (!offer_last(c, repair->id, &staff_id))
		return false;
	if (!staff_id)
		return true;
	if (!dispatch_judge(c, repair, staff_id, &person)) {
		if (c->problem.code != NOT_FOUND)
			return false;
		ctx_forgive(c); /* has left */
		return true;
	}
	return person.refusal_count > 0 || give(c, repair, staff_id, false, given);
}

/* Reopened: back to who knows the case; an emergency to anybody else; otherwise the dispatcher decides. */
static bool give_back(struct ctx *c, struct repair *repair)
{
	bool given;
	if (!give_to_last(c, repair, &given))
		return false;
	if (given)
		return true;
	if (repair_is_emergency(repair))
		return dispatch_at_once(c, repair, false);
	return dispatch_tell(c, repair, "repair.reopened", NULL);
}

static bool tell_person(struct ctx *c, const struct repair *repair)
{
	const char *const parameters[] = { "title", title_of(c, repair), "number", repair->number, NULL };
	bool urgent = repair_is_emergency(repair);
	const struct notice notice = { .subject = subject_of(repair),
		.org_id = repair->org_id,
		.channels = urgent ? NOTICE_IN_APP | NOTICE_SMS : NOTICE_IN_APP,
		.staff_id = repair->assignee_id,
		.template_code = urgent ? "repair.emergency" : "repair.dispatched",
		.parameters = parameters,
		.urgent = urgent };
	return !repair->assignee_id || notify(c, &notice);
}

static bool after_refusal(struct ctx *c, struct repair *repair, const struct repair_step *step)
{
	if (!offer_end(c, repair->id, "refused"))
		return false;
	if (repair_is_emergency(repair))
		return dispatch_at_once(c, repair, step->keeps_clocks);
	return dispatch_tell(c, repair, step->keeps_clocks ? "repair.unaccepted" : "repair.refused", NULL);
}

static bool after(struct ctx *c, struct repair *repair, const struct repair_step *step)
{
	if (!step)
		return dispatch_at_once(c, repair, false);
	switch (step->step) {
	case STEP_DISPATCH:
		return offer_make(c, repair) && tell_person(c, repair);
	case STEP_ACCEPT:
		/* A team's order is now a person's. */
		return db_run(c,
			       "UPDATE dispatch_offer SET staff_id = $2 WHERE repair_id = $1 AND ended_at IS "
			       "NULL",
			       V(repair->id), V_ID(repair->assignee_id)) &&
		       offer_end(c, repair->id, "accepted");
	case STEP_REFUSE:
		return after_refusal(c, repair, step);
	case STEP_MOVE:
		return offer_end(c, repair->id, "withdrawn") && dispatch_at_once(c, repair, false);
	case STEP_REOPEN:
		return give_back(c, repair);
	case STEP_CANCEL:
	case STEP_JOIN:
		return offer_end(c, repair->id, "withdrawn");
	default:
		return true;
	}
}

/* ---- helpers
 * ---------------------------------------------------------------------------------------------------------
 */

bool dispatch_help(struct ctx *c, const struct repair *repair, int64_t staff_id, const char *reason)
{
	static const char insert[] =
		"INSERT INTO dispatch_helper (repair_id, staff_id, reason, asked_by, asked_at) "
		"VALUES ($1, $2, $3, $4, $5) ON CONFLICT (repair_id, staff_id) DO UPDATE SET reason = "
		"excluded.reason";
	struct dispatch_person person;
	if (text_is_blank(reason))
		return fault(c, "reason", "required", "请写明需要增援的原因");
	if (!repair_is_open(repair))
		return fail(c, CONFLICT, "工单 %s 已%s，不用增援", repair->number,
			choice_label(repair_statuses, (int)repair->status));
	if (staff_id == repair->assignee_id)
		return fault(c, "staff_id", "self", "这个人已经在办这张工单，请选别人增援");
	if (!dispatch_judge(c, repair, staff_id, &person) || !tell_refusals(c, &person, "staff_id", true) ||
		!db_run(c, insert, V(repair->id), V(staff_id), V(reason), V_ID(c->actor->id), V(c->now)))
		return false;
	const char *const parameters[] = { "title", title_of(c, repair), "number", repair->number, NULL };
	const struct notice notice = { .subject = subject_of(repair),
		.org_id = repair->org_id,
		.channels = NOTICE_IN_APP,
		.staff_id = staff_id,
		.template_code = "repair.help",
		.parameters = parameters,
		.urgent = repair_is_emergency(repair) };
	const char *text = arena_format(c->arena, "%s前去增援：%s", person.name, reason);
	if (!notify(c, &notice) || !timeline_add(c, subject_of(repair), "helped", c->now, text, NULL))
		return false;
	repair_tell(c, repair, "dispatch.changed", 0);
	return true;
}

bool dispatch_ask_help(struct ctx *c, const struct repair *repair, const char *reason)
{
	if (text_is_blank(reason))
		return fault(c, "reason", "required", "请写明需要增援的原因");
	if (!repair_is_open(repair))
		return fail(c, CONFLICT, "工单 %s 已%s，不用增援", repair->number,
			choice_label(repair_statuses, (int)repair->status));
	const char *text = arena_format(c->arena, "现场请求增援：%s", reason);
	if (!dispatch_tell(c, repair, "repair.help_wanted", NULL) ||
		!timeline_add(c, subject_of(repair), "help_wanted", c->now, text, NULL))
		return false;
	repair_tell(c, repair, "dispatch.changed", 0);
	return true;
}

static bool works_on(struct ctx *c, const struct repair *repair, int64_t staff_id, bool *works)
{
	int64_t found;
	if (!db_number(c, &found, 0,
		    "SELECT count(*) FROM dispatch_helper WHERE repair_id = $1 AND staff_id = $2",
		    V(repair->id), V(staff_id)))
		return false;
	*works = found > 0;
	return true;
}

/* ---- splitting
 * -------------------------------------------------------------------------------------------------------- */

bool dispatch_split(struct ctx *c, const struct repair *repair, const char *kind, const char *description,
	struct repair *made)
{
	if (text_is_blank(description))
		fault(c, "description", "required", "请写明新工单要做什么");
	if (!repair_is_open(repair))
		return fail(c, CONFLICT, "工单 %s 已%s，不能拆分，请另行受理", repair->number,
			choice_label(repair_statuses, (int)repair->status));
	*made = (struct repair){
		.org_id = repair->org_id,
		.door = DOOR_FIELD,
		.kind = kind,
		.household_id = repair->household_id,
		.address = repair->address,
		.caller_name = repair->caller_name,
		.caller_phone = repair->caller_phone,
		.description = description,
		.script_read = repair->script_read,
		.script_reason = arena_format(c->arena, "由工单 %s 拆分", repair->number),
		.longitude_e6 = repair->longitude_e6,
		.latitude_e6 = repair->latitude_e6,
	};
	if (ctx_failed(c) || !repair_file(c, made))
		return false;
	const char *here = arena_format(c->arena, "拆出工单 %s", made->number);
	const char *there = arena_format(c->arena, "由工单 %s 拆出", repair->number);
	return timeline_add(c, subject_of(repair), "split", c->now, here, NULL) &&
	       timeline_add(c, subject_of(made), "split", c->now, there, NULL);
}

/* ---- the order's page
 * ---------------------------------------------------------------------------------------------------- */

static bool write_page(struct ctx *c, const struct repair *repair, struct json_out *out)
{
	static const char helpers[] =
		"SELECT h.staff_id, s.name, h.reason, h.asked_at FROM dispatch_helper h LEFT JOIN "
		"staff_contact s "
		"ON s.staff_id = h.staff_id WHERE h.repair_id = $1 ORDER BY h.asked_at, h.staff_id";
	static const char offer[] =
		"SELECT accept_by FROM dispatch_offer WHERE repair_id = $1 AND ended_at IS NULL";
	struct rows *rows;
	if (!db_query(c, &rows, helpers, V(repair->id)))
		return false;
	out_key(out, "helpers");
	out_array_open(out);
	while (rows_next(rows)) {
		out_object_open(out);
		put_int(out, "staff_id", rows_int(rows, 0));
		put_text(out, "name", rows_text(rows, 1));
		put_text(out, "reason", rows_text(rows, 2));
		put_instant(out, "asked_at", rows_instant(rows, 3));
		out_object_close(out);
	}
	out_array_close(out);
	rows_close(rows);
	if (!db_query(c, &rows, offer, V(repair->id)))
		return false;
	put_instant(out, "accept_by", rows_next(rows) ? rows_instant(rows, 0) : (struct instant){ 0 });
	rows_close(rows);
	return !ctx_failed(c);
}

static const struct repair_gate gates[] = { { STEP_DISPATCH, may_dispatch }, { STEP_ACCEPT, may_accept } };
const struct repair_extension dispatch_extension = {
	.name = "dispatch",
	.gates = gates,
	.gate_count = sizeof gates / sizeof *gates,
	.after = after,
	.write = write_page,
	.works_on = works_on,
};
