/* repair.c: the order itself: filing, reading, editing. Its course is in repair_course.c. */
#include <string.h>

#include "domain/core/notify/notify.h"
#include "domain/core/permission/permission.h"
#include "domain/core/timeline/timeline.h"
#include "domain/fieldwork/catalogue/catalogue.h"
#include "domain/fieldwork/repair/repair_internal.h"
#include "domain/organisation/org/org.h"
#include "platform/audit.h"
#include "platform/events.h"

CHOICE_TABLE(repair_doors, REPAIR_DOORS);
CHOICE_TABLE(repair_levels, REPAIR_LEVELS);
CHOICE_TABLE(repair_statuses, REPAIR_STATUSES);

/* ---- entity
 * ------------------------------------------------------------------------------------------------------ */

static const char *phone_fault(const char *text)
{
	return text_is_phone_written(text) ? NULL : "电话号码不对：请填 11 位手机号，或带区号的固定电话";
}

static const char *name_fault(const char *text)
{
	return strchr(text, '*') ? "姓名里有星号，像是遮掩后的内容，请填写完整姓名" : NULL;
}

enum { LONGITUDE_MOST = 180000000, LATITUDE_MOST = 90000000, DESCRIPTION_MOST = 2000 };

static const struct field repair_fields[] = {
	FIELD(repair, id, "编号", .flags = BY_SERVER),
	FIELD(repair, org_id, "服务单位", .flags = FILTERED | IN_LIST, .refers = "org"),
	FIELD(repair, company_id, "所属公司", .flags = BY_SERVER | FILTERED, .refers = "org"),
	FIELD(repair, number, "工单编号", .flags = BY_SERVER | IN_LIST | FILTERED | SORTED),
	FIELD(repair, door, "来源", .flags = FIXED | FILTERED | IN_LIST, .choices = repair_doors),
	FIELD(repair, kind, "类别", .flags = FILTERED | IN_LIST, .at_most = 40, .help = "报修目录中的代码"),
	FIELD(repair, level, "级别", .flags = FILTERED | IN_LIST, .choices = repair_levels,
		.help = "不填时按类别"),
	FIELD(repair, status, "状态", .flags = BY_SERVER | FILTERED | IN_LIST, .choices = repair_statuses),
	FIELD(repair, household_id, "户档", .flags = FILTERED, .refers = "household"),
	FIELD(repair, user_class, "用气类别", .flags = BY_SERVER | FILTERED, .choices = user_classes),
	FIELD(repair, address, "地址", .flags = IN_LIST, .at_most = 200),
	FIELD(repair, address_form, "地址检索式", .flags = BY_SERVER | SECRET),
	FIELD(repair, caller_name, "来电人", .at_most = 60, .personal = PERSONAL_NAME, .check = name_fault),
	FIELD(repair, caller_phone, "联系电话", .at_most = 40, .personal = PERSONAL_PHONE,
		.check = phone_fault),
	FIELD(repair, phone_form, "电话检索式", .flags = BY_SERVER | SECRET),
	FIELD(repair, description, "诉求", .flags = LONG_TEXT, .at_most = DESCRIPTION_MOST),
	FIELD(repair, script_read, "已读安全提示", .flags = 0),
	FIELD(repair, script_reason, "未读安全提示的原因", .flags = NOT_STORED, .at_most = 200),
	FIELD(repair, appointment_from, "约定上门起", .flags = FILTERED),
	FIELD(repair, appointment_to, "约定上门止", .flags = 0),
	FIELD(repair, team_id, "班组", .flags = BY_SERVER | FILTERED, .refers = "org"),
	FIELD(repair, assignee_id, "处理人", .flags = BY_SERVER | FILTERED, .refers = "staff"),
	FIELD(repair, joined_to_id, "并入工单", .flags = BY_SERVER, .refers = "repair"),
	FIELD(repair, waiting_reason, "暂停原因", .flags = BY_SERVER, .at_most = 500),
	FIELD(repair, waiting_from, "暂停前状态", .flags = BY_SERVER, .choices = repair_statuses),
	FIELD(repair, cause, "原因", .flags = BY_SERVER | FILTERED, .at_most = 40),
	FIELD(repair, result, "处理结果", .flags = BY_SERVER | LONG_TEXT, .at_most = DESCRIPTION_MOST),
	FIELD(repair, charge_fen, "收费（分）", .flags = BY_SERVER),
	FIELD(repair, secured, "险情已控制", .flags = BY_SERVER | FILTERED),
	FIELD(repair, longitude_e6, "经度（百万分之一度）", .at_least = -LONGITUDE_MOST,
		.at_most = LONGITUDE_MOST),
	FIELD(repair, latitude_e6, "纬度（百万分之一度）", .at_least = -LATITUDE_MOST,
		.at_most = LATITUDE_MOST),
	FIELD(repair, filed_by_id, "受理人", .flags = BY_SERVER | FILTERED, .refers = "staff"),
	FIELD(repair, filed_at, "受理时间", .flags = BY_SERVER | FILTERED | SORTED | IN_LIST),
	FIELD(repair, dispatched_at, "派单时间", .flags = BY_SERVER),
	FIELD(repair, accepted_at, "接单时间", .flags = BY_SERVER),
	FIELD(repair, departed_at, "出发时间", .flags = BY_SERVER),
	FIELD(repair, arrived_at, "到场时间", .flags = BY_SERVER | FILTERED),
	FIELD(repair, handled_at, "控制时间", .flags = BY_SERVER),
	FIELD(repair, done_at, "完工时间", .flags = BY_SERVER | FILTERED | SORTED),
	FIELD(repair, closed_at, "办结时间", .flags = BY_SERVER | FILTERED),
	FIELD(repair, first_arrived_at, "首次到场时间", .flags = BY_SERVER),
	FIELD(repair, stepped_at, "最近一步时间", .flags = BY_SERVER),
	FIELD(repair, due_at, "到期", .flags = BY_SERVER | FILTERED | SORTED | IN_LIST),
	FIELD(repair, reopened, "重办次数", .flags = BY_SERVER),
	FIELD(repair, version, "版本", .flags = BY_SERVER),
};
const struct entity repair_entity = ENTITY(
	repair, "工单", repair_fields, .fence = "org_id", .default_sort = "-filed_at", .title = "number");

