/* household.c: the household's file: opening, editing, moving, its life. */
#include "domain/customer/household/household.h"

#include <string.h>

#include "domain/customer/person/person.h"
#include "domain/organisation/org/org.h"
#include "platform/auth.h"
#include "platform/search.h"

CHOICE_TABLE(user_classes, USER_CLASSES);
CHOICE_TABLE(household_statuses, HOUSEHOLD_STATUSES);
CHOICE_TABLE(household_steps, HOUSEHOLD_STEPS);

/* ---- entity
 * ------------------------------------------------------------------------------------------------- */

static const char *number_fault(const char *text)
{
	if (text_is_scientific(text))
		return "户号被改成了科学计数法，请把该列设为文本后重新填写";
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at <= ' ')
			return "户号里不能有空格";
	return NULL;
}

static const char *risk_fault(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_,") == strlen(text)
		       ? NULL
		       : "风险标记应为代码，之间用逗号分开，如 elder_alone,old_hose";
}

static const struct field household_fields[] = {
	FIELD(household, id, "户档编号", .flags = BY_SERVER),
	FIELD(household, org_id, "客服中心", .flags = FILTERED, .refers = "org"),
	FIELD(household, company_id, "所属公司", .flags = BY_SERVER | FILTERED, .refers = "org"),
	FIELD(household, number, "户号", .flags = REQUIRED | FILTERED | IN_LIST, .at_most = 32,
		.check = number_fault),
	FIELD(household, person_id, "客户", .flags = FILTERED, .refers = "person"),
	FIELD(household, name, "户名", .flags = IN_LIST, .at_most = 100, .personal = PERSONAL_NAME,
		.check = person_name_fault),
	FIELD(household, phone, "联系电话", .flags = IN_LIST, .at_most = 200, .personal = PERSONAL_PHONE,
		.check = person_phone_fault, .help = "几个号码之间用 / 分开，第一个为首选"),
	FIELD(household, identity_number, "证件号码", .flags = NOT_STORED, .at_most = 18,
		.personal = PERSONAL_IDENTITY, .check = person_identity_fault),
	FIELD(household, community, "小区", .at_most = 60),
	FIELD(household, building, "楼栋", .at_most = 30),
	FIELD(household, unit, "单元", .at_most = 30),
	FIELD(household, room, "室", .at_most = 30),
	FIELD(household, address, "地址", .flags = BY_SERVER | IN_LIST),
	FIELD(household, place_id, "地址节点", .flags = BY_SERVER | FILTERED),
	FIELD(household, user_class, "用气类别", .flags = REQUIRED | FILTERED | IN_LIST,
		.choices = user_classes),
	FIELD(household, status, "状态", .flags = BY_SERVER | FILTERED | IN_LIST,
		.choices = household_statuses),
	FIELD(household, population, "用气人口", .at_least = 0, .at_most = 9999),
	FIELD(household, risk, "风险标记", .at_most = 200, .check = risk_fault),
	FIELD(household, no_stop, "不可停气", .flags = FILTERED),
	FIELD(household, meter_number, "表号", .flags = BY_SERVER | IN_LIST),
	FIELD(household, opened_on, "开户日期", .flags = IN_LIST),
	FIELD(household, remark, "备注", .flags = LONG_TEXT, .at_most = 1000),
	FIELD(household, created_at, "建档时间", .flags = BY_SERVER),
	FIELD(household, version, "版本", .flags = BY_SERVER),
};
const struct entity household_entity = ENTITY(
	household, "户档", household_fields, .fence = "org_id", .default_sort = "id", .title = "number");

/* ---- reading
 * -------------------------------------------------------------------------------------------------- */

bool household_read(struct ctx *c, int64_t id, struct household *household)
{
	*household =
		(struct household){ .id = id }; /* members that are not stored are not filled by the table */
	return entity_read(c, &household_entity, id, household);
}

bool household_of_number(
	struct ctx *c, int64_t company_id, const char *number, struct household *household, bool *found)
{
	*household = (struct household){ .id = 0 };
	return entity_find(c, &household_entity, household, found, "company_id = $1 AND number = $2",
		VALUES(V(company_id), V(number)));
}

static const char households_of_person[] =
	"SELECT id FROM household WHERE person_id = $1 ORDER BY id LIMIT $2";

bool household_of_person(struct ctx *c, int64_t person_id, int64_t *ids, size_t limit, size_t *count)
{
	struct rows *rows;
	*count = 0;
	if (!db_query(c, &rows, households_of_person, V(person_id), V((int64_t)limit)))
		return false;
	while (*count < limit && rows_next(rows))
		ids[(*count)++] = rows_int(rows, 0);
	rows_close(rows);
	return !ctx_failed(c);
}

/* ---- opening
 * ---------------------------------------------------------------------------------------------------- */

