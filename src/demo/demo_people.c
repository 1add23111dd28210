/* demo_people.c: the invented group's units and people. */
#include <stdio.h>
#include <string.h>

#include "demo/demo.h"
#include "domain/organisation/duty/shift.h"
#include "domain/organisation/org/org.h"
#include "domain/organisation/staff/skill.h"
#include "domain/organisation/staff/staff.h"

/* Where somebody works: the group's root, the region, the first company, its first centre with hall and team;
 * and the second company's centre and team, from where one can try the fence. */
enum demo_place {
	AT_GROUP,
	AT_REGION,
	AT_COMPANY,
	AT_CENTRE,
	AT_HALL,
	AT_TEAM,
	AT_RURAL_TEAM,
	AT_OTHER_COMPANY,
	AT_OTHER_CENTRE,
	AT_OTHER_TEAM
};

struct demo_login {
	const char *role, *login, *number, *name, *post;
	enum demo_place place;
};

/* The first of each role is printed. Names say what they are. */
static const struct demo_login logins[] = {
	{ "hotline", "hotline", "Y1001", "示例坐席", "热线坐席", AT_CENTRE },
	{ "counter", "counter", "Y1002", "示例营业", "窗口营业员", AT_CENTRE },
	{ "cashier", "cashier", "Y1003", "示例收费", "收费员", AT_HALL },
	{ "dispatcher", "dispatcher", "Y1004", "示例调度", "调度员", AT_CENTRE },
	{ "technician", "technician", "Y1005", "示例维修甲", "抢修工", AT_TEAM },
	{ "inspector", "inspector", "Y1006", "示例安检", "安检员", AT_TEAM },
	{ "reader", "reader", "Y1007", "示例抄表", "抄表员", AT_CENTRE },
	{ "complaints", "complaints", "Y1008", "示例投诉", "投诉专员", AT_CENTRE },
	{ "revisit", "revisit", "Y1009", "示例回访", "回访员", AT_CENTRE },
	{ "archive", "archive", "Y1010", "示例档案", "档案员", AT_CENTRE },
	{ "store", "store", "Y1011", "示例库管", "库管员", AT_CENTRE },
	{ "finance", "finance", "Y1012", "示例财务", "财务", AT_COMPANY },
	{ "centre", "centre", "Y1013", "示例主任", "客服中心主任", AT_CENTRE },
	{ "company", "company", "Y1014", "示例经理", "公司经理", AT_COMPANY },
	{ "region", "region", "Y1015", "示例大区", "大区安全运行部", AT_REGION },
	{ "group", "group", "Y1016", "示例集团", "集团安全运行部", AT_GROUP },
	{ "training", "training", "Y1017", "示例培训", "培训考核专员", AT_COMPANY },
	{ "sysadmin", "sysadmin", "Y1018", "示例系统", "系统管理员", AT_GROUP },
	{ "secadmin", "secadmin", "Y1019", "示例安全", "安全管理员", AT_GROUP },
	{ "auditor", "auditor", "Y1020", "示例审计", "审计员", AT_GROUP },
	{ "technician", "technician2", "Y1021", "示例维修乙", "抢修工", AT_TEAM },
	{ "technician", "technician3", "Y1022", "示例维修丙", "抢修工", AT_TEAM },
	{ "technician", "technician4", "Y1023", "示例维修丁", "户内维修工", AT_TEAM },
	{ "technician", "technician5", "Y1024", "示例维修戊", "户内维修工", AT_TEAM },
	{ "technician", "technician6", "Y1025", "示例维修己", "户内维修工", AT_TEAM },
	{ "technician", "rural_technician", "Y1026", "示例维修庚", "抢修工", AT_RURAL_TEAM },
	{ "hotline", "other_hotline", "Y2001", "示例外坐席", "热线坐席", AT_OTHER_CENTRE },
	{ "dispatcher", "other_dispatcher", "Y2002", "示例外调度", "调度员", AT_OTHER_CENTRE },
	{ "technician", "other_technician", "Y2003", "示例外维修", "抢修工", AT_OTHER_TEAM },
	{ "company", "other_company", "Y2004", "示例外经理", "公司经理", AT_OTHER_COMPANY },
};
enum { LOGIN_COUNT = sizeof logins / sizeof *logins };