/* ---- small questions
 * ------------------------------------------------------------------------------------------------ */

struct subject repair_subject(const struct repair *repair)
{
	return (struct subject){ "repair", repair->id };
}

const char *repair_name(struct ctx *c, const struct repair *repair)
{
	return arena_format(c->arena, "工单 %s", repair->number);
}

bool repair_is_open(const struct repair *repair)
{
	return repair->status >= REPAIR_FILED && repair->status <= REPAIR_WAITING;
}

bool repair_is_emergency(const struct repair *repair)
{
	return repair->level == LEVEL_P0 || repair->level == LEVEL_P1;
}

bool repair_read(struct ctx *c, int64_t id, struct repair *repair)
{
	return entity_read(c, &repair_entity, id, repair);
}

bool repair_actor_may(struct ctx *c, int permission, int64_t org_id, bool *may)
{
	struct rows *rows;
	*may = c->actor->kind == ACTOR_SYSTEM;
	if (*may || !actor_may(c->actor, permission))
		return true;
	if (!db_query(c, &rows, "SELECT path FROM org_tree WHERE id = $1", V(org_id)))
		return false;
	*may = rows_next(rows) && actor_may_at(c->actor, permission, rows_text(rows, 0));
	rows_close(rows);
	return !ctx_failed(c);
}

bool repair_is_actors(struct ctx *c, const struct repair *repair, bool *is)
{
	*is = false;
	if (c->actor->kind != ACTOR_STAFF)
		return true;
	*is = repair->assignee_id == c->actor->id ||
	      (!repair->assignee_id && repair->team_id && repair->team_id == c->actor->org_id);
	return *is || extensions_work_on(c, repair, c->actor->id, is);
}