static bool set_company(struct ctx *c, struct household *household)
{
	struct org org;
	if (!household->org_id)
		return fault(c, "org_id", "required", "请选择客服中心");
	if (!org_read(c, household->org_id, &org))
		return false;
	if (!org.company_id)
		return fault(c, "org_id", "no_company", "户档要建在公司或其客服中心下，请另选单位");
	if (org.closed)
		return fault(c, "org_id", "closed", "%s 已停用，请另选客服中心", org.name);
	household->company_id = org.company_id;
	return true;
}

/* Shops, factories and public bodies are legal persons. */
static enum person_kind kind_of_class(enum user_class user_class)
{
	bool legal = user_class == CLASS_COMMERCIAL || user_class == CLASS_INDUSTRIAL ||
		     user_class == CLASS_PUBLIC;
	return legal ? PERSON_ORGANISATION : PERSON_HUMAN;
}

static bool set_person(struct ctx *c, struct household *household)
{
	struct person person = { .org_id = household->org_id,
		.company_id = household->company_id,
		.kind = kind_of_class(household->user_class),
		.name = household->name ? household->name : "未登记户名",
		.identity_number = household->identity_number,
		.phone = household->phone };
	if (household->person_id) {
		if (!person_read(c, household->person_id, &person))
			return false;
		if (person.company_id != household->company_id || person.merged_into_id)
			return fault(c, "person_id", "other_company",
				"该客户不属于本公司或已并入其他客户，请另选");
		household->name = household->name ? household->name : person.name;
		household->phone = person.phone;
		return true;
	}
	if (!household->name && !household->phone && !household->identity_number)
		return true;
	if (!person_enter(c, &person))
		return false;
	household->person_id = person.id;
	household->phone = person.phone;
	return true;
}

bool household_enter(struct ctx *c, struct household *household, struct address_cache *cache)
{
	household->id = db_new_id(c);
	household->created_at = c->now;
	household->version = 1;
	household->address = address_print(c->arena, household);
	return address_place(c, household, cache, &household->place_id) &&
	       entity_insert(c, &household_entity, household) && address_index(c, household, cache) &&
	       (!household->name || search_replace(c, household->company_id, SEARCH_HOUSEHOLD_NAME,
					    household->id, NULL, household->name));
}

bool household_open(struct ctx *c, struct household *household)
{
	if (!household->status)
		household->status = HOUSEHOLD_REGISTERED;
	bool found;
	struct household other;
	if (!set_company(c, household) ||
		!household_of_number(c, household->company_id, household->number, &other, &found))
		return false;
	if (found)
		return fault(c, "number", "taken", "户号 %s 已经有了，请核对", household->number);
	return set_person(c, household) && household_enter(c, household, NULL);
}

/* ---- editing
 * ------------------------------------------------------------------------------------------------------ */

/* A member as text for the history; NULL when there is nothing. */
static const char *member_text(struct ctx *c, const struct field *field, const struct household *household)
{
	const char *at = (const char *)household + field->offset;
	char text[DATE_TEXT_SIZE];
	int64_t number;
	struct date day;
	switch (field->kind) {
	case FIELD_TEXT:
		return *(const char *const *)(const void *)at;
	case FIELD_NUMBER:
		memcpy(&number, at, sizeof number);
		return number ? arena_format(c->arena, "%lld", (long long)number) : NULL;
	case FIELD_FLAG:
		return *at ? "是" : "否";
	case FIELD_CHOICE:
		return choice_label(field->choices, *(const int *)(const void *)at);
	case FIELD_DATE:
		memcpy(&day, at, sizeof day);
		return day.day == INT32_MIN ? NULL : arena_text(c->arena, date_text(day, text));
	default:
		return NULL;
	}
}

/* Members whose change is history; the others follow from them or never change. */
static bool is_history(const struct field *field)
{
	static const char *const silent[] = { "id", "company_id", "place_id", "created_at", "version",
		"identity_number", "address", NULL };
	for (size_t i = 0; silent[i]; i++)
		if (strcmp(silent[i], field->name) == 0)
			return false;
	return true;
}

static bool note_changes(
	struct ctx *c, const struct household *before, const struct household *after, const char *reason)
{
	for (size_t i = 0; i < household_entity.field_count; i++) {
		const struct field *field = &household_fields[i];
		if (!is_history(field))
			continue;
		const char *old_text = member_text(c, field, before),
			   *new_text = member_text(c, field, after);
		if (!text_equal(old_text, new_text) &&
			!household_change_note(c, after->id, field->name, old_text, new_text, reason))
			return false;
	}
	return true;
}

static bool address_differs(const struct household *a, const struct household *b)
{
	return !text_equal(a->community, b->community) || !text_equal(a->building, b->building) ||
	       !text_equal(a->unit, b->unit) || !text_equal(a->room, b->room) || a->org_id != b->org_id;
}

bool household_store(struct ctx *c, const struct household *before, struct household *after,
	const char *reason, struct address_cache *cache)
{
	bool moved = address_differs(before, after);
	if (moved) {
		after->address = address_print(c->arena, after);
		if (!address_place(c, after, cache, &after->place_id) || !address_unindex(c, before))
			return false;
	}
	return entity_update(c, &household_entity, after) && (!moved || address_index(c, after, cache)) &&
	       (text_equal(before->name, after->name) ||
		       search_replace(c, after->company_id, SEARCH_HOUSEHOLD_NAME, after->id, before->name,
			       after->name)) &&
	       note_changes(c, before, after, reason);
}

