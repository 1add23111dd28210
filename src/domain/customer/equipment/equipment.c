/* equipment.c: meters, appliances, contracts. */
#include "domain/customer/equipment/equipment.h"

#include <string.h>

CHOICE_TABLE(meter_kinds, METER_KINDS);
CHOICE_TABLE(appliance_kinds, APPLIANCE_KINDS);
CHOICE_TABLE(contract_kinds, CONTRACT_KINDS);

/* ---- entities
 * ------------------------------------------------------------------------------------------------- */

static const char *number_fault(const char *text)
{
	return text_is_scientific(text) ? "编号被改成了科学计数法，请把该列设为文本后重新填写" : NULL;
}

static const struct field meter_fields[] = {
	FIELD(meter, id, "编号", .flags = BY_SERVER),
	FIELD(meter, household_id, "户档", .flags = BY_SERVER, .refers = "household"),
	FIELD(meter, company_id, "所属公司", .flags = BY_SERVER, .refers = "org"),
	FIELD(meter, number, "表号", .flags = REQUIRED | IN_LIST, .at_most = 32, .check = number_fault),
	FIELD(meter, kind, "表具种类", .flags = REQUIRED | IN_LIST, .choices = meter_kinds),
	FIELD(meter, model, "表型", .flags = IN_LIST, .at_most = 60),
	FIELD(meter, maker, "厂家", .at_most = 60),
	FIELD(meter, base_litre, "表底数", .flags = IN_LIST),
	FIELD(meter, installed_on, "装表日期", .flags = IN_LIST),
	FIELD(meter, verified_until, "检定有效期至", .flags = IN_LIST),
	FIELD(meter, removed_on, "拆表日期", .flags = IN_LIST),
	FIELD(meter, final_litre, "拆表读数", .help = "不小于表底数；表盘过零请先按读数更正办理"),
	FIELD(meter, remark, "备注", .flags = LONG_TEXT, .at_most = 500),
	FIELD(meter, created_at, "建档时间", .flags = BY_SERVER),
	FIELD(meter, version, "版本", .flags = BY_SERVER),
};
const struct entity meter_entity =
	ENTITY(meter, "表具", meter_fields, .default_sort = "id", .title = "number");

static const struct field appliance_fields[] = {
	FIELD(appliance, id, "编号", .flags = BY_SERVER),
	FIELD(appliance, household_id, "户档", .flags = BY_SERVER, .refers = "household"),
	FIELD(appliance, kind, "设备种类", .flags = REQUIRED | IN_LIST, .choices = appliance_kinds),
	FIELD(appliance, maker, "厂家", .flags = IN_LIST, .at_most = 60),
	FIELD(appliance, model, "型号", .flags = IN_LIST, .at_most = 60),
	FIELD(appliance, serial, "序列号", .at_most = 60),
	FIELD(appliance, made_on, "生产日期", .flags = 0),
	FIELD(appliance, installed_on, "安装日期", .flags = 0),
	FIELD(appliance, expires_on, "判废日期", .flags = IN_LIST),
	FIELD(appliance, removed_on, "拆除日期", .flags = 0),
	FIELD(appliance, remark, "备注", .flags = LONG_TEXT, .at_most = 500),
	FIELD(appliance, created_at, "建档时间", .flags = BY_SERVER),
	FIELD(appliance, version, "版本", .flags = BY_SERVER),
};
const struct entity appliance_entity =
	ENTITY(appliance, "燃气设备", appliance_fields, .default_sort = "id", .title = "model");

static const struct field contract_fields[] = {
	FIELD(contract, id, "编号", .flags = BY_SERVER),
	FIELD(contract, household_id, "户档", .flags = BY_SERVER, .refers = "household"),
	FIELD(contract, person_id, "签约客户", .flags = BY_SERVER, .refers = "person"),
	FIELD(contract, company_id, "所属公司", .flags = BY_SERVER, .refers = "org"),
	FIELD(contract, kind, "种类", .flags = REQUIRED | IN_LIST, .choices = contract_kinds),
	FIELD(contract, number, "合同编号", .flags = REQUIRED | IN_LIST, .at_most = 40,
		.check = number_fault),
	FIELD(contract, signed_on, "签订日期", .flags = IN_LIST),
	FIELD(contract, ends_on, "到期日期", .flags = IN_LIST),
	FIELD(contract, ended_on, "终止日期", .flags = 0),
	FIELD(contract, remark, "备注", .flags = LONG_TEXT, .at_most = 500),
	FIELD(contract, created_at, "建档时间", .flags = BY_SERVER),
	FIELD(contract, version, "版本", .flags = BY_SERVER),
};
const struct entity contract_entity =
	ENTITY(contract, "合同", contract_fields, .default_sort = "id", .title = "number");