bool repair_require(struct ctx *c, const struct repair *repair, int permission)
{
	bool own = false;
	if (actor_may(c->actor, permission) && !repair_is_actors(c, repair, &own))
		return false;
	/* A hall's clerk follows the order that he took in, though it lies with the centre. */
	if (permission == MAY_VIEW_REPAIR && c->actor->kind == ACTOR_STAFF &&
		repair->filed_by_id == c->actor->id)
		own = true;
	return own || fence_require(c, permission, repair->org_id, "这张工单");
}

struct promise_facts repair_facts(struct ctx *c, const struct repair *repair)
{
	return (struct promise_facts){
		.org_id = repair->org_id,
		.user_class = choice_code(user_classes, (int)repair->user_class),
		.kind = repair->kind,
		.level = choice_code(repair_levels, (int)repair->level),
		.title = arena_format(
			c->arena, "工单 %s %s", repair->number, catalogue_label(c->app, repair->kind)),
		.has_appointment = repair->appointment_from.ms != 0,
		.appointment_from = repair->appointment_from,
		.appointment_to = repair->appointment_to,
		.assignee_id = repair->assignee_id,
	};
}

bool repair_take_due(struct ctx *c, struct repair *repair)
{
	const char *code;
	return promise_next_due(c, repair_subject(repair), &repair->due_at, &code);
}

void repair_tell(struct ctx *c, const struct repair *repair, const char *event, int64_t org_id)
{
	struct event told = { .kind = event,
		.subject_id = repair->id,
		.org_id = repair->org_id,
		.permission = MAY_VIEW_REPAIR,
		.summary = arena_format(
			c->arena, "%s %s", repair->number, catalogue_label(c->app, repair->kind)) };
	event_emit(c, told);
	if (org_id && org_id != repair->org_id) {
		told.org_id = org_id;
		event_emit(c, told);
	}
	/* A team's people do not see all that lies with the centre, but their own. */
	if (repair->assignee_id) {
		told.org_id = 0;
		told.staff_id = repair->assignee_id;
		event_emit(c, told);
	}
}

/* ---- checks
 * ---------------------------------------------------------------------------------------------------------
 */

static void check_appointment(struct ctx *c, const struct repair *repair, bool is_changed)
{
	struct instant from = repair->appointment_from, to = repair->appointment_to;
	if (!from.ms && !to.ms)
		return;
	if (!from.ms || !to.ms) {
		fault(c, from.ms ? "appointment_to" : "appointment_from", "required",
			"约定上门要填起止两个时间");
		return;
	}
	if (repair_is_emergency(repair))
		fault(c, "appointment_from", "emergency", "紧急工单须立即到场，不能预约");
	if (to.ms <= from.ms)
		fault(c, "appointment_to", "order", "约定的结束时间应晚于开始时间");
	if (is_changed && to.ms <= c->now.ms)
		fault(c, "appointment_to", "past", "约定的时间已经过去，请重新约定");
	if (from.ms > c->now.ms + (int64_t)APPOINTMENT_DAYS_MOST * DAY_MS)
		fault(c, "appointment_from", "far", "最多预约 %d 天以内", APPOINTMENT_DAYS_MOST);
}

/* The safety script comes first; an agent who could not read it says why. */
static void check_emergency(struct ctx *c, const struct repair *repair)
{
	if (!repair->script_read && text_is_blank(repair->script_reason))
		fault(c, "script_read", "required", "请先向来电人读安全提示；确实无法读的，写明原因");
}

static void check_kind(struct ctx *c, struct repair *repair)
{
	const struct catalogue_kind *kind = catalogue_kind_of(c->app, repair->kind);
	if (!kind) {
		fault(c, "kind", repair->kind ? "unknown" : "required", "请选择报修类别");
		return;
	}
	if (!repair->level)
		repair->level = (enum repair_level)choice_of_code(repair_levels, kind->level);
}

