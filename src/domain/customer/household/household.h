/* household.h: one household, one file (一户一档, article 12): number, address to the room, class of use, state, risk. */
#ifndef QIFU_HOUSEHOLD_H
#define QIFU_HOUSEHOLD_H

#include "platform/entity.h"

#define USER_CLASSES(X)                                                                                      \
	X(CLASS_RESIDENT, "resident", "居民")                                                                 \
	X(CLASS_HEATING, "heating", "采暖")                                                                   \
	X(CLASS_COMMERCIAL, "commercial", "商业")                                                             \
	X(CLASS_INDUSTRIAL, "industrial", "工业")                                                             \
	X(CLASS_PUBLIC, "public", "公福")                                                                     \
	X(CLASS_OTHER, "other", "其他")
CHOICE_ENUM(user_class, USER_CLASSES);
extern const struct choice user_classes[];

#define HOUSEHOLD_STATUSES(X)                                                                                \
	X(HOUSEHOLD_REGISTERED, "registered", "已开户未通气")                                                 \
	X(HOUSEHOLD_ACTIVE, "active", "正常用气")                                                             \
	X(HOUSEHOLD_SUSPENDED, "suspended", "报停")                                                           \
	X(HOUSEHOLD_STOPPED, "stopped", "停气")                                                               \
	X(HOUSEHOLD_CLOSED, "closed", "销户")
CHOICE_ENUM(household_status, HOUSEHOLD_STATUSES);
extern const struct choice household_statuses[];

struct household {
	int64_t id, org_id;         /* the service centre */
	int64_t company_id;
	const char *number;         /* 户号, unique in the company */
	int64_t person_id;
	const char *name;           /* 户名, as in the contract */
	const char *phone;          /* first phone of the person, kept here for lists */
	const char *identity_number;/* NOT_STORED: of the person */
	const char *community, *building, *unit, *room; /* 小区 楼栋 单元 室 */
	const char *address;        /* the four together, as printed */
	int64_t place_id;           /* unit level of the address tree */
	enum user_class user_class;
	enum household_status status;
	int64_t population;         /* 用气人口 */
	const char *risk;           /* risk marks, codes separated by commas: "elder_alone,old_hose"; NULL none */
	bool no_stop;               /* 不可停气 */
	const char *meter_number;   /* of the meter in use; NULL none */
	struct date opened_on;
	const char *remark;
	struct instant created_at;
	int64_t version;
};
extern const struct entity household_entity;

bool household_open(struct ctx *c, struct household *household);
bool household_edit(struct ctx *c, struct household *household);
bool household_read(struct ctx *c, int64_t id, struct household *household);
/* Those reached under a phone (any writing), within the actor's fence. At most `limit`. */
bool household_of_phone(struct ctx *c, const char *phone, int64_t *ids, size_t limit, size_t *count);

#endif