/* ---- meters
 * ------------------------------------------------------------------------------------------------------ */

static bool is_set(struct date day)
{
	return day.day != INT32_MIN;
}

/* Words that tell a kind, the more telling first: an IC meter with remote reading is an IC meter to the
 * counter. */
enum meter_kind meter_kind_of_text(const char *text)
{
	static const struct {
		const char *word;
		enum meter_kind kind;
	} words[] = { { "IC", METER_IC_CARD }, { "ic", METER_IC_CARD }, { "卡", METER_IC_CARD },
		{ "物联", METER_IOT }, { "NB", METER_IOT }, { "nb", METER_IOT }, { "IoT", METER_IOT },
		{ "远传", METER_REMOTE }, { "无线", METER_REMOTE }, { "流量计", METER_FLOW },
		{ "涡轮", METER_FLOW }, { "罗茨", METER_FLOW }, { "腰轮", METER_FLOW },
		{ "超声", METER_FLOW }, { "机械", METER_DIAPHRAGM }, { "膜式", METER_DIAPHRAGM },
		{ "皮膜", METER_DIAPHRAGM }, { "普通", METER_DIAPHRAGM }, { "基表", METER_DIAPHRAGM },
		{ "G", METER_DIAPHRAGM }, { "J", METER_DIAPHRAGM } };
	if (!text || !*text)
		return METER_OTHER;
	int choice = choice_of_code(meter_kinds, text);
	if (choice)
		return (enum meter_kind)choice;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strstr(text, words[i].word))
			return words[i].kind;
	return METER_OTHER;
}

bool meter_in_use(struct ctx *c, int64_t household_id, struct meter *meter, bool *found)
{
	return entity_find(c, &meter_entity, meter, found, "household_id = $1 AND removed_on IS NULL",
		VALUES(V(household_id)));
}

bool meter_whereabouts(struct ctx *c, int64_t company_id, const char *number, int64_t *household_id)
{
	return db_number(c, household_id, 0,
		"SELECT household_id FROM meter WHERE company_id = $1 AND number = $2 AND removed_on IS NULL",
		V(company_id), V(number));
}

bool meter_zeros_known(struct ctx *c, int64_t company_id, bool *known)
{
	int64_t one;
	bool good = db_number(c, &one, 0,
		"SELECT 1 FROM meter WHERE company_id = $1 AND number >= '0' AND number < '1' AND removed_on "
		"IS NULL LIMIT 1",
		V(company_id));
	*known = good && one;
	return good;
}

static const char with_zeros[] =
	"SELECT number FROM meter WHERE company_id = $1 AND number IN ($2, $3, $4, $5, $6, $7, $8, $9) "
	"AND removed_on IS NULL LIMIT 1";

bool meter_with_zeros(struct ctx *c, int64_t company_id, const char *number, const char **known)
{
	const char *z[8];
	struct rows *rows;
	for (int i = 0; i < 8; i++)
		z[i] = arena_format(c->arena, "%.*s%s", i + 1, "00000000", number);
	*known = NULL;
	if (!db_query(c, &rows, with_zeros, V(company_id), V(z[0]), V(z[1]), V(z[2]), V(z[3]), V(z[4]),
		    V(z[5]), V(z[6]), V(z[7])))
		return false;
	if (rows_next(rows))
		*known = rows_text(rows, 0);
	rows_close(rows);
	return !ctx_failed(c);
}

bool meter_enter(struct ctx *c, struct meter *meter)
{
	meter->id = db_new_id(c);
	meter->created_at = c->now;
	meter->version = 1;
	return entity_insert(c, &meter_entity, meter);
}

static bool number_is_free(struct ctx *c, const struct meter *meter)
{
	int64_t elsewhere;
	if (is_set(meter->removed_on))
		return true;
	if (!meter_whereabouts(c, meter->company_id, meter->number, &elsewhere))
		return false;
	if (elsewhere && elsewhere != meter->household_id)
		return fault(c, "number", "taken", "表号 %s 正在另一户使用，请核对", meter->number);
	return true;
}

static bool check_life(struct ctx *c, const struct meter *meter)
{
	bool good = true;
	if (is_set(meter->removed_on) && meter->final_litre.litre < meter->base_litre.litre)
		good = fault(c, "final_litre", "below_base", "拆表读数小于表底数，请核对");
	if (is_set(meter->removed_on) && is_set(meter->installed_on) &&
		meter->removed_on.day < meter->installed_on.day)
		good = fault(c, "removed_on", "before_installed", "拆表日期早于装表日期，请核对");
	if (is_set(meter->removed_on) && meter->removed_on.day > instant_date(c->now).day)
		good = fault(c, "removed_on", "future", "拆表日期还没到，请核对");
	return good;
}