/* Nothing chosen: an emergency is taken for a leak, else the words decide. */
static void guess_kind(struct ctx *c, struct repair *repair)
{
	struct catalogue_match match;
	if (!text_is_blank(repair->kind))
		return;
	if (catalogue_classify(c, repair->description, &match, 1) == 1)
		repair->kind = match.kind->code;
	else if (repair_is_emergency(repair))
		repair->kind = "leak";
	if (!repair->level && repair->kind)
		check_kind(c, repair);
}

bool repair_check(struct ctx *c, struct repair *repair, const struct repair *before)
{
	check_kind(c, repair);
	if (text_is_blank(repair->address))
		fault(c, "address", "required", "请填写地址或选择户档");
	if (text_is_blank(repair->caller_phone))
		fault(c, "caller_phone", "required", "请填写联系电话");
	check_appointment(c, repair,
		!before || before->appointment_from.ms != repair->appointment_from.ms ||
			before->appointment_to.ms != repair->appointment_to.ms);
	if (repair_is_emergency(repair) && (!before || !repair_is_emergency(before)))
		check_emergency(c, repair);
	if ((repair->longitude_e6 == 0) != (repair->latitude_e6 == 0))
		fault(c, "longitude_e6", "pair", "经度和纬度要一起填");
	return !ctx_failed(c);
}

static void take_forms(struct ctx *c, struct repair *repair)
{
	repair->address_form = text_search_form(c->arena, repair->address);
	repair->phone_form = text_phone_form(c->arena, repair->caller_phone);
}

/* ---- filing
 * ---------------------------------------------------------------------------------------------------------
 */

/* A company with one centre leaves no question; with several the order lies with the company until it is
 * moved. */
static bool take_only_centre(struct ctx *c, struct repair *repair)
{
	static const char centres[] =
		"SELECT id FROM org_tree WHERE company_id = $1 AND kind = 'centre' AND closed = 0 "
		"ORDER BY id LIMIT 2";
	struct rows *rows;
	int64_t found[2] = { 0 };
	if (!db_query(c, &rows, centres, V(repair->company_id)))
		return false;
	for (int i = 0; i < 2 && rows_next(rows); i++)
		found[i] = rows_int(rows, 0);
	rows_close(rows);
	if (found[0] && !found[1])
		repair->org_id = found[0];
	return !ctx_failed(c);
}

bool repair_place_org(struct ctx *c, struct repair *repair, const char **company_code)
{
	static const char unit[] = "SELECT t.kind, t.company_id, p.code, t.closed FROM org_tree t "
				   "LEFT JOIN org_tree p ON p.id = t.company_id WHERE t.id = $1";
	struct rows *rows;
	if (!db_query(c, &rows, unit, V(repair->org_id)))
		return false;
	if (!rows_next(rows)) {
		rows_close(rows);
		return !ctx_failed(c) && fault(c, "org_id", "unknown", "没有这个服务单位，请重新选择");
	}
	const char *kind = rows_text(rows, 0);
	repair->company_id = rows_int(rows, 1);
	*company_code = rows_text(rows, 2);
	bool closed = rows_bool(rows, 3);
	rows_close(rows);
	if (closed)
		return fault(c, "org_id", "closed", "这个服务单位已停用，请选择其他单位");
	if (!repair->company_id)
		return fault(c, "org_id", "above", "请选择办理的公司或客服中心");
	if (text_equal(kind, "company"))
		return take_only_centre(c, repair);
	if (!text_equal(kind, "hall") && !text_equal(kind, "team"))
		return true;
	struct org centre = { 0 };
	if (org_above(c, repair->org_id, ORG_CENTRE, &centre)) {
		repair->org_id = centre.id;
		return true;
	}
	/* A hall or team right below the company. */
	if (c->problem.code != NOT_FOUND)
		return false;
	ctx_forgive(c);
	repair->org_id = repair->company_id;
	return true;
}

/* Of the household, as far as the order doesn't say otherwise. `*fenced`: its unit, where the actor may file.
 */
