/* revisit.c: which orders are asked about, and what an order's course does to its return visit. */
#include "domain/care/revisit/revisit.h"

#include "domain/care/revisit/revisit_internal.h"
#include "domain/core/permission/permission.h"
#include "domain/fieldwork/catalogue/catalogue.h"
#include "platform/events.h"

CHOICE_TABLE(revisit_statuses, REVISIT_STATUSES);
CHOICE_TABLE(revisit_outcomes, REVISIT_OUTCOMES);

enum { SATISFACTION_MOST = 5, REASON_MOST = 500, NOTE_MOST = 2000, CLOSE_MOST = 50 };

static const struct field revisit_fields[] = {
	FIELD(revisit, id, "编号", .flags = BY_SERVER),
	FIELD(revisit, org_id, "服务单位", .flags = BY_SERVER | FILTERED, .refers = "org"),
	FIELD(revisit, module, "业务", .flags = BY_SERVER | FILTERED),
	FIELD(revisit, subject_id, "业务编号", .flags = BY_SERVER | FILTERED),
	FIELD(revisit, round, "第几次办理", .flags = BY_SERVER),
	FIELD(revisit, number, "工单编号", .flags = BY_SERVER | FILTERED | SORTED | IN_LIST),
	FIELD(revisit, title, "类别", .flags = BY_SERVER | IN_LIST),
	FIELD(revisit, level, "级别", .flags = BY_SERVER | FILTERED | IN_LIST),
	FIELD(revisit, address, "地址", .flags = BY_SERVER | IN_LIST),
	FIELD(revisit, phone, "联系电话", .flags = BY_SERVER | IN_LIST, .personal = PERSONAL_PHONE),
	FIELD(revisit, rule, "回访规则", .flags = BY_SERVER | FILTERED),
	FIELD(revisit, status, "状态", .flags = BY_SERVER | FILTERED | IN_LIST, .choices = revisit_statuses),
	FIELD(revisit, due_at, "应回访时限", .flags = BY_SERVER | FILTERED | SORTED | IN_LIST),
	FIELD(revisit, next_at, "下次拨打", .flags = BY_SERVER | FILTERED | SORTED | IN_LIST),
	FIELD(revisit, attempts, "已拨打次数", .flags = BY_SERVER | IN_LIST),
	FIELD(revisit, outcome, "结果", .flags = BY_SERVER | FILTERED | IN_LIST, .choices = revisit_outcomes),
	FIELD(revisit, satisfaction, "满意度", .flags = BY_SERVER | FILTERED | IN_LIST),
	FIELD(revisit, reason, "不满意原因", .flags = BY_SERVER),
	FIELD(revisit, second_handling, "二次处理", .flags = BY_SERVER | FILTERED),
	FIELD(revisit, done_at, "回访时间", .flags = BY_SERVER | FILTERED | SORTED | IN_LIST),
	FIELD(revisit, staff_id, "回访人", .flags = BY_SERVER | FILTERED, .refers = "staff"),
	FIELD(revisit, created_at, "生成时间", .flags = BY_SERVER | FILTERED),
	FIELD(revisit, version, "版本", .flags = BY_SERVER),
};
const struct entity revisit_entity = ENTITY(
	revisit, "回访", revisit_fields, .fence = "org_id", .default_sort = "due_at", .title = "number");

static const struct field revisit_call_fields[] = {
	FIELD(revisit_call, id, "编号", .flags = BY_SERVER),
	FIELD(revisit_call, revisit_id, "回访", .flags = BY_SERVER, .refers = "revisit"),
	FIELD(revisit_call, at, "时间", .flags = BY_SERVER),
	FIELD(revisit_call, on_day, "日期", .flags = BY_SERVER),
	FIELD(revisit_call, outcome, "结果", .flags = REQUIRED, .choices = revisit_outcomes),
	FIELD(revisit_call, satisfaction, "满意度", .at_least = 1, .at_most = SATISFACTION_MOST,
		.help = "5 很满意，1 很不满意"),
	FIELD(revisit_call, reason, "不满意原因", .flags = LONG_TEXT, .at_most = REASON_MOST),
	FIELD(revisit_call, note, "备注", .flags = LONG_TEXT, .at_most = NOTE_MOST),
	FIELD(revisit_call, next_at, "约定时间", .help = "用户另约时间时填写"),
	FIELD(revisit_call, staff_id, "回访人", .flags = BY_SERVER, .refers = "staff"),
};
const struct entity revisit_call_entity =
	ENTITY(revisit_call, "回访电话", revisit_call_fields, .default_sort = "id");

