#include "kit/house.h"
#include "kit/kit.h"

struct unit {
	int64_t id, parent_id, company_id;
	const char *path, *kind, *code, *name, *place;
};

struct person {
	int64_t id, org_id;
	const char *role, *name;
};

static void put_unit(struct ctx *c, const struct unit *unit)
{
	assert_true(db_run(c,
		"INSERT INTO org (id, parent_id, path, kind, code, name, company_id, place_code, "
		"longitude_e6,"
		" latitude_e6, closed, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, 1)",
		V(unit->id), V_ID(unit->parent_id), V(unit->path), V(unit->kind), V(unit->code),
		V(unit->name), V_ID(unit->company_id), V(unit->place)));
}

static void put_person(struct ctx *c, const struct person *person)
{
	const char *login = arena_format(c->arena, "test%lld", (long long)person->id);
	const char *phone = arena_format(c->arena, "19900000%lld", (long long)person->id);
	const char *mail = arena_format(c->arena, "test%lld@example.invalid", (long long)person->id);
	assert_true(db_run(c,
		"INSERT INTO staff (id, org_id, number, login, name, phone, mail, has_left, created_at, "
		"version)"
		" VALUES ($1, $2, $3, $3, $4, $5, $6, 0, $7, 1)",
		V(person->id), V(person->org_id), V(login), V(person->name), V(phone), V(mail), V(c->now)));
	assert_true(db_run(c,
		"INSERT INTO staff_grant (id, staff_id, role, org_id, granted_at) VALUES ($1, $2, $3, $4, "
		"$5)",
		V(person->id + 1000), V(person->id), V(person->role), V(person->org_id), V(c->now)));
}

void house_build(struct ctx *c)
{
	static const struct unit units[] = {
		{ HOUSE_GROUP, 0, 0, "101.", "group", "TG", "示例集团", NULL },
		{ HOUSE_REGION, HOUSE_GROUP, 0, "101.102.", "region", "TR", "示例大区", NULL },
		{ HOUSE_COMPANY, HOUSE_REGION, HOUSE_COMPANY, "101.102.103.", "company", "TA", "示例甲公司",
			"371329" },
		{ HOUSE_CENTRE, HOUSE_COMPANY, HOUSE_COMPANY, "101.102.103.104.", "centre", "TAC",
			"甲客服中心", NULL },
		{ HOUSE_TEAM, HOUSE_CENTRE, HOUSE_COMPANY, "101.102.103.104.105.", "team", "TAT", "甲维修班",
			NULL },
		{ HOUSE_OTHER_COMPANY, HOUSE_REGION, HOUSE_OTHER_COMPANY, "101.102.106.", "company", "TB",
			"示例乙公司", "370302" },
		{ HOUSE_OTHER_CENTRE, HOUSE_OTHER_COMPANY, HOUSE_OTHER_COMPANY, "101.102.106.107.", "centre",
			"TBC", "乙客服中心", NULL },
	};
	static const struct person people[] = {
		{ HOUSE_DISPATCHER, HOUSE_CENTRE, "dispatcher", "测试调度" },
		{ HOUSE_HEAD, HOUSE_CENTRE, "centre", "测试主任" },
		{ HOUSE_MANAGER, HOUSE_COMPANY, "company", "测试经理" },
		{ HOUSE_TECHNICIAN, HOUSE_TEAM, "technician", "测试维修" },
		{ HOUSE_COMPLAINTS, HOUSE_CENTRE, "complaints", "测试投诉" },
		{ HOUSE_REVISITOR, HOUSE_CENTRE, "revisit", "测试回访" },
		{ HOUSE_STRANGER, HOUSE_OTHER_CENTRE, "dispatcher", "测试外人" },
	};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		put_unit(c, &units[i]);
	for (size_t i = 0; i < sizeof people / sizeof *people; i++)
		put_person(c, &people[i]);
}