static bool take_household(struct ctx *c, struct repair *repair, int64_t *fenced)
{
	struct household household = { 0 };
	if (!repair->household_id)
		return true;
	if (!household_read(c, repair->household_id, &household)) {
		if (c->problem.code != NOT_FOUND)
			return false;
		ctx_forgive(c);
		return fault(c, "household_id", "unknown", "没有这个户档，请重新选择");
	}
	if (!fence_require(c, MAY_FILE_REPAIR, household.org_id, "户档"))
		return false;
	*fenced = household.org_id;
	repair->user_class = household.user_class;
	if (!repair->org_id)
		repair->org_id = household.org_id;
	if (text_is_blank(repair->address))
		repair->address = household.address;
	if (text_is_blank(repair->caller_phone))
		repair->caller_phone = household.phone;
	if (text_is_blank(repair->caller_name))
		repair->caller_name = household.name;
	return true;
}

static void take_defaults(struct ctx *c, struct repair *repair)
{
	repair->status = REPAIR_FILED;
	repair->filed_at = repair->stepped_at = c->now;
	repair->filed_by_id = c->actor->kind == ACTOR_STAFF ? c->actor->id : 0;
	repair->version = 1;
	if (!repair->door)
		repair->door = c->actor->kind == ACTOR_KEY ? DOOR_API : DOOR_HOTLINE;
	if (!repair->org_id)
		repair->org_id = c->actor->org_id;
}

/* A caller in danger gets the script in writing too. */
static bool send_script(struct ctx *c, const struct repair *repair)
{
	const char *const parameters[] = { "number", repair->number, NULL };
	const struct notice notice = { .subject = repair_subject(repair),
		.org_id = repair->org_id,
		.channels = NOTICE_SMS,
		.phone = repair->caller_phone,
		.template_code = "repair.safety",
		.parameters = parameters,
		.urgent = true,
		.once = arena_format(c->arena, "repair.safety:%lld", (long long)repair->id) };
	return !repair_is_emergency(repair) || notify(c, &notice);
}

static bool write_filed(struct ctx *c, const struct repair *repair)
{
	const char *script = "";
	if (repair_is_emergency(repair))
		script = repair->script_read
				 ? "，已读安全提示"
				 : arena_format(c->arena, "，未读安全提示：%s", repair->script_reason);
	const char *text = arena_format(c->arena, "%s受理：%s，%s%s%s",
		choice_label(repair_doors, (int)repair->door), catalogue_label(c->app, repair->kind),
		choice_label(repair_levels, (int)repair->level),
		repair->appointment_from.ms ? "，已预约" : "", script);
	return timeline_add(c, repair_subject(repair), "filed", repair->filed_at, text, NULL);
}

bool repair_file(struct ctx *c, struct repair *repair)
{
	const char *company_code = NULL;
	int64_t next, fenced = 0;
	if (!take_household(c, repair, &fenced))
		return false;
	take_defaults(c, repair);
	guess_kind(c, repair);
	/* The fence is around the unit that was asked for: a hall's order lies with the centre above it. */
	if (!repair_check(c, repair, NULL) ||
		(repair->org_id != fenced &&
			!fence_require(c, MAY_FILE_REPAIR, repair->org_id, "受理单位")) ||
		!repair_place_org(c, repair, &company_code))
		return false;
	take_forms(c, repair);
	int year = date_year(instant_date(c->now));
	if (!db_next_number(c, &next, "repair", repair->company_id, year))
		return false;
	repair->id = db_new_id(c);
	repair->number = arena_format(c->arena, "%s-%d-%06lld", company_code, year, (long long)next);
	const struct promise_facts facts = repair_facts(c, repair);
	if (!promise_event(c, repair_subject(repair), "repair.filed", repair->filed_at, &facts) ||
		!repair_take_due(c, repair) || !entity_insert(c, &repair_entity, repair) ||
		!write_filed(c, repair) || !send_script(c, repair))
		return false;
	repair_tell(c, repair, "repair.filed", 0);
	return extensions_after(c, repair, NULL);
}

/* ---- editing
 * -------------------------------------------------------------------------------------------------------- */