struct demo_unit {
	const char *code, *name;
	enum org_kind kind;
	int parent; /* index in the table; -1 for the root */
	const char *place_code;
	int64_t longitude_e6, latitude_e6;
};

enum {
	UNIT_ROOT,
	UNIT_REGION,
	UNIT_LS,
	UNIT_JN,
	UNIT_LS_TOWN,
	UNIT_LS_RURAL,
	UNIT_JN_TOWN,
	UNIT_LS_HALL,
	UNIT_TEAM_1,
	UNIT_TEAM_2,
	UNIT_TEAM_3,
	UNIT_COUNT
};
static const struct demo_unit units[UNIT_COUNT] = {
	[UNIT_ROOT] = { "SL", "示例燃气集团", ORG_GROUP, -1, NULL, 0, 0 },
	[UNIT_REGION] = { "LN", "示例鲁南大区", ORG_REGION, UNIT_ROOT, NULL, 0, 0 },
	[UNIT_LS] = { "LS", "示例临沭公司", ORG_COMPANY, UNIT_REGION, "371329", 118650000, 34920000 },
	[UNIT_JN] = { "JN", "示例莒南公司", ORG_COMPANY, UNIT_REGION, "371327", 118830000, 35170000 },
	[UNIT_LS_TOWN] = { "LSC", "临沭城区客服中心", ORG_CENTRE, UNIT_LS, NULL, 118650000, 34920000 },
	[UNIT_LS_RURAL] = { "LSX", "临沭乡镇客服中心", ORG_CENTRE, UNIT_LS, NULL, 118720000, 34860000 },
	[UNIT_JN_TOWN] = { "JNC", "莒南客服中心", ORG_CENTRE, UNIT_JN, NULL, 118830000, 35170000 },
	[UNIT_LS_HALL] = { "LSY", "临沭城区营业厅", ORG_HALL, UNIT_LS_TOWN, NULL, 118652000, 34922000 },
	[UNIT_TEAM_1] = { "LS1", "城区抢修一班", ORG_TEAM, UNIT_LS_TOWN, NULL, 118655000, 34915000 },
	[UNIT_TEAM_2] = { "LS2", "乡镇抢修一班", ORG_TEAM, UNIT_LS_RURAL, NULL, 118725000, 34865000 },
	[UNIT_TEAM_3] = { "JN1", "莒南抢修一班", ORG_TEAM, UNIT_JN_TOWN, NULL, 118832000, 35172000 },
};

bool demo_orgs(struct demo *demo)
{
	int64_t ids[UNIT_COUNT];
	for (int i = 0; i < UNIT_COUNT; i++) {
		struct org org = { .parent_id = units[i].parent < 0 ? 0 : ids[units[i].parent],
			.kind = units[i].kind,
			.code = units[i].code,
			.name = units[i].name,
			.place_code = units[i].place_code,
			.service_phone = units[i].kind == ORG_COMPANY ? "0539-0000000" : NULL,
			.longitude_e6 = units[i].longitude_e6,
			.latitude_e6 = units[i].latitude_e6 };
		if (!org_open(demo->c, &org))
			return false;
		ids[i] = org.id;
	}
	static const int centres[DEMO_CENTRES] = { UNIT_LS_TOWN, UNIT_LS_RURAL, UNIT_JN_TOWN };
	static const int teams[DEMO_CENTRES] = { UNIT_TEAM_1, UNIT_TEAM_2, UNIT_TEAM_3 };
	demo->root_id = ids[UNIT_ROOT];
	demo->company_ids[0] = ids[UNIT_LS];
	demo->company_ids[1] = ids[UNIT_JN];
	for (int i = 0; i < DEMO_CENTRES; i++) {
		demo->centre_ids[i] = ids[centres[i]];
		demo->team_ids[i] = ids[teams[i]];
	}
	return true;
}

static bool unit_of(struct demo *demo, enum demo_place place, int64_t *id)
{
	static const char *const codes[] = { "SL", "LN", "LS", "LSC", "LSY", "LS1", "LS2", "JN", "JNC",
		"JN1" };
	return db_number(demo->c, id, 0, "SELECT id FROM org WHERE code = $1", V(codes[place]));
}