bool meter_open(struct ctx *c, const struct household *household, struct meter *meter)
{
	struct meter other;
	bool found = false;
	meter->household_id = household->id;
	meter->company_id = household->company_id;
	if (!is_set(meter->removed_on) && !meter_in_use(c, household->id, &other, &found))
		return false;
	if (found)
		return fail(c, CONFLICT, "该户正在使用表号 %s，请先登记拆表日期和拆表读数，再装新表",
			other.number);
	return check_life(c, meter) && number_is_free(c, meter) && meter_enter(c, meter) &&
	       (is_set(meter->removed_on) || household_set_meter(c, household->id, meter->number));
}

bool meter_edit(struct ctx *c, struct meter *meter)
{
	struct meter now;
	bool found;
	return check_life(c, meter) && number_is_free(c, meter) && entity_update(c, &meter_entity, meter) &&
	       meter_in_use(c, meter->household_id, &now, &found) &&
	       household_set_meter(c, meter->household_id, found ? now.number : NULL);
}

static const char meters_by_number[] =
	"SELECT h.id, h.org_id FROM meter m JOIN household_site h ON h.id = m.household_id "
	"WHERE m.company_id = $1 AND m.number >= $2 AND m.number < $3 AND m.removed_on IS NULL "
	"ORDER BY m.number, m.id LIMIT $4";

bool meter_find(
	struct ctx *c, const struct find_scope *scope, const char *prefix, struct household_hits *hits)
{
	struct rows *rows;
	const char *end = arena_format(c->arena, "%s\xF4\x8F\xBF\xBF", prefix);
	int64_t wanted = scope->whole ? (int64_t)hits->limit + 1 : 1000;
	if (!db_query(c, &rows, meters_by_number, V(scope->company_id), V(prefix), V(end), V(wanted)))
		return false;
	while (!hits->more && rows_next(rows)) {
		hits->work++;
		if (find_scope_has(scope, rows_int(rows, 1)))
			household_hit(hits, rows_int(rows, 0));
	}
	rows_close(rows);
	return !ctx_failed(c);
}

/* ---- appliances and contracts
 * --------------------------------------------------------------------------------------- */

static bool check_appliance(struct ctx *c, const struct appliance *appliance)
{
	if (is_set(appliance->made_on) && is_set(appliance->expires_on) &&
		appliance->expires_on.day <= appliance->made_on.day)
		return fault(c, "expires_on", "before_made", "判废日期应晚于生产日期，请核对");
	return true;
}

bool appliance_open(struct ctx *c, const struct household *household, struct appliance *appliance)
{
	appliance->id = db_new_id(c);
	appliance->household_id = household->id;
	appliance->created_at = c->now;
	appliance->version = 1;
	return check_appliance(c, appliance) && entity_insert(c, &appliance_entity, appliance);
}

bool appliance_edit(struct ctx *c, struct appliance *appliance)
{
	return check_appliance(c, appliance) && entity_update(c, &appliance_entity, appliance);
}

static bool check_contract(struct ctx *c, const struct contract *contract)
{
	if (is_set(contract->signed_on) && is_set(contract->ends_on) &&
		contract->ends_on.day < contract->signed_on.day)
		return fault(c, "ends_on", "before_signed", "到期日期早于签订日期，请核对");
	return true;
}

bool contract_open(struct ctx *c, const struct household *household, struct contract *contract)
{
	contract->id = db_new_id(c);
	contract->household_id = household->id;
	contract->person_id = household->person_id;
	contract->company_id = household->company_id;
	contract->created_at = c->now;
	contract->version = 1;
	return check_contract(c, contract) && entity_insert(c, &contract_entity, contract);
}

bool contract_edit(struct ctx *c, struct contract *contract)
{
	return check_contract(c, contract) && entity_update(c, &contract_entity, contract);
}

/* ---- together
 * ---------------------------------------------------------------------------------------------------------
 */

bool equipment_write(struct ctx *c, const struct entity *entity, int64_t household_id, struct json_out *out,
	int64_t *count)
{
	struct rows *rows;
	*count = 0;
	const char *tail = entity == &contract_entity ? "WHERE household_id = $1 ORDER BY CASE WHEN ended_on "
							"IS NULL THEN 0 ELSE 1 END, id LIMIT 200"
						      : "WHERE household_id = $1 ORDER BY CASE WHEN "
							"removed_on IS NULL THEN 0 ELSE 1 END, id LIMIT 200";
	void *record = arena_alloc(c->arena, entity->size);
	if (!entity_query(c, entity, &rows, tail, VALUES(V(household_id))))
		return false;
	out_array_open(out);
	for (; rows_next(rows); (*count)++) {
		entity_row(rows, 0, entity, record);
		entity_to_json(c, entity, record, false, out);
	}
	out_array_close(out);
	return !ctx_failed(c);
}