static void note_change(struct text_builder *text, const char *label, const char *before, const char *after)
{
	if (text_equal(before, after))
		return;
	text_add_format(text, "%s%s：%s → %s", text->length ? "；" : "", label,
		before && *before ? before : "无", after && *after ? after : "无");
}

/* Personal data is only said to have changed, not what it was. */
static void note_private(struct text_builder *text, const char *label, const char *before, const char *after)
{
	if (!text_equal(before, after))
		text_add_format(text, "%s%s已更改", text->length ? "；" : "", label);
}

static const char *appointment_text(struct ctx *c, const struct repair *repair)
{
	char from[INSTANT_TEXT_SIZE], to[INSTANT_TEXT_SIZE];
	if (!repair->appointment_from.ms)
		return "未约定";
	return arena_format(c->arena, "%s 至 %s", instant_text_short(repair->appointment_from, from),
		instant_text_short(repair->appointment_to, to));
}

static const char *changes_text(struct ctx *c, const struct repair *before, const struct repair *after)
{
	struct text_builder text = { .arena = c->arena };
	note_change(
		&text, "类别", catalogue_label(c->app, before->kind), catalogue_label(c->app, after->kind));
	note_change(&text, "级别", choice_code(repair_levels, (int)before->level),
		choice_code(repair_levels, (int)after->level));
	note_change(&text, "约定", appointment_text(c, before), appointment_text(c, after));
	note_private(&text, "地址", before->address, after->address);
	note_private(&text, "来电人", before->caller_name, after->caller_name);
	note_private(&text, "联系电话", before->caller_phone, after->caller_phone);
	note_private(&text, "诉求", before->description, after->description);
	if (before->household_id != after->household_id)
		text_add_format(&text, "%s户档已更改", text.length ? "；" : "");
	return text_built(&text);
}

/* A danger is not talked away: only who dispatches may lower it below P1. */
static bool may_lower(struct ctx *c, const struct repair *before, const struct repair *after)
{
	bool may;
	if (!repair_is_emergency(before) || repair_is_emergency(after))
		return true;
	if (!repair_actor_may(c, MAY_DISPATCH, before->org_id, &may))
		return false;
	return may || fault(c, "level", "lowered", "紧急工单只能由调度员降级，请联系调度");
}

bool repair_edit(struct ctx *c, struct repair *repair)
{
	struct repair before;
	if (!repair_read(c, repair->id, &before))
		return false;
	if (before.version != repair->version)
		return entity_update(c, &repair_entity, repair); /* says how it is now */
	if (!repair_is_open(&before))
		return fail(c, CONFLICT, "%s已%s，不能再改；需要补充的请记备注", repair_name(c, &before),
			choice_label(repair_statuses, (int)before.status));
	bool household_changed = before.household_id != repair->household_id;
	int64_t fenced;
	if ((household_changed && !take_household(c, repair, &fenced)) || !repair_check(c, repair, &before) ||
		!may_lower(c, &before, repair))
		return false;
	take_forms(c, repair);
	const struct promise_facts facts = repair_facts(c, repair);
	const char *changes = changes_text(c, &before, repair);
	if (!promise_facts_changed(c, repair_subject(repair), &facts) || !repair_take_due(c, repair) ||
		!entity_update(c, &repair_entity, repair) ||
		(*changes && !timeline_add(c, repair_subject(repair), "edited", c->now,
				     arena_format(c->arena, "修改：%s", changes), NULL)))
		return false;
	repair_tell(c, repair, "repair.changed", 0);
	/* What has become an emergency is dispatched like one. */
	bool risen = repair_is_emergency(repair) && !repair_is_emergency(&before);
	return !risen || repair->status != REPAIR_FILED || extensions_after(c, repair, NULL);
}

bool repair_charge(struct ctx *c, struct repair *repair, struct money amount)
{
	if (repair->charge_fen == amount.fen)
		return true;
	repair->charge_fen = amount.fen;
	return entity_update(c, &repair_entity, repair);
}