/* Everybody can mend everything but two: one whose certificate has run out, and one who only does meters and
 * appliances. */
static bool trade_of(struct demo *demo, const struct demo_login *login, int64_t staff_id)
{
	static const char *const every[] = { "leak", "indoor", "meter", "pipeline", "appliance", "regulator",
		"ignition", "inspection" };
	static const char *const some[] = { "meter", "appliance" };
	static const char *const kinds[] = { "gas_operation", "gas_repair", "gas_appliance" };
	bool narrow = strcmp(login->login, "technician5") == 0;
	bool expired = strcmp(login->login, "technician6") == 0;
	struct date today = instant_date(demo->now);
	if (!skill_set(demo->c, staff_id, narrow ? some : every,
		    narrow ? sizeof some / sizeof *some : sizeof every / sizeof *every))
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct staff_certificate certificate = { .staff_id = staff_id,
			.kind = kinds[i],
			.number = arena_format(demo->c->arena, "示例-%s-%zu", login->number, i + 1),
			.issuer = "示例发证机关",
			.issued_on = date_plus_months(today, -35),
			.expires_on =
				expired ? date_plus(today, -3) : date_plus_months(today, 1 + (int)i * 12) };
		if (!certificate_open(demo->c, &certificate))
			return false;
	}
	return true;
}

static void remember(
	struct demo *demo, const struct demo_login *login, const struct staff *staff, size_t *technicians)
{
	struct demo_person person = {
		.id = staff->id, .org_id = staff->org_id, .name = login->name, .title = login->post
	};
	if (strcmp(login->login, "hotline") == 0)
		demo->hotline = person;
	else if (strcmp(login->login, "dispatcher") == 0)
		demo->dispatcher = person;
	else if (strcmp(login->login, "revisit") == 0)
		demo->revisit = person;
	else if (strcmp(login->role, "technician") == 0 && login->place == AT_TEAM &&
		 *technicians < DEMO_TECHNICIANS)
		demo->technicians[(*technicians)++] = person;
	else if (login->place == AT_RURAL_TEAM || login->place == AT_OTHER_TEAM)
		demo->alone[login->place == AT_OTHER_TEAM] = person;
}

bool demo_people(struct demo *demo)
{
	size_t technicians = 0;
	for (size_t i = 0; i < LOGIN_COUNT; i++) {
		const struct demo_login *login = &logins[i];
		int64_t org_id;
		if (!unit_of(demo, login->place, &org_id))
			return false;
		struct staff staff = { .org_id = org_id,
			.number = login->number,
			.login = login->login,
			.name = login->name,
			.post = login->post,
			.phone = arena_format(demo->c->arena, "1549999%04zu", i + 1) };
		if (!staff_open(demo->c, &staff, DEMO_PASSWORD, false) ||
			!staff_grant_role(demo->c, staff.id, login->role, org_id))
			return false;
		if ((strcmp(login->role, "technician") == 0 || strcmp(login->role, "inspector") == 0) &&
			!trade_of(demo, login, staff.id))
			return false;
		remember(demo, login, &staff, &technicians);
	}
	return true;
}

void demo_print_logins(void)
{
	for (size_t i = 0; i < LOGIN_COUNT; i++) {
		bool earlier = false;
		for (size_t k = 0; k < i; k++)
			earlier = earlier || strcmp(logins[k].role, logins[i].role) == 0;
		if (!earlier)
			printf("login %s %s %s\n", logins[i].role, logins[i].login, DEMO_PASSWORD);
	}
}

bool demo_duty(struct ctx *c)
{
	static const char workers[] =
		"SELECT DISTINCT staff_id FROM staff_role"
		" WHERE role IN ('technician', 'inspector', 'dispatcher', 'hotline') ORDER BY staff_id";
	struct rows *rows;
	int64_t ids[64];
	size_t count = 0;
	if (!db_query(c, &rows, workers))
		return false;
	while (count < sizeof ids / sizeof *ids && rows_next(rows))
		ids[count++] = rows_int(rows, 0);
	rows_close(rows);
	for (size_t i = 0; i < count; i++) {
		if (!duty_begin(c, ids[i], instant_plus(c->now, DUTY_LONGEST_MS)))
			return false;
	}
	return !ctx_failed(c);
}