bool revisit_read(struct ctx *c, int64_t id, struct revisit *revisit)
{
	return entity_read(c, &revisit_entity, id, revisit);
}

void revisit_tell(struct ctx *c, const struct revisit *revisit)
{
	event_emit(c, (struct event){ .kind = "revisit.changed",
			      .subject_id = revisit->id,
			      .org_id = revisit->org_id,
			      .permission = MAY_VIEW_REVISIT });
}

/* ---- drawing
 * ---------------------------------------------------------------------------------------------------------
 */

/* The digest draws about the share; the count of those before it fills up what is lacking. */
static bool draw(struct ctx *c, const struct revisit_rule *rule, const struct revisit *revisit, bool *drawn)
{
	static const char begin[] = "INSERT INTO revisit_sample (org_id, rule, finished, drawn) "
				    "VALUES ($1, $2, 0, 0) ON CONFLICT (org_id, rule) DO NOTHING";
	static const char count[] = "UPDATE revisit_sample SET finished = finished + 1 "
				    "WHERE org_id = $1 AND rule = $2 RETURNING finished, drawn";
	static const char take[] =
		"UPDATE revisit_sample SET drawn = drawn + 1 WHERE org_id = $1 AND rule = $2";
	struct rows *rows;
	*drawn = rule->share_permille == WHOLE_PERMILLE;
	if (*drawn || rule->share_permille == 0)
		return true;
	if (!db_run(c, begin, V(revisit->org_id), V(rule->code)) ||
		!db_query(c, &rows, count, V(revisit->org_id), V(rule->code)))
		return false;
	bool counted = rows_next(rows);
	int64_t finished = counted ? rows_int(rows, 0) : 1, before = counted ? rows_int(rows, 1) : 0;
	rows_close(rows);
	if (ctx_failed(c))
		return false;
	*drawn = revisit_draws(revisit->number, rule->share_permille) ||
		 before * WHOLE_PERMILLE < rule->share_permille * finished;
	return !*drawn || db_run(c, take, V(revisit->org_id), V(rule->code));
}

/* A customer who was not content is asked again whatever is drawn. */
static bool create(struct ctx *c, const struct repair *repair)
{
	const struct catalogue_kind *kind = catalogue_kind_of(c->app, repair->kind);
	const struct revisit_rule *rule = revisit_rule_of(
		c->app, "repair", choice_code(repair_levels, (int)repair->level), kind ? kind->group : NULL);
	bool drawn;
	struct revisit revisit = { .id = db_new_id(c),
		.org_id = repair->org_id,
		.module = "repair",
		.subject_id = repair->id,
		.round = repair->reopened + 1,
		.number = repair->number,
		.title = catalogue_label(c->app, repair->kind),
		.level = choice_code(repair_levels, (int)repair->level),
		.address = repair->address,
		.phone = repair->caller_phone,
		.rule = rule ? rule->code : "none",
		.created_at = c->now,
		.version = 1 };
	if (!rule)
		drawn = false;
	else if (!draw(c, rule, &revisit, &drawn))
		return false;
	drawn = drawn || (rule && repair->reopened > 0);
	revisit.status = drawn ? REVISIT_DUE : REVISIT_NOT_DUE;
	if (drawn) {
		revisit.due_at = instant_plus(repair->done_at, rule->within_ms);
		revisit.next_at = c->now;
	} else {
		revisit.next_at = instant_plus(repair->done_at, revisit_rules(c->app)->close_after_ms);
	}
	if (!entity_insert(c, &revisit_entity, &revisit))
		return false;
	if (drawn)
		revisit_tell(c, &revisit);
	return true;
}

/* ---- with the order
 * -------------------------------------------------------------------------------------------------- */

static bool cancel(struct ctx *c, const struct repair *repair)
{
	return db_run(c,
		"UPDATE revisit SET status = CASE status WHEN 'due' THEN 'cancelled' ELSE status END, "
		"next_at = NULL, version = version + 1 "
		"WHERE module = 'repair' AND subject_id = $1 AND status IN ('due', 'not_due')",
		V(repair->id));
}

