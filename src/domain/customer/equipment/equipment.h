/* equipment.h: meters, appliances and contracts of a household, each a record with its own life. */
#ifndef QIFU_EQUIPMENT_H
#define QIFU_EQUIPMENT_H

#include "domain/customer/household/household.h"

#define METER_KINDS(X)                                                                                       \
	X(METER_DIAPHRAGM, "diaphragm", "机械表")                                                            \
	X(METER_IC_CARD, "ic_card", "IC卡表")                                                                \
	X(METER_REMOTE, "remote", "远传表")                                                                  \
	X(METER_IOT, "iot", "物联网表")                                                                      \
	X(METER_FLOW, "flow", "流量计")                                                                      \
	X(METER_OTHER, "other", "其他")
CHOICE_ENUM(meter_kind, METER_KINDS);
extern const struct choice meter_kinds[];

struct meter {
	int64_t id, household_id, company_id;
	const char *number; /* 表号: text, its zeros kept */
	enum meter_kind kind;
	const char *model, *maker;		  /* 表型 as written, 厂家 */
	struct volume base_litre;		  /* 表底数, when it was put in */
	struct date installed_on, verified_until; /* 检定有效期至 */
	struct date removed_on;			  /* NO_DATE: in use */
	struct volume final_litre;		  /* when it was taken out */
	const char *remark;
	struct instant created_at;
	int64_t version;
};
extern const struct entity meter_entity;

#define APPLIANCE_KINDS(X)                                                                                   \
	X(APPLIANCE_STOVE, "stove", "灶具")                                                                  \
	X(APPLIANCE_WATER_HEATER, "water_heater", "热水器")                                                  \
	X(APPLIANCE_BOILER, "boiler", "壁挂炉")                                                              \
	X(APPLIANCE_ALARM, "alarm", "报警器")                                                                \
	X(APPLIANCE_VALVE, "valve", "自闭阀")                                                                \
	X(APPLIANCE_HOSE, "hose", "连接软管")                                                                \
	X(APPLIANCE_OTHER, "other", "其他")
CHOICE_ENUM(appliance_kind, APPLIANCE_KINDS);
extern const struct choice appliance_kinds[];

struct appliance {
	int64_t id, household_id;
	enum appliance_kind kind;
	const char *maker, *model, *serial;
	struct date made_on, installed_on, expires_on; /* 判废日期 */
	struct date removed_on;
	const char *remark;
	struct instant created_at;
	int64_t version;
};
extern const struct entity appliance_entity;

#define CONTRACT_KINDS(X)                                                                                    \
	X(CONTRACT_SUPPLY, "supply", "供用气合同")                                                           \
	X(CONTRACT_SAFETY, "safety_notice", "安全告知书")                                                    \
	X(CONTRACT_DEBIT, "direct_debit", "代扣协议")                                                        \
	X(CONTRACT_OTHER, "other", "其他")
CHOICE_ENUM(contract_kind, CONTRACT_KINDS);
extern const struct choice contract_kinds[];

struct contract {
	int64_t id, household_id, person_id, company_id;
	enum contract_kind kind;
	const char *number;
	struct date signed_on, ends_on, ended_on;
	const char *remark;
	struct instant created_at;
	int64_t version;
};
extern const struct entity contract_entity;

/* The household is read and fenced by the caller. Opening a meter while another is in use is refused: it is
 * taken out first, with its last reading. */
bool meter_open(struct ctx *c, const struct household *household, struct meter *meter);
/* Taking a meter out needs a day and a last reading that is not below the first. */
bool meter_edit(struct ctx *c, struct meter *meter);
bool meter_in_use(struct ctx *c, int64_t household_id, struct meter *meter, bool *found);
/* The household at which a number is in use; 0 none. */
bool meter_whereabouts(struct ctx *c, int64_t company_id, const char *number, int64_t *household_id);
/* As household_zeros_known and household_with_zeros, of meters in use. */
bool meter_zeros_known(struct ctx *c, int64_t company_id, bool *known);
bool meter_with_zeros(struct ctx *c, int64_t company_id, const char *number, const char **known);
/* As meter_open, its checks done already (import). */
bool meter_enter(struct ctx *c, struct meter *meter);
bool meter_find(
	struct ctx *c, const struct find_scope *scope, const char *prefix, struct household_hits *hits);
/* What kind a written 表型 means: "NB-IoT", "IC卡智能表", "G2.5" … */
enum meter_kind meter_kind_of_text(const char *text);

bool appliance_open(struct ctx *c, const struct household *household, struct appliance *appliance);
bool appliance_edit(struct ctx *c, struct appliance *appliance);
bool contract_open(struct ctx *c, const struct household *household, struct contract *contract);
bool contract_edit(struct ctx *c, struct contract *contract);

/* `*count` tells how many. All of a household's, those in use first: a JSON array. `entity` is one of the
 * three above. */
bool equipment_write(struct ctx *c, const struct entity *entity, int64_t household_id, struct json_out *out,
	int64_t *count);

#endif