/* The customer follows when this is the only household. */
static bool move_person(struct ctx *c, const struct household *household)
{
	int64_t ids[2];
	size_t count;
	if (!household->person_id)
		return true;
	return household_of_person(c, household->person_id, ids, 2, &count) &&
	       (count != 1 || person_move(c, household->person_id, household->org_id));
}

static bool check_move(struct ctx *c, const struct household *before, struct household *after)
{
	if (before->org_id == after->org_id)
		return true;
	int64_t company_id = after->company_id;
	if (!set_company(c, after))
		return false;
	if (after->company_id != company_id)
		return fault(c, "org_id", "other_company", "不能移到另一公司：请在原公司销户，在新公司开户");
	return true;
}

bool household_edit(struct ctx *c, struct household *household)
{
	struct household before, other;
	bool found, changed = false;
	if (!household_read(c, household->id, &before) || !check_move(c, &before, household))
		return false;
	if (before.status == HOUSEHOLD_CLOSED)
		return fail(c, CONFLICT, "户号 %s 已销户，档案不能再修改", before.number);
	if (!text_equal(before.number, household->number)) {
		if (!household_of_number(c, household->company_id, household->number, &other, &found))
			return false;
		if (found)
			return fault(c, "number", "taken", "户号 %s 已经有了，请核对", household->number);
	}
	const char *phones = household->phone;
	if (!household->person_id && (phones || household->identity_number) && !set_person(c, household))
		return false;
	if (household->person_id && phones && !text_equal(phones, before.phone) &&
		!person_reach(c, household->person_id, phones, &changed))
		return false;
	if (household->person_id) {
		struct person person;
		if (!person_read(c, household->person_id, &person))
			return false;
		household->phone = person.phone;
		if (household->identity_number &&
			!text_equal(person.identity_number, household->identity_number)) {
			person.identity_number = household->identity_number;
			if (!person_edit(c, &person) ||
				!household_change_note(c, household->id, "identity_number", NULL,
					household->identity_number, NULL))
				return false;
		}
	}
	return household_store(c, &before, household, NULL, NULL) &&
	       (before.org_id == household->org_id || move_person(c, household));
}

bool household_set_meter(struct ctx *c, int64_t id, const char *meter_number)
{
	struct household before, after;
	if (!household_read(c, id, &before))
		return false;
	if (text_equal(before.meter_number, meter_number))
		return true;
	after = before;
	after.meter_number = meter_number;
	return household_store(c, &before, &after, NULL, NULL);
}

/* ---- its life
 * ------------------------------------------------------------------------------------------------------ */

static const struct {
	enum household_status from;
	enum household_step step;
	enum household_status to;
} household_course[] = {
	{ HOUSEHOLD_REGISTERED, HOUSEHOLD_IGNITE, HOUSEHOLD_ACTIVE },
	{ HOUSEHOLD_REGISTERED, HOUSEHOLD_CLOSE, HOUSEHOLD_CLOSED },
	{ HOUSEHOLD_ACTIVE, HOUSEHOLD_SUSPEND, HOUSEHOLD_SUSPENDED },
	{ HOUSEHOLD_ACTIVE, HOUSEHOLD_STOP, HOUSEHOLD_STOPPED },
	{ HOUSEHOLD_ACTIVE, HOUSEHOLD_CLOSE, HOUSEHOLD_CLOSED },
	{ HOUSEHOLD_SUSPENDED, HOUSEHOLD_RESUME, HOUSEHOLD_ACTIVE },
	{ HOUSEHOLD_SUSPENDED, HOUSEHOLD_CLOSE, HOUSEHOLD_CLOSED },
	{ HOUSEHOLD_STOPPED, HOUSEHOLD_RESTORE, HOUSEHOLD_ACTIVE },
	{ HOUSEHOLD_STOPPED, HOUSEHOLD_CLOSE, HOUSEHOLD_CLOSED },
};

bool household_take_step(
	struct ctx *c, struct household *household, enum household_step step, const char *reason)
{
	if (step == HOUSEHOLD_STOP && household->no_stop)
		return fail(c, CONFLICT, "户号 %s 标记为不可停气，请先核实用途并由负责人取消标记",
			household->number);
	for (size_t i = 0; i < sizeof household_course / sizeof *household_course; i++) {
		if (household_course[i].from != household->status || household_course[i].step != step)
			continue;
		struct household before = *household;
		household->status = household_course[i].to;
		return household_store(c, &before, household, reason, NULL);
	}
	return fail(c, CONFLICT, "户号 %s 现在是“%s”，不能%s", household->number,
		choice_label(household_statuses, (int)household->status),
		choice_label(household_steps, (int)step));
}