static bool after(struct ctx *c, struct repair *repair, const struct repair_step *step)
{
	switch (step ? step->step : repair_step_name_none) {
	case STEP_FINISH:
		return create(c, repair);
	case STEP_REOPEN:
		return cancel(c, repair);
	case STEP_MOVE:
		return db_run(c, "UPDATE revisit SET org_id = $2 WHERE module = 'repair' AND subject_id = $1",
			V(repair->id), V(repair->org_id));
	default:
		return true;
	}
}

static bool write_page(struct ctx *c, const struct repair *repair, struct json_out *out)
{
	struct rows *rows;
	if (!entity_query(c, &revisit_entity, &rows,
		    "WHERE module = 'repair' AND subject_id = $1 ORDER BY round LIMIT 50",
		    VALUES(V(repair->id))))
		return false;
	out_key(out, "revisits");
	out_array_open(out);
	while (rows_next(rows)) {
		struct revisit revisit = { 0 };
		entity_row(rows, 0, &revisit_entity, &revisit);
		out_object_open(out);
		entity_members(c, &revisit_entity, &revisit, false, out);
		put_text(out, "status_label", choice_label(revisit_statuses, (int)revisit.status));
		put_text(out, "outcome_label", choice_label(revisit_outcomes, (int)revisit.outcome));
		out_object_close(out);
	}
	rows_close(rows);
	out_array_close(out);
	return !ctx_failed(c);
}

const struct repair_extension revisit_extension = { .name = "revisit", .after = after, .write = write_page };

/* ---- closing what is not asked about
 * ------------------------------------------------------------------------------------ */

static bool close_one(struct ctx *c, int64_t revisit_id, int64_t repair_id)
{
	static const char claim[] = "UPDATE revisit SET next_at = NULL, version = version + 1 "
				    "WHERE id = $1 AND status = 'not_due' AND next_at IS NOT NULL";
	struct repair repair = { 0 };
	int64_t mine;
	if (!db_run_counting(c, &mine, claim, V(revisit_id)) || !repair_read(c, repair_id, &repair))
		return false;
	if (!mine || repair.status != REPAIR_DONE)
		return true;
	const struct repair_step step = { .step = STEP_CLOSE, .note = "未抽中回访，自动办结" };
	return repair_step(c, &repair, &step);
}

bool revisit_close_job(struct ctx *c, bool *more)
{
	static const char ripe[] =
		"SELECT id, subject_id FROM revisit WHERE status = 'not_due' AND next_at IS "
		"NOT NULL AND next_at <= $1 ORDER BY next_at, id LIMIT $2";
	int64_t ids[CLOSE_MOST][2];
	struct rows *rows;
	size_t count = 0;
	if (!db_query(c, &rows, ripe, V(c->now), V((int)CLOSE_MOST)))
		return false;
	while (count < CLOSE_MOST && rows_next(rows)) {
		ids[count][0] = rows_int(rows, 0);
		ids[count++][1] = rows_int(rows, 1);
	}
	rows_close(rows);
	for (size_t i = 0; i < count && !ctx_failed(c); i++)
		if (!close_one(c, ids[i][0], ids[i][1]))
			return false;
	*more = count == CLOSE_MOST;
	return !ctx_failed(c);
}

/* ---- my work
 * ---------------------------------------------------------------------------------------------------------
 */

bool revisit_work_collect(struct ctx *c, struct work_list *list)
{
	struct text_builder sql = { .arena = c->arena };
	struct value values[FENCE_VALUES + 1];
	size_t used = 1;
	struct rows *rows;
	if (!actor_may(c->actor, MAY_CALL_REVISIT))
		return true;
	values[0] = V(c->now);
	text_add(&sql, "SELECT id, number, title, level, address, created_at, due_at FROM revisit "
		       "WHERE status = 'due' AND next_at <= $1 AND ");
	fence_condition(c, MAY_CALL_REVISIT, "org_id", &sql, values, &used);
	text_add(&sql, " ORDER BY due_at, id LIMIT 200");
	if (!db_query_values(c, &rows, text_built(&sql), values, used))
		return false;
	while (rows_next(rows)) {
		const struct work_item item = { .subject = { "revisit", rows_int(rows, 0) },
			.number = rows_text(rows, 1),
			.title = rows_text(rows, 2),
			.kind_label = "回访",
			.level = rows_text(rows, 3),
			.status = "due",
			.status_label = "待回访",
			.address = rows_text(rows, 4),
			.filed_at = rows_instant(rows, 5),
			.due_at = rows_instant(rows, 6) };
		if (!work_add(c, list, &item))
			break;
	}
	rows_close(rows);
	return !ctx_failed(c);
}
